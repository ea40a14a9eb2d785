"""Options of [vary] that cannot go together."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from secretome.errors import InvalidPlan
from secretome.study_toml import parse_plan


@pytest.mark.parametrize("option", ['count_prior = "loess"', "array_weights = true", "leak_adjusted = true"])
def test_precursors_beside_other_weights_are_refused(option):
    facts = tomllib.loads(f"[vary]\nprecursors = true\n{option}\n")
    with pytest.raises(InvalidPlan, match=f"precursors = true together with {option.split()[0]}"):
        parse_plan(facts, folder=Path())
