"""A stability series checked, its limits, and the designs of the three models of ICH Q1E."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats as distributions

from secretome.errors import InvalidArray, NotEstimable

Floats = NDArray[np.float64]
Model = Literal["cics", "dics", "dids"]
ErrorTerm = Literal["pooled", "separate"]


@dataclass(frozen=True)
class Series:
    """Times, values, lots as codes, and which values are only known to lie below the number given."""

    time: Floats
    value: Floats
    code: NDArray[np.intp]
    lots: tuple[str, ...]
    below: NDArray[np.bool_]

    @classmethod
    def checked(
        cls, time: ArrayLike, value: ArrayLike, lot: ArrayLike, censored: ArrayLike | None = None
    ) -> Series:
        """The series, refused when a line with its error cannot be drawn for every lot."""
        times, values = np.asarray(time, dtype=float), np.asarray(value, dtype=float)
        labels = np.asarray(lot).astype(str)
        if times.ndim != 1 or not times.shape == values.shape == labels.shape or times.size == 0:
            raise InvalidArray(
                f"time, value and lot have shapes {times.shape}, {values.shape}, {labels.shape}; expected one length"
            )
        bad = ~np.isfinite(times) | ~np.isfinite(values)
        if bad.any():
            raise InvalidArray(f"{bad.sum()} of {bad.size} times or values are missing or infinite")
        if (times < 0).any():
            raise InvalidArray(f"time {times.min()} is negative; expected months since release")
        below = np.zeros(times.size, dtype=bool) if censored is None else np.asarray(censored, dtype=bool)
        if below.shape != times.shape:
            raise InvalidArray(f"censored has shape {below.shape}; expected {times.shape}")
        names, codes = np.unique(labels, return_inverse=True)
        for position, name in enumerate(names):
            mine = times[codes == position]
            if mine.size < 3 or np.unique(mine).size < 2:
                raise NotEstimable(
                    f"lot '{name}' has {mine.size} values at {np.unique(mine).size} times; a line with its error needs 3 values at 2 times"
                )
            seen = times[(codes == position) & ~below]
            if seen.size < 2 or np.unique(seen).size < 2:
                raise NotEstimable(
                    f"lot '{name}' has {seen.size} values above the LLOQ; a line needs 2 at 2 times to start from"
                )
        return cls(times, values, codes.astype(np.intp), tuple(str(name) for name in names), below)


@dataclass(frozen=True)
class Limits:
    """Acceptance limits and the confidence limit that is held against them."""

    lower: float | None
    upper: float | None
    confidence: float
    sides: int


def check_limits(lower: float | None, upper: float | None) -> None:
    """Refuses limits that do not state a direction."""
    given = [limit for limit in (lower, upper) if limit is not None]
    if not given or not np.isfinite(given).all():
        raise InvalidArray("give a finite lower or upper limit, or both: they state the direction of change")
    if lower is not None and upper is not None and lower >= upper:
        raise InvalidArray(f"the lower limit {lower} is not below the upper limit {upper}")


def t_quantile(df: Floats, confidence: float, sides: int) -> Floats:
    """Student's quantile of a one- or two-sided limit."""
    level = confidence if sides == 1 else (1 + confidence) / 2
    return np.asarray(distributions.t.ppf(level, df), dtype=np.float64)


def design_of(data: Series, model: Model) -> tuple[Floats, tuple[str, ...], Floats]:
    """Design (n, p), names of its columns, and the map (k, 2, p) to each lot's line."""
    lots, n = len(data.lots), data.time.size
    dummies = (data.code[:, None] == np.arange(1, lots)).astype(float)
    own_intercept, own_slope = model != "cics", model == "dids"
    parts, names = [np.ones((n, 1))], ["intercept"]
    if own_intercept:
        parts.append(dummies)
        names += [f"lot {name}" for name in data.lots[1:]]
    parts.append(data.time[:, None])
    slope_at = len(names)
    names.append("time")
    if own_slope:
        parts.append(dummies * data.time[:, None])
        names += [f"time x lot {name}" for name in data.lots[1:]]
    lines = np.zeros((lots, 2, len(names)))
    lines[:, 0, 0] = 1
    lines[:, 1, slope_at] = 1
    for position in range(1, lots):
        if own_intercept:
            lines[position, 0, position] = 1
        if own_slope:
            lines[position, 1, slope_at + position] = 1
    return np.hstack(parts), tuple(names), lines
