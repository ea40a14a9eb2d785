"""Which reader a file belongs to, told from its content, with the evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from secretome.errors import UnknownFormat, near_misses
from secretome.plan import AssayPlan

from . import fragpipe, generic
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


@dataclass(frozen=True)
class Recognised:
    """The format of a file and the evidence for it."""

    format: str
    title: str
    evidence: str


# most specific first: a generic table is what nothing else claims
FORMATS: Mapping[str, Format] = {
    fragpipe.NAME: Format(
        fragpipe.NAME, fragpipe.TITLE, fragpipe.recognises, fragpipe.measurements, fragpipe.read
    ),
    generic.NAME: Format(generic.NAME, generic.TITLE, generic.recognises, generic.measurements, generic.read),
}


def recognise(table: TextTable) -> Recognised:
    """The format of a table, told from its header.

    Raises
    ------
    UnknownFormat
        If no reader claims it.
    """
    for known in FORMATS.values():
        evidence = known.recognises(table.header)
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
