"""Forms of risk of bias, the GRADE table, and the figures of a review."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from secretome.cli import run as command
from secretome.errors import InvalidInput
from secretome.evidence import appraise, facts
from secretome.evidence.pool import pool_outcome
from secretome.evidence.records import Author, Record
from secretome.evidence.store import Store


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "e.sqlite"
    with Store(path) as store:
        store.add(
            (
                Record(pmid=str(n), title=f"Animal <study> {n}", year=2000 + n, authors=(Author("Novak"),))
                for n in range(1, 13)
            ),
            name="a",
            sha256="a",
        )
        for n in range(1, 13):
            value = {
                "outcome": "closure", "product": "vesicles", "species": "mouse", "mean_treated": 10 + n % 4, "sd_treated": 2.0,
                "n_treated": 6 + n, "mean_control": 9, "sd_control": 2.5, "n_control": 8,
            }  # fmt: skip
            facts.enter(store, n, kind="outcome", value=value, quote="Table 2", person="eva")
    return path


def test_answers_are_added_and_the_last_of_a_person_counts(path):
    with Store(path) as store:
        for answer in ("yes", "unclear"):
            appraise.appraise(
                store,
                1,
                form="syrcle",
                item="random sequence",
                answer=answer,
                support="'at random'",
                person="eva",
            )
        (row,) = appraise.answers(store, "syrcle").to_dict("records")
        assert (row["answer"], row["citation"]) == ("unclear", "novak2001animal")
        assert len(store.select("SELECT * FROM appraisal")) == 2


def test_all_faults_of_an_answer_are_named_at_once(path):
    with Store(path) as store, pytest.raises(InvalidInput) as caught:
        appraise.appraise(
            store, 1, form="syrcle", item="random sequenze", answer="low", support="", person=""
        )
    assert all(
        word in str(caught.value)
        for word in ("did you mean random sequence", "answer 'low'", "no support", "no person")
    )


def test_grade_suggests_and_says_who_has_not_judged(path):
    with Store(path) as store:
        pooled = pool_outcome(store, "closure", measure="smd")
        empty = appraise.certainty(pooled, appraise.answers(store, "syrcle"), form="syrcle")
        for item in appraise.FORMS["syrcle"].items:
            appraise.appraise(
                store, 1, form="syrcle", item=item, answer="no", support="not said", person="eva"
            )
        judged = appraise.certainty(pooled, appraise.answers(store, "syrcle"), form="syrcle")
    before, after = (
        table.set_index("domain").loc["risk of bias", ["steps_down", "judged_by"]].tolist()
        for table in (empty, judged)
    )
    assert before == [0, "not judged"]
    assert after == [1, "suggested by numbers"]
    assert tuple(judged["domain"]) == appraise.DOMAINS
    assert set(judged["certainty_if_accepted"]) == {
        "not judged: randomisation, indirectness to the question, indirectness to people"
    }


def test_certainty_is_a_word_only_when_every_domain_is_judged(path):
    steps = dict.fromkeys(appraise.DOMAINS, 0)
    with Store(path) as store:
        pooled, risks = pool_outcome(store, "closure", measure="smd"), appraise.answers(store, "syrcle")
        for given, word in ((steps, "high"), ({**steps, "randomisation": 2}, "low"), ({**steps, "imprecision": 3, "risk of bias": 3}, "very low")):  # fmt: skip
            table = appraise.certainty(pooled, risks, form="syrcle", judged=given)
            assert set(table["certainty_if_accepted"]) == {word}
            assert set(table["judged_by"]) == {"a person"}
        with pytest.raises(InvalidInput, match="imprecison"):
            appraise.certainty(pooled, risks, form="syrcle", judged={"imprecison": 1})


@pytest.mark.parametrize("without_null", [True, False])
def test_a_proportion_has_no_value_of_no_effect(without_null):
    row = {"lower": -0.5, "upper": 0.6, "predict_lower": -1.0, "predict_upper": 1.1, "i2": 80.0, "participants": 400.0}  # fmt: skip
    inconsistency, imprecision = appraise._spread_domains(row, without_null=without_null)
    assert (inconsistency[1], imprecision[1]) == ((0, 0) if without_null else (1, 1))
    assert inconsistency[3] == imprecision[3] == ("not judged" if without_null else "suggested by numbers")


def test_figures_are_written_with_their_tables(path, tmp_path, capsys):
    out = tmp_path / "out"
    base = ["--store", str(path), "-o", str(out)]
    answer = ["--item", "random sequence", "--answer", "yes", "--support", "p. 2", "--person", "eva"]
    assert command(["evidence", "appraise", "1", *answer, "--store", str(path)]) == 0
    assert command(["evidence", "pool", "closure", "--measure", "smd", *base]) == 0
    assert command(["evidence", "appraise", *base]) == 0
    assert command(["evidence", "review", "state", *base]) == 0
    capsys.readouterr()
    for name in ("forest", "funnel_vesicles_mouse", "syrcle", "flow"):
        root = ElementTree.parse(out / f"{name}.svg").getroot()
        words = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
        assert words, name
        if name == "forest":
            assert sum("novak" in str(w) for w in words) == 12
            assert any("prediction interval" in str(w) for w in words)
        if name == "flow":
            assert "identified (n = 12)" in words
    for name in ("forest", "syrcle", "flow", "grade", "influence", "small_study"):
        assert (out / f"{name}.csv").stat().st_size > 20


def test_citations_are_printed_in_three_layouts(path, capsys):
    for layout, word in (("bibtex", "@article"), ("ris", "TY  - JOUR"), ("csl", '"type"')):
        assert command(["evidence", "cite", "1", "2", "--as", layout, "--store", str(path)]) == 0
        assert word in capsys.readouterr().out
