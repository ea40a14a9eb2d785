"""What the laboratory writes down: sample sheets and study.toml."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .flasks import tissue_codes
from .part import Part
from .recipe import Recipe

TITLE = "Simulated laboratory"
PRIMING = "IFNG 20 ng/mL; TNF 10 ng/mL"


def sample_sheet(recipe: Recipe, flasks: pd.DataFrame) -> pd.DataFrame:
    """The sample sheet, with the gaps that real sheets have.

    Viability is missing for one tissue; confluence, population doublings, storage and the like were
    never written down, so that the product record of the demo has all three kinds of field.
    """
    leak = flasks["leak_share"] * 100
    last = flasks["tissue"].eq(recipe.tissues[-1])
    primed = flasks["condition"].ne(recipe.conditions[0])
    viability = (98 - 0.3 * leak + 0.7 * flasks["viability_noise"]).clip(50, 99.5).round(1)
    sheet = pd.DataFrame(
        {
            "material": "conditioned_medium",
            "culture": flasks.index,
            "donor": flasks["donor"],
            "tissue": flasks["tissue"],
            "age_years": flasks["age_years"],
            "sex": flasks["sex"],
            "passage": flasks["passage"],
            "condition": flasks["condition"],
            "batch": flasks["batch"],
            "load": "equal_cell_equivalents",
            "cells_at_harvest": flasks["cells_at_harvest"].astype(int),
            "volume_ml": 10.0,
            "hours": flasks["hours"],
            "concentration_factor": 20.0,
            "viability_percent": viability.where(~last | (len(recipe.tissues) == 1)),
            "ldh_percent": (0.6 * leak * np.exp(0.1 * flasks["ldh_noise"])).round(1),
            "collection_medium": flasks["collection_medium"],
            "expansion_medium": "alpha-MEM with fetal bovine serum",
            "serum_percent": 10.0,
            "additives": np.where(primed, PRIMING, "none"),
            "rinses": 3,
            "serum_free_hours": flasks["hours"],
            "oxygen_percent": 21.0,
            "freeze_thaws": 1,
        },
        index=flasks.index,
    )
    return sheet.reset_index()


def contrasts(recipe: Recipe) -> pd.DataFrame:
    """The comparisons of study.toml: contrast, expression, factor, left, right."""
    codes = tissue_codes(recipe)
    rows = [
        (f"{codes[left].lower()}_vs_{codes[right].lower()}", "tissue", left, right)
        for left, right in recipe.contrasts
    ]
    if len(recipe.conditions) == 2:
        control, primed = recipe.conditions
        rows.append((f"{primed}_vs_{control}".replace(" ", "_"), "condition", primed, control))
    table = pd.DataFrame(rows, columns=["contrast", "factor", "left", "right"])
    table.insert(1, "expression", [f"{f}[{left}] - {f}[{right}]" for _, f, left, right in rows])
    return table


def study_toml(recipe: Recipe, seed: int, comparisons: pd.DataFrame, parts: Sequence[Part]) -> str:
    """The study.toml of these measurements (DESIGN section 4)."""
    factors = (("tissue", recipe.tissues), ("condition", recipe.conditions))
    terms = [name for name, levels in factors if len(levels) > 1]
    formula = " + ".join(["~ 0", *terms]) if terms else "~ 1"
    expressions = "\n".join(f'{row.contrast} = "{row.expression}"' for row in comparisons.itertuples())
    assays = "\n".join(part.as_toml() for part in parts if part.assay)
    return f"""# Everything in this folder is simulated: no cell, donor or medium stands behind it.
[study]
title = "{TITLE}"
organism = "human"
seed = {seed}
simulated = true

[samples]
file = "samples.tsv"
id = "sample"

{assays}
[design]
unit = "donor"
formula = "{formula}"
random = ["donor"]

[design.contrasts]
{expressions}
"""
