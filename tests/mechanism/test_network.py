"""The networks as data: complete, signed, cited, and refused when they contradict themselves."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest

from secretome.errors import InvalidModel
from secretome.mechanism.facts import Fact, parse_condition
from secretome.mechanism.network import MODELS, model
from secretome.mechanism.scorecard import ratios, same_paper, signs


@pytest.mark.parametrize("name", MODELS)
def test_every_edge_is_signed_and_cited_and_known_to_be_read_or_not(name):
    known = model(name)
    assert all(edge.sign in "+-" and edge.citation for edge in known.edges)
    assert 0 < sum(edge.verified for edge in known.edges) < len(known.edges)


@pytest.mark.parametrize("name", MODELS)
def test_what_was_added_here_without_reading_its_source_is_unverified(name):
    assert not any(edge.verified for edge in model(name).edges if edge.origin == "added")


@pytest.mark.parametrize("name", MODELS)
def test_a_paper_does_not_vouch_for_itself_twice(name):
    for edge in model(name).edges:
        assert not same_paper(edge.citation, edge.also), (edge.source, edge.target)


@pytest.mark.parametrize("name", MODELS)
def test_a_change_of_the_source_shows_at_the_target_of_nearly_every_edge(name):
    """In a dish of defaults or in one of a few settings: whatever paper reports a direct effect can be answered."""
    known = model(name)
    settings = {
        "clearance": ("", "AC=1", "AC=1;LPS=0.5"),
        "follicle": ("", "DHT=1", "Testosterone=1", "Minoxidil=1"),
    }[name]
    facts = []
    for edge in known.edges:
        for setting in settings:
            parts = [p for p in setting.split(";") if p and p.split("=")[0] not in (edge.source, edge.target)]
            around = ";".join([*parts, *([edge.when] if edge.when else [])])
            one, two = (parse_condition(f"{around};{edge.source}={level}", known) for level in (1, 0))
            facts.append(Fact("", one, two, edge.target, 0))
    sign = np.array([1 if edge.sign == "+" else -1 for edge in known.edges])[:, None]
    seen = (signs(ratios(known, facts), 0.05).reshape(len(sign), -1) == sign).any(axis=1)
    hidden = {(e.source, e.target) for e, here in zip(known.edges, seen, strict=True) if not here}
    # excess MFG-E8 is held beside its own bridge; apyrase also takes the ATP away
    assert hidden <= {("MFGE8", "MFGE8_bound"), ("CD39_apyrase", "Adenosine"), ("IGFBP1", "IGF1")}


@pytest.mark.parametrize(("name", "file"), [("clearance", "fig1_edges.tsv"), ("follicle", "fig2_edges.tsv")])
def test_every_edge_of_the_science_tables_is_there_with_its_sign(name, file, shared):
    with (shared / "science" / "tables" / file).open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    mine = {(edge.source, edge.target, edge.sign) for edge in model(name).edges}
    missing = [
        (r["source"], r["target"], r["sign"])
        for r in rows
        if (r["source"], r["target"], r["sign"]) not in mine
    ]
    # the three edges of the TAM bridge go through a node of their own, so that AND has a place
    bridge = {("GAS6", "MerTK", "+"), ("PROS1", "MerTK", "+"), ("PS", "MerTK", "+")}
    assert set(missing) == (bridge if name == "clearance" else set())


@pytest.mark.parametrize(
    ("name", "alias", "node"),
    [
        ("clearance", "PTGS2", "PGE2"), ("clearance", "TNFAIP6", "TSG6"), ("clearance", "kynurenine", "KYN"),
        ("clearance", "IDO1", "IDO"), ("clearance", "LGALS1", "Gal1"), ("clearance", "HLA-G", "HLAG5"),
        ("clearance", "IL1RN", "IL1RA"), ("clearance", "mertk", "MerTK"), ("follicle", "CSF1", "MCSF"),
        ("follicle", "VEGFA", "VEGF"), ("follicle", "PDGFB", "PDGFA_B"), ("follicle", "PTGS2", "PTGS2"),
    ],
)  # fmt: skip
def test_common_names_are_accepted(name, alias, node):
    assert model(name).node(alias) == node


def test_an_unknown_node_is_refused_with_near_misses():
    with pytest.raises(InvalidModel, match=r"did you mean .*MerTK"):
        model("clearance").node("MerTKK")


def test_an_unknown_model_is_refused():
    with pytest.raises(InvalidModel, match="did you mean follicle"):
        model("folicle")


def test_all_contradictions_of_an_edited_model_are_named_at_once():
    known = model("follicle")
    bad = replace(known.edges[0], target="VEGFR9", citation="")
    twice = known.edges[1]
    gate = replace(known.nodes[0], gate="XOR")
    with pytest.raises(InvalidModel) as caught:
        replace(known, nodes=(gate, *known.nodes[1:]), edges=(*known.edges, bad, twice))
    text = str(caught.value)
    for part in ("VEGFR9", "did you mean VEGFR2", "names no source", "is there twice", "XOR"):
        assert part in text


def test_numbers_and_contexts_outside_their_range_are_named():
    known = model("follicle")
    edge = replace(known.edges[0], weight=1.4, when="phase=winter")
    node = replace(known.nodes[0], basal=1.5)
    with pytest.raises(InvalidModel, match=r"(?s)basal 1.5.*winter.*weight 1.4"):
        replace(known, nodes=(node, *known.nodes[1:]), edges=(edge, *known.edges[1:]))


def test_phase_and_vessel_gates_hold_only_in_their_context():
    known = model("follicle")
    at = next(i for i, e in enumerate(known.edges) if (e.source, e.target) == ("TGFB2", "HFSC_activation"))
    vessels = next(
        i for i, e in enumerate(known.edges) if (e.source, e.target) == ("Angiogenesis", "Hair_elongation")
    )
    present = {phase: known.in_context({"phase": phase})[at, 0] for phase in ("anagen", "telogen", "any")}
    assert present == {"anagen": 0.0, "telogen": 1.0, "any": 1.0}
    assert known.in_context({})[vessels, 0] == 1.0
    assert known.in_context({"vessels": "0"})[vessels, 0] == 0.0


def test_conflicts_of_the_literature_are_alternative_topologies():
    known = model("follicle")
    assert set(known.conflicts["igfbp1_igf1"]) == {"supports", "sequesters"}
    assert len(known.topologies()) == 2 ** len(known.conflicts)
    signs = {
        (topology["igfbp1_igf1"], edge.sign)
        for topology in known.topologies()
        for edge, here in zip(known.edges, known.in_topology(topology)[:, 0], strict=True)
        if (edge.source, edge.target) == ("IGFBP1", "IGF1") and here
    }
    assert signs == {("supports", "+"), ("sequesters", "-")}
