"""Which instrument a file comes from, told from its content; the readers of everything but proteomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from secretome.errors import InvalidInput, Problem, UnknownFormat, near_misses
from secretome.plan import AssayPlan
from secretome.study import Assay, AssayKind

from . import antibody_array, elisa, legendplex, luminex, mirna, nta, olink, particles, somascan, wells
from .cells import Cells, read_cells
from .measured import Measured

MEASURED_KINDS = frozenset({"panel", "particles", "mirna"})


@dataclass(frozen=True)
class Instrument:
    """A format: its name in study.toml, its title, its reader, and whether we ever saw such a file."""

    name: str
    title: str
    kind: AssayKind
    recognises: Callable[[Cells], str]
    read: Callable[[Cells, AssayPlan], Measured]
    seen: bool


# most specific first: tables of wells are what nothing else claims
INSTRUMENTS: Mapping[str, Instrument] = {
    known.name: known
    for known in (
        Instrument(luminex.NAME, luminex.TITLE, "panel", luminex.recognises, luminex.read, luminex.SEEN),
        Instrument(olink.NAME, olink.TITLE, "panel", olink.recognises, olink.read, olink.SEEN),
        Instrument(somascan.NAME, somascan.TITLE, "panel", somascan.recognises, somascan.read, somascan.SEEN),
        Instrument(legendplex.NAME, legendplex.TITLE, "panel", legendplex.recognises, legendplex.read, False),
        Instrument(nta.NAME, nta.TITLE, "particles", nta.recognises, nta.read, False),
        Instrument("qpcr", "qPCR, a row a well with its Cq", "mirna", mirna.recognises_qpcr, mirna.read_qpcr, False),
        Instrument(mirna.NAME, mirna.TITLE, "mirna", mirna.recognises, mirna.read, False),
        Instrument(elisa.NAME, elisa.TITLE, "panel", elisa.recognises, elisa.read, False),
        Instrument(antibody_array.NAME, antibody_array.TITLE, "panel", antibody_array.recognises, antibody_array.read, False),
        Instrument(wells.NAME, wells.TITLE, "panel", wells.recognises, wells.read, wells.SEEN),
        Instrument(particles.NAME, particles.TITLE, "particles", particles.recognises, particles.read, False),
    )
}  # fmt: skip


def find(cells: Cells) -> tuple[Instrument, str] | None:
    """The instrument that a file comes from and the evidence, or None."""
    for known in INSTRUMENTS.values():
        evidence = known.recognises(cells) if cells.rows else ""
        if evidence:
            return known, evidence
    return None


def read_measured(plan: AssayPlan) -> Measured:
    """The file of a panel, particle or miRNA assay, with its doubts.

    Parameters
    ----------
    plan
        One [[assay]] of kind `panel`, `particles` or `mirna`.

    Raises
    ------
    UnreadableFile
        If the file cannot be opened.
    UnknownFormat
        If no reader claims it.
    InvalidInput
        If it is of another kind than study.toml says, or holds no measurements.
    """
    cells = read_cells(plan.file, sheet=plan.sheet)
    chosen = _chosen(cells, plan)
    if chosen.kind != plan.kind:
        found = f"{chosen.title}, which is kind = {chosen.kind!r}"
        raise InvalidInput(
            [Problem(cells.file, found, f"a file of kind {plan.kind!r}", "Mend kind in study.toml.")]
        )
    measured = chosen.read(cells, plan)
    if measured.table.empty:
        raise InvalidInput([Problem(cells.file, "no measurements", chosen.title, "Export the file again.")])
    if plan.standards is not None:
        measured = _with_standards(measured, plan.standards)
    return replace(measured, remarks=(*measured.remarks, *(f"{cells.file}: {text}" for text in wells.units_differ(measured))),
                   facts={**measured.facts, "format": chosen.title})  # fmt: skip


def to_assay(plan: AssayPlan, measured: Measured) -> Assay:
    """The assay as a tidy table; forms and handling of its plan become columns."""
    table = measured.table.copy()
    if plan.kind == "panel":
        table["form"] = [plan.forms.get(str(name), plan.form) for name in table["analyte"]]
        table["falling"] = plan.curve == "falling"
    table["concentrated"] = plan.concentrated
    table["format"] = measured.facts["format"]
    return Assay(plan.name, plan.kind, plan.material, table=table)


def _chosen(cells: Cells, plan: AssayPlan) -> Instrument:
    if plan.format is not None:
        if plan.format not in INSTRUMENTS:
            raise UnknownFormat(f"unknown format {plan.format!r}{near_misses(plan.format, INSTRUMENTS)}")
        return INSTRUMENTS[plan.format]
    found = find(cells)
    if found is None:
        begin = ", ".join(cells.rows[0][:8]) if cells.rows else "nothing"
        titles = ", ".join(known.title for known in INSTRUMENTS.values() if known.kind == plan.kind)
        raise UnknownFormat(
            f"{cells.file} is no export that we know; it begins: {begin}. Formats are: {titles}"
        )
    return found[0]


def _with_standards(measured: Measured, file: Path) -> Measured:
    """Expected concentrations from a table of their own: sample, analyte, expected."""
    cells = read_cells(file)
    header = [title.lower() for title in cells.rows[0]]
    places = [
        next((i for i, title in enumerate(header) if title in names), None)
        for names in (("sample", "standard", "name"), ("analyte",), ("ec", "expected", "concentration"))
    ]
    if None in places:
        expected = "columns sample, analyte and expected"
        raise InvalidInput([Problem(cells.file, f"columns {', '.join(header)}", expected, "Rename them.", 1)])
    sample, analyte, value = (place for place in places if place is not None)
    given = {
        (row[sample], row[analyte]): cells.number(row[value])
        for row in cells.rows[1:]
        if len(row) > max(sample, analyte, value)
    }
    table = measured.table.copy()
    table["expected"] = [
        given.get((name, protein), before)
        for name, protein, before in zip(table["sample"], table["analyte"], table["expected"], strict=True)
    ]
    kept = tuple(text for text in measured.remarks if "break the dilution series" not in text)
    return replace(measured, table=table, remarks=kept)
