"""A PubMed page copied from the browser into a text file: what it says, and nothing of the banner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from secretome.evidence.records import Author, Item, Part, Record, Reference, clean_doi, year_of

from . import Source, decoded

_CITATION = re.compile(
    r"^\. (?P<date>\d{4}[^;]*)(?:;(?P<volume>[^(:]*)(?:\((?P<issue>[^)]*)\))?(?::(?P<pages>[^.]*))?)?\.",
    re.MULTILINE,
)
_SECTIONS = (
    "Abstract",
    "PubMed Disclaimer",
    "Conflict of interest statement",
    "Figures",
    "Similar articles",
    "Cited by",
    "References",
    "Publication types",
    "MeSH terms",
    "Substances",
    "Related information",
    "Grants and funding",
    "LinkOut - more resources",
)


def read(stream: BinaryIO, source: Source) -> Iterator[Item]:
    """The one record of a page; without a title or an abstract the page is a fault."""
    text = decoded(stream, source).replace("\r\n", "\n")
    citation = _CITATION.search(text)
    sections = _sections(text)
    if citation is None or "Abstract" not in sections:
        yield source.fault(1, "no citation line (`. 2023 Oct 27;72(S3):…`) or no Abstract on this page")
        return
    head = text[citation.end() : text.find("\nAbstract\n")]
    lines = [" ".join(line.split()) for line in head.splitlines() if line.strip()]
    doi = next((clean_doi(line) for line in lines if line.startswith("doi:")), "")
    pmid = re.search(r"PMID: (\d+)", head)
    pmcid = re.search(r"PMCID: (PMC\d+)", head)
    journal, authors, complete = _byline(lines)
    before = text[: citation.start()].rstrip().splitlines()
    kind = before[-1].strip() if before and len(before[-1].split()) <= 4 else ""
    captions = sections.get("Figures", "")
    yield Record(
        pmid=pmid[1] if pmid else "",
        pmcid=pmcid[1] if pmcid else "",
        doi=doi,
        title=_title(lines),
        abstract=(Part(" ".join(sections["Abstract"].split("\n")).strip()),),
        authors=authors,
        authors_complete=complete,
        journal=journal,
        year=year_of(citation["date"]),
        date=citation["date"].strip(),
        volume=(citation["volume"] or "").strip(),
        issue=citation["issue"] or "",
        pages=citation["pages"] or "",
        publication_types=(kind,) if kind else (),
        references=tuple(_references(sections.get("References", ""))),
        mesh=(),
        conflict=_conflict(sections.get("Conflict of interest statement", "")),
        other=tuple(("figure caption", caption) for caption in _captions(captions)),
        origin=source.at(1),
    )


def _sections(text: str) -> dict[str, str]:
    """Text under each heading that stands on a line of its own, the first time it does."""
    found: dict[str, list[str]] = {}
    current = ""
    for line in text.splitlines():
        bare = line.strip()
        if bare in _SECTIONS and bare not in found:
            current = bare
            found[current] = []
        elif current:
            found[current].append(bare)
    return {name: "\n".join(lines).strip() for name, lines in found.items()}


def _title(lines: list[str]) -> str:
    """The line that the page prints twice; else the first long one behind the citation."""
    for line in lines:
        if len(line) > 20 and lines.count(line) > 1:
            return line
    return next((line for line in lines if len(line) > 20 and not line.startswith("doi:")), "")


def _byline(lines: list[str]) -> tuple[str, tuple[Author, ...], bool]:
    """Journal, authors, and whether all of them are named (`et al.` says no)."""
    for line in lines:
        short = re.fullmatch(r"(.+?) et al\. (.+?)\. \.", line)
        if short:
            return short[2], (Author(printed=short[1]),), False
    return "", (), True


def _captions(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line and not re.fullmatch(r"(Fig(ure|\.)?|Table) ?\d+\.?", line):
            yield line


def _conflict(text: str) -> str:
    lines = [line for line in text.splitlines() if line and line.lower() != "conflict of interest"]
    return " ".join(lines)


def _references(text: str) -> Iterator[Reference]:
    """Numbered lines with the DOI as printed; whether it fits its journal is judged by `appraise`."""
    for line in text.splitlines():
        numbered = re.match(r"\d+\. (.+)", line.strip())
        if numbered:
            printed = re.sub(r"( - (DOI|PMC|PubMed))+$", "", numbered[1])
            yield Reference(printed, doi=clean_doi(printed))
