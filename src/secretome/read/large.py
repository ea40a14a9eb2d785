"""Reports of millions of rows, and Parquet: only the columns that are needed, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from secretome.errors import MissingExtra, Problem, UnreadableFile

from .text import EMPTY_TEXTS, TextTable, has_decimal_commas, is_gzip, parse_number, read_head

# above this a text table is not held in memory as text (a cell costs about 60 bytes there)
LARGE_BYTES = 64 * 2**20
_LARGE_GZIP_BYTES = LARGE_BYTES // 8
_BATCH_ROWS = 100_000


@dataclass(frozen=True)
class Report(TextTable):
    """A file too large, or of a kind, to be held as text; `rows` is empty.

    Parameters
    ----------
    path
        The file.
    delimiter
        Of a text table, or empty for Parquet.
    head
        Its first lines, from which a decimal comma is told.
    quoted
        Whether cells may stand in quotes.
    """

    path: Path = Path()
    delimiter: str = ""
    head: TextTable | None = None
    quoted: bool = False


def is_parquet(path: Path) -> bool:
    """Whether a file is Parquet, told from its first four bytes."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(4) == b"PAR1"


def is_large(path: Path) -> bool:
    """Whether a file is a text table above `LARGE_BYTES` (an eighth of it when gzipped)."""
    if not path.is_file() or path.suffix.lower() in {".xlsx", ".xlsm"}:
        return False
    size = path.stat().st_size
    # the size first: most files are small, and need not be opened to know
    return size > LARGE_BYTES or (size > _LARGE_GZIP_BYTES and is_gzip(path))


def open_parquet(path: Path) -> Report:
    """The header of a Parquet file.

    Raises
    ------
    UnreadableFile
        If the file is truncated, broken or without rows.
    """
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise UnreadableFile(
            f"{path} is a truncated or broken Parquet file ({error}); copy it again"
        ) from error
    with file:
        header, rows = tuple(file.schema_arrow.names), file.metadata.num_rows
    if not rows:
        raise UnreadableFile(f"{path} has columns but no rows; export it again")
    return Report(path.name, header, (), (), "Parquet", path=path)


def open_text(path: Path) -> Report:
    """The header of a large text table.

    Raises
    ------
    UnreadableFile, InvalidInput
        As `read.read_table`, of its first lines.
    """
    head = read_head(path)
    table = head.table
    return Report(
        path.name,
        table.header,
        (),
        (),
        table.dialect,
        path=path,
        delimiter=head.delimiter,
        head=table,
        quoted=head.quoted,
    )


def batches(
    report: Report, texts: Sequence[str], values: Sequence[str], problems: list[Problem]
) -> Iterator[pd.DataFrame]:
    """The named columns of a report, batch by batch; see `columns.batches`."""
    # as the plain way, from all number columns together, but told from the first lines
    comma = report.head is not None and has_decimal_commas(report.head, tuple(values))
    source = _text_batches if report.delimiter else _parquet_batches
    # a worksheet's or text file's first row of data is line 2
    line = 2
    for batch in source(report, tuple(dict.fromkeys((*texts, *values)))):
        frame = pd.DataFrame(index=pd.RangeIndex(line, line + batch.num_rows, name="line"))
        for name in texts:
            frame[name] = _categories(batch.column(name))
        for name in values:
            frame[name] = _floats(batch.column(name), report, name, (line, comma), problems)
        line += batch.num_rows
        yield frame


def _parquet_batches(report: Report, names: Sequence[str]) -> Iterator[pa.Table]:
    try:
        with pq.ParquetFile(report.path) as file:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=list(names)):
                yield pa.Table.from_batches([batch])
    except (pa.ArrowInvalid, OSError) as error:
        raise UnreadableFile(
            f"{report.path} is a truncated or broken Parquet file ({error}); copy it again"
        ) from error


def _text_batches(report: Report, names: Sequence[str]) -> Iterator[pa.Table]:
    duckdb = _duckdb(report)
    positions = {name: f"c{report.header.index(name)}" for name in names}
    columns = {f"c{position}": "VARCHAR" for position in range(len(report.header))}
    query = (
        f"SELECT {', '.join(positions.values())} FROM read_csv($path, header=false, skip=1, auto_detect=false, "  # noqa: S608 - names are c0, c1, …
        "delim=$delimiter, quote=$quote, escape=$quote, columns=$columns, comment='', null_padding=false, parallel=false)"
    )
    parameters = {
        "path": str(report.path),
        "delimiter": report.delimiter,
        "quote": '"' if report.quoted else "",
        "columns": columns,
    }
    connection = duckdb.connect(":memory:", config={"threads": 1})
    try:
        for batch in connection.sql(query, params=parameters).to_arrow_reader(_BATCH_ROWS):
            yield pa.Table.from_batches([batch]).rename_columns(list(positions))
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        # DuckDB says the line, the line's text and the number of columns first, its options after
        said = " ".join(str(error).split("Possible fixes")[0].split())
        raise UnreadableFile(
            f"{report.path} cannot be read as {report.dialect}: {said[:300]}. The file may be truncated, "
            "hold the delimiter inside a name or not be UTF-8; export it again"
        ) from error
    finally:
        connection.close()


def _duckdb(report: Report) -> ModuleType:
    try:
        import duckdb
    except ModuleNotFoundError as error:
        size = report.path.stat().st_size / 2**20
        raise MissingExtra("scale", f"reading {report.file} ({size:,.0f} MB)") from error
    module: ModuleType = duckdb
    return module


def _categories(column: pa.ChunkedArray) -> pd.Categorical:
    texts = pc.utf8_trim_whitespace(pc.fill_null(column.cast(pa.string()), ""))
    encoded = texts.combine_chunks().dictionary_encode()
    categories = ["" if text in EMPTY_TEXTS else text for text in encoded.dictionary.to_pylist()]
    unique = sorted(set(categories))
    position = {text: code for code, text in enumerate(unique)}
    codes = np.array([position[text] for text in categories], dtype=np.int64)
    return pd.Categorical.from_codes(codes[encoded.indices.to_numpy(zero_copy_only=False)], unique)


def _floats(
    column: pa.ChunkedArray, report: Report, name: str, place: tuple[int, bool], problems: list[Problem]
) -> np.ndarray:
    if not pa.types.is_string(column.type) and not pa.types.is_large_string(column.type):
        found = _typed_floats(column, report, name)
    else:
        found = _parsed(column, report, name, place, problems)
    return np.where(np.isfinite(found), found, np.nan)


def _typed_floats(column: pa.ChunkedArray, report: Report, name: str) -> np.ndarray:
    try:
        values: np.ndarray = column.cast(pa.float64(), safe=False).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UnreadableFile(
            f"{report.path}, column {name!r}: {column.type} is no number; export the file again"
        ) from error
    return values


def _parsed(
    column: pa.ChunkedArray, report: Report, name: str, place: tuple[int, bool], problems: list[Problem]
) -> np.ndarray:
    line, comma = place
    try:
        # pyarrow and Python read the same double from the same digits; words raise
        plain: np.ndarray = pc.if_else(pc.equal(column, ""), None, column).cast(pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        cells = column.to_pylist()
        parsed = [
            parse_number(cell or "", comma, report, name, line + row, "a number", problems)
            for row, cell in enumerate(cells)
        ]
        return np.array(parsed, dtype=float)
    return plain
