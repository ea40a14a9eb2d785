"""Files of instruments as rows of cells, before anything is taken for a header."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from secretome.errors import UnreadableFile

from .large import is_parquet
from .text import read_text
from .workbook import worksheet_cells


@dataclass(frozen=True)
class Cells:
    """The cells of a file, rows of unequal length, with their line numbers.

    Parameters
    ----------
    file
        Name for messages.
    rows, lines
        Stripped texts; line (or worksheet row) of each, counted from 1.
    decimal_comma
        True in a file that is separated by semicolons, where a comma stands for the point.
    """

    file: str
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    decimal_comma: bool = False

    def number(self, cell: str) -> float:
        """A cell as a number; NaN when it is none."""
        text = cell.strip().strip("*").strip()
        if self.decimal_comma and "." not in text:
            text = text.replace(",", ".")
        elif re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", text):
            text = text.replace(",", "")
        try:
            return float(text)
        except ValueError:
            return float("nan")


def read_cells(path: Path, *, sheet: str | None = None) -> Cells:
    """The cells of a csv, tsv, xlsx or Parquet file, plain or gzipped.

    Raises
    ------
    UnreadableFile
        If the file is missing, empty, no text or no workbook.
    """
    if not path.is_file():
        raise UnreadableFile(f"{path} does not exist; expected the export of an instrument")
    if path.stat().st_size == 0:
        raise UnreadableFile(f"{path} is empty (0 bytes); export or copy it again")
    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        _, records = worksheet_cells(path, sheet)
        return Cells(path.name, tuple(_stripped(row) for _, row in records), tuple(n for n, _ in records))
    if is_parquet(path):
        return _parquet(path)
    text, _ = read_text(path)
    lines = text.splitlines()
    delimiter = max("\t,;", key=lambda mark: sum(line.count(mark) for line in lines[:400]))
    # search engines and ADAT files write tabs without quotes, and names do hold quote characters
    plain = delimiter == "\t" and not text.startswith('"')
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quoting=csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL,
    )
    try:
        rows = [(reader.line_num, _stripped(row)) for row in reader]
    except csv.Error as error:
        raise UnreadableFile(f"{path.name}, line {reader.line_num}: {error}; export it again") from error
    kept = [(line, row) for line, row in rows if any(row)]
    return Cells(
        path.name,
        tuple(row for _, row in kept),
        tuple(line for line, _ in kept),
        decimal_comma=delimiter == ";",
    )


def _stripped(row: list[str]) -> tuple[str, ...]:
    cells = [cell.strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


def _parquet(path: Path) -> Cells:
    import pyarrow.parquet as parquet
    from pyarrow.lib import ArrowInvalid

    try:
        table = parquet.read_table(path)
    except (ArrowInvalid, OSError) as error:
        raise UnreadableFile(f"{path} is no readable Parquet file ({error}); export it again") from error
    columns = [
        ["" if value is None else str(value) for value in column.to_pylist()] for column in table.columns
    ]
    rows = [tuple(table.column_names), *zip(*columns, strict=True)]
    return Cells(path.name, tuple(rows), tuple(range(1, len(rows) + 1)))
