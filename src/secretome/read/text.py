"""Files become tables of text: encodings, delimiters, gz, worksheets, and every way they break."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from secretome.errors import InvalidInput, Problem, UnreadableFile

DELIMITERS: dict[str, str] = {"\t": "tab", ",": "comma", ";": "semicolon"}
MISSING_WORDS = frozenset(
    {"", "na", "nan", "n/a", "#n/a", "null", "none", "not available", "not applicable", "filtered"}
)


# what R, pandas and Skyline write into an empty cell of text (a gene may be called NONE, so fewer words)
EMPTY_TEXTS = frozenset({"", "NA", "NaN", "nan", "null", "#N/A"})
_HEAD_BYTES = 1 << 20


@dataclass(frozen=True)
class TextTable:
    """A table as it stands in the file: text cells, with their line numbers.

    Parameters
    ----------
    file
        Name for messages.
    header
        Column names, unique.
    rows
        One list of texts a row, as long as the header.
    lines
        Line (or worksheet row) of each row, counted from 1.
    dialect
        How it was read: encoding and delimiter, or worksheet.
    padded
        Rows whose empty cells at the end were not written.
    """

    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    dialect: str
    padded: int = 0

    def column(self, name: str) -> list[str]:
        """The texts of one column."""
        position = self.header.index(name)
        return [row[position] for row in self.rows]


# header -> fewest fields of a row, for tables whose trailing blanks an editor may have cut; 0: none
LeastFields = Callable[[Sequence[str]], int]


def read_table(path: Path, *, sheet: str | None = None, least_fields: LeastFields | None = None) -> TextTable:
    """The table in a csv, tsv, txt or xlsx file, plain or gzipped; the delimiter is sniffed.

    Parameters
    ----------
    path
        The file.
    sheet
        Worksheet of an xlsx file; default the first that has cells.
    least_fields
        Tells from the header how short a row may be; its blanks are then filled, unless the
        file ends in the middle of a line.

    Raises
    ------
    UnreadableFile
        If the file is missing, empty, truncated, of an unknown encoding or no table.
    InvalidInput
        If headers are doubled or rows have too many or too few fields.
    """
    if not path.is_file():
        raise UnreadableFile(f"{path} does not exist; expected a measurement file or sample sheet")
    if path.stat().st_size == 0:
        raise UnreadableFile(f"{path} is empty (0 bytes); export or copy it again")
    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        return _workbook_table(path, sheet)
    text, encoding = read_text(path)
    delimiter = _sniff(text)
    return _split(path.name, text, delimiter, encoding, least_fields)


@dataclass(frozen=True)
class Head:
    """The first lines of a text table and how they are written."""

    table: TextTable
    delimiter: str
    quoted: bool


def read_head(path: Path) -> Head:
    """The first megabyte of a text table, for files too large to be held as text.

    Raises
    ------
    UnreadableFile, InvalidInput
        As `read_table`, for these lines.
    """
    try:
        with gzip.open(path) if is_gzip(path) else path.open("rb") as stream:
            raw = stream.read(_HEAD_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFile(f"{path} is a truncated or broken gz file ({error}); copy it again") from error
    if len(raw) == _HEAD_BYTES:
        raw = raw[: raw.rfind(b"\n") + 1]
    text, encoding = _decode_bytes(path, raw)
    if encoding not in {"utf-8-sig"}:
        raise UnreadableFile(f"{path} is large and not UTF-8 ({encoding}); save it as UTF-8")
    delimiter = _sniff(text)
    return Head(_split(path.name, text, delimiter, encoding), delimiter, _is_quoted(text, delimiter))


def sha256(path: Path) -> str:
    """The sha256 of a file, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def numbers(
    table: TextTable, columns: Sequence[str], problems: list[Problem], *, expected: str = "a number"
) -> NDArray[np.float64]:
    """The named columns as numbers (rows, columns); NaN where the cell says that it has none.

    Text in a number column is added to `problems` with its place; the whole table is read
    either with decimal points or, when that is the only reading that fits, decimal commas.
    """
    comma = has_decimal_commas(table, columns)
    values = np.full((len(table.rows), len(columns)), np.nan)
    for position, name in enumerate(columns):
        cells = table.column(name)
        try:
            # fast path: float() knows every plain number
            values[:, position] = [float(cell) if cell else np.nan for cell in cells]
        except ValueError:
            values[:, position] = [
                parse_number(cell, comma, table, name, line, expected, problems)
                for cell, line in zip(cells, table.lines, strict=True)
            ]
    return values


def parse_number(
    cell: str, comma: bool, table: TextTable, column: str, line: int, expected: str, problems: list[Problem]
) -> float:
    """A cell as a number, NaN where it says that it has none; text becomes a problem with its place."""
    text = cell.strip()
    if text.lower() in MISSING_WORDS:
        return float("nan")
    try:
        number = float(text.replace(",", ".") if comma else text)
    except ValueError:
        found = f"text {cell[:40]!r}"
        problems.append(Problem(table.file, found, expected, "Mend or empty the cell.", line, column))
        return float("nan")
    return number


def has_decimal_commas(table: TextTable, columns: Sequence[str]) -> bool:
    """Whether some cell can only be read with a decimal comma: one comma, not before 3 digits."""
    positions = [table.header.index(name) for name in columns]
    for row in table.rows:
        for position in positions:
            cell = row[position]
            if cell.count(",") == 1 and "." not in cell:
                whole, _, rest = cell.partition(",")
                if whole.lstrip("+-").isdigit() and rest.isdigit() and len(rest) != 3:
                    return True
    return False


def read_text(path: Path) -> tuple[str, str]:
    """The text of a file, plain or gzipped, and its encoding.

    Raises
    ------
    UnreadableFile
        If it is empty, truncated, binary or of an unknown encoding.
    """
    text, encoding = _decode(path)
    if not text.strip():
        raise UnreadableFile(f"{path} holds no text; export or copy it again")
    return text, encoding


def _decode(path: Path) -> tuple[str, str]:
    try:
        raw = gzip.decompress(path.read_bytes()) if is_gzip(path) else path.read_bytes()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFile(f"{path} is a truncated or broken gz file ({error}); copy it again") from error
    return _decode_bytes(path, raw)


def _decode_bytes(path: Path, raw: bytes) -> tuple[str, str]:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        names = ("utf-16",)
    elif b"\x00" in raw[:4096]:
        raise UnreadableFile(
            f"{path} is no text table (it holds binary zeros); export it as tsv, csv or xlsx"
        )
    else:
        names = ("utf-8-sig", "cp1252")  # type: ignore[assignment]
    for name in names:
        try:
            return raw.decode(name), name
        except UnicodeDecodeError:
            continue
    raise UnreadableFile(f"{path} is neither UTF-8 nor Windows text; export it as UTF-8")


def is_gzip(path: Path) -> bool:
    """Whether a file is gzipped, told from its first bytes or its name."""
    with path.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b" or path.suffix == ".gz"


def _sniff(text: str) -> str:
    """The delimiter that splits the first lines most evenly into most fields."""
    lines = [line for line in text.splitlines()[:20] if line.strip()]

    def score(delimiter: str) -> tuple[float, int]:
        counts = [len(next(csv.reader([line], delimiter=delimiter))) for line in lines]
        common, hits = Counter(counts).most_common(1)[0]
        return (hits / len(counts) if common > 1 else 0.0, common)

    return max(DELIMITERS, key=score)


def _is_quoted(text: str, delimiter: str) -> bool:
    # search engines write tabs without quotes, and protein names do hold quote characters
    return delimiter != "\t" or text.lstrip().startswith('"')


def _split(
    file: str, text: str, delimiter: str, encoding: str, least_fields: LeastFields | None = None
) -> TextTable:
    quoted = _is_quoted(text, delimiter)
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        strict=quoted,
    )
    try:
        records = [(reader.line_num, record) for record in reader if any(cell.strip() for cell in record)]
    except csv.Error as error:
        raise UnreadableFile(
            f"{file}, line {reader.line_num}: broken quoting ({error}); export it again"
        ) from error
    dialect = f"{encoding}, {DELIMITERS[delimiter]}-separated"
    ends_whole = text.endswith(("\n", "\r"))
    return _table(file, records, dialect, least_fields if ends_whole else None)


def _workbook_table(path: Path, sheet: str | None) -> TextTable:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            # openpyxl warns of styles and validations that it does not carry; cells are all we read
            warnings.simplefilter("ignore")
            book = load_workbook(path, read_only=True, data_only=True)
            sheets = {
                ws.title: [list(row) for row in ws.iter_rows(values_only=True)] for ws in book.worksheets
            }
            book.close()
    except (
        zipfile.BadZipFile,
        InvalidFileException,
        KeyError,
        OSError,
        ValueError,
        EOFError,
        zlib.error,
    ) as error:
        raise UnreadableFile(f"{path} is no readable xlsx workbook ({error}); save it again") from error
    if sheet is not None and sheet not in sheets:
        raise UnreadableFile(f"{path} has no worksheet {sheet!r}; there are: {', '.join(sheets)}")
    name = sheet or next(
        (title for title, cells in sheets.items() if any(any(c is not None for c in r) for r in cells)), ""
    )
    records = [
        (line, [_cell_text(cell) for cell in row])
        for line, row in enumerate(sheets.get(name, []), start=1)
        if any(cell is not None for cell in row)
    ]
    if not records:
        raise UnreadableFile(f"{path} holds no cells; save it again")
    width = max(
        max(index for index, cell in enumerate(record, start=1) if cell)
        for _, record in records
        if any(record)
    )
    return _table(path.name, [(line, record[:width]) for line, record in records], f"worksheet {name!r}")


def _cell_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _table(
    file: str, records: list[tuple[int, list[str]]], dialect: str, least_fields: LeastFields | None = None
) -> TextTable:
    if len(records) < 2:
        raise UnreadableFile(f"{file} has a header but no rows; export it again")
    header = [name.strip() for name in records[0][1]]
    if len(header) < 2:
        raise UnreadableFile(
            f"{file} has a single column {header[0][:60]!r} when read as {dialect}; "
            "expected a table separated by tabs, commas or semicolons"
        )
    problems = _header_problems(file, header)
    rows: list[tuple[str, ...]] = []
    least, padded = least_fields(header) if least_fields else 0, 0
    for line, record in records[1:]:
        if 0 < least <= len(record) < len(header):
            record = [*record, *[""] * (len(header) - len(record))]
            padded += 1
        if len(record) != len(header):
            extra = [cell for cell in record[len(header) :] if cell.strip()]
            if len(record) < len(header) or extra:
                found = f"{len(record)} fields"
                action = "The file may be truncated or hold the delimiter inside a name; export it again."
                problems.append(Problem(file, found, f"{len(header)} as in the header", action, line))
                continue
        rows.append(tuple(record[: len(header)]))
    if problems:
        raise InvalidInput(problems)
    return TextTable(
        file, tuple(header), tuple(rows), tuple(line for line, _ in records[1:]), dialect, padded
    )


def _header_problems(file: str, header: list[str]) -> list[Problem]:
    counts = Counter(name for name in header if name)
    return [
        Problem(
            file,
            f"{count} columns are called {name!r}",
            "unique column names",
            "Rename or delete one.",
            1,
            name,
        )
        for name, count in counts.items()
        if count > 1
    ]
