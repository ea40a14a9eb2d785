"""What every protein reader returns, and how it becomes an assay."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from anndata import AnnData
from numpy.typing import NDArray

from secretome.errors import Problem
from secretome.plan import AssayPlan
from secretome.study import Assay, State
from secretome.units import Scale


@dataclass(frozen=True)
class ProteinTable:
    """Proteins by measurements, as a search engine reported them.

    Parameters
    ----------
    features
        A row per protein (group): index = leading accession, columns gene, entry_name,
        organism, description, protein_group, tagged_contaminant, peptides.
    measurements
        Names of the runs or samples, in file order.
    values
        (n proteins, m measurements), on `scale`; NaN where there is no number.
    zeros
        (n, m) bool: the file says 0 and means a measured zero.
    layers
        Further quantities of the same shape: `intensity`, `spectral_count`.
    notes
        Measurement to a remark that its column carries.
    format, quantity, unit
        How the file was read.
    unused
        Columns of numbers that belong to no sample of the sheet.
    precursors
        What the proteins were made of, where the file says it: columns sample (a measurement),
        protein (index of `features`), precursor, intensity, q_value, n (rows of the file joined).
    remarks
        Sentences on what was left out or had to be decided, with counts.
    """

    features: pd.DataFrame
    measurements: tuple[str, ...]
    values: NDArray[np.float64]
    format: str
    quantity: str
    unit: str
    scale: Scale = "linear"
    zeros: NDArray[np.bool_] | None = None
    layers: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    precursors: pd.DataFrame | None = None
    remarks: tuple[str, ...] = ()


FEATURE_COLUMNS: Mapping[str, object] = {
    "gene": "",
    "entry_name": "",
    "organism": "",
    "description": "",
    "protein_group": "",
    "tagged_contaminant": False,
    "peptides": 0,
}


def features_frame(accessions: list[str], columns: Mapping[str, list]) -> pd.DataFrame:  # type: ignore[type-arg]
    """The feature table of a ProteinTable; columns that a format lacks get their empty value."""
    frame = pd.DataFrame(index=pd.Index(accessions, dtype=object))
    for name, empty in FEATURE_COLUMNS.items():
        frame[name] = columns.get(name, [empty] * len(accessions))
    return frame


def doubled(table_file: str, names: list[str], lines: tuple[int, ...], what: str) -> list[Problem]:
    """One problem for each name that stands in more than one row."""
    seen: dict[str, int] = {}
    problems = []
    for name, line in zip(names, lines, strict=True):
        if name in seen:
            found = f"{what} {name!r} stands in row {seen[name]} already"
            problems.append(
                Problem(table_file, found, f"each {what} once", "Delete or rename one row.", line)
            )
        else:
            seen[name] = line
    return problems


def species(organism: str) -> str:
    """A species name without the taxon number that some exports append.

    Examples
    --------
    >>> species("Homo sapiens OX=9606")
    'Homo sapiens'
    """
    return re.sub(r"\s+", " ", re.sub(r"\s*\(.*?\)|\s*(OX|TaxID)\s*=\s*\d+", "", organism)).strip()


def to_assay(table: ProteinTable, plan: AssayPlan) -> Assay:
    """The assay of a protein table: states kept apart, one unit for each protein."""
    values = table.values.T.copy()
    state = np.where(np.isnan(values), State.MISSING, State.VALUE).astype(np.int8)
    if table.zeros is not None:
        state[table.zeros.T] = State.MEASURED_ZERO
    obs = pd.DataFrame(
        {
            "sample": list(table.measurements),
            "note": [table.notes.get(name, "") for name in table.measurements],
        },
        index=pd.Index(table.measurements, dtype=object),
    )
    var = table.features.assign(unit=table.unit)
    data = AnnData(values, obs=obs, var=var)
    data.layers["state"] = state
    for name, layer in table.layers.items():
        data.layers[name] = layer.T.copy()
    return Assay(plan.name, plan.kind, plan.material, data, _precursors(table, data), scale=table.scale)


def _precursors(table: ProteinTable, data: AnnData) -> pd.DataFrame | None:
    """The tidy precursors, with the gene of each protein."""
    if table.precursors is None:
        return None
    rows = table.precursors.copy()
    genes = data.var["gene"].reindex(rows["protein"].cat.categories).to_numpy()
    unique, codes = np.unique(genes.astype(str), return_inverse=True)
    gene = pd.Categorical.from_codes(codes[rows["protein"].cat.codes.to_numpy()], unique)
    rows.insert(2, "gene", gene)
    return rows
