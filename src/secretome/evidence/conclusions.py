"""What papers conclude beside what their trial had registered, for a person to compare."""

from __future__ import annotations

import re

import pandas as pd

from .cite import citation_key
from .integrity import conclusion_beyond_result
from .records import Record
from .store import Store

_COLUMNS = ["trial", "citation", "work", "registered_primary", "registered_status", "concluded", "flag"]


def conclusions(store: Store) -> pd.DataFrame:
    """One row a paper and the trial that it declares: registered primary outcomes, the conclusion, a flag or none.

    Returns
    -------
    Columns `trial`, `citation`, `work`, `registered_primary` (empty when the registry record is not in the store),
    `registered_status`, `concluded` (the paper's own words), `flag`.

    Notes
    -----
    The flag reads the abstract only: praise in the conclusion where its results say that nothing differed. Whether
    the registered primary outcome was met is for a person to say.
    """
    rows = store.select(
        "SELECT DISTINCT l.trial_id, r.work_id FROM registry_link l JOIN record r ON r.id = l.record_id "
        "WHERE l.how = 'declared' AND r.kind <> 'trial' AND r.state = 'current' ORDER BY l.trial_id, r.work_id"
    )
    found = []
    for row in rows:
        work = store.canonical(int(row["work_id"] or 0))
        paper = store.records(work)[0]
        registered = _registered(store, str(row["trial_id"]))
        outcomes = (
            registered.trial.outcomes if registered is not None and registered.trial is not None else ()
        )
        primary = "; ".join(o.measure for o in outcomes if o.kind == "primary")
        status = registered.trial.status if registered is not None and registered.trial is not None else ""
        flag = conclusion_beyond_result(paper)
        found.append(
            (
                row["trial_id"],
                citation_key(paper),
                work,
                primary,
                status,
                concluded(paper),
                "" if flag is None else flag.found,
            )
        )
    return pd.DataFrame(found, columns=_COLUMNS)


def concluded(paper: Record) -> str:
    """The conclusion of an abstract in its own words: the labelled part, else the last sentence.

    Examples
    --------
    >>> from .records import Part
    >>> concluded(Record(abstract=(Part("It was tried. It helped."),)))
    'It helped.'
    """
    labelled = [part.text for part in paper.abstract if "conclusion" in part.label.lower()]
    if labelled:
        return " ".join(labelled)
    if not paper.abstract:
        return ""
    return re.split(r"(?<=[.?!])\s+", paper.abstract[-1].text.strip())[-1]


def _registered(store: Store, trial: str) -> Record | None:
    rows = store.select("SELECT id FROM record WHERE trial_id = ? AND state = 'current' ORDER BY id", trial)
    return store.record(int(rows[0]["id"] or 0)) if rows else None
