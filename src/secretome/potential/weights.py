"""Evidence weights as a matrix, factor by process and direction, in the ways in which they may be counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.results import Result

from .evidence import Evidence

Floats = NDArray[np.float64]
Subject = tuple[str, str]

COUNTED = "as counted"
WITHOUT_LEAK = "without leak-prone factors"
WITHOUT_SERUM = "without serum-prone factors"
BY_ORIGIN = "weighted by origin"
WITH_ADDITIVES = "with declared additives"
# Classes of `define.origin` that are of the cells on purpose; leaked, carried over, contaminant and
# unresolved are not.
OF_THE_CELLS = ("secreted", "unconventional", "shed", "vesicle")


@dataclass(frozen=True)
class Weights:
    """Weight of each factor in each process and direction.

    Parameters
    ----------
    subjects
        (p,) process and direction.
    genes
        (f,) factors.
    matrix
        (f, p) weight of the strongest row of the factor, 0 where it has none.
    """

    subjects: tuple[Subject, ...]
    genes: tuple[str, ...]
    matrix: Floats

    def times(self, share: Floats) -> Weights:
        """These weights with each factor multiplied by a number."""
        return Weights(self.subjects, self.genes, self.matrix * share[:, None])


def weights_of(known: Evidence, genes: tuple[str, ...]) -> Weights:
    """The weights of some factors; only proteins count, not enzymes that stand for their product.

    Parameters
    ----------
    known
        Evidence in use.
    genes
        Factors, in the order of the rows wanted.
    """
    subjects = tuple(known.subjects[["process", "direction"]].itertuples(index=False, name=None))
    rows = known.rows[known.rows["strongest"] & (known.rows["kind"] == "protein")]
    matrix = np.zeros((len(genes), len(subjects)))
    row_of = {gene: row for row, gene in enumerate(genes)}
    column_of = {subject: column for column, subject in enumerate(subjects)}
    for gene, process, direction, weight in rows[["gene", "process", "direction", "weight"]].itertuples(
        index=False
    ):
        if gene in row_of:
            matrix[row_of[gene], column_of[process, direction]] = weight
    return Weights(subjects, genes, matrix)


def variants(
    known: Evidence, genes: tuple[str, ...], origin: Mapping[str, float] | None
) -> dict[str, Weights]:
    """The weights as counted, and as they would be counted otherwise.

    Parameters
    ----------
    known
        Evidence in use.
    genes
        Factors of the profile.
    origin
        Factor to the probability that it is of the cells on purpose, or None without `define.origin`.
    """
    counted = weights_of(known, genes)
    flags = known.rows.drop_duplicates("gene").set_index("gene")
    made = {COUNTED: counted}
    for name, column in ((WITHOUT_LEAK, "leak_prone"), (WITHOUT_SERUM, "serum_prone")):
        keep = np.array([not bool(flags[column].get(gene, False)) for gene in genes], dtype=float)
        made[name] = counted.times(keep)
    if origin is not None:
        made[BY_ORIGIN] = counted.times(np.array([origin.get(gene, 0.0) for gene in genes]))
    return made


def own_share(
    results: Mapping[str, Result], assay: str, proteins: Mapping[str, str]
) -> dict[str, float] | None:
    """Probability that each factor is of the cells on purpose, from `define.origin`; None without it.

    Parameters
    ----------
    results
        Of earlier stages.
    assay
        Name of the proteome.
    proteins
        Factor to the protein that speaks for it.
    """
    result = results.get("define.origin")
    if result is None or "proteins" not in result.tables:
        return None
    table: pd.DataFrame = result.tables["proteins"]
    mine = table[table["assay"] == assay]
    share = mine[[name for name in OF_THE_CELLS if name in mine]].sum(axis=1)
    by_protein = share.groupby(mine["protein"]).mean()
    return {gene: float(by_protein.get(protein, 0.0)) for gene, protein in proteins.items()}
