"""The detection curve of a table: log odds of being seen as a straight line in log intensity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, gammaln, log_expit
from scipy.stats import binom

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Floats, as_measurements
from secretome.stats._detection_tilt import complete, intercept_for, row_variance, shrink

CurveMethod = Literal["observed", "complete", "slope"]
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(16)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
_FIRST_SLOPE = 0.7
_ROUNDS_COMPLETE = 2
_STEPS = 200


@dataclass(frozen=True)
class DetectionCurve:
    """P(seen | y) = 1 / (1 + exp(-(intercept + slope y))).

    `mean, variance` (n,) of each row as the curve was fitted with; `method` names how; `weights` (n,) of the
    rows (all 1 unless `robust`).
    """

    intercept: float
    slope: float
    mean: Floats
    variance: Floats
    method: CurveMethod
    weights: Floats


def fit_curve(
    y: ArrayLike, *, method: CurveMethod = "observed", slope: float = 0.8, robust: bool = False
) -> DetectionCurve:
    """The detection curve that explains which values of a table are missing.

    Parameters
    ----------
    y
        (n precursors, m samples) log2 intensity; NaN is not detected; every row holds a value.
    method
        `"observed"`: observed values of a row are normal (limpa `dpcON`, at its joint maximum);
        `"complete"`: all values are normal, seen or not (`dpcCN`); `"slope"`: only the intercept is
        fitted, for the `slope` given.
    slope
        of the curve, for method `"slope"`.
    robust
        rows that are seen implausibly often or seldom get less weight (method `"observed"`).

    Returns
    -------
    DetectionCurve
        slope 0: missing at random; large: censoring; real data about 0.7 to 1.

    Raises
    ------
    InvalidArray
        A shape does not fit, a row is never seen, or an option is unknown.
    NotEstimable
        Nothing is missing, or fewer than 3 rows are seen twice.

    Notes
    -----
    Observed: eta_i = b0 + b1 (mu_i - b1 s2_i / 2), the number detected binomial(m, F(eta_i)) truncated at zero.
    Complete: two rounds of row-wise modes and of the curve, priors from the tilted table.
    Reference: limpa 1.3.0; observed 1e-5 relative to the exact maximum, complete 1e-5, slope 1e-8.

    References
    ----------
    Li and Smyth 2023, doi 10.1093/bioinformatics/btad200.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> y = rng.normal(18, 2, (300, 1)) + rng.normal(0, 0.5, (300, 10))
    >>> y[rng.random(y.shape) > 1 / (1 + np.exp(14.4 - 0.8 * y))] = np.nan
    >>> curve = fit_curve(y[(~np.isnan(y)).any(axis=1)])
    >>> bool(0.6 < curve.slope < 1.0)
    True
    """
    values = as_measurements(y)
    _check(values, method)
    if method == "slope":
        mean = np.nanmean(values, axis=1)
        ones = np.ones(len(values))
        return DetectionCurve(intercept_for(values, slope), slope, mean, row_variance(values), method, ones)
    if method == "complete":
        return _complete_normal(values)
    rows = shrink(values)
    detected = (~np.isnan(values)).sum(axis=1).astype(float)
    weights = np.ones(len(values))
    place = _observed_normal(rows.mean, rows.variance, detected, values.shape[1], weights)
    if robust:
        weights = _plausibility(rows.mean, rows.variance, detected, values.shape[1], place)
        place = _observed_normal(rows.mean, rows.variance, detected, values.shape[1], weights)
    return DetectionCurve(float(place[0]), float(place[1]), rows.mean, rows.variance, method, weights)


def _check(values: Floats, method: str) -> None:
    if method not in {"observed", "complete", "slope"}:
        raise InvalidArray(f"method is {method!r}; expected 'observed', 'complete' or 'slope'")
    seen = ~np.isnan(values)
    never = np.flatnonzero(~seen.any(axis=1))
    if never.size:
        raise InvalidArray(
            f"row {never[0]} is never seen ({never.size} such rows); drop rows without a value"
        )
    if seen.all():
        raise NotEstimable("nothing is missing, so there is no detection curve to fit")
    if (seen.sum(axis=1) > 1).sum() < 3:
        raise NotEstimable("fewer than 3 rows are seen twice; their spread cannot be known")


def _observed_normal(mean: Floats, variance: Floats, detected: Floats, n: int, weights: Floats) -> Floats:
    centre = float(mean.mean())

    def objective(place: Floats) -> tuple[float, Floats]:
        slope = place[1]
        eta = place[0] - slope * centre + slope * mean - slope**2 * variance / 2
        log_missing = n * log_expit(-eta)
        chance = expit(eta)
        some = -np.expm1(log_missing)
        value = detected * log_expit(eta) + (n - detected) * log_expit(-eta) - np.log(some)
        by_eta = detected - n * chance - n * chance * np.exp(log_missing) / some
        by_slope = by_eta * (mean - centre - slope * variance)
        gradient = np.array([(weights * by_eta).sum(), (weights * by_slope).sum()])
        return -float((weights * value).sum()), -gradient

    place = newton(objective, np.array([0.0, _FIRST_SLOPE]))
    return np.array([place[0] - place[1] * centre, place[1]])


def _plausibility(mean: Floats, variance: Floats, detected: Floats, n: int, place: Floats) -> Floats:
    """False discovery rates of the two-sided tails of the number detected, as weights."""
    chance = expit(place[0] + place[1] * mean - place[1] ** 2 * variance / 2)
    none = binom.pmf(0, n, chance)
    left = (binom.cdf(detected, n, chance) - none) / (1 - none)
    right = binom.sf(detected - 1, n, chance) / (1 - none)
    p = np.minimum(2 * np.minimum(left, right), 1.0)
    order = np.argsort(p)
    q = np.minimum.accumulate((p[order] * p.size / np.arange(1, p.size + 1))[::-1])[::-1]
    weights = np.empty(p.size)
    weights[order] = np.minimum(q, 1.0)
    return weights


def missing_chance(
    mean: Floats, sigma: Floats | float, intercept: float, slope: float
) -> tuple[Floats, Floats, Floats]:
    """Ln M and its first two derivatives in the mean, M = E[1 - F(b0 + b1 (mean + sigma Z))].

    Examples
    --------
    >>> missing_chance(np.array([10.0]), 0.0, -10.0, 1.0)[0].round(4)
    array([-0.6931])
    """
    at = intercept + slope * (mean[..., None] + np.asarray(sigma)[..., None] * NODES)
    up, down = expit(at), expit(-at)
    total = down @ WEIGHTS
    first = -slope * ((up * down) @ WEIGHTS) / total
    second = -(slope**2) * ((up * down * (down - up)) @ WEIGHTS) / total - first**2
    return np.log(total), first, second


def _complete_normal(values: Floats) -> DetectionCurve:
    intercept, slope = intercept_for(values, _FIRST_SLOPE), _FIRST_SLOPE
    table = complete(values, _FIRST_SLOPE)
    mean, sigma = table.mean(axis=1), table.std(axis=1, ddof=1)
    logs = np.log(sigma + 0.001)
    prior = (float(mean.mean()), float(mean.std(ddof=1)), float(logs.mean()), float(logs.std(ddof=1)))
    missing = np.isnan(values).sum(axis=1).astype(float)
    observed = values[~np.isnan(values)]
    for _ in range(_ROUNDS_COMPLETE):
        mean, sigma = _row_modes(values, mean, sigma, prior, intercept, slope)
        intercept, slope = _refit(observed, mean, sigma, missing, intercept, slope)
    return DetectionCurve(intercept, slope, mean, sigma**2, "complete", np.ones(len(values)))


def _row_modes(
    values: Floats,
    mean: Floats,
    sigma: Floats,
    prior: tuple[float, float, float, float],
    intercept: float,
    slope: float,
) -> tuple[Floats, Floats]:
    means, sigmas = mean.copy(), sigma.copy()
    for row in range(len(values)):
        seen = values[row][~np.isnan(values[row])]
        gaps = values.shape[1] - seen.size

        def objective(place: Floats, seen: Floats = seen, gaps: int = gaps) -> tuple[float, Floats]:
            spread = float(np.exp(place[1]))
            away = seen - place[0]
            squares = float(away @ away) / spread**2
            value = ((place[0] - prior[0]) / prior[1]) ** 2 + ((place[1] - prior[2]) / prior[3]) ** 2
            value += 2 * (seen.size - 1) * place[1] + squares
            by_mean = 2 * (place[0] - prior[0]) / prior[1] ** 2 - 2 * float(away.sum()) / spread**2
            by_log = 2 * (place[1] - prior[2]) / prior[3] ** 2 + 2 * (seen.size - 1) - 2 * squares
            if gaps:
                at = intercept + slope * (place[0] + spread * NODES)
                up, down = expit(at), expit(-at)
                total = float(down @ WEIGHTS)
                value -= 2 * gaps * np.log(total)
                by_mean += 2 * gaps * slope * float((up * down) @ WEIGHTS) / total
                by_log += 2 * gaps * slope * spread * float((up * down * NODES) @ WEIGHTS) / total
            return value, np.array([by_mean, by_log])

        place = newton(objective, np.array([mean[row], np.log(sigma[row])]))
        means[row], sigmas[row] = place[0], np.exp(place[1])
    return means, sigmas


def _refit(
    observed: Floats, mean: Floats, sigma: Floats, missing: Floats, intercept: float, slope: float
) -> tuple[float, float]:
    centre = float(observed.mean())
    gaps = missing > 0
    points = mean[gaps][:, None] + sigma[gaps][:, None] * NODES
    count = missing[gaps]

    def objective(place: Floats) -> tuple[float, Floats]:
        steep = float(np.exp(place[1]))
        seen = place[0] + steep * (observed - centre)
        at = place[0] + steep * (points - centre)
        up, down = expit(at), expit(-at)
        total = down @ WEIGHTS
        value = -2 * (float(log_expit(seen).sum()) + float(count @ np.log(total)))
        low = expit(-seen)
        by_intercept = -2 * (float(low.sum()) - float(count @ (((up * down) @ WEIGHTS) / total)))
        shifted = (up * down * (points - centre)) @ WEIGHTS / total
        by_slope = -2 * steep * (float(low @ (observed - centre)) - float(count @ shifted))
        return value, np.array([by_intercept, by_slope])

    place = newton(objective, np.array([intercept + slope * centre, np.log(slope)]))
    return float(place[0] - np.exp(place[1]) * centre), float(np.exp(place[1]))


def newton(objective: Callable[[Floats], tuple[float, Floats]], start: Floats) -> Floats:
    """Minimum of a smooth function of few variables from its value and gradient.

    Examples
    --------
    >>> newton(lambda p: (float((p - 3) @ (p - 3)), 2 * (p - 3)), np.zeros(2)).round(6)
    array([3., 3.])
    """
    place = start.astype(float)
    now, slope = objective(place)
    for _ in range(_STEPS):
        width = 1e-6 * np.maximum(np.abs(place), 1.0)
        columns = [
            (objective(place + h * e)[1] - objective(place - h * e)[1]) / (2 * h)
            for h, e in zip(width, np.eye(place.size), strict=True)
        ]
        hessian = np.column_stack(columns)
        size, direction = np.linalg.eigh((hessian + hessian.T) / 2)
        step = -direction @ ((direction.T @ slope) / np.maximum(np.abs(size), 1e-8))
        if abs(float(step @ slope)) < 1e-14 * max(1.0, abs(now)):
            end: Floats = place + step
            return end
        for _ in range(60):
            then, new_slope = objective(place + step)
            if then <= now:
                break
            step = step / 2
        place, now, slope = place + step, then, new_slope
    return place


def truncated_log_likelihood(
    mean: Floats, variance: Floats, detected: Floats, n: int, curve: DetectionCurve
) -> float:
    """Log probability of the numbers detected under a curve; to compare curves.

    Examples
    --------
    >>> curve = DetectionCurve(0.0, 0.0, np.zeros(1), np.ones(1), "slope", np.ones(1))
    >>> round(truncated_log_likelihood(np.zeros(1), np.ones(1), np.array([1.0]), 1, curve), 6)
    0.0
    """
    eta = curve.intercept + curve.slope * mean - curve.slope**2 * variance / 2
    ways = gammaln(n + 1) - gammaln(detected + 1) - gammaln(n - detected + 1)
    some = np.log(-np.expm1(n * log_expit(-eta)))
    return float((ways + detected * log_expit(eta) + (n - detected) * log_expit(-eta) - some).sum())
