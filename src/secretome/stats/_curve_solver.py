"""Least squares for many sigmoid curves at once, without starts given by hand."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from secretome.stats._arrays import Bools, Floats, Ints
from secretome.stats._sigmoid import (
    LOG_ASYMMETRY,
    LOG_MIDPOINT,
    LOG_RATIO,
    LOWER,
    SLOPE,
    UPPER,
    Points,
    response,
    response_and_slopes,
)

_SLOPES = (0.35, 0.7, 1.2, 2.0, 3.5, 6.0, 12.0)
_LOG_ASYMMETRIES = (-1.4, -0.5, 0.0, 0.7, 1.6)
_MIDPOINTS, _RATIOS, _STARTS = 9, 9, 4
_MOST_STEPS = 400
_LOG_ASYMMETRY_LIMIT = 6.0
# The step still to be gained, squared, as a share of the residual sum: below it the answer no longer moves.
_RELATIVE_GAIN, _ROUNDING = 1e-14, 1e-28


@dataclass(frozen=True)
class Minimum:
    """Least-squares curves of R data sets: `theta` (R, 6), residual sum (R,), whether converged (R,), steps (R,)."""

    theta: Floats
    residual_sum: Floats
    converged: Bools
    steps: Ints


def minimise_from_grid(y: Floats, at: Points, weights: Floats, free: tuple[int, ...]) -> Minimum:
    """Least squares from the best points of a grid over what is not linear.

    Parameters
    ----------
    y, weights
        (R, n); a point of weight 0 is padding.
    at
        R data sets of n doses.
    free
        columns of the six parameters that are estimated.

    Returns
    -------
    Minimum
        The best of several descents for each data set.

    Examples
    --------
    >>> from secretome.stats._sigmoid import points
    >>> at = points(np.array([[0.1, 0.3, 1.0, 3.0, 10.0]]))
    >>> y = response(np.array([[2.0, 1.0, 5.0, 0.2, 0.0, 0.0]]), at)
    >>> minimise_from_grid(y, at, np.ones((1, 5)), (0, 1, 2, 3)).theta[0, :4].round(6)
    array([2. , 1. , 5. , 0.2])
    """
    starts = np.stack(
        [_best_starts(y[[i]], at.take(slice(i, i + 1)), weights[[i]], free) for i in range(len(y))]
    )
    k = starts.shape[1]
    every = np.repeat(np.arange(len(y)), k)
    found = minimise(starts.reshape(-1, 6), y[every], at.take(every), weights[every], free)
    cost = np.where(found.converged, found.residual_sum, found.residual_sum * (1 + 1e-6)).reshape(-1, k)
    best = np.arange(len(y)) * k + np.argmin(cost, axis=1)
    return Minimum(*(part[best] for part in (found.theta, found.residual_sum, found.converged, found.steps)))


def minimise(start: Floats, y: Floats, at: Points, weights: Floats, free: tuple[int, ...]) -> Minimum:
    """Levenberg-Marquardt descent of R data sets side by side from `start` (R, 6).

    Notes
    -----
    Columns are scaled to unit length, so that the damping has no unit. A data set has converged when a full
    Gauss-Newton step would lower its residual sum by less than 1e-14 of it.

    Examples
    --------
    >>> from secretome.stats._sigmoid import points
    >>> at = points(np.array([[0.1, 0.3, 1.0, 3.0, 10.0]]))
    >>> truth = np.array([[2.0, 1.0, 5.0, 0.2, 0.0, 0.0]])
    >>> minimise(truth + 0.1, response(truth, at), at, np.ones((1, 5)), (0, 1, 2, 3)).converged
    array([ True])
    """
    columns = list(free)
    with np.errstate(over="ignore", invalid="ignore"):  # a step too far is undone
        return _descend(start, y, at, weights, columns)


def _descend(start: Floats, y: Floats, at: Points, weights: Floats, columns: list[int]) -> Minimum:
    theta, size = start.copy(), np.einsum("rn,rn->r", weights, y**2)
    cost = _residual_sum(theta, y, at, weights)
    damping, steps = np.full(len(y), 1e-3), np.zeros(len(y), dtype=np.intp)
    converged, active = np.zeros(len(y), dtype=bool), np.arange(len(y))
    for _ in range(_MOST_STEPS):
        part = at.take(active)
        fitted, slopes = response_and_slopes(theta[active], part)
        w, slopes = weights[active], slopes[..., columns]
        normal = np.einsum("rni,rnj->rij", slopes * w[..., None], slopes, optimize=True)
        gradient = np.einsum("rni,rn->ri", slopes, w * (y[active] - fitted))
        move, gain = _step(normal, gradient, damping[active])
        done = gain <= _RELATIVE_GAIN * cost[active] + _ROUNDING * size[active]
        trial = theta[active]
        trial[:, columns] += move
        trial[:, LOG_ASYMMETRY] = np.clip(
            trial[:, LOG_ASYMMETRY], -_LOG_ASYMMETRY_LIMIT, _LOG_ASYMMETRY_LIMIT
        )
        value = _residual_sum(trial, y[active], part, w)
        better = value < cost[active]
        theta[active[better]], cost[active[better]] = trial[better], value[better]
        damping[active] = np.clip(np.where(better, damping[active] / 10, damping[active] * 10), 1e-10, 1e12)
        converged[active[done]] = True
        steps[active] += 1
        active = active[~done & (damping[active] < 1e12)]
        if active.size == 0:
            break
    return Minimum(theta, cost, converged, steps)


def _step(normal: Floats, gradient: Floats, damping: Floats) -> tuple[Floats, Floats]:
    """The damped step (R, p), and what a full step would gain (R,)."""
    diagonal = np.einsum("rii->ri", normal)
    floor = 1e-14 * diagonal.max(axis=1, keepdims=True) + 1e-300
    scale = np.sqrt(np.maximum(diagonal, floor))
    correlation = normal / (scale[:, :, None] * scale[:, None, :])
    ridge = np.eye(scale.shape[1])[None]
    scaled = (gradient / scale)[..., None]
    move = np.linalg.solve(correlation + damping[:, None, None] * ridge, scaled)[..., 0]
    full = np.linalg.solve(correlation + 1e-13 * ridge, scaled)[..., 0]
    return move / scale, np.abs(np.einsum("ri,ri->r", full, scaled[..., 0]))


def _residual_sum(theta: Floats, y: Floats, at: Points, weights: Floats) -> Floats:
    total: Floats = np.einsum("rn,rn->r", weights, (y - response(theta, at)) ** 2)
    return total


def _best_starts(y: Floats, at: Points, weights: Floats, free: tuple[int, ...]) -> Floats:
    """The best few points (k, 6) of the grid for one data set, with the linear parameters solved."""
    grid = _grid(at, weights, free)
    unit = grid.copy()
    unit[:, LOWER], unit[:, UPPER] = 0.0, 1.0
    many = at.take(np.zeros(len(grid), dtype=np.intp))
    fraction = response(unit, many)
    grid[:, LOWER], grid[:, UPPER] = _linear_part(fraction, y[0], weights[0], with_lower=LOWER in free)
    fitted = grid[:, [LOWER]] + (grid[:, [UPPER]] - grid[:, [LOWER]]) * fraction
    cost = (y - fitted) ** 2 @ weights[0]
    # with c above d the 5PL is another family of curves; the sign of b is the direction
    if LOG_ASYMMETRY in free:
        cost = np.where(grid[:, LOWER] <= grid[:, UPPER], cost, np.inf)
    return grid[np.argsort(cost, kind="stable")[:_STARTS]]


def _grid(at: Points, weights: Floats, free: tuple[int, ...]) -> Floats:
    seen = (weights > 0) & ~at.at_zero
    low, high = at.log_dose[seen].min(), at.log_dose[seen].max()
    ratios = np.linspace(low - high, high - low, _RATIOS) if LOG_RATIO in free else np.zeros(1)
    asymmetries = _LOG_ASYMMETRIES if LOG_ASYMMETRY in free else (0.0,)
    slopes = [sign * slope for sign in (1, -1) for slope in _SLOPES]
    found = product(slopes, np.linspace(low, high, _MIDPOINTS), asymmetries, ratios)
    grid = np.zeros((len(slopes) * _MIDPOINTS * len(asymmetries) * len(ratios), 6))
    grid[:, [SLOPE, LOG_MIDPOINT, LOG_ASYMMETRY, LOG_RATIO]] = np.array(list(found))
    return grid


def _linear_part(fraction: Floats, y: Floats, w: Floats, *, with_lower: bool) -> tuple[Floats, Floats]:
    """Lower and upper limits (k,) that fit y best for each row of fractions (k, n)."""
    if not with_lower:
        upper = (fraction @ (w * y)) / np.maximum((fraction**2) @ w, 1e-300)
        return np.zeros(len(fraction)), upper
    centre, level = (fraction @ w) / w.sum(), (w @ y) / w.sum()
    spread = fraction - centre[:, None]
    square = (spread**2) @ w
    span = np.where(square > 1e-12, (spread @ (w * (y - level))) / np.maximum(square, 1e-300), 0.0)
    lower = level - span * centre
    return lower, lower + span
