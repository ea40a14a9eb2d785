"""Olink NPX exports: the wide workbook and the long table (csv or Parquet)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from secretome.plan import AssayPlan
from secretome.study import State

from .cells import Cells
from .measured import PANEL_COLUMNS, Measured, complete

NAME = "olink"
TITLE = "Olink NPX export"
KIND = "panel"
SEEN = True

_LONG = ("sampleid", "olinkid", "npx")
_PASS = {"pass", "na", ""}
_FOOT = {"lod", "max lod", "plate lod", "missing data freq.", "normalization"}


def recognises(cells: Cells) -> str:
    """Evidence that a file is one."""
    if set(_LONG) <= {name.lower() for name in cells.rows[0]}:
        return "columns SampleID, OlinkID and NPX"
    firsts = [row[0].lower() for row in cells.rows[:12] if row]
    return "rows Panel, Assay and OlinkID above the samples" if {"assay", "olinkid"} <= set(firsts) else ""


def is_npx(path: Path) -> bool:
    """Whether a Parquet file has the columns of the long table, told without reading its rows."""
    import pyarrow.parquet as parquet
    from pyarrow.lib import ArrowInvalid

    try:
        names = parquet.read_schema(path).names
    except (ArrowInvalid, OSError):
        return False
    return set(_LONG) <= {name.lower() for name in names}


def read(cells: Cells, plan: AssayPlan) -> Measured:  # noqa: ARG001
    """NPX of every sample and assay (log2, relative), with LOD and warnings."""
    if set(_LONG) <= {name.lower() for name in cells.rows[0]}:
        return _long(cells)
    return _wide(cells)


def _wide(cells: Cells) -> Measured:
    labels = {row[0].lower(): row for row in cells.rows[:12] if row and row[0]}
    assay, panel = labels["assay"], labels.get("panel", ())
    uniprot = labels.get("uniprot id", labels.get("uniprotid", ()))
    start = next(i for i, row in enumerate(cells.rows) if row[0].lower() == "olinkid") + 1
    foot = {row[0].lower(): row for row in cells.rows[start:] if row[0].lower() in _FOOT}
    limits = foot.get("lod") or foot.get("max lod") or ()
    sides = {
        (word, _at(panel, i)): i
        for i, name in enumerate(assay)
        for word in ("plate id", "qc warning")
        if name.lower() == word
    }
    analytes = [
        i for i, name in enumerate(assay) if i and name and name.lower() not in {"plate id", "qc warning"}
    ]
    rows = []
    for line, row in zip(cells.lines[start:], cells.rows[start:], strict=True):
        if not row[0] or row[0].lower() in _FOOT:
            continue
        for i in analytes:
            value, lod = cells.number(_at(row, i)), cells.number(_at(limits, i))
            warned = _at(row, sides.get(("qc warning", _at(panel, i)), -1))
            rows.append(
                {
                    "line": line,
                    "plate": _at(row, sides.get(("plate id", _at(panel, i)), -1)),
                    "sample": row[0],
                    "kind": _kind(row[0], ""),
                    "analyte": assay[i],
                    "uniprot": _at(uniprot, i),
                    "value": value,
                    "state": _state(value, lod),
                    "lod": lod,
                    "unit": "NPX",
                    "qc": "" if warned.lower() in _PASS else warned,
                }
            )
    return Measured(complete(rows, PANEL_COLUMNS), _doubled(cells, rows), {"instrument": "Olink"})


def _long(cells: Cells) -> Measured:
    header = {name.lower(): i for i, name in enumerate(cells.rows[0])}

    def cell(row: tuple[str, ...], *names: str) -> str:
        return next((_at(row, header[name]) for name in names if name in header), "")

    rows = []
    for line, row in zip(cells.lines[1:], cells.rows[1:], strict=True):
        if cell(row, "assaytype").lower() not in {"", "assay"}:
            continue  # incubation, amplification and extension controls
        value, lod = cells.number(cell(row, "npx")), cells.number(cell(row, "lod", "platelod", "maxlod"))
        warned = [
            f"{name} {text}"
            for name in ("sampleqc", "assayqc", "qc_warning", "assay_warning")
            if (text := cell(row, name)).lower() not in _PASS
        ]
        rows.append(
            {
                "line": line,
                "plate": cell(row, "plateid"),
                "well": cell(row, "wellid"),
                "sample": cell(row, "sampleid"),
                "kind": _kind(cell(row, "sampleid"), cell(row, "sampletype", "sample_type")),
                "analyte": cell(row, "assay"),
                "uniprot": cell(row, "uniprot"),
                "count": cells.number(cell(row, "count")),
                "value": value,
                "state": _state(value, lod),
                "lod": lod,
                "unit": "NPX",
                "qc": "; ".join(warned),
            }
        )
    return Measured(complete(rows, PANEL_COLUMNS), _doubled(cells, rows), {"instrument": "Olink"})


def _kind(name: str, said: str) -> str:
    if said:
        return {"SAMPLE": "sample", "NEGATIVE_CONTROL": "blank"}.get(said.upper(), "control")
    return "control" if "control" in name.lower() else "sample"


def _state(value: float, lod: float) -> int:
    if np.isnan(value):
        return int(State.MISSING)
    return int(State.BELOW_LOD if np.isfinite(lod) and value < lod else State.VALUE)


def _at(row: tuple[str, ...], position: int) -> str:
    return row[position] if 0 <= position < len(row) else ""


def _doubled(cells: Cells, rows: list[dict[str, object]]) -> tuple[str, ...]:
    """Proteins that two panels measure: they stay apart in the table and are averaged nowhere."""
    ids: dict[object, set[object]] = {}
    for row in rows:
        ids.setdefault(row["analyte"], set()).add(row["uniprot"])
    twice = sorted(str(name) for name, found in ids.items() if len(found) > 1)
    return (f"{cells.file}: one name for several proteins: {', '.join(twice[:8])}",) if twice else ()
