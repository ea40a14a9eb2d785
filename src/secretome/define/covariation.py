"""Which proteins move with the intracellular or the serum panel over the samples of a study."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ._proteome import Proteome
from .annotation import plainly_secreted

# Fewest samples with a value beyond the number of groups, and fewest proteins that make a density.
FEWEST_SAMPLES = 8
FEWEST_PROTEINS = 20
FEWEST_SERUM_PROTEINS = 6
# Below this distance between panel and secreted proteins, in their pooled sd, the panel tells nothing.
SMALLEST_CONTRAST = 0.5
# Covariation alone speaks at most 3 to 1: media share handling and depth as well as leakage.
LARGEST_LOG_RATIO = float(np.log(3.0))


@dataclass(frozen=True)
class Covariation:
    """How each protein moves with one panel.

    Parameters
    ----------
    correlation
        (n,) within groups, of log2 share with the log2 share of the panel (without the protein itself); NaN
        with too few values.
    log_ratio
        (n,) log likelihood of moving as the panel over moving as secreted proteins do; 0 where unknown.
    """

    correlation: NDArray[np.float64]
    log_ratio: NDArray[np.float64]


def covariation(
    one: Proteome, panel: NDArray[np.bool_], category: NDArray[np.object_], *, fewest: int = FEWEST_PROTEINS
) -> Covariation | None:
    """Each protein against a panel; None when the study is too small or the panel does not stand out.

    Parameters
    ----------
    one
        A proteome with contaminant flags.
    panel
        (n,) members: intracellular proteins, or bovine serum proteins.
    category
        (n,) annotation, for the secreted proteins that serve as contrast.
    fewest
        Members with enough values that the panel needs.

    Notes
    -----
    The share of a protein and of the panel, log2, each less its mean within the group, are correlated over
    samples; z = atanh(r) sqrt(n - groups - 2).
    Two normal densities are taken from the study itself: z of the panel's members, z of annotated secreted and
    matrix proteins; their log ratio is cut at log 3.
    """
    percent = np.nan_to_num(one.percent)
    groups = one.samples["group"].to_numpy()
    total = percent[:, panel].sum(axis=1, keepdims=True)
    own = np.where(panel, percent, 0.0)
    reference = np.log2(np.maximum(total - own, 1e-6))
    values = np.where(percent > 0, np.log2(np.where(percent > 0, percent, 1.0)), np.nan)
    correlation, z = _within_groups(values, reference, groups)
    contrast = plainly_secreted(category) & ~one.masked & ~panel
    densities = [_density(z[members]) for members in (panel, contrast)]
    if np.isfinite(z[panel]).sum() < fewest or np.isfinite(z[contrast]).sum() < FEWEST_PROTEINS:
        return None
    (mean, sd), (other_mean, other_sd) = densities
    if mean - other_mean < SMALLEST_CONTRAST * np.hypot(sd, other_sd):
        return None
    # beyond both means the wider density would win again: the evidence never turns back
    ordered = np.clip(z, other_mean - sd, mean + sd)
    log_ratio = _log_normal(ordered, mean, sd) - _log_normal(ordered, other_mean, other_sd)
    cut = np.clip(np.nan_to_num(log_ratio), -LARGEST_LOG_RATIO, LARGEST_LOG_RATIO)
    return Covariation(correlation, np.where(np.isfinite(z), cut, 0.0))


def _within_groups(
    values: NDArray[np.float64], reference: NDArray[np.float64], groups: NDArray[np.object_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Correlation (n,) of two (m, n) tables within groups where values are finite, and its z."""
    seen = np.isfinite(values)
    x, y = np.where(seen, values, 0.0), np.where(seen, reference, 0.0)
    used = np.zeros(values.shape[1])
    for group in np.unique(groups):
        rows = groups == group
        count = seen[rows].sum(axis=0)
        divisor = np.maximum(count, 1)
        x[rows] -= np.where(seen[rows], x[rows].sum(axis=0) / divisor, 0.0)
        y[rows] -= np.where(seen[rows], y[rows].sum(axis=0) / divisor, 0.0)
        used += count > 0
    free = seen.sum(axis=0) - used
    size = np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))
    known = (free >= FEWEST_SAMPLES) & (size > 0)
    r = np.where(known, (x * y).sum(axis=0) / np.where(size > 0, size, 1.0), np.nan)
    z = np.arctanh(np.clip(r, -0.999, 0.999)) * np.sqrt(np.maximum(free - 2, 1))
    return r, z


def _density(z: NDArray[np.float64]) -> tuple[float, float]:
    known = z[np.isfinite(z)]
    if len(known) < 2:
        return 0.0, 1.0
    return float(known.mean()), float(max(known.std(ddof=1), 1.0))


def _log_normal(z: NDArray[np.float64], mean: float, sd: float) -> NDArray[np.float64]:
    return np.asarray(-0.5 * ((z - mean) / sd) ** 2 - np.log(sd))
