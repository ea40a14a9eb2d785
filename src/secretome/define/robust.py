"""How far a sample lies from the others, by median and median absolute deviation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Makes the median absolute deviation of normal data equal to their standard deviation.
MAD_TO_SD = 1.4826


def robust_z(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of each value from the median, in robust standard deviations.

    Parameters
    ----------
    values
        (m,); NaN is left out, minus infinity (the logarithm of a share of nothing) counts as lowest.

    Returns
    -------
    (m,), NaN where the value is NaN, and everywhere when median or spread is 0, infinite or unknown.

    References
    ----------
    Leys 2013, 10.1016/j.jesp.2013.03.013. Equals `(x - median(x)) / mad(x)` of R.

    Examples
    --------
    >>> robust_z(np.array([1.0, 2.0, 3.0, 4.0, 10.0])).round(3)
    array([-1.349, -0.674,  0.   ,  0.674,  4.721])
    """
    nothing = np.full(values.shape, np.nan)
    known = values[~np.isnan(values)]
    if not known.size:
        return nothing
    # the median of -inf and a number is -inf; two infinities have no mean
    middle = np.median(known) if np.isfinite(known).any() else -np.inf
    if not np.isfinite(middle):
        return nothing
    spread = MAD_TO_SD * np.median(np.abs(known - middle))
    if not np.isfinite(spread) or spread == 0:
        return nothing
    return np.asarray((values - middle) / spread)
