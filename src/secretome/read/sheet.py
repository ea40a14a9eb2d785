"""The sample sheet: one row a physical sample, standard names, every problem with its row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from secretome.errors import InvalidInput, Problem, near_misses
from secretome.plan import SamplesPlan
from secretome.study import LOADS, MATERIALS

from .text import MISSING_WORDS, TextTable, numbers


@dataclass(frozen=True)
class NumberColumn:
    """A standard column of numbers: its unit in words and the range that makes sense."""

    unit: str
    low: float
    high: float


NUMBER_COLUMNS: Mapping[str, NumberColumn] = {
    "age_years": NumberColumn("years", 0, 120),
    "passage": NumberColumn("passages", 0, 100),
    "cells_at_harvest": NumberColumn("cells", 1, 1e13),
    "volume_ml": NumberColumn("mL", 1e-6, 1e6),
    "hours": NumberColumn("hours", 1e-3, 10_000),
    "concentration_factor": NumberColumn("fold", 1e-3, 1e5),
    "viability_percent": NumberColumn("%", 0, 100),
    "ldh_percent": NumberColumn("%", 0, 100),
    "serum_percent": NumberColumn("%", 0, 100),
    "oxygen_percent": NumberColumn("%", 0, 100),
    "confluence_percent": NumberColumn("%", 0, 100),
    "serum_free_hours": NumberColumn("hours", 0, 10_000),
    "rinses": NumberColumn("rinses", 0, 100),
    "population_doublings": NumberColumn("doublings", 0, 1000),
    "storage_temperature_c": NumberColumn("°C", -273.15, 100),
    "storage_days": NumberColumn("days", 0, 36_500),
    "freeze_thaws": NumberColumn("cycles", 0, 1000),
}
# What amounts are made of: an impossible value is set aside and said, and the amounts of that sample name it
# as missing; everything else of the sample still stands.
AMOUNT_COLUMNS = ("cells_at_harvest", "volume_ml", "hours", "concentration_factor")
CHOICE_COLUMNS: Mapping[str, tuple[str, ...]] = {"material": MATERIALS, "load": LOADS}


def read_sheet(table: TextTable, plan: SamplesPlan) -> pd.DataFrame:
    """The sample table of a sheet.

    Parameters
    ----------
    table
        The sheet as text.
    plan
        Which column names the sample, what is renamed, set and joined into `donor`.

    Returns
    -------
    DataFrame, index "sample", one row a sample; columns with standard names are typed, the
    others are numbers when every cell is one, else text; blanks are None or NaN.

    Raises
    ------
    InvalidInput
        Missing or doubled samples, text in a number column, values outside their range or
        vocabulary, unknown columns in the plan; all at once.
    """
    problems = _plan_problems(table, plan)
    if problems:
        raise InvalidInput(problems)
    names = [cell.strip() for cell in table.column(plan.id)]
    problems += _name_problems(table, plan.id, names)
    frame = pd.DataFrame(index=pd.Index(names, name="sample", dtype=object))
    for column in table.header:
        if column != plan.id and column:
            name = plan.rename.get(column, column)
            frame[name] = _typed(table, column, name, problems)
    for name, value in plan.set.items():
        frame[name] = _set_value(table, name, value, problems)
    if problems:
        raise InvalidInput(problems)
    return _with_donor(frame, plan)


def drop_empty_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The sample table without columns that hold nothing at all."""
    return frame.loc[:, frame.notna().any(axis=0)]


def donor_collisions(samples: pd.DataFrame, plan: SamplesPlan) -> list[str]:
    """Sentences on donor labels that stand under several tissues or origins."""
    label = plan.donor_of[-1] if plan.donor_of else "donor"
    source = "donor_label" if plan.donor_of and "donor_label" in samples else label
    if source not in samples:
        return []
    return [
        sentence
        for factor in dict.fromkeys((*plan.donor_of[:-1], "tissue", "origin"))
        if factor in samples and factor != source
        for sentence in [_collision(samples, source, factor, plan)]
        if sentence
    ]


def _collision(samples: pd.DataFrame, source: str, factor: str, plan: SamplesPlan) -> str:
    kept_apart = factor in plan.donor_of
    identity = samples[source] if kept_apart else samples["donor"] if "donor" in samples else samples[source]
    shared = {
        str(label): sorted(map(str, group.dropna().unique()))
        for label, group in samples[factor].groupby(identity, observed=True)
        if len(set(group.dropna())) > 1
    }
    if not shared:
        return ""
    listed = "; ".join(f"{label} in {', '.join(levels)}" for label, levels in shared.items())
    if kept_apart:
        return f"donor labels used under several values of {factor!r} are kept apart by donor_of: {listed}"
    return (
        f"donors that occur under several values of {factor!r} are taken as the same person: {listed}. "
        f'If the labels were only reused, write donor_of = ["{factor}", "donor"] in [samples]'
    )


def _plan_problems(table: TextTable, plan: SamplesPlan) -> list[Problem]:
    wanted = {"id": [plan.id], "rename": list(plan.rename)}
    problems = []
    for key, columns in wanted.items():
        for column in columns:
            if column not in table.header:
                found = f"[samples] {key} names {column!r}, which the sheet lacks"
                action = f"Mend study.toml or the sheet{near_misses(column, table.header)}"
                problems.append(Problem(table.file, found, "a column of the sheet", action, 1))
    renamed = [plan.rename.get(column, column) for column in table.header]
    for name, count in Counter(renamed).items():
        if count > 1 and name:
            problems.append(
                Problem(
                    table.file,
                    f"{count} columns become {name!r}",
                    "one column for each name",
                    "Mend rename.",
                    1,
                )
            )
    for name in plan.donor_of:
        if name not in renamed and name not in plan.set:
            action = f"Mend donor_of{near_misses(name, renamed)}"
            problems.append(
                Problem(table.file, f"donor_of names {name!r}", "a column after renaming", action)
            )
    return problems


def _name_problems(table: TextTable, column: str, names: list[str]) -> list[Problem]:
    problems = []
    seen: dict[str, int] = {}
    for name, line in zip(names, table.lines, strict=True):
        if not name:
            problems.append(Problem(table.file, "no sample name", "a name", "Fill the cell.", line, column))
        elif name in seen:
            found = f"sample {name!r} stands in row {seen[name]} already"
            problems.append(
                Problem(table.file, found, "each sample once", "Delete or rename one row.", line, column)
            )
        else:
            seen[name] = line
    return problems


def _typed(table: TextTable, column: str, name: str, problems: list[Problem]) -> object:
    if name in NUMBER_COLUMNS:
        return _number_column(table, column, NUMBER_COLUMNS[name], problems, aside=name in AMOUNT_COLUMNS)
    cells = [
        None if cell.strip().lower() in MISSING_WORDS else " ".join(cell.split())
        for cell in table.column(column)
    ]
    if name in CHOICE_COLUMNS:
        allowed = CHOICE_COLUMNS[name]
        for cell, line in zip(cells, table.lines, strict=True):
            if cell is not None and cell not in allowed:
                action = f"Mend the cell{near_misses(cell, allowed)}"
                problems.append(
                    Problem(table.file, repr(cell), f"a {name} that we know", action, line, column)
                )
    if name not in _TEXT_COLUMNS and any(cells) and all(cell is None or _is_number(cell) for cell in cells):
        return np.array([np.nan if cell is None else float(cell) for cell in cells])
    return pd.array(cells, dtype=object)


# labels that look like numbers but are names
_TEXT_COLUMNS = frozenset(
    {
        "donor",
        "tissue",
        "origin",
        "condition",
        "batch",
        "lot",
        "culture",
        "sex",
        "load",
        "material",
        "biological_replicate",
    }
)


def impossible_amounts(table: TextTable, plan: SamplesPlan) -> tuple[str, ...]:
    """A sentence for each cell of cells, volume, hours or concentration factor that was set aside."""
    told = []
    for column in table.header:
        name = plan.rename.get(column, column)
        if name not in AMOUNT_COLUMNS:
            continue
        kind = NUMBER_COLUMNS[name]
        for value, line in zip(numbers(table, [column], [])[:, 0], table.lines, strict=True):
            if not np.isnan(value) and not kind.low <= value <= kind.high:
                told.append(
                    f"{table.file}, row {line}, column {column!r}: {value:g} is no number of {kind.unit} between "
                    f"{kind.low:g} and {kind.high:g}; it was set aside, and no amount is computed with it"
                )
    return tuple(told)


def _number_column(
    table: TextTable, column: str, kind: NumberColumn, problems: list[Problem], *, aside: bool = False
) -> object:
    expected = f"a number of {kind.unit} between {kind.low:g} and {kind.high:g}"
    values = numbers(table, [column], problems, expected=expected)[:, 0]
    for value, line in zip(values, table.lines, strict=True):
        if not np.isnan(value) and not kind.low <= value <= kind.high and not aside:
            problems.append(Problem(table.file, f"{value:g}", expected, "Mend the cell.", line, column))
    if aside:
        with np.errstate(invalid="ignore"):
            return np.where((values >= kind.low) & (values <= kind.high), values, np.nan)
    return values


def _set_value(table: TextTable, name: str, value: object, problems: list[Problem]) -> object:
    allowed = CHOICE_COLUMNS.get(name)
    if allowed is not None and value not in allowed:
        action = f"Mend [samples.set]{near_misses(str(value), allowed)}"
        problems.append(Problem(table.file, f"{name} = {value!r}", f"one of {', '.join(allowed)}", action))
    if name in NUMBER_COLUMNS and not isinstance(value, int | float):
        problems.append(
            Problem(
                table.file,
                f"{name} = {value!r}",
                f"a number of {NUMBER_COLUMNS[name].unit}",
                "Mend [samples.set].",
            )
        )
        return None
    return float(value) if name in NUMBER_COLUMNS and isinstance(value, int | float) else value


def _with_donor(frame: pd.DataFrame, plan: SamplesPlan) -> pd.DataFrame:
    if not plan.donor_of:
        return frame
    parts = frame[list(plan.donor_of)]
    joined = parts.astype(str).agg(":".join, axis=1).where(parts.notna().all(axis=1), None)
    label = plan.donor_of[-1]
    kept = frame.rename(columns={"donor": "donor_label"}) if label == "donor" else frame
    return kept.assign(donor=pd.array(joined.tolist(), dtype=object))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
