"""Tails of the F distribution far out, and the inverse of trigamma: what variance priors need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from secretome.stats._arrays import Floats


@dataclass(frozen=True)
class VariancePrior:
    """Scale `s2` (n,) and degrees of freedom `df` (n,) of the scaled F that variances follow."""

    s2: Floats
    df: Floats


def trigamma_inverse(value: float) -> float:
    """The b > 0 with trigamma(b) = value; infinite when value is not positive.

    Examples
    --------
    >>> round(trigamma_inverse(float(special.polygamma(1, 2.5))), 9)
    2.5
    """
    if value <= 0:
        return float("inf")
    b = 0.5 + 1 / value
    for _ in range(60):
        current = float(special.polygamma(1, b))
        step = current * (1 - current / value) / float(special.polygamma(2, b))
        b += step
        if abs(step) <= 1e-14 * b:
            break
    return b


def log_shift(half_df: ArrayLike) -> Floats:
    """Log x less digamma(x), the bias of a log variance on 2x degrees of freedom; 0 at infinity.

    Examples
    --------
    >>> log_shift(np.array([np.inf]))
    array([0.])
    """
    x = np.asarray(half_df, dtype=float)
    finite = np.isfinite(x)
    safe = np.where(finite, x, 1.0)
    return np.where(finite, np.log(safe) - special.digamma(safe), 0.0)


def log_right_tail(f: Floats, df1: Floats, df2: float) -> Floats:
    """Log P(F > f), accurate where the tail itself underflows; `df2` may be infinite.

    Examples
    --------
    >>> log_right_tail(np.array([1.0]), np.array([4.0]), 4.0).round(6)
    array([-0.693147])
    """
    if np.isinf(df2):
        chi_tail = special.gammaincc(df1 / 2, f * df1 / 2)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(chi_tail), dtype=float)
    x = df2 / (df2 + df1 * f)
    tail = special.betainc(df2 / 2, df1 / 2, x)
    a, b = df2 / 2, df1 / 2
    with np.errstate(divide="ignore"):
        series = a * np.log(x) + b * np.log1p(-np.minimum(x, 0.5)) - np.log(a) - special.betaln(a, b)
        return np.asarray(np.where(tail > 1e-290, np.log(np.maximum(tail, 1e-300)), series), dtype=float)


def same_tail(f: Floats, df1: Floats, df2: float, df1_new: float) -> Floats:
    """The value that leaves as much tail beyond it when df1 becomes `df1_new`.

    Examples
    --------
    >>> same_tail(np.array([0.5, 2.0]), np.array([3.0, 3.0]), 7.0, 3.0).round(9)
    array([0.5, 2. ])
    """
    if np.isinf(df2):
        upper, lower = special.gammaincc(df1 / 2, f * df1 / 2), special.gammainc(df1 / 2, f * df1 / 2)
        from_upper = special.gammainccinv(df1_new / 2, upper)
        from_lower = special.gammaincinv(df1_new / 2, lower)
        moved: Floats = np.where(upper < lower, from_upper, from_lower) * 2 / df1_new
        return moved
    beyond = df2 / (df2 + df1 * f)
    above = special.betainc(df2 / 2, df1 / 2, beyond)
    below = special.betainc(df1 / 2, df2 / 2, df1 * f / (df2 + df1 * f))
    x = special.betaincinv(df2 / 2, df1_new / 2, above)
    y = special.betaincinv(df1_new / 2, df2 / 2, below)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(above < below, (1 - x) / x, y / (1 - y))
    return np.asarray(ratio * df2 / df1_new, dtype=float)


def quantile(probability: float, df1: float, df2: float) -> float:
    """The value below which F(df1, df2) stays with `probability`; `df2` may be infinite.

    Examples
    --------
    >>> round(quantile(0.5, 4.0, 4.0), 9)
    1.0
    """
    if np.isinf(df2):
        return float(special.gammaincinv(df1 / 2, probability) * 2 / df1)
    y = float(special.betaincinv(df1 / 2, df2 / 2, probability))
    return y / (1 - y) * df2 / df1
