"""The moderated tests of one contrast: on donors, beyond a smallest effect, and what flasks would have claimed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, norm
from scipy.stats import t as student

from secretome.design import Design
from secretome.errors import NotEstimable
from secretome.plan import VaryOptions
from secretome.stats import linear
from secretome.stats.empirical_null import excess
from secretome.study import Assay

from .moderation import beyond_minimum, moderated
from .one_sided import judge_one_sided
from .sample_weights import NO_WEIGHTS, FlaskWeights
from .units import Sides, Units, donor_values, paired_differences

FDR = 0.05
INTERVAL = 0.95
TEST_COLUMNS = ("lower", "upper", "standard_error", "t", "df", "p_value", "p_minimum_effect")
_TAILS = 2.0  # df of a one-sided row: at most this many times those of its donors


@dataclass(frozen=True)
class Question:
    """One contrast on one assay: flasks, sides, what is to be fitted.

    Where asked for, `counts` (n,) of peptides and the weights of the flasks.
    """

    name: str
    expression: str
    assay: Assay
    samples: pd.DataFrame
    values: NDArray[np.float64]
    sides: Sides
    reason: str
    counts: NDArray[np.float64] | None = None
    weighted: FlaskWeights = NO_WEIGHTS


@dataclass(frozen=True)
class Fitted:
    """Columns (n,) of the effects table, NaN where there is no answer; the prior; sigma of one donor (n,).

    `excess` is the factor by which the bulk of proteins scatters more between the sides than donors explain;
    `reason` says why nothing could be fitted.
    """

    columns: dict[str, NDArray[np.float64]]
    prior: str
    sigma: NDArray[np.float64]
    df: float
    excess: float = 1.0
    reason: str = ""


def fit_donors(question: Question, design: Design, options: VaryOptions, tested: NDArray[np.bool_]) -> Fitted:
    """The moderated test of the rows in `tested` on donors; NaN elsewhere."""
    return fit_units(question, units_of(question, design), options, tested)


def fit_units(question: Question, units: Units, options: VaryOptions, tested: NDArray[np.bool_]) -> Fitted:
    """The moderated test of the rows in `tested` on the units given; NaN elsewhere."""
    names = ("log2_ratio", *TEST_COLUMNS, "mean_log2_intensity")
    empty = {name: np.full(len(question.values), np.nan) for name in names}
    sigma = np.full(len(question.values), np.nan)
    usable = tested & (~np.isnan(units.values)).any(axis=1)
    if question.counts is not None:
        usable &= np.isfinite(question.counts)
    if not usable.any() or units.values.shape[1] <= units.design.shape[1]:
        return Fitted(empty, "", sigma, np.nan)
    contrasted = _contrasted(units, usable, options)
    counts = None if question.counts is None else question.counts[usable]
    try:
        tests = moderated(contrasted, options, counts)
    except NotEstimable as error:
        if counts is None:
            raise
        return Fitted(empty, "", sigma, np.nan, reason=f"count_prior: {error}")
    factor = _excess(tests, options)
    half = student.ppf(0.5 + INTERVAL / 2, tests.df_total) * tests.standard_error[:, 0]
    ratio = tests.coefficients[:, 0]
    found = {
        "log2_ratio": ratio,
        "lower": ratio - half,
        "upper": ratio + half,
        "standard_error": tests.standard_error[:, 0],
        "t": tests.t[:, 0],
        "df": tests.df_total,
        "p_value": tests.p_value[:, 0],
        "p_minimum_effect": beyond_minimum(contrasted, options, counts, factor=factor),
        "mean_log2_intensity": _row_means(question.values[usable]),
    }
    for name, numbers in found.items():
        empty[name][usable] = numbers
    sigma[usable] = np.sqrt(tests.s2_post)
    known = np.isfinite(tests.p_value[:, 0])
    df = float(np.median(tests.df_total[known])) if known.any() else np.nan
    return Fitted(empty, str(tests.prior), sigma, df, factor)


def _excess(tests: linear.RowTests, options: VaryOptions) -> float:
    """How much wider than chance the bulk of the statistics spreads, 1 or more."""
    z = np.sign(tests.t[:, 0]) * norm.isf(tests.p_value[:, 0] / 2)
    return excess(z, tests.standard_error[:, 0], minimum=options.minimum_log2_ratio)


def fit_one_sided(
    question: Question, design: Design, options: VaryOptions, wanted: NDArray[np.bool_],
    usable: NDArray[np.bool_], fitted: Fitted,
) -> tuple[dict[str, NDArray[np.float64]], str]:  # fmt: skip
    """Columns of the rows in `wanted` by the detection curves of the donors, and why there are none.

    Their degrees of freedom are those of the moderated test of the same contrast, at most twice those of the
    donors: the model takes detections as independent, which whole runs are not, and heavy tails allow for it.
    A row with a value on both sides gets the largest p of three: the model, the moderated t of the values,
    and the silence of the others.
    """
    smallest = options.minimum_log2_ratio
    judged = judge_one_sided(
        question.values, design, question.samples, question.sides, wanted, usable,
        minimum=smallest, excess=fitted.excess,
    )  # fmt: skip
    donors = judged.df[np.isfinite(judged.df)]
    if not donors.size:
        return {}, judged.reason
    freedom = np.fmin(fitted.df, _TAILS * judged.df)
    half = student.ppf(0.5 + INTERVAL / 2, freedom) * judged.standard_error
    size = np.abs(judged.difference)
    wider = np.sqrt(judged.standard_error**2 + (fitted.excess**2 - 1) * judged.sampling)
    beyond = student.sf((size - smallest) / wider, freedom) + student.sf((size + smallest) / wider, freedom)
    p_value = np.asarray(2 * student.sf(np.abs(judged.t), freedom), dtype=float)
    columns: dict[str, NDArray[np.float64]] = {
        "log2_ratio": judged.difference,
        "lower": judged.difference - half,
        "upper": judged.difference + half,
        "standard_error": judged.standard_error,
        "t": judged.t,
        "df": freedom,
        "p_value": _largest(p_value, judged.p_absence, fitted.columns["p_value"]),
        "p_minimum_effect": _largest(
            np.asarray(np.minimum(beyond, 1.0), dtype=float),
            judged.p_absence_minimum,
            fitted.columns["p_minimum_effect"],
        ),
    }
    return columns, ""


def _largest(
    model: NDArray[np.float64], silence: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """P of the model, or of the weakest witness where the sparse side has a value."""
    both = np.isfinite(silence)
    largest: NDArray[np.float64] = np.where(both, np.fmax(np.fmax(model, silence), values), model)
    return largest


def flask_fit(question: Question, design: Design) -> linear.RowFit:
    """The model of the formula on flasks taken as independent; for the warning only."""
    return linear.fit_rows(question.values, design.matrix(question.samples).values)


def claimed_on_flasks(
    fit: linear.RowFit, question: Question, design: Design, options: VaryOptions, tested: NDArray[np.bool_]
) -> int:
    """Rows that a test of flasks, taken as independent, would call at 5 % FDR.

    As it is mostly run: limma's trend with the prior of limma 3.54.
    """
    weights = design.contrast(question.samples, question.expression)
    rows = tested & (fit.df_residual > 0)
    if not rows.any():
        return 0
    contrasted = linear.contrast_rows(fit, weights[:, None], covariance=options.covariance)
    try:
        tests = linear.moderate(contrasted, trend=options.trend, prior="legacy")
    except NotEstimable:
        return 0
    p = tests.p_value[rows, 0]
    p = p[~np.isnan(p)]
    return int((false_discovery_control(p) <= FDR).sum()) if p.size else 0


def units_of(question: Question, design: Design) -> Units:
    """What is tested: one difference a donor, or one value a donor and level."""
    if question.sides.strategy == "paired within donor":
        return paired_differences(
            question.values,
            design,
            question.samples,
            question.expression,
            question.sides,
            question.weighted.weights,
        )
    return donor_values(
        question.values, design, question.samples, question.expression, question.weighted.weights
    )


def _contrasted(units: Units, usable: NDArray[np.bool_], options: VaryOptions) -> linear.RowFit:
    values = units.values[usable]
    correlation = 0.0
    if units.blocks is not None:
        correlation = linear.consensus_correlation(values, units.design, units.blocks).consensus
    weights = None if units.weights is None else units.weights[usable]
    fit = linear.fit_rows(values, units.design, weights=weights, block=units.blocks, correlation=correlation)
    return linear.contrast_rows(fit, units.contrast[:, None], covariance=options.covariance)


def _row_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = np.nanmean(values, axis=1)
    return mean
