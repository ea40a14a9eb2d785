"""`potential.comparisons`: which processes differ between groups, judged on donors, and which factors drive it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special
from scipy.stats import false_discovery_control

from secretome.stats.donor_bootstrap import widening
from secretome.stats.evidence_score import interval
from secretome.stats.matched_sets import share_as_high

from .differences import Difference, difference, moderated
from .levels import Levels
from .scores import FOLD, RANK, Chance
from .sides import Comparison
from .stacking import stacked
from .weights import Weights

Floats = NDArray[np.float64]
FDR = 0.05
PROCESSES = (
    "comparison",
    "process",
    "direction",
    "scale",
    "left",
    "right",
    "score_left",
    "score_right",
    "difference",
    "lower",
    "upper",
    "p_value",
    "fdr",
    "statement",
    "p_random_sets",
    "factors_used",
    "donors_left",
    "donors_right",
    "strategy",
    "driven_by",
)
DRIVERS = (
    "comparison",
    "process",
    "direction",
    "gene",
    "weight",
    "rank_left",
    "rank_right",
    "rank_difference",
    "rank_lower",
    "rank_upper",
    "share_of_difference_percent",
    "log2_ratio",
    "lower",
    "upper",
    "p_value",
    "donors_left",
    "donors_right",
)
_NAMED = 3


@dataclass(frozen=True)
class Compared:
    """Rows of `processes` and of `drivers` of one profile."""

    processes: pd.DataFrame
    drivers: pd.DataFrame


def compared(samples: Levels, weights: Weights, drawn: Chance, wanted: Sequence[Comparison]) -> Compared:
    """Every comparison of a profile, in ranks and in folds.

    Parameters
    ----------
    samples
        Levels of samples.
    weights
        As counted.
    drawn
        Draws of the profile.
    wanted
        What is compared.
    """
    processes, drivers = [], []
    for comparison in wanted:
        ranks = difference(samples, comparison, drawn, lambda levels: levels.rank, gaps=False)
        folds = difference(samples, comparison, drawn, lambda levels: levels.log2, gaps=True)
        background = difference(samples, comparison, drawn, lambda levels: levels.percentile, gaps=False)
        driving = _drivers(samples, comparison, weights, ranks)
        for scale, found in ((RANK, ranks), (FOLD, folds)):
            frame = _judged(found, weights).assign(scale=scale)
            frame["p_random_sets"] = (
                _beyond_random(frame["difference"].to_numpy(), background.mean, ranks.mean, weights, drawn)
                if scale == RANK
                else np.nan
            )
            frame = frame.assign(comparison=comparison.name, left=comparison.left, right=comparison.right)
            processes.append(frame.assign(driven_by=_named(frame, driving)))
        drivers.append(driving)
    table = stacked(processes, PROCESSES)
    return Compared(_stated(table), stacked(drivers, DRIVERS))


def _judged(found: Difference, weights: Weights) -> pd.DataFrame:
    """Weighted mean difference of each process and direction, with interval and p."""
    there = np.isfinite(found.mean)
    matrix = weights.matrix * there[:, None]
    total = matrix.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = matrix / total
        means = [np.where(there, one, 0.0) @ share for one in (found.mean, found.left, found.right)]
    error, df = found.spread(np.nan_to_num(share))
    lower, upper = interval(found.deviation @ np.nan_to_num(share) * widening(df))
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = 2 * special.stdtr(df, -np.abs(means[0] / error))
    frame = pd.DataFrame(weights.subjects, columns=["process", "direction"])
    frame["difference"], frame["score_left"], frame["score_right"] = means
    frame["lower"], frame["upper"], frame["p_value"] = means[0] + lower, means[0] + upper, p_value
    if not found.testable:
        frame[["lower", "upper", "p_value"]] = np.nan
    return frame.assign(
        factors_used=(matrix > 0).sum(axis=0),
        donors_left=found.donors_left,
        donors_right=found.donors_right,
        strategy=found.strategy,
    )


def _beyond_random(
    observed: Floats, background: Floats, levels: Floats, weights: Weights, drawn: Chance
) -> Floats:
    """Two-sided p that random sets, matched on detectability, differ as much between the sides."""
    matrix = weights.matrix * np.isfinite(levels)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        random = (background[drawn.random] @ matrix) / matrix.sum(axis=0)
    sides = share_as_high(observed, random), share_as_high(-observed, -random)
    return np.asarray(np.minimum(2 * np.minimum(*sides), 1.0), dtype=float)


def _stated(table: pd.DataFrame) -> pd.DataFrame:
    """FDR over all processes of a scale, and the word for it."""
    table["fdr"] = np.nan
    for scale in (RANK, FOLD):
        known = (table["scale"] == scale) & table["p_value"].notna()
        if known.any():
            table.loc[known, "fdr"] = false_discovery_control(table.loc[known, "p_value"].to_numpy(float))
    called = table["fdr"].to_numpy(float) < FDR
    word = np.where(table["difference"].to_numpy(float) > 0, "higher", "lower")
    tested = table["p_value"].notna()
    table["statement"] = np.where(
        ~tested, "not tested: fewer than two donors a side", np.where(called, word, "cannot be told")
    )
    table.loc[table["factors_used"].to_numpy(float) == 0, "statement"] = "no factor seen"
    return table


def _drivers(samples: Levels, comparison: Comparison, weights: Weights, ranks: Difference) -> pd.DataFrame:
    """Each factor of each process: how much of the rank difference is its, and its log2 ratio."""
    ratios = moderated(samples, comparison)
    df = ranks.spread(np.eye(len(samples.genes)))[1] if len(samples.genes) else np.zeros(0)
    lower, upper = interval(ranks.deviation * widening(df)) if len(samples.genes) else (df, df)
    rows, columns = np.nonzero(weights.matrix)
    weight = weights.matrix[rows, columns]
    parts = weight * np.nan_to_num(ranks.mean[rows])
    size = np.zeros(len(weights.subjects))
    np.add.at(size, columns, np.abs(parts))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 100 * np.abs(parts) / size[columns]
    frame = pd.DataFrame(
        {
            "process": [weights.subjects[column][0] for column in columns],
            "direction": [weights.subjects[column][1] for column in columns],
            "gene": [samples.genes[row] for row in rows],
            "weight": weight,
            "rank_left": ranks.left[rows],
            "rank_right": ranks.right[rows],
            "rank_difference": ranks.mean[rows],
            "rank_lower": ranks.mean[rows] + lower[rows],
            "rank_upper": ranks.mean[rows] + upper[rows],
            "share_of_difference_percent": share,
            **{name: values[rows] for name, values in ratios.items()},
        }
    )
    if not ranks.testable:
        frame[["rank_lower", "rank_upper"]] = np.nan
    frame = frame.assign(
        comparison=comparison.name, donors_left=ranks.donors_left, donors_right=ranks.donors_right
    )
    return frame.sort_values(
        ["process", "direction", "share_of_difference_percent", "gene"],
        ascending=[True, False, False, True],
        kind="stable",
    )


def _named(frame: pd.DataFrame, drivers: pd.DataFrame) -> list[str]:
    """The factors that make most of each difference, with their direction."""
    named = []
    for process, direction in zip(frame["process"], frame["direction"], strict=True):
        mine = drivers[(drivers["process"] == process) & (drivers["direction"] == direction)]
        mine = mine[mine["rank_difference"].fillna(0) != 0].head(_NAMED)
        words = [
            f"{gene} {'higher' if change > 0 else 'lower'}"
            for gene, change in zip(mine["gene"], mine["rank_difference"], strict=True)
        ]
        named.append(", ".join(words))
    return named
