"""Dose-response curves of one or several groups, with errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Bools, Floats, Ints, as_codes, as_vector
from secretome.stats._curve_errors import covariance_of, expected_information, observed_information, status_of
from secretome.stats._curve_solver import Minimum, minimise, minimise_from_grid
from secretome.stats._sigmoid import (
    LOG_ASYMMETRY,
    LOG_MIDPOINT,
    LOWER,
    NAMES,
    SLOPE,
    UPPER,
    CurveModel,
    Points,
    free_parameters,
    points,
    response,
)

Information = Literal["expected", "observed"]
# Huber's constant: 95 % efficiency when the errors are normal
_HUBER, _NORMAL_MAD, _MOST_REWEIGHTINGS = 1.345, 1.4826, 60


@dataclass(frozen=True)
class Curves:
    """Sigmoid curves of g groups with p parameters, their residual variance pooled.

    Attributes
    ----------
    model, names
        `"3pl"`, `"4pl"` or `"5pl"`, and the names of its parameters in order (b, c, d, e, f).
    group
        (g,) labels, sorted.
    parameters, standard_errors
        (g, p); errors are NaN where the group did not converge or no degrees of freedom are left.
    covariance
        (g, p, p); different groups are independent given the pooled residual variance.
    sigma
        residual standard deviation in units of the response (times the root of the weights); NaN without df.
    residual_sum
        (g,) weighted sums of squared residuals.
    df_residual, n_observed
        of all groups together; (g,).
    converged, status
        (g,) whether, and what happened in words.
    steps
        (g,) steps of the descent.
    """

    model: CurveModel
    names: tuple[str, ...]
    group: NDArray[np.generic]
    parameters: Floats
    standard_errors: Floats
    covariance: Floats
    sigma: float
    residual_sum: Floats
    df_residual: int
    n_observed: Ints
    converged: Bools
    status: tuple[str, ...]
    steps: Ints
    theta: Floats


def fit_curve(
    dose: ArrayLike,
    response: ArrayLike,
    *,
    model: CurveModel = "4pl",
    weights: ArrayLike | None = None,
    group: ArrayLike | None = None,
    robust: bool = False,
    information: Information = "expected",
) -> Curves:
    """Sigmoid dose-response curves, a curve per group, without starts given by hand.

    Parameters
    ----------
    dose
        (n,) 0 or more, in any one unit; 0 is the untreated control.
    response
        (n,) in any one unit.
    model
        `"4pl"`; `"3pl"` has c = 0; `"5pl"` has the asymmetry f.
    weights
        (n,) inverse to the variance of the response, above 0 (R's drc wants their square roots); None for equal.
    group
        (n,) labels of separate curves (preparation, plate); None for one curve.
    robust
        Huber's weights (k = 1.345 scaled median deviations) against outlying wells.
    information
        standard errors from the `"expected"` information (Gauss-Newton, as R's `nls`) or the
        `"observed"` (second derivatives, as drc).

    Returns
    -------
    Curves
        Parameters (g, p); a group that did not converge says so and has no errors.

    Raises
    ------
    InvalidArray
        Lengths differ, a value is missing or infinite, a dose is negative, a weight is not above 0, or an
        option is unknown.
    NotEstimable
        A group has fewer distinct doses than the model has parameters, or all its responses are equal.

    Notes
    -----
    response = c + (d - c) / (1 + exp(b (log dose - log e)))^f, the parametrisation of drc's LL.4 and LL.5:
    c lower and d upper limit, b > 0 falls and b < 0 rises with the dose, e the dose half way for f = 1 (with
    f other than 1 the half-way dose is `effective_dose`).
    Reference: drc 3.0-1 `drm`, estimates agreed to 1e-4, standard errors (`"observed"`) to 1e-3; R `nls`
    for `"expected"`. Robust errors: Huber's asymptotic covariance.

    References
    ----------
    Ritz et al. 2015, doi 10.1371/journal.pone.0146021.

    Examples
    --------
    >>> dose = [0.1, 0.3, 1.0, 3.0, 10.0, 30.0]
    >>> fit = fit_curve(dose, [4.9, 4.6, 3.1, 1.7, 1.1, 1.0])
    >>> fit.names, fit.parameters.round(2)
    (('b', 'c', 'd', 'e'), array([[1.57, 0.99, 5.02, 1.09]]))
    """
    free = free_parameters(model)
    if information not in {"expected", "observed"}:
        raise InvalidArray(f"information is {information!r}; expected 'expected' or 'observed'")
    x, y, w = as_dose_response(dose, response, weights)
    labels = np.full(x.size, "all") if group is None else np.asarray(group)
    codes = as_codes(labels, x.size, name="group")
    names = np.unique(labels)
    check_estimable(x, y, codes, names, model)
    doses, values, scale = (padded(part, codes) for part in (x, y, w))
    at = points(doses)
    found, psi_weights = (
        _reweighted(values, at, scale, free)
        if robust
        else (minimise_from_grid(values, at, scale, free), None)
    )
    theta = upright(found.theta, model)
    n_observed = np.bincount(codes)
    df = int(x.size - names.size * len(free))
    variance, normal = _variance_and_information(theta, values, at, scale, free, df, information, psi_weights)
    inverse, identified = covariance_of(normal, theta, free)
    covariance = variance * inverse
    covariance[~(found.converged & identified)] = np.nan
    parameters, jacobian = as_reported(theta, free)
    covariance = jacobian[:, :, None] * covariance * jacobian[:, None, :]
    return Curves(
        model=model,
        names=NAMES[model],
        group=names,
        parameters=parameters,
        standard_errors=np.sqrt(np.einsum("gpp->gp", covariance)),
        covariance=covariance,
        sigma=float(np.sqrt(variance)),
        residual_sum=found.residual_sum,
        df_residual=df,
        n_observed=n_observed.astype(np.intp),
        converged=found.converged & identified,
        status=status_of(found, identified),
        steps=found.steps,
        theta=theta,
    )


def predict(curves: Curves, dose: ArrayLike, *, group: object = None) -> Floats:
    """Expected responses at doses.

    Parameters
    ----------
    curves
        From `fit_curve`.
    dose
        (k,) 0 or more, in the unit of the fit.
    group
        label of the curve; may be left out when there is one.

    Returns
    -------
    array (k,)
        In units of the response.

    Raises
    ------
    InvalidArray
        A dose is negative or missing, or the group is not one of the fit.

    Examples
    --------
    >>> fit = fit_curve([0.1, 0.3, 1.0, 3.0, 10.0, 30.0], [4.9, 4.6, 3.1, 1.7, 1.1, 1.0])
    >>> predict(fit, [0.0, 1.0]).round(2)
    array([5.02, 3.14])
    """
    row = _row_of(curves, group)
    x = np.atleast_1d(np.asarray(dose, dtype=float))
    if x.ndim != 1 or not (np.isfinite(x) & (x >= 0)).all():
        raise InvalidArray("dose must be a list of finite numbers, 0 or more")
    return response_of(curves.theta[[row]], x)


def response_of(theta: Floats, dose: Floats) -> Floats:
    """Expected responses (k,) of one curve (1, 6).

    Examples
    --------
    >>> response_of(np.array([[1.0, 0.0, 2.0, 0.0, 0.0, 0.0]]), np.array([1.0]))
    array([1.])
    """
    fitted: Floats = response(theta, points(dose[None]))[0]
    return fitted


def t_quantile(level: float, df: float) -> float:
    """Two-sided quantile of t; NaN without degrees of freedom.

    Examples
    --------
    >>> round(t_quantile(0.95, 10), 4)
    2.2281
    """
    return float(special.stdtrit(df, (1 + level) / 2)) if df > 0 else float("nan")


def as_dose_response(
    dose: ArrayLike, values: ArrayLike, weights: ArrayLike | None
) -> tuple[Floats, Floats, Floats]:
    """Doses, responses and weights (n,), checked.

    Raises
    ------
    InvalidArray
        As in `fit_curve`.

    Examples
    --------
    >>> as_dose_response([0, 1], [2, 3], None)[2]
    array([1., 1.])
    """
    x = np.asarray(dose, dtype=float)
    x = as_vector(x, x.size, name="dose")
    y = as_vector(values, x.size, name="response")
    w = np.ones(x.size) if weights is None else as_vector(weights, x.size, name="weights")
    problems = [
        f"{name}[{index}] is {part[index]}; expected {expected}"
        for name, part, wrong, expected in (
            ("dose", x, ~np.isfinite(x) | (x < 0), "a finite number, 0 or more"),
            ("response", y, ~np.isfinite(y), "a finite number (leave the well out when it failed)"),
            ("weights", w, ~np.isfinite(w) | (w <= 0), "a finite number above 0"),
        )
        for index in np.flatnonzero(wrong)[:20]
    ]
    if problems:
        raise InvalidArray("\n".join(problems))
    return x, y, w


def check_estimable(x: Floats, y: Floats, codes: Ints, names: NDArray[np.generic], model: CurveModel) -> None:
    """Whether every group has the doses and the spread that its curve needs.

    Raises
    ------
    NotEstimable
        As in `fit_curve`, with every group that falls short.

    Examples
    --------
    >>> check_estimable(np.arange(4.0), np.arange(4.0), np.zeros(4, int), np.array(["a"]), "4pl")
    """
    needed, problems = len(free_parameters(model)), []
    for code, name in enumerate(names):
        own = codes == code
        doses, spread = np.unique(x[own]).size, np.ptp(y[own])
        if doses < needed:
            problems.append(f"{name!s}: {doses} distinct dose(s); a {model} curve needs {needed} or more")
        elif spread == 0:
            problems.append(f"{name!s}: all responses are {y[own][0]:g}; no curve can be seen")
    if problems or not names.size:
        raise NotEstimable("; ".join(problems) or "no measurements at all")


def padded(values: Floats, codes: Ints) -> Floats:
    """Values (n,) as one row per code (g, most of any), short rows filled with 0.

    Examples
    --------
    >>> padded(np.array([1.0, 2.0, 3.0]), np.array([0, 1, 1]))
    array([[1., 0.], [2., 3.]])
    """
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes)
    table = np.zeros((counts.size, counts.max()))
    table[np.arange(counts.max()) < counts[:, None]] = values[order]
    return table


def upright(theta: Floats, model: CurveModel) -> Floats:
    """The same curves with c below d, which a 4PL may have the other way round.

    Examples
    --------
    >>> upright(np.array([[1.0, 5.0, 2.0, 0.0, 0.0, 0.0]]), "4pl")[0, :3]
    array([-1.,  2.,  5.])
    """
    turned = (theta[:, LOWER] > theta[:, UPPER]) & (model == "4pl")
    new = theta.copy()
    new[turned, SLOPE] *= -1
    new[turned, LOWER], new[turned, UPPER] = theta[turned, UPPER], theta[turned, LOWER]
    return new


def as_reported(theta: Floats, free: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Parameters (R, p) with e and f instead of their logs, and how they move with the solver's (R, p).

    Examples
    --------
    >>> as_reported(np.zeros((1, 6)), (0, 3))
    (array([[0., 1.]]), array([[1., 1.]]))
    """
    logs = [column in {LOG_MIDPOINT, LOG_ASYMMETRY} for column in free]
    chosen = theta[:, list(free)]
    plain = np.where(logs, np.exp(np.where(logs, chosen, 0.0)), chosen)
    return plain, np.where(logs, plain, 1.0)


def _variance_and_information(
    theta: Floats,
    y: Floats,
    at: Points,
    weights: Floats,
    free: tuple[int, ...],
    df: int,
    information: Information,
    psi_weights: Floats | None,
) -> tuple[float, Floats]:
    """Pooled residual variance, and the information matrix of each group."""
    residual = y - response(theta, at)
    seen = weights > 0
    if psi_weights is None:
        total = float(np.einsum("rn,rn->", weights, residual**2))
        correction = 1.0
    else:
        # Huber: sum psi^2 / df over the squared share of residuals inside the bend
        total = float(np.einsum("rn,rn->", weights, (psi_weights * residual) ** 2))
        correction = 1 / float((psi_weights[seen] >= 1).mean()) ** 2
    variance = total / df * correction if df > 0 else float("nan")
    if information == "expected":
        return variance, expected_information(theta, at, weights, free)
    scale = weights if psi_weights is None else weights * psi_weights
    return variance, observed_information(theta, y, at, scale, free)


def _reweighted(y: Floats, at: Points, weights: Floats, free: tuple[int, ...]) -> tuple[Minimum, Floats]:
    """Huber's estimate of every group, its scale the pooled median deviation, and the last weights (R, n)."""
    found = minimise_from_grid(y, at, weights, free)
    seen, root = weights > 0, np.sqrt(weights)
    extra = np.ones_like(y)
    settled = np.zeros(len(y), dtype=bool)
    for _ in range(_MOST_REWEIGHTINGS):
        standardised = np.abs(root * (y - response(found.theta, at)))
        scale = _NORMAL_MAD * float(np.median(standardised[seen]))
        bend = _HUBER * scale / np.maximum(standardised, 1e-300)
        extra = np.where(standardised > _HUBER * scale, bend, 1.0)
        new = minimise(found.theta, y, at, weights * extra, free)
        settled = np.abs(new.theta - found.theta).max(axis=1) < 1e-8
        found = new
        if settled.all():
            break
    residual_sum = np.einsum("rn,rn->r", weights, (y - response(found.theta, at)) ** 2)
    return Minimum(found.theta, residual_sum, found.converged & settled, found.steps), extra


def _row_of(curves: Curves, group: object) -> int:
    names = list(curves.group)
    if group is None and len(names) == 1:
        return 0
    if group not in names:
        raise InvalidArray(f"group is {group!r}; expected one of {', '.join(map(str, names[:12]))}")
    return names.index(group)
