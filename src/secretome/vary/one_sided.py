"""Proteins seen on one side of a contrast only, judged by the detection curves of the donors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.design import Design
from secretome.errors import NotEstimable
from secretome.stats import absence, dropout

from .units import Sides, Strategy

_FEWEST_GAPS = 20
UNUSABLE: tuple[Strategy, ...] = ("slope between donors",)


@dataclass(frozen=True)
class OneSided:
    """Tests of the rows asked for, (n,) each with NaN elsewhere; `reason` says why there is none.

    Parameters
    ----------
    difference, standard_error, t, df, p_value
        Of the model with detection curves.
    sampling
        Part of the squared standard error that is scatter between donors.
    p_absence, p_absence_minimum
        Of the donors that show nothing, in rows with a value on either side: how often so many would be
        silent if the sparse side stood as high as the other, or lower by no more than the minimum.
    """

    difference: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    t: NDArray[np.float64]
    df: NDArray[np.float64]
    p_value: NDArray[np.float64]
    sampling: NDArray[np.float64]
    p_absence: NDArray[np.float64]
    p_absence_minimum: NDArray[np.float64]
    reason: str = ""


def judge_one_sided(
    values: NDArray[np.float64],
    design: Design,
    samples: pd.DataFrame,
    sides: Sides,
    wanted: NDArray[np.bool_],
    usable: NDArray[np.bool_],
    *,
    minimum: float,
    excess: float,
) -> OneSided:
    """Differences of rows that one side never shows, from a model in which not being seen has a likelihood.

    Parameters
    ----------
    values
        (n proteins, m flasks) log2.
    design, samples, sides
        Of the contrast; one value for each donor and side is the unit.
    wanted
        (n,) rows to be judged.
    usable
        (n,) rows that may inform the curves.
    minimum
        Smallest log2 ratio of interest.
    excess
        Factor by which sides scatter more than donors within sides.

    Notes
    -----
    Each donor and side has a detection curve of its own, so that a side in which fewer proteins were
    identified at all gives no evidence that a protein is lower there. Donors on both sides are not paired
    here, which makes the test careful where a donor's two values agree. Where the sparse side shows the
    protein in too few donors, those values may be false identifications, of which 1 % is allowed: values and
    silence must both speak for the difference, and in one direction. A protein that is never seen in a
    donor is one missing value, however many flasks that donor gave.
    """
    if sides.strategy in UNUSABLE:
        return _nothing(len(values), "one-sided rows need two sides")
    donors = samples[design.unit].astype(str).to_numpy()
    columns, membership = [], []
    for number, flasks in enumerate((sides.left, sides.right)):
        for donor in sorted(set(donors[flasks])):
            columns.append(_mean_seen(values[:, flasks & (donors == donor)]))
            membership.append(number)
    units = np.column_stack(columns)
    cells = np.eye(2)[membership]
    rows = usable & (~np.isnan(values)).any(axis=1)
    if not wanted.any():
        return _nothing(len(values), "")
    gaps = int((np.isnan(units[rows]).any(axis=1) & (~np.isnan(units[rows])).any(axis=1)).sum())
    if gaps < _FEWEST_GAPS:
        return _nothing(
            len(values),
            f"{gaps} proteins are missing in some donors; at least {_FEWEST_GAPS} are needed to learn detection",
        )
    try:
        fit = dropout.fit_dropout(units[rows], cells)
    except NotEstimable as error:
        return _nothing(len(values), str(error))
    if not fit.settled:
        return _nothing(len(values), f"detection curves did not settle in {fit.rounds} rounds")
    test = dropout.test(fit, [1, -1])
    found = _nothing(len(values), "")
    found.difference[rows] = test.difference[:, 0]
    found.standard_error[rows] = test.standard_error[:, 0]
    found.t[rows], found.df[rows], found.p_value[rows] = test.t[:, 0], test.df, test.p_value[:, 0]
    side = np.asarray(membership)
    found.sampling[rows] = _sampling(units[rows], side, fit.s2)
    for place, smallest in ((found.p_absence, 0.0), (found.p_absence_minimum, minimum)):
        place[rows] = _absence(units[rows], side, fit, test.difference[:, 0], smallest, excess)
    for whole in (
        found.difference, found.standard_error, found.t, found.df, found.p_value, found.sampling,
        found.p_absence, found.p_absence_minimum,
    ):  # fmt: skip
        whole[~wanted] = np.nan
    return found


def _sampling(
    units: NDArray[np.float64], side: NDArray[np.intp], variance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Variance (n,) of a difference of means of the donors seen; all donors where a side shows none."""
    total = np.zeros(len(units))
    for number in (0, 1):
        seen = (~np.isnan(units[:, side == number])).sum(axis=1)
        total += variance / np.where(seen > 0, seen, (side == number).sum())
    return total


def _absence(
    units: NDArray[np.float64], side: NDArray[np.intp], fit: dropout.DropoutFit,
    difference: NDArray[np.float64], smallest: float, excess: float,
) -> NDArray[np.float64]:  # fmt: skip
    """Two-sided p (n,) of the donors that are silent on the sparse side; NaN where that side shows nothing.

    Where the few values of the sparse side stand above the other side, silence speaks against the difference.
    """
    p = np.full(len(units), np.nan)
    seen = ~np.isnan(units)
    counts = np.stack([seen[:, side == number].sum(axis=1) for number in (0, 1)])
    sd = np.sqrt(fit.s2)
    for sparse in (0, 1):
        rich = 1 - sparse
        rows = np.flatnonzero((counts[sparse] > 0) & (counts[sparse] < counts[rich]) & fit.converged)
        if not rows.size:
            continue
        level = _mean_seen(units[np.ix_(rows, side == rich)])
        donors = side == sparse
        silent = donors.sum() - counts[sparse, rows]
        chance = absence.chance_unseen(
            level - smallest, excess * sd[rows] / np.sqrt(counts[rich, rows]), sd[rows],
            fit.midpoint[donors], fit.scale[donors], silent,
        )  # fmt: skip
        lower = difference[rows] * (1 if rich == 0 else -1) > 0
        p[rows] = np.where(lower, np.minimum(2 * chance, 1.0), 1.0)
    return p


def _mean_seen(values: NDArray[np.float64]) -> NDArray[np.float64]:
    count = (~np.isnan(values)).sum(axis=1)
    total = np.nansum(values, axis=1)
    mean: NDArray[np.float64] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean


def _nothing(rows: int, reason: str) -> OneSided:
    gaps = np.full((8, rows), np.nan)
    one, two, three, four, five, six, seven, eight = gaps
    return OneSided(one, two, three, four, five, six, seven, eight, reason)
