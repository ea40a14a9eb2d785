"""How often so many values would not be seen if a row stood at a given level."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from secretome.errors import InvalidArray
from secretome.stats._arrays import Floats

__all__ = ["chance_unseen"]

_POINTS = 21


def chance_unseen(
    level: ArrayLike,
    error: ArrayLike,
    sd: ArrayLike,
    midpoint: ArrayLike,
    scale: ArrayLike,
    unseen: ArrayLike,
) -> Floats:
    """Chance that at least so many of the samples do not show a row.

    Parameters
    ----------
    level, error
        (n,) log2 level of each row and the standard error with which it is known, shared by the samples.
    sd
        (n,) standard deviation between samples.
    midpoint, scale
        (m,) detection curve of each sample: at the midpoint half is seen.
    unseen
        (n,) samples that did not show the row.

    Returns
    -------
    (n,) probability that `unseen` or more of the m samples show nothing.

    Raises
    ------
    InvalidArray
        If the shapes do not fit or a scale is not above 0.

    Notes
    -----
    P(not seen in sample j | level) = Phi((midpoint_j - level) / sqrt(scale_j^2 + sd^2)), samples independent
    given the level; the count is Poisson-binomial, and its tail is averaged over the normal error of the
    level by 21-point Gauss-Hermite quadrature.

    Examples
    --------
    >>> chance_unseen([20.0, 26.0], [0.2, 0.2], [0.3, 0.3], [20.0, 20.0], [1.0, 1.0], [2, 2]).round(3)
    array([0.256, 0.   ])
    """
    centre, spread, noise, count = (np.asarray(part, dtype=float) for part in (level, error, sd, unseen))
    middle, width = np.asarray(midpoint, dtype=float), np.asarray(scale, dtype=float)
    if not centre.shape == spread.shape == noise.shape == count.shape or centre.ndim != 1:
        raise InvalidArray("level, error, sd and unseen must have one number a row each")
    if middle.shape != width.shape or middle.ndim != 1 or not (width > 0).all():
        raise InvalidArray("midpoint and scale must have one number a sample each, scale above 0")
    nodes, weights = np.polynomial.hermite_e.hermegauss(_POINTS)
    levels = centre[:, None] + spread[:, None] * nodes
    missing = ndtr((middle - levels[:, :, None]) / np.sqrt(width**2 + noise[:, None, None] ** 2))
    tail = _at_least(missing, count)
    chance: Floats = tail @ (weights / weights.sum())
    return chance


def _at_least(chance: Floats, count: Floats) -> Floats:
    """(n, q) probability of `count` (n,) or more successes among the last axis of (n, q, m)."""
    n, q, m = chance.shape
    counts = np.zeros((n, q, m + 1))
    counts[..., 0] = 1.0
    for sample in range(m):
        p = chance[..., sample, None]
        counts[..., 1:] = counts[..., 1:] * (1 - p) + counts[..., :-1] * p
        counts[..., :1] *= 1 - p
    enough = np.arange(m + 1) >= count[:, None]
    total: Floats = np.where(enough[:, None, :], counts, 0.0).sum(axis=-1)
    return total
