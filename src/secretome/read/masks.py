"""Which values were filled in: a mask from Boolean columns, a worksheet or a table before imputation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from secretome.errors import InvalidInput, Problem, near_misses
from secretome.plan import AssayPlan

from .accessions import identifier
from .proteins import ProteinTable
from .text import MISSING_WORDS, TextTable, numbers, read_table

_TRUE = frozenset({"true", "yes", "+", "1", "imputed"})
_FALSE = frozenset({"false", "no", "0", "measured"})


def has_mask(plan: AssayPlan) -> bool:
    """Whether an assay says where its filled-in values are marked."""
    return bool(plan.mask or plan.mask_sheet or plan.mask_columns)


def with_mask(table: ProteinTable, plan: AssayPlan) -> ProteinTable:
    """The table with its filled-in values taken out, as the mask of the assay marks them.

    Parameters
    ----------
    table
        As read.
    plan
        `mask` names another file, `mask_sheet` a worksheet (of the mask or of the same file),
        `mask_columns` how the columns are called, for example "Imputed {sample}".

    Raises
    ------
    InvalidInput
        If a protein or measurement has no cell in the mask, or a cell says neither yes nor no.
    """
    file = plan.mask or plan.file
    mask = read_table(file, sheet=plan.mask_sheet or (None if plan.mask else plan.sheet))
    columns, problems = _columns(mask, table.measurements, plan.mask_columns or "{sample}")
    rows, missing = _rows(mask, list(table.features.index))
    problems += missing
    if problems:
        raise InvalidInput(problems)
    marked = _marked(mask, columns, problems)[rows]
    if problems:
        raise InvalidInput(problems)
    replaced = marked & np.isfinite(table.values)
    if table.replaced is not None:
        replaced |= table.replaced
    remark = f"{plan.file.name}: {int(replaced.sum()):,} of {replaced.size:,} values are marked as filled in by {mask.file}; taken as missing"
    return replace(
        table,
        values=np.where(replaced, np.nan, table.values),
        replaced=replaced,
        remarks=(*table.remarks, remark),
    )


def _columns(mask: TextTable, measurements: Sequence[str], pattern: str) -> tuple[list[str], list[Problem]]:
    wanted = [
        pattern.replace("{sample}", name) if "{sample}" in pattern else f"{pattern} {name}"
        for name in measurements
    ]
    problems = [
        Problem(
            mask.file,
            f"no column {name!r} in the mask",
            "a column for each measurement",
            f"Mend mask_columns or the table{near_misses(name, mask.header)}",
            mask.header_line,
        )
        for name in wanted
        if name not in mask.header
    ]
    return wanted, problems


def _rows(mask: TextTable, accessions: list[str]) -> tuple[list[int], list[Problem]]:
    """Row of the mask for each protein, found by the column that names most of them."""
    best: dict[str, int] = {}
    title, twice = "", set[str]()
    for column in mask.header:
        places: dict[str, int] = {}
        doubled = set()
        for row, cell in enumerate(mask.column(column)):
            name = identifier(cell.split(";")[0]).accession
            if name in places:
                doubled.add(name)
            places.setdefault(name, row)
        if sum(name in places for name in accessions) > sum(name in best for name in accessions):
            best, title, twice = places, column, doubled
    problems = [
        Problem(
            mask.file,
            f"protein {name!r} {'stands twice' if name in twice else 'is not'} in the mask",
            "one row of the mask for each protein",
            "Export table and mask together.",
            column=title or None,
        )
        for name in accessions
        if name not in best or name in twice
    ]
    return ([] if problems else [best[name] for name in accessions]), problems


def _marked(mask: TextTable, columns: list[str], problems: list[Problem]) -> NDArray[np.bool_]:
    """(rows, m) True where a value was filled in."""
    cells = [[cell.strip().lower() for cell in mask.column(column)] for column in columns]
    words = {cell for column in cells for cell in column}
    if words <= {"+", ""}:
        return np.array([[cell == "+" for cell in column] for column in cells], dtype=bool).T
    if words <= _TRUE | _FALSE | MISSING_WORDS:
        for name, column in zip(columns, cells, strict=True):
            problems += [
                Problem(mask.file, "an empty cell", "TRUE or FALSE", "Fill the mask.", line, name)
                for cell, line in zip(column, mask.lines, strict=True)
                if cell in MISSING_WORDS
            ]
        return np.array([[cell in _TRUE for cell in column] for column in cells], dtype=bool).T
    # quantities before imputation: what is missing there was filled in here
    values = numbers(mask, columns, problems, expected="TRUE, FALSE or the quantity before imputation")
    missing: NDArray[np.bool_] = ~np.isfinite(values) | (values == 0)
    return missing
