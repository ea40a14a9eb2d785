"""Least squares, or maximum likelihood where some values are only known to lie below a limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from secretome.errors import NotEstimable

Floats = NDArray[np.float64]
_SHARPEST = 1e6  # 1 / sigma in standard deviations of the values: what rounding leaves of an exact line
_LOG_2PI = 1.8378770664093453


@dataclass(frozen=True)
class Line:
    """A linear model of one response.

    Parameters
    ----------
    coefficients, unscaled
        (p,) and their covariance (p, p) over sigma squared.
    sigma, df
        Residual standard deviation and degrees of freedom: values above their limit less p.
    rss
        Residual sum of squares; with censored values the one that has the same likelihood without them.
    """

    coefficients: Floats
    unscaled: Floats
    sigma: float
    df: float
    rss: float


def fit_line(design: Floats, value: Floats, below: NDArray[np.bool_]) -> Line:
    """The model of values, of which those `below` are only known to be smaller than the number given.

    Raises
    ------
    NotEstimable
        If too few values are above their limit, or the likelihood has no maximum.

    Notes
    -----
    Normal errors; the likelihood is concave in coefficients / sigma and 1 / sigma (Olsen 1978) and climbed by Newton's
    steps. The covariance is the inverse observed information; sigma squared is the estimate times m / (m - p) with m values
    above their limit. Without a censored value all of it is least squares.

    References
    ----------
    Tobin J. (1958) Econometrica 26:24, doi:10.2307/1907382. Olsen R. J. (1978) Econometrica 46:1211, doi:10.2307/1911445.
    Reference: R `survival::survreg` (left-censored, gaussian) has the same likelihood; held to a numerical maximum, 1e-6.

    Examples
    --------
    >>> x = np.column_stack([np.ones(5), np.arange(5.0)])
    >>> fit_line(x, np.array([5.0, 4.1, 2.9, 2.0, 2.0]), np.array([False] * 4 + [True])).coefficients.round(2)
    array([ 5.03, -1.02])
    """
    if not below.any():
        return _least_squares(design, value)
    m, p = int((~below).sum()), design.shape[1]
    if m <= p:
        raise NotEstimable(f"{m} values are above the LLOQ; {p} coefficients with their error need {p + 1}")
    shift, scale = float(value.mean()), float(value.std()) or 1.0
    delta, gamma, information, height = _climb(design, (value - shift) / scale, below)
    coefficients = delta / gamma * scale
    jacobian = np.hstack([np.eye(p) / gamma, -(delta / gamma**2)[:, None]])
    covariance = jacobian @ np.linalg.inv(information) @ jacobian.T * scale**2
    sigma = scale / gamma
    n = value.size
    log_likelihood = height - m * np.log(scale)
    rss = float(n * np.exp(-2 * log_likelihood / n - _LOG_2PI - 1))
    # the shift comes back through the combination of columns that is one everywhere
    ones, _, _, _ = np.linalg.lstsq(design, np.ones(n), rcond=None)
    return Line(
        coefficients + shift * ones,
        covariance / sigma**2,
        float(sigma * np.sqrt(m / (m - p))),
        float(m - p),
        rss,
    )


def _least_squares(design: Floats, value: Floats) -> Line:
    q, r = np.linalg.qr(design)
    inverse = np.linalg.inv(r)
    coefficients = inverse @ (q.T @ value)
    residual = value - design @ coefficients
    rss, df = float(residual @ residual), float(value.size - design.shape[1])
    return Line(coefficients, inverse @ inverse.T, float(np.sqrt(rss / df)), df, rss)


def _climb(design: Floats, y: Floats, below: NDArray[np.bool_]) -> tuple[Floats, float, Floats, float]:
    """Coefficients over sigma, one over sigma, observed information and log likelihood at the maximum."""
    start = _least_squares(design, y)
    gamma = 1 / max(start.sigma, 1e-3)
    theta = np.append(start.coefficients * gamma, gamma)
    height, gradient, information = _likelihood(theta, design, y, below)
    while theta[-1] <= _SHARPEST:
        step = np.linalg.solve(information, gradient)
        # as long a step as climbs: 1 / sigma stays positive
        tried = (theta + step / 2**halving for halving in range(40))
        moved = next((t for t in tried if t[-1] > 0 and _likelihood(t, design, y, below)[0] >= height), theta)
        if moved is theta or float(gradient @ step) < 1e-13 * max(1.0, abs(height)):
            return theta[:-1], float(theta[-1]), information, height
        theta, (height, gradient, information) = moved, _likelihood(moved, design, y, below)
    raise NotEstimable(
        "the values above the LLOQ lie exactly on lines: without residual error no limit can be computed"
    )


def _likelihood(
    theta: Floats, design: Floats, y: Floats, below: NDArray[np.bool_]
) -> tuple[float, Floats, Floats]:
    gamma = float(theta[-1])
    z = gamma * y - design @ theta[:-1]
    log_tail = special.log_ndtr(z[below])
    hazard = np.exp(-0.5 * z[below] ** 2 - 0.5 * _LOG_2PI - log_tail)
    m = int((~below).sum())
    height = (
        m * np.log(gamma) - 0.5 * m * _LOG_2PI - 0.5 * float(z[~below] @ z[~below]) + float(log_tail.sum())
    )
    slope = np.where(below, 0.0, -z)
    slope[below] = hazard
    curve = np.ones(y.size)
    curve[below] = hazard * (z[below] + hazard)
    outer = np.column_stack([-design, y])
    gradient = outer.T @ slope
    gradient[-1] += m / gamma
    information = (outer * curve[:, None]).T @ outer
    information[-1, -1] += m / gamma**2
    return float(height), gradient, information
