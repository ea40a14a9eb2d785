"""Where the header of a table stands, and what the rows above it say."""

from __future__ import annotations

import re
from collections import Counter

from secretome.errors import Problem

# what R and spreadsheets write where a header cell is empty
_PLACEHOLDER = re.compile(r"X(\.\d+)?|Unnamed: \d+|Column\d+|Spalte\d+")


def _blank(cell: str) -> bool:
    return not cell.strip() or _PLACEHOLDER.fullmatch(cell.strip()) is not None


def header_row(records: list[list[str]]) -> int:
    """Position of the header: the first row, unless it is mostly empty and a full row of words follows."""
    filled = [[cell for cell in record if not _blank(cell)] for record in records]
    widest = max(len(cells) for cells in filled)
    if widest < 3 or len(filled[0]) * 2 >= widest:
        return 0
    for position, cells in enumerate(filled[:-1]):
        words = [cell for cell in cells if not _NUMBER.fullmatch(cell.strip())]
        if len(cells) * 2 >= widest and len(words) >= 0.8 * len(cells):
            return position
    return 0


_NUMBER = re.compile(r"[+-]?\d*[.,]?\d+([eE][+-]?\d+)?|nan", re.IGNORECASE)


def qualified_names(header: list[str], above: tuple[tuple[str, ...], ...]) -> list[str]:
    """Doubled names of the header with the title of their block of columns in front."""
    counts = Counter(header)
    blocks = block_titles(above)
    if not blocks:
        return header
    return [
        f"{block}: {name}" if name and block and counts[name] > 1 else name
        for name, block in zip(header, blocks, strict=True)
    ]


def block_titles(above: tuple[tuple[str, ...], ...]) -> list[str]:
    """The title that stands over each column, from the first row above the header that has any.

    A title reaches to the right until the next one.
    """
    for row in above:
        # the title of a file stands in the first column, those of blocks do not
        if any(not _blank(cell) for cell in row[1:]):
            titles, last = [], ""
            for cell in row:
                last = last if _blank(cell) else cell.strip()
                titles.append(last)
            return titles
    return []


def header_problems(file: str, header: list[str], line: int) -> list[Problem]:
    """One problem for each name that stands over more than one column."""
    counts = Counter(name for name in header if name)
    return [
        Problem(
            file,
            f"{count} columns are called {name!r}",
            "unique column names",
            "Rename or delete one.",
            line,
            name,
        )
        for name, count in counts.items()
        if count > 1
    ]
