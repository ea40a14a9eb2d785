"""What a store answers: an import, a search."""

from __future__ import annotations

from dataclasses import dataclass

from .records import Fault, Record


@dataclass(frozen=True)
class Import:
    """What one file brought.

    Parameters
    ----------
    known
        True when this very file was imported before: nothing was done.
    new, again
        Records that were not in the store, and those that were.
    works
        New works, after merging duplicates.
    faults
        Records that could not be read, by name.
    """

    file: str
    format: str
    known: bool
    records: int = 0
    new: int = 0
    again: int = 0
    works: int = 0
    deleted: int = 0
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Hit:
    """A work that a search found, as its best record describes it."""

    work: int
    record: Record
    sources: int


@dataclass(frozen=True)
class Found:
    """The first hits of a search and how many there are in all."""

    hits: tuple[Hit, ...]
    total: int
