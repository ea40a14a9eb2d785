"""Variances moved towards a prior that is estimated from all rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from secretome.errors import InvalidArray
from secretome.stats._arrays import Floats, as_vector
from secretome.stats._f_distribution import VariancePrior
from secretome.stats._legacy_prior import fit_legacy
from secretome.stats._robust_prior import fit_robustly
from secretome.stats._unequal_df_prior import fit_unequal_df

PriorName = Literal["legacy", "unequal_df", "count"]
PriorChoice = Literal["legacy", "unequal_df", "auto"]
_FEWEST_ROWS = 3


@dataclass(frozen=True)
class Squeezed:
    """Prior and posterior variances (n,), prior degrees of freedom (n,), and which prior it was."""

    df_prior: Floats
    s2_prior: Floats
    s2_post: Floats
    prior: PriorName


def squeeze(
    variance: ArrayLike,
    df: ArrayLike,
    *,
    covariate: ArrayLike | None = None,
    robust: bool = False,
    prior: PriorChoice = "auto",
) -> Squeezed:
    """Variances squeezed towards a common value or trend.

    Parameters
    ----------
    variance
        (n,) residual variances, in squared units of y; NaN where there are no degrees of freedom.
    df
        (n,) or one number: their degrees of freedom.
    covariate
        (n,) on which the prior variance depends, usually the mean log intensity; None for a constant.
    robust
        whether hypervariable rows are set apart.
    prior
        `"legacy"`: moments of the log variances (limma 3.54); `"unequal_df"`: weighted moments and profile
        likelihood (limma 3.62 on); `"auto"`: legacy when all degrees of freedom above 0 are equal.

    Returns
    -------
    Squeezed
        `prior` names the estimator used. With fewer than 3 rows nothing is squeezed.

    Raises
    ------
    InvalidArray
        Shapes differ, a variance or degree of freedom is negative, a covariate is missing, or `prior`
        is unknown.
    NotEstimable
        Too few rows have residual degrees of freedom.

    Notes
    -----
    s2_post = (d_g s_g^2 + d0_g s0_g^2) / (d_g + d0_g); for infinite d0 it is s0^2.
    Reference: limma 3.54.1 and 3.63.2 `squeezeVar`, agreed to 1e-6 (robust legacy 1e-4).

    References
    ----------
    Smyth 2004, doi 10.2202/1544-6115.1027. Phipson et al. 2016, doi 10.1214/16-AOAS920.

    Examples
    --------
    >>> squeeze([0.1, 0.4, 0.2, 3.0], 5.0).s2_post.round(3)
    array([0.149, 0.364, 0.221, 2.225])
    """
    values = np.asarray(variance, dtype=float)
    values = as_vector(values, values.size, name="variance")
    freedom = as_vector(np.broadcast_to(df, values.shape), values.size, name="df")
    at = None if covariate is None else _checked_covariate(covariate, freedom)
    if (values < 0).any() or (freedom < 0).any() or np.isnan(freedom).any():
        raise InvalidArray("variance and df must not be negative, and df must be known")
    chosen = choose_prior(freedom, prior)
    if values.size < _FEWEST_ROWS:
        return Squeezed(np.zeros(values.size), values, values, chosen)
    known = np.where(freedom == 0, 0.0, values)
    fitted = _fit(known, freedom, at, chosen, robust=robust)
    return Squeezed(fitted.df, fitted.s2, _posterior(known, freedom, fitted), chosen)


def choose_prior(df: Floats, prior: PriorChoice) -> PriorName:
    """The estimator that `"auto"` stands for: legacy when all df above 0 are equal.

    Raises
    ------
    InvalidArray
        `prior` is not a name we know.

    Examples
    --------
    >>> choose_prior(np.array([3.0, 3.0, 0.0]), "auto")
    'legacy'
    """
    if prior not in {"legacy", "unequal_df", "auto"}:
        raise InvalidArray(f"prior is {prior!r}; expected 'legacy', 'unequal_df' or 'auto'")
    if prior != "auto":
        return prior
    return "legacy" if np.unique(df[df > 0]).size <= 1 else "unequal_df"


def _checked_covariate(covariate: ArrayLike, df: Floats) -> Floats:
    at = as_vector(covariate, df.size, name="covariate")
    missing = ~np.isfinite(at)
    if (missing & (df > 0)).any():
        row = int(np.flatnonzero(missing & (df > 0))[0])
        raise InvalidArray(f"covariate[{row}] is {at[row]} although the row has residual degrees of freedom")
    return at


def _fit(
    variance: Floats, df: Floats, covariate: Floats | None, prior: PriorName, *, robust: bool
) -> VariancePrior:
    """The prior of all rows; rows without a covariate get none."""
    if covariate is not None and not np.isfinite(covariate).all():
        known = np.isfinite(covariate)
        part = _fit(variance[known], df[known], covariate[known], prior, robust=robust)
        whole = VariancePrior(np.full(df.size, np.nan), np.full(df.size, np.nan))
        whole.s2[known], whole.df[known] = part.s2, part.df
        return whole
    if prior == "unequal_df":
        return fit_unequal_df(variance, df, covariate, robust=robust)
    return fit_robustly(variance, df, covariate) if robust else fit_legacy(variance, df, covariate)


def _posterior(variance: Floats, df: Floats, prior: VariancePrior) -> Floats:
    certain = np.isinf(prior.df)
    prior_df = np.where(certain, 1.0, prior.df)
    total = df + prior_df
    mixed = (df * variance + prior_df * prior.s2) / np.where(total > 0, total, 1.0)
    return np.where(certain, prior.s2, np.where(total > 0, mixed, np.nan))
