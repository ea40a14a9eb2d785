"""PubMed XML: efetch, baseline and update files, one record in memory at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from secretome.evidence.records import (
    Author,
    Deletion,
    Heading,
    Item,
    Link,
    Part,
    Record,
    Reference,
    clean_doi,
    link_kind,
    year_of,
)

from . import Source
from .chunks import chunks
from .markup import BadRecord, Element, inline, parse, require_lxml, walk

_TAGS = ("PubmedArticle", "PubmedBookArticle", "DeleteCitation")
_MONTHS = dict(
    zip(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
        range(1, 13),
        strict=True,
    )
)


def read(stream: BinaryIO, source: Source) -> Iterator[Item]:
    """Records and deletions of a file; where the XML breaks, record by record from there on."""
    etree = require_lxml()
    position = 0
    try:
        for element in walk(stream, _TAGS):
            position += 1
            yield from _items(element, source, position)
    except etree.XMLSyntaxError as error:
        stream.seek(0)
        yield from _rest(stream, source, position, str(error))


def _rest(stream: BinaryIO, source: Source, done: int, reason: str) -> Iterator[Item]:
    """The records behind the last one read, each parsed alone, because the file as a whole is broken."""
    position = 0
    faults = 0
    for position, chunk in enumerate(chunks(stream, _TAGS), start=1):
        if position <= done:
            continue
        try:
            if not chunk.whole:
                raise BadRecord(f"the file ends inside this record ({reason})")
            yield from _items(parse(chunk.xml)[0], source, position)
        except BadRecord as error:
            faults += 1
            named = re.search(rb"<PMID[^>]*>\s*(\d+)", chunk.xml)
            yield source.fault(position, str(error), f"PMID {named[1].decode()}" if named else "")
    if not faults:
        yield source.fault(position + 1, f"the file is not well-formed behind its last record: {reason}")


def _items(element: Element, source: Source, position: int) -> Iterator[Item]:
    if element.tag == "DeleteCitation":
        for number in element.iter("PMID"):
            yield Deletion((number.text or "").strip())
        return
    try:
        record = article(element, source, position)
    except (BadRecord, ValueError) as error:
        pmid = element.findtext(".//PMID") or ""
        yield source.fault(position, str(error), f"PMID {pmid}" if pmid else "")
        return
    yield record


def article(element: Element, source: Source, position: int) -> Record:
    """One PubmedArticle or PubmedBookArticle as a record.

    Raises
    ------
    BadRecord
        If it has no PMID, or text with an undefined entity.
    """
    facts: dict[str, Any] = {}
    for section in element:
        if section.tag in {"MedlineCitation", "BookDocument"}:
            if section.get("Status"):
                facts.setdefault("other", []).append(("Status", section.get("Status")))
            _visit(section, facts, source)
        elif section.tag in {"PubmedData", "PubmedBookData"}:
            _visit(section, facts, source)
    if not facts.get("pmid"):
        raise BadRecord("the record has no PMID")
    listed = facts.pop("_accessions", [])
    facts["registry_ids"] = tuple(dict.fromkeys(listed))
    types = {kind.lower() for kind in facts.get("publication_types", ())}
    facts["kind"] = "preprint" if "preprint" in types else "paper"
    plain: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()
    }
    return Record(origin=source.at(position), **plain)


def _visit(section: Element, facts: dict[str, Any], source: Source) -> None:
    for child in section:
        tag = child.tag
        if tag == "ReferenceList":
            if source.references:
                facts.setdefault("references", []).extend(_references(child))
            continue
        if tag == "CommentsCorrectionsList":
            _links(child, facts, cited=source.references)
            continue
        handler = _HANDLERS.get(tag)
        if handler is not None:
            handler(child, facts)
        elif tag in _DEEPER:
            _visit(child, facts, source)
        elif isinstance(tag, str) and tag not in _SKIPPED:
            _other(child, facts)


# Containers whose children are handled as if they stood one level up.
_DEEPER = frozenset(
    [
        "Article",
        "Journal",
        "JournalIssue",
        "Abstract",
        "Pagination",
        "Book",
        "MedlineJournalInfo",
        "Publisher",
    ]
)
_SKIPPED = frozenset(
    ["History", "DateCompleted", "PublicationStatus", "CitationSubset", "NumberOfReferences"]
)


def _other(element: Element, facts: dict[str, Any]) -> None:
    text = inline(element)
    if text:
        facts.setdefault("other", []).append((element.tag, text))


def _pmid(element: Element, facts: dict[str, Any]) -> None:
    if "pmid" not in facts:
        facts["pmid"] = (element.text or "").strip()
        facts["version"] = int(element.get("Version") or 1)


def _text(name: str) -> Callable[[Element, dict[str, Any]], None]:
    def keep(element: Element, facts: dict[str, Any]) -> None:
        if facts.get(name):
            _other(element, facts)
        else:
            facts[name] = inline(element)

    return keep


def _append(name: str) -> Callable[[Element, dict[str, Any]], None]:
    def keep(element: Element, facts: dict[str, Any]) -> None:
        text = inline(element)
        if text:
            facts.setdefault(name, []).append(text)

    return keep


def _each(name: str, tag: str) -> Callable[[Element, dict[str, Any]], None]:
    def keep(element: Element, facts: dict[str, Any]) -> None:
        found = [inline(child) for child in element.iter(tag)]
        facts.setdefault(name, []).extend(text for text in found if text)

    return keep


def _abstract(element: Element, facts: dict[str, Any]) -> None:
    text = inline(element)
    if text:
        facts.setdefault("abstract", []).append(Part(text, element.get("Label") or ""))


def _other_abstract(element: Element, facts: dict[str, Any]) -> None:
    language = element.get("Language") or element.get("Type") or ""
    for child in element.iter("AbstractText"):
        label = " ".join(word for word in (language, child.get("Label")) if word)
        facts.setdefault("other_abstracts", []).append(Part(inline(child), label))


def _authors(element: Element, facts: dict[str, Any]) -> None:
    if element.get("CompleteYN") == "N":
        facts["authors_complete"] = False
    if element.get("Type") == "editors":
        _other(element, facts)
        return
    kept = facts.setdefault("authors", [])
    for author in element:
        family = given = initials = collective = orcid = suffix = ""
        places: list[str] = []
        for child in author:
            tag = child.tag
            if tag == "AffiliationInfo":
                places += [inline(place) for place in child if place.tag == "Affiliation"]
            elif tag == "LastName":
                family = inline(child)
            elif tag == "ForeName":
                given = inline(child)
            elif tag == "Initials":
                initials = inline(child)
            elif tag == "Suffix":
                suffix = inline(child)
            elif tag == "CollectiveName":
                collective = inline(child)
            elif tag == "Identifier" and child.get("Source") == "ORCID":
                orcid = inline(child)
        if suffix:
            given = f"{given} {suffix}".strip()
        kept.append(Author(family, given, initials, collective, "", orcid, tuple(places)))


def _date(element: Element, facts: dict[str, Any]) -> None:
    words = [child.text.strip() for child in element if child.text]
    facts["date"] = " ".join(words)
    facts["year"] = year_of(facts["date"])


def _electronic(element: Element, facts: dict[str, Any]) -> None:
    facts["electronic_date"] = _iso(element)
    if facts.get("year") is None:
        facts["year"] = year_of(facts["electronic_date"])


def _revised(element: Element, facts: dict[str, Any]) -> None:
    facts["revised"] = _iso(element)


def _iso(element: Element) -> str:
    found = {child.tag: (child.text or "").strip() for child in element}
    month = found.get("Month", "")
    number = int(month) if month.isdigit() else _MONTHS.get(month[:3].lower(), 0)
    words = [found.get("Year", "")]
    if number:
        words.append(f"{number:02d}")
        if found.get("Day", "").isdigit():
            words.append(f"{int(found['Day']):02d}")
    return "-".join(word for word in words if word)


def _pages(element: Element, facts: dict[str, Any]) -> None:
    facts["pages"] = inline(element)


def _location(element: Element, facts: dict[str, Any]) -> None:
    text = inline(element)
    if element.get("EIdType") == "doi" and element.get("ValidYN") != "N":
        facts.setdefault("doi", clean_doi(text))
    elif text:
        facts.setdefault("other_ids", []).append((element.get("EIdType") or "elocation", text))


def _ids(element: Element, facts: dict[str, Any]) -> None:
    """Identifiers of the article itself: only direct children of its own list."""
    for child in element:
        kind, text = child.get("IdType") or "", inline(child)
        if kind == "doi" and not facts.get("doi"):
            facts["doi"] = clean_doi(text)
        elif kind == "pmc":
            facts["pmcid"] = text
        elif kind not in {"pubmed", "doi"} and text:
            facts.setdefault("other_ids", []).append((kind, text))


def _mesh(element: Element, facts: dict[str, Any]) -> None:
    kept = facts.setdefault("mesh", [])
    for heading in element:
        name, ui, major, qualifiers = "", "", False, []
        for child in heading:
            starred = child.get("MajorTopicYN") == "Y"
            if child.tag == "DescriptorName":
                name, ui, major = inline(child), child.get("UI") or "", starred
            else:
                qualifiers.append(f"*{inline(child)}" if starred else inline(child))
        kept.append(Heading(name, ui, major, tuple(qualifiers)))


def _grants(element: Element, facts: dict[str, Any]) -> None:
    kept = facts.setdefault("grants", [])
    for grant in element:
        words = [inline(child) for child in grant]
        kept.append("; ".join(word for word in words if word))


def _banks(element: Element, facts: dict[str, Any]) -> None:
    for bank in element:
        name = bank.findtext("DataBankName") or ""
        for number in bank.iter("AccessionNumber"):
            text = inline(number)
            if name == "ClinicalTrials.gov" or name in _REGISTRIES:
                facts.setdefault("_accessions", []).append(text)
            else:
                facts.setdefault("other_ids", []).append((name, text))


_REGISTRIES = frozenset(
    [
        "ISRCTN",
        "ChiCTR",
        "IRCT",
        "EudraCT",
        "ANZCTR",
        "UMIN-CTR",
        "CTRI",
        "DRKS",
        "NTR",
        "PACTR",
        "CRiS",
        "JapicCTI",
        "REBEC",
        "RPCEC",
        "SLCTR",
        "TCTR",
        "JMACCT",
        "LBCTR",
        "REPEC",
        "EUCTR",
    ]
)


def _links(element: Element, facts: dict[str, Any], *, cited: bool) -> None:
    kept = facts.setdefault("links", [])
    for child in element:
        printed = child.get("RefType") or ""
        if printed == "Cites" and not cited:
            continue
        text = number = ""
        for part in child:
            if part.tag == "RefSource":
                text = inline(part)
            elif part.tag == "PMID":
                number = (part.text or "").strip()
        if printed == "Cites":
            # Older records list their references among the corrections.
            facts.setdefault("references", []).append(Reference(text, number, clean_doi(text)))
            continue
        kept.append(Link(link_kind(printed), printed, text, number, clean_doi(text)))


def _references(element: Element) -> Iterator[Reference]:
    for reference in element.iter("Reference"):
        text, ids = "", {}
        for child in reference:
            if child.tag == "Citation":
                text = inline(child)
            elif child.tag == "ArticleIdList":
                ids = {number.get("IdType"): inline(number) for number in child}
        yield Reference(text, ids.get("pubmed", ""), clean_doi(ids.get("doi", "")), ids.get("pmc", ""))


_HANDLERS: dict[str, Callable[[Element, dict[str, Any]], None]] = {
    "PMID": _pmid,
    "DateRevised": _revised,
    "ArticleTitle": _text("title"),
    "BookTitle": _text("journal"),
    "VernacularTitle": _text("other_title"),
    "AbstractText": _abstract,
    "OtherAbstract": _other_abstract,
    "CopyrightInformation": _text("copyright"),
    "AuthorList": _authors,
    "Title": _text("journal"),
    "ISOAbbreviation": _text("journal_short"),
    "ISSN": _append("issn"),
    "PubDate": _date,
    "ArticleDate": _electronic,
    "Volume": _text("volume"),
    "Issue": _text("issue"),
    "MedlinePgn": _pages,
    "ELocationID": _location,
    "Language": _append("languages"),
    "PublicationTypeList": _each("publication_types", "PublicationType"),
    "PublicationType": _append("publication_types"),
    "MeshHeadingList": _mesh,
    "ChemicalList": _each("chemicals", "NameOfSubstance"),
    "SupplMeshList": _each("chemicals", "SupplMeshName"),
    "KeywordList": _each("keywords", "Keyword"),
    "GrantList": _grants,
    "DataBankList": _banks,
    "ArticleIdList": _ids,
    "CoiStatement": _text("conflict"),
}
