"""What was done to a table before it came: log2, centring, normalisation, imputation, with evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

# no instrument reports 2^64; ion currents and areas lie between about 2^5 and 2^45
LARGEST_LOG2 = 64.0
# below this many values a table says nothing about itself
FEWEST_VALUES = 200
FEWEST_PROTEINS, FEWEST_MEASUREMENTS = 100, 4


@dataclass(frozen=True)
class Transformed:
    """What the numbers of a table show about their past.

    Parameters
    ----------
    scale
        "log2" or "linear" when the numbers allow one reading only, else "unclear".
    scale_evidence, centred, normalised, imputed
        The evidence in words, empty where there is no sign. `imputed` may be a filter for
        complete rows instead: the numbers cannot tell, so the reader is asked.
    """

    scale: Literal["log2", "linear", "unclear"] = "unclear"
    scale_evidence: str = ""
    centred: str = ""
    normalised: str = ""
    imputed: str = ""

    @property
    def signs(self) -> tuple[str, ...]:
        """Every sign in words."""
        labels = (("centred", self.centred), ("normalised", self.normalised), ("complete", self.imputed))
        return tuple(f"{label}: {text}" for label, text in labels if text)


UNTREATED = Transformed()


def scale_of(values: NDArray[np.float64]) -> tuple[Literal["log2", "linear", "unclear"], str]:
    """Scale that the numbers allow, with the evidence.

    Parameters
    ----------
    values
        (n, m) as they stand in the file, NaN where there is none.
    """
    seen = values[np.isfinite(values)]
    if not seen.size:
        return "unclear", ""
    largest, median, negative = float(seen.max()), float(np.median(seen)), int((seen < 0).sum())
    if largest > LARGEST_LOG2:
        if negative:
            return "unclear", f"{negative:,} negative values beside a largest of {largest:.6g}"
        return "linear", f"largest value {largest:.6g}"
    if negative:
        return "log2", f"{negative:,} negative values, largest {largest:.4g}"
    if seen.size >= FEWEST_VALUES and median > 8:
        return "log2", f"largest value {largest:.4g}, median {median:.4g}"
    return "unclear", f"largest value {largest:.4g}, median {median:.4g}"


def find(values: NDArray[np.float64], scale: Literal["log2", "linear"]) -> Transformed:
    """What the values of an assay show about their past.

    Parameters
    ----------
    values
        (n proteins, m measurements) on `scale`; NaN where there is no number.
    """
    told, evidence = scale_of(values)
    log2 = values if scale == "log2" else _log2(values)
    return Transformed(told, evidence, _centred(log2), _normalised(log2), _complete(log2))


def _log2(values: NDArray[np.float64]) -> NDArray[np.float64]:
    positive = np.where(values > 0, values, np.nan)
    logarithms: NDArray[np.float64] = np.log2(positive)
    return logarithms


def _enough(values: NDArray[np.float64]) -> bool:
    proteins, measurements = int(values.shape[0]), int(values.shape[1])
    return proteins >= FEWEST_PROTEINS and measurements >= FEWEST_MEASUREMENTS


def _medians(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    filled = np.isfinite(values).any(axis=axis)
    kept = values[:, filled] if axis == 0 else values[filled]
    medians: NDArray[np.float64] = np.nanmedian(kept, axis=axis)
    return medians


def _centred(log2: NDArray[np.float64]) -> str:
    if not _enough(log2) or not (log2 < 0).any():
        return ""
    spread = float(np.nanstd(log2))
    columns, rows = _medians(log2, 0), _medians(log2, 1)
    if spread and np.abs(columns).max() < 0.02 * spread:
        return f"the median of every measurement is 0 within {np.abs(columns).max():.2g}"
    if spread and np.median(np.abs(rows)) < 0.1 * spread and np.abs(np.nanmean(log2)) < 0.02 * spread:
        return "every protein is centred at 0"
    return ""


def _normalised(log2: NDArray[np.float64]) -> str:
    if not _enough(log2):
        return ""
    medians = _medians(log2, 0)
    spread = float(np.nanstd(log2))
    if not spread or medians.size < FEWEST_MEASUREMENTS:
        return ""
    if np.isfinite(log2).all():
        ordered = np.sort(log2, axis=0)
        if np.abs(ordered - ordered[:, :1]).max() < 1e-3 * spread:
            return "all measurements have the same distribution (quantile normalised)"
    if np.ptp(medians) < 1e-3 * spread:
        return f"all measurements have the median {medians.mean():.5g}"
    return ""


def _complete(log2: NDArray[np.float64]) -> str:
    """Signs of filled gaps; a narrow low mode is told as support, never as proof by itself."""
    if not _enough(log2):
        return ""
    constant = _constant_fill(log2)
    if constant:
        return constant
    if not np.isfinite(log2).all():
        return ""
    text = f"no gap in {log2.shape[0]:,} proteins x {log2.shape[1]} measurements"
    centre, share = _low_mode(log2)
    if share:
        text += f"; {100 * share:.0f} % of the values lie in a narrow mode at {centre:.3g}, below the mean"
    return text


def _constant_fill(log2: NDArray[np.float64]) -> str:
    """One value that stands again and again in most measurements, as a fixed replacement does."""
    hits = []
    for column in log2.T:
        seen = column[np.isfinite(column)]
        if not seen.size:
            continue
        found, counts = np.unique(seen, return_counts=True)
        most = int(counts.argmax())
        if counts[most] >= max(10, 0.03 * seen.size) and found[most] <= np.percentile(seen, 25):
            hits.append(counts[most] / seen.size)
    if len(hits) * 2 < log2.shape[1]:
        return ""
    return f"one low value fills up to {100 * max(hits):.0f} % of a measurement, in {len(hits)} of {log2.shape[1]}"


def _low_mode(log2: NDArray[np.float64]) -> tuple[float, float]:
    """Centre and share of a mode at least 0.15 SD below the mean that holds over a third; else 0."""
    mean, spread = float(log2.mean()), float(log2.std())
    counts, edges = np.histogram(log2, bins=60, range=(mean - 3 * spread, mean + 3 * spread))
    centre = float(edges[counts.argmax()] + (edges[1] - edges[0]) / 2)
    share = float((np.abs(log2 - centre) < 0.5 * spread).mean())
    if mean - centre < 0.15 * spread or share < 1 / 3:
        return 0.0, 0.0
    return centre, share
