"""The numbers of one attribute's stability series: its shelf life, every model, the tests, the what-if."""

from __future__ import annotations

import numpy as np
import pandas as pd

from secretome.errors import InvalidInput, NotEstimable, Problem
from secretome.stats import shelf_life

from .stability_options import StabilityOptions

ATTRIBUTE_COLUMNS = [
    "attribute", "potency", "n", "lots", "censored", "lower_limit", "upper_limit", "model", "p_slope", "p_intercept",
    "months", "months_pooled_error", "months_separate_error", "months_every_lot", "every_lot_limiting", "limiting_lot", "limit",
    "status", "reason", "supported", "sides", "confidence",
]  # fmt: skip
Limits = tuple[float | None, float | None]
_GRID = 40


def limits_of(name: str, mine: pd.DataFrame, options: StabilityOptions) -> Limits:
    """The acceptance limits of an attribute, from the file or else from the options.

    Raises
    ------
    InvalidInput
        If it has none, several, or the lower is not below the upper.
    """
    found: list[float | None] = []
    for side, standard in (("lower", options.lower), ("upper", options.upper)):
        given = sorted(set(mine[side].dropna())) if side in mine else []
        if len(given) > 1:
            listed = ", ".join(map(str, given))
            raise InvalidInput(
                [Problem("stability", f"{name}: {side} is {listed}", "one limit", "Mend the column.")]
            )
        found.append(given[0] if given else standard)
    low, high = found
    if low is None and high is None:
        action = "Give --lower, --upper or both: they state the direction of change."
        raise InvalidInput([Problem("stability", f"{name} has no acceptance limit", "a limit", action)])
    if low is not None and high is not None and low >= high:
        action = "Mend the limits; were they exchanged?"
        raise InvalidInput(
            [
                Problem(
                    "stability",
                    f"{name}: lower limit {low} is not below upper {high}",
                    "lower below upper",
                    action,
                )
            ]
        )
    return low, high


def unusable(mine: pd.DataFrame, limits: Limits, options: StabilityOptions) -> str:
    """Why no line can be drawn, empty when one can."""
    if (mine["time"] < 0).any():
        return f"a time is negative ({mine['time'].min():g}); expected times since release"
    if options.transform == "log" and (mine["value"] <= 0).any():
        return "a value is zero or negative and has no logarithm"
    if options.transform == "log" and any(limit is not None and limit <= 0 for limit in limits):
        return "a limit is zero or negative and has no logarithm"
    for lot, own in mine.groupby("lot"):
        if len(own) < 3 or own["time"].nunique() < 2:
            return f"lot {lot} has {len(own)} values at {own['time'].nunique()} times; a line with its error needs 3 at 2"
        if own.loc[~censored_in(own), "time"].nunique() < 2:
            return f"lot {lot} has values above the LLOQ at fewer than two times; nothing was measured to draw a line through"
    worth = [
        limit
        for limit in limits
        if limit is not None and (mine.loc[censored_in(mine), "value"] > limit).any()
    ]
    return (
        "a LLOQ lies above the acceptance limit: the assay cannot see the limit"
        if worth and limits[0] in worth
        else ""
    )


def censored_in(mine: pd.DataFrame) -> pd.Series:
    """Which values are only known to lie below the number given."""
    if "censored" not in mine:
        return pd.Series(False, index=mine.index)
    return mine["censored"].eq(True)  # an empty cell is no


def estimate(
    mine: pd.DataFrame,
    limits: Limits,
    options: StabilityOptions,
    *,
    pooling: shelf_life.Pooling | None = None,
) -> shelf_life.ShelfLife:
    """The shelf life of one attribute, on the scale of the options."""
    low, high = (_scaled(limit, options) for limit in limits)
    return shelf_life.estimate(
        mine["time"], _values(mine, options), mine["lot"], lower=low, upper=high, error=options.error,
        confidence=options.confidence, sides=options.sides, pooling=pooling or options.pooling, censored=censored_in(mine),
    )  # fmt: skip


def attribute_row(found: shelf_life.ShelfLife) -> dict[str, object]:
    """What the table attributes says of an estimate."""
    every = found.fit("dids", found.error)
    both = {
        f"months_{error}_error": float(found.fit("dids", error).months.min())
        if found.model == "dids"
        else np.nan
        for error in ("pooled", "separate")
    }
    return {
        "model": found.model, "p_slope": found.p_slope, "p_intercept": found.p_intercept, "months": found.months,
        **both, "months_every_lot": float(every.months.min()), "every_lot_limiting": found.lots[every.worst],
        "limiting_lot": found.limiting_lot or "all lots alike", "limit": found.limit,
        "status": found.status, "reason": "", "sides": found.sides, "confidence": found.confidence,
    }  # fmt: skip


def model_rows(name: str, found: shelf_life.ShelfLife, options: StabilityOptions) -> list[dict[str, object]]:
    """Every model, error term and lot."""
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


def pooling_rows(name: str, found: shelf_life.ShelfLife) -> list[dict[str, object]]:
    """The analysis of covariance; nothing with a single lot."""
    if found.ancova is None:
        return []
    a = found.ancova
    return [
        {"attribute": name, "term": term, "df": a.df[i], "sum_of_squares": a.sum_of_squares[i],
         "mean_square": a.mean_square[i], "f": a.f[i], "p_value": a.p_value[i]}
        for i, term in enumerate(a.term)
    ]  # fmt: skip


def release_rows(
    name: str, mine: pd.DataFrame, limits: Limits, options: StabilityOptions
) -> list[dict[str, object]]:
    """What a lot released at a value keeps for, or what it must be released at; for every model and lot.

    Raises
    ------
    NotEstimable
        With two acceptance limits.
    """
    if None not in limits:
        raise NotEstimable(f"{name}: the what-if release limit needs exactly one acceptance limit")
    low, high = (_scaled(limit, options) for limit in limits)
    rows = []
    for asked, unit in ((options.release, "release"), (options.months, "months")):
        if asked is None:
            continue
        given = {"release": _scaled(asked, options)} if unit == "release" else {"months": asked}
        found = shelf_life.release_limit(
            mine["time"], _values(mine, options), mine["lot"], lower=low, upper=high, confidence=options.confidence,
            censored=censored_in(mine), **given,
        )  # fmt: skip
        chosen = estimate(mine, limits, options)
        values = np.exp(found.values) if unit == "months" and options.transform == "log" else found.values
        rows += [
            {"attribute": name, "release": asked if unit == "release" else values[i, j], "model": model, "error": error, "lot": lot,
             "months": values[i, j] if unit == "release" else asked, "asked": unit,
             "chosen": model == chosen.model and error == (chosen.error if model == "dids" else "pooled")}
            for i, (model, error) in enumerate(found.models)
            for j, lot in enumerate(found.lots)
        ]  # fmt: skip
    return rows


def line_rows(
    name: str, mine: pd.DataFrame, found: shelf_life.ShelfLife, options: StabilityOptions
) -> pd.DataFrame:
    """The chosen lines with their confidence limits, from the start to past the last time and the shelf life."""
    last = float(mine["time"].max())
    end = min(max(last, found.months if np.isfinite(found.months) else last) * 1.1, 3 * last)
    time = np.linspace(0, end, _GRID)
    back = np.exp if options.transform == "log" else np.asarray
    at = back(shelf_life.limits_at(found.chosen, time, confidence=found.confidence, sides=found.sides))
    lots = ["all lots"] if found.model == "cics" else list(found.lots)
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "attribute": name,
                    "lot": lot,
                    "time": time,
                    "mean": at[i, :, 0],
                    "lower": at[i, :, 1],
                    "upper": at[i, :, 2],
                }
            )
            for i, lot in enumerate(lots)
        ],
        ignore_index=True,
    )


def _values(mine: pd.DataFrame, options: StabilityOptions) -> pd.Series:
    if options.transform == "none":
        return mine["value"]
    return pd.Series(np.log(mine["value"].to_numpy(float)), index=mine.index)


def _scaled(limit: float | None, options: StabilityOptions) -> float | None:
    return float(np.log(limit)) if limit is not None and options.transform == "log" else limit
