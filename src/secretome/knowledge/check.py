"""Every fault of the knowledge tables at once, and the contradictions that they hold on purpose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from secretome.errors import InvalidKnowledge, Problem, near_misses

from .annotation import annotation_problems, count_problems, prior_problems, rename_problems
from .factors import factor_problems
from .identifiers import identifier_problems
from .load import TABLES, Column, Description, describe, fingerprint, names, raw_frame, table

if TYPE_CHECKING:
    import pandas as pd

# UniProt's own pattern of an accession, https://www.uniprot.org/help/accession_numbers
_ACCESSION = re.compile(r"[OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9]([A-Z][A-Z0-9]{2}[0-9]){1,2}")
# Approved human symbols are upper-case letters, digits and hyphens, except C#orf# names.
_SYMBOL = re.compile(r"[A-Z][A-Z0-9-]*|C[0-9XY]+orf[0-9]+")
# What a table demands beyond its columns; given all cells as text and the file name.
FURTHER = {
    "annotation": annotation_problems,
    "factor_process": factor_problems,
    "gene_renames": rename_problems,
    "origin_counts": count_problems,
    "origin_priors": prior_problems,
}


@dataclass(frozen=True)
class Contradiction:
    """Rows of one subject with opposite signs: intended, because context decides.

    Parameters
    ----------
    table
        Name of the table.
    subject
        What the rows share, for example gene and process.
    signs
        Sign to the number of rows that carry it.
    """

    table: str
    subject: tuple[str, ...]
    signs: tuple[tuple[str, int], ...]


def check(name: str | None = None, *, folder: Path = TABLES) -> tuple[Problem, ...]:
    """Every fault of one knowledge table, or of all of them.

    Parameters
    ----------
    name
        One of `names()`, or None for all.
    folder
        Where tables.toml and the files lie.

    Returns
    -------
    Problems in the order of tables and rows: checksum, number of rows, header, empty cells, vocabulary,
    numbers and their limits, form of gene symbols and UniProt accessions, repeated keys, what a table
    demands beyond its columns (`FURTHER`); over all tables, one accession for each symbol. Opposite
    signs are no problem; see `contradictions`.

    Raises
    ------
    InvalidKnowledge
        If there is no such table or tables.toml cannot be understood.

    Examples
    --------
    >>> check()
    ()
    """
    chosen = names(folder=folder) if name is None else (name,)
    found = [problem for each in chosen for problem in _problems(describe(each, folder=folder), folder)]
    if name is None and not found:
        found += identifier_problems({each: table(each, folder=folder).frame for each in chosen})
    return tuple(found)


def contradictions(name: str, *, folder: Path = TABLES) -> tuple[Contradiction, ...]:
    """Subjects that a table gives opposite signs, with the number of rows a sign.

    Raises
    ------
    InvalidKnowledge
        If the table is unknown or damaged.

    Examples
    --------
    >>> [c.signs for c in contradictions("factor_process") if c.subject == ("HGF", "angiogenesis")]
    [(('+', 1), ('0', 1))]
    """
    loaded = table(name, folder=folder)
    if not loaded.description.sign:
        return ()
    found = []
    for subject, rows in loaded.frame.groupby(list(loaded.description.same), sort=True):
        signs = rows[loaded.description.sign].value_counts().sort_index()
        if len(signs) > 1:
            counts = tuple((str(sign), int(count)) for sign, count in signs.items())
            found.append(Contradiction(name, tuple(subject), counts))
    return tuple(found)


def is_accession(text: str) -> bool:
    """Whether a text has the form of a UniProt accession.

    Examples
    --------
    >>> is_accession("P02751"), is_accession("FN1")
    (True, False)
    """
    return _ACCESSION.fullmatch(text) is not None


def _problems(description: Description, folder: Path) -> Iterator[Problem]:
    path = folder / f"{description.name}.tsv"
    try:
        found, rows = fingerprint(path)
        frame = raw_frame(description, path.read_bytes())
    except InvalidKnowledge as error:
        yield Problem(path.name, str(error), "a table as described in tables.toml", "Mend or reinstall it.")
        return
    if found != description.sha256:
        action = "Record the new sha256 and version, with a line in CHANGELOG.md, or reinstall."
        yield Problem(path.name, f"sha256 {found}", description.sha256, action)
    if rows != description.rows:
        yield Problem(path.name, f"{rows} rows", f"{description.rows} rows", "Mend tables.toml or the table.")
    sound = True
    for column in description.columns:
        for problem in _column_problems(path.name, frame[column.name], column):
            sound = False
            yield problem
    repeats = list(_repeats(path.name, frame, description))
    yield from repeats
    if description.name in FURTHER and sound and not repeats:
        yield from FURTHER[description.name](frame, path.name)


def _column_problems(file: str, cells: pd.Series, column: Column) -> Iterator[Problem]:
    for position, cell in enumerate(cells):
        fault = _fault(cell, column)
        if fault:
            expected, action = fault
            # The header is line 1 of the file.
            yield Problem(file, repr(cell), expected, action, row=position + 2, column=column.name)


def _fault(cell: str, column: Column) -> tuple[str, str] | None:
    """What was expected of this cell and what to do, or None when it is well."""
    if cell != cell.strip():
        return "no blanks at the ends", "Remove them."
    if not cell:
        return ("a value", "Fill it in, or leave the row out.") if column.required else None
    match column.type:
        case "category" if cell not in column.values:
            return f"one of {', '.join(column.values)}", f"Correct it{near_misses(cell, column.values)}"
        case "symbol" if not _SYMBOL.fullmatch(cell):
            return "an approved gene symbol", "Look it up at genenames.org."
        case "accession" if not _ACCESSION.fullmatch(cell):
            return "a UniProt accession", "Look it up at uniprot.org."
        case "boolean" if cell not in ("yes", "no"):
            return "yes or no", "Write one of the two."
        case "number" | "integer":
            return _number_fault(cell, column)
    return None


def _number_fault(cell: str, column: Column) -> tuple[str, str] | None:
    try:
        number = float(cell)
    except ValueError:
        return "a number", "Write a number with a decimal point."
    if column.type == "integer" and number != int(number):
        return "a whole number", "Correct it."
    if column.minimum is not None and not number >= column.minimum:
        return f"at least {column.minimum:g} {column.unit}".strip(), "Correct it."
    if column.maximum is not None and not number <= column.maximum:
        return f"at most {column.maximum:g} {column.unit}".strip(), "Correct it."
    return None


def _repeats(file: str, frame: pd.DataFrame, description: Description) -> Iterator[Problem]:
    if not description.key:
        return
    repeated = frame.duplicated(list(description.key))
    for position in frame.index[repeated]:
        subject = ", ".join(frame.loc[position, list(description.key)])
        yield Problem(
            file, f"{subject} once more", "each once", "Remove one of the two rows.", row=int(position) + 2
        )
