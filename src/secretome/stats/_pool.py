"""Effects of studies pooled, or regressed on what the studies differ in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from secretome.errors import InvalidArray
from secretome.stats._arrays import Floats
from secretome.stats._study_effects import Studies, as_studies, trace_of_projection, weighted, weighted_by
from secretome.stats._tau2 import Method, Status, Tau2, estimate_tau2, log_likelihood, q_profile

Test = Literal["z", "t", "knapp-hartung", "knapp-hartung-truncated"]
_TESTS = ("z", "t", "knapp-hartung", "knapp-hartung-truncated")


@dataclass(frozen=True)
class Pooled:
    """A random-effects model of k studies with p coefficients.

    `estimate` and what belongs to it is the first coefficient: the pooled effect, or with moderators the effect
    where all of them are 0 (without an intercept the first moderator's).

    Attributes
    ----------
    estimate, standard_error, statistic, p_value, lower, upper
        of the first coefficient.
    predict_lower, predict_upper
        prediction interval of a new study's true effect; NaN for `"ee"`.
    tau2, tau2_standard_error, tau2_lower, tau2_upper
        variance between studies, with its Q-profile interval (NaN for `"ee"`).
    i2, h2
        share of the variance that lies between studies, in percent; total over sampling variance.
    q, q_df, q_p_value
        Cochran's Q of (residual) heterogeneity.
    coefficients, standard_errors, statistics, p_values, coefficient_lower, coefficient_upper
        (p,); `covariance` (p, p).
    df
        degrees of freedom of the tests; infinite for z.
    qm, qm_df, qm_p_value
        test of all moderators together: chi-squared with `"z"`, otherwise F on qm_df and df.
    r2
        percent of tau2 that the moderators explain; NaN without moderators or intercept.
    log_likelihood
        restricted for `"reml"`, otherwise not.
    status
        `"closed form"`, `"converged"`, `"boundary"` (tau2 is 0), `"searched"` (scoring did not end at the highest
        likelihood; a bounded search did).
    method, test, level, k
        as asked for; studies.
    """

    estimate: float
    standard_error: float
    statistic: float
    p_value: float
    lower: float
    upper: float
    predict_lower: float
    predict_upper: float
    tau2: float
    tau2_standard_error: float
    tau2_lower: float
    tau2_upper: float
    i2: float
    h2: float
    q: float
    q_df: int
    q_p_value: float
    coefficients: Floats
    standard_errors: Floats
    statistics: Floats
    p_values: Floats
    coefficient_lower: Floats
    coefficient_upper: Floats
    covariance: Floats
    df: float
    qm: float
    qm_df: int
    qm_p_value: float
    r2: float
    log_likelihood: float
    status: Status
    method: Method
    test: Test
    level: float
    k: int
    studies: Studies = field(repr=False)
    intercept: bool = True

    @property
    def weights(self) -> Floats:
        """(k,) weights of the studies in percent."""
        w: Floats = self.raw_weights
        share: Floats = 100 * w / w.sum()
        return share

    @property
    def raw_weights(self) -> Floats:
        """(k,) weights of the least squares: 1 / (variance + tau2), or 1 / variance for `"genq"`."""
        return 1 / (self.studies.v + (0.0 if self.method == "genq" else self.tau2))


def pool(
    estimate: ArrayLike,
    variance: ArrayLike,
    *,
    method: Method = "reml",
    test: Test = "knapp-hartung",
    moderators: ArrayLike | None = None,
    level: float = 0.95,
    intercept: bool = True,
) -> Pooled:
    """Pooled effect of studies with its intervals and heterogeneity, or a meta-regression.

    Parameters
    ----------
    estimate
        (k,) effects, ratios as logs.
    variance
        (k,) sampling variances, above 0.
    method
        `"ee"` equal effects; `"dl"` DerSimonian-Laird, `"he"` Hedges, `"hs"` and `"hsk"` Hunter-Schmidt,
        `"sj"` Sidik-Jonkman, `"ml"`, `"reml"`, `"eb"` empirical Bayes (equal to `"pm"` Paule-Mandel);
        `"genq"` tau2 as `"dl"`, effects weighted by 1 / variance.
    test
        `"z"`; `"t"` on k - p df; `"knapp-hartung"` the same with the error from the spread of the studies;
        `"knapp-hartung-truncated"` never with a smaller error than `"t"`.
    moderators
        (k, m) or (k,) numbers; factors as 0/1 columns.
    level
        of all intervals.
    intercept
        whether the regression has one.

    Returns
    -------
    Pooled
        REML and ML always answer; `status` says how.

    Raises
    ------
    InvalidArray
        Lengths differ, a value is missing, a variance is not above 0, or an option is unknown.
    NotEstimable
        There are too few studies for the coefficients, or moderators depend on each other.

    Notes
    -----
    Effects are weighted by 1 / (variance + tau2). The prediction interval is estimate +- c sqrt(se^2 + tau2) with c
    normal for `"z"` and t on k - p df otherwise (metafor 3.8's convention; later versions differ in options).
    With five studies whose variances differ 67-fold Knapp-Hartung's 95 % intervals cover about 92 %, truncated
    ones about 96 %; with like sizes Knapp-Hartung covers as stated and truncated ones more (tests/slow).
    Reference: metafor 3.8-1 `rma`: coefficients 1e-5, tau2 1e-4, where metafor stops its iterations.

    References
    ----------
    Viechtbauer 2005, doi 10.3102/10769986030003261. Knapp and Hartung 2003, doi 10.1002/sim.1482.
    Viechtbauer 2007 (Q-profile), doi 10.1002/sim.2514. Higgins et al. 2009 (prediction),
    doi 10.1111/j.1467-985X.2008.00552.x.

    Examples
    --------
    >>> found = pool([0.2, 0.5, -0.1, 0.4], [0.02, 0.03, 0.04, 0.02])
    >>> round(found.estimate, 3), round(found.tau2, 4), found.status
    (0.267, 0.0281, 'converged')
    """
    if test not in _TESTS:
        raise InvalidArray(f"test is {test!r}; expected one of {', '.join(_TESTS)}")
    if not 0 < level < 1:
        raise InvalidArray(f"level is {level}; expected a number above 0 and below 1")
    studies = as_studies(estimate, variance, moderators, intercept=intercept)
    return pool_studies(studies, method, test, level, intercept=intercept or moderators is None)


def pool_studies(studies: Studies, method: Method, test: Test, level: float, *, intercept: bool) -> Pooled:
    """`pool` of studies that were checked.

    Examples
    --------
    >>> pool_studies(as_studies([1.0, 3.0], [1.0, 1.0], None), "ee", "z", 0.95, intercept=True).k
    2
    """
    tau2 = estimate_tau2(studies, method)
    k, p = studies.x.shape
    beta, covariance, df = coefficients(studies, tau2.value, method, test)
    standard_errors = np.sqrt(np.diagonal(covariance))
    # studies that agree exactly leave Knapp-Hartung no width: an infinite statistic, not an error
    with np.errstate(divide="ignore", invalid="ignore"):
        statistics = beta / standard_errors
    p_values = two_sided(statistics, df)
    critical = quantile(level, df)
    reach = float(critical * np.sqrt(covariance[0, 0] + tau2.value)) if method != "ee" else float("nan")
    tau2_limits = q_profile(studies, level) if method != "ee" and k > p else (float("nan"), float("nan"))
    q = weighted(studies, 0.0).rss
    i2, h2 = _heterogeneity(studies, tau2.value, q, method)
    qm, qm_df, qm_p = joint_test(beta, covariance, df, slice(1 if intercept and p > 1 else 0, p))
    return Pooled(
        estimate=float(beta[0]),
        standard_error=float(standard_errors[0]),
        statistic=float(statistics[0]),
        p_value=float(p_values[0]),
        lower=float(beta[0] - critical * standard_errors[0]),
        upper=float(beta[0] + critical * standard_errors[0]),
        predict_lower=float(beta[0]) - reach,
        predict_upper=float(beta[0]) + reach,
        tau2=tau2.value,
        tau2_standard_error=tau2.standard_error,
        tau2_lower=tau2_limits[0],
        tau2_upper=tau2_limits[1],
        i2=i2,
        h2=h2,
        q=q,
        q_df=k - p,
        q_p_value=float(special.chdtrc(k - p, q)) if k > p else float("nan"),
        coefficients=beta,
        standard_errors=standard_errors,
        statistics=statistics,
        p_values=p_values,
        coefficient_lower=beta - critical * standard_errors,
        coefficient_upper=beta + critical * standard_errors,
        covariance=covariance,
        df=df,
        qm=qm,
        qm_df=qm_df,
        qm_p_value=qm_p,
        r2=_explained(studies, tau2, method) if intercept and p > 1 else float("nan"),
        log_likelihood=log_likelihood(studies, tau2.value, restricted=method == "reml"),
        status=tau2.status,
        method=method,
        test=test,
        level=level,
        k=k,
        studies=studies,
        intercept=intercept,
    )


def coefficients(studies: Studies, tau2: float, method: Method, test: Test) -> tuple[Floats, Floats, float]:
    """Coefficients (p,), their covariance (p, p), and the degrees of freedom of their tests.

    Examples
    --------
    >>> coefficients(as_studies([1.0, 3.0], [1.0, 1.0], None), 0.0, "ee", "z")
    (array([2.]), array([[0.5]]), inf)
    """
    w = 1 / (studies.v + tau2)
    fit = weighted_by(studies, w)
    beta, covariance, rss = fit.beta, fit.inverse, fit.rss
    if method == "genq":
        fixed = weighted_by(studies, 1 / studies.v)
        half = fixed.inverse @ (studies.x * fixed.w[:, None]).T
        beta, covariance = fixed.beta, (half * (studies.v + tau2)) @ half.T
    if test == "z":
        return beta, covariance, float("inf")
    df = float(studies.df)
    if test == "t" or df < 1:
        return beta, covariance if df > 0 else np.full_like(covariance, np.nan), df
    factor = rss / df
    return beta, covariance * (max(1.0, factor) if test == "knapp-hartung-truncated" else factor), df


def quantile(level: float, df: float) -> float:
    """Two-sided quantile of t, normal for infinite df, NaN without df.

    Examples
    --------
    >>> round(quantile(0.95, float("inf")), 4)
    1.96
    """
    if np.isinf(df):
        return float(special.ndtri((1 + level) / 2))
    return float(special.stdtrit(df, (1 + level) / 2)) if df > 0 else float("nan")


def two_sided(t: Floats, df: float) -> Floats:
    """Two-sided p-values of t on `df`, normal for infinite df.

    Examples
    --------
    >>> two_sided(np.array([1.96]), float("inf")).round(3)
    array([0.05])
    """
    size = -np.abs(t)
    return np.asarray(2 * (special.ndtr(size) if np.isinf(df) else special.stdtr(df, size)), dtype=float)


def joint_test(beta: Floats, covariance: Floats, df: float, part: slice) -> tuple[float, int, float]:
    """Chi-squared (infinite df) or F of the coefficients `part`: statistic, its df and p-value.

    Examples
    --------
    >>> joint_test(np.array([2.0]), np.eye(1), float("inf"), slice(0, 1))
    (4.0, 1, 0.04550026389635...)
    """
    chosen, block = beta[part], covariance[part, part]
    m = chosen.size
    if not np.isfinite(block).all() or not (np.diagonal(block) > 0).all():
        return float("nan"), m, float("nan")
    scale = np.sqrt(np.diagonal(block))
    total = float((chosen / scale) @ np.linalg.solve(block / np.outer(scale, scale), chosen / scale))
    if np.isinf(df):
        return total, m, float(special.chdtrc(m, total))
    return total / m, m, float(special.fdtrc(m, df, total / m))


def _heterogeneity(studies: Studies, tau2: float, q: float, method: Method) -> tuple[float, float]:
    """I2 in percent and H2."""
    df = studies.df
    if df < 1:
        return float("nan"), float("nan")
    if method == "ee":
        return (100 * max(0.0, (q - df) / q) if q > 0 else 0.0), q / df
    typical = df / trace_of_projection(studies, 1 / studies.v)
    return 100 * tau2 / (typical + tau2), tau2 / typical + 1


def _explained(studies: Studies, tau2: Tau2, method: Method) -> float:
    """Percent of tau2 that the moderators explain, not below 0."""
    if method == "ee":
        return float("nan")
    alone = estimate_tau2(Studies(studies.y, studies.v, studies.x[:, :1]), method).value
    return 100 * max(0.0, (alone - tau2.value) / alone) if alone > 0 else float("nan")
