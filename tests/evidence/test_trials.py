"""Trials once each, with their papers, whichever layout told of them."""

from __future__ import annotations

import pytest

from secretome.errors import InvalidInput, InvalidStore
from secretome.evidence import facts, trials
from secretome.evidence.records import Intervention, Part, Record, Reference, Trial
from secretome.evidence.store import Store


@pytest.fixture
def opened(tmp_path):
    with Store(tmp_path / "e.sqlite") as found:
        yield found


def _trial(number="NCT00000001", **more):
    return Record(
        kind="trial",
        trial_id=number,
        registry_ids=(number,),
        title="Exosomes for wounds",
        trial=Trial(
            status="COMPLETED",
            phases=("PHASE1", "PHASE2"),
            study_type="INTERVENTIONAL",
            enrolment=20,
            interventions=(Intervention("Exosomes of adipose-derived stem cells"),),
            **more,
        ),
    )


def test_a_trial_and_its_papers_are_one_study(opened):
    listed = (Reference("A paper", pmid="3"),)
    opened.add(
        iter(
            [
                _trial(papers=listed),
                Record(pmid="1", title="Results", registry_ids=("NCT00000001",)),
                Record(pmid="2", title="More results", registry_ids=("NCT00000001",)),
                Record(pmid="3", title="Listed by the registry only"),
                Record(pmid="4", title="A review", abstract=(Part("as in NCT00000001"),)),
                Record(pmid="5", title="Two trials", registry_ids=("NCT00000001", "NCT00000002")),
            ]
        ),
        name="a",
        sha256="a",
    )
    table = trials.landscape(opened)
    assert len(table) == 1
    row = table.iloc[0]
    assert (row["status"], row["phase"], row["n"], row["given"]) == ("completed", "1/2", 20, "cell-free")
    assert (row["product"], row["tissue"]) == ("vesicles", "adipose")
    assert (row["papers"], row["mentions"]) == ("2; 3; 4; 6", "5")
    study = trials.study_of(opened)
    assert [study[work] for work in (1, 2, 3, 4)] == ["NCT00000001"] * 4
    assert [study[work] for work in (5, 6)] == ["work 5", "work 6"]


def test_the_registry_snapshot_is_counted_once_a_trial(shared, opened):
    folder = shared / "data" / "trials-msc-mapclinical"
    for name in (
        "ctgov_mesenchymal_stem_or_stromal.csv.gz",
        "study_fields.jsonl.gz",
        "ctgov_mesenchymal_ExoFlo.csv",
    ):
        opened.import_file(folder / name)
    table = trials.landscape(opened)
    numbers = set(table["trial_id"])
    assert len(table) == len(numbers)
    assert len(numbers) == 1389 + len(numbers - _csv_numbers(folder))
    status = dict(
        trials.counts(table[table["trial_id"].isin(_csv_numbers(folder))], "status").itertuples(index=False)
    )
    assert (status["completed"], status["unknown"], status["recruiting"]) == (412, 401, 274)
    phase = dict(
        trials.counts(table[table["trial_id"].isin(_csv_numbers(folder))], "phase").itertuples(index=False)
    )
    assert (phase["1/2"], phase["1"], phase["2"], phase["3"]) == (434, 369, 240, 51)


def _csv_numbers(folder):
    import gzip
    import re

    raw = gzip.decompress((folder / "ctgov_mesenchymal_stem_or_stromal.csv.gz").read_bytes())
    return {found.decode() for found in re.findall(rb'(?m)^\d+,"(NCT\d{8})"', raw)}


# --- proposals become facts -------------------------------------------------------------------------


def test_only_what_a_person_accepted_is_a_fact(opened):
    opened.add(iter([Record(pmid="1", title="VEGF of ADSCs")]), name="a", sha256="a")
    from secretome.evidence.extract import record_proposals

    record_proposals(opened, 1)
    assert facts.accepted(opened) == ()
    (number,) = (row["id"] for row in opened.select("SELECT id FROM proposal WHERE kind = 'factor'"))
    facts.judge(opened, number, person="eva", verdict="accept")
    (fact,) = facts.accepted(opened, kind="factor")
    assert (fact.value, fact.quote, fact.person, fact.work) == ("VEGFA", "VEGF", "eva", 1)
    facts.judge(opened, number, person="jan", verdict="correct", value="VEGFC")
    assert facts.accepted(opened, kind="factor")[0].value == "VEGFC"
    facts.judge(opened, number, person="eva", verdict="reject")
    assert facts.accepted(opened, kind="factor") == ()
    table = facts.precision_by_rule(opened).set_index("rule")
    assert table.loc["factor name", "reject"] == 1


def test_a_fact_read_by_a_person_keeps_its_words(opened):
    opened.add(iter([Record(pmid="1", title="Wounds closed faster")]), name="a", sha256="a")
    facts.enter(opened, 1, kind="direction", value="wound up", quote="closed faster", person="eva")
    (fact,) = facts.accepted(opened)
    assert (fact.rule, fact.quote) == ("read by a person", "closed faster")
    with pytest.raises(InvalidInput, match="no quote"):
        facts.enter(opened, 1, kind="n", value="4", quote=" ", person="eva")
    with pytest.raises(InvalidInput, match="no person"):
        facts.judge(opened, 1, person="", verdict="accept")
    with pytest.raises(InvalidStore, match="no proposal 99"):
        facts.judge(opened, 99, person="eva", verdict="accept")
