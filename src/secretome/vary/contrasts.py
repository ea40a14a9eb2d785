"""The contrast table: each protein, each question, on donors, with what was seen on each side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import false_discovery_control
from scipy.stats import t as student

from secretome.design import Design
from secretome.parallel import Progress
from secretome.plan import VaryOptions
from secretome.results import Answer, Cell, Method, Result, Verdict
from secretome.stats import linear
from secretome.study import Assay, Study, samples_of

from .units import Sides, Units, donor_values, paired_differences, sides_of

FDR = 0.05
INTERVAL = 0.95


@dataclass(frozen=True)
class _Question:
    """One contrast on one assay: flasks, sides, and what is to be fitted."""

    name: str
    expression: str
    assay: Assay
    samples: pd.DataFrame
    values: NDArray[np.float64]
    sides: Sides
    reason: str


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
    Result `vary.contrasts` with the tables `contrasts` (one row a question) and `effects` (one
    row a question and protein: log2 ratio, 95 % interval, p, FDR, donors and detected k of n
    on each side, unit, status).

    Notes
    -----
    A factor that varies between donors is tested on one value a donor; one that varies within
    every donor on one difference a donor. Flasks are never the unit.
    """
    design = study.design or Design()
    assays = [a for a in study.select(kind="proteome") if a.material in {"conditioned_medium", "vesicles"}]
    rows: list[dict[str, object]] = []
    effects: list[pd.DataFrame] = []
    total = len(assays) * len(design.contrasts)
    for assay in assays:
        for name, expression in design.contrasts.items():
            question = _question(study, assay, design, name, expression, options)
            table, facts = _effects(question, design, options)
            effects.append(table)
            rows.append(facts)
            if progress is not None:
                progress(len(rows), total)
    return _result(design, options, pd.DataFrame(rows), effects, study)


def _question(
    study: Study, assay: Assay, design: Design, name: str, expression: str, options: VaryOptions
) -> _Question:
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
    return _Question(name, expression, assay, samples, values, sides, reason)


def _imputed(assay: Assay) -> str:
    """Why the values of an assay cannot be tested: some may have been filled in, nobody said which."""
    if not assay.imputed:
        return ""
    return (
        f"values may be imputed ({assay.imputed}) and no mask says which; ask for the export before imputation, "
        'or name the mask in the [[assay]] (mask, mask_sheet, mask_columns; imputed = "no" if nothing was filled in)'
    )


def _refusal(sides: Sides, left: int, right: int, options: VaryOptions) -> str:
    least = options.min_donors
    if sides.strategy == "slope between donors":
        return "" if left > least else f"{left} donors: a slope needs more than {least}"
    if left >= least and right >= least:
        return ""
    return f"{left} donor{'s' * (left != 1)} against {right}: at least {least} on each side are needed; describes these donors, not donors"


def _effects(
    question: _Question, design: Design, options: VaryOptions
) -> tuple[pd.DataFrame, dict[str, object]]:
    table = _counts(question, design)
    masked = table["contaminant_masked"].to_numpy(dtype=bool)
    fitted, prior = _fit(question, design, options, ~masked)
    for column, numbers in fitted.items():
        table[column] = numbers
    few = table[["donors_left", "donors_right"]].min(axis=1).to_numpy() < options.min_donors
    if question.sides.strategy == "slope between donors":
        few = table["donors_left"].to_numpy() <= options.min_donors
    untested = masked | few | bool(question.reason) | table["p_value"].isna().to_numpy()
    table.loc[untested, _TEST_COLUMNS] = np.nan
    table["status"] = _status(table, masked, few, question)
    table["fdr"] = np.nan
    if (~untested).any():
        table.loc[~untested, "fdr"] = false_discovery_control(table.loc[~untested, "p_value"].to_numpy())
    table["unit"] = design.unit
    significant = table["fdr"] <= FDR
    facts = {
        "contrast": question.name,
        "assay": question.assay.name,
        "expression": question.expression,
        "unit": design.unit,
        "strategy": question.sides.strategy,
        "donors_left": _donors(question, design, question.sides.left),
        "donors_right": _donors(question, design, question.sides.right),
        "tested": int((~untested).sum()),
        "significant_5_fdr": int(significant.sum()),
        "up": int((significant & (table["log2_ratio"] > 0)).sum()),
        "down": int((significant & (table["log2_ratio"] < 0)).sum()),
        "seen_on_one_side": int((table["status"] == "seen on one side only").sum()),
        "prior": prior,
        "verdict": "not tested" if question.reason else "pass",
        "reason": question.reason,
    }
    return table[_COLUMNS].sort_values(["p_value", "protein"], ignore_index=True), facts


_TEST_COLUMNS = ["lower", "upper", "standard_error", "t", "df", "p_value"]
_COLUMNS = [
    "contrast", "assay", "protein", "gene", "log2_ratio", "lower", "upper", "standard_error", "t", "df", "p_value",
    "fdr", "donors_left", "donors_right", "detected_left", "measured_left", "detected_right", "measured_right",
    "unit", "status", "contaminant_class", "mean_log2_intensity",
]  # fmt: skip


def _counts(question: _Question, design: Design) -> pd.DataFrame:
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
            "contaminant_masked": var["masked"].to_numpy(dtype=bool) if "masked" in var else False,
        }
    )
    for side, flasks in (("left", question.sides.left), ("right", question.sides.right)):
        table[f"detected_{side}"] = seen[:, flasks].sum(axis=1)
        table[f"measured_{side}"] = int(flasks.sum())
        names = sorted(set(donors[flasks]))
        per_donor = [seen[:, flasks & (donors == name)].any(axis=1) for name in names]
        table[f"donors_{side}"] = np.sum(per_donor, axis=0) if per_donor else 0
    return table


def _fit(
    question: _Question, design: Design, options: VaryOptions, tested: NDArray[np.bool_]
) -> tuple[dict[str, NDArray[np.float64]], str]:
    """The moderated test of the rows in `tested`; NaN elsewhere."""
    columns = ("log2_ratio", *_TEST_COLUMNS, "mean_log2_intensity")
    empty = {name: np.full(len(question.values), np.nan) for name in columns}
    units = _units(question, design)
    usable = tested & (~np.isnan(units.values)).any(axis=1)
    if not usable.any() or units.values.shape[1] <= units.design.shape[1]:
        return empty, ""
    moderated = _moderated(units, usable, options)
    half = student.ppf(0.5 + INTERVAL / 2, moderated.df_total) * moderated.standard_error[:, 0]
    ratio = moderated.coefficients[:, 0]
    found = {
        "log2_ratio": ratio,
        "lower": ratio - half,
        "upper": ratio + half,
        "standard_error": moderated.standard_error[:, 0],
        "t": moderated.t[:, 0],
        "df": moderated.df_total,
        "p_value": moderated.p_value[:, 0],
        "mean_log2_intensity": _row_means(question.values[usable]),
    }
    for name, numbers in found.items():
        empty[name][usable] = numbers
    return empty, str(moderated.prior)


def _row_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = np.nanmean(values, axis=1)
    return mean


def _units(question: _Question, design: Design) -> Units:
    if question.sides.strategy == "paired within donor":
        return paired_differences(
            question.values, design, question.samples, question.expression, question.sides
        )
    return donor_values(question.values, design, question.samples, question.expression)


def _moderated(units: Units, usable: NDArray[np.bool_], options: VaryOptions) -> linear.Moderated:
    values = units.values[usable]
    correlation = 0.0
    if units.blocks is not None:
        correlation = linear.consensus_correlation(values, units.design, units.blocks).consensus
    fit = linear.fit_rows(values, units.design, block=units.blocks, correlation=correlation)
    contrasted = linear.contrast_rows(fit, units.contrast[:, None], covariance=options.covariance)
    return linear.moderate(contrasted, trend=options.trend, robust=options.robust, prior=options.prior)


def _status(
    table: pd.DataFrame, masked: NDArray[np.bool_], few: NDArray[np.bool_], question: _Question
) -> NDArray[np.str_]:
    left, right = table["detected_left"].to_numpy() > 0, table["detected_right"].to_numpy() > 0
    one_sided = (left != right) & (question.sides.strategy != "slope between donors")
    conditions = [
        masked,
        ~left & ~right,
        one_sided,
        np.full(len(table), bool(question.reason)),
        few,
        table["p_value"].isna().to_numpy(),
    ]
    words = [
        "contaminant: not tested",
        "not seen",
        "seen on one side only",
        "contrast not tested",
        "too few donors",
        "not estimable",
    ]
    return np.select(conditions, words, default="tested")


def _donors(question: _Question, design: Design, flasks: NDArray[np.bool_]) -> int:
    return int(question.samples[design.unit][flasks].nunique())


def _result(
    design: Design, options: VaryOptions, contrasts: pd.DataFrame, effects: list[pd.DataFrame], study: Study
) -> Result:
    table = pd.concat(effects, ignore_index=True) if effects else pd.DataFrame(columns=_COLUMNS)
    summary = pd.DataFrame(
        {
            "contrasts": [len(contrasts)],
            "tested": [int((contrasts["verdict"] == "pass").sum()) if len(contrasts) else 0],
            "significant": [int(contrasts["significant_5_fdr"].sum()) if len(contrasts) else 0],
            "one_sided": [int(contrasts["seen_on_one_side"].sum()) if len(contrasts) else 0],
        }
    )
    template = (
        "{tested} of {contrasts} questions could be tested on donors; {significant} differences at 5 % FDR, and "
        "{one_sided} times a protein was seen on one side only, which this test does not judge."
    )
    refused = [f"{row.contrast}: {row.reason}." for row in contrasts.itertuples() if row.reason]
    verdict: Verdict = "pass" if not refused else "warn" if summary["tested"].iloc[0] else "not tested"
    return Result(
        stage="vary",
        name="contrasts",
        question="What differs between the media, judged on donors?",
        answer=Answer(template, {name: Cell("summary", name) for name in summary.columns}),
        verdict=verdict,
        tables={"summary": summary, "contrasts": contrasts, "effects": table},
        parameters={
            "unit": design.unit,
            "formula": design.formula,
            "trend": options.trend,
            "robust": options.robust,
            "prior": options.prior,
            "covariance": options.covariance,
            "min_donors": options.min_donors,
            "interval": INTERVAL,
            "fdr": "Benjamini-Hochberg within each contrast",
        },
        notes=tuple(refused) + _notes(contrasts, study),
        lacks=_lacks(contrasts),
        methods=_METHODS,
    )


def _notes(contrasts: pd.DataFrame, study: Study) -> tuple[str, ...]:
    notes = [
        f"{row.contrast}: {row.donors_left} against {row.donors_right} donors; a protein that is not listed as different is not shown to be equal."
        for row in contrasts.itertuples()
        if not row.reason and row.strategy != "slope between donors"
    ]
    flagged = [
        str(sample)
        for assay in study.select(kind="proteome")
        if "quality" in assay.matrix.obs
        for sample in assay.matrix.obs["sample"][assay.matrix.obs["quality"] == "fail"]
    ]
    if flagged:
        notes.append(
            f"The comparison includes {len(flagged)} samples that quality flags ({', '.join(flagged)}); "
            f"with exclude = {flagged!r} in [define] it is made without them.".replace("'", '"')
        )
    return tuple(notes)


def _lacks(contrasts: pd.DataFrame) -> tuple[str, ...]:
    if not len(contrasts) or not contrasts["seen_on_one_side"].sum():
        return ()
    return (
        "Proteins seen on one side only have no ratio here; a detection model, or a targeted assay of these proteins, would judge them.",
    )


_METHODS = (
    Method(
        "Differences were tested on one value a donor (or one difference a donor for factors varied within donors), "
        "with linear models fitted to the observed log2 values and empirical-Bayes moderated t statistics; donors "
        "with several values entered as blocks with a common intra-donor correlation.",
        ("10.2202/1544-6115.1027", "10.1093/nar/gkv007", "10.1093/bioinformatics/bti270"),
    ),
    Method(
        "P values were adjusted within each contrast for the false discovery rate.",
        ("10.1111/j.2517-6161.1995.tb02031.x",),
    ),
)
