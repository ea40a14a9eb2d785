"""Two one-sided tests of whether a difference lies inside margins that were fixed beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import integrate
from scipy import stats as distributions

from secretome.errors import InvalidArray, NotEstimable

Floats = NDArray[np.float64]
Comparison = Literal["welch", "pooled", "paired"]


@dataclass(frozen=True)
class Tost:
    """A difference with the two one-sided tests against its margins.

    Parameters
    ----------
    difference, standard_error, df
        Test minus reference.
    t_lower, p_lower, t_upper, p_upper
        Against the lower and the upper margin.
    p_value
        The larger of the two.
    lower, upper
        Interval of level 1 - 2 alpha; inside the margins exactly when `p_value` < alpha.
    p_difference
        Of the two-sided test against zero, to tell "different" from "undecided".
    """

    difference: float
    standard_error: float
    df: float
    t_lower: float
    p_lower: float
    t_upper: float
    p_upper: float
    p_value: float
    lower: float
    upper: float
    p_difference: float
    margin_lower: float
    margin_upper: float


def tost(
    test: ArrayLike,
    reference: ArrayLike,
    *,
    margin: tuple[float, float],
    comparison: Comparison = "welch",
    alpha: float = 0.05,
) -> Tost:
    """Two one-sided t tests of the difference of two means, or of pairs.

    Parameters
    ----------
    test, reference
        One value per independent unit; of equal length and order when `paired`. Logarithms for ratios.
    margin
        Lower and upper margin of the difference, on the scale of the values.
    comparison
        `welch` (unequal variances), `pooled` or `paired`.
    alpha
        Level of each one-sided test.

    Raises
    ------
    InvalidArray
        If a value is not finite, pairs do not match or the margin does not hold zero inside.
    NotEstimable
        With fewer than two values on a side, or no spread at all.

    References
    ----------
    Schuirmann D. J. (1987) J. Pharmacokinet. Biopharm. 15:657, doi:10.1007/BF01068419.
    Reference implementation: `t.test` of R 4.2.2 twice, to 1e-8.

    Examples
    --------
    >>> found = tost([101, 99, 103, 98], [100, 102, 97, 100], margin=(-5, 5))
    >>> round(found.difference, 2), found.p_value < 0.05
    (0.5, True)
    """
    x, y = _values(test, "test"), _values(reference, "reference")
    low, high = (float(side) for side in margin)
    if not low < 0 < high:
        raise InvalidArray(f"margins {low} and {high} do not lie on both sides of zero")
    if comparison not in get_args(Comparison):
        raise InvalidArray(f"comparison is {comparison!r}; expected one of {', '.join(get_args(Comparison))}")
    difference, error, df = _difference(x, y, comparison)
    if error <= 0:
        raise NotEstimable("the values do not vary at all: no test can be computed")
    t_lower, t_upper = (difference - low) / error, (difference - high) / error
    p_lower, p_upper = float(distributions.t.sf(t_lower, df)), float(distributions.t.cdf(t_upper, df))
    half = float(distributions.t.ppf(1 - alpha, df)) * error
    return Tost(
        difference=difference,
        standard_error=error,
        df=df,
        t_lower=t_lower,
        p_lower=p_lower,
        t_upper=t_upper,
        p_upper=p_upper,
        p_value=max(p_lower, p_upper),
        lower=difference - half,
        upper=difference + half,
        p_difference=float(2 * distributions.t.sf(abs(difference / error), df)),
        margin_lower=low,
        margin_upper=high,
    )


def power(
    n_test: int,
    n_reference: int,
    *,
    sd: float,
    margin: tuple[float, float],
    true_difference: float = 0.0,
    comparison: Literal["pooled", "paired"] = "pooled",
    alpha: float = 0.05,
) -> float:
    """Probability that the two one-sided tests both reject, by integration over the sample variance.

    Parameters
    ----------
    n_test, n_reference
        Units on each side; pairs (both equal) when `paired`.
    sd
        Of one value; of the differences when `paired`.

    References
    ----------
    Owen D. B. (1965) Biometrika 52:437, doi:10.1093/biomet/52.3-4.437.

    Examples
    --------
    >>> round(power(6, 6, sd=0.1, margin=(-0.223, 0.223)), 2)
    0.95
    """
    paired = comparison == "paired"
    df = n_test - 1 if paired else n_test + n_reference - 2
    if df < 1 or sd <= 0:
        raise NotEstimable("power needs at least one degree of freedom and a positive sd")
    error = sd * np.sqrt(1 / n_test if paired else 1 / n_test + 1 / n_reference)
    t = float(distributions.t.ppf(1 - alpha, df))
    low, high = ((side - true_difference) / error for side in margin)

    def rejects(s: float) -> float:
        inside = distributions.norm.cdf(high - t * s) - distributions.norm.cdf(low + t * s)
        return float(max(inside, 0.0) * distributions.chi.pdf(s * np.sqrt(df), df) * np.sqrt(df))

    end = (high - low) / (2 * t)  # beyond it the two rejection regions do not meet
    value, _ = integrate.quad(rejects, 0, end, limit=200)
    return float(value)


def _values(values: ArrayLike, name: str) -> Floats:
    array = np.asarray(values, dtype=float)
    if array.ndim != 1 or not np.isfinite(array).all():
        raise InvalidArray(f"{name} must be one list of finite numbers; drop missing ones and say so")
    if array.size < 2:
        raise NotEstimable(f"{name} has {array.size} unit: a comparison needs at least two on each side")
    return array


def _difference(x: Floats, y: Floats, comparison: Comparison) -> tuple[float, float, float]:
    if comparison == "paired":
        if x.size != y.size:
            raise InvalidArray(f"{x.size} test and {y.size} reference values cannot be pairs")
        d = x - y
        return float(d.mean()), float(d.std(ddof=1) / np.sqrt(d.size)), float(d.size - 1)
    difference = float(x.mean() - y.mean())
    vx, vy = x.var(ddof=1) / x.size, y.var(ddof=1) / y.size
    if comparison == "pooled":
        df = x.size + y.size - 2
        pooled = ((x.size - 1) * x.var(ddof=1) + (y.size - 1) * y.var(ddof=1)) / df
        return difference, float(np.sqrt(pooled * (1 / x.size + 1 / y.size))), float(df)
    if vx + vy == 0:
        return difference, 0.0, 1.0
    df = (vx + vy) ** 2 / (vx**2 / (x.size - 1) + vy**2 / (y.size - 1))
    return difference, float(np.sqrt(vx + vy)), float(df)
