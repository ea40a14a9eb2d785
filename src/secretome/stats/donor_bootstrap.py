"""Uncertainty of group means from donors: one draw of donor weights serves every row and every group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from secretome.errors import InvalidArray
from secretome.stats._arrays import Floats, Ints

LEVEL = 0.95


@dataclass(frozen=True)
class MeanDraws:
    """Means of r rows over the donors of a group, and how far b draws lie from them.

    Attributes
    ----------
    mean
        (r,) NaN where no donor has a number.
    deviation
        (b, r) draw less mean, scaled so that its variance is that of a mean of n donors; 0 where
        fewer than two donors have a number.
    donors
        (r,) donors with a number.
    """

    mean: Floats
    deviation: Floats
    donors: Ints


def donor_weights(donors: int, draws: int, generator: np.random.Generator) -> Floats:
    """Weights (draws, donors) of the Bayesian bootstrap, before they are divided by their sum.

    Parameters
    ----------
    donors
        Number of donors of the whole study; a donor in several groups keeps one weight in all of them,
        so that a difference within donors is drawn as one.
    draws
        Number of draws.
    generator
        Where chance comes from.

    Raises
    ------
    InvalidArray
        If there is no donor or no draw.

    References
    ----------
    Rubin 1981, doi 10.1214/aos/1176345338.

    Examples
    --------
    >>> donor_weights(3, 2, np.random.default_rng(1)).shape
    (2, 3)
    """
    if donors < 1 or draws < 1:
        raise InvalidArray(f"{donors} donors and {draws} draws; expected at least one of each")
    drawn: Floats = generator.standard_exponential((draws, donors))
    return drawn


def mean_draws(values: ArrayLike, weights: ArrayLike) -> MeanDraws:
    """Means over donors and their draws, gaps left out row by row.

    Parameters
    ----------
    values
        (d, r) a value of each donor in each row; NaN is a gap.
    weights
        (b, d) as from `donor_weights`, the columns of these donors.

    Returns
    -------
    MeanDraws
        Of r rows.

    Raises
    ------
    InvalidArray
        If the shapes do not fit.

    Notes
    -----
    With weights uniform on the simplex the variance of a drawn mean is SS / (n (n + 1)), that of a mean
    of n donors SS / (n (n - 1)): deviations are multiplied by sqrt((n + 1) / (n - 1)). `widening` then
    turns normal quantiles into those of Student's t. Held to both by the tests.

    References
    ----------
    Hesterberg 2015, doi 10.1080/00031305.2015.1089789 (why a small sample needs both).

    Examples
    --------
    >>> found = mean_draws([[1.0], [3.0]], donor_weights(2, 4, np.random.default_rng(1)))
    >>> found.mean, found.deviation.shape, found.donors
    (array([2.]), (4, 1), array([2]))
    """
    x, w = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
    if x.ndim != 2 or w.ndim != 2 or x.shape[0] != w.shape[1]:
        raise InvalidArray(
            f"values {x.shape} and weights {w.shape}; expected (donors, rows) and (draws, donors)"
        )
    there = np.isfinite(x)
    filled = np.where(there, x, 0.0)
    donors = there.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = filled.sum(axis=0) / donors
        centred = np.where(there, x - mean, 0.0)
        # without gaps the weights of all rows have one sum
        total = w.sum(axis=1, keepdims=True) if there.all() else w @ there.astype(float)
        drawn = (w @ centred) / total
        scale = np.sqrt((donors + 1) / (donors - 1))
    deviation = np.where(donors >= 2, drawn * np.where(donors >= 2, scale, 0.0), 0.0)
    return MeanDraws(mean, deviation, donors.astype(np.intp))


def widening(df: ArrayLike, *, level: float = LEVEL) -> Floats:
    """Student's t quantile over the normal one, for draws whose variance has `df` degrees of freedom.

    Parameters
    ----------
    df
        Degrees of freedom, any shape; NaN below 1.
    level
        Of the two-sided interval.

    Examples
    --------
    >>> widening([5, 1e9]).round(3)
    array([1.312, 1.   ])
    """
    freedom = np.asarray(df, dtype=float)
    usable = freedom >= 1
    quantile = special.stdtrit(np.where(usable, freedom, 1.0), (1 + level) / 2)
    return np.where(usable, quantile / special.ndtri((1 + level) / 2), np.nan)


def welch_df(left: ArrayLike, right: ArrayLike, n_left: ArrayLike, n_right: ArrayLike) -> Floats:
    """Degrees of freedom of a difference of two independent means.

    Parameters
    ----------
    left, right
        Variances of the two means, any shape.
    n_left, n_right
        Donors on each side, at least 2.

    References
    ----------
    Welch 1947, doi 10.1093/biomet/34.1-2.28.

    Examples
    --------
    >>> float(welch_df(1.0, 1.0, 6, 6))
    10.0
    """
    a, b = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
    low = np.minimum(np.asarray(n_left, dtype=float), n_right) - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        df = (a + b) ** 2 / (a**2 / (np.asarray(n_left) - 1.0) + b**2 / (np.asarray(n_right) - 1.0))
    return np.asarray(np.where(np.isfinite(df), df, low), dtype=float)
