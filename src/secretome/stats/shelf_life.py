"""Shelf life from stability series: pooling of lots and crossing of confidence limits, ICH Q1E."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats as distributions

from secretome.errors import InvalidArray, NotEstimable

Floats = NDArray[np.float64]
Model = Literal["cics", "dics", "dids"]
ErrorTerm = Literal["pooled", "separate"]

POOLING_ALPHA = 0.25  # ICH Q1E: level of the tests that decide whether lots may be pooled


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


@dataclass(frozen=True)
class ReleaseLimit:
    """What-if values for every model and lot.

    Parameters
    ----------
    models
        (4,) pairs of model and error term.
    lots
        (k,) names.
    values
        (4, k) months, or release values when months were asked for.
    lowest_is_worst
        Whether the smallest value is the strict one.
    """

    models: tuple[tuple[Model, ErrorTerm], ...]
    lots: tuple[str, ...]
    values: Floats
    lowest_is_worst: bool

    def answer(self, model: Model, error: ErrorTerm = "pooled") -> float:
        """The value of the worst lot of one model."""
        row = self.values[self.models.index((model, error))]
        return float(row.min() if self.lowest_is_worst else row.max())


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
    data = _Series.checked(time, value, lot)
    _check_limits(lower, upper)
    if error not in get_args(ErrorTerm):
        raise InvalidArray(f"error is {error!r}; expected pooled or separate")
    if sides not in (None, 1, 2):
        raise InvalidArray(f"sides is {sides!r}; expected 1, 2 or None")
    if not 0.5 < confidence < 1:
        raise InvalidArray(f"confidence is {confidence}; expected a share between 0.5 and 1, such as 0.95")
    used = sides or (1 if lower is None or upper is None else 2)
    limits = _Limits(lower, upper, confidence, used)
    fits = tuple(_fit(data, model, limits) for model in get_args(Model))
    fits = (*fits, _separate(data, limits))
    if fits[2].sigma[0] <= 1e-12 * np.abs(data.value).max():
        raise NotEstimable("the values lie exactly on lines: without residual error no limit can be computed")
    ancova = _ancova(data) if len(data.lots) > 1 else None
    p_slope, p_intercept = (ancova.p_value[2], ancova.p_value[1]) if ancova else (np.nan, np.nan)
    model = _choose(p_slope, p_intercept, alpha, single=ancova is None)
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
        ancova=ancova,
        lots=data.lots,
        fits=fits,
        confidence=confidence,
        sides=used,
        lower=lower,
        upper=upper,
    )


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
    >>> found = estimate([0, 6, 12, 0, 6, 12], [100, 99, 98.2, 100.2, 99.1, 97.9], list("AAABBB"), lower=95)
    >>> limits_at(found.chosen, [0, 12]).shape
    (2, 2, 3)
    """
    times = np.atleast_1d(np.asarray(time, dtype=float))
    quantile = _quantile(fit.df, confidence, sides)
    mean = fit.intercept[:, None] + fit.slope[:, None] * times
    v = fit.covariance
    spread = v[:, 0, 0, None] + 2 * times * v[:, 0, 1, None] + times**2 * v[:, 1, 1, None]
    half = (quantile * fit.sigma)[:, None] * np.sqrt(np.maximum(spread, 0))
    return np.stack([mean, mean - half, mean + half], axis=-1)


def release_limit(
    time: ArrayLike,
    value: ArrayLike,
    lot: ArrayLike,
    *,
    release: float | None = None,
    months: float | None = None,
    lower: float | None = None,
    upper: float | None = None,
    confidence: float = 0.95,
) -> ReleaseLimit:
    """What if a lot is released at a value: its shelf life, or the release value for a shelf life.

    Parameters
    ----------
    time, value, lot
        As in `estimate`.
    release, months
        Exactly one. `release`: value at release, gives months; `months`: wanted shelf life,
        gives the release value.
    lower, upper
        Exactly one acceptance limit.

    Returns
    -------
    Months or release values for every model and lot; `answer` is the worst lot's.

    Raises
    ------
    InvalidArray
        If not exactly one of each pair is given, or the release value is outside the limit.

    Notes
    -----
    The loss from a lot's fitted intercept to its confidence limit starts at the release value instead.
    The worst lot is the one that gives the fewest months (or asks for the strictest release value);
    expirest reads the lot with the lowest intercept, which with different slopes need not be the worst.

    References
    ----------
    Australian regulatory guidelines for prescription medicines, stability testing.
    Reference implementation: `expirest_wisle` of R expirest 0.1.7, months to 1e-4 for the lot that
    it reads.

    Examples
    --------
    >>> month, assay = [0, 3, 6, 9, 12], [100.2, 99.3, 98.8, 97.9, 97.2]
    >>> found = release_limit(month, assay, ["A"] * 5, release=98, lower=95)
    >>> round(found.answer("cics"), 2)
    11.45
    """
    if (release is None) == (months is None):
        raise InvalidArray("give either the value at release or the wanted months, not both")
    if (lower is None) == (upper is None):
        raise InvalidArray("a release limit needs exactly one acceptance limit, lower or upper")
    found = estimate(time, value, lot, lower=lower, upper=upper, confidence=confidence)
    sign, bound = (1.0, float(lower)) if lower is not None else (-1.0, float(upper or 0.0))
    if release is not None and sign * (release - bound) <= 0:
        raise InvalidArray(f"a release value of {release} is not inside the acceptance limit {bound}")
    rows = []
    for fit in found.fits:
        if months is None:
            moved = fit.intercept - float(release or 0.0) + bound
            sides = [
                _Limits(x if sign > 0 else None, None if sign > 0 else x, confidence, 1)
                for x in moved.tolist()
            ]
            rows.append([_leave(fit, position, limits)[0] for position, limits in enumerate(sides)])
        else:
            at = limits_at(fit, [months], confidence=confidence)[:, 0]
            rows.append((bound + fit.intercept - (at[:, 1] if sign > 0 else at[:, 2])).tolist())
    return ReleaseLimit(
        models=tuple((fit.model, fit.error) for fit in found.fits),
        lots=found.lots,
        values=np.array(rows),
        lowest_is_worst=months is None or sign < 0,
    )


@dataclass(frozen=True)
class _Series:
    time: Floats
    value: Floats
    code: NDArray[np.intp]
    lots: tuple[str, ...]

    @classmethod
    def checked(cls, time: ArrayLike, value: ArrayLike, lot: ArrayLike) -> _Series:
        times, values = np.asarray(time, dtype=float), np.asarray(value, dtype=float)
        labels = np.asarray(lot).astype(str)
        if times.ndim != 1 or not times.shape == values.shape == labels.shape or times.size == 0:
            raise InvalidArray(
                f"time, value and lot have shapes {times.shape}, {values.shape}, {labels.shape}; expected one length"
            )
        bad = ~np.isfinite(times) | ~np.isfinite(values)
        if bad.any():
            raise InvalidArray(f"{bad.sum()} of {bad.size} times or values are missing or infinite")
        if (times < 0).any():
            raise InvalidArray(f"time {times.min()} is negative; expected months since release")
        names, codes = np.unique(labels, return_inverse=True)
        for position, name in enumerate(names):
            mine = times[codes == position]
            if mine.size < 3 or np.unique(mine).size < 2:
                raise NotEstimable(
                    f"lot '{name}' has {mine.size} values at {np.unique(mine).size} times; a line with its error needs 3 values at 2 times"
                )
        return cls(times, values, codes.astype(np.intp), tuple(str(name) for name in names))


@dataclass(frozen=True)
class _Limits:
    lower: float | None
    upper: float | None
    confidence: float
    sides: int


def _check_limits(lower: float | None, upper: float | None) -> None:
    given = [limit for limit in (lower, upper) if limit is not None]
    if not given or not np.isfinite(given).all():
        raise InvalidArray("give a finite lower or upper limit, or both: they state the direction of change")
    if lower is not None and upper is not None and lower >= upper:
        raise InvalidArray(f"the lower limit {lower} is not below the upper limit {upper}")


def _quantile(df: Floats, confidence: float, sides: int) -> Floats:
    level = confidence if sides == 1 else (1 + confidence) / 2
    return np.asarray(distributions.t.ppf(level, df), dtype=np.float64)


def _design(data: _Series, model: Model) -> tuple[Floats, tuple[str, ...], Floats]:
    """Design (n, p), names of its columns, and the map (k, 2, p) to each lot's line."""
    lots, n = len(data.lots), data.time.size
    dummies = (data.code[:, None] == np.arange(1, lots)).astype(float)
    own_intercept, own_slope = model != "cics", model == "dids"
    parts, names = [np.ones((n, 1))], ["intercept"]
    if own_intercept:
        parts.append(dummies)
        names += [f"lot {name}" for name in data.lots[1:]]
    parts.append(data.time[:, None])
    slope_at = len(names)
    names.append("time")
    if own_slope:
        parts.append(dummies * data.time[:, None])
        names += [f"time x lot {name}" for name in data.lots[1:]]
    lines = np.zeros((lots, 2, len(names)))
    lines[:, 0, 0] = 1
    lines[:, 1, slope_at] = 1
    for position in range(1, lots):
        if own_intercept:
            lines[position, 0, position] = 1
        if own_slope:
            lines[position, 1, slope_at + position] = 1
    return np.hstack(parts), tuple(names), lines


def _least_squares(design: Floats, value: Floats) -> tuple[Floats, Floats, float]:
    """Coefficients, unscaled covariance and residual sum of squares."""
    q, r = np.linalg.qr(design)
    inverse = np.linalg.inv(r)
    coefficients = inverse @ (q.T @ value)
    residual = value - design @ coefficients
    return coefficients, inverse @ inverse.T, float(residual @ residual)


def _fit(data: _Series, model: Model, limits: _Limits) -> LineFit:
    design, names, lines = _design(data, model)
    coefficients, unscaled, rss = _least_squares(design, data.value)
    n, p = design.shape
    sigma = np.sqrt(rss / (n - p))
    with np.errstate(divide="ignore"):
        log_likelihood = -0.5 * n * (np.log(2 * np.pi) + np.log(rss / n) + 1)
    lots = len(data.lots)
    return _with_months(
        limits,
        model=model,
        error="pooled",
        terms=names,
        coefficients=coefficients,
        standard_errors=sigma * np.sqrt(np.diag(unscaled)),
        line=lines @ coefficients,
        sigma=np.full(lots, sigma),
        df=np.full(lots, float(n - p)),
        covariance=lines @ unscaled @ lines.transpose(0, 2, 1),
        aic=float(2 * (p + 1) - 2 * log_likelihood),
        bic=float(np.log(n) * (p + 1) - 2 * log_likelihood),
    )


def _separate(data: _Series, limits: _Limits) -> LineFit:
    line, sigma, df, covariance = [], [], [], []
    for position in range(len(data.lots)):
        mine = data.code == position
        design = np.column_stack([np.ones(mine.sum()), data.time[mine]])
        coefficients, unscaled, rss = _least_squares(design, data.value[mine])
        line.append(coefficients)
        df.append(float(mine.sum() - 2))
        sigma.append(np.sqrt(rss / df[-1]))
        covariance.append(unscaled)
    return _with_months(
        limits,
        model="dids",
        error="separate",
        terms=(),
        coefficients=np.empty(0),
        standard_errors=np.empty(0),
        line=np.array(line),
        sigma=np.array(sigma),
        df=np.array(df),
        covariance=np.array(covariance),
        aic=float("nan"),
        bic=float("nan"),
    )


def _with_months(
    limits: _Limits,
    *,
    model: Model,
    error: ErrorTerm,
    terms: tuple[str, ...],
    coefficients: Floats,
    standard_errors: Floats,
    line: Floats,
    sigma: Floats,
    df: Floats,
    covariance: Floats,
    aic: float,
    bic: float,
) -> LineFit:
    empty = np.zeros(len(line))
    fit = LineFit(
        model, error, terms, coefficients, standard_errors, line[:, 0], line[:, 1], sigma, df, covariance,
        empty, (), (), aic, bic,
    )  # fmt: skip
    left = [_leave(fit, position, limits) for position in range(len(line))]
    return LineFit(
        model, error, terms, coefficients, standard_errors, line[:, 0], line[:, 1], sigma, df, covariance,
        np.array([months for months, _, _ in left]), tuple(limit for _, limit, _ in left),
        tuple(status for _, _, status in left), aic, bic,
    )  # fmt: skip


def _leave(fit: LineFit, lot: int, limits: _Limits) -> tuple[float, str, str]:
    """Month, limit and status at which one lot's confidence limit leaves first."""
    quantile = float(_quantile(fit.df[lot : lot + 1], limits.confidence, limits.sides)[0])
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


def _ancova(data: _Series) -> Ancova:
    residuals, degrees = [], []
    n = data.time.size
    for model in get_args(Model):
        design, _, _ = _design(data, model)
        _, _, rss = _least_squares(design, data.value)
        residuals.append(rss)
        degrees.append(n - design.shape[1])
    total = float(((data.value - data.value.mean()) ** 2).sum())
    ss = np.array(
        [total - residuals[0], residuals[0] - residuals[1], residuals[1] - residuals[2], residuals[2]]
    )
    df = np.array([1, degrees[0] - degrees[1], degrees[1] - degrees[2], degrees[2]], dtype=float)
    mean_square = ss / df
    f = np.full(4, np.nan)
    f[:3] = mean_square[:3] / mean_square[3]
    p = np.full(4, np.nan)
    p[:3] = distributions.f.sf(f[:3], df[:3], df[3])
    return Ancova(("time", "lot", "time x lot", "residual"), df, ss, mean_square, f, p)


def _choose(p_slope: float, p_intercept: float, alpha: float, *, single: bool) -> Model:
    if single:
        return "cics"
    if p_slope < alpha:
        return "dids"
    return "dics" if p_intercept < alpha else "cics"
