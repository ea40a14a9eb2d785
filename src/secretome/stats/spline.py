"""Natural cubic splines: the columns that a curve adds to a straight line."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from secretome.errors import InvalidArray

# Where the knots stand among the distinct values (Harrell, Regression Modeling Strategies, table 2.3).
QUANTILES = {3: (0.10, 0.5, 0.90), 4: (0.05, 0.35, 0.65, 0.95)}


def knots_of(values: ArrayLike, count: int) -> NDArray[np.float64]:
    """Knots (count,) at the usual quantiles of the distinct values.

    Raises
    ------
    InvalidArray
        There are not so many different values, or `count` is neither 3 nor 4.

    Examples
    --------
    >>> knots_of(np.arange(101), 4)
    array([ 5., 35., 65., 95.])
    """
    if count not in QUANTILES:
        raise InvalidArray(f"{count} knots; expected 3 or 4")
    distinct = np.unique(np.asarray(values, dtype=float))
    if not np.isfinite(distinct).all() or distinct.size < count:
        raise InvalidArray(f"{distinct.size} different values; {count} knots need as many finite ones")
    return np.asarray(np.quantile(distinct, QUANTILES[count]), dtype=float)


def bends(x: ArrayLike, knots: ArrayLike) -> NDArray[np.float64]:
    """Columns (m, k - 2) that, beside 1 and x, span the natural cubic splines with k knots.

    Parameters
    ----------
    x
        (m,) finite values.
    knots
        (k,) rising, at least 3.

    Raises
    ------
    InvalidArray
        A value is not finite, or the knots do not rise.

    Notes
    -----
    Truncated powers, straight beyond the outer knots, divided by the squared width between them. Reference:
    the same space as natural cubic interpolation through the knots (scipy `CubicSpline`), to 1e-9.

    References
    ----------
    Stone and Koo 1985, Proceedings of the Statistical Computing Section, ASA, 45-48.

    Examples
    --------
    >>> bends([0.0, 5.0, 10.0, 15.0], [0.0, 5.0, 10.0]).round(3).ravel().tolist()
    [0.0, 1.25, 7.5, 15.0]
    """
    values, places = np.asarray(x, dtype=float), np.asarray(knots, dtype=float)
    if not np.isfinite(values).all():
        raise InvalidArray("x holds a value that is not finite")
    if places.ndim != 1 or places.size < 3 or not (np.diff(places) > 0).all():
        raise InvalidArray(f"knots are {places.tolist()}; expected at least 3 that rise")
    cubes = np.maximum(values[:, None] - places[None, :], 0.0) ** 3
    inner, last, before = places[:-2], places[-1], places[-2]
    columns = (
        cubes[:, :-2]
        - cubes[:, [-2]] * (last - inner) / (last - before)
        + cubes[:, [-1]] * (before - inner) / (last - before)
    )
    return np.asarray(columns / (last - places[0]) ** 2, dtype=float)
