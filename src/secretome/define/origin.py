"""Where each protein of a medium comes from: probabilities, and the evidence that moved them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from secretome import knowledge
from secretome.knowledge.additives import declared_additives
from secretome.results import Answer, Cell, Method, Result
from secretome.study import Assay, Study

from ._knowledge import sources
from ._proteome import Proteome
from .annotation import CLASSES, categories, genes_of, priors
from .enrichment import Enrichment, enrichment, log2_share, partner_rows, partner_signal

# Log2 share ratio of medium over lysate in each class: mean and sd. Secreted proteins of the
# six-niche README lie at 4.7 to 9.5, leaked ones at -3.6 to -0.8; the others are judgement, and wide.
LYSATE = {
    "secreted": (5.0, 2.5),
    "unconventional": (0.0, 2.5),
    "shed": (4.0, 2.5),
    "vesicle": (-0.5, 2.0),
    "leaked": (-1.5, 1.8),
    "carried_over": (3.0, 3.5),
    "contaminant": (2.0, 4.0),
    "unresolved": (0.5, 4.0),
}
# Log2 ratio of medium over a blank of the same medium: what the medium brought is about 0.
BLANK_CARRIED, BLANK_CELLS = (0.0, 1.0), (4.0, 3.0)
# Log2 share ratio of a vesicle fraction over its medium.
VESICLES = {"vesicle": (3.0, 2.0)}
VESICLES_ELSE = (-1.5, 2.5)
MASKED = 0.97


@dataclass(frozen=True)
class Evidence:
    """One kind of evidence on one group: log likelihood (n, classes) and words (n,)."""

    name: str
    log_likelihood: NDArray[np.float64]
    words: list[str]


@dataclass(frozen=True)
class Origin:
    """Probabilities of one group of samples.

    Parameters
    ----------
    group
        The group's name.
    probability
        (n, 8) over `CLASSES`, rows adding to 1.
    evidence
        (n,) words on what moved each protein.
    used
        Names of the kinds of evidence at hand.
    """

    group: str
    probability: NDArray[np.float64]
    evidence: list[str]
    used: tuple[str, ...] = field(default=())


def origins(
    one: Proteome, study: Study, *, prior: pd.DataFrame | None = None, withheld: Collection[str] = ()
) -> tuple[Origin, ...]:
    """Origin of every protein in every group of samples.

    Parameters
    ----------
    one
        A proteome with its contaminant flags.
    study
        For lysates, blanks and vesicle fractions of the same study.
    prior
        Class probabilities of each category; default `annotation.priors()`.
    withheld
        Genes to be treated as not annotated, for tests.

    Returns
    -------
    One Origin a group, in order of their names.
    """
    category = categories(one.proteins, withheld=withheld)
    table = priors() if prior is None else prior
    start = _prior(one, category, table)
    found = []
    for name in sorted(set(one.samples["group"])):
        rows = (one.samples["group"] == name).to_numpy()
        pieces = _evidence(one, study, rows)
        probability, words = _combine(start, pieces, category)
        probability, words = _cap_additives(one, rows, pieces, probability, words)
        seen = np.isfinite(one.log2[rows]).any(axis=0) | np.isfinite(one.signal[rows]).any(axis=0)
        probability[~seen] = np.nan
        found.append(Origin(str(name), probability, words, tuple(piece.name for piece in pieces)))
    return tuple(found)


def _prior(one: Proteome, category: NDArray[np.object_], table: pd.DataFrame) -> NDArray[np.float64]:
    start = table.loc[list(category), list(CLASSES)].to_numpy(dtype=float).copy()
    kind = one.proteins["contaminant_class"].fillna("").astype(str).to_numpy()
    carried, masked = CLASSES.index("carried_over"), CLASSES.index("contaminant")
    for row in np.flatnonzero(one.masked):
        # a protein of another species or of skin is no product of these cells, whatever the ratios say
        target = carried if kind[row] in {"bovine", "serum"} else masked
        start[row] = 0.0
        start[row, CLASSES.index("unresolved")] = 1 - MASKED
        start[row, target] = MASKED
    shared = kind == "shared_species"
    start[shared] *= 0.5
    start[shared, carried] += 0.25
    start[shared, CLASSES.index("unresolved")] += 0.25
    return np.asarray(start / start.sum(axis=1, keepdims=True))


def _evidence(one: Proteome, study: Study, rows: NDArray[np.bool_]) -> list[Evidence]:
    group = {name: str(one.samples.loc[rows, name].iloc[0]) for name in one.grouped_by}
    pieces = []
    for assay in study.select(kind="proteome"):
        compare = _compare(one, study, assay, group, rows)
        if compare is None:
            continue
        if assay.material == "cell_lysate":
            pieces.append(_by_classes("lysate", compare, LYSATE, None))
        elif assay.material == "medium_blank":
            pieces.append(_from_blank(compare))
        elif assay.material == "vesicles" and study.assays[one.assay].material != "vesicles":
            pieces.append(_by_classes("vesicle fraction", compare, VESICLES, VESICLES_ELSE, sign=-1.0))
    return pieces


def _compare(
    one: Proteome, study: Study, assay: Assay, group: Mapping[str, str], rows: NDArray[np.bool_]
) -> Enrichment | None:
    if assay.name == one.assay or assay.data is None:
        return None
    if assay.material not in {"cell_lysate", "medium_blank", "vesicles"}:
        return None
    signal, level = partner_signal(study, assay, dict(group))
    if not len(signal):
        return None
    partner = partner_rows(one.proteins, assay.matrix.var)
    other = np.full((len(signal), len(one.proteins)), np.nan)
    # a blank holds so little that shares of it say nothing: there the intensities are compared
    scale = np.log2 if assay.material == "medium_blank" else log2_share
    other[:, partner >= 0] = scale(signal)[:, partner[partner >= 0]]
    return enrichment(scale(one.signal)[rows], other, level=level)


def _by_classes(
    name: str,
    compare: Enrichment,
    densities: Mapping[str, tuple[float, float]],
    otherwise: tuple[float, float] | None,
    *,
    sign: float = 1.0,
) -> Evidence:
    ratio, error = sign * compare.log2_ratio, compare.standard_error
    likelihood = np.zeros((len(ratio), len(CLASSES)))
    known = np.isfinite(ratio)
    for column, kind in enumerate(CLASSES):
        mean, sd = densities.get(kind, otherwise or (0.0, 4.0))
        spread = np.sqrt(sd**2 + error[known] ** 2)
        likelihood[known, column] = norm.logpdf(ratio[known], mean, spread)
    words = [
        f"{name}: log2 share ratio {value:.1f} (matched by {compare.level})" if np.isfinite(value) else ""
        for value in compare.log2_ratio
    ]
    return Evidence(name, likelihood, words)


def _from_blank(compare: Enrichment) -> Evidence:
    """Seen as much in the blank: brought by the medium; not seen in it: not brought."""
    ratio, error = compare.log2_ratio, compare.standard_error
    carried = CLASSES.index("carried_over")
    likelihood = np.zeros((len(ratio), len(CLASSES)))
    known = np.isfinite(ratio)
    for column in range(len(CLASSES)):
        mean, sd = BLANK_CARRIED if column == carried else BLANK_CELLS
        likelihood[known, column] = norm.logpdf(ratio[known], mean, np.sqrt(sd**2 + error[known] ** 2))
    absent = (compare.seen_medium > 0) & (compare.seen_other == 0)
    # the blank is one more chance to see a carried-over protein, missed about as often as elsewhere
    likelihood[absent, carried] = np.log(0.5 ** min(compare.measured_other, 3))
    words = [
        f"blank: log2 ratio {value:.1f}" if np.isfinite(value) else "not in the blank" if gone else ""
        for value, gone in zip(ratio, absent, strict=True)
    ]
    return Evidence("blank", likelihood, words)


def _combine(
    start: NDArray[np.float64], pieces: Sequence[Evidence], category: NDArray[np.object_]
) -> tuple[NDArray[np.float64], list[str]]:
    with np.errstate(divide="ignore"):
        log_posterior = np.log(start)
    for piece in pieces:
        log_posterior = log_posterior + piece.log_likelihood
    log_posterior -= log_posterior.max(axis=1, keepdims=True)
    posterior = np.exp(log_posterior)
    words = [
        "; ".join([f"annotation: {kind}", *(piece.words[row] for piece in pieces if piece.words[row])])
        for row, kind in enumerate(category)
    ]
    return posterior / posterior.sum(axis=1, keepdims=True), words


def _cap_additives(
    one: Proteome,
    rows: NDArray[np.bool_],
    pieces: Sequence[Evidence],
    probability: NDArray[np.float64],
    words: list[str],
) -> tuple[NDArray[np.float64], list[str]]:
    """A declared additive is carried over or unresolved, unless it exceeds a blank of the medium."""
    genes = genes_of(one.proteins)
    declared = declared_additives(one.samples[rows], knowledge.table("additives").frame, set(genes) - {""})
    added = frozenset().union(*declared.genes.values()) if declared.genes else frozenset()
    exceeds = _exceeds_blank(pieces, len(genes))
    carried, unresolved = CLASSES.index("carried_over"), CLASSES.index("unresolved")
    for row in np.flatnonzero(np.isin(genes, list(added)) & ~exceeds):
        # declared and not shown to be more than declared: at best the two cannot be told apart
        both = float(probability[row, carried] + probability[row, unresolved])
        share = float(probability[row, carried]) / both if both > 0 else 0.0
        probability[row] = 0.0
        probability[row, carried] = max(share, 0.5)
        probability[row, unresolved] = 1 - probability[row, carried]
        words[row] += "; declared additive"
    return probability, words


def _exceeds_blank(pieces: Sequence[Evidence], count: int) -> NDArray[np.bool_]:
    for piece in pieces:
        if piece.name == "blank":
            carried = piece.log_likelihood[:, CLASSES.index("carried_over")]
            other = piece.log_likelihood[:, CLASSES.index("secreted")]
            exceeds: NDArray[np.bool_] = other - carried > np.log(20)
            return exceeds
    return np.zeros(count, dtype=bool)


# --- as a result ------------------------------------------------------------------------------


def result(proteomes: Sequence[Proteome], study: Study) -> Result:
    """`define.origin`: probabilities a protein and group, and the share of the signal in each class."""
    tables, shares, used = [], [], set()
    for one in proteomes:
        for origin in origins(one, study):
            tables.append(_table(one, origin))
            shares.append(_shares(one, origin))
            used |= set(origin.used)
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
        tables={"summary": summary, "groups": pd.concat(shares, ignore_index=True), "proteins": proteins},
        parameters={"classes": list(CLASSES), "lysate": LYSATE, "masked": MASKED},
        sources=sources("annotation", "origin_counts", "origin_priors", "additives"),
        notes=_notes(used),
        lacks=_lacks(used),
        methods=(
            Method(
                "The origin of each protein was expressed as probabilities over secreted, unconventional, shed, "
                "vesicle, leaked, carried over, contaminant and unresolved, from a prior by annotation category "
                "and the likelihood of the evidence at hand."
            ),
        ),
    )


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
