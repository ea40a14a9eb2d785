"""The store: idempotent imports, merging and splitting, append-only decisions, searches, refusals."""

from __future__ import annotations

import json
import sqlite3

import pytest

from secretome.errors import InvalidSearch, InvalidStore, StoreNotWritable
from secretome.evidence import schema, store
from secretome.evidence.query import parse
from secretome.evidence.records import Part, Record
from secretome.evidence.store import Store


@pytest.fixture
def opened(tmp_path):
    with Store(tmp_path / "evidence.sqlite") as found:
        yield found


def _file(tmp_path, content, name="a.xml"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def _add(opened, *records, name="a"):
    return opened.add(iter(records), name=name, sha256=name)


TITLE = "Secretome of the invented stromal cell heals a wound"


def test_the_same_file_twice_changes_nothing(opened, tmp_path, pubmed):
    path = _file(tmp_path, pubmed.document(*(pubmed.article(n, title=f"{TITLE} {n}") for n in range(1, 6))))
    first = opened.import_file(path)
    assert (first.known, first.records, first.new, first.works) == (False, 5, 5, 5)
    before = list(opened._database.iterdump())
    assert opened.import_file(path).known
    assert list(opened._database.iterdump()) == before


def test_the_same_records_in_another_file_give_no_new_rows(opened, tmp_path, pubmed):
    articles = [pubmed.article(n, title=f"{TITLE} {n}") for n in range(1, 4)]
    opened.import_file(_file(tmp_path, pubmed.document(*articles)))
    again = opened.import_file(_file(tmp_path, pubmed.document(*reversed(articles)), "b.xml"))
    assert (again.new, again.again, again.works) == (0, 3, 0)
    assert opened.select("SELECT count(*) AS n FROM record")[0]["n"] == 3
    assert opened.select("SELECT count(*) AS n FROM seen")[0]["n"] == 6


def test_a_record_comes_back_as_it_was_read_with_its_origin(opened, tmp_path, pubmed):
    from secretome.evidence.formats import read

    path = _file(
        tmp_path, pubmed.document(pubmed.article(1, abstract="<AbstractText>10<sup>3</sup></AbstractText>"))
    )
    opened.import_file(path)
    (kept,) = opened.records(opened.works()[0])
    assert [kept] == list(read(path))
    assert kept.origin.file == "a.xml"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Record(pmid="7", title="A"), Record(pmid="7", doi="10.1000/x", title="B")),
        (Record(doi="10.1000/x", title="A"), Record(doi="10.1000/x", title="B")),
        (Record(pmcid="PMC7", title="A"), Record(pmcid="PMC7", pmid="7", title="B")),
        (
            Record(kind="trial", trial_id="NCT00000007"),
            Record(kind="trial", trial_id="NCT00000007", title="x"),
        ),
        (Record(title=TITLE, year=2020), Record(title=TITLE.upper() + ".", year=2020, pmid="7")),
    ],
)
def test_duplicates_across_sources_are_one_work(opened, one, other):
    _add(opened, one)
    assert _add(opened, other, name="b").works == 0
    assert len(opened.works()) == 1
    assert len(opened.records(opened.works()[0])) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Record(title=TITLE, year=2020, pmid="7"), Record(title=TITLE, year=2020, pmid="8")),
        (Record(title=TITLE, year=2020), Record(title=TITLE, year=2021)),
        (Record(title="Editorial", year=2020), Record(title="Editorial", year=2020, abstract=(Part("x"),))),
        (
            Record(title=TITLE, year=2020),
            Record(title=TITLE, year=2020, kind="trial", trial_id="NCT00000007"),
        ),
        (Record(pmid="7", doi="10.1000/x", title="A"), Record(pmid="8", doi="10.1000/x", title="B")),
    ],
)
def test_what_may_be_another_work_stays_apart(opened, one, other):
    _add(opened, one)
    _add(opened, other, name="b")
    assert len(opened.works()) == 2


def test_a_shared_doi_of_two_pmids_is_noted_for_a_person(opened):
    _add(opened, Record(pmid="7", doi="10.1000/x"), Record(pmid="8", doi="10.1000/x"))
    (event,) = opened.select("SELECT kind, reason FROM event")
    assert event["kind"] == "conflict"
    assert "doi:10.1000/x" in event["reason"]


def test_a_record_that_carries_both_identifiers_joins_two_works(opened):
    _add(opened, Record(pmid="7", title="A"), Record(doi="10.1000/x", title="B"))
    first, second = opened.works()
    _add(opened, Record(pmid="7", doi="10.1000/x", title="C"), name="b")
    assert opened.works() == (first,)
    assert opened.canonical(second) == first
    assert len(opened.records(second)) == 3


def test_merged_works_can_be_split_and_stay_split(opened):
    _add(opened, Record(title=TITLE, year=2020), Record(title=TITLE, year=2020, doi="10.1000/x"))
    (work,) = opened.works()
    row = opened.record_rows(work)[1][0]
    new = opened.split(row, person="eva", reason="conference abstract", time="2026-01-01")
    assert opened.works() == (work, new)
    _add(opened, Record(title=TITLE, year=2020, pmid="7"), name="b")
    assert len(opened.works()) == 2
    (event,) = opened.select("SELECT * FROM event")
    assert (event["kind"], event["person"], event["reason"]) == ("split", "eva", "conference abstract")
    with pytest.raises(InvalidStore, match="only one"):
        opened.split(row, person="eva", reason="")
    assert opened.merge(new, work, person="eva", reason="the same after all") == work


def test_later_versions_win_and_deletions_apply(opened, tmp_path, pubmed):
    opened.import_file(
        _file(tmp_path, pubmed.document(pubmed.article(1, title="Old title of one"), pubmed.article(2)))
    )
    tail = "<DeleteCitation><PMID>2</PMID></DeleteCitation>" + pubmed.FOOT
    update = pubmed.document(pubmed.article(1, title="New title of one", revised="2024-06-01"), tail=tail)
    result = opened.import_file(_file(tmp_path, update, "b.xml"))
    assert (result.new, result.deleted) == (1, 1)
    assert [hit.record.title for hit in opened.find("title").hits] == ["New title of one"]
    assert opened.find("secretome").total == 0
    older = pubmed.document(pubmed.article(1, title="Oldest title of one", revised="2020-01-01"))
    opened.import_file(_file(tmp_path, older, "c.xml"))
    assert [hit.record.title for hit in opened.find("title").hits] == ["New title of one"]


def test_a_fault_is_kept_by_name_and_the_rest_is_there(opened, tmp_path, pubmed):
    content = pubmed.document(pubmed.article(1), pubmed.article(2, title="a &what; b"), pubmed.article(3))
    result = opened.import_file(_file(tmp_path, content))
    assert [fault.record for fault in result.faults] == ["PMID 2"]
    assert result.records == 2
    (fault,) = opened.select("SELECT record, found FROM fault")
    assert "&what;" in fault["found"]


def test_an_import_that_breaks_off_leaves_nothing_of_its_file(opened):
    def broken():
        yield Record(pmid="1")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        opened.add(broken(), name="a", sha256="a")
    assert opened.works() == ()
    assert opened.select("SELECT * FROM source_file") == []
    assert _add(opened, Record(pmid="1")).new == 1


@pytest.mark.parametrize("table", schema.APPEND_ONLY)
def test_what_was_decided_is_never_changed(opened, table):
    _add(opened, Record(pmid="1"), Record(doi="10.1000/x"))
    opened._database.execute("PRAGMA foreign_keys = OFF")
    columns = opened.select("SELECT name, type FROM pragma_table_info(?) WHERE name <> 'id'", table)
    values = {c["name"]: 1 if c["type"] == "INTEGER" else "x" for c in columns}
    allowed = {"role": "reviewer", "stage": "full_text", "decision": "include", "verdict": "accept"}
    opened.append(table, {**values, **{k: v for k, v in allowed.items() if k in values}})
    column = "date" if table == "search_log" else "time"
    for sql in (f"UPDATE {table} SET {column} = 'y'", f"DELETE FROM {table}"):  # noqa: S608 - our own names
        with pytest.raises(InvalidStore, match="added, never changed"), opened.writing():
            opened.select(sql)


# --- searching ------------------------------------------------------------------------------------


def _library(opened):
    _add(
        opened,
        Record(
            pmid="1",
            title="Conditioned medium heals",
            abstract=(Part("IL-6 and TGF-β1 at 10^3 pg/mL"),),
            year=2019,
        ),
        Record(pmid="2", title="Medium of conditioned dogs", year=2021, journal="Animals"),
        Record(kind="trial", trial_id="NCT00000007", title="A trial of exosomes", year=2021),
    )


@pytest.mark.parametrize(
    ("words", "pmids"),
    [
        ("conditioned medium", ["1", "2"]),
        ('"conditioned medium"', ["1"]),
        ('title:"conditioned medium"', ["1"]),
        ("medium -dogs", ["1"]),
        ("IL-6", ["1"]),
        ("medium year:2020-", ["2"]),
        ("year:2021 kind:trial", [""]),
        ("journal:animals", ["2"]),
        ("condition*", ["1", "2"]),
        ("NCT00000007", [""]),
        ("pmid:2", ["2"]),
        ("nothinglikethis", []),
        ('"; DROP TABLE record; --', []),
        ("NEAR( AND OR *", []),
    ],
)
def test_words_phrases_fields_and_filters(opened, words, pmids):
    _library(opened)
    found = opened.find(words)
    assert sorted(hit.record.pmid for hit in found.hits) == pmids
    assert found.total == len(pmids)


@pytest.mark.parametrize("words", ["", "  ", "-", '""', "titel:x", "year:soon"])
def test_a_search_that_cannot_be_understood_is_refused(words):
    with pytest.raises(InvalidSearch):
        parse(words)


def test_a_near_miss_of_a_field_is_named():
    with pytest.raises(InvalidSearch, match="did you mean title"):
        parse("titel:x")


# --- the file -------------------------------------------------------------------------------------


def test_another_programs_database_and_no_database_are_refused(tmp_path):
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE mine (x)")
    database.close()
    with pytest.raises(InvalidStore, match="another program"):
        Store(other)
    text = tmp_path / "text.sqlite"
    text.write_text("not a database" * 100)
    with pytest.raises(InvalidStore, match="no evidence store"):
        Store(text)
    with pytest.raises(InvalidStore, match="does not exist"):
        Store(tmp_path / "none.sqlite", create=False)


def test_a_newer_store_is_refused_and_an_older_one_is_migrated(tmp_path, monkeypatch):
    path = tmp_path / "e.sqlite"
    with Store(path) as old:
        _add(old, Record(pmid="1"))
    added = (*schema.MIGRATIONS, "CREATE TABLE extra (x);")
    with monkeypatch.context() as patch:
        patch.setattr(store, "MIGRATIONS", added)
        with Store(path) as new:
            assert new.select("SELECT * FROM extra") == []
            assert len(new.works()) == 1
    with pytest.raises(InvalidStore, match="newer secretome"):
        Store(path)


def test_two_writers_at_once_are_told_and_nothing_is_lost(tmp_path):
    path = tmp_path / "e.sqlite"
    with Store(path) as one, Store(path, wait_seconds=0.05) as other:
        with one.writing():
            _add(one, Record(pmid="1"))
            with pytest.raises(StoreNotWritable, match="another process"):
                _add(other, Record(pmid="2"), name="b")
        assert len(other.works()) == 1
        _add(other, Record(pmid="2"), name="b")
        assert len(one.works()) == 2


def test_a_full_disk_is_told_and_nothing_of_the_file_is_stored(tmp_path):
    with Store(tmp_path / "e.sqlite") as opened:
        _add(opened, Record(pmid="1"))
        pages = opened.select("PRAGMA page_count")[0]["page_count"]
        opened.select(f"PRAGMA max_page_count = {pages + 2}")
        large = (Record(pmid=str(n), title="x" * 5000) for n in range(2, 200))
        with pytest.raises(StoreNotWritable, match="make room"):
            opened.add(large, name="b", sha256="b")
        opened.select("PRAGMA max_page_count = 100000000")
        assert len(opened.works()) == 1
        assert opened.add(iter([Record(pmid="2")]), name="b", sha256="b").new == 1


def test_all_sample_files_live_in_one_store(shared, tmp_path):
    data = shared / "data"
    folders = ("pubmed_xml", "efetch_medline_txt", "jats_xml", "europepmc_json", "ctgov_v2_json", "ris_nbib")
    files = [p for folder in folders for p in sorted((data / "evidence-samples" / folder).iterdir())]
    files.append(data / "pubmed-page" / "pubmed_physiolres_935186.txt")
    with Store(tmp_path / "e.sqlite") as opened:
        total = sum(opened.import_file(path).records for path in files)
        works = len(opened.works())
        # The five searches for "cancer" hold the same 25 papers of the 1,000.
        assert total == 2 + 1 + 1 + 1 + 5 + 4 + 1100 + 2 + 16 + 1
        assert works < total - 90
        for path in files:
            assert opened.import_file(path).known
        assert len(opened.works()) == works
        for work in opened.works():
            for record in opened.records(work):
                json.dumps(record.title)
