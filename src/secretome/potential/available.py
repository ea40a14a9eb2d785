"""Available ligand and receptor occupancy in each sample: capture, antagonists and latency, never mixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.amounts import LATENT_FORMS
from secretome.binding import Constant, Constants, free_molar
from secretome.stats.binding import receptor_occupancy

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ligand:
    """One ligand in m media, at the dilution of the receiving cell.

    Parameters
    ----------
    gene, form
        What was measured.
    total
        (m,) mol/L; NaN without a number.
    available
        (m,) mol/L that a receptor may meet.
    occupancy, without_rival
        (m,) share of the receptor taken by the ligand, with and without the antagonists of the medium.
    draws
        (b, m) occupancy under draws of the constants.
    receptor, receptor_kd
        What was computed with.
    captors, rivals
        What was measured in the same media and taken into account.
    unsourced
        Captors in the medium without a sourced constant: available ligand is then at most what stands here.
    status
        Why there is no number, or how it was reached.
    """

    gene: str
    form: str
    total: Floats
    available: Floats
    occupancy: Floats
    without_rival: Floats
    draws: Floats
    receptor: str
    receptor_kd: Constant
    captors: tuple[str, ...]
    rivals: tuple[str, ...]
    unsourced: tuple[str, ...]
    status: str

    @property
    def counts(self) -> bool:
        """Whether its occupancy may stand in a score."""
        return self.status in {"computed", "active share as given"}


def ligands(
    molar: pd.DataFrame,
    forms: Mapping[str, str],
    known: Constants,
    *,
    dilution: float = 0.0,
    active_share: float = 0.0,
    draws: int = 1000,
    generator: np.random.Generator,
) -> tuple[Ligand, ...]:
    """Available ligand and occupancy of every analyte.

    Parameters
    ----------
    molar
        (m, l) mol/L in the measured media, a column per gene; NaN without a number.
    forms
        Gene to the form that was measured.
    known
        Mechanisms and constants.
    dilution
        At the receiving cell; 0 counts as 1: undiluted.
    active_share
        Of latent TGF-beta; 0 means not given.
    draws, generator
        Of the constants.
    """
    diluted = molar / (dilution or 1.0)
    free, unsourced = free_molar(diluted, forms, known)
    return tuple(
        _one(gene, diluted, free, unsourced.get(gene, ()), forms, known, active_share, draws, generator)
        for gene in molar.columns
    )


def _one(
    gene: str,
    diluted: pd.DataFrame,
    free: pd.DataFrame,
    unsourced: tuple[str, ...],
    forms: Mapping[str, str],
    known: Constants,
    active_share: float,
    draws: int,
    generator: np.random.Generator,
) -> Ligand:
    form = forms.get(gene, "undeclared")
    total, available = diluted[gene].to_numpy(float), free[gene].to_numpy(float)
    status = "computed"
    if gene in known.latent and form in LATENT_FORMS:
        status = "active share as given" if active_share else "latent: active share not measured"
        available = available * active_share if active_share else np.full(len(total), np.nan)
    receptor, kd = known.receptor(gene)
    rivals = [(name, at) for name, at in known.rivals.get(gene, ()) if name in diluted.columns]
    own = _as_antagonist(gene, known)
    if own:
        receptor, kd = own, known.antagonist(gene, own)
    held = [(diluted[name].fillna(0.0).to_numpy(float), known.antagonist(name, at)) for name, at in rivals]
    drawn_kd = _drawn(kd, draws, generator)
    drawn_rivals = [(amount, _drawn(constant, draws, generator)) for amount, constant in held]
    load = sum(amount / constant.molar for amount, constant in held)
    drawn_load = sum(amount[None, :] / constant[:, None] for amount, constant in drawn_rivals)
    return Ligand(
        gene=gene,
        form=form,
        total=total,
        available=available,
        occupancy=_occupied(available, kd.molar, load),
        without_rival=_occupied(available, kd.molar, 0.0),
        draws=_occupied(available[None, :], drawn_kd[:, None], drawn_load),
        receptor=receptor,
        receptor_kd=kd,
        captors=tuple(
            name
            for name in known.captors.get(gene, ())
            if name in diluted.columns
            and known.pair(gene, name) is not None
            and form not in {"free", "active"}
        ),
        rivals=tuple(name for name, _ in rivals),
        unsourced=unsourced,
        status=status,
    )


def _occupied(ligand: Floats, kd: float | Floats, rival_load: float | Floats) -> Floats:
    """Occupancy, NaN where there is no concentration; rivals come as concentration over constant."""
    there = np.isfinite(ligand)
    found = receptor_occupancy(
        np.where(there, ligand, 0.0), kd, antagonist=rival_load, antagonist_kd=1.0
    ).agonist
    return np.where(np.broadcast_to(there, found.shape), found, np.nan)


def _as_antagonist(gene: str, known: Constants) -> str:
    """The receptor that this factor itself occupies without acting, or empty."""
    return next((at for pairs in known.rivals.values() for name, at in pairs if name == gene), "")


def _drawn(constant: Constant, draws: int, generator: np.random.Generator) -> Floats:
    drawn: Floats = constant.molar * 10 ** generator.normal(0.0, constant.log10_sd, draws)
    return drawn


def interval(ligand: Ligand) -> tuple[Floats, Floats]:
    """95 % interval (m,) of the occupancy from its constants alone."""
    low, high = np.quantile(ligand.draws, [0.025, 0.975], axis=0)
    return np.asarray(low), np.asarray(high)
