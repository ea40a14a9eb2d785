"""Rows of a precursor report through its filters, each row counted where it fails first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.errors import Problem

from .columns import batches, joined
from .groups import parse_group
from .layout import Layout
from .text import TextTable


@dataclass
class Sifted:
    """Rows that passed, and what was left out on the way."""

    rows: pd.DataFrame
    total: int
    left_out: dict[str, int]
    run_pairs: dict[tuple[str, str], int]
    zeros: int

    def notes(self) -> list[str]:
        """A sentence for each reason, with its count."""
        found = [
            f"{count:,} of {self.total:,} rows were left out: {words}"
            for words, count in self.left_out.items()
            if count
        ]
        if self.zeros:
            found.append(f"{self.zeros:,} intensities of 0 were read as missing")
        return found


def sift(table: TextTable, layout: Layout, quantity: str, problems: list[Problem]) -> Sifted:
    """All batches through all filters in order; each row is counted at the first that it fails."""
    parts: list[pd.DataFrame] = []
    left_out: dict[str, int] = {}
    pairs: dict[tuple[str, str], int] = {}
    total = zeros = 0
    for rows in batches(table, layout.texts, layout.numbers(quantity), problems):
        total += len(rows)
        for pair, line in _run_pairs(rows, layout):
            pairs.setdefault(pair, line)
        problems += _negative(table, rows, layout.intensity)
        checks = _checks(rows, layout)
        for words, kept in checks:
            left_out[words] = left_out.get(words, 0) + int((~kept).sum())
        rows = rows.loc[np.logical_and.reduce([kept for _, kept in checks]), layout.kept(quantity)]
        zero = rows[layout.intensity].to_numpy() == 0
        zeros += int(zero.sum())
        parts.append(rows.assign(**{layout.intensity: rows[layout.intensity].mask(zero)}))
    rows = joined(parts)
    if not len(rows) and not problems:
        reasons = "; ".join(f"{count:,} {words}" for words, count in left_out.items() if count)
        found = f"none of {total:,} rows passes ({reasons})"
        problems.append(
            Problem(
                table.file, found, "rows that pass the filters", "Is this the whole report of the search?"
            )
        )
    return Sifted(rows, total, left_out, pairs, zeros)


def _checks(rows: pd.DataFrame, layout: Layout) -> list[tuple[str, NDArray[np.bool_]]]:
    """Filters in order, and for each the rows that pass it or failed an earlier one."""
    groups = [parse_group(text) for text in rows[layout.protein].cat.categories]
    codes = rows[layout.protein].cat.codes.to_numpy()
    blank = rows[layout.run].astype(object).to_numpy() == ""
    checks = [
        ("without a run", ~blank),
        ("without a protein", np.array([bool(group.accessions) for group in groups])[codes]),
        ("of decoy proteins", np.array([not group.decoy for group in groups])[codes]),
        ("of peptides of several proteins", np.array([not group.shared for group in groups])[codes]),
        *((part.words, part.passes(rows)) for part in layout.filters),
    ]
    standing = np.ones(len(rows), dtype=bool)
    counted = []
    for words, passes in checks:
        counted.append((words, passes | ~standing))
        standing &= passes
    return counted


def _run_pairs(rows: pd.DataFrame, layout: Layout) -> list[tuple[tuple[str, str], int]]:
    columns = [layout.run, layout.other_run or layout.run]
    first = rows[columns].drop_duplicates() if layout.other_run else rows[[layout.run]].drop_duplicates()
    return [
        ((str(run), str(other)), int(line))
        for line, run, other in zip(first.index, first[columns[0]], first[columns[1]], strict=True)
        if run
    ]


def _negative(table: TextTable, rows: pd.DataFrame, column: str) -> list[Problem]:
    bad = rows[rows[column].to_numpy() < 0].iloc[:20]
    action = "Is the report already log2 or centred? Export the raw intensities."
    return [
        Problem(table.file, f"negative value {value:g}", "a linear intensity", action, int(line), column)
        for line, value in zip(bad.index, bad[column], strict=True)
    ]
