"""How much of every protein each donor's medium holds: ranks without gaps, and log2 values with gaps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from secretome.study import Assay

from .matching import Match
from .profile import Profile, detected_values, set_aside

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Levels:
    """Levels of the proteins and factors of one profile, a row for each measurement unit.

    Parameters
    ----------
    unit, group
        (c,) donor and group of each row; a row is a sample at first, then a donor in a group.
    samples
        (c,) how many samples stand behind the row.
    proteins
        (n,) names of all detectable proteins, sorted: found in at least one sample and not masked.
    percentile
        (c, n) rank of a protein among the detectable ones of its sample, 0 to 100, mean 50; what was not
        found ties at the bottom. No gaps.
    found
        (n,) samples in which each protein was found.
    genes
        (f,) factors with a detectable protein.
    protein
        (f,) the protein that speaks for each, as a position in `proteins`.
    rank
        (c, f) percentile of each factor; NaN where the medium was declared to contain it.
    log2
        (c, f) log2 value; NaN where there is none or the medium was declared to contain it.
    """

    unit: NDArray[np.str_]
    group: NDArray[np.str_]
    samples: NDArray[np.intp]
    proteins: NDArray[np.str_]
    percentile: Floats
    found: NDArray[np.intp]
    genes: tuple[str, ...]
    protein: NDArray[np.intp]
    rank: Floats
    log2: Floats

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups, sorted."""
        return tuple(sorted(set(self.group.tolist())))

    @property
    def units(self) -> tuple[str, ...]:
        """Names of the units of replication, sorted."""
        return tuple(sorted(set(self.unit.tolist())))


def sample_levels(
    assay: Assay, profile: Profile, matches: dict[str, Match], *, count_additives: bool = False
) -> Levels:
    """Levels of every sample of a profile; `by_donor` then makes donors of them.

    Parameters
    ----------
    assay
        A proteome; X in any monotone scale for ranks, linear or log2 for values.
    profile
        What it saw: names the samples, their units and groups, and declared additives.
    matches
        Factor to its proteins.
    count_additives
        Keep factors in media that were declared to contain them.
    """
    order = np.argsort([str(name) for name in assay.matrix.var_names], kind="stable")
    found = detected_values(assay)[:, order]
    usable = ~set_aside(assay.matrix.var)[order]
    rows = _runs(assay, profile)
    detectable = usable & found[np.concatenate(rows)].any(axis=0) if rows else usable & False
    columns = np.flatnonzero(detectable)
    values = np.asarray(assay.matrix.X, dtype=float)[:, order][:, columns]
    seen = found[:, columns]
    log2 = np.where(seen, values if assay.scale == "log2" else _log2(values), np.nan)
    percentile = _percentiles(np.where(seen, values, -np.inf))
    names = np.array([str(name) for name in assay.matrix.var_names])[order][columns]
    place = np.full(len(order), -1)
    place[order[columns]] = np.arange(len(columns))
    made = Levels(
        unit=profile.unit,
        group=profile.group,
        samples=np.ones(len(rows), dtype=np.intp),
        proteins=names,
        percentile=_joined(percentile, rows),
        found=np.array([seen[runs].any(axis=0) for runs in rows]).sum(axis=0).astype(np.intp),
        genes=(),
        protein=np.zeros(0, dtype=np.intp),
        rank=np.zeros((len(rows), 0)),
        log2=np.zeros((len(rows), 0)),
    )
    return _with_factors(made, _joined(log2, rows), place, profile, matches, count_additives)


def by_donor(levels: Levels, group: NDArray[np.str_] | None = None) -> Levels:
    """Levels with one row for each donor and group: the mean of its samples, gaps left out.

    Parameters
    ----------
    levels
        Of samples.
    group
        (c,) other groups than those of the profile.
    """
    groups = levels.group if group is None else group
    keys = sorted(set(zip(groups.tolist(), levels.unit.tolist(), strict=True)))
    members = [np.flatnonzero((groups == name) & (levels.unit == unit)) for name, unit in keys]
    return replace(
        levels,
        unit=np.array([unit for _, unit in keys], dtype=str),
        group=np.array([name for name, _ in keys], dtype=str),
        samples=np.array([len(rows) for rows in members], dtype=np.intp),
        percentile=_joined(levels.percentile, members),
        rank=_joined(levels.rank, members),
        log2=_joined(levels.log2, members),
    )


def _with_factors(
    made: Levels,
    log2: Floats,
    place: NDArray[np.intp],
    profile: Profile,
    matches: dict[str, Match],
    count_additives: bool,
) -> Levels:
    """The factors with a detectable protein; of several proteins the one of the highest mean rank speaks."""
    mean = made.percentile.mean(axis=0) if len(made.percentile) else np.zeros(len(made.proteins))
    genes, proteins = [], []
    for gene, match in matches.items():
        columns = [] if match.blocked else [place[column] for column in match.columns if place[column] >= 0]
        if columns:
            genes.append(gene)
            proteins.append(max(columns, key=lambda column: (mean[column], -column)))
    chosen = np.array(proteins, dtype=np.intp)
    position = {gene: row for row, gene in enumerate(profile.genes)}
    declared = profile.declared[[position[gene] for gene in genes]].T
    hidden = declared & (not count_additives)
    return replace(
        made,
        genes=tuple(genes),
        protein=chosen,
        rank=np.where(hidden, np.nan, made.percentile[:, chosen]),
        log2=np.where(hidden, np.nan, log2[:, chosen]),
    )


def _runs(assay: Assay, profile: Profile) -> list[NDArray[np.intp]]:
    """Measurements of each sample of the profile."""
    of = assay.matrix.obs["sample"].astype(str).to_numpy()
    return [np.flatnonzero(of == sample) for sample in profile.samples]


def _percentiles(values: Floats) -> Floats:
    """Ranks of each row from 0 to 100 with mean 50, ties shared."""
    if not values.shape[1]:
        return np.zeros(values.shape)
    ranks: Floats = 100 * (rankdata(values, axis=1) - 0.5) / values.shape[1]
    return ranks


def _log2(values: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log2(values), dtype=float)


def _joined(values: Floats, members: list[NDArray[np.intp]]) -> Floats:
    """Mean of the rows of each member list, gaps left out; NaN where all are gaps."""
    joined = np.full((len(members), values.shape[1]), np.nan)
    for row, rows in enumerate(members):
        chosen = values[rows]
        there = np.isfinite(chosen)
        count = there.sum(axis=0)
        total = np.where(there, chosen, 0.0).sum(axis=0)
        joined[row] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return joined
