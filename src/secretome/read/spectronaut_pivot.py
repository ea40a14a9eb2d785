"""Spectronaut pivot reports: proteins or precursors by runs, columns "[1] run.raw.PG.Quantity"."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from secretome.errors import InvalidInput, Problem
from secretome.plan import AssayPlan

from . import spectronaut
from .columns import find, require
from .groups import is_entry_name, organism_of, parse_group, unique_names
from .proteins import ProteinTable, doubled, features_frame
from .run_names import resolve_runs
from .text import TextTable, numbers

NAME = "spectronaut_pivot"
TITLE = "Spectronaut report (pivot)"

_COLUMN = re.compile(r"^\[\d+\] (?P<run>.+?)\.(?P<quantity>(PG|PEP|EG|FG)\..+)$")
_PRECURSORS = ("FG.Quantity", "EG.TotalQuantity (Settings)")


def recognises(header: Sequence[str]) -> str:
    """Evidence that a header is a pivot report of Spectronaut, or an empty text."""
    columns = [name for name in header if _COLUMN.match(name)]
    group = find(header, "PG.ProteinGroups", "PG.ProteinAccessions")
    return f"{len(columns)} columns such as {columns[0]!r} beside {group}" if columns and group else ""


def read(table: TextTable, plan: AssayPlan, samples: Sequence[str] = ()) -> ProteinTable:
    """Proteins of a pivot; a pivot of precursors goes the way of the long report.

    Parameters
    ----------
    table
        The file as text.
    plan
        `quantity` is "PG.Quantity" (default), or "maxlfq" and "sum" for a pivot of precursors.
    samples
        Names of the sample sheet.

    Raises
    ------
    InvalidInput
        If there is no quantity, a group is doubled, or a number is text or negative.
    """
    if find(table.header, "EG.PrecursorId", "EG.ModifiedSequence") and _columns(table, _PRECURSORS):
        return spectronaut.read(_unpivoted(table), plan, samples)
    (key,) = require(table, TITLE, ("PG.ProteinGroups", "PG.ProteinAccessions"))
    columns = _columns(table, ("PG.Quantity",))
    if not columns:
        raise InvalidInput(
            [
                Problem(
                    table.file,
                    "no columns '[n] run.PG.Quantity'",
                    "one for each run",
                    "Add PG.Quantity to the report.",
                )
            ]
        )
    problems: list[Problem] = []
    texts = [cell.strip() for cell in table.column(key)]
    problems += doubled(table.file, texts, table.lines, "group")
    values = numbers(table, list(columns.values()), problems, expected="a linear intensity")
    problems += [
        Problem(table.file, f"negative value {values[row, place]:g}", "a linear intensity", "Is the report log2? Export PG.Quantity.", table.lines[row], list(columns.values())[place])
        for row, place in np.argwhere(values < 0)[:20]
    ]  # fmt: skip
    if problems:
        raise InvalidInput(problems)
    zeros = int((values == 0).sum())
    values[~np.isfinite(values) | (values == 0)] = np.nan
    names, features = _features(table, texts)
    return ProteinTable(
        features_frame(names, features),
        tuple(resolve_runs(list(columns), samples).values()),
        values,
        NAME,
        "PG.Quantity",
        "intensity",
        remarks=(f"{table.file}: {zeros:,} intensities of 0 were read as missing",) if zeros else (),
    )


def measurements(table: TextTable) -> tuple[str, ...]:
    """Runs in file order."""
    return tuple(resolve_runs(list(_columns(table, ("PG.Quantity", *_PRECURSORS))), ()).values())


def _columns(table: TextTable, quantities: Sequence[str]) -> dict[str, str]:
    """Run to column, of the first of the quantities that the table has."""
    for quantity in quantities:
        found = {
            match["run"]: name
            for name in table.header
            if (match := _COLUMN.match(name)) and match["quantity"] == quantity
        }
        if found:
            return found
    return {}


def _unpivoted(table: TextTable) -> TextTable:
    """One row for each row and run, with the columns of a long report."""
    fixed = [name for name in table.header if name and not _COLUMN.match(name)]
    by_quantity: dict[str, dict[str, str]] = {}
    for name in table.header:
        if match := _COLUMN.match(name):
            by_quantity.setdefault(match["quantity"], {})[match["run"]] = name
    runs = list(dict.fromkeys(run for found in by_quantity.values() for run in found))
    place = {name: position for position, name in enumerate(table.header)}
    rows = tuple(
        (run, *(row[place[name]] for name in fixed), *(row[place[found[run]]] if run in found else "" for found in by_quantity.values()))
        for row in table.rows
        for run in runs
    )  # fmt: skip
    lines = tuple(line for line in table.lines for _ in runs)
    return TextTable(table.file, ("R.FileName", *fixed, *by_quantity), rows, lines, table.dialect)


def _features(table: TextTable, texts: list[str]) -> tuple[list[str], dict[str, list]]:  # type: ignore[type-arg]
    def column(name: str) -> list[str]:
        found = find(table.header, name)
        return [cell.strip() for cell in table.column(found)] if found else [""] * len(texts)

    groups = [parse_group(text) for text in texts]
    written = [text.split(";")[0] for text in column("PG.ProteinNames")]
    entry_names = [
        group.entry_name or (name if is_entry_name(name) else "")
        for group, name in zip(groups, written, strict=True)
    ]
    names, _ = unique_names(groups, texts)
    return names, {
        "gene": column("PG.Genes"),
        "entry_name": entry_names,
        "organism": [organism_of(name) for name in entry_names],
        "description": column("PG.ProteinDescriptions"),
        "protein_group": [";".join(group.accessions) for group in groups],
        "tagged_contaminant": [group.contaminant for group in groups],
    }
