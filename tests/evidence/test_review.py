"""Two blind reviewers, adjudication, agreement and the flow of a review."""

from __future__ import annotations

import pytest

from secretome.cli import run as command
from secretome.errors import InvalidInput, InvalidStore
from secretome.evidence import review
from secretome.evidence.records import Part, Record
from secretome.evidence.store import Store


@pytest.fixture
def opened(tmp_path):
    with Store(tmp_path / "e.sqlite") as found:
        found.add((Record(pmid=str(n)) for n in range(1, 7)), name="a", sha256="a")
        yield found


def _say(opened, work, who, what, stage="title_abstract", **more):
    return review.decide(opened, work, reviewer=who, stage=stage, decision=what, **more)


def test_a_reviewer_sees_nothing_of_the_others_or_the_machine_before_deciding(opened):
    _say(opened, 1, "eva", "include")
    opened.append(
        "proposal",
        {
            "record_id": 1,
            "kind": "tissue",
            "value": "adipose",
            "start": 0,
            "stop": 1,
            "quote": "x",
            "confidence": 0.5,
            "rule": "r",
            "extractor": "1",
            "time": "t",
        },
    )
    before = review.reading(opened, 1, reviewer="jan", stage="title_abstract")
    assert (before.decided, before.others, before.proposals) == (False, (), ())
    _say(opened, 1, "jan", "exclude")
    after = review.reading(opened, 1, reviewer="jan", stage="title_abstract")
    assert after.others == (("eva", "include", ""),)
    assert [row["value"] for row in after.proposals] == ["adipose"]


def test_what_a_stage_comes_to(opened):
    for work, (eva, jan) in enumerate(
        [("include", "include"), ("include", "exclude"), ("exclude", "exclude"), ("unsure", "unsure")],
        start=1,
    ):
        _say(opened, work, "eva", eva)
        _say(opened, work, "jan", jan)
    _say(opened, 5, "eva", "include")
    expected = {1: "include", 2: "conflict", 3: "exclude", 4: "conflict", 5: "waiting", 6: "none"}
    assert review.verdicts(opened, "title_abstract") == expected
    assert review.verdicts(opened, "title_abstract", single=True)[5] == "include"
    _say(opened, 2, "ada", "exclude", adjudicator=True)
    assert review.verdicts(opened, "title_abstract")[2] == "exclude"
    _say(opened, 3, "eva", "include")
    assert review.verdicts(opened, "title_abstract")[3] == "conflict"


def test_agreement_counts_first_blind_decisions_only(opened):
    for work, (eva, jan) in enumerate(
        [("include", "include"), ("include", "exclude"), ("exclude", "exclude")], 1
    ):
        _say(opened, work, "eva", eva)
        _say(opened, work, "jan", jan)
    _say(opened, 2, "jan", "include")
    found, table = review.agreement(opened, "title_abstract")
    assert found.n == 3
    assert found.raw == pytest.approx(2 / 3)
    assert found.kappa == pytest.approx(0.4)
    assert int(table["works"].sum()) == 3


def test_the_flow_adds_up(opened):
    opened.add(iter([Record(pmid="1", title="again")]), name="b", sha256="b")
    for work, choice in enumerate(["include", "include", "exclude", "include"], start=1):
        _say(opened, work, "eva", choice)
        _say(opened, work, "jan", choice)
    for who in ("eva", "jan"):
        _say(opened, 1, who, "include", stage="full_text")
        _say(opened, 2, who, "exclude", stage="full_text", reason="review")
    boxes = dict(review.flow(opened)[["box", "works"]].itertuples(index=False))
    assert boxes["identified"] == 7
    assert boxes["duplicates"] == 1
    assert boxes["identified"] == boxes["duplicates"] + boxes["screened"] + boxes["not screened"]
    assert boxes["screened"] == boxes["excluded"] + boxes["unresolved"] + boxes["sought"]
    assert boxes["sought"] == boxes["excluded full text"] + boxes["unresolved full text"] + boxes["included"]
    assert boxes["excluded full text: review"] == 1
    assert boxes["included"] == 1


def test_decisions_follow_a_merge(opened):
    _say(opened, 1, "eva", "include")
    _say(opened, 2, "jan", "include")
    opened.merge(1, 2, person="eva", reason="one study")
    assert review.verdicts(opened, "title_abstract")[1] == "include"
    assert review.reading(opened, 2, reviewer="jan", stage="title_abstract").others[0][0] == "eva"


def test_a_decision_that_cannot_stand_is_refused_with_every_problem(opened):
    with pytest.raises(InvalidInput) as refused:
        review.decide(opened, 1, reviewer=" ", stage="fulltext", decision="exclud", reason="revue")
    assert len(refused.value.problems) == 4
    assert "full_text" in str(refused.value)
    with pytest.raises(InvalidInput, match="without a reason"):
        _say(opened, 1, "eva", "exclude", stage="full_text")
    with pytest.raises(InvalidStore, match="no work 99"):
        _say(opened, 99, "eva", "include")


def test_the_search_log_keeps_the_exact_string(opened):
    review.log_search(
        opened, source="PubMed", query='"a"[tiab] AND b', date="2026-11-01", hits=7, filters="none"
    )
    (row,) = opened.select("SELECT * FROM search_log")
    assert (row["query"], row["hits"]) == ('"a"[tiab] AND b', 7)


def test_identical_numbers_of_included_papers_are_named_unasked(tmp_path, capsys):
    path = tmp_path / "twins.sqlite"
    same = (
        "Scores fell by 77% (P < 0.001), 43% (P < 0.001), 21% (P = 0.02), 12% (P = 0.04) and 9% (P = 0.045)."
    )
    with Store(path) as store:
        texts = (same, same, "Scores fell by 5% (P = 0.3).")
        records = [
            Record(pmid=str(n), title=f"Paper number {n} of a test", abstract=(Part(text),))
            for n, text in enumerate(texts, start=1)
        ]
        store.add(iter(records), name="a", sha256="a")
        for work in store.works():
            review.decide(store, work, stage="title_abstract", reviewer="eva", decision="include")
    assert command(["evidence", "review", "state", "--single", "--store", str(path)]) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("flag: ")]
    assert len(told) == 1
    assert "PMID 1 and PMID 2" in told[0]
