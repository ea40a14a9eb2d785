"""Whether probabilities mean what they say: reliability in bins, expected calibration error, log loss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from secretome.errors import InvalidArray


@dataclass(frozen=True)
class Reliability:
    """Probabilities in bins of equal width beside what happened.

    Parameters
    ----------
    lower, upper
        (b,) edges of the bins.
    n
        (b,) events in each bin.
    predicted
        (b,) mean probability; NaN in an empty bin.
    observed
        (b,) share that happened; NaN in an empty bin.
    error
        Expected calibration error: |predicted - observed|, weighted by n.
    """

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    n: NDArray[np.int64]
    predicted: NDArray[np.float64]
    observed: NDArray[np.float64]
    error: float


def reliability(probability: ArrayLike, happened: ArrayLike, *, bins: int = 10) -> Reliability:
    """Reliability of probabilities of yes-or-no events.

    Parameters
    ----------
    probability
        (n,) between 0 and 1.
    happened
        (n,) true or false.
    bins
        Number of bins of equal width; 1 belongs to the last.

    Raises
    ------
    InvalidArray
        The lengths differ, nothing is given, or a probability is missing or outside 0 to 1.

    References
    ----------
    Naeini et al. 2015, AAAI 29:2901 (expected calibration error).

    Examples
    --------
    >>> found = reliability([0.05, 0.15, 0.95, 0.95], [0, 0, 1, 0])
    >>> round(found.error, 4), int(found.n[9])
    (0.275, 2)
    """
    p, y = np.asarray(probability, dtype=float), np.asarray(happened, dtype=float)
    if p.ndim != 1 or p.shape != y.shape or not p.size:
        raise InvalidArray(
            f"probability {p.shape} and happened {y.shape}: expected two vectors of one length"
        )
    if not ((p >= 0) & (p <= 1)).all():
        row = int(np.flatnonzero(~((p >= 0) & (p <= 1)))[0])
        raise InvalidArray(f"probability[{row}] is {p[row]:g}; expected 0 to 1")
    place = np.minimum((p * bins).astype(int), bins - 1)
    n = np.bincount(place, minlength=bins)
    divisor = np.where(n > 0, n, np.nan)
    predicted = np.bincount(place, weights=p, minlength=bins) / divisor
    observed = np.bincount(place, weights=y, minlength=bins) / divisor
    error = float(np.nansum(np.abs(predicted - observed) * n) / p.size)
    edges = np.arange(bins + 1) / bins
    return Reliability(edges[:-1], edges[1:], n, predicted, observed, error)
