"""How much more of a protein is in the medium than in another material of the same cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.errors import NotEstimable
from secretome.stats import linear
from secretome.study import Assay, Study, samples_of

# Of all values that a material shows, those at the faint end are about at its limit.
LIMIT = 0.05


@dataclass(frozen=True)
class Enrichment:
    """Medium over another material, protein by protein, for one group of samples.

    Parameters
    ----------
    log2_ratio, standard_error
        (n,) of the share of the signal; NaN where one side was not seen.
    seen_medium, seen_other
        (n,) measurements with a value on each side.
    measured_other
        Measurements of the other material.
    level
        What the other material was matched by: the group, or a coarser factor.
    lower_bound
        (n,) where only the medium was seen: mean of the medium less what the other material shows at its
        limit (`LIMIT` quantile of what it shows at all); NaN elsewhere.
    """

    log2_ratio: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    seen_medium: NDArray[np.int64]
    seen_other: NDArray[np.int64]
    measured_other: int
    level: str
    lower_bound: NDArray[np.float64]


def partner_rows(proteins: pd.DataFrame, partner: pd.DataFrame) -> NDArray[np.int64]:
    """For each protein the row of the same protein group in another assay, or -1.

    Groups are matched by accession, by any accession of the group, or by entry name; never by
    gene alone, because two searches may name one group after different members.
    """
    index: dict[str, int] = {}
    for row, name in reversed(list(enumerate(partner.index.astype(str)))):
        for key in _keys(name, partner.iloc[row]):
            index[key] = row
    found = np.full(len(proteins), -1, dtype=np.int64)
    for row, name in enumerate(proteins.index.astype(str)):
        hits = {index[key] for key in _keys(name, proteins.iloc[row]) if key in index}
        if len(hits) == 1:
            found[row] = hits.pop()
        elif hits:
            found[row] = index.get(name, min(hits))
    return found


def enrichment(medium: NDArray[np.float64], other: NDArray[np.float64], *, level: str) -> Enrichment:
    """Moderated log2 ratio of shares, medium over the other material.

    Parameters
    ----------
    medium, other
        (m, n) and (k, n) shares of the signal on log2 scale, NaN where unseen.
    level
        What was matched, for the reader.
    """
    values = np.vstack([medium, other]).T
    side = np.r_[np.ones(len(medium)), np.zeros(len(other))]
    design = np.column_stack([np.ones(len(side)), side])
    seen_medium = np.isfinite(medium).sum(axis=0)
    seen_other = np.isfinite(other).sum(axis=0)
    ratio = np.full(values.shape[0], np.nan)
    error = np.full(values.shape[0], np.nan)
    both = (seen_medium > 0) & (seen_other > 0)
    if both.sum() >= 3 and len(side) > 2:
        ratio[both], error[both] = _moderated(values[both], design)
    elif both.any():
        ratio[both] = np.nanmean(medium[:, both], axis=0) - np.nanmean(other[:, both], axis=0)
        error[both] = 1.0
    bound = np.full(values.shape[0], np.nan)
    only = (seen_medium > 0) & (seen_other == 0)
    if np.isfinite(other).any():
        bound[only] = np.nanmean(medium[:, only], axis=0) - np.nanquantile(other, LIMIT)
    return Enrichment(ratio, error, seen_medium, seen_other, len(other), level, bound)


def log2_share(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share (m, n) of the total signal of each measurement, log2, NaN where unseen."""
    total = np.nansum(signal, axis=1, keepdims=True)
    share = np.where((signal > 0) & (total > 0), signal / np.where(total > 0, total, 1.0), np.nan)
    return np.asarray(np.log2(share))


def partner_signal(study: Study, assay: Assay, group: dict[str, str]) -> tuple[NDArray[np.float64], str]:
    """Signal (k, n) of the measurements of another assay that belong to a group, and the match.

    The group is matched on all its factors that the other samples carry, then on tissue alone;
    measurements of other groups are never used.
    """
    samples = samples_of(assay, study.samples)
    signal = _signal(assay)
    carried = {
        name: level for name, level in group.items() if name in samples and samples[name].notna().any()
    }
    for factors in (list(carried), [name for name in ("tissue",) if name in carried]):
        rows = np.ones(len(samples), dtype=bool)
        for name in factors:
            rows &= (samples[name].astype(str) == carried[name]).to_numpy()
        if factors and rows.any():
            return signal[rows], " and ".join(factors)
    return signal[:0] if carried else signal, "" if carried else "the study"


def _moderated(
    values: NDArray[np.float64], design: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    fit = linear.fit_rows(values, design)
    try:
        moderated = linear.moderate(linear.contrast_rows(fit, np.array([[0.0], [1.0]])))
    except NotEstimable:
        return fit.coefficients[:, 1], np.full(len(values), 1.0)
    error = moderated.standard_error[:, 0]
    return moderated.coefficients[:, 0], np.where(np.isfinite(error), error, 1.0)


def _signal(assay: Assay) -> NDArray[np.float64]:
    """Total intensity where the assay has it, as `Proteome.signal`: a quantity is compared with its like."""
    data = assay.matrix
    if "intensity" in data.layers:
        values = np.asarray(data.layers["intensity"], dtype=float)
    else:
        values = np.asarray(data.X, dtype=float)
        values = np.exp2(values) if assay.scale == "log2" else values
    return np.where(values > 0, values, np.nan)


def _keys(name: str, row: pd.Series) -> list[str]:
    group = str(row.get("protein_group", "")).split(";")
    return [key for key in dict.fromkeys([name, *group, str(row.get("entry_name", ""))]) if key]
