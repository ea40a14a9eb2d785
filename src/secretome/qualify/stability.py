"""Stability: how long each attribute keeps, which one fails first, supported against extrapolated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from secretome.errors import InvalidInput, Problem
from secretome.results import Result

from .stability_options import StabilityOptions
from .stability_rows import (
    ATTRIBUTE_COLUMNS,
    attribute_row,
    censored_in,
    estimate,
    limits_of,
    line_rows,
    model_rows,
    pooling_rows,
    release_rows,
    unusable,
)
from .stability_words import POWDER, notes_of, result_of, summary_of

_CONDITIONS = ("clock", "state", "temperature_c")


def shelf_lives(series: pd.DataFrame, options: StabilityOptions) -> tuple[Result, ...]:
    """The shelf life of each clock, state and temperature in a file, never on one line together.

    Parameters
    ----------
    series, options
        As in `shelf_life_of`.

    Returns
    -------
    One result a condition: `qualify.stability`, or `qualify.stability_<condition>` where there are several.

    Raises
    ------
    InvalidInput
        As `shelf_life_of`, or if a condition is given for some rows only.

    Examples
    --------
    >>> month = [0, 3, 6, 9] * 2
    >>> frame = pd.DataFrame({"lot": "A", "time": month, "value": [100, 99.2, 98.3, 97.5, 100, 97, 95.2, 92],
    ...     "clock": ["powder"] * 4 + ["in use"] * 4})
    >>> [found.key for found in shelf_lives(frame, StabilityOptions(lower=90))]
    ['qualify.stability_in use', 'qualify.stability_powder']
    """
    given = [
        name for name in _CONDITIONS if name in series and (series[name].notna() & (series[name] != "")).any()
    ]
    half = [name for name in given if (series[name].isna() | (series[name] == "")).any()]
    if half:
        problems = [
            Problem("stability", f"{name} is empty in some rows", "filled in all or none", "Fill it.")
            for name in half
        ]
        raise InvalidInput(problems)
    several = [name for name in given if len(set(series[name])) > 1]
    if not several:
        return (shelf_life_of(series, options),)
    found = []
    for key, mine in series.groupby(several, sort=True):
        words = [f"{part:g} degrees C" if isinstance(part, float) else str(part) for part in key]
        condition = ", ".join(words)
        result = shelf_life_of(mine, options, condition=condition)
        found.append(replace(result, name=f"stability_{condition}"))
    return tuple(found)


def shelf_life_of(series: pd.DataFrame, options: StabilityOptions, *, condition: str = "") -> Result:
    """Shelf life of a product from the stability series of its attributes, as ICH Q1E.

    Parameters
    ----------
    series
        Layout `stability`, of one clock, state and temperature.
    options
        Limits and conventions.
    condition
        Its name, for the sentence.

    Returns
    -------
    Result `qualify.stability` with tables `summary`, `attributes` (one row each), `models` (every model,
    error term and lot), `pooling` (the analysis of covariance), `points` and `lines` (what was measured; the chosen
    lines with their limits), and `release` when asked for.

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
    limits = _all_limits(frame, options)
    rows, models, pooling, release, drawn, lacks = [], [], [], [], [], []
    notes = _shared_limits(frame, options)
    for name, mine in frame.groupby("attribute", sort=False):
        low, high = limits[str(name)]
        row = {
            "attribute": str(name), "potency": _is_potency(mine), "n": len(mine), "lots": mine["lot"].nunique(),
            "censored": int(censored_in(mine).sum()), "lower_limit": low, "upper_limit": high, "supported": _supported(mine),
        }  # fmt: skip
        reason = unusable(mine, (low, high), options)
        if reason:
            rows.append({**row, "months": np.nan, "status": "cannot be judged", "reason": reason})
            lacks.append(f"{name}: {reason}")
            continue
        found = estimate(mine, (low, high), options)
        rows.append({**row, **attribute_row(found)})
        models += model_rows(str(name), found, options)
        pooling += pooling_rows(str(name), found)
        notes += notes_of(str(name), mine, found)
        drawn.append(line_rows(str(name), mine, found, options))
        if options.release is not None or options.months is not None:
            release += release_rows(str(name), mine, (low, high), options)
    attributes = pd.DataFrame(rows).reindex(columns=ATTRIBUTE_COLUMNS)
    tables = {"summary": summary_of(attributes, options), "attributes": attributes}
    listed = {"models": models, "pooling": pooling, "release": release}
    tables |= {name: pd.DataFrame(found_rows) for name, found_rows in listed.items() if found_rows}
    points = frame.assign(censored=censored_in(frame))[["attribute", "lot", "time", "value", "censored"]]
    tables |= {"points": points.reset_index(drop=True)}
    tables |= {"lines": pd.concat(drawn, ignore_index=True)} if drawn else {}
    return result_of(tables, options, (*notes, *_powder(frame)), tuple(lacks), condition)


def _shared_limits(frame: pd.DataFrame, options: StabilityOptions) -> list[str]:
    """One limit of the options for several attributes is a doubt: they may have several units."""
    notes = []
    for side, given in (("lower", options.lower), ("upper", options.upper)):
        own = frame[side].notna() if side in frame else pd.Series(False, index=frame.index)
        bare = sorted(set(frame.loc[~own, "attribute"].astype(str)))
        if given is not None and len(bare) > 1:
            notes.append(
                f"The {side} limit {given:g} was used for {', '.join(bare)}: are they in one unit? A column {side} gives each its own."
            )
    return notes


def _all_limits(
    frame: pd.DataFrame, options: StabilityOptions
) -> dict[str, tuple[float | None, float | None]]:
    found: dict[str, tuple[float | None, float | None]] = {}
    problems: list[Problem] = []
    for name, mine in frame.groupby("attribute", sort=False):
        try:
            found[str(name)] = limits_of(str(name), mine, options)
        except InvalidInput as error:
            problems += error.problems
    if problems:
        raise InvalidInput(problems)
    return found


def _check_one_condition(frame: pd.DataFrame) -> None:
    problems = []
    for column in _CONDITIONS:
        if column in frame:
            kinds = sorted({str(value) for value in frame[column].dropna() if str(value)})
            if len(kinds) > 1:
                action = "Judge each on its own (`shelf_lives` does): clocks, states and temperatures are never mixed."
                problems.append(Problem("stability", f"{column} holds {', '.join(kinds)}", "one", action))
    if problems:
        raise InvalidInput(problems)


def _powder(frame: pd.DataFrame) -> tuple[str, ...]:
    """Freeze-dried product is judged by its powder too."""
    dried = any(
        c in frame and frame[c].astype(str).str.contains("powder|freeze-dried|lyophili").any()
        for c in ("clock", "state")
    )
    if not dried or ("clock" in frame and frame["clock"].eq("in use").all()):
        return ()
    named = " ".join(frame["attribute"].astype(str)).lower()
    lacking = [word for word in POWDER if word not in named]
    return (
        (
            f"Powder without {', '.join(lacking)} among its attributes; the product in use has a clock of its own.",
        )
        if lacking
        else ()
    )


def _is_potency(mine: pd.DataFrame) -> bool:
    return "potency" in mine and bool(mine["potency"].eq(True).any())


def _supported(mine: pd.DataFrame) -> float:
    """Last time at which every lot was measured or passed: the smallest of the lots' last times."""
    return float(mine.groupby("lot")["time"].max().min())
