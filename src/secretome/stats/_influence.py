"""What a single study does to the pooled effect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Bools, Floats, Ints, as_vector
from secretome.stats._pool import Pooled, coefficients, pool_studies, quantile
from secretome.stats._study_effects import weighted
from secretome.stats._tau2 import estimate_tau2


@dataclass(frozen=True)
class PoolSeries:
    """Pools of changing studies: `study` (r,) the one left out or added; the rest (r,) as in `Pooled`."""

    study: Ints
    estimate: Floats
    standard_error: Floats
    lower: Floats
    upper: Floats
    p_value: Floats
    tau2: Floats
    i2: Floats
    q: Floats


def leave_one_out(fit: Pooled) -> PoolSeries:
    """The pool without each study in turn.

    Parameters
    ----------
    fit
        From `pool`; its method, test and level are kept.

    Returns
    -------
    PoolSeries
        One row per study.

    Raises
    ------
    NotEstimable
        Without one study there are too few.

    Notes
    -----
    Reference: metafor 3.8-1 `leave1out`, 1e-5.

    References
    ----------
    Viechtbauer and Cheung 2010, doi 10.1002/jrsm.11.

    Examples
    --------
    >>> from secretome.stats.meta import pool
    >>> leave_one_out(pool([0.0, 0.1, 2.0], [0.01, 0.01, 0.01])).estimate.round(2)
    array([1.05, 1.  , 0.05])
    """
    k, p = fit.studies.x.shape
    if k - 1 < p + (fit.method != "ee"):
        raise NotEstimable(f"{k} studies; without one of them the model cannot be fitted")
    fits = [
        pool_studies(fit.studies.without(i), fit.method, fit.test, fit.level, intercept=fit.intercept)
        for i in range(k)
    ]
    return _series(fits, np.arange(k))


def cumulative(fit: Pooled, order: ArrayLike | None = None) -> PoolSeries:
    """The pool as the studies come in.

    Parameters
    ----------
    fit
        From `pool` without moderators; its method, test and level are kept.
    order
        (k,) numbers to sort by, usually years, ties in the order given; None: as given.

    Returns
    -------
    PoolSeries
        Row r holds the first r + 1 studies; the first has tau2 0 and, unless the test is z, no interval.

    Raises
    ------
    InvalidArray
        The model has moderators, or the order does not fit.

    Notes
    -----
    Reference: metafor 3.8-1 `cumul`, 1e-5.

    References
    ----------
    Lau et al. 1992, doi 10.1056/NEJM199207233270406.

    Examples
    --------
    >>> from secretome.stats.meta import pool
    >>> cumulative(pool([0.0, 0.1, 2.0], [0.01, 0.01, 0.01]), [2001, 1999, 2000]).study
    array([1, 2, 0])
    """
    if fit.studies.x.shape[1] > 1 or not fit.intercept:
        raise InvalidArray("the model has moderators; a cumulative pool needs one without")
    keys = np.arange(fit.k, dtype=float) if order is None else as_vector(order, fit.k, name="order")
    place = np.argsort(keys, kind="stable")
    fits = []
    for r in range(1, fit.k + 1):
        method = fit.method if r > 1 else "ee"
        fits.append(pool_studies(fit.studies.only(place[:r]), method, fit.test, fit.level, intercept=True))
    return _series(fits, place)


@dataclass(frozen=True)
class Influence:
    """Diagnostics (k,) of each study, by leaving it out.

    `rstudent` standardised deleted residual; `dffits` change of its own fitted value in standard errors; `cook`
    distance of all coefficients; `covariance_ratio` of determinants without and with it; `tau2_deleted`, `q_deleted`
    without it; `hat` leverage; `weight` in percent (leverage of the first coefficient's mean without moderators);
    `dfbetas` (k, p) change of each coefficient in standard errors; `influential` by the thresholds below.
    """

    rstudent: Floats
    dffits: Floats
    cook: Floats
    covariance_ratio: Floats
    tau2_deleted: Floats
    q_deleted: Floats
    hat: Floats
    weight: Floats
    dfbetas: Floats
    influential: Bools


def influence(fit: Pooled) -> Influence:
    """How much each study moves the pooled effect, its error and the heterogeneity.

    Parameters
    ----------
    fit
        From `pool`, not `"genq"`.

    Returns
    -------
    Influence
        A study is called influential when |dffits| > 3 sqrt(p / (k - p)), its Cook's distance is beyond the
        median of chi-squared on p df, or hat > 3 p / k with |dfbetas| > 1 for some coefficient.

    Raises
    ------
    InvalidArray
        The method is `"genq"`.
    NotEstimable
        Without one study there are too few.

    Notes
    -----
    Reference: metafor 3.8-1 `influence`, 1e-5 (rstudent to cov.r 1e-4, where its tau2 stops early).

    References
    ----------
    Viechtbauer and Cheung 2010, doi 10.1002/jrsm.11.

    Examples
    --------
    >>> from secretome.stats.meta import pool
    >>> influence(pool([0.0, 0.1, 0.05, 2.0], [0.01, 0.01, 0.02, 0.01])).rstudent.round(1)
    array([-0.6, -0.4, -0.5, 33. ])
    """
    if fit.method == "genq":
        raise InvalidArray(
            "influence of method 'genq' is not offered: its weights are not those of its model"
        )
    studies = fit.studies
    k, p = studies.x.shape
    if k - 1 < p + (fit.method != "ee"):
        raise NotEstimable(f"{k} studies; without one of them the model cannot be fitted")
    whole = weighted(studies, fit.tau2)
    hat = np.einsum("kp,pq,kq->k", studies.x, whole.inverse, studies.x) * whole.w
    bread = np.linalg.inv(fit.covariance)
    rows = {name: np.empty(k) for name in ("rstudent", "dffits", "cook", "ratio", "tau2", "q")}
    dfbetas = np.empty((k, p))
    for i in range(k):
        rest, x = studies.without(i), studies.x[i]
        tau2 = estimate_tau2(rest, fit.method).value
        beta, covariance, _ = coefficients(rest, tau2, fit.method, fit.test)
        factor = _error_factor(fit, rest.df, tau2, beta, i)
        spread = factor * (studies.v[i] + tau2) + x @ covariance @ x
        change = fit.coefficients - beta
        rows["rstudent"][i] = (studies.y[i] - x @ beta) / np.sqrt(spread)
        rows["dffits"][i] = (x @ change) / np.sqrt(factor * hat[i] * (tau2 + studies.v[i]))
        rows["cook"][i] = change @ bread @ change
        rows["ratio"][i] = np.linalg.det(covariance) / np.linalg.det(fit.covariance)
        rows["tau2"][i], rows["q"][i] = tau2, weighted(rest, 0.0).rss
        at_deleted = weighted(studies, tau2).inverse
        dfbetas[i] = change / np.sqrt(factor * np.diagonal(at_deleted))
    far = np.abs(rows["dffits"]) > 3 * np.sqrt(p / (k - p))
    from_all = rows["cook"] > float(special.chdtri(p, 0.5))
    heavy = (hat > 3 * p / k) & (np.abs(dfbetas) > 1).any(axis=1)
    return Influence(
        rstudent=rows["rstudent"],
        dffits=rows["dffits"],
        cook=rows["cook"],
        covariance_ratio=rows["ratio"],
        tau2_deleted=rows["tau2"],
        q_deleted=rows["q"],
        hat=hat,
        weight=fit.weights,
        dfbetas=dfbetas,
        influential=far | from_all | heavy,
    )


@dataclass(frozen=True)
class ShrunkenEffects:
    """Best predictions (k,) of each study's true effect: `estimate`, `standard_error`, `lower`, `upper`, `share` of its own."""

    estimate: Floats
    standard_error: Floats
    lower: Floats
    upper: Floats
    share: Floats


def shrunken_effects(fit: Pooled) -> ShrunkenEffects:
    """True effects of the studies, each drawn towards the pooled effect as far as its own error asks.

    Parameters
    ----------
    fit
        From `pool`, not `"genq"`.

    Returns
    -------
    ShrunkenEffects
        (k,) with intervals of the level and test of the fit.

    Raises
    ------
    InvalidArray
        The method is `"genq"`.

    Notes
    -----
    share = tau2 / (tau2 + variance). Reference: metafor 3.8-1 `blup`, 1e-5.

    References
    ----------
    Raudenbush and Bryk 1985, doi 10.3102/10769986010002075.

    Examples
    --------
    >>> from secretome.stats.meta import pool
    >>> shrunken_effects(pool([0.0, 0.1, 2.0], [0.01, 0.01, 0.01])).estimate.round(2)
    array([0.01, 0.1 , 1.99])
    """
    if fit.method == "genq":
        raise InvalidArray(
            "true effects under method 'genq' are not offered: its weights are not those of its model"
        )
    studies = fit.studies
    share = fit.tau2 / (fit.tau2 + studies.v)
    fitted = studies.x @ fit.coefficients
    spread = np.einsum("kp,pq,kq->k", studies.x, fit.covariance, studies.x)
    estimate = share * studies.y + (1 - share) * fitted
    error = np.sqrt(share * studies.v + (1 - share) ** 2 * spread)
    half = quantile(fit.level, fit.df) * error
    return ShrunkenEffects(estimate, error, estimate - half, estimate + half, share)


def _error_factor(fit: Pooled, df: int, tau2: float, beta: Floats, i: int) -> float:
    """Knapp-Hartung's factor of the fit without study i; 1 for the other tests."""
    if not fit.test.startswith("knapp"):
        return 1.0
    rest = fit.studies.without(i)
    factor = float(np.sum((rest.y - rest.x @ beta) ** 2 / (rest.v + tau2))) / df if df > 0 else float("nan")
    return max(1.0, factor) if fit.test.endswith("truncated") else factor


def _series(fits: Iterable[Pooled], study: Ints) -> PoolSeries:
    table = [(f.estimate, f.standard_error, f.lower, f.upper, f.p_value, f.tau2, f.i2, f.q) for f in fits]
    return PoolSeries(study.astype(np.intp), *(np.array(column) for column in zip(*table, strict=True)))
