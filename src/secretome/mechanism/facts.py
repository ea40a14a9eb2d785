"""Facts of the literature: two conditions, one readout, and which way it went."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from secretome.errors import InvalidInput, InvalidModel, Problem, UnreadableFile, near_misses

from .network import CONTEXTS, Model
from .vocabulary import Meaning, UnknownWord, level, meaning, readout

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
EXPECTED: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(("increase", "increased", "up", "+", "+1", "1", "higher"), 1),
        **dict.fromkeys(("decrease", "decreased", "down", "-", "-1", "lower"), -1),
        **dict.fromkeys(("nochange", "unchanged", "none", "0", "="), 0),
    }
)
NEEDED = ("perturb", "reference", "readout", "expected")
_NOTHING = ("", "control", "basal", "baseline", "vehicle", "none", "untreated", "wt", "wildtype", "wild type")
_MEDIUM_WORDS = frozenset({"mscconditionedmedium", "conditionedmedium", "msccm", "cm", "adsccm", "asccm", "bmsccm", "ucmsccm", "mscsecretome", "secretome", "msccmtreatment"})  # fmt: skip


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
    reason
        Why the network cannot answer it; empty where it can.
    """

    id: str
    perturb: Condition
    reference: Condition
    readout: str
    expected: int
    citation: str = ""
    verified: bool = False
    reason: str = ""


def read_facts(path: Path, model: Model) -> tuple[Fact, ...]:
    """The facts in a file of the layout of `fig1_perturbations.tsv`.

    Parameters
    ----------
    path
        Tab- or comma-separated; columns perturb, reference, readout, expected; id, citation and verified
        optional, any other left alone.
    model
        The network whose names the facts use; gene symbols, common names, drugs and words such as
        `anti-HGF` or `EP4 antagonist` are accepted.

    Returns
    -------
    The facts in their order. One that names something the network does not have carries a `reason`.

    Raises
    ------
    UnreadableFile
        If the file cannot be opened or lacks a column.
    InvalidInput
        If a level or expectation cannot be read or an id comes twice; every row that is, at once.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{path}: {error}") from error
    lines = [line for line in text.splitlines() if line.strip()]
    tabs = not lines or "\t" in lines[0]
    rows = list(
        csv.DictReader(
            lines, delimiter="\t" if tabs else ",", quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL
        )
    )
    header = tuple(rows[0]) if rows else ()
    lost = [name for name in NEEDED if name not in header]
    if lost:
        raise UnreadableFile(
            f"{path}: no column {', '.join(lost)} in {', '.join(map(str, header)) or 'an empty file'}; "
            f"tab-separated columns {', '.join(('id', *NEEDED))} are expected"
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
    blocked: dict[str, float] = {}
    contexts = CONTEXTS[model.name]
    whole = (text or "").strip()
    for part in (
        [] if whole.lower() in _NOTHING else (piece.strip() for piece in re.split(r";|,(?=[^,;]*=)", whole))
    ):
        if not part:
            continue
        word, equals, value = (piece.strip() for piece in part.partition("="))
        if word in contexts:
            if value not in contexts[word]:
                raise InvalidModel(f"{word}={value!r}{near_misses(value, contexts[word])}")
            context[word] = value
        elif _is_medium(word):
            medium = level(value) if equals else 1.0
        elif model.name == "clearance" and word == "source" and value in ("helped", "dying"):
            levels["MSC_apoptosis"] = float(value == "dying")
        else:
            known = meaning(word, model)
            if known.action == "hold" and not (equals and value):
                raise InvalidModel(f"{part!r} is no NODE=level")
            _act(known, level(value) if equals else 1.0, model, levels, blocked)
    return Condition({**levels, **blocked}, context, medium)


def _is_medium(word: str) -> bool:
    return re.sub(r"[\s_\-]", "", word.lower()) in _MEDIUM_WORDS


def _act(
    known: Meaning, size: float, model: Model, levels: dict[str, float], blocked: dict[str, float]
) -> None:
    """Levels of the nodes that a word acts on; what is blocked stays blocked whatever is added."""
    for name in known.nodes:
        if known.action == "hold":
            levels[name] = size
        elif known.action == "give" and size > 0:
            levels[name] = max(size, levels.get(name, 0.0))
        elif known.action == "block" and size > 0:
            blocked[name] = (1 - size) * model.nodes[model.index[name]].basal


def clamps(condition: Condition, model: Model, read: str = "") -> Array:
    """Level of every node under a condition, NaN where it is free; shape (n,).

    The macro `MSC_CM` holds its factors at basal + 0.6 (on) or basal (off); a factor that is named, or read
    out, is left alone.
    """
    levels = np.full(len(model.nodes), np.nan)
    if condition.medium is not None:
        for name in MEDIUM[model.name]:
            if name != read:
                at = model.index[name]
                levels[at] = model.nodes[at].basal + MEDIUM_RISE * condition.medium
    for name, value in condition.levels.items():
        levels[model.index[name]] = value
    return levels


def _fact(
    row: Mapping[str, str], number: int, file: str, model: Model, problems: list[Problem]
) -> Fact | None:
    def complain(column: str, found: str, expected: str, action: str = "Mend it.") -> None:
        problems.append(Problem(file, found, expected, action, row=number, column=column))

    conditions: dict[str, Condition] = {}
    unknown: list[str] = []
    for column in ("perturb", "reference"):
        try:
            conditions[column] = parse_condition(row[column] or "", model)
        except UnknownWord as error:
            unknown.append(str(error))
        except InvalidModel as error:
            complain(column, str(error), f"nodes and contexts of the model {model.name}")
    named = ""
    try:
        named = readout(row["readout"] or "", model)
    except UnknownWord as error:
        unknown.append(str(error))
    sign = EXPECTED.get(
        re.sub(r"[\s_\-]", "", (row["expected"] or "").lower()) or (row["expected"] or "").strip()
    )
    if sign is None:
        complain("expected", f"{row['expected']!r}", "Increase, Decrease or NoChange")
    if sign is None or (len(conditions) < 2 and not unknown):
        return None
    nothing = Condition()
    return Fact(
        id=(row.get("id") or "").strip() or f"row {number}",
        perturb=nothing if unknown else conditions["perturb"],
        reference=nothing if unknown else conditions["reference"],
        readout=(row["readout"] or "").strip() if unknown else named,
        expected=sign,
        citation=(row.get("citation") or "").strip(),
        verified=(row.get("verified") or "").strip() == "page",
        reason="; ".join(unknown),
    )
