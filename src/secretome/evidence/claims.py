"""What people accepted of the literature, per process and factor, beside what this study measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from secretome.errors import InvalidInput, Problem, near_misses
from secretome.results import Answer, Cell, Method, Result
from secretome.study import Study

from . import cite, facts, review
from .records import Record
from .store import Store
from .trials import study_of

PROCESSES = (
    "angiogenesis",
    "antifibrotic",
    "antitumour",
    "bone",
    "hair",
    "immuno",
    "neuro",
    "repair",
    "safety",
    "wound",
)
PRODUCTS = ("conditioned medium", "vesicles", "lysate", "cells")
DIRECTIONS = ("for", "against", "no effect")
# The product of a claim that is of the same kind as a sample's material.
_SAME = {
    "conditioned_medium": "conditioned medium",
    "vesicles": "vesicles",
    "cell_lysate": "lysate",
    "cells": "cells",
}
_CLAIMS = ["process", "factor", "direction", "product", "heading", "species", "study", "work", "citation", "doi", "standing", "counted", "factor_seen_here", "quote", "person"]  # fmt: skip
_SUMMARY = ["heading", "process", "factor", "species", "studies_for", "studies_against", "studies_no_effect"]


@dataclass(frozen=True)
class Claim:
    """What one work says of a process: entered or accepted by a person, with the words.

    Parameters
    ----------
    factor
        Gene symbol, or empty when the whole product was given.
    """

    process: str
    direction: Literal["for", "against", "no effect"]
    product: str
    species: str
    factor: str = ""


def claim(store: Store, work: int, what: Claim, *, quote: str, person: str, time: str = "") -> int:
    """Write down what a work says, accepted by the person who read it.

    Raises
    ------
    InvalidInput
        If process, product or direction is none we know, or nobody or nothing is named.
    """
    problems = [
        Problem(
            "claim",
            f"{word} {given!r}",
            f"one of {', '.join(allowed)}",
            f"Mend it{near_misses(given, allowed)}",
        )
        for word, given, allowed in (
            ("process", what.process, PROCESSES),
            ("product", what.product, PRODUCTS),
            ("direction", what.direction, DIRECTIONS),
        )
        if given not in allowed
    ]
    if not what.species.strip():
        problems.append(
            Problem("claim", "no species", "human, mouse, … or in vitro", "Say in what it was seen.")
        )
    if problems:
        raise InvalidInput(problems)
    value = {
        "process": what.process,
        "factor": what.factor,
        "direction": what.direction,
        "product": what.product,
        "species": what.species,
    }
    return facts.enter(store, work, kind="claim", value=value, quote=quote, person=person, time=time)


def meet(study: Study, results: Mapping[str, Result], store: Store) -> Result:
    """The accepted claims, counted by study, beside the factors that this study saw.

    Papers of one trial count as one study. Claims of retracted sources are listed and not counted; claims on
    another product stand under "other products".
    """
    claims = _table(study, results, store)
    counted = claims[claims["counted"] & (claims["heading"] == "this product")]
    summary = _counts(claims[claims["counted"]])
    flow = review.flow(store)
    numbers = pd.DataFrame(
        {
            "claims": [len(claims)],
            "studies": [claims.loc[claims["counted"], "study"].nunique()],
            "processes": [counted["process"].nunique()],
            "this_product": [len(counted)],
            "other_products": [int((claims["heading"] == "other products").sum())],
            "not_counted": [int((~claims["counted"]).sum())],
            "works": [len(store.works())],
        }
    )
    template = (
        "{claims} accepted claims of {studies} studies ({works} works in the store): {this_product} on products of this kind, "
        "{other_products} on other products; {not_counted} of retracted sources are listed and not counted."
    )
    return Result(
        stage="evidence",
        name="claims",
        question="What is known from others on these processes and factors?",
        answer=Answer(
            template, {name: Cell("numbers", name) for name in numbers.columns if name != "processes"}
        ),
        tables={
            "numbers": numbers,
            "summary": summary,
            "claims": claims,
            "citations": _citations(store, claims),
            "flow": flow,
        },
        parameters={"store": store.path.name, "content": store.fingerprint()},
        notes=_notes(store, claims),
        lacks=()
        if len(claims)
        else ("Nobody has accepted a claim in this store yet (`secretome evidence extract`).",),
        methods=(
            Method(
                "Claims on processes and factors were read from records by named persons, with the quoted words; papers "
                "that declare one registered trial were counted as one study, and retracted sources were not counted."
            ),
        ),
    )


def no_store() -> Result:
    """The result that says that no evidence store was given."""
    return Result(
        stage="evidence",
        name="claims",
        question="What is known from others on these processes and factors?",
        answer=Answer("Not asked: study.toml names no evidence store."),
        verdict="not tested",
        lacks=(
            'Published evidence needs [evidence] store = "evidence.sqlite", made by `secretome evidence import`.',
        ),
    )


def open_store(path: str) -> Store:
    """The store that study.toml names, never made anew."""
    return Store(Path(path), create=False)


def _table(study: Study, results: Mapping[str, Result], store: Store) -> pd.DataFrame:
    studies = study_of(store)
    seen = _seen(results)
    mine = {_SAME[str(m)] for m in set(study.samples.get("material", ())) if str(m) in _SAME}
    rows = []
    for fact in facts.accepted(store, kind="claim"):
        told = json.loads(fact.value)
        records = store.records(fact.work)
        # A claim stays with its work when a later file deletes every record of it.
        record = records[0] if records else Record()
        standings = {r.standing for r in records}
        standing = next((word for word in ("retracted", "concern", "corrected") if word in standings), "")
        rows.append(
            (
                told["process"],
                told["factor"],
                told["direction"],
                told["product"],
                "this product" if told["product"] in mine else "other products",
                told["species"],
                studies.get(fact.work, f"work {fact.work}"),
                fact.work,
                cite.citation_key(record),
                record.doi,
                standing if records else "deleted",
                bool(records) and standing != "retracted",
                "" if not told["factor"] else ("yes" if told["factor"] in seen else "no"),
                fact.quote,
                fact.person,
            )
        )
    table = pd.DataFrame(rows, columns=_CLAIMS)
    table["counted"] = table["counted"].astype(bool)
    return table.sort_values(
        ["heading", "process", "factor", "study", "work"],
        ascending=[False, True, True, True, True],
        ignore_index=True,
    )


def _counts(claims: pd.DataFrame) -> pd.DataFrame:
    """Studies for, against and without effect; a study that says two things is in two columns."""
    rows = []
    keys = ["heading", "process", "factor", "species"]
    for values, group in claims.groupby(keys, sort=True):
        numbers = [group.loc[group["direction"] == way, "study"].nunique() for way in DIRECTIONS]
        rows.append((*values, *numbers))
    return pd.DataFrame(rows, columns=_SUMMARY)


def _seen(results: Mapping[str, Result]) -> frozenset[str]:
    """Genes of the factors that `potential` found detected."""
    found = results.get("potential.processes")
    table = None if found is None else found.tables.get("factors")
    if table is None or "hgnc" not in table:
        return frozenset()
    return frozenset(table["hgnc"].astype(str))


def _citations(store: Store, claims: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for work in sorted(set(claims["work"])):
        records = store.records(int(work))
        if records:
            record = records[0]
            csl = json.dumps(cite.to_csl(record), ensure_ascii=False, sort_keys=True)
            rows.append(
                (int(work), cite.citation_key(record), cite.to_bibtex(record), cite.to_ris(record), csl)
            )
    return pd.DataFrame(rows, columns=["work", "key", "bibtex", "ris", "csl"])


def _notes(store: Store, claims: pd.DataFrame) -> tuple[str, ...]:
    notes = []
    for word, text in (
        ("retracted", "was retracted: listed, not counted"),
        ("concern", "is under an expression of concern"),
    ):
        keys = sorted(set(claims.loc[claims["standing"] == word, "citation"]))
        notes += [f"{key} {text}." for key in keys]
    decided = review.verdicts(store, "title_abstract")
    single = sum(1 for found in decided.values() if found == "waiting")
    if single:
        notes.append(f"{single} works were judged by one reviewer only.")
    return tuple(notes)
