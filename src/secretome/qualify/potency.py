"""Relative potency of test lots against a reference lot, with parallelism judged before any number counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from secretome.errors import InvalidInput, NotEstimable, Problem
from secretome.results import Answer, Cell, Method, Result, Verdict
from secretome.stats import curves, parallel_line

Model = Literal["3pl", "4pl", "5pl", "parallel line"]
Transform = Literal["none", "log", "sqrt"]
Judge = Literal["equivalence", "f-test"]
Combination = Literal["weighted_homogeneous", "semi_weighted", "unweighted"]


@dataclass(frozen=True)
class PotencyOptions:
    """Choices of a potency assay.

    Parameters
    ----------
    reference
        The preparation that potency is relative to.
    model
        Constrained parallel curves (4pl, 3pl, 5pl) or parallel lines on the logarithm of dose.
    transform
        Of the response before fitting.
    judge
        Parallelism by equivalence of slopes (and spans of curves) within `slope_margin`, or by the F test at
        `alpha`; both are always printed.
    slope_margin, margin_reason
        Limits of the ratio of slopes, test over reference, and why these; no default.
    limits, limits_reason
        Acceptance limits of the relative potency in per cent, and why these.
    combination
        Convention that combines plates. The unweighted mean of logs is the default because its interval covers
        whether plates agree or not; the weighted one assumes that they do (simulation in docs/7-qualify.md).
    dose_unit, carrier_protein
        Unit of the dose; whether carrier protein was added to the product.
    alpha, confidence
        Of the validity tests, and of the potency interval.
    """

    reference: str
    model: Model = "4pl"
    transform: Transform = "none"
    judge: Judge = "equivalence"
    slope_margin: tuple[float, float] | None = None
    margin_reason: str = ""
    limits: tuple[float, float] | None = None
    limits_reason: str = ""
    combination: Combination = "unweighted"
    dose_unit: str = ""
    carrier_protein: bool = False
    alpha: float = 0.05
    confidence: float = 0.95


def relative_potency(wells: pd.DataFrame, options: PotencyOptions) -> Result:
    """Potency of each test preparation as per cent of the reference lot, judged for parallelism.

    Parameters
    ----------
    wells
        Layout `potency`: one row a well.
    options
        Reference, model, margins and conventions.

    Returns
    -------
    Result `qualify.potency` with tables `summary` (a row a preparation), `plates` (each plate and preparation),
    `parallelism`, and `validity` (parallel line). Verdict: `cannot be judged` without a margin, `fail` when
    parallelism or an acceptance limit is missed, `pass` only with limits and reasons given.

    Raises
    ------
    InvalidInput
        If margins or limits have no reason, or doses in micrograms of protein meet carrier protein.
    NotEstimable
        If a preparation has one dose only, a plate lacks the reference, or slopes have opposite signs.

    Examples
    --------
    >>> wells = pd.DataFrame({
    ...     "preparation": ["R"] * 6 + ["T"] * 6, "dose": [1, 2, 4] * 4,
    ...     "response": [10, 14, 18.2, 10.2, 13.8, 18, 12.1, 15.9, 20.2, 11.9, 16.1, 19.8]})
    >>> found = relative_potency(wells, PotencyOptions("R", model="parallel line", judge="f-test"))
    >>> found.sentence()
    'T: 141 % of reference lot R (95 % interval 135 to 147 %).'
    """
    _check_options(wells, options)
    frame = wells.assign(
        plate=wells.get("plate", "all"),
        response=_transformed(wells["response"], options.transform),
    )
    if options.model == "parallel line":
        plates, parallelism, validity = _lines(frame, options)
    else:
        plates, parallelism = _curves(frame, options)
        validity = pd.DataFrame()
    parallelism = _judged(parallelism, options)
    summary = _summary(frame, plates, parallelism, options)
    tables = {"summary": summary, "plates": plates, "parallelism": parallelism}
    tables |= {"validity": validity} if len(validity) else {}
    return _result(tables, _notes(frame, plates, options), options)


def _check_options(wells: pd.DataFrame, options: PotencyOptions) -> None:
    problems = []
    if options.slope_margin and not options.margin_reason:
        problems.append(
            Problem("options", "a margin without a reason", "why these limits", "Give --margin-reason.")
        )
    if options.slope_margin and not options.slope_margin[0] < 1 < options.slope_margin[1]:
        problems.append(
            Problem(
                "options", f"slope margin {options.slope_margin}", "limits on both sides of 1", "Mend it."
            )
        )
    if options.limits and not options.limits_reason:
        problems.append(
            Problem("options", "limits without a reason", "why these limits", "Give --limits-reason.")
        )
    if options.limits and not 0 < options.limits[0] < options.limits[1]:
        problems.append(Problem("options", f"limits {options.limits}", "0 < lower < upper", "Mend them."))
    if options.carrier_protein and "protein" in options.dose_unit.lower():
        problems.append(
            Problem(
                "options",
                f"doses in {options.dose_unit} of a product with carrier protein",
                "a dose basis that the carrier does not change",
                "Give doses per cell equivalent, per particle or per volume.",
            )
        )
    if options.transform != "none" and (wells["response"] <= 0).any():
        rows = wells.loc[wells["response"] <= 0]
        line = int(rows["line"].iloc[0]) if "line" in rows else None
        problems.append(
            Problem(
                "wells",
                "a response that is zero or negative",
                "a positive response to transform",
                "Mend it.",
                line,
            )
        )
    if problems:
        raise InvalidInput(problems)


def _transformed(response: pd.Series, transform: Transform) -> pd.Series:
    if transform == "log":
        return pd.Series(np.log(response.to_numpy(float)), index=response.index)
    return (
        pd.Series(np.sqrt(response.to_numpy(float)), index=response.index)
        if transform == "sqrt"
        else response
    )


def _lines(frame: pd.DataFrame, options: PotencyOptions) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    rows, parallel, validity = [], [], []
    for plate, wells in frame.groupby("plate", sort=True):
        layout = {
            name: wells[name]
            for name in ("block", "row", "column")
            if name in wells and (wells[name] != "").all()
        }
        found = parallel_line.fit(
            wells["dose"], wells["response"], wells["preparation"], reference=options.reference,
            confidence=options.confidence, **layout,
        )  # fmt: skip
        f, p = found.validity.row("non-parallelism")[3:]
        linear = found.validity.row("non-linearity")
        regression = found.validity.row("regression")
        for i, name in enumerate(found.preparations):
            rows.append(
                {"plate": plate, "preparation": name, "log_ratio": found.log_ratio[i],
                 "standard_error": found.standard_error[i], "df": found.df, "ratio": found.ratio[i],
                 "lower": found.lower[i], "upper": found.upper[i], "interval": "Fieller", "wells": len(wells),
                 "layout": found.layout, "complete": found.complete, "status": "ok" if found.g < 1 else "slope not clear of zero"}
            )  # fmt: skip
            parallel.append(
                {"plate": plate, "preparation": name, "criterion": "slope", "ratio": found.slope_ratio[i],
                 "lower": found.slope_ratio_lower[i], "upper": found.slope_ratio_upper[i], "f": f, "p_f": p,
                 "rsse_ratio": np.nan, "p_linearity": linear[4], "p_regression": regression[4]}
            )  # fmt: skip
        validity += [
            {"plate": plate, "term": term, "df": found.validity.df[i], "sum_of_squares": found.validity.sum_of_squares[i],
             "mean_square": found.validity.mean_square[i], "f": found.validity.f[i], "p_value": found.validity.p_value[i]}
            for i, term in enumerate(found.validity.term)
        ]  # fmt: skip
    return pd.DataFrame(rows), pd.DataFrame(parallel), pd.DataFrame(validity)


def _curves(frame: pd.DataFrame, options: PotencyOptions) -> tuple[pd.DataFrame, pd.DataFrame]:
    found = curves.relative_potency(
        frame["dose"], frame["response"], frame["preparation"].astype(str).to_numpy(), reference=options.reference,
        model=options.model, weights=frame.get("weight"),  # type: ignore[arg-type]
        plate=frame["plate"].astype(str).to_numpy(), level=options.confidence,
    )  # fmt: skip
    wells = frame.groupby(["plate", "preparation"]).size()
    base = {"plate": found.plate.astype(str), "preparation": found.preparation.astype(str)}
    plates = pd.DataFrame(
        {
            **base,
            "log_ratio": found.log_ratio,
            "standard_error": found.standard_error,
            "df": found.df,
            "ratio": found.ratio,
            "lower": found.ratio_lower,
            "upper": found.ratio_upper,
            "interval": "t on the log ratio",
            "wells": [
                int(wells[(p, t)] + wells[(p, options.reference)])
                for p, t in zip(base["plate"], base["preparation"], strict=True)
            ],
            "status": found.status,
        }
    )
    compared = found.parallelism
    parts = []
    for criterion in ("slope", "span"):
        ratio = getattr(compared, criterion)
        parts.append(
            pd.DataFrame(
                {**base, "criterion": criterion, "ratio": ratio.estimate, "lower": ratio.lower, "upper": ratio.upper,
                 "f": compared.f, "p_f": compared.p_value, "rsse_ratio": compared.rsse_ratio,
                 "p_linearity": np.nan, "p_regression": np.nan}
            )
        )  # fmt: skip
    parallelism = pd.concat(parts, ignore_index=True)
    if (parallelism.loc[parallelism["criterion"] == "slope", "ratio"] < 0).any():
        raise NotEstimable(
            "the curves of test and reference run in opposite directions; were doses entered in reverse order?"
        )
    return plates, parallelism


def _judged(parallelism: pd.DataFrame, options: PotencyOptions) -> pd.DataFrame:
    frame = parallelism.copy()
    if (frame.loc[frame["criterion"] == "slope", "ratio"] < 0).any():
        raise NotEstimable("the lines of test and reference run in opposite directions; were doses reversed?")
    low, high = options.slope_margin or (np.nan, np.nan)
    frame["margin_lower"], frame["margin_upper"] = low, high
    if options.judge == "f-test":
        bad = (frame["p_f"] < options.alpha) | (frame["p_linearity"] < options.alpha)
        frame["parallel"] = np.where(bad | ~(frame["p_regression"].fillna(0) < options.alpha), "fail", "pass")
    elif options.slope_margin is None:
        frame["parallel"] = "cannot be judged"
    else:
        frame["parallel"] = np.where((frame["lower"] > low) & (frame["upper"] < high), "pass", "fail")
    frame["rule"] = options.judge
    return frame


def _summary(
    frame: pd.DataFrame, plates: pd.DataFrame, parallelism: pd.DataFrame, options: PotencyOptions
) -> pd.DataFrame:
    rows = []
    for name, mine in plates.groupby("preparation", sort=True):
        if len(mine) == 1:
            one = mine.iloc[0]
            ratio, low, high, q, p, how = (
                one["ratio"],
                one["lower"],
                one["upper"],
                np.nan,
                np.nan,
                one["interval"],
            )
        else:
            c = curves.combine(
                mine["log_ratio"],
                mine["standard_error"],
                mine["df"],
                convention=options.combination,
                level=options.confidence,
            )
            ratio, low, high, q, p, how = (
                c.ratio,
                c.ratio_lower,
                c.ratio_upper,
                c.q,
                c.q_p_value,
                options.combination,
            )
        judged = set(parallelism.loc[parallelism["preparation"] == name, "parallel"])
        parallel = next(word for word in ("fail", "cannot be judged", "pass") if word in judged)
        factor = _assumed(frame, str(name), options.reference)
        rows.append(
            {"preparation": str(name), "reference": options.reference, "percent": 100 * ratio, "lower": 100 * low,
             "upper": 100 * high, "plates": len(mine), "convention": how, "q": q, "q_p_value": p, "parallel": parallel,
             "assumed": factor, "estimated": factor * ratio, "estimated_lower": factor * low, "estimated_upper": factor * high,
             "lower_percent_of_estimate": 100 * low / ratio, "upper_percent_of_estimate": 100 * high / ratio,
             "limit_lower": (options.limits or (np.nan, np.nan))[0], "limit_upper": (options.limits or (np.nan, np.nan))[1]}
        )  # fmt: skip
    return pd.DataFrame(rows)


def _assumed(frame: pd.DataFrame, name: str, reference: str) -> float:
    """Assumed potency of the test, 1 where none is given; several values are refused."""
    if "assumed" not in frame:
        return 1.0
    given = set(frame.loc[frame["preparation"] == name, "assumed"].dropna())
    if len(given) > 1:
        listed = ", ".join(map(str, sorted(given)))
        raise InvalidInput(
            [
                Problem(
                    "wells",
                    f"{name} has assumed potencies {listed}",
                    "one (the reference is " + reference + ")",
                    "Mend the column.",
                )
            ]
        )
    return float(given.pop()) if given else 1.0


def _notes(frame: pd.DataFrame, plates: pd.DataFrame, options: PotencyOptions) -> tuple[str, ...]:
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
    for (plate, name), wells in frame.groupby(["plate", "preparation"], sort=True):
        means = wells.groupby("dose")["response"].mean().sort_index().to_numpy()
        steps = np.sign(np.diff(means))
        spread = float(wells.groupby("dose")["response"].std().mean())
        against = np.abs(np.diff(means))[steps == -np.sign(means[-1] - means[0])]
        if against.size and spread > 0 and against.max() > 3 * spread:
            notes.append(
                f"{name} on plate {plate}: responses are not monotone in dose (a step of more than three replicate standard deviations the other way)."
            )
    if options.judge == "f-test":
        notes.append(
            "The F test fails precise assays trivially and passes imprecise ones; an equivalence margin says more."
        )
    return tuple(notes)


def _result(tables: dict[str, pd.DataFrame], notes: tuple[str, ...], options: PotencyOptions) -> Result:
    summary = tables["summary"]
    inside = (summary["percent"] >= summary["limit_lower"]) & (summary["percent"] <= summary["limit_upper"])
    verdict: Verdict | None = None
    lacks: tuple[str, ...] = ()
    if (summary["parallel"] == "fail").any() or (options.limits is not None and not inside.all()):
        verdict = "fail"
    elif (summary["parallel"] == "cannot be judged").any():
        verdict = "cannot be judged"
        lacks = (
            "Parallelism cannot be judged: no equivalence margin of the slope ratio was given, with its reason.",
        )
    elif options.limits is not None:
        verdict = "pass"
    parts: list[str] = []
    cells: dict[str, Cell] = {}
    for i, row in enumerate(summary.itertuples()):
        words = {
            "fail": " NOT PARALLEL, the number does not count:",
            "cannot be judged": " parallelism not judged:",
            "pass": "",
        }
        where = {"preparation": row.preparation}
        parts.append(
            f"{{name{i}}}:{words[str(row.parallel)]} {{percent{i}}} % of reference lot {{reference{i}}} "
            f"({100 * options.confidence:g} % interval {{lower{i}}} to {{upper{i}}} %)"
        )
        cells |= {f"name{i}": Cell("summary", "preparation", where)}
        cells |= {f"{c}{i}": Cell("summary", c, where) for c in ("percent", "reference", "lower", "upper")}
    return Result(
        "qualify",
        "potency",
        "How potent is the lot, relative to the reference lot?",
        Answer("; ".join(parts) + ".", cells),
        verdict=verdict,
        tables=tables,
        parameters={
            "model": options.model,
            "transform": options.transform,
            "reference": options.reference,
            "judge_of_parallelism": options.judge,
            "slope_margin": options.slope_margin,
            "margin_reason": options.margin_reason,
            "acceptance_percent": options.limits,
            "acceptance_reason": options.limits_reason,
            "combination_convention": options.combination,
            "dose_unit": options.dose_unit or "not stated",
            "alpha": options.alpha,
            "confidence": options.confidence,
        },
        notes=notes,
        lacks=lacks,
        methods=(
            Method(
                "Relative potencies were estimated from parallel lines with Fieller limits (Ph. Eur. 5.3)."
            )
            if options.model == "parallel line"
            else Method(
                f"Relative potencies were estimated from constrained parallel {options.model} curves.",
                ("10.1371/journal.pone.0146021",),
            ),
        ),
    )
