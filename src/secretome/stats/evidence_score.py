"""Weighted means of factor levels, with draws over donors and over the weights themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from secretome.errors import InvalidArray
from secretome.stats._arrays import Floats, Ints
from secretome.stats.donor_bootstrap import LEVEL


@dataclass(frozen=True)
class Scores:
    """Weighted means of p columns of weights.

    Attributes
    ----------
    score
        (p,) NaN where no row has both a level and a weight.
    lower, upper
        (p,) from donors.
    lower_all, upper_all
        (p,) from donors and weights.
    rows, weight
        (p,) rows that have both, and the sum of their weights.
    """

    score: Floats
    lower: Floats
    upper: Floats
    lower_all: Floats
    upper_all: Floats
    rows: Ints
    weight: Floats


def weighted_scores(
    mean: ArrayLike, deviation: ArrayLike, weights: ArrayLike, multipliers: ArrayLike, *, level: float = LEVEL
) -> Scores:
    """Weighted means of rows with percentile intervals of their draws.

    Parameters
    ----------
    mean
        (r,) level of each row; NaN rows are left out, not filled in.
    deviation
        (b, r) draw less mean, already as wide as the donors allow.
    weights
        (r, p) of each row in each score.
    multipliers
        (b, r) by which the weights are multiplied in each draw.
    level
        Of the intervals.

    Returns
    -------
    Scores
        Of p scores: sum(weight level) / sum(weight).

    Raises
    ------
    InvalidArray
        If shapes do not fit or a weight is negative.

    Examples
    --------
    >>> found = weighted_scores([1.0, 3.0], np.zeros((5, 2)), [[1.0], [0.5]], np.ones((5, 2)))
    >>> found.score.round(3), found.weight, found.rows
    (array([1.667]), array([1.5]), array([2]))
    """
    x, d = np.asarray(mean, dtype=float), np.asarray(deviation, dtype=float)
    w, m = np.asarray(weights, dtype=float), np.asarray(multipliers, dtype=float)
    if d.shape != m.shape or d.ndim != 2 or d.shape[1] != x.size or w.ndim != 2 or w.shape[0] != x.size:
        raise InvalidArray(
            f"mean {x.shape}, deviation {d.shape}, weights {w.shape} and multipliers {m.shape} do not fit"
        )
    if (w < 0).any() or (m < 0).any():
        raise InvalidArray(
            "a weight is negative; evidence for and against is scored apart, with weights above 0"
        )
    there = np.isfinite(x)
    w = w * there[:, None]
    x, d = np.where(there, x, 0.0), np.where(there, d, 0.0)
    total, rows = w.sum(axis=0), (w > 0).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = (x @ w) / total
        donors = score + (d @ w) / total
        both = (((x + d) * m) @ w) / (m @ w)
    lower, upper = interval(donors, level=level)
    lower_all, upper_all = interval(both, level=level)
    return Scores(score, lower, upper, lower_all, upper_all, rows.astype(np.intp), total)


def interval(draws: ArrayLike, *, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Lower and upper percentile (...) of draws (b, ...); NaN where the draws are.

    Examples
    --------
    >>> low, high = interval(np.arange(101.0)[:, None])
    >>> low, high
    (array([2.5]), array([97.5]))
    """
    values = np.asarray(draws, dtype=float)
    tail = (1 - level) / 2
    lower, upper = np.quantile(values, [tail, 1 - tail], axis=0)
    return np.asarray(lower), np.asarray(upper)


def weight_multipliers(draws: int, rows: int, generator: np.random.Generator, *, fold: float) -> Floats:
    """Factors (draws, rows) between 1 / fold and fold, log-uniform: how unsure an evidence weight is.

    Parameters
    ----------
    fold
        1 or more; 1 leaves the weights as they are.

    Raises
    ------
    InvalidArray
        If `fold` is below 1.

    Examples
    --------
    >>> weight_multipliers(2, 2, np.random.default_rng(1), fold=1.0)
    array([[1., 1.],
           [1., 1.]])
    """
    if not fold >= 1:
        raise InvalidArray(f"fold is {fold}; expected 1 or more")
    return np.asarray(np.exp(generator.uniform(-np.log(fold), np.log(fold), (draws, rows))), dtype=float)
