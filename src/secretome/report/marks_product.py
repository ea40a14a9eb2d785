"""Rows behind the figures of a product: wells with their curves, stability series with their lines."""

from __future__ import annotations

import numpy as np
import pandas as pd

from secretome.results import Result, show


def curve_rows(result: Result) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Wells above dose 0 and the curve of each preparation on each plate.

    Returns
    -------
    Both with `preparation`, `plate`, `dose`, `response`; the wells also `told` for the tip.
    """
    wells, curves = result.tables["wells"], result.tables["curves"]
    seen = wells[wells["dose"] > 0].copy()
    seen["told"] = [
        f"dose {show(d)}, response {show(r)}" for d, r in zip(seen["dose"], seen["response"], strict=True)
    ]
    line = curves.assign(line=curves["preparation"].astype(str) + " " + curves["plate"].astype(str))
    return seen, line


def keeping_rows(result: Result, attribute: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Points, lines and limits of one attribute.

    Returns
    -------
    Points with `lot`, `time`, `value`, `told`; lines with `lot`, `time`, `mean`, `lower`, `upper`; one row a mark: `what`,
    `time` or `value`.
    """
    points = result.tables["points"].query("attribute == @attribute").copy()
    below = np.where(points["censored"], "below ", "")
    points["told"] = [
        f"{word}{show(float(value))} at {show(float(time))}"
        for word, value, time in zip(below, points["value"], points["time"], strict=True)
    ]
    lines = result.tables["lines"].query("attribute == @attribute")
    row = result.tables["attributes"].set_index("attribute").loc[attribute]
    marks = [
        {"what": f"{side} limit", "value": float(row[f"{side}_limit"])}
        for side in ("lower", "upper")
        if pd.notna(row[f"{side}_limit"])
    ]
    if np.isfinite(row["months"]) and row["months"] > 0:
        marks.append({"what": "limit crossed", "time": float(row["months"])})
    return points, lines, pd.DataFrame(marks).reindex(columns=["what", "time", "value"])
