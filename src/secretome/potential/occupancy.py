"""Media with amounts: their ligands, and scores as receptor occupancy with donors, weights and constants unsure."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.amounts import Amounts, by_form
from secretome.binding import Constants
from secretome.knowledge.additives import Declared
from secretome.plan import PotentialOptions
from secretome.stats.donor_bootstrap import donor_weights, mean_draws, widening
from secretome.stats.evidence_score import weight_multipliers, weighted_scores

from .available import Ligand, ligands
from .evidence import Evidence
from .scores import COLUMNS, FEWEST_DONORS, OCCUPANCY, WEIGHT_FOLD
from .stacking import stacked
from .weights import COUNTED, WITHOUT_LEAK, WITHOUT_SERUM, variants

Floats = NDArray[np.float64]
SOLUBLE = "conditioned_medium"


@dataclass(frozen=True)
class Bathed:
    """The media of one immunoassay, at the dilution of the receiving cell.

    Parameters
    ----------
    assay
        Its name.
    samples, unit, group
        (m,) each.
    ligands
        Of every analyte.
    """

    assay: str
    samples: tuple[str, ...]
    unit: NDArray[np.str_]
    group: NDArray[np.str_]
    ligands: tuple[Ligand, ...]


def bathed(
    amounts: Amounts,
    facts: pd.DataFrame,
    known: Constants,
    declared: Declared,
    options: PotentialOptions,
    *,
    seed: int,
) -> tuple[Bathed, ...]:
    """Every immunoassay of a medium; vesicles have no soluble constants and are left out.

    Parameters
    ----------
    amounts
        Of the study.
    facts
        Index sample: `material`, `group`, `unit`.
    known
        Mechanisms and constants.
    declared
        Additives, which do not count in their samples.
    options
        Dilution, active share, draws.
    seed
        Of the run.
    """
    found = []
    weighed = amounts.table[amounts.table["kilodalton"].notna()]
    for assay, rows in weighed.groupby("assay", sort=True):
        material = facts["material"].reindex(rows["sample"]).to_numpy()
        own = np.where(material == "", rows["material"], material)
        mine = rows[own == SOLUBLE]
        if not len(mine):
            continue
        molar, forms = _matrix(mine, declared, options)
        generator = np.random.default_rng([seed, zlib.crc32(f"{assay} occupancy".encode())])
        made = ligands(
            molar,
            forms,
            known,
            dilution=options.dilution,
            active_share=options.active_tgf_beta,
            draws=options.draws,
            generator=generator,
        )
        names = tuple(molar.index)
        where = facts.loc[list(names)]
        found.append(
            Bathed(
                str(assay),
                names,
                where["unit"].to_numpy(dtype=str),
                where["group"].to_numpy(dtype=str),
                made,
            )
        )
    return tuple(found)


def _matrix(
    rows: pd.DataFrame, declared: Declared, options: PotentialOptions
) -> tuple[pd.DataFrame, dict[str, str]]:
    """(samples, genes) mol/L, repeated measurements averaged, and the form of each gene."""
    molar, forms = by_form(rows)
    if not options.count_additives:
        for sample in molar.index:
            hidden = [gene for gene in declared.genes.get(str(sample), ()) if gene in molar.columns]
            molar.loc[sample, hidden] = np.nan
    return molar, forms


def occupancy_scores(one: Bathed, known: Evidence, options: PotentialOptions, *, seed: int) -> pd.DataFrame:
    """Scores of every group, process and direction as the mean share of receptors taken.

    Parameters
    ----------
    one
        The media of one immunoassay.
    known
        Evidence in use.
    options
        Draws.
    seed
        Of the run.
    """
    used = [ligand for ligand in one.ligands if ligand.counts]
    if not used:
        return pd.DataFrame(columns=list(COLUMNS))
    genes = tuple(ligand.gene for ligand in used)
    weights = variants(known, genes, None)
    units = sorted(set(one.unit.tolist()))
    generator = np.random.default_rng([seed, zlib.crc32(f"{one.assay} scores".encode())])
    drawn = donor_weights(len(units), options.draws, generator)
    multipliers = weight_multipliers(options.draws, len(genes), generator, fold=WEIGHT_FOLD)
    parts = []
    for group in sorted(set(one.group.tolist())):
        here = one.group == group
        names = sorted(set(one.unit[here].tolist()))
        members = [here & (one.unit == name) for name in names]
        level = np.array([_means(used, chosen) for chosen in members])
        found = mean_draws(level, drawn[:, [units.index(name) for name in names]])
        wide = float(widening(len(names) - 1)) if len(names) >= FEWEST_DONORS else 1.0
        drift = found.deviation * wide
        constant = _constant_draws(used, members) - found.mean
        for variant in (COUNTED, WITHOUT_LEAK, WITHOUT_SERUM):
            matrix = weights[variant].matrix
            donors = weighted_scores(found.mean, drift, matrix, np.ones_like(multipliers))
            both = weighted_scores(found.mean, drift + np.nan_to_num(constant), matrix, multipliers)
            frame = pd.DataFrame(weights[variant].subjects, columns=["process", "direction"])
            frame = frame.assign(
                score=donors.score,
                lower=np.clip(donors.lower, 0, 1),
                upper=np.clip(donors.upper, 0, 1),
                lower_all=np.clip(both.lower_all, 0, 1),
                upper_all=np.clip(both.upper_all, 0, 1),
                factors_used=donors.rows,
                evidence_weight_used=donors.weight,
            )
            if len(names) < FEWEST_DONORS:
                frame[["lower", "upper", "lower_all", "upper_all"]] = np.nan
            parts.append(
                frame.assign(
                    group=group, scale=OCCUPANCY, variant=variant, donors=len(names), samples=int(here.sum())
                )
            )
    return stacked(parts, COLUMNS)


def _means(used: list[Ligand], chosen: NDArray[np.bool_]) -> Floats:
    """(f,) occupancy of a donor: the mean of its samples, gaps left out."""
    values = np.array([ligand.occupancy[chosen] for ligand in used])
    there = np.isfinite(values)
    count = there.sum(axis=1)
    total = np.where(there, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _constant_draws(used: list[Ligand], members: list[NDArray[np.bool_]]) -> Floats:
    """(b, f) mean occupancy of the group under each draw of the constants."""
    columns = []
    for ligand in used:
        donors = []
        for chosen in members:
            values = ligand.draws[:, chosen]
            values = values[:, np.isfinite(values).all(axis=0)]
            if values.shape[1]:
                donors.append(values.mean(axis=1))
        columns.append(np.mean(donors, axis=0) if donors else np.full(ligand.draws.shape[0], np.nan))
    return np.array(columns).T
