"""The border of `stats`: arrays are checked here once and trusted afterwards."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from secretome.errors import InvalidArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


def as_measurements(y: ArrayLike) -> Floats:
    """`y` as a float matrix (n, m) in which NaN is missing; infinite values are refused.

    Raises
    ------
    InvalidArray
        `y` is not two-dimensional, is empty or holds an infinite value.

    Examples
    --------
    >>> as_measurements([[1, 2], [3, float("nan")]])
    array([[ 1.,  2.], [ 3., nan]])
    """
    values = np.asarray(y, dtype=float)
    if values.ndim != 2 or 0 in values.shape:
        raise InvalidArray(f"y has shape {values.shape}; expected rows of features, columns of samples")
    infinite = np.isinf(values)
    if infinite.any():
        row, column = (int(place[0]) for place in np.nonzero(infinite))
        raise InvalidArray(f"y[{row}, {column}] is infinite; expected a number, or NaN when missing")
    return values


def as_design(design: ArrayLike, n_samples: int, *, name: str = "design") -> Floats:
    """`design` as a finite matrix (m, p) with one row per sample.

    Raises
    ------
    InvalidArray
        Its shape does not fit the samples, or it holds a value that is not finite.

    Examples
    --------
    >>> as_design([[1, 0], [1, 1]], 2)
    array([[1., 0.], [1., 1.]])
    """
    values = np.asarray(design, dtype=float)
    if values.ndim != 2 or values.shape[0] != n_samples or values.shape[1] == 0:
        raise InvalidArray(f"{name} has shape {values.shape}; expected ({n_samples}, at least 1)")
    if not np.isfinite(values).all():
        raise InvalidArray(f"{name} holds a value that is not finite; drop that sample or mend its row")
    return values


def as_weights(weights: ArrayLike, shape: tuple[int, int]) -> Floats:
    """Weights as (m,) or (n, m); what is not positive and finite becomes zero, that is missing.

    Raises
    ------
    InvalidArray
        The shape is neither (m,) nor (n, m).

    Examples
    --------
    >>> as_weights([1.0, 0.5, -1.0], (4, 3))
    array([1. , 0.5, 0. ])
    """
    values = np.asarray(weights, dtype=float)
    if values.shape not in {shape, shape[1:]}:
        raise InvalidArray(f"weights have shape {values.shape}; expected {shape[1:]} or {shape}")
    usable = np.isfinite(values) & (values > 0)
    return np.where(usable, values, 0.0)


def as_codes(labels: ArrayLike, n_samples: int, *, name: str) -> Ints:
    """Labels (m,) as codes 0..k-1 in sorted order of the labels.

    Raises
    ------
    InvalidArray
        There is not exactly one label per sample.

    Examples
    --------
    >>> as_codes(["d2", "d1", "d2"], 3, name="block")
    array([1, 0, 1])
    """
    values = np.asarray(labels)
    if values.shape != (n_samples,):
        raise InvalidArray(f"{name} has shape {values.shape}; expected ({n_samples},): one label per sample")
    codes: Ints = np.unique(values, return_inverse=True)[1].astype(np.intp)
    return codes


def as_vector(values: ArrayLike, length: int, *, name: str) -> Floats:
    """`values` as floats (length,).

    Raises
    ------
    InvalidArray
        The shape is another one.

    Examples
    --------
    >>> as_vector([1, 2], 2, name="df")
    array([1., 2.])
    """
    vector = np.asarray(values, dtype=float)
    if vector.shape != (length,):
        raise InvalidArray(f"{name} has shape {vector.shape}; expected ({length},)")
    return vector
