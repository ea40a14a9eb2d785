"""Weights of flasks: a planted weak flask, the arithmetic of stats, the donor as unit, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from secretome.plan import VaryOptions
from secretome.stats import linear
from secretome.vary import compare

from .conftest import flasks

CONTRAST = {"t": "tissue[A] - tissue[B]"}
PAIRED = {"p": "condition[p] - condition[c]"}
PLAIN = VaryOptions(trend=False, robust=False, one_sided=False)
WEIGHTED = VaryOptions(trend=False, robust=False, one_sided=False, array_weights=True)
NAMES = [f"P{i}" for i in range(300)]


def _weak(donors: int, per_donor: int, flask: str, seed: int = 1, sd: float = 2.0):
    rng = np.random.default_rng(seed)
    samples = flasks(donors=donors, per_donor=per_donor)
    codes = samples["donor"].astype("category").cat.codes.to_numpy()
    y = 22 + rng.normal(0, 0.2, (300, 2 * donors))[:, codes] + rng.normal(0, 0.3, (300, len(samples)))
    y[:, samples.index.get_loc(flask)] += rng.normal(0, sd, 300)
    return y, samples


def test_one_flask_a_donor_is_the_weighted_fit_of_stats(build):
    y, samples = _weak(4, 1, "A20")
    effects = compare(build(y, samples, contrasts=CONTRAST), WEIGHTED).tables["effects"].set_index("protein")
    x = np.column_stack([samples["tissue"] == "A", samples["tissue"] == "B"]).astype(float)
    fit = linear.fit_rows(y, x, weights=linear.array_weights(y, x))
    tests = linear.moderate(linear.contrast_rows(fit, np.array([[1.0], [-1.0]])))
    assert effects.loc[NAMES, "p_value"].to_numpy() == pytest.approx(tests.p_value[:, 0], rel=1e-8)


@pytest.mark.parametrize(
    ("contrasts", "formula"), [(CONTRAST, "~ 0 + tissue"), (PAIRED, "~ condition + tissue")]
)
def test_a_weak_flask_is_named_and_its_noise_counts_for_less(build, contrasts, formula):
    y, samples = _weak(5, 4, "B31")
    y[:, (samples["tissue"] == "A").to_numpy()] += 0.5
    study = build(y, samples, formula, contrasts)
    plain, weighted = compare(study, PLAIN), compare(study, WEIGHTED)
    table = weighted.tables["weights"]
    assert table["sample"].iloc[0] == "B31"
    assert table["weight"].iloc[0] < 0.25
    assert len(table) == len(samples)
    assert np.exp(np.log(table["weight"]).mean()) == pytest.approx(1)
    assert any("B31 (0." in note for note in weighted.notes)
    error = [one.tables["effects"]["standard_error"].median() for one in (weighted, plain)]
    assert error[0] < error[1]
    assert "weights" not in plain.tables


def test_the_donor_stays_the_unit(build):
    y, samples = _weak(4, 4, "A21", sd=0.0)
    row = [compare(build(y, samples, contrasts=CONTRAST), one).tables["effects"] for one in (WEIGHTED, PLAIN)]
    assert row[0]["df"].to_numpy() == pytest.approx(row[1]["df"].to_numpy(), rel=0.5)
    assert (row[0]["donors_left"] == 4).all()
    rng = np.random.default_rng(5)
    samples = flasks(donors=4, per_donor=4)
    codes = samples["donor"].astype("category").cat.codes.to_numpy()
    y = 22 + rng.normal(0, 1, (1500, 8))[:, codes] + rng.normal(0, 0.2, (1500, len(samples)))
    effects = compare(build(y, samples, contrasts=CONTRAST), WEIGHTED).tables["effects"]
    assert 0.03 < (effects["p_value"] < 0.05).mean() < 0.07


def test_weights_keep_the_size_of_the_test(build):
    shares = []
    for seed in range(6):
        y, samples = _weak(4, 1, "A20", seed=seed, sd=1.0)
        effects = compare(build(y, samples, contrasts=CONTRAST), WEIGHTED).tables["effects"]
        shares.append((effects["p_value"] < 0.05).mean())
    assert 0.03 < np.mean(shares) < 0.08


def test_a_flask_with_gaps_weighs_only_where_it_is_seen(build):
    y, samples = _weak(4, 2, "A20")
    y[:50, samples.index.get_loc("A20")] = np.nan
    y[:20, samples.index.get_loc("A21")] = np.nan
    effects = compare(build(y, samples, contrasts=CONTRAST), WEIGHTED).tables["effects"].set_index("protein")
    assert effects["p_value"].notna().all()
    assert effects.loc["P0", "donors_left"] == 3


def test_too_few_flasks_are_refused_by_name(build):
    samples = flasks(donors=2, per_donor=1).iloc[:3]
    y = np.random.default_rng(1).normal(22, 1, (30, 3))
    result = compare(build(y, samples, contrasts=CONTRAST), VaryOptions(array_weights=True, min_donors=1))
    assert "array_weights: 30 rows and 1 residual degrees" in result.tables["contrasts"]["reason"].item()
    assert result.verdict == "not tested"
