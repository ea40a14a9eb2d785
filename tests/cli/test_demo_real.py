"""`demo --real`: source and terms before anything is fetched, consent, offline, cache."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from importlib import import_module

import click
import pytest

from secretome.cli import run as command
from secretome.remote import datasets

TABLE, SHEET = b"a table", b"a sheet"


@pytest.fixture
def made(monkeypatch):
    """What would have been run."""
    plans = []
    # `secretome.cli.run` is a function too, so that the module must be asked for by its name
    monkeypatch.setattr(
        import_module("secretome.cli.run"), "make", lambda plan, _output, **_: plans.append(plan)
    )
    return plans


@pytest.fixture
def repository(web, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRETOME_CACHE", str(tmp_path / "cache"))
    bodies = (TABLE, SHEET)
    files = tuple(
        replace(file, size_bytes=len(body), sha256=hashlib.sha256(body).hexdigest())
        for file, body in zip(datasets.SIX_NICHES.files, bodies, strict=True)
    )
    for file, body in zip(files, bodies, strict=True):
        web.on("/" + file.path, web.ranged(body))
    monkeypatch.setattr(
        datasets, "SIX_NICHES", replace(datasets.SIX_NICHES, base_url=web.url + "/", files=files)
    )
    return web


def test_in_a_pipe_nothing_is_fetched_without_yes(repository, made, capsys):
    assert command(["demo", "--real"]) == 2
    told = capsys.readouterr().err
    assert "no licence file" in told
    assert datasets.SIX_NICHES.commit in told
    assert "--yes" in told
    assert (repository.seen, made) == ([], [])


def test_with_yes_the_files_are_fetched_once_and_run(repository, made, capsys, tmp_path):
    for _ in range(2):
        assert command(["demo", "--real", "--yes", "-o", str(tmp_path / "d")]) == 0
    assert len(repository.seen) == 2
    assert made[0].assays[0].file.read_bytes() == TABLE
    assert made[0].samples.file.read_bytes() == SHEET
    assert "here already" in capsys.readouterr().err


def test_on_a_terminal_a_no_fetches_nothing(repository, made, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    asked = []

    def no(question, **_):
        asked.append(question)
        raise click.Abort

    monkeypatch.setattr("click.confirm", no)
    assert command(["demo", "--real"]) == 130
    assert (asked, repository.seen, made) == (["Fetch these files?"], [], [])


def test_offline_is_said_with_exit_3(repository, made, monkeypatch, capsys):
    monkeypatch.setenv("SECRETOME_OFFLINE", "1")
    assert command(["demo", "--real", "--yes"]) == 3
    told = capsys.readouterr().err
    assert "offline" in told
    assert "--from FOLDER" in told
    assert (repository.seen, made) == ([], [])


def test_a_changed_repository_is_refused(repository, made, capsys):
    repository.on("/secretome/fact_secr.xlsx", repository.whole(b"changed"))
    assert command(["demo", "--real", "--yes"]) == 3
    assert "sha256" in capsys.readouterr().err
    assert made == []


def test_yes_without_real_is_a_usage_error(capsys):
    assert command(["demo", "--yes"]) == 2
