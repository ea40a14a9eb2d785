"""MaxQuant `evidence.txt`, also through R (dots for blanks): a row for each feature and raw file."""

from __future__ import annotations

from collections.abc import Sequence

from secretome.plan import AssayPlan

from .columns import find, require
from .layout import Layout, marked
from .precursors import read_precursors, runs_of
from .proteins import ProteinTable
from .text import TextTable

NAME = "maxquant_evidence"
TITLE = "MaxQuant evidence.txt"


def recognises(header: Sequence[str]) -> str:
    """Evidence that a header is MaxQuant's evidence.txt, or an empty text."""
    told = [
        find(header, *names)
        for names in (
            ("Modified sequence",),
            ("Raw file",),
            ("Leading razor protein",),
            ("Intensity",),
            ("MS/MS scan number",),
        )
    ]
    return f"it has the columns {', '.join(told)}" if all(told) else ""


def layout(table: TextTable) -> Layout:
    """Where the report keeps its parts.

    Raises
    ------
    InvalidInput
        If a column that is needed is absent.
    """
    header = table.header
    run, protein, sequence, charge, intensity = require(
        table,
        TITLE,
        ("Raw file",),
        ("Leading razor protein",),
        ("Modified sequence",),
        ("Charge",),
        ("Intensity",),
    )
    return Layout(
        NAME,
        run,
        protein,
        (sequence, charge),
        intensity,
        # one precursor may elute as several features, and over several fractions: peptides.txt sums too
        join="sum",
        other_run=find(header, "Experiment"),
        peptide=find(header, "Sequence"),
        gene=find(header, "Gene names"),
        description=find(header, "Protein names"),
        filters=marked(header, "Reverse"),
        notes=("evidence.txt holds no q-values: MaxQuant applied its own 1 % before writing it",),
    )


def read(table: TextTable, plan: AssayPlan, samples: Sequence[str] = ()) -> ProteinTable:
    """Proteins and precursors; see `precursors.read_precursors`.

    `quantity` is "maxlfq" (default) or "sum".
    """
    return read_precursors(table, layout(table), plan, samples)


def measurements(table: TextTable) -> tuple[str, ...]:
    """Runs in file order."""
    return runs_of(table, layout(table))
