"""Where each protein of a medium comes from: probabilities, and the evidence that moved them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome import knowledge
from secretome.knowledge.additives import declared_additives
from secretome.study import Study

from ._proteome import Proteome
from .annotation import CLASSES, categories, genes_of, priors
from .evidence import Evidence, measured_beside, within_the_study

MASKED = 0.97


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
    doubts
        What speaks against using some of it as given.
    """

    group: str
    probability: NDArray[np.float64]
    evidence: list[str]
    used: tuple[str, ...] = field(default=())
    doubts: tuple[str, ...] = field(default=())


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
    if study.assays[one.assay].material == "vesicles":
        start = _in_vesicles(start)
    shared = within_the_study(one, study, category)
    found = []
    for name in sorted(set(one.samples["group"])):
        rows = (one.samples["group"] == name).to_numpy()
        pieces = [*measured_beside(one, study, rows, category), *shared]
        probability, words = _combine(start, pieces, category)
        probability, words = _cap_additives(one, rows, pieces, probability, words)
        seen = np.isfinite(one.log2[rows]).any(axis=0) | np.isfinite(one.signal[rows]).any(axis=0)
        probability[~seen] = np.nan
        doubts = tuple(doubt for piece in pieces for doubt in piece.doubts)
        used = tuple(piece.name for piece in pieces if not piece.name.endswith("not used"))
        found.append(Origin(str(name), probability, words, used, doubts))
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


def _in_vesicles(start: NDArray[np.float64]) -> NDArray[np.float64]:
    """In a vesicle preparation the inside of the cell may be cargo: half of `leaked` cannot be told."""
    leaked, unresolved = CLASSES.index("leaked"), CLASSES.index("unresolved")
    found = start.copy()
    found[:, leaked] /= 2
    found[:, unresolved] += found[:, leaked]
    return found


def _combine(
    start: NDArray[np.float64], pieces: Sequence[Evidence], category: NDArray[np.object_]
) -> tuple[NDArray[np.float64], list[str]]:
    with np.errstate(divide="ignore"):
        log_posterior = np.log(start)
    for piece in pieces:
        log_posterior = log_posterior + piece.log_likelihood
    log_posterior -= log_posterior.max(axis=1, keepdims=True)
    posterior = np.exp(log_posterior)
    posterior /= posterior.sum(axis=1, keepdims=True)
    for piece in pieces:
        if piece.leaked_share is not None:
            told = any(other.name == "vesicle fraction" for other in pieces)
            posterior = _with_leaked_share(posterior, piece.leaked_share, told=told)
    for piece in pieces:
        if piece.carried_share is not None:
            posterior = _with_carried_share(posterior, piece.carried_share)
    words = [
        "; ".join([f"annotation: {kind}", *(piece.words[row] for piece in pieces if piece.words[row])])
        for row, kind in enumerate(category)
    ]
    return posterior, words


def _with_leaked_share(
    posterior: NDArray[np.float64], share: NDArray[np.float64], *, told: bool
) -> NDArray[np.float64]:
    """Broken cells release their vesicle proteins too: that part of what is on vesicles is not settled.

    It leaked where a vesicle fraction was measured as well (`told`), else it is unresolved.
    """
    vesicle, other = CLASSES.index("vesicle"), CLASSES.index("leaked" if told else "unresolved")
    moved = posterior[:, vesicle] * np.nan_to_num(share)
    found = posterior.copy()
    found[:, vesicle] -= moved
    found[:, other] += moved
    return found


def _with_carried_share(posterior: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """The part that a blank holds is carried over; the rest keeps its proportions."""
    carried = CLASSES.index("carried_over")
    # a contaminant of the handling is in the blank as well, and stays what it is
    known = np.isfinite(share) & (posterior[:, CLASSES.index("contaminant")] < 0.5)
    found = posterior.copy()
    rest = np.delete(np.arange(len(CLASSES)), carried)
    left = posterior[np.ix_(known, rest)]
    total = left.sum(axis=1, keepdims=True)
    scaled = np.where(total > 1e-12, left / np.where(total > 1e-12, total, 1.0), 0.0)
    keep = np.where(total[:, 0] > 1e-12, 1 - share[known], 0.0)
    found[np.ix_(known, rest)] = scaled * keep[:, None]
    found[known, carried] = 1 - keep
    return found


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
    """Whether a blank holds less than a tenth of what the medium holds."""
    for piece in pieces:
        if piece.name == "blank" and piece.carried_share is not None:
            return np.asarray(np.nan_to_num(piece.carried_share, nan=1.0) < 0.1)
    return np.zeros(count, dtype=bool)
