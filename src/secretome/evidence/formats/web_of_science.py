"""Web of Science tagged text: two-letter tags, continuation by three blanks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from secretome.evidence.records import Author, Item, Record, Reference, clean_doi, year_of

from . import Source, decoded
from .tagged import Tagged, first, labelled, rest, values

_LISTS = frozenset(["AU", "AF", "CR", "C1"])
_KNOWN = frozenset(
    [
        "FN",
        "VR",
        "PT",
        "AU",
        "AF",
        "TI",
        "SO",
        "LA",
        "DT",
        "DE",
        "AB",
        "CR",
        "SN",
        "EI",
        "J9",
        "JI",
        "PD",
        "PY",
        "VL",
        "IS",
        "BP",
        "EP",
        "DI",
        "PM",
        "UT",
        "FU",
        "ER",
        "EF",
    ]
)


def read(stream: BinaryIO, source: Source) -> Iterator[Item]:
    """A record from PT to ER."""
    current: list[Tagged] = []
    position = 0
    for number, line in enumerate(decoded(stream, source).splitlines(), start=1):
        tag, value = line[:2], line[3:].strip()
        if tag in {"ER", "EF", "FN", "VR"} and line[2:3] in {"", " "}:
            if current:
                position += 1
                yield _record(current, source, position)
            current = []
        elif tag.strip() and line[2:3] in {"", " "} and tag.isalnum() and tag.isupper():
            current.append(Tagged(tag, value, number))
        elif line.startswith("   ") and current:
            last = current[-1]
            if last.tag in _LISTS:
                current.append(Tagged(last.tag, value, number))
            else:
                current[-1] = Tagged(last.tag, f"{last.value} {value}".strip(), last.line)
        elif line.strip():
            yield source.fault(position + 1, f"line {number}: {line.strip()[:60]!r} has no tag")
    if current:
        yield source.fault(position + 1, "the file ends inside this record", first(current, "UT", "TI"))
        yield _record(current, source, position + 1)


def _record(tagged: list[Tagged], source: Source, position: int) -> Record:
    full = values(tagged, "AF")
    return Record(
        pmid=first(tagged, "PM"),
        doi=clean_doi(first(tagged, "DI")),
        other_ids=tuple(("wos", value) for value in values(tagged, "UT")),
        title=first(tagged, "TI"),
        abstract=labelled(first(tagged, "AB")),
        authors=tuple(_author(value) for value in full or values(tagged, "AU")),
        journal=first(tagged, "SO"),
        journal_short=first(tagged, "JI") or first(tagged, "J9"),
        issn=values(tagged, "SN", "EI"),
        year=year_of(first(tagged, "PY")),
        date=f"{first(tagged, 'PY')} {first(tagged, 'PD')}".strip(),
        volume=first(tagged, "VL"),
        issue=first(tagged, "IS"),
        pages="-".join(part for part in (first(tagged, "BP"), first(tagged, "EP")) if part),
        languages=values(tagged, "LA"),
        publication_types=values(tagged, "DT"),
        keywords=tuple(word.strip() for value in values(tagged, "DE") for word in value.split(";")),
        grants=values(tagged, "FU"),
        references=tuple(Reference(text, doi=clean_doi(text)) for text in values(tagged, "CR")),
        other=(*rest(tagged, _KNOWN), *((("J9", first(tagged, "J9")),) if first(tagged, "J9") else ())),
        origin=source.at(position),
    )


def _author(value: str) -> Author:
    family, _, given = value.partition(",")
    return Author(family.strip(), given.strip())
