"""Which reader a file belongs to, told from its content, with the evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from secretome.errors import UnknownFormat, near_misses
from secretome.plan import AssayPlan

from . import alphapept, fragpipe, generic, maxquant, peaks, perseus, progenesis, proteome_discoverer
from .proteins import ProteinTable
from .text import TextTable


@dataclass(frozen=True)
class Format:
    """A kind of file: its name in study.toml, its title, and the functions of its reader."""

    name: str
    title: str
    recognises: Callable[[Sequence[str]], str]
    measurements: Callable[[TextTable], tuple[str, ...]]
    read: Callable[[TextTable, AssayPlan, Sequence[str]], ProteinTable]
    # evidence that the header alone does not hold: annotation rows, rows above the header
    recognises_table: Callable[[TextTable], str] | None = None
    # whether the format is the program's own; others may have passed through other hands
    own: bool = True


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
