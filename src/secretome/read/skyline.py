"""Skyline reports: precursors with a total area, or transitions and isotopes with an area each."""

from __future__ import annotations

from collections.abc import Sequence

from secretome.plan import AssayPlan

from .columns import find, require
from .layout import Filter, Layout, at_most, marked
from .precursors import read_precursors, runs_of
from .proteins import ProteinTable
from .text import TextTable

NAME = "skyline"
TITLE = "Skyline report"

_Q_VALUES = ("annotation_QValue", "Detection Q Value", "DetectionQValue")


def recognises(header: Sequence[str]) -> str:
    """Evidence that a header is a precursor or transition report of Skyline, or an empty text."""
    told = [
        find(header, *names)
        for names in (
            ("ProteinName", "Protein Name"),
            ("FileName", "File Name"),
            ("TotalArea", "Total Area", "Total Area Fragment", "Area"),
            ("ModifiedSequence", "Modified Sequence", "Peptide Modified Sequence"),
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
        ("FileName", "File Name"),
        ("ProteinName", "Protein Name"),
        ("ModifiedSequence", "Modified Sequence", "Peptide Modified Sequence"),
        ("PrecursorCharge", "Precursor Charge"),
        ("TotalArea", "Total Area", "Total Area Fragment", "Area"),
    )
    return Layout(
        NAME,
        run,
        protein,
        (sequence, charge),
        intensity,
        join="sum" if find(header, "FragmentIon", "Fragment Ion") else "one",
        q_value=find(header, *_Q_VALUES),
        filters=(
            *_kept(header, ("Standard Type", "StandardType"), "that are standards", ""),
            *_kept(header, ("Isotope Label Type", "IsotopeLabelType"), "of heavy peptides", "light", ""),
            *marked(header, "Truncated"),
            *at_most(header, *_Q_VALUES),
        ),
    )


def read(table: TextTable, plan: AssayPlan, samples: Sequence[str] = ()) -> ProteinTable:
    """Proteins and precursors; see `precursors.read_precursors`.

    `quantity` is "maxlfq" (default) or "sum".
    """
    return read_precursors(table, layout(table), plan, samples)


def measurements(table: TextTable) -> tuple[str, ...]:
    """Runs in file order."""
    return runs_of(table, layout(table))


def _kept(header: Sequence[str], names: tuple[str, ...], words: str, *only: str) -> tuple[Filter, ...]:
    column = find(header, *names)
    return (Filter(column, words, only=frozenset(only)),) if column else ()
