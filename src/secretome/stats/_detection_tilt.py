"""Quick completion of a table by exponential tilting: where to start, never what was measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, expit

from secretome.stats._arrays import Floats
from secretome.stats._squeeze import squeeze

_QUANTILE = 0.9
_LOWEST_COLUMN_VARIANCE = 0.1
_MOST_CELLS, _BINS = 10_000, 300


@dataclass(frozen=True)
class Shrunken:
    """Means and variances of the rows (n,) moved towards what all rows say, and the priors used."""

    mean: Floats
    variance: Floats
    mean_prior: float
    n_prior: float
    variance_prior: float
    df_prior: float


def row_variance(y: Floats) -> Floats:
    """Variance (n,) of the values seen in each row; NaN with fewer than two."""
    count = (~np.isnan(y)).sum(axis=1)
    mean = np.nansum(y, axis=1) / np.maximum(count, 1)
    squares = np.nansum((y - mean[:, None]) ** 2, axis=1)
    return np.where(count > 1, squares / np.maximum(count - 1, 1), np.nan)


def shrink(y: Floats) -> Shrunken:
    """Means and variances of rows that hold a value, shrunken towards common ones.

    Notes
    -----
    With df d - 1 a row's variance is squeezed by the prior for unequal df; the prior size n0 of the means solves
    mean ln(1 + d / n0) = 2 mean ln|t| - mean[L((f0 + d - 1)/2) - L(1/2)], L(x) = ln x - digamma(x).
    """
    count = (~np.isnan(y)).sum(axis=1).astype(float)
    mean = np.nansum(y, axis=1) / count
    variance = row_variance(y)
    squeezed = squeeze(variance, count - 1, prior="unequal_df")
    f0, s0 = float(squeezed.df_prior[0]), float(squeezed.s2_prior[0])
    posterior = np.where(count > 1, squeezed.s2_post, s0)
    centre = float(mean.mean())
    n0 = _prior_size(np.abs(mean - centre) / np.sqrt(posterior / count), count, f0)
    away = (mean - centre) ** 2
    if np.isinf(n0):
        shrunken, spread = np.full(mean.size, centre), count * away
    else:
        shrunken, spread = (count * mean + n0 * centre) / (count + n0), count * n0 * away / (count + n0)
    s2 = (spread + (count - 1) * np.nan_to_num(variance) + f0 * s0) / (count + f0)
    return Shrunken(shrunken, np.where(count == 1, s0, s2), centre, n0, s0, f0)


def _prior_size(t: Floats, count: Floats, f0: float) -> float:
    def log_shift(x: Floats | float) -> Floats:
        return np.asarray(np.log(x) - digamma(x), dtype=float)

    wanted = 2 * float(np.mean(np.log(np.maximum(t, 1e-300))))
    wanted -= float(np.mean(log_shift((f0 + count - 1) / 2) - log_shift(0.5)))

    def gap(v: float) -> float:
        return float(np.mean(np.log1p(count * v))) - wanted

    if wanted <= 0:
        return float("inf")
    high = 1.0
    while gap(high) < 0:
        high *= 4
    return 1 / float(brentq(gap, 0.0, high, xtol=1e-14, rtol=1e-14))


def complete(y: Floats, slope: float) -> Floats:
    """The table with a guess at each missing value, from its row and its column.

    Notes
    -----
    Values not seen are lower: by slope times the variance, if the log odds of detection rise by `slope` per unit.
    """
    rows = (~np.isnan(y)).sum(axis=1)
    spread = float(np.nanquantile(row_variance(y), _QUANTILE))
    columns = (~np.isnan(y)).sum(axis=0)
    across = np.maximum(np.nan_to_num(row_variance(y.T)), _LOWEST_COLUMN_VARIANCE)
    row_guess = np.nansum(y, axis=1) / np.maximum(rows, 1) - slope * spread
    row_error = (rows + 1) / np.maximum(rows, 1) * spread + 2 / max(int(rows.max()) - 1, 1) * (
        slope * spread
    ) ** 2
    column_guess = np.nansum(y, axis=0) / np.maximum(columns, 1) - slope * across
    column_error = (columns + 1) / np.maximum(columns, 1) * across + 2 / np.maximum(columns - 1, 1) * (
        slope * across
    ) ** 2
    precision = (1 / row_error)[:, None] + (1 / column_error)[None, :]
    guess = ((row_guess / row_error)[:, None] + (column_guess / column_error)[None, :]) / precision
    return np.where(np.isnan(y), guess, y)


def intercept_for(y: Floats, slope: float) -> float:
    """Intercept of the detection curve for a given slope, by logistic regression on the completed table."""
    values, seen = complete(y, slope).ravel(), (~np.isnan(y)).ravel().astype(float)
    trials = np.ones(values.size)
    if values.size > _MOST_CELLS:
        edges = np.linspace(values.min(), values.max(), _BINS + 1)
        bins = np.clip(np.digitize(values, edges) - 1, 0, _BINS - 1)
        trials = np.bincount(bins, minlength=_BINS).astype(float)
        seen = np.bincount(bins, weights=seen, minlength=_BINS)
        values = np.bincount(bins, weights=values, minlength=_BINS) / np.maximum(trials, 1)

    def gap(intercept: float) -> float:
        return float((seen - trials * expit(intercept + slope * values)).sum())

    reach = abs(slope) * float(np.abs(values).max()) + 50
    return float(brentq(gap, -reach, reach, xtol=1e-13, rtol=1e-14))
