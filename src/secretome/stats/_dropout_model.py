"""A linear model whose missing values are more likely when low: posterior, derivatives and mode of every row.

A value that was seen is normal about its prediction; one that was not seen has probability
Phi((midpoint - prediction) / sqrt(scale^2 + sigma^2)), the normal times the detection curve of its sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

from secretome.stats._arrays import Bools, Floats
from secretome.stats._row_fit import RowFit

LOCATION_DF = 3.0  # of the prior of the predictions: heavy tails, so that rows far out are not pulled in
_STEPS, _HALVINGS, _GAIN = 100, 25, 1e-10
_LONGEST_LOG_STEP = 1.5  # of the variance, so that a flat start cannot throw it away
_SKEW_STEP = 3.0  # conditional standard deviations


@dataclass(frozen=True)
class Curves:
    """Detection curve of each sample: half of the values at `midpoint` (m,) are seen; `scale` (m,) > 0."""

    midpoint: Floats
    scale: Floats


@dataclass(frozen=True)
class Priors:
    """Of the predictions: t with centre, squared scale; of the variance: scaled inverse chi2."""

    location: float
    location_scale: float
    variance: float
    variance_df: float


@dataclass(frozen=True)
class Value:
    """Minus log posterior (n,) with gradients and Hessians in coefficients (n, p) and variance (n,)."""

    objective: Floats
    gradient: Floats
    slope: Floats
    hessian: Floats
    curvature: Floats
    mixed: Floats


@dataclass(frozen=True)
class Mode:
    """Of n rows: `coefficients` (n, p), `sigma2` (n,), its equivalent sample size `size` (n,), `converged`."""

    coefficients: Floats
    sigma2: Floats
    size: Floats
    converged: Bools

    def variance(self, p: int) -> Floats:
        """Residual variance (n,) corrected for p coefficients; as it is where they use up the size."""
        spare = self.size - p
        corrected: Floats = self.sigma2 * np.where(
            spare > 0, self.size / np.where(spare > 0, spare, 1.0), 1.0
        )
        return corrected


def value(y: Floats, x: Floats, beta: Floats, sigma2: Floats, curves: Curves, priors: Priors) -> Value:
    """Minus the log posterior of each row and its derivatives.

    Parameters
    ----------
    y
        (n, m); NaN is not seen.
    x
        (m, p).
    beta, sigma2
        (n, p) and (n,).
    """
    seen = ~np.isnan(y)
    mean = beta @ x.T
    residual = np.where(seen, np.where(seen, y, 0.0) - mean, 0.0)
    s2 = sigma2[:, None]
    spread = curves.scale**2 + s2
    z = (curves.midpoint - mean) / np.sqrt(spread)
    log_missing = log_ndtr(z)
    mills = np.where(seen, 0.0, np.exp(-z * z / 2 - 0.5 * np.log(2 * np.pi) - log_missing))
    lean = mills * (z + mills)
    away = mean - priors.location
    width = LOCATION_DF * priors.location_scale
    tail = width + away**2
    half = (seen.sum(axis=1) + priors.variance_df) / 2
    squares = (np.einsum("nm,nm->n", residual, residual) + priors.variance_df * priors.variance) / 2
    objective = half * np.log(sigma2) + squares / sigma2 - np.where(seen, 0.0, log_missing).sum(axis=1)
    objective = objective + (LOCATION_DF + 1) / 2 * np.log(tail).sum(axis=1)
    by_mean = -residual / s2 + mills / np.sqrt(spread) + (LOCATION_DF + 1) * away / tail
    bend = seen / s2 + lean / spread + (LOCATION_DF + 1) * (width - away**2) / tail**2
    slope = half / sigma2 - squares / sigma2**2 + (mills * z / (2 * spread)).sum(axis=1)
    gap = mills * z / (4 * spread**2) * (z * (z + mills) - 3)
    curvature = 2 * squares / sigma2**3 - half / sigma2**2 + gap.sum(axis=1)
    cross = residual / s2**2 + (lean * z - mills) / (2 * spread**1.5)
    hessian = np.einsum("nm,ma,mb->nab", bend, x, x, optimize=True)
    return Value(objective, by_mean @ x, slope, hessian, curvature, cross @ x)


def find_mode(y: Floats, x: Floats, curves: Curves, priors: Priors, seen: RowFit) -> Mode:
    """Posterior mode of every row by damped Newton steps in coefficients and log variance.

    Notes
    -----
    The posterior can have a second mode, in which one missing value of an abundant row is explained by a
    huge variance. Rows are always started at `seen`, the least squares of the values seen, with short steps.
    """
    n = y.shape[0]
    beta, sigma2 = _start(y, x, curves, priors, seen)
    rows = np.arange(n)
    converged = np.zeros(n, dtype=bool)
    size = np.empty(n)
    now = value(y, x, beta, sigma2, curves, priors)
    for _ in range(_STEPS):
        step, gain = _newton(now, sigma2[rows])
        ready = gain < _GAIN
        size[rows] = 2 * sigma2[rows] ** 2 * now.curvature
        converged[rows[ready]] = True
        rows, step, now = rows[~ready], step[~ready], _among(now, ~ready)
        if not rows.size:
            break
        now = _move(y, x, beta, sigma2, curves, priors, rows, step, now)
    return Mode(beta, sigma2, size, converged)


def _start(y: Floats, x: Floats, curves: Curves, priors: Priors, fit: RowFit) -> tuple[Floats, Floats]:
    """Coefficients (n, p) and variance (n,) of the values seen; where they do not suffice, unseen ones are low."""
    low = np.minimum(curves.midpoint - curves.scale, np.nanmedian(y))
    beta: Floats = np.where(np.isnan(y), low, y) @ np.linalg.pinv(x).T
    known = np.isfinite(fit.coefficients).all(axis=1)
    beta[known] = fit.coefficients[known]
    prior_df = max(
        priors.variance_df, 1.0
    )  # of the start only: a variance of nothing cannot be searched from
    squares = np.where(fit.df_residual > 0, np.nan_to_num(fit.sigma) ** 2 * fit.df_residual, 0.0)
    return beta, (squares + prior_df * priors.variance) / (fit.df_residual + prior_df)


def _newton(now: Value, sigma2: Floats) -> tuple[Floats, Floats]:
    """Step (n, p+1) in coefficients and log variance, downhill whatever the curvature; and its gain (n,)."""
    n, p = now.gradient.shape
    gradient = np.column_stack([now.gradient, now.slope * sigma2])
    matrix = np.empty((n, p + 1, p + 1))
    matrix[:, :p, :p] = now.hessian
    matrix[:, :p, p] = matrix[:, p, :p] = now.mixed * sigma2[:, None]
    matrix[:, p, p] = now.curvature * sigma2**2 + now.slope * sigma2
    size, direction = np.linalg.eigh(matrix)
    inverse = 1 / np.maximum(np.abs(size), 1e-6)
    turned = np.einsum("nab,na->nb", direction, gradient)
    step = -np.einsum("nab,nb->na", direction, inverse * turned)
    longest = np.abs(step[:, p]) / _LONGEST_LOG_STEP
    step = step / np.maximum(longest, 1.0)[:, None]
    return step, np.abs(np.einsum("na,na->n", step, gradient))


def _move(
    y: Floats, x: Floats, beta: Floats, sigma2: Floats, curves: Curves, priors: Priors,
    rows: np.ndarray, step: Floats, now: Value,
) -> Value:  # fmt: skip
    """Take the step in `beta` and `sigma2`, halved until no row goes uphill; the values there."""
    p = x.shape[1]
    length = np.ones(rows.size)
    for _ in range(_HALVINGS):
        b = beta[rows] + length[:, None] * step[:, :p]
        s = sigma2[rows] * np.exp(length * step[:, p])
        new = value(y[rows], x, b, s, curves, priors)
        uphill = ~(new.objective <= now.objective + 1e-9 * np.abs(now.objective))
        if not uphill.any():
            break
        length[uphill] /= 2
    beta[rows], sigma2[rows] = b, s
    return new


def _among(now: Value, chosen: Bools) -> Value:
    return Value(*(getattr(now, name)[chosen] for name in Value.__dataclass_fields__))


def covariance(y: Floats, x: Floats, mode: Mode, curves: Curves, priors: Priors) -> Floats:
    """Covariance (n, p, p) of the coefficients.

    Notes
    -----
    Inverse Hessian at the corrected variance. With missing values the posterior of a coefficient is skewed:
    it falls steeply upwards, where values would have been seen. Each coefficient is scaled to the normal
    that falls as far as the posterior does at three conditional standard deviations upwards.
    """
    p = x.shape[1]
    plain = np.linalg.inv(value(y, x, mode.coefficients, mode.variance(p), curves, priors).hessian)
    here = value(y, x, mode.coefficients, mode.sigma2, curves, priors)
    factor = np.empty((y.shape[0], p))
    for k in range(p):
        moved = mode.coefficients.copy()
        moved[:, k] += _SKEW_STEP / np.sqrt(np.maximum(here.hessian[:, k, k], 1e-12))
        fall = value(y, x, moved, mode.sigma2, curves, priors).objective - here.objective
        factor[:, k] = np.sqrt(_SKEW_STEP**2 / 2 / np.maximum(fall, 1e-3))
    result: Floats = plain * factor[:, :, None] * factor[:, None, :]
    return result
