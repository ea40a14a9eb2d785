"""What is known of each protein before anything is measured: its category, and the prior of its origin."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome import knowledge

CLASSES = (
    "secreted",
    "unconventional",
    "shed",
    "vesicle",
    "leaked",
    "carried_over",
    "contaminant",
    "unresolved",
)
# Column of the proteins with what a cached UniProt proteome says.
UNIPROT = "uniprot_category"
# how many observed proteins the prior judgement of a category is worth against the counted ones
PRIOR_WEIGHT = 5.0


def categories(proteins: pd.DataFrame, *, withheld: Collection[str] = ()) -> NDArray[np.object_]:
    """The category (n,) of each protein: of the annotation table, `plasma` or `unknown`.

    Parameters
    ----------
    proteins
        With `gene` and, after `define`, `plasma_protein` and (when asked for) `uniprot_category`. A group names
        its genes with `;`.
    withheld
        Genes to be treated as unknown, for tests of what the rest of the annotation tells.

    Notes
    -----
    Earlier symbols are read as today's (table `gene_renames`).
    A group of several genes has the category on which those that are known agree.

    Examples
    --------
    >>> categories(pd.DataFrame({"gene": ["FN1", "CTGF", "RPL4", "XYZ1", "SPARC;FN1", "SPARC;RPL4"]})).tolist()
    ['matrix', 'matrix', 'intracellular', 'unknown', 'matrix', 'unknown']
    """
    table = knowledge.table("annotation").frame
    known = dict(zip(table["gene"].str.upper(), table["category"], strict=True))
    renames = knowledge.table("gene_renames").frame
    known |= {old: known[new] for old, new in zip(renames["earlier"], renames["gene"], strict=True)}
    for gene in withheld:
        known.pop(gene, None)
    found = np.array([_agreed(gene, known) for gene in genes_of(proteins)], dtype=object)
    if UNIPROT in proteins:
        # the curated tables go first; what UniProt says of the rest was brought because the plan asked for it
        other = proteins[UNIPROT].fillna("").astype(str).to_numpy(dtype=object)
        found = np.where((found == "unknown") & (other != ""), other, found)
    if "plasma_protein" in proteins:
        # a plasma protein comes from the cells, from serum or from platelet lysate: annotation cannot tell
        plasma = proteins["plasma_protein"].fillna(False).to_numpy(dtype=bool)
        found[plasma] = "plasma"
    return found


def _agreed(genes: str, known: Mapping[str, str]) -> str:
    """The category on which the known genes of a group agree, else `unknown`."""
    found = {known[gene] for gene in genes.split(";") if gene in known}
    return found.pop() if len(found) == 1 else "unknown"


def plainly_secreted(category: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Which proteins (n,) annotation calls secreted or matrix."""
    return np.asarray(np.isin(category.astype(str), ["secreted", "matrix"]))


def genes_of(proteins: pd.DataFrame) -> NDArray[np.object_]:
    """Upper-case gene symbol (n,) of each protein, empty where none is given."""
    if "gene" not in proteins:
        return np.full(len(proteins), "", dtype=object)
    found: NDArray[np.object_] = proteins["gene"].fillna("").astype(str).str.upper().to_numpy(dtype=object)
    return found


def priors(*, leave_out: tuple[str, ...] = ()) -> pd.DataFrame:
    """Prior probability of each origin class for each category.

    Parameters
    ----------
    leave_out
        Tissues of the six-niche study whose counts are not used, for testing on them.

    Returns
    -------
    DataFrame, index category, columns `CLASSES`, rows adding to 1.

    Notes
    -----
    The share of a category that is enriched in medium is (k + w p) / (n + w): k of n proteins
    enriched over their paired lysate in the six-niche study, p the judgement of the developers,
    w = 5. Enriched mass goes to `secreted` and `shed`; the rest is split by judgement among
    classes that annotation cannot tell apart.
    """
    counts = knowledge.table("origin_counts").frame
    counts = counts[~counts["tissue"].isin(leave_out)].groupby("category")[["enriched", "compared"]].sum()
    table = knowledge.table("origin_priors").frame.set_index("category")
    k = counts["enriched"].reindex(table.index).fillna(0.0).astype(float)
    n = counts["compared"].reindex(table.index).fillna(0.0).astype(float)
    share = (k + PRIOR_WEIGHT * table["prior_enriched"]) / (n + PRIOR_WEIGHT)
    found = pd.DataFrame(0.0, index=table.index, columns=list(CLASSES))
    for name in ("secreted", "shed"):
        found[name] = share * table[name]
    for name in ("unconventional", "vesicle", "leaked", "carried_over", "unresolved"):
        found[name] = (1 - share) * table[name]
    return found
