"""Ways in which a table breaks on its way from an instrument to us, one function each.

Each takes the text of a tab- or comma-separated table and gives bytes. `same` says what must hold
for the reading of the mutated file: "identical" (the same table or an error), or "noted" (an
error, or a shorter table with a note about the missing line end).
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

Expect = Literal["identical", "noted", "error"]


@dataclass(frozen=True)
class Mutation:
    name: str
    expect: Expect
    change: Callable[[str, str, np.random.Generator], bytes]
    suffix: str = ""


def _records(text: str, delimiter: str) -> list[list[str]]:
    quoting = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting))


def _joined(records: list[list[str]], delimiter: str) -> str:
    out = io.StringIO(newline="")
    quoting = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    csv.writer(out, delimiter=delimiter, quoting=quoting, quotechar=None if quoting == csv.QUOTE_NONE else '"', lineterminator="\n").writerows(records)  # fmt: skip
    return out.getvalue()


def _is_number(cell: str) -> bool:
    # no exponents: 1E5 may be a gene
    return re.fullmatch(r"-?\d+(\.\d+)?", cell) is not None


def truncated(text: str, _: str, rng: np.random.Generator) -> bytes:
    raw = text.encode()
    return raw[: int(rng.integers(len(raw) // 3, len(raw) - 1))]


def truncated_gz(text: str, _: str, rng: np.random.Generator) -> bytes:
    raw = gzip.compress(text.encode(), mtime=0)
    return raw[: int(rng.integers(len(raw) // 3, len(raw) - 1))]


def to_semicolons(text: str, delimiter: str, _: np.random.Generator) -> bytes:
    return _joined(_records(text, delimiter), ";").encode()


def to_commas(text: str, delimiter: str, _: np.random.Generator) -> bytes:
    return _joined(_records(text, delimiter), ",").encode()


def to_unquoted_semicolons(text: str, delimiter: str, _: np.random.Generator) -> bytes:
    return "\n".join(";".join(row) for row in _records(text, delimiter)).encode() + b"\n"


def to_unquoted_commas(text: str, delimiter: str, _: np.random.Generator) -> bytes:
    return "\n".join(",".join(row) for row in _records(text, delimiter)).encode() + b"\n"


def to_pipes(text: str, delimiter: str, _: np.random.Generator) -> bytes:
    return "\n".join("|".join(row) for row in _records(text, delimiter)).encode() + b"\n"


def decimal_commas(text: str, delimiter: str, _: np.random.Generator) -> bytes:
    records = _records(text, delimiter)
    changed = [[cell.replace(".", ",") if _is_number(cell) else cell for cell in row] for row in records]
    return _joined(changed, ";" if delimiter == "," else delimiter).encode()


def some_decimal_commas(text: str, delimiter: str, rng: np.random.Generator) -> bytes:
    records = _records(text, delimiter)
    changed = [
        [cell.replace(".", ",") if _is_number(cell) and rng.random() < 0.3 else cell for cell in row]
        for row in records
    ]
    return _joined(changed, ";" if delimiter == "," else delimiter).encode()


def thousands_points(text: str, delimiter: str, _: np.random.Generator) -> bytes:
    def german(cell: str) -> str:
        if not _is_number(cell) or "." not in cell:
            return cell
        if abs(float(cell)) < 1000:
            return cell.replace(".", ",")
        return f"{float(cell):,.3f}".replace(",", "_").replace(".", ",").replace("_", ".")

    records = _records(text, delimiter)
    changed = [records[0], *([german(cell) for cell in row] for row in records[1:])]
    return _joined(changed, ";" if delimiter == "," else delimiter).encode()


def byte_order_mark(text: str, _: str, __: np.random.Generator) -> bytes:
    return text.encode("utf-8-sig")


def windows_lines(text: str, _: str, __: np.random.Generator) -> bytes:
    return text.replace("\n", "\r\n").encode()


def old_mac_lines(text: str, _: str, __: np.random.Generator) -> bytes:
    return text.replace("\n", "\r").encode()


def utf16(text: str, _: str, __: np.random.Generator) -> bytes:
    return text.encode("utf-16")


def utf16_without_mark(text: str, _: str, __: np.random.Generator) -> bytes:
    return text.encode("utf-16-le")


def compressed(text: str, _: str, __: np.random.Generator) -> bytes:
    return gzip.compress(text.encode(), mtime=0)


def doubled_header(text: str, delimiter: str, rng: np.random.Generator) -> bytes:
    records = _records(text, delimiter)
    named = [place for place, name in enumerate(records[0]) if name]
    first, second = rng.choice(named, 2, replace=False)
    records[0][second] = records[0][first]
    return _joined(records, delimiter).encode()


def titles_above(text: str, delimiter: str, _: np.random.Generator) -> bytes:
    width = len(_records(text, delimiter)[0])
    blank = delimiter * (width - 1)
    return f"Core facility, order 1234{blank}\n{blank}\n{text}".encode()


def short_titles_above(text: str, _: str, __: np.random.Generator) -> bytes:
    return f"Core facility order 1234\nmeasured in spring\n{text}".encode()


def blank_lines(text: str, _: str, __: np.random.Generator) -> bytes:
    return text.replace("\n", "\n\n").encode()


def broken_row(text: str, delimiter: str, rng: np.random.Generator) -> bytes:
    lines = text.splitlines()
    row = int(rng.integers(1, len(lines)))
    # inside quotes a line break is a letter like any other
    half = lines[row].rfind(delimiter) if '"' in lines[row] else len(lines[row]) // 2
    lines[row : row + 1] = [lines[row][:half], lines[row][half:]]
    return ("\n".join(lines) + "\n").encode()


def lost_cell(text: str, delimiter: str, rng: np.random.Generator) -> bytes:
    records = _records(text, delimiter)
    row = int(rng.integers(1, len(records)))
    del records[row][int(rng.integers(len(records[row])))]
    return _joined(records, delimiter).encode()


def word_in_numbers(text: str, delimiter: str, rng: np.random.Generator) -> bytes:
    records = _records(text, delimiter)
    row = records[int(rng.integers(1, len(records)))]
    for place in [place for place, cell in enumerate(row) if _is_number(cell)]:
        row[place] = "see note"
    return _joined(records, delimiter).encode()


def doubled_row(text: str, _: str, rng: np.random.Generator) -> bytes:
    lines = text.splitlines()
    lines.append(lines[int(rng.integers(1, len(lines)))])
    return ("\n".join(lines) + "\n").encode()


def binary(text: str, _: str, rng: np.random.Generator) -> bytes:
    return rng.bytes(len(text) % 5000 + 100)


def broken_letter(text: str, delimiter: str, _: np.random.Generator) -> bytes:
    raw = text.encode()
    return raw[: len(raw) // 2] + "ü".encode() + "ü".encode()[:1] + b"\n" + raw[len(raw) // 2 :]


MUTATIONS: tuple[Mutation, ...] = (
    Mutation("truncated", "noted", truncated),
    Mutation("truncated gz", "error", truncated_gz, ".gz"),
    Mutation("semicolons", "identical", to_semicolons),
    Mutation("commas", "identical", to_commas),
    Mutation("unquoted semicolons", "identical", to_unquoted_semicolons),
    Mutation("unquoted commas", "identical", to_unquoted_commas),
    Mutation("pipes", "error", to_pipes),
    Mutation("decimal commas", "identical", decimal_commas),
    Mutation("some decimal commas", "identical", some_decimal_commas),
    Mutation("thousands points", "identical", thousands_points),
    Mutation("byte order mark", "identical", byte_order_mark),
    Mutation("windows lines", "identical", windows_lines),
    Mutation("old mac lines", "identical", old_mac_lines),
    Mutation("utf-16", "identical", utf16),
    Mutation("utf-16 without mark", "error", utf16_without_mark),
    Mutation("gz", "identical", compressed, ".gz"),
    Mutation("doubled header", "identical", doubled_header),
    Mutation("titles above", "identical", titles_above),
    Mutation("short titles above", "identical", short_titles_above),
    Mutation("blank lines", "identical", blank_lines),
    Mutation("broken row", "identical", broken_row),
    Mutation("lost cell", "identical", lost_cell),
    Mutation("words among numbers", "identical", word_in_numbers),
    Mutation("doubled row", "identical", doubled_row),
    Mutation("binary", "error", binary),
    Mutation("broken letter", "error", broken_letter),
)
