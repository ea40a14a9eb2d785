"""Two one-sided tests held to R, to their power and size by simulation, and to their refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats import equivalence

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


@pytest.mark.parametrize("row", range(4))
def test_the_two_tests_are_those_of_r(row):
    lots = pd.read_csv(GOLDEN / "qualify_lots.csv")
    expected = pd.read_csv(GOLDEN / "qualify_tost.csv").iloc[row]
    test, reference = (lots.loc[lots["group"] == group, "potency_pct"] for group in ("test", "ref"))
    if expected["case"].startswith("log"):
        test, reference = np.log(test), np.log(reference)
    comparison = "pooled" if "pooled" in expected["case"] else "welch"
    margin = (-expected["margin"], expected["margin"])
    found = equivalence.tost(test, reference, margin=margin, comparison=comparison)
    numbers = [found.difference, found.df, found.t_lower, found.p_lower, found.t_upper, found.p_upper,
               found.p_value, found.lower, found.upper]  # fmt: skip
    columns = ["diff", "df", "t_lower", "p_lower", "t_upper", "p_upper", "p_tost", "ci90_lower", "ci90_upper"]
    assert_allclose(numbers, expected[columns].astype(float), rtol=1e-8)
    assert (found.p_value < 0.05) == expected["equivalent"]


def test_pairs_are_compared_within_themselves():
    rng = np.random.default_rng(1)
    base = rng.normal(100, 20, 8)
    found = equivalence.tost(base + rng.normal(0, 1, 8), base, margin=(-3, 3), comparison="paired")
    assert found.p_value < 0.05
    assert equivalence.tost(base + 1, rng.permutation(base), margin=(-3, 3)).p_value > 0.05


def test_the_interval_is_inside_the_margins_exactly_when_the_test_rejects():
    rng = np.random.default_rng(2)
    for _ in range(100):
        found = equivalence.tost(rng.normal(0, 1, 6), rng.normal(0, 1, 5), margin=(-1.5, 1.2))
        assert (found.p_value < 0.05) == (found.lower > -1.5 and found.upper < 1.2)


@pytest.mark.parametrize("comparison", ["pooled", "paired"])
def test_power_is_the_share_of_simulated_studies_that_reject(comparison):
    rng = np.random.default_rng(3)
    rejected = 0
    for _ in range(1_000):
        y = np.zeros(6) if comparison == "paired" else rng.normal(0, 1, 6)
        rejected += (
            equivalence.tost(rng.normal(0.3, 1, 6), y, margin=(-1.6, 1.6), comparison=comparison).p_value
            < 0.05
        )
    expected = equivalence.power(6, 6, sd=1, margin=(-1.6, 1.6), true_difference=0.3, comparison=comparison)
    assert rejected / 1_000 == pytest.approx(expected, abs=0.05)


def test_power_at_the_margin_is_the_size():
    assert equivalence.power(12, 12, sd=0.3, margin=(-1, 1), true_difference=1) == pytest.approx(
        0.05, abs=1e-6
    )


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(InvalidArray, match="both sides of zero"):
        equivalence.tost([1, 2], [1, 2], margin=(1, 2))
    with pytest.raises(InvalidArray, match="comparison"):
        equivalence.tost([1, 2], [1, 2], margin=(-1, 1), comparison="other")
    with pytest.raises(InvalidArray, match="pairs"):
        equivalence.tost([1, 2, 3], [1, 2], margin=(-1, 1), comparison="paired")
    with pytest.raises(InvalidArray, match="finite"):
        equivalence.tost([1, np.nan], [1, 2], margin=(-1, 1))
    with pytest.raises(NotEstimable, match="at least two"):
        equivalence.tost([1], [1, 2], margin=(-1, 1))
    with pytest.raises(NotEstimable, match="do not vary"):
        equivalence.tost([1, 1], [1, 1], margin=(-1, 1))
    with pytest.raises(NotEstimable):
        equivalence.power(1, 1, sd=1, margin=(-1, 1))
