"""Proteome Discoverer protein table, written from the description: no file of it was seen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

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
    without_rows,
)
from .text import TextTable

NAME = "proteome_discoverer"
TITLE = "Proteome Discoverer protein table"

# grouped values are means over samples and scaled ones sum to a constant: only on request
_DEFAULTS = ("Abundance", "Abundances (Normalized)")
_ON_REQUEST = ("Abundances (Grouped)",)
_COLUMN = re.compile(
    r"(?P<quantity>Abundance|Abundances \((?:Normalized|Grouped|Scaled)\)|Found in Sample): (?P<label>.+)"
)
_FILE = re.compile(r"(?:\[\w+\] )?(?P<file>F\d+(?:: \d{3}[NC]?)?)(?:: |, |$)")


def recognises(header: Sequence[str]) -> str:
    """Evidence that a header is of Proteome Discoverer, or an empty text."""
    found = [name for name in header if _COLUMN.fullmatch(name) and name.startswith("Abundance")]
    if not found or "Accession" not in header:
        return ""
    return f"{len(found)} columns like {found[0]!r} beside 'Accession'"


def read(table: TextTable, plan: AssayPlan, samples: Sequence[str] = ()) -> ProteinTable:
    """Proteins of a Proteome Discoverer table.

    Parameters
    ----------
    table
        The file as text; an empty cell is missing.
    plan
        `quantity` is "Abundance" (default where present), "Abundances (Normalized)" or, on
        request only, "Abundances (Grouped)"; `zero` is asked for when a value is 0.
    samples
        Names of the sample sheet: file numbers (`F1`) or whole labels (`F1: Sample, Control`).

    Returns
    -------
    Master proteins only. A value beside "Not Found" in `Found in Sample` was filled in by the
    program: it is NaN here and marked in `replaced`.

    Raises
    ------
    InvalidInput
        With every problem of the file.
    """
    columns = _columns(table.header)
    offered = [name for name in (*_DEFAULTS, *_ON_REQUEST) if columns.get(name)]
    quantity = plan.quantity or next((name for name in _DEFAULTS if columns.get(name)), "")
    if not quantity or quantity not in offered:
        raise InvalidInput([_no_samples(table, quantity, offered)])
    labels = columns[quantity]
    names = _names(list(labels), samples)
    master = texts(table, ["Master", "Master Protein"])
    rejected = [bool(cell) and cell not in ("IsMasterProtein", "Master Protein") for cell in master]
    kept = without_rows(table, rejected)
    problems: list[Problem] = []
    features = _features(kept)
    accessions = features.pop("accession")
    problems += doubled(kept.file, accessions, kept.lines, "protein")
    values = linear_values(kept, list(labels.values()), problems, zero=plan.zero or "")
    replaced = _not_found(kept, list(labels), columns.get("Found in Sample", {})) & np.isfinite(values)
    if problems:
        raise InvalidInput(problems)
    remarks = []
    if any(rejected):
        remarks.append(f"{table.file}: {sum(rejected)} rows are no master proteins and were left out")
    if replaced.any():
        remarks.append(
            f"{table.file}: {int(replaced.sum()):,} values stand where the protein was not found: "
            "filled in by the program, taken as missing"
        )
    return ProteinTable(
        features_frame(accessions, features),
        tuple(names),
        np.where(replaced, np.nan, values),
        NAME,
        quantity,
        "intensity",
        notes={name: label for name, label in zip(names, labels, strict=True) if name != label},
        remarks=tuple(remarks),
        replaced=replaced if columns.get("Found in Sample") and quantity not in _ON_REQUEST else None,
    )


def measurements(table: TextTable) -> tuple[str, ...]:
    """Samples that the columns name, in file order."""
    columns = _columns(table.header)
    found = next((columns[name] for name in (*_DEFAULTS, *_ON_REQUEST) if columns.get(name)), {})
    return tuple(_names(list(found), ()))


def _columns(header: Sequence[str]) -> dict[str, dict[str, str]]:
    """Quantity -> label -> column."""
    found: dict[str, dict[str, str]] = {}
    for column in header:
        match = _COLUMN.fullmatch(column)
        if match:
            found.setdefault(match["quantity"], {})[match["label"].strip()] = column
    return found


def _no_samples(table: TextTable, quantity: str, offered: list[str]) -> Problem:
    if quantity:
        return no_quantity(table, quantity, offered)
    return Problem(
        table.file,
        f"no abundance of single samples, only {', '.join(offered) or 'scaled ones'}",
        "columns 'Abundance: F1: …'",
        "Ask for the protein table with the column group Abundances switched on (not Grouped, not Scaled); "
        'if each group is one sample, write quantity = "Abundances (Grouped)".',
        table.header_line,
    )


def _names(labels: list[str], samples: Sequence[str]) -> list[str]:
    """Labels that the sheet knows as they are; else file numbers where these are unique."""
    if set(labels) & set(samples):
        return labels
    files = [match["file"] if match else label for label in labels for match in (_FILE.match(label),)]
    return files if max(Counter(files).values(), default=0) == 1 else labels


def _not_found(table: TextTable, labels: list[str], found: dict[str, str]) -> NDArray[np.bool_]:
    """(n, m) True where `Found in Sample` says that the protein was not found."""
    absent = np.zeros((len(table.rows), len(labels)), dtype=bool)
    by_file = {_file(label): column for label, column in found.items()}
    for position, label in enumerate(labels):
        column = by_file.get(_file(label))
        if column:
            absent[:, position] = [cell.strip().lower() == "not found" for cell in table.column(column)]
    return absent


def _file(label: str) -> str:
    match = _FILE.match(label)
    return match["file"] if match else label


def _features(table: TextTable) -> dict[str, list]:  # type: ignore[type-arg]
    features = group_features(
        texts(table, ["Accession"]),
        descriptions=texts(table, ["Description"]),
        genes=texts(table, ["Gene Symbol"]),
    )
    features["tagged_contaminant"] = [
        own or cell.lower() == "true"
        for own, cell in zip(features["tagged_contaminant"], texts(table, ["Contaminant"]), strict=True)
    ]
    features["peptides"] = counts(table, ["# Peptides"])
    return features
