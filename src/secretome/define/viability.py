"""The leak of each sample read a second way: LDH release or dead cells, brought to the scale of the proteome."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import spearmanr

# Samples with both readings, and the rank correlation below which they do not speak of the same thing.
FEWEST, LEAST_CORRELATION = 6, 0.5
# No assay of LDH or viability is better than this (natural log).
LEAST_SD = 0.1
_NORMAL_90 = 1.645


@dataclass(frozen=True)
class Anchored:
    """Leak of each sample from proteome and a second reading together.

    Parameters
    ----------
    percent
        (m,) percent of the signal; the proteome's own estimate where there is nothing to anchor it.
    by
        `ldh_percent`, `viability_percent`, or empty when neither was used.
    samples
        Samples with both readings.
    correlation
        Rank correlation of both; NaN when not compared.
    """

    percent: NDArray[np.float64]
    by: str
    samples: int
    correlation: float


def anchored(shares: pd.DataFrame, samples: pd.DataFrame) -> Anchored:
    """The leak with LDH, or else viability, as a second witness.

    Parameters
    ----------
    shares
        `leak_percent`, `leak_lower`, `leak_upper` (90 %), a row a sample.
    samples
        The same rows: `ldh_percent`, `viability_percent` where measured.

    Notes
    -----
    One factor brings the second reading to the scale of the proteome (median of the ratios); both are averaged
    on log scale with weights 1 / variance, the variance of the second reading being what the scatter about that
    factor leaves beyond the proteome's own interval.
    It mends the scatter between samples, never a bias that all samples share.
    """
    leak = shares["leak_percent"].to_numpy(dtype=float)
    for name in ("ldh_percent", "viability_percent"):
        if name not in samples:
            continue
        given = pd.to_numeric(samples[name], errors="coerce").to_numpy(dtype=float)
        reading = 100 - given if name == "viability_percent" else given
        both = (reading > 0) & (leak > 0)
        if both.sum() < FEWEST:
            continue
        correlation = _rank_correlation(reading[both], leak[both])
        if not correlation >= LEAST_CORRELATION:
            return Anchored(leak, "", int(both.sum()), correlation)
        percent = leak.copy()
        percent[both] = _joined(shares[both], reading[both])
        return Anchored(percent, name, int(both.sum()), correlation)
    return Anchored(leak, "", 0, float("nan"))


def _rank_correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(spearmanr(x, y).statistic)


def _joined(shares: pd.DataFrame, reading: NDArray[np.float64]) -> NDArray[np.float64]:
    leak, lower, upper = (
        np.log(np.maximum(shares[name].to_numpy(dtype=float), 1e-3))
        for name in ("leak_percent", "leak_lower", "leak_upper")
    )
    own = np.maximum((upper - lower) / (2 * _NORMAL_90), 1e-3) ** 2
    factor = float(np.median(leak - np.log(reading)))
    apart = leak - factor - np.log(reading)
    scatter = (1.4826 * float(np.median(np.abs(apart)))) ** 2
    second = max(scatter - float(np.median(own)), LEAST_SD**2)
    joined = (leak / own + (factor + np.log(reading)) / second) / (1 / own + 1 / second)
    return np.asarray(np.minimum(np.exp(joined), 100.0))
