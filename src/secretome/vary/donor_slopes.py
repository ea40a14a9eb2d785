"""A number of the donors against donor values within tissues: the straight line, and whether it bends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.design import Design
from secretome.errors import NotEstimable
from secretome.plan import VaryOptions
from secretome.stats import linear, spline

DISTINCT, KNOTS = 8, 4  # donor values from which a spline tests for the bend, and its knots
LEAST_DF = 2
QUADRATIC = "quadratic term"
SPLINE = f"natural cubic spline, {KNOTS} knots"


@dataclass(frozen=True)
class DonorSlopes:
    """Slope, error, df, p, p of the bend and donors seen, (n,) each; what tested for the bend."""

    estimate: NDArray[np.float64]
    error: NDArray[np.float64]
    df: NDArray[np.float64]
    p_value: NDArray[np.float64]
    bend_p_value: NDArray[np.float64]
    donors: NDArray[np.int64]
    bend_by: str


def donor_slopes(
    values: NDArray[np.float64], samples: pd.DataFrame, design: Design, name: str, options: VaryOptions
) -> DonorSlopes:
    """Regression of donor values on a number within tissues; other factors within donors taken out first.

    Parameters
    ----------
    values
        (n, m) log2.
    samples, design
        Of the m flasks.
    name
        Column of the number, one value a donor.
    options
        Choices of the moderation.

    Notes
    -----
    With 8 different values among the donors (of tissues in which it varies), the bend is the moderated F test
    of the two columns that a natural cubic spline with 4 knots adds to the line; with fewer a squared term. The
    curve has one form in all tissues, whose levels may differ.
    """
    model, index = donor_model(design, samples, samples[name].to_numpy(dtype=float))
    adjusted = _without_nuisance(values, design, samples, name, index)
    units = np.column_stack([_mean(adjusted[:, index == cell]) for cell in range(model.shape[0])])
    donor = np.array(
        [samples[design.unit].astype(str).to_numpy()[index == c][0] for c in range(model.shape[0])]
    )
    blocks = donor if len(set(donor)) < donor.size else None
    estimate, error, df, p = _tested(units, model, 1, options, blocks)
    columns, by = bend_columns(model)
    bend = np.full(len(values), np.nan)
    if columns.size:
        bend = _tested(units, np.hstack([model, columns]), columns.shape[1], options, blocks)[3]
    donors = (~np.isnan(units)).sum(axis=1)
    return DonorSlopes(estimate, error, df, p, bend, donors, by)


def bend_columns(model: NDArray[np.float64]) -> tuple[NDArray[np.float64], str]:
    """Columns (u, k) that let the line bend, and what they are; none (u, 0) where donors cannot tell."""
    levels, number = model[:, :-1] > 0, model[:, -1]
    varying = [own for own in levels.T if len(set(number[own])) > 1]
    distinct = np.unique(number[np.any(varying, axis=0)]) if varying else np.zeros(0)
    if distinct.size >= DISTINCT:
        curve = spline.bends(number, spline.knots_of(distinct, KNOTS))
        if _spare(np.hstack([model, curve])) >= LEAST_DF:
            return curve, SPLINE
    square = ((number - number.mean()) ** 2)[:, None]
    if _spare(np.hstack([model, square])) >= LEAST_DF:
        return square, QUADRATIC
    return np.zeros((len(model), 0)), ""


def _spare(model: NDArray[np.float64]) -> int:
    """Degrees of freedom that a model of full rank leaves; 0 when a column follows from others."""
    rank = int(np.linalg.matrix_rank(model))
    return model.shape[0] - rank if rank == model.shape[1] else 0


def donor_model(
    design: Design, samples: pd.DataFrame, values: NDArray[np.float64]
) -> tuple[np.ndarray, np.ndarray]:
    """Model matrix of the donor values, tissue means and the number last, and the cell of each flask (m,)."""
    keys = [samples[design.unit].astype(str)]
    if "tissue" in samples:
        keys.append(samples["tissue"].astype(str))
    cells, index = np.unique(pd.concat(keys, axis=1).agg("\x1f".join, axis=1), return_inverse=True)
    number = np.array([values[index == cell].mean() for cell in range(cells.size)])
    tissue = (
        np.array([cell.rsplit("\x1f", 1)[-1] for cell in cells]) if len(keys) > 1 else np.zeros(cells.size)
    )
    levels = (tissue[:, None] == np.unique(tissue)[None, :]).astype(float)
    return np.column_stack([levels, number]), index


def _tested(
    units: NDArray[np.float64], model: NDArray[np.float64], last: int, options: VaryOptions,
    blocks: np.ndarray | None,
) -> tuple[NDArray[np.float64], ...]:  # fmt: skip
    """Estimate, standard error and df of the last column, and p of the `last` columns together; NaN where unknown."""
    blank = np.full((4, len(units)), np.nan)
    usable = (~np.isnan(units)).any(axis=1)
    weights = np.eye(model.shape[1])[:, -last:]
    shared = 0.0
    try:
        if blocks is not None:
            shared = linear.consensus_correlation(units[usable], model, blocks).consensus
        fit = linear.fit_rows(units[usable], model, block=blocks, correlation=shared)
        tests = linear.moderate(
            linear.contrast_rows(fit, weights, covariance="exact"),
            trend=options.trend,
            robust=options.robust,
            prior=options.prior,
        )
    except NotEstimable:
        return tuple(blank)
    p = tests.p_value[:, 0] if last == 1 else tests.f_p_value
    found = np.array([tests.coefficients[:, -1], tests.standard_error[:, -1], tests.df_total, p])
    found[:, ~((fit.df_residual > 0) & np.isfinite(p))] = np.nan
    blank[:, usable] = found
    return tuple(blank)


def _without_nuisance(
    values: NDArray[np.float64], design: Design, samples: pd.DataFrame, number: str, index: np.ndarray
) -> NDArray[np.float64]:
    """Values with the within-cell effects of the other variables of the formula taken out."""
    names = [name for name in design.variables if name != number and varies_within(samples, index, name)]
    if not names:
        return values
    nuisance = Design(formula="~ " + " + ".join(names)).matrix(samples).values[:, 1:]
    cells = (index[:, None] == np.unique(index)[None, :]).astype(float)
    effects = linear.fit_rows(values, np.hstack([cells, nuisance])).coefficients[:, cells.shape[1] :]
    adjusted: NDArray[np.float64] = values - np.nan_to_num(effects) @ (nuisance - nuisance.mean(axis=0)).T
    return adjusted


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    count = (~np.isnan(values)).sum(axis=1)
    mean: NDArray[np.float64] = np.where(count > 0, np.nansum(values, axis=1) / np.maximum(count, 1), np.nan)
    return mean


def varies_within(samples: pd.DataFrame, groups: object, column: str) -> bool:
    """Whether a column takes several values in some group (labels, or a column name)."""
    counts = samples.groupby(groups, observed=True)[column].agg(lambda values: len(set(values)))
    return bool((counts > 1).any())
