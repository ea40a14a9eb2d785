"""Size of the donor-level tests by simulation: >= 10,000 tests over >= 200 independent studies."""

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

STUDIES, PROTEINS = 250, 60


def _null_study(rng: np.random.Generator, *, shared: bool) -> Study:
    """Four donors a tissue, three flasks a condition, donor variance, a tenth of the values missing."""
    rows = [
        (f"{t}{d}{c}{f}", f"D{d}" if shared and t != "C" else f"{t}{d}", t, c)
        for t in "ABC" for d in range(4) for c in ("control", "primed") for f in range(3)
    ]  # fmt: skip
    samples = pd.DataFrame(rows, columns=["sample", "donor", "tissue", "condition"]).set_index("sample")
    codes, donors = pd.factorize(samples["donor"])
    donor_sd = rng.uniform(0.1, 1.0, (PROTEINS, 1))
    values = (
        20
        + donor_sd * rng.normal(size=(PROTEINS, len(donors)))[:, codes]
        + rng.normal(0, 0.3, (PROTEINS, len(samples)))
    )
    values[rng.random(values.shape) < 0.1] = np.nan
    names = [f"P{i}" for i in range(PROTEINS)]
    var = pd.DataFrame({"gene": names, "masked": False, "contaminant_class": ""}, index=names)
    obs = pd.DataFrame({"sample": samples.index}, index=samples.index.astype(str))
    assay = Assay(
        "proteome", "proteome", "conditioned_medium", AnnData(values.T, obs=obs, var=var), scale="log2"
    )
    contrasts = {
        "tissue": "tissue[A] - tissue[C]",
        "pair": "tissue[A] - tissue[B]",
        "priming": "condition[primed] - condition[control]",
    }
    return Study(
        "null", samples, {"proteome": assay}, Design(formula="~ 0 + tissue + condition", contrasts=contrasts)
    )


@pytest.mark.parametrize("shared", [False, True])
def test_donor_level_tests_keep_their_size(shared):
    found: dict[str, list[np.ndarray]] = {}
    for study in range(STUDIES):
        effects = compare(
            _null_study(np.random.default_rng([7, study]), shared=shared), VaryOptions()
        ).tables["effects"]
        for name, group in effects.groupby("contrast"):
            found.setdefault(str(name), []).append((group["p_value"].dropna() < 0.05).to_numpy())
    for name, hits in found.items():
        shares = np.array([study.mean() for study in hits])
        error = 1.96 * shares.std(ddof=1) / np.sqrt(len(shares))
        print(f"shared={shared} {name}: {shares.mean():.4f} ± {error:.4f} of {sum(map(len, hits))} tests")
        assert sum(map(len, hits)) >= 10_000
        assert shares.mean() - error <= 0.05
        assert shares.mean() + error >= 0.03
