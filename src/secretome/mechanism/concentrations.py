"""Concentrations of free factors at the receiving cell, from the amounts that immunoassays gave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from secretome.amounts import amounts_of, by_form
from secretome.binding import constants, free_molar
from secretome.results import Source
from secretome.study import Study

SOLUBLE = "conditioned_medium"
_PG_ML = 1e9  # pg/mL in one g/L
# States that say that nobody has a number, without saying that it is low.
_UNASKED = ("missing", "above range")


@dataclass(frozen=True)
class Concentrations:
    """Free concentrations of the media of a study, at the dilution of the receiving cell.

    Parameters
    ----------
    free_pg_ml
        (samples, genes) pg/mL; NaN without a number.
    forms
        Gene to the form that was measured.
    assays
        Gene to the assay.
    unasked
        Gene to the samples without a number for another reason than being low.
    held
        Gene to the captors that were taken off.
    unsourced
        Gene to captors in the same media without a sourced constant.
    sources
        Knowledge tables of the constants; empty without a concentration.
    """

    free_pg_ml: pd.DataFrame
    forms: Mapping[str, str] = field(default_factory=dict)
    assays: Mapping[str, str] = field(default_factory=dict)
    unasked: Mapping[str, frozenset[str]] = field(default_factory=dict)
    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unsourced: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()

    def told(self, gene: str) -> str:
        """The assay, the form, and what was taken off."""
        off = f", less what {' and '.join(self.held[gene])} holds" if gene in self.held else ""
        return f"{self.assays[gene]} ({self.forms[gene]} form){off}"

    def notes(self, genes: Iterable[str]) -> Iterator[str]:
        """Captors of the factors of a model whose hold could not be computed."""
        for gene in sorted(set(genes) & set(self.unsourced)):
            yield (
                f"{gene}: {' and '.join(self.unsourced[gene])} was measured in the same medium, but no constant with a "
                "source that was read exists: its free concentration is at most what is used."
            )


def concentrations(
    study: Study, samples: Iterable[str], *, dilution: float = 0.0, without: frozenset[str] = frozenset()
) -> Concentrations:
    """What immunoassays say of the free factors of some media; the first assay that holds a gene speaks for it.

    Parameters
    ----------
    study
        After `define`, with its assay `amounts`.
    samples
        Media to take.
    dilution
        How many times they are diluted at the receiving cell; 0 means not given and counts as 1.
    without
        Captors that act elsewhere: nodes of the model.
    """
    table = amounts_of(study).table
    table = table[(table["material"] == SOLUBLE) & table["sample"].isin(list(samples))]
    known = constants()
    found = Concentrations(pd.DataFrame())
    # one assay a pass, because a captor holds only what was measured beside it
    for assay in dict.fromkeys(table["assay"]):
        rows = table[(table["assay"] == assay) & ~table["gene"].isin(list(found.free_pg_ml.columns))]
        rows = rows.assign(gram_per_litre=rows["gram_per_litre"].where(rows["state"] != "above range"))
        molar, _ = by_form(rows)
        mass, forms = by_form(rows, "gram_per_litre")
        free, unsourced = free_molar(molar / (dilution or 1.0), forms, known, without=without)
        # without a molar mass nothing can be taken off
        share = (free / (molar / (dilution or 1.0))).where(molar > 0, 1.0)
        pg_ml = mass * _PG_ML / (dilution or 1.0) * share
        lowered = [gene for gene in pg_ml if (share[gene] < 1 - 1e-12).any()]
        found = Concentrations(
            pg_ml if found.free_pg_ml.empty else found.free_pg_ml.join(pg_ml, how="outer"),
            {**found.forms, **forms},
            {**found.assays, **dict.fromkeys(forms, str(assay))},
            {**found.unasked, **{gene: _unasked(rows, gene, forms[gene]) for gene in forms}},
            {
                **found.held,
                **{gene: _captors(gene, known.captors, known.pairs, molar, without) for gene in lowered},
            },
            {**found.unsourced, **unsourced},
            known.sources,
        )
    return found


def _unasked(rows: pd.DataFrame, gene: str, form: str) -> frozenset[str]:
    mine = rows[(rows["gene"] == gene) & (rows["form"] == form)]
    return frozenset(mine.loc[mine["state"].isin(_UNASKED), "sample"].astype(str))


def _captors(
    gene: str,
    captors: Mapping[str, tuple[str, ...]],
    pairs: Mapping[tuple[str, str], object],
    molar: pd.DataFrame,
    without: frozenset[str],
) -> tuple[str, ...]:
    return tuple(
        name
        for name in captors.get(gene, ())
        if name in molar and name not in without and (gene, name) in pairs and np.isfinite(molar[name]).any()
    )
