"""Antibody arrays: signals of spots, a row an analyte. Written from the description, no file seen."""

from __future__ import annotations

import re

import numpy as np

from secretome.plan import AssayPlan
from secretome.study import State

from .cells import Cells
from .measured import PANEL_COLUMNS, Measured, complete

NAME = "antibody-array"
TITLE = "antibody array, spots by samples"
KIND = "panel"
SEEN = False

_POSITIVE = re.compile(r"pos(itive)?([ _-]?(control|ctrl))?[ _-]?\d*", re.IGNORECASE)
_NEGATIVE = re.compile(r"(neg(ative)?([ _-]?(control|ctrl))?|blank)[ _-]?\d*", re.IGNORECASE)


def recognises(cells: Cells) -> str:
    """Evidence that a file is one."""
    firsts = [row[0] for row in cells.rows[1:] if row]
    if any(map(_POSITIVE.fullmatch, firsts)) and any(map(_NEGATIVE.fullmatch, firsts)):
        return "spots called POS and NEG in its first column"
    return ""


def read(cells: Cells, plan: AssayPlan) -> Measured:  # noqa: ARG001
    """Signals less the negative spots, on the level of the positive spots of the first array.

    Notes
    -----
    value = (mean of the spots - mean NEG) x POS of the first array / POS of its own array. Relative numbers: no
    concentration, no comparison between analytes. A value below 2 sd of the NEG spots is below the limit.
    """
    header = cells.rows[0]
    spots = {
        name: np.array([[cells.number(row[i]) if i < len(row) else np.nan for i in range(1, len(header))]
                        for row in cells.rows[1:] if row[0] == name])
        for name in dict.fromkeys(row[0] for row in cells.rows[1:])
    }  # fmt: skip
    negative = np.vstack([values for name, values in spots.items() if _NEGATIVE.fullmatch(name)])
    positive = np.vstack([values for name, values in spots.items() if _POSITIVE.fullmatch(name)])
    floor, spread = (
        negative.mean(axis=0),
        negative.std(axis=0, ddof=1) if len(negative) > 1 else np.full(len(header) - 1, np.nan),
    )
    level = positive.mean(axis=0) - floor
    factor = level[0] / level
    lines = {row[0]: line for line, row in zip(cells.lines[1:], cells.rows[1:], strict=True)}
    rows = []
    for name, values in spots.items():
        if _NEGATIVE.fullmatch(name) or _POSITIVE.fullmatch(name) or not name:
            continue
        for i, sample in enumerate(header[1:]):
            value, limit = (
                float((values[:, i].mean() - floor[i]) * factor[i]),
                float(2 * spread[i] * factor[i]),
            )
            below = np.isfinite(limit) and value < limit
            state = State.MISSING if np.isnan(value) else State.BELOW_LOD if below else State.VALUE
            rows.append(
                {"line": lines[name], "sample": sample, "analyte": name, "value": np.nan if below else value,
                 "state": int(state), "lod": limit, "unit": "intensity"}
            )  # fmt: skip
    low = [str(header[1 + i]) for i in np.flatnonzero(~(level > 0))]
    remarks = (
        (f"{cells.file}: positive spots do not exceed the negative ones in {', '.join(low)}",) if low else ()
    )
    return Measured(complete(rows, PANEL_COLUMNS), remarks, {"instrument": "antibody array"})
