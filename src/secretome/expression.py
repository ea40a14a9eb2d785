"""The language of contrasts: linear expressions in `factor[level]`, read as data and never run as code."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from .errors import InvalidContrast

_NAME = r"[^\W\d]\w*"
# a level may hold blanks and balanced brackets; any other bracket needs quotes around the level
_PLACE = re.compile(
    rf"(?P<factor>{_NAME})(?:\s*\[\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<plain>(?:[^\[\]]|\[[^\[\]]*\])*))\s*\])?"
)
_LONGEST = 2000


@dataclass(frozen=True)
class Place:
    """A factor at one of its levels, or (level None) the slope of a numeric covariate."""

    factor: str
    level: str | None

    def __str__(self) -> str:
        """As it is written in a contrast."""
        return self.factor if self.level is None else f"{self.factor}[{self.level}]"


@dataclass(frozen=True)
class Term:
    """One summand of a contrast: a weight, and the places that hold together (one a factor)."""

    weight: float
    places: tuple[Place, ...]


def terms(expression: str) -> tuple[Term, ...]:
    """The summands of a contrast, each combination of places once.

    `+`, `-`, numbers, parentheses, division by a number, and products of different factors
    (`*` or `:`) are understood: `tissue[a]:condition[b]` is the mean where both hold, and
    `(tissue[a] - tissue[b]) * (condition[c] - condition[d])` an interaction.

    Raises
    ------
    InvalidContrast
        If the text is none of this, a number stands alone, or a factor is multiplied with itself.

    Examples
    --------
    >>> [(t.weight, str(t.places[0])) for t in terms("tissue[WJ-MSCs] - 0.5 * tissue[ADSCs]")]
    [(1.0, 'tissue[WJ-MSCs]'), (-0.5, 'tissue[ADSCs]')]
    """
    if len(expression) > _LONGEST:
        raise InvalidContrast(f"a contrast of {len(expression):,} characters; the longest is {_LONGEST:,}")
    found: list[Place] = []

    def replaced(match: re.Match[str]) -> str:
        level = match["double"] if match["double"] is not None else match["single"]
        level = match["plain"] if level is None else level
        found.append(Place(match["factor"], None if level is None else same_text(level)))
        return f" _{len(found) - 1}_ "

    # numbers such as 1e3 hold a letter and must not be taken for a name
    text = re.sub(
        rf"(?<![\w.])\d[\d.]*(?:[eE][+-]?\d+)?|{_PLACE.pattern}",
        lambda m: replaced(m) if m["factor"] else m.group(),
        expression,
    ).replace(":", "*")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        summed = _walk(tree, found)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InvalidContrast(f"{expression!r} is no linear expression in factor[level]") from error
    if abs(summed.pop((), 0.0)) > 0:
        raise InvalidContrast(f"{expression!r} adds a number that belongs to no factor")
    result = tuple(Term(weight, places) for places, weight in summed.items() if weight != 0)
    if not result:
        raise InvalidContrast(f"{expression!r} compares nothing: all of it cancels")
    return result


def variables(expression: str) -> tuple[str, ...]:
    """Columns that a contrast names, in order; those of a product by letter.

    Raises
    ------
    InvalidContrast
        As `terms`.

    Examples
    --------
    >>> variables("tissue[a]:age_years - tissue[b]:age_years")
    ('age_years', 'tissue')
    """
    return tuple(dict.fromkeys(place.factor for term in terms(expression) for place in term.places))


def same_text(text: str) -> str:
    """A label as it is compared: blanks trimmed and collapsed, letters in their composed form."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def total_weight(expression: str) -> float:
    """The sum of the weights on levels; unless it is 0 the expression is a mean and no difference.

    A slope of a covariate is a difference already and counts 0.

    Examples
    --------
    >>> total_weight("tissue[a]"), total_weight("tissue[a] - tissue[b]"), total_weight("tissue[a]:age")
    (1.0, 0.0, 0.0)
    """
    return sum(
        (t.weight for t in terms(expression) if all(place.level is not None for place in t.places)), 0.0
    )


_Sum = dict[tuple[Place, ...], float]


def _walk(node: ast.AST, found: list[Place]) -> _Sum:
    match node:
        case ast.BinOp(left, ast.Add() | ast.Sub() as kind, right):
            sign = 1.0 if isinstance(kind, ast.Add) else -1.0
            return _added(_walk(left, found), _walk(right, found), sign)
        case ast.BinOp(left, ast.Mult(), right):
            return _multiplied(_walk(left, found), _walk(right, found))
        case ast.BinOp(left, ast.Div(), right):
            divisor = _walk(right, found)
            if set(divisor) != {()} or divisor[()] == 0:
                raise ValueError("division by a factor or by 0")
            return {places: weight / divisor[()] for places, weight in _walk(left, found).items()}
        case ast.UnaryOp(ast.USub(), operand):
            return _added({}, _walk(operand, found), -1.0)
        case ast.UnaryOp(ast.UAdd(), operand):
            return _walk(operand, found)
        case ast.Constant(value) if isinstance(value, int | float) and not isinstance(value, bool):
            return {(): float(value)}
        case ast.Name(name) if re.fullmatch(r"_\d+_", name):
            return {(found[int(name.strip("_"))],): 1.0}
    raise ValueError("not a sum of factor[level]")


def _added(left: _Sum, right: _Sum, sign: float) -> _Sum:
    total = dict(left)
    for places, weight in right.items():
        total[places] = total.get(places, 0.0) + sign * weight
    return total


def _multiplied(left: _Sum, right: _Sum) -> _Sum:
    total: _Sum = {}
    for places, weight in _pairs(left, right):
        total[places] = total.get(places, 0.0) + weight
    return total


def _pairs(left: _Sum, right: _Sum) -> Iterator[tuple[tuple[Place, ...], float]]:
    for a, weight_a in left.items():
        for b, weight_b in right.items():
            factors = [place.factor for place in (*a, *b)]
            if len(set(factors)) < len(factors):
                raise ValueError("a factor is multiplied with itself")
            yield tuple(sorted((*a, *b), key=lambda place: place.factor)), weight_a * weight_b
