"""Chance of silence at a level: against simulation and by its limits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from secretome.errors import InvalidArray
from secretome.stats.absence import chance_unseen


def test_the_chance_is_that_of_simulation():
    rng = np.random.default_rng(1)
    midpoint, scale = np.array([19.0, 20.0, 21.0]), np.array([0.8, 1.0, 1.5])
    level = 20.5 + 0.6 * rng.normal(size=(200_000, 1))
    y = level + 0.4 * rng.normal(size=(200_000, 3))
    unseen = (rng.normal(midpoint, scale, y.shape) > y).sum(axis=1)
    for count in range(4):
        found = chance_unseen([20.5], [0.6], [0.4], midpoint, scale, [count])[0]
        assert found == pytest.approx((unseen >= count).mean(), abs=0.005)


def test_higher_levels_are_less_often_silent():
    chance = chance_unseen(
        np.linspace(15, 30, 20), np.full(20, 0.2), np.full(20, 0.3), [20.0, 20.5], [1.0, 1.0], [1] * 20
    )
    assert (np.diff(chance) < 0).all()
    assert chance[0] == pytest.approx(1)
    exact = 1 - norm.cdf((25.0 - 20) / np.hypot(1, 0.3))
    one = chance_unseen([25.0], [0.0], [0.3], [20.0], [1.0], [1])
    assert one[0] == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("wrong", [{"level": [1.0, 2.0]}, {"scale": [0.0]}, {"midpoint": [1.0, 2.0]}])
def test_shapes_and_scales_are_checked(wrong):
    given = {
        "level": [20.0], "error": [0.1], "sd": [0.1], "midpoint": [20.0], "scale": [1.0], "unseen": [1],
    }  # fmt: skip
    with pytest.raises(InvalidArray):
        chance_unseen(**{**given, **wrong})
