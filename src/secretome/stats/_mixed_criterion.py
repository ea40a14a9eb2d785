"""The profiled (restricted) deviance of many mixed models at once, with gradient and Hessian."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secretome.stats._arrays import Floats
from secretome.stats._mixed_terms import Products


@dataclass(frozen=True)
class Point:
    """n models at given variance ratios gamma (n, k) = variance of a term / residual variance.

    `deviance` (n,), its `gradient` (n, k), `hessian` and expected information `fisher` (n, k, k) in
    gamma; `residual` (n,) = y'Py, `slope` (n, p) the fixed effects; and in units of the residual
    variance `zvz` Z'V^-1 Z and `zpz` Z'PZ (n, q, q), `zvx` Z'V^-1 X (n, q, p), `zpy` (n, q),
    `xvx` (n, p, p).
    """

    gamma: Floats
    deviance: Floats
    gradient: Floats
    hessian: Floats
    fisher: Floats
    residual: Floats
    slope: Floats
    zvz: Floats
    zpz: Floats
    zvx: Floats
    zpy: Floats
    xvx: Floats


def evaluate(products: Products, member: Floats, gamma: Floats, *, reml: bool) -> Point:
    """Deviance and derivatives of n models.

    Parameters
    ----------
    products
        Of n rows.
    member
        (q, k) columns of Z by term.
    gamma
        (n, k) variance ratios, not negative.
    reml
        Restricted (True) or full likelihood.

    Notes
    -----
    V = I + Z G Z', G diagonal. With B = I + Z'Z G: log|V| = log|B|, Z'V^-1 A = B^-1 Z'A, which needs no
    inverse of G and holds on the boundary. P = V^-1 - V^-1 X (X'V^-1 X)^-1 X'V^-1.
    """
    p, q = products.xx.shape[1], member.shape[0]
    spread = gamma @ member.T
    b = products.zz * spread[:, None, :]
    b[:, np.arange(q), np.arange(q)] += 1.0
    right = np.concatenate([products.zz, products.zx, products.zy[:, :, None]], axis=2)
    solved = np.linalg.solve(b, right)
    zvz, zvx, zvy = solved[:, :, :q], solved[:, :, q : q + p], solved[:, :, -1]
    weighted = (spread[:, :, None] * products.zx).transpose(0, 2, 1)
    xvx = products.xx - weighted @ zvx
    xvy = products.xy - (weighted @ zvy[:, :, None])[:, :, 0]
    yvy = products.yy - np.einsum("nq,nq,nq->n", spread, products.zy, zvy)
    solution = np.linalg.solve(xvx, np.concatenate([xvy[:, :, None], zvx.transpose(0, 2, 1)], axis=2))
    slope = solution[:, :, 0]
    residual = yvy - np.einsum("np,np->n", xvy, slope)
    zpy = zvy - (zvx @ slope[:, :, None])[:, :, 0]
    zpz = zvz - zvx @ solution[:, :, 1:]
    nu = products.n_seen - (p if reml else 0)
    log_determinant = np.linalg.slogdet(b)[1]
    if reml:
        log_determinant = log_determinant + np.linalg.slogdet(xvx)[1]
    with np.errstate(invalid="ignore"):  # a trial point beyond the positive definite ones has no deviance
        deviance = log_determinant + nu * (1 + np.log(2 * np.pi * residual / nu))
    traced = zpz if reml else zvz
    return Point(
        gamma,
        deviance,
        *_derivatives(traced, zpz, zpy, member, residual, nu),
        residual,
        slope,
        zvz,
        zpz,
        zvx,
        zpy,
        xvx,
    )


def _derivatives(
    traced: Floats, zpz: Floats, zpy: Floats, member: Floats, residual: Floats, nu: Floats
) -> tuple[Floats, Floats, Floats]:
    trace = np.einsum("nqq->nq", traced) @ member
    square = zpy**2 @ member / residual[:, None]
    pairs = by_term(traced**2, member)
    curved = by_term(zpz * zpy[:, :, None] * zpy[:, None, :], member) / residual[:, None, None]
    gradient = trace - nu[:, None] * square
    hessian = -pairs + nu[:, None, None] * (2 * curved - square[:, :, None] * square[:, None, :])
    fisher = pairs - trace[:, :, None] * trace[:, None, :] / nu[:, None, None]
    return gradient, hessian, fisher


def by_term(values: Floats, member: Floats) -> Floats:
    """Sums (n, k, k) of `values` (n, q, q) over the blocks of the terms."""
    summed: Floats = member.T @ (values @ member)
    return summed
