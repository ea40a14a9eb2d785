"""Logic networks on arrays: the edge function, the gates, loops, and what does not settle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from secretome.errors import InvalidArray
from secretome.stats.logic import Member, Parameters, Wiring, drive, edge_function, steady_state


def _column(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)[:, None]


def _two_into_one(gate, weights=(0.9, 0.9), sources=(1.0, 0.5), present=(1.0, 1.0), basal=0.0):
    wiring = Wiring((0, 1), ((), (), (Member((0,)), Member((1,)))), ((), (), ()), ("MEAN", "MEAN", gate))
    numbers = Parameters(
        _column(*weights), _column(0.5, 0.5), _column(1.4, 1.4), _column(0, 0, basal), _column(*present)
    )
    clamp = _column(*sources, np.nan)
    return steady_state(wiring, numbers, clamp).level[2, 0]


@given(
    st.floats(0, 1), st.floats(0.05, 1), st.floats(0.1, 0.9).filter(lambda e: abs(e - 0.5) > 0.05), st.floats(1.0, 4.0)
)  # fmt: skip
def test_the_edge_function_is_the_published_form_wherever_that_is_finite(level, weight, half, hill):
    b = (half**hill - 1) / (2 * half**hill - 1)
    published = weight * b * level**hill / (b - 1 + level**hill)
    found = edge_function(*(np.array([x]) for x in (level, weight, half, hill)))[0]
    if np.isfinite(published) and abs(2 * half**hill - 1) > 1e-3:
        assert found == pytest.approx(published, abs=1e-9)


@given(st.floats(0.05, 1), st.floats(0.1, 0.9), st.floats(0.5, 4))
def test_the_edge_function_is_zero_half_and_whole_and_rises(weight, half, hill):
    at = np.array([0.0, half, 1.0])
    found = edge_function(at, *(np.full(3, x) for x in (weight, half, hill)))
    assert found == pytest.approx([0, weight / 2, weight], abs=1e-12)
    grid = edge_function(np.linspace(0, 1, 50), *(np.full(50, x) for x in (weight, half, hill)))
    assert (np.diff(grid) >= -1e-12).all()


@pytest.mark.parametrize(
    ("gate", "expected"),
    [("OR", 1 - (1 - 0.9) * (1 - 0.45)), ("AND", 0.45), ("MEAN", (0.9 + 0.45) / 2), ("MAX", 0.9)],
)
def test_gates_join_as_they_are_defined(gate, expected):
    assert _two_into_one(gate) == pytest.approx(expected, abs=1e-12)


def test_an_and_gate_of_unequal_weights_is_capped_by_the_smaller():
    assert _two_into_one("AND", weights=(0.9, 0.6), sources=(1.0, 1.0)) == pytest.approx(0.6)


@pytest.mark.parametrize("gate", ["OR", "AND", "MEAN", "MAX"])
def test_an_absent_edge_is_neutral_in_every_gate(gate):
    assert _two_into_one(gate, present=(0.0, 1.0)) == pytest.approx(0.45, abs=1e-12)


def test_basal_activity_and_inhibition_follow_the_definition():
    wiring = Wiring((0, 1), ((), (), (Member((0,)),)), ((), (), (1,)), ("MEAN",) * 3)
    numbers = Parameters(
        _column(0.9, 0.8), _column(0.5, 0.5), _column(1.4, 2.0), _column(0, 0, 0.2), _column(1, 1)
    )
    found = steady_state(wiring, numbers, _column(1.0, 0.5, np.nan)).level[2, 0]
    assert found == pytest.approx((0.2 + 0.8 * 0.9) * (1 - 0.4), abs=1e-12)


def test_loops_rest_where_the_differential_equation_rests():
    """A negative loop of three and a positive one, beside scipy's LSODA."""
    rng = np.random.default_rng(5)
    wiring = Wiring(
        (0, 3, 1, 2, 3, 4),
        ((), (Member((0,)), Member((5,))), (Member((2,)),), (Member((3,)),), (Member((4,)),)),
        ((), (1,), (), (), ()),
        ("MEAN",) * 5,
    )
    m = 4
    numbers = Parameters(
        rng.uniform(0.6, 1, (6, m)), rng.uniform(0.35, 0.65, (6, m)), rng.uniform(1.1, 3, (6, m)),
        rng.uniform(0, 0.25, (5, m)), np.ones((6, 1)),
    )  # fmt: skip
    clamp = np.full((5, m), np.nan)
    clamp[0] = 0.8
    found = steady_state(wiring, numbers, clamp)
    assert found.settled.all()
    for member in range(m):
        mine = Parameters(*(a[:, [min(member, a.shape[1] - 1)]] for a in (numbers.weight, numbers.half_point, numbers.hill, numbers.basal, numbers.present)))  # fmt: skip

        def rhs(_t, y, mine=mine):
            rate = drive(wiring, mine, np.clip(y, 0, 1)[:, None])[:, 0] - y
            rate[0] = 0
            return rate

        ode = solve_ivp(rhs, (0, 120), [0.8, 0, 0, 0, 0], method="LSODA", rtol=1e-9, atol=1e-10)
        assert found.level[:, member] == pytest.approx(ode.y[:, -1], abs=1e-6)


def test_a_member_that_never_rests_is_counted_and_the_others_stand():
    """A steep negative loop of three with equal time constants oscillates."""
    wiring = Wiring((2, 0, 1), ((), (Member((1,)),), (Member((2,)),)), ((0,), (), ()), ("MEAN",) * 3)
    hill = np.array([[40.0, 1.1]] * 3)
    numbers = Parameters(np.ones((3, 2)), np.full((3, 2), 0.5), hill, _column(0.9, 0.0, 0.0), np.ones((3, 1)))
    found = steady_state(wiring, numbers, np.full((3, 2), np.nan), sweeps=300)
    assert found.settled.tolist() == [False, True]
    assert np.isnan(found.level[:, 0]).all()
    assert np.isfinite(found.level[:, 1]).all()


def test_a_parameter_that_is_no_number_spoils_its_own_member_only():
    wiring = Wiring((0,), ((), (Member((0,)),)), ((), ()), ("MEAN", "MEAN"))
    weight = np.array([[0.9, np.nan]])
    numbers = Parameters(weight, _column(0.5), _column(1.4), _column(0.3, 0.1), _column(1))
    found = steady_state(wiring, numbers, np.full((2, 2), np.nan))
    assert found.settled.tolist() == [True, False]


def test_chunks_do_not_move_an_answer():
    rng = np.random.default_rng(1)
    wiring = Wiring((0,), ((), (Member((0,)),)), ((), ()), ("MEAN", "MEAN"))
    numbers = Parameters(
        rng.uniform(0.6, 1, (1, 30)), _column(0.5), _column(1.4), _column(0.3, 0.1), _column(1)
    )
    clamp = np.full((2, 30), np.nan)
    whole = steady_state(wiring, numbers, clamp).level
    assert np.array_equal(whole, steady_state(wiring, numbers, clamp, chunk=7).level)


def test_shapes_that_do_not_fit_are_refused():
    wiring = Wiring((0,), ((), (Member((0,)),)), ((), ()), ("MEAN", "MEAN"))
    numbers = Parameters(_column(0.9, 0.9), _column(0.5), _column(1.4), _column(0.3, 0.1), _column(1))
    with pytest.raises(InvalidArray, match="weight has shape"):
        steady_state(wiring, numbers, np.full((2, 3), np.nan))
    with pytest.raises(InvalidArray, match="clamp has 1 rows"):
        steady_state(wiring, Parameters(_column(0.9), _column(0.5), _column(1.4), _column(0.3, 0.1), _column(1)), np.full((1, 3), np.nan))  # fmt: skip
