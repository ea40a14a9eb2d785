"""Error rates of qualify by simulation, each held to its bar: benchmarks/qualify_rates.py makes the table of the docs."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

_PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "qualify_rates.py"
_SPEC = spec_from_file_location("qualify_rates", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
rates = module_from_spec(_SPEC)
sys.modules["qualify_rates"] = rates  # dataclasses look their module up
_SPEC.loader.exec_module(rates)


@pytest.mark.parametrize("case", rates.CASES, ids=lambda case: case.name)
def test_a_rate_meets_its_bar(case):
    rate = rates.interval(case.hits())
    print(rates.row(case, rate))
    assert rates.met(case, rate)


def test_the_table_of_the_page_is_that_of_these_cases():
    page = rates.PAGE.read_text(encoding="utf-8")
    table = page.split(rates.MARKS[0])[1].split(rates.MARKS[1])[0]
    assert [line.split(" | ")[0].lstrip("| ") for line in table.strip().splitlines()[2:]] == [
        case.name for case in rates.CASES
    ]
