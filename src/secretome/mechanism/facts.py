"""Facts of the literature: two conditions, one readout, and which way it went."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from secretome.errors import InvalidInput, InvalidModel, Problem, UnreadableFile, near_misses

from .network import CONTEXTS, Model

Array = NDArray[np.float64]
MACRO = "MSC_CM"
# Factors that stand for a whole medium where a fact names no single one (MECHANISM section 3).
MEDIUM: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "clearance": ("PGE2", "TSG6", "IL6", "HGF", "TGFB1", "IDO", "MFGE8", "GAS6"),
        "follicle": ("VEGF", "HGF", "FGF7", "IGF1", "PDGFA_B", "MIF", "IGFBP1"),
    }
)
MEDIUM_RISE = 0.6
EXPECTED: Mapping[str, int] = MappingProxyType({"increase": 1, "decrease": -1, "nochange": 0})
COLUMNS = ("id", "perturb", "reference", "readout", "expected")


@dataclass(frozen=True)
class Condition:
    """Levels at which nodes are held, and the context.

    Parameters
    ----------
    levels
        Node to level in [0, 1].
    context
        Context variable to value.
    medium
        Level of the macro `MSC_CM`, or None where the condition does not name it.
    """

    levels: Mapping[str, float] = field(default_factory=dict)
    context: Mapping[str, str] = field(default_factory=dict)
    medium: float | None = None


@dataclass(frozen=True)
class Fact:
    """One row of a facts file.

    Parameters
    ----------
    expected
        +1 increase, -1 decrease, 0 no change.
    """

    id: str
    perturb: Condition
    reference: Condition
    readout: str
    expected: int
    citation: str = ""
    verified: bool = False


def read_facts(path: Path, model: Model) -> tuple[Fact, ...]:
    """The facts in a file of the layout of `fig1_perturbations.tsv`.

    Parameters
    ----------
    path
        Tab-separated; columns id, perturb, reference, readout, expected; citation and verified optional.
    model
        The network whose names the facts use; aliases such as gene symbols are accepted.

    Raises
    ------
    UnreadableFile
        If the file cannot be opened or lacks a column.
    InvalidInput
        If a node, level, context or expectation is unknown; every row that is, at once.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{path}: {error}") from error
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    header = tuple(rows[0]) if rows else ()
    lost = [name for name in COLUMNS if name not in header]
    if lost:
        raise UnreadableFile(
            f"{path}: no column {', '.join(lost)} in {', '.join(map(str, header)) or 'an empty file'}; "
            f"tab-separated columns {', '.join(COLUMNS)} are expected"
        )
    problems: list[Problem] = []
    facts: list[Fact] = []
    for number, row in enumerate(rows, start=2):
        fact = _fact(row, number, path.name, model, problems)
        if fact is not None:
            facts.append(fact)
    names = [fact.id for fact in facts]
    problems += [
        Problem(path.name, f"id {name!r} twice", "an id of its own for each fact", "Rename one.")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    if problems:
        raise InvalidInput(problems)
    return tuple(facts)


def parse_condition(text: str, model: Model) -> Condition:
    """A condition written as `NODE=level;NODE=level`.

    Raises
    ------
    InvalidModel
        If a node is unknown, a level no number in [0, 1], or a context value unknown.

    Examples
    --------
    >>> from secretome.mechanism.network import model
    >>> parse_condition("VEGFA=1;phase=anagen", model("follicle"))
    Condition(levels={'VEGF': 1.0}, context={'phase': 'anagen'}, medium=None)
    """
    levels: dict[str, float] = {}
    context: dict[str, str] = {}
    medium: float | None = None
    contexts = CONTEXTS[model.name]
    for part in (piece.strip() for piece in (text or "").split(";")):
        if not part:
            continue
        word, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value:
            raise InvalidModel(f"{part!r} is no NODE=level")
        if word in contexts:
            if value not in contexts[word]:
                raise InvalidModel(f"{word}={value!r}{near_misses(value, contexts[word])}")
            context[word] = value
        elif word.upper() == MACRO:
            medium = _level(part, value)
        else:
            levels[model.node(word)] = _level(part, value)
    return Condition(levels, context, medium)


def clamps(condition: Condition, model: Model, readout: str = "") -> Array:
    """Level of every node under a condition, NaN where it is free; shape (n,).

    The macro `MSC_CM` holds its factors at basal + 0.6 (on) or basal (off); a factor that is named, or read
    out, is left alone.
    """
    levels = np.full(len(model.nodes), np.nan)
    if condition.medium is not None:
        for name in MEDIUM[model.name]:
            if name != readout:
                at = model.index[name]
                levels[at] = model.nodes[at].basal + MEDIUM_RISE * condition.medium
    for name, value in condition.levels.items():
        levels[model.index[name]] = value
    return levels


def _level(part: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not 0 <= number <= 1:
        raise InvalidModel(f"{part!r}: a level from 0 (absent) to 1 (saturating) was expected")
    return number


def _fact(
    row: Mapping[str, str], number: int, file: str, model: Model, problems: list[Problem]
) -> Fact | None:
    def complain(column: str, found: str, expected: str, action: str = "Mend it.") -> None:
        problems.append(Problem(file, found, expected, action, row=number, column=column))

    conditions: dict[str, Condition] = {}
    for column in ("perturb", "reference"):
        try:
            conditions[column] = parse_condition(row[column] or "", model)
        except InvalidModel as error:
            complain(column, str(error), f"nodes and contexts of the model {model.name}")
    readout = ""
    try:
        readout = model.node(row["readout"] or "")
    except InvalidModel as error:
        complain("readout", str(error), f"a node of the model {model.name}")
    expected = EXPECTED.get((row["expected"] or "").strip().lower().replace(" ", "").replace("_", ""))
    if expected is None:
        complain("expected", f"{row['expected']!r}", "Increase, Decrease or NoChange")
    if len(conditions) < 2 or not readout or expected is None:
        return None
    return Fact(
        id=row["id"] or f"row {number}",
        perturb=conditions["perturb"],
        reference=conditions["reference"],
        readout=readout,
        expected=expected,
        citation=(row.get("citation") or "").strip(),
        verified=(row.get("verified") or "").strip() == "page",
    )
