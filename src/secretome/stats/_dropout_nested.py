"""The posterior of a row with detection curves at a given variance: for comparing nested models."""

from __future__ import annotations

import numpy as np

from secretome.stats._arrays import Floats
from secretome.stats._dropout_model import Curves, Priors, value

_STEPS, _HALVINGS, _GAIN = 100, 30, 1e-12
_LOWEST_CURVATURE = 1e-8


def lowest_objective(
    y: Floats, x: Floats, start: Floats, variance: Floats, curves: Curves, priors: Priors
) -> Floats:
    """Minus the log posterior (n,) at its mode in the coefficients, the variance held.

    Parameters
    ----------
    y, x
        (n, m), NaN is not seen, and (m, p).
    start
        (n, p) coefficients.
    variance
        (n,).

    Examples
    --------
    >>> y, curves = np.array([[20.0, 21.0]]), Curves(np.full(2, 10.0), np.ones(2))
    >>> priors = Priors(20.0, 1e6, 1.0, 4.0)
    >>> low = lowest_objective(y, np.ones((2, 1)), np.array([[15.0]]), np.ones(1), curves, priors)
    >>> bool(abs(low - value(y, np.ones((2, 1)), np.array([[20.5]]), np.ones(1), curves, priors).objective) < 1e-6)
    True
    """
    place = start.copy()
    for _ in range(_STEPS):
        now = value(y, x, place, variance, curves, priors)
        size, direction = np.linalg.eigh(now.hessian)
        along = np.einsum("npk,np->nk", direction, now.gradient) / np.maximum(np.abs(size), _LOWEST_CURVATURE)
        step = -np.einsum("npk,nk->np", direction, along)
        gain = -np.einsum("np,np->n", step, now.gradient)
        if (gain < _GAIN).all():
            break
        length = np.ones(len(y))
        for _ in range(_HALVINGS):
            then = value(y, x, place + length[:, None] * step, variance, curves, priors).objective
            worse = ~(then <= now.objective)
            if not worse.any():
                break
            length[worse] /= 2
        place = np.where((then <= now.objective)[:, None], place + length[:, None] * step, place)
    return value(y, x, place, variance, curves, priors).objective
