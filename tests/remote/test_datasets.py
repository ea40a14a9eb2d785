"""Data sets: pinned addresses, cached files, terms in the announcement."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import replace

import pytest

from secretome.errors import Unreachable, WrongDownload
from secretome.remote import Policy, cache_folder, datasets

FILES = {"folder one/a.tsv": b"a" * 5000, "b.xlsx": b"b" * 70}


@pytest.fixture
def data(web, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRETOME_CACHE", str(tmp_path / "cache"))
    web.on("/folder%20one/a.tsv", web.ranged(FILES["folder one/a.tsv"]))
    web.on("/b.xlsx", web.ranged(FILES["b.xlsx"]))
    files = tuple(
        datasets.RemoteFile(path, len(body), hashlib.sha256(body).hexdigest()) for path, body in FILES.items()
    )
    return replace(datasets.SIX_NICHES, base_url=web.url + "/", files=files)


def test_files_are_fetched_once(web, data):
    told = []
    folder = datasets.bring(data, progress=lambda *facts: told.append(facts))
    assert (folder / "a.tsv").read_bytes() == FILES["folder one/a.tsv"]
    assert told[-1] == ("b.xlsx", 70, 70)
    assert datasets.missing(data) == ()
    assert datasets.bring(data, offline=True) == folder
    assert len(web.seen) == 2


def test_a_damaged_file_in_the_cache_is_fetched_again(data):
    folder = datasets.bring(data)
    (folder / "b.xlsx").write_bytes(b"damaged")
    assert [file.name for file in datasets.missing(data)] == ["b.xlsx"]
    datasets.bring(data)
    assert (folder / "b.xlsx").read_bytes() == FILES["b.xlsx"]


def test_a_swapped_file_is_refused_and_the_others_stay(web, data):
    web.on("/b.xlsx", web.whole(b"swapped"))
    with pytest.raises(WrongDownload, match=r"b\.xlsx"):
        datasets.bring(data, policy=Policy(attempts=1))
    assert [file.name for file in datasets.missing(data)] == ["b.xlsx"]


def test_offline_without_the_files_says_so(data):
    with pytest.raises(Unreachable, match="offline"):
        datasets.bring(data, offline=True)


def test_the_announcement_names_source_commit_size_and_terms():
    text = datasets.SIX_NICHES.announcement()
    for words in ("github.com/tniapp", datasets.SIX_NICHES.commit, "2.9 MB", "no licence file", "sha256"):
        assert words in text


def test_every_address_is_pinned_to_its_commit():
    assert datasets.SIX_NICHES.commit in datasets.SIX_NICHES.base_url
    assert datasets.SIX_NICHES.base_url.startswith("https://")


def test_recorded_sizes_and_hashes_are_those_of_the_shared_copies(shared):
    source = shared / "data" / "msc-six-niches-lobov"
    for file in datasets.SIX_NICHES.files:
        plain = source / file.name
        body = (
            plain.read_bytes()
            if plain.exists()
            else gzip.decompress((source / f"{file.name}.gz").read_bytes())
        )
        assert (len(body), hashlib.sha256(body).hexdigest()) == (file.size_bytes, file.sha256)


def test_the_cache_follows_the_rule_of_the_platform(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRETOME_CACHE", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "secretome"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / "home" / ".cache" / "secretome"
    monkeypatch.setattr("sys.platform", "darwin")
    assert cache_folder() == tmp_path / "home" / "Library" / "Caches" / "secretome"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache_folder() == tmp_path / "local" / "secretome"
