"""Errors that hold whatever the dependence within a cluster of effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Bools, Floats, as_codes
from secretome.stats._nested import Nested
from secretome.stats._pool import Pooled, quantile, two_sided

Kind = Literal["cr2", "cr1"]
Freedom = Literal["satterthwaite", "clusters"]
_RANK_TOLERANCE = 1e-10


@dataclass(frozen=True)
class Robust:
    """Cluster-robust tests of p coefficients.

    `coefficients`, `standard_errors`, `statistics`, `df`, `p_values`, `lower`, `upper` (p,), `covariance` (p, p);
    `n_clusters`, `kind`, `freedom`, `level`.
    """

    coefficients: Floats
    standard_errors: Floats
    statistics: Floats
    df: Floats
    p_values: Floats
    lower: Floats
    upper: Floats
    covariance: Floats
    n_clusters: int
    kind: Kind
    freedom: Freedom
    level: float


def robust(
    fit: Pooled | Nested,
    cluster: ArrayLike,
    *,
    kind: Kind = "cr2",
    freedom: Freedom = "satterthwaite",
    level: float = 0.95,
) -> Robust:
    """Cluster-robust errors and tests of a pooled model.

    Parameters
    ----------
    fit
        From `pool` (not `"genq"`) or `pool_nested`; its model is the working model.
    cluster
        (k,) labels, usually the study; effects of different clusters are independent.
    kind
        `"cr2"` unbiased under the working model; `"cr1"` the sandwich times c / (c - 1), c clusters.
    freedom
        `"satterthwaite"`, or `"clusters"`: c - p.
    level
        of the intervals.

    Returns
    -------
    Robust
        Fewer than about 4 Satterthwaite df mean that the p-value should not be trusted.

    Raises
    ------
    InvalidArray
        The labels do not fit, the model joins effects of different clusters, or an option is unknown.
    NotEstimable
        There are no more clusters than coefficients.

    Notes
    -----
    Reference: clubSandwich 0.5.8 `coef_test` (CR2, CR1, Satterthwaite) and metafor 3.8-1 `robust`, 1e-5.

    References
    ----------
    Pustejovsky and Tipton 2018, doi 10.1080/07350015.2016.1247004.

    Examples
    --------
    >>> from secretome.stats.meta import pool
    >>> fit = pool([0.1, 0.3, 0.5, 0.6, 0.0, 0.1], [0.01] * 6)
    >>> robust(fit, [1, 1, 2, 2, 3, 3]).df.round(2)
    array([2.])
    """
    if kind not in {"cr2", "cr1"} or freedom not in {"satterthwaite", "clusters"} or not 0 < level < 1:
        raise InvalidArray(
            f"kind is {kind!r}, freedom {freedom!r}, level {level}; expected 'cr2' or 'cr1',"
            " 'satterthwaite' or 'clusters', and a level between 0 and 1"
        )
    y, x, working = _working_model(fit)
    codes = as_codes(cluster, y.size, name="cluster")
    n_clusters, p = int(codes.max()) + 1, x.shape[1]
    if n_clusters <= p:
        raise NotEstimable(f"{n_clusters} clusters cannot judge {p} coefficients")
    members = [codes == code for code in range(n_clusters)]
    if any(np.abs(working[np.ix_(own, ~own)]).max(initial=0.0) > 0 for own in members):
        raise InvalidArray(
            "the model joins effects of different clusters; take the outermost level as cluster"
        )
    w = np.linalg.inv(working)
    bread = np.asarray(np.linalg.inv(x.T @ w @ x), dtype=float)
    beta = bread @ x.T @ w @ y
    residual = y - x @ beta
    leave = np.eye(y.size) - x @ bread @ x.T @ w
    # influences[c] maps all residuals before fitting to cluster c's part of each coefficient
    influences = []
    scores = np.empty((n_clusters, p))
    for place, own in enumerate(members):
        pull = bread @ x[own].T @ w[np.ix_(own, own)] @ _adjustment(working, x, bread, own, kind, n_clusters)
        scores[place] = pull @ residual[own]
        influences.append(pull @ leave[own])
    covariance = scores.T @ scores
    errors = np.sqrt(np.diagonal(covariance))
    df = (
        np.full(p, float(n_clusters - p))
        if freedom == "clusters"
        else np.array([_satterthwaite(np.stack([part[j] for part in influences]), working) for j in range(p)])
    )
    critical = np.array([quantile(level, float(value)) for value in df])
    p_values = np.array(
        [two_sided(np.array([t]), float(f))[0] for t, f in zip(beta / errors, df, strict=True)]
    )
    return Robust(
        coefficients=beta,
        standard_errors=errors,
        statistics=beta / errors,
        df=df,
        p_values=p_values,
        lower=beta - critical * errors,
        upper=beta + critical * errors,
        covariance=covariance,
        n_clusters=n_clusters,
        kind=kind,
        freedom=freedom,
        level=level,
    )


def _working_model(fit: Pooled | Nested) -> tuple[Floats, Floats, Floats]:
    """Effects, model matrix and their covariance under the model."""
    if isinstance(fit, Nested):
        return fit.y, fit.x, fit.marginal
    if fit.method == "genq":
        raise InvalidArray(
            "robust errors of method 'genq' are not offered: its weights are not those of its model"
        )
    return fit.studies.y, fit.studies.x, np.diag(fit.studies.v + fit.tau2)


def _adjustment(working: Floats, x: Floats, bread: Floats, own: Bools, kind: Kind, n_clusters: int) -> Floats:
    """What residuals of a cluster are multiplied with, so that their covariance is that of the model."""
    if kind == "cr1":
        whole: Floats = np.eye(int(own.sum())) * np.sqrt(n_clusters / (n_clusters - 1))
        return whole
    block = working[np.ix_(own, own)]
    root = np.linalg.cholesky(block).T
    inner = root @ (block - x[own] @ bread @ x[own].T) @ root.T
    values, vectors = np.linalg.eigh((inner + inner.T) / 2)
    kept = values > _RANK_TOLERANCE * values.max()
    inverse_root = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
    adjustment: Floats = root.T @ inverse_root @ root
    return adjustment


def _satterthwaite(influence: Floats, working: Floats) -> float:
    """Degrees of freedom from the moments of a sum of squares with `influence` (c, k)."""
    products = influence @ working @ influence.T
    return float(np.trace(products) ** 2 / np.sum(products**2))
