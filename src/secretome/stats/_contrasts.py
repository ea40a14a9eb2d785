"""Contrasts between the coefficients of fitted rows."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from secretome.errors import InvalidArray
from secretome.stats._arrays import Bools, Floats, as_design
from secretome.stats._row_fit import RowFit

_CONFOUNDED_TOLERANCE = 1e-8


def contrast_rows(
    fit: RowFit, contrasts: ArrayLike, *, covariance: Literal["limma", "exact"] = "limma"
) -> RowFit:
    """Contrasts of the coefficients, as a fit with c coefficients.

    Parameters
    ----------
    fit
        n rows with p coefficients.
    contrasts
        (p, c), one column per contrast; (p,) is one contrast.
    covariance
        `"limma"`: correlation of the complete design scaled by each row's own standard deviations, which is
        an approximation for rows with gaps; `"exact"`: the covariance of the samples each row was seen in.

    Returns
    -------
    RowFit
        c coefficients per row. A contrast is NaN in rows that cannot estimate a coefficient to which it gives
        weight; with `"exact"` also where dropping that coefficient changed the meaning of the others.

    Raises
    ------
    InvalidArray
        The number of rows is not the number of coefficients, a weight is not finite, or `covariance` is
        unknown.

    Notes
    -----
    The variance of c'beta is c' V c with V[j, k] = s_j r_jk s_k (limma: s the unscaled standard deviations of
    the row, r the correlation of the complete design) or V = (X' W X)^-1 of the row (exact).
    Reference: limma 3.54 `contrasts.fit`, agreed to 1e-8.

    References
    ----------
    Smyth 2004, doi 10.2202/1544-6115.1027.

    Examples
    --------
    >>> from secretome.stats.linear import fit_rows
    >>> fit = fit_rows([[1.0, 2.0, 4.0, 5.0]], [[1, 0], [1, 0], [0, 1], [0, 1]])
    >>> contrast_rows(fit, [-1, 1]).coefficients
    array([[3.]])
    """
    if covariance not in {"limma", "exact"}:
        raise InvalidArray(f"covariance is {covariance!r}; expected 'limma' or 'exact'")
    weights = np.asarray(contrasts, dtype=float)
    n_coefficients = fit.coefficients.shape[1]
    weights = as_design(weights[:, None] if weights.ndim == 1 else weights, n_coefficients, name="contrasts")
    unknown = _not_estimable(fit, weights, exact=covariance == "exact")
    estimates = np.nan_to_num(fit.coefficients, nan=0.0) @ weights
    per_row = _transform(fit.covariance, weights)
    if covariance == "exact":
        variance = np.einsum("ncc->nc", per_row).copy()
    else:
        variance = _approximate_variance(fit, weights)
    standard = np.sqrt(np.maximum(variance, 0.0))
    estimates[unknown], standard[unknown] = np.nan, np.nan
    if unknown.any():
        per_row = np.where(unknown[:, :, None] | unknown[:, None, :], np.nan, per_row)
    return RowFit(
        coefficients=estimates,
        unscaled_sd=standard,
        sigma=fit.sigma,
        df_residual=fit.df_residual,
        mean=fit.mean,
        coefficient_covariance=_transform(fit.coefficient_covariance[None], weights)[0],
        covariance=per_row,
        exact=covariance == "exact",
    )


def _transform(covariance: Floats, weights: Floats) -> Floats:
    """C' V C for each V (n, p, p); what is NaN counts as zero, the caller marks where it matters."""
    shared = covariance.shape[0] > 1 and covariance.strides[0] == 0
    one = np.nan_to_num(covariance[:1] if shared else covariance, nan=0.0)
    changed: Floats = weights.T @ one @ weights
    return np.broadcast_to(changed, (covariance.shape[0], *changed.shape[1:])) if shared else changed


def _approximate_variance(fit: RowFit, weights: Floats) -> Floats:
    correlation = np.nan_to_num(fit.coefficient_correlation, nan=0.0)
    standard = np.nan_to_num(fit.unscaled_sd, nan=0.0)
    columns = [standard * weights[:, contrast] for contrast in range(weights.shape[1])]
    return np.stack([np.einsum("np,np->n", part @ correlation, part) for part in columns], axis=1)


def _not_estimable(fit: RowFit, weights: Floats, *, exact: bool) -> Bools:
    """Rows and contrasts (n, c) that have no answer."""
    missing = np.isnan(fit.coefficients)
    unknown: Bools = (missing.astype(float) @ (weights != 0).astype(float)) > 0
    if exact:
        scale = np.linalg.norm(weights, axis=0)
        for row, null in fit.confounded.items():
            reach = np.abs(null.T @ weights).max(axis=0, initial=0.0)
            unknown[row] |= reach > _CONFOUNDED_TOLERANCE * scale
    return unknown
