"""Protein abundances from precursors of which many were not detected, with standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Floats, Ints, as_measurements
from secretome.stats._detection_curve import DetectionCurve, missing_chance
from secretome.stats._detection_tilt import complete, row_variance
from secretome.stats._squeeze import squeeze

_QUANTILE = 0.9
_STEPS, _STOP = 60, 1e-13
_NEARLY_EXACT = 0.01  # residual standard deviation of a value that stands for itself


@dataclass(frozen=True)
class Quantified:
    """Of g proteins and m samples: `abundance, standard_error` (g, m) log2, `n_observed` (g, m) precursors seen.

    `names` (g,) sorted; `sigma` (g,) residual standard deviation of precursors; `n_precursors` (g,); and the
    priors `prior_mean, prior_sd, prior_log2_ratio`.
    """

    names: np.ndarray
    abundance: Floats
    standard_error: Floats
    n_observed: Ints
    n_precursors: Ints
    sigma: Floats
    prior_mean: float
    prior_sd: float
    prior_log2_ratio: float


def quantify(y: ArrayLike, groups: ArrayLike, curve: DetectionCurve) -> Quantified:
    """Abundance of each protein in each sample: the posterior mode, values not detected counted by the curve.

    Parameters
    ----------
    y
        (n precursors, m samples) log2 intensity; NaN is not detected.
    groups
        (n,) protein of each precursor.
    curve
        of `fit_curve`.

    Returns
    -------
    Quantified
        Every protein has a value in every sample; where nothing of it was detected the standard error is
        wide, and `n_observed` is 0: such a value is an estimate, not a measurement.

    Raises
    ------
    InvalidArray
        A shape does not fit, or a row is never seen.
    NotEstimable
        Fewer than two proteins have two precursors.

    Notes
    -----
    mu_ij = g_j + delta_i, sum of delta 0. With gbar the mean of g the mode minimises
    sum_seen (y - mu)^2 / sigma^2 - 2 sum_missing ln M(mu) + (gbar - prior mean)^2 / prior sd^2
    + sum_j (g_j - gbar)^2 / prior log2 ratio^2, M by 16-point Gauss-Hermite. Newton steps to the exact mode;
    standard errors from half the Hessian.
    Reference: limpa 1.3.0 `dpcQuant`, against its exact mode 1e-8, as shipped 3e-3.

    References
    ----------
    Li, Cobbold and Smyth 2025, doi 10.1101/2025.04.28.651125.

    Examples
    --------
    >>> from secretome.stats.detection import fit_curve
    >>> rng = np.random.default_rng(1)
    >>> y = rng.normal(18, 2, (60, 1)) + rng.normal(0, 0.5, (60, 6))
    >>> y[rng.random(y.shape) > 1 / (1 + np.exp(14.4 - 0.8 * y))] = np.nan
    >>> y = y[(~np.isnan(y)).any(axis=1)]
    >>> quantify(y, np.arange(len(y)) // 3, fit_curve(y)).abundance.shape[1]
    6
    """
    values = as_measurements(y)
    labels = np.asarray(groups)
    if labels.shape != (values.shape[0],):
        raise InvalidArray(
            f"groups has shape {labels.shape}; expected ({values.shape[0]},): one protein per row"
        )
    _refuse_unseen(values)
    names, codes = np.unique(labels, return_inverse=True)
    rows = [np.flatnonzero(codes == code) for code in range(names.size)]
    table = complete(values, curve.slope)
    return _modes(values, table, names, rows, _sigma(table, rows), curve)


def impute(y: ArrayLike, curve: DetectionCurve) -> Quantified:
    """Each row by itself: where nothing was detected the curve's expectation, with a standard error.

    Parameters
    ----------
    y
        (n, m) log2; NaN is not detected.
    curve
        of `fit_curve`.

    Returns
    -------
    Quantified
        `names` are row numbers; detected values keep themselves to 0.01, the others are estimates and
        `n_observed` is 0 there: never to be shown as measured.

    Raises
    ------
    InvalidArray
        A shape does not fit, or a row is never seen.

    Notes
    -----
    `quantify` with one precursor for each protein and a residual standard deviation of 0.01.
    Reference: limpa 1.3.0 `dpcImpute`, abundances 2e-3, standard errors 2e-5 relative.

    References
    ----------
    Li, Cobbold and Smyth 2025, doi 10.1101/2025.04.28.651125.

    Examples
    --------
    >>> from secretome.stats.detection import fit_curve
    >>> rng = np.random.default_rng(1)
    >>> y = rng.normal(18, 2, (60, 1)) + rng.normal(0, 0.5, (60, 6))
    >>> y[rng.random(y.shape) > 1 / (1 + np.exp(14.4 - 0.8 * y))] = np.nan
    >>> y = y[(~np.isnan(y)).any(axis=1)]
    >>> bool(np.isfinite(impute(y, fit_curve(y)).abundance).all())
    True
    """
    values = as_measurements(y)
    _refuse_unseen(values)
    table = complete(values, curve.slope)
    names = np.arange(len(values))
    return _modes(values, table, names, list(names[:, None]), np.full(len(values), _NEARLY_EXACT), curve)


def _refuse_unseen(values: Floats) -> None:
    seen = (~np.isnan(values)).any(axis=1)
    if not seen.all():
        raise InvalidArray(f"row {int(np.flatnonzero(~seen)[0])} is never seen; drop rows without a value")


def _modes(
    values: Floats, table: Floats, names: np.ndarray, rows: list[np.ndarray], sigma: Floats, curve: DetectionCurve
) -> Quantified:  # fmt: skip
    """The mode of every protein, `rows` being its precursors, with priors from the completed table."""
    level = table.mean(axis=1)
    priors = (
        float(level.mean()),
        float(level.std(ddof=1)),
        float(np.sqrt(np.quantile(row_variance(table), _QUANTILE))),
    )
    abundance, error = np.empty((names.size, values.shape[1])), np.empty((names.size, values.shape[1]))
    counts = np.zeros((names.size, values.shape[1]), dtype=np.intp)
    for protein, mine in enumerate(rows):
        abundance[protein], error[protein] = _mode(
            values[mine], table[mine], float(sigma[protein]), curve, priors
        )
        counts[protein] = (~np.isnan(values[mine])).sum(axis=0)
    sizes = np.array([mine.size for mine in rows], dtype=np.intp)
    return Quantified(names, abundance, error, counts, sizes, sigma, *priors)


def _sigma(table: Floats, rows: list[np.ndarray]) -> Floats:
    """Residual standard deviation of the additive fit of each protein, squeezed between proteins."""
    samples = table.shape[1]
    variance, df = np.full(len(rows), np.nan), np.zeros(len(rows))
    for protein, mine in enumerate(rows):
        if mine.size > 1:
            part = table[mine]
            rest = part - part.mean(axis=1, keepdims=True) - part.mean(axis=0) + part.mean()
            df[protein] = (samples - 1) * (mine.size - 1)
            variance[protein] = float((rest**2).sum()) / df[protein]
    if (df > 0).sum() < 2:
        raise NotEstimable("fewer than two proteins have two precursors, so their spread cannot be known")
    squeezed = squeeze(variance, df, prior="unequal_df")
    return np.sqrt(np.where(df > 0, squeezed.s2_post, squeezed.s2_prior))


def _mode(
    y: Floats, table: Floats, sigma: float, curve: DetectionCurve, priors: tuple[float, float, float]
) -> tuple[Floats, Floats]:
    """Abundance and standard error (m,) of one protein from its precursors (k, m)."""
    k, m = y.shape
    basis = np.linalg.qr(np.column_stack([np.ones(k), np.eye(k)[:, 1:]]))[0][:, 1:]  # sums to zero
    # mu_ij = sum of the columns of `x` times (g, contrasts of delta)
    x = np.hstack([np.tile(np.eye(m), (k, 1)), np.repeat(basis, m, axis=0)])
    flat = y.ravel()
    seen = ~np.isnan(flat)
    place = np.concatenate([table.mean(axis=0), basis.T @ table.mean(axis=1)])
    average = np.zeros(place.size)
    average[:m] = 1 / m
    centring = np.zeros((place.size, place.size))
    centring[:m, :m] = np.eye(m) - 1 / m
    inner = np.outer(average, average) / priors[1] ** 2 + centring / priors[2] ** 2
    now = float("inf")
    step = np.zeros(place.size)
    for _ in range(_STEPS):
        length = 1.0
        while True:
            trial = place + length * step
            value, gradient, curvature = _objective(x @ trial, flat, seen, sigma, curve)
            off = average @ trial - priors[0]
            value += float(off**2 / priors[1] ** 2 + trial @ centring @ trial / priors[2] ** 2)
            if value <= now + 1e-10 * abs(now) or not np.isfinite(now) or length < 1e-8:
                break
            length /= 2
        place, now = trial, value
        slope = x.T @ gradient + 2 * off * average / priors[1] ** 2 + 2 * centring @ place / priors[2] ** 2
        half = x.T @ (curvature[:, None] / 2 * x) + inner
        step = -np.linalg.solve(half, slope / 2)
        if float(step @ step) < _STOP**2 * place.size:
            break
    spread = np.linalg.inv(half)
    return place[:m] + step[:m], np.sqrt(np.diag(spread)[:m])


def _objective(
    mean: Floats, flat: Floats, seen: np.ndarray, sigma: float, curve: DetectionCurve
) -> tuple[float, Floats, Floats]:
    """Minus twice the log likelihood of the cells, with derivatives (cells,) in their means."""
    gradient, curvature = np.empty(mean.size), np.empty(mean.size)
    away = flat[seen] - mean[seen]
    value = float(away @ away) / sigma**2
    gradient[seen], curvature[seen] = -2 * away / sigma**2, 2 / sigma**2
    if not seen.all():
        log_chance, first, second = missing_chance(mean[~seen], sigma, curve.intercept, curve.slope)
        value -= 2 * float(log_chance.sum())
        gradient[~seen], curvature[~seen] = -2 * first, -2 * second
    return value, gradient, curvature
