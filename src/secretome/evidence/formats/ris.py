"""RIS as PubMed, Embase, Scopus, Zotero and EndNote write it: marks, blanks and new tags forgiven."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from secretome.evidence.records import REGISTRY_NUMBER, Author, Item, Record, clean_doi, year_of

from . import Source, decoded
from .tagged import Tagged, first, labelled, rest, values

_LINE = re.compile(r"\s{0,3}([A-Z][A-Z0-9]) {0,2}-(?: (.*)|)")
_NUMBER = re.compile(r"\s*\d+\.\s*")
_KNOWN = frozenset(
    [
        "TY",
        "ER",
        "TI",
        "T1",
        "CT",
        "BT",
        "TT",
        "AB",
        "N2",
        "AU",
        "A1",
        "JO",
        "JF",
        "T2",
        "JA",
        "J2",
        "SN",
        "PY",
        "Y1",
        "DA",
        "VL",
        "IS",
        "SP",
        "EP",
        "LA",
        "KW",
        "DO",
        "DI",
        "AN",
        "C2",
        "M3",
    ]
)


def read(stream: BinaryIO, source: Source) -> Iterator[Item]:
    """A record from TY to ER; a missing ER is taken before the next TY."""
    current: list[Tagged] = []
    position = 0
    for number, line in enumerate(decoded(stream, source).splitlines(), start=1):
        match = _LINE.fullmatch(line)
        tag = match[1] if match else ""
        if tag == "TY" and current:
            position += 1
            yield _record(current, source, position)
            current = []
        if tag == "ER":
            if current:
                position += 1
                yield _record(current, source, position)
            current = []
        elif match and (current or tag == "TY"):
            current.append(Tagged(tag, (match[2] or "").strip(), number))
        elif line.strip() and current:
            last = current[-1]
            current[-1] = Tagged(last.tag, f"{last.value}\n{line.strip()}".strip(), last.line)
        elif line.strip() and not _NUMBER.fullmatch(line):
            yield source.fault(position + 1, f"line {number}: {line.strip()[:60]!r} stands outside a record")
    if current:
        yield _record(current, source, position + 1)


def _record(tagged: list[Tagged], source: Source, position: int) -> Item:
    title = _flat(first(tagged, "TI", "T1", "CT", "BT"))
    dois = (clean_doi(value) for value in values(tagged, "DO", "DI", "UR", "L3"))
    date = first(tagged, "PY", "Y1", "DA")
    abstract = _flat(first(tagged, "AB", "N2"))
    extra = [(entry.tag, entry.value) for tag in ("AB", "N2") for entry in tagged if entry.tag == tag]
    pages = "-".join(part for part in (first(tagged, "SP"), first(tagged, "EP")) if part)
    notes = " ".join(values(tagged, "AN", "C2", "C7", "UR", "ID", "N1", "M1", "AN"))
    pubmed = re.search(r"(?:pubmed/|PMID:? ?|MEDLINE:?|pubmed\.ncbi\.nlm\.nih\.gov/)(\d{4,8})\b", notes)
    return Record(
        kind="preprint" if "preprint" in first(tagged, "M3").lower() else "paper",
        pmid=pubmed[1] if pubmed else "",
        doi=next((doi for doi in dois if doi), ""),
        other_ids=tuple(("accession", value) for value in values(tagged, "AN", "C2")),
        title=title,
        other_title=_flat(first(tagged, "TT")),
        abstract=labelled(abstract),
        authors=tuple(_author(value) for value in values(tagged, "AU", "A1")),
        journal=first(tagged, "JF", "JO", "T2"),
        journal_short=first(tagged, "JA", "J2"),
        issn=tuple(issn for value in values(tagged, "SN") for issn in value.split("\n")),
        year=year_of(date),
        date=date,
        volume=first(tagged, "VL"),
        issue=first(tagged, "IS"),
        pages=pages,
        languages=values(tagged, "LA"),
        publication_types=tuple(value for value in (first(tagged, "TY"), *values(tagged, "M3")) if value),
        keywords=tuple(
            key.strip() for value in values(tagged, "KW") for key in value.split("\n") if key.strip()
        ),
        registry_ids=tuple(dict.fromkeys(REGISTRY_NUMBER.findall(" ".join(values(tagged, "AN", "C2"))))),
        other=(
            *rest(tagged, _KNOWN),
            *((tag, value) for tag, value in extra[1:] if _flat(value) != abstract),
            *_second(tagged, title),
        ),
        origin=source.at(position),
    )


def _second(tagged: list[Tagged], title: str) -> Iterator[tuple[str, str]]:
    """Values of tags that share a field with one that was used."""
    used = {
        first(tagged, "JF", "JO", "T2"),
        first(tagged, "JA", "J2"),
        first(tagged, "PY", "Y1", "DA"),
        "",
    }
    for entry in tagged:
        if entry.tag in {"JF", "JO", "T2", "JA", "J2", "PY", "Y1", "DA", "TI", "T1", "CT", "BT", "DO", "DI"}:
            same = _flat(entry.value) == title or entry.value in used
            if not same and not clean_doi(entry.value):
                yield entry.tag, entry.value


def _flat(text: str) -> str:
    return " ".join(text.split("\n"))


def _author(value: str) -> Author:
    family, comma, given = value.partition(",")
    return Author(family.strip(), given.strip()) if comma else Author(printed=value)
