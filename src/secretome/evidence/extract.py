"""What a text seems to say, as proposals: each with its quoted span and the rule that found it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from . import lexicon
from .lexicon import Mention
from .participants import total_participants
from .records import Record
from .scan import scan
from .store import Store, now

# Raised when a rule changes what it finds; part of every proposal.
RULES_VERSION = "2"
_CELL_FREE = frozenset(["conditioned medium", "vesicles", "lysate"])
_UP = re.compile(
    r"\b(?:increas|elevat|higher|enhanc|up-?regulat|promot|augment|rich in|enriched|abundan|rais|stimulat|induc|high levels?)\w*",
    re.IGNORECASE,
)
_DOWN = re.compile(
    r"\b(?:decreas|reduc|lower|down-?regulat|suppress|inhibit|attenuat|diminish|declin|abolish|block|low levels?)\w*",
    re.IGNORECASE,
)
_UNCHANGED = re.compile(
    r"\b(?:not|no|without)\b[^.;]{0,30}\b(?:differ|increas|decreas|chang|affect|alter|higher|lower)\w*|\bunchanged\b|\bsimilar\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z(\[])|\n")
_PLACEBO = re.compile(r"placebo|sham|control|comparator|saline|suspension", re.IGNORECASE)


@dataclass(frozen=True)
class Proposal:
    """Something that a rule read in a record; nobody has accepted it.

    Parameters
    ----------
    kind, value
        For example `tissue` and `adipose`; for `factor` the gene, for `direction` gene and up, down or unchanged.
    start, stop, quote
        Span in `text_of(record)` and its words.
    rule
        Name of the rule; negated and compared mentions carry it in the name.
    confidence
        Share of this rule's proposals that were right where it was measured; None where it never was.
    """

    kind: str
    value: str
    start: int
    stop: int
    quote: str
    rule: str
    confidence: float | None = None


# Measured precision of rules, on records held back from their making: docs/6-evidence.md.
MEASURED: dict[str, float] = {
    "participants": 0.92,
    "cell-free product given": 0.95,
    "tissue name": 1.0,
    "factor name": 0.98,
}


def text_of(record: Record) -> str:
    """The text in which spans of proposals count: title, abstract, and a trial's interventions and arms."""
    lines = [record.text]
    if record.trial is not None:
        lines += [
            f"INTERVENTION: {' '.join(filter(None, (i.name, *i.other_names, i.description)))}"
            for i in record.trial.interventions
        ]
        lines += [f"ARM: {arm.label} {arm.description}".strip() for arm in record.trial.arms]
    return "\n".join(lines)


def propose(record: Record) -> tuple[Proposal, ...]:
    """Everything that the rules read in a record, in the order of its text.

    Raises
    ------
    MissingExtra
        If pyahocorasick is not installed.
    """
    text = text_of(record)
    mentions = lexicon.standard().mentions(text)
    found = [_named(mention) for mention in mentions]
    found += _directions(text, mentions)
    found += _numbers(record, text)
    cell_free = cell_free_class(record)
    if cell_free is not None:
        found.append(cell_free)
    found += [
        Proposal(
            "flag",
            f"{f.flag.found}; expected {f.flag.expected}",
            f.start,
            f.stop,
            f.quote,
            f"integrity: {f.flag.check}",
        )
        for f in scan(record, text)
    ]
    return tuple(sorted(found, key=lambda p: (p.start, p.stop, p.kind, p.value)))


def cell_free_class(record: Record) -> Proposal | None:
    """Whether a trial gives a product without cells (medium, vesicles, lysate), alone or with cells.

    Returns
    -------
    A proposal `class` with value `cell-free`, or None when nothing given is one.
    """
    trial = record.trial
    if trial is None or trial.study_type.lower().startswith("observational") or not trial.interventions:
        return None
    text = text_of(record)
    for mention in lexicon.standard().mentions(text):
        if mention.kind != "product" or mention.value not in _CELL_FREE or mention.negated:
            continue
        line_start = text.rfind("\n", 0, mention.start) + 1
        line = text[line_start : text.find("\n", mention.stop) if "\n" in text[mention.stop :] else len(text)]
        given = line.startswith(("INTERVENTION:", "ARM:")) or line_start == 0
        if given and not _made_in(text, mention):
            return _proposal("class", "cell-free", mention, "cell-free product given")
    return None


def _made_in(text: str, mention: Mention) -> bool:
    """A medium that only grew or matured the cells, or a placebo, is no product."""
    before = text[max(mention.start - 60, 0) : mention.start]
    return bool(
        re.search(
            r"\b(?:cultured|grown|differentiated?|expanded|maintained|incubated) (?:in|with|under|using)\b[^.;]*$",
            before,
        )
        or re.search(r"\bplacebo[^.;,]{0,40}$", before, re.IGNORECASE)
    )


def record_proposals(store: Store, work: int, *, time: str = "") -> int:
    """Write the proposals on every record of a work into the store; how many are new.

    The same rules on the same record add nothing.
    """
    added = 0
    extractor = f"{RULES_VERSION}+{lexicon.version()}"
    moment = time or now()
    with store.writing():
        for number, _, _ in store.record_rows(work):
            for proposal in propose(store.record(number)):
                added += bool(
                    store.append(
                        "proposal",
                        {
                            "record_id": number,
                            "kind": proposal.kind,
                            "value": proposal.value,
                            "start": proposal.start,
                            "stop": proposal.stop,
                            "quote": proposal.quote,
                            "confidence": proposal.confidence,
                            "rule": proposal.rule,
                            "extractor": extractor,
                            "time": moment,
                        },
                        once=True,
                    )
                )
    return added


def _named(mention: Mention) -> Proposal:
    rule = f"{mention.kind} name"
    if mention.negated:
        rule += ", negated"
    elif mention.given:
        rule += ", given"
    elif mention.compared:
        rule += ", compared with"
    return _proposal(mention.kind, mention.value, mention, rule)


def _proposal(kind: str, value: str, mention: Mention, rule: str) -> Proposal:
    return Proposal(kind, value, mention.start, mention.stop, mention.quote, rule, MEASURED.get(rule))


def _directions(text: str, mentions: tuple[Mention, ...]) -> list[Proposal]:
    """Up, down or unchanged for each factor, from the nearest such word of its sentence."""
    found = []
    for start, stop in _sentences(text):
        factors = [m for m in mentions if m.kind == "factor" and start <= m.start < stop]
        sentence = text[start:stop]
        if not factors:
            continue
        same = [(m.start() + start, "unchanged") for m in _UNCHANGED.finditer(sentence)]
        words = same or [
            *((m.start() + start, "up") for m in _UP.finditer(sentence)),
            *((m.start() + start, "down") for m in _DOWN.finditer(sentence)),
        ]
        for mention in factors:
            near = [(abs(at - mention.start), way) for at, way in words if abs(at - mention.start) <= 80]
            if near:
                way = min(near)[1]
                found.append(
                    _proposal("direction", f"{mention.value} {way}", mention, "nearest direction word")
                )
    return found


def _sentences(text: str) -> list[tuple[int, int]]:
    cuts = [0, *(m.end() for m in _SENTENCE.finditer(text)), len(text)]
    return list(pairwise(cuts))


def _numbers(record: Record, text: str) -> list[Proposal]:
    if record.trial is not None:
        return []
    count = total_participants(text)
    if count is None:
        return []
    rule = f"participants, {count.rule}"
    return [
        Proposal("n", str(count.n), count.start, count.stop, count.quote, rule, MEASURED.get("participants"))
    ]
