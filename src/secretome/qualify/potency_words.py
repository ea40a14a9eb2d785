"""What the page says of a potency assay: doubts, verdict, sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from secretome.results import Answer, Cell, Method, Result, Verdict

from .potency_options import PotencyOptions

_WORDS = {
    "fail": " NOT PARALLEL, the number does not count:",
    "cannot be judged": " parallelism not judged:",
    "pass": "",
}


def notes_of(frame: pd.DataFrame, plates: pd.DataFrame, options: PotencyOptions) -> list[str]:
    """The doubts that a reader of a potency must see."""
    notes = []
    if not options.dose_unit:
        notes.append(
            "The dose unit was not stated: a relative potency per volume, per protein, per particle and per cell equivalent are different numbers."
        )
    if options.combination == "weighted_homogeneous" and len(set(plates["plate"])) > 1:
        notes.append(
            "The weighted combination has within-plate error only: its interval is too short wherever plates differ, and the test of homogeneity (q) misses that with few plates."
        )
    notes += [
        f"{row.preparation} on plate {row.plate}: {row.status}."
        for row in plates.itertuples()
        if row.status not in {"ok", "converged"}
    ]
    if "complete" in plates and not plates["complete"].all():
        notes.append(
            "Wells are missing from the layout: fitted by least squares, the terms of the analysis of variance are sequential."
        )
    if options.model != "parallel line" and {"block", "row", "column"} & set(frame):
        notes.append("Blocks, rows and columns are not used by curves.")
    notes += [*_falling(frame, options), *_shapes(frame)]
    notes += _extrapolated(frame, plates, options)
    if options.judge == "f-test":
        notes.append(
            "The F test fails precise assays trivially and passes imprecise ones; an equivalence margin says more."
        )
    return notes


def _falling(frame: pd.DataFrame, options: PotencyOptions) -> list[str]:
    reference = frame[frame["preparation"] == options.reference]
    means = reference.groupby("dose")["response"].mean().sort_index()
    if means.iloc[-1] >= means.iloc[0]:
        return []
    return [
        "Responses fall with the dose: right for an inhibition; if not, dilutions were entered as doses and the potency is the reciprocal."
    ]


def _shapes(frame: pd.DataFrame) -> list[str]:
    notes = []
    for (plate, name), wells in frame.groupby(["plate", "preparation"], sort=True):
        means = wells.groupby("dose")["response"].mean().sort_index().to_numpy()
        steps = np.sign(np.diff(means))
        spread = float(wells.groupby("dose")["response"].std().mean())
        against = np.abs(np.diff(means))[steps == -np.sign(means[-1] - means[0])]
        if against.size and spread > 0 and against.max() > 3 * spread:
            notes.append(
                f"{name} on plate {plate}: responses are not monotone in dose (a step of more than three replicate standard deviations the other way)."
            )
    return notes


def _extrapolated(frame: pd.DataFrame, plates: pd.DataFrame, options: PotencyOptions) -> list[str]:
    """Ratios that no dose of the reference answers for: the ranges of equivalent doses do not overlap."""
    notes = []
    for row in plates.itertuples():
        wells = frame[frame["plate"].astype(str) == str(row.plate)]
        doses = {n: w.loc[w["dose"] > 0, "dose"] for n, w in wells.groupby("preparation")}
        own, reference = doses[row.preparation] * row.ratio, doses[options.reference]
        if own.max() < reference.min() or own.min() > reference.max():
            notes.append(
                f"{row.preparation} on plate {row.plate}: its doses act like doses of {options.reference} that were not tested; the potency is extrapolated."
            )
    return notes


def result_of(tables: dict[str, pd.DataFrame], notes: tuple[str, ...], options: PotencyOptions) -> Result:
    """The result, with its verdict and sentence."""
    verdict, lacks = _verdict(tables, options)
    parts, cells = [], {}
    for i, row in enumerate(tables["summary"].itertuples()):
        where = {"preparation": row.preparation}
        cells[f"name{i}"] = Cell("summary", "preparation", where)
        if not np.isfinite(row.percent):
            parts.append(f"{{name{i}}}: no potency, its curve could not be fitted (table plates)")
            continue
        parts.append(
            f"{{name{i}}}:{_WORDS[str(row.parallel)]} {{percent{i}}} % of reference lot {{reference{i}}} "
            f"({100 * options.confidence:g} % interval {{lower{i}}} to {{upper{i}}} %)"
        )
        cells |= {f"{c}{i}": Cell("summary", c, where) for c in ("percent", "reference", "lower", "upper")}
    unsuitable = (tables["suitability"]["verdict"] == "fail").any()
    end = ". NOT SUITABLE, the numbers do not count (table suitability)." if unsuitable else "."
    lines = Method(
        "Relative potencies were estimated from parallel lines with Fieller limits (Ph. Eur. 5.3)."
    )
    sigmoid = Method(
        f"Relative potencies were estimated from constrained parallel {options.model} curves.", ("10.1371/journal.pone.0146021",)
    )  # fmt: skip
    return Result(
        "qualify", "potency", "How potent is the lot, relative to the reference lot?",
        Answer("; ".join(parts) + end, cells), verdict=verdict, tables=tables, parameters=_parameters(options),
        notes=notes, lacks=lacks, methods=(lines if options.model == "parallel line" else sigmoid,),
    )  # fmt: skip


def _verdict(
    tables: dict[str, pd.DataFrame], options: PotencyOptions
) -> tuple[Verdict | None, tuple[str, ...]]:
    summary = tables["summary"]
    known = summary[np.isfinite(summary["percent"])]
    inside = (known["percent"] >= known["limit_lower"]) & (known["percent"] <= known["limit_upper"])
    lacks = [
        f"{name}: no potency; the responses do not follow the curve, or the doses do not reach where it bends."
        for name in summary.loc[~np.isfinite(summary["percent"]), "preparation"]
    ]
    if (known["parallel"] == "cannot be judged").any():
        lacks.append(
            "Parallelism cannot be judged: no equivalence margin of the slope ratio was given, with its reason."
            if options.judge == "equivalence"
            else "Parallelism cannot be judged: a preparation's own curve could not be fitted, so there is no F."
        )
    if (tables["suitability"]["verdict"] == "fail").any() or (summary["parallel"] == "fail").any():
        return "fail", tuple(lacks)
    if options.limits is not None and not inside.all():
        return "fail", tuple(lacks)
    if lacks:
        return "cannot be judged", tuple(lacks)
    return ("pass" if options.limits is not None else None), ()


def _parameters(options: PotencyOptions) -> dict[str, object]:
    return {
        "model": options.model,
        "design": options.design if options.model == "parallel line" else "",
        "transform": options.transform,
        "robust": options.robust,
        "reference": options.reference,
        "judge_of_parallelism": options.judge,
        "slope_margin": options.slope_margin,
        "margin_reason": options.margin_reason,
        "acceptance_percent": options.limits,
        "acceptance_reason": options.limits_reason,
        "criteria": [list(one) for one in options.criteria],
        "criteria_reason": options.criteria_reason,
        "combination_convention": options.combination,
        "bootstrap": options.bootstrap,
        "dose_unit": options.dose_unit or "not stated",
        "alpha": options.alpha,
        "confidence": options.confidence,
    }
