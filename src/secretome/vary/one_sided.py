"""Proteins seen on one side of a contrast only, judged by the detection curves of the donors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.design import Design
from secretome.errors import NotEstimable
from secretome.stats import dropout

from .units import Sides, Strategy

_FEWEST_GAPS = 20
UNUSABLE: tuple[Strategy, ...] = ("slope between donors",)


@dataclass(frozen=True)
class OneSided:
    """Tests of the rows asked for, (n,) each with NaN elsewhere; `reason` says why there is none."""

    difference: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    t: NDArray[np.float64]
    df: NDArray[np.float64]
    p_value: NDArray[np.float64]
    reason: str = ""


def judge_one_sided(
    values: NDArray[np.float64],
    design: Design,
    samples: pd.DataFrame,
    sides: Sides,
    wanted: NDArray[np.bool_],
    usable: NDArray[np.bool_],
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

    Notes
    -----
    Each donor and side has a detection curve of its own, so that a side in which fewer proteins were
    identified at all gives no evidence that a protein is lower there. Donors on both sides are not paired
    here, which makes the test careful where a donor's two values agree. A protein that is never seen in a
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
    for whole in (found.difference, found.standard_error, found.t, found.df, found.p_value):
        whole[~wanted] = np.nan
    return found


def _mean_seen(values: NDArray[np.float64]) -> NDArray[np.float64]:
    count = (~np.isnan(values)).sum(axis=1)
    total = np.nansum(values, axis=1)
    mean: NDArray[np.float64] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean


def _nothing(rows: int, reason: str) -> OneSided:
    gaps = np.full((5, rows), np.nan)
    return OneSided(gaps[0], gaps[1], gaps[2], gaps[3], gaps[4], reason)
