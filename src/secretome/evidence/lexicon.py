"""Names found in a text: longest match at word boundaries, spelling variants, other meanings blocked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from secretome import knowledge
from secretome.errors import MissingExtra

# One character for one character, so that spans stay those of the text as written.
_SAME_LENGTH = str.maketrans(
    {
        "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2212": "-", "\u00ad": "-",
        "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\n": " ", "\t": " ", "\u2019": "'", "\u2018": "'",
        "\u00b5": "\u03bc", "\u1d5d": "\u03b2",
    }
)  # fmt: skip
_GREEK = {
    "{alpha}": ("\u03b1", "alpha", "a", "A"),
    "{beta}": ("\u03b2", "beta", "b", "B"),
    "{gamma}": ("\u03b3", "gamma", "g"),
}
_NEGATION = re.compile(
    r"\b(?:no|not|without|lack(?:s|ed|ing)? of|absence of|neither|nor|free of|devoid of|never|cannot|non)\b[^.;:]{0,40}$",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"\b(?:compared (?:with|to)|versus|vs\.?|than|relative to|instead of)\b[^.;:]{0,25}$", re.IGNORECASE
)
_BLOCKED_AFTER = re.compile(
    r"^[ )-]*(?:receptors?|inhibitors?|antagonists?|antibod|neutrali[sz]|knock|siRNA|-/-|(?:super)?family\b|members?\b|tests?\b)",
    re.IGNORECASE,
)
# "NF-IL6" and "nuclear factor interleukin-6" are transcription factors.
_BLOCKED_BEFORE = re.compile(
    r"\b(?:anti|anti-|neutrali[sz]ing|si|sh|nf|nuclear[ -]factor)[ -]?$", re.IGNORECASE
)
# Made outside and added: named all the same, but nothing that these cells secrete.
_GIVEN = re.compile(
    r"(?:\b(?:recombinant|exogenous|pegylated)(?: (?:human|mouse|murine|rat))?[ -]?|rhu?-?)$", re.IGNORECASE
)
_GLUED = re.compile(r"(?<![A-Za-z0-9])(?:rhu?|rm)$", re.IGNORECASE)


@dataclass(frozen=True)
class Term:
    """One name of the lexicon and what it stands for."""

    kind: str
    value: str
    name: str
    case_matters: bool
    blocked_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mention:
    """One place in a text where a name stands.

    Parameters
    ----------
    start, stop
        Span in the text as written.
    negated, compared, given
        Whether the words before it deny it, set it against something, or say that it was made elsewhere and added.
    """

    kind: str
    value: str
    start: int
    stop: int
    quote: str
    negated: bool = False
    compared: bool = False
    given: bool = False


class Lexicon:
    """Names, ready to be found.

    Parameters
    ----------
    terms
        Names with what they stand for; spelling variants are made here.

    Raises
    ------
    MissingExtra
        If pyahocorasick is not installed.
    """

    def __init__(self, terms: Iterable[Term]) -> None:
        self._exact, self._folded = _automaton(), _automaton()
        entries: dict[tuple[bool, str], list[Term]] = {}
        for term in terms:
            for spelled in variants(term.name):
                key = (term.case_matters, spelled if term.case_matters else _lower(spelled))
                entries.setdefault(key, []).append(term)
        for (exact, name), found in entries.items():
            (self._exact if exact else self._folded).add_word(name, (len(name), tuple(found)))
        for automaton in (self._exact, self._folded):
            automaton.make_automaton()

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """Names in the text, the longest of each kind where they overlap, in their order."""
        plain = text.translate(_SAME_LENGTH)
        found = [*_raw(self._exact, plain), *_raw(self._folded, _lower(plain))]
        return tuple(_mention(text, plain, span) for span in _longest(found) if not _blocked(plain, *span))


@cache
def standard() -> Lexicon:
    """The lexicon of the knowledge tables `evidence_terms` and `factor_names`."""
    return Lexicon([*_terms(), *_factors()])


@cache
def version() -> str:
    """What identifies this lexicon in a proposal: the first characters of its tables' checksums."""
    return "+".join(knowledge.table(name).sha256[:8] for name in ("evidence_terms", "factor_names"))


def variants(name: str) -> tuple[str, ...]:
    """Spellings of a name: Greek letters and their words; hyphen, blank, both or nothing before a digit or a Greek letter.

    Examples
    --------
    >>> variants("IL-6")
    ('IL-6', 'IL6', 'IL 6', 'IL - 6')
    >>> "TGF\u03b21" in variants("TGF-{beta}1"), "TGF-beta 1" in variants("TGF-{beta}1")
    (True, True)
    """
    greek = [mark for mark in _GREEK if mark in name]
    if not greek:
        return tuple(dict.fromkeys(_hyphens(name)))
    mark = greek[0]
    short = len(name) <= 16
    letters = _GREEK[mark] if short else _GREEK[mark][:2]
    found: list[str] = []
    before, after = name.split(mark, 1)
    for letter in letters:
        heads = {before, before.rstrip("- "), before.rstrip("- ") + " ", before.rstrip("- ") + "-"}
        tails = {after} if not after[:1].isdigit() else {after, "-" + after, " " + after}
        joined = sorted(head + letter + tail for head, tail in product(heads, tails))
        # "factorbeta" and "TNFa" glued to a long word are no spellings anyone uses.
        found += [
            word
            for word in joined
            if short or word.startswith((before.rstrip("- ") + " ", before.rstrip("- ") + "-"))
        ]
    return tuple(dict.fromkeys(found))


def _hyphens(name: str) -> Iterator[str]:
    yield name
    for found in re.finditer(r"(?<=[A-Za-z])-(?=\d|[IVX]+\b|[A-Z]\b)", name):
        yield name[: found.start()] + name[found.end() :]
        yield name[: found.start()] + " " + name[found.end() :]
        yield name[: found.start()] + " - " + name[found.end() :]


def _terms() -> list[Term]:
    frame = knowledge.table("evidence_terms").frame
    return [
        Term(r.kind, r.value, r.name, bool(r.case_matters))
        for r in frame[["kind", "value", "name", "case_matters"]].itertuples(index=False)
    ]


def _factors() -> list[Term]:
    frame = knowledge.table("factor_names").frame
    return [
        Term("factor", r.hgnc, r.name, bool(r.case_matters), tuple(filter(None, r.blocked_by.split(";"))))
        for r in frame[["hgnc", "name", "case_matters", "blocked_by"]].itertuples(index=False)
    ]


_Span = tuple[int, int, Term]


def _raw(automaton: Any, text: str) -> Iterator[_Span]:
    # An automaton without words cannot be searched.
    if not len(automaton):
        return
    for last, (length, terms) in automaton.iter(text):
        start, stop = last - length + 1, last + 1
        if _bounded(text, start, stop):
            for term in terms:
                yield start, stop, term


def _bounded(text: str, start: int, stop: int) -> bool:
    before = text[start - 1] if start else " "
    after = text[stop] if stop < len(text) else " "
    # "rhEPO" is EPO, made by recombination.
    free = not (before.isalnum() and text[start].isalnum()) or bool(
        _GLUED.search(text[max(start - 4, 0) : start])
    )
    return free and not (after.isalnum() and text[stop - 1].isalnum())


def _longest(found: Sequence[_Span]) -> list[_Span]:
    """Of overlapping mentions of one kind, the longest; of equally long ones, the first."""
    kept: list[_Span] = []
    ends: dict[str, int] = {}
    for span in sorted(found, key=lambda s: (s[0], s[0] - s[1], s[2].kind, s[2].value)):
        if span[0] >= ends.get(span[2].kind, 0):
            kept.append(span)
            ends[span[2].kind] = span[1]
    return kept


def _blocked(text: str, start: int, stop: int, term: Term) -> bool:
    if term.kind != "factor":
        return False
    before, after = text[max(start - 24, 0) : start], text[stop : stop + 24]
    if _BLOCKED_AFTER.search(after) or _BLOCKED_BEFORE.search(before):
        return True
    around = text[max(start - 40, 0) : stop + 40]
    return any(word in around for word in term.blocked_by)


def _mention(text: str, plain: str, span: _Span) -> Mention:
    start, stop, term = span
    before = plain[max(start - 60, 0) : start]
    return Mention(
        term.kind,
        term.value,
        start,
        stop,
        text[start:stop],
        negated=bool(_NEGATION.search(before)),
        compared=bool(_COMPARED.search(before)),
        given=term.kind == "factor" and bool(_GIVEN.search(before)),
    )


def _lower(text: str) -> str:
    """Lower case of the same length: a letter whose lower case is two characters stays."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)


def _automaton() -> Any:
    try:
        import ahocorasick
    except ImportError as error:
        raise MissingExtra("evidence", "Finding names in texts") from error
    return ahocorasick.Automaton()
