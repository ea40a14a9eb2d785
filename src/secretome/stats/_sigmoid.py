"""The log-logistic curve and its derivatives, for many data sets at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from secretome.errors import InvalidArray
from secretome.stats._arrays import Bools, Floats

CurveModel = Literal["3pl", "4pl", "5pl"]

# Inside the solver a curve is (b, c, d, log e, log f, log ratio); these are the ones a model leaves free.
SLOPE, LOWER, UPPER, LOG_MIDPOINT, LOG_ASYMMETRY, LOG_RATIO = range(6)
_FREE = {
    "3pl": (SLOPE, UPPER, LOG_MIDPOINT),
    "4pl": (SLOPE, LOWER, UPPER, LOG_MIDPOINT),
    "5pl": (SLOPE, LOWER, UPPER, LOG_MIDPOINT, LOG_ASYMMETRY),
}
NAMES = {"3pl": ("b", "d", "e"), "4pl": ("b", "c", "d", "e"), "5pl": ("b", "c", "d", "e", "f")}


@dataclass(frozen=True)
class Points:
    """R data sets of n points, padded: `log_dose` (R, n), `at_zero` (R, n), `shifted` (R, n) 1 for the test preparation."""

    log_dose: Floats
    at_zero: Bools
    shifted: Floats

    def take(self, rows: NDArray[np.integer] | slice) -> Points:
        """The data sets `rows`."""
        return Points(self.log_dose[rows], self.at_zero[rows], self.shifted[rows])

    def at(self, places: Bools) -> Points:
        """The points `places` (n,) of every data set."""
        return Points(self.log_dose[:, places], self.at_zero[:, places], self.shifted[:, places])


def points(dose: Floats, shifted: Floats | None = None) -> Points:
    """Doses (R, n), 0 or more, as the solver wants them.

    Examples
    --------
    >>> points(np.array([[0.0, 1.0]])).at_zero
    array([[ True, False]])
    """
    at_zero = dose == 0
    log_dose = np.log(np.where(at_zero, 1.0, dose))
    return Points(log_dose, at_zero, np.zeros_like(dose) if shifted is None else shifted)


def free_parameters(model: CurveModel, *, ratio: bool = False) -> tuple[int, ...]:
    """Columns of the six parameters that `model` estimates.

    Raises
    ------
    InvalidArray
        `model` is not a name we know.

    Examples
    --------
    >>> free_parameters("3pl")
    (0, 2, 3)
    """
    if model not in _FREE:
        raise InvalidArray(f"model is {model!r}; expected '3pl', '4pl' or '5pl'")
    return _FREE[model] + ((LOG_RATIO,) if ratio else ())


def response(theta: Floats, at: Points) -> Floats:
    """Expected responses (R, n) of curves `theta` (R, 6).

    Examples
    --------
    >>> response(np.array([[1.0, 0.0, 2.0, 0.0, 0.0, 0.0]]), points(np.array([[0.0, 1.0]])))
    array([[2., 1.]])
    """
    fraction = _fraction(theta, at)[0]
    return theta[:, [LOWER]] + (theta[:, [UPPER]] - theta[:, [LOWER]]) * fraction


def response_and_slopes(theta: Floats, at: Points) -> tuple[Floats, Floats]:
    """Expected responses (R, n) and their derivatives by the six parameters (R, n, 6).

    Examples
    --------
    >>> response_and_slopes(np.array([[1.0, 0.0, 2.0, 0.0, 0.0, 0.0]]), points(np.array([[1.0]])))[1][0, 0, 1:5]
    array([ 0.5       ,  0.5       ,  0.5       , -0.69314718])
    """
    fraction, softplus, distance = _fraction(theta, at)
    b, c, d, asymmetry = (
        theta[:, [SLOPE]],
        theta[:, [LOWER]],
        theta[:, [UPPER]],
        np.exp(theta[:, [LOG_ASYMMETRY]]),
    )
    by_z = -asymmetry * fraction * -np.expm1(-softplus) * (d - c)
    by_z = np.where(at.at_zero, 0.0, by_z)
    slopes = np.empty((*fraction.shape, 6))
    slopes[..., SLOPE] = by_z * distance
    slopes[..., LOWER] = 1 - fraction
    slopes[..., UPPER] = fraction
    slopes[..., LOG_MIDPOINT] = -b * by_z
    slopes[..., LOG_ASYMMETRY] = np.where(at.at_zero, 0.0, -asymmetry * softplus * fraction * (d - c))
    slopes[..., LOG_RATIO] = b * by_z * at.shifted
    return c + (d - c) * fraction, slopes


def _fraction(theta: Floats, at: Points) -> tuple[Floats, Floats, Floats]:
    """(1 + exp z)^-f with z = b (log dose + shift - log e), log(1 + exp z), and the distance z / b."""
    b = theta[:, [SLOPE]]
    distance = at.log_dose + at.shifted * theta[:, [LOG_RATIO]] - theta[:, [LOG_MIDPOINT]]
    softplus = np.logaddexp(0.0, b * distance)
    fraction = np.exp(-np.exp(theta[:, [LOG_ASYMMETRY]]) * softplus)
    return np.where(at.at_zero, (b > 0).astype(float), fraction), softplus, distance
