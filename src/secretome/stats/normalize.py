"""Samples brought to one scale; only where the study declares it, for total secretion is biology."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from secretome.errors import InvalidArray
from secretome.stats._arrays import Floats, as_measurements

__all__ = ["median", "quantiles"]


def quantiles(y: ArrayLike) -> Floats:
    """Every sample with the same distribution, the mean of all.

    Parameters
    ----------
    y
        (n, m) measurements; NaN is missing.

    Returns
    -------
    array (n, m)
        The mean quantile at each value's rank in its sample, ties sharing; NaN stays NaN.

    Raises
    ------
    InvalidArray
        A value is infinite, or a sample has fewer than 2 values.

    Notes
    -----
    The sorted values of a sample with gaps are stretched over n ranks by straight lines.
    Reference: limma 3.54.1 `normalizeQuantiles`, agreed to 1e-8.

    References
    ----------
    Bolstad et al. 2003, doi 10.1093/bioinformatics/19.2.185.

    Examples
    --------
    >>> quantiles([[1.0, 6.0], [3.0, 4.0]])
    array([[2.5, 4.5], [4.5, 2.5]])
    """
    values = as_measurements(y)
    n = values.shape[0]
    seen = ~np.isnan(values)
    if (seen.sum(axis=0) < 2).any():
        column = int(np.argmin(seen.sum(axis=0)))
        raise InvalidArray(f"sample {column} has {int(seen[:, column].sum())} values; expected at least 2")
    grid = np.arange(n) / (n - 1)
    typical = np.zeros(n)
    for column in range(values.shape[1]):
        known = np.sort(values[seen[:, column], column])
        typical += np.interp(grid, np.arange(known.size) / (known.size - 1), known)
    typical /= values.shape[1]
    result = np.full(values.shape, np.nan)
    for column in range(values.shape[1]):
        known = seen[:, column]
        ranks = rankdata(values[known, column])
        result[known, column] = np.interp((ranks - 1) / (known.sum() - 1), grid, typical)
    return result


def median(y: ArrayLike) -> Floats:
    """Every sample divided so that all have the same median.

    Parameters
    ----------
    y
        (n, m) positive measurements; NaN is missing.

    Returns
    -------
    array (n, m)
        y over the sample's median, times the geometric mean of all medians.

    Raises
    ------
    InvalidArray
        A value is infinite, or the median of a sample is missing or not positive.

    Notes
    -----
    Reference: limma 3.54.1 `normalizeMedianValues`, agreed to 1e-8.

    References
    ----------
    Ritchie et al. 2015, doi 10.1093/nar/gkv007.

    Examples
    --------
    >>> median([[1.0, 4.0], [1.0, 4.0]])
    array([[2., 2.], [2., 2.]])
    """
    values = as_measurements(y)
    empty = np.isnan(values).all(axis=0)
    if empty.any():
        raise InvalidArray(f"sample {int(np.argmax(empty))} has no values; drop it first")
    middle = np.nanmedian(values, axis=0)
    if (middle <= 0).any():
        column = int(np.argmax(middle <= 0))
        raise InvalidArray(f"sample {column} has the median {middle[column]:g}; expected a positive one")
    logs = np.log(middle)
    return np.asarray(values / np.exp(logs - logs.mean()), dtype=float)
