"""Levels that others reported for each factor, as bands beside what was measured."""

from __future__ import annotations

import numpy as np
import pandas as pd

# normaliser of the table to the column of the amounts that it is compared with
_NORMALISERS = {"10^6 cells": "pg_per_million_cells", "mL CM": "value_pg_ml"}


def bands(reported: pd.DataFrame) -> pd.DataFrame:
    """One band a factor and normaliser: from the lowest to the highest level reported.

    Parameters
    ----------
    reported
        Knowledge table `reference_levels`.

    Returns
    -------
    DataFrame with `gene`, `normaliser`, `low`, `high` (pg), `reports`, `verified` (reports whose source was read),
    `sources`.

    Notes
    -----
    A value counts with its spread on both sides (not below 0). Detection limits, thresholds and fold changes of the
    table are no levels of a medium and are left out.
    """
    levels = reported[(reported["unit"] == "pg") & reported["normaliser"].isin(list(_NORMALISERS))]
    levels = levels[~levels["tissue"].isin(["assay"])]
    rows = []
    for (gene, normaliser), mine in levels.groupby(["hgnc", "normaliser"], sort=True):
        value, spread = (pd.to_numeric(mine[name], errors="coerce") for name in ("value", "spread"))
        low, high = (pd.to_numeric(mine[name], errors="coerce") for name in ("low", "high"))
        bottom = low.fillna((value - spread.fillna(0)).clip(lower=0))
        top = high.fillna(value + spread.fillna(0))
        if not (bottom.notna() & top.notna()).any():
            continue
        rows.append(
            {
                "gene": gene,
                "normaliser": normaliser,
                "low": float(bottom.min()),
                "high": float(top.max()),
                "reports": len(mine),
                "verified": int((mine["verified"] == "page").sum()),
                "sources": "; ".join(dict.fromkeys(mine["doi_or_id"].dropna().astype(str)))[:200],
            }
        )
    return pd.DataFrame(rows, columns=["gene", "normaliser", "low", "high", "reports", "verified", "sources"])


def against(amounts: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Median of each factor and assay beside its bands: inside, below, above, no band, or not to be told.

    Limits count as the values they bound when the median is taken, and the note says so.
    """
    rows = []
    named = amounts[amounts["gene"].fillna("") != ""]
    for (assay, gene), mine in named.groupby(["assay", "gene"], sort=False):
        for normaliser, column in _NORMALISERS.items():
            limits = mine["limit" if column == "pg_per_million_cells" else "limit_pg_ml"]
            number = mine[column].fillna(limits).dropna()
            if number.empty:
                continue
            band = known[(known["gene"] == gene) & (known["normaliser"] == normaliser)]
            median = float(number.median())
            row = {"assay": assay, "gene": gene, "normaliser": normaliser, "samples": len(number), "median": median,
                   "lowest": float(number.min()), "highest": float(number.max()),
                   "limits": int(mine[column].isna().sum())}  # fmt: skip
            if band.empty:
                rows.append(
                    {**row, "low": np.nan, "high": np.nan, "place": "no band", "reports": 0, "verified": 0}
                )
                continue
            one = band.iloc[0]
            place = "below" if median < one["low"] else "above" if median > one["high"] else "inside"
            if 2 * row["limits"] > len(number) and place != "below":
                place = "cannot be told: most values are limits"
            rows.append(
                {
                    **row,
                    **{name: one[name] for name in ("low", "high", "reports", "verified")},
                    "place": place,
                }
            )
    columns = ["assay", "gene", "normaliser", "samples", "median", "lowest", "highest", "limits", "low", "high",
               "place", "reports", "verified"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)
