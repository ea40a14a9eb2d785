"""The traps found in real records (SCIENCE, section 10), each as a check that raises a flag."""

from __future__ import annotations

import csv

import pytest

from secretome.evidence import integrity
from secretome.evidence.formats import read
from secretome.evidence.records import Link, Part, Record, Reference


@pytest.fixture
def known(shared):
    """Rows of clinical_evidence.tsv by DOI or id."""
    text = (shared / "science" / "tables" / "clinical_evidence.tsv").read_text()
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t"))
    return {key: row for row in rows for key in (row["doi_or_id"], row["id"])}


def test_survival_of_8_of_14_against_4_of_15_is_not_p_below_0_0001(known):
    assert "reported P<0.0001" in " ".join(known["10.1186/s13287-022-02771-w"].values())
    flag = integrity.p_from_counts(
        8, 14, 4, 15, printed_p=0.0001, relation="<", about="10.1186/s13287-022-02771-w"
    )
    assert flag is not None
    assert "p = 0.14" in flag.expected
    assert "human check needed" in str(flag)


@pytest.mark.parametrize(
    ("counts", "p", "relation"),
    [
        ((8, 14, 4, 15), 0.14, "="),
        ((20, 20, 2, 20), 0.0001, "<"),
        ((5, 50, 6, 50), 0.05, ">"),
        ((8, 14, 4, 15), 0.2, "="),
    ],
)
def test_a_p_that_fits_its_counts_raises_nothing(counts, p, relation):
    assert integrity.p_from_counts(*counts, printed_p=p, relation=relation) is None


def test_the_interval_of_bailey_2021_is_not_symmetric(known):
    row = known["DWEV"]
    low, high = map(float, row["ci_or_p"].split("-"))
    estimate = float(row["effect"].removeprefix("SMD "))
    assert integrity.interval_symmetry(estimate, low, high) is not None


@pytest.mark.parametrize("name", ["SCI", "LUNG1", "LUNG1b", "LUNG1c", "LUNG1d", "DWEVe"])
def test_other_printed_intervals_raise_nothing(known, name):
    low, high = map(float, known[name]["ci_or_p"].split(";")[0].split("-"))
    assert integrity.interval_symmetry(float(known[name]["effect"].removeprefix("SMD ")), low, high) is None


def test_ratios_are_judged_on_the_log_scale():
    assert integrity.interval_symmetry(2.0, 1.0, 4.0, scale="log") is None
    assert integrity.interval_symmetry(2.0, 1.0, 4.0) is not None
    assert (
        integrity.interval_symmetry(0.5, 1.0, 4.0, scale="log").expected == "an estimate inside its interval"
    )
    assert integrity.interval_symmetry(0.5, -1.0, 4.0, scale="log").expected == "positive numbers"
    # Zarrabi 2023 prints RR 0.49 (0.14-1.11): its upper side is shorter than the lower on the log scale.
    assert integrity.interval_symmetry(0.49, 0.14, 1.11, scale="log") is not None


def test_217_and_173_animals_are_not_381(known):
    assert "381 animals (217/173 reported)" in known["DWEV2"]["n"]
    assert integrity.sums([217, 173], 381) is not None
    assert integrity.sums([217, 173], 390) is None


def test_the_leprosy_trials_share_their_arms(known):
    assert known["10.25259/IJDVL_784_2021"]["n"] == "32 (16/16)"
    assert known["10.15562/bmj.v10i3.2747"]["n"] == "54 (16/22/16)"
    trials = [
        ("32", "leprosy", [16, 16]),
        ("54", "leprosy", [16, 22, 16]),
        ("66", "leprosy", [22, 22, 22]),
        ("hair", "hair", [16, 16]),
    ]
    assert [flag.about for flag in integrity.shared_arms(trials)] == ["32 and 54"]


def test_two_papers_with_the_same_percentages_and_p_are_flagged():
    def paper(doi, text):
        return Record(doi=doi, title="x", abstract=(Part(text),))

    one = paper(
        "10.1000/a", "CRP, ferritin and D-dimer fell by 77% (P<0.001), 43% (P<0.001) and 42% (P<0.05)."
    )
    two = paper("10.1000/b", "Reductions of 77 % (p < 0.001), 43 % (p < .001), 42 % (p < 0.05) were seen.")
    three = paper("10.1000/c", "Reductions of 77 % (p < 0.001) and 12 % (p < 0.05) were seen.")
    (flag,) = integrity.same_numbers([one, two, three])
    assert flag.about == "10.1000/a and 10.1000/b"
    assert "77% p<0.001, 43% p<0.001, 42% p<0.05" in flag.found


def test_retracted_sources_and_concerns_are_flagged():
    records = [
        Record(doi="10.1155/2013/438243", links=(Link("retracted by"),)),
        Record(doi="10.18632/aging.102009", links=(Link("concern in"),)),
        Record(doi="10.1000/fine"),
    ]
    assert [(flag.about, flag.found) for flag in integrity.standings(records)] == [
        ("10.1155/2013/438243", "retracted"),
        ("10.18632/aging.102009", "concern"),
    ]


def test_a_conclusion_stronger_than_its_result_is_flagged():
    def paper(results, conclusion):
        return Record(title="x", abstract=(Part(results, "RESULTS"), Part(conclusion, "CONCLUSION")))

    null = "Hair density rose on both sides. There was no statistically significant difference between the groups."
    assert (
        integrity.conclusion_beyond_result(paper(null, "CM could be a potential treatment of alopecia."))
        is not None
    )
    assert integrity.conclusion_beyond_result(paper(null, "CM added nothing to minoxidil.")) is None
    assert (
        integrity.conclusion_beyond_result(paper("Density rose more with CM (p=.01).", "CM is effective."))
        is None
    )
    assert (
        integrity.conclusion_beyond_result(paper("Density rose.", "CM is effective."), registered_null=True)
        is not None
    )


def test_the_doi_of_another_journal_on_the_review_page_is_flagged_and_carried(shared):
    (record,) = read(shared / "data" / "pubmed-page" / "pubmed_physiolres_935186.txt")
    flags = [integrity.doi_of_another_journal(reference) for reference in record.references]
    assert [flag is not None for flag in flags] == [False, False, True, False, False]
    assert "10.1111/ijlh.12426" in flags[2].found
    assert flags[2].about == "j clin periodontol"
    assert integrity.doi_of_another_journal(Reference("x", doi="10.9999/unknown.1")) is None


def test_doses_a_thousandfold_apart_are_flagged():
    assert (
        integrity.dose_units([("review A", 2e3, "per mL"), ("review B", 2e9, "per mL")], about="NCT04798716")
        is not None
    )
    assert integrity.dose_units([("a", 2e9, "per mL"), ("b", 4e9, "per mL")]) is None


def test_percentages_and_spreads():
    assert integrity.percent_from_counts(8, 14, 57) is None
    assert integrity.percent_from_counts(6, 11, 54.55, decimals=2) is None
    assert integrity.percent_from_counts(8, 14, 28) is not None
    assert "standard error" in integrity.spread(100.0, 1.0, 9).expected
    assert integrity.spread(100.0, 30.0, 9) is None
    assert integrity.spread(10.0, 30.0, 9) is not None
    assert integrity.spread(-1.0, 3.0, 9) is None
