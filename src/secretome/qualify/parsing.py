"""A file as a typed table of its layout: names found, wide tables turned long, all faults at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from secretome.errors import InvalidInput, Problem, near_misses

from .cells import EMPTY, WORDS, Decimal, changed, decimal_of, number_of
from .layout import Change, Column, Layout

_BRACKET = re.compile(r"^(.*?)\s*[\(\[]([^\)\]]*)[\)\]]\s*$")
_PERCENT = re.compile(r"(.+?) ?(?:pct|percent|%)")
_NUMBERED = re.compile(r"^(.*?)\s*(\d+)$")
_REPEATS = frozenset({"rep", "replicate", "repeat", "x", "y", "v", "r", "obs", "well"})


@dataclass(frozen=True)
class Reading:
    """A file read by its layout.

    Parameters
    ----------
    frame
        The columns of the layout that the file has, typed, and `line`; a gap is NaN, an empty text.
    notes
        What the reader of a result must know: names taken for others, rows left out.
    units
        Column to unit, where the header of the file says one.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Found:
    """Where a column of the layout stands in the file."""

    header: str
    unit: str = ""
    change: Change | None = None
    named: bool = True


def parse(
    layout: Layout,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    lines: Sequence[int],
    file: str,
    columns: Mapping[str, str] | None = None,
    wide: str = "",
    decimal: Decimal = "auto",
) -> Reading:
    """Cells of a file as a typed table of the layout.

    Parameters
    ----------
    layout
        What is expected.
    header, rows, lines
        Texts of the file and the line number of each row.
    columns
        Name in the layout to name in the file, where they differ.
    wide
        Column of the layout whose levels are the headers of all columns that have no other meaning.
    decimal
        How numbers are written; `auto` tells it from the cells and refuses what may be either.

    Returns
    -------
    Columns are found by name or alias, in any order and case, with a unit in brackets or without. Columns such as
    `value1, value2, …` are repeats and become rows.

    Raises
    ------
    InvalidInput
        If a required column or cell is missing, a name fits two columns, or a cell is no number; all at once.

    Examples
    --------
    >>> from secretome.qualify import LAYOUTS
    >>> found = parse(LAYOUTS["stability"], ["Batch", "Weeks", "value"], [["A", "0", "99,5"]], lines=[2], file="f")
    >>> float(found.frame["value"].iloc[0]), found.units
    (99.5, {'time': 'weeks'})
    """
    named = _given(layout, header, columns or {}, wide, file)
    names, rows, header, lines, notes = _long(layout, header, rows, lines, named, wide)
    found = _names(layout, header, named, names, file)
    texts = {
        c.name: [row[header.index(found[c.name].header)].strip() for row in rows]
        for c in layout.columns
        if c.name in found
    }
    comma = _comma(layout, texts, decimal, file)
    problems: list[Problem] = []
    frame: dict[str, list[object]] = {"line": list(lines)}
    for column in layout.columns:
        if column.name in found:
            place = found[column.name]
            frame[column.name] = [
                _cell(text, column, place, comma, problems, (file, line))
                for text, line in zip(texts[column.name], lines, strict=True)
            ]
    if problems:
        raise InvalidInput(problems)
    whole = _without_empty(layout, _with_censored(layout, pd.DataFrame(frame), texts))
    table, left_out = _without_gaps(layout, whole)
    if table.empty:
        raise InvalidInput(
            [Problem(file, "no row with a value", layout.column(layout.value).meaning, "Fill it in.")]
        )
    aliases = [f"Column {p.header!r} was read as {name}." for name, p in found.items() if not p.named]
    unread = [name for name in header if name and name not in {place.header for place in found.values()}]
    ignored = [f"Columns that were not read: {', '.join(unread)}."] if unread else []
    units = {name: place.unit for name, place in found.items() if place.unit}
    return Reading(table, (*notes, *aliases, *ignored, *left_out), units)


def _plain(name: str) -> str:
    return re.sub(r"[\s_.\-]+", " ", name).strip().lower()


def _given(
    layout: Layout, header: Sequence[str], columns: Mapping[str, str], wide: str, file: str
) -> dict[str, str]:
    """Column of the layout to header, as the user said; both must exist."""
    known = [column.name for column in layout.columns]
    problems, found = [], {}
    lower = {name.strip().lower(): name for name in header}
    for name, there in columns.items():
        if name not in known:
            action = f"Mend it{near_misses(name, known)}"
            problems.append(Problem(file, f"--column names {name!r}", "a column of the layout", action))
        elif there.strip().lower() not in lower:
            meaning = layout.column(name).meaning
            problems.append(
                Problem(file, f"no column {there!r}", meaning, f"Mend it{near_misses(there, header)}")
            )
        else:
            found[name] = lower[there.strip().lower()]
    if wide and (wide not in known or wide == layout.value):
        problems.append(
            Problem(
                file, f"--wide names {wide!r}", "a column of the layout", f"Mend it{near_misses(wide, known)}"
            )
        )
    if problems:
        raise InvalidInput(problems)
    return found


def _match(column: Column, header: str) -> _Found | None:
    """How a header names the column, None when it does not."""
    bracket = _BRACKET.match(header)
    unit = bracket[2].strip() if bracket else ""
    plain = _plain(bracket[1] if bracket else header)
    if plain not in column.aliases and (share := _PERCENT.fullmatch(plain)):
        plain, unit = share[1], unit or "%"
    if plain == _plain(column.name):
        return _Found(header, unit)
    if plain in column.aliases:
        return _Found(header, unit, named=False)
    if plain in column.units:
        return _Found(header, column.units[plain], named=False)
    if plain in column.changed:
        return _Found(header, "", column.changed[plain], named=False)
    return None


def _long(
    layout: Layout,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    lines: Sequence[int],
    named: Mapping[str, str],
    wide: str,
) -> tuple[dict[str, str], list[list[str]], list[str], list[int], list[str]]:
    """The table with one value a row; names of the columns that were made, and what was done."""
    claimed = set(named.values())
    free = [name for name in header if name not in claimed]
    if wide:
        levels = [name for name in free if not any(_match(c, name) for c in layout.columns if c.name != wide)]
        made, said = {wide: wide, layout.value: layout.value}, f"are levels of {wide}"
    else:
        value = layout.column(layout.value)
        if layout.value in named or any(_match(value, name) for name in free):
            return {}, [list(row) for row in rows], list(header), list(lines), []
        words = {_plain(value.name), *value.aliases, *_REPEATS}
        levels = [n for n in free if (match := _NUMBERED.match(_plain(n))) and match[1] in words]
        made, said = {layout.value: layout.value}, f"were read as repeats of {layout.value}"
    if len(levels) < 2:
        return {}, [list(row) for row in rows], list(header), list(lines), []
    kept = [name for name in header if name not in levels]
    at = {name: position for position, name in enumerate(header)}
    long, where, empty = [], [], 0
    for row, line in zip(rows, lines, strict=True):
        for level in levels:
            text = row[at[level]].strip()
            if text.lower() in EMPTY:
                empty += 1
                continue
            long.append([*(row[at[name]] for name in kept), *([level] if wide else []), text])
            where.append(line)
    notes = [f"Columns {levels[0]!r} to {levels[-1]!r} {said}."]
    notes += [f"{empty} empty cells among them were left out."] if empty else []
    return made, long, [*kept, *made.values()], where, notes


def _names(
    layout: Layout, header: Sequence[str], named: Mapping[str, str], made: Mapping[str, str], file: str
) -> dict[str, _Found]:
    """Where each column of the layout stands; required ones choose first."""
    found = {name: _Found(there) for name, there in {**named, **made}.items()}
    problems: list[Problem] = []
    for exact in (True, False):
        for column in sorted(layout.columns, key=lambda c: not c.required):
            taken = {place.header for place in found.values()}
            if column.name in found:
                continue
            fits = [
                f for name in header if name not in taken and (f := _match(column, name)) and f.named is exact
            ]
            if exact and not column.required and fits and _wanted(layout, header, fits[0], found):
                continue  # a required column that is missing goes by this name
            if len(fits) > 1:
                listed = " and ".join(repr(f.header) for f in fits)
                action = f"Say which: --column {column.name}=NAME."
                problems.append(Problem(file, f"{listed} both name {column.name}", "one column", action))
            elif fits:
                found[column.name] = fits[0]
    for column in layout.columns:
        if column.required and column.name not in found and not problems:
            problems.append(_absent(column, header, found, file))
    if problems:
        raise InvalidInput(problems)
    return found


def _wanted(layout: Layout, header: Sequence[str], place: _Found, found: Mapping[str, _Found]) -> bool:
    for column in layout.columns:
        if column.required and column.name not in found and (match := _match(column, place.header)):
            others = [name for name in header if name != place.header and _match(column, name)]
            return not match.named and not others
    return False


def _absent(column: Column, header: Sequence[str], found: Mapping[str, _Found], file: str) -> Problem:
    taken = {place.header for place in found.values()}
    left = [name for name in header if name not in taken]
    hint = near_misses(column.name, left) if left else ""
    if column.changed and any(
        _plain(name) in {"log dose", "dilution", "log conc", "log concentration"} for name in left
    ):
        return Problem(
            file, f"no column {column.name!r}, but {', '.join(left)}", column.meaning,
            "Say what the numbers are: call the column ln_dose, log10_dose or dilution_factor, or give doses.",
        )  # fmt: skip
    return Problem(
        file, f"no column {column.name!r}; not read: {', '.join(left) or 'none'}", column.meaning,
        f"Add it, or say --column {column.name}=NAME{hint}",
    )  # fmt: skip


def _comma(layout: Layout, texts: Mapping[str, list[str]], decimal: Decimal, file: str) -> bool:
    if decimal != "auto":
        return decimal == "comma"
    cells = [t for c in layout.columns if c.kind == "number" for t in texts.get(c.name, ())]
    told = decimal_of(cells)
    if told == "unclear":
        example = next(text for text in cells if decimal_of([text]) == "unclear")
        action = "Say --decimal comma or --decimal point; thousands separators are never read."
        raise InvalidInput(
            [Problem(file, f"{example!r} may be a decimal or a thousand", "one reading", action)]
        )
    return told == "comma"


def _cell(
    text: str, column: Column, place: _Found, comma: bool, problems: list[Problem], where: tuple[str, int]
) -> object:
    file, line = where

    def fault(found: str, expected: str, action: str) -> None:
        problems.append(Problem(file, found, expected, action, line, place.header))

    if column.kind == "text":
        if not text and column.required:
            fault("an empty cell", column.meaning, "Fill it or delete the row.")
        return text
    if text.lower() in EMPTY:
        if column.required and not column.gaps:
            fault("an empty cell", column.meaning, "Fill it or delete the row and say why.")
        return float("nan") if column.kind == "number" else None
    if column.kind == "yes or no":
        if text.lower() not in WORDS:
            fault(repr(text), "yes or no", "Mend the cell.")
        return WORDS.get(text.lower())
    bare = text[1:] if column.below and text.startswith("<") else text
    number = number_of(bare, comma=comma, ratio=bool(column.changed))
    if number is not None and place.change:
        number = changed(number, place.change)
    if number is None:
        fault(repr(text), "a number between 1e-100 and 1e100, or 0", "Mend the cell.")
        return float("nan")
    return number


def _with_censored(layout: Layout, frame: pd.DataFrame, texts: Mapping[str, list[str]]) -> pd.DataFrame:
    """`<5` sets the column that says so."""
    for column in layout.columns:
        if column.below and column.name in texts:
            below = [text.startswith("<") for text in texts[column.name]]
            if any(below):
                given = frame[column.below] if column.below in frame else [None] * len(frame)
                frame[column.below] = [bool(g) or b for g, b in zip(given, below, strict=True)]
    return frame


def _without_empty(layout: Layout, frame: pd.DataFrame) -> pd.DataFrame:
    """An optional column in which nothing was filled says no more than none."""
    optional = [column.name for column in layout.columns if not column.required and column.name in frame]
    return frame.drop(columns=[name for name in optional if (frame[name].isna() | (frame[name] == "")).all()])


def _without_gaps(layout: Layout, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    gone = [c.name for c in layout.columns if c.gaps and c.name in frame and frame[c.name].isna().any()]
    if not gone:
        return frame, []
    empty = frame[gone].isna().any(axis=1)
    listed = ", ".join(str(line) for line in frame.loc[empty, "line"].head(20))
    said = f"{int(empty.sum())} rows have no {' or '.join(gone)} and were left out (lines {listed})."
    return frame[~empty].reset_index(drop=True), [said]


def unit_of(reading: Reading, column: str, stated: str, *, default: str) -> str:
    """The unit of a column: as stated, or as the header of the file says, or the default.

    Raises
    ------
    InvalidInput
        If the header says another unit than the user.

    Examples
    --------
    >>> unit_of(Reading(pd.DataFrame(), units={"time": "weeks"}), "time", "", default="months")
    'weeks'
    """
    found = reading.units.get(column, "")
    if stated and found and stated.strip().lower() != found.lower():
        problem = Problem(
            "options", f"{column} in {stated}, but its header says {found}", "one unit", "Mend one of them."
        )
        raise InvalidInput([problem])
    return stated or found or default
