"""alphaDIA precursor table: groups are named by entry names, accessions stand beside them."""

from __future__ import annotations

from collections.abc import Sequence

from secretome.plan import AssayPlan

from .columns import find, require
from .layout import Layout, at_most, marked
from .precursors import read_precursors, runs_of
from .proteins import ProteinTable
from .text import TextTable

NAME = "alphadia"
TITLE = "alphaDIA precursor table"


def recognises(header: Sequence[str]) -> str:
    """Evidence that a header is alphaDIA's, or an empty text."""
    told = [
        find(header, *names) for names in (("pg_master",), ("mod_seq_charge_hash",), ("run",), ("intensity",))
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
    run, protein, sequence, mods, sites, charge, intensity = require(
        table, TITLE, ("run",), ("pg",), ("sequence",), ("mods",), ("mod_sites",), ("charge",), ("intensity",)
    )
    names, accessions = find(header, "genes"), find(header, "proteins")
    return Layout(
        NAME,
        run,
        protein,
        (sequence, mods, sites, charge),
        intensity,
        peptide=sequence,
        q_value=find(header, "qval"),
        leading=find(header, "pg_master"),
        parallel=(names, accessions) if names and accessions else (),
        filters=(*marked(header, "decoy"), *at_most(header, "qval", "pg_qval")),
    )


def read(table: TextTable, plan: AssayPlan, samples: Sequence[str] = ()) -> ProteinTable:
    """Proteins and precursors; see `precursors.read_precursors`.

    `quantity` is "maxlfq" (default) or "sum".
    """
    return read_precursors(table, layout(table), plan, samples)


def measurements(table: TextTable) -> tuple[str, ...]:
    """Runs in file order."""
    return runs_of(table, layout(table))
