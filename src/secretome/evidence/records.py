"""One record of a paper or a trial, whatever file it came from, and how it travels as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind = Literal["paper", "preprint", "trial"]
Standing = Literal["", "retracted", "concern", "corrected"]

# Registries by the form of their numbers, https://www.who.int/clinical-trials-registry-platform
REGISTRY_NUMBER = re.compile(
    r"\b(NCT\d{8}|ISRCTN\d{8}|ChiCTR[-A-Za-z]{0,6}\d{8,12}|IRCT\d{10,}N?\d*|EUCTR\d{4}-\d{6}-\d{2}"
    r"|ACTRN\d{14}|UMIN\d{9}|CTRI/\d{4}/\d{2,3}/\d{6}|DRKS\d{8}|PACTR\d{15,16}|KCT\d{7}|JPRN-\w+)\b"
)


_DOI = re.compile(r"10\.\d{4,9}/\S+")


@dataclass(frozen=True)
class Part:
    """A piece of text with the label that its source printed, for example `METHODS`."""

    text: str
    label: str = ""


@dataclass(frozen=True)
class Author:
    """One author; `collective` for a group, `printed` where a source gives one string only."""

    family: str = ""
    given: str = ""
    initials: str = ""
    collective: str = ""
    printed: str = ""
    orcid: str = ""
    affiliations: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Family name and initials, or what was printed."""
        return self.printed or self.collective or f"{self.family} {self.initials or self.given}".strip()


@dataclass(frozen=True)
class Heading:
    """A MeSH heading with its qualifiers; a leading `*` marks a major topic."""

    name: str
    ui: str = ""
    major: bool = False
    qualifiers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """What happened to a record later: retraction, erratum, concern, comment, preprint.

    Parameters
    ----------
    kind
        `retracted by`, `retracts`, `corrected by`, `corrects`, `concern in`, `concern about`,
        `preprint of`, `has preprint`, or the source's own word where it is none of these.
    printed
        The source's word.
    """

    kind: str
    printed: str = ""
    text: str = ""
    pmid: str = ""
    doi: str = ""


@dataclass(frozen=True)
class Reference:
    """A reference of the paper as printed, with the identifiers printed beside it."""

    text: str
    pmid: str = ""
    doi: str = ""
    pmcid: str = ""


@dataclass(frozen=True)
class Arm:
    """An arm of a trial."""

    label: str
    kind: str = ""
    description: str = ""
    interventions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Intervention:
    """An intervention of a trial."""

    name: str
    kind: str = ""
    description: str = ""
    other_names: tuple[str, ...] = ()
    arms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """A registered outcome: `kind` is primary, secondary, other or not stated."""

    measure: str
    kind: str = ""
    time_frame: str = ""
    description: str = ""


@dataclass(frozen=True)
class Trial:
    """What a registry says of a trial, in the registry's own words (enums are never translated away).

    Parameters
    ----------
    enrolment
        Participants, None when the registry gives none; `enrolment_type` says actual or estimated.
    has_results
        None when the layout does not say.
    """

    status: str = ""
    why_stopped: str = ""
    phases: tuple[str, ...] = ()
    study_type: str = ""
    enrolment: int | None = None
    enrolment_type: str = ""
    allocation: str = ""
    model: str = ""
    masking: str = ""
    purpose: str = ""
    conditions: tuple[str, ...] = ()
    arms: tuple[Arm, ...] = ()
    interventions: tuple[Intervention, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    sponsor: str = ""
    collaborators: tuple[str, ...] = ()
    start: str = ""
    completion: str = ""
    has_results: bool | None = None
    papers: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class Origin:
    """Where a record was read: file, its sha256, its format, and the record's place in it from 1."""

    file: str = ""
    sha256: str = ""
    format: str = ""
    position: int = 0


@dataclass(frozen=True)
class Record:
    """A paper, a preprint or a trial as one source describes it.

    Nothing is filled in: an empty field means that the source does not say.

    Parameters
    ----------
    pmid, pmcid, doi, trial_id
        The record's own identifiers, never those of its references; DOI in lower case.
    version, revised
        Version of a PubMed record and the date of its last revision (ISO), for later-wins.
    other_ids
        Further identifiers as (scheme, value).
    abstract
        Parts in their order, with the labels printed.
    registry_ids
        Trials that the record declares to report; `mentioned_ids` finds those its text names.
    links
        Retraction, erratum, concern, preprint and comment links.
    other
        Whatever the source says that has no field here, as (name, text), so that nothing is lost.
    """

    kind: Kind = "paper"
    pmid: str = ""
    pmcid: str = ""
    doi: str = ""
    trial_id: str = ""
    other_ids: tuple[tuple[str, str], ...] = ()
    version: int = 1
    revised: str = ""
    title: str = ""
    other_title: str = ""
    abstract: tuple[Part, ...] = ()
    other_abstracts: tuple[Part, ...] = ()
    copyright: str = ""
    authors: tuple[Author, ...] = ()
    authors_complete: bool = True
    journal: str = ""
    journal_short: str = ""
    issn: tuple[str, ...] = ()
    year: int | None = None
    date: str = ""
    electronic_date: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    languages: tuple[str, ...] = ()
    publication_types: tuple[str, ...] = ()
    mesh: tuple[Heading, ...] = ()
    chemicals: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    registry_ids: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    references: tuple[Reference, ...] = ()
    body: tuple[Part, ...] = ()
    conflict: str = ""
    trial: Trial | None = None
    other: tuple[tuple[str, str], ...] = ()
    origin: Origin = Origin()

    @property
    def standing(self) -> Standing:
        """Retracted, under an expression of concern, corrected, or nothing of the kind.

        Examples
        --------
        >>> Record(links=(Link("retracted by", "RetractionIn"),)).standing
        'retracted'
        """
        kinds = {link.kind for link in self.links}
        types = {kind.lower() for kind in self.publication_types}
        words = self.title.lower().lstrip("[* ")
        if "retracted by" in kinds or "retracted publication" in types or words.startswith("retracted"):
            return "retracted"
        if "concern in" in kinds:
            return "concern"
        return "corrected" if "corrected by" in kinds else ""

    @property
    def text(self) -> str:
        """Title and abstract as one text: the positions of spans count in it."""
        parts = [f"{part.label}: {part.text}" if part.label else part.text for part in self.abstract]
        return "\n".join([self.title, *parts])

    @property
    def mentioned_ids(self) -> tuple[str, ...]:
        """Registry numbers named in title and abstract, in their order, each once.

        Examples
        --------
        >>> Record(title="A trial (NCT05296863)").mentioned_ids
        ('NCT05296863',)
        """
        return tuple(dict.fromkeys(REGISTRY_NUMBER.findall(self.text)))

    @property
    def label(self) -> str:
        """What to call the record in a message: its best identifier, else its title."""
        own = (self.trial_id, f"PMID {self.pmid}" if self.pmid else "", self.doi, self.pmcid)
        return next((name for name in own if name), self.title[:60] or "a record without identifier")


@dataclass(frozen=True)
class Deletion:
    """A PubMed update file says that this PMID is deleted."""

    pmid: str


@dataclass(frozen=True)
class Fault:
    """A record that could not be read: where, which, and why; the rest of its file was read."""

    file: str
    position: int
    found: str
    record: str = ""

    def __str__(self) -> str:
        """One line for a log."""
        named = f" ({self.record})" if self.record else ""
        return f"{self.file}, record {self.position}{named}: {self.found}"


Item: TypeAlias = "Record | Deletion | Fault"

# Words of PubMed XML, MEDLINE tags and Europe PMC for the same links.
_LINKS = {
    "retracted by": ("retractionin", "rin", "retraction in", "retracted in"),
    "retracts": ("retractionof", "rof", "retraction of", "retracted-article"),
    "partly retracted by": ("partialretractionin", "rpi part"),
    "corrected by": ("erratumin", "ein", "erratum in", "correctedandrepublishedin", "crf in", "rpi"),
    "corrects": (
        "erratumfor",
        "efr",
        "erratum for",
        "correctedandrepublishedfrom",
        "rpf",
        "corrected-article",
    ),
    "concern in": ("expressionofconcernin", "ecin", "eci", "expression of concern in"),
    "concern about": (
        "expressionofconcernfor",
        "ecfr",
        "ecf",
        "expression of concern for",
        "object-of-concern",
    ),
    "preprint of": ("preprintof", "updatein", "uin", "preprint of", "prof", "update in"),
    "has preprint": ("preprintin", "updateof", "uof", "preprint in", "prin", "update of"),
    "comment on": ("commenton", "con", "comment on", "commentary-article"),
    "commented in": ("commentin", "cin", "comment in", "commentary"),
}
_LINK_KIND = {word: kind for kind, words in _LINKS.items() for word in words}


def link_kind(printed: str) -> str:
    """Our word for a link, or the source's own where it is none that we know.

    Examples
    --------
    >>> link_kind("RetractionIn"), link_kind("Erratum for"), link_kind("Cites")
    ('retracted by', 'corrects', 'Cites')
    """
    return _LINK_KIND.get(printed.lower().strip(), printed)


def clean_doi(text: str) -> str:
    """A DOI in lower case without resolver or label, empty when the text holds none.

    Examples
    --------
    >>> clean_doi("https://doi.org/10.1016/S0140-6736(24)02600-X."), clean_doi("n/a")
    ('10.1016/s0140-6736(24)02600-x', '')
    """
    # Most texts hold none: asking is quicker than searching.
    if "10." not in text:
        return ""
    found = _DOI.search(text)
    return found.group().rstrip(".,;").lower() if found else ""


def year_of(text: str) -> int | None:
    """The first year of a printed date, or None.

    Examples
    --------
    >>> year_of("2020 Nov-Dec"), year_of("Spring")
    (2020, None)
    """
    found = re.search(r"\b(1[6-9]|20)\d\d\b", text)
    return int(found.group()) if found else None


def records_of(items: Iterator[Item]) -> Iterator[Record]:
    """Only the records of a stream of items."""
    for item in items:
        if isinstance(item, Record):
            yield item
