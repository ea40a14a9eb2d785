"""Differences and ratios of measured numbers, with the errors of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NORMAL = 1.96  # standard errors on both sides of a 95 % interval


@dataclass(frozen=True)
class Estimate:
    """A number with its standard error (NaN when unknown) and 95 % interval."""

    value: float
    standard_error: float
    lower: float
    upper: float


def net(value: float, error: float, blank: float = 0.0, blank_error: float = 0.0) -> Estimate:
    """A number minus its blank, errors added in squares.

    Examples
    --------
    >>> net(10.0, 0.3, 2.0, 0.4).standard_error
    0.5
    """
    difference = value - blank
    spread = float(np.hypot(error, blank_error))
    return Estimate(difference, spread, difference - NORMAL * spread, difference + NORMAL * spread)


def ratio(above: float, above_error: float, below: float, below_error: float) -> Estimate:
    """One number over another; the interval is that of its logarithm (delta method).

    Both must be above 0; otherwise every part is NaN.

    Examples
    --------
    >>> found = ratio(2e10, 1e9, 40.0, 2.0)
    >>> f"{found.value:.3g} [{found.lower:.3g}, {found.upper:.3g}]"
    '5e+08 [4.35e+08, 5.74e+08]'
    """
    if not (above > 0 and below > 0):
        return Estimate(np.nan, np.nan, np.nan, np.nan)
    quotient = above / below
    spread = float(np.hypot(above_error / above, below_error / below))
    low, high = quotient * np.exp(-NORMAL * spread), quotient * np.exp(NORMAL * spread)
    return Estimate(quotient, quotient * spread, float(low), float(high))
