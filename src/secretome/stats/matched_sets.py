"""Random sets of rows that are found as often as given rows: what a long list would score by chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from secretome.errors import InvalidArray
from secretome.stats._arrays import Floats, Ints

BIN = 50


def matched_rows(
    detected: ArrayLike, chosen: ArrayLike, draws: int, generator: np.random.Generator, *, smallest: int = BIN
) -> Ints:
    """For each chosen row a random row found about as often, no row twice in a draw.

    Parameters
    ----------
    detected
        (n,) how often each row was found.
    chosen
        (k,) row numbers, each once.
    draws
        Number of draws b.
    generator
        Where chance comes from.
    smallest
        Rows are binned by `detected`; neighbouring values join a bin until it holds so many rows.

    Returns
    -------
    (b, k) row numbers. The chosen rows are in the pool themselves, so that random sets and the
    chosen one are exchangeable when nothing sets it apart.

    Raises
    ------
    InvalidArray
        If a row is chosen twice or is none, or a number is missing.

    Examples
    --------
    >>> matched_rows([1, 1, 9, 9], [0, 3], 2, np.random.default_rng(1), smallest=2).shape
    (2, 2)
    """
    counts, rows = np.asarray(detected, dtype=float), np.asarray(chosen, dtype=np.intp)
    if counts.ndim != 1 or not np.isfinite(counts).all():
        raise InvalidArray("detected must hold one number for each row")
    if np.unique(rows).size != rows.size or (
        rows.size and not (rows.min() >= 0 and rows.max() < counts.size)
    ):
        raise InvalidArray(f"chosen must name each row once, from 0 to {counts.size - 1}")
    found = np.empty((draws, rows.size), dtype=np.intp)
    bins = detection_bins(counts, smallest=smallest)
    for bin_ in np.unique(bins[rows]):
        pool, places = np.flatnonzero(bins == bin_), np.flatnonzero(bins[rows] == bin_)
        keys = generator.random((draws, pool.size))
        first = np.argpartition(keys, places.size - 1, axis=1)[:, : places.size]
        # argpartition does not shuffle those it takes: order them by their keys
        order = np.argsort(np.take_along_axis(keys, first, axis=1), axis=1)
        found[:, places] = pool[np.take_along_axis(first, order, axis=1)]
    return found


def detection_bins(detected: Floats, *, smallest: int = BIN) -> Ints:
    """(n,) bin of each row: neighbouring counts together until a bin holds `smallest` rows.

    Examples
    --------
    >>> detection_bins(np.array([1.0, 1.0, 2.0, 3.0, 3.0]), smallest=2)
    array([0, 0, 1, 1, 1])
    """
    distinct, where, sizes = np.unique(detected, return_inverse=True, return_counts=True)
    labels = np.zeros(distinct.size, dtype=np.intp)
    label = filled = 0
    for place, size in enumerate(sizes):
        if filled >= smallest and sizes[place:].sum() >= smallest:
            label, filled = label + 1, 0
        labels[place] = label
        filled += int(size)
    return np.asarray(labels[where.reshape(-1)], dtype=np.intp)


def share_as_high(observed: ArrayLike, random: ArrayLike) -> Floats:
    """P-value (...) that random sets reach what was observed: (1 + how many do) / (1 + draws).

    Parameters
    ----------
    observed
        (...) NaN where there is none.
    random
        (b, ...) the same of random sets.

    References
    ----------
    Phipson and Smyth 2010, doi 10.2202/1544-6115.1585.

    Examples
    --------
    >>> share_as_high([1.0], [[0.0], [2.0], [0.5]])
    array([0.5])
    """
    value, others = np.asarray(observed, dtype=float), np.asarray(random, dtype=float)
    with np.errstate(invalid="ignore"):
        reached = (others >= value - 1e-12).sum(axis=0)
    return np.where(np.isfinite(value), (1 + reached) / (1 + others.shape[0]), np.nan)
