"""The scorecard: development facts, baselines, and facts files that cannot be read."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from secretome.cli import run as command
from secretome.errors import InvalidInput, UnreadableFile
from secretome.knowledge import table
from secretome.mechanism.facts import clamps, parse_condition, read_facts
from secretome.mechanism.network import model
from secretome.mechanism.scorecard import ratios, same_paper, score, signs
from secretome.mechanism.vocabulary import meaning

GOLDEN = Path(__file__).parents[1] / "golden"
HEADER = "id\tperturb\treference\treadout\texpected\n"
BARS = {"clearance": 0.85, "follicle": 0.92}


@pytest.fixture(scope="module", params=["clearance", "follicle"])
def card(request):
    known = model(request.param)
    rows = read_facts(GOLDEN / f"mechanism_{request.param}_facts.tsv", known)
    return score(known, rows, seed=1, draws=60, permutations=40)


def test_development_facts_meet_the_bars(card):
    found = card.summary
    assert found["sign_accuracy"] >= BARS[found["model"]]
    assert found["path_accuracy"] >= 0.80
    assert found["wrong_direction"] <= 0.05
    assert found["margin_over_shuffled"] >= 0.20
    assert found["ensemble_5th_percentile"] >= 0.70


def test_most_facts_stay_right_without_the_edges_that_rest_on_their_own_paper(card):
    found = card.summary
    assert found["leave_one_paper_out"] >= {"clearance": 0.85, "follicle": 0.55}[found["model"]]
    assert found["leave_one_paper_out_wrong"] <= 0.05
    assert found["leave_one_paper_out_strict"] <= found["leave_one_paper_out"]


def test_shares_are_those_of_the_facts_listed(card):
    table = card.facts
    assert card.summary["sign_accuracy"] == pytest.approx((table["predicted"] == table["expected"]).mean())
    assert card.summary["wrong_direction"] == pytest.approx(
        (table["predicted"] * table["expected"] == -1).mean()
    )
    assert set(table["predicted"]) <= {-1, 0, 1}
    path = table[table["distance_edges"] > 1]
    assert card.summary["path_accuracy"] == pytest.approx(path["correct"].mean())


@pytest.mark.parametrize(("name", "right"), [("clearance", 2), ("follicle", 3)])
def test_facts_of_no_change_are_missed_as_the_page_says(name, right):
    known = model(name)
    rows = read_facts(GOLDEN / f"mechanism_{name}_no_change.tsv", known)
    page = (GOLDEN.parents[1] / "docs" / "5-mechanism.md").read_text(encoding="utf-8")
    assert "two of four in clearance, three of eight in the follicle" in page
    assert int((signs(ratios(known, rows), 0.05) == 0).sum()) == right


def test_a_network_of_reversed_signs_scores_worse_than_chance():
    known = model("follicle")
    rows = read_facts(GOLDEN / "mechanism_follicle_facts.tsv", known)
    turned = replace(known, edges=tuple(replace(e, sign="-" if e.sign == "+" else "+") for e in known.edges))
    expected = np.array([row.expected for row in rows])
    assert np.mean(signs(ratios(turned, rows), 0.05) == expected) < 0.3


def test_the_same_seed_gives_the_same_card():
    known = model("follicle")
    rows = read_facts(GOLDEN / "mechanism_follicle_facts.tsv", known)[:8]
    one, two = (score(known, rows, seed=3, draws=10, permutations=5).as_json() for _ in range(2))
    assert one == two


def test_the_command_prints_facts_and_shares(capsys, tmp_path):
    file = tmp_path / "facts.tsv"
    file.write_text(
        HEADER + "a\tMINOXIDIL=1\tMinoxidil=0\tpERK\tIncrease\nb\tFGF5=1\tFGF5=0\tVEGFA\tno change\n"
    )
    assert command(["mechanism", "score", "follicle", str(file), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(f["id"], f["predicted"], f["expected"]) for f in found["facts"]] == [("a", 1, 1), ("b", 0, 0)]
    assert found["sign_accuracy"] == 1.0
    assert found["path_accuracy"] is None


def test_every_bad_row_of_a_facts_file_is_named(tmp_path):
    file = tmp_path / "facts.tsv"
    file.write_text(
        HEADER
        + "a\tVEGF=1\tVEGF=0\tERK\tIncrease\n"
        + "b\tVEGF=3\tVEGF=0\tERK\tIncrease\n"
        + "c\tVEGF=1\tVEGF=0\tERK\tSideways\n"
        + "d\tVEGF\tVEGF=0\tERK\tDecrease\n"
        + "d\tphase=autumn\t\tERK\tDecrease\n"
        + "a\tVEGF=1\tVEGF=0\tERK\tIncrease\n"
    )
    with pytest.raises(InvalidInput) as caught:
        read_facts(file, model("follicle"))
    text = str(caught.value)
    assert [problem.row for problem in caught.value.problems] == [3, 4, 5, 6, None]
    for part in ("'3'", "Sideways", "'VEGF' is no NODE=level", "autumn", "'a' twice"):
        assert part in text


def test_a_fact_that_names_what_the_network_lacks_is_not_answered_and_never_right(tmp_path, capsys):
    file = tmp_path / "facts.tsv"
    file.write_text(
        HEADER
        + "a\tVEGFX=1\tVEGFX=0\tERK\tNoChange\n"
        + "b\tVEGF=1\tVEGF=0\tERKK\tIncrease\n"
        + "c\tVEGF=1\tVEGF=0\tERK\tIncrease\n"
    )
    assert command(["mechanism", "score", "follicle", str(file), "--json"]) == 0
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert [f["predicted"] for f in found["facts"]] == [0, 0, 1]
    assert [f["answered"] for f in found["facts"]] == [False, False, True]
    assert found["n_unanswered"] == 2
    assert found["sign_accuracy"] == pytest.approx(1 / 3)
    assert found["sign_accuracy_answered"] == 1.0
    assert "did you mean VEGF" in found["facts"][0]["reason"]
    assert "not answered: b: follicle has no node 'ERKK'; did you mean ERK" in shown.err


def test_a_file_in_which_nothing_is_answered_is_scored_as_nothing_right(tmp_path, capsys):
    file = tmp_path / "facts.tsv"
    file.write_text(HEADER + "a\tVEGFX=1\tVEGFX=0\tERK\tIncrease\n")
    assert command(["mechanism", "score", "follicle", str(file), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["sign_accuracy"] == 0.0
    assert found["path_accuracy"] is None


def test_columns_may_be_in_any_order_missing_or_more_and_separated_by_commas(tmp_path):
    file = tmp_path / "facts.csv"
    file.write_text('readout,expected,perturb,reference,other\nERK,up,VEGF=1;DHT=0,control,"a, b"\n')
    (fact,) = read_facts(file, model("follicle"))
    assert (fact.id, fact.expected, dict(fact.reference.levels)) == ("row 2", 1, {})
    assert dict(fact.perturb.levels) == {"VEGF": 1.0, "DHT": 0.0}


@pytest.mark.parametrize(
    ("name", "word", "nodes", "action"),
    [
        ("follicle", "VEGF165", ("VEGF",), "hold"), ("follicle", "TGF-β1", ("TGFB1",), "hold"), ("follicle", "rhHGF", ("HGF",), "give"),
        ("follicle", "anti-DKK1 antibody", ("DKK1",), "block"), ("follicle", "siCTNNB1", ("BCATENIN_DP",), "block"),
        ("follicle", "SHH agonist", ("SHH",), "give"), ("follicle", "ruxolitinib", ("JAK_STAT",), "block"),
        ("follicle", "finasteride", ("SRD5A",), "block"), ("follicle", "XAV939", ("BCATENIN_DP", "BCATENIN_epi"), "block"),
        ("clearance", "EP4 antagonist", ("EP4",), "block"), ("clearance", "knock-out MERTK", ("MerTK",), "block"),
        ("clearance", "MFGE8 -/-", ("MFGE8",), "block"), ("clearance", "NS-398", ("PGE2", "PGE2_auto"), "block"),
        ("clearance", "T0901317", ("LXR",), "give"), ("clearance", "neutralising TNF-α", ("TNF",), "block"),
        ("clearance", "overexpressed IL10", ("IL10",), "give"), ("clearance", "lactadherin", ("MFGE8",), "hold"),
    ],
)  # fmt: skip
def test_words_are_understood(name, word, nodes, action):
    known = meaning(word, model(name))
    assert (known.nodes, known.action) == (nodes, action)


@pytest.mark.parametrize("name", ["clearance", "follicle"])
def test_every_agent_acts_on_nodes_that_are_there_and_no_name_is_two_things(name):
    known = model(name)
    rows = table("network_agents").frame
    for row in rows[rows["model"] == name].to_dict("records"):
        assert set(row["nodes"].split(";")) <= set(known.index), row["agent"]
        assert row["agent"].lower() not in known.words, row["agent"]
    spelled: dict[str, str] = {}
    for word, node in known.words.items():
        assert spelled.setdefault(re.sub(r"[\s_\-/]", "", word), node) == node, word


def test_what_is_blocked_stays_blocked_and_an_agent_at_zero_does_nothing():
    known = model("follicle")
    assert parse_condition("anti-HGF=1;HGF=1", known).levels == {"HGF": 0.0}
    assert parse_condition("ruxolitinib=0;SAG=0", known).levels == {}
    assert parse_condition("anti-HGF=0.5", known).levels == {"HGF": pytest.approx(0.15)}
    assert parse_condition("conditioned medium=on", known).medium == 1.0


def test_a_file_without_the_columns_is_unreadable(tmp_path):
    file = tmp_path / "facts.tsv"
    file.write_text("perturb\treadout\nVEGF=1\tERK\n")
    with pytest.raises(UnreadableFile, match="no column reference, expected"):
        read_facts(file, model("follicle"))
    assert command(["mechanism", "score", "follicle", str(tmp_path / "none.tsv")]) == 3


def test_the_macro_leaves_what_is_read_out_and_what_is_named():
    known = model("follicle")
    held = clamps(parse_condition("MSC_CM=1;HGF=0", known), known, "VEGF")
    assert np.isnan(held[known.index["VEGF"]])
    assert held[known.index["HGF"]] == 0.0
    assert held[known.index["IGF1"]] == pytest.approx(known.nodes[known.index["IGF1"]].basal + 0.6)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("Yano 2001 JCI PMC199257", "Yano 2001 JCI 107:409", True), ("Han 2004 JDS", "Han 2010 JDS", False), ("", "", False)],
)  # fmt: skip
def test_papers_are_matched_by_author_and_year_or_number(one, other, same):
    assert same_paper(one, other) is same
