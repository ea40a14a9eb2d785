"""Mass action: balance, limits, order, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats import binding

NAN = float("nan")


def quadratic(ligand, binder, kd):
    """Free ligand of one pair, in the form that keeps its digits when nearly all is bound."""
    excess = ligand - binder - kd
    root = np.hypot(excess, 2 * np.sqrt(kd * ligand))
    return (excess + root) / 2 if excess > 0 else 2 * kd * ligand / (root - excess)


@settings(max_examples=80, deadline=None)
@given(*(st.floats(-15, -5) for _ in range(3)))
def test_one_pair_is_the_quadratic(ligand, binder, kd):
    ligand, binder, kd = 10**ligand, 10**binder, 10**kd
    assert_allclose(binding.free_ligand(ligand, binder, kd).free[0], quadratic(ligand, binder, kd), rtol=1e-9)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), n_ligands=st.integers(1, 6), n_binders=st.integers(1, 6))
def test_masses_balance_and_every_pair_is_in_equilibrium(seed, n_ligands, n_binders):
    rng = np.random.default_rng(seed)
    ligand, binders = 10 ** rng.uniform(-13, -6, n_ligands), 10 ** rng.uniform(-13, -6, n_binders)
    kd = 10 ** rng.uniform(-12, -6, (n_ligands, n_binders))
    found = binding.free_ligand(ligand, binders, kd)
    assert_allclose(found.free + found.complexes.sum(axis=1), ligand, rtol=1e-9)
    assert_allclose(found.free_binders + found.complexes.sum(axis=0), binders, rtol=1e-9)
    assert_allclose(found.complexes, found.free[:, None] * found.free_binders[None, :] / kd, rtol=1e-9)
    assert ((found.free > 0) & (found.free <= ligand)).all()
    more = binding.free_ligand(ligand, binders * 3, kd)
    assert (more.free <= found.free * (1 + 1e-9)).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_ligand_more_means_more_of_it_free_and_less_of_the_binders(seed):
    rng = np.random.default_rng(seed)
    ligand, binders = 10 ** rng.uniform(-11, -8, 3), 10 ** rng.uniform(-11, -8, 2)
    kd = 10 ** rng.uniform(-11, -8, (3, 2))
    one = binding.free_ligand(ligand, binders, kd)
    other = binding.free_ligand(ligand * [2, 1, 1], binders, kd)
    assert other.free[0] > one.free[0]
    assert (other.free_binders < one.free_binders).all()
    # the rivals are set free by it
    assert (other.free[1:] >= one.free[1:] * (1 - 1e-9)).all()


def test_several_samples_equal_each_alone():
    rng = np.random.default_rng(3)
    ligand, binders = 10 ** rng.uniform(-11, -8, (5, 1, 3)), 10 ** rng.uniform(-11, -8, (4, 2))
    kd = 10 ** rng.uniform(-11, -8, (3, 2))
    found = binding.free_ligand(ligand, binders, kd)
    assert found.free.shape == (5, 4, 3)
    assert found.complexes.shape == (5, 4, 3, 2)
    for i, j in ((0, 0), (4, 3)):
        assert_allclose(found.free[i, j], binding.free_ligand(ligand[i, 0], binders[j], kd).free, rtol=1e-9)


def test_order_and_pairs_that_do_not_bind_change_nothing():
    ligand, binders = np.array([1e-9, 2e-9]), np.array([3e-9, 1e-9])
    kd = np.array([[1e-9, np.inf], [5e-10, 1e-8]])
    one = binding.free_ligand(ligand, binders, kd)
    turned = binding.free_ligand(ligand[::-1], binders[::-1], kd[::-1, ::-1])
    assert_allclose(turned.free[::-1], one.free, rtol=1e-10)
    assert one.complexes[0, 1] == 0
    apart = binding.free_ligand(ligand, binders, np.where(np.eye(2) == 1, 1e-9, np.inf))
    for i in range(2):
        assert_allclose(apart.free[i], quadratic(ligand[i], binders[i], 1e-9), rtol=1e-9)


def test_a_binder_split_in_two_equal_ones_binds_the_same():
    whole = binding.free_ligand(1e-9, 4e-9, 1e-9)
    halves = binding.free_ligand(1e-9, [2e-9, 2e-9], [1e-9, 1e-9])
    assert_allclose(halves.free, whole.free, rtol=1e-12)
    rivals = binding.free_ligand([5e-10, 5e-10], 4e-9, [[1e-9], [1e-9]])
    assert_allclose(rivals.free.sum(), whole.free[0], rtol=1e-12)


def test_limits():
    assert_allclose(binding.free_ligand(1e-9, 0.0, 1e-9).unbound_fraction, 1.0)
    assert_allclose(binding.free_ligand(1e-9, 1e-9, np.inf).unbound_fraction, 1.0)
    # titration: what exceeds a tight binder is free
    assert_allclose(binding.free_ligand(3e-9, 1e-9, 1e-15).free, 2e-9, rtol=1e-5)
    # a trace of ligand sees binder / (binder + kd)
    assert_allclose(binding.free_ligand(1e-15, 3e-9, 1e-9).unbound_fraction, 0.25, rtol=1e-5)
    none = binding.free_ligand([0.0, 1e-9], [1e-9, 0.0], np.full((2, 2), 1e-9))
    assert none.free[0] == 0
    assert np.isnan(none.unbound_fraction[0])
    assert_allclose(none.free[1], quadratic(1e-9, 1e-9, 1e-9), rtol=1e-9)
    empty = binding.free_ligand([0.0, 0.0], [0.0, 0.0], np.ones((2, 2)))
    assert (empty.free == 0).all()


def test_thousands_of_draws_are_solved_at_once():
    rng = np.random.default_rng(1)
    found = binding.free_ligand(
        10 ** rng.uniform(-12, -8, (5000, 4)),
        10 ** rng.uniform(-12, -8, (5000, 5)),
        10 ** rng.uniform(-12, -7, (4, 5)),
    )
    assert ((found.unbound_fraction > 0) & (found.unbound_fraction <= 1)).all()


def test_an_antagonist_shifts_the_curve_by_its_dose_ratio():
    dose = np.logspace(-12, -7, 30)
    shifted = binding.receptor_occupancy(dose * 11, 1e-9, antagonist=1e-8, antagonist_kd=1e-9)
    assert_allclose(shifted.agonist, binding.receptor_occupancy(dose, 1e-9).agonist, rtol=1e-12)
    assert_allclose(shifted.agonist + shifted.antagonist + shifted.empty, 1)
    assert (np.diff(shifted.agonist) > 0).all()
    more = binding.receptor_occupancy(dose * 11, 1e-9, antagonist=2e-8, antagonist_kd=1e-9)
    assert (more.agonist < shifted.agonist).all()
    assert binding.receptor_occupancy(0.0, 1e-9).empty == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: binding.free_ligand(-1e-9, 1e-9, 1e-9), "ligand holds -1e-09"),
        (lambda: binding.free_ligand(NAN, 1e-9, 1e-9), "ligand holds nan"),
        (lambda: binding.free_ligand(50.0, 1e-9, 1e-9), "convert mass per volume"),
        (lambda: binding.free_ligand(1e-9, [1e-9, -1], [1e-9, 1e-9]), "binders holds -1"),
        (lambda: binding.free_ligand(1e-9, 1e-9, 0.0), "kd holds 0"),
        (lambda: binding.free_ligand(1e-9, 1e-9, NAN), "kd holds nan"),
        (lambda: binding.free_ligand([1e-9, 1e-9], 1e-9, [1e-9, 1e-9]), "a row for each of 2 ligands"),
        (lambda: binding.free_ligand(1e-9, [], []), "a column for each of 0 binders"),
        (
            lambda: binding.free_ligand(np.full((2, 1), 1e-9), np.full((3, 1), 1e-9), 1e-9),
            "leading axes",
        ),
        (lambda: binding.receptor_occupancy(-1.0, 1.0), "ligand holds -1"),
        (lambda: binding.receptor_occupancy(1.0, 1.0, antagonist=NAN), "antagonist holds nan"),
        (lambda: binding.receptor_occupancy(1.0, 0.0), "kd holds 0"),
        (lambda: binding.receptor_occupancy(1.0, 1.0, antagonist_kd=-1.0), "antagonist_kd holds -1"),
        (lambda: binding.receptor_occupancy([1.0, 2.0], [1.0, 2.0, 3.0]), "do not fit"),
    ],
)
def test_what_makes_no_sense_is_refused(call, words):
    with pytest.raises(InvalidArray, match=words):
        call()


def test_masses_that_do_not_balance_are_never_returned(monkeypatch):
    monkeypatch.setattr("secretome.stats._free_ligand._MOST_STEPS", 2)
    with pytest.raises(NotEstimable, match="mass balance is off"):
        binding.free_ligand([1e-9, 2e-9], [3e-9, 1e-9], [[1e-12, 1e-9], [1e-10, 1e-11]])
    with pytest.raises(NotEstimable, match="mass balance is off"):
        binding.free_ligand(1e-9, [1e-9, 1e-8], [1e-13, 1e-12])
