"""AlphaPept `results_proteins.csv`: an unnamed column of groups, `<sample>` and `<sample>_LFQ`."""

from __future__ import annotations

from collections.abc import Sequence

from secretome.errors import InvalidInput, Problem
from secretome.plan import AssayPlan

from .accessions import identifier, members
from .proteins import (
    ProteinTable,
    doubled,
    features_frame,
    group_features,
    linear_values,
    no_quantity,
    without_rows,
)
from .text import TextTable

NAME = "alphapept"
TITLE = "AlphaPept results_proteins.csv"
_FIRST = ("", "Unnamed: 0", "X", "protein", "protein_group")
_SUFFIX = "_LFQ"


def recognises(header: Sequence[str]) -> str:
    """Evidence that a header is AlphaPept's, or an empty text."""
    samples = _samples(header)
    if not samples or header[0] not in _FIRST:
        return ""
    return f"columns {samples[0]!r} and '{samples[0]}{_SUFFIX}' beside an unnamed first column"


def read(table: TextTable, plan: AssayPlan, samples: Sequence[str] = ()) -> ProteinTable:  # noqa: ARG001 - every reader takes the same
    """Proteins of an AlphaPept table.

    Parameters
    ----------
    table
        The file as text; an empty cell is missing.
    plan
        `quantity` is "LFQ" (default) or "Intensity"; `zero` is asked for when a value is 0.
    samples
        Not needed: the columns name their samples.

    Raises
    ------
    InvalidInput
        With every problem of the file.
    """
    names = _samples(table.header)
    quantity = plan.quantity or "LFQ"
    if quantity not in ("LFQ", "Intensity") or not names:
        raise InvalidInput([no_quantity(table, quantity, ("LFQ", "Intensity"))])
    groups = table.column(table.header[0])
    decoy = [
        bool(group.strip()) and all(identifier(entry).decoy for entry in members(group, ","))
        for group in groups
    ]
    kept = without_rows(table, decoy)
    problems: list[Problem] = []
    features = group_features(kept.column(table.header[0]), separator=",")
    accessions = features.pop("accession")
    problems += doubled(kept.file, accessions, kept.lines, "leading protein")
    lfq = [f"{name}{_SUFFIX}" for name in names]
    zero = plan.zero or ""
    intensity = linear_values(kept, names, problems, zero=zero)
    values = linear_values(kept, lfq, problems, zero=zero) if quantity == "LFQ" else intensity
    if problems:
        raise InvalidInput(problems)
    dropped = f"{table.file}: {sum(decoy)} decoy groups (REV__) were counted and left out"
    return ProteinTable(
        features_frame(accessions, features),
        tuple(names),
        values,
        NAME,
        quantity,
        "intensity",
        layers={"intensity": intensity},
        remarks=(dropped,) if any(decoy) else (),
    )


def measurements(table: TextTable) -> tuple[str, ...]:
    """Samples that the columns name, in file order."""
    return tuple(_samples(table.header))


def _samples(header: Sequence[str]) -> list[str]:
    known = set(header)
    return [name for name in header if name and f"{name}{_SUFFIX}" in known]
