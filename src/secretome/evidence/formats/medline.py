"""MEDLINE tagged text, as efetch and PubMed's `.nbib` download write it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from secretome.evidence.records import (
    REGISTRY_NUMBER,
    Author,
    Heading,
    Item,
    Link,
    Record,
    clean_doi,
    link_kind,
    year_of,
)

from . import Source, decoded
from .tagged import Tagged, first, labelled, rest, values

_LINE = re.compile(r"([A-Z0-9]{2,4}) {0,2}- ?(.*)")
_LINK_TAGS = {
    "RIN": "RetractionIn",
    "ROF": "RetractionOf",
    "EIN": "ErratumIn",
    "EFR": "ErratumFor",
    "ECI": "ExpressionOfConcernIn",
    "ECF": "ExpressionOfConcernFor",
    "RPI": "CorrectedandRepublishedIn",
    "RPF": "CorrectedandRepublishedFrom",
    "UIN": "UpdateIn",
    "UOF": "UpdateOf",
    "PRIN": "PreprintIn",
    "PROF": "PreprintOf",
    "CON": "CommentOn",
    "CIN": "CommentIn",
}
_KNOWN = frozenset(
    [
        "PMID",
        "PMC",
        "TI",
        "TT",
        "AB",
        "OAB",
        "CI",
        "FAU",
        "AU",
        "AUID",
        "AD",
        "CN",
        "JT",
        "TA",
        "IS",
        "DP",
        "DEP",
        "VI",
        "IP",
        "PG",
        "LA",
        "PT",
        "MH",
        "RN",
        "NM",
        "OT",
        "GR",
        "SI",
        "AID",
        "LID",
        "LR",
        "COIS",
    ]
) | frozenset(_LINK_TAGS)


def read(stream: BinaryIO, source: Source) -> Iterator[Item]:
    """A record for every PMID line."""
    current: list[Tagged] = []
    position = 0
    stray: list[str] = []
    for number, line in enumerate(decoded(stream, source).splitlines(), start=1):
        match = _LINE.fullmatch(line)
        if match and match[1] == "PMID" and any(entry.tag == "PMID" for entry in current):
            position += 1
            yield _record(current, source, position)
            current = []
        if match:
            current.append(Tagged(match[1], match[2].strip(), number))
        elif line.startswith("      ") and current:
            last = current[-1]
            current[-1] = Tagged(last.tag, f"{last.value} {line.strip()}".strip(), last.line)
        elif line.strip():
            stray.append(f"line {number}: {line.strip()[:60]!r}")
    if current:
        position += 1
        yield _record(current, source, position)
    for found in stray:
        yield source.fault(position, f"{found} has no tag and continues nothing")


def _record(tagged: list[Tagged], source: Source, position: int) -> Item:
    pmid = first(tagged, "PMID")
    if not pmid.isdigit():
        return source.fault(position, f"PMID {pmid!r} is no number", first(tagged, "TI")[:60])
    ids = [_bracketed(value) for value in values(tagged, "AID", "LID")]
    dois = [clean_doi(value) for value, kind in ids if kind == "doi"]
    date = first(tagged, "DP")
    secondary = values(tagged, "SI")
    types = values(tagged, "PT")
    return Record(
        kind="preprint" if "Preprint" in types else "paper",
        pmid=pmid,
        pmcid=first(tagged, "PMC"),
        doi=dois[0] if dois else "",
        other_ids=tuple(dict.fromkeys((kind, value) for value, kind in ids if kind != "doi")),
        revised=_iso(first(tagged, "LR")),
        title=first(tagged, "TI"),
        other_title=first(tagged, "TT"),
        abstract=labelled(first(tagged, "AB")),
        other_abstracts=tuple(part for text in values(tagged, "OAB") for part in labelled(text)),
        copyright=first(tagged, "CI"),
        authors=tuple(_authors(tagged)),
        journal=first(tagged, "JT"),
        journal_short=first(tagged, "TA"),
        issn=values(tagged, "IS"),
        year=year_of(date) or year_of(first(tagged, "DEP")),
        date=date,
        electronic_date=_iso(first(tagged, "DEP")),
        volume=first(tagged, "VI"),
        issue=first(tagged, "IP"),
        pages=first(tagged, "PG"),
        languages=values(tagged, "LA"),
        publication_types=types,
        mesh=tuple(_heading(value) for value in values(tagged, "MH")),
        chemicals=values(tagged, "RN", "NM"),
        keywords=values(tagged, "OT"),
        grants=values(tagged, "GR"),
        registry_ids=tuple(dict.fromkeys(n for text in secondary for n in REGISTRY_NUMBER.findall(text))),
        links=tuple(_links(tagged)),
        conflict=first(tagged, "COIS"),
        other=(
            *rest(tagged, _KNOWN),
            *(("SI", text) for text in secondary if not REGISTRY_NUMBER.search(text)),
        ),
        origin=source.at(position),
    )


def _authors(tagged: list[Tagged]) -> Iterator[Author]:
    """Authors in order: FAU, its AU, ORCID and affiliations follow one another."""
    full = initials = orcid = ""
    places: list[str] = []
    named = any(entry.tag == "FAU" for entry in tagged)
    for entry in (*tagged, Tagged("FAU", "", 0)):
        starts = entry.tag == "FAU" or entry.tag == "CN" or (entry.tag == "AU" and not named)
        if starts:
            if full or initials:
                yield _author(full, initials, orcid, places)
            elif places:
                # Old records print one affiliation before any author.
                yield Author(affiliations=tuple(places))
            full = initials = orcid = ""
            places = []
        if entry.tag == "CN":
            yield Author(collective=entry.value)
        elif entry.tag == "FAU":
            full = entry.value
        elif entry.tag == "AU":
            initials = entry.value
        elif entry.tag == "AUID" and "ORCID" in entry.value.upper():
            orcid = entry.value.rpartition(" ")[2]
        elif entry.tag == "AD":
            places.append(entry.value)


def _author(full: str, short: str, orcid: str, places: list[str]) -> Author:
    family, _, given = full.partition(", ")
    initials = short.rpartition(" ")[2] if " " in short else ""
    return Author(family or short, given, initials, orcid=orcid, affiliations=tuple(places))


def _heading(value: str) -> Heading:
    name, *qualifiers = value.split("/")
    return Heading(name.lstrip("*"), major=name.startswith("*"), qualifiers=tuple(qualifiers))


def _links(tagged: list[Tagged]) -> Iterator[Link]:
    for entry in tagged:
        if entry.tag in _LINK_TAGS:
            printed = _LINK_TAGS[entry.tag]
            number = re.search(r"PMID: (\d+)", entry.value)
            yield Link(
                link_kind(printed), printed, entry.value, number[1] if number else "", clean_doi(entry.value)
            )


def _bracketed(value: str) -> tuple[str, str]:
    found = re.fullmatch(r"(.*?) ?\[([^\]]+)\]", value)
    return (found[1], found[2]) if found else (value, "")


def _iso(digits: str) -> str:
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}" if re.fullmatch(r"\d{8}", digits) else digits
