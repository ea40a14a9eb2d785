"""False discoveries of the minimum-effect call over simulated spike-ins: 200 studies of each kind."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from secretome.design import Design
from secretome.plan import VaryOptions
from secretome.study import Assay, Study
from secretome.vary import compare

pytestmark = pytest.mark.slow

STUDIES, PROTEINS, SPIKED = 200, 800, 48


def _study(
    rng: np.random.Generator, *, runs: int, log2_ratio: float, shared: float, mistaken: float, silent: float
) -> Study:
    """Yeast with spiked proteins: scatter grows towards the detection limit, where values are lost.

    `shared` is the scatter that the runs of one side have in common, in units of the scatter of their mean;
    `mistaken` the share of values that belong to something else; `silent` the share lost whatever their level.
    """
    level = rng.normal(24, 2.5, (PROTEINS, 1))
    sd = (0.1 + 0.5 * np.exp(-(np.maximum(level, 18) - 18) / 3)) * np.sqrt(
        5 / rng.chisquare(5, (PROTEINS, 1))
    )
    side = np.repeat([0, 1], runs)
    y = level + sd * rng.normal(size=(PROTEINS, 2 * runs))
    y += (shared * sd / np.sqrt(runs) * rng.normal(size=(PROTEINS, 2)))[:, side]
    y[:SPIKED] += np.where(side == 0, log2_ratio / 2, -log2_ratio / 2)
    wrong = rng.random(y.shape) < mistaken
    y[wrong] = rng.normal(21, 2, int(wrong.sum()))
    y[rng.normal(20.5, 0.9, y.shape) > y] = np.nan
    y[rng.random(y.shape) < silent] = np.nan
    names = [f"run{number}" for number in range(2 * runs)]
    samples = pd.DataFrame({"donor": names, "tissue": np.array(["left", "right"])[side]}, index=names)
    genes = [f"P{row}" for row in range(PROTEINS)]
    var = pd.DataFrame({"gene": genes, "masked": False, "contaminant_class": ""}, index=genes)
    obs = pd.DataFrame({"sample": names}, index=names)
    assay = Assay("proteome", "proteome", "conditioned_medium", AnnData(y.T, obs=obs, var=var), scale="log2")
    design = Design(formula="~ 0 + tissue", contrasts={"spiked": "tissue[left] - tissue[right]"})
    return Study("simulated", samples, {"proteome": assay}, design)


@pytest.mark.parametrize(
    ("runs", "log2_ratio", "shared", "mistaken", "silent"),
    [
        (3, 1.3, 0.0, 0.0, 0.01),
        (3, 1.3, 1.1, 0.0, 0.01),
        (3, 6.6, 0.0, 0.002, 0.01),
        (3, 6.6, 1.1, 0.002, 0.01),
        (6, 2.0, 0.0, 0.002, 0.05),
    ],
)
def test_calls_beyond_the_minimum_hold_five_percent(runs, log2_ratio, shared, mistaken, silent):
    proportions, found, factors = [], [], []
    for study in range(STUDIES):
        made = _study(
            np.random.default_rng([study, 11]), runs=runs, log2_ratio=log2_ratio, shared=shared,
            mistaken=mistaken, silent=silent,
        )  # fmt: skip
        tables = compare(made, VaryOptions()).tables
        hits = tables["effects"][tables["effects"]["fdr_minimum_effect"] <= 0.05]
        true = hits["protein"].str[1:].astype(int) < SPIKED
        proportions.append(1 - true.mean() if len(hits) else 0.0)
        found.append(true.sum() / SPIKED)
        factors.append(tables["contrasts"]["excess"].iloc[0])
    error = 1.96 * np.std(proportions, ddof=1) / np.sqrt(STUDIES)
    print(
        f"{runs} runs, log2 {log2_ratio}, shared {shared}, mistaken {mistaken:.1%}: false {np.mean(proportions):.4f} ± "
        f"{error:.4f}, found {np.mean(found):.2f}, excess {np.mean(factors):.2f}"
    )
    assert np.mean(proportions) - error <= 0.05
    assert np.mean(found) > 0.1
