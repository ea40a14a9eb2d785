"""How many took part: numbers beside people in a text, and which of them is the total."""

from __future__ import annotations

import re
from dataclasses import dataclass

_UNITS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_SMALL = {word: value for value, word in enumerate(_UNITS.split(), start=1)}
_TENS = {
    word: 10 * value
    for value, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
}
_WORD = "(?:" + "|".join([*_TENS, *reversed(_SMALL)]) + "|hundred|thousand)"
_NUMBER = rf"(?:\d{{1,3}}(?:[,\u2008\u2009\u00a0 ]\d{{3}}(?!\d))+|\d+|{_WORD}(?:[ -](?:and )?{_WORD})*)"
_PEOPLE = (
    "(?:patients?|participants?|subjects?|women|men|children|adults?|volunteers|individuals|people|persons|infants|neonates|adolescents"
    "|survivors|outpatients|inpatients|adolescents|males|females|girls|boys|veterans|mothers|eyes|couples|cases|students|respondents|smokers|users|elderly)"
)
_BESIDE = re.compile(
    rf"(?<![\d.,/\-\u2013%])\b(?P<n>{_NUMBER})\b(?!\s?(?:%|\.\d|years?|months?|weeks?|days?|mg|ml|hours?|-))"
    rf"(?:[ ,]+(?!of\b|to\b|and\b|or\b|\d{{2,}}\b)[^\s.;()]+){{0,6}}?[ ,]+{_PEOPLE}\b",
    re.IGNORECASE,
)
_EQUALS = re.compile(
    r"(?<![A-Za-z])[Nn]\s?=\s?(?P<n>\d{1,3}(?:[,\u2008\u2009\u00a0 ]\d{3}(?!\d))+|\d+)(?!\s?[%.]\d)"
)
_TOTAL = re.compile(
    rf"\b(?:total of|totally|overall|altogether|enrolled|enrolling|recruited|included|randomi[sz]ed|assigned)[ :,]+(?:in |a total of |up to )?(?P<n>{_NUMBER})\b(?!\s?(?:%|\.\d|years?|months?|weeks?|days?|mg|centers?|centres?|sites?|:))",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"(?<![\d.,])\b(?P<n>{_NUMBER})\s+(?:were|was)\s+(?:randomly\s+|then\s+)?(?:randomi[sz]ed|enrolled|recruited|included|assigned|allocated)\b",
    re.IGNORECASE,
)
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE_BEFORE = re.compile(
    rf"(?:\b(?:in|since|from|of|between|and|until|till|to|through|during|{_MONTH}|{_MONTH} \d{{1,2}}|\d{{4}})[,.]?\s?|[-\u2013/])$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Count:
    """A number of participants with its place in the text and the rule that found it."""

    n: int
    start: int
    stop: int
    quote: str
    rule: str


def total_participants(text: str) -> Count | None:
    """The largest number of people in a text, or None; a proposal, not a fact.

    Examples
    --------
    >>> total_participants("Three hundred and two women were assigned; 150 patients finished.").n
    302
    """
    found = [
        count
        for rule, pattern in (
            ("n beside people", _BESIDE),
            ("n=", _EQUALS),
            ("total of n", _TOTAL),
            ("n were enrolled", _BEFORE),
        )
        for match in pattern.finditer(text)
        if (count := _count(match, rule)) is not None
    ]
    return max(found, key=lambda count: (count.n, -count.start), default=None)


def whole_number(text: str) -> int | None:
    """A number in digits or English words.

    Examples
    --------
    >>> whole_number("1,210"), whole_number("Three hundred and two"), whole_number("forty-five"), whole_number("many")
    (1210, 302, 45, None)
    """
    digits = re.sub(r"[,\s\u2008]", "", text)
    if digits.isdigit():
        return int(digits)
    total = current = 0
    for word in re.split(r"[\s-]+", text.lower()):
        if word in _SMALL:
            current += _SMALL[word]
        elif word in _TENS:
            current += _TENS[word]
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word == "thousand":
            total += max(current, 1) * 1000
            current = 0
        elif word != "and":
            return None
    return (total + current) or None


def _count(match: re.Match[str], rule: str) -> Count | None:
    n = whole_number(match["n"])
    if n is None or n < 2:
        return None
    # A year beside people ("between 2004 and 2009, 140 patients") is a date.
    if 1950 <= n <= 2035 and match["n"].isdigit() and _DATE_BEFORE.search(match.string[: match.start("n")]):
        return None
    return Count(n, match.start("n"), match.end("n"), match["n"], rule)
