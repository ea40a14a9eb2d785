"""What a stage found: a Result, with its answer in words quoted from its own tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from .errors import InvalidArray

Verdict = Literal["pass", "warn", "fail", "not tested", "cannot be judged"]


@dataclass(frozen=True)
class Cell:
    """The address of one number: table, column, and the values that name its row.

    Parameters
    ----------
    table, column
        Names in `Result.tables`.
    where
        Column to value; exactly one row must match.
    """

    table: str
    column: str
    where: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """A sentence with `{name}` gaps and the table cells that fill them.

    Numbers in the text of a report are never typed: they are quoted from a cell.
    """

    template: str
    cells: Mapping[str, Cell] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A knowledge table that a result used: name, version, sha256."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True)
class Method:
    """One sentence of the methods section and the DOIs that it cites."""

    text: str
    dois: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """One question of the study, answered.

    Parameters
    ----------
    stage, name
        Where it comes from; `name` is a slug, unique within the stage.
    question
        What was asked, in words.
    answer
        The answer in words, quoting cells of `tables`.
    verdict
        A judgement, or None where none is due.
    tables
        Name to tidy frame with units in the column names.
    parameters
        Every choice that moved a number.
    sources
        Knowledge tables used.
    notes
        Doubts that a reader must see.
    lacks
        What could not be answered, and which measurement would answer it.
    methods
        Sentences for the methods section.
    """

    stage: str
    name: str
    question: str
    answer: Answer
    verdict: Verdict | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    notes: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    methods: tuple[Method, ...] = ()

    @property
    def key(self) -> str:
        """Stage and name: `"define.quality"`."""
        return f"{self.stage}.{self.name}"

    def value(self, cell: Cell) -> object:
        """The content of one cell.

        Raises
        ------
        InvalidArray
            If the table or column is missing, or not exactly one row matches.
        """
        return _value(self, cell)

    def sentence(self) -> str:
        """The answer with every gap filled from its cell, numbers rounded for reading."""
        filled = {name: show(self.value(cell)) for name, cell in self.answer.cells.items()}
        return self.answer.template.format(**filled)


def show(value: object, digits: int = 3) -> str:
    """A value as the report prints it: the one place where numbers are rounded.

    Parameters
    ----------
    value
        Number, text or None.
    digits
        Significant digits of a number that is no integer.

    Examples
    --------
    >>> show(1627), show(0.0123456), show(14.9712), show(float("nan")), show(2.5e-9)
    ('1,627', '0.0123', '15.0', '', '2.5e-09')
    """
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not hasattr(value, "__float__") or isinstance(value, str):
        return str(value)
    number = float(value)
    if math.isinf(number):
        return "infinite" if number > 0 else "-infinite"
    if number == int(number) and abs(number) < 1e15 and not isinstance(value, float):
        return f"{int(number):,}"
    if number == 0:
        return "0"
    if abs(number) < 1e-3 or abs(number) >= 1e6:
        return f"{number:.{digits - 1}g}"
    decimals = max(digits - 1 - math.floor(math.log10(abs(number))), 0)
    return f"{number:,.{decimals}f}"


def _value(result: Result, cell: Cell) -> object:
    if cell.table not in result.tables or cell.column not in result.tables[cell.table].columns:
        raise InvalidArray(f"result {result.key} has no cell {cell.table}.{cell.column}")
    table = result.tables[cell.table]
    rows = table
    for column, wanted in cell.where.items():
        rows = rows[rows[column] == wanted]
    if len(rows) != 1:
        raise InvalidArray(f"cell {cell.table}.{cell.column} of {result.key} names {len(rows)} rows, not one")
    found: object = rows[cell.column].iloc[0]
    return found
