"""One weight per sample, from how well its values follow the linear model."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from secretome.errors import NotEstimable
from secretome.stats._arrays import Floats, as_design, as_measurements
from secretome.stats._batch import sum_coding
from secretome.stats._least_squares import orthonormalise

_PRIOR_ROWS = 10.0  # notional rows in which all samples are equal, limma's default
_STEPS = 50
_CONVERGED = 1e-5  # of score times step per row and parameter, as the reference


def array_weights(y: ArrayLike, design: ArrayLike) -> Floats:
    """Relative quality of each sample: low where its values stray from the model.

    Parameters
    ----------
    y
        (n, m) measurements; NaN is missing.
    design
        (m, p).

    Returns
    -------
    array (m,)
        Weights with geometric mean 1, for `fit_rows(weights=...)`.

    Raises
    ------
    InvalidArray
        A shape does not fit or a value is infinite.
    NotEstimable
        Fewer than 2 rows or 2 residual degrees of freedom.

    Notes
    -----
    The variance of sample j in row g is s_g^2 / w_j, ln w summing to zero, estimated by REML with 10 notional
    rows that hold all samples equal. Complete tables: Fisher scoring over all rows; with gaps: one pass, a
    step per row in the order given, so that there the order of rows matters slightly.
    Reference: limma 3.54.1 `arrayWeights` (`reml` and `genebygene`), agreed to 1e-4.

    References
    ----------
    Ritchie et al. 2006, doi 10.1186/1471-2105-7-261. Smyth 2002, doi 10.1198/106186002871.

    Examples
    --------
    >>> y = np.random.default_rng(1).normal(size=(500, 6)) * [1, 1, 1, 1, 1, 3]
    >>> int(np.argmin(array_weights(y, np.ones((6, 1)))))
    5
    """
    values = as_measurements(y)
    x = as_design(design, values.shape[1])
    x = x[:, orthonormalise(x)[2]]
    spare = x.shape[0] - x.shape[1]
    if spare < 2 or values.shape[0] < 2:
        raise NotEstimable(
            f"{values.shape[0]} rows and {spare} residual degrees of freedom; weights need 2 of each"
        )
    log_variance = _by_row(values, x) if np.isnan(values).any() else _together(values, x)
    return np.exp(-log_variance)


def _together(y: Floats, x: Floats) -> Floats:
    """Log variance factors (m,) of a complete table, by REML scoring over all rows at once."""
    n, m = y.shape
    coding = sum_coding(m)
    factors = np.zeros(m - 1)
    for _ in range(_STEPS):
        weights = np.exp(-coding @ factors)
        root = np.sqrt(weights)
        q = orthonormalise(root[:, None] * x)[0]
        scaled = y * root
        squares = (scaled - (scaled @ q) @ q.T) ** 2
        variance = squares.sum(axis=1) / (m - x.shape[1])
        leverage = np.einsum("mk,mk->m", q, q)
        excess = (1 / variance) @ squares - n * (1 - leverage)
        curvature = np.diag(1 - 2 * leverage) + (q @ q.T) ** 2
        information = n * _profiled(curvature, coding) + _PRIOR_ROWS * coding.T @ coding
        score = coding.T @ (excess + _PRIOR_ROWS * (weights - 1))
        step = np.linalg.solve(information, score)
        factors += step
        if score @ step / (n * (m - 1)) < _CONVERGED:
            break
    return coding @ factors


def _by_row(y: Floats, x: Floats) -> Floats:
    """Log variance factors (m,) of a table with gaps, updated row by row."""
    m = y.shape[1]
    coding = sum_coding(m)
    factors = np.zeros(m - 1)
    information = _PRIOR_ROWS * coding.T @ coding
    for row in y:
        seen = ~np.isnan(row)
        root = np.exp(-coding[seen] @ factors / 2)
        q = orthonormalise(root[:, None] * x[seen])[0]
        spare = int(seen.sum()) - q.shape[1]
        scaled = root * row[seen]
        squares = (scaled - q @ (q.T @ scaled)) ** 2
        if spare < 1 or squares.sum() <= 1e-15 * spare:
            continue
        leverage = np.einsum("mk,mk->m", q, q)
        excess = squares * spare / squares.sum() - (1 - leverage)
        information += _profiled(np.diag(1 - leverage), coding[seen])
        factors += np.linalg.solve(information, coding[seen].T @ excess)
    return coding @ factors


def _profiled(curvature: Floats, coding: Floats) -> Floats:
    """Information on the factors, the variance of the row profiled out."""
    across = coding.T @ curvature
    shared = across.sum(axis=1)
    information: Floats = across @ coding - np.outer(shared, shared) / curvature.sum()
    return information
