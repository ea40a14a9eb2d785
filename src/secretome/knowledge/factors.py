"""The factor base: faults that its columns alone do not show, its opposite findings, and how much was read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from secretome.errors import Problem

from .load import TABLES, table

if TYPE_CHECKING:
    import pandas as pd

WEIGHTS = {"A": 1.0, "B": 0.6, "C": 0.3}
"""Weight of a level of evidence; half of it for a row without a citation of its own."""
_MIRNA = re.compile(r"MIR(LET)?[0-9]+[A-Z0-9]*")
_CONTEXT = ["tissue_source", "receiving_cell", "assay"]


@dataclass(frozen=True)
class Coverage:
    """How large the factor base is and how much of it was read in its source.

    Parameters
    ----------
    rows, verified, title_only
        Rows; rows whose cited text was read; of these, rows that rest on a title alone.
    proteins, mirnas, null_findings
        Different proteins; different microRNAs; rows that found no effect.
    processes
        Process, its rows, its verified rows.
    """

    rows: int
    verified: int
    title_only: int
    proteins: int
    mirnas: int
    null_findings: int
    processes: tuple[tuple[str, int, int], ...]

    @property
    def verified_percent(self) -> float:
        """Share of the rows whose cited text was read."""
        return 100 * self.verified / self.rows


@dataclass(frozen=True)
class Opposition:
    """Findings of opposite sign on one factor and process, with what tells them apart.

    Parameters
    ----------
    hgnc, process
        The subject.
    rows
        For each row: sign, tissue source, receiving cell, assay, citation.
    same_context
        True when two rows of different sign name the same tissue source, receiving cell and assay.
    """

    hgnc: str
    process: str
    rows: tuple[tuple[str, str, str, str, str], ...]
    same_context: bool


def coverage(*, folder: Path = TABLES) -> Coverage:
    """Rows, proteins and the share of rows that were read, in all and by process.

    Raises
    ------
    InvalidKnowledge
        If the table is damaged.

    Examples
    --------
    >>> found = coverage()
    >>> found.rows >= 450 and found.verified_percent > 50
    True
    """
    frame = table("factor_process", folder=folder).frame
    read = frame["verified"] == "page"
    mirna = frame["analyte_kind"] == "miRNA"
    counts = tuple(
        (str(process), len(rows), int(read[rows.index].sum()))
        for process, rows in frame.groupby("process", sort=True)
    )
    return Coverage(
        rows=len(frame),
        verified=int(read.sum()),
        title_only=int(frame.loc[read, "read_where"].str.startswith("title,").sum()),
        proteins=int(frame.loc[~mirna, "hgnc"].nunique()),
        mirnas=int(frame.loc[mirna, "hgnc"].nunique()),
        null_findings=int((frame["sign"] == "0").sum()),
        processes=counts,
    )


def oppositions(*, folder: Path = TABLES) -> tuple[Opposition, ...]:
    """Factors and processes with findings of different sign: context decides, so they are listed.

    Raises
    ------
    InvalidKnowledge
        If the table is damaged.

    Examples
    --------
    >>> [o.same_context for o in oppositions() if (o.hgnc, o.process) == ("HGF", "angiogenesis")]
    [False]
    """
    frame = table("factor_process", folder=folder).frame
    found = []
    for (hgnc, process), rows in frame.groupby(["hgnc", "process"], sort=True):
        if len(set(rows["sign"])) > 1:
            told = rows[["sign", *_CONTEXT, "citation"]].itertuples(index=False, name=None)
            found.append(Opposition(str(hgnc), str(process), tuple(told), _clash(rows)))
    return tuple(found)


def factor_problems(frame: pd.DataFrame, file: str = "factor_process.tsv") -> Iterator[Problem]:
    """Faults between the cells of a row, or between rows, of the factor base.

    Parameters
    ----------
    frame
        All cells as text, as `load.raw_frame` gives them.
    file
        Name for the problems.

    Yields
    ------
    Problem
        Missing or contradicting accessions, symbols of microRNAs, rows called read without a place where they
        were read, weights that do not follow the level of evidence, one finding entered twice, and findings
        of opposite sign in one and the same context.
    """
    for position, row in enumerate(frame.to_dict("records")):
        for column, expected, action in _row_faults(row):
            yield Problem(file, repr(row[column]), expected, action, row=position + 2, column=column)
    yield from _accession_faults(frame, file)
    yield from _twice(frame, file)
    for (hgnc, process), rows in frame.groupby(["hgnc", "process"], sort=True):
        if _clash(rows):
            lines = ", ".join(str(int(position) + 2) for position in rows.index)
            found = f"{hgnc}, {process}: opposite signs in one context (among rows {lines})"
            yield Problem(file, found, "signs that differ by context", "Name what differs, or drop one row.")


def _row_faults(row: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Column, what was expected and what to do, for each fault within one row."""
    if row["analyte_kind"] == "miRNA":
        if not _MIRNA.fullmatch(row["hgnc"]):
            yield "hgnc", "a microRNA symbol such as MIR126", "Look it up at genenames.org."
        if row["uniprot"]:
            yield "uniprot", "no accession for a microRNA", "Empty the cell."
    elif not row["uniprot"]:
        yield "uniprot", "an accession for a protein", "Look it up at uniprot.org."
    if row["verified"] == "page":
        if not row["read_where"]:
            yield "read_where", "where the text was read", "Name it, or set verified to unverified."
        if row["citation_checked"] != "yes":
            yield "citation_checked", "yes for a row that was read", "Check the citation where it was read."
        if row["citation_quality"] == "generic":
            yield "citation_quality", "specific for a row that was read", "Cite what was read."
    if row["carrier"] == "response" and float(row["suggested_weight"]) != 0:
        yield "suggested_weight", "0 for a response of the receiving cell", "It is no evidence on the medium."
    if row["carrier"] != "response":
        weight = WEIGHTS[row["evidence_level"]] / (2 if row["citation_quality"] == "generic" else 1)
        if float(row["suggested_weight"]) != weight:
            yield "suggested_weight", f"{weight:.2f} for this level of evidence", "Correct one of the two."


def _accession_faults(frame: pd.DataFrame, file: str) -> Iterator[Problem]:
    for hgnc, rows in frame.groupby("hgnc", sort=True):
        accessions = sorted(set(rows["uniprot"]))
        if len(accessions) > 1:
            found = f"{hgnc}: {', '.join(accessions)}"
            yield Problem(file, found, "one accession a gene", "Look it up at uniprot.org.", column="uniprot")
    proteins = frame[frame["uniprot"] != ""]
    for accession, rows in proteins.groupby("uniprot", sort=True):
        genes = sorted(set(rows["hgnc"]))
        if len(genes) > 1:
            found = f"{accession}: {', '.join(genes)}"
            yield Problem(file, found, "one gene an accession", "Look it up at uniprot.org.", column="hgnc")


def _twice(frame: pd.DataFrame, file: str) -> Iterator[Problem]:
    subject = ["hgnc", "process", "sign", "citation", *_CONTEXT]
    for position in frame.index[frame.duplicated(subject)]:
        told = ", ".join(frame.loc[position, ["hgnc", "process", "sign", "citation"]])
        yield Problem(
            file,
            f"{told} in one context twice",
            "each finding once",
            "Merge the rows.",
            row=int(position) + 2,
        )


def _clash(rows: pd.DataFrame) -> bool:
    """Whether rows of different sign name one and the same context; a context that is not named is unknown."""
    named = rows[(rows[_CONTEXT] != "").all(axis=1)]
    return any(len(set(signs)) > 1 for _, signs in named.groupby(_CONTEXT)["sign"])
