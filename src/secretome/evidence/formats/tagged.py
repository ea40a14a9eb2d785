"""Text of tagged lines: a tag, its value, and the lines that continue it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from secretome.evidence.records import Part

# Words that open a part of a structured abstract in one run of text.
_LABELS = (
    "abstract|aims?|approach|availability|background|case presentation|clinical relevance|conclusions?|context|data sources"
    "|design|discussion|findings|funding|hypothesis|importance|interpretation|interventions?|introduction|limitations?"
    "|main outcome measures?|main results|materials|materials and methods|measurements?|methodology|methods|methods and results"
    "|motivation|objectives?|outcomes?|participants|patients|patients and methods|purpose|rationale|results|scope|setting"
    "|significance|study design|subjects|summary|supplementary information|trial registration|unlabelled|contact"
)
_ONE = f"(?:{_LABELS})"
_LABEL = re.compile(
    rf"(?:(?<=\A)|(?<=[.?!)\]] )|(?<=[.?!)\]]  ))({_ONE}(?:(?:, | ?/ ?| & | and ){_ONE})*): ", re.IGNORECASE
)


@dataclass(frozen=True)
class Tagged:
    """One tagged value with the line where it stands, counted from 1."""

    tag: str
    value: str
    line: int


def values(tagged: Sequence[Tagged], *tags: str) -> tuple[str, ...]:
    """Non-empty values of these tags, in the order of the file."""
    return tuple(entry.value for entry in tagged if entry.tag in tags and entry.value)


def first(tagged: Sequence[Tagged], *tags: str) -> str:
    """The value of the first of these tags that has one."""
    for tag in tags:
        found = values(tagged, tag)
        if found:
            return found[0]
    return ""


def rest(tagged: Iterable[Tagged], known: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Tags and values that no field of a record holds."""
    for entry in tagged:
        if entry.tag not in known and entry.value:
            yield entry.tag, entry.value


def labelled(text: str) -> tuple[Part, ...]:
    """An abstract in one run as its parts; only labels in capitals or before a colon at a sentence start.

    Examples
    --------
    >>> [part.label for part in labelled("BACKGROUND: One. RESULTS: Two: three.")]
    ['BACKGROUND', 'RESULTS']
    """
    if not text:
        return ()
    found = [match for match in _LABEL.finditer(text) if match[1][0].isupper()]
    if not found:
        return (Part(text),)
    parts = [Part(text[: found[0].start()].strip())] if found[0].start() else []
    ends = [match.start() for match in found[1:]] + [len(text)]
    parts += [Part(text[m.end() : end].strip(), m[1]) for m, end in zip(found, ends, strict=True)]
    return tuple(part for part in parts if part.text or part.label)
