"""What stands beside the media: lysates of the same cultures and blanks without cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .amounts import (
    Planted,
    additives,
    background,
    cell_profile,
    platelet_profile,
    routes,
)
from .instrument import combined_protein, read_out
from .part import Part
from .recipe import Recipe
from .streams import stream

# Six niches, log2 of share in medium over share in lysate: secreted 4 to 9, GAPDH -2.8.
SECRETED_IN_CELLS_LOG2 = -5.5
UNCONVENTIONAL_IN_CELLS_LOG2 = 1.0
SHED_IN_CELLS_LOG2 = -3.5  # the cells hold the whole, the medium what was cut off
# a vesicle preparation keeps this of what floats beside the vesicles (ours)
CO_ISOLATED = 0.01
LYSATE_DEPTH = 4.0  # six niches: 1,750 to 3,000 proteins a lysate, about 700 a medium
# A flask without cells keeps little of the serum that cells carry in, but all of the dust and enzyme.
BLANK_SERUM = 0.2
LYSATE_DIRT = 0.2  # cells are washed and their protein outweighs the dust


def lysates(planted: Planted, flasks: pd.DataFrame, sheet: pd.DataFrame) -> Part:
    """The cell lysate of every culture, searched like the media."""
    names = {str(name): f"{name}_lysate" for name in flasks.index}
    amounts = pd.DataFrame(
        {names[str(name)]: _lysate(planted, names[str(name)], row) for name, row in flasks.iterrows()},
        index=planted.proteome.index,
    )
    kept = ["culture", "donor", "tissue", "age_years", "sex", "passage", "condition", "batch"]
    samples = sheet[kept].copy()
    samples.insert(0, "sample", samples["culture"].map(names))
    samples.insert(1, "material", "cell_lysate")
    samples["load"] = "equal_protein"
    truth = pd.DataFrame(
        {
            "protein": planted.proteome.index,
            "gene": planted.proteome["gene"].to_numpy(),
            "origin": planted.proteome["origin"].to_numpy(),
            "medium_over_lysate_log2": _enrichment(planted),
        }
    )
    return _searched("lysate", "cell_lysate", planted, amounts, samples, {"enrichment": truth.dropna()})


def blanks(planted: Planted, replicates: int = 3) -> Part:
    """Media that saw no cells, of every medium and condition, for the same hours."""
    recipe = planted.recipe
    columns, rows = {}, []
    for number, medium in enumerate(recipe.media, start=1):
        for condition in recipe.conditions:
            for replicate in range(1, replicates + 1):
                name = f"blank_m{number}_{condition[:1]}_{replicate}"
                primed = condition != recipe.conditions[0]
                columns[name] = _blank(planted, name) + additives(planted, name) * primed
                rows.append((name, "medium_blank", condition, medium, max(recipe.hours)))
    samples = pd.DataFrame(rows, columns=["sample", "material", "condition", "collection_medium", "hours"])
    amounts = pd.DataFrame(columns, index=planted.proteome.index)
    return _searched("blank", "medium_blank", planted, amounts, samples, {})


def vesicles(planted: Planted, flasks: pd.DataFrame, sheet: pd.DataFrame) -> Part:
    """The vesicle fraction of every medium: its vesicles, and a little of what floats beside them."""
    names = {str(name): f"{name}_vesicles" for name in flasks.index}
    columns = {}
    for name, row in flasks.iterrows():
        parts = routes(planted, str(name), row)
        beside = sum(amount for route, amount in parts.items() if route != "vesicle")
        total = parts["vesicle"] + CO_ISOLATED * np.asarray(beside)
        shift = (
            0.5
            * planted.recipe.residual_sd
            * stream(planted.seed, "fraction", str(name)).normal(size=len(total))
        )
        # the preparation is concentrated and loaded to the same depth as a medium
        columns[names[str(name)]] = total * 2**shift * float(np.sum(list(parts.values())) / total.sum())
    kept = ["culture", "donor", "tissue", "age_years", "sex", "passage", "condition", "batch"]
    samples = sheet[kept].copy()
    samples.insert(0, "sample", samples["culture"].map(names))
    samples.insert(1, "material", "vesicles")
    samples["load"] = "equal_protein"
    amounts = pd.DataFrame(columns, index=planted.proteome.index)
    return _searched("vesicles", "vesicles", planted, amounts, samples, {})


def _lysate(planted: Planted, name: str, row: pd.Series) -> NDArray[np.float64]:
    base = np.asarray(2 ** planted.base.to_numpy(dtype=float) / planted.usual_total, dtype=float)
    within = base * 2 ** _in_cells_log2(planted)
    shift = planted.recipe.residual_sd * stream(planted.seed, "lysate", name).normal(size=len(base))
    shares = pd.Series({key: LYSATE_DIRT * row[key] for key in _SHARES})
    cells = cell_profile(planted, name, row)
    total = cells + within * 2**shift + background(planted, shares, name)
    return np.asarray(total * planted.usual_total * LYSATE_DEPTH, dtype=float)


_SHARES = ("serum_share", "keratin_share", "trypsin_share")


def _blank(planted: Planted, name: str) -> NDArray[np.float64]:
    recipe = planted.recipe
    shares = pd.Series(
        {
            "serum_share": BLANK_SERUM * recipe.serum_percent / 100,
            "keratin_share": recipe.keratin_percent / 100,
            "trypsin_share": recipe.trypsin_percent / 100,
        }
    )
    # the medium brings the same with and without cells: a share of the whole, as a multiple of what cells make
    brought = background(planted, shares, name)
    brought += recipe.platelet_percent / 100 * platelet_profile(planted) / (1 - brought_percent(recipe) / 100)
    return np.asarray(brought * planted.usual_total, dtype=float)


def brought_percent(recipe: Recipe) -> float:
    """Percent of a usual medium that the cells did not secrete."""
    rest = recipe.leak_percent + recipe.serum_percent + recipe.keratin_percent + recipe.trypsin_percent
    return rest + recipe.vesicle_percent + recipe.platelet_percent


def _in_cells_log2(planted: Planted) -> NDArray[np.float64]:
    """Log2 of the amount in cells over that in a usual medium, (n,), -inf for what cells do not make."""
    found = np.full(len(planted.proteome), -np.inf)
    held = planted.recipe.retention_sd * stream(planted.seed, "retention").normal(size=len(found))
    for kind, log2 in _IN_CELLS_LOG2.items():
        found = np.where(planted.origin(kind), log2 + held, found)
    return found


_IN_CELLS_LOG2 = {
    "secreted": SECRETED_IN_CELLS_LOG2,
    "unconventional": UNCONVENTIONAL_IN_CELLS_LOG2,
    "shed": SHED_IN_CELLS_LOG2,
}


def _enrichment(planted: Planted) -> NDArray[np.float64]:
    """log2 of amount in a usual medium over amount in its lysate; NaN for what no cell made."""
    recipe = planted.recipe
    rest = brought_percent(recipe)
    in_cells = _in_cells_log2(planted)
    ratio = np.where(np.isfinite(in_cells), -in_cells, np.nan)
    ratio[planted.origin("cell")] = np.log2(recipe.leak_percent / (100 - rest))
    return np.asarray(ratio - np.log2(LYSATE_DEPTH), dtype=float)


def _searched(
    name: str,
    material: str,
    planted: Planted,
    amounts: pd.DataFrame,
    samples: pd.DataFrame,
    truth: dict[str, pd.DataFrame],
) -> Part:
    injection = pd.Series(0.0, index=amounts.columns)
    reading = read_out(planted.recipe, planted.seed, amounts, injection)
    return Part(
        tables={
            f"{name}/samples": samples,
            f"{name}/combined_protein": combined_protein(planted.proteome, reading),
        },
        truth=truth,
        assay={
            "name": name,
            "kind": "proteome",
            "material": material,
            "file": f"{name}/combined_protein.tsv",
            "samples": f"{name}/samples.tsv",
            "quantity": "MaxLFQ Intensity",
        },
    )
