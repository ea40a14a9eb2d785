"""How much of each medium leaked from broken cells, and how much was carried over."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.results import Answer, Cell, Method, Result
from secretome.study import Study

from ._knowledge import sources
from ._proteome import Proteome
from .annotation import categories
from .enrichment import partner_signal

# Share of the signal of whole cells that lies in the obligate-intracellular panel: mean and sd over
# 23 lysates of six mesenchymal tissues (six-niche study); used where no lysate was measured.
PANEL_IN_CELLS, PANEL_SD = 0.543, 0.021
# A panel this small tells nothing of the rest of the cell.
FEWEST_PANEL_PROTEINS = 10
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
    `panel_proteins`, `serum_percent`, `scaled_by`.

    Notes
    -----
    leak = panel share in the medium / panel share in the cells. It assumes that cells that
    break release their content alike; where only cytosol leaks, it is too high.
    """
    panel = (categories(one.proteins) == "intracellular") & ~one.masked
    clean = one.percent * ~one.masked
    scale, spread, by = _panel_in_cells(one, study, panel)
    draw = np.random.default_rng(seed)
    rows = []
    for row in range(len(one.samples)):
        values = clean[row, panel]
        seen = int((values > 0).sum())
        share = float(np.nansum(values))
        lower, upper = _interval(values, scale[row], spread[row], draw)
        enough = seen >= FEWEST_PANEL_PROTEINS
        rows.append(
            {
                "assay": one.assay,
                "sample": str(one.samples["sample"].iloc[row]),
                "group": str(one.samples["group"].iloc[row]),
                "panel_percent": share,
                "panel_proteins": seen,
                "leak_percent": min(share / scale[row], 100.0) if enough else np.nan,
                "leak_lower": lower if enough else np.nan,
                "leak_upper": upper if enough else np.nan,
                "serum_percent": _carried(one, row),
                "scaled_by": by[row],
            }
        )
    return pd.DataFrame(rows)


def _panel_in_cells(
    one: Proteome, study: Study, panel: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], list[str]]:
    """For each sample the panel's share of whole cells, its sd, and where it was measured."""
    scale = np.full(len(one.samples), PANEL_IN_CELLS)
    spread = np.full(len(one.samples), PANEL_SD)
    by = ["reference: lysates of six mesenchymal tissues"] * len(one.samples)
    for assay in study.select(kind="proteome", material="cell_lysate"):
        inside = categories(assay.matrix.var) == "intracellular"
        for row in range(len(one.samples)):
            group = {name: str(one.samples[name].iloc[row]) for name in one.grouped_by}
            signal, level = partner_signal(study, assay, group)
            if not len(signal):
                continue
            shares = np.nansum(signal[:, inside], axis=1) / np.nansum(signal, axis=1)
            scale[row] = float(shares.mean())
            spread[row] = float(shares.std(ddof=1) / np.sqrt(len(shares))) if len(shares) > 1 else PANEL_SD
            by[row] = f"lysate {assay.name!r}, matched by {level}"
    del panel
    return scale, spread, by


def _interval(
    values: NDArray[np.float64], scale: float, spread: float, draw: np.random.Generator
) -> tuple[float, float]:
    """90 % interval of the leak from a bootstrap over panel proteins and the error of the scale."""
    counts = (
        draw.multinomial(len(values), np.full(len(values), 1 / len(values)), size=BOOTSTRAP)
        if len(values)
        else None
    )
    if counts is None:
        return float("nan"), float("nan")
    shares = counts @ np.nan_to_num(values)
    scales = np.clip(draw.normal(scale, spread, BOOTSTRAP), 0.05, 1.0)
    tails = [50 * (1 - INTERVAL), 50 * (1 + INTERVAL)]
    lower, upper = np.percentile(np.clip(shares / scales, 0, 100), tails)
    return float(lower), float(upper)


def _carried(one: Proteome, row: int) -> float:
    kind = one.proteins["contaminant_class"].isin(["bovine", "serum"]).to_numpy()
    return float(np.nansum(one.percent[row, kind]))


def result(proteomes: Sequence[Proteome], study: Study, *, seed: int) -> Result:
    """`define.leakage`: leak and carry-over of each sample with its interval."""
    table = pd.concat([leak_shares(one, study, seed=seed) for one in proteomes], ignore_index=True)
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
    if not {"viability_percent", "ldh_percent"} & set(study.samples.columns):
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
            "bootstrap": BOOTSTRAP,
            "interval": INTERVAL,
            "seed": seed,
        },
        sources=sources("annotation"),
        notes=(
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
