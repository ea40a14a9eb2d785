"""Several effects of one study: levels within levels, and several outcomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, optimize, special

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Floats, Ints, as_codes, as_vector
from secretome.stats._pool import joint_test, quantile, two_sided
from secretome.stats._study_effects import model_matrix

Likelihood = Literal["reml", "ml"]
_PENALTY = 1e100


@dataclass(frozen=True)
class Nested:
    """A model of k effects with p coefficients and more than one source of variation.

    Attributes
    ----------
    estimate, standard_error, statistic, p_value, lower, upper
        of the first coefficient: the pooled effect when there are no moderators.
    predict_lower, predict_upper
        prediction interval of a new true effect of a new study.
    coefficients, standard_errors, statistics, p_values, coefficient_lower, coefficient_upper, df
        (p,); `covariance` (p, p); df infinite for z.
    names, variance, n_levels
        (s,) the sources of variation, outermost first, their variances and how many units each has. For several
        outcomes the outcomes, their variances and numbers of studies.
    correlation
        (o, o) between the true effects of outcomes; empty without outcomes.
    q, q_df, q_p_value, qm, qm_df, qm_p_value
        residual heterogeneity, and the test of all moderators (of all coefficients without an intercept).
    log_likelihood
        restricted for `"reml"`.
    status
        `"converged"`, `"boundary"` (a variance is 0) or `"not converged"`.
    marginal
        (k, k) covariance of the effects that the model implies.
    """

    estimate: float
    standard_error: float
    statistic: float
    p_value: float
    lower: float
    upper: float
    predict_lower: float
    predict_upper: float
    coefficients: Floats
    standard_errors: Floats
    statistics: Floats
    p_values: Floats
    coefficient_lower: Floats
    coefficient_upper: Floats
    covariance: Floats
    df: Floats
    names: tuple[str, ...]
    variance: Floats
    n_levels: Ints
    correlation: Floats
    q: float
    q_df: int
    q_p_value: float
    qm: float
    qm_df: int
    qm_p_value: float
    log_likelihood: float
    status: str
    method: Likelihood
    test: str
    level: float
    k: int
    marginal: Floats = field(repr=False)
    y: Floats = field(repr=False)
    x: Floats = field(repr=False)


def pool_nested(
    estimate: ArrayLike,
    variance: ArrayLike,
    levels: Mapping[str, ArrayLike],
    *,
    method: Likelihood = "reml",
    test: Literal["z", "t"] = "t",
    moderators: ArrayLike | None = None,
    level: float = 0.95,
    intercept: bool = True,
) -> Nested:
    """Pooled effect when effects lie within experiments within studies (or any other nesting).

    Parameters
    ----------
    estimate
        (k,) effects.
    variance
        (k,) sampling variances, or (k, k) their covariances (shared controls, several outcomes of one group).
    levels
        name -> (k,) labels, outermost first; a label of an inner level counts within its outer ones. The last one
        is usually the effect itself.
    method
        `"reml"` or `"ml"`.
    test
        `"t"` on as many df as the outermost level that a moderator does not vary in allows; `"z"`.
    moderators, level, intercept
        as in `pool`.

    Returns
    -------
    Nested
        `variance` (s,) per level.

    Raises
    ------
    InvalidArray
        Lengths differ, a value is missing, `variance` is not a covariance, or an option is unknown.
    NotEstimable
        There are too few effects for the coefficients, or a level has one unit only.

    Notes
    -----
    y = X beta + sum_s u_s + e with u_s of variance sigma2_s and cov(e) = `variance`.
    Reference: metafor 3.8-1 `rma.mv` (random = ~ 1 | a/b; `dfs = "contain"`), coefficients and variances 1e-5.

    References
    ----------
    Konstantopoulos 2011, doi 10.1002/jrsm.35. Cheung 2014, doi 10.1037/a0032968.

    Examples
    --------
    >>> found = pool_nested([0.1, 0.3, 0.5, 0.6, 0.0, 0.1], [0.01] * 6,
    ...     {"study": [1, 1, 2, 2, 3, 3], "effect": range(6)})
    >>> round(found.estimate, 3), found.names
    (0.267, ('study', 'effect'))
    """
    _check(method, test, level)
    y, v, x = _as_data(estimate, variance, moderators, intercept=intercept)
    groups = _nested_codes(levels, y.size)
    for name, codes in groups.items():
        if codes.max() == 0:
            raise NotEstimable(f"level {name!r} has one unit; its variance cannot be seen")
    shared = np.stack([codes[:, None] == codes[None, :] for codes in groups.values()]).astype(float)

    def build(theta: Floats) -> tuple[Floats, Floats]:
        return v + np.tensordot(theta**2, shared, axes=1), 2 * theta[:, None, None] * shared

    start = np.sqrt(
        np.full(len(groups), max(float(np.var(y)), 1e-8 * float(np.diagonal(v).mean())) / len(groups))
    )
    theta, converged = _maximise(start, y, x, build, method)
    sigma2 = np.where(theta**2 < 1e-9 * float(np.diagonal(v).mean()), 0.0, theta**2)
    n_levels = np.array([codes.max() + 1 for codes in groups.values()], dtype=np.intp)
    marginal = v + np.tensordot(sigma2, shared, axes=1)
    df = np.full(x.shape[1], np.inf) if test == "z" else _containment(x, groups)
    status = "not converged" if not converged else "boundary" if (sigma2 == 0).any() else "converged"
    return _nested(
        y, v, x, marginal, df, tuple(groups), sigma2, n_levels, np.zeros((0, 0)), float(sigma2.sum()),
        status=status, method=method, test=test, level=level, intercept=intercept or moderators is None,
    )  # fmt: skip


def pool_outcomes(
    estimate: ArrayLike,
    variance: ArrayLike,
    outcome: ArrayLike,
    study: ArrayLike,
    *,
    method: Likelihood = "reml",
    level: float = 0.95,
) -> Nested:
    """Pooled effect of each of several outcomes that studies measured together.

    Parameters
    ----------
    estimate
        (k,) effects.
    variance
        (k,) or (k, k): covariances of the effects of one study matter here.
    outcome, study
        (k,) labels; an outcome stands at most once in a study.
    method
        `"reml"` or `"ml"`.
    level
        of the intervals (normal).

    Returns
    -------
    Nested
        A coefficient per outcome, in sorted order; `variance` and `correlation` of the true effects.

    Raises
    ------
    InvalidArray
        As in `pool_nested`, or an outcome stands twice in a study.
    NotEstimable
        There is one outcome only, or fewer than two studies.

    Notes
    -----
    True effects of a study have an unstructured covariance. Reference: metafor 3.8-1 `rma.mv`
    (random = ~ outcome | study, struct = "UN"), 1e-5.

    References
    ----------
    Berkey et al. 1998, doi 10.1002/(SICI)1097-0258(19981115)17:22<2537::AID-SIM953>3.0.CO;2-C.

    Examples
    --------
    >>> found = pool_outcomes([0.1, 0.4, 0.3, 0.6, 0.0, 0.1, 0.2, 0.5], [0.01] * 8,
    ...     ["a", "b"] * 4, [1, 1, 2, 2, 3, 3, 4, 4])
    >>> found.names, found.coefficients.round(3)
    (('a', 'b'), array([0.15, 0.4 ]))
    """
    _check(method, "z", level)
    y, v, _ = _as_data(estimate, variance, None, intercept=True)
    kind, unit = as_codes(outcome, y.size, name="outcome"), as_codes(study, y.size, name="study")
    o = int(kind.max()) + 1
    if o < 2 or unit.max() < 1:
        raise NotEstimable("two outcomes and two studies or more are needed; use pool for one outcome")
    if np.unique(kind + o * unit).size != y.size:
        raise InvalidArray("an outcome stands twice in a study; average it or use pool_nested")
    x = (kind[:, None] == np.arange(o)).astype(float)
    together = unit[:, None] == unit[None, :]
    rows, columns = np.tril_indices(o)

    def spread(theta: Floats) -> Floats:
        root = np.zeros((o, o))
        root[rows, columns] = theta
        return root

    def build(theta: Floats) -> tuple[Floats, Floats]:
        root = spread(theta)
        slopes = np.empty((theta.size, y.size, y.size))
        for place, (i, j) in enumerate(zip(rows, columns, strict=True)):
            single = np.zeros((o, o))
            single[i, j] = 1.0
            slopes[place] = together * (single @ root.T + root @ single.T)[np.ix_(kind, kind)]
        return v + together * (root @ root.T)[np.ix_(kind, kind)], slopes

    start = spread(np.zeros(rows.size))
    start[np.diag_indices(o)] = [np.sqrt(max(float(np.var(y[kind == i])), 1e-6)) for i in range(o)]
    theta, converged = _maximise(start[rows, columns], y, x, build, method)
    covariance = spread(theta) @ spread(theta).T
    sd = np.sqrt(np.diagonal(covariance))
    correlation = covariance / np.where(np.outer(sd, sd) > 0, np.outer(sd, sd), np.nan)
    return _nested(
        y, v, x, build(theta)[0], np.full(o, np.inf), tuple(str(name) for name in np.unique(np.asarray(outcome))),
        np.diagonal(covariance).copy(), np.bincount(kind).astype(np.intp), correlation, float(covariance[0, 0]),
        status="converged" if converged else "not converged", method=method, test="z", level=level, intercept=False,
    )  # fmt: skip


def _check(method: str, test: str, level: float) -> None:
    if method not in {"reml", "ml"}:
        raise InvalidArray(f"method is {method!r}; expected 'reml' or 'ml'")
    if test not in {"z", "t"}:
        raise InvalidArray(f"test is {test!r}; expected 'z' or 't'")
    if not 0 < level < 1:
        raise InvalidArray(f"level is {level}; expected a number above 0 and below 1")


def _as_data(
    estimate: ArrayLike, variance: ArrayLike, moderators: ArrayLike | None, *, intercept: bool
) -> tuple[Floats, Floats, Floats]:
    """Effects (k,), their covariance (k, k) and the model matrix (k, p)."""
    y = np.asarray(estimate, dtype=float)
    y = as_vector(y, y.size, name="estimate")
    v = np.asarray(variance, dtype=float)
    if v.shape not in {(y.size,), (y.size, y.size)}:
        raise InvalidArray(f"variance has shape {v.shape}; expected ({y.size},) or ({y.size}, {y.size})")
    if not (np.isfinite(y).all() and np.isfinite(v).all()):
        raise InvalidArray(
            "estimate and variance must be finite; leave effects without either out, and say so"
        )
    v = np.diag(v) if v.ndim == 1 else v
    if y.size and (not np.allclose(v, v.T) or np.linalg.eigvalsh(v)[0] <= 0):
        raise InvalidArray("variance must be above 0 (as a matrix: symmetric and positive definite)")
    return y, v, model_matrix(moderators, y.size, intercept=intercept)


def _nested_codes(levels: Mapping[str, ArrayLike], k: int) -> dict[str, Ints]:
    """Codes of each level within its outer ones."""
    if not levels:
        raise InvalidArray("levels is empty; expected name -> labels, outermost first")
    groups: dict[str, Ints] = {}
    outer = np.zeros(k, dtype=np.intp)
    for name, labels in levels.items():
        own = as_codes(labels, k, name=f"levels[{name!r}]")
        outer = np.unique(outer * (own.max() + 1) + own, return_inverse=True)[1].astype(np.intp)
        groups[str(name)] = outer
    return groups


def _containment(x: Floats, groups: Mapping[str, Ints]) -> Floats:
    """Degrees of freedom (p,) of t: units of the smallest level in which a column is constant, less p."""
    k, p = x.shape
    df = np.full(p, float(k - p))
    for codes in groups.values():
        counts = np.bincount(codes)
        for column in range(p):
            mean = np.bincount(codes, x[:, column]) / counts
            if np.allclose(x[:, column], mean[codes]):
                df[column] = min(df[column], float(counts.size - p))
    return df


def _maximise(
    start: Floats,
    y: Floats,
    x: Floats,
    build: Callable[[Floats], tuple[Floats, Floats]],
    method: Likelihood,
) -> tuple[Floats, bool]:
    """The parameters of highest likelihood, and whether the gradient is 0 there.

    `build` gives the marginal covariance (k, k) and its derivatives (t, k, k).
    """

    def cost(theta: Floats) -> tuple[float, Floats]:
        marginal, slopes = build(theta)
        try:
            value, p, residual = _profile(y, x, marginal, method)
        except linalg.LinAlgError:
            return _PENALTY, np.zeros_like(theta)
        pull = residual[:, None] * residual[None, :]
        return value, np.array([0.5 * float(np.sum((p - pull) * slope)) for slope in slopes])

    # a second start from small variances: the likelihood may have a hill near 0 too
    fits = [
        optimize.minimize(cost, first, jac=True, method="BFGS", options={"gtol": 1e-6, "maxiter": 500})
        for first in (start, 0.1 * start)
    ]
    best = min(fits, key=lambda fit: float(fit.fun))
    return np.asarray(best.x, dtype=float), bool(
        np.abs(best.jac).max() < 1e-4 * max(1.0, abs(float(best.fun)))
    )


def _profile(y: Floats, x: Floats, marginal: Floats, method: Likelihood) -> tuple[float, Floats, Floats]:
    """Minus log likelihood, the matrix whose trace with a slope is its determinant's part, and P y."""
    root = linalg.cho_factor(marginal, lower=True)
    inverse = linalg.cho_solve(root, np.eye(y.size))
    wx = inverse @ x
    inner = x.T @ wx
    p = inverse - wx @ np.linalg.solve(inner, wx.T)
    residual = p @ y
    k, coefficients = x.shape
    value = float(np.log(np.diagonal(root[0])).sum()) + 0.5 * float(y @ residual)
    if method == "ml":
        return value + 0.5 * k * float(np.log(2 * np.pi)), inverse, residual
    value += 0.5 * float(np.linalg.slogdet(inner)[1] - np.linalg.slogdet(x.T @ x)[1])
    return value + 0.5 * (k - coefficients) * float(np.log(2 * np.pi)), p, residual


def _nested(
    y: Floats,
    v: Floats,
    x: Floats,
    marginal: Floats,
    df: Floats,
    names: tuple[str, ...],
    variance: Floats,
    n_levels: Ints,
    correlation: Floats,
    between: float,
    *,
    status: str,
    method: Likelihood,
    test: str,
    level: float,
    intercept: bool,
) -> Nested:
    """The result of a model whose marginal covariance is known."""
    k, p = x.shape
    inverse = np.linalg.inv(marginal)
    covariance = np.asarray(np.linalg.inv(x.T @ inverse @ x), dtype=float)
    beta = covariance @ x.T @ inverse @ y
    errors = np.sqrt(np.diagonal(covariance))
    critical = np.array([quantile(level, float(value)) for value in df])
    p_values = np.array(
        [two_sided(np.array([t]), float(f))[0] for t, f in zip(beta / errors, df, strict=True)]
    )
    fixed = np.linalg.inv(v)
    residual = y - x @ np.linalg.solve(x.T @ fixed @ x, x.T @ fixed @ y)
    q = float(residual @ fixed @ residual)
    part = slice(1 if intercept and p > 1 else 0, p)
    qm, qm_df, qm_p = joint_test(beta, covariance, float(df[part].min()), part)
    reach = float(critical[0] * np.sqrt(covariance[0, 0] + between))
    return Nested(
        estimate=float(beta[0]),
        standard_error=float(errors[0]),
        statistic=float(beta[0] / errors[0]),
        p_value=float(p_values[0]),
        lower=float(beta[0] - critical[0] * errors[0]),
        upper=float(beta[0] + critical[0] * errors[0]),
        predict_lower=float(beta[0]) - reach,
        predict_upper=float(beta[0]) + reach,
        coefficients=beta,
        standard_errors=errors,
        statistics=beta / errors,
        p_values=p_values,
        coefficient_lower=beta - critical * errors,
        coefficient_upper=beta + critical * errors,
        covariance=covariance,
        df=df,
        names=names,
        variance=variance,
        n_levels=n_levels,
        correlation=correlation,
        q=q,
        q_df=k - p,
        q_p_value=float(special.chdtrc(k - p, q)) if k > p else float("nan"),
        qm=qm,
        qm_df=qm_df,
        qm_p_value=qm_p,
        log_likelihood=-_profile(y, x, marginal, method)[0],
        status=status,
        method=method,
        test=test,
        level=level,
        k=k,
        marginal=marginal,
        y=y,
        x=x,
    )
