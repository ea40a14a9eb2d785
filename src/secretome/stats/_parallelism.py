"""How parallel two curves are: by a test of difference, and by ratios with intervals for a test of equivalence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from secretome.stats._arrays import Floats, Ints
from secretome.stats._curve_fit import t_quantile
from secretome.stats._sigmoid import LOG_ASYMMETRY, LOWER, SLOPE, UPPER


@dataclass(frozen=True)
class RatioInterval:
    """Ratios test / reference (r,) with Fieller limits (r,); -inf and inf where the interval has no bound."""

    estimate: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True)
class Parallelism:
    """Free curves of test and reference compared, for r pairs; NaN where a free curve did not converge.

    Attributes
    ----------
    f, p_value
        (r,) extra sum of squares of the parallel model. Precise assays fail this test trivially.
    chi2, chi2_p_value
        (r,) the same difference over the free residual variance, on df1 degrees of freedom.
    df1, df2
        (r,) of F.
    residual_sum_parallel, residual_sum_free, rsse_ratio
        (r,) residual sums of squares, and parallel over free.
    slope, span, upper_asymptote, lower_asymptote, asymmetry
        ratios of b, d - c, d, c and f, test over reference, with intervals of `level`.
    lower_shift
        (c_test - c_reference) over the span of the reference: says more than a ratio when c is near 0.
    level
        of the intervals.
    """

    f: Floats
    p_value: Floats
    chi2: Floats
    chi2_p_value: Floats
    df1: Ints
    df2: Ints
    residual_sum_parallel: Floats
    residual_sum_free: Floats
    rsse_ratio: Floats
    slope: RatioInterval
    span: RatioInterval
    upper_asymptote: RatioInterval
    lower_asymptote: RatioInterval
    asymmetry: RatioInterval
    lower_shift: RatioInterval
    level: float


def parallelism(
    theta: Floats,
    inverse: Floats,
    free: tuple[int, ...],
    *,
    residual_free: Floats,
    residual_parallel: Floats,
    df_free: Ints,
    level: float,
) -> Parallelism:
    """Compares free curves `theta` (r, 2, 6), reference first, with inverse information `inverse` (r, 2, p, p).

    Examples
    --------
    >>> theta = np.ones((1, 2, 6))
    >>> theta[..., 2] = 2.0
    >>> found = parallelism(theta, np.eye(4)[None, None].repeat(2, 1) * 1e-4, (0, 1, 2, 3),
    ...     residual_free=np.ones(1), residual_parallel=np.ones(1), df_free=np.array([10]), level=0.9)
    >>> found.rsse_ratio, found.slope.estimate
    (array([1.]), array([1.]))
    """
    df1 = np.full(len(theta), len(free) - 1)
    variance = residual_free / df_free
    chi2 = np.maximum(residual_parallel - residual_free, 0.0) / variance
    t = np.array([t_quantile(level, int(df)) for df in df_free])
    p = len(free)
    covariance = np.zeros((len(theta), 2 * p, 2 * p))
    covariance[:, :p, :p] = inverse[:, 0] * variance[:, None, None]
    covariance[:, p:, p:] = inverse[:, 1] * variance[:, None, None]

    def ratio(top: dict[int, float], bottom: dict[int, float], *, both: bool = False) -> RatioInterval:
        if not set(top) <= set(free) | {LOWER} or (LOWER in top and LOWER not in free and len(top) == 1):
            missing = np.full(len(theta), np.nan)
            return RatioInterval(missing, missing, missing)
        over, by_over = _combination(theta, top, free, side=1)
        if both:
            base, by_base = _combination(theta, top, free, side=0)
            over, by_over = over - base, by_over - by_base
        under, by_under = _combination(theta, bottom, free, side=0)
        low, high = fieller(over, under, by_over, by_under, covariance, t)
        return RatioInterval(over / under, low, high)

    span = {UPPER: 1.0, LOWER: -1.0}
    return Parallelism(
        f=chi2 / df1,
        p_value=np.asarray(special.fdtrc(df1, df_free, chi2 / df1), dtype=float),
        chi2=chi2,
        chi2_p_value=special.chdtrc(df1, chi2),
        df1=df1,
        df2=df_free,
        residual_sum_parallel=residual_parallel,
        residual_sum_free=residual_free,
        rsse_ratio=residual_parallel / residual_free,
        slope=ratio({SLOPE: 1.0}, {SLOPE: 1.0}),
        span=ratio(span, span),
        upper_asymptote=ratio({UPPER: 1.0}, {UPPER: 1.0}),
        lower_asymptote=ratio({LOWER: 1.0}, {LOWER: 1.0}),
        asymmetry=ratio({LOG_ASYMMETRY: 1.0}, {LOG_ASYMMETRY: 1.0}),
        lower_shift=ratio({LOWER: 1.0}, span, both=True),
        level=level,
    )


def fieller(
    top: Floats, bottom: Floats, by_top: Floats, by_bottom: Floats, covariance: Floats, t: Floats
) -> tuple[Floats, Floats]:
    """Limits (r,) of the ratio of two estimates with slopes (r, p) on parameters of `covariance` (r, p, p).

    An interval without bounds (the denominator is not clearly different from 0) is -inf to inf.

    Examples
    --------
    >>> fieller(np.array([2.0]), np.array([1.0]), np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]),
    ...     np.eye(2)[None] * 1e-4, np.array([2.0]))
    (array([1.95606285]), array([2.04553779]))
    """
    top_variance = np.einsum("rp,rpq,rq->r", by_top, covariance, by_top)
    bottom_variance = np.einsum("rp,rpq,rq->r", by_bottom, covariance, by_bottom)
    both = np.einsum("rp,rpq,rq->r", by_top, covariance, by_bottom)
    a = bottom**2 - t**2 * bottom_variance
    b = top * bottom - t**2 * both
    c = top**2 - t**2 * top_variance
    known, bounded = np.isfinite(a), a > 0
    root = np.sqrt(np.where(bounded, np.maximum(b**2 - a * c, 0.0), 0.0))
    divisor = np.where(bounded, a, 1.0)
    low, high = (b - root) / divisor, (b + root) / divisor
    return (
        np.where(known, np.where(bounded, low, -np.inf), np.nan),
        np.where(known, np.where(bounded, high, np.inf), np.nan),
    )


def _combination(
    theta: Floats, terms: dict[int, float], free: tuple[int, ...], *, side: int
) -> tuple[Floats, Floats]:
    """A linear combination (r,) of one curve's parameters, and its slopes on both curves' (r, 2p)."""
    slopes = np.zeros((len(theta), 2 * len(free)))
    total = np.zeros(len(theta))
    for column, factor in terms.items():
        value = theta[:, side, column]
        is_log = column == LOG_ASYMMETRY
        total += factor * (np.exp(value) if is_log else value)
        if column in free:
            slopes[:, side * len(free) + free.index(column)] = factor * (np.exp(value) if is_log else 1.0)
    return total, slopes
