"""The width of the bulk: recovered, and not taken where there is no bulk."""

from __future__ import annotations

import numpy as np
import pytest

from secretome.errors import InvalidArray
from secretome.stats.empirical_null import central_peak, excess


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.5])
def test_the_peak_is_measured_whatever_stands_in_the_tails(scale):
    rng = np.random.default_rng(2)
    z = np.r_[rng.normal(-0.3, scale, 3000), rng.normal(12, 3, 300)]
    peak = central_peak(z)
    assert peak.scale == pytest.approx(scale, rel=0.08)
    assert peak.centre == pytest.approx(-0.3, abs=0.15)
    assert 0.85 < peak.share <= 1


def test_standard_normal_values_are_not_widened():
    factors = [
        excess(np.random.default_rng(seed).normal(size=800), np.full(800, 0.1), minimum=0.5)
        for seed in range(30)
    ]
    assert np.mean(np.array(factors) > 1) <= 0.1


def test_a_proteome_that_moves_gives_no_factor():
    rng = np.random.default_rng(3)
    z = np.r_[rng.normal(0, 1.5, 1200), rng.normal(-6, 3, 800), rng.normal(15, 5, 700)]
    assert excess(z, np.full(z.size, 0.1), minimum=0.5) == 1.0
    # one wide peak of real differences: far beyond the minimum
    assert excess(rng.normal(0, 4, 2000), np.full(2000, 0.3), minimum=0.5) == 1.0


def test_few_values_have_no_bulk():
    assert excess(np.zeros(100), np.ones(100), minimum=0.5) == 1.0
    with pytest.raises(InvalidArray, match="199 values"):
        central_peak(np.zeros(199))
