"""From which difference in identification depth the weak proteins lean: where the note of a contrast comes from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from secretome.design import Design
from secretome.plan import VaryOptions
from secretome.study import Assay, Study
from secretome.vary import compare
from secretome.vary.wording import DEPTH_RATIO

pytestmark = pytest.mark.slow

STUDIES, PROTEINS, DONORS = 40, 400, 4


def _study(rng: np.random.Generator, side: float) -> Study:
    """No difference anywhere; the right side loses values `side` log2 higher."""
    sides = np.repeat([0, 1], DONORS)
    y = rng.normal(18.5, 2.2, (PROTEINS, 1)) + rng.normal(0, 0.25, (PROTEINS, 2 * DONORS))
    y += 0.5 * np.sqrt(4 / rng.chisquare(4, (PROTEINS, 1))) * rng.normal(size=y.shape)
    limits = 17 + 0.4 * rng.normal(size=2 * DONORS) + side * sides
    y[rng.normal(limits, 1.2, y.shape) > y] = np.nan
    names = [f"s{number}" for number in range(2 * DONORS)]
    samples = pd.DataFrame({"donor": names, "tissue": np.array(["left", "right"])[sides]}, index=names)
    genes = [f"P{row}" for row in range(PROTEINS)]
    var = pd.DataFrame({"gene": genes, "masked": False, "contaminant_class": ""}, index=genes)
    obs = pd.DataFrame({"sample": names}, index=names)
    assay = Assay("proteome", "proteome", "conditioned_medium", AnnData(y.T, obs=obs, var=var), scale="log2")
    return Study(
        "depth", samples, {"proteome": assay},
        Design(formula="~ 0 + tissue", contrasts={"t": "tissue[left] - tissue[right]"}),
    )  # fmt: skip


def _leaning(side: float) -> tuple[float, float, float]:
    """Ratio of identifications, mean log2 ratio of the weakest quarter, share of p below 0.05."""
    found = []
    for study in range(STUDIES):
        tables = compare(_study(np.random.default_rng([study, 9]), side), VaryOptions()).tables
        row, effects = tables["contrasts"].iloc[0], tables["effects"]
        plain = effects[effects["method"] == "moderated t"]
        weak = plain["mean_log2_intensity"] < plain["mean_log2_intensity"].quantile(0.25)
        found.append(
            (
                row["identified_left"] / row["identified_right"],
                plain.loc[weak, "log2_ratio"].mean(),
                (effects["p_value"].dropna() < 0.05).mean(),
            )
        )
    ratio, lean, size = np.mean(found, axis=0)
    print(
        f"depth ratio {ratio:.2f}: the weakest quarter leans by {lean:+.3f} log2, {size:.3f} of p below 0.05"
    )
    return float(ratio), float(lean), float(size)


def test_the_note_comes_where_the_weak_proteins_lean_by_a_fifth_of_the_minimum():
    at = np.array([_leaning(side) for side in (0.0, 0.25, 0.5, 0.75, 1.0, 1.5)])
    crossing = float(np.interp(0.1, -at[:, 1], at[:, 0]))
    print(f"leaning reaches 0.1 log2 at a ratio of {crossing:.2f}; the note comes at {DEPTH_RATIO}")
    assert abs(crossing - DEPTH_RATIO) <= 0.06
    assert (at[:, 2] <= 0.06).all()
