"""Levels of factors from a file: every fault of it at once, then inputs of a model."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from secretome.errors import InvalidInput, InvalidModel, Problem, UnitMismatch, UnreadableFile, near_misses
from secretome.units import UNITS, convert

from .inputs import UNDILUTED, Factor, Inputs, brought, half_effects, plausible_high, sources, unmeasured
from .media import LATENT, LATENT_REASON, RANKS_ONLY
from .network import Model

# column, what was found, what was expected, what to do
Complain = Callable[[str, str, str, str], None]

COLUMNS = ("factor", "level", "unit")
FAR_OUTSIDE = 1000.0
# Error of one immunoassay value in log10, our choice: about 25 %.
ASSAY_LOG10_SD = 0.1
_MOLAR = {"pmol/L": 1e-12, "nmol/L": 1e-9, "umol/L": 1e-6, "mmol/L": 1e-3}


def read_levels(path: Path, model: Model) -> Inputs:
    """Inputs of a model from a csv or tsv file of levels.

    Parameters
    ----------
    path
        Columns `factor` (node, gene symbol or common name), `level`, `unit`; `sample` where there are several
        media; `free_fraction` (share that is not bound, where it was measured) and `form` (`active` for
        TGF-beta of active form) where known. A level of 0 was looked for and not found.
    model
        The network.

    Raises
    ------
    UnreadableFile
        If the file cannot be opened or lacks a column.
    InvalidInput
        Every row with an unknown factor, a negative level, a missing or unknown unit, or a level more than 1,000
        times the plausible band.

    Notes
    -----
    A concentration of a factor without a sourced half effect is used relative to the other media only; with one
    medium it counts as not measured, and so does TGF-beta of another form than `active`.
    """
    rows = _rows(path)
    problems: list[Problem] = []
    found: dict[tuple[str, str], float] = {}
    active = {
        model.words.get((row.get("factor") or "").strip().lower(), "")
        for row in rows
        if (row.get("form") or "").strip().lower() == "active"
    }
    for number, row in enumerate(rows, start=2):
        _row(row, number, path.name, model, found, problems)
    if problems:
        raise InvalidInput(problems)
    groups = tuple(dict.fromkeys(group for _, group in found)) or ("medium",)
    known = half_effects(model.name)
    factors = []
    for name in brought(model):
        levels = {group: found[name, group] for group in groups if (name, group) in found}
        factors.append(
            unmeasured(name, groups, LATENT_REASON)
            if levels and name in LATENT and name not in active
            else _factor(name, levels, groups, sourced=name in known)
        )
    kinds = {factor.kind for factor in factors}
    notes = (*((UNDILUTED,) if "absolute" in kinds else ()), *((RANKS_ONLY,) if "relative" in kinds else ()))
    return Inputs(model.name, groups, tuple(factors), notes, sources())


def _factor(name: str, levels: Mapping[str, float], groups: tuple[str, ...], *, sourced: bool) -> Factor:
    if not levels:
        return unmeasured(name, groups, "not in the file")
    seen = [math.log10(level) for level in levels.values() if level > 0]
    if not seen:
        return unmeasured(name, groups, "zero everywhere: give its limit of detection instead")
    if not sourced and len(groups) < 2:
        return unmeasured(
            name, groups, "no half effect with a source that was read: cannot be used for one medium alone"
        )
    level = np.array([math.log10(levels[g]) if levels.get(g, 0.0) > 0 else np.nan for g in groups])
    below = np.array([levels.get(group) == 0.0 for group in groups])
    if not sourced:
        level = level - np.nanmean(level)
    error = np.where(np.isnan(level), 0.0, ASSAY_LOG10_SD)
    return Factor(name, "absolute" if sourced else "relative", level, error, below, "from the file", tuple(int(group in levels) for group in groups))  # fmt: skip


def _row(
    row: Mapping[str, str],
    number: int,
    file: str,
    model: Model,
    found: dict[tuple[str, str], float],
    problems: list[Problem],
) -> None:
    def complain(column: str, what: str, expected: str, action: str) -> None:
        problems.append(Problem(file, what, expected, action, row=number, column=column))

    word = (row.get("factor") or "").strip()
    group = (row.get("sample") or "").strip() or "medium"
    unit = (row.get("unit") or "").strip()
    name = _named(word, model, complain)
    level = _number(row.get("level"), complain)
    pg_ml = None if level is None else _concentration(level, unit, word, name, model, complain)
    if level is None or pg_ml is None:
        return
    free = _free_fraction(row.get("free_fraction") or "", complain)
    high = plausible_high(name) if name else math.nan
    if pg_ml > FAR_OUTSIDE * high:
        complain(
            "level",
            f"{level:g} {unit} of {word}",
            f"not more than {FAR_OUTSIDE:g} times the plausible {high:g} pg/mL",
            "Check the unit.",
        )
    if name and (name, group) in found:
        complain(
            "factor",
            f"{word} twice for {group!r}",
            "one level for each factor and sample",
            "Remove one of the two rows.",
        )
    if name:
        found[name, group] = pg_ml * free


def _free_fraction(text: str, complain: Complain) -> float:
    """Share of a factor that is free; 1 where nothing is stated."""
    if not text.strip():
        return 1.0
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0 < share <= 1:
        complain("free_fraction", f"{text!r}", "a share above 0 and at most 1", "Leave it empty where it is not known.")  # fmt: skip
        return 1.0
    return share


def _pg_ml(level: float, unit: str, name: str, model: Model) -> float:
    if unit in _MOLAR:
        mass = half_effects(model.name).get(name)
        # kynurenine, 208.2 g/mol, is the one factor that is reported in molar units without a half effect
        kilodalton = 0.2082 if name == "KYN" else mass.kilodalton if mass else None
        if kilodalton is None:
            raise UnitMismatch(
                f"{unit!r} of {name or 'this factor'} needs a molecular mass that is not known here"
            )
        return level * _MOLAR[unit] * kilodalton * 1e3 * 1e9
    return float(convert(np.array([level]), unit, "pg/mL")[0])


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{path}: {error}") from error
    lines = text.splitlines()
    delimiter = "\t" if lines and "\t" in lines[0] else ","
    rows = list(csv.DictReader(lines, delimiter=delimiter))
    header = [name.strip() for name in (lines[0].split(delimiter) if lines else [])]
    lost = [name for name in COLUMNS if name not in header]
    if lost:
        raise UnreadableFile(
            f"{path}: no column {', '.join(lost)}; columns factor, level, unit and, for several media, sample are expected"
        )
    return [
        {
            (key or "").strip(): value or ""
            for key, value in row.items()
            if isinstance(value, str) or value is None
        }
        for row in rows
    ]


def _named(word: str, model: Model, complain: Complain) -> str:
    """The node that a factor names; empty, with a complaint, when no medium brings such a node."""
    try:
        name = model.node(word)
    except InvalidModel:
        words = [
            *brought(model),
            *(alias for node in model.nodes if node.in_medium for alias in node.aliases),
        ]
        complain(
            "factor",
            f"unknown factor {word!r}",
            f"a factor of the model {model.name}",
            f"Mend it{near_misses(word, words)}",
        )
        return ""
    if name in brought(model):
        return name
    complain(
        "factor",
        f"{word!r} is no factor that a medium brings",
        f"one of {', '.join(brought(model))}",
        "Use --add to hold a node of the model.",
    )
    return ""


def _number(cell: str | None, complain: Complain) -> float | None:
    try:
        level = float((cell or "").strip())
    except ValueError:
        level = math.nan
    if math.isfinite(level) and level >= 0:
        return level
    complain(
        "level",
        f"{cell!r}",
        "a number of 0 or more",
        "Mend the level; leave the row out where nothing was measured.",
    )
    return None


def _concentration(
    level: float, unit: str, word: str, name: str, model: Model, complain: Complain
) -> float | None:
    """A level in pg/mL; None, with a complaint, when its unit is missing or of another kind."""
    if not unit:
        complain(
            "unit",
            f"no unit for {word!r}",
            "a unit of concentration",
            f"Name one of: {', '.join(UNITS[:12])}.",
        )
        return None
    try:
        return _pg_ml(level, unit, name, model)
    except UnitMismatch as error:
        complain("unit", str(error), "a concentration", "Give pg/mL or ng/mL.")
        return None
