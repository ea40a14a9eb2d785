"""What can go wrong with a file is told, and nothing that was stored before is lost."""

from __future__ import annotations

import gzip
import sqlite3

import pytest

from secretome.cli import run as command
from secretome.errors import StoreNotWritable
from secretome.evidence.store import Store

GOOD = "TY  - JOUR\nTI  - Conditioned medium of adipose stem cells heals wounds\nPY  - 2020\nER  -\n"
XML = '<?xml version="1.0"?><PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article><ArticleTitle>A &amp; B</ArticleTitle></Article></MedlineCitation></PubmedArticle>'


@pytest.fixture
def store(tmp_path, capsys):
    (tmp_path / "good.ris").write_text(GOOD)
    path = tmp_path / "e.sqlite"
    assert command(["evidence", "import", str(tmp_path / "good.ris"), "--store", str(path)]) == 0
    capsys.readouterr()
    return path


@pytest.mark.parametrize(
    ("name", "content", "code", "words", "works"),
    [
        ("cut.xml", (XML + "<PubmedArticle><MedlineCitation><PMID>8").encode(), 0, "PMID 8", 2),
        ("latin.ris", GOOD.replace("wounds", "w\u00fcnden").encode("latin1"), 3, "--encoding", 1),
        (
            "cut.xml.gz",
            gzip.compress((XML + "</PubmedArticleSet>").encode() * 50)[:-40],
            3,
            "download it again",
            1,
        ),
        ("empty.xml", b"", 3, "is empty", 1),
        ("other.bin", b"\x00\x01\x02 nothing known", 3, "other.bin", 1),
        ("none.xml", b'<?xml version="1.0"?><PubmedArticleSet></PubmedArticleSet>', 0, "0 records", 1),
    ],
)
def test_a_bad_file_is_told_and_the_store_stays(store, tmp_path, capsys, name, content, code, words, works):
    (tmp_path / name).write_bytes(content)
    found = command(["evidence", "import", str(tmp_path / name), "--store", str(store)])
    captured = capsys.readouterr()
    assert found == code, captured.err
    assert words in captured.err + captured.out
    assert "Traceback" not in captured.err
    with Store(store) as opened:
        assert len(opened.works()) >= works
        assert opened.find("wounds").total == 1
        assert opened.select("PRAGMA integrity_check")[0]["integrity_check"] == "ok"


def test_a_search_without_hits_is_no_error(store, capsys):
    assert command(["evidence", "find", "nothinglikethis", "--store", str(store)]) == 0
    assert "0 works found" in capsys.readouterr().out


def test_a_second_writer_is_told_and_nothing_is_lost(store):
    connection = sqlite3.connect(store, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        with (
            pytest.raises(StoreNotWritable, match="another process is writing"),
            Store(store, wait_seconds=0.1) as other,
        ):
            other.append("search_log", {"source": "a", "query": "b", "date": "c", "hits": 1, "filters": "", "person": "", "file_sha256": ""})  # fmt: skip
    finally:
        connection.execute("ROLLBACK")
        connection.close()
    with Store(store) as opened:
        assert len(opened.works()) == 1
