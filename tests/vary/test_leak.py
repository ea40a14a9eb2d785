"""Contrasts with the leak held fixed: planted leak and planted difference, both tables, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome.parallel import here
from secretome.plan import VaryOptions
from secretome.results import Answer, Result
from secretome.stats import linear
from secretome.vary import compare, compare_leak_adjusted, run

from .conftest import flasks

CONTRAST = {"t": "tissue[A] - tissue[B]"}
OPTIONS = VaryOptions(trend=False, robust=False, leak_adjusted=True)
TRUE, LEAKED, NAMES = range(10), range(10, 60), [f"P{i}" for i in range(200)]


def _leakage(samples: pd.DataFrame, percent: np.ndarray) -> Result:
    table = pd.DataFrame(
        {"assay": "proteome", "sample": samples.index, "leak_percent": percent, "anchored_percent": percent}
    )
    return Result("define", "leakage", "?", Answer(""), tables={"samples": table})


def _leaky(build, shift: float = 1.0, donors: int = 8, contrasts=None, seed: int = 1):
    """Tissue A leaks 2**shift times as much; 50 proteins follow the leak, 10 differ by 2 whatever leaks."""
    rng = np.random.default_rng(seed)
    samples = flasks(donors=donors, per_donor=2)
    in_a = (samples["tissue"] == "A").to_numpy()
    codes = samples["donor"].astype("category").cat.codes.to_numpy()
    log2_leak = 3 + rng.normal(0, 1, 2 * donors)[codes] + shift * in_a
    y = 22 + rng.normal(0, 0.2, (200, 2 * donors))[:, codes] + rng.normal(0, 0.1, (200, len(samples)))
    y[LEAKED] += log2_leak
    y[np.ix_(TRUE, in_a)] += 2
    return build(y, samples, contrasts=contrasts or CONTRAST), _leakage(samples, 2**log2_leak)


def test_what_only_leaks_goes_and_what_differs_stays(build):
    study, leakage = _leaky(build, shift=1.5)
    plain = compare(study, OPTIONS)
    result = compare_leak_adjusted(study, plain, leakage, OPTIONS)
    table = result.tables["adjusted"].set_index("protein")
    leaked, true = [f"P{i}" for i in LEAKED], [f"P{i}" for i in TRUE]
    assert (table.loc[leaked, "fdr"] < 0.05).mean() > 0.5
    assert (table.loc[leaked, "fdr_adjusted"] < 0.05).mean() < 0.1
    assert table.loc[leaked, "log2_ratio_adjusted"].mean() == pytest.approx(0, abs=0.1)
    assert (table.loc[true, "fdr_adjusted"] < 0.05).all()
    assert table.loc[true, "log2_ratio_adjusted"].mean() == pytest.approx(2, abs=0.2)
    facts = result.tables["contrasts"].iloc[0]
    assert facts["plain_5_fdr"] > facts["adjusted_5_fdr"] >= 10
    assert f"{facts['plain_5_fdr']} differences at 5 % FDR without and {facts['adjusted_5_fdr']} with" in (
        result.sentence()
    )
    assert "plain contrasts stay the answer" in result.notes[0]


def test_the_numbers_are_those_of_a_model_with_the_donors_leak(build):
    study, leakage = _leaky(build)
    table = compare_leak_adjusted(study, compare(study, OPTIONS), leakage, OPTIONS).tables["adjusted"]
    values = np.asarray(study.assays["proteome"].matrix.X).T
    donors = study.samples["donor"].to_numpy()
    names = sorted(set(donors))
    means = np.column_stack([values[:, donors == name].mean(axis=1) for name in names])
    leak = leakage.tables["samples"].set_index("sample")["leak_percent"].apply(np.log2)
    covariate = [leak[donors == name].mean() for name in names]
    in_a = np.array([name.startswith("A") for name in names], dtype=float)
    fit = linear.fit_rows(means, np.column_stack([in_a, 1 - in_a, covariate]))
    tests = linear.moderate(linear.contrast_rows(fit, np.array([[1.0], [-1.0], [0.0]])))
    found = table.set_index("protein").loc[NAMES]
    assert found["log2_ratio_adjusted"].to_numpy() == pytest.approx(tests.coefficients[:, 0], abs=1e-9)
    assert found["p_value_adjusted"].to_numpy() == pytest.approx(tests.p_value[:, 0], rel=1e-7)


def test_the_adjusted_test_keeps_its_size(build):
    shares = []
    for seed in range(5):
        study, leakage = _leaky(build, seed=seed)
        table = compare_leak_adjusted(study, compare(study, OPTIONS), leakage, OPTIONS).tables["adjusted"]
        null = table.set_index("protein").drop([f"P{i}" for i in TRUE])
        shares.append((null["p_value_adjusted"] < 0.05).mean())
    assert 0.03 < np.mean(shares) < 0.07


def test_a_paired_contrast_is_adjusted_by_the_difference_within_the_donor(build):
    rng = np.random.default_rng(3)
    samples = flasks(donors=6, per_donor=2)
    primed = (samples["condition"] == "p").to_numpy()
    log2_leak = rng.normal(3, 1, len(samples)) + 0.3 * primed
    y = 22 + rng.normal(0, 0.2, (100, len(samples)))
    y[:50] += log2_leak
    y[50:60, primed] += 1.5
    study = build(y, samples, "~ tissue + condition", {"p": "condition[p] - condition[c]"})
    result = compare_leak_adjusted(study, compare(study, OPTIONS), _leakage(samples, 2**log2_leak), OPTIONS)
    table = result.tables["adjusted"].set_index("protein")
    assert table.loc[[f"P{i}" for i in range(50)], "log2_ratio_adjusted"].mean() == pytest.approx(0, abs=0.1)
    assert table.loc[[f"P{i}" for i in range(50, 60)], "log2_ratio_adjusted"].mean() == pytest.approx(
        1.5, abs=0.2
    )


@pytest.mark.parametrize("exactly", [True, False])
def test_a_leak_that_goes_with_the_contrast_is_refused_in_words(build, exactly):
    study, leakage = _leaky(build, shift=12.0)
    if exactly:
        leakage = _leakage(study.samples, np.where(study.samples["tissue"] == "A", 20.0, 10.0))
    result = compare_leak_adjusted(study, compare(study, OPTIONS), leakage, OPTIONS)
    assert result.verdict == "not tested"
    assert "the leak share is aliased with the contrast" in result.notes[-1]
    assert result.tables["adjusted"].empty
    assert result.tables["contrasts"]["goes_with_leak"].item() > 0.8


def test_gaps_of_the_leak_are_named(build):
    study, leakage = _leaky(build)
    plain = compare(study, OPTIONS)
    table = leakage.tables["samples"]
    table.loc[[0, 1, 3], ["leak_percent", "anchored_percent"]] = np.nan
    result = compare_leak_adjusted(study, plain, leakage, OPTIONS)
    assert any("left out where the leak is held fixed (3): A00, A01, A11" in note for note in result.notes)
    true = result.tables["adjusted"].set_index("protein").loc[[f"P{i}" for i in TRUE], "log2_ratio_adjusted"]
    assert true.mean() == pytest.approx(2, abs=0.3)
    table.loc[
        table["sample"].str.startswith("A") & (table.index > 1), ["leak_percent", "anchored_percent"]
    ] = np.nan
    reason = compare_leak_adjusted(study, plain, leakage, OPTIONS).tables["contrasts"]["reason"].item()
    assert reason == "0 and 8 donors have a leak share; at least 2 on each side are needed"
    table[["leak_percent", "anchored_percent"]] = np.nan
    reason = compare_leak_adjusted(study, plain, leakage, OPTIONS).tables["contrasts"]["reason"].item()
    assert reason == "no sample has a leak share"
    reason = compare_leak_adjusted(study, plain, None, OPTIONS).tables["contrasts"]["reason"].item()
    assert "no leak share was estimated" in reason
    leakage.tables["samples"]["assay"] = "other"
    reason = compare_leak_adjusted(study, plain, leakage, OPTIONS).tables["contrasts"]["reason"].item()
    assert "define.leakage judges no sample of assay 'proteome'" in reason


def test_three_donor_values_leave_nothing_for_the_leak(build):
    samples = flasks(donors=3, per_donor=1).iloc[[0, 1, 3]]
    y = np.random.default_rng(1).normal(22, 1, (30, 3))
    options = VaryOptions(min_donors=1, leak_adjusted=True)
    study = build(y, samples, contrasts=CONTRAST)
    leakage = _leakage(samples, np.array([5.0, 9.0, 7.0]))
    result = compare_leak_adjusted(study, compare(study, options), leakage, options)
    assert "3 donor values leave no degree of freedom" in result.tables["contrasts"]["reason"].item()


def test_it_is_made_on_request_only(build):
    study, leakage = _leaky(build, donors=4)
    earlier = {"define.leakage": leakage}
    plain = VaryOptions(mixed=False, sets=False, partition_draws=0)
    _, found = run(study, earlier, plain, seed=1, map=here)
    assert "vary.leak_adjusted" not in [result.key for result in found]
    asked = VaryOptions(mixed=False, sets=False, partition_draws=0, leak_adjusted=True)
    _, found = run(study, earlier, asked, seed=1, map=here)
    assert "vary.leak_adjusted" in [result.key for result in found]
