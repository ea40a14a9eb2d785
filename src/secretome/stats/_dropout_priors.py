"""What all rows say together: detection curves of the samples, and the priors of level and variance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln, log_ndtr
from scipy.stats import trim_mean

from secretome.stats._arrays import Floats, Ints
from secretome.stats._dropout_model import Curves, Mode, Priors, covariance, find_mode
from secretome.stats._row_fit import RowFit

_TRIM = 0.2
_FLAT = Priors(0.0, 1e10, 1.0, 1e-6)
_CURVE_STEPS = 60
_SPARE = 0.5  # equivalent observations beyond the coefficients for a row to speak on the variance


def first_guess(y: Floats) -> tuple[Curves, Priors]:
    """Curves and priors to start from: the lowest values seen mark where detection ends."""
    low = np.nanquantile(y, 0.05, axis=0)
    spread = max(float(np.nanstd(y)) / 4, 1e-3)
    rows = np.nanvar(y[np.count_nonzero(~np.isnan(y), axis=1) > 1], axis=1, ddof=1)
    variance = max(float(np.median(rows)) if rows.size else 0.1, 1e-4)
    centre = float(np.nanmedian(y))
    return Curves(low, np.full(y.shape[1], spread)), Priors(centre, float(np.nanvar(y)), variance, 3.0)


def fit_curves(y: Floats, x: Floats, mode: Mode, curves: Curves, priors: Priors, copies: Ints) -> Curves:
    """The curve of each sample that makes its seen and unseen values most probable.

    Unseen values count with their prediction and the uncertainty of that prediction. Weak priors keep the
    curve of a nearly complete sample in place: the midpoint is normal about the centre of all predictions,
    the scale half-Cauchy with scale 1.
    """
    error = covariance(y, x, mode, curves, priors)
    error = np.where(np.isfinite(error), error, 0.0)
    spread = np.einsum("ma,nab,mb->nm", x, error, x, optimize=True)[copies]
    mean = (mode.coefficients @ x.T)[copies]
    y = y[copies]
    midpoint, scale = curves.midpoint.copy(), curves.scale.copy()
    for sample in range(y.shape[1]):
        missing = np.isnan(y[:, sample])
        if not missing.any() or missing.all():
            continue
        midpoint[sample], scale[sample] = _fit_curve(
            y[~missing, sample], mean[missing, sample], spread[missing, sample],
            (midpoint[sample], scale[sample]), (priors.location, priors.location_scale),
        )  # fmt: skip
    return Curves(midpoint, scale)


def _fit_curve(
    seen: Floats, unseen: Floats, spread: Floats, start: tuple[float, float], prior: tuple[float, float]
) -> tuple[float, float]:
    def objective(place: Floats) -> tuple[float, Floats]:
        scale = np.exp(place[1])
        up = (seen - place[0]) / scale
        width = np.sqrt(scale**2 + spread)
        down = (place[0] - unseen) / width
        log_up, log_down = log_ndtr(up), log_ndtr(down)
        mills_up = np.exp(-up * up / 2 - 0.5 * np.log(2 * np.pi) - log_up)
        mills_down = np.exp(-down * down / 2 - 0.5 * np.log(2 * np.pi) - log_down)
        by_midpoint = (mills_up / scale).sum() - (mills_down / width).sum()
        by_scale = (mills_up * up).sum() + (mills_down * down * scale**2 / width**2).sum()
        away, square = place[0] - prior[0], float(scale**2)
        penalty = away**2 / (2 * prior[1]) + float(np.log1p(square))
        pull = np.array([away / prior[1], 2 * square / (1 + square)])
        return penalty - float(log_up.sum() + log_down.sum()), np.array([by_midpoint, by_scale]) + pull

    place = np.array([start[0], np.log(start[1])])
    now, slope = objective(place)
    for _ in range(_CURVE_STEPS):
        step = _downhill(objective, place, slope)
        if abs(float(step @ slope)) < 1e-10:
            break
        for _ in range(_CURVE_STEPS):
            then, new_slope = objective(place + step)
            if then <= now:
                break
            step = step / 2
        place, now, slope = place + step, then, new_slope
    return float(place[0]), float(np.exp(place[1]))


def _downhill(objective: Callable[[Floats], tuple[float, Floats]], place: Floats, slope: Floats) -> Floats:
    """Newton step (2,), its Hessian from differences of the gradient, downhill whatever the curvature."""
    hessian = np.column_stack([(objective(place + 1e-5 * e)[1] - slope) / 1e-5 for e in np.eye(2)])
    size, direction = np.linalg.eigh((hessian + hessian.T) / 2)
    step = -direction @ ((direction.T @ slope) / np.maximum(np.abs(size), 1e-6))
    shorter: Floats = step / max(1.0, abs(float(step[1])), abs(float(step[0])) / 5)
    return shorter


def fit_priors(
    y: Floats, x: Floats, mode: Mode, curves: Curves, priors: Priors, seen: RowFit, copies: Ints
) -> Priors:
    """Centre and spread of the predictions, and the prior of the variance, from all rows.

    Notes
    -----
    Centre: 20 % trimmed mean of the predictions. Spread: mean square about it of the predictions above it
    made without this prior (those below are pulled by missing values). Variance: scaled F likelihood of the
    variances found without their prior.
    """
    location = float(trim_mean((mode.coefficients @ x.T)[copies].ravel(), _TRIM))
    some = np.flatnonzero((~np.isnan(y)).any(axis=1))
    free_level = Priors(location, _FLAT.location_scale, priors.variance, priors.variance_df)
    predicted = find_mode(y[some], x, curves, free_level, _among(seen, some)).coefficients @ x.T
    above = predicted[predicted > location] - location
    scale = float(np.mean(above**2)) if above.size else priors.location_scale
    enough = np.flatnonzero(np.count_nonzero(~np.isnan(y), axis=1) > x.shape[1])
    free_variance = Priors(location, scale, _FLAT.variance, _FLAT.variance_df)
    alone = find_mode(y[enough], x, curves, free_variance, _among(seen, enough))
    variance, df = _variance_prior(alone, x.shape[1], priors)
    return Priors(location, scale, variance, df)


def _among(fit: RowFit, rows: Ints) -> RowFit:
    return replace(
        fit, coefficients=fit.coefficients[rows], sigma=fit.sigma[rows], df_residual=fit.df_residual[rows]
    )


def _variance_prior(alone: Mode, p: int, priors: Priors) -> tuple[float, float]:
    df = alone.size - p
    s2 = alone.variance(p)
    usable = alone.converged & (df > _SPARE) & (s2 > 1e-10)
    if usable.sum() < 3:
        return priors.variance, priors.variance_df
    a, log_s2 = df[usable] / 2, np.log(s2[usable])

    def objective(place: Floats) -> float:
        b = np.exp(place[0]) / 2
        ratio = log_s2 - place[1] + np.log(a / b)
        density = gammaln(a + b) - gammaln(a) - gammaln(b) + a * ratio - (a + b) * np.log1p(np.exp(ratio))
        return -float(density.sum())

    found = minimize(
        objective,
        [np.log(priors.variance_df), np.log(priors.variance)],
        method="L-BFGS-B",
        bounds=[(np.log(0.1), np.log(1e4)), (None, None)],
    )
    return float(np.exp(found.x[1])), float(np.exp(found.x[0]))
