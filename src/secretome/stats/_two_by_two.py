"""Pooled tables of events: Mantel-Haenszel and Peto."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Bools, Floats, as_vector

Measure = Literal["or", "rr", "rd"]


@dataclass(frozen=True)
class TablePool:
    """Pooled effect of k tables under equal effects: logs for ratios; normal interval.

    `estimate`, `standard_error`, `statistic`, `p_value`, `lower`, `upper`; `q`, `q_df`, `q_p_value` of heterogeneity;
    `measure`, `k`, and `k_used` tables with events in some group and members without: only they enter `q`.
    """

    estimate: float
    standard_error: float
    statistic: float
    p_value: float
    lower: float
    upper: float
    q: float
    q_df: int
    q_p_value: float
    measure: str
    k: int
    k_used: int


@dataclass(frozen=True)
class Counts:
    """Cells of k tables: events and others, treated (`a`, `b`) and control (`c`, `d`), all (k,)."""

    a: Floats
    b: Floats
    c: Floats
    d: Floats

    @property
    def total(self) -> Floats:
        """(k,) people in each table."""
        return self.a + self.b + self.c + self.d


def as_counts(
    events_treated: ArrayLike, n_treated: ArrayLike, events_control: ArrayLike, n_control: ArrayLike
) -> Counts:
    """Events and group sizes as cells, checked.

    Raises
    ------
    InvalidArray
        Lengths differ, a number is missing or negative, or there are more events than members.

    Examples
    --------
    >>> as_counts([1], [10], [2], [12]).d
    array([10.])
    """
    size = np.asarray(events_treated).size
    table = [
        as_vector(part, size, name=name)
        for name, part in (
            ("events_treated", events_treated),
            ("n_treated", n_treated),
            ("events_control", events_control),
            ("n_control", n_control),
        )
    ]
    a, n1, c, n2 = table
    wrong = (
        ~np.isfinite(np.sum(table, axis=0))
        | (np.min(table, axis=0) < 0)
        | (a > n1)
        | (c > n2)
        | (n1 * n2 == 0)
    )
    if wrong.any():
        rows = "\n".join(
            f"table {i}: {a[i]:g} of {n1[i]:g} treated and {c[i]:g} of {n2[i]:g} control; expected events from 0 to n, and n above 0"
            for i in np.flatnonzero(wrong)[:20]
        )
        raise InvalidArray(rows)
    return Counts(a, n1 - a, c, n2 - c)


def mantel_haenszel(
    events_treated: ArrayLike,
    n_treated: ArrayLike,
    events_control: ArrayLike,
    n_control: ArrayLike,
    *,
    measure: Measure = "or",
    level: float = 0.95,
) -> TablePool:
    """Mantel-Haenszel odds ratio, risk ratio or risk difference; zero cells need no correction.

    Parameters
    ----------
    events_treated, n_treated, events_control, n_control
        (k,) events and members of each group.
    measure
        `"or"`, `"rr"` (both pooled as logs) or `"rd"`.
    level
        of the interval.

    Returns
    -------
    TablePool
        `q` from the tables' own effects (1/2 added to tables with a zero cell).

    Raises
    ------
    InvalidArray
        Counts make no sense, or an option is unknown.
    NotEstimable
        No table has events in both groups to compare.

    Notes
    -----
    Errors: Robins-Breslow-Greenland (or), Greenland-Robins (rr, rd by Sato's form).
    Reference: metafor 3.8-1 `rma.mh`, 1e-5.

    References
    ----------
    Robins et al. 1986, doi 10.2307/2531052. Greenland and Robins 1985, doi 10.2307/2530643.
    Sato 1989, doi 10.2307/2531674.

    Examples
    --------
    >>> round(mantel_haenszel([4, 6], [100, 120], [11, 29], [100, 110]).estimate, 3)
    -1.619
    """
    if measure not in {"or", "rr", "rd"}:
        raise InvalidArray(f"measure is {measure!r}; expected 'or', 'rr' or 'rd'")
    cells = as_counts(events_treated, n_treated, events_control, n_control)
    a, b, c, d, n = cells.a, cells.b, cells.c, cells.d, cells.total
    n1, n2 = a + b, c + d
    if measure == "or":
        r, s, p, q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
        informative = (r > 0) | (s > 0)
        _both(r, s)
        estimate = float(np.log(r.sum() / s.sum()))
        variance = 0.5 * float(
            (p @ r) / r.sum() ** 2 + (p @ s + q @ r) / (r.sum() * s.sum()) + (q @ s) / s.sum() ** 2
        )
    elif measure == "rr":
        r, s = a * n2 / n, c * n1 / n
        informative = (a + c) > 0
        _both(r, s)
        estimate = float(np.log(r.sum() / s.sum()))
        variance = float(np.sum((n1 * n2 * (a + c) - a * c * n) / n**2)) / float(r.sum() * s.sum())
    else:
        share = n1 * n2 / n
        informative = (a + c > 0) & (b + d > 0)
        estimate = float(np.sum(a * n2 / n - c * n1 / n) / share.sum())
        p = (n1**2 * c - n2**2 * a + n1 * n2 * (n2 - n1) / 2) / n**2
        q = (a * d + b * c) / (2 * n)
        variance = float((estimate * p.sum() + q.sum()) / share.sum() ** 2)
    effects, variances = _single(cells, measure)
    return _pooled(estimate, variance, effects, variances, informative, measure, level)


def peto(
    events_treated: ArrayLike,
    n_treated: ArrayLike,
    events_control: ArrayLike,
    n_control: ArrayLike,
    *,
    level: float = 0.95,
) -> TablePool:
    """Peto's log odds ratio, for rare events in groups of like size.

    Parameters
    ----------
    events_treated, n_treated, events_control, n_control
        (k,) events and members of each group.
    level
        of the interval.

    Returns
    -------
    TablePool
        Tables without events, or with events only, say nothing and are counted in `k` alone.

    Raises
    ------
    InvalidArray
        Counts make no sense.
    NotEstimable
        No table has an event and a member without one.

    Notes
    -----
    sum (observed - expected) / sum hypergeometric variance. Reference: metafor 3.8-1 `rma.peto`, 1e-5.

    References
    ----------
    Yusuf et al. 1985, doi 10.1016/S0033-0620(85)80003-7.

    Examples
    --------
    >>> round(peto([4, 6], [100, 120], [11, 29], [100, 110]).estimate, 3)
    -1.443
    """
    cells = as_counts(events_treated, n_treated, events_control, n_control)
    difference, variance = peto_terms(cells)
    informative = variance > 0
    if not informative.any():
        raise NotEstimable("no table has both an event and a member without one")
    effects = difference[informative] / variance[informative]
    total = float(variance.sum())
    return _pooled(
        float(difference.sum()) / total,
        1 / total,
        effects,
        1 / variance[informative],
        informative,
        "peto",
        level,
    )


def peto_terms(cells: Counts) -> tuple[Floats, Floats]:
    """Observed less expected events of the treated (k,), and their hypergeometric variance (k,).

    Examples
    --------
    >>> peto_terms(Counts(*np.array([[1.0], [9.0], [3.0], [7.0]])))[0]
    array([-1.])
    """
    n, n1, n2 = cells.total, cells.a + cells.b, cells.c + cells.d
    events, others = cells.a + cells.c, cells.b + cells.d
    return cells.a - n1 * events / n, n1 * n2 * events * others / (n**2 * (n - 1))


def _both(r: Floats, s: Floats) -> None:
    if r.sum() == 0 or s.sum() == 0:
        raise NotEstimable("one side has no events in any table; the ratio has no finite estimate")


def _single(cells: Counts, measure: Measure) -> tuple[Floats, Floats]:
    """Effects and variances of the single tables, 1/2 added to every cell of a table with a zero."""
    table = np.array([cells.a, cells.b, cells.c, cells.d])
    a, b, c, d = table + 0.5 * (table == 0).any(axis=0)
    if measure == "or":
        return np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d
    if measure == "rr":
        return np.log(a * (c + d) / (c * (a + b))), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)
    return a / (a + b) - c / (c + d), a * b / (a + b) ** 3 + c * d / (c + d) ** 3


def _pooled(
    estimate: float,
    variance: float,
    effects: Floats,
    variances: Floats,
    informative: Bools,
    measure: str,
    level: float,
) -> TablePool:
    if not 0 < level < 1:
        raise InvalidArray(f"level is {level}; expected a number above 0 and below 1")
    if effects.size == informative.size:
        effects, variances = effects[informative], variances[informative]
    error = float(np.sqrt(variance))
    half = float(special.ndtri((1 + level) / 2)) * error
    q = float(np.sum((effects - estimate) ** 2 / variances))
    return TablePool(
        estimate=estimate,
        standard_error=error,
        statistic=estimate / error,
        p_value=float(2 * special.ndtr(-abs(estimate / error))),
        lower=estimate - half,
        upper=estimate + half,
        q=q,
        q_df=effects.size - 1,
        q_p_value=float(special.chdtrc(effects.size - 1, q)) if effects.size > 1 else float("nan"),
        measure=measure,
        k=informative.size,
        k_used=int(informative.sum()),
    )
