"""From a plan to a Study: every file read, every sample matched, every problem gathered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from secretome.errors import InvalidInput, Problem, near_misses
from secretome.parallel import Progress
from secretome.plan import AssayPlan, Plan, SamplesPlan
from secretome.results import Answer, Cell, Result
from secretome.study import PRODUCT_RECORD, Assay, Study

from .proteins import ProteinTable, to_assay
from .recognise import FORMATS, format_named, recognise
from .sheet import donor_collisions, drop_empty_rows, read_sheet
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
    tables: dict[str, tuple[AssayPlan, ProteinTable]] = {}
    own_sheets: dict[str, pd.DataFrame] = {}
    tidy: dict[str, Assay] = {}
    for position, assay in enumerate(plan.assays):
        if assay.kind in TIDY_KINDS:
            with _gathering(problems):
                tidy[assay.name] = read_tidy(assay)
            continue
        samples, table = sheet, None
        with _gathering(problems):
            samples = _own_sheet(assay, assay.samples, plan) if assay.samples else sheet
        with _gathering(problems):
            table = _proteins(assay, () if samples is None else tuple(samples.index))
        if table is not None:
            tables[assay.name] = (assay, table)
        if table is not None and samples is not None:
            problems += _match(plan, assay, table, samples)
        if assay.samples and samples is not None:
            own_sheets[assay.name] = samples
        if progress is not None:
            progress(position + 1, len(plan.assays))
    if not plan.assays:
        problems.append(
            Problem("study.toml", "no [[assay]]", "one for each measurement file", "Add an [[assay]].")
        )
    if len(tables) + len(tidy) == len(plan.assays):
        problems += _unmeasured(plan, sheet, tables)
    if problems:
        raise InvalidInput(problems)
    study = _assemble(plan, sheet, own_sheets, tables)
    for table_assay in tidy.values():
        study = study.with_assay(table_assay)
    problems += _design_problems(plan, study)
    if problems:
        raise InvalidInput(problems)
    notes = (*donor_collisions(study.samples, plan.samples), *_unused_columns(tables))
    study = study.with_step(
        "read", f"{len(study.assays)} assays, {len(study.samples)} samples", organism=study.organism
    )
    return Reading(study, (describe(study, plan, tables, notes),), _hashes(plan), notes)


@contextmanager
def _gathering(problems: list[Problem]) -> Iterator[None]:
    """Go on after a file with faults, its problems added to the list."""
    try:
        yield
    except InvalidInput as error:
        problems.extend(error.problems)


def _sheet(plan: Plan, problems: list[Problem]) -> pd.DataFrame | None:
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
        sheet = read_sheet(read_table(file, sheet=plan.samples.sheet), plan.samples)
    return sheet


def _own_sheet(assay: AssayPlan, file: Path, plan: Plan) -> pd.DataFrame:
    """A sheet of one assay: same columns as the sample table, already with standard names."""
    table = read_table(file)
    identifier = next((name for name in ("sample", plan.samples.id) if name in table.header), "sample")
    rename = {old: new for old, new in plan.samples.rename.items() if old in table.header}
    available = {rename.get(name, name) for name in table.header}
    donor_of = plan.samples.donor_of if set(plan.samples.donor_of) <= available else ()
    return read_sheet(
        table, SamplesPlan(id=identifier, rename=rename, donor_of=donor_of, set={"material": assay.material})
    )


def _proteins(assay: AssayPlan, samples: tuple[str, ...]) -> ProteinTable:
    table = read_table(assay.file, sheet=assay.sheet)
    chosen = format_named(assay.format) if assay.format else FORMATS[recognise(table).format]
    return chosen.read(table, assay, samples)


def _match(plan: Plan, assay: AssayPlan, table: ProteinTable, samples: pd.DataFrame) -> list[Problem]:
    sheet_file = (assay.samples or plan.samples.file or plan.file).name
    return [
        Problem(
            assay.file.name,
            f"sample {name!r} is measured but not in {sheet_file}",
            "a row of the sample sheet for each measurement",
            f"Add the row, or mend the name{near_misses(name, samples.index)}",
            column=name,
        )
        for name in table.measurements
        if name not in samples.index
    ]


def _unmeasured(
    plan: Plan, sheet: pd.DataFrame | None, tables: Mapping[str, tuple[AssayPlan, ProteinTable]]
) -> list[Problem]:
    if sheet is None:
        return []
    measured = [name for assay, table in tables.values() if not assay.samples for name in table.measurements]
    file = (plan.samples.file or plan.file).name
    return [
        Problem(
            file,
            f"sample {name!r} is in the sheet but no assay measures it",
            "a measurement for each sample",
            f"Delete the row, or mend the name{near_misses(str(name), measured)}",
        )
        for name in sheet.index
        if name not in set(measured)
    ]


def _unused_columns(tables: Mapping[str, tuple[AssayPlan, ProteinTable]]) -> list[str]:
    return [
        f"{plan.file.name}: columns of numbers that no sample of the sheet is named after were not read: "
        + ", ".join(table.unused[:12])
        for plan, table in tables.values()
        if table.unused
    ]


def _assemble(
    plan: Plan,
    sheet: pd.DataFrame | None,
    own_sheets: Mapping[str, pd.DataFrame],
    tables: Mapping[str, tuple[AssayPlan, ProteinTable]],
) -> Study:
    frames = [] if sheet is None else [sheet]
    assays: dict[str, Assay] = {}
    for name, (assay_plan, table) in tables.items():
        assay = to_assay(table, assay_plan)
        own = own_sheets.get(name)
        if own is not None:
            # other flasks of other donors: their names must not meet those of the main sheet
            renamed = own.rename(index=lambda sample, name=name: f"{name}:{sample}")
            frames.append(renamed)
            data = assay.matrix.copy()
            data.obs["sample"] = [f"{name}:{sample}" for sample in data.obs["sample"]]
            assay = replace(assay, data=data)
        assays[name] = assay
    samples = drop_empty_rows(pd.concat(frames)) if frames else pd.DataFrame()
    if "material" not in samples:
        samples["material"] = plan.assays[0].material
    samples["material"] = samples["material"].fillna(plan.assays[0].material)
    samples.index.name = "sample"
    return Study(plan.title, samples, assays, plan.design, organism=plan.organism, simulated=plan.simulated)


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
    ]
    return {file.name: sha256(file) for file in dict.fromkeys(files) if file is not None}


# --- what was read, as a result ------------------------------------------------------------------


def describe(
    study: Study, plan: Plan, tables: Mapping[str, tuple[AssayPlan, ProteinTable]], notes: tuple[str, ...]
) -> Result:
    """The result `read.study`: samples, assays and the product record with its gaps."""
    record = product_record(study.samples)
    assays = _assay_table(study, tables)
    summary = pd.DataFrame(
        {
            "samples": [len(study.samples)],
            "donors": [study.samples["donor"].nunique() if "donor" in study.samples else 0],
            "assays": [len(study.assays)],
            "record_given": [int((record["status"] == "given").sum())],
            "record_fields": [len(record)],
        }
    )
    template = "{samples} samples of {donors} donors in {assays} assays; {given} of {fields} fields of the product record are given."
    cells = {
        "samples": "samples",
        "donors": "donors",
        "assays": "assays",
        "given": "record_given",
        "fields": "record_fields",
    }
    missing = [
        field for field, status in zip(record["field"], record["status"], strict=True) if status == "missing"
    ]
    return Result(
        stage="read",
        name="study",
        question="What was measured, and what is known of the product?",
        answer=Answer(template, {name: Cell("summary", column) for name, column in cells.items()}),
        verdict="warn" if missing else "pass",
        tables={
            "summary": summary,
            "assays": assays,
            "product_record": record,
            "samples": study.samples.rename_axis("sample").reset_index(),
        },
        parameters={"organism": study.organism, "donor_of": list(plan.samples.donor_of)},
        notes=notes,
        lacks=(f"Not reported in the sample sheet: {', '.join(missing)}.",) if missing else (),
    )


def product_record(samples: pd.DataFrame) -> pd.DataFrame:
    """One row for each field of the product record: given, partly given or missing.

    Returns
    -------
    DataFrame with `field`, `status`, `values` (up to 5, text) and `forbids` (what the gap
    forbids us to say, empty when given).
    """
    rows = []
    for name, forbids in PRODUCT_RECORD.items():
        column = samples[name] if name in samples else pd.Series([None] * len(samples), dtype=object)
        filled = column.dropna()
        filled = filled[filled.astype(str) != "unknown"]
        status = "given" if len(filled) == len(column) else "partly given" if len(filled) else "missing"
        shown = ", ".join(
            dict.fromkeys(f"{value:g}" if isinstance(value, float) else str(value) for value in filled[:200])
        )
        rows.append((name, status, shown[:120], "" if status == "given" else forbids))
    return pd.DataFrame(rows, columns=["field", "status", "values", "forbids"])


def _assay_table(study: Study, tables: Mapping[str, tuple[AssayPlan, ProteinTable]]) -> pd.DataFrame:
    rows = []
    for name, (plan, table) in tables.items():
        rows.append(
            {
                "assay": name,
                "kind": plan.kind,
                "material": plan.material,
                "file": plan.file.name,
                "format": FORMATS[table.format].title,
                "quantity": table.quantity,
                "measurements": len(table.measurements),
                "analytes": len(table.features),
                "missing_percent": float(np.isnan(study.assays[name].matrix.X).mean() * 100),
                "unit": table.unit,
                "scale": table.scale,
            }
        )
    return pd.DataFrame(rows)
