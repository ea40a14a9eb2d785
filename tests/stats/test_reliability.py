"""Reliability of probabilities: by hand, planted, refused."""

from __future__ import annotations

import numpy as np
import pytest

from secretome.errors import InvalidArray
from secretome.stats.reliability import reliability


def test_true_probabilities_are_calibrated_and_stretched_ones_are_not():
    rng = np.random.default_rng(1)
    p = rng.random(40_000)
    y = rng.random(p.size) < p
    assert reliability(p, y).error < 0.01
    assert reliability(np.clip(1.5 * p - 0.25, 0, 1), y).error > 0.05


def test_bins_hold_their_means_and_one_belongs_to_the_last():
    found = reliability([0.0, 0.04, 0.51, 0.59, 1.0], [0, 1, 0, 1, 1])
    assert found.n.tolist() == [2, 0, 0, 0, 0, 2, 0, 0, 0, 1]
    assert found.predicted[5] == pytest.approx(0.55)
    assert found.observed[0] == pytest.approx(0.5)
    assert np.isnan(found.predicted[1])
    assert found.error == pytest.approx((2 * 0.48 + 2 * 0.05 + 0) / 5)


@pytest.mark.parametrize(("p", "y"), [([0.1], [1, 0]), ([], []), ([1.2], [1]), ([np.nan], [1])])
def test_what_is_no_probability_is_refused(p, y):
    with pytest.raises(InvalidArray):
        reliability(p, y)
