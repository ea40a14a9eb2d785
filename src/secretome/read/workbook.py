"""The cells of a worksheet as text, and every way a workbook breaks."""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import ParseError

from secretome.errors import UnreadableFile


def worksheet_cells(path: Path, sheet: str | None) -> tuple[str, list[tuple[int, list[str]]]]:
    """Name of a worksheet and its rows that hold anything, as (number, cells), all of one width.

    Parameters
    ----------
    path
        An xlsx file.
    sheet
        Which; default the first with cells.

    Raises
    ------
    UnreadableFile
        The workbook is broken, lacks the worksheet, is empty, or holds a formula without its value.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            # openpyxl warns of styles and validations that it does not carry; cells are all we read
            warnings.simplefilter("ignore")
            book = load_workbook(path, read_only=True, data_only=True)
            names = [ws.title for ws in book.worksheets]
            name, cells, part = _worksheet(book.worksheets, sheet)
            book.close()
        uncomputed = _uncomputed_formula(path, part)
    except (
        zipfile.BadZipFile,
        InvalidFileException,
        ParseError,
        KeyError,
        IndexError,
        AttributeError,
        TypeError,
        OSError,
        ValueError,
        EOFError,
        NotImplementedError,
        zlib.error,
    ) as error:
        raise UnreadableFile(f"{path} is no readable xlsx workbook ({error}); save it again") from error
    if sheet is not None and sheet not in names:
        raise UnreadableFile(f"{path} has no worksheet {sheet!r}; there are: {', '.join(names)}")
    if uncomputed:
        raise UnreadableFile(
            f"{path}, cell {uncomputed}: a formula without its computed value; "
            "open the workbook in a spreadsheet program, save it, and read it again"
        )
    records = [(line, record) for line, record in cells if any(record)]
    if not records:
        raise UnreadableFile(f"{path} holds no cells; save it again")
    width = max(max(index for index, cell in enumerate(record, start=1) if cell) for _, record in records)
    return name, [(line, (record + [""] * width)[:width]) for line, record in records]


def _worksheet(worksheets: Sequence, wanted: str | None) -> tuple[str, list[tuple[int, list[str]]], str]:  # type: ignore[type-arg]
    """Name, cells and part of the archive, of the wanted worksheet or of the first with cells."""
    for worksheet in worksheets:
        if wanted is not None and worksheet.title != wanted:
            continue
        # some programs declare a sheet smaller than it is, and read-only mode believes it
        worksheet.reset_dimensions()
        cells = [
            (line, [_cell_text(cell) for cell in row])
            for line, row in enumerate(worksheet.iter_rows(values_only=True), start=1)
        ]
        if wanted is not None or any(any(row) for _, row in cells):
            return worksheet.title, cells, worksheet._worksheet_path
    return "", [], ""


# a formula whose value was never computed reads as an empty cell: a silent gap
_NO_VALUE = re.compile(rb'<c r="([A-Z]+\d+)"[^>]*><f[^>]*(?:/>|>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>')


def _uncomputed_formula(path: Path, part: str) -> str:
    """The first cell with a formula and no value in that part of the archive; empty if none."""
    if not part:
        return ""
    with zipfile.ZipFile(path) as archive:
        found = _NO_VALUE.search(archive.read(part))
    return found[1].decode() if found else ""


def _cell_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
