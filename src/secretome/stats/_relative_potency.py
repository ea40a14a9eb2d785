"""Relative potency from curves that share all but their position, and whether they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from secretome.errors import InvalidArray, NotEstimable, near_misses
from secretome.stats._arrays import Bools, Floats, Ints, as_codes
from secretome.stats._curve_errors import covariance_of, expected_information, observed_information, status_of
from secretome.stats._curve_fit import (
    Information,
    as_dose_response,
    check_estimable,
    padded,
    t_quantile,
    upright,
)
from secretome.stats._curve_solver import Minimum, minimise_from_grid
from secretome.stats._parallelism import Parallelism, fieller, parallelism
from secretome.stats._sigmoid import LOG_MIDPOINT, LOG_RATIO, CurveModel, Points, free_parameters, points

Interval = Literal["log", "delta", "fieller"]


@dataclass(frozen=True)
class RelativePotency:
    """Relative potency of r pairs of a plate and a test preparation; logs are natural.

    Attributes
    ----------
    plate, preparation
        (r,) labels; without plates `plate` is "all".
    reference, model, interval, level
        as asked for.
    log_ratio
        (r,) ln of the potency of the test preparation relative to the reference: a dose x of it acts as
        exp(log_ratio) x of the reference.
    standard_error, lower, upper
        (r,) of `log_ratio`, on its scale; NaN where the pair did not converge.
    df
        (r,) residual degrees of freedom of the parallel fit.
    sigma
        (r,) its residual standard deviation.
    parallelism
        tests and ratios that compare the free curves.
    converged, status
        (r,) of the parallel fit.
    """

    plate: NDArray[np.generic]
    preparation: NDArray[np.generic]
    reference: object
    model: CurveModel
    interval: Interval
    level: float
    log_ratio: Floats
    standard_error: Floats
    lower: Floats
    upper: Floats
    df: Ints
    sigma: Floats
    parallelism: Parallelism
    converged: Bools
    status: tuple[str, ...]

    @property
    def ratio(self) -> Floats:
        """(r,) relative potency."""
        return _exponential(self.log_ratio)

    @property
    def ratio_lower(self) -> Floats:
        """(r,) lower limit of the relative potency."""
        return _exponential(self.lower)

    @property
    def ratio_upper(self) -> Floats:
        """(r,) upper limit of the relative potency."""
        return _exponential(self.upper)


def _exponential(log: Floats) -> Floats:
    """Infinite where the logarithm is beyond any number."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(log))


@dataclass(frozen=True)
class Pairs:
    """r pairs of test and reference, padded to (r, n): what every fit of them starts from."""

    plate: NDArray[np.generic]
    preparation: NDArray[np.generic]
    y: Floats
    weights: Floats
    at: Points


def relative_potency(
    dose: ArrayLike,
    response: ArrayLike,
    preparation: ArrayLike,
    *,
    reference: object,
    model: CurveModel = "4pl",
    weights: ArrayLike | None = None,
    plate: ArrayLike | None = None,
    interval: Interval = "log",
    information: Information = "expected",
    level: float = 0.95,
    ratio_level: float = 0.90,
) -> RelativePotency:
    """Relative potency of each test preparation on each plate, from parallel curves.

    Parameters
    ----------
    dose
        (n,) 0 or more; the same unit for all preparations, which decides what the ratio means.
    response
        (n,) in any one unit.
    preparation
        (n,) labels.
    reference
        the label whose potency is 1.
    model, weights, information
        as in `fit_curve`.
    plate
        (n,) labels of plates (or assays), each fitted on its own; combine them with `combine`.
    interval
        `"log"`: t on the log ratio; `"delta"`, `"fieller"`: on the ratio of the midpoints, as drc's `EDcomp`.
    level, ratio_level
        of the intervals of the log ratio, and of the ratios that compare the free curves.

    Returns
    -------
    RelativePotency
        One row per plate and test preparation, in sorted order.

    Raises
    ------
    InvalidArray
        As in `fit_curve`; or the reference is not among the preparations, or an option is unknown.
    NotEstimable
        A preparation on a plate has too few doses or equal responses, a plate lacks the reference or any test
        preparation, or no degrees of freedom are left.

    Notes
    -----
    The parallel curves share b, c, d (and f); log e of the test preparation is that of the reference less
    `log_ratio`. Each test preparation is fitted with the reference alone, so that one that is not parallel does
    not move another; ratios on one plate share the reference and are not independent.
    Reference: R `nls` for log ratio and error, 1e-5; drc 3.0-1 for `"delta"`, `"fieller"` (with observed
    information) and the extra-sum-of-squares F, 1e-4.

    References
    ----------
    Ritz et al. 2015, doi 10.1371/journal.pone.0146021.

    Examples
    --------
    >>> dose = np.tile([0.1, 0.3, 1.0, 3.0, 10.0], 4)
    >>> name = np.repeat(["r", "r", "t", "t"], 5)
    >>> noise = np.random.default_rng(1).normal(0, 0.02, 20)
    >>> y = 5 - 4 / (1 + 1 / np.where(name == "t", dose / 2, dose)) + noise
    >>> found = relative_potency(dose, y, name, reference="r")
    >>> found.preparation, found.ratio.round(2)
    (array(['t'], dtype='<U1'), array([0.51]))
    """
    _check_options(interval, information, level, ratio_level)
    pairs = as_pairs(dose, response, preparation, reference, model, weights, plate)
    free = free_parameters(model, ratio=True)
    found = minimise_from_grid(pairs.y, pairs.at, pairs.weights, free)
    theta = upright(found.theta, model)
    df = np.count_nonzero(pairs.weights, axis=1) - len(free)
    variance = found.residual_sum / df
    normal = (
        expected_information(theta, pairs.at, pairs.weights, free)
        if information == "expected"
        else observed_information(theta, pairs.y, pairs.at, pairs.weights, free)
    )
    covariance, identified = covariance_of(normal, theta, free)
    good = found.converged & identified
    covariance = np.where(good[:, None, None], covariance * variance[:, None, None], np.nan)
    error, lower, upper = _limits(theta, covariance, free, df, interval, level)
    return RelativePotency(
        plate=pairs.plate,
        preparation=pairs.preparation,
        reference=reference,
        model=model,
        interval=interval,
        level=level,
        log_ratio=theta[:, LOG_RATIO],
        standard_error=error,
        lower=lower,
        upper=upper,
        df=df.astype(np.intp),
        sigma=np.sqrt(variance),
        parallelism=_compare(pairs, found, model, information, ratio_level),
        converged=good,
        status=status_of(found, identified),
    )


def as_pairs(
    dose: ArrayLike,
    response: ArrayLike,
    preparation: ArrayLike,
    reference: object,
    model: CurveModel,
    weights: ArrayLike | None,
    plate: ArrayLike | None,
) -> Pairs:
    """The pairs of a test preparation and the reference on each plate, checked.

    Raises
    ------
    InvalidArray, NotEstimable
        As in `relative_potency`.

    Examples
    --------
    >>> x = [1, 2, 4, 8, 16, 32] * 2
    >>> as_pairs(x, range(12), ["r"] * 6 + ["t"] * 6, "r", "4pl", None, None).y.shape
    (1, 12)
    """
    x, y, w = as_dose_response(dose, response, weights)
    names = np.asarray(preparation)
    as_codes(names, x.size, name="preparation")
    plates = np.full(x.size, "all") if plate is None else np.asarray(plate)
    as_codes(plates, x.size, name="plate")
    needed = len(free_parameters(model))
    if reference not in names.tolist():
        known = sorted({str(name) for name in names.tolist()})
        raise InvalidArray(
            f"reference {reference!r} is not a preparation{near_misses(str(reference), known)}"
        )
    rows, problems = [], []
    for label in np.unique(plates):
        here = plates == label
        present = np.unique(names[here])
        tests = [name for name in present if name != reference]
        if reference not in present.tolist() or not tests:
            problems.append(f"plate {label}: needs the reference {reference!r} and a test preparation")
            continue
        for test in tests:
            own = np.flatnonzero(here & ((names == reference) | (names == test)))
            is_test = names[own] == test
            _collect(
                problems, f"plate {label}: ", x[own], y[own], is_test, np.array([reference, test]), model
            )
            if own.size <= 2 * needed:
                problems.append(
                    f"plate {label}, {test}: {own.size} responses; two free {model} curves need more than {2 * needed}"
                )
            rows.append((label, test, own, is_test.astype(float)))
    if problems:
        raise NotEstimable("\n".join(problems))
    size = np.array([own.size for _, _, own, _ in rows])
    codes = np.repeat(np.arange(len(rows)), size)
    order = np.concatenate([own for _, _, own, _ in rows])
    shifted = np.concatenate([test for _, _, _, test in rows])
    doses, values, scale, moved = (padded(part, codes) for part in (x[order], y[order], w[order], shifted))
    return Pairs(
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows]),
        values,
        scale,
        points(doses, moved),
    )


def _collect(
    problems: list[str],
    where: str,
    x: Floats,
    y: Floats,
    is_test: Bools,
    names: NDArray[np.generic],
    model: CurveModel,
) -> None:
    try:
        check_estimable(x, y, is_test.astype(np.intp), names, model)
    except NotEstimable as problem:
        problems.append(where + str(problem))


def _check_options(interval: str, information: str, level: float, ratio_level: float) -> None:
    if interval not in {"log", "delta", "fieller"}:
        raise InvalidArray(f"interval is {interval!r}; expected 'log', 'delta' or 'fieller'")
    if information not in {"expected", "observed"}:
        raise InvalidArray(f"information is {information!r}; expected 'expected' or 'observed'")
    for name, value in (("level", level), ("ratio_level", ratio_level)):
        if not 0 < value < 1:
            raise InvalidArray(f"{name} is {value}; expected a number above 0 and below 1")


def _limits(
    theta: Floats, covariance: Floats, free: tuple[int, ...], df: Ints, interval: Interval, level: float
) -> tuple[Floats, Floats, Floats]:
    """Standard error and limits (r,) of the log ratio."""
    ratio, midpoint = free.index(LOG_RATIO), free.index(LOG_MIDPOINT)
    error = np.sqrt(covariance[:, ratio, ratio])
    t = np.array([t_quantile(level, int(value)) for value in df])
    estimate = theta[:, LOG_RATIO]
    if interval == "log":
        return error, estimate - t * error, estimate + t * error
    if interval == "delta":
        with np.errstate(invalid="ignore"):
            below, above = (np.exp(estimate) * np.maximum(1 + sign * t * error, 0.0) for sign in (-1, 1))
    else:
        top, bottom = np.exp(theta[:, LOG_MIDPOINT]), np.exp(theta[:, LOG_MIDPOINT] - estimate)
        by_top, by_bottom = np.zeros((2, len(theta), len(free)))
        by_top[:, midpoint] = top
        by_bottom[:, midpoint], by_bottom[:, ratio] = bottom, -bottom
        below, above = fieller(top, bottom, by_top, by_bottom, covariance, t)
    with np.errstate(divide="ignore"):
        return error, np.log(np.maximum(below, 0.0)), np.log(np.maximum(above, 0.0))


def _compare(
    pairs: Pairs, parallel: Minimum, model: CurveModel, information: Information, level: float
) -> Parallelism:
    """The free curves of each pair beside the parallel ones."""
    free = free_parameters(model)
    n_pairs = len(pairs.y)
    y, weights = np.repeat(pairs.y, 2, axis=0), np.repeat(pairs.weights, 2, axis=0)
    at = pairs.at.take(np.repeat(np.arange(n_pairs), 2))
    is_test = at.shifted > 0
    weights = np.where(is_test == (np.arange(2 * n_pairs) % 2 == 1)[:, None], weights, 0.0)
    single = Points(at.log_dose, at.at_zero, np.zeros_like(at.shifted))
    found = minimise_from_grid(y, single, weights, free)
    theta = upright(found.theta, model)
    normal = (
        expected_information(theta, single, weights, free)
        if information == "expected"
        else observed_information(theta, y, single, weights, free)
    )
    inverse, identified = covariance_of(normal, theta, free)
    inverse[~(found.converged & identified)] = np.nan
    n_seen = np.count_nonzero(pairs.weights, axis=1)
    return parallelism(
        theta.reshape(n_pairs, 2, 6),
        inverse.reshape(n_pairs, 2, len(free), len(free)),
        free,
        residual_free=np.where(
            (found.converged).reshape(-1, 2).all(axis=1),
            found.residual_sum.reshape(-1, 2).sum(axis=1),
            np.nan,
        ),
        residual_parallel=np.where(parallel.converged, parallel.residual_sum, np.nan),
        df_free=n_seen - 2 * len(free),
        level=level,
    )
