"""Any protein table: an identifier column and one number column a sample, with a declared unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from secretome.errors import InvalidInput, Problem
from secretome.plan import AssayPlan
from secretome.units import UNITS

from .perseus import is_number_column, is_sample_column, log2_zeros
from .proteins import ProteinTable, doubled, features_frame, group_features, species
from .text import TextTable, numbers

NAME = "table"
TITLE = "any table of proteins by samples"

_IDENTIFIERS = (
    "majority protein ids", "majority.protein.ids", "protein id", "protein ids", "protein.id", "protein.ids", "proteinid", "accession",
    "uniprot", "uniprot id", "uniprot accession", "protein accession", "protein group", "protein.group", "protein",
    "leading protein", "entry", "id",
)  # fmt: skip
_GENES = ("gene", "genes", "gene name", "gene names", "gene.names", "gene symbol", "hgnc", "symbol")
_ORGANISMS = ("organism", "species")
_DESCRIPTIONS = ("description", "protein name", "protein names", "protein.names", "protein description")


def recognises(header: Sequence[str]) -> str:
    """Evidence that a header is a table of proteins, or an empty text."""
    found = _first(header, _IDENTIFIERS) or _first(header, _GENES)
    return f"it has an identifier column {found!r}" if found else ""


def read(table: TextTable, plan: AssayPlan, samples: Sequence[str] = ()) -> ProteinTable:
    """Proteins of a generic table.

    Parameters
    ----------
    table
        The file as text.
    plan
        `unit` is required; `zero` is required when the values hold zeros; `quantity` is what
        the sample columns carry beside the sample's name ("LFQ intensity {sample}" or a suffix).
    samples
        Names of the sample sheet; columns are matched to them. Without a sheet every column
        of numbers is a sample.

    Raises
    ------
    InvalidInput
        With every problem of the file.
    """
    identifier = _first(table.header, _IDENTIFIERS) or _first(table.header, _GENES)
    problems = _plan_problems(table, plan, identifier)
    columns = _sample_columns(table, samples, plan.quantity or "")
    if not columns:
        found = "no column of numbers" if not samples else "no column named after a sample of the sheet"
        problems.append(
            Problem(table.file, found, "one column a sample", f"Columns are: {', '.join(table.header[:12])}")
        )
    if problems:
        raise InvalidInput(problems)
    features = _features(table, str(identifier))
    names = features.pop("accession")
    problems += [
        Problem(table.file, "no identifier", "a protein accession", "Fill the cell.", line, identifier)
        for name, line in zip(names, table.lines, strict=True)
        if not name
    ]
    remarks: tuple[str, ...] = ()
    if str(identifier).lower() in _GENES:
        names, remarks = _numbered(table, names, problems)
    problems += doubled(table.file, [name for name in names if name], _lines(table, names), "protein")
    values = numbers(table, list(columns.values()), problems)
    log2 = plan.unit == "log2 intensity"
    problems += _value_problems(table, plan, values, list(columns.values()), log2)
    if problems:
        raise InvalidInput(problems)
    if log2 and plan.zero == "missing":
        values[values == 0] = np.nan
    values[~np.isfinite(values)] = np.nan
    zeros = None
    if not log2:
        zeros = (values == 0) & (plan.zero == "measured")
        values[values == 0] = np.nan
    return ProteinTable(
        features_frame(names, features),
        tuple(columns),
        values,
        NAME,
        plan.quantity or "values as given",
        str(plan.unit),
        scale="log2" if log2 else "linear",
        zeros=zeros,
        unused=tuple(name for name in _number_columns(table) if name not in set(columns.values())),
        remarks=remarks,
    )


def measurements(table: TextTable) -> tuple[str, ...]:
    """Every column that holds numbers only, for drafting a sample sheet."""
    return tuple(_sample_columns(table, (), ""))


def _first(header: Sequence[str], wanted: Sequence[str]) -> str | None:
    lower = {name.lower(): name for name in reversed(header)}
    return next((lower[name] for name in wanted if name in lower), None)


def _lines(table: TextTable, names: list[str]) -> tuple[int, ...]:
    return tuple(line for name, line in zip(names, table.lines, strict=True) if name)


def _plan_problems(table: TextTable, plan: AssayPlan, identifier: str | None) -> list[Problem]:
    problems = []
    if identifier is None:
        action = (
            f"Rename the column of accessions to 'Protein ID'. Columns are: {', '.join(table.header[:12])}"
        )
        problems.append(
            Problem(table.file, "no identifier column", "'Protein ID', 'Accession' or 'Gene'", action, 1)
        )
    if plan.unit is None:
        problems.append(
            Problem(
                table.file,
                "no unit for the values",
                f"one of {', '.join(UNITS)}",
                f'Write unit = "intensity" (or "log2 intensity") in the [[assay]] named {plan.name!r}.',
            )
        )
    return problems


def _sample_columns(table: TextTable, samples: Sequence[str], affix: str) -> dict[str, str]:
    """Sample -> column."""
    if samples:
        wanted = {sample: _affixed(sample, affix) for sample in samples}
        return {sample: column for sample, column in wanted.items() if column in table.header}
    found = [name for name in _number_columns(table) if is_sample_column(table, name)]
    return dict(zip(found, found, strict=True))


def _number_columns(table: TextTable) -> list[str]:
    skipped = {_first(table.header, group) for group in (_IDENTIFIERS, _GENES, _ORGANISMS, _DESCRIPTIONS)}
    return [name for name in table.header if name and name not in skipped and is_number_column(table, name)]


def _numbered(
    table: TextTable, names: list[str], problems: list[Problem]
) -> tuple[list[str], tuple[str, ...]]:
    """Genes made unique by a number: a gene may stand for several proteins, an accession may not."""
    seen: dict[str, int] = {}
    first: dict[tuple[str, ...], int] = {}
    unique = []
    for name, row, line in zip(names, table.rows, table.lines, strict=True):
        if name and row in first:
            found = f"the row of {name!r} repeats row {first[row]}"
            problems.append(Problem(table.file, found, "each row once", "Delete one row.", line))
        first.setdefault(row, line)
        seen[name] = seen.get(name, 0) + 1
        unique.append(f"{name} ({seen[name]})" if name and seen[name] > 1 else name)
    again = sorted(name for name, count in seen.items() if name and count > 1)
    if not again:
        return unique, ()
    listed = ", ".join(again[:8]) + (" …" if len(again) > 8 else "")
    return unique, (f"{table.file}: genes that stand in several rows were kept apart by a number: {listed}",)


def _affixed(sample: str, affix: str) -> str:
    if not affix:
        return sample
    return affix.replace("{sample}", sample) if "{sample}" in affix else f"{sample} {affix}"


def _value_problems(
    table: TextTable, plan: AssayPlan, values: np.ndarray, columns: list[str], log2: bool
) -> list[Problem]:
    if log2:
        return log2_zeros(table, values, columns, plan)
    problems = [
        Problem(
            table.file,
            f"negative value {values[row, column]:g}",
            f"a value in {plan.unit}",
            'If the table is already log2, write unit = "log2 intensity".',
            table.lines[row],
            columns[column],
        )
        for row, column in np.argwhere(values < 0)[:20]
    ]
    zeros = int((values == 0).sum())
    if zeros and plan.zero is None:
        problems.append(
            Problem(
                table.file,
                f"{zeros:,} values are 0",
                "to know whether 0 means missing or measured",
                f'Write zero = "missing" or zero = "measured" in the [[assay]] named {plan.name!r}.',
            )
        )
    return problems


def _features(table: TextTable, identifier: str) -> dict[str, list]:  # type: ignore[type-arg]
    """Leading accession and features; an identifier of genes stays as it stands."""
    columns = {
        name: _first(table.header, wanted)
        for name, wanted in (("gene", _GENES), ("organism", _ORGANISMS), ("description", _DESCRIPTIONS))
    }
    cells = {
        name: [cell.strip() for cell in table.column(column)]
        for name, column in columns.items()
        if column is not None
    }
    features = group_features(
        table.column(identifier), genes=cells.get("gene", []), descriptions=cells.get("description", [])
    )
    if "organism" in cells:
        features["organism"] = [species(cell) for cell in cells["organism"]]
    return features
