"""Which reader a file belongs to, told from its content, with the evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from secretome.errors import UnknownFormat, near_misses
from secretome.plan import AssayPlan

from . import (
    alphadia,
    alphapept,
    container,
    diann,
    diann_matrix,
    discoverer_psm,
    fragpipe,
    generic,
    large,
    maxquant,
    maxquant_evidence,
    msstats,
    mztab,
    openswath,
    peaks,
    perseus,
    progenesis,
    proteome_discoverer,
    skyline,
    spectronaut,
    spectronaut_pivot,
)
from .proteins import ProteinTable
from .text import TextTable, read_table


@dataclass(frozen=True)
class Format:
    """A kind of file: its name in study.toml, its title, and the functions of its reader.

    `streams`: the reader takes a `large.Report`, of which only needed columns are read in batches.
    """

    name: str
    title: str
    recognises: Callable[[Sequence[str]], str]
    measurements: Callable[[TextTable], tuple[str, ...]]
    read: Callable[[TextTable, AssayPlan, Sequence[str]], ProteinTable]
    # evidence that the header alone does not hold: annotation rows, rows above the header
    recognises_table: Callable[[TextTable], str] | None = None
    # whether the format is the program's own; others may have passed through other hands
    own: bool = True
    # whether the reader takes a `large.Report`, of which only needed columns are read in batches
    streams: bool = False


@dataclass(frozen=True)
class Recognised:
    """The format of a file and the evidence for it."""

    format: str
    title: str
    evidence: str


# most specific first: a generic table is what nothing else claims
FORMATS: Mapping[str, Format] = {
    known.name: known
    for known in (
        Format(
            container.NAME,
            container.TITLE,
            container.recognises,
            container.measurements,
            container.read,
            own=False,
        ),
        Format(mztab.NAME, mztab.TITLE, mztab.recognises, mztab.measurements, mztab.read),
        Format(
            perseus.NAME,
            perseus.TITLE,
            perseus.recognises,
            perseus.measurements,
            perseus.read,
            perseus.recognises_table,
            own=False,
        ),
        Format(
            progenesis.NAME,
            progenesis.TITLE,
            progenesis.recognises,
            progenesis.measurements,
            progenesis.read,
            progenesis.recognises_table,
        ),
        Format(diann.NAME, diann.TITLE, diann.recognises, diann.measurements, diann.read, streams=True),
        Format(
            spectronaut_pivot.NAME,
            spectronaut_pivot.TITLE,
            spectronaut_pivot.recognises,
            spectronaut_pivot.measurements,
            spectronaut_pivot.read,
        ),
        Format(
            spectronaut.NAME,
            spectronaut.TITLE,
            spectronaut.recognises,
            spectronaut.measurements,
            spectronaut.read,
            streams=True,
        ),
        Format(
            skyline.NAME, skyline.TITLE, skyline.recognises, skyline.measurements, skyline.read, streams=True
        ),
        Format(
            openswath.NAME,
            openswath.TITLE,
            openswath.recognises,
            openswath.measurements,
            openswath.read,
            streams=True,
        ),
        Format(
            alphadia.NAME,
            alphadia.TITLE,
            alphadia.recognises,
            alphadia.measurements,
            alphadia.read,
            streams=True,
        ),
        Format(
            maxquant_evidence.NAME,
            maxquant_evidence.TITLE,
            maxquant_evidence.recognises,
            maxquant_evidence.measurements,
            maxquant_evidence.read,
            streams=True,
        ),
        Format(
            discoverer_psm.NAME,
            discoverer_psm.TITLE,
            discoverer_psm.recognises,
            discoverer_psm.measurements,
            discoverer_psm.read,
            streams=True,
        ),
        Format(
            msstats.NAME, msstats.TITLE, msstats.recognises, msstats.measurements, msstats.read, streams=True
        ),
        Format(
            diann_matrix.NAME,
            diann_matrix.TITLE,
            diann_matrix.recognises,
            diann_matrix.measurements,
            diann_matrix.read,
        ),
        Format(maxquant.NAME, maxquant.TITLE, maxquant.recognises, maxquant.measurements, maxquant.read),
        Format(fragpipe.NAME, fragpipe.TITLE, fragpipe.recognises, fragpipe.measurements, fragpipe.read),
        Format(peaks.NAME, peaks.TITLE, peaks.recognises, peaks.measurements, peaks.read),
        Format(
            proteome_discoverer.NAME,
            proteome_discoverer.TITLE,
            proteome_discoverer.recognises,
            proteome_discoverer.measurements,
            proteome_discoverer.read,
            own=False,
        ),
        Format(alphapept.NAME, alphapept.TITLE, alphapept.recognises, alphapept.measurements, alphapept.read),
        Format(
            generic.NAME, generic.TITLE, generic.recognises, generic.measurements, generic.read, own=False
        ),
    )
}


def recognise(table: TextTable) -> Recognised:
    """The format of a table, told from its header and the rows about it.

    Raises
    ------
    UnknownFormat
        If no reader claims it.
    """
    for known in FORMATS.values():
        evidence = known.recognises(table.header)
        if not evidence and known.recognises_table is not None:
            evidence = known.recognises_table(table)
        if evidence:
            return Recognised(known.name, known.title, evidence)
    columns = ", ".join(table.header[:12])
    raise UnknownFormat(
        f"{table.file} ({table.dialect}) is no table that we know. Its columns begin: {columns}. "
        f"Formats are: {', '.join(known.title for known in FORMATS.values())}"
    )


def format_named(name: str) -> Format:
    """The format of that name.

    Raises
    ------
    UnknownFormat
        If there is none; near misses are listed.
    """
    if name not in FORMATS:
        raise UnknownFormat(f"unknown format {name!r}{near_misses(name, FORMATS)}")
    return FORMATS[name]


def open_table(path: Path, *, sheet: str | None = None) -> TextTable:
    """A file as a table: in memory, or as a `large.Report` when it is Parquet or large.

    Raises
    ------
    UnreadableFile, InvalidInput
        As `read_table`.
    """
    if container.is_container(path):
        return container.open_container(path, sheet=sheet)
    if large.is_parquet(path):
        return large.open_parquet(path)
    if mztab.is_mztab(path):
        return mztab.open_mztab(path)
    if large.is_large(path):
        report = large.open_text(path)
        if any(known.streams and known.recognises(report.header) for known in FORMATS.values()):
            return report
    return read_table(path, sheet=sheet, least_fields=diann_matrix.least_fields)


def open_measurements(
    path: Path, *, sheet: str | None = None, name: str | None = None
) -> tuple[TextTable, Format]:
    """A measurement file and its format, named or recognised.

    Raises
    ------
    UnknownFormat
        If no reader claims it, or the reader named does not read Parquet.
    """
    table = open_table(path, sheet=sheet)
    chosen = format_named(name) if name else FORMATS[recognise(table).format]
    if isinstance(table, large.Report) and not chosen.streams:
        if not table.delimiter:
            readers = ", ".join(known.title for known in FORMATS.values() if known.streams)
            raise UnknownFormat(f"{path} is Parquet, which is read for: {readers}. Export it as text")
        table = read_table(path, sheet=sheet)
    return table, chosen
