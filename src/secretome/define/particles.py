"""Particles of the media and vesicles: counts less their blank, size, loss on detergent, purity, each with its error."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from secretome.results import Answer, Cell, Method, Result
from secretome.stats.ratio import NORMAL, Estimate, net, ratio
from secretome.study import Assay, Study

from ._knowledge import sources
from .handling import divisor
from .misev import shown

_SIZES = ("mode_nm", "median_nm", "mean_nm")
# CLAIMS section 3: what a table of particles must carry.
_RECORD = {
    "instrument": "the instrument",
    "settings": "its settings",
    "buffer": "the buffer of dilution",
    "dilution": "the dilution",
    "size_limit_nm": "the smallest size it sees",
}


def counts(assay: Assay, study: Study) -> pd.DataFrame:
    """One row a sample: particles less the blank, sizes, loss on detergent, particles per microgram and per cell.

    Parameters
    ----------
    assay
        Of kind particles, as `read` made it.
    study
        For `protein_ug_ml`, `protein_ug_ml_error`, cells and volume.

    Notes
    -----
    Standard errors come from the relative spread of replicate readings, pooled over all preparations of the
    assay; the blank's error is added in squares; intervals use t on the pooled degrees of freedom, those of ratios
    on the logarithm (`stats.ratio`). Loss on detergent = 1 - lysed / intact, both less the blank.
    """
    runs = assay.tidy
    runs = runs[np.isfinite(runs["particles_per_ml"]) & (runs["particles_per_ml"] >= 0)]
    spread, wide = _reading_spread(runs)
    blank, blank_error, readings = _mean(runs[(runs["kind"] == "blank") & ~runs["detergent"]], spread)
    if not readings:
        blank, blank_error = 0.0, 0.0
    rows = []
    for sample, mine in runs[runs["kind"] == "sample"].groupby("sample", sort=False):
        intact, lysed = mine[~mine["detergent"]], mine[mine["detergent"]]
        value, error, n = _mean(intact, spread)
        if not n:
            continue
        clean = net(value, error, blank, blank_error)
        facts = (
            study.samples.loc[str(sample)] if str(sample) in study.samples.index else pd.Series(dtype=object)
        )
        rows.append(
            {
                "assay": assay.name,
                "sample": str(sample),
                "readings": n,
                "particles_per_ml": clean.value,
                "standard_error": clean.standard_error,
                "lower": clean.value - wide * clean.standard_error,
                "upper": clean.value + wide * clean.standard_error,
                "blank_per_ml": blank if readings else np.nan,
                "blank_percent": 100 * blank / value if readings and value > 0 else np.nan,
                **_sizes(intact),
                **_loss(_mean(lysed, spread), clean, blank, blank_error, wide / NORMAL),
                **_per_microgram(facts, clean.value, clean.standard_error * wide / NORMAL),
                **_per_cell(facts, clean.value, str(mine["concentrated"].iloc[0])),
                "instrument": str(intact["instrument"].iloc[0]),
                "note": _doubt(clean.value, clean.value - wide * clean.standard_error, n),
            }
        )
    return pd.DataFrame(rows)


def result(assays: list[Assay], tables: list[pd.DataFrame], study: Study) -> Result:
    """The result `define.particles`, with the list of what was shown of the vesicles."""
    found = pd.concat(tables, ignore_index=True)
    checklist = shown(study, found, assays)
    above = found["lower"] > 0
    summary = pd.DataFrame(
        {
            "samples": [len(found)],
            "above_blank": [int(above.sum())],
            "median_per_ml": [_median(found["particles_per_ml"])],
            "with_loss": [int(found["detergent_loss_percent"].notna().sum())],
            "median_loss_percent": [_median(found["detergent_loss_percent"])],
            "with_ratio": [int(found["particles_per_ug"].notna().sum())],
            "items_shown": [int((checklist["status"] == "shown").sum())],
            "items": [len(checklist)],
        }
    )
    template = "{above_blank} of {samples} samples hold more particles than the blank (median {median_per_ml} per mL)"
    names = ["above_blank", "samples", "median_per_ml", "items_shown", "items"]
    if summary["with_loss"].iloc[0]:
        template += "; detergent removes a median of {median_loss_percent} % in {with_loss} samples"
        names += ["median_loss_percent", "with_loss"]
    template += ". {items_shown} of {items} points of the list after MISEV were shown."
    return Result(
        stage="define",
        name="particles",
        question="How many particles, how large, and what of them is vesicle?",
        answer=Answer(template, {name: Cell("summary", name) for name in names}),
        verdict="pass" if above.all() else "warn",
        tables={"summary": summary, "samples": found, "checklist": checklist},
        parameters={"interval": "95 %, relative spread of readings pooled over preparations, errors of blank added in squares"},
        sources=sources("ev_markers"),
        notes=_notes(found),
        lacks=_lacks(assays, found),
        methods=(
            Method("Marker classes follow MISEV2018 and the reporting of particles MISEV2023.",
                   ("10.1080/20013078.2018.1535750", "10.1002/jev2.12404")),
        ),
    )  # fmt: skip


def _median(values: pd.Series) -> float:
    known = values.dropna()
    return float(known.median()) if len(known) else np.nan


def _reading_spread(runs: pd.DataFrame) -> tuple[float, float]:
    """Relative sd of one reading, pooled over preparations, and the t quantile of a 95 % interval; NaN without replicates."""
    squares, df = 0.0, 0
    for _, mine in runs.groupby(["sample", "detergent"], sort=False):
        values = mine["particles_per_ml"].to_numpy(dtype=float)
        if len(values) > 1 and values.mean() > 0:
            squares += float(((values / values.mean() - 1) ** 2).sum())
            df += len(values) - 1
    return (float(np.sqrt(squares / df)), float(stats.t.ppf(0.975, df))) if df else (np.nan, np.nan)


def _mean(runs: pd.DataFrame, spread: float) -> tuple[float, float, int]:
    values = runs["particles_per_ml"].to_numpy(dtype=float)
    if not len(values):
        return np.nan, np.nan, 0
    return float(values.mean()), float(spread * values.mean() / np.sqrt(len(values))), len(values)


def _sizes(runs: pd.DataFrame) -> dict[str, float]:
    sizes: dict[str, float] = {}
    for name in _SIZES:
        values = runs[name].dropna().to_numpy(dtype=float)
        sizes[name] = float(values.mean()) if len(values) else np.nan
        error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
        sizes[f"{name}_error"] = float(error)
    return sizes


def _loss(
    lysed: tuple[float, float, int], intact: Estimate, blank: float, blank_error: float, wide: float
) -> dict[str, float]:
    """Loss with the interval of lysed / intact (delta method, not on the logarithm: lysed may be nothing)."""
    rest, rest_error, n = lysed
    if not n or not intact.value > 0:
        return {"detergent_loss_percent": np.nan, "loss_lower": np.nan, "loss_upper": np.nan}
    left = net(rest, rest_error, blank, blank_error)
    share = left.value / intact.value
    error = float(np.hypot(left.standard_error, share * intact.standard_error)) / intact.value * wide * NORMAL
    return {
        "detergent_loss_percent": 100 * (1 - share),
        "loss_lower": 100 * (1 - share - error),
        "loss_upper": 100 * min(1 - share + error, 1.0),
    }


def _per_microgram(facts: pd.Series, value: float, error: float) -> dict[str, float]:
    protein = _number(facts, "protein_ug_ml")
    found = ratio(value, error, protein, _number(facts, "protein_ug_ml_error"))
    return {
        "particles_per_ug": found.value,
        "particles_per_ug_lower": found.lower,
        "particles_per_ug_upper": found.upper,
    }


def _per_cell(facts: pd.Series, value: float, said: str) -> dict[str, float]:
    cells, volume = _number(facts, "cells_at_harvest"), _number(facts, "volume_ml")
    factor, why = divisor(said, _number(facts, "concentration_factor"))
    possible = cells > 0 and volume > 0 and not why
    return {"particles_per_million_cells": value / factor * volume / (cells / 1e6) if possible else np.nan}


def _number(facts: pd.Series, name: str) -> float:
    return float(pd.to_numeric(facts.get(name, np.nan), errors="coerce"))


def _doubt(value: float, lower: float, readings: int) -> str:
    told = [] if value > 0 else ["no more particles than the blank"]
    told += ["not separated from the blank"] if value > 0 and not lower > 0 and np.isfinite(lower) else []
    told += ["one reading: no error"] if readings == 1 else []
    return "; ".join(told)


def _notes(found: pd.DataFrame) -> tuple[str, ...]:
    told = [
        "What is counted are particles, not vesicles; particles per microgram is a label of co-isolated protein, never a gate.",
        "Errors are those of repeated readings of one preparation, not of donors or of instruments.",
    ]
    if len(set(found["instrument"])) > 1:
        told.append(
            "Particles were counted on several instruments: their numbers are not comparable with each other."
        )
    return tuple(told)


def _lacks(assays: list[Assay], found: pd.DataFrame) -> tuple[str, ...]:
    told = []
    for assay in assays:
        runs = assay.tidy
        gaps = [
            text
            for name, text in _RECORD.items()
            if (runs[name].isna() | (runs[name].astype(str) == "")).all()
        ]
        if gaps:
            told.append(f"{assay.name}: not reported: {', '.join(gaps)}.")
        if not (runs["kind"] == "blank").any():
            told.append(
                f"{assay.name}: no blank; a medium without cells would show which particles it brings."
            )
        if not runs["detergent"].any():
            told.append(f"{assay.name}: no detergent control; it would show how many particles are vesicles.")
    if found["particles_per_ug"].isna().all():
        told.append(
            "Particles per microgram: the sample table has no protein_ug_ml (and its error protein_ug_ml_error)."
        )
    return tuple(told)
