"""The factors of a study's media as inputs of a model: an immunoassay before a proteome, donors before flasks."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.amounts import LATENT_FORMS
from secretome.errors import MissingColumn
from secretome.results import Result
from secretome.study import Assay, State, Study

from .concentrations import SOLUBLE, Concentrations, concentrations
from .inputs import DILUTED, UNDILUTED, Factor, Inputs, Kind, brought, half_effects, sources, unmeasured
from .network import Model, Node

Array = NDArray[np.float64]
ALL = "all samples"
# Spread of log10 level between donors where no group has two of them, our choice; a note says so.
ASSUMED_SD = 0.3
# Released latent: a total, or an acid-activated value, says nothing of the active share (CLAIMS section 5).
LATENT = ("TGFB1", "TGFB2")
LATENT_REASON = "released latent: its active share was not measured, and a total is never used as active"
RANKS_ONLY = (
    "From mass spectrometry, and of factors without a half effect whose source was read, only folds between the media are used: "
    "differences and ranks, no absolute effect."
)


@dataclass(frozen=True)
class _Levels:
    """Log10 level of a gene in every measured sample; NaN where there is none.

    `unasked`: samples in which nobody looked for it, which is not the same as not found.
    """

    values: pd.Series
    absolute: bool
    assay: str
    unasked: frozenset[str] = frozenset()


def from_study(
    model: Model, study: Study, results: Mapping[str, Result], *, group_by: str = "", dilution: float = 0.0
) -> Inputs:
    """What the media of a study bring to a model.

    Parameters
    ----------
    model
        The network.
    study
        After `define`: the assay `amounts` of all immunoassays, proteomes with `masked` proteins.
    results
        `potential.processes` tells declared additives, which do not count.
    group_by
        Column whose levels are compared; empty means tissue where given.
    dilution
        How many times the measured medium is diluted at the receiving cell; 0 means not given.

    Raises
    ------
    MissingColumn
        If `group_by` is no column of the sample table.

    Notes
    -----
    A concentration is that of free ligand: captors that were measured in the same medium are taken off by mass
    action at the dilution, except those that the model has as nodes, where they act.
    """
    media = _media(study, group_by)
    groups = tuple(dict.fromkeys(media["group"]))
    additives = _additives(results)
    nodes = frozenset(gene for node in model.nodes if node.in_medium for gene in node.genes)
    molar = concentrations(study, media.index, dilution=dilution, without=nodes)
    factors = []
    for name in brought(model):
        node = model.nodes[model.index[name]]
        factors.append(_factor(model, node, study, molar, media, groups, additives))
    notes = (*_notes(tuple(factors), media, dilution), *molar.notes(nodes))
    return Inputs(model.name, groups, tuple(factors), notes, (*sources(), *molar.sources))


def _media(study: Study, group_by: str) -> pd.DataFrame:
    """Group and donor of each sample of medium; index sample."""
    samples = study.samples
    if group_by and group_by not in samples:
        raise MissingColumn(group_by, samples.columns, where="the sample table ([mechanism] group_by)")
    column = group_by or ("tissue" if "tissue" in samples and samples["tissue"].notna().any() else "")
    mine = samples
    if "material" in samples:
        given = samples["material"].fillna("").astype(str)
        mine = samples[given.isin(["conditioned_medium", ""])]
    names = mine.index.astype(str)
    group = (
        mine[column].astype(object).where(mine[column].notna(), "not stated").astype(str)
        if column
        else pd.Series(ALL, index=mine.index)
    )
    donor = (
        mine["donor"].astype(object) if "donor" in mine else pd.Series(np.nan, index=mine.index, dtype=object)
    )
    donor = donor.where(donor.notna(), pd.Series("sample " + names, index=mine.index))
    return pd.DataFrame(
        {"group": group.to_numpy(), "donor": donor.astype(str).to_numpy()}, index=names
    ).sort_values("group", kind="stable")


def _additives(results: Mapping[str, Result]) -> frozenset[tuple[str, str]]:
    """Gene and group of declared additives."""
    result = results.get("potential.processes")
    if result is None or "factors" not in result.tables:
        return frozenset()
    table = result.tables["factors"]
    if not {"gene", "group", "declared_additive"} <= set(table.columns):
        return frozenset()
    mine = table[table["declared_additive"].astype(bool)]
    return frozenset(zip(mine["gene"].astype(str), mine["group"].astype(str), strict=True))


def _factor(
    model: Model,
    node: Node,
    study: Study,
    molar: Concentrations,
    media: pd.DataFrame,
    groups: tuple[str, ...],
    additives: frozenset[tuple[str, str]],
) -> Factor:
    if not node.genes:
        return unmeasured(node.name, groups, "no protein: its own assay would be needed")
    known = half_effects(model.name)
    if node.name in LATENT and all(molar.forms.get(gene, "total") in LATENT_FORMS for gene in node.genes):
        return unmeasured(node.name, groups, LATENT_REASON)
    found = [
        levels
        for gene in node.genes
        if (levels := _absolute(molar, gene, media) or _relative(study, gene, media)) is not None
    ]
    if not found:
        return unmeasured(
            node.name, groups, f"{' and '.join(node.genes)} not found in any assay of the media"
        )
    absolute = [levels for levels in found if levels.absolute]
    # Several subunits: their mean; an absolute value is never averaged with a relative one.
    used = absolute or found
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        values = pd.Series(
            np.nanmean([levels.values.to_numpy() for levels in used], axis=0), index=media.index
        )
    declared = {
        group
        for gene in node.genes
        for gene_group in additives
        if gene_group[0] == gene
        for group in [gene_group[1]]
    }
    if declared:
        values = values.where(~media["group"].isin(declared))
    kind: Kind = "absolute" if absolute and node.name in known else "relative"
    unasked = frozenset.intersection(*(levels.unasked for levels in used))
    return _summarised(node.name, kind, values, media, groups, declared, used[0].assay, unasked)


def _absolute(molar: Concentrations, gene: str, media: pd.DataFrame) -> _Levels | None:
    """Log10 pg/mL of free ligand at the receiving cell, or None without a concentration."""
    if gene not in molar.free_pg_ml:
        return None
    level = molar.free_pg_ml[gene].reindex(media.index)
    if not (level > 0).any():
        return None
    log10 = np.log10(level.where(level > 0))
    return _Levels(log10, True, molar.told(gene), molar.unasked.get(gene, frozenset()))


def _summarised(
    name: str,
    kind: Kind,
    values: pd.Series,
    media: pd.DataFrame,
    groups: tuple[str, ...],
    declared: set[str],
    assay: str,
    unasked: frozenset[str],
) -> Factor:
    donors = pd.DataFrame({"group": media["group"], "donor": media["donor"], "value": values}).dropna()
    means = donors.groupby(["group", "donor"], sort=False)["value"].mean()
    level, error, counts = np.full(len(groups), np.nan), np.full(len(groups), np.nan), []
    squares, freedom = 0.0, 0
    for group in groups:
        mine = means.loc[group] if group in means.index.get_level_values(0) else means.iloc[:0]
        counts.append(len(mine))
        if len(mine) > 1:
            squares += float(((mine - mine.mean()) ** 2).sum())
            freedom += len(mine) - 1
    spread = np.sqrt(squares / freedom) if freedom else ASSUMED_SD
    for at, group in enumerate(groups):
        if counts[at]:
            level[at] = float(means.loc[group].mean())
            error[at] = spread / np.sqrt(counts[at])
    if not any(counts):
        return unmeasured(
            name, groups, "declared as an additive of the medium" if declared else "never detected"
        )
    # Looked for and not found is less than the lowest found; a declared additive is not known at all, nor is
    # what no sample of the group was measured for.
    asked = {
        group for group, sample in zip(media["group"], media.index, strict=True) if sample not in unasked
    }
    below = np.isnan(level) & np.array([group in asked and group not in declared for group in groups])
    if kind == "relative":
        level = level - np.nanmean(level)
    reason = f"from {assay}" + (", declared additive in " + ", ".join(sorted(declared)) if declared else "")
    return Factor(name, kind, level, np.nan_to_num(error, nan=0.0), below, reason, tuple(counts))


def _relative(study: Study, gene: str, media: pd.DataFrame) -> _Levels | None:
    """Folds of a gene: from a panel without a concentration, else from a proteome."""
    for kind in ("panel", "proteome"):
        for assay in study.select(kind=kind):
            if assay.data is not None and assay.material == SOLUBLE:
                levels = _of_assay(assay, gene, media)
                if levels is not None:
                    return levels
    return None


def _of_assay(assay: Assay, gene: str, media: pd.DataFrame) -> _Levels | None:
    var = assay.matrix.var
    symbols = var["gene"] if "gene" in var else pd.Series(var.index, index=var.index)
    masked = var["masked"].astype(bool).to_numpy() if "masked" in var else np.zeros(len(var), dtype=bool)
    here = np.array([str(symbol).strip().upper() == gene.upper() for symbol in symbols]) & ~masked
    if not here.any():
        return None
    raw = np.asarray(assay.matrix.X[:, np.flatnonzero(here)], dtype=float)
    log10 = raw * np.log10(2) if assay.scale == "log2" else np.log10(np.where(raw > 0, raw, np.nan))
    if "state" in assay.matrix.layers:
        state = np.asarray(assay.matrix.layers["state"])[:, np.flatnonzero(here)]
        log10 = np.where(state == State.ABOVE_RANGE, np.nan, log10)
    # Several protein groups of one gene: the one with most values.
    best = int(np.isfinite(log10).sum(axis=0).argmax())
    series = pd.Series(log10[:, best], index=assay.matrix.obs["sample"].astype(str).to_numpy())
    values = series.groupby(level=0).mean().reindex(media.index)
    return _Levels(values, False, assay.name) if values.notna().any() else None


def _notes(factors: tuple[Factor, ...], media: pd.DataFrame, dilution: float) -> tuple[str, ...]:
    notes = []
    kinds = {factor.kind for factor in factors}
    if "absolute" in kinds:
        notes.append(DILUTED if dilution else UNDILUTED)
    if "relative" in kinds:
        notes.append(RANKS_ONLY)
    donors = media.groupby("group")["donor"].nunique()
    if len(donors) and donors.max() < 2:
        notes.append(
            "One donor a group: this describes these donors, not donors; the spread between donors is assumed."
        )
    return tuple(notes)
