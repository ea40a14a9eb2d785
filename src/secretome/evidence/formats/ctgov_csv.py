"""The classic CSV download of ClinicalTrials.gov: 27 columns, `|` between the entries of a list."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from secretome.errors import MissingColumn
from secretome.evidence.records import Intervention, Item, Outcome, Record, Trial, year_of

from . import Source, decoded

_REQUIRED = ("NCT Number", "Title")
# Columns that have a field; every other column is kept as (name, text).
_FIELDS = frozenset(
    [
        *_REQUIRED,
        "Status",
        "Study Results",
        "Conditions",
        "Interventions",
        "Outcome Measures",
        "Sponsor/Collaborators",
        "Phases",
        "Enrollment",
        "Study Type",
        "Start Date",
        "Completion Date",
        "Last Update Posted",
    ]
)


def read(stream: BinaryIO, source: Source) -> Iterator[Item]:
    """A record for every row.

    Raises
    ------
    MissingColumn
        If a column without which a row is nobody's is absent.
    """
    rows = csv.DictReader(io.StringIO(decoded(stream, source), newline=""))
    header = [name or "" for name in rows.fieldnames or ()]
    for column in _REQUIRED:
        if column not in header:
            raise MissingColumn(column, header, where=source.file)
    for position, row in enumerate(rows, start=1):
        yield _row({key: value or "" for key, value in row.items() if key}, None in row, source, position)


def _row(row: dict[str, str], uneven: bool, source: Source, position: int) -> Item:
    number = row["NCT Number"].strip()
    if uneven:
        return source.fault(position, "the row has more cells than the header", number)
    if not number:
        return source.fault(position, "the row has no NCT Number", row["Title"][:60])
    count = row.get("Enrollment", "").strip()
    if count and not count.isdigit():
        return source.fault(position, f"Enrollment is {count!r}, expected a whole number", number)
    sponsors = _list(row.get("Sponsor/Collaborators", ""))
    results = {"Has Results": True, "No Results Available": False}
    return Record(
        kind="trial",
        trial_id=number,
        title=row["Title"],
        revised=row.get("Last Update Posted", ""),
        year=year_of(row.get("Start Date", "")),
        date=row.get("Start Date", ""),
        registry_ids=(number,),
        trial=Trial(
            status=row.get("Status", ""),
            phases=_list(row.get("Phases", "")),
            study_type=row.get("Study Type", ""),
            enrolment=int(count) if count else None,
            **_design(row.get("Study Designs", "")),
            conditions=_list(row.get("Conditions", "")),
            interventions=tuple(_intervention(text) for text in _list(row.get("Interventions", ""))),
            outcomes=tuple(Outcome(text) for text in _list(row.get("Outcome Measures", ""))),
            sponsor=sponsors[0] if sponsors else "",
            collaborators=sponsors[1:],
            start=row.get("Start Date", ""),
            completion=row.get("Completion Date", ""),
            has_results=results.get(row.get("Study Results", "")),
        ),
        other=tuple((name, text) for name, text in row.items() if name not in _FIELDS and text),
        origin=source.at(position),
    )


def _list(text: str) -> tuple[str, ...]:
    return tuple(entry for entry in text.split("|") if entry)


def _intervention(text: str) -> Intervention:
    kind, mark, name = text.partition(": ")
    return Intervention(name, kind) if mark else Intervention(text)


def _design(text: str) -> dict[str, Any]:
    names = {
        "Allocation": "allocation",
        "Intervention Model": "model",
        "Masking": "masking",
        "Primary Purpose": "purpose",
    }
    pairs = (entry.partition(": ") for entry in _list(text))
    return {names[name]: value for name, _, value in pairs if name in names}
