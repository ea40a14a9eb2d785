"""Size and error rate of tests by detection curves, with equal and unequal identification depth."""

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

STUDIES, PROTEINS = 200, 300


def _study(
    rng: np.random.Generator, *, donors: int, flasks: int, side: float, random_gaps: float, changed: int
) -> Study:
    rows = [(f"{t}{d}{f}", f"{t}{d}", t) for t in "AB" for d in range(donors) for f in range(flasks)]
    samples = pd.DataFrame(rows, columns=["sample", "donor", "tissue"]).set_index("sample")
    codes, names = pd.factorize(samples["donor"])
    left = (samples["tissue"] == "A").to_numpy()
    y = rng.normal(18.5, 2.2, (PROTEINS, 1)) + rng.normal(0, 0.35, (PROTEINS, len(samples)))
    y += (
        0.5 * np.sqrt(4 / rng.chisquare(4, (PROTEINS, 1))) * rng.normal(size=(PROTEINS, len(names)))[:, codes]
    )
    y[:changed, left] += 4
    limits = 17 + 0.7 * rng.normal(size=len(samples)) + side * left
    y[rng.normal(limits, 1.2, y.shape) > y] = np.nan
    y[rng.random(y.shape) < random_gaps] = np.nan
    genes = [f"P{i}" for i in range(PROTEINS)]
    var = pd.DataFrame({"gene": genes, "masked": False, "contaminant_class": ""}, index=genes)
    obs = pd.DataFrame({"sample": samples.index}, index=samples.index.astype(str))
    assay = Assay("proteome", "proteome", "conditioned_medium", AnnData(y.T, obs=obs, var=var), scale="log2")
    design = Design(formula="~ 0 + tissue", contrasts={"t": "tissue[A] - tissue[B]"})
    return Study("simulated", samples, {"proteome": assay}, design)


@pytest.mark.parametrize(
    ("donors", "flasks", "side", "random_gaps"),
    [(4, 2, 0.0, 0.03), (4, 2, 1.5, 0.03), (3, 1, 1.5, 0.1), (8, 1, 0.0, 0.03)],
)
def test_detection_tests_keep_their_size(donors, flasks, side, random_gaps):
    below, count, shares = 0, 0, []
    for study in range(STUDIES):
        made = _study(np.random.default_rng([study, 5]), donors=donors, flasks=flasks, side=side,
                      random_gaps=random_gaps, changed=0)  # fmt: skip
        effects = compare(made, VaryOptions()).tables["effects"]
        curved = effects["method"] == "detection curves"
        below += int((effects.loc[curved, "p_value"] < 0.05).sum())
        count += int(curved.sum())
        shares.append(float((effects["p_value"].dropna() < 0.05).mean()))
    error = 1.96 * np.std(shares, ddof=1) / np.sqrt(STUDIES)
    share = below / count
    print(
        f"{donors} x {flasks}, depth {side}: by detection {share:.4f} of {count}; all {np.mean(shares):.4f} ± {error:.4f}"
    )
    assert np.mean(shares) - error <= 0.065
    assert share - 1.96 * np.sqrt(share * (1 - share) / count) <= 0.07


def test_false_discoveries_stay_at_five_percent_on_average():
    proportions, power = [], []
    for study in range(STUDIES):
        made = _study(
            np.random.default_rng([study, 6]), donors=4, flasks=1, side=0.0, random_gaps=0.03, changed=40
        )
        effects = compare(made, VaryOptions()).tables["effects"]
        hits = effects[effects["fdr"] <= 0.05]
        true = hits["protein"].str[1:].astype(int) < 40
        proportions.append(1 - true.mean() if len(hits) else 0.0)
        power.append(true.sum() / 40)
    error = 1.96 * np.std(proportions, ddof=1) / np.sqrt(STUDIES)
    print(f"false discovery proportion {np.mean(proportions):.4f} ± {error:.4f}, found {np.mean(power):.2f}")
    assert np.mean(proportions) - error <= 0.05
    assert np.mean(power) > 0.4
