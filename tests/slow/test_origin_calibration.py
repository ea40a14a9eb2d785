"""Probabilities of `define.origin` on simulated laboratories, by the benchmark that the docs quote."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

STUDIES = 40


@pytest.fixture(scope="module")
def found():
    place = Path(__file__).resolve().parents[2] / "benchmarks" / "origin_calibration.py"
    specification = importlib.util.spec_from_file_location("origin_calibration", place)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["origin_calibration"] = module
    specification.loader.exec_module(module)
    return module.run(STUDIES)


def test_probabilities_are_calibrated_with_any_evidence(found):
    table = found["ablation"].set_index("evidence")
    print(table.round(3).to_string())
    assert (table["class_error"] <= 0.05).all()
    assert (table["top_error"] <= 0.1).all()


def test_every_further_sample_is_worth_something(found):
    entropy = found["ablation"].set_index("evidence")["cross_entropy"]
    alone = entropy["annotation and the media"]
    for name in ("+ lysate", "+ blank", "+ vesicle fraction", "+ all three"):
        assert entropy[name] < alone, name
    assert entropy["+ lysate, blank"] < entropy["+ lysate"]


def test_leak_and_serum_shares_are_within_three_points_of_the_truth(found):
    table = found["shares"].set_index("evidence")
    print(table.round(2).to_string())
    assert (table["leak_median_apart"] < 3).all()
    assert (table["serum_median_apart"] < 1).all()
    assert table.loc["+ LDH and viability", "leak_mean_apart"] < table.loc["media alone", "leak_mean_apart"]
