"""The folder of a dossier, written aside and swapped in: a killed run leaves the old or the new one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from secretome import dossier as data
from secretome.dossier import Dossier
from secretome.errors import InvalidDossier, MissingExtra

from . import figures
from .blocks import Figure, Section, figures_of
from .crate import CRATE, listed_files, write_crate
from .html import render
from .methods import bibtex, methods_text, references
from .sections import sections

# A marker says whose a folder is and how far it got; its name changes by rename, in one step.
WRITING, WHOLE, OLD = ".secretome-writing", ".secretome-whole", ".secretome-old"
MARKERS = (WRITING, WHOLE, OLD)
# Names at the top of a dossier, for folders whose RO-Crate does not tell what is ours.
_FILES = ("dossier.json", "results.json", "study.json", "samples.parquet", "study.h5mu", "study.toml")
_OURS = frozenset({*_FILES, "index.html", "methods.md", "references.bib", "tables", "figures", CRATE})


def publish(dossier: Dossier, folder: Path, *, progress: Callable[[int, int], None] | None = None) -> Path:
    """Write the folder of a dossier: data, page, figures, methods, references, RO-Crate.

    Parameters
    ----------
    dossier
        What a run found.
    folder
        Where to; a dossier that is there already is replaced as a whole. Files that are not ours are
        carried over from it.
    progress
        Called with steps done and steps in all.

    Returns
    -------
    Path
        The folder, resolved.

    Raises
    ------
    InvalidDossier
        If `folder` is a file or holds something that is no dossier, or if `<folder>.partial` or
        `<folder>.previous` is there and not ours.

    Notes
    -----
    Everything is written to `<folder>.partial`, which is marked as whole last; from then on `recover`
    finishes the two renames if they are cut short. One run at a time may write to a folder.
    """
    folder = check_target(folder)
    partial = _beside(folder, "partial")
    for leftover in (partial, _beside(folder, "previous")):
        _refuse_unmarked(leftover)
        _remove(leftover)
    partial.mkdir(parents=True)
    (partial / WRITING).touch()
    steps = (_write_data, _write_page, _write_methods)
    for done, step in enumerate(steps):
        step(dossier, partial)
        if progress is not None:
            progress(done + 1, len(steps) + 1)
    write_crate(dossier, partial, skip=MARKERS)
    _carry_over(folder, partial)
    (partial / WRITING).rename(partial / WHOLE)
    recover(folder)
    if progress is not None:
        progress(len(steps) + 1, len(steps) + 1)
    return folder


def check_target(folder: Path) -> Path:
    """The folder, after making sure that a dossier may be written there; call it before a long run.

    Raises
    ------
    InvalidDossier
        If `folder` is a file or holds something that is no dossier.
    """
    folder = recover(folder)
    _refuse_foreign(folder)
    return folder


def rebuild(folder: Path) -> Path:
    """Write the page of a dossier again, from the data in its folder.

    Parameters
    ----------
    folder
        A folder that `publish` wrote.

    Raises
    ------
    InvalidDossier
        If it is no dossier, or not a whole one.
    """
    folder = recover(folder)
    return publish(data.load(folder), folder)


def recover(folder: Path) -> Path:
    """The folder after finishing a swap that was cut short; call it before `secretome.dossier.load`.

    Parameters
    ----------
    folder
        Where a dossier is or was to be; nothing happens when nothing was cut short.

    Returns
    -------
    Path
        The folder, resolved.

    Notes
    -----
    A whole `<folder>.partial` takes the place of the folder; one that is not whole is removed. Without
    a folder, `<folder>.previous` comes back. Only folders that carry our marker are moved or removed.
    """
    folder = folder.resolve()
    partial, previous = _beside(folder, "partial"), _beside(folder, "previous")
    if (partial / WHOLE).exists():
        _refuse_foreign(folder)
        if folder.exists():
            _refuse_unmarked(previous)
            _remove(previous)
            (folder / OLD).touch()
            folder.rename(previous)
        partial.rename(folder)
    elif _leftover(partial):
        _remove(partial)
    if not folder.exists() and (previous / OLD).exists() and (previous / "dossier.json").exists():
        previous.rename(folder)
    if folder.is_dir():
        for marker in (OLD, WHOLE):
            (folder / marker).unlink(missing_ok=True)
        if _leftover(previous):
            _remove(previous)
    return folder


def _write_data(dossier: Dossier, folder: Path) -> None:
    data.save(dossier, folder)


def _write_page(dossier: Dossier, folder: Path) -> None:
    built = sections(dossier)
    missing_svg = _write_figures(built, folder / "figures")
    page = render(dossier, built, missing_svg=missing_svg)
    (folder / "index.html").write_text(page, encoding="utf-8", newline="\n")


def _write_figures(built: tuple[Section, ...], folder: Path) -> str:
    """Files of every figure; the reason when there can be no SVG."""
    folder.mkdir()
    drawn = [figure for section in built for figure in figures_of(section.blocks)]
    for figure in drawn:
        text = json.dumps(figure.whole(), ensure_ascii=False, allow_nan=False, indent=1)
        (folder / f"{figure.key}.vl.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    return _write_svg(drawn, folder)


def _write_svg(drawn: list[Figure], folder: Path) -> str:
    try:
        for figure in drawn:
            (folder / f"{figure.key}.svg").write_text(figures.svg(figure), encoding="utf-8", newline="\n")
    except MissingExtra as missing:
        return str(missing)
    return ""


def _write_methods(dossier: Dossier, folder: Path) -> None:
    cited = references(dossier)
    (folder / "methods.md").write_text(methods_text(dossier, cited), encoding="utf-8", newline="\n")
    (folder / "references.bib").write_text(bibtex(cited), encoding="utf-8", newline="\n")


def _beside(folder: Path, word: str) -> Path:
    if not folder.name:
        raise InvalidDossier(f"{folder} cannot be a dossier: name a folder of its own")
    return folder.with_name(f"{folder.name}.{word}")


def _leftover(folder: Path) -> bool:
    """A folder beside the dossier is ours when it carries our marker or holds nothing at all."""
    if not folder.is_dir():
        return False
    return any((folder / marker).exists() for marker in MARKERS) or not any(folder.iterdir())


def _refuse_foreign(folder: Path) -> None:
    """Nothing there, an empty folder or a dossier: else nothing is touched."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InvalidDossier(f"{folder} is a file; name a folder for the dossier")
    if any(folder.iterdir()) and not (folder / "dossier.json").is_file():
        raise InvalidDossier(
            f"{folder} holds files but no dossier.json: it is no dossier, and nothing in it was touched; "
            "name an empty or a new folder"
        )


def _refuse_unmarked(folder: Path) -> None:
    if folder.exists() and not _leftover(folder):
        raise InvalidDossier(f"{folder} is in the way and was not written by secretome; move or rename it")


def _remove(folder: Path) -> None:
    """Remove a folder of ours: dossier.json first, markers last, so that half of it is known as such."""
    if not folder.exists():
        return
    (folder / "dossier.json").unlink(missing_ok=True)
    for path in sorted(folder.iterdir(), key=lambda path: (path.name in MARKERS, path.name)):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    folder.rmdir()


def _carry_over(old: Path, new: Path) -> None:
    """Notes that somebody laid into the old folder come along: we replace only what we wrote."""
    if not old.is_dir():
        return
    listed = listed_files(old)
    for path in sorted(old.rglob("*")):
        name = path.relative_to(old)
        ours = name.as_posix() in listed if listed else name.parts[0] in _OURS
        if path.is_file() and not ours and name.name not in MARKERS and not (new / name).exists():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, new / name)
