"""Minimum of the profiled deviance over variance ratios that may not be negative, for many rows at once."""

from __future__ import annotations

import numpy as np

from secretome.stats._arrays import Bools, Floats, Ints
from secretome.stats._mixed_criterion import Point, evaluate
from secretome.stats._mixed_terms import Products

_STEPS, _HALVINGS = 60, 14
_STEPS_BELOW_ZERO = 20  # a search that needs more has no minimum inside
_DECREMENT = 1e-10  # of the deviance that a further step would gain
_WITHIN = 0.95  # of the way to a singular covariance matrix
_EDGE = 1e-12  # of the ratio before the step: rounding error of a step to zero
_START = 1.0  # as lme4: every variance equal to the residual variance


def minimise(
    products: Products, member: Floats, *, reml: bool, negative: bool = False
) -> tuple[Point, Bools]:
    """The best point of every row, and whether it is a minimum (n,).

    With `negative` a ratio may fall below zero as far as the covariance matrix stays positive definite;
    rows whose deviance falls all the way to a singular covariance matrix are bounded at zero after all.

    Notes
    -----
    Newton steps on the exact Hessian where it is positive definite among the free ratios, else on the
    expected information; a ratio at zero stays there while the deviance would rise. Steps that would
    leave the allowed region end at its edge; each step is halved until the deviance falls.
    """
    n, k = products.yy.size, member.shape[1]
    best = evaluate(products, member, np.full((n, k), _START), reml=reml)
    done = np.zeros(n, dtype=bool)
    low = _lowest(products, member) if negative else None
    for _ in range(_STEPS_BELOW_ZERO if negative else _STEPS):
        step, decrement = _direction(best, low)
        done |= decrement < _DECREMENT
        open_rows = np.flatnonzero(~done)
        if not open_rows.size:
            break
        stuck = _advance(best, products, member, step, open_rows, reml=reml, low=low)
        # no lower point along the step: a minimum to machine precision, or a failure that is said
        done[stuck] = decrement[stuck] < 1e-6
        if stuck.size == open_rows.size and not done[open_rows].all():
            break
    if negative and not done.all():
        lost = np.flatnonzero(~done)
        again, found = minimise(products.rows(lost), member, reml=reml)
        for name in Point.__dataclass_fields__:
            getattr(best, name)[lost] = getattr(again, name)
        done[lost] = found
    return best, done


def _lowest(products: Products, member: Floats) -> Floats:
    """Ratio (n, k) of each term at which the covariance of its largest level is no longer positive definite."""
    largest = np.stack(
        [np.einsum("nqq->nq", products.zz)[:, owned].max(axis=1) for owned in member.T.astype(bool)], axis=1
    )
    lowest: Floats = -1 / largest
    return lowest


def _direction(point: Point, low: Floats | None) -> tuple[Floats, Floats]:
    """Step (n, k) and the gain that it promises (n,)."""
    gradient = point.gradient
    bounded = low is None
    held: Bools = (point.gamma <= 0) & (gradient >= 0) & np.array(bounded)
    exact = _solve_free(point.hessian, gradient, held)
    expected = _solve_free(point.fisher, gradient, held)
    curvature = np.einsum("nk,nk->n", exact, gradient)
    convex = _positive(point.hessian, held) & (curvature < 0)
    step = np.where(convex[:, None], exact, expected)
    inward = step + point.gamma
    # a component that is at its edge and would be pushed out is held too, the others are solved again
    pushed: Bools = (point.gamma <= 0) & (inward < 0) & np.array(bounded)
    if pushed.any():
        again = held | pushed
        exact, expected = (
            _solve_free(point.hessian, gradient, again),
            _solve_free(point.fisher, gradient, again),
        )
        convex = _positive(point.hessian, again) & (np.einsum("nk,nk->n", exact, gradient) < 0)
        step = np.where(
            np.any(pushed, axis=1, keepdims=True), np.where(convex[:, None], exact, expected), step
        )
    step = _to_the_edge(point.gamma if low is None else (point.gamma - low) * _WITHIN, step)
    return step, np.abs(np.einsum("nk,nk->n", step, gradient))


def _to_the_edge(gamma: Floats, step: Floats) -> Floats:
    """Steps (n, k) shortened as a whole, so that none takes more than `gamma`: a descent direction stays one."""
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.where(step < 0, -gamma / step, np.inf)
    shortened: Floats = step * np.minimum(reach.min(axis=1), 1.0)[:, None]
    return shortened


def _solve_free(matrix: Floats, gradient: Floats, held: Bools) -> Floats:
    """Minus the solution of `matrix` step = gradient among the components that are not held."""
    k = gradient.shape[1]
    free = ~held
    reduced = np.where(free[:, :, None] & free[:, None, :], matrix, 0.0)
    diagonal = np.einsum("nkk->nk", reduced)
    scale = 1 / np.sqrt(np.maximum(np.abs(diagonal), 1e-12))
    reduced = reduced * scale[:, :, None] * scale[:, None, :]
    reduced[:, np.arange(k), np.arange(k)] += np.where(held, 1.0, 1e-12)
    target = np.where(free, gradient * scale, 0.0)
    singular = np.abs(np.linalg.det(reduced)) < 1e-14
    reduced[singular] = np.eye(k)
    step: Floats = -np.linalg.solve(reduced, target[:, :, None])[:, :, 0] * scale
    return step


def _positive(matrix: Floats, held: Bools) -> Bools:
    k = held.shape[1]
    reduced = np.where(held[:, :, None] | held[:, None, :], 0.0, matrix)
    reduced[:, np.arange(k), np.arange(k)] += held
    positive: Bools = np.linalg.eigvalsh(reduced)[:, 0] > 0
    return positive


def _advance(
    best: Point,
    products: Products,
    member: Floats,
    step: Floats,
    rows: Ints,
    *,
    reml: bool,
    low: Floats | None,
) -> Ints:
    """Move each of `rows` to a lower point along its step; the rows that found none."""
    length = 1.0
    waiting = rows
    for _ in range(_HALVINGS):
        gamma = best.gamma[waiting] + length * step[waiting]
        if low is None:
            gamma[gamma < _EDGE * best.gamma[waiting]] = 0.0
        tried = evaluate(products.rows(waiting), member, gamma, reml=reml)
        slope = np.einsum("nk,nk->n", best.gradient[waiting], gamma - best.gamma[waiting])
        with np.errstate(invalid="ignore"):
            lower = (tried.residual > 0) & (
                tried.deviance <= best.deviance[waiting] + 1e-4 * np.minimum(slope, 0.0)
            )
        chosen = waiting[lower]
        for name in Point.__dataclass_fields__:
            getattr(best, name)[chosen] = getattr(tried, name)[lower]
        waiting = waiting[~lower]
        if not waiting.size:
            break
        length /= 2
    return waiting
