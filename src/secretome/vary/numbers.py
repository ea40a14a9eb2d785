"""Age, passage and other numbers: slopes within tissue on donors, bends, and what can be excluded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import false_discovery_control
from scipy.stats import t as student

from secretome.design import Design
from secretome.errors import NotEstimable
from secretome.plan import VaryOptions
from secretome.results import Answer, Cell, Method, Result
from secretome.stats import mixed
from secretome.study import Assay, Study

from .donor_slopes import LEAST_DF, QUADRATIC, donor_model, donor_slopes, varies_within
from .fitting import FDR, INTERVAL
from .mixed import kept_flasks
from .random import random_terms

# number -> the step over which a change is stated
STEPS = {"age_years": 10.0, "passage": 1.0, "population_doublings": 10.0}
VERDICTS = ("change", "a change above {} is excluded", "this study cannot say")


@dataclass(frozen=True)
class _Numeric:
    """A number of the study: its values (m,), the factors held fixed, whether it varies within donors."""

    name: str
    step: float
    values: NDArray[np.float64]
    within: bool
    reason: str


def follow_numbers(study: Study, options: VaryOptions) -> Result:
    """Slopes of every protein on age, passage and other numbers of the samples.

    Parameters
    ----------
    study
        With a design and log2 proteome assays of media or vesicles.
    options
        Choices of the moderation; `minimum_log2_ratio` is the change that matters.

    Returns
    -------
    Result `vary.numbers` with the tables `numbers` (one row a number: donors, range, verdict counts, or why
    it is refused) and `slopes` (one row a number and protein: change per step, interval, test of a bend,
    verdict).

    Notes
    -----
    A number that belongs to the donor (age) is followed on one value a donor and tissue, within tissues; one
    that changes within donors (passage) in a mixed model with random donors. A tissue whose donors share one
    value (perinatal samples) says nothing on the slope. The bend beside the straight line is a natural cubic spline
    where donors have 8 different values, else (and within donors) a squared term: passage is not assumed to act in
    one direction.
    """
    design = study.design or Design()
    assays = [a for a in study.select(kind="proteome") if a.material in {"conditioned_medium", "vesicles"}]
    facts: list[dict[str, object]] = []
    tables: list[pd.DataFrame] = []
    for assay in assays:
        samples, values, masked = kept_flasks(assay, study)
        for number in _numbers(design, samples):
            table = pd.DataFrame(columns=COLUMNS)
            if not number.reason:
                rows = np.flatnonzero(~masked & (~np.isnan(values)).any(axis=1))
                table = _slopes(assay, rows, values[rows], samples, design, number, options)
                tables.append(table)
            facts.append(_facts(assay, number, samples, design, table))
    slopes = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    return _result(design, options, pd.DataFrame(facts, columns=FACT_COLUMNS), slopes)


COLUMNS = [
    "number", "assay", "protein", "gene", "step", "log2_change", "lower", "upper", "standard_error", "df", "p_value",
    "fdr", "bend_p_value", "bend_fdr", "bend_by", "n_donors", "verdict",
]  # fmt: skip


FACT_COLUMNS = [
    "number", "assay", "unit", "varies", "donors", "lowest", "highest", "step", "tested", "change", "bend_by", "bends", "excluded",
    "cannot_say", "verdict", "reason",
]  # fmt: skip


def aliased_with_tissue(samples: pd.DataFrame, number: str) -> str:
    """Why a number cannot be followed within tissue, or an empty text.

    Examples
    --------
    >>> samples = pd.DataFrame({"tissue": ["WJ", "WJ", "BM"], "age_years": [0, 0, 40]})
    >>> aliased_with_tissue(samples, "age_years")
    'age_years does not vary within any tissue (BM 40; WJ 0): it is aliased with tissue'
    """
    if not _several(samples, "tissue") or varies_within(samples, samples["tissue"], number):
        return ""
    levels = samples.groupby("tissue", observed=True)[number].first()
    listed = "; ".join(f"{tissue} {value:g}" for tissue, value in levels.items())
    return f"{number} does not vary within any tissue ({listed}): it is aliased with tissue"


def _several(samples: pd.DataFrame, column: str) -> bool:
    return column in samples and len(set(samples[column])) > 1


def _numbers(design: Design, samples: pd.DataFrame) -> list[_Numeric]:
    names = [*STEPS, *(name for name in design.variables if pd.api.types.is_numeric_dtype(samples[name]))]
    found = []
    for name in dict.fromkeys(names):
        if name not in samples or not pd.api.types.is_numeric_dtype(samples[name]):
            continue
        values = samples[name].to_numpy(dtype=float)
        if np.isfinite(values).sum() == 0 or np.unique(values[np.isfinite(values)]).size < 2:
            continue
        within = varies_within(samples, design.unit, name)
        found.append(
            _Numeric(name, STEPS.get(name, 1.0), values, within, _refusal(design, samples, name, within))
        )
    return found


def _refusal(design: Design, samples: pd.DataFrame, name: str, within: bool) -> str:
    gaps = int(samples[name].isna().sum())
    if gaps:
        return f"{gaps} flasks have no {name}"
    aliased = aliased_with_tissue(samples, name)
    if aliased:
        return aliased
    for other in ("passage", "disease"):
        if name != other and _several(samples, other) and _same(samples, name, other):
            return f"{name} and {other} cannot be told apart: each value of one has one value of the other"
    if within:
        return ""
    model, _ = donor_model(design, samples, samples[name].to_numpy(dtype=float))
    spare = model.shape[0] - np.linalg.matrix_rank(model)
    if spare < LEAST_DF:
        return f"{model.shape[0]} donors leave {spare} degrees of freedom; at least {LEAST_DF} are needed"
    return ""


def _same(samples: pd.DataFrame, one: str, other: str) -> bool:
    pairs = samples[[one, other]].drop_duplicates()
    return bool(len(pairs) == len(set(samples[one])) == len(set(samples[other])))


def _slopes(
    assay: Assay, rows: np.ndarray, values: NDArray[np.float64], samples: pd.DataFrame, design: Design,
    number: _Numeric, options: VaryOptions,
) -> pd.DataFrame:  # fmt: skip
    if number.within:
        estimate, error, df, p, bend, donors = _within(values, samples, design, number, options)
        by = QUADRATIC
    else:
        found = donor_slopes(values, samples, design, number.name, options)
        estimate, error, df, p = found.estimate, found.error, found.df, found.p_value
        bend, donors, by = found.bend_p_value, found.donors, found.bend_by
    half = student.ppf(0.5 + INTERVAL / 2, df) * error
    table = pd.DataFrame(
        {
            "number": number.name,
            "assay": assay.name,
            "protein": assay.matrix.var_names.to_numpy()[rows],
            "gene": assay.matrix.var["gene"].to_numpy()[rows],
            "step": number.step,
            "log2_change": estimate * number.step,
            "lower": (estimate - half) * number.step,
            "upper": (estimate + half) * number.step,
            "standard_error": error * number.step,
            "df": df,
            "p_value": p,
            "fdr": _adjusted(p),
            "bend_p_value": bend,
            "bend_fdr": _adjusted(bend),
            "bend_by": by if np.isfinite(bend).any() else "",
            "n_donors": donors,
        }
    )
    limit = options.minimum_log2_ratio
    inside = (table["lower"] > -limit) & (table["upper"] < limit)
    changed = (table["fdr"] <= FDR) | (table["bend_fdr"] <= FDR)
    words = [text.format(f"|log2| {limit:g} per {number.step:g}") for text in VERDICTS]
    table["verdict"] = np.select([changed, inside], words[:2], words[2])
    table.loc[table["p_value"].isna(), "verdict"] = words[2]
    return table[COLUMNS].sort_values(["p_value", "protein"], ignore_index=True)


def _within(
    values: NDArray[np.float64], samples: pd.DataFrame, design: Design, number: _Numeric, options: VaryOptions
) -> tuple[np.ndarray, ...]:
    """Mixed model with random donors; the formula's factors and tissue are held fixed."""
    names = [name for name in design.variables if name != number.name]
    if _several(samples, "tissue") and "tissue" not in names:
        names.append("tissue")
    base = (
        Design(formula="~ " + " + ".join(names)).matrix(samples).values
        if names
        else np.ones((len(samples), 1))
    )
    labels = random_terms(design, samples).labels
    blank = tuple(np.full((5, len(values)), np.nan))
    donors = _count_donors(values, samples, design)
    if not labels or np.linalg.matrix_rank(np.column_stack([base, number.values])) == np.linalg.matrix_rank(
        base
    ):
        return (*blank, donors)
    straight = _last_mixed(values, np.column_stack([base, number.values]), labels, options)
    square = (number.values - number.values.mean()) ** 2
    bent = np.column_stack([base, number.values, square])
    full = np.linalg.matrix_rank(bent) == np.linalg.matrix_rank(base) + 2
    bend = _last_mixed(values, bent, labels, options)[3] if full else blank[0]
    return (*straight, bend, donors)


def _last_mixed(
    values: NDArray[np.float64], model: np.ndarray, labels: dict[str, np.ndarray], options: VaryOptions
) -> tuple[np.ndarray, ...]:
    fit = mixed.fit_reml(values, model, labels, df="kenward-roger", negative=True)
    weights = np.zeros(model.shape[1])
    weights[-1] = 1.0
    try:
        test = mixed.moderate(fit, weights, trend=options.trend, robust=options.robust, prior=options.prior)
    except NotEstimable:
        return tuple(np.full((4, len(values)), np.nan))
    return test.estimate[:, 0], test.standard_error[:, 0], test.df[:, 0], test.p_value[:, 0]


def _count_donors(values: NDArray[np.float64], samples: pd.DataFrame, design: Design) -> np.ndarray:
    units = samples[design.unit].astype(str).to_numpy()
    seen = [(~np.isnan(values[:, units == unit])).any(axis=1) for unit in sorted(set(units))]
    counts: np.ndarray = np.sum(seen, axis=0)
    return counts


def _adjusted(p: np.ndarray) -> np.ndarray:
    adjusted = np.full(p.size, np.nan)
    known = ~np.isnan(p)
    if known.any():
        adjusted[known] = false_discovery_control(p[known])
    return adjusted


def _facts(
    assay: Assay, number: _Numeric, samples: pd.DataFrame, design: Design, table: pd.DataFrame
) -> dict[str, object]:
    verdicts = table["verdict"].astype(str) if len(table) else pd.Series(dtype=str)
    return {
        "number": number.name,
        "assay": assay.name,
        "unit": design.unit,
        "varies": "within donors" if number.within else "between donors",
        "donors": int(samples[design.unit].nunique()),
        "lowest": float(np.nanmin(number.values)),
        "highest": float(np.nanmax(number.values)),
        "step": number.step,
        "tested": int(table["p_value"].notna().sum()) if len(table) else 0,
        "change": int((verdicts == "change").sum()),
        "bend_by": str(table["bend_by"].iloc[0]) if len(table) else "",
        "bends": int((table["bend_fdr"] <= FDR).sum()) if len(table) else 0,
        "excluded": int(verdicts.str.startswith("a change above").sum()),
        "cannot_say": int((verdicts == VERDICTS[2]).sum()),
        "verdict": "not tested" if number.reason else "pass",
        "reason": number.reason,
    }


def _on_bends(facts: pd.DataFrame) -> tuple[str, ...]:
    """What could tell a bend, number by number."""
    notes = []
    for row in facts.itertuples():
        if row.reason:
            continue
        if row.bend_by:
            notes.append(f"{row.number}: a bend was tested by a {row.bend_by}, of one form in all tissues.")
        else:
            notes.append(f"{row.number}: too few donors to test for a bend; the line is taken as straight.")
    return tuple(notes)


def _result(design: Design, options: VaryOptions, facts: pd.DataFrame, slopes: pd.DataFrame) -> Result:
    tested = facts[facts["verdict"] == "pass"] if len(facts) else facts
    summary = pd.DataFrame(
        {
            "numbers": [len(facts)],
            "tested": [len(tested)],
            **{
                column: [int(tested[column].sum()) if len(tested) else 0]
                for column in ("change", "excluded", "cannot_say")
            },
        }
    )
    template = (
        "{tested} of {numbers} numbers could be followed within tissue: {change} proteins change, for {excluded} a "
        "change that matters is excluded, and of {cannot_say} this study cannot say."
        if len(facts)
        else "The sample sheet gives no age, passage or other number that varies."
    )
    refused = (
        tuple(f"{row.number}: {row.reason}." for row in facts.itertuples() if row.reason)
        if len(facts)
        else ()
    )
    return Result(
        stage="vary",
        name="numbers",
        question="What changes with age, passage and other numbers?",
        answer=Answer(
            template, {name: Cell("summary", name) for name in summary.columns} if len(facts) else {}
        ),
        verdict="pass" if len(tested) and not refused else "warn" if len(tested) else "not tested",
        tables={"summary": summary, "numbers": facts, "slopes": slopes},
        parameters={
            "unit": design.unit,
            "minimum_log2_ratio": options.minimum_log2_ratio,
            "steps": STEPS,
            "trend": options.trend,
            "prior": options.prior,
        },
        notes=refused + _on_bends(facts),
        lacks=()
        if len(facts)
        else ("Age and passage need columns age_years and passage in the sample sheet.",),
        methods=(
            Method(
                "Numbers that belong to donors were regressed within tissues on one value a donor, numbers that vary "
                "within donors in mixed models with random donors; natural cubic splines (8 and more different "
                "donor values) or squared terms tested for a bend. A change was "
                "called excluded when its 95 % interval lay within the smallest change that matters.",
                ("10.2202/1544-6115.1027", "10.2307/2533558"),
            ),
        ),
    )
