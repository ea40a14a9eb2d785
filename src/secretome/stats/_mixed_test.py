"""Tests of fixed effects of fitted mixed models: contrasts one by one, and several at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import f as fisher
from scipy.stats import t as student

from secretome.errors import InvalidArray
from secretome.stats._arrays import Bools, Floats, as_design
from secretome.stats._mixed_fit import MixedFit, degrees_of_freedom, root_of_positive

_RANK = 1e-8


@dataclass(frozen=True)
class MixedContrasts:
    """Tests of n rows and c contrasts, all (n, c); NaN where a row has no answer."""

    estimate: Floats
    standard_error: Floats
    df: Floats
    t: Floats
    p_value: Floats


@dataclass(frozen=True)
class MixedF:
    """Tests that several contrasts are all zero, (n,) each; `numerator_df` is one number a row."""

    f: Floats
    numerator_df: Floats
    denominator_df: Floats
    p_value: Floats


def contrast(fit: MixedFit, l: ArrayLike) -> MixedContrasts:  # noqa: E741 - the letter of DESIGN section 6
    """Estimate, standard error and t test of contrasts between fixed effects.

    Parameters
    ----------
    fit
        n rows with p fixed effects.
    l
        (p, c), one column per contrast; (p,) is one contrast.

    Returns
    -------
    MixedContrasts
        A contrast is NaN in rows that cannot estimate a coefficient to which it gives weight.

    Raises
    ------
    InvalidArray
        The number of rows of `l` is not the number of fixed effects, or a weight is not finite.

    Notes
    -----
    Degrees of freedom as the fit was asked for. Reference: lmerTest 3.1-3 `contest1D`, df 1 %, p 1e-3.

    References
    ----------
    Kuznetsova et al. 2017, doi 10.18637/jss.v082.i13.

    Examples
    --------
    >>> from secretome.stats.mixed import fit_reml
    >>> y = [[1.0, 1.2, 3.1, 2.9, 2.0, 2.4]]
    >>> fixed = [[1, 0], [1, 1], [1, 0], [1, 1], [1, 0], [1, 1]]
    >>> fit = fit_reml(y, fixed, {"donor": list("aabbcc")})
    >>> contrast(fit, [0, 1]).df.round(2)
    array([[2.]])
    """
    weights = as_contrasts(l, fit)
    unknown = _unknown(fit, weights)
    estimate = np.nan_to_num(fit.coefficients) @ weights
    variance = np.einsum("pc,npq,qc->nc", weights, np.nan_to_num(fit.covariance), weights, optimize=True)
    error = root_of_positive(variance)
    freedom = degrees_of_freedom(fit, weights)
    for array in (estimate, error, freedom):
        array[unknown] = np.nan
    t = estimate / error
    p_value = np.asarray(2 * student.sf(np.abs(t), freedom), dtype=float)
    return MixedContrasts(estimate, error, freedom, t, p_value)


def f_test(fit: MixedFit, l: ArrayLike) -> MixedF:  # noqa: E741 - the letter of DESIGN section 6
    """F test that all contrasts are zero.

    Parameters
    ----------
    fit
        n rows with p fixed effects.
    l
        (p, c) contrasts; those that depend on earlier ones add nothing.

    Returns
    -------
    MixedF
        NaN in rows that cannot estimate one of the contrasts.

    Raises
    ------
    InvalidArray
        `l` has the wrong shape or a weight that is not finite, or the fit was made without degrees of freedom.

    Notes
    -----
    Satterthwaite: the contrasts are decorrelated, F is the mean of their t squared, and its denominator df
    is the one whose F has the mean of those t squared. Kenward-Roger: F is scaled, and both scale and df are
    those of their paper. Reference: lmerTest 3.1-3 `contestMD`, df 1 %, p 1e-3.

    References
    ----------
    Fai and Cornelius 1996, doi 10.1080/00949659608811740. Kenward and Roger 1997, doi 10.2307/2533558.

    Examples
    --------
    >>> from secretome.stats.mixed import fit_reml
    >>> y = [[1.0, 1.2, 3.1, 2.9, 2.0, 2.4]]
    >>> fixed = [[1, 0], [1, 1], [1, 0], [1, 1], [1, 0], [1, 1]]
    >>> f_test(fit_reml(y, fixed, {"donor": list("aabbcc")}), [[0], [1]]).denominator_df.round(2)
    array([2.])
    """
    if fit.method == "none":
        raise InvalidArray("the fit has no degrees of freedom; ask fit_reml for df='satterthwaite'")
    weights = as_contrasts(l, fit)
    weights = weights[:, _independent(weights)]
    usable = ~np.any(_unknown(fit, weights), axis=1, keepdims=True)[:, 0]
    q = weights.shape[1]
    n = fit.n_observed.size
    found = MixedF(*(np.full(n, np.nan) for _ in range(4)))
    if usable.any():
        test = _kenward_roger if fit.method == "kenward-roger" else _satterthwaite
        f, df = test(fit, weights, usable)
        found.f[usable], found.denominator_df[usable], found.numerator_df[usable] = f, df, q
        found.p_value[usable] = fisher.sf(f, q, df)
    return found


def as_contrasts(l: ArrayLike, fit: MixedFit) -> Floats:  # noqa: E741
    """Weights as (p, c)."""
    weights = np.asarray(l, dtype=float)
    return as_design(weights[:, None] if weights.ndim == 1 else weights, fit.coefficients.shape[1], name="l")


def _unknown(fit: MixedFit, weights: Floats) -> Bools:
    unknown: Bools = (np.isnan(fit.coefficients).astype(float) @ (weights != 0)) > 0
    return unknown


def _independent(weights: Floats) -> list[int]:
    kept: list[int] = []
    for column in range(weights.shape[1]):
        if np.linalg.matrix_rank(weights[:, [*kept, column]], tol=_RANK) == len(kept) + 1:
            kept.append(column)
    if not kept:
        raise InvalidArray("every contrast in l is zero")
    return kept


def _satterthwaite(fit: MixedFit, weights: Floats, rows: Bools) -> tuple[Floats, Floats]:
    q = weights.shape[1]
    covariance = np.nan_to_num(fit.covariance[rows])
    size, direction = np.linalg.eigh(weights.T @ covariance @ weights)
    turned = weights @ direction  # (n, p, q): uncorrelated contrasts
    t2 = np.einsum("np,npq->nq", np.nan_to_num(fit.coefficients[rows]), turned) ** 2 / size
    slopes = np.einsum(
        "npq,nkpr,nrq->nkq", turned, np.nan_to_num(fit.derivative[rows]), turned, optimize=True
    )
    spread = np.nan_to_num(fit.variance_covariance[rows])
    nu = 2 * size**2 / np.einsum("nkq,nkl,nlq->nq", slopes, spread, slopes, optimize=True)
    equal = np.ptp(nu, axis=1) < _RANK
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (nu / (nu - 2)).sum(axis=1)
        pooled = 2 * mean / (mean - q)
    df = np.where(equal, nu.mean(axis=1), np.where((nu <= 2).any(axis=1), 2.0, pooled))
    return t2.mean(axis=1), df


def _kenward_roger(fit: MixedFit, weights: Floats, rows: Bools) -> tuple[Floats, Floats]:
    q = weights.shape[1]
    plain = np.nan_to_num(fit.plain_covariance[rows])
    middle = np.linalg.inv(weights.T @ plain @ weights)
    # the trace of Theta Phi P_i Phi, with Phi P_i Phi = -(change of Phi with variance i)
    parts = middle[:, None] @ (weights.T @ np.nan_to_num(fit.derivative[rows]) @ weights)
    spread = np.nan_to_num(fit.variance_covariance[rows])
    single = np.einsum("nkqq->nk", parts)
    a1 = np.einsum("nk,nkl,nl->n", single, spread, single)
    a2 = np.einsum("nkl,nkab,nlba->n", spread, parts, parts, optimize=True)
    b = (a1 + 6 * a2) / (2 * q)
    g = ((q + 1) * a1 - (q + 4) * a2) / ((q + 2) * a2)
    base = 3 * q + 2 * (1 - g)
    c1, c2, c3 = g / base, (q - g) / base, (q + 2 - g) / base
    expectation = 1 / (1 - a2 / q)
    variance = (2 / q) * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
    rho = variance / (2 * expectation**2)
    df = 4 + (q + 2) / (q * rho - 1)
    scale = df / (expectation * (df - 2))
    estimate = np.nan_to_num(fit.coefficients[rows]) @ weights
    corrected = np.linalg.inv(weights.T @ np.nan_to_num(fit.covariance[rows]) @ weights)
    f = np.einsum("nq,nqr,nr->n", estimate, corrected, estimate) / q
    return scale * f, df
