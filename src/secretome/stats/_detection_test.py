"""Linear models of abundances that come with standard errors: the uncertain count less."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Bools, Floats, as_design, as_measurements
from secretome.stats._lowess import lowess, weighted_lowess
from secretome.stats._row_fit import RowFit, fit_rows

_NO_ERROR = 1e-6  # added to standard errors before their logarithm
_PASSES = 3
_BASE_SPAN, _ROWS_AT_FULL_SPAN = 0.3, 50
_FEWEST_ROWS = 5
_DEPENDS = 1e-8


@dataclass(frozen=True)
class WeightedRows:
    """`fit` of n rows for `linear.contrast_rows` and `linear.moderate`, and what it was weighted by.

    `weights` (n, m), inverse to the expected variance; `dropped` (n, m) values that say nothing of the scatter
    because nothing of the protein was detected where they stand; `span` of the smooth.
    """

    fit: RowFit
    weights: Floats
    dropped: Bools
    span: float


def fit_weighted(
    abundance: ArrayLike, standard_error: ArrayLike, n_observed: ArrayLike, design: ArrayLike
) -> WeightedRows:
    """One linear model per protein in which values count by their level and their standard error.

    Parameters
    ----------
    abundance, standard_error
        (n, m) log2, of `quantify`.
    n_observed
        (n, m) precursors detected.
    design
        (m, p).

    Returns
    -------
    WeightedRows
        A group of which nothing was detected takes part in the coefficients and adds no degrees of freedom.

    Raises
    ------
    InvalidArray
        A shape does not fit, a value is missing, or a standard error is not positive.
    NotEstimable
        Fewer than 5 rows have residual degrees of freedom.

    Notes
    -----
    The square root of the residual standard deviation is regressed on the mean level and the mean ln standard
    error of the row; the prediction is the axis of a lowess of it, span min(0.3 + 0.7 (50/n)^(1/3), 1) and
    three robustness passes; a value weighs the curve at its own fitted level and error to the power -4.
    Reference: limpa 1.3.0 `dpcDE`, 1e-8 on the exact quantification, 1e-3 in log10 p as shipped.

    References
    ----------
    Li, Cobbold and Smyth 2025, doi 10.1101/2025.04.28.651125. Law et al. 2014, doi 10.1186/gb-2014-15-2-r29.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> error = rng.uniform(0.1, 1.0, (200, 6))
    >>> y = 20 + rng.normal(0, error)
    >>> rows = fit_weighted(y, error, np.ones((200, 6)), np.ones((6, 1)))
    >>> bool(rows.weights[error < 0.3].mean() > 2 * rows.weights[error > 0.8].mean())
    True
    """
    y, x = as_measurements(abundance), as_design(design, np.shape(abundance)[-1])
    log_error, seen = _checked(y, standard_error, n_observed)
    dropped = _founded_on_nothing(~seen, x)
    plain = fit_rows(y, x)
    sigma, df, mean = _scatter(y, x, dropped, plain, None)
    usable = df > 0
    if usable.sum() < _FEWEST_ROWS:
        raise NotEstimable(
            f"{int(usable.sum())} proteins have residual degrees of freedom; at least {_FEWEST_ROWS} are needed"
        )
    typical = (float(np.median(sigma[usable])), float(np.median(mean[usable])))
    root = np.sqrt(np.where(usable, sigma, typical[0]))
    level = np.where(usable, mean, typical[1])
    told = np.where(dropped & ~dropped.all(axis=1, keepdims=True), np.nan, log_error)
    line = np.column_stack([np.ones(len(y)), level, np.nanmean(told, axis=1)])
    slope = np.linalg.lstsq(line, root, rcond=None)[0]
    span = min(_BASE_SPAN + (1 - _BASE_SPAN) * (_ROWS_AT_FULL_SPAN / len(y)) ** (1 / 3), 1.0)
    axis = line @ slope
    smooth = (
        weighted_lowess(axis, root, np.maximum(df, 1e-8), span=span, passes=_PASSES)
        if np.ptp(df) > 0
        else lowess(axis, root, span=span, passes=_PASSES)
    )
    places, first = np.unique(axis, return_index=True)
    fitted = plain.coefficients @ x.T
    at = slope[0] + slope[1] * fitted + slope[2] * log_error
    weights = np.interp(at, places, smooth[first]) ** -4
    weighted = fit_rows(y, x, weights=weights)
    sigma, df, _ = _scatter(y, x, dropped, weighted, weights)
    return WeightedRows(replace(weighted, sigma=sigma, df_residual=df), weights, dropped, span)


def _checked(y: Floats, standard_error: ArrayLike, n_observed: ArrayLike) -> tuple[Floats, Bools]:
    """Ln standard error (n, m), and where something was detected."""
    error, count = np.asarray(standard_error, dtype=float), np.asarray(n_observed)
    for name, array in (("standard_error", error), ("n_observed", count)):
        if array.shape != y.shape:
            raise InvalidArray(f"{name} has shape {array.shape}; expected {y.shape}, that of the abundances")
    if np.isnan(y).any():
        raise InvalidArray("an abundance is missing; quantify gives one for every protein and sample")
    if not (np.isfinite(error).all() and (error > 0).all()):
        raise InvalidArray("a standard error is not a positive number")
    return np.log(error + _NO_ERROR), count > 0


def _founded_on_nothing(unseen: Bools, x: Floats) -> Bools:
    """Cells (n, m) without a detection whose fitted value depends on such cells only."""
    hat = x @ np.linalg.pinv(x)
    informed = ~unseen @ (np.abs(hat) > _DEPENDS).T  # any seen cell that the fitted value uses
    dropped: Bools = unseen & ~informed
    return dropped


def _scatter(
    y: Floats, x: Floats, dropped: Bools, fit: RowFit, weights: Floats | None
) -> tuple[Floats, Floats, Floats]:
    """Residual standard deviation, degrees of freedom and mean (n,) without the dropped cells."""
    sigma, df, mean = fit.sigma.copy(), fit.df_residual.copy(), fit.mean.copy()
    rows = np.flatnonzero(dropped.any(axis=1))
    if rows.size:
        kept = np.where(dropped[rows], np.nan, y[rows])
        again = fit_rows(kept, x, weights=None if weights is None else weights[rows])
        sigma[rows], df[rows], mean[rows] = again.sigma, again.df_residual, again.mean
    return sigma, df, mean
