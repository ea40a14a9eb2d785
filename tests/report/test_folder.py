"""A dossier's folder: whole or not there, and never anybody else's."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from secretome import report
from secretome.dossier import Dossier, load
from secretome.errors import InvalidDossier
from secretome.report import folder as module


class Killed(BaseException):
    """Stands for the signal that ends a run: nothing may catch it."""


@pytest.fixture(scope="module")
def published(dossier: Dossier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return report.publish(dossier, tmp_path_factory.mktemp("published") / "study")


def test_a_dossier_holds_the_files_of_the_design(published: Path) -> None:
    names = {path.name for path in published.iterdir()}
    assert {
        "index.html",
        "dossier.json",
        "study.h5mu",
        "study.toml",
        "methods.md",
        "references.bib",
        "ro-crate-metadata.json",
        "tables",
        "figures",
    } <= names
    assert not names & set(module.MARKERS)


def test_nothing_is_left_beside_a_dossier(published: Path) -> None:
    assert [path.name for path in published.parent.iterdir()] == ["study"]


@pytest.mark.figures
def test_every_figure_has_its_drawing_and_its_specification(published: Path) -> None:
    drawings = {path.name.removesuffix(".svg") for path in (published / "figures").glob("*.svg")}
    specifications = {
        path.name.removesuffix(".vl.json") for path in (published / "figures").glob("*.vl.json")
    }
    assert drawings == specifications
    assert {"define.quality", "define.samples", "define.detection", "potential.processes"} < drawings
    assert "vary.volcano-WJ_vs_adipose" in drawings


def test_rebuild_gives_the_same_page(published: Path) -> None:
    before = {
        name: (published / name).read_bytes() for name in ("index.html", "methods.md", "references.bib")
    }
    report.rebuild(published)
    assert {name: (published / name).read_bytes() for name in before} == before


def test_progress_reaches_its_end(dossier: Dossier, tmp_path: Path, light: Callable[[Dossier], None]) -> None:
    seen: list[tuple[int, int]] = []
    report.publish(dossier, tmp_path / "study", progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Publishing without its slow parts: the swap is what is tested."""

    def data(dossier: Dossier, folder: Path) -> None:
        (folder / "tables").mkdir()
        (folder / "dossier.json").write_text(str(dossier.seed))
        (folder / "tables" / "a.csv").write_text(str(dossier.seed))

    def page(dossier: Dossier, folder: Path) -> None:
        (folder / "index.html").write_text(str(dossier.seed))

    monkeypatch.setattr(module, "_write_data", data)
    monkeypatch.setattr(module, "_write_page", page)
    monkeypatch.setattr(module, "_write_methods", lambda dossier, folder: None)


def _seeds(folder: Path) -> set[str]:
    """Which run each file comes from: one seed when the folder is whole."""
    return {(folder / name).read_text() for name in ("dossier.json", "index.html", "tables/a.csv")}


def _kill_at(monkeypatch: pytest.MonkeyPatch, step: int) -> list[int]:
    """Let the run die before its file operation number `step`."""
    count = [0]

    def dying(function: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*given: object, **named: object) -> object:
            count[0] += 1
            if count[0] == step:
                raise Killed
            return function(*given, **named)

        return wrapped

    for name in ("rename", "touch", "unlink", "rmdir", "mkdir", "write_text"):
        monkeypatch.setattr(Path, name, dying(getattr(Path, name)))
    monkeypatch.setattr(shutil, "rmtree", dying(shutil.rmtree))
    return count


@pytest.mark.usefixtures("light")
def test_a_run_killed_anywhere_leaves_the_old_or_the_new_dossier(dossier: Dossier, tmp_path: Path) -> None:
    old, new = replace(dossier, seed=1), replace(dossier, seed=2)
    outcomes = []
    for step in range(1, 100):
        folder = tmp_path / str(step) / "study"
        report.publish(old, folder)
        with pytest.MonkeyPatch.context() as patch:
            _kill_at(patch, step)
            try:
                report.publish(new, folder)
                finished = True
            except Killed:
                finished = False
        report.recover(folder)
        seeds = _seeds(folder)
        assert len(seeds) == 1, f"half a dossier after step {step}"
        assert [path.name for path in folder.parent.iterdir()] == ["study"]
        assert not {path.name for path in folder.iterdir()} & set(module.MARKERS)
        outcomes.append(seeds.pop())
        if finished:
            break
    assert finished
    assert outcomes[0] == "1"
    assert outcomes[-1] == "2"
    # Once the new one is whole it stays: no step afterwards brings the old one back.
    assert outcomes == sorted(outcomes)
    assert len(outcomes) > 12


@pytest.mark.usefixtures("light")
def test_a_recovery_that_is_killed_too_still_ends_well(dossier: Dossier, tmp_path: Path) -> None:
    for first in range(8, 24):
        for second in range(1, 6):
            folder = tmp_path / f"{first}-{second}" / "study"
            report.publish(replace(dossier, seed=1), folder)
            with pytest.MonkeyPatch.context() as patch, suppress(Killed):
                _kill_at(patch, first)
                report.publish(replace(dossier, seed=2), folder)
            with pytest.MonkeyPatch.context() as patch, suppress(Killed):
                _kill_at(patch, second)
                report.recover(folder)
            report.recover(folder)
            assert len(_seeds(folder)) == 1
            assert [path.name for path in folder.parent.iterdir()] == ["study"]


@pytest.mark.usefixtures("light")
def test_the_first_dossier_killed_leaves_none(dossier: Dossier, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    with pytest.MonkeyPatch.context() as patch:
        _kill_at(patch, 5)
        with pytest.raises(Killed):
            report.publish(dossier, folder)
    report.recover(folder)
    assert list(tmp_path.iterdir()) == []


def test_recover_does_nothing_where_nothing_was(tmp_path: Path) -> None:
    assert report.recover(tmp_path / "none") == (tmp_path / "none").resolve()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["study", "study.partial", "study.previous"])
@pytest.mark.usefixtures("light")
def test_a_folder_of_somebody_else_is_refused_and_kept(dossier: Dossier, tmp_path: Path, place: str) -> None:
    theirs = tmp_path / place / "thesis.txt"
    theirs.parent.mkdir()
    theirs.write_text("mine")
    with pytest.raises(InvalidDossier):
        report.publish(dossier, tmp_path / "study")
    assert theirs.read_text() == "mine"


@pytest.mark.usefixtures("light")
def test_a_copy_that_the_user_made_is_not_taken_for_ours(dossier: Dossier, tmp_path: Path) -> None:
    folder = report.publish(dossier, tmp_path / "study")
    shutil.copytree(folder, tmp_path / "study.previous")
    with pytest.raises(InvalidDossier, match=r"study\.previous"):
        report.publish(dossier, folder)
    assert _seeds(tmp_path / "study.previous") == _seeds(folder)


@pytest.mark.usefixtures("light")
def test_a_file_in_the_place_of_the_folder_is_refused(dossier: Dossier, tmp_path: Path) -> None:
    (tmp_path / "study").write_text("mine")
    with pytest.raises(InvalidDossier, match="file"):
        report.publish(dossier, tmp_path / "study")


@pytest.mark.usefixtures("light")
def test_an_empty_folder_is_welcome(dossier: Dossier, tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    report.publish(dossier, tmp_path / "study")
    assert [path.name for path in tmp_path.iterdir()] == ["study"]


@pytest.mark.usefixtures("light")
def test_notes_of_the_reader_survive_every_new_run(dossier: Dossier, tmp_path: Path) -> None:
    folder = report.publish(dossier, tmp_path / "study")
    (folder / "tables" / "my notes.txt").write_text("look again at bone_2")
    for seed in (2, 3, 4):
        report.publish(replace(dossier, seed=seed), folder)
        assert (folder / "tables" / "my notes.txt").read_text() == "look again at bone_2"
    assert _seeds(folder) == {"4"}


@pytest.mark.usefixtures("light")
def test_a_table_that_is_no_longer_made_goes(
    dossier: Dossier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = report.publish(dossier, tmp_path / "study")
    data = module._write_data

    def fewer(dossier: Dossier, folder: Path) -> None:
        data(dossier, folder)
        (folder / "tables" / "a.csv").rename(folder / "tables" / "b.csv")

    monkeypatch.setattr(module, "_write_data", fewer)
    report.publish(dossier, folder)
    assert [path.name for path in (folder / "tables").iterdir()] == ["b.csv"]


def test_rebuild_refuses_what_is_no_dossier(tmp_path: Path) -> None:
    with pytest.raises(InvalidDossier):
        report.rebuild(tmp_path / "none")


def test_a_published_dossier_loads(published: Path, dossier: Dossier) -> None:
    assert [result.key for result in load(published).results] == [result.key for result in dossier.results]
