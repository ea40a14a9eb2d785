"""One gene, one accession: symbols and accessions compared over all knowledge tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from secretome.errors import Problem

if TYPE_CHECKING:
    import pandas as pd


def identifier_problems(frames: Mapping[str, pd.DataFrame]) -> Iterator[Problem]:
    """Symbols with several accessions and accessions with several symbols, over all tables.

    Parameters
    ----------
    frames
        Name to rows; tables with a column `hgnc` and a column `uniprot` are compared.
    """
    said: dict[tuple[str, str], dict[str, str]] = {}
    for name, frame in sorted(frames.items()):
        if not {"hgnc", "uniprot"} <= set(frame.columns):
            continue
        pairs = frame[frame["uniprot"] != ""][["hgnc", "uniprot"]].drop_duplicates()
        for gene, accession in pairs.itertuples(index=False, name=None):
            said.setdefault(("accession", gene), {}).setdefault(accession, name)
            said.setdefault(("symbol", accession), {}).setdefault(gene, name)
    for (kind, subject), answers in sorted(said.items()):
        if len(answers) > 1:
            told = " and ".join(f"{value} ({name}.tsv)" for value, name in answers.items())
            yield Problem(
                f"{next(iter(answers.values()))}.tsv",
                f"{subject} has {told}",
                f"one {kind}",
                "Look it up at uniprot.org.",
            )
