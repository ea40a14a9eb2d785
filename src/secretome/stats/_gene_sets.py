"""Sets of rows, checked once: what every gene set test starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import false_discovery_control

from secretome.errors import InvalidArray
from secretome.stats._arrays import Floats, Ints

Sets = Mapping[str, ArrayLike]


@dataclass(frozen=True)
class RowSets:
    """s sets of rows laid end to end: `name` (s,), `rows`, and `size` (s,); empty sets keep their place."""

    name: tuple[str, ...]
    rows: Ints
    size: Ints

    def sums(self, values: Floats) -> Floats:
        """Sums over each set of `values` (n,) or (n, k): (s,) or (s, k)."""
        total = np.zeros((self.size.size, *values.shape[1:]))
        filled = self.size > 0
        if filled.any():
            starts = np.concatenate([[0], np.cumsum(self.size[filled])[:-1]])
            total[filled] = np.add.reduceat(values[self.rows], starts, axis=0)
        return total


def as_row_sets(sets: Sets, n_rows: int) -> RowSets:
    """`sets` of row indices below `n_rows`, checked.

    Raises
    ------
    InvalidArray
        There is no set, or a set holds something that is not a row, or a row twice.

    Examples
    --------
    >>> as_row_sets({"a": [0, 2], "b": []}, 3).sums(np.array([1.0, 2.0, 4.0]))
    array([5., 0.])
    """
    if not sets:
        raise InvalidArray("sets is empty; expected at least one name with row indices")
    members, problems = [], []
    for name, rows in sets.items():
        values = np.asarray(rows)
        if values.size == 0:
            values = np.zeros(0, dtype=np.intp)
        if values.ndim != 1 or values.dtype.kind not in "iu":
            problems.append(
                f"set {name!r}: expected a list of row numbers, found {values.dtype} of shape {values.shape}"
            )
            continue
        outside = values[(values < 0) | (values >= n_rows)]
        if outside.size:
            problems.append(f"set {name!r}: row {outside[0]} is not among the {n_rows} rows")
        elif np.unique(values).size != values.size:
            problems.append(f"set {name!r}: a row stands there twice")
        members.append(values.astype(np.intp))
    if problems:
        raise InvalidArray("\n".join(problems[:20]))
    size = np.array([rows.size for rows in members], dtype=np.intp)
    return RowSets(tuple(sets), np.concatenate(members), size)


def adjusted(p_value: Floats) -> Floats:
    """Benjamini-Hochberg adjusted p-values; NaN stays out and stays NaN.

    Examples
    --------
    >>> adjusted(np.array([0.01, np.nan, 0.04]))
    array([0.02,  nan, 0.04])
    """
    known = ~np.isnan(p_value)
    result = np.full(p_value.shape, np.nan)
    if known.any():
        result[known] = false_discovery_control(np.clip(p_value[known], 0, 1))
    return result


def directions(up: Floats) -> tuple[str, ...]:
    """`"up"`, `"down"`, or `""` where there is no number.

    Examples
    --------
    >>> directions(np.array([0.5, -1.0, np.nan]))
    ('up', 'down', '')
    """
    return tuple("" if np.isnan(value) else "down" if value < 0 else "up" for value in up)
