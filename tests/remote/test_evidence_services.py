"""PubMed, Europe PMC and ClinicalTrials.gov clients against a stand-in server."""

from __future__ import annotations

import json

import pytest

from secretome.errors import Unreachable, WrongDownload
from secretome.evidence import live
from secretome.evidence.store import Store
from secretome.remote import Policy, europepmc, pubmed, trials

XML = b'<?xml version="1.0"?>\n<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>T</ArticleTitle></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>'


@pytest.fixture
def waits():
    return []


@pytest.fixture
def patient(waits):
    return Policy(sleep=waits.append, timeout_seconds=5, attempts=3, backoff_seconds=1)


def _search(numbers, count=None, **more):
    found = {
        "count": str(len(numbers) if count is None else count),
        "idlist": [str(n) for n in numbers],
        **more,
    }
    return json.dumps({"esearchresult": found}).encode()


def test_pubmed_is_searched_and_fetched_in_batches(web, patient):
    web.on("/esearch.fcgi", web.whole(_search([1, 2, 3], querytranslation="msc[All Fields]")))
    web.on("/efetch.fcgi", web.whole(XML))
    service = pubmed.client(address=web.url + "/", policy=patient)
    found = pubmed.search(service, '"conditioned medium"[tiab]')
    assert (found.hits, found.numbers, found.translated) == (3, ("1", "2", "3"), "msc[All Fields]")
    assert len(list(pubmed.fetch_records(service, found.numbers, batch=2))) == 2
    forms = [body.decode() for _, _, body in web.seen]
    assert "term=%22conditioned+medium%22%5Btiab%5D" in forms[0]
    assert ["id=1%2C2" in forms[1], "id=3" in forms[2]] == [True, True]
    assert all("tool=secretome" in form for form in forms)


def test_an_empty_search_is_no_error(web, patient, tmp_path):
    web.on("/esearch.fcgi", web.whole(_search([])))
    service = pubmed.client(address=web.url + "/", policy=patient)
    assert live.download("pubmed", "nothing", tmp_path, service=service) == ()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"esearchresult": {"ERROR": "Invalid db name"}}', "Invalid db name"),
        (b'{"error": "API rate limit exceeded"}', "API rate limit exceeded"),
        (b"<html>maintenance</html>", "no JSON"),
        (_search([1], count=2), "counts 2 records and lists 1"),
        (_search([], count=20_000), "split it by year"),
    ],
)
def test_what_pubmed_says_instead_of_an_answer_is_told(web, patient, body, words):
    web.on("/esearch.fcgi", web.whole(body))
    with pytest.raises(WrongDownload, match=words):
        pubmed.search(pubmed.client(address=web.url + "/", policy=patient), "x")


def test_a_page_instead_of_records_is_told(web, patient):
    web.on("/efetch.fcgi", web.whole(b"<html>busy</html>"))
    with pytest.raises(WrongDownload, match="no whole record set"):
        list(pubmed.fetch_records(pubmed.client(address=web.url + "/", policy=patient), ("1",)))


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_busy_server_is_asked_again(web, patient, waits, code):
    web.on("/esearch.fcgi", web.status(code), web.whole(_search([1])))
    assert pubmed.search(pubmed.client(address=web.url + "/", policy=patient), "x").hits == 1
    assert len(waits) >= 1


def test_a_server_that_stays_busy_is_given_up_with_words(web, patient):
    web.on("/studies", web.status(500))
    with pytest.raises(Unreachable, match="3 attempts"):
        list(trials.fetch_pages(trials.client(address=web.url + "/", policy=patient), "x"))


def test_a_download_cut_short_goes_on_where_it_stopped(web, patient, tmp_path):
    web.on("/esearch.fcgi", web.whole(_search(range(1, 401))))
    web.on("/efetch.fcgi", web.whole(XML), web.status(404))

    def service(**more):
        return pubmed.client(address=web.url + "/", cache=tmp_path / "replies", policy=patient, **more)

    with pytest.raises(Unreachable):
        live.download("pubmed", "x", tmp_path, service=service())
    asked = len(web.seen)
    web.on("/efetch.fcgi", web.whole(XML.replace(b">1<", b">2<")))
    assert len(live.download("pubmed", "x", tmp_path, service=service())) == 2
    assert len(web.seen) == asked + 1
    # Offline, the same files come from the replies that were kept.
    assert len(live.download("pubmed", "x", tmp_path, service=service(offline=True))) == 2
    assert len(web.seen) == asked + 1
    with pytest.raises(Unreachable, match="offline"):
        live.download("pubmed", "y", tmp_path, service=service(offline=True))


def _hits(first, last, total, mark):
    results = [{"id": str(n), "source": "MED", "title": f"Paper {n}"} for n in range(first, last)]
    return json.dumps({"hitCount": total, "nextCursorMark": mark, "resultList": {"result": results}}).encode()


def test_europe_pmc_pages_are_followed_and_imported(web, patient, tmp_path):
    web.on("/search", web.whole(_hits(0, 2, 3, "b")), web.whole(_hits(2, 3, 3, "c")))
    files = live.download(
        "europepmc", "msc", tmp_path, service=europepmc.client(address=web.url + "/", policy=patient)
    )
    assert len(files) == 2
    assert "cursorMark=b" in web.seen[1][0]
    with Store(tmp_path / "e.sqlite") as store:
        assert sum(store.import_file(file).new for file in files) == 3


def test_europe_pmc_that_sends_less_than_it_counts_is_told(web, patient):
    web.on("/search", web.whole(_hits(0, 2, 5, "b")), web.whole(_hits(0, 0, 5, "b")))
    with pytest.raises(WrongDownload, match="counts 5 records and sent 2"):
        list(europepmc.fetch_pages(europepmc.client(address=web.url + "/", policy=patient), "x"))
    web.on("/search", web.whole(b'{"errMsg": "bad query"}'))
    with pytest.raises(WrongDownload, match="bad query"):
        list(europepmc.fetch_pages(europepmc.client(address=web.url + "/", policy=patient), "x"))


def test_studies_are_followed_page_by_page(web, patient, tmp_path):
    def study(number):
        return {"protocolSection": {"identificationModule": {"nctId": f"NCT0000000{number}"}}}

    first = {"studies": [study(1)], "totalCount": 2, "nextPageToken": "t"}
    web.on(
        "/studies",
        web.whole(json.dumps(first).encode()),
        web.whole(json.dumps({"studies": [study(2)]}).encode()),
    )
    policy = Policy(sleep=lambda _: None)
    files = live.download(
        "trials", "msc", tmp_path, service=trials.client(address=web.url + "/", policy=policy)
    )
    assert "pageToken=t" in web.seen[1][0]
    with Store(tmp_path / "e.sqlite") as store:
        assert [store.import_file(file).new for file in files] == [1, 1]
    web.on("/studies", web.whole(b"[]"))
    with pytest.raises(WrongDownload, match="expected an object"):
        list(trials.fetch_pages(trials.client(address=web.url + "/", policy=policy), "x"))
