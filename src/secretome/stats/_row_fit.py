"""One linear model per row, each on the samples the row was seen in."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from secretome.errors import InvalidArray
from secretome.stats._arrays import Floats, as_codes, as_design, as_measurements, as_weights
from secretome.stats._least_squares import (
    Blocks,
    Solution,
    design_covariance,
    solve_complete,
    solve_with_gaps,
)


@dataclass(frozen=True)
class RowFit:
    """Linear models of n rows with p coefficients (or contrasts); NaN where a row cannot estimate.

    Attributes
    ----------
    coefficients
        (n, p), in units of y.
    unscaled_sd
        (n, p); times `sigma` it is the standard error.
    sigma
        (n,) residual standard deviation, NaN without residual degrees of freedom.
    df_residual
        (n,) samples seen minus coefficients estimated.
    mean
        (n,) mean of the samples seen.
    coefficient_covariance
        (p, p) unscaled, of the complete design (as limma's `cov.coefficients`).
    covariance
        (n, p, p) unscaled, exact for the samples each row was seen in; may be a read-only view.
    exact
        whether `unscaled_sd` and the F-test use `covariance` (True) or the complete design (False).
    confounded
        row -> (p, k) combinations of coefficients that its samples cannot tell apart.
    """

    coefficients: Floats
    unscaled_sd: Floats
    sigma: Floats
    df_residual: Floats
    mean: Floats
    coefficient_covariance: Floats
    covariance: Floats
    exact: bool = False
    confounded: dict[int, Floats] = field(default_factory=dict, repr=False)

    @property
    def coefficient_correlation(self) -> Floats:
        """(p, p) correlation of the coefficients in the complete design."""
        scale = np.sqrt(np.diagonal(self.coefficient_covariance))
        with np.errstate(invalid="ignore", divide="ignore"):
            correlation: Floats = self.coefficient_covariance / np.outer(scale, scale)
        return correlation


def fit_rows(
    y: ArrayLike,
    design: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    block: ArrayLike | None = None,
    correlation: float = 0.0,
) -> RowFit:
    """Coefficients and residual variance of one linear model per row.

    Parameters
    ----------
    y
        (n, m) measurements, usually log2; NaN is missing.
    design
        (m, p); columns that depend on earlier ones get NaN.
    weights
        (m,) or (n, m), inverse to the variance; what is not positive counts as missing.
    block
        (m,) labels of samples that share `correlation` (a donor).
    correlation
        between two samples of one block, as `consensus_correlation` gives it.

    Returns
    -------
    RowFit
        Arrays of n rows.

    Raises
    ------
    InvalidArray
        A shape does not fit, a value is infinite, or the correlation leaves no positive definite matrix.

    Notes
    -----
    Row g is fitted by generalised least squares on the samples it was seen in,
    beta = (X' W X)^-1 X' W y, W = D C^-1 D, D the square roots of the weights and C the block correlation.
    As in R's `lm.fit`, the later of two dependent columns is dropped (tolerance 1e-7).
    Reference: limma 3.54 `lmFit`, agreed to 1e-8.

    References
    ----------
    Ritchie et al. 2015, doi 10.1093/nar/gkv007.

    Examples
    --------
    >>> fit = fit_rows([[1.0, 2.0, 4.0, 5.0], [1.0, np.nan, 3.0, 3.0]], [[1, 0], [1, 0], [1, 1], [1, 1]])
    >>> fit.coefficients
    array([[1.5, 3. ], [1. , 2. ]])
    >>> fit.df_residual
    array([2., 1.])
    """
    values = as_measurements(y)
    x = as_design(design, values.shape[1])
    scale = None if weights is None else as_weights(weights, (values.shape[0], values.shape[1]))
    blocks = None if block is None else as_blocks(block, correlation, values.shape[1])
    if block is None and correlation != 0.0:
        raise InvalidArray(f"correlation is {correlation} but no block says which samples share it")
    shared = (
        (scale is None or scale.ndim == 1)
        and not np.isnan(values).any()
        and (scale is None or bool(scale.all()))
    )
    if shared:
        root = np.ones(values.shape[1]) if scale is None else np.sqrt(scale)
        whitened = _whiten(root[:, None] * x, blocks)
        solution = solve_complete(_whiten((values * root).T, blocks).T if blocks else values * root, whitened)
        covariance = design_covariance(whitened)
    else:
        per_row = np.where(np.isnan(values), 0.0, 1.0 if scale is None else scale)
        solution = solve_with_gaps(values, x, per_row, blocks)
        covariance = design_covariance(_whiten(x, blocks))
    return _row_fit(values, solution, covariance)


def as_blocks(block: ArrayLike, correlation: float, n_samples: int) -> Blocks:
    """Block labels (m,) and their correlation, once the matrix they make is positive definite.

    Raises
    ------
    InvalidArray
        The correlation is not between -1 / (largest block - 1) and 1.

    Examples
    --------
    >>> as_blocks(["a", "a", "b"], 0.3, 3).codes
    array([0, 0, 1])
    """
    codes = as_codes(block, n_samples, name="block")
    largest = int(np.bincount(codes).max())
    lowest = -1 / (largest - 1) if largest > 1 else -1.0
    if not lowest < correlation < 1:
        raise InvalidArray(
            f"correlation is {correlation}; blocks of up to {largest} samples need one"
            f" above {lowest:.3g} and below 1"
        )
    return Blocks(codes, float(correlation))


def _whiten(x: Floats, blocks: Blocks | None) -> Floats:
    return x if blocks is None else blocks.whiten(x)


def _row_fit(values: Floats, solution: Solution, coefficient_covariance: Floats) -> RowFit:
    df_residual = (solution.n_seen - solution.rank).astype(float)
    sigma = np.full(values.shape[0], np.nan)
    spare = df_residual > 0
    sigma[spare] = np.sqrt(solution.residual_sum[spare] / df_residual[spare])
    seen = np.count_nonzero(~np.isnan(values), axis=1)
    total = np.nansum(values, axis=1)
    mean = np.where(seen > 0, total / np.maximum(seen, 1), np.nan)
    return RowFit(
        coefficients=solution.coefficients,
        unscaled_sd=np.sqrt(np.einsum("npp->np", solution.covariance)),
        sigma=sigma,
        df_residual=df_residual,
        mean=mean,
        coefficient_covariance=coefficient_covariance,
        covariance=solution.covariance,
        confounded=solution.confounded,
    )
