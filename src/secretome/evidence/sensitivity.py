"""What a reader asks of a pooled effect next: who moves it, is it lopsided, does it depend on something."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats import meta

# Fewer studies say nothing about asymmetry (Cochrane Handbook 13.3.5.4).
SMALL_STUDY_MINIMUM = 10
_COUNTS = ("events_treated", "n_treated", "events_control", "n_control")
SMALL_STUDY = ["product", "species", "test", "studies", "statistic", "p_value", "estimate", "lower", "upper"]
REGRESSION = ["product", "species", "moderator", "coefficient", "standard_error", "lower", "upper", "p_value", "p_value_permuted", "permutations", "tau2", "r2_percent", "studies"]  # fmt: skip
SUBGROUPS = ["product", "species", "subgroup", "studies", "estimate", "standard_error", "lower", "upper", "tau2", "i2", "between_q", "between_df", "between_p_value"]  # fmt: skip
SERIES = ["product", "species", "analysis", "study", "estimate", "standard_error", "lower", "upper", "tau2"]
INFLUENCE = ["product", "species", "study", "rstudent", "dffits", "cook", "covariance_ratio", "tau2_deleted", "hat", "weight_percent", "influential"]  # fmt: skip
FIXED = ["product", "species", "model", "studies", "studies_with_events", "estimate", "standard_error", "lower", "upper", "q", "q_p_value"]  # fmt: skip
ROBUST = ["product", "species", "coefficient", "estimate", "standard_error", "df", "lower", "upper", "p_value", "clusters"]  # fmt: skip


@dataclass(frozen=True)
class Group:
    """Effects of one product and species as they were pooled.

    Parameters
    ----------
    product, species
        What they are of.
    rows
        One row an effect: `study`, `citation`, `year` and what a moderator needs.
    estimate, variance
        (k,) effects, ratios as logs, and their sampling variances.
    numbers
        What the effects were computed from.
    fit
        The model, or None for one study.
    """

    product: str
    species: str
    rows: pd.DataFrame
    estimate: np.ndarray
    variance: np.ndarray
    numbers: Mapping[str, np.ndarray]
    fit: meta.Pooled | meta.Nested | None

    @property
    def named(self) -> tuple[str, str]:
        """Product and species."""
        return self.product, self.species


def small_study(group: Group, *, level: float = 0.95) -> list[tuple[object, ...]]:
    """Egger (mixed and linear), Begg, trim-and-fill and PET-PEESE, for ten independent studies or more."""
    fit, k = group.fit, len(group.rows)
    if not isinstance(fit, meta.Pooled) or k < SMALL_STUDY_MINIMUM:
        return []
    y, v, none = group.estimate, group.variance, math.nan
    rows: list[tuple[object, ...]] = []
    for model in ("mixed", "lm"):
        found = meta.egger(y, v, model=model, level=level)
        bounds = (found.limit, found.limit_lower, found.limit_upper)
        rows.append((*group.named, f"Egger, {model}", k, found.statistic, found.p_value, *bounds))
    ranks = meta.begg(y, v)
    rows.append((*group.named, "Begg", k, ranks.tau, ranks.p_value, none, none, none))
    filled = meta.trim_fill(y, v, level=level)
    pooled = filled.pooled
    name = f"trim and fill, {filled.side} side, studies added"
    rows.append((*group.named, name, k, filled.missing, none, pooled.estimate, pooled.lower, pooled.upper))
    both = meta.pet_peese(y, v, level=level)
    for name, found in (("PET", both.pet), ("PEESE", both.peese)):
        chosen = ", chosen" if both.chosen == name.lower() else ""
        bounds = (found.limit, found.limit_lower, found.limit_upper)
        rows.append((*group.named, name + chosen, k, found.statistic, found.p_value, *bounds))
    return rows


def series(group: Group) -> list[tuple[object, ...]]:
    """The pooled effect without each study, and as studies were added by their year."""
    fit = group.fit
    if not isinstance(fit, meta.Pooled) or len(group.rows) < 3:
        return []
    names = group.rows["study"].astype(str).to_numpy()
    years = pd.to_numeric(group.rows["year"], errors="coerce").to_numpy(dtype=float)
    order = np.argsort(np.where(np.isnan(years), np.inf, years), kind="stable")
    rows: list[tuple[object, ...]] = []
    for analysis, found in (
        ("without", meta.leave_one_out(fit)),
        ("cumulative by year", meta.cumulative(fit, order)),
    ):
        rows += [
            (*group.named, analysis, *row)
            for row in zip(
                names[found.study],
                found.estimate,
                found.standard_error,
                found.lower,
                found.upper,
                found.tau2,
                strict=True,
            )
        ]
    return rows


def influence(group: Group) -> list[tuple[object, ...]]:
    """How much each study moves the pooled effect."""
    fit = group.fit
    if not isinstance(fit, meta.Pooled) or len(group.rows) < 4:
        return []
    found = meta.influence(fit)
    columns = (found.rstudent, found.dffits, found.cook, found.covariance_ratio, found.tau2_deleted)
    rest = (found.hat, found.weight, found.influential)
    names = group.rows["study"].astype(str)
    return [(*group.named, *row) for row in zip(names, *columns, *rest, strict=True)]


def fixed_effects(group: Group, measure: str, *, level: float = 0.95) -> list[tuple[object, ...]]:
    """Mantel-Haenszel (RR, OR, RD) and Peto (OR) on the tables as counted, no cell corrected."""
    if measure not in {"rr", "or", "rd", "peto"} or not set(_COUNTS) <= set(group.numbers):
        return []
    if group.rows["study"].nunique() < len(group.rows):
        return []
    cells = [group.numbers[name] for name in _COUNTS]
    models = {}
    if measure != "peto":
        models["Mantel-Haenszel"] = meta.mantel_haenszel(*cells, measure=measure, level=level)  # type: ignore[arg-type]
    if measure in {"or", "peto"}:
        models["Peto"] = meta.peto(*cells, level=level)
    return [
        (*group.named, name, f.k, f.k_used, f.estimate, f.standard_error, f.lower, f.upper, f.q, f.q_p_value)
        for name, f in models.items()
    ]


def regression(
    group: Group,
    moderators: Sequence[str],
    *,
    method: str,
    test: str,
    level: float,
    permutations: int,
    seed: int,
) -> list[tuple[object, ...]]:
    """The effect regressed on what the studies differ in; words as 0/1 columns against the first in the alphabet.

    Raises
    ------
    InvalidArray
        If a moderator is no column of the outcomes, or a study does not state it.
    NotEstimable
        If there are too few studies, or moderators depend on each other.
    """
    if not isinstance(group.fit, meta.Pooled):
        raise NotEstimable(
            f"{group.product}, {group.species}: a meta-regression needs independent studies, one effect each"
        )
    names, columns = ["intercept"], []
    for moderator in moderators:
        values = _stated(group, moderator)
        numbers = pd.to_numeric(values, errors="coerce")
        if numbers.notna().all():
            names.append(moderator)
            columns.append(numbers.to_numpy(dtype=float))
            continue
        levels = sorted(set(values.astype(str)))
        names += [f"{moderator}: {word}, not {levels[0]}" for word in levels[1:]]
        columns += [(values.astype(str) == word).to_numpy(dtype=float) for word in levels[1:]]
    fit = meta.pool(
        group.estimate,
        group.variance,
        method=method,  # type: ignore[arg-type]
        test=test,  # type: ignore[arg-type]
        moderators=np.column_stack(columns),
        level=level,
    )
    permuted, count = np.full(len(names), math.nan), 0
    if permutations:
        shuffled = meta.permutation(fit, replicates=permutations, seed=seed)
        permuted, count = shuffled.p_value, shuffled.replicates
    each = zip(
        names, fit.coefficients, fit.standard_errors, fit.coefficient_lower, fit.coefficient_upper,
        fit.p_values, permuted, strict=True,
    )  # fmt: skip
    return [(*group.named, *row, count, fit.tau2, fit.r2, fit.k) for row in each]


def subgroups(group: Group, column: str, *, method: str, test: str, level: float) -> list[tuple[object, ...]]:
    """Each subgroup pooled with its own variance between studies, and Q between subgroups.

    Raises
    ------
    InvalidArray
        If the column does not exist, or a study does not state it.
    NotEstimable
        If studies bring several effects.
    """
    if not isinstance(group.fit, meta.Pooled):
        raise NotEstimable(
            f"{group.product}, {group.species}: subgroups need independent studies, one effect each"
        )
    values = _stated(group, column).astype(str).to_numpy()
    fits = {
        word: meta.pool(
            group.estimate[values == word],
            group.variance[values == word],
            method=method,  # type: ignore[arg-type]
            test=test,  # type: ignore[arg-type]
            level=level,
        )
        for word in sorted(set(values))
        if np.count_nonzero(values == word) > 1
    }
    between = (math.nan, 0, math.nan)
    if len(fits) > 1:
        means = np.array([fit.estimate for fit in fits.values()])
        variances = np.array([fit.standard_error**2 for fit in fits.values()])
        q = meta.pool(means, variances, method="ee", test="z")
        between = (q.q, q.q_df, q.q_p_value)
    return [
        (*group.named, word, f.k, f.estimate, f.standard_error, f.lower, f.upper, f.tau2, f.i2, *between)
        for word, f in fits.items()
    ]


def robust(group: Group, *, level: float) -> list[tuple[object, ...]]:
    """The pooled effect with errors robust to dependence within studies (CR2, Satterthwaite)."""
    if group.fit is None or group.rows["study"].nunique() < 3:
        return []
    found = meta.robust(group.fit, group.rows["study"].astype(str).to_numpy(), level=level)
    return [
        (
            *group.named, "pooled effect", float(found.coefficients[0]), float(found.standard_errors[0]), float(found.df[0]),
            float(found.lower[0]), float(found.upper[0]), float(found.p_values[0]), found.n_clusters,
        )
    ]  # fmt: skip


def _stated(group: Group, column: str) -> pd.Series:
    if column not in group.rows:
        raise InvalidArray(f"no accepted outcome has a column {column!r}; enter it with the outcomes")
    missing = group.rows.loc[group.rows[column].isna(), "citation"].astype(str)
    if len(missing):
        raise InvalidArray(
            f"{column!r} is not stated for {', '.join(missing)}; enter it, or leave these outcomes out"
        )
    return group.rows[column]
