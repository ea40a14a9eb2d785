"""Cells of a file as numbers and yes or no: decimal commas, per cent signs, dilutions, values below a limit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from .layout import Change

Decimal = Literal["auto", "comma", "point"]
_SMALLEST, _LARGEST = 1e-100, 1e100  # beyond it is no measurement, and its square no number
EMPTY = frozenset({"", "na", "nan", "n/a", "null", "none", "missing", "-", "."})
WORDS = {"yes": True, "true": True, "y": True, "1": True, "no": False, "false": False, "n": False, "0": False}
_COMMA = re.compile(r"[+-]?\d+,(\d+)([eE][+-]?\d+)?")
_RATIO = re.compile(r"(\d+(?:\.\d+)?)\s*[:/]\s*(\d+(?:\.\d+)?)")


def decimal_of(texts: Iterable[str]) -> Literal["comma", "point", "unclear"]:
    """How the numbers of a file are written, told from all of them together.

    A comma before other than three digits can only be a decimal comma; `1,234` alone may be either.

    Examples
    --------
    >>> decimal_of(["98,7", "1,234"]), decimal_of(["98.7"]), decimal_of(["1,234"])
    ('comma', 'point', 'unclear')
    """
    unclear = False
    for text in texts:
        match = _COMMA.fullmatch(text.strip().removesuffix("%").strip().removeprefix("<").strip())
        if match and (len(match[1]) != 3 or match[2]):
            return "comma"
        unclear = unclear or match is not None
    return "unclear" if unclear else "point"


def number_of(text: str, *, comma: bool, ratio: bool = False) -> float | None:
    """The number that a cell holds, None when it holds none; `ratio` also reads a dilution such as 1:50.

    Examples
    --------
    >>> number_of("98,7 %", comma=True), number_of("1:50", comma=False, ratio=True), number_of("about 5", comma=False)
    (98.7, 0.02, None)
    """
    plain = text.strip().removesuffix("%").strip()
    if comma:
        if "." in plain:
            return None
        plain = plain.replace(",", ".")
    parts = _RATIO.fullmatch(plain) if ratio else None
    if parts and float(parts[2]) > 0:
        return float(parts[1]) / float(parts[2])
    try:
        number = float(plain)
    except ValueError:
        return None
    size = abs(number)
    return number if size == 0 or _SMALLEST < size < _LARGEST else None  # false for a NaN as well


def changed(number: float, change: Change) -> float | None:
    """A dose from its logarithm or its dilution factor, None where there is none.

    Examples
    --------
    >>> changed(2.0, "power of 10"), changed(50.0, "reciprocal"), changed(0.0, "reciprocal")
    (100.0, 0.02, None)
    """
    if change == "reciprocal":
        return 1 / number if number > 0 else None
    base = {"exp": 2.718281828459045, "power of 2": 2.0, "power of 10": 10.0}[change]
    return float(base**number) if abs(number) < 300 else None
