"""Capability indices of a process, with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats as distributions

from secretome.errors import InvalidArray, NotEstimable


@dataclass(frozen=True)
class Capability:
    """An index with its interval.

    Parameters
    ----------
    name
        cp, cpl, cpu, cpk or cpm.
    value, lower, upper
        With `level` of the interval; cpl and cpu have 1 - 2 alpha, so that each limit alone is one-sided.
    """

    name: str
    value: float
    lower: float
    upper: float
    level: float


def capability(
    *,
    center: float,
    sigma: float,
    n: int,
    lower: float | None = None,
    upper: float | None = None,
    target: float | None = None,
    confidence: float = 0.95,
    cpm_df: Literal["boyles", "qcc"] = "boyles",
) -> tuple[Capability, ...]:
    """Cp, Cpl, Cpu, Cpk and Cpm with intervals; those that a missing limit forbids are left out.

    Parameters
    ----------
    center, sigma, n
        Of the process, and the number of values that sigma rests on.
    lower, upper
        Specification limits, at least one.
    target
        For Cpm.
    cpm_df
        Degrees of freedom of Cpm's interval: `boyles` n (1 + d^2)^2 / (1 + 2 d^2), or `qcc` as R qcc 2.7
        computes them, with 1 + d^2 not squared; d is (center - target) / sigma.

    Raises
    ------
    InvalidArray
        Without limits, or with limits in the wrong order.

    References
    ----------
    Bissell A. F. (1990) Appl. Stat. 39:331, doi:10.2307/2347383. Boyles R. A. (1991) J. Qual. Technol.
    23:17, doi:10.1080/00224065.1991.11979279. Reference implementation: R qcc 2.7, to 1e-8 (Cpm's interval with `cpm_df="qcc"`).

    Examples
    --------
    >>> [(c.name, round(c.value, 2)) for c in capability(center=10, sigma=1, n=50, lower=6, upper=14)]
    [('cp', 1.33), ('cpl', 1.33), ('cpu', 1.33), ('cpk', 1.33)]
    """
    if lower is None and upper is None:
        raise InvalidArray("capability needs a specification limit: lower, upper or both")
    if lower is not None and upper is not None and lower >= upper:
        raise InvalidArray(f"the lower limit {lower} is not below the upper limit {upper}")
    if n < 3 or sigma <= 0:
        raise NotEstimable(f"capability needs a positive sigma and at least 3 values, not {sigma} and {n}")
    found: list[Capability] = []
    tail = (1 - confidence) / 2
    if lower is not None and upper is not None:
        cp = (upper - lower) / (6 * sigma)
        found.append(_chi_interval("cp", cp, n - 1.0, confidence))
    sides = {}
    if lower is not None:
        sides["cpl"] = (center - lower) / (3 * sigma)
    if upper is not None:
        sides["cpu"] = (upper - center) / (3 * sigma)
    one_sided = float(distributions.norm.ppf(confidence))
    found += [_bissell(name, value, n, one_sided, 2 * confidence - 1) for name, value in sides.items()]
    two_sided = float(distributions.norm.ppf(1 - tail))
    found.append(_bissell("cpk", min(sides.values()), n, two_sided, confidence))
    if target is not None and lower is not None and upper is not None:
        off = (center - target) / sigma
        cpm = (upper - lower) / (6 * sigma * np.sqrt(1 + off**2))
        df = n * (1 + off**2) ** (2 if cpm_df == "boyles" else 1) / (1 + 2 * off**2)
        found.append(_chi_interval("cpm", float(cpm), df, confidence))
    return tuple(found)


def _chi_interval(name: str, value: float, df: float, level: float) -> Capability:
    tail = (1 - level) / 2
    low, high = np.sqrt(distributions.chi2.ppf([tail, 1 - tail], df) / df)
    return Capability(name, value, float(value * low), float(value * high), level)


def _bissell(name: str, value: float, n: int, z: float, level: float) -> Capability:
    half = z * float(np.sqrt(1 / (9 * n) + value**2 / (2 * (n - 1))))
    return Capability(name, value, value - half, value + half, level)
