"""PEAKS protein table: `Area <sample>` beside `-10lgP`; one group may fill several rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from secretome.errors import InvalidInput, Problem
from secretome.plan import AssayPlan

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
from .text import TextTable, numbers

NAME = "peaks"
TITLE = "PEAKS protein table"
_QUANTITIES = ("Area", "Intensity")


def recognises(header: Sequence[str]) -> str:
    """Evidence that a header is of PEAKS, or an empty text."""
    columns = _columns(header)
    found = next((name for name in _QUANTITIES if columns[name]), "")
    if "-10lgP" not in header or "Accession" not in header or not found:
        return ""
    return f"{len(columns[found])} columns begin with '{found} ' beside '-10lgP'"


def read(table: TextTable, plan: AssayPlan, samples: Sequence[str] = ()) -> ProteinTable:  # noqa: ARG001 - every reader takes the same
    """Proteins of a PEAKS table.

    Parameters
    ----------
    table
        The file as text; an empty cell and 0 both say that no area was found.
    plan
        `quantity` is "Area" (default) or "Intensity".
    samples
        Not needed: the columns name their samples.

    Returns
    -------
    One row a group: rows of one `Protein Group` with the same areas are indistinguishable
    proteins and become one, led by the first. `spectral_count` is a layer where the file has it.

    Raises
    ------
    InvalidInput
        With every problem of the file.
    """
    columns = _columns(table.header)
    quantity = plan.quantity or next((name for name in _QUANTITIES if columns[name]), "Area")
    chosen = columns.get(quantity, {})
    if not chosen or "Accession" not in table.header:
        raise InvalidInput([no_quantity(table, quantity, [name for name in _QUANTITIES if columns[name]])])
    kept, groups = _one_row_a_group(table, list(chosen.values()))
    problems: list[Problem] = []
    features = group_features(groups, descriptions=texts(kept, ["Description"]))
    features["peptides"] = counts(kept, ["#Peptides"])
    names = features.pop("accession")
    problems += doubled(kept.file, names, kept.lines, "protein")
    values = linear_values(kept, list(chosen.values()), problems, zero="missing")
    layers: dict[str, NDArray[np.float64]] = {}
    if all(sample in columns["#Spec"] for sample in chosen):
        found = [columns["#Spec"][sample] for sample in chosen]
        spectra = numbers(kept, found, problems, expected="a number of spectra")
        layers["spectral_count"] = np.where(spectra > 0, spectra, np.nan)
    if problems:
        raise InvalidInput(problems)
    merged = len(table.rows) - len(kept.rows)
    remark = f"{table.file}: {merged} rows repeat the areas of their group and were joined with its first row"
    return ProteinTable(
        features_frame(names, features),
        tuple(chosen),
        values,
        NAME,
        quantity,
        "intensity",
        layers=layers,
        remarks=(remark,) if merged else (),
    )


def measurements(table: TextTable) -> tuple[str, ...]:
    """Samples that the columns name, in file order."""
    columns = _columns(table.header)
    return next((tuple(columns[name]) for name in _QUANTITIES if columns[name]), ())


def _columns(header: Sequence[str]) -> dict[str, dict[str, str]]:
    """Quantity -> sample -> column."""
    found: dict[str, dict[str, str]] = {name: {} for name in (*_QUANTITIES, "#Spec")}
    for column in header:
        match = re.fullmatch(r"(Area|Intensity|#Spec) (.+)", column)
        if match:
            found[match[1]][match[2].strip()] = column
    return found


def _one_row_a_group(table: TextTable, columns: list[str]) -> tuple[TextTable, list[str]]:
    """The rows that stand for their group, and the accessions of each, joined by semicolons."""
    group = texts(table, ["Protein Group"])
    positions = [table.header.index(name) for name in columns]
    accession = table.header.index("Accession")
    joined: dict[tuple[str, ...], list[int]] = {}
    for row, cells in enumerate(table.rows):
        own = group[row] or f"row {row}"
        joined.setdefault((own, *(cells[position] for position in positions)), []).append(row)
    first = [rows[0] for rows in joined.values()]
    kept = replace(
        table,
        rows=tuple(table.rows[row] for row in first),
        lines=tuple(table.lines[row] for row in first),
    )
    return kept, [";".join(table.rows[row][accession].strip() for row in rows) for rows in joined.values()]
