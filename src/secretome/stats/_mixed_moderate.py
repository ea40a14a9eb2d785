"""Moderated tests of contrasts of mixed models: their variances borrow strength between rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from secretome.errors import NotEstimable
from secretome.stats._arrays import Floats, as_vector
from secretome.stats._mixed_fit import MixedFit
from secretome.stats._mixed_test import as_contrasts, contrast
from secretome.stats._squeeze import PriorChoice, squeeze


@dataclass(frozen=True)
class ModeratedContrasts:
    """Moderated tests of n rows and c contrasts, all (n, c); NaN where a row has no answer.

    `df` is the total: that of the row and that of the prior; `prior` names the estimator for each contrast.
    """

    estimate: Floats
    standard_error: Floats
    df: Floats
    t: Floats
    p_value: Floats
    df_prior: Floats
    prior: tuple[str, ...]


def moderate(
    fit: MixedFit,
    l: ArrayLike,  # noqa: E741 - the letter of DESIGN section 6
    *,
    trend: bool | ArrayLike = False,
    robust: bool = False,
    prior: PriorChoice = "auto",
) -> ModeratedContrasts:
    """Tests of contrasts whose squared standard errors are squeezed between rows.

    Parameters
    ----------
    fit
        n rows; to keep the size of the test with few donors, fitted with `df="kenward-roger"` and
        `negative=True`.
    l
        (p, c) contrasts; (p,) is one.
    trend
        whether the prior depends on the mean of the row, or a covariate (n,) on which it does.
    robust, prior
        of `linear.squeeze`.

    Returns
    -------
    ModeratedContrasts
        Two-sided tests of each contrast against 0.

    Raises
    ------
    NotEstimable
        The fit has no degrees of freedom, or no row has an answer.
    InvalidArray
        Weights, covariate or prior are not usable.

    Notes
    -----
    The squared standard error of a contrast is a sum of mean squares of residual and random terms; all of it
    is taken as s^2 ~ sigma^2 chi2(df) / df with the df of the row, and squeezed as limma squeezes residual
    variances (Yu 2019 squeezes the components one by one; see docs/decisions/0004).
    With a lower bound of zero on the variances such tests are off: at 4 to 8 donors their size was 1 to 11 %,
    without it 4 to 6 % (tests/slow/test_mixed_size.py).

    References
    ----------
    Smyth 2004, doi 10.2202/1544-6115.1027. Yu et al. 2019, doi 10.1186/s12859-019-3248-9.

    Examples
    --------
    >>> from secretome.stats.mixed import fit_reml
    >>> y = np.random.default_rng(1).normal(size=(20, 8))
    >>> fixed = np.column_stack([np.ones(8), np.tile([0.0, 1.0], 4)])
    >>> fit = fit_reml(y, fixed, {"donor": np.repeat(list("abcd"), 2)}, df="kenward-roger", negative=True)
    >>> bool((moderate(fit, [0, 1]).df >= contrast(fit, [0, 1]).df).all())
    True
    """
    if fit.method == "none":
        raise NotEstimable("the fit has no degrees of freedom; ask fit_reml for df='kenward-roger'")
    weights = as_contrasts(l, fit)
    plain = contrast(fit, weights)
    error, freedom, prior_df = (np.full_like(plain.estimate, np.nan) for _ in range(3))
    names = []
    for column in range(weights.shape[1]):
        known = np.isfinite(plain.standard_error[:, column]) & np.isfinite(plain.df[:, column])
        if not known.any():
            raise NotEstimable(f"no row has a standard error for contrast {column}")
        df = plain.df[known, column]
        squeezed = squeeze(
            plain.standard_error[known, column] ** 2,
            df,
            covariate=_covariate(fit, trend, known),
            robust=robust,
            prior=prior,
        )
        error[known, column] = np.sqrt(squeezed.s2_post)
        prior_df[known, column] = squeezed.df_prior
        freedom[known, column] = np.minimum(df + squeezed.df_prior, df.sum())
        names.append(str(squeezed.prior))
    t = plain.estimate / error
    p_value = np.asarray(2 * student.sf(np.abs(t), freedom), dtype=float)
    return ModeratedContrasts(plain.estimate, error, freedom, t, p_value, prior_df, tuple(names))


def _covariate(fit: MixedFit, trend: bool | ArrayLike, known: np.ndarray) -> Floats | None:
    if isinstance(trend, bool | np.bool_):
        means: Floats = fit.mean[known]
        return means if trend else None
    given: Floats = as_vector(trend, known.size, name="trend")[known]
    return given
