"""Files become tables of text: encodings, delimiters, gz, worksheets, and every way they break."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from secretome.errors import InvalidInput, Problem, UnreadableFile

from .header import header_problems, header_row, qualified_names
from .workbook import worksheet_cells

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
        Column names, unique unless the format repeats them by design (SDRF).
    rows
        One list of texts a row, as long as the header.
    lines
        Line (or worksheet row) of each row, counted from 1.
    dialect
        How it was read: encoding and delimiter, or worksheet.
    above
        Rows above the header (titles, blocks of columns), each as wide as the header.
    header_line
        Line of the header, counted from 1.
    remarks
        Doubts about the file that do not stop the reading.
    ended_early
        Lines of rows that were shorter than the header and read as ending in empty cells.
    """

    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    dialect: str
    above: tuple[tuple[str, ...], ...] = ()
    header_line: int = 1
    remarks: tuple[str, ...] = ()
    ended_early: frozenset[int] = frozenset()

    def column(self, name: str) -> list[str]:
        """The texts of one column."""
        position = self.header.index(name)
        return [row[position] for row in self.rows]


# header -> fewest fields of a row, where a format says how much of a row may be blank; 0: nothing known
LeastFields = Callable[[Sequence[str]], int]


def read_table(
    path: Path, *, sheet: str | None = None, repeats: bool = False, least_fields: LeastFields | None = None
) -> TextTable:
    """The table in a csv, tsv, txt or xlsx file, plain or gzipped; the delimiter is sniffed.

    Parameters
    ----------
    path
        The file.
    sheet
        Worksheet of an xlsx file; default the first that has cells.
    repeats
        True for a format whose header repeats names by design (SDRF).
    least_fields
        Tells from the header how short a row may be; default half of the header.

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
        name, cells = worksheet_cells(path, sheet)
        return _table(path.name, cells, f"worksheet {name!r}", (), repeats)
    text, encoding = read_text(path)
    delimiter = _sniff(text)
    return _split(path.name, text, delimiter, encoding, repeats, least_fields)


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
    if comma:
        problems += _points_among_commas(table, columns)
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


def _points_among_commas(table: TextTable, columns: Sequence[str]) -> list[Problem]:
    """Cells with a point in a table of decimal commas: 1.234 may be one or a thousand."""
    return [
        Problem(
            table.file,
            f"{row[position]!r} has a point although other cells have decimal commas",
            "one decimal sign in the whole table",
            "Export the table again with one decimal sign and without thousands separators.",
            line,
            name,
        )
        for name in columns
        for position in (table.header.index(name),)
        for row, line in zip(table.rows, table.lines, strict=True)
        if "." in row[position] and row[position].strip().lower() not in MISSING_WORDS
    ]


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
        except UnicodeDecodeError as error:
            if name == "utf-8-sig" and _UTF8_LETTER.search(raw):
                line = raw.count(b"\n", 0, error.start) + 1
                raise UnreadableFile(
                    f"{path}, line {line}: a broken letter in a UTF-8 file; "
                    "the file is truncated or was joined from two encodings, export it again"
                ) from error
    raise UnreadableFile(f"{path} is neither UTF-8 nor Windows text; export it as UTF-8")


# a letter of two or more bytes, as Windows text has it by rarest chance only
_UTF8_LETTER = re.compile(rb"[\xc3-\xf4][\x80-\xbf]")


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
    file: str,
    text: str,
    delimiter: str,
    encoding: str,
    repeats: bool = False,
    least_fields: LeastFields | None = None,
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
    remarks: tuple[str, ...] = ()
    if not text.endswith(("\n", "\r")):
        remarks = (f"{file}: its last line has no line end; if rows are missing, the file was cut off",)
    return _table(file, records, dialect, remarks, repeats, None if remarks else least_fields)


def _table(
    file: str,
    records: list[tuple[int, list[str]]],
    dialect: str,
    remarks: tuple[str, ...],
    repeats: bool,
    least_fields: LeastFields | None = None,
) -> TextTable:
    if len(records) < 2:
        raise UnreadableFile(f"{file} has a header but no rows; export it again")
    start = header_row([record for _, record in records[:40]])
    if start:
        remarks = (*remarks, f"{file}: the header was found in row {records[start][0]}, below titles")
    line = records[start][0]
    header = [name.strip() for name in records[start][1]]
    if len(header) < 2:
        raise UnreadableFile(
            f"{file} has a single column {header[0][:60]!r} when read as {dialect}; "
            "expected a table separated by tabs, commas or semicolons"
        )
    if _row_numbers(header, records[start + 1 :]):
        header = ["", *header]
        remarks = (*remarks, f"{file}: the first column numbers the rows and has no header, as R writes it")
    above = tuple(tuple((record + [""] * len(header))[: len(header)]) for _, record in records[:start])
    # SDRF repeats columns on purpose
    header = header if repeats else qualified_names(header, above)
    problems = [] if repeats else header_problems(file, header, line)
    rows: list[tuple[str, ...]] = []
    body = records[start + 1 :]
    told = least_fields(header) if least_fields else 0
    ended_early: frozenset[int] = frozenset()
    if _right_stripped([record for _, record in body], len(header), told):
        ended_early = frozenset(number for number, record in body if len(record) < len(header))
        remarks = (
            *remarks,
            f"{file}: {len(ended_early)} rows end early, as when empty cells were stripped; read as empty",
        )
        body = [(number, record + [""] * (len(header) - len(record))) for number, record in body]
    for number, record in body:
        if len(record) != len(header):
            extra = [cell for cell in record[len(header) :] if cell.strip()]
            if len(record) < len(header) or extra:
                found = f"{len(record)} fields"
                action = "The file may be truncated or hold the delimiter inside a name; export it again."
                problems.append(Problem(file, found, f"{len(header)} as in the header", action, number))
                continue
        rows.append(tuple(record[: len(header)]))
    if problems:
        raise InvalidInput(problems)
    if not rows:
        raise UnreadableFile(f"{file} has a header but no rows; export it again")
    lines = tuple(number for number, _ in body)
    return TextTable(file, tuple(header), tuple(rows), lines, dialect, above, line, remarks, ended_early)


def _row_numbers(header: list[str], body: list[tuple[int, list[str]]]) -> bool:
    """Whether every row has one cell more than the header and begins with its own number."""
    return bool(body) and all(
        len(record) == len(header) + 1 and record[0] == str(number)
        for number, (_, record) in enumerate(body, start=1)
    )


def _right_stripped(records: list[list[str]], width: int, told: int) -> bool:
    """Whether an editor took the empty cells off the end of rows: many short ones, none ends empty.

    A file that was cut off, or a row broken in two, has few short rows or very short ones; where
    the format says how short a row may be (`told`), one such row is enough, if blanks stand beyond
    that place in other rows: in a table without one a short row has lost a cell.
    """
    short = [len(record) for record in records if len(record) < width]
    fewest, least = (1, told) if told else (max(3, 0.05 * len(records)), (width + 1) // 2)
    if len(short) < fewest or min(short) < least or len(records[-1]) < least:
        return False
    if told and all(cell.strip() for record in records for cell in record[told:]):
        return False
    return all(record[-1].strip() for record in records)
