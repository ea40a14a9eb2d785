"""Effects of studies with their variances: checked once, then weighted least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Floats, as_design, as_vector

_RANK_TOLERANCE = 1e-7


@dataclass(frozen=True)
class Studies:
    """k effects `y` (k,), their sampling variances `v` (k,), and the model matrix `x` (k, p)."""

    y: Floats
    v: Floats
    x: Floats

    @property
    def df(self) -> int:
        """Studies less coefficients."""
        return int(self.x.shape[0] - self.x.shape[1])

    def without(self, study: int) -> Studies:
        """All studies but one."""
        return Studies(np.delete(self.y, study), np.delete(self.v, study), np.delete(self.x, study, axis=0))

    def only(self, kept: np.ndarray[tuple[int], np.dtype[np.integer]]) -> Studies:
        """The studies `kept`, in that order."""
        return Studies(self.y[kept], self.v[kept], self.x[kept])


@dataclass(frozen=True)
class Weighted:
    """Weighted least squares: `beta` (p,), `inverse` (p, p) of X'WX, `residual` (k,), `rss` weighted, `w` (k,)."""

    beta: Floats
    inverse: Floats
    residual: Floats
    rss: float
    w: Floats


def as_studies(
    estimate: ArrayLike, variance: ArrayLike, moderators: ArrayLike | None, *, intercept: bool = True
) -> Studies:
    """Effects, variances and moderators, checked.

    Raises
    ------
    InvalidArray
        Lengths differ, a value is missing or infinite, or a variance is not above 0.
    NotEstimable
        There is no study, or fewer than coefficients, or the moderators depend on each other.

    Examples
    --------
    >>> as_studies([0.1, 0.2], [0.01, 0.02], None).x
    array([[1.], [1.]])
    """
    y = np.asarray(estimate, dtype=float)
    y = as_vector(y, y.size, name="estimate")
    v = as_vector(variance, y.size, name="variance")
    problems = [
        f"{name}[{index}] is {part[index]}; expected {expected}"
        for name, part, wrong, expected in (
            ("estimate", y, ~np.isfinite(y), "a finite number (leave the study out, and say so)"),
            (
                "variance",
                v,
                ~np.isfinite(v) | (v <= 0),
                "a finite number above 0 (the squared standard error)",
            ),
        )
        for index in np.flatnonzero(wrong)[:20]
    ]
    if problems:
        raise InvalidArray("\n".join(problems))
    x = model_matrix(moderators, y.size, intercept=intercept)
    return Studies(y, v, x)


def model_matrix(moderators: ArrayLike | None, n_studies: int, *, intercept: bool) -> Floats:
    """Moderators (k, m) or (k,) with an intercept before them, checked.

    Raises
    ------
    InvalidArray, NotEstimable
        As in `as_studies`.

    Examples
    --------
    >>> model_matrix([3.0, 4.0, 9.0], 3, intercept=True)
    array([[1., 3.], [1., 4.], [1., 9.]])
    """
    columns = [np.ones((n_studies, 1))] if intercept or moderators is None else []
    if moderators is not None:
        table = np.asarray(moderators, dtype=float)
        columns.append(as_design(table[:, None] if table.ndim == 1 else table, n_studies, name="moderators"))
    x = np.hstack(columns)
    if n_studies < x.shape[1] or n_studies == 0:
        raise NotEstimable(f"{n_studies} studies cannot carry {x.shape[1]} coefficients")
    scale = np.sqrt((x**2).sum(axis=0))
    values = np.linalg.svd(x / np.where(scale > 0, scale, 1.0), compute_uv=False)
    if values[-1] < _RANK_TOLERANCE * values[0]:
        raise NotEstimable(
            "the moderators depend on each other or on the intercept; drop what says nothing new"
        )
    return x


def weighted(studies: Studies, tau2: float) -> Weighted:
    """Least squares with weights 1 / (v + tau2).

    Examples
    --------
    >>> weighted(as_studies([1.0, 3.0], [1.0, 1.0], None), 0.0).beta
    array([2.])
    """
    return weighted_by(studies, 1 / (studies.v + tau2))


def weighted_by(studies: Studies, w: Floats) -> Weighted:
    """Least squares with weights `w` (k,).

    Examples
    --------
    >>> weighted_by(as_studies([1.0, 3.0], [1.0, 1.0], None), np.array([3.0, 1.0])).beta
    array([1.5])
    """
    # columns to unit weighted length, so that a year beside an intercept loses no digits
    scale = np.sqrt(w @ studies.x**2)
    x = studies.x / scale
    q, r = np.linalg.qr(np.sqrt(w)[:, None] * x)
    root = np.linalg.inv(r)
    beta = root @ (q.T @ (np.sqrt(w) * studies.y)) / scale
    residual = studies.y - studies.x @ beta
    return Weighted(beta, root @ root.T / np.outer(scale, scale), residual, float(w @ residual**2), w)


def projection(studies: Studies, w: Floats) -> Floats:
    """P = W - W X (X'WX)^-1 X'W (k, k).

    Examples
    --------
    >>> projection(as_studies([1.0, 3.0], [1.0, 1.0], None), np.ones(2))
    array([[ 0.5, -0.5], [-0.5,  0.5]])
    """
    wx = w[:, None] * studies.x
    return np.diag(w) - wx @ weighted_by(studies, w).inverse @ wx.T


def trace_of_projection(studies: Studies, w: Floats) -> float:
    """Trace of P without building it.

    Examples
    --------
    >>> round(trace_of_projection(as_studies([1.0, 3.0], [1.0, 1.0], None), np.ones(2)), 6)
    1.0
    """
    wx = w[:, None] * studies.x
    return float(w.sum() - np.sum((wx @ weighted_by(studies, w).inverse) * wx))
