"""Differences when missing values are mostly low values: the detection of every sample is part of the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import null_space
from scipy.stats import f as f_distribution
from scipy.stats import t as student

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Bools, Floats, Ints, as_design, as_measurements
from secretome.stats._dropout_model import Curves, Mode, Priors, covariance, find_mode
from secretome.stats._dropout_nested import lowest_objective
from secretome.stats._dropout_priors import first_guess, fit_curves, fit_priors
from secretome.stats._row_fit import fit_rows

__all__ = ["DropoutFit", "DropoutTest", "f_test", "fit_dropout", "test"]

_ROUNDS, _STOP = 50, 1e-3
_FEWEST_ROWS = 10
_RESTLESS = 1e-3


@dataclass(frozen=True)
class DropoutFit:
    """Linear models of n rows with p coefficients in which missing values have a likelihood.

    Attributes
    ----------
    coefficients, standard_errors
        (n, p).
    df
        (n,) equivalent observations, prior included, minus coefficients.
    covariance
        (n, p, p).
    s2
        (n,) residual variance, prior included.
    n_approx, n_observed
        (n,) observations that the row is worth, prior not included; values seen.
    midpoint, scale
        (m,) of the detection curve of each sample: at the midpoint half is seen, scale > 0.
    location, location_scale, variance, variance_df
        priors: centre and squared scale of the t (3 df) of the predictions; scaled inverse chi2.
    converged
        (n,) whether the mode of the row was reached. `rounds` of curves and priors were made;
        `settled` says whether they stopped moving.
    """

    coefficients: Floats
    standard_errors: Floats
    df: Floats
    covariance: Floats
    s2: Floats
    n_approx: Floats
    n_observed: Floats
    midpoint: Floats
    scale: Floats
    location: float
    location_scale: float
    variance: float
    variance_df: float
    converged: Bools
    rounds: int
    settled: bool


@dataclass(frozen=True)
class DropoutTest:
    """Wald tests of n rows and c contrasts: `difference, standard_error, t, p_value` (n, c), `df` (n,)."""

    difference: Floats
    standard_error: Floats
    t: Floats
    df: Floats
    p_value: Floats


def fit_dropout(y: ArrayLike, design: ArrayLike) -> DropoutFit:
    """Fit every row with the detection curve of every sample; nothing is imputed.

    Parameters
    ----------
    y
        (n, m) log2 values; NaN is not seen.
    design
        (m, p) of full rank.

    Returns
    -------
    DropoutFit
        A row without any value has a posterior too: it is low, and wide.

    Raises
    ------
    InvalidArray
        A shape does not fit, or a value is infinite.
    NotEstimable
        Fewer than 10 rows hold a value, the design is rank deficient, no sample has a missing value, or
        no row sees more values than there are coefficients.

    Notes
    -----
    y_ij = x_j b_i + e, e ~ N(0, s_i^2); P(not seen | y) = Phi((midpoint_j - y) / scale_j). Priors: predictions
    t with 3 df, variances scaled inverse chi2. Rows, curves and priors are fitted in turn until predictions
    move by less than 0.001 of a standard deviation in all but one row in a thousand.
    Reference: proDA 1.17.1, effects 0.01, log10 p 0.05. Written from the paper and from the numbers.

    References
    ----------
    Ahlmann-Eltze and Anders 2019, doi 10.1101/661496.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> y = rng.normal(20, 3, (60, 1)) + rng.normal(0, 0.3, (60, 6))
    >>> y[rng.normal(18, 1, y.shape) > y] = np.nan
    >>> fit = fit_dropout(y, np.ones((6, 1)))
    >>> bool(abs(fit.midpoint - 18).max() < 1), bool(fit.settled)
    (True, True)
    """
    values = as_measurements(y)
    x = as_design(design, values.shape[1])
    _check(values, x)
    curves, priors = first_guess(values)
    # rows never seen are all the same: one of them is fitted and counted as often as it occurs
    distinct, copies = _distinct(values)
    seen = fit_rows(distinct, x)
    mode = find_mode(distinct, x, curves, priors, seen)
    rounds, settled = 0, False
    while not settled and rounds < _ROUNDS:
        before = mode.coefficients @ x.T
        curves = fit_curves(distinct, x, mode, curves, priors, copies)
        priors = fit_priors(distinct, x, mode, curves, priors, seen, copies)
        mode = find_mode(distinct, x, curves, priors, seen)
        rounds += 1
        change = np.abs(mode.coefficients @ x.T - before).max(axis=1)
        # a row with two modes may change sides for ever: all but one in a thousand must have come to rest
        settled = bool(np.quantile(change, 1 - _RESTLESS) < _STOP * np.sqrt(priors.location_scale))
    return _finish(distinct, x, mode, curves, priors, rounds, settled, copies)


def test(fit: DropoutFit, contrast: ArrayLike, *, log2_ratio: float = 0.0) -> DropoutTest:  # noqa: PT028
    """Wald tests of contrasts between coefficients.

    Parameters
    ----------
    fit
        n rows with p coefficients.
    contrast
        (p,) or (p, c).
    log2_ratio
        smallest difference of interest: the null is that the difference is within it.

    Returns
    -------
    DropoutTest
        `df` is samples minus coefficients, as the reference has it.

    Raises
    ------
    InvalidArray
        The contrast has the wrong length, or `log2_ratio` is negative.

    Notes
    -----
    Reference: proDA 1.17.1 `test_diff`, log10 p 0.05. With the model matrix in cell means swapping the sides
    of a contrast only changes its sign; with a reference level it changes the standard error, because the
    posterior of a coefficient is skewed.

    References
    ----------
    Ahlmann-Eltze and Anders 2019, doi 10.1101/661496.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> y = rng.normal(20, 3, (60, 1)) + rng.normal(0, 0.3, (60, 6))
    >>> y[rng.normal(18, 1, y.shape) > y] = np.nan
    >>> test(fit_dropout(y, np.repeat(np.eye(2), 3, axis=0)), [1, -1]).p_value.shape
    (60, 1)
    """
    if log2_ratio < 0:
        raise InvalidArray(f"log2_ratio is {log2_ratio}; expected 0 or more")
    weights = np.asarray(contrast, dtype=float)
    weights = as_design(
        weights[:, None] if weights.ndim == 1 else weights, fit.coefficients.shape[1], name="contrast"
    )
    difference = fit.coefficients @ weights
    error = np.sqrt(np.einsum("pc,npq,qc->nc", weights, fit.covariance, weights, optimize=True))
    df = np.full(difference.shape[0], float(fit.midpoint.size - fit.coefficients.shape[1]))
    size = np.abs(difference)
    upper = student.sf((size - log2_ratio) / error, df[:, None])
    p_value = upper + student.sf((size + log2_ratio) / error, df[:, None])
    return DropoutTest(difference, error, difference / error, df, np.asarray(p_value, dtype=float))


def f_test(fit: DropoutFit, contrasts: ArrayLike, y: ArrayLike, design: ArrayLike) -> tuple[Floats, Floats]:
    """Whether any of several contrasts differs from 0: F and its p value of every row, (n,) each.

    Parameters
    ----------
    fit
        n rows with p coefficients.
    contrasts
        (p, c), independent.
    y, design
        (n, m) and (m, p) of the fit.

    Returns
    -------
    F on c and `fit.df` degrees of freedom, and p; NaN where the row did not converge, or is worth no more
    observations than it has coefficients.

    Raises
    ------
    InvalidArray
        The contrasts, `y` or `design` do not belong to the fit.

    Notes
    -----
    F = 2 (l1 - l0) / c: log posteriors at the modes of the model and of the model in which the contrasts are 0,
    both at the residual variance of the first. Curves and priors are those of the fit.
    Reference: proDA 1.17.1 `pd_row_f_test` (its manual: a likelihood ratio F test of nested models), log10 p
    0.05; where the row is worth no more than its coefficients proDA gives p near 1.

    References
    ----------
    Ahlmann-Eltze and Anders 2019, doi 10.1101/661496.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> y = rng.normal(20, 3, (60, 1)) + rng.normal(0, 0.3, (60, 6))
    >>> y[rng.normal(18, 1, y.shape) > y] = np.nan
    >>> cells = np.repeat(np.eye(3), 2, axis=0)
    >>> f_test(fit_dropout(y, cells), [[1, 1], [-1, 0], [0, -1]], y, cells)[1].shape
    (60,)
    """
    weights = as_design(contrasts, fit.coefficients.shape[1], name="contrasts")
    values = as_measurements(y)
    x = as_design(design, fit.midpoint.size)
    if values.shape != (len(fit.df), fit.midpoint.size) or x.shape[1] != fit.coefficients.shape[1]:
        raise InvalidArray(
            f"y and design have shapes {values.shape} and {x.shape}; the fit has {len(fit.df)} rows, "
            f"{fit.midpoint.size} samples and {fit.coefficients.shape[1]} coefficients"
        )
    f = np.full(len(values), np.nan)
    known = fit.converged & (fit.df > 0)
    curves = Curves(fit.midpoint, fit.scale)
    priors = Priors(fit.location, fit.location_scale, fit.variance, fit.variance_df)
    kept = null_space(weights.T)
    rows, s2, start = values[known], fit.s2[known], fit.coefficients[known]
    whole = lowest_objective(rows, x, start, s2, curves, priors)
    part = lowest_objective(rows, x @ kept, start @ kept, s2, curves, priors)
    f[known] = 2 * np.maximum(part - whole, 0.0) / weights.shape[1]
    return f, np.asarray(f_distribution.sf(f, weights.shape[1], fit.df), dtype=float)


test.__test__ = False  # type: ignore[attr-defined]  # pytest takes the name for one of its own


def _check(values: Floats, x: Floats) -> None:
    seen = ~np.isnan(values)
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise NotEstimable("the design has columns that depend on others; drop them")
    if seen.any(axis=1).sum() < _FEWEST_ROWS:
        raise NotEstimable(
            f"{int(seen.any(axis=1).sum())} rows hold a value; a detection curve needs at least {_FEWEST_ROWS}"
        )
    if seen.all():
        raise NotEstimable("nothing is missing, so there is no detection to model; use linear.fit_rows")
    if not (seen.sum(axis=1) > x.shape[1]).any():
        raise NotEstimable(
            f"no row has more values than the design has columns ({x.shape[1]}), so no variance can be estimated"
        )


def _distinct(values: Floats) -> tuple[Floats, Ints]:
    """Rows with a value, and one without if there are any; for each row of `values` which of them it is."""
    some = (~np.isnan(values)).any(axis=1)
    copies: Ints = np.where(some, np.cumsum(some) - 1, int(some.sum())).astype(np.intp)
    return (values if some.all() else np.vstack([values[some], values[~some][:1]])), copies


def _finish(
    y: Floats, x: Floats, mode: Mode, curves: Curves, priors: Priors, rounds: int, settled: bool, copies: Ints
) -> DropoutFit:
    p = x.shape[1]
    error = covariance(y, x, mode, curves, priors)
    lost = ~mode.converged
    coefficients, s2 = mode.coefficients.copy(), mode.variance(p)
    for array in (coefficients, error, s2):
        array[lost] = np.nan
    error = error[copies]
    return DropoutFit(
        coefficients[copies],
        np.sqrt(np.einsum("npp->np", error)),
        mode.size[copies] - p,
        error,
        s2[copies],
        mode.size[copies] - priors.variance_df,
        np.count_nonzero(~np.isnan(y), axis=1).astype(float)[copies],
        curves.midpoint,
        curves.scale,
        priors.location,
        priors.location_scale,
        priors.variance,
        priors.variance_df,
        mode.converged[copies],
        rounds,
        settled,
    )
