"""Plain tables of an immunoassay, a row a well or a value, whatever reader they came from."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from secretome.plan import AssayPlan
from secretome.study import State
from secretome.units import UNITS

from .cells import Cells
from .measured import KINDS, PANEL_COLUMNS, Measured, complete, kind_of, value_of

NAME = "wells"
TITLE = "table of wells or values of an immunoassay"
KIND = "panel"
SEEN = True

_NAMES: Mapping[str, tuple[str, ...]] = {
    "sample": ("sample", "sample_id", "sample_name", "name"),
    "analyte": ("analyte", "target", "marker", "cytokine"),
    "well": ("well", "position", "location"),
    "plate": ("plate", "plate_id"),
    "kind": ("kind", "type", "well_type", "sample_type"),
    "dilution": ("dilution", "dilution_factor"),
    "signal": ("signal", "mfi", "od", "absorbance", "rlu", "median", "fluorescence"),
    "expected": ("expected", "ec", "standard", "expected_concentration"),
    "spike": ("spike", "spiked", "added"),
    "count": ("count", "bead_count", "beads"),
    "value": ("value", "concentration", "result", "observed_concentration"),
    "unit": ("unit", "units"),
    "lod": ("lod", "detection_limit"),
    "uniprot": ("uniprot", "accession"),
    "gene": ("gene", "hgnc", "symbol"),
}
_SIGNALS = {"mfi": "MFI", "od": "optical density", "absorbance": "optical density"}


def recognises(cells: Cells) -> str:
    """Evidence that a file is one."""
    found = _columns(cells.rows[0])
    if {"sample", "analyte"} <= set(found) and ({"signal", "value"} & set(found)):
        return f"columns {', '.join(cells.rows[0][i] for i, _ in found.values())}"
    return ""


def read(cells: Cells, plan: AssayPlan) -> Measured:
    """Wells or values as they stand; units of one analyte that differ are told."""
    columns = _columns(cells.rows[0])

    def cell(row: tuple[str, ...], name: str) -> str:
        position = columns[name][0] if name in columns else len(row)
        return row[position] if position < len(row) else ""

    units = {name: unit for name, (_, unit) in columns.items()}
    rows = []
    for line, row in zip(cells.lines[1:], cells.rows[1:], strict=True):
        sample, analyte = cell(row, "sample"), cell(row, "analyte")
        if not analyte or analyte.lower() == "total events":
            continue
        kind = cell(row, "kind").lower() or kind_of(sample)
        value, state, limit = value_of(cells, cell(row, "value"))
        signal_name = cells.rows[0][columns["signal"][0]].lower() if "signal" in columns else ""
        rows.append(
            {
                "line": line,
                "plate": cell(row, "plate"),
                "well": cell(row, "well"),
                "sample": sample,
                "kind": kind if kind in KINDS else kind_of(kind),
                "analyte": analyte,
                "uniprot": cell(row, "uniprot"),
                "gene": cell(row, "gene"),
                "dilution": cells.number(cell(row, "dilution")),
                "expected": cells.number(cell(row, "expected")),
                "spike": cells.number(cell(row, "spike")),
                "signal": cells.number(cell(row, "signal")),
                "signal_unit": units.get("signal")
                or _SIGNALS.get(signal_name, "signal" if signal_name else ""),
                "count": cells.number(cell(row, "count")),
                "value": value,
                "state": state if "value" in columns else int(State.VALUE),
                "lod": cells.number(cell(row, "lod")) if "lod" in columns else limit,
                "unit": cell(row, "unit") or units.get("value") or units.get("expected") or plan.unit or "",
            }
        )
    return Measured(complete(rows, PANEL_COLUMNS))


def _columns(header: tuple[str, ...]) -> dict[str, tuple[int, str]]:
    """Our name of each column to its position and the unit that its title carries."""
    found: dict[str, tuple[int, str]] = {}
    for position, title in enumerate(header):
        name, unit = _unit_of(title)
        for ours, theirs in _NAMES.items():
            if name in theirs and ours not in found:
                found[ours] = (position, unit)
    return found


_WRITTEN = {re.sub(r"[^a-z]", "_", unit.lower()).strip("_"): unit for unit in UNITS} | {
    "od": "optical density"
}


def _unit_of(title: str) -> tuple[str, str]:
    """A title without its unit, and the unit: `standard_pg_ml`, `Result (pg/mL)`.

    Examples
    --------
    >>> _unit_of("standard_pg_ml"), _unit_of("Result (pg/mL)"), _unit_of("signal_mfi")
    (('standard', 'pg/mL'), ('result', 'pg/mL'), ('signal', 'MFI'))
    """
    plain = re.sub(r"[^a-z]+", "_", title.lower().replace("µ", "u")).strip("_")
    for written, unit in sorted(_WRITTEN.items(), key=lambda item: -len(item[0])):
        if plain.endswith("_" + written):
            return plain[: -len(written) - 1].rstrip("_"), unit
    return plain, ""


def units_differ(measured: Measured) -> tuple[str, ...]:
    """A sentence for each analyte whose rows carry several units."""
    frame = measured.table
    if "analyte" not in frame:
        return ()
    given = frame[(frame["unit"] != "") & (frame["expected"].notna() | frame["value"].notna())]
    told = []
    for analyte, mine in given.groupby("analyte", sort=False):
        kinds = list(dict.fromkeys(mine["unit"]))
        if len(kinds) > 1:
            lines = ", ".join(str(mine.loc[mine["unit"] == unit, "line"].iloc[0]) for unit in kinds)
            told.append(f"{analyte}: units {', '.join(kinds)} in one column (first seen in rows {lines})")
    return tuple(told)


def wide_values(
    cells: Cells, header: int, first: int, *, unit: str, names: tuple[int, ...]
) -> list[dict[str, object]]:
    """Rows of a table with a column for each analyte; `names` are its columns of sample and well.

    Parameters
    ----------
    header
        Row of the titles.
    first
        First column of an analyte.
    unit
        Where a title carries none.
    names
        Column of the sample, and of the well when there is one.
    """
    titles = cells.rows[header]
    rows: list[dict[str, object]] = []
    for line, row in zip(cells.lines[header + 1 :], cells.rows[header + 1 :], strict=True):
        sample = row[names[0]] if names[0] < len(row) else ""
        for i in range(first, len(titles)):
            if not titles[i]:
                continue
            bracket = re.search(r"[\[(]([^\])]+)[\])]\s*$", titles[i])
            found = re.sub(r"[^a-z]", "_", bracket[1].lower().replace("µ", "u")) if bracket else ""
            value, state, limit = value_of(cells, row[i] if i < len(row) else "")
            rows.append(
                {
                    "line": line,
                    "well": row[names[1]] if len(names) > 1 else "",
                    "sample": sample,
                    "kind": kind_of(sample),
                    "analyte": titles[i][: bracket.start()].strip()
                    if bracket and found in _WRITTEN
                    else titles[i],
                    "value": value,
                    "state": state,
                    "lod": limit,
                    "unit": _WRITTEN.get(found, unit),
                    "dilution": np.nan,
                }
            )
    return rows
