"""MaxQuant `proteinGroups.txt`: decoys counted and left out, contaminants tagged, 0 is missing."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from secretome.errors import InvalidInput, Problem
from secretome.plan import AssayPlan

from .accessions import identifier, members
from .proteins import (
    ProteinTable,
    counts,
    doubled,
    features_frame,
    group_features,
    linear_values,
    no_quantity,
    texts,
    without_rows,
)
from .text import TextTable, numbers

NAME = "maxquant"
TITLE = "MaxQuant proteinGroups.txt"

# in the order of preference; R replaces every blank by a dot
_QUANTITIES = (
    "LFQ intensity",
    "Intensity",
    "iBAQ",
    "Reporter intensity corrected",
    "Reporter intensity",
)
# one column of peptide numbers that looks like a sample of iBAQ; labels that look like samples
_NO_SAMPLE = frozenset({"peptides"})
_LABELS = ("ratio h l", "ratio m l", "ratio h m")


def recognises(header: Sequence[str]) -> str:
    """Evidence that a header is MaxQuant's, or an empty text."""
    known = {_plain(name) for name in header}
    if not known & {"protein ids", "majority protein ids"}:
        return ""
    if not known & {"reverse", "only identified by site", "razor unique peptides"}:
        return ""
    columns = _columns(header)
    found = next((name for name in _QUANTITIES if columns[name]), "")
    if not found:
        return ""
    return f"{len(columns[found])} columns begin with {found!r} beside 'Majority protein IDs'"


def read(table: TextTable, plan: AssayPlan, samples: Sequence[str] = ()) -> ProteinTable:  # noqa: ARG001 - every reader takes the same
    """Proteins of a MaxQuant table.

    Parameters
    ----------
    table
        The file as text.
    plan
        `quantity` is "LFQ intensity" (default where present), "Intensity", "iBAQ" or one of the
        reporter intensities.
    samples
        Not needed: the columns name their samples.

    Returns
    -------
    Groups without decoys. `intensity` and `spectral_count` are layers where the file has them.

    Raises
    ------
    InvalidInput
        If the quantity is absent, the table is SILAC labelled, a leading accession is doubled, or
        a number column holds text or negative values; all at once.
    """
    if any(_plain(name).startswith(_LABELS) for name in table.header):
        problem = Problem(
            table.file,
            "ratios of labelled peptides (SILAC)",
            "a label-free or reporter-ion table",
            "Labels are not read yet; export the intensities of each label as a plain table.",
            table.header_line,
        )
        raise InvalidInput([problem])
    decoy = _decoys(table)
    kept = without_rows(table, decoy)
    columns = _columns(table.header)
    offered = [name for name in _QUANTITIES if columns[name]]
    quantity = plan.quantity or (offered or [_QUANTITIES[0]])[0]
    chosen = columns.get(quantity, {})
    if not chosen:
        raise InvalidInput([no_quantity(table, quantity, offered)])
    problems = _shifted(table)
    features = _features(kept)
    names = features.pop("accession")
    problems += doubled(kept.file, names, kept.lines, "leading protein")
    values = linear_values(
        kept, list(chosen.values()), problems, zero="missing", export="the unchanged proteinGroups.txt"
    )
    layers = _layers(kept, list(chosen), columns, problems)
    if problems:
        raise InvalidInput(problems)
    return ProteinTable(
        features_frame(names, features),
        tuple(chosen),
        values,
        NAME,
        quantity,
        "intensity",
        layers=layers,
        remarks=_remarks(kept, decoy, features),
    )


def measurements(table: TextTable) -> tuple[str, ...]:
    """Samples that the columns name, in file order."""
    columns = _columns(table.header)
    return next((tuple(columns[name]) for name in _QUANTITIES if columns[name]), ())


def _plain(name: str) -> str:
    """`Majority.protein.IDs` and `Majority protein IDs` -> `majority protein ids`."""
    return re.sub(r"[^a-z0-9]+", " ", name.lower()).strip()


def _named(header: Sequence[str], *wanted: str) -> list[str]:
    return [name for word in wanted for name in header if _plain(name) == word]


def _columns(header: Sequence[str]) -> dict[str, dict[str, str]]:
    """Quantity -> sample -> column."""
    found: dict[str, dict[str, str]] = {name: {} for name in (*_QUANTITIES, "MS/MS count")}
    for column in header:
        for quantity in (*_QUANTITIES, "MS/MS count"):
            pattern = re.sub(r"[ /]", "[ ./]", quantity)
            match = re.fullmatch(rf"{pattern}[ .](?P<sample>.+)", column, re.IGNORECASE)
            if match and match["sample"] not in _NO_SAMPLE:
                if quantity == "Reporter intensity" and _plain(column).startswith("reporter intensity co"):
                    continue
                found[quantity][match["sample"].strip()] = column
    return found


def _decoys(table: TextTable) -> list[bool]:
    """Rows of decoys. A group that decoys share with a protein is none: MaxQuant does not flag it."""
    column = _named(table.header, "reverse")
    if column:
        return [flag == "+" for flag in texts(table, column)]
    groups = texts(table, _named(table.header, "majority protein ids", "protein ids"))
    return [
        bool(entries) and all(identifier(entry).decoy for entry in entries)
        for entries in (members(group) for group in groups)
    ]


def _shifted(table: TextTable) -> list[Problem]:
    """Rows whose cells moved: a flag that is no `+`, an id that is no number."""
    problems = []
    flags = _named(table.header, "only identified by site", "reverse", "potential contaminant")
    for name, allowed in [
        *((flag, r"\+?|NA") for flag in flags),
        *((i, r"\d+") for i in _named(table.header, "id")),
    ]:
        for cell, line in zip(texts(table, [name]), table.lines, strict=True):
            if not re.fullmatch(allowed, cell):
                expected = "a number" if name == "id" else "'+' or nothing"
                action = "Cells of this row have moved; export the table again."
                problems.append(Problem(table.file, repr(cell[:40]), expected, action, line, name))
    return problems


def _features(table: TextTable) -> dict[str, list]:  # type: ignore[type-arg]
    header = table.header
    groups = texts(table, _named(header, "majority protein ids", "protein ids"))
    features = group_features(
        groups,
        fasta=texts(table, _named(header, "fasta headers")),
        genes=texts(table, _named(header, "gene names")),
    )
    given = texts(table, _named(header, "protein names"))
    features["description"] = [own or name for own, name in zip(features["description"], given, strict=True)]
    flag_column = _named(header, "potential contaminant", "contaminant")
    if flag_column:
        # the program's own flag also covers groups in which a contaminant comes second, or leaves them
        features["tagged_contaminant"] = [flag == "+" for flag in texts(table, flag_column)]
    features["only_by_site"] = [
        flag == "+" for flag in texts(table, _named(header, "only identified by site"))
    ]
    features["peptides"] = counts(table, _named(header, "razor unique peptides", "peptides"))
    return features


def _layers(
    table: TextTable, samples: list[str], columns: dict[str, dict[str, str]], problems: list[Problem]
) -> dict[str, NDArray[np.float64]]:
    layers = {}
    for layer, quantity in (("intensity", "Intensity"), ("spectral_count", "MS/MS count")):
        found = [columns[quantity].get(sample, "") for sample in samples]
        if all(found):
            values = numbers(table, found, problems, expected=f"a number of {quantity}")
            values[values == 0] = np.nan
            layers[layer] = values
    return layers


def _remarks(table: TextTable, decoy: list[bool], features: dict[str, list]) -> tuple[str, ...]:  # type: ignore[type-arg]
    remarks = []
    if any(decoy):
        remarks.append(f"{table.file}: {sum(decoy)} decoy groups (Reverse) were counted and left out")
    site = sum(features["only_by_site"])
    if site:
        remarks.append(
            f"{table.file}: {site} groups were identified by a modification site only; flagged, kept"
        )
    tagged = sum(features["tagged_contaminant"])
    if tagged:
        remarks.append(f"{table.file}: {tagged} groups are tagged as potential contaminants; kept")
    return tuple(remarks)
