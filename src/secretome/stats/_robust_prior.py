"""The robust variance prior of Phipson et al. 2016: Winsorised moments, outliers set apart."""

from __future__ import annotations

import numpy as np
from scipy import optimize, special, stats

from secretome.errors import NotEstimable
from secretome.stats._arrays import Floats
from secretome.stats._f_distribution import (
    VariancePrior,
    log_right_tail,
    quantile,
    same_tail,
)
from secretome.stats._legacy_prior import fit_legacy
from secretome.stats._lowess import lowess
from secretome.stats._outliers import average_rank, pool_and_rise, shrink_outliers

_TAILS = (0.05, 0.1)  # shares of the log ratios Winsorised on the left and on the right
_SPAN = 0.4
_ROBUSTNESS_PASSES = 3
_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(128)
_SMALLEST_DF = 1e-6
_LOWEST_SHARE = 1e-12


def fit_robustly(variance: Floats, df: Floats, covariate: Floats | None) -> VariancePrior:
    """Scale and degrees of freedom that a few hypervariable rows do not move.

    Parameters
    ----------
    variance, df
        (n,) residual variances and their degrees of freedom.
    covariate
        (n,) on which the scale depends by robust local lines, or None.

    Returns
    -------
    VariancePrior
        Both (n,); outliers have fewer prior degrees of freedom.

    Raises
    ------
    NotEstimable
        Half the variances or more are zero.

    Notes
    -----
    z = ln s^2 less its trimmed mean (or trend) is Winsorised, 5 % left and 10 % right; d0 is where the
    variance of the Winsorised z equals that of ln F(d, d0), at least the non-robust d0. Variances on fewer
    degrees of freedom than the most are first moved to the same tail of the F with the most.
    Reference: limma 3.54 `squeezeVar(robust=TRUE)`, agreed to 1e-4.

    References
    ----------
    Phipson et al. 2016, doi 10.1214/16-AOAS920.

    Examples
    --------
    >>> variance = np.append(np.linspace(0.5, 2, 49), 300.0)
    >>> prior = fit_robustly(variance, np.full(50, 10.0), None)
    >>> bool(prior.df[-1] < prior.df[0])
    True
    """
    usable = np.isfinite(df) & (df > _SMALLEST_DF) & ~np.isnan(variance)
    if int(usable.sum()) < 3:
        return fit_legacy(variance, df, covariate)
    at = None if covariate is None else covariate[usable]
    part = _fit_usable(variance[usable], df[usable], at)
    if usable.all():
        return part
    s2, df_prior = np.full(df.size, part.s2[0]), np.full(df.size, part.df.max())
    df_prior[usable] = part.df
    if covariate is not None and at is not None:
        order = np.argsort(at, kind="stable")
        s2 = np.exp(np.interp(covariate, at[order], np.log(part.s2)[order]))
    s2[usable] = part.s2
    return VariancePrior(s2, df_prior)


def winsorised_moments(df1: float, df2: float) -> tuple[float, float]:
    """Mean and variance of ln F(df1, df2), 5 % Winsorised on the left and 10 % on the right.

    Notes
    -----
    128-point Gauss-Legendre quadrature in x = F / (1 + F) between the two quantiles.

    Examples
    --------
    >>> mean, variance = winsorised_moments(1e6, 1e6)
    >>> round(mean, 5), round(variance, 8)
    (-5e-05, 3.02e-06)
    """
    left, right = quantile(_TAILS[0], df1, df2), quantile(1 - _TAILS[1], df1, df2)
    lower, upper = left / (1 + left), right / (1 + right)
    half = (upper - lower) / 2
    x = lower + half * (1 + _NODES)
    f = x / (1 - x)
    mass = half * _NODE_WEIGHTS * _density(f, df1, df2) / (1 - x) ** 2
    ends = np.log([left, right])
    shares = np.array(_TAILS)
    mean = float(mass @ np.log(f) + shares @ ends)
    return mean, float(mass @ (np.log(f) - mean) ** 2 + shares @ (ends - mean) ** 2)


def _density(f: Floats, df1: float, df2: float) -> Floats:
    a, b = df1 / 2, df2 / 2
    if np.isinf(df2):
        chi_square: Floats = np.exp(a * np.log(a) + (a - 1) * np.log(f) - a * f - special.gammaln(a))
        return chi_square
    log_ratio = np.log(df1 / df2)
    log_density = a * log_ratio + (a - 1) * np.log(f) - (a + b) * np.log1p(df1 / df2 * f)
    return np.asarray(np.exp(log_density - special.betaln(a, b)), dtype=float)


def _fit_usable(variance: Floats, df: Floats, covariate: Floats | None) -> VariancePrior:
    middle = float(np.median(variance))
    if middle <= 0:
        raise NotEstimable("half the residual variances or more are zero; drop rows that do not vary")
    x = np.maximum(variance, middle * _LOWEST_SHARE)
    plain = fit_legacy(x, df, covariate)
    n, most = x.size, float(df.max())
    if max(_TAILS) < 1 / n:
        return plain
    z = np.log(_at_most_df(x, df, most, plain))
    trend = _trend(z, covariate)
    rest = z - trend
    wins = np.clip(rest, np.quantile(rest, _TAILS[0]), np.quantile(rest, 1 - _TAILS[1]))
    df_prior = _match_variance(float(np.var(wins, ddof=1)), most, float(plain.df[0]))
    if df_prior is None:
        return plain
    location = trend + wins.mean() - winsorised_moments(most, df_prior)[0]
    f = np.exp(z - location)
    return VariancePrior(np.exp(location), _row_df(f, most, df_prior))


def _at_most_df(x: Floats, df: Floats, most: float, plain: VariancePrior) -> Floats:
    """Variances as they would stand on `most` degrees of freedom, at the same tail of the F."""
    fewer = df < most - 1e-14
    moved = x.copy()
    if fewer.any():
        ratio = same_tail(x[fewer] / plain.s2[fewer], df[fewer], float(plain.df[0]), most)
        moved[fewer] = ratio * plain.s2[fewer]
    return moved


def _trend(z: Floats, covariate: Floats | None) -> Floats:
    if covariate is None:
        return np.full(z.size, float(stats.trim_mean(z, _TAILS[1])))
    return lowess(covariate, z, span=_SPAN, passes=_ROBUSTNESS_PASSES)


def _match_variance(observed: float, df1: float, lowest: float) -> float | None:
    """d0 at which Winsorised ln F varies as `observed`; None when the plain estimate has to stand."""
    if observed <= winsorised_moments(df1, np.inf)[1]:
        return float("inf")
    if np.isinf(lowest):
        return None

    def excess(share: float) -> float:
        d0 = share / (1 - share) if share < 1 else float("inf")
        return float(np.log(observed / winsorised_moments(df1, d0)[1]))

    start = lowest / (1 + lowest)
    if excess(start) >= 0:
        return lowest
    share = optimize.brentq(excess, start, 1.0, xtol=1e-12)
    return float(share / (1 - share))


def _row_df(f: Floats, df1: float, df_prior: float) -> Floats:
    """Prior degrees of freedom per row; few for rows whose tail the prior cannot explain."""
    n = f.size
    log_tail = log_right_tail(f, np.full(n, df1), df_prior)
    if np.isfinite(df_prior):
        return shrink_outliers(f, np.full(n, df1), log_tail, np.full(n, df_prior))
    typical = np.minimum(np.exp(log_tail) * n / (n - average_rank(f) + 0.5), 1.0)
    df = np.where(typical < 1, typical * n * df1, np.inf)
    return pool_and_rise(df, np.argsort(log_tail, kind="stable"), pool=False)
