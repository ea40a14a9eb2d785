"""The variance prior of limma since 2024, for residual degrees of freedom that differ between rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special
from scipy.optimize import minimize_scalar

from secretome.errors import NotEstimable
from secretome.stats._arrays import Bools, Floats
from secretome.stats._f_distribution import VariancePrior, log_right_tail, log_shift
from secretome.stats._lowess import lowess, weighted_line, weighted_lowess
from secretome.stats._outliers import shrink_outliers

SEARCH_TOLERANCE = float(np.finfo(float).eps ** 0.25)  # limma's; the likelihood is flat, p-values do not care
_SEARCH_RANGE = (0.5, 0.9998)  # of b / (1 + b), so that 2 <= d0 <= 9998
_SMALLEST_DF = 0.01
_LOWEST_SHARE = 1e-12
_SUSPECT = 0.3  # false discovery rate above which a row is no outlier


def fit_unequal_df(
    variance: Floats,
    df: Floats,
    covariate: Floats | None,
    *,
    robust: bool,
    search_tolerance: float = SEARCH_TOLERANCE,
) -> VariancePrior:
    """Scale by weighted moments and degrees of freedom by profile likelihood.

    Parameters
    ----------
    variance, df
        (n,) residual variances and their degrees of freedom.
    covariate
        (n,) on which the scale depends by local lines, or None.
    robust
        whether rows that look hypervariable count less and get fewer prior degrees of freedom.
    search_tolerance
        of b / (1 + b), b = d0 / 2.

    Returns
    -------
    VariancePrior
        Both (n,); 2 <= df <= 9998 before outliers are set apart.

    Raises
    ------
    NotEstimable
        Fewer than two rows have a positive variance with degrees of freedom.

    Notes
    -----
    s_g^2 ~ s0^2 F(d_g, d0). ln s0^2 is the mean of ln s_g^2 + L(d_g/2) - L(d0/2), L(x) = ln x - digamma(x),
    weighted by 1/trigamma(d_g/2); d0 maximises the likelihood given that.
    Reference: limma 3.63.2 `squeezeVar(legacy=FALSE)`, agreed to 1e-6.

    References
    ----------
    Chen et al. 2024 (edgeR 4), doi 10.1101/2024.01.21.576131.

    Examples
    --------
    >>> prior = fit_unequal_df(np.array([0.1, 0.4, 0.2, 3.0]), np.array([5.0, 4, 5, 6]), None, robust=False)
    >>> prior.df.round(2)
    array([2.06, 2.06, 2.06, 2.06])
    """
    rows, informative = _Rows.prepare(variance, df)
    n_informative = int(informative.sum())
    if n_informative < 2 or (n_informative == 2 and not rows.usable.all()):
        raise NotEstimable(
            f"{n_informative} of {variance.size} rows have a positive variance with degrees of freedom; "
            "a prior needs at least 3, or 2 when there are no other rows"
        )
    if n_informative == 2:
        covariate, robust = None, False
    first = _fit(rows, rows.usable.astype(float), covariate, search_tolerance)
    if not robust:
        return first
    f = rows.variance / first.s2
    log_tail = log_right_tail(f, rows.df, float(first.df[0]))
    prior_weights = np.where(rows.usable, _outlier_weights(np.exp(log_tail)), 0.0)
    if np.all(prior_weights[rows.usable] == 1):
        return first
    second = _fit(rows, prior_weights, covariate, search_tolerance)
    return VariancePrior(second.s2, shrink_outliers(f, rows.df, log_tail, second.df))


@dataclass(frozen=True)
class _Rows:
    variance: Floats
    df: Floats
    usable: Bools

    @classmethod
    def prepare(cls, variance: Floats, df: Floats) -> tuple[_Rows, Bools]:
        """Rows fit to be logged, and which of them are informative."""
        usable = (df >= _SMALLEST_DF) & ~np.isnan(variance)
        known = np.where(np.isnan(variance), 0.0, variance)
        informative = usable & (known > 0)
        floor = _LOWEST_SHARE * float(np.median(known[informative])) if informative.any() else 0.0
        return cls(np.maximum(known, floor), np.where(df >= _SMALLEST_DF, df, 1.0), usable), informative


def _fit(rows: _Rows, prior_weights: Floats, covariate: Floats | None, tolerance: float) -> VariancePrior:
    half = rows.df / 2
    shift = log_shift(half)
    e = np.log(rows.variance) + shift
    weights = prior_weights / special.polygamma(1, half)
    if covariate is None:
        location = np.full(e.size, weights @ e / weights.sum())
    else:
        location = _trend(covariate, e, weights)
    centred = np.log(rows.variance) - location

    def negative_log_likelihood(p: float) -> float:
        b = p / (1 - p)
        log_ratio = np.log(half / b) + centred + log_shift(b)
        terms = special.gammaln(half + b) - special.gammaln(b) + half * (log_ratio - centred - np.log(half))
        return -float(prior_weights @ (terms - (half + b) * np.logaddexp(0.0, log_ratio)))

    found = minimize_scalar(
        negative_log_likelihood, bounds=_SEARCH_RANGE, method="bounded", options={"xatol": tolerance}
    )
    b = float(found.x) / (1 - float(found.x))
    return VariancePrior(np.exp(location - log_shift(b)), np.full(e.size, 2 * b))


def _trend(covariate: Floats, e: Floats, weights: Floats) -> Floats:
    span = min(0.3 + 0.7 * (500 / e.size) ** (1 / 3), 1.0)
    if np.ptp(weights) == 0 and e.size >= 4 + 1 / span:
        return lowess(covariate, e, span=span, passes=0)
    scaled = np.clip(weights / np.quantile(weights, 0.75), 1e-8, 100.0)
    if e.size < 4 + 1 / span:
        return weighted_line(covariate, e, scaled)
    return weighted_lowess(covariate, e, scaled, span=span)


def _outlier_weights(tail: Floats) -> Floats:
    """Benjamini-Hochberg adjusted two-sided p-values; what is not suspect counts in full."""
    p = 2 * np.minimum(tail, 1 - tail)
    order = np.argsort(p, kind="stable")[::-1]
    ranks = np.arange(p.size, 0, -1)
    adjusted = np.empty(p.size)
    adjusted[order] = np.minimum.accumulate(np.minimum(p[order] * p.size / ranks, 1.0))
    return np.where(adjusted > _SUSPECT, 1.0, adjusted)
