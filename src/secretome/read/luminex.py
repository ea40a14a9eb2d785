"""Luminex xPONENT exports: a header, then a table for each DataType."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from secretome.errors import InvalidInput, Problem
from secretome.plan import AssayPlan

from .cells import Cells
from .measured import PANEL_COLUMNS, Measured, broken_series, complete, kind_of

NAME = "luminex"
TITLE = "Luminex xPONENT export"
KIND = "panel"
SEEN = True

_NO_ANALYTE = {"", "total events", "notes"}
_LOCATION = re.compile(r"\d+\((\d+),([A-P]\d{1,2})\)")
_Rows = Sequence[tuple[int, tuple[str, ...]]]


def recognises(cells: Cells) -> str:
    """Evidence that a file is one."""
    first = cells.rows[0] if cells.rows else ()
    if len(first) > 1 and first[0].lower() == "program" and "xponent" in first[1].lower():
        return "its first line names the program xPONENT"
    names = {
        row[1].lower() for row in cells.rows if len(row) > 1 and row[0].rstrip(":").lower() == "datatype"
    }
    return "it has tables headed DataType: Median and Count" if {"median", "count"} <= names else ""


def read(cells: Cells, plan: AssayPlan) -> Measured:
    """Wells with median signal, bead count, dilution and expected concentrations.

    Raises
    ------
    InvalidInput
        If there is no table of medians.
    """
    tables = _tables(cells)
    if "median" not in tables:
        expected = "a table headed DataType: Median"
        raise InvalidInput([Problem(cells.file, "no medians", expected, "Export Median and Count too.")])
    known, remarks = _expected(cells, tables)
    units = _by_analyte(tables.get("units", ()), "units:")
    counts = _by_well(tables.get("count", ()))
    dilutions = {
        row[0]: cells.number(row[2]) for _, row in tables.get("dilution factor", ())[1:] if len(row) > 2
    }
    batch = next((row[1] for row in cells.rows[:40] if row[0].lower() == "batch" and len(row) > 1), "")
    rows = []
    (_, header), *wells = tables["median"]
    for line, row in wells:
        place = _LOCATION.fullmatch(row[0])
        name = row[1] if len(row) > 1 else ""
        for position, analyte in enumerate(header[2:], start=2):
            if analyte.lower() in _NO_ANALYTE or position >= len(row):
                continue
            rows.append(
                {
                    "line": line,
                    "plate": f"{batch or cells.file}" + (f" {place[1]}" if place and place[1] != "1" else ""),
                    "well": place[2] if place else row[0],
                    "sample": name,
                    "kind": kind_of(name),
                    "analyte": analyte,
                    "dilution": dilutions.get(row[0], np.nan),
                    "expected": known.get((name, analyte), np.nan),
                    "signal": cells.number(row[position]),
                    "signal_unit": "MFI",
                    "count": cells.number(counts.get((row[0], analyte), "")),
                    "unit": plan.unit or units.get(analyte, ""),
                }
            )
    facts = {row[0].rstrip(":"): row[1] for row in cells.rows[:40] if len(row) > 1 and row[0] and row[1]}
    warned = tables.get("warnings/errors", ())[1:]
    remarks += [
        f"{cells.file}: the instrument warns of {row[0]}: {row[2]}" for _, row in warned if len(row) > 2
    ]
    return Measured(complete(rows, PANEL_COLUMNS), tuple(remarks), {"instrument": "Luminex", **facts})


def _tables(cells: Cells) -> dict[str, _Rows]:
    """Name of each DataType to its rows, the header first; the checksum at the end belongs to none."""
    found: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
    mine: list[tuple[int, tuple[str, ...]]] | None = None
    for line, row in zip(cells.lines, cells.rows, strict=True):
        if row[0].rstrip(":").lower() == "datatype" and len(row) > 1:
            mine = found.setdefault(row[1].lower(), [])
        elif row[0].startswith("-- CRC"):
            mine = None
        elif mine is not None:
            mine.append((line, row))
    return {name: rows for name, rows in found.items() if rows}


def _by_analyte(rows: _Rows, label: str) -> dict[str, str]:
    """Analyte to the cell of one labelled row."""
    if not rows:
        return {}
    header = rows[0][1]
    wanted = next((row for _, row in rows if row[0].lower() == label), ())
    return dict(zip(header[1:], wanted[1:], strict=False))


def _by_well(rows: _Rows) -> dict[tuple[str, str], str]:
    if not rows:
        return {}
    header = rows[0][1]
    return {
        (row[0], name): cell for _, row in rows[1:] for name, cell in zip(header[2:], row[2:], strict=False)
    }


def _expected(cells: Cells, tables: Mapping[str, _Rows]) -> tuple[dict[tuple[str, str], float], list[str]]:
    """Expected concentration of each standard and control; those that break the series are set aside."""
    found: dict[tuple[str, str], float] = {}
    broken: dict[str, list[str]] = {}
    for title in ("standard expected concentration", "control expected concentration"):
        rows = tables.get(title, ())
        if not rows:
            continue
        header = rows[0][1]
        for position, analyte in enumerate(header[1:], start=1):
            values = [cells.number(row[position]) if position < len(row) else np.nan for _, row in rows[1:]]
            known = [i for i, value in enumerate(values) if np.isfinite(value)]
            wrong = {known[i] for i in broken_series([values[i] for i in known])}
            for i in known:
                name = rows[1 + i][1][0]
                if i in wrong:
                    broken.setdefault(name, []).append(f"{analyte} {values[i]:g}")
                else:
                    found[name, analyte] = values[i]
    remarks = [
        f"{cells.file}: {name}: expected concentrations break the dilution series and were set aside "
        f"({', '.join(listed[:4])}{' …' if len(listed) > 4 else ''}: {len(listed)} analytes); a decimal point may "
        'have been lost, give the true ones as standards = "FILE" in the [[assay]]'
        for name, listed in broken.items()
    ]
    return found, remarks
