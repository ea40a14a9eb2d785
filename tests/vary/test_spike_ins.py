"""Spike-ins with known truth, at the defaults: what one side never shows, and the minimum effect."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from secretome.plan import VaryOptions
from secretome.vary import compare


@pytest.fixture(scope="module")
def spikeins() -> ModuleType:
    """The benchmark that prints the whole table: the same cases, the same calls."""
    import sys

    place = Path(__file__).parents[2] / "benchmarks" / "spikeins.py"
    specification = importlib.util.spec_from_file_location("spikeins", place)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["spikeins"] = module
    specification.loader.exec_module(module)
    return module


def test_proteins_wholly_missing_on_one_side_are_found(shared, spikeins):
    """Ramus: 31 of 48 spiked proteins are never seen at 0.5 fmol; eight yeast rows are 3/3 against 0/3 too."""
    found = spikeins.judge(spikeins.ramus(shared / "data"))
    assert found.of_unseen == 31
    assert found.true_unseen >= 29
    assert found.true >= 40
    assert found.share <= 0.05


def test_the_minimum_effect_calls_what_treat_calls(shared, spikeins):
    found = spikeins.judge(spikeins.giai_gianetto(shared / "data"))
    assert found.true >= 39
    assert found.false <= 2


def test_two_moving_species_are_called_from_rolled_up_precursors(shared, spikeins):
    found = spikeins.judge(spikeins.hye124(shared / "data"))
    assert found.true >= 1119
    assert found.share <= 0.05


def test_two_moving_species_are_called_from_their_precursors(shared, spikeins):
    """Precursors: 1252 true, none false; the protein table: 1144 true, 3 false."""
    case = spikeins.hye124(shared / "data")
    found = spikeins.judge(case, precursors=True)
    assert found.true >= 1200
    assert found.share <= 0.01
    assert found.true_unseen > spikeins.judge(case).true_unseen


@pytest.mark.parametrize(("step", "true", "false"), [(0, 18, 0), (1, 21, 3), (2, 28, 2)])
def test_no_step_of_a_dilution_does_worse_than_limma(shared, spikeins, step, true, false):
    """Numbers of limma with treat 0.5: readme of the data."""
    found = spikeins.judge(spikeins.staes(shared / "data")[step])
    assert found.true >= true
    assert found.false <= false


def test_sides_that_share_more_than_their_runs_widen_the_minimum_effect_test(spikeins):
    rng = np.random.default_rng(3)
    y = rng.normal(24, 2, (600, 1)) + rng.normal(0, 0.2, (600, 6))
    plain = compare(spikeins.study_of(y), VaryOptions()).tables["contrasts"]
    assert plain["excess"].iloc[0] == 1.0
    y += np.repeat(rng.normal(0, 0.2, (600, 2)), 3, axis=1)
    result = compare(spikeins.study_of(y), VaryOptions())
    assert 1.4 < result.tables["contrasts"]["excess"].iloc[0] < 2.6
    assert any("than donors within a side explain" in note for note in result.notes)


def test_a_lone_value_without_silence_that_fits_is_no_difference(spikeins):
    """One value far above the other side, beside two silent runs that should have seen it."""
    rng = np.random.default_rng(4)
    y = rng.normal(22, 2.5, (400, 1)) + rng.normal(0, 0.25, (400, 6))
    y[rng.normal(20, 1, y.shape) > y] = np.nan
    y[0] = [18.9, 19.0, 19.1, np.nan, 27.0, np.nan]
    y[1] = [27.0, 27.1, 26.9, np.nan, 19.5, np.nan]
    effects = compare(spikeins.study_of(y), VaryOptions()).tables["effects"].set_index("protein")
    assert effects.loc["P0", "p_value"] > 0.5
    assert effects.loc["P1", "fdr_minimum_effect"] <= 0.05
