"""Rotated measurements: one column for the contrast, the others pure noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Floats, as_design, as_measurements, as_vector

_RANK_TOLERANCE = 1e-7


def row_effects(y: ArrayLike, design: ArrayLike, contrast: int | ArrayLike) -> Floats:
    """Effects (n, 1 + m - p): the contrast in units of its standard error times sigma, then independent residuals.

    Parameters
    ----------
    y
        (n, m) without gaps.
    design
        (m, p) of full rank.
    contrast
        column of the design, or (p,) weights of its coefficients.

    Returns
    -------
    array (n, 1 + m - p)
        All of variance sigma^2; the first has the sign of the contrast.

    Raises
    ------
    InvalidArray
        A shape does not fit, a value is missing, or the contrast is none.
    NotEstimable
        The design has no residual degrees of freedom or dependent columns.

    Notes
    -----
    The contrast is made the last coefficient, and y is rotated by the Householder reflections of that design.

    Examples
    --------
    >>> row_effects([[1.0, 2.0, 4.0]], [[1.0], [1.0], [1.0]], 0).round(3)
    array([[4.041, 0.155, 2.155]])
    """
    values = as_measurements(y)
    gaps = np.isnan(values).any(axis=1)
    if gaps.any():
        raise InvalidArray(
            f"y[{int(np.argmax(gaps))}] has a missing value ({int(gaps.sum())} such rows); this test needs rows"
            " without gaps: leave them out, or test a statistic per row with camera_pr"
        )
    x = as_design(design, values.shape[1])
    p = x.shape[1]
    if values.shape[1] <= p:
        raise NotEstimable(
            f"{values.shape[1]} samples and {p} coefficients leave no residual degrees of freedom"
        )
    q, r = np.linalg.qr(_contrast_last(x, contrast), mode="complete")
    diagonal = np.abs(np.diagonal(r))
    if diagonal.min() < _RANK_TOLERANCE * diagonal.max():
        raise NotEstimable("columns of the design depend on each other; drop the one that says nothing new")
    effects: Floats = values @ q[:, p - 1 :]
    if r[p - 1, p - 1] < 0:
        effects[:, 0] *= -1
    return effects


def _contrast_last(x: Floats, contrast: int | ArrayLike) -> Floats:
    """The same column space, parametrised so that the contrast is the last coefficient."""
    p = x.shape[1]
    if isinstance(contrast, int | np.integer):
        if not 0 <= contrast < p:
            raise InvalidArray(f"contrast is column {contrast}; the design has columns 0 to {p - 1}")
        column = int(contrast)
        return np.hstack([np.delete(x, column, axis=1), x[:, column : column + 1]])
    weights = as_vector(contrast, p, name="contrast")
    if not np.isfinite(weights).all() or not weights.any():
        raise InvalidArray("contrast is zero or not finite; expected weights of the coefficients")
    q, r = np.linalg.qr(weights[:, None], mode="complete")
    turned = x @ q
    return np.hstack([turned[:, 1:], turned[:, [0]] / r[0, 0]])
