"""The factors of a study's media as inputs of a model: an immunoassay before a proteome, donors before flasks."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.errors import MissingColumn, UnitMismatch
from secretome.results import Result
from secretome.study import Assay, State, Study
from secretome.units import convert

from .inputs import UNDILUTED, Factor, Inputs, Kind, brought, half_effects, sources, unmeasured
from .network import Model, Node

Array = NDArray[np.float64]
ALL = "all samples"
# Spread of log10 level between donors where no group has two of them, our choice; a note says so.
ASSUMED_SD = 0.3
# Active TGF-beta cannot be told from a total: without a declared form only folds are used (CLAIMS section 5).
LATENT = ("TGFB1", "TGFB2")
RANKS_ONLY = (
    "From mass spectrometry, and of factors without a half effect whose source was read, only folds between the media are used: "
    "differences and ranks, no absolute effect."
)


@dataclass(frozen=True)
class _Levels:
    """Log10 level of a gene in every measured sample; NaN where there is none."""

    values: pd.Series
    absolute: bool
    assay: str


def from_study(model: Model, study: Study, results: Mapping[str, Result], *, group_by: str = "") -> Inputs:
    """What the media of a study bring to a model.

    Parameters
    ----------
    model
        The network.
    study
        After `define`: panels in mass concentrations, proteomes with `masked` proteins.
    results
        `potential.processes` tells declared additives, which do not count.
    group_by
        Column whose levels are compared; empty means tissue where given.

    Raises
    ------
    MissingColumn
        If `group_by` is no column of the sample table.
    """
    media = _media(study, group_by)
    groups = tuple(dict.fromkeys(media["group"]))
    additives = _additives(results)
    factors = []
    for name in brought(model):
        node = model.nodes[model.index[name]]
        factors.append(_factor(model, node, study, media, groups, additives))
    notes = _notes(tuple(factors), media)
    return Inputs(model.name, groups, tuple(factors), notes, sources())


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
    media: pd.DataFrame,
    groups: tuple[str, ...],
    additives: frozenset[tuple[str, str]],
) -> Factor:
    if not node.genes:
        return unmeasured(node.name, groups, "no protein: its own assay would be needed")
    found = [levels for gene in node.genes if (levels := _levels(study, gene, media)) is not None]
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
    known = half_effects(model.name)
    kind: Kind = "absolute" if absolute and node.name in known and node.name not in LATENT else "relative"
    return _summarised(node.name, kind, values, media, groups, declared, used[0].assay)


def _summarised(
    name: str,
    kind: Kind,
    values: pd.Series,
    media: pd.DataFrame,
    groups: tuple[str, ...],
    declared: set[str],
    assay: str,
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
    # Looked for and not found is less than the lowest found; a declared additive is not known at all.
    below = np.isnan(level) & np.array([group not in declared for group in groups])
    if kind == "relative":
        level = level - np.nanmean(level)
    reason = f"from {assay}" + (", declared additive in " + ", ".join(sorted(declared)) if declared else "")
    return Factor(name, kind, level, np.nan_to_num(error, nan=0.0), below, reason, tuple(counts))


def _levels(study: Study, gene: str, media: pd.DataFrame) -> _Levels | None:
    """The best levels of a gene: a panel in a mass concentration, else a panel, else a proteome."""
    found = []
    for kind in ("panel", "proteome"):
        for assay in study.select(kind=kind):
            if assay.data is not None and assay.material == "conditioned_medium":
                levels = _of_assay(assay, gene, media)
                if levels is not None:
                    found.append(levels)
    return next((levels for levels in found if levels.absolute), found[0] if found else None)


def _of_assay(assay: Assay, gene: str, media: pd.DataFrame) -> _Levels | None:
    var = assay.matrix.var
    symbols = var["gene"] if "gene" in var else pd.Series(var.index, index=var.index)
    masked = var["masked"].astype(bool).to_numpy() if "masked" in var else np.zeros(len(var), dtype=bool)
    here = np.array([str(symbol).strip().upper() == gene.upper() for symbol in symbols]) & ~masked
    if not here.any():
        return None
    raw = np.asarray(assay.matrix.X[:, np.flatnonzero(here)], dtype=float)
    absolute = False
    if assay.scale == "log2":
        log10 = raw * np.log10(2)
    else:
        unit = str(var["unit"].iloc[int(np.flatnonzero(here)[0])]) if "unit" in var else ""
        try:
            raw, absolute = convert(raw, unit, "pg/mL"), True
        except UnitMismatch:
            absolute = False
        log10 = np.log10(np.where(raw > 0, raw, np.nan))
    if "state" in assay.matrix.layers:
        state = np.asarray(assay.matrix.layers["state"])[:, np.flatnonzero(here)]
        log10 = np.where(state == State.ABOVE_RANGE, np.nan, log10)
    # Several protein groups of one gene: the one with most values.
    best = int(np.isfinite(log10).sum(axis=0).argmax())
    series = pd.Series(log10[:, best], index=assay.matrix.obs["sample"].astype(str).to_numpy())
    values = series.groupby(level=0).mean().reindex(media.index)
    return _Levels(values, absolute, assay.name) if values.notna().any() else None


def _notes(factors: tuple[Factor, ...], media: pd.DataFrame) -> tuple[str, ...]:
    notes = []
    kinds = {factor.kind for factor in factors}
    if "absolute" in kinds:
        notes.append(UNDILUTED)
    if "relative" in kinds:
        notes.append(RANKS_ONLY)
    donors = media.groupby("group")["donor"].nunique()
    if len(donors) and donors.max() < 2:
        notes.append(
            "One donor a group: this describes these donors, not donors; the spread between donors is assumed."
        )
    return tuple(notes)
