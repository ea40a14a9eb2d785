"""Mixed models of many rows: the fit, and which rows have no answer and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from secretome.errors import InvalidArray
from secretome.stats._arrays import Bools, Floats, as_design, as_measurements
from secretome.stats._mixed_criterion import Point, evaluate
from secretome.stats._mixed_information import adjusted, information, inverse_among
from secretome.stats._mixed_search import minimise
from secretome.stats._mixed_terms import Products, Terms, cross_products, random_terms
from secretome.stats._row_fit import fit_rows

Criterion = Literal["reml", "ml"]
DegreesOfFreedom = Literal["satterthwaite", "kenward-roger", "none"]
_CHUNK_VALUES = 1_000_000  # entries of Z'Z per chunk, so that the work stays in cache
_SINGULAR = 1e-8  # variance ratio; the square of lme4's 1e-4 on its square root


@dataclass(frozen=True)
class MixedFit:
    """Mixed models of n rows with p fixed effects and k random terms; NaN where a row has no answer.

    Attributes
    ----------
    coefficients, standard_errors, df, p_value
        (n, p); `df` and `p_value` are NaN with `df="none"`.
    covariance
        (n, p, p) of the fixed effects; with Kenward-Roger the corrected one.
    plain_covariance
        (n, p, p) without that correction.
    variance
        (n, k+1) of each random term, the residual last, in squared units of y; NaN for a term that the
        samples of a row cannot show.
    terms
        names of the k random terms.
    log_likelihood
        (n,) restricted or full.
    singular
        (n,) whether a variance was estimated as zero.
    converged
        (n,) whether a minimum was reached.
    n_observed, df_residual
        (n,) samples seen; those minus the fixed effects.
    status
        (n,) "fitted", "boundary" (singular), "not converged", "all missing", "too few values",
        "constant" (no residual variance), "one level seen" (fitted without a term of which the row sees one
        level: differences between levels are then not generalised), "a level per value" (the samples seen cannot tell a random term
        from the residual).
    variance_covariance
        (n, k+1, k+1) of the variance estimates, zero for those on the boundary (Satterthwaite).
    derivative
        (n, k+1, p, p) of the plain covariance with respect to each variance.
    mean
        (n,) of the samples seen.
    method
        how degrees of freedom are found.
    """

    coefficients: Floats
    standard_errors: Floats
    df: Floats
    p_value: Floats
    covariance: Floats
    plain_covariance: Floats
    variance: Floats
    terms: tuple[str, ...]
    log_likelihood: Floats
    singular: Bools
    converged: Bools
    n_observed: Floats
    df_residual: Floats
    status: np.ndarray
    variance_covariance: Floats
    derivative: Floats
    mean: Floats
    method: DegreesOfFreedom


def fit_reml(
    y: ArrayLike,
    fixed: ArrayLike,
    random: Mapping[str, ArrayLike],
    *,
    criterion: Criterion = "reml",
    df: DegreesOfFreedom = "satterthwaite",
    negative: bool = False,
) -> MixedFit:
    """Linear mixed models of every row, each on the samples the row was seen in.

    Parameters
    ----------
    y
        (n, m) measurements, usually log2; NaN is missing.
    fixed
        (m, p) model matrix of the fixed effects.
    random
        name of a random term to its labels (m,); terms may be crossed or nested (labels of a nested term
        are combined labels).
    criterion
        `"reml"` restricted likelihood, `"ml"` full likelihood.
    df
        degrees of freedom by `"satterthwaite"` or `"kenward-roger"` (which also corrects the standard
        errors), or `"none"`.
    negative
        let the variance of a random term fall below zero, as far as the covariance of the samples stays
        positive definite. Such a value is no variance; but tests that are forced to a boundary lose their
        size when donors are few, and with balanced samples this one is exact. Rows whose best covariance
        would be singular are bounded at zero after all.

    Returns
    -------
    MixedFit
        Arrays of n rows. A row that cannot be fitted is NaN and its `status` says why.

    Raises
    ------
    InvalidArray
        A shape does not fit, a value is infinite, no random term is given, or an option is unknown.
    NotEstimable
        A random term has one level only or a level for every sample.

    Notes
    -----
    y = X b + sum_k Z_k u_k + e, u_k ~ N(0, v_k I), e ~ N(0, v I). The deviance is profiled over b and v and
    minimised over the variance ratios v_k / v >= 0 with its exact gradient and Hessian (Newton steps, all rows
    at once). At the boundary the ratio is zero and the fit is called singular.
    Satterthwaite: df = 2 (l'Cl)^2 / var(l'Cl) from the observed information on the variances that are not
    zero. Kenward-Roger: the same with the expected information on all of them, the covariance corrected.
    Reference: lme4 1.1-31 (criterion 1e-5, variances 1e-3 of their sum, fixed effects 1e-4), lmerTest 3.1-3
    and pbkrtest 0.5.2 (df 1 %, p 1e-3, away from the boundary).

    References
    ----------
    Bates et al. 2015, doi 10.18637/jss.v067.i01. Kuznetsova et al. 2017, doi 10.18637/jss.v082.i13.
    Kenward and Roger 1997, doi 10.2307/2533558.

    Examples
    --------
    >>> y = [[1.0, 1.2, 3.1, 2.9, 2.0, 2.3], [5.0, 5.1, np.nan, 5.3, 4.8, 5.0]]
    >>> fit = fit_reml(y, np.ones((6, 1)), {"donor": ["a", "a", "b", "b", "c", "c"]})
    >>> fit.coefficients.round(3)
    array([[2.083],
           [5.072]])
    >>> fit.status
    array(['fitted', 'fitted'], dtype='<U17')
    """
    if criterion not in {"reml", "ml"}:
        raise InvalidArray(f"criterion is {criterion!r}; expected 'reml' or 'ml'")
    if df not in {"satterthwaite", "kenward-roger", "none"}:
        raise InvalidArray(f"df is {df!r}; expected 'satterthwaite', 'kenward-roger' or 'none'")
    values = as_measurements(y)
    x = as_design(fixed, values.shape[1], name="fixed")
    terms = random_terms(random, values.shape[1])
    fit = _empty(values, x, terms, df)
    start = fit_rows(values, x)
    fit.mean[:] = start.mean
    estimable = ~np.isnan(start.coefficients)
    visible = _screen(fit, values, terms, start.sigma, start.df_residual)
    kinds = np.hstack([estimable, visible])
    todo = fit.status == "fitted"
    for kind in np.unique(kinds[todo], axis=0):
        rows = np.flatnonzero(todo & (kinds == kind).all(axis=1))
        columns, shown = kind[: x.shape[1]], kind[x.shape[1] :]
        part = terms.among(shown)
        centred = values[rows] - start.coefficients[rows][:, columns] @ x[:, columns].T
        step = max(1, _CHUNK_VALUES // max(part.z.shape[1] ** 2, 1))
        for first in range(0, rows.size, step):
            chunk = slice(first, first + step)
            _fit_chunk(
                fit,
                rows[chunk],
                centred[chunk],
                x,
                part,
                columns,
                shown,
                reml=criterion == "reml",
                negative=negative,
            )
        ix = np.ix_(rows, np.flatnonzero(columns))
        fit.coefficients[ix] += start.coefficients[ix]
    _finish(fit, x.shape[1])
    return fit


def select(fit: MixedFit, rows: ArrayLike) -> MixedFit:
    """The same fit with only some of its rows.

    Examples
    --------
    >>> y = [[1.0, 1.2, 3.1, 2.9], [5.0, 5.1, 4.0, 5.3]]
    >>> select(fit_reml(y, np.ones((4, 1)), {"donor": list("aabb")}), [1]).coefficients.round(2)
    array([[4.85]])
    """
    chosen = np.asarray(rows)
    kept = {
        name: getattr(fit, name)[chosen]
        for name in MixedFit.__dataclass_fields__
        if name not in {"terms", "method"}
    }
    return replace(fit, **kept)


def _empty(values: Floats, x: Floats, terms: Terms, method: DegreesOfFreedom) -> MixedFit:
    n, p, k = values.shape[0], x.shape[1], len(terms.names)

    def gap(*shape: int) -> Floats:
        return np.full((n, *shape), np.nan)

    return MixedFit(
        gap(p), gap(p), gap(p), gap(p), gap(p, p), gap(p, p), gap(k + 1), terms.names, gap(),
        np.zeros(n, dtype=bool), np.zeros(n, dtype=bool), (~np.isnan(values)).sum(axis=1).astype(float), gap(),
        np.full(n, "fitted", dtype="<U17"), gap(k + 1, k + 1), gap(k + 1, p, p), gap(), method,
    )  # fmt: skip


def _screen(fit: MixedFit, values: Floats, terms: Terms, sigma: Floats, df_residual: Floats) -> Bools:
    """Which terms (n, k) the samples of a row can show; rows without an answer get their status."""
    seen = (~np.isnan(values)).astype(float)
    fit.df_residual[:] = np.where(fit.n_observed > 0, df_residual, np.nan)
    counts = seen @ terms.z
    levels = (counts > 0).astype(float) @ terms.member
    repeated = (counts > 1).astype(float) @ terms.member
    visible: Bools = levels > 1
    scale = np.abs(np.where(seen > 0, values, 0.0)).max(axis=1)
    alone = visible & (repeated == 0)
    fit.status[alone.any(axis=1)] = "a level per value"
    fit.status[np.nan_to_num(sigma, nan=1.0) <= 1e-12 * np.maximum(scale, 1e-300)] = "constant"
    # a residual variance and the variance of each visible term: fewer spare values say nothing on them
    fit.status[df_residual <= visible.sum(axis=1)] = "too few values"
    fit.status[fit.n_observed == 0] = "all missing"
    return visible


def _fit_chunk(
    fit: MixedFit,
    rows: np.ndarray,
    y: Floats,
    x: Floats,
    terms: Terms,
    columns: Bools,
    shown: Bools,
    *,
    reml: bool,
    negative: bool,
) -> None:
    """Fit `rows` on the fixed effects and random terms that they can show, and write them into `fit`."""
    basis, triangle = np.linalg.qr(x[:, columns])
    products = cross_products(y, basis, terms)
    p = basis.shape[1]
    nu = products.n_seen - (p if reml else 0)
    if shown.any():
        point, converged = minimise(products, terms.member, reml=reml, negative=negative)
    else:
        point, converged = _without_terms(products, reml=reml)
    residual = point.residual / nu
    variance = np.column_stack([point.gamma * residual[:, None], residual])
    known = information(point, terms.member, variance, products.n_seen - p)
    back = np.linalg.inv(triangle)
    singular = (point.gamma < _SINGULAR).any(axis=1)
    if fit.method == "kenward-roger":
        spread = 2 * inverse_among(known.expected, np.ones(variance.shape, dtype=bool))
        corrected = adjusted(point, terms.member, variance, known, np.nan_to_num(spread))
    else:
        free = np.column_stack([(point.gamma >= _SINGULAR) | negative, np.ones(rows.size, dtype=bool)])
        spread = 2 * inverse_among(known.observed, free)
        corrected = known.covariance
    kept = np.flatnonzero(columns)
    deviance = point.deviance + (2 * np.linalg.slogdet(triangle)[1] if reml else 0.0)
    fit.log_likelihood[rows] = -deviance / 2
    fit.coefficients[np.ix_(rows, kept)] = point.slope @ back.T
    fit.plain_covariance[np.ix_(rows, kept, kept)] = back @ known.covariance @ back.T
    fit.covariance[np.ix_(rows, kept, kept)] = back @ corrected @ back.T
    parts = np.flatnonzero(np.append(shown, True))
    fit.variance[np.ix_(rows, parts)] = variance
    fit.variance_covariance[np.ix_(rows, parts, parts)] = spread
    fit.derivative[np.ix_(rows, parts, kept, kept)] = back @ known.derivative @ back.T
    fit.singular[rows], fit.converged[rows] = singular, converged
    fit.status[rows] = np.select(
        [~converged, np.full(rows.size, not shown.all()), singular],
        ["not converged", "one level seen", "boundary"],
        "fitted",
    )


def _without_terms(products: Products, *, reml: bool) -> tuple[Point, Bools]:
    """Rows that see one level of every random term: ordinary least squares."""
    n = products.yy.size
    return evaluate(products, np.zeros((0, 0)), np.zeros((n, 0)), reml=reml), np.ones(n, dtype=bool)


def _finish(fit: MixedFit, p: int) -> None:
    """Standard errors, degrees of freedom and p of each coefficient; nothing of rows that did not converge."""
    lost = ~fit.converged
    for array in (fit.coefficients, fit.covariance, fit.plain_covariance, fit.variance, fit.log_likelihood):
        array[lost] = np.nan
    fit.standard_errors[:] = root_of_positive(np.einsum("npp->np", fit.covariance))
    if fit.method == "none":
        return
    freedom = degrees_of_freedom(fit, np.eye(p))
    fit.df[:] = freedom
    fit.p_value[:] = 2 * student.sf(np.abs(fit.coefficients / fit.standard_errors), freedom)


def root_of_positive(variance: Floats) -> Floats:
    """Square root, NaN where there is no positive variance."""
    return np.sqrt(np.where(variance > 0, variance, np.nan))


def degrees_of_freedom(fit: MixedFit, weights: Floats) -> Floats:
    """Degrees of freedom (n, c) of contrasts `weights` (p, c); coefficients without weight do not matter."""
    plain = _quadratic(fit.plain_covariance, weights)
    slopes = np.stack(
        [_quadratic(fit.derivative[:, part], weights) for part in range(fit.derivative.shape[1])], axis=1
    )
    slopes = np.nan_to_num(slopes)
    hidden = np.isnan(fit.variance)
    spread = np.where(hidden[:, :, None] | hidden[:, None, :], 0.0, fit.variance_covariance)
    uncertainty = np.einsum("nic,nij,njc->nc", slopes, spread, slopes, optimize=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom: Floats = 2 * plain**2 / uncertainty
    freedom[~(uncertainty > 0)] = np.nan
    return freedom


def _quadratic(matrices: Floats, weights: Floats) -> Floats:
    """W' M w (n, c), NaN only where a coefficient with weight has none."""
    out = np.empty((matrices.shape[0], weights.shape[1]))
    for contrast in range(weights.shape[1]):
        used = np.flatnonzero(weights[:, contrast])
        w = weights[used, contrast]
        out[:, contrast] = np.einsum("a,nab,b->n", w, matrices[:, used][:, :, used], w)
    return out
