"""The section of the stage mechanism: outcomes, the sentences beside them, and the scheme."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome.dossier import Dossier
from secretome.mechanism.inputs import Factor, Inputs, brought
from secretome.mechanism.network import model
from secretome.mechanism.outcomes import result_of
from secretome.parallel import here
from secretome.report import figures
from secretome.report.blocks import Figure, Text
from secretome.report.finding import Contents
from secretome.report.scheme import scheme_rows
from secretome.report.sections import mechanism
from secretome.study import Study


@pytest.fixture(scope="module")
def result():
    known = model("follicle")
    level = np.array([0.5, -0.5])
    factors = tuple(
        Factor(
            name,
            "relative",
            level if name in ("VEGF", "IGF1") else np.zeros(2),
            np.full(2, 0.05),
            np.zeros(2, dtype=bool),
        )
        for name in brought(known)
    )
    return result_of(known, Inputs("follicle", ("rich <b>", "poor"), factors), members=200, seed=1, map=here)


def test_every_edge_is_drawn_between_the_places_of_its_nodes(result):
    edges = result.tables["edges"]
    nodes, rows = scheme_rows(edges)
    assert len(rows) == len(edges)
    assert set(nodes["name"]) == {*edges["source"], *edges["target"]}
    places = set(zip(nodes["x"], nodes["y"], strict=True))
    assert len(places) == len(nodes)
    assert set(zip(rows["x"], rows["y"], strict=True)) <= places
    assert set(zip(rows["x2"], rows["y2"], strict=True)) <= places
    assert rows["flux"].between(0, 1).all()


def test_the_section_shows_scheme_outcomes_and_the_trial(result):
    pytest.importorskip("altair")
    dossier = Dossier(Study("two media", pd.DataFrame(index=["a"])), (result,), {}, 1, {})
    section = mechanism.build(Contents(dossier, (result,)))
    blocks = section.blocks[1].blocks
    drawn = {block.key for block in blocks if isinstance(block, Figure)}
    assert drawn == {"mechanism.follicle-outcomes", "mechanism.follicle-scheme"}
    assert any("NCT05296863" in block.text for block in blocks if isinstance(block, Text))


def test_drawings_are_valid_vega_lite_and_hostile_names_stay_text(result):
    pytest.importorskip("altair")
    pytest.importorskip("vl_convert")
    for draw in (figures.outcomes, figures.scheme):
        text = figures.svg(draw(result))
        assert "<svg" in text[:200]
        assert "<b>" not in text


def test_one_medium_has_no_differences_to_draw(result):
    alone = result.tables["outcomes"].drop(
        columns=[c for c in result.tables["outcomes"] if c.startswith("difference")]
    )
    from dataclasses import replace

    assert figures.outcomes(replace(result, tables={"outcomes": alone})) is None


def test_without_results_there_is_no_section():
    dossier = Dossier(Study("none", pd.DataFrame(index=["a"])), (), {}, 1, {})
    assert mechanism.build(Contents(dossier, ())) is None
