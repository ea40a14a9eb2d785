"""DIA-NN `pg_matrix` and `gg_matrix`: proteins or genes by runs, whose columns are whole paths."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from secretome.errors import InvalidInput, Problem
from secretome.plan import AssayPlan

from .columns import find
from .groups import is_entry_name, organism_of, parse_group, unique_names
from .proteins import ProteinTable, doubled, features_frame
from .run_names import resolve_runs
from .text import TextTable, numbers

NAME = "diann_matrix"
TITLE = "DIA-NN pg_matrix or gg_matrix"

_ABOUT = frozenset(
    {
        "Protein.Group", "Protein.Ids", "Protein.Names", "Genes", "First.Protein.Description",
        "N.Sequences", "N.Proteotypic.Sequences",
    }
)  # fmt: skip


def recognises(header: Sequence[str]) -> str:
    """Evidence that a header is a matrix of DIA-NN, or an empty text."""
    runs = _run_columns(header)
    if not runs or find(header, "Q.Value", "Precursor.Charge"):
        return ""
    if header[0] == "Protein.Group" and find(header, "Genes"):
        return f"it begins with Protein.Group and has {len(runs)} columns of runs"
    if header[0] == "Genes" and len(runs) == len(header) - len(_ABOUT & set(header)):
        return f"it begins with Genes and has {len(runs)} columns of runs"
    return ""


def least_fields(header: Sequence[str]) -> int:
    """Fewest fields of a row: what is said about a group; blanks of the last runs may be cut off."""
    return len(header) - len(_run_columns(header)) if recognises(header) else 0


def read(table: TextTable, plan: AssayPlan, samples: Sequence[str] = ()) -> ProteinTable:  # noqa: ARG001 - every reader takes the same
    """Proteins (or genes) of a matrix; blanks are missing, and so is a 0.

    Parameters
    ----------
    table
        The file as text.
    plan
        `quantity` need not be given: the matrix holds one.
    samples
        Names of the sample sheet, which may be paths, file names or names without ending.

    Raises
    ------
    InvalidInput
        If a group is doubled or empty, or a number is text or negative; all at once.
    """
    key = "Protein.Group" if "Protein.Group" in table.header else "Genes"
    problems: list[Problem] = []
    texts = [cell.strip() for cell in table.column(key)]
    problems += [
        Problem(table.file, "no name", "a protein group", "Fill or delete the row.", line, key)
        for text, line in zip(texts, table.lines, strict=True)
        if not text
    ]
    problems += doubled(table.file, texts, table.lines, "group")
    problems += _shifted(table)
    columns = resolve_runs(_run_columns(table.header), samples)
    values = numbers(table, list(columns), problems, expected="a linear intensity")
    problems += [
        Problem(
            table.file,
            f"negative value {values[row, column]:g}",
            "a linear intensity",
            "Is the table already log2? Ask for DIA-NN's own matrix.",
            table.lines[row],
            list(columns)[column],
        )
        for row, column in np.argwhere(values < 0)[:20]
    ]
    counts = _counts(table, problems)
    if problems:
        raise InvalidInput(problems)
    zeros = int((values == 0).sum())
    values[~np.isfinite(values) | (values == 0)] = np.nan
    groups = [parse_group(text) for text in texts]
    names, longer = unique_names(groups, texts)
    remarks = [
        f"{zeros:,} intensities of 0 were read as missing" if zeros else "",
        f"{longer:,} protein groups share their first accession with another and are named by all" if longer else "",
    ]  # fmt: skip
    return ProteinTable(
        features_frame(names, _features(table, key) | {"peptides": counts}),
        tuple(columns.values()),
        values,
        NAME,
        "matrix as written" if key == "Genes" else "PG.MaxLFQ",
        "intensity",
        remarks=tuple(f"{table.file}: {remark}" for remark in remarks if remark),
    )


def measurements(table: TextTable) -> tuple[str, ...]:
    """Runs in file order."""
    return tuple(resolve_runs(_run_columns(table.header), ()).values())


def _shifted(table: TextTable) -> list[Problem]:
    """Rows that ended early because a cell was lost: an intensity then stands where the description should.

    An intensity lost between two others leaves no mark in a table whose blanks were cut off.
    """
    column = "First.Protein.Description"
    if not table.ended_early or column not in table.header:
        return []
    texts = dict(zip(table.lines, table.column(column), strict=True))
    always = all(text.strip() for line, text in texts.items() if line not in table.ended_early)
    return [
        Problem(
            table.file,
            f"the row ends early and its description is {texts[line].strip()!r}"
            if texts[line].strip()
            else "the row ends early and has no description",
            "a description, as in the rows of full length",
            "A cell of the row was lost and the others moved to the left; export the table again.",
            line,
            column,
        )
        for line in sorted(table.ended_early)
        if (not texts[line].strip() and always) or _is_number(texts[line])
    ]


def _counts(table: TextTable, problems: list[Problem]) -> list[int]:
    """Peptides of each group; 0 where the table has no such column or the cell is empty."""
    name = "N.Sequences"
    if name not in table.header:
        return [0] * len(table.rows)
    counts = numbers(table, [name], problems, expected="a number of peptides")[:, 0]
    return [int(count) if np.isfinite(count) else 0 for count in counts]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _run_columns(header: Sequence[str]) -> list[str]:
    return [name for name in header if name and name not in _ABOUT]


def _features(table: TextTable, key: str) -> dict[str, list]:  # type: ignore[type-arg]
    def texts(column: str) -> list[str]:
        if column not in table.header:
            return [""] * len(table.rows)
        return [cell.strip() for cell in table.column(column)]

    groups = [parse_group(text) for text in texts(key)]
    written = [text.split(";")[0] for text in texts("Protein.Names")]
    entry_names = [
        group.entry_name or (name if is_entry_name(name) else "")
        for group, name in zip(groups, written, strict=True)
    ]
    # a FASTA header that is not UniProt's leaves a word of its description in both columns
    genes = [
        "" if name and gene == name and not is_entry_name(name) else gene
        for gene, name in zip(texts("Genes"), written, strict=True)
    ]
    return {
        "gene": genes,
        "entry_name": entry_names,
        "organism": [organism_of(name) for name in entry_names],
        "description": texts("First.Protein.Description"),
        "protein_group": [";".join(group.accessions) for group in groups],
        "tagged_contaminant": [group.contaminant for group in groups],
    }
