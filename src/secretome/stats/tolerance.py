"""Tolerance and prediction limits of a normal population, also when lots of one donor are alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize
from scipy import stats as distributions

from secretome.errors import InvalidArray, NotEstimable

Floats = NDArray[np.float64]
Approximation = Literal["exact", "howe", "howe-uncorrected", "weissberg-beatty"]


@dataclass(frozen=True)
class DonorLimits:
    """Limits for a new lot of a new donor.

    Parameters
    ----------
    mean
        Mean of donor means.
    donor_sd, lot_sd
        Standard deviation between donors (0 when its estimate is negative) and between lots of one donor;
        `lot_sd` is NaN when every donor gave one lot.
    lower, upper
        The tolerance limits; infinite on the side that was not asked for.
    n_donors, n_lots
        What they rest on.
    """

    mean: float
    donor_sd: float
    lot_sd: float
    lower: float
    upper: float
    n_donors: int
    n_lots: int


def k_factor(
    n: int,
    *,
    content: float = 0.99,
    confidence: float = 0.95,
    sides: int = 2,
    method: Approximation = "exact",
) -> float:
    """Normal tolerance factor: mean -/+ k sd holds the content with that confidence.

    Parameters
    ----------
    n
        Independent values, at least two.
    content
        Share of the population between the limits.
    confidence
        Of the statement.
    sides
        2 for an interval, 1 for a single limit.
    method
        For two sides: exact integral, or the approximations of Howe (1969), corrected for small samples or not, and of Weissberg
        and Beatty (1960).

    Raises
    ------
    InvalidArray
        If n is below two, a share is not between 0 and 1, or sides is neither 1 nor 2.

    Notes
    -----
    One side: quantile of the noncentral t over sqrt(n).
    Two sides, exact: k solves E[P(chi2(n-1) >= (n-1) q(Z^2/n) / k^2)] = confidence, Z standard normal
    and q the content quantile of the noncentral chi-square with one degree of freedom.

    References
    ----------
    Krishnamoorthy K., Mathew T. (2009) Statistical Tolerance Regions, doi:10.1002/9780470473900.
    Howe W. G. (1969) J. Am. Stat. Assoc. 64:610, doi:10.1080/01621459.1969.10500999.
    Reference implementation: R tolerance 3.0.0, to 1e-4.

    Examples
    --------
    >>> round(k_factor(3), 2), round(k_factor(10), 2), round(k_factor(10, sides=1), 3)
    (12.65, 4.44, 3.981)
    """
    if n < 2 or int(n) != n:
        raise InvalidArray(f"n is {n}; a tolerance factor needs at least two values")
    for name, share in (("content", content), ("confidence", confidence)):
        if not 0 < share < 1:
            raise InvalidArray(f"{name} is {share}; expected a share between 0 and 1")
    if sides == 1:
        shift = distributions.norm.ppf(content) * np.sqrt(n)
        return float(distributions.nct.ppf(confidence, n - 1, shift) / np.sqrt(n))
    if sides != 2:
        raise InvalidArray(f"sides is {sides}; expected 1 or 2")
    if method == "exact":
        return _exact(int(n), content, confidence)
    if method not in get_args(Approximation):
        raise InvalidArray(f"method is {method!r}; expected one of {', '.join(get_args(Approximation))}")
    if method == "weissberg-beatty":
        return _weissberg_beatty(n, content, confidence)
    return _howe(n, content, confidence, corrected=method == "howe")


def limits(
    value: ArrayLike,
    *,
    content: float = 0.99,
    confidence: float = 0.95,
    sides: int = 2,
    method: Approximation = "exact",
) -> tuple[float, float]:
    """Normal tolerance limits of independent values.

    Parameters
    ----------
    value
        (n,) one value per independent unit; take logarithms for a lognormal attribute.
    sides
        2 for both; 1 gives two single limits, each valid alone.
    method
        As in `k_factor`.

    Examples
    --------
    >>> low, high = limits([98.0, 101.2, 99.5, 100.4, 102.1], content=0.9)
    >>> round(low, 1), round(high, 1)
    (93.5, 107.0)
    """
    values = _finite(value)
    k = k_factor(values.size, content=content, confidence=confidence, sides=sides, method=method)
    mean, sd = float(values.mean()), float(values.std(ddof=1))
    return mean - k * sd, mean + k * sd


def prediction_limits(value: ArrayLike, *, future: int = 1, confidence: float = 0.95) -> tuple[float, float]:
    """Interval that holds all of the next values with that confidence (Bonferroni over them).

    Examples
    --------
    >>> low, high = prediction_limits([98.0, 101.2, 99.5, 100.4, 102.1])
    >>> round(low, 1), round(high, 1)
    (95.4, 105.0)
    """
    values = _finite(value)
    if future < 1:
        raise InvalidArray(f"future is {future}; expected at least one value")
    t = distributions.t.ppf(1 - (1 - confidence) / (2 * future), values.size - 1)
    half = float(t * values.std(ddof=1) * np.sqrt(1 + 1 / values.size))
    return float(values.mean()) - half, float(values.mean()) + half


def donor_limits(
    value: ArrayLike,
    donor: ArrayLike,
    *,
    seed: int | np.random.Generator,
    content: float = 0.99,
    confidence: float = 0.95,
    sides: int = 2,
    draws: int = 20_000,
    method: Approximation = "exact",
) -> DonorLimits:
    """Tolerance limits for a new lot of a new donor, with the donor as a random effect.

    Parameters
    ----------
    value
        (n,) one value per lot.
    donor
        (n,) labels; lots of one donor are not independent.
    seed
        Of the Monte-Carlo pivots.
    sides
        2 for an interval; 1 gives two single limits, each valid alone.
    method
        As in `k_factor`, where every donor gave one lot.

    Raises
    ------
    NotEstimable
        With fewer than three donors, or values that are all the same.

    Notes
    -----
    Generalised pivots of the unweighted means analysis: mean m* = M - Z sqrt(SSM / (U a)), total variance
    s*^2 = SSM/U + (1 - 1/h) SSE/V, with a donors, harmonic mean h of lots per donor, SSM the sum of squares
    of donor means, U and V chi-square on a-1 and n-a df. The two-sided half width is the confidence quantile
    over draws of the half width that holds the content. Approximate for unbalanced data; its simulated
    content is in docs/7-qualify.md. With one lot a donor it is the exact interval of `limits`.

    References
    ----------
    Krishnamoorthy K., Mathew T. (2009) Statistical Tolerance Regions, chapters 4 and 5.
    Thomas J. D., Hultquist R. A. (1978) Ann. Stat. 6:582, doi:10.1214/aos/1176344202.

    Examples
    --------
    >>> lots = [98, 99, 103, 104, 100, 101, 96, 97]
    >>> found = donor_limits(lots, list("AABBCCDD"), seed=1, content=0.9)
    >>> found.n_donors, found.lower < 90 < 110 < found.upper
    (4, True)
    """
    values = _finite(value)
    names, code = np.unique(np.asarray(donor).astype(str), return_inverse=True)
    if code.shape != values.shape:
        raise InvalidArray(f"donor has shape {code.shape}; expected {values.shape}")
    a, n = names.size, values.size
    if a < 3:
        raise NotEstimable(f"{a} donors: limits for a new donor need at least three")
    if np.ptp(values) == 0:
        raise NotEstimable("all values are the same: their spread cannot be estimated")
    lots = np.bincount(code)
    means = np.bincount(code, values) / lots
    between = float(((means - means.mean()) ** 2).sum())
    if n == a:
        low, high = limits(values, content=content, confidence=confidence, sides=sides, method=method)
        return DonorLimits(float(means.mean()), float(values.std(ddof=1)), float("nan"), low, high, a, n)
    within = float(((values - means[code]) ** 2).sum())
    harmonic = a / (1 / lots).sum()
    generator = np.random.default_rng(seed)
    spread = between / generator.chisquare(a - 1, draws)
    centre = generator.standard_normal(draws) * np.sqrt(spread / a)
    total = np.sqrt(spread + (1 - 1 / harmonic) * within / generator.chisquare(n - a, draws))
    if sides == 2:
        half = float(np.quantile(_half_widths(centre, total, content), confidence))
    else:
        half = float(np.quantile(centre + distributions.norm.ppf(content) * total, confidence))
    lot_variance = within / (n - a)
    donor_variance = max(between / (a - 1) - lot_variance / harmonic, 0.0)
    mean = float(means.mean())
    return DonorLimits(
        mean, float(np.sqrt(donor_variance)), float(np.sqrt(lot_variance)), mean - half, mean + half, a, n
    )


def _finite(value: ArrayLike) -> Floats:
    values = np.asarray(value, dtype=float)
    if values.ndim != 1 or not np.isfinite(values).all():
        raise InvalidArray("values must be one list of finite numbers; drop missing ones and say so")
    if values.size < 2:
        raise NotEstimable(f"{values.size} value: its spread cannot be estimated")
    return values


def _exact(n: int, content: float, confidence: float) -> float:
    grid, weight = np.polynomial.legendre.leggauss(200)
    z = 4.25 * (grid + 1)  # 0 to 8.5 standard errors of the mean
    density = 4.25 * weight * 2 * distributions.norm.pdf(z)
    needed = (n - 1) * distributions.ncx2.ppf(content, 1, z**2 / n)

    def excess(log_k: float) -> float:
        tail = distributions.chi2.sf(needed / np.exp(2 * log_k), n - 1)
        return float(density @ tail - confidence)

    return float(np.exp(optimize.brentq(excess, -5, 15, xtol=1e-12)))


def _howe(n: int, content: float, confidence: float, *, corrected: bool) -> float:
    """Howe's approximation, with his correction for small samples or without, as the NIST handbook prints it."""
    df = n - 1
    z = float(distributions.norm.ppf((1 + content) / 2))
    chi2 = float(distributions.chi2.ppf(1 - confidence, df))
    correction = (df - 2 - chi2) / (2 * (n + 1) ** 2) if corrected else 0.0
    return float(z * np.sqrt(df * (1 + 1 / n) / chi2 * (1 + correction)))


def _weissberg_beatty(n: int, content: float, confidence: float) -> float:
    """The half width around a mean one standard error off, times the spread's upper limit."""
    shift = 1 / np.sqrt(n)

    def excess(r: float) -> float:
        return float(distributions.norm.cdf(shift + r) - distributions.norm.cdf(shift - r) - content)

    r = optimize.brentq(excess, 0, 20, xtol=1e-12)
    return float(r * np.sqrt((n - 1) / distributions.chi2.ppf(1 - confidence, n - 1)))


def _half_widths(centre: Floats, spread: Floats, content: float) -> Floats:
    """Half width around 0 that holds `content` of each N(centre, spread), by bisection."""
    shift = np.abs(centre / spread)
    low, high = np.zeros_like(shift), shift + 10.0
    for _ in range(34):  # to 1e-9 of the spread
        middle = (low + high) / 2
        held = distributions.norm.cdf(shift + middle) - distributions.norm.cdf(shift - middle) < content
        low, high = np.where(held, middle, low), np.where(held, high, middle)
    return spread * (low + high) / 2
