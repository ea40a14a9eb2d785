"""The Weibull dose-response curve: steeper on one side than the log-logistic one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from secretome.errors import NotEstimable
from secretome.stats._arrays import Floats
from secretome.stats._curve_fit import as_dose_response

_SLOPES = (0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True)
class WeibullCurve:
    """response = c + (d - c) exp(-exp(b (log dose - log e))), drc's W1.4.

    `parameters`, `standard_errors` (4,) in the order b, c, d, e; `sigma` residual standard deviation on
    `df_residual`; `residual_sum` of weighted squares.
    """

    names: tuple[str, ...]
    parameters: Floats
    standard_errors: Floats
    sigma: float
    df_residual: int
    residual_sum: float


def fit_weibull(dose: ArrayLike, response: ArrayLike, *, weights: ArrayLike | None = None) -> WeibullCurve:
    """A Weibull curve through one set of doses, without starts given by hand.

    Parameters
    ----------
    dose
        (n,) 0 or more.
    response
        (n,) in any one unit.
    weights
        (n,) inverse to the variance of the response.

    Raises
    ------
    InvalidArray
        As in `fit_curve`.
    NotEstimable
        With fewer than four doses above 0, no spare value, or a curve that does not converge.

    Notes
    -----
    c is below d; b above 0 falls and b below 0 rises with the dose. Errors from the observed information, as drc.
    Reference: R drc 3.0-1, `W1.4`; estimates 1e-4, standard errors 1e-3 (relative).

    References
    ----------
    Ritz et al. 2015, doi 10.1371/journal.pone.0146021.

    Examples
    --------
    >>> found = fit_weibull([0.1, 0.3, 1.0, 3.0, 10.0, 30.0], [4.9, 4.6, 3.4, 1.4, 1.1, 1.0])
    >>> found.parameters.round(2)
    array([1.4 , 1.05, 4.97, 1.61])
    """
    x, y, w = as_dose_response(dose, response, weights)
    positive = np.unique(x[x > 0])
    if positive.size < 4 or x.size < 5:
        raise NotEstimable(
            f"{positive.size} doses above 0 and {x.size} responses; a Weibull curve needs 4 and 5"
        )
    if np.ptp(y) == 0:
        raise NotEstimable("all responses are equal; there is no curve to fit")
    root, scale = np.sqrt(w), float(np.ptp(y))

    def residual(theta: Floats) -> Floats:
        return np.asarray(root * (_curve(theta, x) - y) / scale)

    fits = [
        optimize.least_squares(residual, [sign * b, y.min(), y.max(), e], method="lm", xtol=1e-13, ftol=1e-13)
        for b in _SLOPES
        for sign in (1, -1)
        for e in np.log(np.quantile(positive, (0.25, 0.5, 0.75)))
    ]
    good = [fit for fit in fits if fit.success and np.isfinite(fit.x).all() and fit.x[1] < fit.x[2]]
    if not good:
        raise NotEstimable("the Weibull curve does not converge")
    best = min(good, key=lambda fit: fit.cost)
    theta, df = np.asarray(best.x, dtype=float), x.size - 4
    rss = float(2 * best.cost) * scale**2
    covariance = np.linalg.inv(_information(theta, residual)) * (rss / scale**2) / df
    jacobian = np.array([1.0, 1.0, 1.0, np.exp(theta[3])])
    parameters = np.append(theta[:3], np.exp(theta[3]))
    errors = np.sqrt(np.diag(covariance)) * jacobian
    return WeibullCurve(("b", "c", "d", "e"), parameters, errors, float(np.sqrt(rss / df)), df, rss)


def _curve(theta: Floats, dose: Floats) -> Floats:
    b, c, d, log_e = theta
    with np.errstate(divide="ignore", over="ignore"):
        z = b * (np.log(dose) - log_e)
        return np.asarray(c + (d - c) * np.exp(-np.exp(z)))


def _information(theta: Floats, residual: Callable[[Floats], Floats]) -> Floats:
    """Half the second derivatives of the residual sum, by central differences."""
    step = 1e-4 * np.maximum(1.0, np.abs(theta))
    moves = np.diag(step)

    def half_sum(at: Floats) -> float:
        return float(residual(at) @ residual(at)) / 2

    hessian = np.empty((4, 4))
    for i in range(4):
        for j in range(4):
            ends = [half_sum(theta + a * moves[i] + b * moves[j]) * a * b for a in (1, -1) for b in (1, -1)]
            hessian[i, j] = sum(ends) / (4 * step[i] * step[j])
    return (hessian + hessian.T) / 2
