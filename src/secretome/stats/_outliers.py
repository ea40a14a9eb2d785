"""Fewer prior degrees of freedom for rows whose variance the prior cannot explain."""

from __future__ import annotations

import numpy as np

from secretome.stats._arrays import Floats, Ints
from secretome.stats._f_distribution import log_right_tail


def shrink_outliers(f: Floats, df1: Floats, log_tail: Floats, df_prior: Floats) -> Floats:
    """Prior degrees of freedom (n,) that fall with the probability of being an outlier.

    Parameters
    ----------
    f, df1, log_tail
        (n,) variance ratios, their degrees of freedom, and ln P(F > f).
    df_prior
        (n,) prior degrees of freedom of rows that are none.

    Returns
    -------
    array (n,)
        Degrees of freedom, not increasing with the variance ratio's extremity.

    Notes
    -----
    The probability of not being an outlier is the fitted tail over the empirical tail (Phipson et al. 2016,
    doi 10.1214/16-AOAS920, section 4); the most extreme row gets the d_out at which its ratio is the median.

    Examples
    --------
    >>> f = np.array([1.0, 0.5, 1e6])
    >>> tail = log_right_tail(f, np.full(3, 8.0), 10.0)
    >>> shrink_outliers(f, np.full(3, 8.0), tail, np.full(3, 10.0)).round(3)
    array([9.801, 9.972, 0.085])
    """
    n = f.size
    log_empirical = np.log((n - average_rank(f) + 0.5) / n)
    log_typical = np.minimum(log_tail - log_empirical, 0.0)
    if np.all(log_typical == 0):
        return df_prior
    worst = int(np.argmin(log_tail))
    outlier_df = 0.0
    if np.isfinite(log_tail[worst]):
        d0 = float(df_prior[worst])
        outlier_df = d0 * np.log(0.5) / float(log_tail[worst])
        again = log_right_tail(f[worst : worst + 1], df1[worst : worst + 1], outlier_df)
        outlier_df *= np.log(0.5) / float(again[0])
    typical = np.exp(log_typical)
    mixed = typical * df_prior - np.expm1(log_typical) * outlier_df
    return pool_and_rise(mixed, np.argsort(log_tail, kind="stable"), pool=True)


def average_rank(values: Floats) -> Floats:
    """Ranks from 1, ties sharing their mean.

    Examples
    --------
    >>> average_rank(np.array([3.0, 1.0, 3.0]))
    array([2.5, 1. , 2.5])
    """
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[inverse], dtype=float)


def pool_and_rise(values: Floats, order: Ints, *, pool: bool) -> Floats:
    """`values` made to rise along `order`; `pool` first levels the start to its smallest running mean.

    Examples
    --------
    >>> pool_and_rise(np.array([2.0, 1.0, 3.0]), np.array([0, 1, 2]), pool=True)
    array([1.5, 1.5, 3. ])
    """
    rising = values[order]
    if pool:
        running = np.cumsum(rising) / np.arange(1, values.size + 1)
        lowest = int(np.argmin(running))
        rising[: lowest + 1] = running[lowest]
    result = np.empty(values.size)
    result[order] = np.maximum.accumulate(rising)
    return result
