"""What the tables behind `define.origin` demand beyond their columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from secretome.errors import Problem

from .load import table

if TYPE_CHECKING:
    import pandas as pd

# Genes that the curated tables must at least hold (issue of `define`): secreted and matrix, obligate-intracellular.
LEAST = {"secreted or matrix": (("secreted", "matrix"), 1200), "intracellular": (("intracellular",), 600)}
_SPLITS = (("secreted", "shed"), ("unconventional", "vesicle", "leaked", "carried_over", "unresolved"))


def annotation_problems(frame: pd.DataFrame, file: str = "annotation.tsv") -> Iterator[Problem]:
    """Classes with fewer genes than promised."""
    for name, (categories, least) in LEAST.items():
        found = int(frame["category"].isin(categories).sum())
        if found < least:
            yield Problem(
                file, f"{found} {name} genes", f"at least {least:,}", "Add genes with their source."
            )


def rename_problems(frame: pd.DataFrame, file: str = "gene_renames.tsv") -> Iterator[Problem]:
    """Renames that lead nowhere, or from a gene that is annotated under that very symbol."""
    annotated = set(table("annotation").frame["gene"])
    for position, (earlier, gene) in enumerate(zip(frame["earlier"], frame["gene"], strict=True)):
        if gene not in annotated:
            yield Problem(
                file, gene, "a gene of annotation.tsv", "Correct it.", row=position + 2, column="gene"
            )
        if earlier in annotated:
            action = "It is a gene of its own: remove the row."
            yield Problem(file, earlier, "no annotated gene", action, row=position + 2, column="earlier")


def count_problems(frame: pd.DataFrame, file: str = "origin_counts.tsv") -> Iterator[Problem]:
    """More proteins enriched than compared, and categories without a prior."""
    priors = set(table("origin_priors").frame["category"])
    for position, row in enumerate(frame.to_dict("records")):
        if float(row["enriched"]) > float(row["compared"]):
            action = "Count again (tests/define/test_origin_six_niches.py)."
            yield Problem(file, row["enriched"], "no more than compared", action, row=position + 2)
        if row["category"] not in priors:
            yield Problem(
                file, row["category"], "a category of origin_priors.tsv", "Correct it.", row=position + 2
            )


def prior_problems(frame: pd.DataFrame, file: str = "origin_priors.tsv") -> Iterator[Problem]:
    """Splits that do not add to 1."""
    for position, row in enumerate(frame.to_dict("records")):
        for columns in _SPLITS:
            total = sum(float(row[name]) for name in columns)
            if abs(total - 1) > 1e-9:
                found = f"{' + '.join(columns)} = {total:g}"
                yield Problem(file, found, "1", "Correct the split.", row=position + 2)
