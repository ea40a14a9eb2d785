"""What every protein reader returns, and how it becomes an assay."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from anndata import AnnData
from numpy.typing import NDArray

from secretome.errors import Problem, near_misses
from secretome.plan import AssayPlan
from secretome.study import Assay, State
from secretome.units import Scale

from .accessions import description_fields, headers, identifier, members
from .text import TextTable, numbers
from .transformed import UNTREATED, Transformed


@dataclass(frozen=True)
class ProteinTable:
    """Proteins by measurements, as a search engine reported them.

    Parameters
    ----------
    features
        A row per protein (group): index = leading accession, columns gene, entry_name,
        organism, description, protein_group, tagged_contaminant, only_by_site, peptides.
    measurements
        Names of the runs or samples, in file order.
    values
        (n proteins, m measurements), on `scale`; NaN where there is no number.
    zeros
        (n, m) bool: the file says 0 and means a measured zero.
    layers
        Further quantities of the same shape: `intensity`, `spectral_count`.
    notes
        Measurement to a remark that its column carries.
    format, quantity, unit
        How the file was read.
    unused
        Columns of numbers that belong to no sample of the sheet.
    precursors
        What the proteins were made of, where the file says it: columns sample (a measurement),
        protein (index of `features`), precursor, intensity, q_value, n (rows of the file joined).
    remarks
        Doubts about the file and what was left out of it, in words.
    transformed
        Signs of earlier treatment, set when the study is gathered.
    replaced
        (n, m) bool: the file says that a number was filled in; such a value is NaN here.
    """

    features: pd.DataFrame
    measurements: tuple[str, ...]
    values: NDArray[np.float64]
    format: str
    quantity: str
    unit: str
    scale: Scale = "linear"
    zeros: NDArray[np.bool_] | None = None
    layers: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    precursors: pd.DataFrame | None = None
    remarks: tuple[str, ...] = ()
    transformed: Transformed = UNTREATED
    replaced: NDArray[np.bool_] | None = None


FEATURE_COLUMNS: Mapping[str, object] = {
    "gene": "",
    "entry_name": "",
    "organism": "",
    "description": "",
    "protein_group": "",
    "tagged_contaminant": False,
    "only_by_site": False,
    "peptides": 0,
}


def features_frame(accessions: list[str], columns: Mapping[str, list]) -> pd.DataFrame:  # type: ignore[type-arg]
    """The feature table of a ProteinTable; columns that a format lacks get their empty value."""
    frame = pd.DataFrame(index=pd.Index(accessions, dtype=object))
    for name, empty in FEATURE_COLUMNS.items():
        frame[name] = columns.get(name, [empty] * len(accessions))
    return frame


def doubled(table_file: str, names: list[str], lines: tuple[int, ...], what: str) -> list[Problem]:
    """One problem for each name that stands in more than one row."""
    seen: dict[str, int] = {}
    problems = []
    for name, line in zip(names, lines, strict=True):
        if name in seen:
            found = f"{what} {name!r} stands in row {seen[name]} already"
            problems.append(
                Problem(table_file, found, f"each {what} once", "Delete or rename one row.", line)
            )
        else:
            seen[name] = line
    return problems


def linear_values(
    table: TextTable,
    columns: Sequence[str],
    problems: list[Problem],
    *,
    zero: str = "",
    export: str = "the search engine's own protein table",
) -> NDArray[np.float64]:
    """Linear intensities (rows, columns); NaN where there is none.

    Parameters
    ----------
    table, columns
        Where the numbers stand.
    problems
        Text, negative and infinite values are added with their place, and zeros when nobody said
        what they mean.
    zero
        "missing" when the format writes 0 for not detected; "measured" keeps it; "" asks.
    export
        What to ask for when the table was changed before it came.
    """
    values = numbers(table, columns, problems, expected="a linear intensity")
    for row, column in np.argwhere((values < 0) | np.isinf(values))[:20]:
        value = values[row, column]
        problems.append(
            Problem(
                table.file,
                f"{'negative' if value < 0 else 'infinite'} value {value:g}",
                "a linear intensity",
                f"Is the table already log2 or centred? Ask for {export}.",
                table.lines[row],
                columns[column],
            )
        )
    zeros = values == 0
    if zeros.any() and not zero:
        row, column = np.argwhere(zeros)[0]
        problems.append(
            Problem(
                table.file,
                f"{int(zeros.sum()):,} values are 0, the first here",
                "to know whether 0 means missing or measured",
                'Write zero = "missing" or zero = "measured" in this [[assay]].',
                table.lines[row],
                columns[column],
            )
        )
    if zero != "measured":
        values[zeros] = np.nan
    values[~np.isfinite(values)] = np.nan
    return values


def texts(table: TextTable, names: Sequence[str]) -> list[str]:
    """The first of these columns that is there, stripped; empty texts when none is."""
    found = next((name for name in names if name in table.header), None)
    return [""] * len(table.rows) if found is None else [cell.strip() for cell in table.column(found)]


def counts(table: TextTable, names: Sequence[str]) -> list[int]:
    """The first of these columns as whole numbers; 0 where there is none."""
    return [int(float(cell)) if _COUNT.fullmatch(cell) else 0 for cell in texts(table, names)]


_COUNT = re.compile(r"\d+(\.0+)?")


def group_features(
    groups: Sequence[str],
    *,
    separator: str = ";",
    fasta: Sequence[str] = (),
    genes: Sequence[str] = (),
    descriptions: Sequence[str] = (),
) -> dict[str, list]:  # type: ignore[type-arg]
    """Leading accession (key "accession") and features of protein groups, from what the file says.

    Parameters
    ----------
    groups
        Identifiers of each group, leading one first, as the search engine wrote them.
    separator
        What stands between identifiers.
    fasta
        UniProt headers of each group, joined by semicolons, where the file has them.
    genes, descriptions
        Columns of the file; a header's own facts go first.
    """
    columns: dict[str, list] = {  # type: ignore[type-arg]
        name: []
        for name in ("accession", "gene", "entry_name", "organism", "description", "protein_group", "tagged_contaminant")
    }  # fmt: skip
    taken: set[str] = set()
    for position, group in enumerate(groups):
        entries = members(group, separator) or [""]
        # decoys that share a group with proteins are no members of it
        entries = [entry for entry in entries if not identifier(entry).decoy] or entries
        lead = identifier(entries[0])
        header = headers(fasta[position]).get(lead.accession) if fasta else None
        fields = description_fields(descriptions[position]) if descriptions else {"text": ""}
        named = [gene.strip() for gene in genes[position].split(";") if gene.strip()] if genes else []
        # the prefix stays only where the same accession is there without it
        name = entries[0] if lead.contaminant and lead.accession in taken else lead.accession
        taken.add(name)
        columns["accession"].append(name)
        columns["gene"].append((header.gene if header else "") or fields.get("GN", "") or (named or [""])[0])
        columns["entry_name"].append(lead.entry_name or (header.entry_name if header else ""))
        organism = (header.organism if header else "") or fields.get("OS", "") or lead.organism
        columns["organism"].append(species(organism))
        columns["description"].append((header.description if header else "") or fields["text"])
        columns["protein_group"].append(";".join(_member(entry) for entry in entries))
        columns["tagged_contaminant"].append(lead.contaminant)
    return columns


def _member(entry: str) -> str:
    """`sp|P0DPI2|GAL3A_HUMAN` -> `P0DPI2`; a contaminant keeps its prefix."""
    parsed = identifier(entry)
    return f"CON__{parsed.accession}" if parsed.contaminant else parsed.accession


def without_rows(table: TextTable, dropped: Sequence[bool]) -> TextTable:
    """The table without the rows marked."""
    kept = [position for position, drop in enumerate(dropped) if not drop]
    return replace(
        table,
        rows=tuple(table.rows[position] for position in kept),
        lines=tuple(table.lines[position] for position in kept),
    )


def no_quantity(table: TextTable, wanted: str, offered: Sequence[str]) -> Problem:
    """The problem of a quantity that the file does not hold."""
    listed = ", ".join(offered) or "none of those that this reader knows"
    return Problem(
        table.file,
        f"no columns of {wanted!r}",
        f"a quantity of the file: {listed}",
        f"Mend quantity = … or ask for an export with it{near_misses(wanted, offered)}",
        table.header_line,
    )


def species(organism: str) -> str:
    """A species name without the taxon number that some exports append.

    Examples
    --------
    >>> species("Homo sapiens OX=9606")
    'Homo sapiens'
    """
    return re.sub(r"\s+", " ", re.sub(r"\s*\(.*?\)|\s*(OX|TaxID)\s*=\s*\d+", "", organism)).strip()


def to_assay(table: ProteinTable, plan: AssayPlan) -> Assay:
    """The assay of a protein table: states kept apart, one unit for each protein."""
    values = table.values.T.copy()
    state = np.where(np.isnan(values), State.MISSING, State.VALUE).astype(np.int8)
    if table.zeros is not None:
        state[table.zeros.T] = State.MEASURED_ZERO
    if table.replaced is not None:
        values[table.replaced.T] = np.nan
        state[table.replaced.T] = State.MISSING
    obs = pd.DataFrame(
        {
            "sample": list(table.measurements),
            "note": [table.notes.get(name, "") for name in table.measurements],
        },
        index=pd.Index(table.measurements, dtype=object),
    )
    var = table.features.assign(unit=table.unit)
    data = AnnData(values, obs=obs, var=var)
    data.layers["state"] = state
    for name, layer in table.layers.items():
        data.layers[name] = layer.T.copy()
    imputed = "" if table.replaced is not None or plan.imputed == "no" else table.transformed.imputed
    return Assay(plan.name, plan.kind, plan.material, data, _precursors(table, data), table.scale, imputed)


def _precursors(table: ProteinTable, data: AnnData) -> pd.DataFrame | None:
    """The tidy precursors, with the gene of each protein."""
    if table.precursors is None:
        return None
    rows = table.precursors.copy()
    genes = data.var["gene"].reindex(rows["protein"].cat.categories).to_numpy()
    unique, codes = np.unique(genes.astype(str), return_inverse=True)
    gene = pd.Categorical.from_codes(codes[rows["protein"].cat.codes.to_numpy()], unique)
    rows.insert(2, "gene", gene)
    return rows
