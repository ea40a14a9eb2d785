"""The contrast table: each protein, each question, on donors, with what was seen on each side."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from secretome.design import Design
from secretome.parallel import Progress
from secretome.plan import VaryOptions
from secretome.results import Result
from secretome.stats import linear
from secretome.study import Assay, Study, samples_of

from .fitting import (
    FDR,
    TEST_COLUMNS,
    Fitted,
    Question,
    claimed_on_flasks,
    fit_donors,
    fit_one_sided,
    flask_fit,
)
from .moderation import peptide_counts, without_counts
from .numbers import aliased_with_tissue
from .power import COLUMNS as POWER_COLUMNS
from .power import power_table
from .sample_weights import COLUMNS as WEIGHT_COLUMNS
from .sample_weights import NO_WEIGHTS, flask_weights
from .units import Sides, sides_of
from .wording import contrasts_result


@dataclass(frozen=True)
class _Judged:
    """One question answered: its rows of `effects`, its row of `contrasts`, its rows of `power` and of `weights`."""

    effects: pd.DataFrame
    facts: dict[str, object]
    power: pd.DataFrame
    weights: pd.DataFrame


def compare(study: Study, options: VaryOptions, *, progress: Progress | None = None) -> Result:
    """Every contrast of the design, protein by protein, with the donor as the unit.

    Parameters
    ----------
    study
        With a design and log2 proteome assays of media or vesicles.
    options
        Choices of the moderated test.
    progress
        Called with contrasts done and contrasts in all.

    Returns
    -------
    Result `vary.contrasts` with the tables `contrasts` (one row a question), `effects` (one
    row a question and protein: log2 ratio, 95 % interval, p, FDR, donors and detected k of n
    on each side, unit, status, method) and `power` (what this many donors could show).

    Notes
    -----
    A factor that varies between donors is tested on one value a donor; one that varies within
    every donor on one difference a donor. Flasks are never the unit. A protein that fewer than
    `min_donors` donors show on one side is tested by the detection curves of the donors.
    """
    design = study.design or Design()
    assays = [a for a in study.select(kind="proteome") if a.material in {"conditioned_medium", "vesicles"}]
    judged: list[_Judged] = []
    total = len(assays) * len(design.contrasts)
    for assay in assays:
        flasks: linear.RowFit | None = None
        for name, expression in design.contrasts.items():
            question = question_of(study, assay, design, name, expression, options)
            if flasks is None and question.sides.strategy != "paired within donor":
                flasks = flask_fit(question, design)
            judged.append(_judge(question, design, options, flasks))
            if progress is not None:
                progress(len(judged), total)
    tables = {
        "effects": stacked([one.effects for one in judged], COLUMNS),
        "power": stacked([one.power for one in judged], POWER_COLUMNS),
    }
    if options.array_weights:
        weights = stacked([one.weights for one in judged], WEIGHT_COLUMNS)
        tables["weights"] = weights.drop_duplicates(["assay", "model", "measurement"], ignore_index=True)
    return contrasts_result(design, options, pd.DataFrame([one.facts for one in judged]), tables, study)


def stacked(parts: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """The tables one below the other; with its columns also when there is none."""
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=columns)


def question_of(
    study: Study, assay: Assay, design: Design, name: str, expression: str, options: VaryOptions
) -> Question:
    """One contrast on one assay, with its sides and the reason why it cannot be tested, if any."""
    data = assay.matrix
    kept = np.ones(data.n_obs, dtype=bool)
    if "excluded" in data.obs:
        kept = ~data.obs["excluded"].to_numpy(dtype=bool)
    samples = samples_of(assay, study.samples)[kept]
    values = np.asarray(data.X, dtype=float)[kept].T
    sides = sides_of(design, samples, expression)
    donors = samples[design.unit].astype(str).to_numpy()
    left, right = len(set(donors[sides.left])), len(set(donors[sides.right]))
    reason = _imputed(assay) or _refusal(sides, left, right, options)
    reason = reason or _aliased_slope(design, samples, expression, sides) or without_counts(assay, options)
    counts = None if options.count_prior == "off" else peptide_counts(assay)
    weighted = NO_WEIGHTS
    if options.array_weights and not reason:
        weighted = flask_weights(values[~_masked(assay)], design, samples, sides)
    reason = reason or weighted.reason
    return Question(name, expression, assay, samples, values, sides, reason, counts, weighted)


def _imputed(assay: Assay) -> str:
    """Why the values of an assay cannot be tested: some may have been filled in, nobody said which."""
    if not assay.imputed:
        return ""
    return (
        f"values may be imputed ({assay.imputed}) and no mask says which; ask for the export before imputation, "
        'or name the mask in the [[assay]] (mask, mask_sheet, mask_columns; imputed = "no" if nothing was filled in)'
    )


def _aliased_slope(design: Design, samples: pd.DataFrame, expression: str, sides: Sides) -> str:
    """A slope across tissues is refused: perinatal and adult tissues would be points of one line."""
    if sides.strategy != "slope between donors":
        return ""
    for number in design.factors(expression):
        aliased = aliased_with_tissue(samples, number)
        if aliased:
            return aliased
        if "tissue" in samples and len(set(samples["tissue"])) > 1 and "tissue" not in design.variables:
            return f"{number} is estimated within tissue only; add tissue to the formula"
    return ""


def _refusal(sides: Sides, left: int, right: int, options: VaryOptions) -> str:
    least = options.min_donors
    if sides.strategy == "slope between donors":
        return "" if left > least else f"{left} donors: a slope needs more than {least}"
    if left >= least and right >= least:
        return ""
    return f"{left} donor{'s' * (left != 1)} against {right}: at least {least} on each side are needed; describes these donors, not donors"


def _judge(question: Question, design: Design, options: VaryOptions, flasks: linear.RowFit | None) -> _Judged:
    table = _counts(question, design)
    masked = table["contaminant_masked"].to_numpy(dtype=bool)
    fitted = fit_donors(question, design, options, ~masked)
    question = replace(question, reason=question.reason or fitted.reason)
    for column, numbers in fitted.columns.items():
        table[column] = numbers
    few = table[["donors_left", "donors_right"]].min(axis=1).to_numpy() < options.min_donors
    if question.sides.strategy == "slope between donors":
        few = table["donors_left"].to_numpy() <= options.min_donors
    untested = masked | few | bool(question.reason) | table["p_value"].isna().to_numpy()
    table.loc[untested, list(TEST_COLUMNS)] = np.nan
    curved, reason = _by_detection(table, question, design, options, masked, fitted)
    table["method"] = np.select([curved, ~untested], ["detection curves", "moderated t"], "")
    table["status"] = _status(table, masked, few, question, curved)
    tested = ~untested | curved
    for p, fdr in (("p_value", "fdr"), ("p_minimum_effect", "fdr_minimum_effect")):
        table[fdr] = np.nan
        if tested.any():
            table.loc[tested, fdr] = false_discovery_control(table.loc[tested, p].to_numpy())
    table["unit"] = design.unit
    facts = _facts(table, question, design, fitted, tested=tested, curved=curved, reason=reason)
    if flasks is not None and question.sides.strategy != "paired within donor" and not question.reason:
        facts["flasks_would_claim"] = claimed_on_flasks(flasks, question, design, options, ~masked)
    ordered = table[COLUMNS].sort_values(["p_value", "protein"], ignore_index=True)
    weights = question.weighted.table(question.assay, question.samples, design.unit)
    return _Judged(ordered, facts, _power(question, design, fitted), weights)


def _by_detection(
    table: pd.DataFrame, question: Question, design: Design, options: VaryOptions, masked: NDArray[np.bool_],
    fitted: Fitted,
) -> tuple[NDArray[np.bool_], str]:  # fmt: skip
    """Fill the rows that too few donors show on one side; which they are, and why there are none."""
    none = np.zeros(len(table), dtype=bool)
    if not options.one_sided or question.reason:
        return none, ""
    left = table["donors_left"].to_numpy() >= options.min_donors
    right = table["donors_right"].to_numpy() >= options.min_donors
    wanted = ~masked & (left != right)
    if not wanted.any() or question.sides.strategy == "slope between donors":
        return none, ""
    columns, reason = fit_one_sided(question, design, options, wanted, ~masked, fitted)
    if not columns:
        return none, reason
    curved: NDArray[np.bool_] = wanted & np.isfinite(columns["p_value"])
    for name, numbers in columns.items():
        table.loc[curved, name] = numbers[curved]
    return curved, ""


def _facts(
    table: pd.DataFrame, question: Question, design: Design, fitted: Fitted, *,
    tested: NDArray[np.bool_], curved: NDArray[np.bool_], reason: str,
) -> dict[str, object]:  # fmt: skip
    significant = table["fdr"] <= FDR
    masked = table["contaminant_masked"].to_numpy(dtype=bool)
    left, right = table["detected_left"] > 0, table["detected_right"] > 0
    one_sided = ~masked & (left != right) & (question.sides.strategy != "slope between donors")
    depth_left, depth_right = (
        _depth(question, side, ~masked) for side in (question.sides.left, question.sides.right)
    )
    return {
        "contrast": question.name,
        "assay": question.assay.name,
        "expression": question.expression,
        "unit": design.unit,
        "strategy": question.sides.strategy,
        "donors_left": _donors(question, design, question.sides.left),
        "donors_right": _donors(question, design, question.sides.right),
        "tested": int(tested.sum()),
        "significant_5_fdr": int(significant.sum()),
        "up": int((significant & (table["log2_ratio"] > 0)).sum()),
        "down": int((significant & (table["log2_ratio"] < 0)).sum()),
        "seen_on_one_side": int(one_sided.sum()),
        "prior": fitted.prior,
        "excess": fitted.excess,
        "verdict": "not tested" if question.reason else "pass",
        "reason": question.reason,
        "by_detection": int(curved.sum()),
        "by_detection_5_fdr": int((curved & significant).sum()),
        "beyond_minimum_5_fdr": int((table["fdr_minimum_effect"] <= FDR).sum()),
        "flasks_would_claim": np.nan,
        "flasks_left": int(question.sides.left.sum()),
        "flasks_right": int(question.sides.right.sum()),
        "identified_left": depth_left,
        "identified_right": depth_right,
        "detection_reason": reason,
    }


def _depth(question: Question, flasks: NDArray[np.bool_], kept: NDArray[np.bool_]) -> float:
    """Median number of proteins with a value in these flasks, contaminants not counted."""
    if not flasks.any():
        return float("nan")
    return float(np.median((~np.isnan(question.values[np.ix_(kept, flasks)])).sum(axis=0)))


def _power(question: Question, design: Design, fitted: Fitted) -> pd.DataFrame:
    sides = question.sides
    if sides.strategy == "slope between donors":
        return pd.DataFrame(columns=POWER_COLUMNS)
    left, right = _donors(question, design, sides.left), _donors(question, design, sides.right)
    paired = sides.strategy == "paired within donor"
    return power_table(question.name, question.assay.name, fitted.sigma, left, right, paired=paired)


COLUMNS = [
    "contrast", "assay", "protein", "gene", "log2_ratio", "lower", "upper", "standard_error", "t", "df", "p_value",
    "fdr", "donors_left", "donors_right", "detected_left", "measured_left", "detected_right", "measured_right",
    "unit", "status", "contaminant_class", "mean_log2_intensity", "method", "p_minimum_effect",
    "fdr_minimum_effect",
]  # fmt: skip


def _counts(question: Question, design: Design) -> pd.DataFrame:
    """Names, and who was seen on each side: flasks (detected of measured) and donors."""
    var = question.assay.matrix.var
    seen = ~np.isnan(question.values)
    donors = question.samples[design.unit].astype(str).to_numpy()
    table = pd.DataFrame(
        {
            "contrast": question.name,
            "assay": question.assay.name,
            "protein": question.assay.matrix.var_names.to_numpy(),
            "gene": var["gene"].to_numpy(),
            "contaminant_class": var["contaminant_class"].to_numpy() if "contaminant_class" in var else "",
            "contaminant_masked": _masked(question.assay),
        }
    )
    for side, flasks in (("left", question.sides.left), ("right", question.sides.right)):
        table[f"detected_{side}"] = seen[:, flasks].sum(axis=1)
        table[f"measured_{side}"] = int(flasks.sum())
        names = sorted(set(donors[flasks]))
        per_donor = [seen[:, flasks & (donors == name)].any(axis=1) for name in names]
        table[f"donors_{side}"] = np.sum(per_donor, axis=0) if per_donor else 0
    return table


def _masked(assay: Assay) -> NDArray[np.bool_]:
    """(n,) proteins that tests leave out."""
    var = assay.matrix.var
    return var["masked"].to_numpy(dtype=bool) if "masked" in var else np.zeros(len(var), dtype=bool)


def _status(
    table: pd.DataFrame,
    masked: NDArray[np.bool_],
    few: NDArray[np.bool_],
    question: Question,
    curved: NDArray[np.bool_],
) -> NDArray[np.str_]:
    left, right = table["detected_left"].to_numpy() > 0, table["detected_right"].to_numpy() > 0
    one_sided = (left != right) & (question.sides.strategy != "slope between donors")
    conditions = [
        masked,
        ~left & ~right,
        curved,
        one_sided,
        np.full(len(table), bool(question.reason)),
        few,
        np.zeros(len(table), dtype=bool) if question.counts is None else np.isnan(question.counts),
        table["p_value"].isna().to_numpy(),
    ]
    words = [
        "contaminant: not tested",
        "not seen",
        "tested by detection",
        "seen on one side only",
        "contrast not tested",
        "too few donors",
        "no peptide count",
        "not estimable",
    ]
    return np.select(conditions, words, default="tested")


def _donors(question: Question, design: Design, flasks: NDArray[np.bool_]) -> int:
    return int(question.samples[design.unit][flasks].nunique())
