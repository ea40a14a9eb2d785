"""Proposals become facts when a person accepts them; machine output alone never does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from secretome.errors import InvalidInput, InvalidStore, Problem

from .store import Store, Value, now

Judgement = Literal["accept", "reject", "correct"]
JUDGEMENTS: tuple[Judgement, ...] = ("accept", "reject", "correct")


@dataclass(frozen=True)
class Fact:
    """What a person accepted of a record, with the way back to the words.

    Parameters
    ----------
    proposal
        Row number of the proposal that was judged.
    value
        As accepted, or as corrected.
    person, time
        Who accepted it, and when.
    """

    work: int
    record: int
    proposal: int
    kind: str
    value: str
    quote: str
    rule: str
    extractor: str
    person: str
    time: str


def judge(
    store: Store,
    proposal: int,
    *,
    person: str,
    verdict: Judgement,
    value: str = "",
    note: str = "",
    time: str = "",
) -> int:
    """Add a judgement on a proposal; the last one of all counts, all stay.

    Raises
    ------
    InvalidInput
        If nobody is named, or a correction brings no value.
    InvalidStore
        If there is no such proposal.
    """
    problems = []
    if not person.strip():
        problems.append(Problem("judgement", "no person", "a name", "Say who judges (--person)."))
    if verdict == "correct" and not value:
        problems.append(Problem("judgement", "a correction without a value", "the right value", "Give it."))
    if problems:
        raise InvalidInput(problems)
    if not store.select("SELECT 1 FROM proposal WHERE id = ?", proposal):
        raise InvalidStore(f"{store.path} has no proposal {proposal}")
    facts: dict[str, Value] = {
        "proposal_id": proposal,
        "person": person.strip(),
        "verdict": verdict,
        "value": value,
        "note": note,
        "time": time or now(),
    }
    return store.append("judgement", facts)


def enter(
    store: Store,
    work: int,
    *,
    kind: str,
    value: str | Mapping[str, object],
    quote: str,
    person: str,
    note: str = "",
    time: str = "",
) -> int:
    """A fact that a person read: written as a proposal by hand and accepted; the number of the proposal.

    Parameters
    ----------
    kind, value
        As in proposals; an `outcome` is a mapping with what an effect needs (`pool.effects`).
    quote
        The words that say so; where they stand in the record's text, the span is kept too.

    Raises
    ------
    InvalidInput
        If nobody is named or nothing is quoted.
    """
    if not person.strip() or not quote.strip():
        found = "no person" if not person.strip() else "no quote"
        raise InvalidInput(
            [Problem("fact", found, "who read it, and the words", "Give --person and --quote.")]
        )
    from .extract import text_of

    numbers = [number for number, _, _ in store.record_rows(work)]
    if not numbers:
        raise InvalidStore(f"work {work} has no current record that a fact could stand on")
    # The record that holds the words; else the first, with a span of its own nowhere (a table, a full text).
    starts = {number: text_of(store.record(number)).find(quote) for number in numbers}
    number = next((n for n, at in starts.items() if at >= 0), numbers[0])
    start = starts[number]
    written = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    proposal = store.append(
        "proposal",
        {
            "record_id": number,
            "kind": kind,
            "value": written,
            "start": start,
            "stop": start + len(quote) if start >= 0 else -1,
            "quote": quote,
            "confidence": None,
            "rule": "read by a person",
            "extractor": person.strip(),
            "time": time or now(),
        },
    )
    judge(store, proposal, person=person, verdict="accept", note=note, time=time)
    return proposal


def accepted(store: Store, *, kind: str = "") -> tuple[Fact, ...]:
    """Facts in force: proposals whose last judgement accepts or corrects them."""
    rows = store.select(
        "SELECT p.*, r.work_id, j.person, j.verdict, j.value AS corrected, j.time AS judged FROM judgement j "
        "JOIN proposal p ON p.id = j.proposal_id JOIN record r ON r.id = p.record_id "
        "WHERE j.id IN (SELECT max(id) FROM judgement GROUP BY proposal_id) AND j.verdict <> 'reject' "
        "AND (? = '' OR p.kind = ?) ORDER BY p.id",
        kind,
        kind,
    )
    return tuple(
        Fact(
            work=store.canonical(int(row["work_id"] or 0)),
            record=int(row["record_id"] or 0),
            proposal=int(row["id"] or 0),
            kind=str(row["kind"]),
            value=str(row["corrected"] if row["verdict"] == "correct" else row["value"]),
            quote=str(row["quote"]),
            rule=str(row["rule"]),
            extractor=str(row["extractor"]),
            person=str(row["person"]),
            time=str(row["judged"]),
        )
        for row in rows
    )


def precision_by_rule(store: Store) -> pd.DataFrame:
    """How often people accepted what each rule proposed: rule, accepted, corrected, rejected, not judged."""
    rows = store.select(
        "SELECT p.rule, j.verdict, count(*) AS n FROM proposal p LEFT JOIN judgement j ON j.proposal_id = p.id "
        "AND j.id IN (SELECT max(id) FROM judgement GROUP BY proposal_id) GROUP BY p.rule, j.verdict"
    )
    table = pd.DataFrame([dict(row) for row in rows], columns=["rule", "verdict", "n"])
    table["verdict"] = table["verdict"].fillna("not judged")
    wide = table.pivot_table(index="rule", columns="verdict", values="n", fill_value=0, aggfunc="sum")
    names = ("accept", "correct", "reject", "not judged")
    return wide.reindex(columns=list(names), fill_value=0).astype(int).reset_index().rename_axis(columns=None)
