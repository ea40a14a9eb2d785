"""Age and passage: planted slopes, the three verdicts, and slopes that are refused by name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome.plan import VaryOptions
from secretome.vary import compare, follow_numbers

from .conftest import flasks

PLAIN = VaryOptions(trend=False)


def _aged(donors=10, seed=1, sd=0.15, slope=0.0):
    rng = np.random.default_rng(seed)
    samples = flasks(donors=donors)
    ages = dict(zip(samples["donor"].unique(), rng.uniform(20, 70, 2 * donors), strict=True))
    samples["age_years"] = samples["donor"].map(ages)
    codes, names = pd.factorize(samples["donor"])
    y = 20 + rng.normal(0, sd, (40, len(names)))[:, codes] + rng.normal(0, 0.05, (40, len(samples)))
    y[:10] += slope * samples["age_years"].to_numpy()
    y[:, (samples["tissue"] == "A").to_numpy()] += 1.0
    return y, samples


def test_a_planted_slope_is_found_and_flat_proteins_are_excluded(build):
    y, samples = _aged(slope=0.05)
    result = follow_numbers(build(y, samples, "~ 0 + tissue + condition"), PLAIN)
    slopes = result.tables["slopes"].set_index("protein")
    planted = [f"P{i}" for i in range(10)]
    assert (slopes.loc[planted, "verdict"] == "change").all()
    assert slopes.loc[planted, "log2_change"].between(0.3, 0.7).all()
    flat = slopes.drop(planted)
    assert (flat["verdict"] == "a change above |log2| 0.5 per 10 is excluded").mean() > 0.9
    assert result.tables["numbers"]["varies"].item() == "between donors"


def test_three_donors_a_tissue_cannot_say(build):
    y, samples = _aged(donors=3, sd=1.5)
    slopes = follow_numbers(build(y, samples), PLAIN).tables["slopes"]
    assert (slopes["verdict"] == "this study cannot say").mean() > 0.9


def test_adult_and_perinatal_tissue_are_no_age_slope(build):
    y, samples = _aged()
    samples["age_years"] = samples["tissue"].map({"A": 0.0, "B": 45.0})
    result = follow_numbers(build(y, samples), PLAIN)
    assert result.verdict == "not tested"
    assert "aliased with tissue" in result.notes[0]
    contrast = (
        compare(build(y, samples, "~ age_years", {"age": "age_years"}), PLAIN).tables["contrasts"].iloc[0]
    )
    assert contrast["verdict"] == "not tested"
    assert "A 0; B 45" in contrast["reason"]


def test_a_slope_across_tissues_asks_for_tissue_in_the_formula(build):
    y, samples = _aged()
    contrast = (
        compare(build(y, samples, "~ age_years", {"age": "age_years"}), PLAIN).tables["contrasts"].iloc[0]
    )
    assert contrast["reason"] == "age_years is estimated within tissue only; add tissue to the formula"


def test_a_perinatal_tissue_does_not_bend_the_slope_of_the_adult_one(build):
    y, samples = _aged(slope=0.05)
    perinatal = (samples["tissue"] == "A").to_numpy()
    y[:, perinatal] += 3.0
    samples.loc[perinatal, "age_years"] = 0.0
    slopes = follow_numbers(build(y, samples), PLAIN).tables["slopes"].set_index("protein")
    assert slopes.loc[[f"P{i}" for i in range(10)], "log2_change"].between(0.3, 0.7).all()


def test_passage_may_bend(build):
    rng = np.random.default_rng(9)
    samples = flasks(donors=6, per_donor=5)
    samples["passage"] = np.tile(np.arange(2, 7), 12)
    codes, names = pd.factorize(samples["donor"])
    y = 20 + rng.normal(0, 0.5, (30, len(names)))[:, codes] + rng.normal(0, 0.1, (30, len(samples)))
    y[:5] -= 0.4 * (samples["passage"].to_numpy() - 4.0) ** 2
    result = follow_numbers(build(y, samples), PLAIN)
    slopes = result.tables["slopes"].set_index("protein")
    bent = [f"P{i}" for i in range(5)]
    assert (slopes.loc[bent, "bend_fdr"] < 0.01).all()
    assert (slopes.loc[bent, "verdict"] == "change").all()
    assert slopes.drop(bent)["bend_fdr"].gt(0.05).mean() > 0.9
    assert result.tables["numbers"]["varies"].item() == "within donors"


def test_age_and_passage_that_go_together_are_refused(build):
    y, samples = _aged()
    samples["passage"] = samples["age_years"].rank(method="dense")
    reasons = follow_numbers(build(y, samples), PLAIN).tables["numbers"].set_index("number")["reason"]
    assert "age_years and passage cannot be told apart" in reasons["age_years"]


def test_the_size_of_the_slope_test_is_that_of_donors(build):
    p = np.concatenate(
        [
            follow_numbers(build(*_aged(seed=seed, sd=0.5)), PLAIN).tables["slopes"]["p_value"].to_numpy()
            for seed in range(20)
        ]
    )
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.025)


def test_without_numbers_the_sheet_is_named(build):
    samples = flasks()
    result = follow_numbers(build(np.random.default_rng(1).normal(20, 1, (5, len(samples))), samples), PLAIN)
    assert result.verdict == "not tested"
    assert "age_years" in result.lacks[0]


def test_a_late_rise_is_a_bend_that_the_spline_sees(build):
    y, samples = _aged(donors=12, sd=0.2)
    y[:10] += 0.6 * np.sin((samples["age_years"].to_numpy() - 20) / 50 * 2 * np.pi)
    result = follow_numbers(build(y, samples), PLAIN)
    slopes = result.tables["slopes"].set_index("protein")
    bent = [f"P{i}" for i in range(10)]
    assert (slopes.loc[bent, "bend_fdr"] < 0.05).all()
    assert (slopes.loc[bent, "verdict"] == "change").all()
    assert slopes.drop(bent)["bend_fdr"].gt(0.05).mean() > 0.9
    assert result.tables["numbers"]["bend_by"].item() == "natural cubic spline, 4 knots"
    assert any("tested by a natural cubic spline" in note for note in result.notes)


def test_the_size_of_the_bend_test_is_that_of_donors_also_along_a_slope(build):
    p = np.concatenate(
        [
            follow_numbers(build(*_aged(seed=seed, sd=0.5, slope=0.05)), PLAIN).tables["slopes"][
                "bend_p_value"
            ]
            for seed in range(20)
        ]
    )
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.025)


def test_seven_ages_bend_by_a_square_and_three_donors_not_at_all(build):
    y, samples = _aged(donors=6)
    ages = np.resize([20, 30, 35, 40, 50, 60, 70], 12).astype(float)
    samples["age_years"] = samples["donor"].map(dict(zip(samples["donor"].unique(), ages, strict=True)))
    facts = follow_numbers(build(y, samples), PLAIN).tables["numbers"]
    assert facts["bend_by"].item() == "quadratic term"
    y, samples = _aged(donors=4)
    one = (samples["tissue"] == "A").to_numpy()
    result = follow_numbers(build(y[:, one], samples[one]), PLAIN)
    assert result.tables["numbers"]["bend_by"].item() == ""
    assert any("too few donors to test for a bend" in note for note in result.notes)


def test_perinatal_donors_make_no_knots(build):
    y, samples = _aged(donors=7)
    samples.loc[samples["tissue"] == "A", "age_years"] = 0.0
    assert follow_numbers(build(y, samples), PLAIN).tables["numbers"]["bend_by"].item() == "quadratic term"


def test_donors_with_two_tissues_and_too_few_of_them_bend_nothing_and_stop_nothing(build):
    samples = flasks(donors=3, per_donor=1)
    samples["donor"] = [f"d{i}" for i in (0, 1, 2, 0, 1, 2)]
    samples["age_years"] = [20.0, 45.0, 70.0] * 2
    y = np.random.default_rng(3).normal(20, 0.3, (40, 6))
    result = follow_numbers(build(y, samples), PLAIN)
    assert result.tables["slopes"]["p_value"].notna().all()
    assert result.tables["numbers"]["bend_by"].item() == ""
