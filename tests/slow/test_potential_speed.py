"""The process scores of a large study are quick."""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from secretome.potential.evidence import evidence

pytestmark = pytest.mark.slow


def _planted() -> ModuleType:
    """The helpers of tests/potential (importmode=importlib keeps tests off sys.path)."""
    place = Path(__file__).parents[1] / "potential" / "planted.py"
    specification = importlib.util.spec_from_file_location("potential_planted", place)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["potential_planted"] = module
    specification.loader.exec_module(module)
    return module


def test_two_hundred_samples_with_a_thousand_draws_take_less_than_ten_seconds() -> None:
    planted = _planted()
    generator = np.random.default_rng(9)
    known = evidence(unverified=True).accessions
    genes = [*known, *(f"G{i}" for i in range(3000 - len(known)))]
    values = np.exp2(generator.normal(20, 3, (200, 3000)))
    values[generator.random(values.shape) < 0.6] = np.nan
    assay = planted.proteome(dict(zip(genes, values.T, strict=True)), [f"s{i}" for i in range(200)])
    samples = planted.flasks([f"D{i % 40}" for i in range(200)], tissue=[f"t{i % 6}" for i in range(200)])
    started = time.process_time()
    planted.judge(planted.study(samples, assay), unverified=True, draws=1000)
    assert time.process_time() - started < 10
