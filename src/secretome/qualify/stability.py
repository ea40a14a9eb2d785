"""Stability: how long each attribute keeps, which one fails first, supported against extrapolated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from secretome.errors import InvalidInput, NotEstimable, Problem
from secretome.results import Answer, Cell, Method, Result, Verdict
from secretome.stats import shelf_life

Transform = Literal["none", "log"]
GAS_CONSTANT = 8.31446261815324  # J/(mol K), CODATA 2018
ZERO_CELSIUS = 273.15


@dataclass(frozen=True)
class StabilityOptions:
    """Choices of a stability study.

    Parameters
    ----------
    lower, upper
        Acceptance limits where the file has none; they state the direction of change.
    error
        Residual variance when slopes differ: pooled (default) or of each lot; both are printed.
    confidence, sides
        Of the limit; sides None: 1 with one limit, 2 with both.
    transform
        `log` for a log-linear decay: values and limits are taken as logarithms.
    time_unit
        Unit of the time column.
    extrapolation_reason
        Why the claim may go beyond the real-time data; empty: it may not.
    release
        Value at release for the what-if shelf life, None for none.
    """

    lower: float | None = None
    upper: float | None = None
    error: shelf_life.ErrorTerm = "pooled"
    confidence: float = 0.95
    sides: int | None = None
    transform: Transform = "none"
    time_unit: str = "months"
    extrapolation_reason: str = ""
    release: float | None = None


def shelf_life_of(series: pd.DataFrame, options: StabilityOptions) -> Result:
    """Shelf life of a product from the stability series of its attributes, as ICH Q1E.

    Parameters
    ----------
    series
        Layout `stability`.
    options
        Limits and conventions.

    Returns
    -------
    Result `qualify.stability` with tables `summary`, `attributes` (one row each), `models` (every model,
    error term and lot), `pooling` (the analysis of covariance), and `release` when asked for.

    Raises
    ------
    InvalidInput
        If an attribute has no limit, clocks, states or temperatures are mixed, or limits differ within it.

    Examples
    --------
    >>> month = [0, 3, 6, 9, 12] * 3
    >>> value = [100.2, 99.3, 98.8, 97.9, 97.2, 99.9, 99.4, 98.5, 97.8, 97.1, 100, 99.5, 98.6, 98, 97]
    >>> frame = pd.DataFrame({"lot": list("AAAAABBBBBCCCCC"), "time": month, "value": value})
    >>> found = shelf_life_of(frame, StabilityOptions(lower=95))
    >>> float(found.tables["summary"]["claimed"].iloc[0])
    12.0
    """
    frame = series.assign(attribute=series.get("attribute", "value"))
    _check_one_condition(frame)
    problems: list[Problem] = []
    rows, models, pooling, release, notes, lacks = [], [], [], [], [], []
    for name, mine in frame.groupby("attribute", sort=False):
        limits = _limits(str(name), mine, options, problems)
        if limits is None:
            continue
        row = {
            "attribute": str(name),
            "potency": _is_potency(mine),
            "n": len(mine),
            "lots": mine["lot"].nunique(),
        }
        row |= {"lower_limit": limits[0], "upper_limit": limits[1], "supported": _supported(mine)}
        reason = _unusable(mine, limits, options)
        if reason:
            rows.append({**row, "months": np.nan, "status": "cannot be judged", "reason": reason})
            lacks.append(f"{name}: {reason}")
            continue
        found = _estimate(mine, limits, options)
        rows.append({**row, **_row(found)})
        models += _model_rows(str(name), found, options)
        pooling += _pooling_rows(str(name), found)
        notes += _notes(str(name), mine, found)
        if options.release is not None:
            release += _release_rows(str(name), mine, limits, options)
    if problems:
        raise InvalidInput(problems)
    attributes = pd.DataFrame(rows).reindex(columns=_ATTRIBUTE_COLUMNS)
    tables = {"summary": _summary(attributes, options), "attributes": attributes}
    tables |= {"models": pd.DataFrame(models)} if models else {}
    tables |= {"pooling": pd.DataFrame(pooling)} if pooling else {}
    tables |= {"release": pd.DataFrame(release)} if release else {}
    return _result(tables, options, tuple(notes), tuple(lacks))


_ATTRIBUTE_COLUMNS = [
    "attribute", "potency", "n", "lots", "lower_limit", "upper_limit", "model", "p_slope", "p_intercept",
    "months", "months_pooled_error", "months_separate_error", "limiting_lot", "limit", "status", "reason", "supported", "sides", "confidence",
]  # fmt: skip


def arrhenius(rates: pd.DataFrame, *, temperature_c: float) -> Result:
    """Rate at another temperature from rates at three or more, within one physical state; never a claim.

    Parameters
    ----------
    rates
        Columns `temperature_c`, `rate` (loss per time, positive), `state`.
    temperature_c
        Where the rate is asked for.

    Returns
    -------
    Result `qualify.arrhenius` with table `arrhenius`: rate with 95 % interval, activation energy in kJ/mol.

    Raises
    ------
    NotEstimable
        With fewer than three temperatures, several physical states, a frozen or freeze-dried product, or
        a rate that is not positive.

    Examples
    --------
    >>> frame = pd.DataFrame({"temperature_c": [5, 25, 40.0], "rate": [0.1, 0.8, 3.1], "state": "liquid"})
    >>> round(float(arrhenius(frame, temperature_c=30).tables["arrhenius"]["rate"].iloc[0]), 1)
    1.3
    """
    states = set(rates["state"])
    if states != {"liquid"}:
        raise NotEstimable(
            f"Arrhenius was asked for {', '.join(sorted(states))}: it holds within one physical state only, and never for frozen or freeze-dried product across its glass transition"
        )
    if rates["temperature_c"].nunique() < 3:
        raise NotEstimable(f"{rates['temperature_c'].nunique()} temperatures: Arrhenius needs at least three")
    if (rates["rate"] <= 0).any():
        raise NotEstimable("a rate is zero or negative: nothing was lost, so no activation energy exists")
    x = 1 / (rates["temperature_c"].to_numpy(float) + ZERO_CELSIUS)
    y = np.log(rates["rate"].to_numpy(float))
    design = np.column_stack([np.ones(x.size), x - x.mean()])
    coefficients, _, _, _ = np.linalg.lstsq(design, y, rcond=None)
    residual = y - design @ coefficients
    df = x.size - 2
    at = np.array([1.0, 1 / (temperature_c + ZERO_CELSIUS) - x.mean()])
    error = np.sqrt(residual @ residual / df * (at @ np.linalg.inv(design.T @ design) @ at))
    from scipy.stats import t

    half = float(t.ppf(0.975, df)) * error
    centre = float(at @ coefficients)
    table = pd.DataFrame(
        {
            "temperature_c": [temperature_c],
            "rate": [np.exp(centre)],
            "lower": [np.exp(centre - half)],
            "upper": [np.exp(centre + half)],
            "activation_energy_kj_mol": [-coefficients[1] * GAS_CONSTANT / 1000],
            "temperatures": [rates["temperature_c"].nunique()],
        }
    )
    template = "At {temperature_c} degrees C the rate would be {rate} ({lower} to {upper}) if Arrhenius held; this is no shelf life."
    return Result(
        "qualify",
        "arrhenius",
        "What would be lost at another temperature?",
        Answer(
            template, {name: Cell("arrhenius", name) for name in ("temperature_c", "rate", "lower", "upper")}
        ),
        tables={"arrhenius": table},
        notes=("Accelerated data are never the claim: it rests on real-time data.",),
    )


def _check_one_condition(frame: pd.DataFrame) -> None:
    problems = []
    for column in ("clock", "temperature_c", "state"):
        if column in frame:
            kinds = sorted({str(value) for value in frame[column].dropna() if str(value)})
            if len(kinds) > 1:
                action = "Give each in a file of its own: powder and in-use clocks, states and temperatures are never mixed."
                problems.append(Problem("stability", f"{column} holds {', '.join(kinds)}", "one", action))
    if problems:
        raise InvalidInput(problems)


def _limits(
    name: str, mine: pd.DataFrame, options: StabilityOptions, problems: list[Problem]
) -> tuple[float | None, float | None] | None:
    found: list[float | None] = []
    for side, standard in (("lower", options.lower), ("upper", options.upper)):
        given = sorted(set(mine[side].dropna())) if side in mine else []
        if len(given) > 1:
            listed = ", ".join(map(str, given))
            problems.append(
                Problem("stability", f"{name}: {side} is {listed}", "one limit", "Mend the column.")
            )
            return None
        found.append(given[0] if given else standard)
    if found == [None, None]:
        action = "Give --lower, --upper or both: they state the direction of change."
        problems.append(Problem("stability", f"{name} has no acceptance limit", "a limit", action))
        return None
    return found[0], found[1]


def _unusable(
    mine: pd.DataFrame, limits: tuple[float | None, float | None], options: StabilityOptions
) -> str:
    if "censored" in mine and mine["censored"].fillna(False).astype(bool).any():
        count = int(mine["censored"].fillna(False).astype(bool).sum())
        return f"{count} values are below the LLOQ; a line through values that were not measured would be invented"
    if options.transform == "log" and (mine["value"] <= 0).any():
        return "a value is zero or negative and has no logarithm"
    if options.transform == "log" and any(limit is not None and limit <= 0 for limit in limits):
        return "a limit is zero or negative and has no logarithm"
    for lot, own in mine.groupby("lot"):
        if len(own) < 3 or own["time"].nunique() < 2:
            return f"lot {lot} has {len(own)} values at {own['time'].nunique()} times; a line with its error needs 3 at 2"
    return ""


def _estimate(
    mine: pd.DataFrame, limits: tuple[float | None, float | None], options: StabilityOptions
) -> shelf_life.ShelfLife:
    low, high = (_transformed(limit, options) for limit in limits)
    value = np.log(mine["value"]) if options.transform == "log" else mine["value"]
    return shelf_life.estimate(
        mine["time"], value, mine["lot"], lower=low, upper=high, error=options.error,
        confidence=options.confidence, sides=options.sides,
    )  # fmt: skip


def _transformed(limit: float | None, options: StabilityOptions) -> float | None:
    return float(np.log(limit)) if limit is not None and options.transform == "log" else limit


def _row(found: shelf_life.ShelfLife) -> dict[str, object]:
    both = {
        f"months_{error}_error": float(found.fit("dids", error).months.min())
        if found.model == "dids"
        else np.nan
        for error in ("pooled", "separate")
    }
    return {
        "model": found.model, "p_slope": found.p_slope, "p_intercept": found.p_intercept, "months": found.months,
        **both, "limiting_lot": found.limiting_lot or "all lots alike", "limit": found.limit,
        "status": found.status, "reason": "", "sides": found.sides, "confidence": found.confidence,
    }  # fmt: skip


def _model_rows(name: str, found: shelf_life.ShelfLife, options: StabilityOptions) -> list[dict[str, object]]:
    return [
        {
            "attribute": name, "model": fit.model, "error": fit.error, "lot": lot,
            "intercept": fit.intercept[i], "slope": fit.slope[i], "sigma": fit.sigma[i], "df": fit.df[i],
            "months": fit.months[i], "limit": fit.limit[i], "status": fit.status[i],
            "worst": i == fit.worst, "chosen": fit is found.chosen, "scale": options.transform,
        }
        for fit in found.fits
        for i, lot in enumerate(found.lots)
    ]  # fmt: skip


def _pooling_rows(name: str, found: shelf_life.ShelfLife) -> list[dict[str, object]]:
    if found.ancova is None:
        return []
    a = found.ancova
    return [
        {"attribute": name, "term": term, "df": a.df[i], "sum_of_squares": a.sum_of_squares[i],
         "mean_square": a.mean_square[i], "f": a.f[i], "p_value": a.p_value[i]}
        for i, term in enumerate(a.term)
    ]  # fmt: skip


def _release_rows(
    name: str, mine: pd.DataFrame, limits: tuple[float | None, float | None], options: StabilityOptions
) -> list[dict[str, object]]:
    if None not in limits:
        raise NotEstimable(f"{name}: the what-if release limit needs exactly one acceptance limit")
    low, high = (_transformed(limit, options) for limit in limits)
    value = np.log(mine["value"]) if options.transform == "log" else mine["value"]
    found = shelf_life.release_limit(
        mine["time"], value, mine["lot"], release=_transformed(options.release, options),
        lower=low, upper=high, confidence=options.confidence,
    )  # fmt: skip
    return [
        {
            "attribute": name,
            "release": options.release,
            "model": model,
            "error": error,
            "lot": lot,
            "months": found.values[i, j],
        }
        for i, (model, error) in enumerate(found.models)
        for j, lot in enumerate(found.lots)
    ]


def _notes(name: str, mine: pd.DataFrame, found: shelf_life.ShelfLife) -> list[str]:
    notes = []
    lots = len(found.lots)
    if lots < 3:
        what = "describes this lot, not lots" if lots == 1 else "ICH Q1E asks for three"
        notes.append(f"{name}: {lots} lot{'s' if lots > 1 else ''}; {what}.")
    for lot, own in mine.groupby("lot", sort=False):
        if not own["time"].is_monotonic_increasing:
            notes.append(f"{name}: the times of lot {lot} are not in order in the file; were rows exchanged?")
    slopes = found.chosen.slope
    if found.upper is None and (slopes > 0).all():
        notes.append(
            f"{name} rises in every lot, but only a lower limit was given: is the limit on the wrong side?"
        )
    if found.lower is None and (slopes < 0).all():
        notes.append(
            f"{name} falls in every lot, but only an upper limit was given: is the limit on the wrong side?"
        )
    if found.status == "outside at month 0":
        notes.append(
            f"{name}: the confidence limit is already outside the {found.limit} limit at the start: no shelf life."
        )
    if len(found.lots) > 1 and found.sides == 1 and found.lower is not None and found.upper is not None:
        notes.append(
            f"{name}: one-sided limits on each of two sides; ICH Q1E asks for a two-sided interval when the direction is not known."
        )
    return notes


def _is_potency(mine: pd.DataFrame) -> bool:
    return "potency" in mine and bool(mine["potency"].fillna(False).astype(bool).any())


def _supported(mine: pd.DataFrame) -> float:
    """Last time at which every lot was measured or passed: the smallest of the lots' last times."""
    return float(mine.groupby("lot")["time"].max().min())


def _summary(attributes: pd.DataFrame, options: StabilityOptions) -> pd.DataFrame:
    months = attributes["months"]
    known = months.notna().all()
    first = attributes.loc[months.idxmin()] if known else None
    extrapolated = float(months.min()) if known else np.nan
    supported = float(min(attributes["supported"].min(), extrapolated)) if known else np.nan
    claimed = extrapolated if options.extrapolation_reason and np.isfinite(extrapolated) else supported
    return pd.DataFrame(
        {
            "extrapolated": [extrapolated],
            "supported": [supported],
            "claimed": [claimed],
            "limiting_attribute": ["" if first is None else first["attribute"]],
            "limiting_lot": ["" if first is None else first["limiting_lot"]],
            "time_unit": [options.time_unit],
            "of": ["activity" if attributes["potency"].any() else "the markers, not of activity"],
        }
    )


def _result(
    tables: dict[str, pd.DataFrame], options: StabilityOptions, notes: tuple[str, ...], lacks: tuple[str, ...]
) -> Result:
    summary = tables["summary"].iloc[0]
    verdict: Verdict | None = None
    if lacks:
        verdict = "cannot be judged"
        template = "The shelf life cannot be judged: at least one attribute has no usable series."
    elif summary["extrapolated"] == 0:
        verdict = "fail"
        template = "No shelf life: {limiting_attribute} is outside its limit at the start."
    elif np.isinf(summary["extrapolated"]):
        template = "Shelf life of {of}: supported by real-time data to {supported} {time_unit}; no attribute heads for its limit, so nothing is extrapolated."
    else:
        template = (
            "Shelf life of {of}: supported by real-time data to {supported} {time_unit}, "
            "extrapolated to {extrapolated} {time_unit} ({limiting_attribute} fails first, {limiting_lot}); claimed {claimed} {time_unit}."
        )
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
    cells = ("extrapolated", "supported", "claimed", "limiting_attribute", "limiting_lot", "time_unit", "of")
    return Result(
        "qualify",
        "stability",
        "How long does it keep?",
        Answer(template, {name: Cell("summary", name) for name in cells if "{" + name + "}" in template}),
        verdict=verdict,
        tables=tables,
        parameters={
            "method": "ICH Q1E analysis of covariance",
            "pooling_alpha": shelf_life.POOLING_ALPHA,
            "error_convention": f"{options.error} when slopes differ (both are in the table models)",
            "confidence": options.confidence,
            "sides": "1 with one limit, 2 with both" if options.sides is None else options.sides,
            "transform": options.transform,
            "claim_rule": options.extrapolation_reason or "the smaller of supported and extrapolated",
        },
        notes=notes,
        lacks=lacks,
        methods=(Method("Shelf lives were estimated by the analysis of covariance of ICH Q1E."),),
    )
