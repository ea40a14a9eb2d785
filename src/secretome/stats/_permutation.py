"""Permutation tests of a pooled effect or a meta-regression."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Floats
from secretome.stats._pool import Pooled, coefficients
from secretome.stats._study_effects import Studies
from secretome.stats._tau2 import estimate_tau2

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Permuted:
    """`p_value` (p,) two-sided of each coefficient, of `replicates` rearrangements; `exact` when they are all there are."""

    p_value: Floats
    replicates: int
    exact: bool


def permutation(fit: Pooled, *, replicates: int = 1000, seed: int | np.random.Generator) -> Permuted:
    """P-values from rearranged studies, for few studies and no trust in normality.

    Parameters
    ----------
    fit
        From `pool`; its method and test are used on every rearrangement.
    replicates
        at most; when there are not more rearrangements than that, all of them are taken.
    seed
        a number or a generator, used when not all are taken.

    Returns
    -------
    Permuted
        Without moderators the signs of the effects are turned; with moderators their rows are shuffled. The
        intercept of a regression has no permutation test and gets NaN.

    Raises
    ------
    InvalidArray
        Fewer than 10 replicates, or moderators without an intercept.
    NotEstimable
        There is one study.

    Notes
    -----
    The share of rearrangements whose statistic is at least as far from 0 as the observed one, which counts as one of them.
    Reference: metafor 3.8-1 `permutest` with `exact = TRUE`, exact.

    References
    ----------
    Follmann and Proschan 1999, doi 10.1111/j.0006-341X.1999.00732.x. Higgins and Thompson 2004, doi 10.1002/sim.1752.

    Examples
    --------
    >>> from secretome.stats.meta import pool
    >>> permutation(pool([0.3, 0.5, 0.4, 0.6, 0.2], [0.02] * 5), seed=1)
    Permuted(p_value=array([0.0625]), replicates=32, exact=True)
    """
    if replicates < 10:
        raise InvalidArray(f"replicates is {replicates}; expected 10 or more")
    studies, generator = fit.studies, np.random.default_rng(seed)
    k, p = studies.x.shape
    if k < 2:
        raise NotEstimable("one study cannot be rearranged")
    if not fit.intercept:
        raise InvalidArray("moderators without an intercept cannot be shuffled; fit with an intercept")
    possible = 2**k if p == 1 else math.factorial(k)
    exact = possible <= replicates
    arrangements = (
        _signs(studies, exact, replicates, generator)
        if p == 1
        else _rows(studies, exact, replicates, generator)
    )
    observed = np.abs(fit.statistics)
    size = np.array([np.abs(_statistics(one, fit)) for one in arrangements])
    beyond = (size >= observed - _ROUNDING * (1 + observed)).sum(axis=0)
    p_value = beyond / possible if exact else (beyond + 1) / (replicates + 1)
    if p > 1:
        p_value = np.where(np.arange(p) == 0, np.nan, p_value)
    return Permuted(np.asarray(p_value, dtype=float), possible if exact else replicates, exact)


def _signs(
    studies: Studies, exact: bool, replicates: int, generator: np.random.Generator
) -> Iterator[Studies]:
    k = studies.y.size
    if exact:
        for signs in itertools.product((1.0, -1.0), repeat=k):
            yield Studies(studies.y * np.array(signs), studies.v, studies.x)
        return
    for _ in range(replicates):
        yield Studies(studies.y * generator.choice([1.0, -1.0], size=k), studies.v, studies.x)


def _rows(
    studies: Studies, exact: bool, replicates: int, generator: np.random.Generator
) -> Iterator[Studies]:
    k = studies.y.size
    if exact:
        for order in itertools.permutations(range(k)):
            yield Studies(studies.y, studies.v, studies.x[list(order)])
        return
    for _ in range(replicates):
        yield Studies(studies.y, studies.v, studies.x[generator.permutation(k)])


def _statistics(studies: Studies, fit: Pooled) -> Floats:
    tau2 = estimate_tau2(studies, fit.method).value
    beta, covariance, _ = coefficients(studies, tau2, fit.method, fit.test)
    statistics: Floats = beta / np.sqrt(np.diagonal(covariance))
    return statistics
