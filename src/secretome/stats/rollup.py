"""Precursors rolled up to proteins: MaxLFQ from pairwise ratios, and the plain sum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from secretome.errors import InvalidArray
from secretome.stats._arrays import Bools, Floats, Ints, as_measurements

__all__ = ["Rolled", "maxlfq", "sum"]

# numbers in one block of pairwise differences: 8 million are 64 MB
_BLOCK = 8_000_000


@dataclass(frozen=True)
class Rolled:
    """Proteins made of precursors.

    Parameters
    ----------
    values
        (g, m) linear intensity of each protein; NaN where there is no number.
    precursors
        (g, m) precursors with a value behind each entry.
    component
        (g, m) 0 for samples joined to the largest set of samples that share precursors, 1, 2, …
        for the sets that share none with it, -1 where the protein has no precursor.
    """

    values: Floats
    precursors: Ints
    component: Ints


def maxlfq(
    values: ArrayLike,
    groups: ArrayLike,
    *,
    unconnected: Literal["missing", "anchored"] = "missing",
    min_shared: int = 1,
) -> Rolled:
    """Protein intensities whose ratios are the medians of the precursors' ratios.

    Parameters
    ----------
    values
        (n, m) linear intensities of precursors; NaN is missing, every number is above 0.
    groups
        (n,) protein of each precursor as codes 0 … g-1.
    unconnected
        What becomes of samples that share no precursor with the largest connected set of a
        protein: `"missing"` (NaN: no ratio was measured) or `"anchored"` (each set keeps its own
        total, as iq and DIA-NN give; ratios between sets then compare different precursors).
    min_shared
        Precursors that two samples must share for their ratio to count.

    Returns
    -------
    Rolled
        `values` (g, m), `precursors` (g, m), `component` (g, m).

    Raises
    ------
    InvalidArray
        A value is infinite or not above 0, the codes do not fit, or `min_shared` is below 1.

    Notes
    -----
    For samples i, j of a protein, r_ij is the median over their shared precursors of
    log2(value_j / value_i); the profile x minimises the sum over pairs of (x_j - x_i - r_ij)^2
    in each set of samples joined by ratios, every pair counting once.
    The profile is anchored to total intensity: within each set the linear protein intensities
    add up to all the precursor intensities (Cox 2014; iq anchors to the mean of logs instead, so
    the two differ by one constant a protein and set).
    Of several largest sets the one with most precursor values is numbered 0, then the one with
    most intensity.
    Reference: `Genes.MaxLFQ` of a DIA-NN 1.7/1.8 report, log2 ratios between runs agreed to 5e-4.

    References
    ----------
    Cox et al. 2014, doi 10.1074/mcp.M113.031591; Pham, Henneman, Jimenez 2020 (iq),
    doi 10.1093/bioinformatics/btz961.

    Examples
    --------
    Two precursors, one of them not seen in the second sample; both double from first to third.

    >>> rolled = maxlfq([[1.0, 3.0, 2.0], [10.0, np.nan, 20.0]], [0, 0])
    >>> (rolled.values / rolled.values[:, :1]).round(6)
    array([[1., 3., 2.]])
    """
    intensities, codes, count = _checked(values, groups)
    if min_shared < 1:
        raise InvalidArray(f"min_shared is {min_shared}; expected at least 1")
    m = intensities.shape[1]
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes, minlength=count)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    logs, linear = np.log2(intensities[order]), intensities[order]
    rolled = np.full((count, m), np.nan)
    component = np.full((count, m), -1, dtype=np.intp)
    for members, width in _blocks(sizes, m):
        rows = starts[members][:, None] + np.arange(width)
        inside = np.arange(width) < sizes[members][:, None]
        rows = np.where(inside, rows, 0)
        block = np.where(inside[:, :, None], logs[rows], np.nan)
        amounts = np.where(inside[:, :, None], np.nan_to_num(linear[rows]), 0.0).sum(axis=1)
        ratio, joined = _ratios(block, min_shared)
        seen = ~np.isnan(block)
        sets = _numbered(_components(joined), seen.sum(axis=1), amounts)
        rolled[members] = _anchored(_profiles(ratio, joined, sets), sets, amounts)
        component[members] = sets
    if unconnected == "missing":
        rolled[component > 0] = np.nan
    return Rolled(rolled, _counts(intensities, codes, count), component)


def sum(values: ArrayLike, groups: ArrayLike) -> Rolled:  # noqa: A001 - the name of DESIGN section 6
    """Protein intensities as the sum of what was seen of their precursors.

    Parameters
    ----------
    values
        (n, m) linear intensities of precursors; NaN is missing, every number is above 0.
    groups
        (n,) protein of each precursor as codes 0 … g-1.

    Returns
    -------
    Rolled
        `values` (g, m), NaN where no precursor was seen; `component` is 0 there where one was.

    Raises
    ------
    InvalidArray
        A value is infinite or not above 0, or the codes do not fit.

    Notes
    -----
    A precursor that is missing in a sample counts as nothing there, which biases ratios
    towards the sample in which more was seen; `maxlfq` does not.

    Examples
    --------
    >>> sum([[1.0, np.nan], [10.0, 20.0]], [0, 0]).values
    array([[11., 20.]])
    """
    intensities, codes, count = _checked(values, groups)
    totals = np.zeros((count, intensities.shape[1]))
    np.add.at(totals, codes, np.nan_to_num(intensities))
    seen = _counts(intensities, codes, count)
    return Rolled(np.where(seen > 0, totals, np.nan), seen, np.where(seen > 0, 0, -1).astype(np.intp))


def _checked(values: ArrayLike, groups: ArrayLike) -> tuple[Floats, Ints, int]:
    intensities = as_measurements(values)
    bad = np.argwhere(intensities <= 0)
    if len(bad):
        row, column = (int(place) for place in bad[0])
        raise InvalidArray(
            f"values[{row}, {column}] is {intensities[row, column]:g}; expected a number above 0, or NaN when missing"
        )
    codes = np.asarray(groups)
    if codes.shape != intensities.shape[:1] or not np.issubdtype(codes.dtype, np.integer) or codes.min() < 0:
        raise InvalidArray(
            f"groups has shape {codes.shape} and type {codes.dtype}; expected one code 0, 1, … for each of "
            f"{len(intensities)} precursors"
        )
    return intensities, codes.astype(np.intp), int(codes.max()) + 1


def _counts(intensities: Floats, codes: Ints, count: int) -> Ints:
    counts = np.zeros((count, intensities.shape[1]), dtype=np.intp)
    np.add.at(counts, codes, (~np.isnan(intensities)).astype(np.intp))
    return counts


def _blocks(sizes: Ints, m: int) -> Iterator[tuple[Ints, int]]:
    """Proteins of alike size together, padded to the largest of them, in blocks that fit memory."""
    order = np.argsort(sizes, kind="stable")
    order = order[sizes[order] > 0]
    start = 0
    while start < len(order):
        # never padded by more than a quarter, so that one titin does not inflate its neighbours
        widest = int(sizes[order[start]] * 1.25)
        stop = int(np.searchsorted(sizes[order], widest, side="right"))
        room = max(1, _BLOCK // (m * max(widest, m)))
        stop = min(stop, start + room)
        members = order[start:stop]
        yield members, int(sizes[members].max())
        start = stop


def _ratios(block: Floats, min_shared: int) -> tuple[Floats, Bools]:
    """Median over precursors of x_j - x_i for every pair (g, m, m), and which pairs have one."""
    g, width, m = block.shape
    ratio, joined = np.zeros((g, m, m)), np.zeros((g, m, m), dtype=bool)
    for i in range(m - 1):
        # one sample against all later ones: memory stays at width x m a protein
        difference = np.sort(block[:, :, i + 1 :] - block[:, :, i : i + 1], axis=1)
        shared = (~np.isnan(difference)).sum(axis=1)
        low, high = np.maximum(shared - 1, 0) // 2, shared // 2
        middle = np.take_along_axis(difference, low[:, None, :], axis=1)[:, 0]
        other = np.take_along_axis(difference, np.minimum(high, width - 1)[:, None, :], axis=1)[:, 0]
        enough = shared >= min_shared
        ratio[:, i, i + 1 :] = np.where(enough, (middle + other) / 2, 0.0)
        joined[:, i, i + 1 :] = enough
    ratio -= ratio.transpose(0, 2, 1)
    joined |= joined.transpose(0, 2, 1)
    seen = np.count_nonzero(~np.isnan(block), axis=1)
    joined |= (seen > 0)[:, :, None] & np.eye(m, dtype=bool)
    return ratio, joined


def _components(joined: Bools) -> Ints:
    """Smallest sample index of each sample's connected set (g, m); -1 where nothing was seen."""
    m = joined.shape[1]
    labels = np.where(joined.any(axis=2), np.arange(m), m)
    while True:
        spread = np.where(joined, labels[:, None, :], m).min(axis=2)
        if np.array_equal(spread, labels):
            return np.where(labels == m, -1, labels).astype(np.intp)
        labels = spread


def _numbered(labels: Ints, counts: Ints, amounts: Floats) -> Ints:
    """Connected sets numbered from the largest: by samples, then precursor values, then intensity."""
    m = labels.shape[1]
    numbered = np.where(labels >= 0, 0, -1).astype(np.intp)
    first = np.where(labels >= 0, labels, m).min(axis=1, keepdims=True)
    for row in np.unique(np.nonzero((labels >= 0) & (labels != first))[0]):
        of_row: Ints = labels[row]
        present: Ints = np.unique(of_row[of_row >= 0])
        own: list[Bools] = [np.isin(of_row, [label]) for label in present]
        sizes = [(-set_.sum(), -counts[row][set_].sum(), -amounts[row][set_].sum()) for set_ in own]
        for number, place in enumerate(sorted(range(len(own)), key=sizes.__getitem__)):
            numbered[row, own[place]] = number
    return numbered


def _profiles(ratio: Floats, joined: Bools, sets: Ints) -> Floats:
    """Least-squares profile of log2 values (g, m), of mean zero in each connected set."""
    m = sets.shape[1]
    pairs = joined & ~np.eye(m, dtype=bool)
    laplacian = -pairs.astype(float)
    diagonal = np.arange(m)
    laplacian[:, diagonal, diagonal] = pairs.sum(axis=2)
    # a constant for each set is free; adding the set's own average fixes it at mean zero
    same = (sets[:, :, None] == sets[:, None, :]) & (sets >= 0)[:, :, None]
    laplacian += same / np.maximum(same.sum(axis=2, keepdims=True), 1)
    laplacian[:, diagonal, diagonal] += sets < 0
    right = np.where(pairs, ratio, 0.0).sum(axis=1)
    solved: Floats = np.linalg.solve(laplacian, right[:, :, None])[:, :, 0]
    return solved


def _anchored(profile: Floats, sets: Ints, amounts: Floats) -> Floats:
    """Linear intensities whose sum in each connected set is that of its precursors."""
    linear = np.exp2(profile)
    result = np.full(profile.shape, np.nan)
    for number in range(int(sets.max()) + 1):
        own = sets == number
        total = np.where(own, amounts, 0.0).sum(axis=1, keepdims=True)
        shape = np.where(own, linear, 0.0).sum(axis=1, keepdims=True)
        result = np.where(own, linear * (total / np.where(shape > 0, shape, 1.0)), result)
    return result
