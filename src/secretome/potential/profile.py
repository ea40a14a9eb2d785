"""What one assay saw of the factors: per sample detected or not, and at which rank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from secretome.study import Assay, State

from .matching import Match

_NOT_DETECTED = (State.MISSING, State.BELOW_LOD, State.MEASURED_ZERO)


@dataclass(frozen=True)
class Profile:
    """Detection of each factor in each sample of one assay and one material.

    Parameters
    ----------
    assay, material
        Which measurements these are; soluble and vesicle samples never share a profile.
    samples
        (s,) sample names, sorted.
    group, unit
        (s,) sample group, and unit of replication (donor, or the sample where no donor is given).
    has_donors
        True when every sample names its donor.
    genes
        (g,) factors.
    detected, declared
        (g, s) whether the factor has a value, and whether the medium was declared to contain it.
    rank, percentile
        (g, s) rank of abundance among the proteins of that sample that are not masked (1 = most
        abundant) and the same from 0 to 100 (100 = most abundant); NaN where not detected or not counted.
    quantified
        (s,) number of proteins ranked.
    matches
        A row per factor: `gene`, `protein`, `matched_by`, `blocked`, `group_members`, `peptides`,
        `contaminant_class`, `contaminant_reason`.
    """

    assay: str
    material: str
    samples: tuple[str, ...]
    group: NDArray[np.str_]
    unit: NDArray[np.str_]
    has_donors: bool
    genes: tuple[str, ...]
    detected: NDArray[np.bool_]
    declared: NDArray[np.bool_]
    rank: NDArray[np.float64]
    percentile: NDArray[np.float64]
    quantified: NDArray[np.float64]
    matches: pd.DataFrame

    @property
    def donors(self) -> int | None:
        """Number of donors, or None when not every sample names one."""
        return len(set(self.unit.tolist())) if self.has_donors else None


def profile_of(
    assay: Assay,
    material: str,
    facts: pd.DataFrame,
    matches: Mapping[str, Match],
    declared: Mapping[str, frozenset[str]],
) -> Profile:
    """What an assay saw of the factors in some samples of one material.

    Parameters
    ----------
    assay
        A proteome; its X in any monotone scale.
    material
        Material of these samples.
    facts
        Index sample names; columns `group`, `unit`, `has_donor`.
    matches
        Factor to its proteins.
    declared
        Sample to genes declared in its medium.
    """
    facts = facts.sort_index()
    present, rank, percentile, quantified = _by_sample(assay, list(facts.index), matches)
    genes = tuple(matches)
    added = [[gene in declared.get(sample, frozenset()) for sample in facts.index] for gene in genes]
    return Profile(
        assay=assay.name,
        material=material,
        samples=tuple(facts.index),
        group=facts["group"].to_numpy(dtype=str),
        unit=facts["unit"].to_numpy(dtype=str),
        has_donors=bool(facts["has_donor"].all()),
        genes=genes,
        detected=present,
        declared=np.array(added, dtype=bool).reshape(len(genes), len(facts)),
        rank=rank,
        percentile=percentile,
        quantified=quantified,
        matches=_match_table(assay.matrix.var, matches),
    )


def detected_values(assay: Assay) -> NDArray[np.bool_]:
    """Which measurements found which analytes, (measurements, analytes)."""
    values = np.asarray(assay.matrix.X, dtype=float)
    found: NDArray[np.bool_] = np.isfinite(values)
    if assay.scale == "linear":
        found &= values > 0
    if "state" in assay.matrix.layers:
        found &= ~np.isin(np.asarray(assay.matrix.layers["state"]), [int(s) for s in _NOT_DETECTED])
    return found


def _by_sample(
    assay: Assay, samples: list[str], matches: Mapping[str, Match]
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Detection, rank, percentile (g, s) and proteins ranked (s,); repeated runs of a sample are joined."""
    values = np.asarray(assay.matrix.X, dtype=float)
    found = detected_values(assay)
    ranked = found & ~set_aside(assay.matrix.var)
    runs_of = assay.matrix.obs["sample"].astype(str).to_numpy()
    shape = (len(matches), len(samples))
    present, rank, percentile = np.zeros(shape, dtype=bool), np.full(shape, np.nan), np.full(shape, np.nan)
    quantified = np.zeros(len(samples))
    for position, sample in enumerate(samples):
        runs = np.flatnonzero(runs_of == sample)
        ranks = np.array([_ranks(values[run], ranked[run]) for run in runs])
        present_runs, counts = found[runs], ranked[runs].sum(axis=1)
        quantified[position] = counts.mean()
        for row, match in enumerate(matches.values()):
            chosen = list(match.columns)
            if not chosen or not present_runs[:, chosen].any():
                continue
            present[row, position] = True
            if match.blocked:
                continue
            # The most abundant protein of the factor speaks for it in each run.
            best = np.fmin.reduce(ranks[:, chosen], axis=1)
            rank[row, position] = _mean(best)
            percentile[row, position] = _mean(100 * (1 - (best - 0.5) / counts))
    return present, rank, percentile, quantified


def _ranks(values: NDArray[np.float64], ranked: NDArray[np.bool_]) -> NDArray[np.float64]:
    ranks = np.full(values.shape, np.nan)
    if ranked.any():
        ranks[ranked] = rankdata(-values[ranked])
    return ranks


def _mean(values: NDArray[np.float64]) -> float:
    seen = values[np.isfinite(values)]
    return float(seen.mean()) if len(seen) else float("nan")


def set_aside(var: pd.DataFrame) -> NDArray[np.bool_]:
    """Which analytes are contaminants, by `define` or else by the tag of the search engine."""
    for column in ("masked", "tagged_contaminant"):
        if column in var:
            return np.asarray(var[column], dtype=bool)
    return np.zeros(len(var), dtype=bool)


def _match_table(var: pd.DataFrame, matches: Mapping[str, Match]) -> pd.DataFrame:
    names = [str(name) for name in var.index]
    rows = []
    for match in matches.values():
        columns = sorted(match.columns, key=lambda column: names[column])
        rows.append(
            {
                "gene": match.gene,
                "protein": ";".join(names[column] for column in columns),
                "matched_by": match.matched_by,
                "blocked": match.blocked,
                "group_members": match.group_members,
                "peptides": max((_number(var, "peptides", column) for column in columns), default=0),
                "contaminant_class": _texts(var, "contaminant_class", columns),
                "contaminant_reason": _texts(var, "contaminant_reason", columns),
            }
        )
    return pd.DataFrame(rows)


def _number(var: pd.DataFrame, column: str, position: int) -> int:
    return int(var[column].iloc[position]) if column in var else 0


def _texts(var: pd.DataFrame, column: str, positions: list[int]) -> str:
    if column not in var:
        return ""
    cells = [var[column].iloc[position] for position in positions]
    return "; ".join(dict.fromkeys(str(cell) for cell in cells if not pd.isna(cell) and str(cell)))
