"""SomaScan ADAT files: annotation of aptamers above, of samples to the left of the signals."""

from __future__ import annotations

import numpy as np

from secretome.errors import InvalidInput, Problem
from secretome.plan import AssayPlan
from secretome.study import State

from .cells import Cells
from .measured import PANEL_COLUMNS, Measured, complete

NAME = "somascan"
TITLE = "SomaScan ADAT"
KIND = "panel"
SEEN = True

_KINDS = {"sample": "sample", "buffer": "blank", "calibrator": "control", "qc": "control"}


def recognises(cells: Cells) -> str:
    """Evidence that a file is one."""
    firsts = {row[0] for row in cells.rows[:400] if row}
    return "sections ^HEADER and ^TABLE_BEGIN" if {"^HEADER", "^TABLE_BEGIN"} <= firsts else ""


def read(cells: Cells, plan: AssayPlan) -> Measured:  # noqa: ARG001
    """RFU of every sample and aptamer (linear, relative), with flags of aptamers and samples.

    Raises
    ------
    InvalidInput
        If the table does not begin as an ADAT does.
    """
    begin = next(i for i, row in enumerate(cells.rows) if row[0] == "^TABLE_BEGIN") + 1
    start = next((i for i in range(begin, len(cells.rows)) if cells.rows[i][0]), len(cells.rows))
    about: dict[str, tuple[str, ...]] = {}
    first = 0
    for row in cells.rows[begin:start]:
        first = next(i for i, cell in enumerate(row) if cell)
        about[row[first].lower()] = row
    if "seqid" not in about or start + 1 >= len(cells.rows):
        problem = Problem(cells.file, "no row SeqId or no samples below it", "an ADAT", "Export it again.")
        raise InvalidInput([problem])
    left = {name.lower(): i for i, name in enumerate(cells.rows[start])}
    columns = range(first + 1, len(about["seqid"]))
    facts = {row[0].lstrip("!"): row[1] for row in cells.rows[:begin] if len(row) > 1 and row[0][:1] == "!"}

    def fact(name: str, i: int) -> str:
        row = about.get(name, ())
        return row[i] if i < len(row) else ""

    aptamers = [
        {
            "analyte": fact("seqid", i),
            "uniprot": fact("uniprot", i).replace(" ", ";").replace("|", ";"),
            "gene": fact("entrezgenesymbol", i).replace(" ", ";").replace("|", ";"),
            "qc": _aptamer_doubt(fact("type", i), fact("organism", i), fact("colcheck", i)),
        }
        for i in columns
    ]
    rows = []
    for line, row in zip(cells.lines[start + 1 :], cells.rows[start + 1 :], strict=True):
        said = {name: row[i] if i < len(row) else "" for name, i in left.items()}
        flag = said.get("rowcheck", "")
        base = {
            "line": line,
            "plate": said.get("plateid", ""),
            "well": said.get("plateposition", ""),
            "sample": said.get("sampleid", ""),
            "kind": _KINDS.get(said.get("sampletype", "sample").lower(), "control"),
            "unit": "RFU",
        }
        for i, aptamer in zip(columns, aptamers, strict=True):
            value = cells.number(row[i]) if i < len(row) else np.nan
            doubts = [
                text for text in (aptamer["qc"], f"sample {flag}" if flag not in {"", "PASS"} else "") if text
            ]
            state = State.MISSING if np.isnan(value) else State.VALUE
            rows.append({**base, **aptamer, "value": value, "state": int(state), "qc": "; ".join(doubts)})
    return Measured(
        complete(rows, PANEL_COLUMNS), _remarks(cells, aptamers, facts), {"instrument": "SomaScan", **facts}
    )


def _aptamer_doubt(kind: str, organism: str, check: str) -> str:
    doubts = [] if kind in {"", "Protein"} else [f"no protein ({kind})"]
    doubts += [f"target of {organism}"] if organism not in {"", "Human"} else []
    doubts += [f"aptamer {check}"] if check not in {"", "PASS"} else []
    return "; ".join(doubts)


def _remarks(cells: Cells, aptamers: list[dict[str, str]], facts: dict[str, str]) -> tuple[str, ...]:
    flagged = sum(bool(one["qc"]) for one in aptamers)
    remarks = [
        f"{cells.file}: {flagged} of {len(aptamers)} aptamers carry a flag (control, species or ColCheck)"
    ]
    steps = facts.get("ProcessSteps", "")
    if "anmlsmp" in steps.replace(" ", "").lower() or "mednormsmp" in steps.replace(" ", "").lower():
        remarks.append(
            f"{cells.file}: samples were normalised to each other ({steps}); total secretion cannot be read from them"
        )
    return tuple(remarks)
