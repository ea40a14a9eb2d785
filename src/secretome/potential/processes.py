"""The result `potential.processes`: profiles of every assay, put into tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from secretome.knowledge.additives import Declared
from secretome.plan import PotentialOptions
from secretome.results import Result
from secretome.study import Study

from . import tables, wording
from .blind import by_process
from .evidence import Evidence
from .medium import ALL_SAMPLES, Medium, grouping
from .scores import COLUMNS, UNITS, WEIGHT_FOLD, donor_table, score_table
from .stacking import stacked
from .weights import COUNTED

_SCORES = ("assay", "material", *COLUMNS, "reading", "unit", "functional_test")
_DONORS = ("assay", "material", "group", "donor", "process", "direction", "score", "factors_used", "samples")


def judge(
    study: Study,
    media: tuple[Medium, ...],
    known: Evidence,
    declared: Declared,
    failed: frozenset[str],
    options: PotentialOptions,
    occupied: Sequence[pd.DataFrame] = (),
) -> Result:
    """The result `potential.processes` of a study; see `secretome.potential.run`."""
    profiles = tuple(one.profile for one in media)
    made = tables.make(profiles, known, options)
    made |= {
        "scores": _scores(media, options, occupied),
        "donor_scores": _donor_scores(media),
        "blind_by_process": by_process(made["processes"], made["unseen"]),
        "responses": _responses(study, known, media),
    }
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
        verdict=None if profiles or len(made["scores"]) else "cannot be judged",
        tables=made,
        parameters={
            **_plain(options),
            "group_by": grouping(study.samples, options) or ALL_SAMPLES,
            "weight_of_a_factor": "its strongest row in that process and direction",
            "weights_may_be_off_by_a_factor_of": WEIGHT_FOLD,
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


def _scores(
    media: tuple[Medium, ...], options: PotentialOptions, occupied: Sequence[pd.DataFrame]
) -> pd.DataFrame:
    frames = list(occupied)
    for one in media:
        reference = options.reference
        frames.append(
            score_table(one.donors, one.weights, one.drawn, reference=reference).assign(**one.where)
        )
        if one.with_additives is not None:
            more = score_table(*one.with_additives, reference=reference)
            frames.append(more.assign(**one.where))
    table = stacked(frames, _SCORES)
    if len(table):
        table["reading"] = tables.readings(table)
        table["unit"] = table["scale"].map(UNITS)
        table["functional_test"] = table["process"].map(_measured(options)).fillna(tables.NOT_TESTED)
        # where nothing was seen there is no score: the blind spots tell of it
        table = table[table["factors_used"].astype(float) > 0].reset_index(drop=True)
    return table


def _measured(options: PotentialOptions) -> dict[str, str]:
    """Process to the read-out that stands beside it."""
    pairs = [[part.strip() for part in entry.split("=", 1)] for entry in options.functional if "=" in entry]
    return {process: f"measured: {column}, see potential.functional" for column, process in pairs}


def _donor_scores(media: tuple[Medium, ...]) -> pd.DataFrame:
    frames = [donor_table(one.donors, one.weights[COUNTED]).assign(**one.where) for one in media]
    table = stacked(frames, _DONORS)
    return table[table["score"].notna()].reset_index(drop=True)


def _responses(study: Study, known: Evidence, media: tuple[Medium, ...]) -> pd.DataFrame:
    """What media did to receiving cells elsewhere: context, no factor that was measured here."""
    tissues = " ".join(sorted({str(cell) for cell in study.samples.get("tissue", [])})).lower()
    table = known.responses.copy()
    raised = table["mechanism"].str.contains("raised") | ~table["mechanism"].str.contains("lowered")
    # a factor that speaks for the process and was lowered is a risk, as one against it that was raised
    table["finding"] = np.where(raised == (table["direction"] == "for"), "in favour", "a risk")
    table["same_tissue_here"] = [
        any(word in tissues for word in _names_of(str(source))) for source in table["tissue_source"]
    ]
    if not media:
        table = table.iloc[:0]
    return table[list(tables.RESPONSES)].reset_index(drop=True)


def _names_of(source: str) -> tuple[str, ...]:
    """Short and long names by which a sheet may call the tissue of a row."""
    known = {
        "wharton": ("wj", "wharton"),
        "adipose": ("adsc", "asc", "adipose"),
        "bone marrow": ("bm", "bone marrow"),
        "dental pulp": ("dpsc", "dental pulp"),
        "umbilical": ("uc", "umbilical"),
        "placenta": ("placenta",),
    }
    return next((names for word, names in known.items() if word in source.lower()), ("\0",))


def _plain(options: PotentialOptions) -> dict[str, object]:
    """The options without folders: the same study elsewhere has the same parameters."""
    plain = asdict(options)
    for name in ("gene_sets", "gene_lists", "profiles"):
        plain[name] = [text.replace("\\", "/").rsplit("/", 1)[-1] for text in plain[name]]
    plain["receptors"] = options.receptors.replace("\\", "/").rsplit("/", 1)[-1]
    return plain
