"""The box at the top: what was measured, in whom, what passed and what failed."""

from __future__ import annotations

from typing import Any

from secretome.dossier import Dossier
from secretome.report.blocks import Block, Facts, Section, Text, VerdictLine, Verdicts
from secretome.report.finding import Contents, found
from secretome.report.sections import title
from secretome.results import show

_ORDER = ("fail", "cannot be judged", "warn", "not tested", "pass")


def build(contents: Contents) -> Section:
    """What was measured, the donors, and every judgement, the worst first, then what was found."""
    judged = [r for r in contents.dossier.results if r.verdict is not None]
    judged.sort(key=lambda result: _ORDER.index(str(result.verdict)))
    found_only = [r for r in contents.dossier.results if r.verdict is None and r.stage != "read"]
    lines = tuple(
        VerdictLine(
            r.stage.capitalize(), r.question, r.verdict or "", r.sentence(), "#" + r.key.replace(".", "-")
        )
        for r in (*judged, *found_only)
    )
    blocks: list[Block] = [
        Facts(_measured(contents.dossier)),
        Verdicts(lines),
        Text(
            "A research report of what was measured: "
            "not a certificate of analysis, not a release decision, and no statement of efficacy.",
            kind="hint",
        ),
    ]
    return Section(title("verdict"), "verdict", tuple(blocks))


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
        f"{show(row.measurements)} measurements of {show(row.analytes)} analytes in "
        f"{str(row.material).replace('_', ' ')}; {show(row.missing_percent)} % of the values are missing "
        f"({row.file}, {row.quantity})"
    )
