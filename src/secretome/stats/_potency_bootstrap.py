"""Relative potency by resampling: thousands of parallel fits at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Floats
from secretome.stats._curve_solver import minimise, minimise_from_grid
from secretome.stats._relative_potency import Pairs, as_pairs
from secretome.stats._sigmoid import LOG_RATIO, CurveModel, free_parameters, response

_AT_ONCE = 1000


@dataclass(frozen=True)
class PotencyBootstrap:
    """Resampled relative potencies of r pairs of a plate and a test preparation; logs are natural.

    `plate`, `preparation` (r,) labels; `log_ratio` (r,) of the data; `replicates` (r, B), NaN where a fit did not
    converge; `standard_error`, `lower`, `upper` (r,) of the converged ones (percentiles); `converged` (r,) their share.
    """

    plate: NDArray[np.generic]
    preparation: NDArray[np.generic]
    log_ratio: Floats
    replicates: Floats
    standard_error: Floats
    lower: Floats
    upper: Floats
    converged: Floats
    level: float


def bootstrap_relative_potency(
    dose: ArrayLike,
    response: ArrayLike,
    preparation: ArrayLike,
    *,
    reference: object,
    model: CurveModel = "4pl",
    weights: ArrayLike | None = None,
    plate: ArrayLike | None = None,
    replicates: int = 10_000,
    level: float = 0.95,
    seed: int | np.random.Generator,
) -> PotencyBootstrap:
    """Relative potencies refitted to resampled residuals of the parallel curves.

    Parameters
    ----------
    dose, response, preparation, reference, model, weights, plate
        as in `relative_potency`.
    replicates
        fits per plate and test preparation, 2 or more.
    level
        of the percentile intervals.
    seed
        a number or a generator.

    Returns
    -------
    PotencyBootstrap
        Same seed, same numbers.

    Raises
    ------
    InvalidArray
        As in `relative_potency`; or fewer than 2 replicates.
    NotEstimable
        As in `relative_potency`; or the parallel curves do not converge.

    Notes
    -----
    Residuals of the parallel fit, times the root of their weights and of n / (n - p), are drawn with replacement
    within the pair and added to the fitted curves; all replicates descend side by side from the estimate.
    No reference implementation; the standard error is held to the asymptotic one on the simulated assay of the oracle.

    References
    ----------
    Davison and Hinkley 1997, doi 10.1017/CBO9780511802843.

    Examples
    --------
    >>> dose = np.tile([0.1, 0.3, 1.0, 3.0, 10.0], 4)
    >>> name = np.repeat(["r", "r", "t", "t"], 5)
    >>> y = 5 - 4 / (1 + 1 / np.where(name == "t", dose / 2, dose)) + np.random.default_rng(1).normal(0, 0.02, 20)
    >>> found = bootstrap_relative_potency(dose, y, name, reference="r", replicates=50, seed=1)
    >>> found.replicates.shape, found.converged
    ((1, 50), array([1.]))
    """
    if replicates < 2:
        raise InvalidArray(f"replicates is {replicates}; expected 2 or more")
    if not 0 < level < 1:
        raise InvalidArray(f"level is {level}; expected a number above 0 and below 1")
    pairs = as_pairs(dose, response, preparation, reference, model, weights, plate)
    free = free_parameters(model, ratio=True)
    found = minimise_from_grid(pairs.y, pairs.at, pairs.weights, free)
    if not found.converged.all():
        failed = [
            f"plate {p}, {t}"
            for p, t, ok in zip(pairs.plate, pairs.preparation, found.converged, strict=True)
            if not ok
        ]
        raise NotEstimable(f"the parallel curves do not converge for {'; '.join(failed)}")
    generator = np.random.default_rng(seed)
    drawn = np.stack(
        [_resample(pairs, i, found.theta[i], free, replicates, generator) for i in range(len(pairs.y))]
    )
    tail = (1 - level) / 2
    return PotencyBootstrap(
        plate=pairs.plate,
        preparation=pairs.preparation,
        log_ratio=found.theta[:, LOG_RATIO],
        replicates=drawn,
        standard_error=np.nanstd(drawn, axis=1, ddof=1),
        lower=np.nanquantile(drawn, tail, axis=1),
        upper=np.nanquantile(drawn, 1 - tail, axis=1),
        converged=np.isfinite(drawn).mean(axis=1),
        level=level,
    )


def _resample(
    pairs: Pairs,
    row: int,
    theta: Floats,
    free: tuple[int, ...],
    replicates: int,
    generator: np.random.Generator,
) -> Floats:
    """Log ratios (replicates,) of one pair; NaN where the descent did not end."""
    seen = pairs.weights[row] > 0
    one = pairs.at.take(slice(row, row + 1))
    root = np.sqrt(pairs.weights[row][seen])
    fitted = response(theta[None], one)[0][seen]
    n = int(seen.sum())
    residual = (pairs.y[row][seen] - fitted) * root * np.sqrt(n / (n - len(free)))
    at = one.at(seen)
    found = []
    for begin in range(0, replicates, _AT_ONCE):
        size = min(_AT_ONCE, replicates - begin)
        y = fitted + residual[generator.integers(0, n, size=(size, n))] / root
        many = at.take(np.zeros(size, dtype=np.intp))
        fit = minimise(np.repeat(theta[None], size, axis=0), y, many, np.broadcast_to(root**2, y.shape), free)
        found.append(np.where(fit.converged, fit.theta[:, LOG_RATIO], np.nan))
    return np.concatenate(found)
