"""Integrity checks run over a record's own words, so that nobody has to ask for them; flags for a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from . import integrity
from .integrity import Flag
from .records import Record

# "8/14 (57%)", "8 of 14 patients (57.1 %)"
_SHARE = re.compile(
    r"\b(?P<k>\d{1,4})\s?(?:/|of|out of)\s?(?P<n>\d{1,4})\b[^.;()%]{0,30}[(,\[]\s?(?P<p>\d{1,3}(?:\.\d+)?)\s?%"
)
_RATIO = r"(?:HR|OR|RR|[Hh]azard ratio|[Oo]dds ratio|[Rr]isk ratio|[Rr]elative risk)"
_DIFFERENCE = r"(?:[Mm]ean difference|MD|SMD|[Ss]tandardi[sz]ed mean difference|WMD)"
_NUMBER = r"[-\u2212]?\d+(?:\.\d+)?"
_INTERVAL = re.compile(
    rf"(?P<kind>{_RATIO}|{_DIFFERENCE})[\s,:=()\[\]]*(?:of |was )?(?P<m>{_NUMBER})[\s,;:()\[\]]*"
    rf"(?:95\s?%\s?)(?:CI|confidence interval)[\s,:=(\[]*(?P<l>{_NUMBER})\s?(?:to|-|\u2013|,|;)\s?(?P<u>{_NUMBER})"
)


@dataclass(frozen=True)
class Found:
    """A flag and the words of the record that raised it; -1 where no span of the text did."""

    flag: Flag
    start: int = -1
    stop: int = -1
    quote: str = ""


def scan(record: Record, text: str) -> tuple[Found, ...]:
    """Flags on one record: shares, intervals, standing, references, conclusions.

    Parameters
    ----------
    text
        The text in which spans count (`extract.text_of`).

    Examples
    --------
    >>> record = Record(title="Healed: 8/14 (61%) of wounds.")
    >>> [found.flag.found for found in scan(record, record.text)]
    ['printed 61 % for 8 of 14']
    """
    found = [*_shares(record, text), *_intervals(record, text)]
    found += [Found(flag, quote=record.title) for flag in integrity.standings([record])]
    for reference in record.references:
        flag = integrity.doi_of_another_journal(reference)
        if flag is not None:
            found.append(Found(flag, quote=reference.text or reference.doi))
    beyond = integrity.conclusion_beyond_result(record)
    if beyond is not None:
        found.append(Found(beyond, quote=record.title))
    return tuple(found)


def _shares(record: Record, text: str) -> Iterator[Found]:
    for match in _SHARE.finditer(text):
        k, n, printed = int(match["k"]), int(match["n"]), match["p"]
        if not n > 0 or k > n:
            continue
        decimals = len(printed.partition(".")[2])
        flag = integrity.percent_from_counts(k, n, float(printed), decimals=decimals, about=record.label)
        if flag is not None:
            yield Found(flag, match.start(), match.end(), match.group())


def _intervals(record: Record, text: str) -> Iterator[Found]:
    for match in _INTERVAL.finditer(text):
        middle, lower, upper = (float(match[name].replace("\u2212", "-")) for name in "mlu")
        scale = "log" if re.fullmatch(_RATIO, match["kind"]) else "linear"
        # Two printed digits say little about symmetry.
        if min(len(match[name].lstrip("-\u22120.").replace(".", "")) for name in "mlu") < 2:
            continue
        flag = integrity.interval_symmetry(middle, lower, upper, scale=scale, about=record.label)
        if flag is not None:
            yield Found(flag, match.start(), match.end(), match.group())
