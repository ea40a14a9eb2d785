"""Lines of all lots by one model, and the month at which their confidence limits leave the limits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats as distributions

from secretome.stats._censored_line import fit_line
from secretome.stats._stability_series import ErrorTerm, Floats, Limits, Model, Series, design_of, t_quantile


@dataclass(frozen=True)
class LineFit:
    """One model of all lots, with the month at which each lot's confidence limit leaves the limits.

    Parameters
    ----------
    model, error
        `cics` common intercept and slope, `dics` different intercepts, `dids` both different;
        residual variance pooled over lots or of each lot.
    terms, coefficients, standard_errors
        Treatment coding against the first lot: (p,). Empty for separate errors.
    intercept, slope, sigma, df
        (k,) for each lot.
    covariance
        (k, 2, 2) of intercept and slope, without sigma squared.
    months
        (k,) until the confidence limit crosses; 0 when outside at month 0, infinite when never.
    limit
        Which limit is crossed: `lower`, `upper` or empty.
    status
        `crosses`, `outside at month 0` or `never crosses`.
    aic, bic
        Of the whole model; NaN for separate errors.
    """

    model: Model
    error: ErrorTerm
    terms: tuple[str, ...]
    coefficients: Floats
    standard_errors: Floats
    intercept: Floats
    slope: Floats
    sigma: Floats
    df: Floats
    covariance: Floats
    months: Floats
    limit: tuple[str, ...]
    status: tuple[str, ...]
    aic: float
    bic: float

    @property
    def worst(self) -> int:
        """Position of the lot that leaves the limits first."""
        return int(np.argmin(self.months))


def limits_at(fit: LineFit, time: ArrayLike, *, confidence: float = 0.95, sides: int = 1) -> Floats:
    """Fitted mean with its lower and upper confidence limit, for each lot and time.

    Parameters
    ----------
    fit
        One model of `estimate`.
    time
        (g,) months.

    Returns
    -------
    (k, g, 3): mean, lower, upper.

    Examples
    --------
    >>> from secretome.stats.shelf_life import estimate
    >>> found = estimate([0, 6, 12, 0, 6, 12], [100, 99, 98.2, 100.2, 99.1, 97.9], list("AAABBB"), lower=95)
    >>> limits_at(found.chosen, [0, 12]).shape
    (2, 2, 3)
    """
    times = np.atleast_1d(np.asarray(time, dtype=float))
    quantile = t_quantile(fit.df, confidence, sides)
    mean = fit.intercept[:, None] + fit.slope[:, None] * times
    v = fit.covariance
    spread = v[:, 0, 0, None] + 2 * times * v[:, 0, 1, None] + times**2 * v[:, 1, 1, None]
    half = (quantile * fit.sigma)[:, None] * np.sqrt(np.maximum(spread, 0))
    return np.stack([mean, mean - half, mean + half], axis=-1)


def fit_model(data: Series, model: Model, limits: Limits) -> LineFit:
    """One model of all lots with a pooled residual variance, and when each lot leaves the limits."""
    matrix, names, lines = design_of(data, model)
    line = fit_line(matrix, data.value, data.below)
    n, p = matrix.shape
    with np.errstate(divide="ignore"):
        log_likelihood = -0.5 * n * (np.log(2 * np.pi) + np.log(line.rss / n) + 1)
    lots = len(data.lots)
    at = lines @ line.coefficients
    return _with_months(
        LineFit(
            model, "pooled", names, line.coefficients, line.sigma * np.sqrt(np.diag(line.unscaled)), at[:, 0], at[:, 1],
            np.full(lots, line.sigma), np.full(lots, line.df), lines @ line.unscaled @ lines.transpose(0, 2, 1),
            np.zeros(lots), (), (), float(2 * (p + 1) - 2 * log_likelihood), float(np.log(n) * (p + 1) - 2 * log_likelihood),
        ),
        limits,
    )  # fmt: skip


def fit_separate(data: Series, limits: Limits) -> LineFit:
    """A line of each lot with its own residual variance, and when each leaves the limits."""
    own = []
    for position in range(len(data.lots)):
        mine = data.code == position
        matrix = np.column_stack([np.ones(mine.sum()), data.time[mine]])
        own.append(fit_line(matrix, data.value[mine], data.below[mine]))
    at, empty = np.array([line.coefficients for line in own]), np.empty(0)
    return _with_months(
        LineFit(
            "dids", "separate", (), empty, empty, at[:, 0], at[:, 1], np.array([line.sigma for line in own]),
            np.array([line.df for line in own]), np.array([line.unscaled for line in own]), np.zeros(len(own)), (), (),
            float("nan"), float("nan"),
        ),
        limits,
    )  # fmt: skip


def _with_months(fit: LineFit, limits: Limits) -> LineFit:
    left = [leaving(fit, position, limits) for position in range(len(fit.slope))]
    months, limit, status = zip(*left, strict=True)
    return replace(fit, months=np.array(months), limit=limit, status=status)


def leaving(fit: LineFit, lot: int, limits: Limits) -> tuple[float, str, str]:
    """Month, limit and status at which one lot's confidence limit leaves first."""
    quantile = float(t_quantile(fit.df[lot : lot + 1], limits.confidence, limits.sides)[0])
    variance = (quantile * fit.sigma[lot]) ** 2 * fit.covariance[lot]
    crossings = []
    for name, limit, sign in (("lower", limits.lower, 1.0), ("upper", limits.upper, -1.0)):
        if limit is not None:
            room = sign * (float(fit.intercept[lot]) - limit)
            crossings.append((_crossing(room, sign * float(fit.slope[lot]), variance), name))
    months, name = min(crossings)
    if months == 0:
        return 0.0, name, "outside at month 0"
    if np.isinf(months):
        return months, "", "never crosses"
    return months, name, "crosses"


def _crossing(room: float, slope: float, variance: Floats) -> float:
    """First t >= 0 at which room + slope t - sqrt(v00 + 2 v01 t + v11 t^2) becomes negative."""
    if room - np.sqrt(variance[0, 0]) <= 0:
        return 0.0
    a = slope**2 - variance[1, 1]
    b = 2 * (room * slope - variance[0, 1])
    c = room**2 - variance[0, 0]
    if a == 0:
        roots = np.array([-c / b]) if b else np.empty(0)
    else:
        roots = np.roots([a, b, c])
        roots = roots[np.isreal(roots)].real
    # the other root belongs to the limit on the far side of the line
    valid = [float(t) for t in roots if t > 0 and room + slope * t >= -1e-9 * abs(room)]
    return min(valid, default=float("inf"))


@dataclass(frozen=True)
class Ancova:
    """Sequential analysis of covariance: time, lot after time, their interaction, residual.

    Parameters
    ----------
    term
        Names of the rows.
    df, sum_of_squares, mean_square, f, p_value
        (4,); F against the residual of the full model, NaN where there is none.
    """

    term: tuple[str, ...]
    df: Floats
    sum_of_squares: Floats
    mean_square: Floats
    f: Floats
    p_value: Floats


def covariance_analysis(data: Series) -> Ancova:
    """The sequential analysis of covariance of the three models, from their likelihoods where values are censored."""
    n = data.time.size
    sums = [fit_line(np.ones((n, 1)), data.value, data.below).rss]
    degrees = [n - 1]
    for model in get_args(Model):
        matrix, _, _ = design_of(data, model)
        sums.append(fit_line(matrix, data.value, data.below).rss)
        degrees.append(n - matrix.shape[1])
    ss = np.array([*(-np.diff(sums)), sums[-1]])
    df = np.array([*(-np.diff(degrees)), degrees[-1]], dtype=float)
    mean_square = ss / df
    f, p = np.full(4, np.nan), np.full(4, np.nan)
    f[:3] = mean_square[:3] / mean_square[3]
    p[:3] = distributions.f.sf(f[:3], df[:3], df[3])
    return Ancova(("time", "lot", "time x lot", "residual"), df, ss, mean_square, f, p)
