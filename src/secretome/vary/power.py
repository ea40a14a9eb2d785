"""How large a difference this many donors could show, and how many would be needed."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.stats import nct
from scipy.stats import t as student

FOLDS = (1.5, 2.0, 4.0)
LEVEL, WANTED = 0.05, 0.8
MOST_DONORS = 500
_CERTAIN = 20.0  # beyond it the non-central t is numerically lost, and the answer certain


COLUMNS = [
    "contrast", "assay", "protein", "sd_log2", "donors_left", "donors_right", "fold", "power", "donors_needed",
]  # fmt: skip


def power_of(sd_log2: float, left: int, right: int, fold: float, *, paired: bool) -> float:
    """Chance that a two-sided t test at p < 0.05 sees a protein that differs `fold`-fold.

    Parameters
    ----------
    sd_log2
        Standard deviation between donors (paired: of the differences), log2.
    left, right
        Donors on each side; paired: `left` pairs.

    Examples
    --------
    >>> round(power_of(1.0, 4, 4, 2.0, paired=False), 2)
    0.22
    """
    df = left - 1 if paired else left + right - 2
    if df < 1 or not sd_log2 > 0:
        return float("nan")
    error = sd_log2 * math.sqrt(1 / left if paired else 1 / left + 1 / right)
    limit = float(student.ppf(1 - LEVEL / 2, df))
    shift = math.log2(fold) / error
    if shift > limit + _CERTAIN:
        return 1.0
    return float(nct.sf(limit, df, shift))  # the other tail is below 0.025 times nothing


def donors_needed(sd_log2: float, fold: float, *, paired: bool) -> float:
    """Donors on each side (or pairs) for 80 % power; NaN when more than 500 or not known.

    Examples
    --------
    >>> donors_needed(1.0, 2.0, paired=False)
    17.0
    """
    low, high = 2, MOST_DONORS
    if not sd_log2 > 0 or power_of(sd_log2, high, high, fold, paired=paired) < WANTED:
        return float("nan")
    while low < high:
        middle = (low + high) // 2
        enough = power_of(sd_log2, middle, middle, fold, paired=paired) >= WANTED
        low, high = (low, middle) if enough else (middle + 1, high)
    return float(low)


def power_table(
    contrast: str, assay: str, sigma: np.ndarray, left: int, right: int, *, paired: bool
) -> pd.DataFrame:
    """Power and donors needed at three fold changes, for a protein of median and of high variability."""
    known = sigma[np.isfinite(sigma)]
    rows = []
    for protein, share in (("median", 0.5), ("variable (90 %)", 0.9)):
        sd = float(np.quantile(known, share)) if known.size else float("nan")
        rows += [
            (contrast, assay, protein, sd, left, right, fold,
             power_of(sd, left, right, fold, paired=paired), donors_needed(sd, fold, paired=paired))
            for fold in FOLDS
        ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)
