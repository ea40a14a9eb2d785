"""The rows of evidence that a run computes with, and the flags that go with each factor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from secretome import knowledge
from secretome.results import Source

DIRECTIONS = {"+": "for", "-": "against"}
_TABLES = ("additives", "factor_process", "leak_prone", "measure_by", "serum_prone", "unmeasured_axes")
_UNLISTED = "deeper or targeted mass spectrometry"


@dataclass(frozen=True)
class Evidence:
    """Evidence rows in use, with what else is known of their factors.

    Parameters
    ----------
    rows
        Signed rows in use: `process`, `direction`, `gene`, `uniprot`, `kind`, `sign`, `mechanism`,
        `evidence_level`, `weight`, `citation`, `doi`, `verified`, `note`, `leak_prone`, `serum_prone`,
        `measure_by`, `caution`, `strongest` (True for the one row whose weight its factor carries).
    null_rows
        Rows whose finding is "tested, no effect"; same columns.
    responses
        Signed rows on what a medium made receiving cells do: no factor of the medium.
    subjects
        Every process and direction of the whole table: `process`, `direction`.
    axes
        Mediators that a proteome does not measure.
    additives
        Names of medium additives.
    sources
        Tables used, with version and checksum.
    left_out
        Rows that do not count, by how far they were read: `title` (the title alone), `unverified` (nobody).
    """

    rows: pd.DataFrame
    null_rows: pd.DataFrame
    responses: pd.DataFrame
    subjects: pd.DataFrame
    axes: pd.DataFrame
    additives: pd.DataFrame
    sources: tuple[Source, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def accessions(self) -> dict[str, str]:
        """Gene symbol to UniProt accession of every factor in use, null findings included."""
        both = pd.concat([self.rows, self.null_rows]).sort_values("gene", kind="stable")
        return dict(zip(both["gene"], both["uniprot"], strict=True))


def evidence(*, unverified: bool = False) -> Evidence:
    """The evidence that a run computes with.

    Parameters
    ----------
    unverified
        Take rows too that nobody checked against their source.

    Examples
    --------
    >>> {"HGF", "TGFB1"} <= set(evidence().null_rows["gene"])
    True
    """
    tables = {name: knowledge.table(name) for name in _TABLES}
    every = _annotated({name: loaded.frame for name, loaded in tables.items()})
    known = every
    # A response was measured in the receiving cell: it says nothing of what the medium holds.
    response = every["carrier"] == "response"
    responses, every = every[response & (every["sign"] != "0")], every[~response]
    if not unverified:
        responses = responses[responses["verified"] == "page"]
    used = every if unverified else every[every["verified"] == "page"]
    signed = used[used["sign"] != "0"].copy()
    signed["direction"] = signed["sign"].map(DIRECTIONS)
    signed["strongest"] = _strongest(signed)
    subjects = every[every["sign"] != "0"].assign(direction=lambda rows: rows["sign"].map(DIRECTIONS))
    return Evidence(
        rows=signed.reset_index(drop=True),
        null_rows=used[used["sign"] == "0"].reset_index(drop=True),
        responses=responses.assign(direction=responses["sign"].map(DIRECTIONS)).reset_index(drop=True),
        # "for" stands before "against" within each process.
        subjects=subjects[["process", "direction"]]
        .drop_duplicates()
        .sort_values(["process", "direction"], ascending=[True, False], ignore_index=True),
        axes=tables["unmeasured_axes"].frame,
        additives=tables["additives"].frame,
        sources=tuple(Source(t.name, t.version, t.sha256) for t in tables.values()),
        left_out={}
        if unverified
        else {word: int((known["verified"] == word).sum()) for word in ("title", "unverified")},
    )


def _annotated(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    rows = frames["factor_process"].rename(
        columns={"hgnc": "gene", "analyte_kind": "kind", "suggested_weight": "weight", "doi_or_id": "doi"}
    )
    assays = frames["measure_by"].set_index("hgnc")
    rows["leak_prone"] = rows["gene"].isin(frames["leak_prone"]["hgnc"])
    rows["serum_prone"] = rows["gene"].isin(frames["serum_prone"]["hgnc"])
    rows["measure_by"] = rows["gene"].map(assays["measure_by"]).fillna(_UNLISTED)
    rows["caution"] = rows["gene"].map(assays["caution"]).fillna("")
    return rows


def _strongest(rows: pd.DataFrame) -> pd.Series:
    """True for one row of each factor, process and direction: the heaviest, the first among equals.

    A second paper on the same effect makes it surer, not larger.
    """
    first = rows.sort_values("weight", ascending=False, kind="stable").drop_duplicates(
        ["process", "direction", "gene"]
    )
    return pd.Series(np.isin(rows.index, first.index), index=rows.index)
