"""Screening by people: two blind reviewers, adjudication, agreement, and the PRISMA flow of it all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from secretome.errors import InvalidInput, Problem, near_misses
from secretome.stats.agreement import Agreement, cohen_kappa

from .records import Record
from .store import Row, Store, Value, now

ScreeningStage = Literal["title_abstract", "full_text"]
Choice = Literal["include", "exclude", "unsure"]
Verdict = Literal["include", "exclude", "conflict", "waiting", "none"]
STAGES: tuple[ScreeningStage, ...] = ("title_abstract", "full_text")
CHOICES: tuple[Choice, ...] = ("include", "exclude", "unsure")

# Coded reasons of exclusion; free words go into the note.
REASONS: Mapping[str, str] = {
    "population": "other cells or patients",
    "product": "no secretome product",
    "comparison": "no comparison",
    "outcome": "outcome not measured",
    "design": "other design",
    "review": "a review, no data of its own",
    "duplicate": "data reported elsewhere",
    "retracted": "retracted",
    "no_text": "full text not found",
    "language": "language not read",
    "other": "other, see note",
}


@dataclass(frozen=True)
class Reading:
    """What a reviewer may see of a work now.

    Parameters
    ----------
    decided
        Whether this reviewer has decided at this stage; before that `others` and `proposals` are empty.
    others
        (reviewer, decision, reason) of the others.
    proposals
        Machine proposals, shown only after the reviewer's own decision.
    """

    work: int
    records: tuple[Record, ...]
    decided: bool
    others: tuple[tuple[str, str, str], ...] = ()
    proposals: tuple[Row, ...] = ()


def decide(
    store: Store,
    work: int,
    *,
    reviewer: str,
    stage: ScreeningStage,
    decision: Choice,
    reason: str = "",
    note: str = "",
    adjudicator: bool = False,
    time: str = "",
) -> int:
    """Add a decision; nothing that was decided before is touched. The number of its row.

    Raises
    ------
    InvalidInput
        If the reviewer is not named, the stage, decision or reason is unknown, or an exclusion at
        full text gives no coded reason.
    InvalidStore
        If there is no such work.
    """
    problems = _problems(reviewer, stage, decision, reason, note)
    if problems:
        raise InvalidInput(problems)
    return store.append(
        "decision",
        {
            "work_id": store.canonical(work),
            "reviewer": reviewer.strip(),
            "role": "adjudicator" if adjudicator else "reviewer",
            "stage": stage,
            "decision": decision,
            "reason": reason,
            "note": note,
            "time": time or now(),
        },
    )


def reading(store: Store, work: int, *, reviewer: str, stage: ScreeningStage) -> Reading:
    """A work as this reviewer may see it: blind to the others and to the machine until decided."""
    number = store.canonical(work)
    rows = _decisions(store, number, stage)
    decided = any(row["reviewer"] == reviewer for row in rows)
    if not decided:
        return Reading(number, store.records(number), decided=False)
    others = tuple(
        (str(row["reviewer"]), str(row["decision"]), str(row["reason"]))
        for row in rows
        if row["reviewer"] != reviewer
    )
    proposals = store.select(
        "SELECT p.* FROM proposal p JOIN record r ON r.id = p.record_id WHERE r.work_id = ? ORDER BY p.id",
        number,
    )
    return Reading(number, store.records(number), decided=True, others=others, proposals=tuple(proposals))


def verdict(rows: Sequence[Row], *, single: bool = False) -> Verdict:
    """What a stage came to: an adjudicator's last word, else what two reviewers agree on.

    Parameters
    ----------
    rows
        Decisions of one work and stage in the order they were made.
    single
        True when one reviewer is enough (single screening, which a report must state).

    Examples
    --------
    >>> rows = [{"reviewer": "a", "role": "reviewer", "decision": "include"},
    ...         {"reviewer": "b", "role": "reviewer", "decision": "exclude"}]
    >>> verdict(rows), verdict(rows[:1]), verdict(rows[:1], single=True)
    ('conflict', 'waiting', 'include')
    """
    judged = [row for row in rows if row["role"] == "adjudicator" and row["decision"] != "unsure"]
    if judged:
        return "include" if judged[-1]["decision"] == "include" else "exclude"
    last = {row["reviewer"]: row["decision"] for row in rows if row["role"] == "reviewer"}
    if not last:
        return "none"
    if len(last) < 2 and not single:
        return "waiting"
    choices = set(last.values())
    if choices == {"include"}:
        return "include"
    return "exclude" if choices == {"exclude"} else "conflict"


def verdicts(store: Store, stage: ScreeningStage, *, single: bool = False) -> dict[int, Verdict]:
    """Every work with what the stage came to."""
    by_work: dict[int, list[Row]] = {work: [] for work in store.works()}
    for row in store.select("SELECT * FROM decision WHERE stage = ? ORDER BY id", stage):
        by_work.setdefault(store.canonical(int(row["work_id"] or 0)), []).append(row)
    return {work: verdict(rows, single=single) for work, rows in by_work.items()}


def agreement(store: Store, stage: ScreeningStage) -> tuple[Agreement, pd.DataFrame]:
    """Kappa and raw agreement of the first two reviewers of each work, on their first, blind decisions.

    Returns
    -------
    The agreement, and its table of counts (first reviewer's decision, second's, works).
    """
    first: dict[int, dict[str, str]] = {}
    for row in store.select(
        "SELECT * FROM decision WHERE stage = ? AND role = 'reviewer' ORDER BY id", stage
    ):
        work = store.canonical(int(row["work_id"] or 0))
        first.setdefault(work, {}).setdefault(str(row["reviewer"]), str(row["decision"]))
    # The order of the two is that of their names, so that it does not depend on who was quicker.
    pairs = [
        tuple(given[name] for name in sorted(list(given)[:2])) for given in first.values() if len(given) >= 2
    ]
    counts = Counter(pairs)
    table = np.array([[counts[(a, b)] for b in CHOICES] for a in CHOICES])
    rows = [(a, b, counts[(a, b)]) for a in CHOICES for b in CHOICES if counts[(a, b)]]
    return cohen_kappa(table), pd.DataFrame(rows, columns=["first", "second", "works"])


def log_search(
    store: Store,
    *,
    source: str,
    query: str,
    date: str,
    hits: int,
    filters: str = "",
    person: str = "",
    file_sha256: str = "",
) -> int:
    """Add a line to the search log (PRISMA-S): database, exact string, date, hits, filters."""
    facts: dict[str, Value] = {
        "source": source,
        "query": query,
        "date": date,
        "hits": hits,
        "filters": filters,
        "person": person,
        "file_sha256": file_sha256,
    }
    return store.append("search_log", facts)


def flow(store: Store, *, single: bool = False) -> pd.DataFrame:
    """The numbers of a PRISMA 2020 flow diagram, from what the store itself holds.

    Returns
    -------
    Columns `box`, `works`, `what`, in the order of the diagram; excluded full texts one row a reason.
    """
    seen = _count(store, "SELECT count(*) AS n FROM seen")
    works = len(store.works())
    screened = verdicts(store, "title_abstract", single=single)
    full = verdicts(store, "full_text", single=single)
    first = Counter(screened.values())
    # Who was included at title and abstract is sought at full text; a later stage never runs on others.
    sought = [work for work, found in screened.items() if found == "include"]
    second = Counter(full.get(work, "none") for work in sought)
    rows = [
        ("identified", seen, "records in the files imported"),
        ("duplicates", seen - works, "records merged, superseded or deleted"),
        ("screened", works - first["none"], "works with a decision on title and abstract"),
        ("not screened", first["none"], "works without any decision"),
        ("excluded", first["exclude"], "works excluded on title and abstract"),
        (
            "unresolved",
            first["conflict"] + first["waiting"],
            "works that wait for a reviewer or an adjudicator",
        ),
        ("sought", len(sought), "works sought in full text"),
        ("excluded full text", second["exclude"], "works excluded on full text"),
        (
            "unresolved full text",
            second["conflict"] + second["waiting"] + second["none"],
            "works not yet decided",
        ),
        ("included", second["include"], "works included"),
    ]
    reasons = Counter(_reason(store, work) for work in sought if full.get(work) == "exclude")
    rows += [(f"excluded full text: {code}", n, REASONS.get(code, "")) for code, n in sorted(reasons.items())]
    return pd.DataFrame(rows, columns=["box", "works", "what"])


def undecided(store: Store, *, reviewer: str, stage: ScreeningStage) -> tuple[int, ...]:
    """Works that this reviewer has still to decide on; at full text only those included before."""
    rows = store.select(
        "SELECT DISTINCT work_id FROM decision WHERE reviewer = ? AND stage = ?", reviewer, stage
    )
    done = {store.canonical(int(row["work_id"] or 0)) for row in rows}
    works = store.works()
    if stage == "full_text":
        screened = verdicts(store, "title_abstract")
        works = tuple(work for work in works if screened.get(work) == "include")
    return tuple(work for work in works if work not in done)


def _reason(store: Store, work: int) -> str:
    rows = [row for row in _decisions(store, work, "full_text") if row["decision"] == "exclude"]
    return str(rows[-1]["reason"])


def _decisions(store: Store, work: int, stage: str) -> list[Row]:
    """Decisions on a work and on those that were merged into it."""
    return store.select(
        "WITH RECURSIVE mine(id) AS (SELECT ? UNION SELECT w.id FROM work w JOIN mine m ON w.merged_into = m.id) "
        "SELECT * FROM decision WHERE work_id IN mine AND stage = ? ORDER BY id",
        work,
        stage,
    )


def _count(store: Store, sql: str) -> int:
    return int(store.select(sql)[0]["n"] or 0)


def _problems(reviewer: str, stage: str, decision: str, reason: str, note: str) -> list[Problem]:
    found = []
    if not reviewer.strip():
        found.append(Problem("decision", "no reviewer", "a name", "Say who decides (--reviewer)."))
    for word, given, allowed in (("stage", stage, STAGES), ("decision", decision, CHOICES)):
        if given not in allowed:
            action = f"Mend it{near_misses(given, allowed)}"
            found.append(Problem("decision", f"{word} {given!r}", f"one of {', '.join(allowed)}", action))
    if reason and reason not in REASONS:
        action = f"Mend it{near_misses(reason, REASONS)}"
        found.append(Problem("decision", f"reason {reason!r}", "a coded reason", action))
    if decision == "exclude" and stage == "full_text" and not reason:
        expected = f"one of {', '.join(REASONS)}"
        found.append(
            Problem("decision", "an exclusion at full text without a reason", expected, "Give --reason.")
        )
    if reason == "other" and not note:
        found.append(Problem("decision", "reason 'other' without a note", "what it is", "Give --note."))
    return found
