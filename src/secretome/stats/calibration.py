"""Standard curves of an immunoassay: weighted fit, working range, and concentrations read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Floats
from secretome.stats._curve_fit import Curves, fit_curve, predict
from secretome.stats._sigmoid import CurveModel

Chosen = Literal["auto", "4pl", "5pl"]

# ICH M10 (2022), ligand-binding assays: back-calculated standards within 20 % (25 % at both ends of the
# range), at least three quarters of the levels, at least six levels.
WITHIN, AT_ENDS, SHARE_OF_LEVELS, LEVELS_WANTED = 20.0, 25.0, 0.75, 6
FEWEST_LEVELS = 3  # a working range of fewer is none
# Sebaugh and McCray 2003: the bend points of a sigmoid lie at 1 / (1 + k) and k / (1 + k) of its span.
BEND = 4.6805
_REWEIGHTINGS, _CLOSE = 25, 1e-6
_BLANKS_FOR_OWN_SD = 4


@dataclass(frozen=True)
class Calibration:
    """A standard curve with its working range.

    Attributes
    ----------
    curve
        The fit, or None when there is none; `status` then says why.
    model
        `"4pl"` or `"5pl"`.
    level, level_signal, recovered, recovery_percent
        (k,) standards above 0, ascending; mean signal of each; concentration read back (geometric mean of
        its wells, NaN beyond the asymptotes); that in percent of the expected one.
    mid_range
        (k,) whether the signal lies between the bend points of the curve.
    in_range
        (k,) whether the level lies in the working range.
    lod, lloq, uloq
        Limits in units of the dose; NaN where there is none.
    lod_signal, lod_from
        Signal of the limit of detection, and what its spread was taken from.
    relative_sd
        Residual standard deviation as a share of the signal.
    status
        Empty, or why the curve cannot be used or is doubtful.
    usable
        Whether concentrations may be read from it.
    """

    curve: Curves | None
    model: str
    level: Floats
    level_signal: Floats
    recovered: Floats
    recovery_percent: Floats
    mid_range: NDArray[np.bool_]
    in_range: NDArray[np.bool_]
    lod: float
    lloq: float
    uloq: float
    lod_signal: float
    lod_from: str
    relative_sd: float
    status: str
    usable: bool


def calibrate(
    dose: ArrayLike, signal: ArrayLike, *, model: Chosen = "auto", falling: bool = False
) -> Calibration:
    """The standard curve of one analyte on one plate.

    Parameters
    ----------
    dose
        (n,) expected concentrations, 0 or more; 0 is a blank.
    signal
        (n,) above 0, in any unit.
    model
        `"auto"` takes the one of 4PL and 5PL with the smaller AICc.
    falling
        True for a competitive assay, whose signal falls with the dose.

    Returns
    -------
    Calibration
        Never an error for a poor plate: `status` says what is wrong.

    Raises
    ------
    InvalidArray
        Lengths differ, a value is missing or infinite, or a dose is negative.

    Notes
    -----
    The variance is taken as proportional to the square of the fitted signal (weights 1 / fit^2, iterated).
    The working range is the widest run of levels above the limit of detection whose ends are read back within
    25 % and of which three quarters are read back within 20 % (ICH M10).
    Limit of detection: the signal that a blank exceeds in one of twenty wells (one-sided t), from the spread of
    four or more blanks, else from the relative residual spread of the curve.

    References
    ----------
    ICH M10 (2022); Sebaugh and McCray 2003, doi 10.1002/pst.62; fit as `stats.curves.fit_curve`.

    Examples
    --------
    >>> dose = np.array([0, 0, 1, 4, 16, 64, 256, 1024, 4096.0])
    >>> signal = 20 + 9980 / (1 + (300 / np.maximum(dose, 1e-9)) ** 1.1)
    >>> found = calibrate(dose, signal, model="4pl")
    >>> found.recovery_percent.round(3).tolist()
    [100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0]
    """
    x, y = np.asarray(dose, dtype=float), np.asarray(signal, dtype=float)
    if x.shape != y.shape or x.ndim != 1 or not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InvalidArray("calibrate: dose and signal must be vectors of one length without gaps")
    if (x < 0).any():
        raise InvalidArray("calibrate: a dose is negative; expected 0 for a blank and more for a standard")
    level = np.unique(x[x > 0])
    level_signal = np.array([y[x == one].mean() for one in level])
    wrong = _wrong_standards(level, level_signal, y, falling=falling)
    if wrong:
        return _unusable(level, level_signal, wrong)
    fits = [
        fit for name in (("4pl", "5pl") if model == "auto" else (model,)) if (fit := _weighted(x, y, name))
    ]
    if not fits:
        return _unusable(level, level_signal, "no curve fits the standards: the fit did not converge")
    curve, relative_sd, _ = min(fits, key=lambda fit: fit[2])
    return _judged(curve, relative_sd, x, y, level, level_signal)


def read_back(curve: Curves, signal: ArrayLike) -> Floats:
    """Doses of signals on a curve; NaN beyond its asymptotes.

    Parameters
    ----------
    curve
        A fit of one group.
    signal
        Array of any shape, in units of the response.

    Examples
    --------
    >>> fit = fit_curve([0.1, 0.3, 1.0, 3.0, 10.0, 30.0], [4.9, 4.6, 3.1, 1.7, 1.1, 1.0])
    >>> read_back(fit, predict(fit, [0.5, 2.0])).round(6)
    array([0.5, 2. ])
    """
    return _inverse(_five(curve, curve.parameters[0]), np.asarray(signal, dtype=float))


def read_back_error(curve: Curves, signal: ArrayLike, *, relative_sd: float, wells: int = 1) -> Floats:
    """Standard error of the natural logarithm of `read_back`, of curve and wells together.

    Parameters
    ----------
    curve, signal
        As for `read_back`.
    relative_sd
        Spread of one well as a share of its signal.
    wells
        Wells averaged in `signal`.

    Notes
    -----
    Delta method with central differences; agrees with the simulated spread in the tests.
    """
    y = np.asarray(signal, dtype=float)
    estimate = curve.parameters[0]
    gradients = []
    for place in range(len(estimate)):
        step = np.zeros(len(estimate))
        step[place] = 1e-5 * max(abs(float(estimate[place])), 1e-3)
        up, down = (_inverse(_five(curve, estimate + sign * step), y) for sign in (1, -1))
        with np.errstate(invalid="ignore", divide="ignore"):
            gradients.append((np.log(up) - np.log(down)) / (2 * step[place]))
    gradient = np.stack(gradients, axis=-1)
    own = _inverse(_five(curve, estimate), y * (1 + 1e-5)), _inverse(_five(curve, estimate), y * (1 - 1e-5))
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (np.log(own[0]) - np.log(own[1])) / 2e-5
    of_curve = np.einsum("...i,ij,...j->...", gradient, curve.covariance[0], gradient)
    return np.asarray(np.sqrt(of_curve + slope**2 * relative_sd**2 / wells), dtype=float)


def _five(curve: Curves, parameters: Floats) -> tuple[float, float, float, float, float]:
    named = dict(zip(curve.names, map(float, parameters), strict=True))
    return named["b"], named.get("c", 0.0), named["d"], named["e"], named.get("f", 1.0)


def _inverse(parameters: tuple[float, float, float, float, float], y: Floats) -> Floats:
    slope, lower, upper, middle, asymmetry = parameters
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = (upper - lower) / (y - lower)
        dose = middle * (ratio ** (1 / asymmetry) - 1) ** (1 / slope)
    return np.where((y > lower) & (y < upper) & np.isfinite(dose), dose, np.nan)


def _wrong_standards(level: Floats, level_signal: Floats, y: Floats, *, falling: bool) -> str:
    if len(level) < FEWEST_LEVELS + 2:
        return (
            f"standards are missing: {len(level)} concentrations above 0, at least {FEWEST_LEVELS + 2} needed"
        )
    if (y <= 0).any():
        return (
            "a signal of a standard or blank is 0 or less: ask for the signal before background subtraction"
        )
    if np.ptp(level_signal) == 0:
        return "all standards have the same signal"
    trend = float(stats.spearmanr(level, level_signal).statistic) * (-1 if falling else 1)
    if trend < 0:
        towards = "rise" if falling else "fall"
        return (
            f"signals {towards} as the expected concentration grows: the standards may stand in reverse order"
        )
    return ""


def _weighted(x: Floats, y: Floats, model: CurveModel) -> tuple[Curves, float, float] | None:
    """The curve with weights 1 / fit^2, its relative residual spread, and AICc; None without convergence."""
    weights = 1 / y**2
    try:
        for _ in range(_REWEIGHTINGS):
            curve = fit_curve(x, y, model=model, weights=weights)
            if not curve.converged[0]:
                return None
            fitted = np.maximum(predict(curve, x), 1e-3 * y.min())
            change = float(np.max(np.abs(1 / fitted**2 / weights - 1)))
            weights = 1 / fitted**2
            if change < _CLOSE:
                break
    except NotEstimable:
        return None
    n, k = len(y), len(curve.names) + 1
    if n <= k + 1 or curve.df_residual < 1:
        return None
    total = float(np.sum((y / fitted - 1) ** 2))
    likelihood = -n / 2 * (np.log(max(total / n, 1e-300))) - float(np.log(fitted).sum())
    criterion = -2 * likelihood + 2 * k + 2 * k * (k + 1) / (n - k - 1)
    return curve, float(np.sqrt(total / curve.df_residual)), criterion


def _judged(
    curve: Curves, relative_sd: float, x: Floats, y: Floats, level: Floats, level_signal: Floats
) -> Calibration:
    wells = read_back(curve, y)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(wells)
        recovered = np.array([np.exp(logs[x == one].mean()) for one in level])
    percent = 100 * recovered / level
    _, lower, upper, _, _ = _five(curve, curve.parameters[0])
    share = (level_signal - lower) / (upper - lower)
    lod_signal, lod_from = _detection_limit(curve, relative_sd, x, y, lower, upper)
    lod = float(read_back(curve, lod_signal))
    above = level > lod if np.isfinite(lod) else np.ones(len(level), dtype=bool)
    first, last = _range(percent, above)
    usable = last - first + 1 >= FEWEST_LEVELS
    in_range = np.zeros(len(level), dtype=bool)
    if usable:
        in_range[first : last + 1] = True
    status = ""
    if not usable:
        status = "the curve does not fit: no three neighbouring standards are read back as ICH M10 asks"
    elif in_range.sum() < LEVELS_WANTED:
        status = f"{int(in_range.sum())} standards in the working range, ICH M10 asks for {LEVELS_WANTED}"
    return Calibration(
        curve=curve,
        model=curve.model,
        level=level,
        level_signal=level_signal,
        recovered=recovered,
        recovery_percent=percent,
        mid_range=(share >= 1 / (1 + BEND)) & (share <= BEND / (1 + BEND)),
        in_range=in_range,
        lod=lod,
        lloq=float(level[first]) if usable else np.nan,
        uloq=float(level[last]) if usable else np.nan,
        lod_signal=lod_signal,
        lod_from=lod_from,
        relative_sd=relative_sd,
        status=status,
        usable=usable,
    )


def _detection_limit(
    curve: Curves, relative_sd: float, x: Floats, y: Floats, lower: float, upper: float
) -> tuple[float, str]:
    blanks = y[x == 0]
    rises = float(curve.parameters[0][curve.names.index("b")]) < 0
    if len(blanks) >= _BLANKS_FOR_OWN_SD:
        centre, spread, df = float(blanks.mean()), float(blanks.std(ddof=1)), len(blanks) - 1
        source = f"{len(blanks)} blanks"
    else:
        centre = float(blanks.mean()) if len(blanks) else lower if rises else upper
        spread, df = relative_sd * centre, curve.df_residual
        source = "the residual spread of the curve" + ("" if len(blanks) else ", no blank")
    step = float(stats.t.ppf(0.95, df)) * spread * np.sqrt(1 + 1 / max(len(blanks), 1))
    return centre + step if rises else centre - step, source


def _range(percent: Floats, above: NDArray[np.bool_]) -> tuple[int, int]:
    """First and last level of the widest working range; (0, -1) when there is none."""
    off = np.abs(percent - 100)
    ends = np.flatnonzero((off <= AT_ENDS) & above)
    best = (0, -1)
    for first in ends:
        for last in ends[ends >= first]:
            inside = np.nan_to_num(off[first : last + 1], nan=np.inf) <= WITHIN
            inside[[0, -1]] = True
            if inside.mean() >= SHARE_OF_LEVELS and last - first > best[1] - best[0]:
                best = (int(first), int(last))
    return best


def _unusable(level: Floats, level_signal: Floats, why: str) -> Calibration:
    empty = np.full(len(level), np.nan)
    none = np.zeros(len(level), dtype=bool)
    return Calibration(
        curve=None,
        model="",
        level=level,
        level_signal=level_signal,
        recovered=empty,
        recovery_percent=empty,
        mid_range=none,
        in_range=none,
        lod=np.nan,
        lloq=np.nan,
        uloq=np.nan,
        lod_signal=np.nan,
        lod_from="",
        relative_sd=np.nan,
        status=why,
        usable=False,
    )
