"""How much of each medium leaked from broken cells, and how much was carried over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.results import Answer, Cell, Method, Result
from secretome.study import Study

from ._knowledge import sources
from ._proteome import Proteome
from .annotation import categories
from .enrichment import partner_rows, partner_signal
from .viability import Anchored, anchored

# Share of the signal of whole cells that lies in the obligate-intracellular panel: mean and sd over
# 22 control lysates of six mesenchymal tissues (six-niche study; counted again by a test); used where
# no lysate was measured.
PANEL_IN_CELLS, PANEL_SD = 0.542, 0.019
# A panel this small tells nothing of the rest of the cell.
FEWEST_PANEL_PROTEINS = 10
# Serum that was left shows few proteins, albumin above all: below this its share has no interval.
FEWEST_SERUM_PROTEINS = 3
# With a lysate the most abundant panel proteins of the cells are compared that make this share of the panel.
PANEL_MASS = 0.7
# What a bootstrap over proteins cannot see (vesicle cargo, the reference, uneven release), natural log: judgement.
UNSEEN_SD = 0.15
BOOTSTRAP = 500
INTERVAL = 0.90


def leak_shares(one: Proteome, study: Study, *, seed: int) -> pd.DataFrame:
    """Leak and carry-over of each sample as a percent of its signal.

    Parameters
    ----------
    one
        A proteome with contaminant flags.
    study
        For matched lysates.
    seed
        Of the bootstrap over panel proteins.

    Returns
    -------
    DataFrame with `panel_percent` (signal in the obligate-intracellular panel),
    `leak_percent`, `leak_lower`, `leak_upper` (scaled to whole cells, 90 % interval),
    `anchored_percent` (leak with LDH or viability as second witness), `panel_proteins`, `serum_percent`, `serum_lower`, `serum_upper` (proteins of other species), `scaled_by`.

    Notes
    -----
    leak = panel share in the medium / panel share in the cells. It assumes that cells that
    break release their content alike; where only cytosol leaks, it is too high.
    """
    panel = (categories(one.proteins) == "intracellular") & ~one.masked
    references = _references(one, study, panel)
    draw, draw_serum = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    rows = []
    for row, reference in enumerate(references):
        values = np.nan_to_num(one.percent[row, panel])
        seen = values > 0
        leaks = _leaks(values, reference, draw) if seen.sum() >= FEWEST_PANEL_PROTEINS else None
        rows.append(
            {
                "assay": one.assay,
                "sample": str(one.samples["sample"].iloc[row]),
                "group": str(one.samples["group"].iloc[row]),
                "panel_percent": float(values.sum()),
                "panel_proteins": int(seen.sum()),
                "leak_percent": np.nan if leaks is None else leaks[0],
                "leak_lower": np.nan if leaks is None else leaks[1],
                "leak_upper": np.nan if leaks is None else leaks[2],
                **_carried(one, row, draw_serum),
                "scaled_by": reference.name,
            }
        )
    table = pd.DataFrame(rows)
    return table.assign(anchored_percent=anchored(table, one.samples).percent)


@dataclass(frozen=True)
class _Reference:
    """Share of whole cells in each panel protein (p,), or None with the panel's share and its sd."""

    name: str
    proteins: NDArray[np.float64] | None
    share: float = PANEL_IN_CELLS
    spread: float = PANEL_SD


def _references(one: Proteome, study: Study, panel: NDArray[np.bool_]) -> list[_Reference]:
    """For each sample the lysate of its group, or the reference of other cells."""
    found = [_Reference("reference: lysates of six mesenchymal tissues", None)] * len(one.samples)
    for assay in study.select(kind="proteome", material="cell_lysate"):
        partner = partner_rows(one.proteins, assay.matrix.var)[panel]
        for row in range(len(one.samples)):
            group = {name: str(one.samples[name].iloc[row]) for name in one.grouped_by}
            signal, level = partner_signal(study, assay, group)
            if not len(signal):
                continue
            shares = np.nan_to_num(signal) / np.nansum(signal, axis=1, keepdims=True)
            cells = np.where(partner >= 0, shares.mean(axis=0)[partner], 0.0)
            found[row] = _Reference(f"lysate {assay.name!r}, matched by {level}", cells)
    return found


def _leaks(
    values: NDArray[np.float64], reference: _Reference, draw: np.random.Generator
) -> tuple[float, float, float]:
    """Leak and its 90 % interval: a bootstrap over panel proteins.

    With a lysate the panel proteins are compared that make 70 % of the panel in the cells: faint ones that
    the instrument misses in the medium would make the leak look small, and choosing those that the media
    show best would make it look large.
    """
    tails = [50 * (1 - INTERVAL), 50 * (1 + INTERVAL)]
    if reference.proteins is not None:
        chosen = _abundant(reference.proteins)
        medium, cells = values[chosen], reference.proteins[chosen]
        if len(chosen) >= FEWEST_PANEL_PROTEINS:
            counts = draw.multinomial(len(medium), np.full(len(medium), 1 / len(medium)), size=BOOTSTRAP)
            unseen = np.exp(draw.normal(0.0, UNSEEN_SD, BOOTSTRAP))
            lower, upper = np.percentile((counts @ medium) / (counts @ cells) * unseen, tails)
            return _percent(medium.sum() / cells.sum()), _percent(lower), _percent(upper)
    counts = draw.multinomial(len(values), np.full(len(values), 1 / len(values)), size=BOOTSTRAP)
    scales = np.clip(draw.normal(reference.share, reference.spread, BOOTSTRAP), 0.05, 1.0)
    unseen = np.exp(draw.normal(0.0, UNSEEN_SD, BOOTSTRAP))
    lower, upper = np.percentile((counts @ values) / scales * unseen, tails)
    return _percent(values.sum() / reference.share), _percent(lower), _percent(upper)


def _abundant(cells: NDArray[np.float64]) -> NDArray[np.int64]:
    """The most abundant panel proteins of the cells, together 70 % of the panel."""
    order = np.argsort(-cells, kind="stable")
    share = np.cumsum(cells[order]) / max(float(cells.sum()), 1e-300)
    return order[: int((share < PANEL_MASS).sum()) + 1] if cells.any() else order[:0]


def _percent(value: float) -> float:
    return float(min(max(value, 0.0), 100.0))


def _carried(one: Proteome, row: int, draw: np.random.Generator) -> dict[str, float]:
    """Percent of the signal in proteins of other species, and its 90 % interval: a bootstrap over proteins."""
    kind = one.proteins["contaminant_class"].isin(["bovine", "serum"]).to_numpy()
    values = np.nan_to_num(one.percent[row, kind])
    values = values[values > 0]
    lower = upper = np.nan
    if len(values) >= FEWEST_SERUM_PROTEINS:
        counts = draw.multinomial(len(values), np.full(len(values), 1 / len(values)), size=BOOTSTRAP)
        lower, upper = np.percentile(counts @ values, [50 * (1 - INTERVAL), 50 * (1 + INTERVAL)])
    return {"serum_percent": float(values.sum()), "serum_lower": float(lower), "serum_upper": float(upper)}


def result(proteomes: Sequence[Proteome], study: Study, *, seed: int) -> Result:
    """`define.leakage`: leak and carry-over of each conditioned medium with its interval."""
    # in a vesicle preparation the inside of the cell is cargo as well as debris
    proteomes = [one for one in proteomes if study.assays[one.assay].material == "conditioned_medium"]
    if not proteomes:
        return _not_tested()
    found = [leak_shares(one, study, seed=seed) for one in proteomes]
    table = pd.concat(found, ignore_index=True)
    anchors = [anchored(shares, one.samples) for shares, one in zip(found, proteomes, strict=True)]
    known = table["leak_percent"].dropna()
    summary = pd.DataFrame(
        {
            "samples": [len(table)],
            "judged": [len(known)],
            "median_percent": [float(known.median()) if len(known) else np.nan],
            "max_percent": [float(known.max()) if len(known) else np.nan],
        }
    )
    measured = table["scaled_by"].str.startswith("lysate").any()
    lacks = (
        []
        if measured
        else ["A lysate of the same cells would scale the leak; here a reference of other cells did."]
    )
    if not any(anchor.by for anchor in anchors):
        lacks.append(
            "Viability at harvest or LDH release would anchor the leak independently of the proteome."
        )
    template = (
        "Of {samples} samples {judged} could be judged; the median leak is {median_percent} % of the signal, the "
        "largest {max_percent} %, if cells that break release their content alike."
    )
    return Result(
        stage="define",
        name="leakage",
        question="How much leaked from broken cells, how much was carried over?",
        answer=Answer(template, {name: Cell("summary", name) for name in summary.columns}),
        tables={"summary": summary, "samples": table},
        parameters={
            "panel_in_cells": PANEL_IN_CELLS,
            "panel_mass": PANEL_MASS,
            "unseen_sd": UNSEEN_SD,
            "bootstrap": BOOTSTRAP,
            "interval": INTERVAL,
            "seed": seed,
        },
        sources=sources("annotation"),
        notes=(
            *_on_anchors(anchors),
            "Leak is often a mediator of what a treatment does; comparisons are not adjusted for it.",
            "Glycolytic enzymes rise with hypoxia; where oxygen differs the panel is not a pure measure of leak.",
        ),
        lacks=tuple(lacks),
        methods=(
            Method(
                "Leakage was estimated as the share of the signal in an obligate-intracellular panel divided by that "
                "share in cell lysates, with a bootstrap interval over panel proteins."
            ),
        ),
    )


def _not_tested() -> Result:
    return Result(
        stage="define",
        name="leakage",
        question="How much leaked from broken cells, how much was carried over?",
        answer=Answer("No proteome of conditioned medium was given, so no leak was judged."),
        verdict="not tested",
        lacks=("Leakage: a proteome of the conditioned medium would show it.",),
    )


def _on_anchors(anchors: Sequence[Anchored]) -> list[str]:
    notes = []
    for anchor in anchors:
        what = {"ldh_percent": "LDH release", "viability_percent": "viability"}.get(anchor.by, "")
        if what:
            notes.append(
                f"In {anchor.samples} samples {what} rises with the leak of the proteome (rank correlation "
                f"{anchor.correlation:.2f}); anchored_percent takes both into account."
            )
        elif anchor.samples:
            notes.append(
                f"In {anchor.samples} samples LDH or viability does not go with the leak of the proteome (rank "
                f"correlation {anchor.correlation:.2f}): one of them measures something else, and nothing was anchored."
            )
    return notes
