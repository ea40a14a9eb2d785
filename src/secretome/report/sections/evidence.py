"""What is known from others: accepted claims for and against, by process and factor, with their citations."""

from __future__ import annotations

from secretome.report.blocks import Block, Notice, Section, Text
from secretome.report.finding import Contents, finding
from secretome.report.sections import title
from secretome.report.tables import csv_href, heading, table_of
from secretome.results import Result

_FIRST = ("summary", "claims")
_INTRODUCTION = (
    "These are not measurements of this study. Each line was read in a paper or a registry record and accepted by a named person; "
    "papers of one trial count once, retracted ones not at all. "
    "Evidence on another kind of product stands under \u201cother products\u201d and says nothing about this one."
)


def build(contents: Contents) -> Section | None:
    """The accepted evidence, counts by process and factor first."""
    if not contents.results:
        return None
    return Section(title("evidence"), "evidence", tuple(_told(result) for result in contents.results))


def _told(result: Result) -> Block:
    claims = result.tables.get("claims")
    if claims is None:
        return finding(result)
    lead: list[Block] = [Text(_INTRODUCTION, kind="lead")]
    shown = [name for name in _FIRST if name in result.tables and len(result.tables[name])]
    lead += [table_of(result, name, caption=heading(name).capitalize()) for name in shown]
    if len(claims) and "citations" in result.tables:
        lead.append(
            Notice(
                "Citations",
                (f"BibTeX, RIS and CSL of every citation are columns of {csv_href(result, 'citations')}.",),
                kind="info",
            )
        )
    return finding(result, lead=tuple(lead), omit=(*shown, "citations"))
