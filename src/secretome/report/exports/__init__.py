"""The measurements of a dossier in the formats of others: mzTab, SDRF, h5mu, csv, parquet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from secretome.dossier import Dossier
from secretome.errors import NotEstimable, SecretomeError, near_misses
from secretome.study import write_mudata

from . import mztab, sdrf, tables


@dataclass(frozen=True)
class Exported:
    """Files that were written, and sentences on what the format could not carry."""

    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def export(dossier: Dossier, folder: Path, *, format: str) -> Exported:  # noqa: A002 - the word of the option
    """Write the measurements of a dossier in another format.

    Parameters
    ----------
    dossier
        As loaded.
    folder
        Where to; it is made, and files of the same names are replaced. Names of files with
        simulated numbers begin with SIMULATED.
    format
        One of `FORMATS`.

    Raises
    ------
    SecretomeError
        If there is no such format.
    NotEstimable
        If the study has nothing that the format can hold.
    """
    if format not in FORMATS:
        raise SecretomeError(f"no export format {format!r}{near_misses(format, FORMATS)}")
    texts, notes = FORMATS[format](dossier)
    if not texts:
        raise NotEstimable(f"this study has nothing that {format} can hold. {' '.join(notes)}".strip())
    folder.mkdir(parents=True, exist_ok=True)
    mark = "SIMULATED_" if dossier.study.simulated else ""
    files = []
    for name, write in texts.items():
        path = folder / f"{mark}{name}"
        partial = path.with_name(f".{path.name}.partial")
        write(partial)
        partial.replace(path)
        files.append(path)
    return Exported(tuple(files), notes)


Writer = Callable[[Path], None]


def _text(text: str) -> Writer:
    def write(path: Path) -> None:
        path.write_text(text, encoding="utf-8", newline="\n")

    return write


def _mztab(dossier: Dossier) -> tuple[dict[str, Writer], tuple[str, ...]]:
    texts, notes = mztab.texts(dossier)
    return {f"{name}.mzTab": _text(text) for name, text in texts.items()}, notes


def _sdrf(dossier: Dossier) -> tuple[dict[str, Writer], tuple[str, ...]]:
    text, notes = sdrf.text(dossier)
    return ({"samples.sdrf.tsv": _text(text)} if text else {}), notes


def _h5mu(dossier: Dossier) -> tuple[dict[str, Writer], tuple[str, ...]]:
    study = dossier.study
    notes = study.left_behind()
    if all(assay.data is None for assay in study.assays.values()):
        return {}, notes
    return {"study.h5mu": lambda path: write_mudata(study.to_mudata(), path)}, notes


def _csv(dossier: Dossier) -> tuple[dict[str, Writer], tuple[str, ...]]:
    found = tables.frames(dossier.study)
    return {
        f"{name}.csv": lambda path, frame=frame: frame.to_csv(path, index=False, lineterminator="\n")  # type: ignore[misc]
        for name, frame in found.items()
    }, ()


def _parquet(dossier: Dossier) -> tuple[dict[str, Writer], tuple[str, ...]]:
    found = tables.frames(dossier.study)
    return {
        f"{name}.parquet": lambda path, frame=frame: frame.to_parquet(path, index=False)  # type: ignore[misc]
        for name, frame in found.items()
    }, ()


FORMATS: Mapping[str, Callable[[Dossier], tuple[dict[str, Writer], tuple[str, ...]]]] = {
    "mztab": _mztab,
    "sdrf": _sdrf,
    "h5mu": _h5mu,
    "csv": _csv,
    "parquet": _parquet,
}
