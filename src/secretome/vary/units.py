"""From flasks to donors: one value a donor (and level), or one difference a donor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.design import Design, flasks_of
from secretome.expression import terms

Strategy = Literal["paired within donor", "between donors", "slope between donors"]


@dataclass(frozen=True)
class Sides:
    """The two sides of a contrast: flasks (bool, m) with positive and with negative weight.

    A slope has all flasks on the left side and none on the right.
    """

    left: NDArray[np.bool_]
    right: NDArray[np.bool_]
    strategy: Strategy


@dataclass(frozen=True)
class Units:
    """What is fitted: one column for each unit of replication (and level).

    Parameters
    ----------
    values
        (n proteins, u units) log2.
    design
        (u, p) model matrix of the units.
    contrast
        (p,) weights.
    blocks
        (u,) donor of each unit when donors repeat, else None.
    weights
        (n, u) precision of each unit from that of its flasks, 0 where it has no value; None when all are alike.
    """

    values: NDArray[np.float64]
    design: NDArray[np.float64]
    contrast: NDArray[np.float64]
    blocks: NDArray[np.str_] | None
    weights: NDArray[np.float64] | None = None


def sides_of(design: Design, samples: pd.DataFrame, expression: str) -> Sides:
    """Which flasks stand on which side of a contrast, and how donors connect the sides.

    Parameters
    ----------
    design, samples
        Of the flasks compared, m rows.
    expression
        The contrast.
    """
    left = np.zeros(len(samples), dtype=bool)
    right = np.zeros(len(samples), dtype=bool)
    found = terms(expression)
    places = [place for term in found for place in term.places]
    if any(place.level is None or design.is_numeric(samples, place.factor) for place in places):
        return Sides(~left, right, "slope between donors")
    for term in found:
        flasks = flasks_of(term, samples)
        left |= flasks & (term.weight > 0)
        right |= flasks & (term.weight < 0)
    donors = samples[design.unit].astype(str).to_numpy()
    on_left, on_right = set(donors[left]), set(donors[right])
    paired = bool(on_left) and on_left == on_right and not (left & right).any()
    if any(len(term.places) > 1 for term in found):
        # an interaction is a difference within a donor only where each donor has all of its cells
        paired = paired and all(set(donors[flasks_of(term, samples)]) == on_left for term in found)
    return Sides(left, right, "paired within donor" if paired else "between donors")


def paired_differences(
    values: NDArray[np.float64],
    design: Design,
    samples: pd.DataFrame,
    expression: str,
    sides: Sides,
    weights: NDArray[np.float64] | None = None,
) -> Units:
    """One left-minus-right difference a donor.

    Flasks of a donor are paired within the levels of the other variables of the formula, the
    pairs are averaged, so that a donor with many flasks counts once.

    Parameters
    ----------
    values
        (n, m) log2.
    weights
        (m,) of the flasks, inverse to their variance; None when all are alike.
    """
    factors = design.factors(expression)
    others = [name for name in design.variables if name not in factors]
    strata = samples[[design.unit, *others]].astype(str).agg("\x1f".join, axis=1).to_numpy()
    donors = samples[design.unit].astype(str).to_numpy()
    names = sorted(set(donors[sides.left | sides.right]))
    differences = np.full((len(values), len(names)), np.nan)
    precision = np.zeros_like(differences)
    levels = _levels(samples, expression)
    for column, donor in enumerate(names):
        own = [strata == stratum for stratum in sorted(set(strata[donors == donor]))]
        pairs = np.stack([_difference(values, levels, flasks, weights) for flasks in own], axis=1)
        differences[:, column] = _nanmean(pairs)
        if weights is not None:
            each = np.stack([_difference_weight(values, levels, flasks, weights) for flasks in own], axis=1)
            precision[:, column] = np.nan_to_num(_nanmean(np.where(np.isnan(pairs), np.nan, each)))
    one = np.ones((len(names), 1))
    return Units(differences, one, np.ones(1), None, None if weights is None else precision)


def donor_values(
    values: NDArray[np.float64],
    design: Design,
    samples: pd.DataFrame,
    expression: str,
    weights: NDArray[np.float64] | None = None,
) -> Units:
    """One value for each donor and level of the compared factors.

    Other variables that vary within such a cell (a priming of the same donor's cells) are
    first subtracted with their effect within cells, so that a protein seen only in primed
    flasks of one donor is not compared with unprimed flasks of another. A row in which that
    effect cannot be estimated although the cells differ in it becomes NaN.

    With `weights` (m,) of the flasks a cell is their weighted mean, and weighs as much as its mean flask:
    a donor counts once, however many flasks it gave.
    """
    factors = design.factors(expression)
    cell_names = samples[[design.unit, *factors]].astype(str).agg("\x1f".join, axis=1).to_numpy()
    cells, index = np.unique(cell_names, return_inverse=True)
    nuisance, kept_variables = _within_cell(design, samples, index)
    adjusted = _subtract(values, nuisance, index) if nuisance.size else values
    of_cells = [index == cell for cell in range(len(cells))]
    means = np.stack([_mean_of(adjusted, flasks, weights) for flasks in of_cells], axis=1)
    precision = None
    if weights is not None:
        precision = np.stack([_mean_weight(adjusted, flasks, weights) for flasks in of_cells], axis=1)
    first = [int(np.flatnonzero(index == cell)[0]) for cell in range(len(cells))]
    table = samples.iloc[first]
    reduced = design.restricted(kept_variables)
    donors = table[design.unit].astype(str).to_numpy()
    repeats = len(set(donors)) < len(donors)
    return Units(
        means,
        reduced.matrix(table).values,
        reduced.contrast(table, expression),
        donors.astype(str) if repeats else None,
        precision,
    )


def _levels(samples: pd.DataFrame, expression: str) -> list[tuple[float, NDArray[np.bool_]]]:
    """Weight and flasks (m,) of each level, or combination of levels, that the contrast names."""
    return [(term.weight, flasks_of(term, samples)) for term in terms(expression)]


def _difference(
    values: NDArray[np.float64],
    levels: list[tuple[float, NDArray[np.bool_]]],
    flasks: NDArray[np.bool_],
    weights: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    """Sum over the levels of weight times their mean among these flasks; NaN when one is unseen."""
    parts = [weight * _mean_of(values, flasks & level, weights) for weight, level in levels]
    difference: NDArray[np.float64] = np.sum(parts, axis=0)
    return difference


def _difference_weight(
    values: NDArray[np.float64],
    levels: list[tuple[float, NDArray[np.bool_]]],
    flasks: NDArray[np.bool_],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Precision (n,) of a difference of levels, 1 where every flask weighs 1."""
    with np.errstate(divide="ignore"):
        parts = [weight**2 / _mean_weight(values, flasks & level, weights) for weight, level in levels]
    precision: NDArray[np.float64] = sum(weight**2 for weight, _ in levels) / np.sum(parts, axis=0)
    return precision


def _mean_of(
    values: NDArray[np.float64], flasks: NDArray[np.bool_], weights: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Mean (n,) of what these flasks show, each with its weight; NaN where they show nothing."""
    if weights is None:
        return _nanmean(values[:, flasks])
    chosen = values[:, flasks]
    total = (~np.isnan(chosen)) @ weights[flasks]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: NDArray[np.float64] = np.nansum(chosen * weights[flasks], axis=1) / total
    return np.where(total > 0, mean, np.nan)


def _mean_weight(
    values: NDArray[np.float64], flasks: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean weight (n,) of the flasks that show a row; 0 where none does."""
    seen = ~np.isnan(values[:, flasks])
    mean: NDArray[np.float64] = seen @ weights[flasks] / np.maximum(seen.sum(axis=1), 1)
    return mean


def _within_cell(
    design: Design, samples: pd.DataFrame, index: NDArray[np.intp]
) -> tuple[NDArray[np.float64], Sequence[str]]:
    """Model columns (m, k) of the variables that vary within cells, and the other variables."""
    varying = [
        name
        for name in design.variables
        if any(len(set(samples[name].to_numpy()[index == cell])) > 1 for cell in np.unique(index))
    ]
    kept = [name for name in design.variables if name not in varying]
    if not varying:
        return np.zeros((len(samples), 0)), kept
    matrix = Design(formula="~ " + " + ".join(varying)).matrix(samples)
    return matrix.values[:, 1:], kept


def _subtract(
    values: NDArray[np.float64], nuisance: NDArray[np.float64], index: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Values (n, m) with the within-cell effect of the nuisance columns (m, k) taken out."""
    effects = _within_effects(values, nuisance, index)
    unknown = np.isnan(effects)
    centred = nuisance - nuisance.mean(axis=0)
    adjusted: NDArray[np.float64] = values - np.where(unknown, 0.0, effects) @ centred.T
    adjusted[(unknown & _differs_between_cells(values, nuisance, index)).any(axis=1)] = np.nan
    return adjusted


def _within_effects(
    values: NDArray[np.float64], nuisance: NDArray[np.float64], index: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Least-squares effects (n, k) of the nuisance columns within cells; NaN where not estimable.

    The same as fitting one mean a cell beside the columns, without a matrix for each row.
    """
    seen = (~np.isnan(values)).astype(float)
    filled = np.where(seen > 0, values, 0.0)
    terms = nuisance.shape[1]
    cross = np.zeros((len(values), terms, terms))
    product = np.zeros((len(values), terms))
    for cell in np.unique(index):
        flasks = index == cell
        x, there = nuisance[flasks], seen[:, flasks]
        count = np.maximum(there.sum(axis=1), 1.0)[:, None]
        mean_x = there @ x / count
        mean_y = filled[:, flasks].sum(axis=1, keepdims=True) / count
        number = there.sum(axis=1)[:, None]
        cross += (
            np.einsum("nm,mk,ml->nkl", there, x, x)
            - number[:, :, None] * mean_x[:, :, None] * mean_x[:, None, :]
        )
        product += filled[:, flasks] @ x - number * mean_y * mean_x
    known = np.linalg.eigvalsh(cross)[:, 0] > 1e-9
    effects = np.full((len(values), terms), np.nan)
    effects[known] = np.linalg.solve(cross[known], product[known][:, :, None])[:, :, 0]
    # with several columns a row may know some of them alone
    for term in range(terms) if terms > 1 else ():
        alone = (
            ~known
            & (cross[:, term, term] > 1e-9)
            & (np.abs(cross[:, term]).sum(axis=1) <= cross[:, term, term] + 1e-9)
        )
        effects[alone, term] = product[alone, term] / cross[alone, term, term]
    return effects


def _differs_between_cells(
    values: NDArray[np.float64], nuisance: NDArray[np.float64], index: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """(n, k): whether the seen flasks of the cells of a row differ in a nuisance column."""
    seen = ~np.isnan(values)
    low = np.full((len(values), nuisance.shape[1]), np.inf)
    high = -low
    for cell in np.unique(index):
        flasks = index == cell
        count = seen[:, flasks].sum(axis=1)[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (seen[:, flasks] @ nuisance[flasks]) / count
        low = np.fmin(low, mean)
        high = np.fmax(high, mean)
    differs: NDArray[np.bool_] = high - low > 1e-9
    return differs


def _nanmean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the last axis of what is seen; NaN where nothing is."""
    count = (~np.isnan(values)).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: NDArray[np.float64] = np.nansum(values, axis=-1) / count
    mean[count == 0] = np.nan
    return mean
