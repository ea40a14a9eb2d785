"""Values for the map of samples: a batch taken out for the picture, never for a test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.results import show
from secretome.stats import linear

from ._proteome import Proteome


@dataclass(frozen=True)
class Pictured:
    """Values (m, n) to draw, and in words what was taken out of them or why nothing was."""

    values: NDArray[np.float64]
    note: str


def without_batch(one: Proteome, values: NDArray[np.float64], batch: str) -> Pictured:
    """The log2 values less the effect of a batch, the groups of the design kept.

    Parameters
    ----------
    one
        A proteome with its groups.
    values
        (m, n) log2 of the proteins that are drawn.
    batch
        Column of the samples.

    Notes
    -----
    `stats.linear.remove_batch`. Where batches cannot be told from the groups nothing is taken out, because the
    difference between the groups would go with them.
    """
    labels = one.samples[batch]
    if labels.isna().any():
        return Pictured(
            values, f"{batch} was left in the map: {show(int(labels.isna().sum()))} samples have none."
        )
    groups = pd.get_dummies(one.samples["group"]).to_numpy(dtype=float)
    batches = pd.get_dummies(labels.astype(str)).to_numpy(dtype=float)
    if batches.shape[1] < 2:
        return Pictured(values, f"{batch} was left in the map: it has one level.")
    rank = np.linalg.matrix_rank(np.hstack([groups, batches]))
    if rank < groups.shape[1] + batches.shape[1] - 1:
        words = (
            f"{batch} was left in the map: it cannot be told from the groups ({', '.join(one.grouped_by)})."
        )
        return Pictured(values, words)
    drawn = linear.remove_batch(values.T, labels.astype(str).to_numpy(), groups).T
    return Pictured(
        drawn, f"{batch} was taken out of the map (table pca) and of nothing else: no test uses these values."
    )
