"""Europe PMC search results, JSON or XML, lite, core or idlist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from secretome.errors import UnreadableFile
from secretome.evidence.records import (
    Author,
    Heading,
    Item,
    Link,
    Part,
    Record,
    clean_doi,
    link_kind,
    year_of,
)

from . import Source, decoded
from .markup import BadRecord, Element, fragment, parse

_HEADED = re.compile(r"<h4>(.*?)</h4>", re.IGNORECASE)


def read(stream: BinaryIO, source: Source) -> Iterator[Item]:
    """A record for every result."""
    for position, result in enumerate(_results(stream, source), start=1):
        if not isinstance(result, Mapping) or not (result.get("id") or result.get("title")):
            yield source.fault(position, "the result has neither id nor title")
            continue
        try:
            yield _record(result, source, position)
        except (AttributeError, TypeError, KeyError, ValueError) as error:
            shape = f"a field has another shape than the layout says: {error}"
            yield source.fault(position, shape, str(result.get("id", "")))


def _results(stream: BinaryIO, source: Source) -> list[Any]:
    if stream.read(200).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        stream.seek(0)
        try:
            root = parse(stream.read())
        except BadRecord as error:
            raise UnreadableFile(f"{source.file}: {error}; send the answer again") from error
        return [_as_json(result) for result in root.iter("result")]
    stream.seek(0)
    try:
        facts = json.loads(decoded(stream, source))
    except json.JSONDecodeError as error:
        raise UnreadableFile(f"{source.file}: no whole JSON: {error}; send the answer again") from error
    listed = facts.get("resultList", {}).get("result", []) if isinstance(facts, dict) else None
    if not isinstance(listed, list):
        raise UnreadableFile(f"{source.file}: no resultList.result; expected a Europe PMC search answer")
    return listed


def _as_json(element: Element) -> Any:
    """An element in the shape of the JSON answer; markup inside a text stays as written."""
    children = [child for child in element if isinstance(child.tag, str)]
    if not children or element.tag in {"title", "abstractText"}:
        return _markup(element)
    facts: dict[str, Any] = {}
    for child in children:
        value = _as_json(child)
        # The JSON answer writes a list for whatever stands inside a …List.
        if element.tag.endswith("List"):
            facts.setdefault(child.tag, []).append(value)
        else:
            facts[child.tag] = value
    return facts


def _markup(element: Element) -> str:
    parts = [element.text or ""]
    parts += [f"<{child.tag}>{_markup(child)}</{child.tag}>{child.tail or ''}" for child in element]
    return "".join(parts)


def _record(facts: Mapping[str, Any], source: Source, position: int) -> Record:
    journal = facts.get("journalInfo") or {}
    described = journal.get("journal") or {}
    types = _list(facts, "pubTypeList", "pubType") or _split(facts.get("pubType", ""), ";")
    return Record(
        kind="preprint" if facts.get("source") == "PPR" else "paper",
        pmid=facts.get("pmid") or (facts["id"] if facts.get("source") == "MED" else ""),
        pmcid=facts.get("pmcid", ""),
        doi=clean_doi(facts.get("doi", "")),
        other_ids=((facts.get("source", "europepmc"), str(facts.get("id", ""))),),
        revised=facts.get("dateOfRevision", ""),
        title=fragment(facts.get("title", "")),
        abstract=_abstract(facts.get("abstractText", "")),
        authors=_authors(facts),
        journal=described.get("title") or facts.get("journalTitle", ""),
        journal_short=described.get("medlineAbbreviation", ""),
        issn=tuple(
            number
            for number in (
                described.get("issn"),
                described.get("essn"),
                *_split(facts.get("journalIssn", ""), ";"),
            )
            if number
        ),
        year=year_of(str(facts.get("pubYear", ""))),
        date=journal.get("dateOfPublication") or str(facts.get("pubYear", "")),
        electronic_date=facts.get("electronicPublicationDate", ""),
        volume=journal.get("volume") or facts.get("journalVolume", ""),
        issue=journal.get("issue") or facts.get("issue", ""),
        pages=facts.get("pageInfo", ""),
        languages=tuple(_split(facts.get("language", ""), ";")),
        publication_types=tuple(types),
        mesh=tuple(_heading(heading) for heading in _list(facts, "meshHeadingList", "meshHeading")),
        chemicals=tuple(chemical["name"] for chemical in _list(facts, "chemicalList", "chemical")),
        keywords=tuple(_list(facts, "keywordList", "keyword")),
        grants=tuple(
            "; ".join(str(grant[key]) for key in ("grantId", "acronym", "agency") if grant.get(key))
            for grant in _list(facts, "grantsList", "grant")
        ),
        links=tuple(_link(link) for link in _list(facts, "commentCorrectionList", "commentCorrection")),
        other=(("json", json.dumps(facts, ensure_ascii=False, separators=(",", ":"))),),
        origin=source.at(position),
    )


def _abstract(text: str) -> tuple[Part, ...]:
    """Parts at the headings that Europe PMC writes as h4."""
    pieces = _HEADED.split(text)
    parts = [Part(fragment(pieces[0]))] if fragment(pieces[0]) else []
    parts += [
        Part(fragment(body), fragment(label)) for label, body in zip(pieces[1::2], pieces[2::2], strict=True)
    ]
    return tuple(parts)


def _authors(facts: Mapping[str, Any]) -> tuple[Author, ...]:
    listed = _list(facts, "authorList", "author")
    if not listed:
        return tuple(Author(printed=name) for name in _split(facts.get("authorString", "").rstrip("."), ","))
    found = []
    for author in listed:
        orcid = author.get("authorId") or {}
        orcid = orcid[0] if isinstance(orcid, list) else orcid
        places = _list(author, "authorAffiliationDetailsList", "authorAffiliation")
        found.append(
            Author(
                family=author.get("lastName", ""),
                given=author.get("firstName", ""),
                initials=author.get("initials", ""),
                collective=author.get("collectiveName", ""),
                printed="" if author.get("lastName") else author.get("fullName", ""),
                orcid=orcid.get("value", ""),
                affiliations=tuple(place.get("affiliation", "") for place in places),
            )
        )
    return tuple(found)


def _heading(facts: Mapping[str, Any]) -> Heading:
    qualifiers = tuple(
        ("*" if q.get("majorTopic_YN") == "Y" else "") + q.get("qualifierName", "")
        for q in _list(facts, "meshQualifierList", "meshQualifier")
    )
    return Heading(facts.get("descriptorName", ""), "", facts.get("majorTopic_YN") == "Y", qualifiers)


def _link(facts: Mapping[str, Any]) -> Link:
    text = facts.get("reference", "")
    pmid = str(facts.get("id", "")) if facts.get("source") == "MED" else ""
    return Link(link_kind(facts.get("type", "")), facts.get("type", ""), text, pmid, clean_doi(text))


def _list(facts: Mapping[str, Any], outer: str, inner: str) -> list[Any]:
    found = (facts.get(outer) or {}).get(inner) or []
    return found if isinstance(found, list) else [found]


def _split(text: str, mark: str) -> list[str]:
    return [word.strip() for word in text.split(mark) if word.strip()]
