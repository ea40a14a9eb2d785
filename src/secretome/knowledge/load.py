"""Knowledge tables read from the package: described in tables.toml, checked, typed."""

from __future__ import annotations

import csv
import hashlib
import io
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

from secretome.errors import InvalidKnowledge, near_misses

if TYPE_CHECKING:
    import pandas as pd

# pandas takes seconds to import, and `secretome --help` must not wait: it is imported where it is used.

ColumnType = Literal["text", "symbol", "accession", "category", "number", "integer", "boolean"]
COLUMN_TYPES: tuple[str, ...] = get_args(ColumnType)
TABLES = Path(__file__).parent / "tables"


@dataclass(frozen=True)
class Column:
    """What a column of a knowledge table may hold.

    Parameters
    ----------
    name
        Header in the file.
    type
        `text`, `symbol` (gene), `accession` (UniProt), `category`, `number`, `integer` or
        `boolean` (yes / no).
    required
        True when no cell may be empty.
    values
        Vocabulary of a category.
    unit
        Unit of a number.
    minimum, maximum
        Limits of a number, both allowed.
    """

    name: str
    type: ColumnType
    required: bool = False
    values: tuple[str, ...] = ()
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Description:
    """What tables.toml says of one table.

    Parameters
    ----------
    name, title
        Slug (the file is `<name>.tsv`) and words.
    source, licence, version
        Where the rows come from, under which terms, and which edition they are.
    sha256, rows
        Checksum of the file and its number of rows.
    columns
        Columns in the order of the file.
    key
        Columns that together may not repeat.
    same, sign
        Rows that agree in `same` but differ in `sign` contradict each other; they are listed,
        never refused. Empty when the table has no sign.
    """

    name: str
    title: str
    source: str
    licence: str
    version: str
    sha256: str
    rows: int
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    sign: str = ""


@dataclass(frozen=True)
class KnowledgeTable:
    """A reviewed table with what a result must record of it.

    Parameters
    ----------
    description
        The block of tables.toml.
    frame
        Rows in file order; texts are `str` (empty = not stated), numbers float, booleans bool.
    """

    description: Description
    frame: pd.DataFrame = field(repr=False)

    @property
    def name(self) -> str:
        """Slug of the table."""
        return self.description.name

    @property
    def version(self) -> str:
        """Edition of the rows."""
        return self.description.version

    @property
    def sha256(self) -> str:
        """Checksum of the file that was read."""
        return self.description.sha256


def names(*, folder: Path = TABLES) -> tuple[str, ...]:
    """Names of the knowledge tables, in alphabetical order.

    Examples
    --------
    >>> "factor_process" in names()
    True
    """
    return tuple(sorted(_blocks(folder)))


def describe(name: str, *, folder: Path = TABLES) -> Description:
    """Title, columns, source, licence, version and checksum of one table.

    Raises
    ------
    InvalidKnowledge
        If there is no such table, or its block lacks a field or names an unknown column type.

    Examples
    --------
    >>> describe("leak_prone").licence
    'BSD-3-Clause'
    """
    blocks = _blocks(folder)
    if name not in blocks:
        raise InvalidKnowledge(f"no knowledge table {name!r}{near_misses(name, sorted(blocks))}")
    try:
        return _description(name, blocks[name])
    except KeyError as error:
        raise InvalidKnowledge(f"tables.toml, block [{name}]: field {error} is missing; add it") from error


def table(name: str, *, folder: Path = TABLES) -> KnowledgeTable:
    """The rows of one knowledge table, its checksum verified.

    Parameters
    ----------
    name
        One of `names()`.
    folder
        Where tables.toml and the files lie.

    Raises
    ------
    InvalidKnowledge
        If the table is unknown, its file missing, changed since its checksum was recorded,
        of other columns than described, or holds text where a number belongs.

    Examples
    --------
    >>> factors = table("factor_process")
    >>> len(factors.frame) == factors.description.rows, factors.frame.loc[0, "hgnc"]
    (True, 'ADIPOQ')
    """
    description = describe(name, folder=folder)
    raw = _bytes(folder / f"{name}.tsv")
    found = hashlib.sha256(raw).hexdigest()
    if found != description.sha256:
        raise InvalidKnowledge(
            f"{name}.tsv has sha256 {found}, tables.toml says {description.sha256}: reinstall the package, "
            "or, if the change is meant, record the new sha256, rows and version and add a CHANGELOG.md line"
        )
    return KnowledgeTable(description, _typed(raw_frame(description, raw), description))


def raw_frame(description: Description, raw: bytes) -> pd.DataFrame:
    """All cells of a table as text, its header compared with the description.

    Raises
    ------
    InvalidKnowledge
        If the text is not UTF-8, a line has too many or too few cells, or the header differs.
    """
    import pandas as pd

    try:
        lines = list(
            csv.reader(io.StringIO(raw.decode("utf-8"), newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
        )
    except UnicodeDecodeError as error:
        raise InvalidKnowledge(f"{description.name}.tsv is not UTF-8: {error}; save it as UTF-8") from error
    expected = [column.name for column in description.columns]
    if not lines or lines[0] != expected:
        found = lines[0] if lines else "an empty file"
        raise InvalidKnowledge(f"{description.name}.tsv: header {found}; tables.toml says {expected}")
    uneven = [number for number, cells in enumerate(lines, start=1) if len(cells) != len(expected)]
    if uneven:
        raise InvalidKnowledge(
            f"{description.name}.tsv: lines {', '.join(map(str, uneven[:20]))} do not have "
            f"{len(expected)} cells; look for a lost or an extra tab"
        )
    return pd.DataFrame(lines[1:], columns=expected, dtype=str)


def fingerprint(path: Path) -> tuple[str, int]:
    """Checksum and number of rows of a table file: what tables.toml must record.

    Raises
    ------
    InvalidKnowledge
        If the file is missing.

    Examples
    --------
    >>> fingerprint(TABLES / "factor_process.tsv") == (
    ...     describe("factor_process").sha256, describe("factor_process").rows)
    True
    """
    raw = _bytes(path)
    return hashlib.sha256(raw).hexdigest(), max(len(raw.splitlines()) - 1, 0)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InvalidKnowledge(f"knowledge file {path} is missing: reinstall the package") from error


def _blocks(folder: Path) -> Mapping[str, Mapping[str, object]]:
    try:
        return _parsed(_bytes(folder / "tables.toml"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidKnowledge(f"{folder / 'tables.toml'} is no valid TOML: {error}") from error


@lru_cache(maxsize=4)
def _parsed(raw: bytes) -> Mapping[str, Mapping[str, object]]:
    """The blocks of a description; the same bytes are parsed once, because a run asks for dozens of tables."""
    return tomllib.loads(raw.decode("utf-8"))


def _description(name: str, block: Mapping[str, object]) -> Description:
    opposing = cast("Mapping[str, object]", block.get("contradiction", {}))
    columns = cast("Mapping[str, Mapping[str, object]]", block["columns"])
    return Description(
        name=name,
        title=str(block["title"]),
        source=str(block["source"]),
        licence=str(block["licence"]),
        version=str(block["version"]),
        sha256=str(block["sha256"]),
        rows=cast("int", block["rows"]),
        columns=tuple(_column(name, column, facts) for column, facts in columns.items()),
        key=tuple(cast("list[str]", block.get("key", []))),
        same=tuple(cast("list[str]", opposing.get("same", []))),
        sign=str(opposing.get("column", "")),
    )


def _column(table_name: str, name: str, facts: Mapping[str, object]) -> Column:
    kind = facts["type"]
    if kind not in COLUMN_TYPES:
        raise InvalidKnowledge(
            f"tables.toml, block [{table_name}], column {name!r}: "
            f"type {kind!r} is none of {', '.join(COLUMN_TYPES)}"
        )
    return Column(
        name=name,
        type=cast("ColumnType", kind),
        required=bool(facts.get("required", False)),
        values=tuple(cast("list[str]", facts.get("values", []))),
        unit=str(facts.get("unit", "")),
        minimum=cast("float | None", facts.get("minimum")),
        maximum=cast("float | None", facts.get("maximum")),
    )


def _typed(frame: pd.DataFrame, description: Description) -> pd.DataFrame:
    typed = frame.copy()
    for column in description.columns:
        cells = frame[column.name]
        try:
            if column.type in ("number", "integer"):
                typed[column.name] = cells.replace("", "nan").astype(float)
            elif column.type == "boolean":
                typed[column.name] = cells == "yes"
        except ValueError as error:
            raise InvalidKnowledge(f"{description.name}.tsv, column {column.name!r}: {error}") from error
    return typed
