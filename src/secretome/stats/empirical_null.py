"""How wide the bulk of the test statistics spreads, measured on its peak."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.stats import norm

from secretome.errors import InvalidArray
from secretome.stats._arrays import Floats

__all__ = ["CentralPeak", "central_peak", "excess"]

_WIDTH, _ROUNDS, _STOP = 1.5, 50, 1e-3
_FEWEST = 200
_MOSTLY = 0.9  # of the rows must belong to the peak, as the paper asks
_DOUBT = 4.0  # over the root of n: two standard errors of the scale, by simulation of a normal sample


@dataclass(frozen=True)
class CentralPeak:
    """Centre and standard deviation of the normal that the middle of n values follows, and its share of them."""

    centre: float
    scale: float
    share: float
    n: int


def central_peak(z: ArrayLike) -> CentralPeak:
    """The normal that fits the middle of z values, whatever stands in the tails.

    Parameters
    ----------
    z
        (n,) statistics, standard normal where nothing differs; NaN is left out.

    Raises
    ------
    InvalidArray
        If fewer than 200 values are finite.

    Notes
    -----
    Started at the shortest half of the values, a normal truncated to centre ± 1.5 scale is fitted by maximum
    likelihood to the values inside, and the window moved, until the scale moves by less than 0.001.

    References
    ----------
    Efron 2004, doi 10.1198/016214504000000089.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> round(central_peak(np.r_[rng.normal(0, 1.5, 2000), rng.normal(12, 2, 600)]).scale, 1)
    1.5
    """
    values = np.sort(np.asarray(z, dtype=float).ravel())
    values = values[np.isfinite(values)]
    if values.size < _FEWEST:
        raise InvalidArray(f"{values.size} values; the middle of at least {_FEWEST} is needed")
    centre, scale = _shortest_half(values)
    for _ in range(_ROUNDS):
        if scale <= 0:
            break
        inside = values[np.abs(values - centre) <= _WIDTH * scale]
        before, (centre, scale) = scale, _truncated(inside, centre, scale)
        if abs(scale - before) < _STOP:
            break
    inside = float((np.abs(values - centre) <= _WIDTH * scale).mean())
    return CentralPeak(centre, scale, min(inside / (1 - 2 * norm.sf(_WIDTH)), 1.0), int(values.size))


def excess(z: ArrayLike, standard_error: ArrayLike, *, minimum: float) -> float:
    """The factor, 1 or more, by which z values spread wider than chance within replicates explains.

    Parameters
    ----------
    z, standard_error
        (n,) statistics and the standard errors of the differences behind them; NaN is left out.
    minimum
        Smallest difference of interest, in the unit of the standard errors.

    Returns
    -------
    The scale of the central peak; 1 with fewer than 200 values, where the scale does not exceed 1 by more than
    two standard errors, or where the peak is not the unchanged bulk.

    Notes
    -----
    Replicates that share more than they should (injections of one sample, flasks of one day) vary too
    little, and the bulk of rows, unchanged, shows it. That bulk must be there: nine tenths of the values
    belong to the peak, and the shifts behind its width, normal with standard deviation
    standard_error * sqrt(factor^2 - 1), lie within the minimum in nine tenths of the rows. Else rows differ
    too widely for the factor to be told from their differences.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> wide = rng.normal(0, 1.5, 2000)
    >>> [round(excess(wide, np.full(2000, error), minimum=0.5), 1) for error in (0.1, 0.5)]
    [1.5, 1.0]
    """
    values, error = np.asarray(z, dtype=float), np.asarray(standard_error, dtype=float)
    known = np.isfinite(values) & np.isfinite(error)
    if known.sum() < _FEWEST:
        return 1.0
    peak = central_peak(values[known])
    if peak.scale <= 1 + _DOUBT / np.sqrt(peak.n) or peak.share < _MOSTLY:
        return 1.0
    shift = error[known] * np.sqrt(peak.scale**2 - 1)
    within = float((1 - 2 * norm.sf(minimum / np.maximum(shift, 1e-12))).mean())
    return peak.scale if within >= _MOSTLY else 1.0


def _shortest_half(values: Floats) -> tuple[float, float]:
    half = values.size // 2
    gaps = values[half:] - values[: values.size - half]
    first = int(np.argmin(gaps))
    return float(np.median(values[first : first + half + 1])), float(gaps[first] / (2 * norm.ppf(0.75)))


def _truncated(inside: Floats, centre: float, scale: float) -> tuple[float, float]:
    """Maximum-likelihood normal truncated to centre ± 1.5 scale, at most twice as wide as before."""
    low, high = centre - _WIDTH * scale, centre + _WIDTH * scale
    mean, square, n = float(inside.mean()), float((inside**2).mean()), inside.size

    def objective(place: Floats) -> float:
        m, sd = place[0], np.exp(place[1])
        away = (square - 2 * m * mean + m * m) / (2 * sd * sd)
        covered = norm.cdf((high - m) / sd) - norm.cdf((low - m) / sd)
        return float(n * (away + np.log(sd) + np.log(max(covered, 1e-300))))

    start = np.log(scale)
    found = minimize(
        objective, [centre, start], method="L-BFGS-B",
        bounds=[(low, high), (start - np.log(2), start + np.log(2))],
    )  # fmt: skip
    return float(found.x[0]), float(np.exp(found.x[1]))
