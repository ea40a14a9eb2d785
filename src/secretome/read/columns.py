"""Columns found by name however a tool or R spelt them, and read as typed batches of rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from secretome.errors import InvalidInput, Problem, near_misses

from . import large
from .text import EMPTY_TEXTS, TextTable, numbers


def canonical(name: str) -> str:
    """A column name without what R changes in it.

    Examples
    --------
    >>> canonical("Leading razor protein") == canonical("Leading.Razor.Protein")
    True
    """
    return re.sub(r"[^a-z0-9]+", ".", name.lower()).strip(".")


def find(header: Sequence[str], *wanted: str) -> str:
    """The first of the wanted columns that the header has, however spelt, or an empty text."""
    exact = set(header)
    spelt = {canonical(name): name for name in reversed(header)}
    for name in wanted:
        if name in exact:
            return name
        if canonical(name) in spelt:
            return spelt[canonical(name)]
    return ""


def require(table: TextTable, title: str, *wanted: Sequence[str]) -> list[str]:
    """The column for each list of wanted names.

    Raises
    ------
    InvalidInput
        With one problem for each that is absent.
    """
    found = [find(table.header, *names) for names in wanted]
    problems = [
        Problem(
            table.file,
            f"no column {names[0]!r}{near_misses(names[0], table.header)}",
            f"the columns of {title}",
            "Export the whole report, or mend format = ….",
            1,
        )
        for names, column in zip(wanted, found, strict=True)
        if not column
    ]
    if problems:
        raise InvalidInput(problems)
    return found


def batches(
    table: TextTable, texts: Sequence[str], values: Sequence[str], problems: list[Problem]
) -> Iterator[pd.DataFrame]:
    """The named columns, rows in the order of the file.

    Parameters
    ----------
    table
        A table in memory (one batch) or a `large.Report` (many).
    texts, values
        Columns to be read as categories of text, and as numbers.

    Yields
    ------
    DataFrame whose index is the line of the file; an empty text stands for a missing one, NaN
    for a missing number.
    """
    texts, values = tuple(dict.fromkeys(texts)), tuple(dict.fromkeys(values))
    if isinstance(table, large.Report):
        yield from large.batches(table, texts, values, problems)
        return
    parsed = numbers(table, list(values), problems)
    frame = pd.DataFrame(index=pd.Index(table.lines, name="line"))
    for name in texts:
        frame[name] = pd.Categorical(
            ["" if cell in EMPTY_TEXTS else cell for cell in map(str.strip, table.column(name))]
        )
    for position, name in enumerate(values):
        frame[name] = np.where(np.isfinite(parsed[:, position]), parsed[:, position], np.nan)
    yield frame


def joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Batches as one frame, their categories united."""
    if len(frames) == 1:
        return frames[0]
    parts: dict[str, object] = {}
    for name in frames[0].columns:
        columns = [frame[name] for frame in frames]
        if isinstance(columns[0].dtype, pd.CategoricalDtype):
            parts[name] = pd.api.types.union_categoricals(columns, sort_categories=True)
        else:
            parts[name] = np.concatenate([column.to_numpy() for column in columns])
    index = np.concatenate([frame.index.to_numpy() for frame in frames])
    return pd.DataFrame(parts, index=pd.Index(index, name="line"))
