"""What a word of a fact stands for: a node, a drug and its target, a knock-out, a read-out of an assay."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from secretome.errors import InvalidModel
from secretome.knowledge import table

from .network import Model

Action = Literal["hold", "block", "give"]

_GREEK = str.maketrans({"α": "a", "β": "b", "γ": "g", "δ": "d", "κ": "k", "ω": "w"})
_BLOCKED = (
    (
        r"^(?:anti|si|sh|knock-?(?:out|down)(?: of)?|ko|kd|neutrali[sz](?:e|ed|ing|ation of)|block(?:ing|ed|ade of)?|"
        r"inhibit(?:ion of|ed|ing)?|deplet(?:e|ed|ion of)|silenc(?:e|ed|ing of)|without|no)[ _:-]+(?P<what>.+)$"
    ),
    r"^(?:si|sh)(?=[A-Z0-9]{3,}$)(?P<what>.+)$",
    (
        r"^(?P<what>.+?)[ _-]*(?:-/-|knock-?(?:out|down)|[ _-]ko|[ _-]kd|[ _-]null|[ _-]deficient|inhibitor|antagonist|"
        r"(?:neutrali[sz]ing |blocking )?antibody|[ _-]mab|[ _-]ab|blockade|neutrali[sz]ation|blocker|sirna|shrna|inhibition)$"
    ),
)
_GIVEN = (
    r"^(?:rh|rm|recombinant(?: human| mouse)?|exogenous|add(?:ed|ing|ition of)?|overexpress(?:ion of|ed|ing)?|oe)[ _:-]+(?P<what>.+)$",
    r"^(?:rh|rm)(?=[A-Z])(?P<what>.+)$",
    r"^(?P<what>.+?)[ _-]*(?:[ _-]oe|overexpression|agonist|activator|supplementation|treatment|transgene|[ _-]tg)$",
)
_READOUT = (
    r"(?i)[ _-]+(?:mrna|protein|secretion|production|release|levels?|expression|concentration|phosphorylation|"
    r"activity|activation|abundance|transcript|gene expression|number|index|rate)$"
)
_LEVELS: Mapping[str, float] = MappingProxyType(
    {
        **dict.fromkeys(("on", "high", "added", "given", "present", "yes", "true", "saturating", "+"), 1.0),
        **dict.fromkeys(("off", "absent", "none", "no", "false", "ko", "kd", "knockout", "knock-out"), 0.0),
        **dict.fromkeys(("blocked", "neutralised", "neutralized", "inhibited", "depleted", "-"), 0.0),
    }
)


class UnknownWord(InvalidModel):
    """A word that names nothing in a network: use one of those offered, or leave the fact unanswered."""


@dataclass(frozen=True)
class Meaning:
    """What a word does to a network.

    Parameters
    ----------
    nodes
        Nodes that it acts on.
    action
        `hold` at the level given, `block` (1 takes them away) or `give` (1 saturates them).
    """

    nodes: tuple[str, ...]
    action: Action = "hold"


def meaning(word: str, model: Model) -> Meaning:
    """What a word of a perturbation stands for.

    Parameters
    ----------
    word
        Node, gene symbol, common name, drug, or one of those with a word of what was done to it.
    model
        The network.

    Raises
    ------
    UnknownWord
        If nothing is known of the word, with near misses.

    Examples
    --------
    >>> from secretome.mechanism.network import model
    >>> meaning("TGF-β2", model("follicle")), meaning("anti-HGF", model("follicle")).action
    (Meaning(nodes=('TGFB2',), action='hold'), 'block')
    >>> meaning("tofacitinib", model("follicle"))
    Meaning(nodes=('JAK_STAT',), action='block')
    """
    found = _understood(word.strip(), model)
    if found is not None:
        return found
    raise UnknownWord(_no_node(word, model))


def readout(word: str, model: Model) -> str:
    """The node that a read-out stands for.

    Raises
    ------
    UnknownWord
        If there is none, or the word is a drug.

    Examples
    --------
    >>> from secretome.mechanism.network import model
    >>> readout("VEGF mRNA", model("follicle")), readout("phagocytic index", model("clearance"))
    ('VEGF', 'Efferocytosis')
    """
    tried = word.strip()
    for _ in range(3):
        found = _plain(tried, model)
        if found is not None and found.action == "hold":
            return found.nodes[0]
        shorter = re.sub(_READOUT, "", re.sub(r"(?i)^(?:phospho-?|p-)(?=\w)", "", tried))
        if shorter == tried:
            break
        tried = shorter
    raise UnknownWord(_no_node(word, model))


def level(text: str) -> float:
    """A level from 0 (absent) to 1 (saturating): a number, a percentage, or a plain word.

    Raises
    ------
    InvalidModel
        If it is neither, or outside [0, 1].

    Examples
    --------
    >>> level("0.3"), level("50%"), level("knock-out")
    (0.3, 0.5, 0.0)
    """
    word = text.strip().lower()
    if word in _LEVELS:
        return _LEVELS[word]
    try:
        number = float(word[:-1]) / 100 if word.endswith("%") else float(word)
    except ValueError:
        number = float("nan")
    if not 0 <= number <= 1:
        raise InvalidModel(f"{text!r}: a level from 0 (absent) to 1 (saturating) was expected")
    return number


def _understood(word: str, model: Model) -> Meaning | None:
    exact = _exact(word, model)
    if exact is not None:
        return exact
    done: tuple[tuple[tuple[str, ...], Action], ...] = ((_BLOCKED, "block"), (_GIVEN, "give"))
    for patterns, action in done:
        for pattern in patterns:
            # the short prefixes (siTNF, rhHGF) count only before capitals
            match = re.match(pattern, word, 0 if "(?=" in pattern else re.IGNORECASE)
            inner = _understood(match["what"].strip(), model) if match else None
            if inner is not None and inner.action in ("hold", action):
                return Meaning(inner.nodes, action)
    return _squeezed(model).get(_squeeze(word))


def _plain(word: str, model: Model) -> Meaning | None:
    return _exact(word, model) or _squeezed(model).get(_squeeze(word))


def _exact(word: str, model: Model) -> Meaning | None:
    name = model.words.get(word.strip().lower())
    return Meaning((name,)) if name is not None else _agents(model.name).get(word.strip().lower())


def _squeeze(word: str) -> str:
    return re.sub(r"[\s_\-/().,:]", "", word.lower().translate(_GREEK))


@lru_cache(maxsize=8)
def _agents(name: str) -> Mapping[str, Meaning]:
    rows = table("network_agents").frame
    return MappingProxyType(
        {
            str(row["agent"]).lower(): Meaning(tuple(str(row["nodes"]).split(";")), row["action"])
            for row in rows[rows["model"] == name].to_dict("records")
        }
    )


def _squeezed(model: Model) -> Mapping[str, Meaning]:
    """Spellings without blanks, hyphens and Greek letters; names before agents."""
    agents = {_squeeze(word): known for word, known in _agents(model.name).items()}
    names = {_squeeze(word): Meaning((node,)) for word, node in model.words.items()}
    return {**agents, **names}


def _no_node(word: str, model: Model) -> str:
    known = [
        *(node.name for node in model.nodes),
        *(alias for node in model.nodes for alias in node.aliases),
        *_agents(model.name),
    ]
    close = get_close_matches(word, known, n=3, cutoff=0.6)
    return f"{model.name} has no node {word!r}" + (f"; did you mean {' or '.join(close)}?" if close else "")
