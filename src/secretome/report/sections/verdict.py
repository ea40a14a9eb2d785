"""The box at the top: what was measured, in whom, what passed and what failed."""

from __future__ import annotations

from typing import Any

from secretome.dossier import Dossier
from secretome.report.blocks import Block, Facts, Section, Text, VerdictLine, Verdicts
from secretome.report.finding import Contents, found
from secretome.report.sections import title
from secretome.results import Result, show

# Groups of the box, in order: a reader first wants to know what to doubt, then what was not seen.
_GROUPS = (
    ("To read with care", ("fail", "warn")),
    ("What cannot be judged, or was not tested", ("cannot be judged", "not tested")),
    ("What could be answered", ("pass",)),
)
_LEGEND = (
    "A badge says how far the data carry the answer beside it; it is no judgement of the medium. "
    "Under Qualify it compares lots with the limits that you entered."
)


def build(contents: Contents) -> Section:
    """What was measured, the donors, and every judgement, the worst first, then what was found."""
    blocks: list[Block] = [
        Facts(_measured(contents.dossier)),
        Text(_LEGEND, kind="hint"),
        *_verdicts(contents.dossier),
        Text(
            "A research report of what was measured: "
            "not a certificate of analysis, not a release decision, and no statement of efficacy.",
            kind="hint",
        ),
    ]
    return Section(title("verdict"), "verdict", tuple(blocks))


def _verdicts(dossier: Dossier) -> tuple[Verdicts, ...]:
    """Every result in one of the groups, the worst of a group first; what carries no verdict comes last."""
    groups = []
    for heading, verdicts in _GROUPS:
        mine = [r for verdict in verdicts for r in dossier.results if r.verdict == verdict]
        groups.append((heading, mine))
    plain = [r for r in dossier.results if r.verdict is None and r.stage != "read"]
    groups.append(("What was found, stage by stage", plain))
    return tuple(Verdicts(tuple(_line(r) for r in mine), heading) for heading, mine in groups if mine)


def _line(result: Result) -> VerdictLine:
    return VerdictLine(
        result.stage.capitalize(),
        result.question,
        result.verdict or "",
        result.sentence(),
        "#" + result.key.replace(".", "-"),
    )


def _measured(dossier: Dossier) -> tuple[tuple[str, str], ...]:
    study = dossier.study
    rows = [*_assays(dossier), ("Samples", show(len(study.samples)))]
    unit = study.design.unit if study.design else "donor"
    if unit in study.samples:
        units = int(study.samples[unit].nunique())
        only = f"; this describes this {unit}, not {unit}s" if units == 1 else ""
        rows.append((f"{unit.capitalize()}s", f"{show(units)} (the unit of replication){only}"))
    rows.append(("Species", study.organism))
    if study.design is not None:
        rows.append(("Design", study.design.formula))
    return tuple(rows)


def _assays(dossier: Dossier) -> list[tuple[str, str]]:
    read = found(dossier, "read.study")
    if read is None or "assays" not in read.tables:
        return []
    return [(str(row.kind).capitalize(), _measurements(row)) for row in read.tables["assays"].itertuples()]


def _measurements(row: Any) -> str:
    return (
        f"{show(row.measurements)} measurements of {show(row.analytes)} analyte{'' if row.analytes == 1 else 's'} in "
        f"{str(row.material).replace('_', ' ')}; {show(row.missing_percent)} % of the values are missing "
        f"({row.file}, {row.quantity})"
    )
