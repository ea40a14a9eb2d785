"""Who gave the cells and what was done to each flask: donors, samples, accidents."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .recipe import Recipe
from .streams import stream


def flasks(recipe: Recipe, seed: int) -> pd.DataFrame:
    """The conditioned media of the laboratory, one row a flask, as they really are.

    Returns
    -------
    Table, index = sample: the columns of the sample sheet, and what no laboratory knows:
    `leak_share`, `vesicle_share`, `serum_share`, `keratin_share`, … (of the medium's protein, aimed at),
    `injection_log2` (shift of the injection) and `accident` (empty, or its name).
    """
    donors = _donors(recipe, seed)
    rows = []
    for tissue, code in tissue_codes(recipe).items():
        for donor in donors[donors["tissue"] == tissue].to_dict("records"):
            for condition in recipe.conditions:
                name = f"{code}_{condition[:1]}_{donor['donor']}"
                rows.append({"sample": name, "condition": condition, **donor, **_flask(recipe, seed, name)})
    table = pd.DataFrame(rows).set_index("sample")
    return _with_accidents(table, recipe, seed)


def tissue_codes(recipe: Recipe) -> dict[str, str]:
    """A short code for each tissue, as a laboratory would write on a flask.

    Examples
    --------
    >>> tissue_codes(Recipe())["Wharton jelly"]
    'WJ'
    """
    codes: dict[str, str] = {}
    for tissue in recipe.tissues:
        words = tissue.replace("(", " ").replace(")", " ").split()
        code = "".join(word[0] for word in words).upper() if len(words) > 1 else tissue[:2].upper()
        taken = sum(other.rstrip("23456789") == code for other in codes.values())
        codes[tissue] = f"{code}{taken + 1}" if taken else code
    return codes


def _donors(recipe: Recipe, seed: int) -> pd.DataFrame:
    """A row for each donor and tissue; tissues that share donors carry the names of the first."""
    codes = tissue_codes(recipe)
    source = {right: left for left, right in recipe.shared_donors}
    rows = []
    for tissue in recipe.tissues:
        for number in range(recipe.donors_per_tissue):
            name = f"{codes[source.get(tissue, tissue)]}{number + 1}"
            person = stream(seed, "donor", name)
            age = int(person.integers(recipe.age_range[0], recipe.age_range[1] + 1))
            sex = ("female", "male")[int(person.integers(2))]
            cells = stream(seed, "cells", name, tissue)
            rows.append(
                {
                    "donor": name,
                    "tissue": tissue,
                    "age_years": float("nan") if tissue in recipe.perinatal else float(age),
                    "sex": sex,
                    "passage": int(cells.integers(recipe.passages[0], recipe.passages[1] + 1)),
                    "batch": f"B{number % recipe.batches + 1}",
                    "collection_medium": recipe.media[number % len(recipe.media)],
                    "hours": recipe.hours[number % len(recipe.hours)],
                }
            )
    return pd.DataFrame(rows)


def _flask(recipe: Recipe, seed: int, name: str) -> dict[str, object]:
    """Shares and counts of one flask."""
    draw = stream(seed, "flask", name)
    leak, serum, keratin, trypsin = draw.normal(size=4)
    cells = draw.normal()
    own = stream(seed, "flask vesicles", name)
    return {
        "leak_share": recipe.leak_percent / 100 * np.exp(recipe.leak_log_sd * leak),
        "serum_share": recipe.serum_percent / 100 * np.exp(recipe.serum_log_sd * serum),
        "keratin_share": recipe.keratin_percent / 100 * np.exp(recipe.keratin_log_sd * keratin),
        "trypsin_share": recipe.trypsin_percent / 100 * np.exp(0.2 * trypsin),
        "vesicle_share": recipe.vesicle_percent / 100 * np.exp(recipe.vesicle_log_sd * own.normal()),
        "platelet_share": recipe.platelet_percent / 100 * np.exp(recipe.serum_log_sd * own.normal()),
        "injection_log2": recipe.loading_sd * draw.normal(),
        "cells_at_harvest": float(round(1.2e6 * np.exp(0.2 * cells), -4)),
        "viability_noise": draw.normal(),
        "ldh_noise": draw.normal(),
    }


def _with_accidents(table: pd.DataFrame, recipe: Recipe, seed: int) -> pd.DataFrame:
    """The flasks with keratin on some, one failed and one over-loaded injection."""
    order = stream(seed, "accidents").permutation(len(table))
    table["accident"] = ""
    keratin, injection, accident = (
        table.columns.get_loc(name) for name in ("keratin_share", "injection_log2", "accident")
    )
    position = 0
    for percent in recipe.dirty_percent:
        table.iloc[order[position], keratin] = percent / 100
        table.iloc[order[position], accident] = "keratin"
        position += 1
    for name, shift in (("failed injection", recipe.failed_log2), ("overloaded", recipe.overloaded_log2)):
        if shift != 0:
            table.iloc[order[position], injection] += shift
            table.iloc[order[position], accident] = name
            position += 1
    return table
