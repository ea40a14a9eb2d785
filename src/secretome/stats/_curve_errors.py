"""How well the data fix the parameters of a curve."""

from __future__ import annotations

import numpy as np

from secretome.stats._arrays import Bools, Floats
from secretome.stats._curve_solver import Minimum
from secretome.stats._sigmoid import LOG_ASYMMETRY, LOWER, SLOPE, UPPER, Points, response_and_slopes

_SINGULAR, _UNFELT = 1e-12, 1e-16
_RUNAWAY = 3.0


def expected_information(theta: Floats, at: Points, weights: Floats, free: tuple[int, ...]) -> Floats:
    """Cross products (R, p, p) of the weighted slopes.

    Examples
    --------
    >>> from secretome.stats._sigmoid import points
    >>> expected_information(np.zeros((1, 6)), points(np.ones((1, 2))), np.ones((1, 2)), (1,))
    array([[[0.5]]])
    """
    slopes = response_and_slopes(theta, at)[1][..., list(free)]
    return np.asarray(np.einsum("rni,rn,rnj->rij", slopes, weights, slopes))


def observed_information(
    theta: Floats, y: Floats, at: Points, weights: Floats, free: tuple[int, ...]
) -> Floats:
    """Half the second derivatives (R, p, p) of the residual sums, by central differences of the gradient.

    Examples
    --------
    >>> from secretome.stats._sigmoid import points
    >>> at = points(np.array([[1.0, 2.0]]))
    >>> observed_information(np.zeros((1, 6)), np.zeros((1, 2)), at, np.ones((1, 2)), (1,)).round(6)
    array([[[0.5]]])
    """
    columns, step = list(free), 1e-5
    hessian = np.empty((len(theta), len(free), len(free)))
    for place, column in enumerate(columns):
        size = step * np.maximum(1.0, np.abs(theta[:, column]))
        ends = []
        for sign in (1, -1):
            moved = theta.copy()
            moved[:, column] += sign * size
            fitted, slopes = response_and_slopes(moved, at)
            ends.append(np.einsum("rni,rn->ri", slopes[..., columns], weights * (fitted - y)))
        hessian[:, place] = (ends[0] - ends[1]) / (2 * size[:, None])
    return (hessian + hessian.transpose(0, 2, 1)) / 2


def covariance_of(normal: Floats, theta: Floats, free: tuple[int, ...]) -> tuple[Floats, Bools]:
    """Inverse of each information matrix (R, p, p), and whether the data fix every parameter (R,).

    They do not when doubling the slope, or moving the midpoint e-fold, changes the fit by less than 1e-8 of what
    the limits do, or when two parameters cannot be told apart.

    Examples
    --------
    >>> covariance_of(np.array([[[4.0]]]), np.array([[1.0, 0.0, 1.0, 0.0, 0.0, 0.0]]), (0,))
    (array([[[0.25]]]), array([ True]))
    """
    diagonal = np.abs(np.einsum("rii->ri", normal))
    felt = diagonal * _natural_units(theta)[:, list(free)] ** 2
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    values, vectors = np.linalg.eigh(normal / (scale[:, :, None] * scale[:, None, :]))
    identified: Bools = (values[:, 0] > _SINGULAR) & (felt.min(axis=1) > _UNFELT * felt.max(axis=1))
    kept = np.where(identified[:, None], values, 1.0)
    inverse = np.einsum("rik,rk,rjk->rij", vectors, 1 / kept, vectors)
    return inverse / (scale[:, :, None] * scale[:, None, :]), identified


def _natural_units(theta: Floats) -> Floats:
    """What counts as a change of each parameter (R, 6): the slope itself, the span, one unit of a log."""
    units = np.ones_like(theta)
    units[:, SLOPE] = theta[:, SLOPE]
    units[:, [LOWER, UPPER]] = (theta[:, UPPER] - theta[:, LOWER])[:, None]
    return units


def status_of(found: Minimum, identified: Bools) -> tuple[str, ...]:
    """What happened to each data set, in words.

    Examples
    --------
    >>> from secretome.stats._curve_solver import Minimum
    >>> found = Minimum(np.zeros((1, 6)), np.zeros(1), np.array([True]), np.array([3]))
    >>> status_of(found, np.array([True]))
    ('converged',)
    """
    runaway = np.abs(found.theta[:, LOG_ASYMMETRY]) > _RUNAWAY
    words = np.where(
        identified,
        "converged",
        "not identified: the doses do not fix every parameter (a limit or the slope is not seen)",
    )
    failed = np.where(
        runaway,
        "not converged: the asymmetry f has no bound in these data; fit a 4pl",
        "not converged: the responses do not follow this curve within the doses",
    )
    return tuple(str(word) for word in np.where(found.converged, words, failed))
