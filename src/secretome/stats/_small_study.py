"""Whether small studies say something else: tests of asymmetry, and what would be left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Floats
from secretome.stats._pool import Pooled, pool_studies, quantile
from secretome.stats._study_effects import Studies, as_studies, weighted, weighted_by
from secretome.stats._tau2 import Method

Predictor = Literal["standard_error", "variance"]
_FEWEST = 3


@dataclass(frozen=True)
class Asymmetry:
    """Egger's test: `statistic` of the slope with its `df` and `p_value`, `slope`, `slope_standard_error`.

    `limit`, `limit_standard_error`, `limit_lower`, `limit_upper`, `limit_p_value`: the effect where the predictor is 0,
    that is of an infinitely large study. `model` and `predictor` as asked for.
    """

    statistic: float
    df: float
    p_value: float
    slope: float
    slope_standard_error: float
    limit: float
    limit_standard_error: float
    limit_lower: float
    limit_upper: float
    limit_p_value: float
    model: Literal["mixed", "lm"]
    predictor: Predictor


def egger(
    estimate: ArrayLike,
    variance: ArrayLike,
    *,
    model: Literal["mixed", "lm"] = "mixed",
    predictor: Predictor = "standard_error",
    method: Method = "reml",
    level: float = 0.95,
) -> Asymmetry:
    """Regression test of funnel asymmetry.

    Parameters
    ----------
    estimate, variance
        (k,) as in `pool`, three or more.
    model
        `"mixed"`: meta-regression with variance between studies, z; `"lm"`: Egger's weighted regression, t on k - 2 df.
    predictor
        `"standard_error"` or `"variance"`.
    method
        of the variance between studies in the mixed model.
    level
        of the interval of the limit.

    Returns
    -------
    Asymmetry
        Under ten studies the test sees little, and for ratios it is biased by construction.

    Raises
    ------
    InvalidArray
        As in `pool`, or an option is unknown.
    NotEstimable
        There are fewer than three studies, or all are of one size.

    Notes
    -----
    Reference: metafor 3.8-1 `regtest`, 1e-5.

    References
    ----------
    Egger et al. 1997, doi 10.1136/bmj.315.7109.629. Sterne and Egger 2005, doi 10.1002/0470870168.ch6.

    Examples
    --------
    >>> found = egger([0.1, 0.3, 0.5, 0.9], [0.01, 0.02, 0.05, 0.1], model="lm")
    >>> round(found.statistic, 3), found.df
    (9.993, 2.0)
    """
    if model not in {"mixed", "lm"} or predictor not in {"standard_error", "variance"} or not 0 < level < 1:
        raise InvalidArray(
            f"model is {model!r}, predictor {predictor!r}, level {level}; expected 'mixed' or 'lm',"
            " 'standard_error' or 'variance', and a level between 0 and 1"
        )
    plain = _at_least(as_studies(estimate, variance, None), _FEWEST)
    studies = as_studies(plain.y, plain.v, np.sqrt(plain.v) if predictor == "standard_error" else plain.v)
    if model == "mixed":
        fit = pool_studies(studies, method, "z", level, intercept=True)
        beta, covariance, df = fit.coefficients, fit.covariance, float("inf")
    else:
        line = weighted_by(studies, 1 / studies.v)
        df = float(studies.df)
        beta, covariance = line.beta, line.inverse * line.rss / df
    errors = np.sqrt(np.diagonal(covariance))
    t = beta / errors
    half = quantile(level, df) * float(errors[0])
    p_values = 2 * (special.ndtr(-np.abs(t)) if np.isinf(df) else special.stdtr(df, -np.abs(t)))
    return Asymmetry(
        statistic=float(t[1]),
        df=df,
        p_value=float(p_values[1]),
        slope=float(beta[1]),
        slope_standard_error=float(errors[1]),
        limit=float(beta[0]),
        limit_standard_error=float(errors[0]),
        limit_lower=float(beta[0]) - half,
        limit_upper=float(beta[0]) + half,
        limit_p_value=float(p_values[0]),
        model=model,
        predictor=predictor,
    )


@dataclass(frozen=True)
class PetPeese:
    """Effect of an infinitely large study: `pet` on the standard error, `peese` on the variance.

    `estimate`, `lower`, `upper` are those of `chosen`: PEESE when PET's effect differs from 0 at `alpha`, one-sided.
    """

    pet: Asymmetry
    peese: Asymmetry
    chosen: Literal["pet", "peese"]
    alpha: float
    estimate: float
    lower: float
    upper: float


def pet_peese(
    estimate: ArrayLike, variance: ArrayLike, *, alpha: float = 0.05, level: float = 0.95
) -> PetPeese:
    """Effect adjusted for small-study effects by weighted regression.

    Parameters
    ----------
    estimate, variance
        (k,) as in `pool`, three or more.
    alpha
        of the one-sided test by which PEESE is chosen.
    level
        of the intervals.

    Returns
    -------
    PetPeese
        Both, and the one that the rule takes; under about 20 studies neither is reliable.

    Raises
    ------
    InvalidArray, NotEstimable
        As in `egger`.

    Notes
    -----
    Reference: R `lm` with weights 1 / variance, 1e-6.

    References
    ----------
    Stanley and Doucouliagos 2014, doi 10.1002/jrsm.1095.

    Examples
    --------
    >>> pet_peese([0.1, 0.3, 0.5, 0.9], [0.01, 0.02, 0.05, 0.1]).chosen
    'pet'
    """
    if not 0 < alpha < 1:
        raise InvalidArray(f"alpha is {alpha}; expected a number above 0 and below 1")
    pet = egger(estimate, variance, model="lm", level=level)
    peese = egger(estimate, variance, model="lm", predictor="variance", level=level)
    # the effect goes the way the plain weighted mean does; an opposite limit is no evidence for it
    centre = float(weighted(as_studies(estimate, variance, None), 0.0).beta[0])
    one_sided = pet.limit_p_value / 2 if pet.limit * centre > 0 else 1 - pet.limit_p_value / 2
    chosen = peese if one_sided < alpha else pet
    return PetPeese(
        pet,
        peese,
        "peese" if chosen is peese else "pet",
        alpha,
        chosen.limit,
        chosen.limit_lower,
        chosen.limit_upper,
    )


@dataclass(frozen=True)
class RankCorrelation:
    """Begg's test: Kendall's `tau`, `p_value`, and whether it is `exact`."""

    tau: float
    p_value: float
    exact: bool


def begg(estimate: ArrayLike, variance: ArrayLike) -> RankCorrelation:
    """Rank correlation test of funnel asymmetry.

    Parameters
    ----------
    estimate, variance
        (k,) as in `pool`, three or more.

    Returns
    -------
    RankCorrelation
        Exact without ties, otherwise normal.

    Raises
    ------
    InvalidArray
        As in `pool`.
    NotEstimable
        There are fewer than three studies.

    Notes
    -----
    Kendall's tau of the standardised deviations from the weighted mean and the variances.
    Reference: metafor 3.8-1 `ranktest`, 1e-5.

    References
    ----------
    Begg and Mazumdar 1994, doi 10.2307/2533446.

    Examples
    --------
    >>> begg([0.1, 0.3, 0.5, 0.9], [0.01, 0.02, 0.05, 0.1])
    RankCorrelation(tau=1.0, p_value=0.0833..., exact=True)
    """
    studies = _at_least(as_studies(estimate, variance, None), _FEWEST)
    fit = weighted(studies, 0.0)
    deviation = fit.residual / np.sqrt(studies.v - fit.inverse[0, 0])
    exact = all(np.unique(part).size == part.size for part in (deviation, studies.v))
    found = stats.kendalltau(deviation, studies.v, method="exact" if exact else "asymptotic")
    return RankCorrelation(float(found.statistic), float(found.pvalue), exact)


@dataclass(frozen=True)
class TrimFill:
    """`missing` studies on `side`, `filled` (m,) effects with `filled_variance` (m,), and the pool with them."""

    missing: int
    side: Literal["left", "right"]
    estimator: Literal["l0", "r0", "q0"]
    filled: Floats
    filled_variance: Floats
    pooled: Pooled


def trim_fill(
    estimate: ArrayLike,
    variance: ArrayLike,
    *,
    estimator: Literal["l0", "r0", "q0"] = "l0",
    side: Literal["left", "right"] | None = None,
    method: Method = "reml",
    level: float = 0.95,
) -> TrimFill:
    """How many studies the funnel lacks, and the pooled effect with their mirror images.

    Parameters
    ----------
    estimate, variance
        (k,) as in `pool`, three or more.
    estimator
        of the number that is missing.
    side
        where they are missing; None: against the slope of the effects on the standard errors.
    method
        of the variance between studies.
    level
        of the intervals (normal).

    Returns
    -------
    TrimFill
        A picture of sensitivity, not a corrected effect.

    Raises
    ------
    InvalidArray
        As in `pool`, or an option is unknown.
    NotEstimable
        There are fewer than three studies.

    Notes
    -----
    Reference: metafor 3.8-1 `trimfill`, 1e-5.

    References
    ----------
    Duval and Tweedie 2000, doi 10.1111/j.0006-341X.2000.00455.x.

    Examples
    --------
    >>> trim_fill([0.1, 0.12, 0.2, 0.5, 0.7, 0.9], [0.01, 0.01, 0.02, 0.05, 0.06, 0.1]).side
    'left'
    """
    if estimator not in {"l0", "r0", "q0"} or side not in {None, "left", "right"}:
        raise InvalidArray(
            f"estimator is {estimator!r}, side {side!r}; expected 'l0', 'r0' or 'q0', and 'left', 'right' or None"
        )
    studies = _at_least(as_studies(estimate, variance, None), _FEWEST)
    where = side or _emptier_side(studies, method)
    sign = -1.0 if where == "right" else 1.0
    order = np.argsort(sign * studies.y, kind="stable")
    y, v = sign * studies.y[order], studies.v[order]
    k = y.size
    missing, centre = 0, 0.0
    seen: set[int] = set()
    while missing not in seen:
        seen.add(missing)
        left = slice(0, k - missing)
        kept = Studies(y[left], v[left], np.ones((k - missing, 1)))
        centre = pool_studies(kept, method, "z", level, intercept=True).estimate
        missing = min(_missing(y - centre, estimator), k - 2)
    tail = slice(k - missing, k)
    filled, filled_variance = sign * (2 * centre - y[tail]), v[tail]
    whole = as_studies(
        np.concatenate([studies.y, filled]), np.concatenate([studies.v, filled_variance]), None
    )
    return TrimFill(
        missing,
        where,
        estimator,
        filled,
        filled_variance,
        pool_studies(whole, method, "z", level, intercept=True),
    )


def _missing(deviation: Floats, estimator: str) -> int:
    """Number of missing studies, from the signed ranks of the deviations."""
    k = deviation.size
    ranks = stats.rankdata(np.abs(deviation), method="ordinal")
    if estimator == "r0":
        lowest = ranks[deviation < 0].max(initial=0)
        return max(0, round(float(k - lowest - 1)))
    total = float(ranks[deviation > 0].sum())
    if estimator == "l0":
        return max(0, round((4 * total - k * (k + 1)) / (2 * k - 1)))
    inside = 2 * k**2 - 4 * total + 0.25
    return max(0, round(k - 0.5 - float(np.sqrt(max(inside, 0.0)))))


def _emptier_side(studies: Studies, method: Method) -> Literal["left", "right"]:
    try:
        line = as_studies(studies.y, studies.v, np.sqrt(studies.v))
    except NotEstimable:  # all studies of one size: no slope, and metafor's choice for none
        return "left"
    fit = pool_studies(line, method, "z", 0.95, intercept=True)
    return "right" if fit.coefficients[1] < 0 else "left"


def fail_safe_n(estimate: ArrayLike, variance: ArrayLike, *, alpha: float = 0.05) -> int:
    """Number of null studies that would make the pooled p-value exceed `alpha` (Rosenthal).

    An old figure that readers still ask for; it assumes no heterogeneity and judges nothing.

    Parameters
    ----------
    estimate, variance
        (k,) as in `pool`.
    alpha
        one-sided.

    Returns
    -------
    int
        0 when the effect is not significant as it is.

    Raises
    ------
    InvalidArray
        As in `pool`.

    Notes
    -----
    (sum z / z_alpha)^2 - k, rounded up. Reference: metafor 3.8-1 `fsn`, exact.

    References
    ----------
    Rosenthal 1979, doi 10.1037/0033-2909.86.3.638.

    Examples
    --------
    >>> fail_safe_n([0.5, 0.6, 0.7], [0.04, 0.04, 0.04])
    27
    """
    if not 0 < alpha < 1:
        raise InvalidArray(f"alpha is {alpha}; expected a number above 0 and below 1")
    studies = as_studies(estimate, variance, None)
    total = float(np.sum(studies.y / np.sqrt(studies.v)))
    return max(0, int(np.ceil((total / float(special.ndtri(1 - alpha))) ** 2 - studies.y.size)))


def _at_least(studies: Studies, fewest: int) -> Studies:
    if studies.y.size < fewest:
        raise NotEstimable(f"{studies.y.size} studies; this needs {fewest} or more")
    return studies
