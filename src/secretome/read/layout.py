"""Where a format keeps what a precursor report says, and which rows it tells us to leave out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .columns import find

Q_LIMIT = 0.01
_TRUE = frozenset({"1", "1.0", "true", "+", "yes"})


@dataclass(frozen=True)
class Filter:
    """Rows that a report marks as not to be used.

    Parameters
    ----------
    column
        Column that tells.
    words
        What is left out, for the note: "with Q.Value above 0.01".
    limit
        Largest number kept, or None for a column of text.
    only
        Texts kept; without them, rows whose text says yes (`True`, `+`, `1`) are left out.
    """

    column: str
    words: str
    limit: float | None = None
    only: frozenset[str] = frozenset()

    def passes(self, rows: pd.DataFrame) -> NDArray[np.bool_]:
        """Which rows are kept; a missing number does not pass."""
        column = rows[self.column]
        if self.limit is not None:
            kept: NDArray[np.bool_] = column.to_numpy() <= self.limit
            return kept
        known = [
            text in self.only if self.only else text.lower() not in _TRUE for text in column.cat.categories
        ]
        told: NDArray[np.bool_] = np.array([*known, False])[column.cat.codes.to_numpy()]
        return told


@dataclass(frozen=True)
class Layout:
    """Where a format keeps what a precursor report says.

    Parameters
    ----------
    format
        Name of the reader.
    run, protein, intensity
        Columns of the run, the protein group and the intensity of a row.
    precursor
        Columns that name a precursor together.
    join
        What several rows of a precursor in a run mean: `"one"` they are refused, `"sum"` parts
        (fragments, isotopes, features), `"max"` sightings of one signal, `"same"` repeats.
    quantities
        Protein quantities of the report, the default first: name to column.
    other_run
        A second column of runs, which may conflict.
    peptide, q_value, gene, entry_name, description
        Further columns, empty where absent.
    leading
        Column that names the protein to lead its group, where it is not the first.
    parallel
        Two columns of names and of accessions in the same order, where groups are given by name.
    filters
        What is left out.
    notes
        Sentences that hold for every file of this layout.
    """

    format: str
    run: str
    protein: str
    precursor: tuple[str, ...]
    intensity: str
    join: Literal["one", "sum", "max", "same"] = "one"
    quantities: Mapping[str, str] = field(default_factory=dict)
    other_run: str = ""
    peptide: str = ""
    q_value: str = ""
    gene: str = ""
    entry_name: str = ""
    description: str = ""
    leading: str = ""
    parallel: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """Columns read as text."""
        told = tuple(part.column for part in self.filters if part.limit is None)
        return _unique(*self._kept_texts(), *told)

    def numbers(self, quantity: str) -> tuple[str, ...]:
        """Columns read as numbers when that protein quantity is wanted."""
        limits = tuple(part.column for part in self.filters if part.limit is not None)
        return _unique(self.intensity, self.q_value, self.quantities.get(quantity, ""), *limits)

    def kept(self, quantity: str) -> list[str]:
        """Columns that are still needed after filtering."""
        numbers = (self.intensity, self.q_value, self.quantities.get(quantity, ""))
        return list(_unique(*self._kept_texts(), *numbers))

    def _kept_texts(self) -> tuple[str, ...]:
        named = (self.run, self.other_run, self.protein, self.peptide, self.gene, self.entry_name)
        return _unique(*named, self.description, self.leading, *self.precursor, *self.parallel)


def _unique(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


def at_most(header: Sequence[str], *names: str, limit: float = Q_LIMIT) -> tuple[Filter, ...]:
    """One filter for each of the named q-value columns that the header has."""
    found = dict.fromkeys(column for name in names if (column := find(header, name)))
    return tuple(Filter(column, f"with {column} above {limit:g} or empty", limit) for column in found)


def marked(header: Sequence[str], *names: str) -> tuple[Filter, ...]:
    """One filter for each of the named yes/no columns that the header has; yes is left out."""
    found = dict.fromkeys(column for name in names if (column := find(header, name)))
    return tuple(Filter(column, f"marked in {column}") for column in found)
