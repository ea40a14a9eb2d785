"""Damaged copies of every template: refused in words or judged, never a fault of the program, never a warning."""

from __future__ import annotations

import csv
import io
import random

import pytest

from secretome.cli import run
from secretome.qualify import LAYOUTS

pytestmark = pytest.mark.slow

_R = ("--reference", "R1")
_GROUPS = ("--test", "process B", "--reference", "process A")
CALLS = {
    "potency": [("potency", *_R), ("potency", *_R, "--model", "parallel-line"), ("potency", *_R, "--robust", "--bootstrap", "20"),
                ("potency", *_R, "--model", "5pl", "--transform", "log"), ("potency", *_R, "--model", "parallel-line", "--design", "latin-square")],
    "validation": [("potency", "--kind", "validation")],
    "combination": [("potency", "--kind", "combination", "--combine", "semi_weighted"),
                    ("potency", "--kind", "bridging", "--limits", "80", "125", "--limits-reason", "x")],
    "matrix": [("matrix", "--permutations", "99")],
    "stability": [("stability",), ("stability", "--lower", "95", "--upper", "101", "--transform", "log"), ("stability", "--release", "99", "--months", "6")],
    "steps": [("stability", "--kind", "steps", "--lower", "80")],
    "arrhenius": [("stability", "--kind", "arrhenius", "--temperature", "30")],
    "comparability": [("comparability", *_GROUPS, "--margin", "0.8", "1.25", "--reason", "x"),
                      ("comparability", *_GROUPS, "--legacy-margin", "--scale", "difference", "--comparison", "paired")],
    "summary": [("specification",)],
    "limits": [("specification", "--kind", "limits", "--lower", "80", "--upper", "120")],
    "control": [("control",), ("control", "--chart", "xbar", "--rules", "westgard"), ("control", "--lower", "70", "--upper", "80", "--target", "75")],
    "purity": [("purity",)],
    "forms": [("forms", "--layout", "ctd")],
}  # fmt: skip
WORDS = (
    "",
    "NA",
    "0",
    "-1",
    "1e308",
    "1e-300",
    "abc",
    "<5",
    "1,5",
    "1:50",
    "nan",
    "inf",
    "yes",
    "R1",
    "T1",
    "é",
    "100",
)


def damaged(rng, header, body):
    """One to four faults: columns lost or renamed, cells, whole columns and rows changed, lost, doubled, shuffled."""
    for _ in range(rng.randint(1, 4)):
        at, fault = rng.randrange(len(header)), rng.randint(0, 8)
        if fault == 0 and len(header) > 2:
            header, body = header[:at] + header[at + 1 :], [row[:at] + row[at + 1 :] for row in body]
        elif fault == 1:
            rng.choice(body)[at] = rng.choice(WORDS)
        elif fault == 2:
            word = rng.choice(WORDS)
            body = [[*row[:at], word, *row[at + 1 :]] for row in body]
        elif fault == 3:
            body = body[: rng.randint(1, len(body))]
        elif fault == 4:
            body = body + [list(row) for row in rng.sample(body, min(3, len(body)))]
        elif fault == 5:
            rng.shuffle(body)
        elif fault == 6:
            for row in rng.sample(body, max(1, len(body) // 3)):
                row[at] = rng.choice(WORDS)
        elif fault == 7:
            header = [
                *header[:at],
                rng.choice(["x1", "value", "lot", "Sample", "batch", "Month", "dose"]),
                *header[at + 1 :],
            ]
        else:
            column = [row[at] for row in body]
            rng.shuffle(column)
            body = [[*row[:at], cell, *row[at + 1 :]] for row, cell in zip(body, column, strict=True)]
    return header, body


@pytest.mark.parametrize("name", CALLS)
def test_damaged_files_are_refused_in_words(name, tmp_path, capsys):
    rng = random.Random(f"20261124 {name}")  # noqa: S311 - faults, not secrets
    path = tmp_path / "damaged.csv"
    for _ in range(150):
        header, *body = csv.reader(io.StringIO(LAYOUTS[name].template()))
        header, body = damaged(rng, header, body)
        with path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([header, *body])
        call = rng.choice(CALLS[name])
        code = run(["qualify", call[0], str(path), *call[1:], "--json"])
        printed = capsys.readouterr()
        assert code in {0, 1, 3}, (call, path.read_text())
        assert "fault of secretome" not in printed.err, (call, printed.err, path.read_text())
