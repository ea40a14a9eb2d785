"""Risk of bias by people on fixed forms (SYRCLE, RoB 2), and a certainty table adapted to animal evidence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from secretome.errors import InvalidInput, Problem, near_misses

from .cite import citation_key
from .pool import Pool
from .store import Store, Value, now


@dataclass(frozen=True)
class Form:
    """A form: its items in our words, the answers allowed, and where it comes from."""

    name: str
    items: tuple[str, ...]
    answers: tuple[str, ...]
    doi: str


# Items in our own words; `yes` means that the item was done, hence low risk.
FORMS: Mapping[str, Form] = {
    "syrcle": Form(
        "SYRCLE",
        (
            "random sequence",
            "groups alike at the start",
            "allocation concealed",
            "housed at random",
            "caretakers blind",
            "animals assessed in random order",
            "assessor blind",
            "losses accounted for",
            "all planned outcomes reported",
            "free of other problems",
        ),
        ("yes", "no", "unclear"),
        "10.1186/1471-2288-14-43",
    ),
    "rob2": Form(
        "RoB 2",
        (
            "randomisation",
            "deviations from the intended treatment",
            "missing outcomes",
            "measurement of the outcome",
            "selection of the result",
            "overall",
        ),
        ("low", "some concerns", "high"),
        "10.1136/bmj.l4898",
    ),
}
_WORDS = ("very low", "low", "moderate", "high")
_SUGGESTED = "suggested by numbers"
# Proportions of one group: 0 is no events there, not no effect.
_WITHOUT_NULL = frozenset(["pr", "plo", "pft"])
DOMAINS = ("randomisation", "risk of bias", "inconsistency", "indirectness to the question", "indirectness to people", "imprecision", "publication bias")  # fmt: skip
GRADE = ["product", "species", "studies", "domain", "steps_down", "because", "judged_by", "certainty_if_accepted"]  # fmt: skip


def appraise(
    store: Store, work: int, *, form: str, item: str, answer: str, support: str, person: str, time: str = ""
) -> int:
    """Add an answer of a person to one item of a form; the last answer of that person counts, all stay.

    Raises
    ------
    InvalidInput
        If form, item or answer is unknown, or nobody or no support is named.
    InvalidStore
        If there is no such work.
    """
    known = FORMS.get(form)
    problems = []
    if known is None:
        problems.append(Problem("appraisal", f"form {form!r}", f"one of {', '.join(FORMS)}", f"Mend it{near_misses(form, FORMS)}"))  # fmt: skip
    else:
        for word, given, allowed in (("item", item, known.items), ("answer", answer, known.answers)):
            if given not in allowed:
                action = f"Mend it{near_misses(given, allowed)}"
                problems.append(
                    Problem("appraisal", f"{word} {given!r}", f"one of {', '.join(allowed)}", action)
                )
    for word, given in (("person", person), ("support", support)):
        if not given.strip():
            problems.append(Problem("appraisal", f"no {word}", "some words", f"Give --{word}."))
    if problems:
        raise InvalidInput(problems)
    facts: dict[str, Value] = {
        "work_id": store.canonical(work), "form": form, "item": item, "answer": answer, "support": support,
        "person": person.strip(), "time": time or now(),
    }  # fmt: skip
    return store.append("appraisal", facts)


def answers(store: Store, form: str) -> pd.DataFrame:
    """The last answer of each person to each item: `work`, `citation`, `item`, `answer`, `support`, `person`."""
    rows = store.select(
        "SELECT * FROM appraisal WHERE id IN (SELECT max(id) FROM appraisal WHERE form = ? "
        "GROUP BY work_id, item, person) ORDER BY work_id, id",
        form,
    )
    found = []
    for row in rows:
        work = store.canonical(int(row["work_id"] or 0))
        records = store.records(work)
        key = citation_key(records[0]) if records else f"work {work}"
        found.append((work, key, row["item"], row["answer"], row["support"], row["person"]))
    return pd.DataFrame(found, columns=["work", "citation", "item", "answer", "support", "person"])


def certainty(
    pooled: Pool, risks: pd.DataFrame, *, form: str, judged: Mapping[str, int] | None = None
) -> pd.DataFrame:
    """GRADE domains of each pooled effect, as proposals for a person with the numbers that suggest them.

    Parameters
    ----------
    risks
        Of `answers`.
    form
        Which form they are of.
    judged
        Steps down that a person gives a domain (0 to 3), instead of what the numbers suggest.

    Raises
    ------
    InvalidInput
        If a judgement is of no domain, or not 0 to 3 steps.

    Notes
    -----
    The certainty stays "not judged" until no domain is open: a domain without a judgement is no domain without doubt.
    Experiments with random allocation start high, others two steps down; the numbers do not tell, so a person must.
    Indirectness has two rows for animals: to the question, and to people; nothing here judges them. Suggestions of
    this package, not of a guideline: risk of bias one step down when fewer than half of the answers are low risk;
    inconsistency one when I2 is at least 50 % and the prediction interval holds no effect; imprecision one when the
    interval holds no effect or fewer than 100 were counted; publication bias one when Egger's p is below 0.1.
    Proportions (pr, plo, pft) have no value of "no effect": for them only the count of people suggests a step.

    References
    ----------
    Hooijmans et al. 2018, doi 10.1371/journal.pone.0187271.
    """
    given = dict(judged or {})
    wrong = [
        Problem(
            "--judge", f"{name} = {steps}", f"{', '.join(DOMAINS)}; 0 to 3 steps", "name the domain in full"
        )
        for name, steps in given.items()
        if name not in DOMAINS or steps not in range(4)
    ]
    if wrong:
        raise InvalidInput(wrong)
    rows: list[tuple[object, ...]] = []
    for row in pooled.summary.to_dict("records"):
        domains = [
            (name, given[name], because, "a person") if name in given else (name, steps, because, who)
            for name, steps, because, who in _domains(row, pooled, risks, form)
        ]
        unjudged = [name for name, _, _, who in domains if who == "not judged"]
        total = sum(steps for _, steps, _, _ in domains)
        reached = f"not judged: {', '.join(unjudged)}" if unjudged else _WORDS[max(0, 3 - total)]
        named = (row["product"], row["species"], row["studies"])
        rows += [(*named, domain, steps, because, who, reached) for domain, steps, because, who in domains]
    return pd.DataFrame(rows, columns=GRADE)


def _domains(
    row: Mapping[str, object], pooled: Pool, risks: pd.DataFrame, form: str
) -> list[tuple[str, int, str, str]]:
    mine = pooled.forest[
        (pooled.forest["product"] == row["product"]) & (pooled.forest["species"] == row["species"])
    ]
    answered = risks[risks["work"].isin(mine["work"])]
    low = int(answered["answer"].isin(["yes", "low"]).sum())
    bias = ("risk of bias", int(2 * low < len(answered)), f"{low} of {len(answered)} answers of {form} are low risk", _SUGGESTED)  # fmt: skip
    if answered.empty:
        bias = ("risk of bias", 0, f"nobody filled in {form} for these works", "not judged")
    people = "not judged" if row["species"] != "human" else "not needed"
    inconsistency, imprecision = _spread_domains(row, without_null=pooled.measure in _WITHOUT_NULL)
    return [
        ("randomisation", 0, "for a person: 0 if allocation was random, else 2", "not judged"),
        bias,
        inconsistency,
        ("indirectness to the question", 0, "for a person", "not judged"),
        ("indirectness to people", 0, f"measured in {row['species']}", people),
        imprecision,
        _published(row, pooled.small_study),
    ]


def _spread_domains(
    row: Mapping[str, object], *, without_null: bool
) -> tuple[tuple[str, int, str, str], tuple[str, int, str, str]]:
    """Inconsistency and imprecision, from I2, the two intervals and how many were counted."""
    names = ("lower", "upper", "predict_lower", "predict_upper", "i2", "participants")
    number = {name: _number(row[name]) for name in names}
    many = f"{number['participants']:.0f} counted, interval {number['lower']:.3g} to {number['upper']:.3g}"
    spread = (
        f"I2 {number['i2']:.0f} %, prediction {number['predict_lower']:.3g} to {number['predict_upper']:.3g}"
    )
    few = number["participants"] < 100
    if without_null:
        who = _SUGGESTED if few else "not judged"
        return (
            ("inconsistency", 0, f"{spread}; a proportion has no value of no effect", "not judged"),
            ("imprecision", int(few), many, who),
        )
    if not math.isfinite(number["i2"]):
        inconsistency = ("inconsistency", 0, spread, "not judged")
    else:
        apart = number["i2"] >= 50 and number["predict_lower"] < 0 < number["predict_upper"]
        inconsistency = ("inconsistency", int(apart), spread, _SUGGESTED)
    if not math.isfinite(number["lower"]):
        return inconsistency, ("imprecision", int(few), many, _SUGGESTED if few else "not judged")
    wide = number["lower"] <= 0 <= number["upper"] or few
    return inconsistency, ("imprecision", int(wide), many, _SUGGESTED)


def _published(row: Mapping[str, object], small: pd.DataFrame) -> tuple[str, int, str, str]:
    mine = (small["product"] == row["product"]) & (small["species"] == row["species"])
    egger = small[(small["test"] == "Egger, mixed") & mine]
    if egger.empty:
        return ("publication bias", 0, "fewer than ten independent studies", "not judged")
    p = float(egger["p_value"].iloc[0])
    return ("publication bias", int(p < 0.1), f"Egger p = {p:.2g}", _SUGGESTED)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
