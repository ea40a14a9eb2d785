"""The reviewed proteome: brought whole from a stand-in, kept by release, used only when asked for."""

from __future__ import annotations

import hashlib
import json

import pandas as pd
import pytest

from secretome.cli import run as command
from secretome.define.annotation import UNIPROT, categories
from secretome.define.located import category_of
from secretome.errors import InvalidKnowledge, Unreachable, WrongDownload
from secretome.knowledge import update
from secretome.remote import Policy, uniprot

HEADER = "\t".join(update.COLUMNS)
ENTRIES = [
    "P02751\tFINC_HUMAN\tFN1\t\t2477\tSIGNAL 1..31\t\t\tSUBCELLULAR LOCATION: Secreted, extracellular matrix.",
    "Q00001\tXYZ1_HUMAN\tXYZ1\t\t200\tSIGNAL 1..20\t\t\tSUBCELLULAR LOCATION: Secreted {ECO:0000269|PubMed:1}.",
    "Q00002\tXYZ2_HUMAN\tXYZ2\t\t300\t\t\t\tSUBCELLULAR LOCATION: Cytoplasm. Nucleus.",
]
BODY = ("\n".join([HEADER, *ENTRIES]) + "\n").encode()
QUICK = Policy(attempts=3, backoff_seconds=0.0, sleep=lambda _: None)


def served(web, stand_in, *stream, total: int = 3, release: str = "2026_04") -> str:
    headers = {"X_UniProt_Release": release, "X_Total_Results": str(total)}
    web.on("/uniprotkb/search", stand_in.StandIn.whole(b"Entry\nP02751\n", **headers))
    web.on("/uniprotkb/stream", *(stream or (stand_in.StandIn.whole(BODY),)))
    return web.url + "/uniprotkb/"


def brought(address: str, tmp_path, **options) -> update.Proteome:
    def bring(taxon, into):
        return uniprot.bring(taxon, into, address=address, policy=QUICK, **options)

    return update.update(bring, taxon=9606, folder=tmp_path)


def test_a_proteome_is_kept_with_release_licence_and_sha256(web, stand_in, tmp_path):
    found = brought(served(web, stand_in), tmp_path)
    assert (found.release, found.entries, found.taxon) == ("2026_04", 3, 9606)
    assert found.sha256 == hashlib.sha256(BODY).hexdigest()
    assert found.licence.startswith("CC BY 4.0")
    assert update.proteomes(folder=tmp_path) == (found,)
    assert update.newest(9606, folder=tmp_path) == found
    assert update.entries(found).loc["Q00002", "Gene Names (primary)"] == "XYZ2"
    assert "organism_id%3A9606" in web.seen[1][0]
    assert "reviewed%3Atrue" in web.seen[1][0]
    assert (
        not list(tmp_path.rglob("*.part")) + list(tmp_path.rglob("*.new")) + list(tmp_path.rglob("*.partial"))
    )


def test_a_download_that_breaks_off_goes_on_where_it_stopped(web, stand_in, tmp_path):
    parts = (
        stand_in.StandIn.status(503),
        stand_in.StandIn.truncated(BODY, 150, ETag='"a"'),
        stand_in.StandIn.ranged(BODY, ETag='"a"'),
    )
    found = brought(served(web, stand_in, *parts), tmp_path)
    assert found.sha256 == hashlib.sha256(BODY).hexdigest()
    assert web.headers(3)["Range"] == "bytes=150-"


def test_releases_stand_beside_each_other_and_the_newest_is_used(web, stand_in, tmp_path):
    brought(served(web, stand_in), tmp_path)
    newer = brought(served(web, stand_in, release="2026_05"), tmp_path)
    assert [one.release for one in update.proteomes(folder=tmp_path)] == ["2026_04", "2026_05"]
    assert update.newest(9606, folder=tmp_path) == newer
    again = brought(served(web, stand_in, release="2026_05"), tmp_path)
    assert update.entries(again).shape[0] == 3


def test_the_case_of_a_label_does_not_matter(web, stand_in, tmp_path):
    body = BODY.replace(b"Entry Name", b"Entry name")
    found = brought(served(web, stand_in, stand_in.StandIn.whole(body)), tmp_path)
    assert update.entries(found).columns[0] == "Entry Name"


def test_fewer_entries_than_counted_are_thrown_away(web, stand_in, tmp_path):
    with pytest.raises(WrongDownload, match="3 entries where the service counts 4"):
        brought(served(web, stand_in, total=4), tmp_path)
    assert update.proteomes(folder=tmp_path) == ()


def test_an_answer_without_release_is_refused(web, stand_in, tmp_path):
    web.on("/uniprotkb/search", stand_in.StandIn.whole(b"hello"))
    with pytest.raises(WrongDownload, match="names no release"):
        brought(web.url + "/uniprotkb/", tmp_path)


@pytest.mark.parametrize(
    "body",
    [
        BODY.replace(b"Length", b"Size"),
        BODY.replace(b"Q00002\t", b"Q00001\t"),
        BODY.replace(b"Q00002\t", b"no accession\t"),
        BODY.replace(b"\tXYZ2\t", b"\t\xff\t"),
    ],
)
def test_another_table_than_asked_for_is_refused(web, stand_in, tmp_path, body):
    with pytest.raises(InvalidKnowledge, match="proteome that came"):
        brought(served(web, stand_in, stand_in.StandIn.whole(body)), tmp_path)
    assert update.proteomes(folder=tmp_path) == ()


def test_offline_nothing_is_asked(web, stand_in, tmp_path):
    with pytest.raises(Unreachable, match="offline"):
        brought(served(web, stand_in), tmp_path, offline=True)
    assert web.seen == []


def test_a_changed_or_damaged_cache_is_refused(web, stand_in, tmp_path):
    found = brought(served(web, stand_in), tmp_path)
    (found.folder / "proteome.tsv").write_text("changed")
    with pytest.raises(InvalidKnowledge, match="was changed"):
        update.entries(found)
    (found.folder / "facts.json").write_text("{")
    with pytest.raises(InvalidKnowledge, match="damaged"):
        update.proteomes(folder=tmp_path)


def test_the_command_brings_shows_and_does_not_bring_twice(web, stand_in, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SECRETOME_CACHE", str(tmp_path))
    address = served(web, stand_in)
    assert command(["knowledge", "update", "--offline"]) == 1
    assert "secretome knowledge update" in capsys.readouterr().err
    assert command(["knowledge", "update", "--address", address]) == 0
    assert "release 2026_04: 3 reviewed entries brought" in capsys.readouterr().out
    asked = len(web.seen)
    assert command(["knowledge", "update", "--address", address]) == 0
    assert "already in the cache" in capsys.readouterr().out
    assert len(web.seen) == asked + 1
    assert command(["knowledge", "show", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["proteomes"][0]["release"] == "2026_04"
    assert {"annotation", "factor_process"} <= {table["name"] for table in facts["tables"]}


def test_show_and_check_of_the_shipped_tables(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SECRETOME_CACHE", str(tmp_path))
    assert command(["knowledge", "check"]) == 0
    assert "tables: 0 problems" in capsys.readouterr().out
    assert command(["knowledge", "show", "annotation"]) == 0
    told = capsys.readouterr().out
    assert "gene, category" in told
    assert "One of" in told
    assert "proteomes" not in told
    assert command(["knowledge", "show", "anotation"]) == 1
    assert "did you mean annotation" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("entry", "category"),
    [
        (("SIGNAL 1..20", "", "", "SUBCELLULAR LOCATION: Secreted."), "secreted"),
        (("SIGNAL 1..20", "", "", "SUBCELLULAR LOCATION: Endoplasmic reticulum lumen."), "er_resident"),
        (("SIGNAL 1..20", "", "", "SUBCELLULAR LOCATION: Lysosome."), "lysosomal"),
        (("SIGNAL 1..20", "TRANSMEM 5", "", "SUBCELLULAR LOCATION: Cell membrane."), "surface"),
        (("", "TRANSMEM 5", "", "SUBCELLULAR LOCATION: Golgi apparatus membrane."), "golgi"),
        (("", "", "", "SUBCELLULAR LOCATION: Cytoplasm. Secreted."), "unconventional"),
        (("", "", "", "SUBCELLULAR LOCATION: Cytoplasm {ECO:1}."), "inside"),
        (("", "", "", ""), ""),
    ],
)
def test_an_entry_speaks_by_fixed_rules(entry, category):
    """`Secreted` beside `Cytoplasm` and no signal peptide (HSP90AB1) is not secreted."""
    assert category_of(*entry) == category


def test_curated_rows_go_before_uniprot():
    proteins = pd.DataFrame({"gene": ["FN1", "XYZ2"], UNIPROT: ["inside", "inside"]})
    assert categories(proteins).tolist() == ["matrix", "inside"]
