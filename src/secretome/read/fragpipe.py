"""FragPipe `combined_protein.tsv`: one row a protein, several quantities a sample; 0 is missing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from secretome.errors import InvalidInput, Problem
from secretome.plan import AssayPlan

from .proteins import ProteinTable, doubled, features_frame, linear_values, species
from .proteins import texts as first_column
from .text import TextTable

NAME = "fragpipe"
TITLE = "FragPipe combined_protein.tsv"
# written once as "<sample> MaxLFQ remove Intensity" in a published table: a word is a remark
_QUANTITY = re.compile(r"^(?P<sample>.+?) (?P<kind>MaxLFQ )?(?P<remark>\w+ )?Intensity$")
# older tables and TMT ones write which peptides were summed
_SUMS = ("Razor", "Total", "Unique")
# columns over all samples, named as if they were one
_OVERALL = ("Summarized", "Combined")
_COUNTS = (" Spectral Count", " Unique Spectral Count", " Total Spectral Count")
_EXPORT = "the raw combined_protein.tsv"
_ACCESSION = ("Protein ID", "Protein.ID")


def recognises(header: Sequence[str]) -> str:
    """Evidence that a header is FragPipe's, or an empty text."""
    quantities = [name for name in header if name.endswith(" Intensity")]
    if not quantities or not any(name in header for name in _ACCESSION):
        return ""
    return f"{len(quantities)} columns end in ' Intensity' beside 'Protein ID'"


def read(table: TextTable, plan: AssayPlan, samples: Sequence[str] = ()) -> ProteinTable:  # noqa: ARG001 - every reader takes the same
    """Proteins of a FragPipe table.

    Parameters
    ----------
    table
        The file as text.
    plan
        `quantity` is "MaxLFQ Intensity" (default where present), "Intensity", or "Razor", "Total" or
        "Unique Intensity" as older tables have it.
    samples
        Not needed: the columns name their samples.

    Raises
    ------
    InvalidInput
        If the quantity is absent, an accession is doubled, or a number column holds text or
        negative values; all at once.
    """
    problems: list[Problem] = []
    accession = next(name for name in _ACCESSION if name in table.header)
    columns = _quantity_columns(table.header)
    quantity = plan.quantity or _preferred(columns)
    chosen = columns.get(quantity, {})
    if not chosen:
        offered = ", ".join(name for name, found in columns.items() if found)
        problem = Problem(
            table.file, f"no columns '<sample> {quantity}'", f"one of {offered}", "Mend quantity = …."
        )
        raise InvalidInput([problem])
    names = [name.strip() for name in table.column(accession)]
    problems += doubled(table.file, names, table.lines, "protein")
    values = linear_values(
        table, [column for column, _ in chosen.values()], problems, zero="missing", export=_EXPORT
    )
    layers = {}
    for layer, kind in (("intensity", "Intensity"), ("spectral_count", "Total Spectral Count")):
        found = [columns[kind].get(sample, ("", ""))[0] for sample in chosen]
        if all(found):
            layers[layer] = linear_values(table, found, problems, zero="missing", export=_EXPORT)
    if problems:
        raise InvalidInput(problems)
    notes = {sample: f"its column is named {remark!r}" for sample, (_, remark) in chosen.items() if remark}
    return ProteinTable(
        features_frame(names, _features(table, names)),
        tuple(chosen),
        values,
        NAME,
        quantity,
        "intensity",
        layers=layers,
        notes=notes,
    )


def measurements(table: TextTable) -> tuple[str, ...]:
    """Samples that the columns name, in file order."""
    columns = _quantity_columns(table.header)
    return tuple(columns[_preferred(columns)])


def _preferred(columns: dict[str, dict[str, tuple[str, str]]]) -> str:
    return next((name for name in _PREFERENCE if columns[name]), "Intensity")


_PREFERENCE = ("MaxLFQ Intensity", "Intensity", *(f"{word} Intensity" for word in _SUMS))


def _quantity_columns(header: Sequence[str]) -> dict[str, dict[str, tuple[str, str]]]:
    """Quantity -> sample -> (column, remark); a remark is a word between quantity and unit."""
    found: dict[str, dict[str, tuple[str, str]]] = {
        name: {} for name in (*_PREFERENCE, "Total Spectral Count")
    }
    for name in header:
        if name.startswith(tuple(f"{word} " for word in _OVERALL)):
            continue
        if name.endswith(" Total Spectral Count"):
            found["Total Spectral Count"][name.removesuffix(" Total Spectral Count")] = (name, "")
        match = _QUANTITY.match(name)
        if match is None:
            continue
        sample, remark = match["sample"], (match["remark"] or "").strip()
        if match["kind"]:
            found["MaxLFQ Intensity"][sample] = (name, remark)
        elif remark in _SUMS:
            found[f"{remark} Intensity"][sample] = (name, "")
        elif remark:
            # without "MaxLFQ" a middle word belongs to the sample's own name
            found["Intensity"][f"{sample} {remark}"] = (name, "")
        else:
            found["Intensity"][sample] = (name, "")
    return found


def _features(table: TextTable, names: list[str]) -> dict[str, list]:  # type: ignore[type-arg]
    def texts(*columns: str) -> list[str]:
        return first_column(table, columns)

    protein = texts("Protein")
    others = texts("Indistinguishable Proteins")
    groups = [
        ";".join(dict.fromkeys([name, *(_accession(entry) for entry in other.split(",") if entry.strip())]))
        for name, other in zip(names, others, strict=True)
    ]
    entry_names = texts("Entry Name")
    return {
        "gene": [gene.split(";")[0].split(",")[0].strip() for gene in texts("Gene", "Gene Names")],
        "entry_name": [
            entry or (name if name.count("_") == 1 else "")
            for entry, name in zip(entry_names, names, strict=True)
        ],
        "organism": [species(organism) for organism in texts("Organism")],
        "description": texts("Description"),
        "protein_group": groups,
        "tagged_contaminant": [entry.startswith("contam_") for entry in protein],
        "peptides": [
            int(count) if count.isdigit() else 0
            for count in texts("Combined Total Peptides", "Unique Stripped Peptides")
        ],
    }


def _accession(entry: str) -> str:
    """`sp|P0DPI2|GAL3A_HUMAN` -> `P0DPI2`."""
    parts = entry.strip().split("|")
    return parts[1] if len(parts) > 2 else parts[0]
