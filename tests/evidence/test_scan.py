"""Flags that are raised without anybody asking."""

from __future__ import annotations

import pytest

from secretome.evidence.extract import propose
from secretome.evidence.records import Link, Part, Record, Reference
from secretome.evidence.scan import scan


@pytest.mark.parametrize(
    ("words", "check"),
    [
        ("healed in 8/14 (61%)", "percentage from counts"),
        ("healed in 8 of 14 patients (61.0%)", "percentage from counts"),
        ("OR 5.48 (95% CI 3.55 to 8.13)", ""),
        ("mean difference 5.48 (95% CI 3.55 to 8.13)", "interval"),
        ("HR 0.50, 95% CI 0.61-0.87", "interval"),
        ("healed in 8/14 (57%)", ""),
        ("hazard ratio, 0.59; 95% CI, 0.36 to 0.97", ""),
    ],
)
def test_printed_numbers_are_recomputed(words, check):
    record = Record(title=f"A trial: {words}.")
    found = scan(record, record.text)
    assert [f.flag.check for f in found] == ([check] if check else [])
    assert all(record.text[f.start : f.stop] == f.quote for f in found)


def test_retractions_wrong_dois_and_spin_are_flagged():
    record = Record(
        title="T",
        links=(Link("retracted by"),),
        references=(
            Reference("J Clin Periodontol 2017;38:42-49. doi: 10.1111/ijlh.12426", doi="10.1111/ijlh.12426"),
        ),
        abstract=(
            Part("There was no significant difference.", "RESULTS"),
            Part("It is effective.", "CONCLUSION"),
        ),
    )
    assert [f.flag.check for f in scan(record, record.text)] == ["standing", "DOI", "conclusion"]
    flags = [p for p in propose(record) if p.kind == "flag"]
    assert {p.rule for p in flags} == {"integrity: standing", "integrity: DOI", "integrity: conclusion"}
