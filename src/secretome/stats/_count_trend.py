"""How residual variance falls with the number of peptides: three curves through ln s^2."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.optimize import minimize_scalar

from secretome.errors import NotEstimable
from secretome.stats._arrays import Floats

CountTrend = Literal["reciprocal", "loess", "spline"]

_SPAN = 0.75  # share of rows in each local fit
_FEWEST_COUNTS = 4


def typical_log_variance(log_variance: Floats, counts: Floats, at: Floats, trend: CountTrend) -> Floats:
    """Ln of the typical variance (n,) at the counts `at`, from m rows.

    `reciprocal` is the least squares a + b / count of the variance itself; `loess` local quadratics
    of ln s^2 over log2 count with the tricube weight, span 0.75; `spline` the natural cubic
    smoothing spline of the same, its penalty by generalised cross-validation. Between the counts
    of the m rows the last two are interpolated, beyond them held.

    Raises
    ------
    NotEstimable
        The fitted variance is not positive, or a smooth curve has fewer than 4 different counts.
    """
    if trend == "reciprocal":
        return _reciprocal(np.exp(log_variance), counts, at)
    knots, group = np.unique(np.log2(counts), return_inverse=True)
    if knots.size < _FEWEST_COUNTS:
        raise NotEstimable(
            f"{knots.size} different counts; a {trend} of the variance over the count needs {_FEWEST_COUNTS},"
            " use trend 'reciprocal'"
        )
    curve = _loess if trend == "loess" else _smoothing_spline
    return np.interp(np.log2(at), knots, curve(knots, group, log_variance))


def _reciprocal(variance: Floats, counts: Floats, at: Floats) -> Floats:
    basis = np.column_stack([np.ones(counts.size), 1 / counts])
    intercept, slope = np.linalg.lstsq(basis, variance, rcond=None)[0]
    typical: Floats = intercept + slope / at
    if not (typical > 0).all():
        row = int(np.flatnonzero(~(typical > 0))[0])
        raise NotEstimable(
            f"the prior variance fitted by count is {typical[row]:.3g} at a count of {at[row]:g};"
            " use `moderate` instead"
        )
    return np.log(typical)


def _loess(knots: Floats, group: np.ndarray, values: Floats) -> Floats:
    places = knots[group]
    near = int(np.floor(_SPAN * places.size + 1e-9))
    fitted = np.empty(knots.size)
    for position, knot in enumerate(knots):
        distance = np.abs(places - knot)
        width = np.partition(distance, near - 1)[near - 1]
        # more than `near` rows may share one count: a window of width 0 holds that count alone
        root = np.sqrt(np.clip(1 - (distance / width) ** 3, 0, None) ** 3) if width > 0 else (distance == 0)
        basis = np.vander(places - knot, 3) * np.asarray(root, dtype=float)[:, None]
        fitted[position] = np.linalg.lstsq(basis, values * root, rcond=None)[0][-1]
    return fitted


def _smoothing_spline(knots: Floats, group: np.ndarray, values: Floats) -> Floats:
    rows = np.bincount(group).astype(float)
    means = np.bincount(group, values) / rows
    within = float(((values - means[group]) ** 2).sum())
    penalty = _roughness(knots)

    def hat(log_weight: float) -> Floats:
        smoother: Floats = np.linalg.solve(np.diag(rows) + np.exp(log_weight) * penalty, np.diag(rows))
        return smoother

    def cross_validation(log_weight: float) -> float:
        smoother = hat(log_weight)
        misfit = within + float((rows * (means - smoother @ means) ** 2).sum())
        return float(misfit / (1 - np.trace(smoother) / values.size) ** 2)

    grid = np.linspace(-12, 12, 97)
    start = grid[int(np.argmin([cross_validation(weight) for weight in grid]))]
    found = minimize_scalar(cross_validation, bounds=(start - 0.25, start + 0.25), method="bounded")
    smoothed: Floats = hat(float(found.x)) @ means
    return smoothed


def _roughness(knots: Floats) -> Floats:
    """The (k, k) matrix whose quadratic form is the integrated squared second derivative."""
    step = np.diff(knots)
    inner = knots.size - 2
    second = np.zeros((knots.size, inner))
    band = np.zeros((inner, inner))
    place = np.arange(inner)
    second[place, place] = 1 / step[:-1]
    second[place + 1, place] = -1 / step[:-1] - 1 / step[1:]
    second[place + 2, place] = 1 / step[1:]
    band[place, place] = (step[:-1] + step[1:]) / 3
    band[place[:-1], place[1:]] = band[place[1:], place[:-1]] = step[1:-1] / 6
    roughness: Floats = second @ np.linalg.solve(band, second.T)
    return roughness
