"""What identifies a work, and what a search reads of a record."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .records import Record

# Titles shorter than this in letters and digits ("Editorial") identify nothing.
_TELLING = 24


def keys(record: Record) -> tuple[str, ...]:
    """What identifies a work: its identifiers, then title and year; empty when nothing does.

    Examples
    --------
    >>> keys(Record(pmid="7", title="Secretome of the invented cell, revisited", year=2020))
    ('pmid:7', 'title:paper:secretomeoftheinventedcellrevisited:2020')
    """
    found = [f"pmid:{record.pmid}"] if record.pmid else []
    found += [f"doi:{record.doi}"] if record.doi else []
    found += [f"pmcid:{record.pmcid}"] if record.pmcid else []
    found += [f"trial:{record.trial_id}"] if record.trial_id else []
    letters = re.sub(r"[\W_]+", "", record.title).lower()
    if len(letters) >= _TELLING and record.year is not None:
        # A registration and the paper on it share a title and are not the same work; nor is a preprint.
        found.append(f"title:{record.kind}:{letters}:{record.year}")
    return tuple(found)


def searched(record: Record) -> dict[str, str]:
    """Texts of a record by the field that a search names."""
    return {
        "title": " ".join(filter(None, (record.title, record.other_title))),
        "abstract": "\n".join(part.text for part in (*record.abstract, *record.other_abstracts)),
        "authors": "; ".join(author.name for author in record.authors),
        "journal": " ".join(filter(None, (record.journal, record.journal_short))),
        "mesh": "; ".join(heading.name for heading in record.mesh),
        "keywords": "; ".join((*record.keywords, *(_trial_words(record)))),
        "ids": " ".join(
            filter(None, (record.pmid, record.pmcid, record.doi, record.trial_id, *record.registry_ids))
        ),
    }


def _trial_words(record: Record) -> Iterator[str]:
    if record.trial is not None:
        yield from record.trial.conditions
        yield from (intervention.name for intervention in record.trial.interventions)
        yield record.trial.status
