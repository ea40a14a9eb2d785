"""Natural cubic splines: the space of scipy's natural interpolation, straight beyond the knots, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from secretome.errors import InvalidArray
from secretome.stats.spline import bends, knots_of


@pytest.mark.parametrize("count", [3, 4])
def test_the_columns_span_natural_interpolation(count):
    x = np.linspace(20, 80, 61)
    knots = knots_of(x, count)
    basis = np.column_stack([np.ones_like(x), x, bends(x, knots)])
    inside = (x >= knots[0]) & (x <= knots[-1])
    for heights in np.eye(count):
        curve = CubicSpline(knots, heights, bc_type="natural")(x[inside])
        fitted = basis[inside] @ np.linalg.lstsq(basis[inside], curve, rcond=None)[0]
        assert fitted == pytest.approx(curve, abs=1e-9)


def test_the_curve_is_straight_beyond_its_knots():
    x = np.concatenate([np.linspace(-50, 0, 6), np.linspace(100, 150, 6)])
    columns = bends(x, [0.0, 30.0, 60.0, 100.0])
    assert columns[:6] == pytest.approx(0)
    assert np.diff(columns[6:], n=2, axis=0) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("knots", [[0.0, 1.0], [0.0, 2.0, 1.0], [0.0, 0.0, 1.0]])
def test_knots_must_rise(knots):
    with pytest.raises(InvalidArray, match="at least 3 that rise"):
        bends([1.0], knots)


def test_gaps_and_too_few_values_are_refused():
    with pytest.raises(InvalidArray, match="not finite"):
        bends([np.nan], [0.0, 1.0, 2.0])
    with pytest.raises(InvalidArray, match="3 different values; 4 knots"):
        knots_of([1, 2, 3, 3], 4)
    with pytest.raises(InvalidArray, match="5 knots; expected 3 or 4"):
        knots_of(np.arange(9), 5)
