"""What a person types into `find`, as a full-text expression and filters; nothing typed is syntax."""

from __future__ import annotations

import re
from dataclasses import dataclass

from secretome.errors import InvalidSearch, near_misses

# word typed -> column of the full-text index
FIELDS = {
    "title": "title",
    "abstract": "abstract",
    "author": "authors",
    "journal": "journal",
    "mesh": "mesh",
    "keyword": "keywords",
    "id": "ids",
}
FILTERS = ("year", "kind", "standing")
_TOKEN = re.compile(r'(?P<minus>-)?(?:(?P<field>[a-z]+):)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


@dataclass(frozen=True)
class Query:
    """A search as the store runs it.

    Parameters
    ----------
    match
        Full-text expression, every word quoted; empty when only filters were given.
    years
        First and last year, either may be None.
    kind, standing
        Exact values or empty.
    """

    match: str
    years: tuple[int | None, int | None] = (None, None)
    kind: str = ""
    standing: str = ""


def parse(text: str) -> Query:
    """The query that a line of words, "phrases", field:words and filters means; all must hold.

    Raises
    ------
    InvalidSearch
        If it holds nothing to look for, an unknown field, or a year that is none.

    Examples
    --------
    >>> parse('title:"conditioned medium" IL-6 year:2015-2020 -mouse').match
    '(title : "conditioned medium") AND ("IL-6") NOT ("mouse")'
    """
    wanted: list[str] = []
    unwanted: list[str] = []
    years: tuple[int | None, int | None] = (None, None)
    chosen = {"kind": "", "standing": ""}
    for found in _TOKEN.finditer(text):
        field, value = found["field"] or "", found["phrase"] if found["phrase"] is not None else found["word"]
        if field == "year":
            years = _years(value)
        elif field in chosen:
            chosen[field] = value
        elif field and field not in FIELDS:
            if field in {"http", "https", "doi", "pmid"}:
                wanted.append(_term("ids", value))
                continue
            raise InvalidSearch(f"no field {field!r} to search in{near_misses(field, [*FIELDS, *FILTERS])}")
        elif re.search(r"\w", value):
            (unwanted if found["minus"] else wanted).append(_term(FIELDS.get(field, ""), value))
    if not wanted and years == (None, None) and not any(chosen.values()):
        raise InvalidSearch(
            'nothing to look for: give words, a "phrase", field:word, or a filter such as year:2020'
        )
    match = " AND ".join(wanted)
    if wanted and unwanted:
        match += " NOT " + " NOT ".join(unwanted)
    return Query(match, years, chosen["kind"], chosen["standing"])


def _term(column: str, value: str) -> str:
    prefix = value.endswith("*") and len(value) > 3
    bare = value.rstrip("*").replace('"', '""')
    quoted = f'"{bare}"' + ("*" if prefix else "")
    return f"({column} : {quoted})" if column else f"({quoted})"


def _years(text: str) -> tuple[int | None, int | None]:
    found = re.fullmatch(r"(\d{4})?(-|\.\.)?(\d{4})?", text)
    if not text or found is None or not (found[1] or found[3]):
        raise InvalidSearch(
            f"year:{text} is no year; write year:2020, year:2015-2020, year:2015- or year:-2020"
        )
    first = int(found[1]) if found[1] else None
    last = int(found[3]) if found[3] else (None if found[2] else first)
    return first, last
