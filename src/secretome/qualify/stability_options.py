"""The choices of a stability study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from secretome.stats import shelf_life

Transform = Literal["none", "log"]


@dataclass(frozen=True)
class StabilityOptions:
    """Choices of a stability study.

    Parameters
    ----------
    lower, upper
        Acceptance limits where the file has none; they state the direction of change.
    pooling
        `ich` pools lots that do not differ at 0.25 (the regulatory convention); `none` judges every lot by its own line. Both
        are always printed.
    error
        Residual variance when slopes differ: pooled (default) or of each lot; both are printed.
    confidence, sides
        Of the limit; sides None: 1 with one limit, 2 with both.
    transform
        `log` for a log-linear decay: values and limits are taken as logarithms.
    time_unit
        Unit of the time column.
    extrapolation_reason
        Why the claim may go beyond the real-time data; empty: it may not.
    release, months
        What if: the value at release, to see how long such a lot keeps; the time it must keep, to see what it must be
        released at. None for none.
    """

    lower: float | None = None
    upper: float | None = None
    pooling: shelf_life.Pooling = "ich"
    error: shelf_life.ErrorTerm = "pooled"
    confidence: float = 0.95
    sides: int | None = None
    transform: Transform = "none"
    time_unit: str = "months"
    extrapolation_reason: str = ""
    release: float | None = None
    months: float | None = None
