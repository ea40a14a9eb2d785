"""How well variances and fixed effects of fitted mixed models are known: what degrees of freedom rest on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secretome.stats._arrays import Bools, Floats
from secretome.stats._mixed_criterion import Point, by_term


@dataclass(frozen=True)
class Information:
    """Of n models with k + 1 variances, the residual last.

    `covariance` (n, p, p) of the fixed effects as plugged in, `derivative` (n, k+1, p, p) its change with
    each variance, `observed` and `expected` (n, k+1, k+1) information on the variances.
    """

    covariance: Floats
    derivative: Floats
    observed: Floats
    expected: Floats


def information(point: Point, member: Floats, variance: Floats, n_effective: Floats) -> Information:
    """Information of models at `point` with `variance` (n, k+1); `n_effective` (n,) is n - p (or n for ML).

    Notes
    -----
    With V = sum_i v_i V_i over all variances, P V P = P: every entry that belongs to the residual follows
    from those of the random terms, and no matrix of the size of the samples is formed.
    """
    k = member.shape[1]
    residual = variance[:, -1]
    inverse = np.linalg.inv(point.xvx)
    covariance = inverse * residual[:, None, None]
    part = np.einsum("qk,nqa,nqb->nkab", member, point.zvx, point.zvx)
    derivative = np.empty((residual.size, k + 1, *inverse.shape[1:]))
    derivative[:, :k] = inverse[:, None] @ part @ inverse[:, None]
    weighted = np.einsum("nk,nkab->nab", variance[:, :k], derivative[:, :k])
    derivative[:, k] = (covariance - weighted) / residual[:, None, None]
    pairs = by_term(point.zpz**2, member) / residual[:, None, None] ** 2
    traces = np.einsum("nqq->nq", point.zpz) @ member / residual[:, None]
    trace_product = _with_residual(pairs, traces, n_effective, variance)
    score = point.zpy / residual[:, None]
    curved = by_term(point.zpz * score[:, :, None] * score[:, None, :], member) / residual[:, None, None]
    squares = score**2 @ member
    quadratic = _with_residual(curved, squares, point.residual / residual, variance)
    return Information(covariance, derivative, 2 * quadratic - trace_product, trace_product)


def _with_residual(pairs: Floats, single: Floats, total: Floats, variance: Floats) -> Floats:
    """A form f(V_i, V_j) with its residual row: sum_j v_j f(V_i, V_j) = f(V_i), sum_i v_i f(V_i) = `total`."""
    n, k = single.shape
    ratio, residual = variance[:, :k], variance[:, k]
    whole = np.empty((n, k + 1, k + 1))
    whole[:, :k, :k] = pairs
    edge = (single - np.einsum("nij,nj->ni", pairs, ratio)) / residual[:, None]
    whole[:, :k, k] = whole[:, k, :k] = edge
    last = (total - np.einsum("ni,ni->n", single, ratio)) / residual
    whole[:, k, k] = (last - np.einsum("ni,ni->n", edge, ratio)) / residual
    return whole


def inverse_among(matrix: Floats, kept: Bools) -> Floats:
    """Inverse (n, k, k) among the components `kept` (n, k), zero elsewhere; NaN where it is singular.

    Examples
    --------
    >>> inverse_among(np.diag([2.0, 4.0])[None], np.array([[True, False]]))
    array([[[0.5, 0. ],
            [0. , 0. ]]])
    """
    both = kept[:, :, None] & kept[:, None, :]
    scale = np.sqrt(np.maximum(np.abs(np.einsum("nkk->nk", matrix)), 1e-300))
    scaled = np.where(both, matrix / scale[:, :, None] / scale[:, None, :], np.eye(matrix.shape[1]))
    singular = np.linalg.cond(scaled) > 1e12
    scaled[singular] = np.eye(matrix.shape[1])
    inverse = np.where(both, np.linalg.inv(scaled) / scale[:, :, None] / scale[:, None, :], 0.0)
    inverse[singular] = np.nan
    result: Floats = inverse
    return result


def adjusted(point: Point, member: Floats, variance: Floats, known: Information, weight: Floats) -> Floats:
    """Covariance (n, p, p) of the fixed effects corrected for estimating the variances (Kenward-Roger).

    Parameters
    ----------
    weight
        (n, k+1, k+1) covariance of the variance estimates.

    Notes
    -----
    Phi + 2 Phi [sum_ij W_ij (Q_ij - P_i Phi P_j)] Phi, P_i = -X'V^-1 V_i V^-1 X,
    Q_ij = X'V^-1 V_i V^-1 V_j V^-1 X.
    """
    n, k, p = variance.shape[0], member.shape[1], point.xvx.shape[1]
    residual = variance[:, -1]
    parts = [point.zvx * member[:, i][:, None] for i in range(k)]
    single = np.stack([part.transpose(0, 2, 1) @ part for part in parts], axis=1)
    single /= residual[:, None, None, None] ** 2
    q = np.empty((n, k + 1, k + 1, p, p))
    for i in range(k):
        for j in range(k):
            q[:, i, j] = parts[i].transpose(0, 2, 1) @ point.zvz @ parts[j]
    q[:, :k, :k] /= residual[:, None, None, None, None] ** 3
    q[:, :k, k] = (single - np.einsum("nijab,nj->niab", q[:, :k, :k], variance[:, :k])) / residual[
        :, None, None, None
    ]
    q[:, k, :k] = q[:, :k, k].transpose(0, 1, 3, 2)
    whole = point.xvx / residual[:, None, None]
    last = (whole - np.einsum("niab,ni->nab", single, variance[:, :k])) / residual[:, None, None]
    q[:, k, k] = (last - np.einsum("niab,ni->nab", q[:, :k, k], variance[:, :k])) / residual[:, None, None]
    p_all = np.concatenate([single, last[:, None]], axis=1)
    phi = known.covariance[:, None]
    weighted_q = np.einsum("nij,nijab->nab", weight, q)
    weighted_p = np.einsum("nij,niab,njbc->nac", weight, p_all @ phi, p_all, optimize=True)
    correction = weighted_q - weighted_p
    symmetric = (correction + correction.transpose(0, 2, 1)) / 2
    result: Floats = known.covariance + 2 * known.covariance @ symmetric @ known.covariance
    return result
