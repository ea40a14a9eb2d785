"""The result `potential.processes`: profiles of every assay, put into tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict

import numpy as np
import pandas as pd

from secretome.errors import MissingColumn
from secretome.knowledge.additives import Declared, declared_additives
from secretome.plan import PotentialOptions
from secretome.results import Result
from secretome.study import Assay, Study

from . import tables, wording
from .evidence import Evidence, evidence
from .matching import match_factors
from .profile import Profile, profile_of

MATERIALS = ("conditioned_medium", "vesicles")
ALL_SAMPLES = "all samples"
_NOT_STATED = "not stated"


def judge(
    study: Study,
    results: Mapping[str, Result],
    options: PotentialOptions,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """The result `potential.processes` of a study; see `secretome.potential.run`."""
    known = evidence(unverified=options.unverified)
    declared = declared_additives(study.samples, known.additives, known.accessions)
    failed = failed_samples(results)
    profiles = _profiles(study, known, declared, failed, options, progress)
    made = tables.make(profiles, known, options)
    context = wording.Context(
        study=study,
        options=options,
        evidence=known,
        profiles=profiles,
        tables=made,
        declared=declared,
        failed=failed,
    )
    return Result(
        stage="potential",
        name="processes",
        question="Which processes may this medium support or oppose, and what could not be seen?",
        answer=wording.answer(context),
        verdict=None if profiles else "cannot be judged",
        tables=made,
        parameters={
            **asdict(options),
            "group_by": _grouping(study.samples, options) or ALL_SAMPLES,
            "weight_of_a_factor": "its strongest row in that process and direction",
            "evidence_rows": len(known.rows) + len(known.null_rows),
        },
        sources=known.sources,
        notes=wording.notes(context),
        lacks=wording.lacks(context),
        methods=wording.methods(context),
    )


def failed_samples(results: Mapping[str, Result]) -> frozenset[str]:
    """Samples with the verdict `fail` in `define.quality`; none when that result is absent."""
    quality = results.get("define.quality")
    if quality is None or "samples" not in quality.tables:
        return frozenset()
    judged = quality.tables["samples"]
    return frozenset(judged.loc[judged["verdict"] == "fail", "sample"].astype(str))


def _profiles(
    study: Study,
    known: Evidence,
    declared: Declared,
    failed: frozenset[str],
    options: PotentialOptions,
    progress: Callable[[int, int], None] | None,
) -> tuple[Profile, ...]:
    facts = _facts(study, options)
    assays = [assay for assay in study.select(kind="proteome") if assay.data is not None]
    found = []
    for done, assay in enumerate(assays, start=1):
        # A sample sheet may put vesicles and blanks into the file of the medium: the sheet decides.
        measured = facts.loc[sorted(set(assay.matrix.obs["sample"].astype(str)))]
        material = measured["material"].where(measured["material"] != "", assay.material)
        if options.leave_out_failed:
            measured = measured[~measured.index.isin(failed)]
        for wanted in MATERIALS:
            chosen = measured[material.loc[measured.index] == wanted]
            if len(chosen):
                found.append(_profile(assay, wanted, chosen, known, declared, study.organism))
        if progress is not None:
            progress(done, len(assays))
    return tuple(found)


def _profile(
    assay: Assay, material: str, facts: pd.DataFrame, known: Evidence, declared: Declared, organism: str
) -> Profile:
    matches = match_factors(known.accessions, assay.matrix.var, organism=organism)
    return profile_of(assay, material, facts, matches, declared.genes)


def _facts(study: Study, options: PotentialOptions) -> pd.DataFrame:
    """Material, group and unit of replication of each sample; index sample."""
    samples = study.samples
    grouping = _grouping(samples, options)
    unit = study.design.unit if study.design and study.design.unit in samples else "donor"
    donors = _texts(samples, unit)
    names = pd.Series(samples.index.astype(str), index=donors.index)
    groups = _texts(samples, grouping).replace("", _NOT_STATED) if grouping else ALL_SAMPLES
    return pd.DataFrame(
        {
            "material": _texts(samples, "material"),
            "group": groups,
            "unit": donors.where(donors != "", "sample " + names),
            "has_donor": donors != "",
        },
        index=pd.Index(names, name="sample"),
    )


def _grouping(samples: pd.DataFrame, options: PotentialOptions) -> str:
    if options.group_by and options.group_by not in samples:
        raise MissingColumn(
            options.group_by, samples.columns, where="the sample table ([potential] group_by)"
        )
    if options.group_by:
        return options.group_by
    return "tissue" if "tissue" in samples and (_texts(samples, "tissue") != "").any() else ""


def _texts(samples: pd.DataFrame, column: str) -> pd.Series:
    index = samples.index.astype(str)
    if column not in samples:
        return pd.Series("", index=index, dtype=object)
    cells = ["" if pd.isna(cell) else str(cell).strip() for cell in samples[column]]
    return pd.Series(np.array(cells, dtype=object), index=index)
