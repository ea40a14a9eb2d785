"""Simulated laboratories: intervals cover, false discoveries stay nominal, age shows only with donors enough."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from secretome.design import Design
from secretome.plan import VaryOptions
from secretome.study import Assay, Study
from secretome.vary import compare, follow_numbers

pytestmark = pytest.mark.slow

STUDIES, PROTEINS, CHANGED = 200, 150, 30
CONTRASTS = {"tissue": "tissue[A] - tissue[B]", "priming": "condition[primed] - condition[control]"}


def _study(rng: np.random.Generator, donors: int, *, age_slope: float = 0.0) -> tuple[Study, np.ndarray]:
    """Two tissues, two conditions, a tenth of the values lost at random; and the true tissue ratios."""
    rows = [
        (f"{t}{d}{c}", f"{t}{d}", t, c, 25.0 + 50.0 * d / max(donors - 1, 1))
        for t in "AB"
        for d in range(donors)
        for c in ("control", "primed")
    ]
    samples = pd.DataFrame(rows, columns=["sample", "donor", "tissue", "condition", "age_years"])
    samples = samples.set_index("sample")
    codes, names = pd.factorize(samples["donor"])
    truth = np.where(np.arange(PROTEINS) < CHANGED, rng.normal(0, 2, PROTEINS), 0.0)
    spread = 0.4 * np.sqrt(6 / rng.chisquare(6, (PROTEINS, 1)))
    y = 22 + spread * rng.normal(size=(PROTEINS, len(names)))[:, codes]
    y += 0.25 * rng.normal(size=y.shape)
    y[:, (samples["tissue"] == "A").to_numpy()] += truth[:, None]
    y += age_slope * (np.arange(PROTEINS) < CHANGED)[:, None] * samples["age_years"].to_numpy() / 10
    y[rng.random(y.shape) < 0.1] = np.nan
    genes = [f"P{row}" for row in range(PROTEINS)]
    var = pd.DataFrame({"gene": genes, "masked": False, "contaminant_class": ""}, index=genes)
    obs = pd.DataFrame({"sample": samples.index}, index=samples.index.astype(str))
    assay = Assay("proteome", "proteome", "conditioned_medium", AnnData(y.T, obs=obs, var=var), scale="log2")
    design = Design(formula="~ 0 + tissue + condition", contrasts=CONTRASTS)
    return Study("laboratory", samples, {"proteome": assay}, design), truth


@pytest.mark.parametrize("donors", [4, 8])
def test_intervals_cover_and_discoveries_hold(donors):
    covered: dict[str, list[float]] = {"tissue": [], "priming": []}
    false, tests = [], 0
    for number in range(STUDIES):
        study, truth = _study(np.random.default_rng([number, donors, 31]), donors)
        effects = compare(study, VaryOptions(one_sided=False)).tables["effects"]
        effects = effects[effects["p_value"].notna()]
        tests += len(effects)
        for name, mine in effects.groupby("contrast"):
            real = truth[mine["protein"].str[1:].astype(int)] if name == "tissue" else 0.0
            covered[str(name)].append(float(((mine["lower"] <= real) & (real <= mine["upper"])).mean()))
        hits = effects[(effects["contrast"] == "tissue") & (effects["fdr"] <= 0.05)]
        false.append(float((hits["protein"].str[1:].astype(int) >= CHANGED).mean()) if len(hits) else 0.0)
    assert tests >= 10_000
    for name, each in covered.items():
        mean, error = np.mean(each), 1.96 * np.std(each, ddof=1) / np.sqrt(STUDIES)
        print(f"{donors} donors a tissue, {name}: intervals cover {mean:.4f} ± {error:.4f} ({tests} tests)")
        assert mean + error >= 0.93
        assert mean - error <= 0.97
    error = 1.96 * np.std(false, ddof=1) / np.sqrt(STUDIES)
    print(f"{donors} donors a tissue: false discovery proportion {np.mean(false):.4f} ± {error:.4f}")
    assert np.mean(false) - error <= 0.05


def test_an_age_effect_is_recovered_only_when_donors_allow():
    found, false = {}, {}
    for donors in (2, 3, 12):
        shares, wrong = [], []
        for number in range(60):
            study, _ = _study(np.random.default_rng([number, donors, 32]), donors, age_slope=0.4)
            slopes = follow_numbers(study, VaryOptions()).tables["slopes"]
            hits = slopes[slopes["fdr"] <= 0.05]
            true = hits["protein"].str[1:].astype(int) < CHANGED
            shares.append(true.sum() / CHANGED)
            wrong.append(1 - true.mean() if len(hits) else 0.0)
        found[donors], false[donors] = np.mean(shares), np.mean(wrong)
        print(
            f"{donors} donors a tissue: {found[donors]:.2f} of the age effects found, false {false[donors]:.3f}"
        )
    assert found[2] < 0.1
    assert found[12] > 0.8
    assert found[2] <= found[3] < found[12]
    assert all(share <= 0.07 for share in false.values())
