"""MSstats input as FragPipe writes it (`MSstats.csv`): a row for each precursor or fragment and run."""

from __future__ import annotations

from collections.abc import Sequence

from secretome.plan import AssayPlan

from .columns import find, require
from .layout import Filter, Layout
from .precursors import read_precursors, runs_of
from .proteins import ProteinTable
from .text import TextTable

NAME = "msstats"
TITLE = "MSstats.csv (FragPipe)"


def recognises(header: Sequence[str]) -> str:
    """Evidence that a header is that of MSstats input, or an empty text."""
    told = [
        find(header, *names)
        for names in (
            ("ProteinName",),
            ("PeptideSequence",),
            ("PrecursorCharge",),
            ("IsotopeLabelType",),
            ("BioReplicate",),
            ("Run",),
            ("Intensity",),
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
    run, protein, sequence, charge, intensity, label = require(
        table,
        TITLE,
        ("Run",),
        ("ProteinName",),
        ("PeptideSequence",),
        ("PrecursorCharge",),
        ("Intensity",),
        ("IsotopeLabelType",),
    )
    return Layout(
        NAME,
        run,
        protein,
        (sequence, charge),
        intensity,
        join="sum" if find(header, "FragmentIon") else "one",
        filters=(Filter(label, "of heavy peptides", only=frozenset({"L", "light", "Light", ""})),),
        notes=("MSstats.csv holds no q-values: FragPipe applied its own filter before writing it",),
    )


def read(table: TextTable, plan: AssayPlan, samples: Sequence[str] = ()) -> ProteinTable:
    """Proteins and precursors; see `precursors.read_precursors`.

    `quantity` is "maxlfq" (default) or "sum".
    """
    return read_precursors(table, layout(table), plan, samples)


def measurements(table: TextTable) -> tuple[str, ...]:
    """Runs in file order."""
    return runs_of(table, layout(table))
