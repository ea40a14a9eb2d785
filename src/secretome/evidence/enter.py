"""Outcomes that a person read, accepted one row each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from . import facts
from .pool import DESCRIBING
from .store import Store


def enter_outcomes(store: Store, table: Sequence[Mapping[str, str]], *, person: str) -> int:
    """Accept outcomes that a person read, one row each: `work`, `outcome`, `product`, `species`, `quote`, numbers.

    A cell that is no number stays a word ("none reported") and is later listed, never counted as zero.

    Raises
    ------
    InvalidInput
        If a row quotes nothing or nobody is named.
    InvalidStore
        If a work does not exist.
    """
    with store.writing():
        for row in table:
            value = {
                name: _number_or_word(cell) if name not in DESCRIBING else cell
                for name, cell in row.items()
                if name not in {"work", "quote"} and cell != ""
            }
            facts.enter(
                store,
                int(row["work"]),
                kind="outcome",
                value=value,
                quote=row.get("quote", ""),
                person=person,
            )
    return len(table)


def _number_or_word(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell
