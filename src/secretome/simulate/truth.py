"""The truth of the laboratory as tables: effects, shares, accidents, protein origins."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .amounts import ROUTES, Planted, routes
from .flasks import tissue_codes

# Only what cells made can be judged: a difference in serum or skin is no biology either way.
JUDGED = ("secreted", "unconventional", "shed", "vesicle", "cell")
CONTAMINANTS = ("keratin", "skin", "serum", "other")


def effects(planted: Planted, comparisons: pd.DataFrame) -> pd.DataFrame:
    """True log2 ratio of every protein in every comparison.

    Returns
    -------
    Table: contrast, protein, gene, origin, log2_ratio, judged (False for what no cell made).
    """
    proteome = planted.proteome
    parts = []
    for row in comparisons.itertuples():
        if row.factor == "tissue":
            ratio = planted.tissue[row.left] - planted.tissue[row.right]
        else:
            ratio = planted.priming
        parts.append(
            pd.DataFrame(
                {
                    "contrast": row.contrast,
                    "protein": proteome.index,
                    "gene": proteome["gene"].to_numpy(),
                    "origin": proteome["origin"].to_numpy(),
                    "log2_ratio": ratio.to_numpy(),
                    "judged": proteome["origin"].isin(JUDGED).to_numpy(),
                }
            )
        )
    columns = ["contrast", "protein", "gene", "origin", "log2_ratio", "judged"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def protein_truth(planted: Planted) -> pd.DataFrame:
    """What each protein is and which effects it carries, one row a protein."""
    recipe, proteome = planted.recipe, planted.proteome
    codes = tissue_codes(recipe)
    table = proteome[["gene", "organism", "origin", "tagged"]].copy()
    table["contaminant"] = table["origin"].isin(CONTAMINANTS)
    table["log2_level"] = planted.base
    for tissue in recipe.tissues:
        table[f"tissue_{codes[tissue].lower()}_log2"] = planted.tissue[tissue]
    table["priming_log2"] = planted.priming
    table["age_log2_per_decade"] = planted.age_decade
    table["passage_log2"] = planted.passage
    for number, medium in enumerate(recipe.media[1:], start=2):
        table[f"medium_{number}_log2"] = planted.medium[medium]
    return table.rename_axis("protein").reset_index()


def sample_truth(planted: Planted, amounts: pd.DataFrame, flasks: pd.DataFrame) -> pd.DataFrame:
    """What each flask really holds, in percent of its protein, and what went wrong with it.

    Returns
    -------
    Table: sample, leak_percent, vesicle_percent, carried_percent, bovine_percent, keratin_percent, trypsin_percent (of the true
    amount), injection_log2, accident.
    """
    proteome = planted.proteome
    total = amounts.sum()
    way = {name: _percent_by_route(planted, str(name), row) for name, row in flasks.iterrows()}
    by_route = pd.DataFrame(way).T

    def percent(member: pd.Series) -> pd.Series:
        return 100 * amounts[member].sum() / total

    table = pd.DataFrame(
        {
            "leak_percent": by_route["leaked"],
            "vesicle_percent": by_route["vesicle"],
            "carried_percent": by_route["carried_over"],
            "bovine_percent": percent(proteome["organism"].eq("Bos taurus")),
            "keratin_percent": percent(proteome["origin"].eq("keratin")),
            "trypsin_percent": percent(proteome["entry_name"].eq("TRYP_PIG")),
            "injection_log2": flasks["injection_log2"],
            "accident": flasks["accident"],
        }
    )
    return table.rename_axis("sample").reset_index()


def route_truth(planted: Planted, flasks: pd.DataFrame) -> pd.DataFrame:
    """By which ways each protein came into the media of a tissue and condition.

    Returns
    -------
    Table: tissue, condition, protein, gene, a column for each of `ROUTES` (share of the protein's
    amount, mean over flasks, adding to one) and `route`, the largest of them.
    """
    parts = []
    for (tissue, condition), rows in flasks.groupby(["tissue", "condition"], sort=False):
        shares = np.zeros((len(planted.proteome), len(ROUTES)))
        for name, row in rows.iterrows():
            amounts = _by_route(planted, str(name), row)
            shares += amounts / np.maximum(amounts.sum(axis=1, keepdims=True), 1e-12)
        table = pd.DataFrame(shares / len(rows), columns=list(ROUTES), index=planted.proteome.index)
        table.insert(0, "tissue", tissue)
        table.insert(1, "condition", condition)
        table.insert(2, "gene", planted.proteome["gene"])
        table["route"] = np.asarray(ROUTES)[shares.argmax(axis=1)]
        parts.append(table[shares.sum(axis=1) > 0])
    return pd.concat(parts).rename_axis("protein").reset_index()


def _by_route(planted: Planted, name: str, row: pd.Series) -> NDArray[np.float64]:
    found = routes(planted, name, row)
    return np.column_stack([found[route] for route in ROUTES])


def _percent_by_route(planted: Planted, name: str, row: pd.Series) -> pd.Series:
    amounts = _by_route(planted, name, row)
    return pd.Series(100 * amounts.sum(axis=0) / amounts.sum(), index=list(ROUTES))
