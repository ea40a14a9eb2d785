"""Shares of variance: lme4's, planted ones, gaps, and what cannot be told apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from secretome.plan import VaryOptions
from secretome.vary import partition

from .conftest import flasks

FEW = VaryOptions(partition_draws=60)


def _wide(result) -> pd.DataFrame:
    return result.tables["partition"].pivot_table(index="protein", columns="term", values="share")


def test_shares_equal_those_of_lme4(shared, build):
    folder = shared / "oracle" / "statistics"
    samples = pd.read_csv(folder / "inputs" / "C_samples.csv.gz").set_index("sample")
    samples["primed"] = np.where(samples["primed"] == 1, "yes", "no")
    y = pd.read_csv(folder / "inputs" / "C_mixed.csv.gz", index_col=0).to_numpy()[:200]
    expected = pd.read_csv(folder / "expected" / "lme4_C_REML.csv")[:200]
    study = build(y, samples, "~ 0 + tissue + primed", random=("donor", "batch"))
    found = _wide(partition(study, VaryOptions(partition_draws=0), seed=1)).loc[[f"P{i}" for i in range(200)]]
    for term in ("donor", "batch", "tissue", "primed"):
        assert_allclose(found[term], expected[f"frac_{term}"], atol=1e-3)
    assert_allclose(found["residual"], expected["frac_resid"], atol=1e-3)


def test_planted_shares_are_recovered_with_gaps(build):
    rng = np.random.default_rng(1)
    samples = flasks(donors=30, per_donor=4)
    codes, donors = pd.factorize(samples["donor"])
    y = 20 + rng.normal(0, np.sqrt(3), (150, len(donors)))[:, codes] + rng.normal(0, 1, (150, len(samples)))
    y[rng.random(y.shape) < 0.2] = np.nan
    found = _wide(partition(build(y, samples), VaryOptions(partition_draws=0), seed=1))
    assert len(found) == 150
    assert found["donor"].median() == pytest.approx(0.74, abs=0.03)
    assert_allclose(found.sum(axis=1), 1.0)


def test_intervals_cover_the_planted_share(build):
    rng = np.random.default_rng(2)
    samples = flasks(donors=12, per_donor=3)
    codes, donors = pd.factorize(samples["donor"])
    y = 20 + rng.normal(0, 1, (15, len(donors)))[:, codes] + rng.normal(0, 1, (15, len(samples)))
    top = partition(build(y, samples), FEW, seed=3).tables["top"].query("term == 'donor'")
    assert len(top) == 15
    assert ((top["lower"] <= top["share"]) & (top["share"] <= top["upper"])).mean() > 0.9
    assert ((top["lower"] < 0.5) & (top["upper"] > 0.5)).mean() > 0.75


def test_the_same_seed_gives_the_same_intervals(build):
    rng = np.random.default_rng(4)
    samples = flasks()
    y = rng.normal(20, 1, (12, len(samples)))
    study = build(y, samples)
    first, second = (partition(study, FEW, seed=5).tables["top"] for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


def test_a_batch_that_is_a_tissue_is_left_out_by_name(build):
    rng = np.random.default_rng(6)
    samples = flasks().assign(batch=lambda table: table["tissue"].map({"A": "b1", "B": "b2"}))
    result = partition(build(rng.normal(20, 1, (10, len(samples))), samples), FEW, seed=1)
    assert "batch" not in set(result.tables["terms"]["term"])
    assert any("batch is left out of the partition: it is aliased" in note for note in result.notes)


def test_one_flask_a_donor_cannot_be_partitioned(build):
    rng = np.random.default_rng(7)
    samples = flasks(per_donor=1)
    result = partition(build(rng.normal(20, 1, (10, len(samples))), samples), FEW, seed=1)
    assert result.verdict == "not tested"
    assert "cannot be told from the residual" in " ".join(result.notes)


def test_donors_of_two_tissues_have_a_term_within_donors(build):
    rng = np.random.default_rng(8)
    samples = flasks(tissues="ABC", donors=4)
    samples["donor"] = samples["donor"].str.replace("B", "A")
    terms = set(
        partition(build(rng.normal(20, 1, (20, len(samples))), samples), FEW, seed=1).tables["terms"]["term"]
    )
    assert terms == {"donor", "donor:tissue", "tissue", "residual"}
