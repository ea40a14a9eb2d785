"""Progenesis QI: three header rows, blocks of normalised and raw abundance; ions are summed."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from secretome.errors import InvalidInput, Problem
from secretome.plan import AssayPlan

from .header import block_titles
from .proteins import (
    ProteinTable,
    counts,
    doubled,
    features_frame,
    group_features,
    linear_values,
    no_quantity,
    texts,
)
from .text import TextTable

NAME = "progenesis"
TITLE = "Progenesis QI export"
_QUANTITIES = ("Normalized abundance", "Raw abundance")


def recognises(header: Sequence[str]) -> str:
    """Progenesis is told from the rows above its header: see `recognises_table`."""
    del header
    return ""


def recognises_table(table: TextTable) -> str:
    """Evidence that a table is of Progenesis, or an empty text."""
    columns = _columns(table)
    found = [name for name in _QUANTITIES if columns.get(name)]
    if not found or "Accession" not in table.header:
        return ""
    return f"{len(columns[found[0]])} columns under the title {found[0]!r}, header in row {table.header_line}"


def read(table: TextTable, plan: AssayPlan, samples: Sequence[str] = ()) -> ProteinTable:  # noqa: ARG001 - every reader takes the same
    """Proteins of a Progenesis export, of proteins or of peptide ions.

    Parameters
    ----------
    table
        The file as text; 0 says that no abundance was found.
    plan
        `quantity` is "Normalized abundance" (default) or "Raw abundance".
    samples
        Not needed: the columns name their samples.

    Returns
    -------
    One row a protein. Of peptide ions the sum of those marked "Use in quantitation" is taken,
    as Progenesis does; a protein without such an ion has no value.

    Raises
    ------
    InvalidInput
        With every problem of the file.
    """
    columns = _columns(table)
    offered = [name for name in _QUANTITIES if columns.get(name)]
    quantity = plan.quantity or (offered or [_QUANTITIES[0]])[0]
    chosen = columns.get(quantity, {})
    if not chosen:
        raise InvalidInput([no_quantity(table, quantity, offered)])
    problems: list[Problem] = []
    values = linear_values(table, list(chosen.values()), problems, zero="missing")
    ions = "Sequence" in table.header and "Use in quantitation" in table.header
    groups, described = texts(table, ["Accession"]), texts(table, ["Description"])
    problems += [
        Problem(table.file, "no accession", "a protein", "Fill the cell.", line, "Accession")
        for group, line in zip(groups, table.lines, strict=True)
        if not group
    ]
    remarks: tuple[str, ...] = ()
    peptides = counts(table, ["Peptide count", "Peptides used for quantitation"])
    if ions:
        numbered = texts(table, ["#"])
        problems += doubled(table.file, numbered, table.lines, "ion") if any(numbered) else []
        used = [cell.lower() == "true" for cell in texts(table, ["Use in quantitation"])]
        first = {group: row for row, group in reversed(list(enumerate(groups)))}
        order = sorted(first, key=lambda group: first[group])
        peptides = _peptides(groups, texts(table, ["Sequence"]), used, order)
        values = _sums(values, groups, used, order)
        described = [described[first[group]] for group in order]
        summed = f"{sum(used)} of {len(used)} peptide ions are marked for quantitation"
        remarks = (f"{table.file}: {summed}; their abundances were summed to {len(order)} proteins",)
        groups = order
    features = group_features(groups, descriptions=described)
    features["peptides"] = peptides
    names = features.pop("accession")
    if not ions:
        problems += doubled(table.file, names, table.lines, "protein")
    if problems:
        raise InvalidInput(problems)
    label = f"{quantity}, ions summed" if ions else quantity
    return ProteinTable(
        features_frame(names, features), tuple(chosen), values, NAME, label, "intensity", remarks=remarks
    )


def measurements(table: TextTable) -> tuple[str, ...]:
    """Samples that the columns name, in file order."""
    columns = _columns(table)
    return next((tuple(columns[name]) for name in _QUANTITIES if columns.get(name)), ())


def _columns(table: TextTable) -> dict[str, dict[str, str]]:
    """Title of the block -> sample -> column."""
    found: dict[str, dict[str, str]] = {}
    for name, title in zip(table.header, block_titles(table.above), strict=False):
        plain = re.sub(r"[._]", " ", title).strip().capitalize()
        if name and plain:
            found.setdefault(plain, {})[name.removeprefix(f"{title}: ")] = name
    return found


def _sums(
    values: NDArray[np.float64], groups: list[str], used: list[bool], order: list[str]
) -> NDArray[np.float64]:
    """(proteins, m) sums over the ions used; NaN where none has a value."""
    place = {group: row for row, group in enumerate(order)}
    sums = np.zeros((len(order), values.shape[1]))
    for row, group in enumerate(groups):
        if used[row]:
            sums[place[group]] += np.nan_to_num(values[row])
    sums[sums == 0] = np.nan
    return sums


def _peptides(groups: list[str], sequences: list[str], used: list[bool], order: list[str]) -> list[int]:
    found: dict[str, set[str]] = {group: set() for group in order}
    for group, sequence, use in zip(groups, sequences, used, strict=True):
        if use:
            found[group].add(sequence)
    return [len(found[group]) for group in order]
