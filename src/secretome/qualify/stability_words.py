"""What the page says of a stability study: doubts, summary, sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from secretome.results import Answer, Cell, Method, Result, Verdict
from secretome.stats import shelf_life

from .stability_options import StabilityOptions
from .stability_rows import censored_in

POWDER = ("moisture", "cake", "reconstitution")  # what a freeze-dried product is also judged by


def notes_of(name: str, mine: pd.DataFrame, found: shelf_life.ShelfLife) -> list[str]:
    """The doubts that a reader of one attribute must see."""
    notes = []
    lots = len(found.lots)
    if lots < 3:
        what = "describes this lot, not lots" if lots == 1 else "ICH Q1E asks for three"
        notes.append(f"{name}: {lots} lot{'s' if lots > 1 else ''}; {what}.")
    for lot, own in mine.groupby("lot", sort=False):
        if not own["time"].is_monotonic_increasing:
            notes.append(f"{name}: the times of lot {lot} are not in order in the file; were rows exchanged?")
    notes += _directions(name, found)
    if found.status == "outside at month 0":
        notes.append(
            f"{name}: the confidence limit is already outside the {found.limit} limit at the start: no shelf life."
        )
    every = float(found.fit("dids", found.error).months.min())
    if every < found.months:
        notes.append(
            f"{name}: lots were pooled; every lot by its own line gives {every:.4g} instead of {found.months:.4g}. With lots that differ, pooling is too long more often than 5 % (docs/7-qualify.md)."
        )
    count = int(censored_in(mine).sum())
    if count:
        notes.append(
            f"{name}: {count} of {len(mine)} values are below the LLOQ; they count as such (maximum likelihood, normal errors), no number stands in for them."
        )
    return notes


def _directions(name: str, found: shelf_life.ShelfLife) -> list[str]:
    notes = []
    slopes = found.chosen.slope
    for given, moves, side in (
        (found.upper is None, (slopes > 0).all(), "lower"),
        (found.lower is None, (slopes < 0).all(), "upper"),
    ):
        if given and moves:
            word = "rises" if side == "lower" else "falls"
            notes.append(
                f"{name} {word} in every lot, but only {'a lower' if side == 'lower' else 'an upper'} limit was given: is the limit on the wrong side?"
            )
    if len(found.lots) > 1 and found.sides == 1 and found.lower is not None and found.upper is not None:
        notes.append(
            f"{name}: one-sided limits on each of two sides; ICH Q1E asks for a two-sided interval when the direction is not known."
        )
    return notes


def summary_of(attributes: pd.DataFrame, options: StabilityOptions) -> pd.DataFrame:
    """One row: supported, extrapolated, claimed, and what fails first."""
    months = attributes["months"]
    known = months.notna().all()
    first = attributes.loc[months.idxmin()] if known else None
    extrapolated = float(months.min()) if known else np.nan
    supported = float(min(attributes["supported"].min(), extrapolated)) if known else np.nan
    claimed = extrapolated if options.extrapolation_reason and np.isfinite(extrapolated) else supported
    every = attributes["months_every_lot"]
    return pd.DataFrame(
        {
            "extrapolated": [extrapolated],
            "supported": [supported],
            "claimed": [claimed],
            "every_lot_alone": [float(every.min()) if known else np.nan],
            "limiting_attribute": ["" if first is None else first["attribute"]],
            "limiting_lot": ["" if first is None else first["limiting_lot"]],
            "time_unit": [options.time_unit],
            "of": ["activity" if attributes["potency"].any() else "the markers, not of activity"],
        }
    )


def result_of(
    tables: dict[str, pd.DataFrame],
    options: StabilityOptions,
    notes: tuple[str, ...],
    lacks: tuple[str, ...],
    condition: str,
) -> Result:
    """The result of one clock, temperature and state."""
    summary = tables["summary"].iloc[0]
    verdict: Verdict | None = (
        "cannot be judged" if lacks else "fail" if summary["extrapolated"] == 0 else None
    )
    template = f"{condition[0].upper()}{condition[1:]}: " if condition else ""
    template += _template(summary, bool(lacks))
    if not tables["attributes"]["potency"].any():
        notes = (
            *notes,
            "Without the potency assay among the attributes this is the shelf life of the markers, not of activity.",
        )
    if options.extrapolation_reason:
        notes = (
            *notes,
            f"The claim goes beyond real-time data on the reason given: {options.extrapolation_reason}.",
        )
    cells = [name for name in summary.index if "{" + str(name) + "}" in template]
    return Result(
        "qualify", "stability", "How long does it keep?",
        Answer(template, {name: Cell("summary", name) for name in cells}), verdict=verdict, tables=tables,
        parameters={
            "method": "ICH Q1E analysis of covariance", "condition": condition, "pooling": options.pooling,
            "pooling_alpha": shelf_life.POOLING_ALPHA,
            "error_convention": f"{options.error} when slopes differ (both are in the table models)",
            "confidence": options.confidence, "alpha": 1 - options.confidence,
            "sides": "1 with one limit, 2 with both" if options.sides is None else options.sides,
            "transform": options.transform, "time_unit": options.time_unit,
            "claim_rule": options.extrapolation_reason or "the smaller of supported and extrapolated",
        },
        notes=notes, lacks=lacks,
        methods=(Method("Shelf lives were estimated by the analysis of covariance of ICH Q1E."),),
    )  # fmt: skip


def _template(summary: pd.Series, lacking: bool) -> str:
    if lacking:
        return "The shelf life cannot be judged: at least one attribute has no usable series."
    if summary["extrapolated"] == 0:
        return "No shelf life: {limiting_attribute} is outside its limit at the start."
    if np.isinf(summary["extrapolated"]):
        return "Shelf life of {of}: supported by real-time data to {supported} {time_unit}; no attribute heads for its limit, so nothing is extrapolated."
    alone = (
        "; every lot by its own line {every_lot_alone} {time_unit}"
        if summary["every_lot_alone"] < summary["extrapolated"]
        else ""
    )
    return (
        "Shelf life of {of}: supported by real-time data to {supported} {time_unit}, extrapolated to {extrapolated} {time_unit} "
        f"({{limiting_attribute}} fails first, {{limiting_lot}}{alone}); claimed {{claimed}} {{time_unit}}."
    )
