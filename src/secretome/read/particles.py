"""Particle counts: tables of runs of NTA, TRPS and nano-flow instruments, and the summary of one NTA measurement.

Instrument exports: written from the description, no file seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from secretome.plan import AssayPlan

from .cells import Cells
from .measured import PARTICLE_COLUMNS, Measured, complete, kind_of

NAME = "particle-runs"
TITLE = "table of particle counts (NTA, TRPS, nano-flow)"
KIND = "particles"
SEEN = False

_NAMES: Mapping[str, tuple[str, ...]] = {
    "sample": ("sample", "sample name", "sample id", "filename"),
    "material": ("material", "kind", "type"),
    "replicate": ("replicate", "run", "capture", "recording"),
    "detergent": ("detergent", "lysed", "triton"),
    "dilution": ("dilution", "dilution factor", "sample dilution"),
    "particles_per_ml": ("particles per ml", "concentration original", "original concentration", "concentration undiluted", "stock concentration", "concentration particles ml"),
    "as_measured": ("raw concentration", "measured concentration", "raw concentration particles ml", "concentration as measured"),
    "mode_nm": ("mode nm", "mode", "mode diameter nm", "mode diameter"),
    "median_nm": ("median nm", "median", "x50 nm", "d50 nm", "d50"),
    "mean_nm": ("mean nm", "mean", "mean diameter nm", "mean diameter"),
    "instrument": ("instrument", "device"),
    "settings": ("settings", "camera level", "detection threshold", "nanopore", "stretch"),
    "buffer": ("buffer", "diluent"),
    "size_limit_nm": ("size limit nm", "detection limit nm", "smallest size nm"),
}  # fmt: skip
_WORDS = {
    "trps": ("nanopore", "stretch", "pressure", "blockade"),
    "nano-flow": ("flow rate", "events", "sampling time"),
}


def recognises(cells: Cells) -> str:
    """Evidence that a file is one."""
    found = _columns(cells.rows[0])
    if "sample" in found and {"particles_per_ml", "as_measured"} & set(found):
        return f"columns {', '.join(cells.rows[0][i] for i in found.values())}"
    return ""


def read(cells: Cells, plan: AssayPlan) -> Measured:
    """Runs with the concentration of the undiluted sample.

    A concentration "as measured" or "raw" is multiplied by the dilution; the others are taken as they are.
    """
    columns = _columns(cells.rows[0])
    titles = {_plain(title) for title in cells.rows[0]}
    guessed = next((name for name, words in _WORDS.items() if titles & set(words)), "")

    def cell(row: tuple[str, ...], name: str) -> str:
        position = columns.get(name, len(row))
        return row[position] if position < len(row) else ""

    rows, raw = [], 0
    for line, row in zip(cells.lines[1:], cells.rows[1:], strict=True):
        dilution = cells.number(cell(row, "dilution"))
        concentration = cells.number(cell(row, "particles_per_ml"))
        if np.isnan(concentration) and "as_measured" in columns:
            concentration, raw = cells.number(cell(row, "as_measured")) * dilution, raw + 1
        material = cell(row, "material").lower().replace(" ", "_")
        kind = "blank" if material in {"medium_blank", "blank", "buffer"} else kind_of(cell(row, "sample"))
        rows.append(
            {
                "line": line,
                "sample": cell(row, "sample"),
                "kind": kind,
                "replicate": cell(row, "replicate"),
                "detergent": cell(row, "detergent").lower() in {"yes", "true", "1", "+"},
                "dilution": dilution,
                "particles_per_ml": concentration,
                **{
                    name: cells.number(cell(row, name))
                    for name in ("mode_nm", "median_nm", "mean_nm", "size_limit_nm")
                },
                "instrument": cell(row, "instrument") or guessed,
                "settings": cell(row, "settings"),
                "buffer": cell(row, "buffer"),
            }
        )
    remarks = (
        [f"{cells.file}: {raw} concentrations as measured were multiplied by their dilution"] if raw else []
    )
    unknown = sum(np.isnan(float(str(row["particles_per_ml"]))) for row in rows)
    if unknown:
        remarks.append(
            f"{cells.file}: {unknown} runs have no concentration (or no dilution) and are not counted"
        )
    return Measured(complete(rows, PARTICLE_COLUMNS), tuple(remarks), {"assay": plan.name})


def _plain(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", title.lower()).strip()


def _columns(header: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for position, title in enumerate(header):
        for ours, theirs in _NAMES.items():
            if _plain(title) in theirs and ours not in found:
                found[ours] = position
    return found
