"""`define.origin` as a result: its tables, what it rests on, and which sample would tell more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from secretome.knowledge import update
from secretome.results import Answer, Cell, Method, Result, Source
from secretome.study import Study

from ._knowledge import sources
from ._proteome import Proteome
from .anchors import LYSATE, VESICLES
from .annotation import CLASSES, genes_of
from .open_questions import SETTLED, open_questions
from .origin import MASKED, Origin, origins


def result(proteomes: Sequence[Proteome], study: Study, *, proteome: update.Proteome | None = None) -> Result:
    """`define.origin`: probabilities a protein and group, and the share of the signal in each class."""
    tables, shares, open_ones = [], [], []
    used: set[str] = set()
    doubts: list[str] = []
    for one in proteomes:
        for origin in origins(one, study):
            tables.append(_table(one, origin))
            shares.append(_shares(one, origin))
            open_ones.append(open_questions(one, origin))
            used |= set(origin.used)
            doubts += origin.doubts
    proteins = pd.concat(tables, ignore_index=True)
    summary = pd.DataFrame(
        {
            "proteins": [int(proteins["protein"].nunique())],
            "groups": [int(proteins["group"].nunique())],
            "secreted_or_shed": [_called(proteins, "secreted") + _called(proteins, "shed")],
            "leaked": [_called(proteins, "leaked")],
            "unresolved": [_called(proteins, "unresolved")],
            "evidence": [", ".join(["annotation", *sorted(used)])],
        }
    )
    template = (
        "From {evidence}: in {groups} groups, {secreted_or_shed} times a protein is most likely secreted or shed, "
        "{leaked} times leaked, and {unresolved} times it cannot be told."
    )
    return Result(
        stage="define",
        name="origin",
        question="Where does each protein come from?",
        answer=Answer(
            template, {name: Cell("summary", name) for name in summary.columns if name != "proteins"}
        ),
        tables={
            "summary": summary,
            "groups": pd.concat(shares, ignore_index=True),
            "open": _joined(open_ones),
            "proteins": proteins,
        },
        parameters={
            "classes": list(CLASSES),
            "lysate": dict(LYSATE),
            "vesicles": dict(VESICLES),
            "masked": MASKED,
            "settled": SETTLED,
        },
        sources=(
            *sources("annotation", "gene_renames", "origin_counts", "origin_priors", "additives"),
            *([Source(proteome.name, proteome.release, proteome.sha256)] if proteome is not None else []),
        ),
        notes=(_on_annotation(proteome), *_notes(used), *dict.fromkeys(doubts)),
        lacks=_lacks(used),
        methods=(
            Method(
                "The origin of each protein was expressed as probabilities over secreted, unconventional, shed, "
                "vesicle, leaked, carried over, contaminant and unresolved, from a prior by annotation category "
                "and the likelihood of the evidence at hand."
            ),
        ),
    )


def _joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The tables below each other, those without rows left out: they know no types."""
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]


def _table(one: Proteome, origin: Origin) -> pd.DataFrame:
    seen = np.isfinite(origin.probability).all(axis=1)
    frame = pd.DataFrame(origin.probability[seen], columns=list(CLASSES))
    best = np.asarray(CLASSES)[origin.probability[seen].argmax(axis=1)]
    head = pd.DataFrame(
        {
            "assay": one.assay,
            "group": origin.group,
            "protein": one.proteins.index.to_numpy()[seen],
            "gene": genes_of(one.proteins)[seen],
            "most_likely": best,
        }
    )
    words = pd.DataFrame({"evidence": np.asarray(origin.evidence, dtype=object)[seen]})
    return pd.concat([head, frame, words], axis=1)


def _shares(one: Proteome, origin: Origin) -> pd.DataFrame:
    rows = (one.samples["group"] == origin.group).to_numpy()
    percent = one.percent[rows]
    probability = np.nan_to_num(origin.probability)
    by_class = percent @ probability
    return pd.DataFrame(
        {
            "assay": one.assay,
            "group": origin.group,
            "origin": list(CLASSES),
            "mean_percent_of_signal": np.nanmean(by_class, axis=0),
            "lowest_percent": np.nanmin(by_class, axis=0),
            "highest_percent": np.nanmax(by_class, axis=0),
            "samples": int(rows.sum()),
        }
    )


def _called(proteins: pd.DataFrame, kind: str) -> int:
    return int((proteins["most_likely"] == kind).sum())


def _on_annotation(proteome: update.Proteome | None) -> str:
    if proteome is None:
        return "Annotation: the curated tables of this package; genes that they lack are unknown."
    return (
        f"Annotation: the curated tables of this package and, for genes that they lack, {proteome.entries:,} reviewed "
        f"entries of UniProt release {proteome.release} (taxon {proteome.taxon}, fetched {proteome.fetched[:10]}, {proteome.licence})."
    )


def _notes(used: set[str]) -> tuple[str, ...]:
    notes = [
        "A medium / lysate ratio is a label of enrichment, not of route.",
        (
            "Leaderless factors with a known route (FGF2, LGALS1, MIF, ANXA1, HMGB1, IL1B) stay split between "
            "unconventional and leaked unless a lysate, LDH or kinetics decide."
        ),
        "The annotation is hand-written and unverified row by row; its enriched shares were counted on one study.",
    ]
    if "lysate" not in used:
        notes.append(
            "Without a lysate of the same cells the probabilities rest on annotation alone and are wide."
        )
    return tuple(notes)


def _lacks(used: set[str]) -> tuple[str, ...]:
    missing = {
        "lysate": "a lysate of the same cells would tell secreted from leaked proteins",
        "blank": "a cell-free blank of the same medium and hours would tell what the medium brought",
        "vesicle fraction": "a vesicle fraction of the same medium would tell vesicle cargo from leaked proteins",
    }
    return tuple(f"{text[0].upper()}{text[1:]}." for name, text in missing.items() if name not in used)
