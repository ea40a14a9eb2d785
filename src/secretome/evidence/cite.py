"""A record as a citation: BibTeX, RIS and CSL JSON."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable

from .records import Author, Record

_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "%": r"\%",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "$": r"\$",
    "^": r"\^{}",
    "~": r"\~{}",
}


def citation_key(record: Record) -> str:
    """Family name, year and first telling word of the title, in plain letters.

    Examples
    --------
    >>> citation_key(Record(title="The secretome", year=2023, authors=(Author("Smolinská"),)))
    'smolinska2023secretome'
    """
    first = record.authors[0] if record.authors else Author()
    family = first.family or first.collective or first.printed or "anonymous"
    words = re.findall(r"[A-Za-z]{4,}", _plain(record.title)) or ["untitled"]
    name = re.sub(r"[^a-z]", "", _plain(family).lower()) or "anonymous"
    return f"{name}{record.year or 'nd'}{words[0].lower()}"


def to_bibtex(record: Record, *, key: str = "") -> str:
    """One BibTeX entry; a retraction or concern stands in its note."""
    kind = "article" if record.kind != "trial" else "misc"
    facts = {
        "author": " and ".join(_bib_name(author) for author in record.authors),
        "title": record.title,
        "journal": record.journal or record.journal_short,
        "year": str(record.year or ""),
        "volume": record.volume,
        "number": record.issue,
        "pages": record.pages.replace("-", "--"),
        "doi": record.doi,
        "pmid": record.pmid,
        "howpublished": f"Trial registration {record.trial_id}" if record.trial_id else "",
        "note": record.standing.upper() if record.standing else "",
    }
    lines = [
        f"  {name} = {{{_tex(text) if name != 'doi' else text}}}" for name, text in facts.items() if text
    ]
    return f"@{kind}{{{key or citation_key(record)},\n" + ",\n".join(lines) + "\n}\n"


def to_ris(record: Record) -> str:
    """One RIS record, as reference managers read it."""
    pages = record.pages.split("-")
    lines = [("TY", "JOUR" if record.kind != "trial" else "UNPB"), ("TI", record.title)]
    lines += [("AU", _ris_name(author)) for author in record.authors]
    lines += [
        ("PY", str(record.year or "")),
        ("JO", record.journal or record.journal_short),
        ("VL", record.volume),
    ]
    lines += [
        ("IS", record.issue),
        ("SP", pages[0]),
        ("EP", pages[1] if len(pages) > 1 else ""),
        ("DO", record.doi),
    ]
    lines += [("AN", record.trial_id or record.pmid), ("AB", " ".join(part.text for part in record.abstract))]
    lines += [("N1", record.standing.upper())] if record.standing else []
    return "".join(f"{tag}  - {' '.join(text.split())}\n" for tag, text in lines if text) + "ER  - \n"


def to_csl(record: Record, *, key: str = "") -> dict[str, object]:
    """One item of CSL JSON."""
    facts: dict[str, object] = {
        "id": key or citation_key(record),
        "type": "article-journal" if record.kind != "trial" else "report",
        "title": record.title,
        "author": [_csl_name(author) for author in record.authors],
        "container-title": record.journal or record.journal_short,
        "issued": {"date-parts": [[record.year]]} if record.year else None,
        "volume": record.volume,
        "issue": record.issue,
        "page": record.pages,
        "DOI": record.doi,
        "PMID": record.pmid,
        "number": record.trial_id,
        "note": record.standing.upper(),
    }
    return {name: value for name, value in facts.items() if value}


def bibliography(records: Iterable[Record], *, style: str = "bibtex") -> str:
    """All records in one style (`bibtex`, `ris`, `csl`); equal keys get a letter."""
    keys: dict[str, int] = {}
    listed = []
    for record in records:
        base = citation_key(record)
        keys[base] = keys.get(base, 0) + 1
        listed.append((record, base if keys[base] == 1 else f"{base}{chr(95 + keys[base])}"))
    if style == "csl":
        return (
            json.dumps([to_csl(record, key=key) for record, key in listed], ensure_ascii=False, indent=1)
            + "\n"
        )
    if style == "ris":
        return "\n".join(to_ris(record) for record, _ in listed)
    return "\n".join(to_bibtex(record, key=key) for record, key in listed)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _tex(text: str) -> str:
    return "".join(_TEX.get(letter, letter) for letter in text)


def _bib_name(author: Author) -> str:
    if author.family:
        return f"{author.family}, {author.given or author.initials}".rstrip(", ")
    return "{" + author.name + "}"


def _ris_name(author: Author) -> str:
    return (
        f"{author.family}, {author.given or author.initials}".rstrip(", ") if author.family else author.name
    )


def _csl_name(author: Author) -> dict[str, str]:
    if author.family:
        return {"family": author.family, "given": author.given or author.initials}
    return {"literal": author.name}
