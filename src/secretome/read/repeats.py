"""Rows of a report that came in twice: readers sum rows, so each would count twice."""

from __future__ import annotations

import gzip
from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from secretome.errors import Problem

from .large import Report
from .text import TextTable, is_gzip

_TOLD = 20
_BATCH_ROWS = 100_000


def repeated_rows(table: TextTable) -> list[Problem]:
    """One problem for each row that repeats an earlier one in every cell.

    A large report is told by a 64-bit hash of each row (two rows of ten million differ and agree
    in it once in 400,000 files), and at most 20 rows of it are named.
    """
    if not isinstance(table, Report):
        return _held(table)
    hashes = _line_hashes(table) if table.delimiter else _parquet_hashes(table.path)
    order = np.argsort(hashes, kind="stable")
    again = np.flatnonzero(hashes[order][1:] == hashes[order][:-1])
    # row 0 of a report stands in line 2
    pairs = sorted((int(order[place + 1]) + 2, int(order[place]) + 2) for place in again)
    return [_problem(table.file, line, first) for line, first in pairs[:_TOLD]]


def _held(table: TextTable) -> list[Problem]:
    first: dict[tuple[str, ...], int] = {}
    return [
        _problem(table.file, line, first[row])
        for row, line in zip(table.rows, table.lines, strict=True)
        if first.setdefault(row, line) != line
    ]


def _problem(file: str, line: int, first: int) -> Problem:
    return Problem(
        file,
        f"the row repeats row {first} in every cell",
        "each row of the report once",
        "Delete the row, or export the report again.",
        line,
    )


def _line_hashes(report: Report) -> NDArray[np.int64]:
    hashes = array("q")
    for line in _lines(report.path, len(report.header) - 1, report.delimiter.encode()):
        hashes.append(hash(line))
    return np.frombuffer(hashes, dtype=np.int64)


def _lines(path: Path, delimiters: int, delimiter: bytes) -> Iterator[bytes]:
    """Whole rows below the header, without their ends."""
    with gzip.open(path, "rb") if is_gzip(path) else path.open("rb") as stream:
        next(stream)
        for line in stream:
            stripped = line.rstrip(b"\r\n")
            # a piece of a quoted cell that holds a line end is no row
            if stripped.count(delimiter) >= delimiters:
                yield stripped


def _parquet_hashes(path: Path) -> NDArray[np.int64]:
    found = [np.empty(0, dtype=np.int64)]
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_BATCH_ROWS):
            hashes = pd.util.hash_pandas_object(batch.to_pandas(), index=False)
            found.append(hashes.to_numpy().view(np.int64))
    return np.concatenate(found)
