"""The stage: potency of the activity assays and shelf life of the stability assays that a study has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from secretome.errors import InvalidInput, NotEstimable, Problem
from secretome.parallel import Map, Progress
from secretome.plan import QualifyOptions
from secretome.results import Answer, Result
from secretome.study import Assay, AssayKind, Study

from .layouts import LAYOUTS
from .parsing import Reading, parse, unit_of
from .potency import relative_potency
from .potency_options import PotencyOptions
from .stability import shelf_lives
from .stability_options import StabilityOptions
from .trail import Trail, with_trail

_LAYOUTS: Mapping[AssayKind, str] = {"activity": "potency", "stability": "stability"}


def run(
    study: Study,
    results: Mapping[str, Result],
    options: QualifyOptions,
    *,
    seed: int,
    map: Map,  # noqa: A002, ARG001 - the stage contract
    progress: Progress | None = None,
) -> tuple[Study, tuple[Result, ...]]:
    """The study unchanged, with a result for each activity and stability assay that it has.

    Parameters
    ----------
    study
        With tidy assays of kind `activity` (layout potency) and `stability` (layout stability).
    results
        Those of earlier stages; `read.study` holds the input hashes.
    options
        Reference lot, margin and conventions.

    Returns
    -------
    The study and `qualify.potency_<assay>`, `qualify.stability_<assay>`; nothing without such assays. What cannot be
    estimated is a result "cannot be judged" with its reason.

    Raises
    ------
    InvalidInput
        If a file does not follow its layout, or an activity assay has no reference in `[qualify]`.
    """
    assays = [assay for kind in _LAYOUTS for assay in study.select(kind=kind)]
    problems = problems_of(study, options)
    if problems:
        raise InvalidInput(problems)
    read = results.get("read.study")
    inputs = read.parameters.get("inputs", {}) if read is not None else {}
    trail = Trail(dict(inputs) if isinstance(inputs, Mapping) else {}, seed, study.simulated)
    found = []
    for position, assay in enumerate(assays, start=1):
        for result in _judged(assay, options):
            _, _, condition = result.name.partition("_")
            name = f"{_LAYOUTS[assay.kind]}_{assay.name}" + (f"_{condition}" if condition else "")
            found.append(with_trail(replace(result, name=name), trail))
        if progress is not None:
            progress(position, len(assays))
    return study, tuple(found)


def problems_of(study: Study, options: QualifyOptions) -> tuple[Problem, ...]:
    """Every fault of the tables and options that `run` would meet, for `check`.

    Examples
    --------
    >>> problems_of(Study("empty", pd.DataFrame()), QualifyOptions())
    ()
    """
    problems: list[Problem] = []
    for kind in _LAYOUTS:
        for assay in study.select(kind=kind):
            try:
                _read(assay, options)
            except InvalidInput as error:
                problems += error.problems
            if kind == "activity" and not options.reference:
                found = f"assay {assay.name!r} measures an activity, [qualify] names no reference"
                problems.append(
                    Problem("study.toml", found, 'reference = "…", the reference lot', "Add it to [qualify].")
                )
    try:
        _margin(options)
    except InvalidInput as error:
        problems += error.problems
    return tuple(problems)


def _read(assay: Assay, options: QualifyOptions) -> tuple[Reading, str]:
    """The table by its layout, and the unit of its times or doses."""
    table = assay.tidy
    header = [str(name) for name in table.columns if name != "line"]
    rows = table[header].astype(str).to_numpy().tolist()
    reading = parse(LAYOUTS[_LAYOUTS[assay.kind]], header, rows, lines=list(table["line"]), file=assay.name)
    if assay.kind == "stability":
        return reading, unit_of(reading, "time", options.time_unit, default="months")
    return reading, unit_of(reading, "dose", options.dose_unit, default="")


def _margin(options: QualifyOptions) -> tuple[float, float] | None:
    if not options.slope_margin:
        return None
    try:
        low, high = (float(side) for side in options.slope_margin)
    except ValueError as error:
        found = f"[qualify] slope_margin = {list(options.slope_margin)}"
        raise InvalidInput(
            [Problem("study.toml", found, 'two numbers as texts, ["0.8", "1.25"]', "Mend it.")]
        ) from error
    return low, high


def _judged(assay: Assay, options: QualifyOptions) -> tuple[Result, ...]:
    """The results of one assay; what cannot be estimated says why."""
    reading, unit = _read(assay, options)
    try:
        found = _estimated(assay, reading.frame, unit, options)
    except NotEstimable as error:
        question = "How long does it keep?" if assay.kind == "stability" else "How potent is the lot?"
        answer = Answer("This cannot be judged from the data given.")
        result = Result(
            "qualify", _LAYOUTS[assay.kind], question, answer, verdict="cannot be judged", lacks=(str(error),)
        )
        found = (result,)
    return tuple(replace(result, notes=(*reading.notes, *result.notes)) for result in found)


def _estimated(assay: Assay, frame: pd.DataFrame, unit: str, options: QualifyOptions) -> tuple[Result, ...]:
    if assay.kind == "stability":
        chosen = StabilityOptions(error=options.error, pooling=options.pooling, time_unit=unit)
        return shelf_lives(frame, chosen)
    return (
        relative_potency(
            frame,
            PotencyOptions(
                options.reference,
                model="parallel line" if options.model == "parallel-line" else options.model,
                judge=options.parallelism,
                slope_margin=_margin(options),
                margin_reason=options.margin_reason,
                combination=options.combine,
                dose_unit=unit,
            ),
        ),
    )
