"""Accepted outcomes become effects, and effects of one product and species are pooled."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from secretome.errors import InvalidArray, NotPoolable, near_misses
from secretome.stats import meta

from . import facts, pooled_tables, sensitivity
from .cite import citation_key
from .pool_flags import FLAGS, flags_of
from .store import Store
from .trials import study_of

Measure = Literal[
    "md", "smd", "smdh", "nmd", "rom", "cvr", "vr", "rr", "or", "rd", "as", "peto", "hr", "pr", "plo", "pft", "zcor", "cor", "generic"
]  # fmt: skip
# Columns of an outcome that describe it; every other one is a number that the effect needs.
DESCRIBING = ("outcome", "product", "species", "control_group", "concurrent", "group", "note")
_SHARING = ("md", "rom", "smd", "rr", "or", "rd")


@dataclass(frozen=True)
class Pool:
    """Effects of one outcome: each subgroup pooled apart.

    Parameters
    ----------
    outcome, measure
        What was pooled, on which scale; `log` says whether effects are logs of ratios.
    summary
        One row a subgroup: `product`, `species`, `studies`, `effects`, `participants`, `estimate`, `lower`, `upper`,
        `predict_lower`, `predict_upper`, `tau2`, `i2`, `p_value`, `model`, `status`, and for logs `ratio`, `ratio_lower`, `ratio_upper`.
    forest
        One row an effect: `product`, `species`, `study`, `citation`, `estimate`, `lower`, `upper`, `weight_percent`,
        `corrected` (1/2 added to a zero), `proposal` and `person` that lead back to the words.
    left_out
        Accepted outcomes that are not pooled, and why (retracted, not reported, cannot be computed).
    zero_events
        Arms without an event: n and the exact one-sided 95 % upper limit of the risk.
    small_study, series, influence, fixed, robust, regression, subgroups
        Further analyses of each product and species (`sensitivity`): asymmetry for at least ten studies; without each
        study and cumulative; influence; Mantel-Haenszel and Peto; CR2; and, where asked for, regression and subgroups.
    flags
        Doubts about the numbers for a person (`pool_flags`): spreads, identical numbers, arms and controls counted twice.
    notes
        Doubts that a reader must see.
    """

    outcome: str
    measure: Measure
    log: bool
    summary: pd.DataFrame
    forest: pd.DataFrame
    left_out: pd.DataFrame
    zero_events: pd.DataFrame
    small_study: pd.DataFrame
    series: pd.DataFrame
    influence: pd.DataFrame
    fixed: pd.DataFrame
    robust: pd.DataFrame
    regression: pd.DataFrame
    subgroups: pd.DataFrame
    flags: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by their names."""
        return {name: value for name, value in vars(self).items() if isinstance(value, pd.DataFrame)}


@dataclass(frozen=True)
class Analysis:
    """How to pool.

    Parameters
    ----------
    method, test, level
        As `stats.meta.pool`.
    moderators, subgroup
        Columns of the outcomes, for a regression and for subgroups.
    permutations, seed
        Rearrangements for the p of a regression; 0 for none.
    across_products, across_species
        Needed when effects are of several products or species; each is then pooled apart.
    """

    method: str = "reml"
    test: str = "knapp-hartung"
    level: float = 0.95
    moderators: tuple[str, ...] = ()
    subgroup: str = ""
    permutations: int = 0
    seed: int = 1
    across_products: bool = False
    across_species: bool = False

    @property
    def described(self) -> frozenset[str]:
        """Columns of an outcome that are no number of its effect."""
        return frozenset([*DESCRIBING, *self.moderators, self.subgroup])


def pool_outcome(store: Store, outcome: str, *, measure: Measure, how: Analysis | None = None) -> Pool:
    """Pool one outcome over the studies whose numbers a person accepted.

    Parameters
    ----------
    outcome
        Name of the outcome as it was entered.
    measure
        As `stats.meta.effect_size`; `generic` takes `estimate` and `standard_error` as printed.

    Raises
    ------
    NotPoolable
        If nobody accepted such an outcome, or products or species differ and the flag is missing.
    InvalidArray
        If the numbers of an outcome do not suit the measure (each named).

    Notes
    -----
    Papers of one registered trial are one study. Several effects of a study go into a nested model (study, effect);
    effects that share a control group (`control_group`) bring their covariance. Retracted sources are left out and
    listed. "None reported" is not zero: an arm without a number is left out, an arm with 0 events stays.
    """
    how = how or Analysis()
    rows, left_out = _outcomes(store, outcome, how)
    _refuse_mixtures(rows, outcome, across_products=how.across_products, across_species=how.across_species)
    groups, summaries, forests = [], [], []
    notes: list[str] = []
    log = False
    for (product, species), part in rows.groupby(["product", "species"], sort=True):
        numbers = _numbers(part, how)
        estimate, variance, corrected, log = _effects(measure, numbers, how.level)
        known = np.isfinite(estimate)
        for row in part[~known].itertuples():
            left_out.append((row.citation, row.proposal, f"{measure} does not exist for these numbers"))
        kept = part[known].reset_index(drop=True)
        if kept.empty:
            continue
        estimate, variance, corrected = estimate[known], variance[known], corrected[known]
        numbers = {name: values[known] for name, values in numbers.items()}
        fit, model, told = _fit(kept, estimate, variance, numbers, measure, how)
        notes += [f"{product}, {species}: {line}" for line in told]
        if corrected.any():
            notes.append(
                f"{product}, {species}: 1/2 was added to {int(corrected.sum())} tables with an empty cell."
            )
        summaries.append(pooled_tables.summary(str(product), str(species), kept, numbers, fit, model, log))
        forests.append(pooled_tables.forest(kept, estimate, variance, corrected, fit))
        groups.append(sensitivity.Group(str(product), str(species), kept, estimate, variance, numbers, fit))
    if not summaries:
        raise NotPoolable(
            f"no accepted outcome {outcome!r} gives a {measure}; see what each lacks: {left_out}"
        )
    if how.across_products or how.across_species:
        notes.append("Products and species are pooled apart; no overall effect is given on purpose.")
    further = _further(groups, measure, how)
    if len(further["flags"]):
        notes.append(
            f"{len(further['flags'])} flags on the numbers of these studies, for a person: table `flags`."
        )
    if further["small_study"].empty:
        notes.append(
            f"Small-study effects were not tested: fewer than {sensitivity.SMALL_STUDY_MINIMUM} independent studies in every group."
        )
    return Pool(
        outcome,
        measure,
        log,
        pd.DataFrame(summaries),
        pd.concat(forests, ignore_index=True),
        pd.DataFrame(left_out, columns=["citation", "proposal", "why"]),
        pooled_tables.zero_events(rows),
        notes=tuple(notes),
        **further,
    )


def _further(groups: Sequence[sensitivity.Group], measure: str, how: Analysis) -> dict[str, pd.DataFrame]:
    """The analyses beside the pooled effect, each a table over all groups."""
    model = {"method": how.method, "test": how.test, "level": how.level}
    found: dict[str, list[tuple[object, ...]]] = {
        "small_study": [row for g in groups for row in sensitivity.small_study(g, level=how.level)],
        "series": [row for g in groups for row in sensitivity.series(g)],
        "influence": [row for g in groups for row in sensitivity.influence(g)],
        "fixed": [row for g in groups for row in sensitivity.fixed_effects(g, measure, level=how.level)],
        "robust": [row for g in groups for row in sensitivity.robust(g, level=how.level)],
        "flags": [row for g in groups for row in flags_of(g)],
        "regression": [],
        "subgroups": [],
    }
    for group in groups if how.moderators else ():
        found["regression"] += sensitivity.regression(
            group,
            how.moderators,
            permutations=how.permutations,
            seed=how.seed,
            **model,  # type: ignore[arg-type]
        )
    for group in groups if how.subgroup else ():
        found["subgroups"] += sensitivity.subgroups(group, how.subgroup, **model)  # type: ignore[arg-type]
    columns = {
        "small_study": sensitivity.SMALL_STUDY,
        "series": sensitivity.SERIES,
        "influence": sensitivity.INFLUENCE,
        "fixed": sensitivity.FIXED,
        "robust": sensitivity.ROBUST,
        "regression": sensitivity.REGRESSION,
        "subgroups": sensitivity.SUBGROUPS,
        "flags": FLAGS,
    }
    return {name: pd.DataFrame(rows, columns=columns[name]) for name, rows in found.items()}


def _effects(
    measure: Measure, numbers: Mapping[str, np.ndarray], level: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
    """Effects, their variances, which were corrected, and whether they are logs of ratios."""
    if measure != "generic":
        found = meta.effect_size(measure, level=level, **numbers)  # type: ignore[arg-type]
        return found.estimate, found.variance, found.corrected, found.log
    absent = [name for name in ("estimate", "standard_error") if name not in numbers]
    if absent:
        raise InvalidArray(
            f"a generic effect needs {' and '.join(absent)}; found {', '.join(numbers) or 'no number'}"
        )
    error = numbers["standard_error"]
    estimate = np.where(error > 0, numbers["estimate"], math.nan)
    return estimate, error**2, np.zeros(len(error), dtype=bool), False


def _outcomes(store: Store, outcome: str, how: Analysis) -> tuple[pd.DataFrame, list[tuple[str, int, str]]]:
    studies = study_of(store)
    rows: list[dict[str, object]] = []
    left_out: list[tuple[str, int, str]] = []
    names: set[str] = set()
    for fact in facts.accepted(store, kind="outcome"):
        told = json.loads(fact.value)
        names.add(str(told.get("outcome")))
        if told.get("outcome") != outcome:
            continue
        records = store.records(fact.work)
        key = citation_key(records[0]) if records else f"work {fact.work}"
        if not records or any(record.standing == "retracted" for record in records):
            left_out.append((key, fact.proposal, "retracted" if records else "record deleted"))
            continue
        words = [name for name, value in told.items() if name not in how.described and not _is_number(value)]
        if words:
            why = "; ".join(f"{name} is {told[name]!r}, no number" for name in words)
            left_out.append((key, fact.proposal, why))
            continue
        study = studies.get(fact.work, f"work {fact.work}")
        place = {
            "work": fact.work,
            "study": study,
            "citation": key,
            "proposal": fact.proposal,
            "person": fact.person,
            "year": records[0].year,
        }
        blank = dict.fromkeys(("product", "species", "control_group"), "not stated")
        rows.append({**blank, **told, **place})
    if not rows:
        hint = near_misses(outcome, sorted(names)) if names else "; nobody accepted any outcome yet."
        raise NotPoolable(
            f"no accepted outcome {outcome!r} can be pooled{hint} Left out: {left_out or 'none'}"
        )
    return pd.DataFrame(rows), left_out


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _refuse_mixtures(
    rows: pd.DataFrame, outcome: str, *, across_products: bool, across_species: bool
) -> None:
    for column, allowed, option in (
        ("product", across_products, "--across-products"),
        ("species", across_species, "--across-species"),
    ):
        counted = rows[column].value_counts().sort_index()
        if len(counted) > 1 and not allowed:
            listed = ", ".join(f"{name} ({n})" for name, n in counted.items())
            raise NotPoolable(
                f"{outcome!r} has effects of several {column if column == 'species' else column + 's'}: {listed}; "
                f"they are never averaged. {option} pools each as a subgroup of its own"
            )


def _numbers(group: pd.DataFrame, how: Analysis) -> dict[str, np.ndarray]:
    described = {*how.described, "work", "study", "citation", "proposal", "person", "year"}
    columns = [name for name in group.columns if name not in described and group[name].notna().any()]
    return {name: group[name].to_numpy(dtype=float) for name in columns}


def _fit(
    kept: pd.DataFrame,
    estimate: np.ndarray,
    variance: np.ndarray,
    numbers: Mapping[str, np.ndarray],
    measure: str,
    how: Analysis,
) -> tuple[meta.Pooled | meta.Nested | None, str, list[str]]:
    """The model that the data ask for: one study, independent studies, or effects within studies."""
    studies = kept["study"].nunique()
    if studies == 1:
        return None, "one study", ["one study only: shown, not pooled."]
    if studies == len(kept):
        fit = meta.pool(estimate, variance, method=how.method, test=how.test, level=how.level)  # type: ignore[arg-type]
        return fit, f"{how.method}, {how.test}", []
    told = [f"{len(kept)} effects of {studies} studies: nested model."]
    sampling: np.ndarray = variance
    labels = kept["control_group"].astype(str)
    shared = (labels != "not stated") & labels.duplicated(keep=False)
    if shared.any() and measure in _SHARING:
        # A group without a label shares its control with nobody.
        own = [
            label if is_shared else f"own {i}"
            for i, (label, is_shared) in enumerate(zip(labels, shared, strict=True))
        ]
        sampling = meta.shared_control_covariance(measure, own, **numbers)  # type: ignore[arg-type]
        told.append(f"{int(shared.sum())} effects share a control group: their covariance is in the model.")
    levels = {"study": kept["study"].to_numpy(), "effect": np.arange(len(kept))}
    nested = meta.pool_nested(estimate, sampling, levels, level=how.level)
    parts = ", ".join(f"{n} {v:.4g}" for n, v in zip(nested.names, nested.variance, strict=True))
    told.append(f"variances: {parts}.")
    return nested, "nested, reml, t", told
