"""JATS full text: the article's own front matter, its abstract and its body, paragraph by paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from secretome.evidence.records import Author, Item, Link, Part, Record, Reference, clean_doi, link_kind

from . import Source
from .chunks import chunks
from .markup import BadRecord, Element, inline, parse, require_lxml, walk


def read(stream: BinaryIO, source: Source) -> Iterator[Item]:
    """A record for every article that is not a part of another."""
    etree = require_lxml()
    position = 0
    try:
        for element in walk(stream, ("article",)):
            position += 1
            yield _guarded(element, source, position)
    except etree.XMLSyntaxError as error:
        stream.seek(0)
        for number, chunk in enumerate(chunks(stream, ("article",)), start=1):
            if number > position:
                yield _alone(chunk.xml, source, number, str(error))


def _alone(xml: bytes, source: Source, position: int, reason: str) -> Item:
    named = re.search(rb'<article-id pub-id-type="(?:pmid|doi)">([^<]+)', xml)
    label = named[1].decode("utf-8", "replace") if named else ""
    try:
        return _guarded(parse(xml)[0], source, position)
    except BadRecord:
        return source.fault(position, f"no well-formed XML: {reason}", label)


def _guarded(element: Element, source: Source, position: int) -> Item:
    try:
        return _record(element, source, position)
    except BadRecord as error:
        return source.fault(position, str(error))


def _record(article: Element, source: Source, position: int) -> Record:
    _strip_namespaces(article)
    front = article.find("front")
    meta = None if front is None else front.find("article-meta")
    if front is None or meta is None:
        raise BadRecord("the article has no front/article-meta")
    ids = {node.get("pub-id-type"): inline(node) for node in meta.findall("article-id")}
    journal = front.find("journal-meta")
    dates = {
        node.get("pub-type") or node.get("date-type") or "": _date(node) for node in meta.findall("pub-date")
    }
    printed = next((dates[key] for key in ("ppub", "collection", "pub", "epub", "") if key in dates), "")
    abstracts = meta.findall("abstract")
    main = [node for node in abstracts if not node.get("abstract-type")] or abstracts[:1]
    pmc = ids.get("pmc") or ids.get("pmcid") or ""
    return Record(
        pmid=ids.get("pmid", ""),
        pmcid=f"PMC{pmc.removeprefix('PMC')}" if pmc else "",
        doi=clean_doi(ids.get("doi", "")),
        other_ids=tuple(
            (kind or "id", text) for kind, text in ids.items() if kind not in {"pmid", "pmc", "pmcid", "doi"}
        ),
        title=inline(meta.find("title-group/article-title")),
        other_title=inline(meta.find("title-group/subtitle")),
        abstract=tuple(part for node in main for part in _parts(node)),
        other_abstracts=tuple(
            part
            for node in (*abstracts, *meta.findall("trans-abstract"))
            if node not in main
            for part in _parts(node)
        ),
        copyright=inline(meta.find("permissions/copyright-statement")),
        authors=tuple(_authors(meta)),
        journal=inline(_first(journal, ".//journal-title")),
        journal_short=inline(_first(journal, "journal-id")),
        issn=tuple(inline(node) for node in ([] if journal is None else journal.findall("issn"))),
        year=int(printed[:4]) if printed[:4].isdigit() else None,
        date=printed,
        electronic_date=dates.get("epub", ""),
        volume=inline(meta.find("volume")),
        issue=inline(meta.find("issue")),
        pages="-".join(
            dict.fromkeys(
                inline(node) for tag in ("fpage", "lpage", "elocation-id") for node in meta.findall(tag)
            )
        ),
        publication_types=tuple(filter(None, [article.get("article-type")])),
        keywords=tuple(inline(node) for node in meta.iter("kwd")),
        grants=tuple(inline(node) for node in meta.iter("award-group")),
        links=tuple(_links(meta)),
        references=tuple(_references(article)),
        body=tuple(_body(article)),
        other=tuple(("subject", inline(node)) for node in meta.iter("subject")),
        origin=source.at(position),
    )


def _strip_namespaces(article: Element) -> None:
    """Some deliveries put every JATS element into a namespace; names alone decide here."""
    for node in article.iter():
        if isinstance(node.tag, str) and node.tag.startswith("{") and "MathML" not in node.tag:
            node.tag = node.tag.rpartition("}")[2]


def _first(node: Element, path: str) -> Element:
    return None if node is None else node.find(path)


def _parts(abstract: Element) -> Iterator[Part]:
    sections = abstract.findall("sec")
    loose = [node for node in abstract if node.tag not in {"sec", "title", "label", "object-id"}]
    if loose:
        text = " ".join(filter(None, (inline(node) for node in loose)))
        if text:
            yield Part(text)
    elif not sections and abstract.text and abstract.text.strip():
        yield Part(inline(abstract))
    for section in sections:
        label = inline(section.find("title"))
        body = " ".join(filter(None, (inline(node) for node in section if node.tag != "title")))
        yield Part(body, label.rstrip(":"))


def _authors(meta: Element) -> Iterator[Author]:
    places = {node.get("id"): inline(node) for node in meta.iter("aff")}
    for contributor in meta.findall("contrib-group/contrib"):
        if contributor.get("contrib-type", "author") != "author":
            continue
        name = contributor.find("name")
        name = contributor.find("name-alternatives/name") if name is None else name
        rids = [ref.get("rid") for ref in contributor.findall("xref") if ref.get("ref-type") == "aff"]
        orcid = next(
            (inline(n) for n in contributor.findall("contrib-id") if n.get("contrib-id-type") == "orcid"), ""
        )
        yield Author(
            family=inline(_first(name, "surname")),
            given=inline(_first(name, "given-names")),
            collective=inline(contributor.find("collab")),
            orcid=orcid,
            affiliations=tuple(places[rid] for rid in rids if rid in places),
        )


def _date(node: Element) -> str:
    words = [node.findtext(tag) or "" for tag in ("year", "month", "day")]
    return "-".join(word.strip().zfill(2) for word in words if word.strip())


def _links(meta: Element) -> Iterator[Link]:
    for node in meta.findall("related-article"):
        printed = node.get("related-article-type") or ""
        target = next((value for key, value in node.attrib.items() if key.endswith("href")), "")
        text = inline(node) or target
        pmid = target if node.get("ext-link-type") == "pubmed" else ""
        yield Link(link_kind(printed), printed, text, pmid, clean_doi(target) or clean_doi(text))


def _references(article: Element) -> Iterator[Reference]:
    for node in article.findall("back//ref"):
        ids = {child.get("pub-id-type"): inline(child) for child in node.iter("pub-id")}
        yield Reference(
            inline(node), ids.get("pmid", ""), clean_doi(ids.get("doi", "")), ids.get("pmcid", "")
        )


_BLOCKS = frozenset(["p", "title", "caption", "td", "th", "label", "disp-formula", "disp-quote", "list-item"])


def _body(article: Element) -> Iterator[Part]:
    """Every paragraph, caption and table row of body, back notes and floats, under its section titles."""
    for name in ("body", "back", "floats-group"):
        node = article.find(name)
        if node is not None:
            yield from _under(node, name if name != "body" else "")


def _under(node: Element, path: str) -> Iterator[Part]:
    title = inline(node.find("title")) if node.tag != "body" else ""
    here = " > ".join(word for word in (path, title) if word)
    for child in node:
        tag = child.tag
        if not isinstance(tag, str) or tag in {"title", "ref-list"}:
            continue
        if tag in {
            "sec",
            "app",
            "ack",
            "fn-group",
            "notes",
            "app-group",
            "fn",
            "boxed-text",
            "fig-group",
            "table-wrap-group",
        }:
            yield from _under(child, here)
        elif tag in {"fig", "table-wrap", "supplementary-material", "media"}:
            yield from _float(child, here)
        else:
            text = inline(child)
            if text:
                yield Part(text, here)


def _float(node: Element, path: str) -> Iterator[Part]:
    label = inline(node.find("label"))
    here = " > ".join(word for word in (path, label) if word)
    caption = node.find("caption")
    if caption is not None:
        yield Part(inline(caption), here)
    for row in node.iter("tr"):
        cells = [inline(cell) for cell in row]
        if any(cells):
            yield Part("\t".join(cells), here)
    foot = node.find("table-wrap-foot")
    if foot is not None and inline(foot):
        yield Part(inline(foot), here)
    loose = [child for child in node if child.tag in {"p", "disp-formula", "alternatives"} and inline(child)]
    for child in loose:
        if not child.findall(".//tr"):
            yield Part(inline(child), here)
