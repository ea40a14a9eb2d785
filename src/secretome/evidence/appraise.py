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
GRADE = ["product", "species", "studies", "start", "domain", "steps_down", "because", "judged_by", "certainty_if_accepted"]  # fmt: skip


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


def certainty(pooled: Pool, risks: pd.DataFrame, *, form: str) -> pd.DataFrame:
    """GRADE domains of each pooled effect, as proposals for a person with the numbers that suggest them.

    Parameters
    ----------
    risks
        Of `answers`.
    form
        Which form they are of.

    Notes
    -----
    Randomised experiments start high, others low; that they are randomised is taken from the form and said.
    Indirectness has two rows for animals: to the question, and to people; nothing here judges them. Suggestions of
    this package, not of a guideline: risk of bias one step down when fewer than half of the answers are low risk;
    inconsistency one when I2 is at least 50 % and the prediction interval holds 0; imprecision one when the
    interval holds 0 or fewer than 100 were counted; publication bias one when Egger's p is below 0.1.

    References
    ----------
    Hooijmans et al. 2018, doi 10.1371/journal.pone.0187271.
    """
    rows: list[tuple[object, ...]] = []
    for row in pooled.summary.to_dict("records"):
        domains = _domains(row, pooled, risks, form)
        total = sum(steps for _, steps, _, _ in domains)
        reached = _WORDS[max(0, 3 - total)]
        named = (row["product"], row["species"], row["studies"], "high, if randomised")
        rows += [(*named, domain, steps, because, who, reached) for domain, steps, because, who in domains]
    return pd.DataFrame(rows, columns=GRADE)


def _domains(
    row: Mapping[str, object], pooled: Pool, risks: pd.DataFrame, form: str
) -> list[tuple[str, int, str, str]]:
    number = {
        name: _number(row[name])
        for name in ("lower", "upper", "predict_lower", "predict_upper", "i2", "participants")
    }
    mine = pooled.forest[
        (pooled.forest["product"] == row["product"]) & (pooled.forest["species"] == row["species"])
    ]
    judged = risks[risks["work"].isin(mine["work"])]
    low = int(judged["answer"].isin(["yes", "low"]).sum())
    suggested = "suggested by numbers"
    bias = (
        "risk of bias",
        int(2 * low < len(judged)),
        f"{low} of {len(judged)} answers of {form} are low risk",
        suggested,
    )
    if judged.empty:
        bias = ("risk of bias", 0, f"nobody filled in {form} for these works", "not judged")
    spread = number["i2"] >= 50 and number["predict_lower"] < 0 < number["predict_upper"]
    wide = number["lower"] <= 0 <= number["upper"] or number["participants"] < 100
    small = pooled.small_study
    egger = small[
        (small["test"] == "Egger, mixed")
        & (small["product"] == row["product"])
        & (small["species"] == row["species"])
    ]
    published = ("publication bias", 0, "fewer than ten independent studies", "not judged")
    if len(egger):
        p = float(egger["p_value"].iloc[0])
        published = ("publication bias", int(p < 0.1), f"Egger p = {p:.2g}", suggested)
    people = "not judged" if row["species"] != "human" else "not needed"
    return [
        bias,
        ("inconsistency", int(spread), f"I2 {number['i2']:.0f} %, prediction {number['predict_lower']:.3g} to {number['predict_upper']:.3g}", suggested),
        ("indirectness to the question", 0, "for a person", "not judged"),
        ("indirectness to people", 0, f"measured in {row['species']}", people),
        ("imprecision", int(wide), f"{number['participants']:.0f} counted, interval {number['lower']:.3g} to {number['upper']:.3g}", suggested),
        published,
    ]  # fmt: skip


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
