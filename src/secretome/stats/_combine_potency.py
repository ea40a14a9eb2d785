"""Independent estimates of one relative potency combined, by a convention that is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Floats, as_vector

Convention = Literal["weighted_homogeneous", "semi_weighted", "unweighted"]


@dataclass(frozen=True)
class CombinedPotency:
    """One relative potency from k estimates, on the log scale.

    `log_ratio`, `standard_error`, `lower`, `upper`, `df`; `q`, `q_p_value` of homogeneity (NaN when k is 1);
    `between_variance` of the semi-weighted convention, otherwise NaN; `convention`, `level`, `n_estimates`.
    """

    log_ratio: float
    standard_error: float
    lower: float
    upper: float
    df: float
    q: float
    q_p_value: float
    between_variance: float
    convention: Convention
    level: float
    n_estimates: int

    @property
    def ratio(self) -> float:
        """Relative potency."""
        return _exponential(self.log_ratio)

    @property
    def ratio_lower(self) -> float:
        """Lower limit of the relative potency."""
        return _exponential(self.lower)

    @property
    def ratio_upper(self) -> float:
        """Upper limit of the relative potency."""
        return _exponential(self.upper)


def _exponential(log: float) -> float:
    """Infinite where the logarithm is beyond any number."""
    with np.errstate(over="ignore"):
        return float(np.exp(log))


def combine(
    log_ratio: ArrayLike,
    standard_error: ArrayLike,
    df: ArrayLike,
    *,
    convention: Convention,
    level: float = 0.95,
) -> CombinedPotency:
    """One relative potency from independent assays or plates.

    Parameters
    ----------
    log_ratio, standard_error
        (k,) natural logs, as `relative_potency` gives them.
    df
        (k,) or one number: residual degrees of freedom of each.
    convention
        `"weighted_homogeneous"`: weights 1 / se^2, df summed; only within-assay error, so it needs homogeneity.
        `"semi_weighted"`: weights 1 / (se^2 + between-assay variance), k - 1 df.
        `"unweighted"`: mean of the logs, the error from their spread, k - 1 df.
        Texts differ, so there is no default.
    level
        of the interval.

    Returns
    -------
    CombinedPotency
        With the test of homogeneity, whatever the convention.

    Raises
    ------
    InvalidArray
        Lengths differ, a value is missing, an error is not above 0, or an option is unknown.
    NotEstimable
        A convention that looks at the spread is given one estimate.

    Notes
    -----
    q = sum w (log_ratio - weighted mean)^2, chi-squared on k - 1 df. The between-assay variance is the moment
    estimate max(0, variance of the logs - mean of se^2). Reference: the weighted and unweighted conventions,
    base R, agreed to 1e-5.

    References
    ----------
    European Pharmacopoeia 5.3, section 6 (weighted and semi-weighted means).

    Examples
    --------
    >>> found = combine([-0.24, -0.26, -0.23], [0.03, 0.04, 0.03], 43, convention="unweighted")
    >>> round(found.ratio, 3), found.df
    (0.784, 2.0)
    """
    m = np.asarray(log_ratio, dtype=float)
    m = as_vector(m, m.size, name="log_ratio")
    se = as_vector(standard_error, m.size, name="standard_error")
    freedom = as_vector(np.broadcast_to(np.asarray(df, dtype=float), m.shape), m.size, name="df")
    _check(m, se, freedom, convention, level)
    weights = 1 / se**2
    centre = float(weights @ m / weights.sum())
    q = float(weights @ (m - centre) ** 2)
    between = float("nan")
    if convention == "weighted_homogeneous":
        estimate, error, total_df = centre, float(weights.sum() ** -0.5), float(freedom.sum())
    elif convention == "semi_weighted":
        between = max(0.0, float(m.var(ddof=1) - np.mean(se**2)))
        shrunk = 1 / (se**2 + between)
        estimate, error = float(shrunk @ m / shrunk.sum()), float(shrunk.sum() ** -0.5)
        total_df = float(m.size - 1)
    else:
        estimate, error, total_df = float(m.mean()), float(m.std(ddof=1) / np.sqrt(m.size)), float(m.size - 1)
    half = float(special.stdtrit(total_df, (1 + level) / 2)) * error
    return CombinedPotency(
        log_ratio=estimate,
        standard_error=error,
        lower=estimate - half,
        upper=estimate + half,
        df=total_df,
        q=q if m.size > 1 else float("nan"),
        q_p_value=float(special.chdtrc(m.size - 1, q)) if m.size > 1 else float("nan"),
        between_variance=between,
        convention=convention,
        level=level,
        n_estimates=m.size,
    )


def _check(m: Floats, se: Floats, df: Floats, convention: str, level: float) -> None:
    if convention not in {"weighted_homogeneous", "semi_weighted", "unweighted"}:
        raise InvalidArray(
            f"convention is {convention!r}; expected 'weighted_homogeneous', 'semi_weighted' or 'unweighted'"
        )
    if not 0 < level < 1:
        raise InvalidArray(f"level is {level}; expected a number above 0 and below 1")
    if m.size == 0:
        raise NotEstimable("no estimates to combine")
    if not (np.isfinite(m).all() and (np.isfinite(se) & (se > 0)).all() and (df > 0).all()):
        raise InvalidArray(
            "an estimate is missing, its standard_error not above 0 or its df not above 0; leave out assays without a valid fit, and say so"
        )
    if m.size == 1 and convention != "weighted_homogeneous":
        raise NotEstimable(f"the {convention} convention needs 2 estimates or more; found 1")
