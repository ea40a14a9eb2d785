"""Define: what is in each medium, how good each sample is, and what is not of the cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from secretome.errors import InvalidKnowledge, InvalidPlan, Problem, near_misses
from secretome.knowledge import update
from secretome.parallel import Map, Progress
from secretome.plan import DefineOptions
from secretome.results import Answer, Result
from secretome.study import Assay, Study, samples_of

from . import contaminants, detection, leakage, normalisation, origin_result, quality, similarity
from ._proteome import MATERIALS, Proteome, proteome_of
from .annotation import UNIPROT
from .beside import measured_beside
from .contaminants import classify
from .located import located
from .normalisation import normalise

__all__ = ["classify", "normalise", "run"]


def run(
    study: Study,
    results: Mapping[str, Result],  # noqa: ARG001
    options: DefineOptions,
    *,
    seed: int,
    map: Map,  # noqa: A002, ARG001
    progress: Progress | None = None,
) -> tuple[Study, tuple[Result, ...]]:
    """The study on log2 scale with its contaminants and samples judged, and seven results.

    Parameters
    ----------
    study
        With any number of proteome assays of conditioned medium or vesicles.
    results
        Not used: this is the first stage.
    options
        Normalisation and samples to exclude.
    seed
        Of the bootstrap of leak shares.
    map
        Not used: nothing is long.
    progress
        Called with assays done and assays in all.

    Returns
    -------
    The study: those assays with X in log2 intensity, layers `state` and `intensity`, var columns
    `contaminant_class`, `contaminant_reason`, `masked`, `plasma_protein`, and obs columns `quality`,
    `quality_reason`, `excluded`. Results `contaminants`, `quality`, `normalisation`, `similarity`,
    `detection`, `origin`, `leakage`; of these only `quality`, "not tested", when there is no such assay. Besides
    `immunoassay`, `amounts`, `concordance`, `particles`, `mirna` for what was measured beside the proteome, and
    the assay `amounts`.

    Raises
    ------
    InvalidPlan
        If `exclude` names a sample or `batch` a column that the study lacks, or the normalisation is unknown.
    InvalidKnowledge
        If the plan asks for a UniProt proteome that is not in the cache.
    UnitMismatch
        If an assay declared linear holds negative or infinite values.

    Examples
    --------
    >>> from secretome.parallel import here
    >>> nothing = Study("empty", pd.DataFrame({"donor": ["D1"]}, index=["a"]))
    >>> _, (quality,) = run(nothing, {}, DefineOptions(), seed=1, map=here)
    >>> quality.verdict
    'not tested'
    """
    _check_excluded(study, options.exclude)
    if faults := batch_problems(study, options.batch):
        raise InvalidPlan(faults)
    proteome = _cached(study.organism, options)
    assays = [assay for assay in study.select(kind="proteome") if assay.material in MATERIALS]
    if not assays:
        study, beside = measured_beside(study)
        return study, (_nothing_to_define(), *beside)
    before, after, judged = [], [], []
    for number, assay in enumerate(assays, start=1):
        raw = proteome_of(assay, study)
        raw = raw.with_proteins(classify(raw.proteins, organism=study.organism))
        if proteome is not None:
            raw = raw.with_proteins(_located(raw.proteins, proteome))
        level = raw.with_log2(normalise(raw.log2, raw.masked, method=options.normalisation))
        excluded = np.asarray(level.samples["sample"].isin(options.exclude), dtype=bool)
        verdicts = quality.judge(level, excluded=excluded)
        study = study.with_assay(_defined(assay, level, verdicts))
        before.append(raw)
        after.append(level)
        judged.append(verdicts)
        if progress is not None:
            progress(number, len(assays))
    samples = pd.concat([samples_of(assay, study.samples) for assay in assays])
    study, beside = measured_beside(_with_history(study, after, judged, options))
    return study, (
        contaminants.result(after, organism=study.organism),
        quality.result(after, judged),
        normalisation.result(before, after, method=options.normalisation, samples=samples),
        similarity.result(after, batch=options.batch),
        detection.result(after),
        origin_result.result(after, study, proteome=proteome),
        leakage.result(after, study, seed=seed),
        *beside,
    )


def outside(options: object) -> str:
    """A fingerprint of what the stage reads besides the study: the cached proteomes, when they are asked for."""
    if not isinstance(options, DefineOptions) or options.annotation == "shipped":
        return ""
    return ";".join(f"{one.name} {one.release} {one.sha256}" for one in update.proteomes())


def problems_of(organism: str, options: DefineOptions) -> tuple[Problem, ...]:
    """What `check` must say of the options: a proteome that is asked for and not here."""
    try:
        _cached(organism, options)
    except InvalidKnowledge as error:
        action = "Bring it with `secretome knowledge update`, or take the line out."
        return (
            Problem("study.toml", str(error), "a proteome in the cache", action, column="define.annotation"),
        )
    return ()


def _cached(organism: str, options: DefineOptions) -> update.Proteome | None:
    """The proteome that the plan asks for; None for the tables that are shipped."""
    if options.annotation == "shipped":
        return None
    if organism not in update.TAXA:
        raise InvalidKnowledge(
            f'annotation = "uniprot" needs a taxon for {organism!r}; known are {", ".join(sorted(update.TAXA))}. Take the line out'
        )
    return update.newest(update.TAXA[organism])


def _located(proteins: pd.DataFrame, proteome: update.Proteome) -> pd.DataFrame:
    return pd.DataFrame({UNIPROT: located(proteins, update.entries(proteome))}, index=proteins.index)


def _defined(assay: Assay, one: Proteome, judged: pd.DataFrame) -> Assay:
    """The assay with log2 values, flags and verdicts; the linear signal stays as a layer."""
    data = assay.matrix.copy()
    data.X = one.log2
    data.layers["intensity"] = one.signal
    data.layers["state"] = one.state
    data.var = one.proteins.assign(unit="log2 intensity")
    data.obs = data.obs.assign(
        quality=judged["verdict"].to_numpy(),
        quality_reason=judged["reason"].to_numpy(),
        excluded=judged["excluded"].to_numpy(dtype=bool),
    )
    return replace(assay, data=data, scale="log2")


def _check_excluded(study: Study, exclude: Sequence[str]) -> None:
    names = [str(name) for name in study.samples.index]
    problems = [
        Problem(
            "study.toml",
            f"exclude names {sample!r}, which the sample table lacks",
            "a sample of the study",
            f"Mend the name{near_misses(sample, names)}",
            column="define.exclude",
        )
        for sample in exclude
        if sample not in names
    ]
    if problems:
        raise InvalidPlan(problems)


def batch_problems(study: Study, batch: str) -> tuple[Problem, ...]:
    """The column to take out of the map of samples, when the study lacks it."""
    if not batch or batch in study.samples:
        return ()
    found = f"batch names {batch!r}, which the sample table lacks"
    action = f"Mend the name{near_misses(batch, study.samples.columns)}"
    return (Problem("study.toml", found, "a column of the samples", action, column="define.batch"),)


def _with_history(
    study: Study, proteomes: Sequence[Proteome], judged: Sequence[pd.DataFrame], options: DefineOptions
) -> Study:
    names = ", ".join(one.assay for one in proteomes)
    flagged = {one.assay: int((one.proteins["contaminant_class"] != "").sum()) for one in proteomes}
    masked = {one.assay: int(one.masked.sum()) for one in proteomes}
    failed = {
        one.assay: [str(name) for name in table.index[table["verdict"] == "fail"]]
        for one, table in zip(proteomes, judged, strict=True)
    }
    return (
        study.with_step("define.log2", f"took {names} to log2; total intensity kept as a layer")
        .with_step(
            "define.contaminants", "flagged contaminants, dropped none", flagged=flagged, masked=masked
        )
        .with_step(
            "define.normalisation",
            f"normalisation: {options.normalisation}",
            normalisation=options.normalisation,
        )
        .with_step(
            "define.quality", "judged each sample, kept all", failed=failed, exclude=list(options.exclude)
        )
    )


def _nothing_to_define() -> Result:
    return Result(
        stage="define",
        name="quality",
        question="Is each sample what it should be?",
        answer=Answer("No proteome of conditioned medium or vesicles was given, so no sample was judged."),
        verdict="not tested",
        lacks=("Quality of each sample: a proteome of conditioned medium or vesicles would show it.",),
    )
