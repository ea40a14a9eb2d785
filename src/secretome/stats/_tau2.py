"""The variance between studies, by ten estimators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import optimize, special

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Floats
from secretome.stats._study_effects import Studies, projection, trace_of_projection, weighted, weighted_by

Method = Literal["ee", "dl", "he", "hs", "hsk", "sj", "ml", "reml", "eb", "pm", "genq"]
Status = Literal["closed form", "converged", "boundary", "searched"]
METHODS = ("ee", "dl", "he", "hs", "hsk", "sj", "ml", "reml", "eb", "pm", "genq")
_MOST_STEPS = 100
_GRID = 60


@dataclass(frozen=True)
class Tau2:
    """Variance between studies `value`, its `standard_error` (NaN for "ee"), and how it was found."""

    value: float
    standard_error: float
    status: Status


def estimate_tau2(studies: Studies, method: Method) -> Tau2:
    """The variance between studies.

    Raises
    ------
    InvalidArray
        `method` is not a name we know.
    NotEstimable
        No degrees of freedom are left for it.

    Examples
    --------
    >>> from secretome.stats._study_effects import as_studies
    >>> round(estimate_tau2(as_studies([0.0, 1.0, 2.0], [0.1, 0.1, 0.1], None), "dl").value, 6)
    0.9
    """
    if method not in METHODS:
        raise InvalidArray(f"method is {method!r}; expected one of {', '.join(METHODS)}")
    if method == "ee":
        return Tau2(0.0, float("nan"), "closed form")
    if studies.df < 1:
        k, p = studies.x.shape
        raise NotEstimable(
            f"{k} studies and {p} coefficients leave nothing to see a variance between studies with"
        )
    return _ESTIMATORS[method](studies)


def _moment(studies: Studies) -> Tau2:
    """DerSimonian-Laird; the generalised Q with weights 1 / v is the same."""
    w = 1 / studies.v
    p = projection(studies, w)
    trace = float(np.trace(p))
    value = max(0.0, (weighted_by(studies, w).rss - studies.df) / trace)
    spread = 2 * studies.df + 4 * value * trace + 2 * value**2 * float(np.sum(p * p))
    return Tau2(value, float(np.sqrt(spread)) / trace, "closed form")


def _hunter_schmidt(studies: Studies, *, small_sample: bool) -> Tau2:
    w = 1 / studies.v
    k = studies.y.size
    factor = k / studies.df if small_sample else 1.0
    p = projection(studies, w)
    value = max(0.0, (factor * weighted_by(studies, w).rss - k) / float(w.sum()))
    spread = 2 * studies.df + 4 * value * float(np.trace(p)) + 2 * value**2 * float(np.sum(p * p))
    return Tau2(value, factor * float(np.sqrt(spread)) / float(w.sum()), "closed form")


def _hedges(studies: Studies) -> Tau2:
    ones = np.ones(studies.y.size)
    p = projection(studies, ones)
    pv = p * studies.v
    value = max(0.0, (weighted_by(studies, ones).rss - float(np.trace(pv))) / studies.df)
    spread = 2 * np.sum(pv * pv.T) + 4 * value * np.sum(pv * p) + 2 * value**2 * studies.df
    return Tau2(value, float(np.sqrt(spread)) / studies.df, "closed form")


def _sidik_jonkman(studies: Studies) -> Tau2:
    start = float(np.var(studies.y))
    if start == 0:
        return Tau2(0.0, float("nan"), "boundary")
    w = 1 / (studies.v + start)
    p = projection(studies, w)
    value = max(0.0, start * weighted_by(studies, w).rss / studies.df)
    pv = p * studies.v
    spread = 2 * np.sum(pv * pv.T) + 4 * value * np.sum(pv * p) + 2 * value**2 * np.sum(p * p)
    return Tau2(value, start * float(np.sqrt(spread)) / studies.df, "closed form")


def _paule_mandel(studies: Studies) -> Tau2:
    """The tau2 at which the generalised Q equals its expectation; the empirical Bayes estimate is the same."""
    value = solve_q(studies, float(studies.df))
    k = studies.y.size
    w = 1 / (studies.v + value)
    error = float(np.sqrt(2 * k**2 / studies.df)) / float(w.sum())
    return Tau2(value, error, "converged" if value > 0 else "boundary")


def solve_q(studies: Studies, target: float) -> float:
    """The tau2 at which Q(tau2), which falls, equals `target`; 0 where Q(0) is already below it.

    Examples
    --------
    >>> from secretome.stats._study_effects import as_studies
    >>> round(solve_q(as_studies([0.0, 1.0, 2.0], [0.1, 0.1, 0.1], None), 2.0), 6)
    0.9
    """

    def excess(tau2: float) -> float:
        return float(weighted(studies, tau2).rss - target)

    if excess(0.0) <= 0:
        return 0.0
    high = float(np.var(studies.y)) + float(studies.v.max())
    while excess(high) > 0:
        high *= 4
    return float(optimize.brentq(excess, 0.0, high, xtol=1e-14 * high, rtol=1e-14, maxiter=500))


def log_likelihood(studies: Studies, tau2: float, *, restricted: bool) -> float:
    """Log likelihood at `tau2`, the coefficients at their best, restricted or not.

    Examples
    --------
    >>> from secretome.stats._study_effects import as_studies
    >>> round(log_likelihood(as_studies([0.0, 1.0], [1.0, 1.0], None), 0.0, restricted=True), 4)
    -1.1689
    """
    k, p = studies.x.shape
    fit = weighted(studies, tau2)
    value: float = -0.5 * (float(np.log(studies.v + tau2).sum()) + fit.rss)
    if not restricted:
        return float(value - 0.5 * k * np.log(2 * np.pi))
    inner = float(np.linalg.slogdet(studies.x.T @ studies.x)[1] + np.linalg.slogdet(fit.inverse)[1])
    return float(value + 0.5 * inner - 0.5 * (k - p) * np.log(2 * np.pi))


def _likelihood(studies: Studies, *, restricted: bool) -> Tau2:
    """Fisher scoring with halved steps, checked against a grid; a bounded search when that finds better."""
    value, ended = _scoring(studies, restricted=restricted)
    best = log_likelihood(studies, value, restricted=restricted)
    status: Status = "boundary" if value == 0 else "converged"
    rough, height = _highest_on_grid(studies, restricted=restricted)
    if not ended or height > best + 1e-8:
        found = optimize.minimize_scalar(
            lambda tau2: -log_likelihood(studies, tau2, restricted=restricted),
            bounds=(rough / 3, rough * 3 + 1e-12),
            method="bounded",
            options={"xatol": 1e-12 * (1 + rough), "maxiter": 1000},
        )
        value, status = float(found.x), "searched"
        if log_likelihood(studies, 0.0, restricted=restricted) >= -float(found.fun):
            value = 0.0
    return Tau2(value, _information_error(studies, value, restricted=restricted), status)


def _scoring(studies: Studies, *, restricted: bool) -> tuple[float, bool]:
    """Tau2 and whether the scoring came to rest."""
    value = max(_hedges(studies).value, _moment(studies).value)
    current = log_likelihood(studies, value, restricted=restricted)
    for _ in range(_MOST_STEPS):
        w = 1 / (studies.v + value)
        fit = weighted_by(studies, w)
        information = _information(studies, w, restricted=restricted)
        trace = trace_of_projection(studies, w) if restricted else float(w.sum())
        step = (float((w * fit.residual) @ (w * fit.residual)) - trace) / information
        trial = max(0.0, value + step)
        height = log_likelihood(studies, trial, restricted=restricted)
        while height < current - 1e-13 * abs(current):  # ends: a step of nothing changes nothing
            step /= 2
            trial = max(0.0, value + step)
            height = log_likelihood(studies, trial, restricted=restricted)
        change, value, current = abs(trial - value), trial, height
        if change <= 1e-11 * (value + float(studies.v.min())):
            return value, True
    return value, False


def _information(studies: Studies, w: Floats, *, restricted: bool) -> float:
    if not restricted:
        return float(np.sum(w**2))
    p = projection(studies, w)
    return float(np.sum(p * p))


def _information_error(studies: Studies, tau2: float, *, restricted: bool) -> float:
    information = _information(studies, 1 / (studies.v + tau2), restricted=restricted)
    return float(np.sqrt(2 / information))


def _highest_on_grid(studies: Studies, *, restricted: bool) -> tuple[float, float]:
    """The best tau2 of a wide grid, and its log likelihood."""
    top = 10 * (float(np.var(studies.y)) + float(studies.v.max()))
    grid = np.concatenate([[0.0], np.geomspace(1e-6 * float(studies.v.min()), top, _GRID)])
    w = 1 / (studies.v + grid[:, None])
    x = studies.x / np.sqrt(np.sum(studies.x**2, axis=0))
    inner = np.einsum("gk,kp,kq->gpq", w, x, x)
    beta = np.linalg.solve(inner, np.einsum("gk,kp,k->gp", w, x, studies.y)[..., None])[..., 0]
    rss = np.einsum("gk,gk->g", w, (studies.y - beta @ x.T) ** 2)
    heights = 0.5 * (np.log(w).sum(axis=1) - rss)
    if restricted:
        heights -= 0.5 * np.linalg.slogdet(inner)[1]
    best = float(grid[int(np.argmax(heights))])
    return best, log_likelihood(studies, best, restricted=restricted)


def q_profile(studies: Studies, level: float) -> tuple[float, float]:
    """Interval of tau2 from the values that the generalised Q does not refuse.

    Both limits are 0 when the effects differ less than chance would make them at any tau2.

    Examples
    --------
    >>> from secretome.stats._study_effects import as_studies
    >>> q_profile(as_studies([0.0, 1.0, 2.0], [0.1, 0.1, 0.1], None), 0.95)
    (0.171..., 39.3...)
    """
    low, high = (float(special.chdtri(studies.df, tail)) for tail in ((1 - level) / 2, (1 + level) / 2))
    return solve_q(studies, low), solve_q(studies, high)


_ESTIMATORS: dict[str, Callable[[Studies], Tau2]] = {
    "dl": _moment,
    "genq": _moment,
    "hs": lambda studies: _hunter_schmidt(studies, small_sample=False),
    "hsk": lambda studies: _hunter_schmidt(studies, small_sample=True),
    "he": _hedges,
    "sj": _sidik_jonkman,
    "pm": _paule_mandel,
    "eb": _paule_mandel,
    "ml": lambda studies: _likelihood(studies, restricted=False),
    "reml": lambda studies: _likelihood(studies, restricted=True),
}
