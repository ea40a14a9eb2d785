"""The stage: accepted evidence beside the study, counted by study, other products apart."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from secretome import evidence, pipeline
from secretome.dossier import Dossier
from secretome.errors import InvalidInput, InvalidStore
from secretome.evidence import cite, claims
from secretome.evidence.claims import Claim
from secretome.evidence.records import Author, Link, Part, Record
from secretome.evidence.store import Store
from secretome.parallel import here
from secretome.plan import EvidenceOptions
from secretome.results import Answer, Result
from secretome.study import Study
from secretome.study_toml import read_plan


@pytest.fixture
def study():
    samples = pd.DataFrame({"donor": ["D1"], "material": ["conditioned_medium"]}, index=["s1"])
    return Study("one flask", samples)


@pytest.fixture
def potential():
    table = pd.DataFrame({"hgnc": ["HGF"]})
    return {
        "potential.processes": Result("potential", "processes", "?", Answer("!"), tables={"factors": table})
    }


def _record(pmid, title, **more):
    return Record(pmid=str(pmid), title=title, year=2020, authors=(Author("Novák", "Eva", "E"),), **more)


@pytest.fixture
def library(tmp_path):
    path = tmp_path / "e.sqlite"
    with Store(path) as store:
        store.add(
            iter(
                [
                    _record(1, "Hair grew with conditioned medium", registry_ids=("NCT00000001",)),
                    _record(2, "The same trial, later", registry_ids=("NCT00000001",)),
                    _record(
                        3, "No hair from conditioned medium", abstract=(Part("No difference was seen."),)
                    ),
                    _record(4, "Exosomes and hair"),
                    _record(5, "Retracted hair", links=(Link("retracted by"),)),
                ]
            ),
            name="a",
            sha256="a",
        )
        for work, way, product in (
            (1, "for", "conditioned medium"),
            (2, "for", "conditioned medium"),
            (3, "no effect", "conditioned medium"),
            (4, "for", "vesicles"),
            (5, "for", "conditioned medium"),
        ):
            what = Claim("hair", way, product, "human", factor="HGF" if work == 3 else "")
            claims.claim(store, work, what, quote="hair", person="eva", time="2026-01-01")
    return path


def _run(study, results, path):
    _, found = evidence.run(study, results, EvidenceOptions(str(path)), seed=1, map=here)
    return found[0]


def test_papers_of_one_trial_are_one_study_and_other_products_stand_apart(study, potential, library):
    result = _run(study, potential, library)
    rows = {(r.heading, r.factor): r for r in result.tables["summary"].itertuples()}
    assert rows[("this product", "")].studies_for == 1
    assert rows[("this product", "HGF")].studies_no_effect == 1
    assert rows[("other products", "")].studies_for == 1
    assert result.verdict is None
    assert result.sentence() == (
        "5 accepted claims of 3 studies (5 works in the store): 3 on products of this kind, 1 on other products; "
        "1 of retracted sources are listed and not counted."
    )


def test_a_retracted_source_is_listed_and_not_counted(study, potential, library):
    result = _run(study, potential, library)
    retracted = result.tables["claims"].query("standing == 'retracted'")
    assert list(retracted["counted"]) == [False]
    assert any("was retracted" in note for note in result.notes)


def test_a_claim_carries_its_words_its_reader_and_whether_the_factor_was_seen(study, potential, library):
    row = _run(study, potential, library).tables["claims"].query("factor == 'HGF'").iloc[0]
    assert (row["factor_seen_here"], row["quote"], row["person"]) == ("yes", "hair", "eva")
    assert (
        _run(study, {}, library).tables["claims"].query("factor == 'HGF'")["factor_seen_here"].item() == "no"
    )


def test_citations_come_as_bibtex_ris_and_csl(study, potential, library):
    table = _run(study, potential, library).tables["citations"]
    assert table["bibtex"][0].startswith("@article{novak2020hair,")
    assert "TI  - Hair grew" in table["ris"][0]
    assert json.loads(table["csl"][0])["PMID"] == "1"


def test_the_same_store_gives_the_same_tables(study, potential, library):
    one, two = _run(study, potential, library), _run(study, potential, library)
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, two.tables[name])


def test_a_new_decision_changes_the_fingerprint(library):
    before = evidence.outside(EvidenceOptions(str(library)))
    with Store(library) as store:
        claims.claim(store, 1, Claim("wound", "for", "cells", "mouse"), quote="x", person="eva")
    assert evidence.outside(EvidenceOptions(str(library))) != before
    assert evidence.outside(EvidenceOptions()) == ""


def test_without_a_store_the_result_says_so(study):
    _, (result,) = evidence.run(study, {}, EvidenceOptions(), seed=1, map=here)
    assert result.verdict == "not tested"
    assert "evidence.sqlite" in result.lacks[0]


def test_a_store_without_claims_says_so(study, tmp_path):
    with Store(tmp_path / "e.sqlite"):
        pass
    result = _run(study, {}, tmp_path / "e.sqlite")
    assert result.tables["claims"].empty
    assert "Nobody has accepted" in result.lacks[0]
    assert result.sentence().startswith("0 accepted claims of 0 studies")


def test_a_claim_that_cannot_stand_is_refused(library):
    with Store(library) as store, pytest.raises(InvalidInput) as refused:
        claims.claim(store, 1, Claim("haire", "maybe", "cream", " "), quote="x", person="eva")
    assert len(refused.value.problems) == 4


def test_a_store_that_is_not_there_is_found_by_check(small_lab, tmp_path):
    small_lab.toml += '\n[evidence]\nstore = "none.sqlite"\n'
    plan = read_plan(small_lab.write())
    (problem,) = pipeline.check(plan).problems
    assert "none.sqlite" in problem.found
    with pytest.raises(InvalidStore, match="does not exist"):
        evidence.outside(plan.evidence)


def test_keys_are_plain_and_told_apart():
    records = [_record(1, "Secretome one"), _record(2, "Secretome two")]
    text = cite.bibliography(records)
    assert "@article{novak2020secretome," in text
    assert "@article{novak2020secretomea," in text
    assert cite.bibliography(records, style="ris").count("ER  - ") == 2
    assert len(json.loads(cite.bibliography(records, style="csl"))) == 2
    assert r"50\% \& more" in cite.to_bibtex(_record(3, "50% & more"))


def test_the_page_shows_claims_for_and_against_first(study, potential, library):
    from secretome.report.finding import Contents
    from secretome.report.sections import evidence as section

    _, results = evidence.run(study, potential, EvidenceOptions(store=str(library)), seed=1, map=here)
    built = section.build(Contents(Dossier(study, results), results))
    (told,) = built.blocks
    captions = [block.caption for block in told.blocks if hasattr(block, "caption")]
    assert captions[:2] == ["Summary", "Claims"]
    assert "Citations" in [getattr(block, "title", "") for block in told.blocks]
    assert section.build(Contents(Dossier(study, ()), ())) is None
