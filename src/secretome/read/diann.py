"""DIA-NN main report, TSV or Parquet: a row for each precursor and run."""

from __future__ import annotations

from collections.abc import Sequence

from secretome.plan import AssayPlan

from .columns import find, require
from .layout import Layout, at_most, marked
from .precursors import read_precursors, runs_of
from .proteins import ProteinTable
from .text import TextTable

NAME = "diann"
TITLE = "DIA-NN main report"


def recognises(header: Sequence[str]) -> str:
    """Evidence that a header is DIA-NN's, or an empty text."""
    told = [find(header, name) for name in ("Protein.Group", "Precursor.Quantity", "Q.Value")]
    run = find(header, "Run", "File.Name")
    return f"it has the columns {', '.join(told)} and {run}" if all(told) and run else ""


def layout(table: TextTable) -> Layout:
    """Where the report keeps its parts; versions differ in what they write.

    Raises
    ------
    InvalidInput
        If a column that is needed is absent.
    """
    header = table.header
    run, protein, sequence, charge = require(
        table, TITLE, ("Run", "File.Name"), ("Protein.Group",), ("Modified.Sequence",), ("Precursor.Charge",)
    )
    (intensity,) = require(table, TITLE, ("Precursor.Normalised", "Precursor.Quantity"))
    identifier, file = find(header, "Precursor.Id"), find(header, "File.Name")
    return Layout(
        NAME,
        run,
        protein,
        (identifier,) if identifier else (sequence, charge),
        intensity,
        quantities=_quantities(header),
        other_run=file if file != run else "",
        # in some exports Stripped.Sequence holds the precursor's name, so letters are taken from
        # the modified sequence, which is always one
        peptide="" if not identifier else find(header, "Stripped.Sequence"),
        q_value=find(header, "Q.Value"),
        gene=find(header, "Genes"),
        entry_name=find(header, "Protein.Names"),
        description=find(header, "First.Protein.Description"),
        filters=(
            *marked(header, "Decoy"),
            *at_most(header, "Q.Value", "PG.Q.Value", "Global.PG.Q.Value"),
        ),
    )


def read(table: TextTable, plan: AssayPlan, samples: Sequence[str] = ()) -> ProteinTable:
    """Proteins and precursors; see `precursors.read_precursors`.

    `quantity` is "PG.MaxLFQ" (default where present), "PG.Normalised", "PG.Quantity",
    "maxlfq" or "sum".
    """
    return read_precursors(table, layout(table), plan, samples)


def measurements(table: TextTable) -> tuple[str, ...]:
    """Runs in file order."""
    return runs_of(table, layout(table))


def _quantities(header: Sequence[str]) -> dict[str, str]:
    found = {name: find(header, name) for name in ("PG.MaxLFQ", "PG.TopN", "PG.Normalised", "PG.Quantity")}
    if not found["PG.MaxLFQ"]:
        # older versions: their normalised quantity is a top-3 sum, so precursors are rolled up
        found = {"maxlfq": "", **found}
    return {name: column for name, column in found.items() if column or name == "maxlfq"}
