"""Each kind of evidence on the origin of proteins, as log likelihoods over the classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from secretome.study import Assay, Study, samples_of

from ._proteome import Proteome
from .anchors import Density, lysate_densities, vesicle_densities
from .annotation import CLASSES
from .covariation import FEWEST_SERUM_PROTEINS, Covariation, covariation
from .enrichment import Enrichment, enrichment, log2_share, partner_rows, partner_signal
from .species import own_share

# Classes whose place in a ratio is known; the others are wide.
DECISIVE = ("secreted", "vesicle", "leaked")
# A blank is not one without cells when it shows this many panel proteins at this share of the medium's level.
PANEL_IN_BLANK, PANEL_SHARE_IN_BLANK = 10, 0.1
# Covariation speaks where annotation does not. Used on all proteins, up to 20 to 1, it lowered the separation
# of enriched proteins in the six-niche study (median AUROC .988 to .984, lowest .972 to .962).
MOVED_BY_COVARIATION = ("unknown", "plasma")


@dataclass(frozen=True)
class Evidence:
    """One kind of evidence on one group: log likelihood (n, classes), words (n,), and doubts.

    `carried_share` (n,) is the part of a protein's amount that was measured without cells: it decides
    `carried_over`. `leaked_share` (n,) is the part that broken cells must have brought at the panel's rate:
    it is taken from `vesicle`. NaN where the other material did not show the protein.
    """

    name: str
    log_likelihood: NDArray[np.float64]
    words: list[str]
    doubts: tuple[str, ...] = ()
    carried_share: NDArray[np.float64] | None = None
    leaked_share: NDArray[np.float64] | None = None


def measured_beside(
    one: Proteome, study: Study, rows: NDArray[np.bool_], category: NDArray[np.object_]
) -> list[Evidence]:
    """What lysates, blanks and vesicle fractions of the same group tell; `rows` (m,) is the group."""
    group = {name: str(one.samples.loc[rows, name].iloc[0]) for name in one.grouped_by}
    panel = (category == "intracellular") & ~one.masked
    pieces = []
    for assay in study.select(kind="proteome"):
        compare = _compare(one, study, assay, group, rows)
        if compare is None:
            continue
        if assay.material == "cell_lysate":
            doubts = _other_donors(one, study, assay, rows)
            placed = lysate_densities(compare.log2_ratio, np.where(one.masked, "", category))
            found = _by_classes("lysate", compare, compare.log2_ratio, placed, doubts)
            level, spread = placed["leaked"]
            share = _expected_part(compare.log2_ratio - level, np.hypot(compare.standard_error, spread))
            pieces.append(replace(_with_unseen(found, compare, placed), leaked_share=share))
        elif assay.material == "medium_blank":
            pieces.append(_from_blank(compare, assay, study, panel))
        elif assay.material == "vesicles" and study.assays[one.assay].material != "vesicles":
            ratio = -compare.log2_ratio
            placed = vesicle_densities(ratio, np.where(one.masked, "", category))
            pieces.append(_by_classes("vesicle fraction", compare, ratio, placed, ()))
    return pieces


def within_the_study(one: Proteome, study: Study, category: NDArray[np.object_]) -> list[Evidence]:
    """What the samples tell among themselves: covariation with two panels, and peptides of other species."""
    pieces = []
    leak = covariation(one, (category == "intracellular") & ~one.masked, category)
    if leak is not None:
        pieces.append(
            _from_covariation("leak covariation", leak, "leaked", "the intracellular panel", category)
        )
    serum = np.asarray(one.proteins["contaminant_class"].isin(["bovine", "serum"]), dtype=bool)
    carried = covariation(one, serum, category, fewest=FEWEST_SERUM_PROTEINS)
    if carried is not None:
        pieces.append(
            _from_covariation("serum covariation", carried, "carried_over", "the serum panel", category)
        )
    share = own_share(one, study)
    if np.isfinite(share).any():
        pieces.append(_from_species(share))
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


def _other_donors(one: Proteome, study: Study, assay: Assay, rows: NDArray[np.bool_]) -> tuple[str, ...]:
    """A doubt when medium and lysate of a group have no donor in common."""
    lysates = samples_of(assay, study.samples)
    if "donor" not in lysates or "donor" not in one.samples:
        return ()
    here = one.samples[rows]
    tissue = set(here["tissue"].astype(str)) if "tissue" in here and "tissue" in lysates else set()
    if tissue:
        lysates = lysates[lysates["tissue"].astype(str).isin(tissue)]
    donors, others = set(here["donor"].dropna().astype(str)), set(lysates["donor"].dropna().astype(str))
    if not donors or not others or donors & others:
        return ()
    return (
        (
            f"Lysate {assay.name!r} is of other donors ({', '.join(sorted(others)[:4])}) than the media of "
            f"{here['group'].iloc[0]} ({', '.join(sorted(donors)[:4])}): differences of donors stand in the ratio."
        ),
    )


def _by_classes(
    name: str,
    compare: Enrichment,
    ratio: NDArray[np.float64],
    densities: Mapping[str, Density],
    doubts: tuple[str, ...],
) -> Evidence:
    likelihood = np.zeros((len(ratio), len(CLASSES)))
    known = np.isfinite(ratio)
    # beyond the outermost class a ratio says no more than at it: wide classes would win again out there
    means = [densities[kind][0] for kind in DECISIVE]
    value = np.clip(ratio[known], min(means), max(means))
    for column, kind in enumerate(CLASSES):
        mean, sd = densities[kind]
        spread = np.sqrt(sd**2 + compare.standard_error[known] ** 2)
        likelihood[known, column] = norm.logpdf(value, mean, spread)
    words = [
        f"{name}: log2 share ratio of the medium {value:.1f} (matched by {compare.level})"
        if np.isfinite(value)
        else ""
        for value in compare.log2_ratio
    ]
    return Evidence(name, likelihood, words, doubts)


def _with_unseen(piece: Evidence, compare: Enrichment, densities: Mapping[str, Density]) -> Evidence:
    """The evidence with proteins that the lysates did not show: their ratio is at least a lower bound."""
    unseen = np.flatnonzero(np.isfinite(compare.lower_bound) & ~np.isfinite(compare.log2_ratio))
    if compare.measured_other < 2:
        return piece
    bound = compare.lower_bound[unseen]
    likelihood, words = piece.log_likelihood.copy(), list(piece.words)
    for column, kind in enumerate(CLASSES):
        mean, sd = densities[kind]
        # the limit of detection is no sharp line
        likelihood[unseen, column] = norm.logsf(bound, mean, np.hypot(sd, 1.0))
    for row, value in zip(unseen, bound, strict=True):
        words[row] = f"lysate: not seen there, log2 share ratio of the medium above {value:.1f}"
    return replace(piece, log_likelihood=likelihood, words=words)


def _from_blank(compare: Enrichment, assay: Assay, study: Study, panel: NDArray[np.bool_]) -> Evidence:
    """What a blank of the same medium holds of a protein was brought by the medium; the rest was not."""
    ratio = compare.log2_ratio
    likelihood = np.zeros((len(ratio), len(CLASSES)))
    doubt = _why_no_blank(ratio, assay, study, panel)
    if doubt:
        return Evidence("blank not used", likelihood, [""] * len(ratio), (doubt,))
    share = _expected_part(ratio, compare.standard_error)
    absent = (compare.seen_medium > 0) & (compare.seen_other == 0)
    # the blank is one more chance to see a carried-over protein, missed about as often as elsewhere
    likelihood[absent, CLASSES.index("carried_over")] = np.log(0.5 ** min(compare.measured_other, 3))
    words = [
        f"blank: log2 ratio of the medium {value:.1f}"
        if np.isfinite(value)
        else "not in the blank"
        if gone
        else ""
        for value, gone in zip(ratio, absent, strict=True)
    ]
    return Evidence("blank", likelihood, words, carried_share=share)


def _expected_part(log2_ratio: NDArray[np.float64], error: NDArray[np.float64]) -> NDArray[np.float64]:
    """Expected min(1, 2^-x), the log2 ratio x being normal about its estimate; NaN where there is none."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    drawn = log2_ratio[:, None] + error[:, None] * nodes
    return np.asarray(np.minimum(1.0, np.exp2(-drawn)) @ weights / weights.sum())


def _why_no_blank(ratio: NDArray[np.float64], assay: Assay, study: Study, panel: NDArray[np.bool_]) -> str:
    """Why a blank cannot be used, in words; empty when it can."""
    samples = samples_of(assay, study.samples)
    if "load" in samples and samples["load"].eq("equal_protein").all():
        return (
            f"Blank {assay.name!r} was loaded by protein (load = equal_protein): it is made to look like a medium, so its "
            "intensities cannot be compared and it was not used. Load the volume that the media were loaded with."
        )
    if _holds_cells(ratio, panel):
        return (
            f"Blank {assay.name!r} shows {int(np.isfinite(ratio[panel]).sum())} proteins that only broken cells release: it "
            "is no blank without cells and was not used. Was it carried through without cells and kept apart?"
        )
    return ""


def _holds_cells(log2_ratio: NDArray[np.float64], panel: NDArray[np.bool_]) -> bool:
    seen = log2_ratio[panel][np.isfinite(log2_ratio[panel])]
    return len(seen) >= PANEL_IN_BLANK and float(np.median(seen)) < -np.log2(PANEL_SHARE_IN_BLANK)


def _from_covariation(
    name: str, found: Covariation, kind: str, panel: str, category: NDArray[np.object_]
) -> Evidence:
    likelihood = np.zeros((len(found.log_ratio), len(CLASSES)))
    likelihood[:, CLASSES.index(kind)] = found.log_ratio
    # what may have come either way is judged by the mean of both densities
    between = np.logaddexp(found.log_ratio, 0.0) - np.log(2.0)
    for other in {"unresolved", "vesicle", "unconventional"} - {kind}:
        likelihood[:, CLASSES.index(other)] = between
    open_question = np.isin(category.astype(str), MOVED_BY_COVARIATION)
    likelihood[~open_question] = 0.0
    words = [
        f"moves with {panel}: r {value:.2f}" if asked and np.isfinite(value) and abs(ratio) >= 1 else ""
        for value, ratio, asked in zip(found.correlation, found.log_ratio, open_question, strict=True)
    ]
    return Evidence(name, likelihood, words)


def _from_species(share: NDArray[np.float64]) -> Evidence:
    """Of a mixed group, the part that peptides of one species give to the other species was carried over."""
    words = [
        f"of the peptides that tell species apart {100 * value:.0f} % are of the study's own"
        if np.isfinite(value)
        else ""
        for value in share
    ]
    nothing = np.zeros((len(share), len(CLASSES)))
    return Evidence("species of peptides", nothing, words, carried_share=1 - share)
