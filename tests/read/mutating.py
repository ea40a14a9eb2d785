"""Reads a mutated file and says whether what came out may stand."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from secretome.errors import SecretomeError
from secretome.plan import AssayPlan
from secretome.read import read_proteins
from secretome.read.proteins import ProteinTable

from .mutations import Mutation


def reading(path: Path, words: dict[str, str]) -> ProteinTable:
    return read_proteins(AssayPlan("a", path, **words))  # type: ignore[arg-type]


def verdict(
    mutation: Mutation, text: str, delimiter: str, seed: int, folder: Path, original: ProteinTable, words: dict[str, str]
) -> str:  # fmt: skip
    """Empty when the mutated file gave an error in words, or a table that may stand."""
    path = folder / f"mutated{seed}{'.csv' if delimiter == ',' else '.tsv'}{mutation.suffix}"
    path.write_bytes(mutation.change(text, delimiter, np.random.default_rng(seed)))
    try:
        table = reading(path, words)
    except SecretomeError as error:
        return "" if path.name in str(error) else f"the error does not name the file: {error}"
    if mutation.expect == "error":
        return "read without an error"
    difference = differs(original, table)
    if not difference:
        return ""
    if mutation.expect == "noted" and "has no line end" in " ".join(table.remarks):
        return ""
    return f"silently another table: {difference}"


def differs(one: ProteinTable, other: ProteinTable) -> str:
    if one.format != other.format:
        return f"read as {other.format}"
    if one.measurements != other.measurements:
        return f"measurements {other.measurements[:4]}"
    if list(one.features.index) != list(other.features.index):
        return f"{len(other.features)} proteins, not {len(one.features)}, or other names"
    if not one.features.equals(other.features):
        columns = [name for name in one.features if not one.features[name].equals(other.features[name])]
        return f"features {columns}"
    if not np.array_equal(one.values, other.values, equal_nan=True):
        rows, columns = np.nonzero(~np.isclose(one.values, other.values, rtol=1e-12, equal_nan=True))
        if rows.size:
            return f"{rows.size} values, first in row {rows[0]}"
    return ""
