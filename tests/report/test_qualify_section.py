"""The qualify section: a picture with its table in front, the heading, an empty signature."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome import qualify
from secretome.report import figures
from secretome.report.blocks import Figure
from secretome.report.finding import Contents
from secretome.report.sections import qualify as section
from secretome.results import Answer, Result


def potency(**options):
    header, *rows = [line.split(",") for line in qualify.LAYOUTS["potency"].template().splitlines()]
    wells = qualify.parse(
        qualify.LAYOUTS["potency"], header, rows, lines=range(2, 2 + len(rows)), file="t"
    ).frame
    return qualify.relative_potency(wells, qualify.PotencyOptions("R1", **options))


def stability(**options):
    rng = np.random.default_rng(1)
    month = np.tile([0.0, 3, 6, 9, 12], 3)
    frame = pd.DataFrame(
        {"lot": np.repeat(list("ABC"), 5), "time": month, "value": 100 - 0.5 * month + rng.normal(0, 0.3, 15)}
    )
    frame = pd.concat([frame.assign(attribute=name) for name in ("VEGFA", "vegfa", "IL6")])
    frame["censored"] = (frame["attribute"] == "IL6") & (frame["time"] == 12)
    return qualify.shelf_life_of(frame, qualify.StabilityOptions(**{"lower": 95, **options}))


def blocks_of(result):
    built = section.build(Contents(None, (result,)))
    return [block for found in built.blocks if hasattr(found, "blocks") for block in found.blocks]


@pytest.mark.parametrize("options", [{}, {"model": "parallel line", "dose_unit": "uL"}])
def test_a_potency_has_its_curves_with_their_table(options):
    result = potency(**options)
    drawn = [block for block in blocks_of(result) if isinstance(block, Figure)]
    assert [figure.key for figure in drawn] == ["qualify.potency"]
    figure = drawn[0]
    assert len(figure.data["rows"]) == len(result.tables["wells"])
    assert {row["preparation"] for row in figure.data["curves"]} == {"R1", "T1"}
    assert ("dose (uL)" in str(figure.spec)) == bool(options)


@pytest.mark.parametrize(
    ("options", "marks"),
    [
        ({}, 2),
        ({"upper": 105, "transform": "log"}, 3),
        ({"lower": None, "upper": 105}, 1),
        ({"lower": 101}, 1),
    ],
)
def test_each_attribute_has_its_lines_and_limits(options, marks):
    drawn = [block for block in blocks_of(stability(**options)) if isinstance(block, Figure)]
    assert [figure.key for figure in drawn] == [
        "qualify.stability-VEGFA",
        "qualify.stability-vegfa-2",
        "qualify.stability-IL6",
    ]
    assert len(drawn[0].data["marks"]) == marks
    assert any("below" in row["told"] for row in drawn[2].data["rows"])
    words = {"lower": "outside", "upper": "does not leave"}
    if marks == 1:
        assert words["upper" if "upper" in options else "lower"] in drawn[0].alt
    assert figures.svg(drawn[0]).startswith("<svg")


def test_what_has_no_line_has_no_picture():
    frame = pd.DataFrame({"lot": "A", "time": [0.0, 3], "value": [100.0, 99]})
    short = qualify.shelf_life_of(frame, qualify.StabilityOptions(lower=95))
    assert not [block for block in blocks_of(short) if isinstance(block, Figure)]
    other = Result("qualify", "potency", "?", Answer("none"), verdict="cannot be judged")
    assert not [block for block in blocks_of(other) if isinstance(block, Figure)]
    assert section.build(Contents(None, ())) is None


def test_control_wells_are_left_out_and_said_and_one_limit_for_many_attributes_is_a_doubt():
    header, *rows = [line.split(",") for line in qualify.LAYOUTS["potency"].template().splitlines()]
    wells = qualify.parse(
        qualify.LAYOUTS["potency"], header, rows, lines=range(2, 2 + len(rows)), file="t"
    ).frame
    blank = wells.iloc[:2].assign(preparation="no medium", dose=0.0, response=0.1)
    found = qualify.relative_potency(pd.concat([wells, blank]), qualify.PotencyOptions("R1"))
    assert found.notes[0].startswith("no medium: dose 0 only")
    assert found.tables["summary"]["percent"].tolist() == potency().tables["summary"]["percent"].tolist()
    assert any("are they in one unit" in note for note in stability().notes)
