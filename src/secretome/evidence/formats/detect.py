"""Which record format a file begins; patterns on its first bytes."""

from __future__ import annotations

import re

# First pattern that matches wins; the more telling ones come first.
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("pubmed_xml", re.compile(r"<(PubmedArticleSet|PubmedArticle|MedlineCitationSet|DeleteCitation)\b")),
    ("europepmc", re.compile(r"<responseWrapper\b")),
    ("jats", re.compile(r"<(article|pmc-articleset)\b")),
    ("europepmc", re.compile(r'"resultList"\s*:')),
    ("ctgov", re.compile(r'"(protocolSection|studies|NCTId|StudyFieldsResponse|FullStudiesResponse)"\s*:')),
    ("ctgov_csv", re.compile(r"\A(?=[^\n]*NCT Number)[^\n]*,")),
    ("medline", re.compile(r"^PMID ?- ?\d+", re.MULTILINE)),
    ("ris", re.compile(r"^TY ?\s?- ?\s?\w", re.MULTILINE)),
    ("web_of_science", re.compile(r"\AFN [^\n]*\n(.*\n)*?PT ", re.MULTILINE)),
    ("web_of_science", re.compile(r"\APT [A-Z]\r?$", re.MULTILINE)),
    ("pubmed_page", re.compile(r"NCBI Homepage|PubMed Disclaimer|Skip to main page content")),
)


def detect(head: bytes) -> str | None:
    """The name of a format, or None."""
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head.decode("utf-16" if wide else "utf-8", "replace")
    text = text.removeprefix("\ufeff")
    for name, pattern in _PATTERNS:
        if pattern.search(text):
            return name
    return None
