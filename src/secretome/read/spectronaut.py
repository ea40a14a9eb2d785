"""Spectronaut long report: a row for each fragment or precursor and run."""

from __future__ import annotations

from collections.abc import Sequence

from secretome.plan import AssayPlan

from .columns import find, require
from .layout import Filter, Layout, at_most, marked
from .precursors import read_precursors, runs_of
from .proteins import ProteinTable
from .text import TextTable

NAME = "spectronaut"
TITLE = "Spectronaut report (long)"

_SEQUENCES = ("EG.ModifiedSequence", "EG.ModifiedPeptide", "EG.PrecursorId")
_PRECURSOR_QUANTITIES = ("FG.Quantity", "EG.TotalQuantity (Settings)", "FG.MS2Quantity", "FG.MS1Quantity")
_FRAGMENT_QUANTITIES = ("F.NormalizedPeakArea", "F.PeakArea")


def recognises(header: Sequence[str]) -> str:
    """Evidence that a header is a long report of Spectronaut, or an empty text."""
    told = [
        find(header, *names)
        for names in (
            ("PG.ProteinGroups", "PG.ProteinAccessions"),
            ("EG.ModifiedSequence", "EG.ModifiedPeptide", "EG.PrecursorId"),
            ("R.FileName", "R.Condition"),
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
    run, protein, sequence = require(
        table, TITLE, ("R.FileName", "R.Condition"), ("PG.ProteinGroups", "PG.ProteinAccessions"), _SEQUENCES
    )
    (intensity,) = require(table, TITLE, (*_PRECURSOR_QUANTITIES, *_FRAGMENT_QUANTITIES))
    fragments = intensity in {find(header, name) for name in _FRAGMENT_QUANTITIES}
    identifier, quantity = find(header, "EG.PrecursorId"), find(header, "PG.Quantity")
    name = (identifier,) if identifier else (sequence, *require(table, TITLE, ("FG.Charge",)))
    return Layout(
        NAME,
        run,
        protein,
        name,
        intensity,
        # a precursor's own quantity stands in the row of each of its fragments
        join="sum" if fragments else "same",
        quantities={"PG.Quantity": quantity} if quantity else {},
        peptide=find(header, "PEP.StrippedSequence"),
        q_value=find(header, "EG.Qvalue"),
        gene=find(header, "PG.Genes"),
        entry_name=find(header, "PG.ProteinNames"),
        description=find(header, "PG.ProteinDescriptions"),
        filters=(
            *marked(header, "EG.IsDecoy", "EG.IsImputed"),
            *at_most(header, "EG.Qvalue", "PG.Qvalue", "PG.QValue (Run-Wise)"),
            *(_fragment_filters(header) if fragments else ()),
        ),
        notes=() if find(header, "R.FileName") else ("no R.FileName: each R.Condition was taken as one run",),
    )


def read(table: TextTable, plan: AssayPlan, samples: Sequence[str] = ()) -> ProteinTable:
    """Proteins and precursors; see `precursors.read_precursors`.

    `quantity` is "PG.Quantity" (default where present), "maxlfq" or "sum".
    """
    return read_precursors(table, layout(table), plan, samples)


def measurements(table: TextTable) -> tuple[str, ...]:
    """Runs in file order."""
    return runs_of(table, layout(table))


def _fragment_filters(header: Sequence[str]) -> tuple[Filter, ...]:
    loss = find(header, "F.FrgLossType")
    whole = (
        (Filter(loss, f"with another {loss} than noloss", only=frozenset({"noloss", ""})),) if loss else ()
    )
    return (*marked(header, "F.ExcludedFromQuantification"), *whole)
