"""Moderated t and F tests of fitted rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Floats
from secretome.stats._log_odds import log_odds
from secretome.stats._row_fit import RowFit
from secretome.stats._squeeze import PriorChoice, PriorName, Squeezed, squeeze

_RANK_TOLERANCE = 1e-8


@dataclass(frozen=True)
class RowTests:
    """Tests of n rows and c coefficients on squeezed variances; NaN where a row has no estimate.

    `coefficients`, `standard_error`, `t`, `p_value` (n, c);
    `df_prior`, `s2_prior`, `s2_post`, `df_total` (n,); `prior` names the variance prior.
    """

    coefficients: Floats
    standard_error: Floats
    t: Floats
    p_value: Floats
    df_prior: Floats
    s2_prior: Floats
    s2_post: Floats
    df_total: Floats
    prior: PriorName


@dataclass(frozen=True)
class Moderated(RowTests):
    """Moderated tests of n rows and c coefficients; NaN where a row has no estimate.

    Beside the fields of `RowTests`: `log_odds` (n, c) natural-log odds of a non-zero coefficient (limma's B),
    `effect_variance` (c,) its prior variance in units of s2, `f`, `f_p_value` (n,) that all coefficients
    are zero, `f_df` its numerator degrees of freedom (the denominator's are `df_total`).
    """

    log_odds: Floats
    effect_variance: Floats
    f: Floats
    f_p_value: Floats
    f_df: int


def moderate(
    fit: RowFit,
    *,
    trend: bool | ArrayLike = False,
    robust: bool = False,
    prior: PriorChoice = "auto",
) -> Moderated:
    """Moderated t and F tests, their variances squeezed between rows.

    Parameters
    ----------
    fit
        n rows with c coefficients, from `fit_rows` or `contrast_rows`.
    trend
        whether the prior variance depends on the mean of the row, or a covariate (n,) on which it does.
    robust
        whether hypervariable rows are set apart.
    prior
        estimator of the prior, see `squeeze`.

    Returns
    -------
    Moderated
        Tests of each coefficient against 0, two-sided.

    Raises
    ------
    NotEstimable
        No row has residual degrees of freedom.
    InvalidArray
        `trend` or `prior` is none of those above.

    Notes
    -----
    t = beta / (u sqrt(s2_post)) on d_g + d0 degrees of freedom, at most the sum of all d; u the unscaled
    standard deviation. F is the mean square of the t, decorrelated by the design (or by the row's own
    covariance when the contrasts are exact). Reference: limma 3.54.1 and 3.63.2 `eBayes`; t 1e-8, p 1e-6.

    References
    ----------
    Smyth 2004, doi 10.2202/1544-6115.1027.

    Examples
    --------
    >>> from secretome.stats.linear import fit_rows
    >>> y = np.random.default_rng(1).normal(size=(50, 6))
    >>> tests = moderate(fit_rows(y, np.ones((6, 1))))
    >>> tests.t.shape, tests.prior
    ((50, 1), 'legacy')
    """
    squeezed, df_total, standard_error = _squeezed_errors(fit, trend, robust=robust, prior=prior)
    t = fit.coefficients / standard_error
    odds, effect_variance = log_odds(t, fit.unscaled_sd, df_total, squeezed.s2_prior)
    f, f_df = _f_statistic(fit, t)
    return Moderated(
        coefficients=fit.coefficients,
        standard_error=standard_error,
        t=t,
        p_value=2 * t_tail(np.abs(t), df_total[:, None]),
        df_prior=squeezed.df_prior,
        s2_prior=squeezed.s2_prior,
        s2_post=squeezed.s2_post,
        df_total=df_total,
        prior=squeezed.prior,
        log_odds=odds,
        effect_variance=effect_variance,
        f=f,
        f_p_value=_f_tail(f, f_df, df_total),
        f_df=f_df,
    )


def treat(
    fit: RowFit,
    log2_ratio: float,
    *,
    trend: bool | ArrayLike = False,
    robust: bool = False,
    prior: PriorChoice = "auto",
) -> RowTests:
    """Moderated tests that each coefficient exceeds a smallest effect.

    Parameters
    ----------
    fit
        n rows with c coefficients.
    log2_ratio
        smallest effect worth reporting, in units of y (log2), not negative.
    trend, robust, prior
        as in `moderate`.

    Returns
    -------
    RowTests
        `t` is the distance beyond the smallest effect in standard errors, 0 within it.

    Raises
    ------
    InvalidArray
        `log2_ratio` is negative or not finite.
    NotEstimable
        No row has residual degrees of freedom.

    Notes
    -----
    p = P(T > (|beta| - tau)/se) + P(T > (|beta| + tau)/se). Reference: limma 3.54.1 `treat`, agreed to 1e-6.

    References
    ----------
    McCarthy and Smyth 2009, doi 10.1093/bioinformatics/btp053.

    Examples
    --------
    >>> from secretome.stats.linear import fit_rows
    >>> y = 2.0 + np.random.default_rng(1).normal(size=(50, 6))
    >>> bool((treat(fit_rows(y, np.ones((6, 1))), 1.0).t >= 0).all())
    True
    """
    if not (np.isfinite(log2_ratio) and log2_ratio >= 0):
        raise InvalidArray(f"log2_ratio is {log2_ratio}; expected a finite number, 0 or more")
    squeezed, df_total, standard_error = _squeezed_errors(fit, trend, robust=robust, prior=prior)
    size = np.abs(fit.coefficients)
    near, far = (size - log2_ratio) / standard_error, (size + log2_ratio) / standard_error
    return RowTests(
        coefficients=fit.coefficients,
        standard_error=standard_error,
        t=np.sign(fit.coefficients) * np.maximum(near, 0.0),
        p_value=t_tail(near, df_total[:, None]) + t_tail(far, df_total[:, None]),
        df_prior=squeezed.df_prior,
        s2_prior=squeezed.s2_prior,
        s2_post=squeezed.s2_post,
        df_total=df_total,
        prior=squeezed.prior,
    )


def t_tail(t: Floats, df: Floats) -> Floats:
    """P(T > t) on `df` degrees of freedom, which may be infinite.

    Examples
    --------
    >>> t_tail(np.array([0.0, 2.0]), np.array([5.0, np.inf])).round(5)
    array([0.5    , 0.02275])
    """
    certain = np.isinf(df)
    finite = special.stdtr(np.where(certain, 1.0, df), -t)
    return np.where(certain, special.ndtr(-t), finite)


def _squeezed_errors(
    fit: RowFit, trend: bool | ArrayLike, *, robust: bool, prior: PriorChoice
) -> tuple[Squeezed, Floats, Floats]:
    """Squeezed variances, total degrees of freedom (n,) and standard errors (n, c)."""
    if not (fit.df_residual > 0).any():
        raise NotEstimable("no row has residual degrees of freedom; measure more samples or drop terms")
    covariate = (fit.mean if trend else None) if isinstance(trend, bool | np.bool_) else trend
    squeezed = squeeze(fit.sigma**2, fit.df_residual, covariate=covariate, robust=robust, prior=prior)
    df_total = np.minimum(fit.df_residual + squeezed.df_prior, fit.df_residual.sum())
    return squeezed, df_total, fit.unscaled_sd * np.sqrt(squeezed.s2_post)[:, None]


def _f_statistic(fit: RowFit, t: Floats) -> tuple[Floats, int]:
    """F that all coefficients are zero (n,) and its numerator degrees of freedom."""
    correlation = fit.coefficient_correlation
    estimable = np.isfinite(np.diagonal(correlation))
    values, vectors = np.linalg.eigh(correlation[np.ix_(estimable, estimable)])
    kept = values > _RANK_TOLERANCE * values[-1]
    rank = int(kept.sum())
    if not fit.exact:
        scaled = t[:, estimable] @ (vectors[:, kept] / np.sqrt(values[kept]))
        return np.einsum("nk,nk->n", scaled, scaled) / rank, rank
    known = ~np.isnan(t).any(axis=1)
    f = np.full(t.shape[0], np.nan)
    scale = fit.unscaled_sd[known]
    rows = np.asarray(fit.covariance[known]) / (scale[:, :, None] * scale[:, None, :])
    inverse = np.linalg.pinv(rows, rcond=_RANK_TOLERANCE, hermitian=True)
    f[known] = np.einsum("nc,ncd,nd->n", t[known], inverse, t[known]) / rank
    return f, rank


def _f_tail(f: Floats, df1: int, df2: Floats) -> Floats:
    certain = df2 > 1e6
    finite = special.fdtrc(df1, np.where(certain, 1.0, df2), f)
    return np.where(certain, special.gammaincc(df1 / 2, f * df1 / 2), finite)
