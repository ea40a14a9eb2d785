"""Which measurement belongs to which sample: technical replicates and fractions of a sheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from secretome.errors import InvalidInput, Problem, near_misses
from secretome.plan import SamplesPlan

from .sheet import impossible_amounts, read_sheet
from .text import TextTable

# columns of a sheet that belong to one measurement, beside all that begin with run_
MEASUREMENT, REPLICATE, FRACTION = "measurement", "replicate", "fraction"


@dataclass(frozen=True)
class Run:
    """One measurement of a sample.

    Parameters
    ----------
    sample
        Row of the sample table.
    names
        What a measurement file may call it; the first is its own name.
    replicate, fraction
        Label of the technical replicate and of the fraction, empty when not given.
    facts
        Further columns of the run (`run_…`).
    line
        Line of the sheet.
    """

    sample: str
    names: tuple[str, ...]
    replicate: str = ""
    fraction: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True)
class Sheet:
    """A sample sheet: its samples, the measurements that it names, and doubts about it.

    Parameters
    ----------
    samples
        As `read_sheet`, a row per sample.
    runs
        Measurements named by the sheet; without a column for them, one a sample.
    notes
        Doubts that a reader must see.
    original
        The sheet as it was when it is an SDRF: `row`, `position`, `column`, `value`; else None.
    """

    samples: pd.DataFrame
    runs: tuple[Run, ...]
    notes: tuple[str, ...] = ()
    original: pd.DataFrame | None = None

    def run(self, measurement: str) -> Run | None:
        """The run that a measurement file calls so; None when no or more than one may be meant.

        A search engine that has combined the runs of a sample names its column after the
        sample: such a measurement has neither replicate nor fraction.
        """
        found = [run for run in self.runs if measurement in run.names]
        if len(found) == 1:
            return found[0]
        if not found and measurement in self.samples.index:
            return Run(measurement, (measurement,))
        return None

    def names(self) -> tuple[str, ...]:
        """Everything that a measurement file may call a run or a sample, without doubles."""
        counted = Counter(name for run in self.runs for name in run.names)
        runs = [name for name, count in counted.items() if count == 1]
        return tuple(dict.fromkeys([*runs, *(str(name) for name in self.samples.index)]))


def sheet_of(table: TextTable, plan: SamplesPlan) -> Sheet:
    """A sheet whose rows are samples or, when it has a column `measurement`, measurements.

    Parameters
    ----------
    table
        The sheet as text.
    plan
        As for `read_sheet`.

    Raises
    ------
    InvalidInput
        As `read_sheet`; besides measurements that are named twice, and columns that differ
        between the rows of one sample.
    """
    names = {plan.rename.get(column, column): column for column in table.header}
    if MEASUREMENT not in names:
        samples = read_sheet(table, plan)
        named = tuple(Run(str(name), (str(name),)) for name in samples.index)
        return Sheet(samples, named, (*table.remarks, *impossible_amounts(table, plan)))
    own = {column for name, column in names.items() if _is_of_run(name)}
    problems = _measurement_problems(table, names[MEASUREMENT])
    reduced = one_row_a_sample(table, plan.id, own, problems)
    rename = {old: new for old, new in plan.rename.items() if old not in own}
    samples = read_sheet(
        reduced, SamplesPlan(plan.file, plan.id, plan.sheet, plan.donor_of, rename, plan.set)
    )
    cells = {name: [_clean(cell) for cell in table.column(column)] for name, column in names.items() if name}
    runs = tuple(
        Run(
            cells[plan.rename.get(plan.id, plan.id)][row],
            (cells[MEASUREMENT][row],),
            cells.get(REPLICATE, [""] * len(table.rows))[row],
            cells.get(FRACTION, [""] * len(table.rows))[row],
            {name: values[row] for name, values in cells.items() if name.startswith("run_")},
            line,
        )
        for row, line in enumerate(table.lines)
    )
    doubts = (*fraction_notes(table.file, runs), *impossible_amounts(table, plan))
    return Sheet(samples, runs, (*table.remarks, *doubts))


def one_row_a_sample(
    table: TextTable, identifier: str, own: Iterable[str], problems: list[Problem], *, advice: str = ""
) -> TextTable:
    """The table with the first row of each sample, without the columns of single runs.

    Parameters
    ----------
    identifier
        Column that names the sample.
    own
        Columns of single runs.
    problems
        Faults found so far; raised with those found here.
    advice
        What to do when a column differs within a sample.

    Raises
    ------
    InvalidInput
        If the identifier is missing, or a column differs between the rows of a sample.
    """
    if identifier not in table.header:
        action = f"Mend id in [samples]{near_misses(identifier, table.header)}"
        problems.append(
            Problem(table.file, f"no column {identifier!r}", "the column of sample names", action)
        )
        raise InvalidInput(problems)
    dropped = set(own) - {identifier}
    kept = [position for position, name in enumerate(table.header) if name not in dropped]
    first: dict[str, int] = {}
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    identity = table.header.index(identifier)
    for row, line in zip(table.rows, table.lines, strict=True):
        name = _clean(row[identity])
        if name not in first:
            first[name] = len(rows)
            rows.append(row)
            lines.append(line)
            continue
        seen = first[name]
        problems += [
            Problem(
                table.file,
                f"{_clean(row[p])!r} for sample {name!r}, but {_clean(rows[seen][p])!r} in row {lines[seen]}",
                "one value for all rows of a sample",
                advice or "Mend the cell; a column of single measurements is called run_….",
                line,
                table.header[p],
            )
            for p in kept
            if _clean(row[p]) != _clean(rows[seen][p])
        ]
    if problems:
        raise InvalidInput(problems)
    return TextTable(
        table.file,
        tuple(table.header[p] for p in kept),
        tuple(tuple(row[p] for p in kept) for row in rows),
        tuple(lines),
        table.dialect,
    )


def fraction_notes(file: str, runs: Sequence[Run]) -> tuple[str, ...]:
    """Sentences on samples whose fractions are not those of the other samples."""
    fractions: dict[tuple[str, str], set[str]] = {}
    for run in runs:
        if run.fraction:
            fractions.setdefault((run.sample, run.replicate), set()).add(run.fraction)
    usual = Counter(frozenset(found) for found in fractions.values())
    if len(usual) <= 1:
        return ()
    expected = max(usual, key=lambda found: (usual[found], len(found)))
    odd = [f"{s} ({', '.join(sorted(f))})" for (s, _), f in fractions.items() if f != expected]
    listed = "; ".join(odd[:8]) + (" …" if len(odd) > 8 else "")
    text = f"{file}: fractions are {', '.join(sorted(expected))} for most samples, but not for {listed}"
    return (f"{text}: their sums over fractions are not comparable",)


def _is_of_run(name: str) -> bool:
    return name in {MEASUREMENT, REPLICATE, FRACTION} or name.startswith("run_")


def _measurement_problems(table: TextTable, column: str) -> list[Problem]:
    seen: dict[str, int] = {}
    problems = []
    for cell, line in zip(table.column(column), table.lines, strict=True):
        name = _clean(cell)
        if not name:
            problems.append(
                Problem(table.file, "no measurement name", "a name", "Fill the cell.", line, column)
            )
        elif name in seen:
            found = f"measurement {name!r} stands in row {seen[name]} already"
            problems.append(
                Problem(table.file, found, "each measurement once", "Delete or rename one row.", line, column)
            )
        seen.setdefault(name, line)
    return problems


def _clean(cell: str) -> str:
    return " ".join(cell.split())
