"""Shelf life from stability series: pooling of lots and crossing of confidence limits, ICH Q1E."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._stability_lines import Ancova, LineFit, covariance_analysis, fit_model, fit_separate
from secretome.stats._stability_series import ErrorTerm, Limits, Model, Series, check_limits

POOLING_ALPHA = 0.25  # ICH Q1E: level of the tests that decide whether lots may be pooled
Pooling = Literal["ich", "none"]


@dataclass(frozen=True)
class ShelfLife:
    """The shelf life and all that it rests on.

    Parameters
    ----------
    months, limiting_lot, limit, status
        Of the chosen model and error term: that of the worst lot.
    model
        The model that ICH Q1E chooses.
    p_slope, p_intercept
        Of the pooling tests; NaN with a single lot.
    lots
        (k,) names in sorted order.
    fits
        Every model: cics, dics, dids with pooled and dids with separate error.
    """

    months: float
    limiting_lot: str
    limit: str
    status: str
    model: Model
    error: ErrorTerm
    p_slope: float
    p_intercept: float
    ancova: Ancova | None
    lots: tuple[str, ...]
    fits: tuple[LineFit, ...]
    confidence: float
    sides: int
    lower: float | None
    upper: float | None

    def fit(self, model: Model, error: ErrorTerm = "pooled") -> LineFit:
        """The fit of one model and error term."""
        return next(fit for fit in self.fits if (fit.model, fit.error) == (model, error))

    @property
    def chosen(self) -> LineFit:
        """The fit that the shelf life is read from."""
        return self.fit(self.model, self.error if self.model == "dids" else "pooled")


def estimate(
    time: ArrayLike,
    value: ArrayLike,
    lot: ArrayLike,
    *,
    lower: float | None = None,
    upper: float | None = None,
    error: ErrorTerm = "pooled",
    confidence: float = 0.95,
    sides: int | None = None,
    alpha: float = POOLING_ALPHA,
    pooling: Pooling = "ich",
    censored: ArrayLike | None = None,
) -> ShelfLife:
    """Months until the confidence limit of the mean leaves the limits, as ICH Q1E pools lots.

    Parameters
    ----------
    time
        (n,) months since release, not negative.
    value
        (n,) of the attribute; take logarithms of values and limits for a log-linear decay.
    lot
        (n,) labels.
    lower, upper
        The acceptance limits, at least one. They state the direction of the change.
    error
        Residual variance when slopes differ: pooled over lots (default) or of each lot.
    confidence
        Of the limit.
    sides
        1: each limit is one-sided; 2: two-sided interval. None: 1 with one limit, 2 with both,
        because both limits mean that the direction of change is not known.
    alpha
        Level of the two pooling tests.
    pooling
        `ich`: lots are pooled unless the tests see a difference; `none`: every lot by its own line (dids), whose
        chance of too long a shelf life is at most 1 - confidence for one-sided limits whether lots differ or not.
    censored
        (n,) whether a value is only known to lie below the number given (a lower limit of quantification).

    Returns
    -------
    Months of the worst lot for every model and both error terms, and the chosen one.

    Raises
    ------
    InvalidArray
        If lengths differ, a number is missing or infinite, a time is negative, or the limits are absent
        or in the wrong order.
    NotEstimable
        If a lot has fewer than three values or a single time, or all values lie exactly on lines.

    Notes
    -----
    Slopes first, then intercepts, are tested at `alpha` against the residual of the full model;
    the test of intercepts is the sequential one of lot after time.
    The limit of a lot with line a + b t and unscaled covariance V is
    a + b t -/+ q s sqrt(V00 + 2 t V01 + t^2 V11); its crossing is the root of a quadratic.
    With censored values all models are fitted by maximum likelihood with normal errors (`_censored_line`), and the tests
    are those of the likelihoods, written so that without a censored value every number is that of least squares.
    The allowed times are an interval because the limit is concave, so a limit that is outside at
    month 0 gives 0, even where it comes back later.

    References
    ----------
    ICH Q1E, Evaluation of stability data (2003).
    Reference implementation: R expirest 0.1.7; choice of model exact, months to 1e-4, other
    numbers to 1e-6. With two limits expirest reports one-sided limits on each side: `sides=1`.

    Examples
    --------
    >>> month = [0, 3, 6, 9, 12] * 2
    >>> assay = [100.2, 99.3, 98.8, 97.9, 97.2, 99.9, 99.4, 98.5, 97.8, 97.1]
    >>> found = estimate(month, assay, ["A"] * 5 + ["B"] * 5, lower=95)
    >>> found.model, round(found.months, 2)
    ('dics', 19.73)
    """
    data = Series.checked(time, value, lot, censored)
    check_limits(lower, upper)
    if error not in get_args(ErrorTerm):
        raise InvalidArray(f"error is {error!r}; expected pooled or separate")
    if pooling not in get_args(Pooling):
        raise InvalidArray(f"pooling is {pooling!r}; expected ich or none")
    if sides not in (None, 1, 2):
        raise InvalidArray(f"sides is {sides!r}; expected 1, 2 or None")
    if not 0.5 < confidence < 1:
        raise InvalidArray(f"confidence is {confidence}; expected a share between 0.5 and 1, such as 0.95")
    used = sides or (1 if lower is None or upper is None else 2)
    limits = Limits(lower, upper, confidence, used)
    fits = tuple(fit_model(data, model, limits) for model in get_args(Model))
    fits = (*fits, fit_separate(data, limits))
    if fits[2].sigma[0] <= 1e-12 * np.abs(data.value).max():
        raise NotEstimable("the values lie exactly on lines: without residual error no limit can be computed")
    tests = covariance_analysis(data) if len(data.lots) > 1 else None
    p_slope, p_intercept = (tests.p_value[2], tests.p_value[1]) if tests else (np.nan, np.nan)
    model = _choose(p_slope, p_intercept, alpha, single=tests is None, pooling=pooling)
    chosen = next(f for f in fits if f.model == model and f.error == (error if model == "dids" else "pooled"))
    worst = chosen.worst
    return ShelfLife(
        months=float(chosen.months[worst]),
        limiting_lot=data.lots[worst] if model != "cics" else "",
        limit=chosen.limit[worst],
        status=chosen.status[worst],
        model=model,
        error=error,
        p_slope=float(p_slope),
        p_intercept=float(p_intercept),
        ancova=tests,
        lots=data.lots,
        fits=fits,
        confidence=confidence,
        sides=used,
        lower=lower,
        upper=upper,
    )


def _choose(p_slope: float, p_intercept: float, alpha: float, *, single: bool, pooling: Pooling) -> Model:
    if single:
        return "cics"
    if pooling == "none":
        return "dids"
    if p_slope < alpha:
        return "dids"
    return "dics" if p_intercept < alpha else "cics"
