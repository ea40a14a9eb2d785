"""Shares of a spread: known answers, SALib, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from secretome.errors import InvalidArray
from secretome.stats.sensitivity import first_order, sobol, total_effect


def _ishigami(x: np.ndarray) -> np.ndarray:
    return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


def test_total_effects_of_the_ishigami_function_are_the_analytic_ones():
    """Analytic totals 0.5576, 0.4424, 0.2437 (Ishigami and Homma 1990, a = 7, b = 0.1)."""
    rng = np.random.default_rng(4)
    x, other = rng.uniform(-np.pi, np.pi, (2, 3, 20_000))
    for at, expected in enumerate((0.5576, 0.4424, 0.2437)):
        redrawn = x.copy()
        redrawn[at] = other[at]
        assert total_effect(_ishigami(x), _ishigami(redrawn)) == pytest.approx(expected, abs=0.02)


def test_salib_gives_the_same_total_effects():
    sample = pytest.importorskip("SALib.sample.sobol")
    analyze = pytest.importorskip("SALib.analyze.sobol")
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[-np.pi, np.pi]] * 3}
    points = sample.sample(problem, 2048, calc_second_order=False, seed=1)
    theirs = analyze.analyze(problem, _ishigami(points.T), calc_second_order=False, seed=1)["ST"]
    rng = np.random.default_rng(9)
    x, other = rng.uniform(-np.pi, np.pi, (2, 3, 20_000))
    for at in range(3):
        redrawn = x.copy()
        redrawn[at] = other[at]
        assert total_effect(_ishigami(x), _ishigami(redrawn)) == pytest.approx(theirs[at], abs=0.03)


def test_members_that_failed_are_left_out_and_nothing_varying_has_no_share():
    y = np.array([[0.0, 1.0, np.nan, 3.0], [2.0, 2.0, 2.0, 2.0]])
    again = np.array([[0.0, 1.0, 5.0, 3.0], [2.0, 2.0, 2.0, 2.0]])
    found = total_effect(y, again)
    assert found[0] == 0.0
    assert np.isnan(found[1])


def test_an_additive_outcome_is_shared_out_by_variance():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((3, 5000))
    found = first_order(x, 2 * x[0] + x[1])
    assert found == pytest.approx([0.8, 0.2, 0.0], abs=0.03)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(InvalidArray, match="same shape"):
        total_effect(np.zeros(3), np.zeros(4))


def test_sobol_indices_of_the_ishigami_function_are_the_analytic_ones():
    rng = np.random.default_rng(5)
    one, two = rng.uniform(-np.pi, np.pi, (2, 3, 20_000))
    swapped = []
    for at in range(3):
        mixed = one.copy()
        mixed[at] = two[at]
        swapped.append(_ishigami(mixed))
    alone, total = sobol(_ishigami(one), _ishigami(two), np.stack(swapped))
    assert alone == pytest.approx([0.3139, 0.4424, 0.0], abs=0.03)
    assert total == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.03)


def test_sobol_leaves_members_out_that_failed_and_refuses_shapes_that_do_not_fit():
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(2, 1, 4000))
    first, swapped = x[0].copy(), y[None, 0].copy()
    first[0] = np.nan
    alone, total = sobol(first, y[0], swapped)
    assert (alone[0], total[0]) == pytest.approx((1.0, 1.0), abs=0.05)
    with pytest.raises(InvalidArray, match="do not fit"):
        sobol(first, y[0], swapped[:, 1:])
