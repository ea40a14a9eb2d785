"""OpenSWATH with PyProphet scores: a row for each peak group and run."""

from __future__ import annotations

from collections.abc import Sequence

from secretome.plan import AssayPlan

from .columns import find, require
from .layout import Filter, Layout, at_most, marked
from .precursors import read_precursors, runs_of
from .proteins import ProteinTable
from .text import TextTable

NAME = "openswath"
TITLE = "OpenSWATH report"


def recognises(header: Sequence[str]) -> str:
    """Evidence that a header is OpenSWATH's, or an empty text."""
    told = [
        find(header, *names)
        for names in (("transition_group_id",), ("m_score",), ("FullPeptideName",), ("filename",))
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
        table, TITLE, ("filename",), ("ProteinName",), ("FullPeptideName",), ("Charge",), ("Intensity",)
    )
    rank = find(header, "peak_group_rank")
    return Layout(
        NAME,
        run,
        protein,
        (sequence, charge),
        intensity,
        peptide=find(header, "Sequence"),
        q_value=find(header, "m_score"),
        filters=(
            *marked(header, "decoy"),
            *at_most(header, "m_score"),
            *((Filter(rank, f"with {rank} above 1", 1),) if rank else ()),
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
