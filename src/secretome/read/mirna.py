"""Small-RNA counts and qPCR. The layouts are written from the description, no file seen."""

from __future__ import annotations

import re

import numpy as np

from secretome.plan import AssayPlan
from secretome.study import State

from .cells import Cells
from .measured import MIRNA_COLUMNS, Measured, complete, kind_of

NAME = "small-rna"
TITLE = "small-RNA counts, miRNA by samples"
KIND = "mirna"
SEEN = False

_MIRNA = re.compile(r"([a-z]{3}-)?(mir|let)-.+", re.IGNORECASE)
_EMPTY_CQ = {"undetermined", "", "na", "n/a", "nan", "no cq", "-"}


def recognises(cells: Cells) -> str:
    """Evidence that a file is one."""
    firsts = [row[0] for row in cells.rows[1:40] if row]
    if (
        firsts
        and sum(bool(_MIRNA.fullmatch(name)) for name in firsts) * 2 > len(firsts)
        and len(cells.rows[0]) > 1
    ):
        return "miRNA names in its first column"
    return ""


def read(cells: Cells, plan: AssayPlan) -> Measured:  # noqa: ARG001
    """Reads of each miRNA and sample; 0 is a measured zero."""
    header = cells.rows[0] if len(cells.rows[0]) >= len(cells.rows[1]) else ("", *cells.rows[0])
    rows = []
    for line, row in zip(cells.lines[1:], cells.rows[1:], strict=True):
        for i, sample in enumerate(header[1:], start=1):
            value = cells.number(row[i]) if i < len(row) else np.nan
            state = State.MISSING if np.isnan(value) else State.MEASURED_ZERO if value == 0 else State.VALUE
            rows.append({"line": line, "sample": sample, "kind": kind_of(sample), "target": row[0],
                         "value": value, "unit": "read count", "state": int(state)})  # fmt: skip
    return Measured(complete(rows, MIRNA_COLUMNS))


def recognises_qpcr(cells: Cells) -> str:
    """Evidence that a file is a table of Cq values."""
    header = _qpcr_header(cells)
    return "columns of sample, target and Cq" if header is not None else ""


def read_qpcr(cells: Cells, plan: AssayPlan) -> Measured:  # noqa: ARG001
    """Cq of each well; a row of task standard carries its quantity in copies per mL of sample."""
    header = _qpcr_header(cells) or 0
    titles = [title.lower() for title in cells.rows[header]]

    def cell(row: tuple[str, ...], *names: str) -> str:
        position = next((i for i, title in enumerate(titles) if title in names), len(row))
        return row[position] if position < len(row) else ""

    rows = []
    for line, row in zip(cells.lines[header + 1 :], cells.rows[header + 1 :], strict=True):
        text = cell(row, "cq", "ct", "cp", "cт")
        sample, task = cell(row, "sample", "sample name"), cell(row, "task", "type", "kind").lower()
        kind = {"unknown": "sample", "ntc": "blank", "negative": "blank", "": kind_of(sample)}.get(task, task)
        value = np.nan if text.lower() in _EMPTY_CQ else cells.number(text)
        state = State.BELOW_LOD if np.isnan(value) else State.VALUE
        rows.append({"line": line, "sample": sample, "kind": kind, "target": cell(row, "target", "target name", "assay", "detector"),
                     "value": value, "unit": "Cq", "state": int(state),
                     "expected": cells.number(cell(row, "quantity", "copies_per_ml", "copies/ml"))})  # fmt: skip
    return Measured(complete(rows, MIRNA_COLUMNS), facts={"instrument": "qPCR"})


def _qpcr_header(cells: Cells) -> int | None:
    for i, row in enumerate(cells.rows[:60]):
        names = {cell.lower() for cell in row}
        sample, target = (
            {"sample", "sample name"} & names,
            {"target", "target name", "assay", "detector"} & names,
        )
        if sample and target and {"cq", "ct", "cp", "cт"} & names:
            return i
    return None
