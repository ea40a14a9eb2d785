"""Batch means taken out of measurements, the design kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from secretome.stats._arrays import Floats, as_codes, as_design, as_measurements
from secretome.stats._row_fit import fit_rows


def remove_batch(y: ArrayLike, batch: ArrayLike, design: ArrayLike) -> Floats:
    """Measurements without the batch effects, for plots and clustering (not for tests).

    Parameters
    ----------
    y
        (n, m) log measurements; NaN is missing.
    batch
        (m,) labels.
    design
        (m, p) of what has to stay.

    Returns
    -------
    array (n, m)
        y less the fitted batch effects, which sum to zero over the batches; NaN stays NaN.

    Raises
    ------
    InvalidArray
        A shape does not fit or a value is infinite.

    Notes
    -----
    A batch effect that a row cannot estimate is left in. Reference: limma 3.54.1 `removeBatchEffect`, 1e-8.

    References
    ----------
    Ritchie et al. 2015, doi 10.1093/nar/gkv007.

    Examples
    --------
    >>> remove_batch([[1.0, 2.0, 5.0, 6.0]], ["a", "a", "b", "b"], np.ones((4, 1)))
    array([[3., 4., 3., 4.]])
    """
    values = as_measurements(y)
    x = as_design(design, values.shape[1])
    codes = as_codes(batch, values.shape[1], name="batch")
    effects = sum_coding(int(codes.max()) + 1)[codes]
    if effects.shape[1] == 0:
        return values.copy()
    fit = fit_rows(values, np.hstack([x, effects]))
    return values - np.nan_to_num(fit.coefficients[:, x.shape[1] :], nan=0.0) @ effects.T


def sum_coding(levels: int) -> Floats:
    """Contrasts (levels, levels - 1) whose columns sum to zero; the last level is minus all others.

    Examples
    --------
    >>> sum_coding(3)
    array([[ 1.,  0.], [ 0.,  1.], [-1., -1.]])
    """
    return np.vstack([np.eye(levels - 1), -np.ones((1, levels - 1))])
