"""Competitive tests: whether a set ranks above the other rows, given that its members move together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special
from scipy.stats import rankdata

from secretome.errors import InvalidArray
from secretome.stats._arrays import Floats, Ints, as_vector
from secretome.stats._effects import row_effects
from secretome.stats._gene_sets import RowSets, Sets, adjusted, as_row_sets, directions
from secretome.stats._squeeze import squeeze

Alternative = Literal["mixed", "up", "down", "either"]
_FEWEST_ROWS = 3


@dataclass(frozen=True)
class SetTests:
    """Tests of s sets, in the order given.

    Attributes
    ----------
    name, n
        (s,) names, and rows in each.
    direction
        (s,) `"up"`, `"down"`, or `""` where the set cannot be tested.
    difference
        (s,) mean statistic of the set less that of the other rows (mean rank over n, less one half, with ranks).
    correlation
        (s,) between rows of the set, as used; NaN for a set of one row whose correlation was to be estimated.
    p_value, fdr
        (s,) two-sided, and Benjamini-Hochberg adjusted; NaN for a set that is empty or holds all rows.
    """

    name: tuple[str, ...]
    n: Ints
    direction: tuple[str, ...]
    difference: Floats
    correlation: Floats
    p_value: Floats
    fdr: Floats


def camera_pr(
    statistic: ArrayLike,
    sets: Sets,
    *,
    correlation: float | ArrayLike = 0.01,
    use_ranks: bool = False,
) -> SetTests:
    """Whether sets rank above or below all other rows, from one statistic per row.

    Parameters
    ----------
    statistic
        (n,) moderated t or another statistic with a sign; every row must have one.
    sets
        name -> row indices.
    correlation
        between the rows of a set, one number or (s,).
    use_ranks
        the rank-sum test instead of t; it does not ask for a normal statistic.

    Returns
    -------
    SetTests
        One entry per set.

    Raises
    ------
    InvalidArray
        A statistic is missing or infinite, there are fewer than 3, a set is not one of row indices, or a
        correlation is not between -1 and 1.

    Notes
    -----
    t = difference / (s sqrt(v / m + 1 / (n - m))) on n - 2 df, s pooled, m the size of the set and
    v = 1 + (m - 1) correlation the inflation of the variance of its mean.
    Reference: limma 3.54.1 `cameraPR`, p agreed to 1e-6 relative.

    References
    ----------
    Wu and Smyth 2012, doi 10.1093/nar/gks461. Ranks: Barry et al. 2008, doi 10.1214/07-AOAS146.

    Examples
    --------
    >>> found = camera_pr(np.arange(20.0), {"top": [16, 17, 18, 19], "even": np.arange(0, 20, 2)})
    >>> found.direction, found.p_value.round(4)
    (('up', 'down'), array([0.0008, 0.7221]))
    """
    values = _checked_statistic(statistic)
    members = as_row_sets(sets, values.size)
    between = np.broadcast_to(np.asarray(correlation, dtype=float), (len(members.name),))
    if not (np.abs(between) < 1).all():
        raise InvalidArray(f"correlation is {correlation!r}; expected numbers above -1 and below 1")
    inflation = 1 + (members.size - 1) * between
    if use_ranks:
        return _by_ranks(values, members, between, np.inf)
    return _by_mean(values, members, between, inflation, values.size - 2.0)


def camera(
    y: ArrayLike,
    design: ArrayLike,
    contrast: int | ArrayLike,
    sets: Sets,
    *,
    correlation: float | None = 0.01,
    use_ranks: bool = False,
    allow_negative: bool = False,
    trend: bool = False,
) -> SetTests:
    """Competitive tests of sets from the measurements, their inner correlation preset or estimated.

    Parameters
    ----------
    y
        (n, m) measurements without gaps; rows with gaps go through `camera_pr`.
    design
        (m, p).
    contrast
        column of the design, or (p,) weights of its coefficients.
    sets
        name -> row indices.
    correlation
        between the rows of every set, or None to estimate it for each set from the residuals.
    use_ranks
        the rank-sum test instead of t.
    allow_negative
        whether an estimated correlation below 0 counts; otherwise it is taken as 0.
    trend
        whether the prior variance depends on the mean of the row.

    Returns
    -------
    SetTests
        `correlation` as preset or estimated.

    Raises
    ------
    InvalidArray
        A shape does not fit, a value is missing, or a set is not one of row indices.
    NotEstimable
        The design has no residual degrees of freedom or dependent columns.

    Notes
    -----
    The moderated t of each row is made normal by Hill's approximation and tested as in `camera_pr`; with an
    estimated correlation on at most m - p df. Reference: limma 3.54.1 `camera`, p agreed to 1e-6 relative.

    References
    ----------
    Wu and Smyth 2012, doi 10.1093/nar/gks461. Hill 1970, doi 10.1145/355598.355599.

    Examples
    --------
    >>> y = np.random.default_rng(1).normal(size=(30, 6))
    >>> y[:5, 3:] += 3
    >>> camera(y, [[1, 0]] * 3 + [[1, 1]] * 3, 1, {"first": range(5)}).direction
    ('up',)
    """
    effects = row_effects(y, design, contrast)
    n, df = effects.shape[0], effects.shape[1] - 1.0
    members = as_row_sets(sets, n)
    if n < _FEWEST_ROWS:
        raise InvalidArray(f"y has {n} rows; sets are tested against others: 3 rows or more are needed")
    variance = np.mean(effects[:, 1:] ** 2, axis=1)
    covariate = np.asarray(y, dtype=float).mean(axis=1) if trend else None
    squeezed = squeeze(variance, df, covariate=covariate, prior="legacy")
    t = effects[:, 0] / np.sqrt(squeezed.s2_post)
    statistic = t if use_ranks else normal_from_t(t, np.minimum(df + squeezed.df_prior, n * df))
    if correlation is None:
        scaled = effects[:, 1:] / np.sqrt(np.maximum(variance, 1e-8))[:, None]
        between, inflation = _estimated(scaled, members)
        freedom = min(df, n - 2.0)
    else:
        between = np.full(len(members.name), float(correlation))
        inflation = 1 + (members.size - 1) * between
        freedom = np.inf if use_ranks else n - 2.0
    if use_ranks:
        used = between if allow_negative else np.maximum(between, 0.0)
        return _by_ranks(statistic, members, np.nan_to_num(used), freedom, shown=between)
    used = inflation if allow_negative else np.maximum(inflation, 1.0)
    return _by_mean(statistic, members, between, used, freedom)


def gene_set_test(statistic: ArrayLike, sets: Sets, *, alternative: Alternative = "mixed") -> Floats:
    """P-values of the rank-sum test that takes the rows of a set as independent.

    Rows of one process are not independent, so that these p-values are too small for measured data; `camera_pr`
    is the default everywhere.

    Parameters
    ----------
    statistic
        (n,) without gaps.
    sets
        name -> row indices.
    alternative
        `"mixed"` large in size whatever the sign, `"up"`, `"down"`, or `"either"`.

    Returns
    -------
    array (s,)
        P-values; NaN for a set that is empty or holds all rows.

    Raises
    ------
    InvalidArray
        As in `camera_pr`, or `alternative` is unknown.

    Notes
    -----
    Reference: limma 3.54.1 `geneSetTest` with ranks, 1e-6 relative.

    References
    ----------
    Michaud et al. 2008, doi 10.1186/1471-2164-9-363.

    Examples
    --------
    >>> gene_set_test(np.arange(20.0), {"top": [17, 18, 19]}, alternative="up").round(4)
    array([0.0041])
    """
    if alternative not in {"mixed", "up", "down", "either"}:
        raise InvalidArray(f"alternative is {alternative!r}; expected 'mixed', 'up', 'down' or 'either'")
    values = _checked_statistic(statistic)
    values = np.abs(values) if alternative == "mixed" else values
    members = as_row_sets(sets, values.size)
    down, up = _rank_tails(values, members, np.zeros(len(members.name)), np.inf)
    return {"mixed": up, "up": up, "down": down, "either": 2 * np.minimum(down, up)}[alternative]


def normal_from_t(t: Floats, df: Floats) -> Floats:
    """Normal deviates with (nearly) the tail of t on `df`, which may be infinite.

    Examples
    --------
    >>> normal_from_t(np.array([2.0, 2.0]), np.array([10.0, np.inf])).round(4)
    array([1.7904, 2.    ])
    """
    certain = np.isinf(df)
    freedom = np.where(certain, 1.0, df)
    a = freedom - 0.5
    scale = 48 * a**2
    w = a * np.log1p(t**2 / freedom)
    series = (((-0.4 * w - 3.3) * w - 24) * w - 85.5) / (0.8 * w**2 + 100 + scale)
    size = (1 + (series + w + 3) / scale) * np.sqrt(w)
    return np.where(certain, t, np.sign(t) * size)


def _checked_statistic(statistic: ArrayLike) -> Floats:
    values = np.asarray(statistic, dtype=float)
    values = as_vector(values, values.size, name="statistic")
    missing = np.flatnonzero(~np.isfinite(values))
    if missing.size:
        raise InvalidArray(
            f"statistic[{missing[0]}] is {values[missing[0]]} ({missing.size} such rows);"
            " leave rows without a finite statistic out, and out of the sets"
        )
    if values.size < _FEWEST_ROWS:
        raise InvalidArray(f"statistic has {values.size} rows; expected 3 or more")
    return values


def _estimated(scaled: Floats, members: RowSets) -> tuple[Floats, Floats]:
    """Mean correlation within each set (s,), NaN for single rows, and the inflation it means."""
    size = members.size.astype(float)
    total = members.sums(scaled)
    several = size > 1
    inflation = np.ones(size.size)
    inflation[several] = np.mean(total[several] ** 2, axis=1) / size[several]
    between = np.full(size.size, np.nan)
    between[several] = (inflation[several] - 1) / (size[several] - 1)
    return between, inflation


def _by_mean(statistic: Floats, members: RowSets, between: Floats, inflation: Floats, df: float) -> SetTests:
    """Two-sample t with the variance of the set's mean inflated."""
    n, m = statistic.size, members.size.astype(float)
    rest = n - m
    testable = (m > 0) & (rest > 0)
    size, others = np.where(testable, m, 1.0), np.where(testable, rest, 1.0)
    difference = n / others * (members.sums(statistic) / size - statistic.mean())
    pooled = ((n - 1) * statistic.var(ddof=1) - difference**2 * size * others / n) / (n - 2)
    error = np.sqrt(np.maximum(pooled, 0.0) * (inflation / size + 1 / others))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(testable, difference / error, np.nan)
    p_value = np.asarray(2 * special.stdtr(df, -np.abs(t)), dtype=float)
    return _tests(members, np.where(testable, difference, np.nan), between, p_value, t)


def _by_ranks(
    statistic: Floats, members: RowSets, between: Floats, df: float, shown: Floats | None = None
) -> SetTests:
    down, up = _rank_tails(statistic, members, between, df)
    share = rankdata(statistic) / statistic.size
    testable = ~np.isnan(down)
    size = np.where(testable, members.size, 1)
    difference = np.where(testable, members.sums(share) / size - (1 + 1 / statistic.size) / 2, np.nan)
    p_value = np.minimum(2 * np.minimum(down, up), 1.0)
    sign = np.where(testable, np.where(down < up, -1.0, 1.0), np.nan)
    return _tests(members, difference, between if shown is None else shown, p_value, sign)


def _rank_tails(statistic: Floats, members: RowSets, between: Floats, df: float) -> tuple[Floats, Floats]:
    """P-values (s,) that a set ranks low and high, its ranks correlated through normal scores."""
    n, m = statistic.size, members.size.astype(float)
    rest = n - m
    ranks = rankdata(statistic)
    above = m * rest + m * (m + 1) / 2 - members.sums(ranks)
    plain = m * rest * (n + 1) / 12
    arcs = (
        np.arcsin(1.0)
        + np.arcsin(0.5) * (rest - 1)
        + np.arcsin(between / 2) * (m - 1) * (rest - 1)
        + np.arcsin((between + 1) / 2) * (m - 1)
    )
    variance = np.where((between == 0) | (m <= 1), plain, m * rest * arcs / (2 * np.pi))
    ties = np.unique(ranks, return_counts=True)[1].astype(float)
    variance = variance * (1 - np.sum(ties * (ties + 1) * (ties - 1)) / (n * (n + 1.0) * (n - 1)))
    testable = (m > 0) & (rest > 0) & (variance > 0)
    error = np.sqrt(np.where(testable, variance, 1.0))
    centred = above - m * rest / 2
    down = np.where(testable, special.stdtr(df, -(centred - 0.5) / error), np.nan)
    up = np.where(testable, special.stdtr(df, (centred + 0.5) / error), np.nan)
    return down, up


def _tests(members: RowSets, difference: Floats, between: Floats, p_value: Floats, sign: Floats) -> SetTests:
    return SetTests(
        name=members.name,
        n=members.size,
        direction=directions(sign),
        difference=difference,
        correlation=np.array(between, dtype=float),
        p_value=p_value,
        fdr=adjusted(p_value),
    )
