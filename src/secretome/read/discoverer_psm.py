"""Proteome Discoverer PSMs, also through R: several spectra share one precursor area."""

from __future__ import annotations

from collections.abc import Sequence

from secretome.plan import AssayPlan

from .columns import find, require
from .layout import Filter, Layout, at_most, marked
from .precursors import read_precursors, runs_of
from .proteins import ProteinTable
from .text import TextTable

NAME = "discoverer_psm"
TITLE = "Proteome Discoverer PSM table"


def recognises(header: Sequence[str]) -> str:
    """Evidence that a header is Proteome Discoverer's table of PSMs, or an empty text."""
    told = [
        find(header, *names)
        for names in (
            ("Spectrum File",),
            ("Master Protein Accessions", "Protein Group Accessions", "Protein Accessions"),
            ("Sequence", "Annotated Sequence"),
            ("Precursor Abundance", "Precursor Area", "Intensity"),
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
        ("Spectrum File",),
        ("Master Protein Accessions", "Protein Group Accessions", "Protein Accessions"),
        ("Annotated Sequence", "Sequence"),
        ("Charge",),
        ("Precursor Abundance", "Precursor Area", "Intensity"),
    )
    modifications, confidence = find(header, "Modifications"), find(header, "Confidence", "Confidence Level")
    groups = find(header, "# Protein Groups", "X..Protein.Groups", "Number of Protein Groups")
    return Layout(
        NAME,
        run,
        protein,
        (sequence, *([modifications] if modifications else []), charge),
        intensity,
        # the spectra of one feature all carry its area
        join="max",
        q_value=find(header, "Percolator q-Value", "q-Value"),
        description=find(header, "Protein Descriptions", "Master Protein Descriptions"),
        filters=(
            *marked(header, "Decoy", "Is Decoy"),
            *(
                (Filter(confidence, f"whose {confidence} is not High", only=frozenset({"High"})),)
                if confidence
                else ()
            ),
            *at_most(header, "Percolator q-Value", "q-Value"),
            *((Filter(groups, "of several protein groups", 1),) if groups else ()),
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
