"""Control charts and capability: Shewhart, EWMA, CUSUM, run rules, indices with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special
from scipy import stats as distributions

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._capability import Capability, capability

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
__all__ = [
    "Capability",
    "Shewhart",
    "capability",
    "cusum",
    "ewma",
    "known",
    "mean_of_sd",
    "nelson",
    "shewhart",
    "westgard",
]

Chart = Literal["xbar", "range", "sd", "individuals"]


@dataclass(frozen=True)
class Shewhart:
    """Centre, process standard deviation and control limits of a chart.

    Parameters
    ----------
    statistic
        (g,) what is plotted: means, ranges, standard deviations or single values.
    center, sigma
        Centre line; standard deviation of single values.
    step
        Standard deviation of the plotted statistic.
    lower, upper
        Control limits; not below zero for ranges and standard deviations.
    """

    chart: Chart
    statistic: Floats
    center: float
    sigma: float
    step: float
    lower: float
    upper: float


def shewhart(values: ArrayLike, *, chart: Chart) -> Shewhart:
    """Limits of a Shewhart chart from rational subgroups, at three standard errors.

    Parameters
    ----------
    values
        (g, n) subgroups by values for `xbar`, `range` and `sd`; (g,) for `individuals`.
    chart
        Sigma comes from the mean range over d2 for `xbar`, `range` and `individuals` (moving range of
        two), from the mean standard deviation over c4 for `sd`.

    Raises
    ------
    InvalidArray
        If the shape does not fit the chart or a value is missing.
    NotEstimable
        With fewer than two subgroups or values.

    Notes
    -----
    d2 is rounded to three decimals as in the published tables of constants, because limits are compared
    with charts made from them; d3 and c4 are exact (qcc 2.7 has a d3 that is 4e-6 too large at n = 5).

    References
    ----------
    Montgomery D. C., Introduction to Statistical Quality Control, appendix VI.
    Reference implementation: R qcc 2.7, to 1e-8; limits of ranges to 1e-5.

    Examples
    --------
    >>> found = shewhart([10.1, 9.8, 10.3, 10.0, 9.9], chart="individuals")
    >>> round(found.lower, 2), round(found.center, 2), round(found.upper, 2)
    (9.22, 10.02, 10.82)
    """
    array = np.asarray(values, dtype=float)
    wanted = 1 if chart == "individuals" else 2
    if array.ndim != wanted or not np.isfinite(array).all():
        raise InvalidArray(
            f"values have shape {array.shape}; a chart {chart!r} needs {wanted} dimension(s) of finite numbers"
        )
    if array.shape[0] < 2 or (wanted == 2 and array.shape[1] < 2):
        raise NotEstimable(f"values of shape {array.shape} give no estimate of the spread")
    if chart == "individuals":
        sigma = float(np.abs(np.diff(array)).mean()) / _d2(2)
        return _shewhart(chart, array, sigma, sigma)
    n = array.shape[1]
    ranges, sds = np.ptp(array, axis=1), array.std(axis=1, ddof=1)
    if chart == "sd":
        c4 = mean_of_sd(n)
        sigma = float(sds.mean()) / c4
        return _shewhart(chart, sds, sigma, sigma * float(np.sqrt(1 - c4**2)))
    sigma = float(ranges.mean()) / _d2(n)
    if chart == "range":
        return _shewhart(chart, ranges, sigma, sigma * _range_moments(n)[1])
    return _shewhart(chart, array.mean(axis=1), sigma, sigma / float(np.sqrt(n)))


def known(values: ArrayLike, *, chart: Chart, center: float, sigma: float) -> Shewhart:
    """Limits of a chart of means or single values from a known centre and standard deviation.

    Parameters
    ----------
    values
        As in `shewhart`, for `xbar` or `individuals`.
    center, sigma
        Of single values.

    Raises
    ------
    InvalidArray
        If the shape does not fit, a value is missing, sigma is not positive, or the chart is of spread.

    Examples
    --------
    >>> found = known([325.0, 324.7], chart="individuals", center=325, sigma=0.5)
    >>> found.lower, found.upper
    (323.5, 326.5)
    """
    array = np.asarray(values, dtype=float)
    wanted = {"individuals": 1, "xbar": 2}.get(chart)
    if array.ndim != wanted or not np.isfinite(array).all() or not sigma > 0:
        raise InvalidArray(
            f"values of shape {array.shape}, chart {chart!r}, sigma {sigma}; expected finite values of xbar or individuals, sigma above 0"
        )
    if wanted == 1:
        return _shewhart(chart, array, sigma, sigma, center)
    return _shewhart(chart, array.mean(axis=1), sigma, sigma / float(np.sqrt(array.shape[1])), center)


def ewma(
    values: ArrayLike, *, center: float, step: float, weight: float = 0.2, width: float = 3.0
) -> tuple[Floats, Floats, Floats]:
    """Exponentially weighted moving average with its lower and upper limits, each (g,).

    Parameters
    ----------
    values
        (g,) in time order.
    center, step
        Target and standard deviation of a plotted value.
    weight
        Of the newest value, above 0 and at most 1.

    References
    ----------
    Roberts S. W. (1959) Technometrics 1:239, doi:10.1080/00401706.1959.10489860. R qcc 2.7, to 1e-8.

    Examples
    --------
    >>> smooth, low, high = ewma([1.0, 1.0], center=0, step=1)
    >>> [round(float(x), 3) for x in (smooth[1], low[1], high[1])]
    [0.36, -0.768, 0.768]
    """
    array = _series(values)
    if not 0 < weight <= 1:
        raise InvalidArray(f"weight is {weight}; expected above 0 and at most 1")
    smooth, last = np.empty(array.size), center
    for position, value in enumerate(array):
        last = weight * float(value) + (1 - weight) * last
        smooth[position] = last
    index = np.arange(1, array.size + 1)
    spread = width * step * np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * index)))
    return smooth, center - spread, center + spread


def cusum(values: ArrayLike, *, center: float, step: float, shift: float = 1.0) -> tuple[Floats, Floats]:
    """Upper and lower cumulative sums, in standard errors; a signal is usually set at 5.

    Parameters
    ----------
    values
        (g,) in time order.
    shift
        To be detected, in standard errors; half of it is the allowance.

    References
    ----------
    Page E. S. (1954) Biometrika 41:100, doi:10.1093/biomet/41.1-2.100. R qcc 2.7, to 1e-8.

    Examples
    --------
    >>> up, down = cusum([1.0, 2.0, -3.0], center=0, step=1)
    >>> up.tolist(), down.tolist()
    ([0.5, 2.0, 0.0], [0.0, 0.0, -2.5])
    """
    z = (_series(values) - center) / step
    up, down = np.zeros(z.size), np.zeros(z.size)
    high = low = 0.0
    for position, value in enumerate(z):
        high = max(0.0, high + float(value) - shift / 2)
        low = min(0.0, low + float(value) + shift / 2)
        up[position], down[position] = high, low
    return up, down


def nelson(values: ArrayLike, *, center: float, step: float, run: int = 9) -> dict[str, Bools]:
    """Nelson's eight rules: for each, at which points the pattern is complete.

    Parameters
    ----------
    values
        (g,) in time order.
    run
        Length of a run on one side: 9 (Nelson), 8 (Western Electric) or 7 (qcc).

    Returns
    -------
    Rule (`1` to `8`) to (g,) flags.

    References
    ----------
    Nelson L. S. (1984) J. Qual. Technol. 16:237, doi:10.1080/00224065.1984.11978921.

    Examples
    --------
    >>> flags = nelson([0, 3.5, 0.1], center=0, step=1)
    >>> flags["1"].tolist()
    [False, True, False]
    """
    z = (_series(values) - center) / step
    rise = np.concatenate([[0.0], np.sign(np.diff(z))])
    turn = np.concatenate([[False, False], (rise[2:] * rise[1:-1]) < 0])
    return {
        "1": np.abs(z) > 3,
        "2": _all(z > 0, run) | _all(z < 0, run),
        "3": _all(rise > 0, 5) | _all(rise < 0, 5),  # six points make five steps
        "4": _all(turn, 12),  # fourteen points make twelve turns
        "5": _some(z > 2, 2, 3) | _some(z < -2, 2, 3),
        "6": _some(z > 1, 4, 5) | _some(z < -1, 4, 5),
        "7": _all(np.abs(z) < 1, 15),
        "8": _all(np.abs(z) > 1, 8),
    }


def westgard(values: ArrayLike, *, center: float, sd: float) -> dict[str, Bools]:
    """Westgard's rules for control samples, one value a run.

    Returns
    -------
    Rule (`1-2s` a warning; `1-3s`, `2-2s`, `R-4s`, `4-1s`, `10x` rejections) to (g,) flags.

    References
    ----------
    Westgard J. O. et al. (1981) Clin. Chem. 27:493, doi:10.1093/clinchem/27.3.493.

    Examples
    --------
    >>> flags = westgard([2.1, 2.2], center=0, sd=1)
    >>> flags["2-2s"].tolist()
    [False, True]
    """
    z = (_series(values) - center) / sd
    before = np.concatenate([[0.0], z[:-1]])
    return {
        "1-2s": np.abs(z) > 2,
        "1-3s": np.abs(z) > 3,
        "2-2s": _all(z > 2, 2) | _all(z < -2, 2),
        "R-4s": ((z > 2) & (before < -2)) | ((z < -2) & (before > 2)),
        "4-1s": _all(z > 1, 4) | _all(z < -1, 4),
        "10x": _all(z > 0, 10) | _all(z < 0, 10),
    }


def mean_of_sd(n: int) -> float:
    """c4: expected sample standard deviation of n standard normal values.

    Examples
    --------
    >>> round(mean_of_sd(5), 4)
    0.94
    """
    return float(np.sqrt(2 / (n - 1)) * np.exp(special.gammaln(n / 2) - special.gammaln((n - 1) / 2)))


def _shewhart(
    chart: Chart, statistic: Floats, sigma: float, step: float, given: float | None = None
) -> Shewhart:
    if sigma == 0:
        raise NotEstimable("the values of every subgroup are the same: no control limits can be computed")
    center = float(statistic.mean()) if given is None else given
    low = center - 3 * step
    if chart in {"range", "sd"}:
        low = max(low, 0.0)
    return Shewhart(chart, statistic, center, sigma, step, low, center + 3 * step)


def _d2(n: int) -> float:
    return round(_range_moments(n)[0], 3)


@cache
def _range_moments(n: int) -> tuple[float, float]:
    """Mean and standard deviation of the range of n standard normal values."""
    grid, weight = np.polynomial.legendre.leggauss(160)
    width, low = 6.5 * (grid + 1), 9 * grid
    inside = distributions.norm.cdf(low + width[:, None]) - distributions.norm.cdf(low)
    tail = 1 - (n * inside ** (n - 1)) @ (9 * weight * distributions.norm.pdf(low))
    mean = float(6.5 * weight @ tail)
    square = float(6.5 * weight @ (2 * width * tail))
    return mean, float(np.sqrt(square - mean**2))


def _series(values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=float)
    if array.ndim != 1 or array.size == 0 or not np.isfinite(array).all():
        raise InvalidArray("values must be one list of finite numbers in time order")
    return array


def _some(flags: Bools, needed: int, window: int) -> Bools:
    """Where the flag holds now and `needed` times among the last `window` points."""
    counts = np.convolve(flags.astype(int), np.ones(window, dtype=int))[: flags.size]
    return flags & (counts >= needed)


def _all(flags: Bools, window: int) -> Bools:
    return _some(flags, window, window)
