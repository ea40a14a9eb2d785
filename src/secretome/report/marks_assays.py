"""The marks of the figures of immunoassays: standard curves with samples, amounts over reported bands."""

from __future__ import annotations

import numpy as np
import pandas as pd

from secretome.results import Result, show

_POINTS = 60
# a band that begins at 0 has no place on a logarithmic axis: it is drawn this far down
_DECADES = 4


def curve_rows(result: Result, assay: str, analyte: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Standards and samples of the first plate of one analyte, and points of its curve; empty without a curve."""
    curve = _first_curve(result, assay, analyte)
    if curve is None:
        return pd.DataFrame(), pd.DataFrame()
    wells = result.tables["wells"]
    mine = wells[
        (wells["assay"] == assay) & (wells["analyte"] == analyte) & (wells["plate"] == curve["plate"])
    ]
    standards = mine[(mine["kind"] == "standard") & (mine["expected"] > 0)]
    samples = mine[(mine["kind"] == "sample") & (mine["concentration"] > 0)]
    rows = pd.concat(
        [_marks(standards, "standard", "expected"), _marks(samples, "sample", "concentration")],
        ignore_index=True,
    )
    dose = np.geomspace(rows["x"].min(), rows["x"].max(), _POINTS)
    lower = 0.0 if pd.isna(curve["c"]) else curve["c"]
    asymmetry = 1.0 if pd.isna(curve["f"]) else curve["f"]
    fitted = lower + (curve["d"] - lower) / (1 + (dose / curve["e"]) ** curve["b"]) ** asymmetry
    line = pd.DataFrame({"x": [float(f"{v:.4g}") for v in dose], "y": [float(f"{v:.4g}") for v in fitted]})
    unit = str(curve["unit"]) or "unit not given"
    return rows.assign(unit=unit, signal_unit=str(mine["signal_unit"].iloc[0]) or "signal"), line[
        line["y"] > 0
    ]


def range_rows(result: Result, assay: str, analyte: str) -> pd.DataFrame:
    """The working range of that curve."""
    curve = _first_curve(result, assay, analyte)
    if curve is None:
        return pd.DataFrame(columns=["low", "high"])
    return pd.DataFrame({"low": [float(curve["lloq"])], "high": [float(curve["uloq"])]})


def amount_rows(result: Result) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Amounts and limits of every sample, and the bands of their factors."""
    amounts = result.tables["amounts"]
    value = amounts["pg_per_million_cells"].fillna(amounts["limit"])
    kept = amounts[(amounts["gene"].fillna("") != "") & (value > 0)]
    x = value[kept.index]
    kind = np.where(kept["state"] == "in range", "in range", "a limit")
    rows = pd.DataFrame(
        {
            "gene": kept["gene"].to_numpy(),
            "sample": kept["sample"].to_numpy(),
            "x": [float(f"{one:.3g}") for one in x],
            "kind": kind,
            "words": [
                f"{show(float(one))} pg ({state})" for one, state in zip(x, kept["state"], strict=True)
            ],
        }
    )
    bands = result.tables["reported"]
    mine = bands[(bands["normaliser"] == "10^6 cells") & bands["gene"].isin(set(rows["gene"]))]
    low = mine["low"].where(mine["low"] > 0, mine["high"] / 10**_DECADES)
    words = [
        f"{show(float(one.low))} to {show(float(one.high))} pg, {one.reports} reports, {one.verified} of them read"
        for one in mine.itertuples()
    ]
    reported = pd.DataFrame(
        {
            "gene": mine["gene"].to_numpy(),
            "low": low.to_numpy(),
            "high": mine["high"].to_numpy(),
            "words": words,
        }
    )
    return rows, reported


def _first_curve(result: Result, assay: str, analyte: str) -> pd.Series | None:
    curves = result.tables.get("curves", pd.DataFrame(columns=["assay", "analyte", "usable"]))
    mine = curves[(curves["assay"] == assay) & (curves["analyte"] == analyte) & curves["usable"].astype(bool)]
    return None if mine.empty else mine.iloc[0]


def _marks(wells: pd.DataFrame, what: str, column: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "x": [float(f"{one:.4g}") for one in wells[column]],
            "y": wells["signal"].to_numpy(),
            "what": what,
            "name": wells["sample"].astype(str) + " " + wells["well"].astype(str),
            "state": wells["state"].to_numpy(),
        }
    )
