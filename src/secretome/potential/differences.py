"""Donor-level differences between two sides: paired within donors where donors stand on both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from secretome.stats import linear
from secretome.stats.donor_bootstrap import mean_draws, welch_df, widening

from .levels import Levels
from .scores import Chance
from .sides import Comparison

Floats = NDArray[np.float64]
PAIRED, BETWEEN = "paired within donor", "between donors"
# Rows that the prior of the moderated test needs; with fewer there is no log2 ratio.
_FEWEST_ROWS = 3


@dataclass(frozen=True)
class Difference:
    """Left less right of each row, with draws.

    Parameters
    ----------
    mean
        (r,) NaN where a side has too few donors with a value.
    left, right
        (r,) means of the sides.
    deviation
        (b, r) draw less mean, not widened.
    left_deviation, right_deviation
        (b, r) of the sides; zero on the right when paired.
    donors_left, donors_right
        Donors of the sides.
    strategy
        How donors connect the sides.
    """

    mean: Floats
    left: Floats
    right: Floats
    deviation: Floats
    left_deviation: Floats
    right_deviation: Floats
    donors_left: int
    donors_right: int
    strategy: str

    @property
    def testable(self) -> bool:
        """Two donors on each side, or two pairs."""
        return min(self.donors_left, self.donors_right) >= 2

    def spread(self, weights: Floats) -> tuple[Floats, Floats]:
        """Standard error and degrees of freedom (p,) of weighted means of the rows."""
        error = np.sqrt(((self.deviation @ weights) ** 2).mean(axis=0))
        if self.strategy == PAIRED:
            return error, np.full(weights.shape[1], self.donors_left - 1.0)
        left = ((self.left_deviation @ weights) ** 2).mean(axis=0)
        right = ((self.right_deviation @ weights) ** 2).mean(axis=0)
        return error, welch_df(left, right, max(self.donors_left, 2), max(self.donors_right, 2))


def difference(
    samples: Levels, comparison: Comparison, drawn: Chance, pick: Callable[[Levels], Floats], *, gaps: bool
) -> Difference:
    """The difference of each row of `pick(samples)` (s, r) between the sides.

    Parameters
    ----------
    samples
        Levels of samples.
    comparison
        Which samples stand where.
    drawn
        Donor weights.
    pick
        Which rows: ranks of factors, log2 values of factors, percentiles of all proteins.
    gaps
        Ask that half of the donors of each side, and two where there are two, have a value.
    """
    values = pick(samples)
    pairs = _pairs(values, samples.unit, comparison)
    if pairs:
        units, changes, left, right = zip(*pairs, strict=True)
        found = mean_draws(np.array(changes), drawn.of(np.array(units, dtype=str)))
        mean = np.where(found.donors >= _enough(len(units)), found.mean, np.nan) if gaps else found.mean
        here = np.isfinite(mean)
        sides = [
            np.where(here, mean_draws(np.array(side), np.ones((1, len(units)))).mean, np.nan)
            for side in (left, right)
        ]
        drift = np.where(here, found.deviation, 0.0)
        count = len(units)
        return Difference(mean, sides[0], sides[1], drift, drift, np.zeros_like(drift), count, count, PAIRED)
    return _between(values, samples.unit, comparison, drawn, gaps=gaps)


def _enough(donors: int) -> float:
    return max(min(2, donors), donors / 2)


def _pairs(
    values: Floats, units: NDArray[np.str_], comparison: Comparison
) -> list[tuple[str, Floats, Floats, Floats]]:
    """Donor, difference and both levels: within each stratum, averaged over the strata of the donor.

    Empty unless one level stands on the right and at least two donors, half of all, stand on both sides;
    donors on one side only are then left out.
    """
    found: list[tuple[str, Floats, Floats, Floats]] = []
    if len(set(comparison.right_group[comparison.right_samples].tolist())) > 1:
        return found
    every = set(units[comparison.left_samples].tolist()) | set(units[comparison.right_samples].tolist())
    for unit in sorted(set(units[comparison.left_samples]) & set(units[comparison.right_samples])):
        mine = units == unit
        changes, left, right = [], [], []
        for stratum in sorted(set(comparison.stratum[mine])):
            here = mine & (comparison.stratum == stratum)
            one, other = here & comparison.left_samples, here & comparison.right_samples
            if one.any() and other.any():
                left.append(_mean(values[one]))
                right.append(_mean(values[other]))
                changes.append(left[-1] - right[-1])
        if changes:
            change, one_side, other_side = (_mean(np.array(part)) for part in (changes, left, right))
            found.append((str(unit), change, one_side, other_side))
    return found if len(found) >= max(2, len(every) / 2) else []


def _between(
    values: Floats, units: NDArray[np.str_], comparison: Comparison, drawn: Chance, *, gaps: bool
) -> Difference:
    left = _side(values, units, comparison.left_samples, drawn, gaps=gaps)
    levels = sorted(set(comparison.right_group[comparison.right_samples].tolist()))
    parts = [
        _side(values, units, comparison.right_samples & (comparison.right_group == level), drawn, gaps=gaps)
        for level in levels
    ]
    means = np.array([part[0] for part in parts])
    there = np.isfinite(means)
    count = there.sum(axis=0)
    right = np.where(count > 0, np.where(there, means, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)
    drift = sum(part[1] for part in parts) / np.maximum(count, 1)
    mean = left[0] - right
    here = np.isfinite(mean)
    left_drift, right_drift = np.where(here, left[1], 0.0), np.where(here, drift, 0.0)
    return Difference(
        mean,
        left[0],
        right,
        left_drift - right_drift,
        left_drift,
        right_drift,
        len(set(units[comparison.left_samples])),
        len(set(units[comparison.right_samples])),
        BETWEEN,
    )


def _side(
    values: Floats, units: NDArray[np.str_], members: NDArray[np.bool_], drawn: Chance, *, gaps: bool
) -> tuple[Floats, Floats]:
    names = sorted(set(units[members].tolist()))
    donors = np.array([_mean(values[members & (units == name)]) for name in names])
    found = mean_draws(donors, drawn.of(np.array(names, dtype=str)))
    mean = np.where(found.donors >= _enough(len(names)), found.mean, np.nan) if gaps else found.mean
    return mean, np.where(np.isfinite(mean), found.deviation, 0.0)


def moderated(samples: Levels, comparison: Comparison) -> dict[str, Floats]:
    """Log2 ratio of each factor by the moderated test on donors: columns (f,), NaN without an answer."""
    pairs = _pairs(samples.log2, samples.unit, comparison)
    names = ("log2_ratio", "lower", "upper", "p_value")
    empty = {name: np.full(samples.log2.shape[1], np.nan) for name in names}
    if pairs:
        values, design = np.array([pair[1] for pair in pairs]).T, np.ones((len(pairs), 1))
        contrast = np.ones((1, 1))
    else:
        values, design, contrast = _two_sides(samples, comparison)
    sides = [design[:, column] != 0 for column in range(design.shape[1])]
    usable = np.array(
        [all(np.isfinite(row[side]).sum() >= _enough(side.sum()) for side in sides) for row in values]
    )
    if usable.sum() < _FEWEST_ROWS or design.shape[0] <= design.shape[1] + 1:
        return empty
    fit = linear.contrast_rows(linear.fit_rows(values[usable], design), contrast, covariance="exact")
    found = linear.moderate(fit)
    ratio, error = found.coefficients[:, 0], found.standard_error[:, 0]
    half = widening(found.df_total) * 1.959963984540054 * error
    for name, numbers in zip(names, (ratio, ratio - half, ratio + half, found.p_value[:, 0]), strict=True):
        empty[name][usable] = numbers
    return empty


def _two_sides(samples: Levels, comparison: Comparison) -> tuple[Floats, Floats, Floats]:
    """Donor values (f, d), a column for each level, and left less the mean of the right levels."""
    right = sorted(set(comparison.right_group[comparison.right_samples].tolist()))
    members = [comparison.left_samples] + [
        comparison.right_samples & (comparison.right_group == level) for level in right
    ]
    values, columns = [], []
    for column, chosen in enumerate(members):
        for unit in sorted(set(samples.unit[chosen].tolist())):
            values.append(_mean(samples.log2[chosen & (samples.unit == unit)]))
            columns.append(column)
    design = np.eye(len(members))[columns]
    contrast = np.array([[1.0]] + [[-1.0 / len(right)]] * len(right))
    return np.array(values).T, design, contrast


def _mean(values: Floats) -> Floats:
    there = np.isfinite(values)
    count = there.sum(axis=0)
    total = np.where(there, values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
