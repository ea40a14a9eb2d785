"""Doses of given effects, read off fitted curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from secretome.errors import InvalidArray
from secretome.stats._arrays import Floats
from secretome.stats._curve_fit import Curves, t_quantile
from secretome.stats._sigmoid import LOG_ASYMMETRY, LOG_MIDPOINT, SLOPE


@dataclass(frozen=True)
class EffectiveDoses:
    """Doses of given effects: `dose`, `standard_error`, `lower`, `upper` (g, k), `percent` (k,), `group` (g,)."""

    group: NDArray[np.generic]
    percent: Floats
    dose: Floats
    standard_error: Floats
    lower: Floats
    upper: Floats


def effective_dose(curves: Curves, percent: ArrayLike = 50.0, *, level: float = 0.95) -> EffectiveDoses:
    """Doses at which the response has gone a given percentage of the way from its value at dose 0.

    Parameters
    ----------
    curves
        From `fit_curve`.
    percent
        (k,) above 0 and below 100.
    level
        of the intervals (delta method, t on the residual degrees of freedom).

    Returns
    -------
    EffectiveDoses
        In the unit of the dose.

    Raises
    ------
    InvalidArray
        A percentage is not between 0 and 100, or the level not between 0 and 1.

    Notes
    -----
    For a falling curve (b > 0) the start is d, for a rising one c. dose = e exp(log((p)^(-1/f) - 1) / b) with p the
    fraction of the span that is left above c. Reference: drc 3.0-1 `ED`, 1e-4 (errors 1e-3, `"observed"`).

    References
    ----------
    Ritz et al. 2015, doi 10.1371/journal.pone.0146021.

    Examples
    --------
    >>> from secretome.stats.curves import fit_curve
    >>> fit = fit_curve([0.1, 0.3, 1.0, 3.0, 10.0, 30.0], [4.9, 4.6, 3.1, 1.7, 1.1, 1.0])
    >>> effective_dose(fit, [10, 50]).dose.round(2)
    array([[0.27, 1.09]])
    """
    share = np.atleast_1d(np.asarray(percent, dtype=float)) / 100
    if share.ndim != 1 or not ((share > 0) & (share < 1)).all():
        raise InvalidArray(f"percent is {percent!r}; expected numbers above 0 and below 100")
    if not 0 < level < 1:
        raise InvalidArray(f"level is {level}; expected a number above 0 and below 1")
    b, log_e = curves.theta[:, [SLOPE]], curves.theta[:, [LOG_MIDPOINT]]
    f = np.exp(curves.theta[:, [LOG_ASYMMETRY]])
    fraction = np.where(b > 0, 1 - share, share)
    odds = np.expm1(-np.log(fraction) / f)
    dose = np.exp(log_e + np.log(odds) / b)
    by = {
        "b": -dose * np.log(odds) / b**2,
        "e": dose / np.exp(log_e),
        "f": dose / b * (1 + odds) / odds * np.log(fraction) / f**2,
    }
    slopes = np.stack([by.get(name, np.zeros_like(dose)) for name in curves.names], axis=-1)
    error = np.sqrt(np.einsum("gkp,gpq,gkq->gk", slopes, curves.covariance, slopes))
    half = t_quantile(level, curves.df_residual) * error
    return EffectiveDoses(curves.group, 100 * share, dose, error, dose - half, dose + half)
