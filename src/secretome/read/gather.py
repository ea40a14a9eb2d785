"""From a plan to a Study: every file read, every sample matched, every problem gathered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from secretome.errors import InvalidInput, Problem, near_misses
from secretome.parallel import Progress
from secretome.plan import AssayPlan, Plan, SamplesPlan
from secretome.results import Result
from secretome.study import AMOUNTS, Assay, Study

from . import sdrf
from .instruments import MEASURED_KINDS, read_measured
from .instruments import to_assay as measured_assay
from .measured import Measured
from .one_assay import read_proteins
from .own_names import renamed, unlisted
from .proteins import ProteinTable, to_assay
from .replicates import combine, measured_twice
from .runs import Sheet, sheet_of
from .sheet import donor_collisions, drop_empty_rows
from .summary import describe
from .text import read_table, sha256
from .tidy import TIDY_KINDS, read_tidy


@dataclass(frozen=True)
class Reading:
    """What the files of a plan hold: the study, its description, input hashes, and doubts."""

    study: Study
    results: tuple[Result, ...]
    inputs: Mapping[str, str]
    notes: tuple[str, ...]


def read_study(plan: Plan, *, progress: Progress | None = None) -> Reading:
    """The study that a plan describes.

    Parameters
    ----------
    plan
        A parsed study.toml.
    progress
        Called with files read and files in all.

    Raises
    ------
    InvalidInput
        Every problem of every file at once.
    UnreadableFile
        If a file cannot be opened at all.
    """
    problems: list[Problem] = []
    sheet = _sheet(plan, problems)
    files = _read_files(plan, sheet, problems, progress)
    problems += _reserved(plan)
    if files.count() == len(plan.assays):
        elsewhere = [name for found, _ in files.measured.values() for name in found.samples()]
        problems += _unmeasured(plan, sheet, files.tables, elsewhere)
    if problems:
        raise InvalidInput(problems)
    study = _assemble(plan, sheet, files.own_sheets, files.tables)
    for assay in (*files.tidy.values(), *(assay for _, assay in files.measured.values())):
        study = study.with_assay(assay)
    problems += _design_problems(plan, study)
    if problems:
        raise InvalidInput(problems)
    notes = _notes(plan, study, sheet, files)
    result = describe(study, plan, files.tables, notes)
    if sheet is not None and sheet.original is not None:
        result = replace(result, tables={**result.tables, "sdrf": sheet.original})
    return Reading(study, (result,), _hashes(plan), notes)


@dataclass(frozen=True)
class _Files:
    """What each assay's file held, by assay: protein tables, tidy tables, instruments' exports."""

    tables: dict[str, tuple[AssayPlan, ProteinTable]]
    own_sheets: dict[str, Sheet]
    tidy: dict[str, Assay]
    measured: dict[str, tuple[Measured, Assay]]

    def count(self) -> int:
        return len(self.tables) + len(self.tidy) + len(self.measured)


def _read_files(
    plan: Plan, sheet: Sheet | None, problems: list[Problem], progress: Progress | None
) -> _Files:
    if not plan.assays:
        problems.append(
            Problem("study.toml", "no [[assay]]", "one for each measurement file", "Add an [[assay]].")
        )
    files = _Files({}, {}, {}, {})
    for position, assay in enumerate(plan.assays, start=1):
        if assay.kind in TIDY_KINDS:
            with _gathering(problems):
                files.tidy[assay.name] = read_tidy(assay)
        elif assay.kind in MEASURED_KINDS:
            with _gathering(problems):
                found = read_measured(assay)
                problems += unlisted(plan, assay, found, sheet)
                found = renamed(assay, found, sheet)
                files.measured[assay.name] = (found, measured_assay(assay, found))
        else:
            _read_table(plan, assay, sheet, files, problems)
        if progress is not None:
            progress(position, len(plan.assays))
    return files


def _read_table(
    plan: Plan, assay: AssayPlan, sheet: Sheet | None, files: _Files, problems: list[Problem]
) -> None:
    """A table of proteins and, where it has one, its own sample sheet."""
    samples, table = sheet, None
    with _gathering(problems):
        samples = _own_sheet(assay, assay.samples, plan) if assay.samples else sheet
    with _gathering(problems):
        table = read_proteins(assay, () if samples is None else samples.names())
    if table is not None:
        files.tables[assay.name] = (assay, table)
    if table is not None and samples is not None:
        problems += _match(plan, assay, table, samples)
    if assay.samples and samples is not None:
        files.own_sheets[assay.name] = samples


def _notes(plan: Plan, study: Study, sheet: Sheet | None, files: _Files) -> tuple[str, ...]:
    sheets = [sheet, *files.own_sheets.values()]
    return (
        *(note for found in sheets if found is not None for note in found.notes),
        *donor_collisions(study.samples, plan.samples),
        *_unused_columns(files.tables),
        *_other_organisms(study),
        *(remark for _, table in files.tables.values() for remark in table.remarks),
        *(remark for found, _ in files.measured.values() for remark in found.remarks),
    )


@contextmanager
def _gathering(problems: list[Problem]) -> Iterator[None]:
    """Go on after a file with faults, its problems added to the list."""
    try:
        yield
    except InvalidInput as error:
        problems.extend(error.problems)


def _sheet(plan: Plan, problems: list[Problem]) -> Sheet | None:
    file = plan.samples.file
    if file is None:
        problems.append(
            Problem(
                "study.toml",
                "[samples] names no file",
                "a sample sheet",
                "Write file = … (`secretome new` drafts it).",
            )
        )
        return None
    sheet = None
    with _gathering(problems):
        table = read_table(file, sheet=plan.samples.sheet, repeats=True)
        if sdrf.recognises(table.header):
            return sdrf.read_sdrf(table, plan.samples)
        sheet = sheet_of(read_table(file, sheet=plan.samples.sheet), plan.samples)
    return sheet


def _own_sheet(assay: AssayPlan, file: Path, plan: Plan) -> Sheet:
    """A sheet of one assay: same columns as the sample table, already with standard names."""
    table = read_table(file, repeats=True)
    if sdrf.recognises(table.header):
        return sdrf.read_sdrf(table, SamplesPlan(set={"material": assay.material}))
    table = read_table(file)
    identifier = next((name for name in ("sample", plan.samples.id) if name in table.header), "sample")
    rename = {old: new for old, new in plan.samples.rename.items() if old in table.header}
    available = {rename.get(name, name) for name in table.header}
    donor_of = plan.samples.donor_of if set(plan.samples.donor_of) <= available else ()
    return sheet_of(
        table, SamplesPlan(id=identifier, rename=rename, donor_of=donor_of, set={"material": assay.material})
    )


def _match(plan: Plan, assay: AssayPlan, table: ProteinTable, sheet: Sheet) -> list[Problem]:
    file = (assay.samples or plan.samples.file or plan.file).name
    unknown = [
        Problem(
            assay.file.name,
            f"sample {name!r} is measured but not in {file}",
            "a row of the sample sheet for each measurement",
            f"Add the row, or mend the name{near_misses(name, sheet.names())}",
            column=name,
        )
        for name in table.measurements
        if sheet.run(name) is None
    ]
    return unknown or measured_twice(assay.file.name, table.measurements, sheet)


def _reserved(plan: Plan) -> list[Problem]:
    return [
        Problem(
            plan.file.name, "an assay is called 'amounts'", "a name that define does not use", "Rename it."
        )
        for assay in plan.assays
        if assay.name == AMOUNTS
    ]


def _unmeasured(
    plan: Plan,
    sheet: Sheet | None,
    tables: Mapping[str, tuple[AssayPlan, ProteinTable]],
    elsewhere: Sequence[str],
) -> list[Problem]:
    if sheet is None:
        return []
    measured = [name for assay, table in tables.values() if not assay.samples for name in table.measurements]
    measured += elsewhere
    seen = {run.sample for name in measured for run in [sheet.run(name)] if run is not None}
    file = (plan.samples.file or plan.file).name
    return [
        Problem(
            file,
            f"sample {name!r} is in the sheet but no assay measures it",
            "a measurement for each sample",
            f"Delete the row, or mend the name{near_misses(str(name), measured)}",
        )
        for name in sheet.samples.index
        if name not in seen
    ]


def _unused_columns(tables: Mapping[str, tuple[AssayPlan, ProteinTable]]) -> list[str]:
    return [
        f"{plan.file.name}: columns of numbers that no sample of the sheet is named after were not read: "
        + ", ".join(table.unused[:12])
        for plan, table in tables.values()
        if table.unused
    ]


def _other_organisms(study: Study) -> list[str]:
    """A sentence when the sheet names another organism than study.toml."""
    if "organism" not in study.samples:
        return []
    others = sorted({str(name) for name in study.samples["organism"].dropna()} - {study.organism})
    if not others:
        return []
    return [
        f"the sample sheet says {', '.join(others)}, study.toml {study.organism}: tables of the latter are used"
    ]


def _assemble(
    plan: Plan,
    sheet: Sheet | None,
    own_sheets: Mapping[str, Sheet],
    tables: Mapping[str, tuple[AssayPlan, ProteinTable]],
) -> Study:
    frames = [] if sheet is None else [sheet.samples]
    assays: dict[str, Assay] = {}
    steps: list[tuple[str, dict[str, object]]] = []
    for name, (assay_plan, table) in tables.items():
        own = own_sheets.get(name)
        used = own or sheet
        runs = [run for m in table.measurements if used for run in [used.run(m)] if run is not None]
        combined = combine(to_assay(table, assay_plan), runs, replicate=assay_plan.replicate)
        assay = combined.assay
        steps += [(text, {"assay": name}) for text in combined.steps]
        if own is not None:
            # other flasks of other donors: their names must not meet those of the main sheet
            renamed = own.samples.rename(index=lambda sample, name=name: f"{name}:{sample}")
            frames.append(renamed)
            data = assay.matrix.copy()
            data.obs["sample"] = [f"{name}:{sample}" for sample in data.obs["sample"]]
            assay = replace(assay, data=data)
            # precursors go on naming the measurement (obs_names), which keeps its own name
        assays[name] = assay
    samples = drop_empty_rows(pd.concat(frames)) if frames else pd.DataFrame()
    if "material" not in samples:
        samples["material"] = plan.assays[0].material
    samples["material"] = samples["material"].fillna(plan.assays[0].material)
    samples.index.name = "sample"
    study = Study(plan.title, samples, assays, plan.design, organism=plan.organism, simulated=plan.simulated)
    study = study.with_step("read", f"{len(assays)} assays, {len(samples)} samples", organism=plan.organism)
    for text, facts in steps:
        study = study.with_step("read", text, **facts)
    return study


def _design_problems(plan: Plan, study: Study) -> list[Problem]:
    if plan.design is None:
        return []
    medium = [
        assay for assay in study.assays.values() if assay.material in {"conditioned_medium", "vesicles"}
    ]
    names = dict.fromkeys(
        name for assay in medium for name in (assay.matrix.obs["sample"] if assay.data is not None else ())
    )
    return plan.design.problems(study.samples.loc[list(names)], file=plan.file.name)


def _hashes(plan: Plan) -> dict[str, str]:
    files = [
        plan.samples.file,
        *(assay.file for assay in plan.assays),
        *(assay.samples for assay in plan.assays),
        *(assay.mask for assay in plan.assays),
        *(assay.standards for assay in plan.assays),
    ]
    return {file.name: sha256(file) for file in dict.fromkeys(files) if file is not None}


# --- what was read, as a result ------------------------------------------------------------------
