"""Means of groups when some values are only known to lie below or above a limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special, stats

from secretome.errors import InvalidArray
from secretome.stats._arrays import Floats

_FLAT = 1e-4  # largest slope of the log-likelihood a value that counts as its maximum
_LOG_ROOT_TAU = 0.5 * np.log(2 * np.pi)


@dataclass(frozen=True)
class CensoredMeans:
    """Means of g groups with one common spread.

    Attributes
    ----------
    group
        (g,) labels, sorted.
    mean, lower, upper
        (g,) in the unit of the values; a group of which nothing was quantified has mean and lower limit NaN,
        and `upper` is the one-sided limit of its mean.
    standard_error
        (g,) NaN for such a group.
    n, n_censored
        (g,) values, and how many of them are limits.
    sd
        Common standard deviation, maximum likelihood, corrected for the means that were estimated.
    df
        Degrees of freedom of the intervals.
    status
        (g,) empty, or what is missing.
    """

    group: NDArray[np.generic]
    mean: Floats
    standard_error: Floats
    lower: Floats
    upper: Floats
    n: NDArray[np.int64]
    n_censored: NDArray[np.int64]
    sd: float
    df: int
    status: tuple[str, ...]


def group_means(
    lower: ArrayLike, upper: ArrayLike, group: ArrayLike, *, level: float = 0.95
) -> CensoredMeans:
    """Maximum-likelihood means of groups from values and limits; nothing is put in for a limit.

    Parameters
    ----------
    lower, upper
        (n,) what is known of each value, usually log2: equal for a number; lower -inf for "below upper";
        upper inf for "above lower".
    group
        (n,) labels.
    level
        Confidence level.

    Returns
    -------
    CensoredMeans

    Raises
    ------
    InvalidArray
        Lengths differ, a value is NaN, or a lower bound exceeds its upper bound.

    Notes
    -----
    Normal errors with one standard deviation; log-likelihood = sum log phi over numbers + sum log (Phi(upper) -
    Phi(lower)) over limits. Standard errors from the observed information, times sqrt(n / (n - g)), with t on
    (numbers - groups) degrees of freedom: without limits this is the pooled-variance t interval exactly.
    A group of limits alone has no finite estimate; its upper limit is where the likelihood ratio at the common
    spread reaches the one-sided quantile.
    Reference: R survival `survreg(Surv(lower, upper, type="interval2") ~ 0 + group, dist="gaussian")`, estimates
    and scale agreed to 1e-5.

    References
    ----------
    Tobin 1958, doi 10.2307/1907382; Helsel 2011, doi 10.1002/9781118162729.

    Examples
    --------
    >>> found = group_means([1.0, 2.0, 3.0, -np.inf], [1.0, 2.0, 3.0, 1.5], ["a"] * 4)
    >>> float(found.mean[0].round(3)), int(found.n_censored[0])
    (1.714, 1)
    """
    low, high, names, codes = _as_bounds(lower, upper, group)
    exact = low == high
    g = len(names)
    n = np.bincount(codes, minlength=g)
    numbers = np.bincount(codes[exact], minlength=g)
    known = numbers > 0
    df = int(exact.sum()) - int(known.sum())
    empty = np.full(g, np.nan)
    if df < 1:
        told = tuple(
            "too few numbers for a spread" if k else "nothing quantified, no spread known" for k in known
        )
        means = np.array([low[exact & (codes == i)].mean() if known[i] else np.nan for i in range(g)])
        return CensoredMeans(names, means, empty, empty, empty, n, n - numbers, np.nan, 0, told)
    used = known[codes]
    place = np.cumsum(known) - 1
    mean, log_sd, covariance = _fit(low[used], high[used], place[codes[used]], int(known.sum()))
    correction = np.sqrt(used.sum() / (used.sum() - known.sum()))
    sd = float(np.exp(log_sd) * correction)
    t = float(stats.t.ppf(0.5 + level / 2, df))
    estimate, error, bottom, top = empty.copy(), empty.copy(), empty.copy(), empty.copy()
    estimate[known] = mean
    error[known] = np.sqrt(np.diag(covariance)[:-1]) * correction
    bottom[known], top[known] = (mean - t * error[known]), (mean + t * error[known])
    if np.isnan(sd):
        lost = tuple("no maximum of the likelihood was found" for _ in known)
        return CensoredMeans(names, empty, empty, empty, empty, n, n - numbers, np.nan, df, lost)
    status = ["" if k else "nothing quantified: only an upper limit" for k in known]
    for i in np.flatnonzero(~known):
        mine = codes == i
        if np.isfinite(high[mine]).all():
            top[i] = _upper_limit(high[mine], sd, level)
        else:
            status[i] = "nothing quantified, some values above range: no limit"
    return CensoredMeans(names, estimate, error, bottom, top, n, n - numbers, sd, df, tuple(status))


def _as_bounds(
    lower: ArrayLike, upper: ArrayLike, group: ArrayLike
) -> tuple[Floats, Floats, NDArray[np.generic], NDArray[np.intp]]:
    low, high = np.asarray(lower, dtype=float), np.asarray(upper, dtype=float)
    labels = np.asarray(group)
    if low.ndim != 1 or low.shape != high.shape or labels.shape != low.shape:
        raise InvalidArray("group_means: lower, upper and group must be vectors of one length")
    if np.isnan(low).any() or np.isnan(high).any() or (low > high).any():
        raise InvalidArray("group_means: a bound is NaN, or a lower bound exceeds its upper bound")
    if (np.isinf(low) & np.isinf(high)).any():
        raise InvalidArray("group_means: nothing is known of a value (both bounds infinite); leave it out")
    names, codes = np.unique(labels, return_inverse=True)
    return low, high, names, codes


def _fit(
    low: Floats, high: Floats, codes: NDArray[np.intp], g: int
) -> tuple[Floats, float, NDArray[np.float64]]:
    """Means (g,), log sd, and their covariance (g + 1, g + 1), by maximum likelihood."""
    exact = low == high
    total = np.bincount(codes[exact], weights=low[exact], minlength=g)
    start = total / np.bincount(codes[exact], minlength=g)
    bound = np.where(np.isfinite(low), low, high)
    spread = np.sqrt(max(float(np.mean((bound - start[codes]) ** 2)), 1e-4))

    def negative(theta: Floats) -> tuple[float, Floats]:
        value, gradient = _likelihood(theta, low, high, codes, exact, g)
        return -value, -gradient

    found = optimize.minimize(
        negative, np.append(start, np.log(spread)), jac=True, method="BFGS", options={"gtol": 1e-8}
    )
    theta = found.x
    if np.abs(found.jac).max() > _FLAT * len(low):
        return np.full(g, np.nan), np.nan, np.full((g + 1, g + 1), np.nan)
    information = np.empty((g + 1, g + 1))
    for i in range(g + 1):
        step = np.zeros(g + 1)
        step[i] = 1e-5 * max(abs(theta[i]), 1.0)
        information[i] = (negative(theta + step)[1] - negative(theta - step)[1]) / (2 * step[i])
    return (
        theta[:-1],
        float(theta[-1]),
        np.asarray(np.linalg.pinv((information + information.T) / 2), dtype=float),
    )


def _likelihood(
    theta: Floats, low: Floats, high: Floats, codes: NDArray[np.intp], exact: NDArray[np.bool_], g: int
) -> tuple[float, Floats]:
    sd = np.exp(theta[-1])
    mean = theta[:-1][codes]
    z = (low[exact] - mean[exact]) / sd
    value = float(-(z**2).sum() / 2 - exact.sum() * (theta[-1] + _LOG_ROOT_TAU))
    by_mean = np.zeros(len(low))
    by_mean[exact] = z / sd
    by_log_sd = float((z**2 - 1).sum())
    limits = ~exact
    a, b = (low[limits] - mean[limits]) / sd, (high[limits] - mean[limits]) / sd
    mass = _log_mass(a, b)
    value += float(mass.sum())
    density_a, density_b = _density(a, mass), _density(b, mass)
    by_mean[limits] = (density_a - density_b) / sd
    by_log_sd += float((np.where(np.isfinite(a), a, 0.0) * density_a).sum())
    by_log_sd -= float((np.where(np.isfinite(b), b, 0.0) * density_b).sum())
    return value, np.append(np.bincount(codes, weights=by_mean, minlength=g), by_log_sd)


def _density(z: Floats, mass: Floats) -> Floats:
    """phi(z) / mass of its limit; 0 at infinity."""
    finite = np.isfinite(z)
    exponent = -(np.where(finite, z, 0.0) ** 2) / 2 - _LOG_ROOT_TAU - np.where(finite, mass, 0.0)
    return np.asarray(np.where(finite, np.exp(np.minimum(exponent, 700.0)), 0.0), dtype=float)


def _log_mass(a: Floats, b: Floats) -> Floats:
    """log(Phi(b) - Phi(a)), stable in both tails."""
    swap = a > 0
    lower, upper = np.where(swap, -b, a), np.where(swap, -a, b)
    top, bottom = special.log_ndtr(upper), special.log_ndtr(lower)
    with np.errstate(divide="ignore"):
        return np.asarray(top + np.log1p(-np.exp(np.minimum(bottom - top, -1e-15))), dtype=float)


def _upper_limit(limits: Floats, sd: float, level: float) -> float:
    """Mean at which all values below their limits become as unlikely as the one-sided level allows."""
    drop = float(stats.chi2.ppf(2 * level - 1, 1)) / 2

    def excess(mean: float) -> float:
        return float(-special.log_ndtr((limits - mean) / sd).sum()) - drop

    return float(optimize.brentq(excess, limits.min() - 50 * sd, limits.max() + 50 * sd))
