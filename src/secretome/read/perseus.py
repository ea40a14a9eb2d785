"""Perseus matrix: annotation rows `#!{Type}`, or the prefixes `T:`, `N:` and `C:`; often log2."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from secretome.errors import InvalidInput, Problem
from secretome.plan import AssayPlan

from .proteins import (
    ProteinTable,
    counts,
    doubled,
    features_frame,
    group_features,
    linear_values,
    texts,
    without_rows,
)
from .text import MISSING_WORDS, TextTable, numbers
from .transformed import scale_of

NAME = "perseus"
TITLE = "Perseus matrix"
_PREFIX = re.compile(r"^[TNCEM]: ")
_ANNOTATION = re.compile(r"^#!\{(?P<kind>Type|[CN]:(?P<name>[^}]*))\}")
_IDENTIFIERS = ("Majority protein IDs", "Protein IDs", "Protein.Group", "Accession", "Gene names")


def recognises(header: Sequence[str]) -> str:
    """Evidence that a header has the column prefixes of Perseus, or an empty text."""
    found = [name for name in header if name.startswith("T: ")]
    return f"columns are called {found[0]!r} and the like" if found and _identifier(header) else ""


def recognises_table(table: TextTable) -> str:
    """Evidence that a table has annotation rows of Perseus, or an empty text."""
    rows = [row for row in table.rows[:50] if _ANNOTATION.match(row[0])]
    return f"{len(rows)} annotation rows begin with '#!{{'" if rows else ""


def read(table: TextTable, plan: AssayPlan, samples: Sequence[str] = ()) -> ProteinTable:
    """Proteins of a Perseus matrix.

    Parameters
    ----------
    table
        The file as text, with its annotation rows among the first rows.
    plan
        `unit` where the numbers alone do not tell log2 from linear; `zero` where zeros stand
        among the values.
    samples
        Names of the sample sheet; without annotation rows they say which columns are samples.

    Returns
    -------
    The main columns (type E). Categorical annotations become notes of the measurements.

    Raises
    ------
    InvalidInput
        With every problem of the file.
    """
    types, notes, body = _annotations(table)
    identifier = _identifier(table.header)
    names = _main_columns(table, types, samples)
    problems = _table_problems(table, identifier, names)
    if problems or identifier is None:
        raise InvalidInput(problems)
    features = _features(body, identifier)
    accessions = features.pop("accession")
    problems += doubled(body.file, accessions, body.lines, "leading protein")
    unit = plan.unit or _told_unit(body, names, plan, problems)
    values = _values(body, names, unit, plan, problems)
    if problems:
        raise InvalidInput(problems)
    return ProteinTable(
        features_frame(accessions, features),
        tuple(names),
        values,
        NAME,
        "main columns",
        unit,
        scale="log2" if unit == "log2 intensity" else "linear",
        notes={name: notes[name] for name in names if notes.get(name)},
    )


def measurements(table: TextTable) -> tuple[str, ...]:
    """The main columns, in file order."""
    types, _, _ = _annotations(table)
    return tuple(_main_columns(table, types, ()))


def _annotations(table: TextTable) -> tuple[dict[str, str], dict[str, str], TextTable]:
    """Column -> type, column -> its groups in words, and the table without annotation rows."""
    types: dict[str, str] = {}
    notes: dict[str, str] = {}
    annotation = [_ANNOTATION.match(row[0]) for row in table.rows]
    for row, match in zip(table.rows, annotation, strict=True):
        if match is None:
            continue
        cells = (row[0][match.end() :], *row[1:])
        for name, cell in zip(table.header, cells, strict=True):
            if match["kind"] == "Type":
                types[name] = cell.strip()
            elif cell.strip():
                text = f"{match['name']} = {' '.join(cell.split())}"
                notes[name] = f"{notes[name]}; {text}" if name in notes else text
    return types, notes, without_rows(table, [match is not None for match in annotation])


def _bare(name: str) -> str:
    return _PREFIX.sub("", name)


def _identifier(header: Sequence[str]) -> str | None:
    bare = {_bare(name).replace(".", " ").lower(): name for name in reversed(header)}
    wanted = (name.replace(".", " ").lower() for name in _IDENTIFIERS)
    return next((bare[name] for name in wanted if name in bare), None)


def _main_columns(table: TextTable, types: dict[str, str], samples: Sequence[str]) -> list[str]:
    if types:
        main = [name for name in table.header if types.get(name) == "E"]
    else:
        main = [name for name in table.header if name and not _PREFIX.match(name)]
        # without types the columns of tests and means look like samples
        if samples:
            main = [name for name in main if name in samples]
        else:
            main = [name for name in main if is_sample_column(table, name)]
    wanted = set(samples)
    return [name for name in main if name in wanted] or main


# results of tests and facts of proteins that stand beside the samples in many exports
_NO_SAMPLE = re.compile(
    r"p.?val|q.?val|fdr|signific|difference|statistic|log10|t-test|anova|peptide|coverage|weight|length"
    r"|spectra|score|probability|ms/ms|^id$|^#",
    re.IGNORECASE,
)


def is_sample_column(table: TextTable, name: str) -> bool:
    """Whether a column holds numbers and is not named like the result of a test or a fact of proteins."""
    return not _NO_SAMPLE.search(name) and is_number_column(table, name)


def is_number_column(table: TextTable, name: str) -> bool:
    """Whether the first cells of a column are numbers or say that there is none."""
    cells = [cell.strip() for cell in table.column(name)[:200]]
    filled = [cell for cell in cells if cell.lower() not in MISSING_WORDS]
    return bool(filled) and all(_is_number(cell) for cell in filled)


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


def _table_problems(table: TextTable, identifier: str | None, names: list[str]) -> list[Problem]:
    problems = []
    if identifier is None:
        expected = ", ".join(repr(name) for name in _IDENTIFIERS)
        problems.append(
            Problem(
                table.file, "no column of identifiers", f"one of {expected}", "Export it with the matrix."
            )
        )
    if not names:
        problems.append(
            Problem(
                table.file,
                "no main column is named after a sample of the sheet",
                "one column a sample",
                f"Columns are: {', '.join(table.header[:12])}",
            )
        )
    return problems


def _told_unit(table: TextTable, names: list[str], plan: AssayPlan, problems: list[Problem]) -> str:
    """The unit that the values allow; when they allow both, a problem that asks."""
    scale, evidence = scale_of(numbers(table, names, []))
    if scale == "unclear":
        problems.append(
            Problem(
                table.file,
                f"values that may be log2 or linear ({evidence or 'none is a number'})",
                "a unit",
                f'Write unit = "log2 intensity" or unit = "intensity" in the [[assay]] named {plan.name!r}.',
            )
        )
    return "log2 intensity" if scale == "log2" else "intensity"


def _values(
    table: TextTable, names: list[str], unit: str, plan: AssayPlan, problems: list[Problem]
) -> NDArray[np.float64]:
    if unit != "log2 intensity":
        return linear_values(table, names, problems, zero=plan.zero or "", export="the untreated matrix")
    values = numbers(table, names, problems, expected="a log2 intensity")
    problems += log2_zeros(table, values, names, plan)
    if plan.zero == "missing":
        values[values == 0] = np.nan
    values[~np.isfinite(values)] = np.nan
    return values


def log2_zeros(
    table: TextTable, values: NDArray[np.float64], names: Sequence[str], plan: AssayPlan
) -> list[Problem]:
    """The problem of zeros that stand far from all other log2 values, unless `zero` explains them."""
    zeros = values == 0
    others = np.abs(values[~zeros & np.isfinite(values)])
    if plan.zero or not others.size or zeros.sum() <= 0.01 * values.size or np.percentile(others, 1) < 5:
        return []
    row, column = np.argwhere(zeros)[0]
    return [
        Problem(
            table.file,
            f"{int(zeros.sum()):,} values are exactly 0 among log2 values near {np.median(others):.3g}, the first here",
            "to know whether 0 means missing or measured",
            f'Write zero = "missing" or zero = "measured" in the [[assay]] named {plan.name!r}.',
            table.lines[row],
            names[column],
        )
    ]


def _features(table: TextTable, identifier: str) -> dict[str, list]:  # type: ignore[type-arg]
    prefixed = {_bare(name).replace(".", " ").lower(): name for name in reversed(table.header)}

    def named(*wanted: str) -> list[str]:
        return [prefixed[name] for name in wanted if name in prefixed]

    features = group_features(
        table.column(identifier),
        genes=texts(table, named("gene names", "genes", "gene name")),
        fasta=texts(table, named("fasta headers")),
    )
    names = texts(table, named("protein names", "protein descriptions"))
    features["description"] = [own or name for own, name in zip(features["description"], names, strict=True)]
    tagged = texts(table, named("potential contaminant"))
    features["tagged_contaminant"] = [
        own or flag == "+" for own, flag in zip(features["tagged_contaminant"], tagged, strict=True)
    ]
    features["only_by_site"] = [flag == "+" for flag in texts(table, named("only identified by site"))]
    features["peptides"] = counts(table, named("razor + unique peptides", "peptides"))
    return features
