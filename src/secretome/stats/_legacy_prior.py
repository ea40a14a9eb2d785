"""The variance prior of limma up to 2024: moments of the log variances, with or without a trend."""

from __future__ import annotations

import numpy as np
from scipy import special
from scipy.interpolate import CubicSpline

from secretome.errors import NotEstimable
from secretome.stats._arrays import Floats
from secretome.stats._f_distribution import VariancePrior, log_shift, trigamma_inverse

_SMALLEST_DF = 1e-15
_LOWEST_SHARE = 1e-5  # of the median variance: smaller ones are lifted to it


def fit_legacy(variance: Floats, df: Floats, covariate: Floats | None) -> VariancePrior:
    """Scale and degrees of freedom by the mean and variance of ln s^2 (Smyth 2004, section 6.2).

    Parameters
    ----------
    variance, df
        (n,) residual variances and their degrees of freedom.
    covariate
        (n,) on which the scale depends by a natural spline, or None.

    Returns
    -------
    VariancePrior
        Both (n,); df infinite where the variances differ no more than chance makes them.

    Raises
    ------
    NotEstimable
        No row has residual degrees of freedom.

    Notes
    -----
    e_g = ln s_g^2 + L(d_g/2) with L(x) = ln x - digamma(x); the variance of e_g around its mean (or spline)
    less the mean of trigamma(d_g/2) equals trigamma(d0/2). The spline has 1 + [n>=3] + [n>=6] + [n>=30]
    degrees of freedom and knots at equally spaced quantiles.

    Examples
    --------
    >>> prior = fit_legacy(np.array([0.1, 0.4, 0.2, 3.0]), np.full(4, 5.0), None)
    >>> prior.df.round(3)
    array([1.985, 1.985, 1.985, 1.985])
    """
    usable = np.isfinite(df) & (df > _SMALLEST_DF) & np.isfinite(variance)
    n, n_usable = variance.size, int(usable.sum())
    if n_usable == 0:
        raise NotEstimable("no row has residual degrees of freedom; measure more samples or drop terms")
    if n_usable == 1:
        return VariancePrior(np.full(n, variance[usable][0]), np.zeros(n))
    x = np.maximum(variance[usable], 0.0)
    middle = float(np.median(x))
    x = np.maximum(x, _LOWEST_SHARE * (middle if middle > 0 else 1.0))
    e = np.log(x) + log_shift(df[usable] / 2)
    location, spread = _location(e, usable, covariate)
    excess = spread - float(np.mean(special.polygamma(1, df[usable] / 2)))
    df_prior = 2 * trigamma_inverse(excess)
    if np.isinf(df_prior) and covariate is None:
        return VariancePrior(np.full(n, x.mean()), np.full(n, np.inf))
    return VariancePrior(np.exp(location - log_shift(df_prior / 2)), np.full(n, df_prior))


def natural_basis(x: Floats, knots: Floats) -> Floats:
    """Natural cubic splines (x.size, knots.size), each 1 at its own knot; straight beyond the last ones.

    Examples
    --------
    >>> natural_basis(np.array([0.0, 0.5, 2.0]), np.array([0.0, 1.0]))
    array([[ 1. ,  0. ], [ 0.5,  0.5], [-1. ,  2. ]])
    """
    inside = np.clip(x, knots[0], knots[-1])
    if knots.size == 2:
        share = (x - knots[0]) / (knots[1] - knots[0])
        return np.column_stack([1 - share, share])
    spline = CubicSpline(knots, np.eye(knots.size), bc_type="natural")
    basis: Floats = spline(inside) + (x - inside)[:, None] * spline(inside, 1)
    return basis


def _location(e: Floats, usable: np.ndarray, covariate: Floats | None) -> tuple[Floats, float]:
    """Expected e of all n rows, and the variance of e around it."""
    size = e.size
    at = None if covariate is None else covariate[usable]
    freedom = 1 + (size >= 3) + (size >= 6) + (size >= 30)
    if at is None or min(freedom, np.unique(at).size) < 2 or covariate is None:
        return np.full(usable.size, e.mean()), float(np.var(e, ddof=1))
    freedom = min(freedom, np.unique(at).size)
    knots = np.unique(np.quantile(at, np.linspace(0, 1, freedom)))
    solution, _, rank, _ = np.linalg.lstsq(natural_basis(at, knots), e, rcond=None)
    residual = e - natural_basis(at, knots) @ solution
    spread = float(residual @ residual) / (size - int(rank))
    return natural_basis(covariate, knots) @ solution, spread
