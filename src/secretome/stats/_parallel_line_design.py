"""The design of a parallel-line assay: what was given where, and layouts that contradict themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from secretome.errors import InvalidArray, NotEstimable, near_misses

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Layout = Literal["completely randomised", "randomised blocks", "latin square"]


@dataclass(frozen=True)
class Assay:
    """Doses, responses and codes of an assay, checked; preparation 0 is the reference."""

    log_dose: Floats
    response: Floats
    code: Codes  # 0 is the reference
    names: tuple[str, ...]
    cell: Codes  # preparation and dose together
    blocks: tuple[Codes, ...]
    layout: Layout
    complete: bool

    @classmethod
    def checked(
        cls,
        dose: ArrayLike,
        response: ArrayLike,
        preparation: ArrayLike,
        reference: str,
        block: ArrayLike | None,
        row: ArrayLike | None,
        column: ArrayLike | None,
    ) -> Assay:
        """The assay, refused when a line cannot be drawn or its layout contradicts itself."""
        doses, responses = np.asarray(dose, dtype=float), np.asarray(response, dtype=float)
        labels = np.asarray(preparation).astype(str)
        if doses.ndim != 1 or not doses.shape == responses.shape == labels.shape or doses.size == 0:
            shapes = f"{doses.shape}, {responses.shape}, {labels.shape}"
            raise InvalidArray(f"dose, response and preparation have shapes {shapes}; expected one length")
        if not np.isfinite(responses).all():
            raise InvalidArray(f"{(~np.isfinite(responses)).sum()} responses are missing or infinite")
        if not (np.isfinite(doses) & (doses > 0)).all():
            raise InvalidArray("a dose is missing, zero or negative; lines need positive doses")
        names = [str(name) for name in np.unique(labels)]
        if reference not in names:
            raise InvalidArray(f"no preparation is called {reference!r}{near_misses(reference, names)}")
        if len(names) < 2:
            raise NotEstimable(f"only {reference!r} was measured: there is no test preparation")
        names = [reference, *(name for name in names if name != reference)]
        code = np.array([names.index(label) for label in labels], dtype=np.intp)
        for position, name in enumerate(names):
            if np.unique(doses[code == position]).size < 2:
                raise NotEstimable(f"preparation {name!r} has a single dose: a line needs at least two")
        levels = np.unique(doses, return_inverse=True)[1]
        cell = np.unique(code * (levels.max() + 1) + levels, return_inverse=True)[1].astype(np.intp)
        blocks, layout, complete = _layout(cell, doses.size, block, row, column)
        return cls(np.log(doses), responses, code, tuple(names), cell, blocks, layout, complete)


def _layout(
    cell: Codes, n: int, block: ArrayLike | None, row: ArrayLike | None, column: ArrayLike | None
) -> tuple[tuple[Codes, ...], Layout, bool]:
    if (row is None) != (column is None):
        raise InvalidArray("a Latin square needs both row and column")
    if row is not None and block is not None:
        raise InvalidArray("give blocks, or rows and columns, not all of them")
    counts = np.bincount(cell)
    if block is None and row is None:
        return (), "completely randomised", bool((counts == counts[0]).all())
    if block is not None:
        codes = _codes(block, n, "block")
        if codes.max() == 0:
            raise InvalidArray("there is a single block; leave the blocks out")
        crossed = np.zeros((codes.max() + 1, counts.size), dtype=int)
        np.add.at(crossed, (codes, cell), 1)
        return (codes,), "randomised blocks", bool((crossed == crossed[0, 0]).all())
    rows, columns = _codes(row, n, "row"), _codes(column, n, "column")  # type: ignore[arg-type]
    grid = np.zeros((rows.max() + 1, columns.max() + 1), dtype=int)
    np.add.at(grid, (rows, columns), 1)
    if grid.max() > 1:
        at = np.argwhere(grid > 1)[0]
        raise InvalidArray(
            f"row {at[0] + 1}, column {at[1] + 1} of the Latin square holds {grid.max()} values; expected one"
        )
    for words, codes in (("row", rows), ("column", columns)):
        crossed = np.zeros((codes.max() + 1, counts.size), dtype=int)
        np.add.at(crossed, (codes, cell), 1)
        if crossed.max() > 1:
            at = np.argwhere(crossed > 1)[0]
            raise InvalidArray(
                f"a treatment stands {crossed.max()} times in {words} {at[0] + 1}: no Latin square"
            )
    size = counts.size
    return (rows, columns), "latin square", bool(grid.shape == (size, size) and (grid == 1).all())


def _codes(labels: ArrayLike, n: int, name: str) -> Codes:
    values = np.asarray(labels).astype(str)
    if values.shape != (n,):
        raise InvalidArray(f"{name} has shape {values.shape}; expected ({n},)")
    return np.unique(values, return_inverse=True)[1].astype(np.intp)
