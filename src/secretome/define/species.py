"""Groups with accessions of two species, told apart by peptides of one species only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.study import Study

from ._proteome import Proteome

# one peptide may be wrong
FEWEST_PRECURSORS = 2


def own_share(one: Proteome, study: Study) -> NDArray[np.float64]:
    """Of the signal that tells species apart, the share of the study's own, for each mixed group.

    Parameters
    ----------
    one
        A proteome with contaminant flags; groups of two species are `shared_species`.
    study
        Whose assay holds the precursors behind the proteins.

    Returns
    -------
    (n,) between 0 and 1; NaN for groups of one species, and where the table has no precursors or too few.

    Notes
    -----
    A mixed group holds the peptides that its accessions share.
    Other groups of the same table whose accessions are a part of it hold the peptides of one species only; the
    sums of their precursors are compared.
    """
    found = np.full(len(one.proteins), np.nan)
    kind = one.proteins["contaminant_class"].astype(str).to_numpy()
    mixed = np.flatnonzero(kind == "shared_species")
    table = study.assays[one.assay].table if one.assay in study.assays else None
    if not len(mixed) or table is None or "protein_group" not in one.proteins:
        return found
    amounts = _by_protein(table)
    members = [
        frozenset(word for word in str(group).split(";") if word) for group in one.proteins["protein_group"]
    ]
    foreign = np.isin(kind, ["bovine", "serum", "other_species"])
    names = one.proteins.index.astype(str)
    for row in mixed:
        parts = [other for other in range(len(members)) if members[other] and members[other] < members[row]]
        counts = amounts.reindex(names[parts]).fillna(0.0)
        if counts["precursors"].sum() < FEWEST_PRECURSORS or counts["intensity"].sum() <= 0:
            continue
        own = counts["intensity"].to_numpy()[~foreign[parts]].sum()
        found[row] = float(own / counts["intensity"].sum())
    return found


def _by_protein(table: pd.DataFrame | Path) -> pd.DataFrame:
    """Summed intensity and number of distinct precursors of each protein."""
    columns = ["protein", "precursor", "intensity"]
    frame = pd.read_parquet(table, columns=columns) if isinstance(table, Path) else table
    if not set(columns) <= set(frame.columns):
        return pd.DataFrame({"intensity": [], "precursors": []})
    grouped = frame.groupby(frame["protein"].astype(str), observed=True)
    return pd.DataFrame(
        {"intensity": grouped["intensity"].sum(), "precursors": grouped["precursor"].nunique()}
    )
