"""Scores of each process and group: ranks and folds of its factors, for and against apart, with intervals."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.stats.donor_bootstrap import MeanDraws, donor_weights, mean_draws, widening
from secretome.stats.evidence_score import Scores, weight_multipliers, weighted_scores
from secretome.stats.matched_sets import matched_rows, share_as_high

from .levels import Levels
from .stacking import stacked
from .weights import Weights

Floats = NDArray[np.float64]
RANK, FOLD, OCCUPANCY = "rank", "fold", "occupancy"
UNITS = {
    RANK: "mean percentile among detectable proteins, 50 is the mean of all",
    FOLD: "log2 fold against the reference",
    OCCUPANCY: "mean share of receptors taken, 0 to 1",
}
# Levels A, B, C are ordinal: how far 1, 0.6 and 0.3 may be off is our choice.
WEIGHT_FOLD = 2.0
# One donor has no interval: it describes this donor.
FEWEST_DONORS = 2
_LIMITS = ("lower", "upper", "lower_all", "upper_all")
COLUMNS = (
    "group",
    "process",
    "direction",
    "scale",
    "variant",
    "score",
    "lower",
    "upper",
    "lower_all",
    "upper_all",
    "factors_used",
    "evidence_weight_used",
    "random_median",
    "random_upper",
    "p_random_sets",
    "donors",
    "samples",
)


@dataclass(frozen=True)
class Chance:
    """What is drawn once for a profile, so that every score and comparison meets the same draws.

    Parameters
    ----------
    donors
        (b, u) weights of the units.
    units
        (u,) their names.
    multipliers
        (b, f) of the evidence weights.
    random
        (b, f) for each factor a random protein that is found as often.
    """

    donors: Floats
    units: tuple[str, ...]
    multipliers: Floats
    random: NDArray[np.intp]

    def of(self, units: NDArray[np.str_]) -> Floats:
        """Weights (b, len(units)) of these units."""
        place = {name: column for column, name in enumerate(self.units)}
        return self.donors[:, [place[str(name)] for name in units]]


def chance(levels: Levels, *, draws: int, seed: int, name: str) -> Chance:
    """The draws of one profile; the same for any order of samples, proteins and assays.

    Parameters
    ----------
    levels
        Of the profile.
    draws
        How many.
    seed
        Of the run.
    name
        Of assay and material.
    """
    generator = np.random.default_rng([seed, zlib.crc32(name.encode())])
    return Chance(
        donors=donor_weights(len(levels.units), draws, generator),
        units=levels.units,
        multipliers=weight_multipliers(draws, len(levels.genes), generator, fold=WEIGHT_FOLD),
        random=matched_rows(levels.found, levels.protein, draws, generator),
    )


def score_table(
    donors: Levels, weights: dict[str, Weights], drawn: Chance, *, reference: str = ""
) -> pd.DataFrame:
    """Scores of every group, process, direction, scale and variant.

    Parameters
    ----------
    donors
        Levels of donors (`by_donor`).
    weights
        Variant to its weights.
    drawn
        The draws.
    reference
        Group that folds are taken against; empty: the mean of the groups.
    """
    folds = fold_means(donors, drawn, reference=reference)
    parts = []
    for group in donors.groups:
        rows = np.flatnonzero(donors.group == group)
        ranks = mean_draws(donors.rank[rows], drawn.of(donors.unit[rows]))
        background = donors.percentile[rows].mean(axis=0)
        for variant, weight in weights.items():
            frame = _scored(weight, ranks, drawn, len(rows)).assign(scale=RANK)
            # a percentile ends at 0 and at 100
            frame[list(_LIMITS)] = frame[list(_LIMITS)].clip(0.0, 100.0)
            frame[["random_median", "random_upper", "p_random_sets"]] = against_random(
                frame["score"].to_numpy(), background, ranks.mean, weight, drawn
            )
            parts.append(frame.assign(group=group, variant=variant, samples=donors.samples[rows].sum()))
            frame = _scored(weight, folds[group], drawn, len(rows)).assign(scale=FOLD)
            parts.append(frame.assign(group=group, variant=variant, samples=donors.samples[rows].sum()))
    return stacked(parts, COLUMNS)


def against_random(
    score: Floats, background: Floats, levels: Floats, weights: Weights, drawn: Chance
) -> Floats:
    """Median and 95th percentile of random sets matched on detectability, and p, (p, 3).

    Parameters
    ----------
    score
        (p,) observed.
    background
        (n,) level of every detectable protein.
    levels
        (f,) of the factors; those without one take no part in random sets either.
    """
    matrix = weights.matrix * np.isfinite(levels)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        random = (background[drawn.random] @ matrix) / matrix.sum(axis=0)
    middle, upper = np.quantile(random, [0.5, 0.95], axis=0)
    return np.column_stack([middle, upper, share_as_high(score, random)])


def fold_means(donors: Levels, drawn: Chance, *, reference: str = "") -> dict[str, MeanDraws]:
    """Log2 fold of each factor and group against the reference, with draws.

    A factor takes part in a group where at least half of its donors, and two where there are two, have a
    value; against the mean of the groups it needs two such groups.
    """
    means = {}
    for group in donors.groups:
        rows = np.flatnonzero(donors.group == group)
        found = mean_draws(donors.log2[rows], drawn.of(donors.unit[rows]))
        enough = found.donors >= max(min(2, len(rows)), len(rows) / 2)
        mean = np.where(enough, found.mean, np.nan)
        means[group] = MeanDraws(mean, np.where(enough, found.deviation, 0.0), found.donors)
    against = [means[reference]] if reference in means else list(means.values())
    levels = np.array([one.mean for one in against])
    there = np.isfinite(levels)
    count = there.sum(axis=0)
    known = count >= (1 if reference in means else 2)
    centre = np.where(known, np.where(there, levels, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)
    drift = sum(one.deviation for one in against) / np.maximum(count, 1)
    return {
        group: MeanDraws(one.mean - centre, one.deviation - drift, one.donors) for group, one in means.items()
    }


def donor_table(donors: Levels, weights: Weights) -> pd.DataFrame:
    """Rank score of each donor in each group: a row per donor, process and direction."""
    parts = []
    for row in range(len(donors.unit)):
        there = np.isfinite(donors.rank[row])
        matrix = weights.matrix * there[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            score = (np.where(there, donors.rank[row], 0.0) @ matrix) / matrix.sum(axis=0)
        frame = pd.DataFrame(weights.subjects, columns=["process", "direction"])
        parts.append(
            frame.assign(
                group=donors.group[row],
                donor=donors.unit[row],
                samples=donors.samples[row],
                score=score,
                factors_used=(matrix > 0).sum(axis=0),
            )
        )
    return pd.concat(parts, ignore_index=True)


def _scored(weights: Weights, level: MeanDraws, drawn: Chance, donors: int) -> pd.DataFrame:
    wide = float(widening(donors - 1)) if donors >= 2 else 1.0
    found = weighted_scores(level.mean, level.deviation * wide, weights.matrix, drawn.multipliers)
    frame = _framed(found, weights)
    if donors < FEWEST_DONORS:
        frame[list(_LIMITS)] = np.nan
    return frame.assign(donors=donors)


def _framed(found: Scores, weights: Weights) -> pd.DataFrame:
    frame = pd.DataFrame(weights.subjects, columns=["process", "direction"])
    for name in ("score", "lower", "upper", "lower_all", "upper_all"):
        frame[name] = getattr(found, name)
    return frame.assign(factors_used=found.rows, evidence_weight_used=found.weight)
