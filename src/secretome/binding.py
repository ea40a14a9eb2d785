"""What holds a ligand, what rivals it at its receptor, what keeps it latent, and with which constants."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from secretome import knowledge
from secretome.results import Source
from secretome.stats.binding import free_ligand

TABLES = ("antagonists", "binding_constants", "latency", "molar_masses")
# Where no constant was sourced a receptor is taken to be half full at this concentration, mol/L, with a
# spread (log10) that spans from picomolar to nanomolar receptors: our choice, told in every row that uses it.
PRIOR_MOLAR, PRIOR_LOG10_SD = 1e-10, 0.7
# The spread between laboratories of a constant that was sourced.
SOURCED_LOG10_SD = 0.3


@dataclass(frozen=True)
class Constant:
    """A dissociation constant in mol/L, its spread and where it comes from (empty: our prior)."""

    molar: float
    log10_sd: float
    source: str = ""


@dataclass(frozen=True)
class Constants:
    """Mechanisms of available ligand, and the constants in use.

    Parameters
    ----------
    captors
        Ligand to what holds it in solution.
    rivals
        Ligand to the antagonists of its receptor, with that receptor.
    latent
        Factors that are released latent: share that may be active, lowest and highest.
    rows
        Rows of `antagonists` and of `latency`, for the words and citations.
    """

    captors: Mapping[str, tuple[str, ...]]
    rivals: Mapping[str, tuple[tuple[str, str], ...]]
    latent: Mapping[str, tuple[float, float]]
    pairs: Mapping[tuple[str, str], Constant]
    receptors: Mapping[str, tuple[str, Constant]]
    rows: pd.DataFrame
    sources: tuple[Source, ...]

    def receptor(self, ligand: str) -> tuple[str, Constant]:
        """The receptor that a ligand fills first, and its constant; our prior where none is sourced."""
        return self.receptors.get(ligand, ("", Constant(PRIOR_MOLAR, PRIOR_LOG10_SD)))

    def pair(self, one: str, other: str) -> Constant | None:
        """The constant of a ligand and its captor, or None when none is sourced."""
        return self.pairs.get((one, other))

    def antagonist(self, rival: str, receptor: str) -> Constant:
        """The constant of an antagonist at a receptor; our prior where none is sourced."""
        return self.pairs.get((rival, receptor), Constant(PRIOR_MOLAR, PRIOR_LOG10_SD))


def constants(*, unverified: bool = False) -> Constants:
    """Mechanisms by the project rule, constants only where the source was read (or when asked for).

    Parameters
    ----------
    unverified
        Use constants too whose source nobody read.

    Examples
    --------
    >>> known = constants()
    >>> known.rivals["IL1B"], "FLT1" in known.captors["VEGFA"], sorted(known.latent)[0]
    ((('IL1RN', 'IL1R1'),), True, 'TGFB1')
    """
    tables = {name: knowledge.table(name) for name in TABLES}
    held, kd, latency = (tables[name].frame for name in ("antagonists", "binding_constants", "latency"))
    kd = kd if unverified else kd[kd["verified"] == "page"]
    captors: dict[str, list[str]] = {}
    rivals: dict[str, list[tuple[str, str]]] = {}
    for row in held.to_dict("records"):
        for ligand in str(row["ligands"]).split(";"):
            if row["mechanism"] == "capture":
                captors.setdefault(ligand, []).append(str(row["antagonist"]))
            else:
                rivals.setdefault(ligand, []).append((str(row["antagonist"]), str(row["target"])))
    pairs, receptors = _pairs(kd)
    return Constants(
        captors={ligand: tuple(names) for ligand, names in captors.items()},
        rivals={ligand: tuple(names) for ligand, names in rivals.items()},
        latent={
            str(row["hgnc"]): (float(row["active_fraction_low"]), float(row["active_fraction_high"]))
            for row in latency.to_dict("records")
        },
        pairs=pairs,
        receptors=receptors,
        rows=_rows(held, latency),
        sources=tuple(Source(t.name, t.version, t.sha256) for t in tables.values()),
    )


def free_molar(
    molar: pd.DataFrame, forms: Mapping[str, str], known: Constants, *, without: Collection[str] = ()
) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]]]:
    """Free concentrations by mass action of every ligand with the captors of the same medium.

    Parameters
    ----------
    molar
        (m, l) mol/L in the media as the receiving cell meets them; NaN without a number.
    forms
        Gene to the form that was measured.
    known
        Mechanisms and constants.
    without
        Captors to leave out: those that a model has as nodes act there.

    Returns
    -------
    (m, l) mol/L free; and per ligand the captors in these media without a sourced constant: its free
    concentration is at most what stands here.

    Notes
    -----
    Values of free or active form are left as they are, and so are factors that are released latent; a captor
    below detection holds nothing that could be computed.

    Examples
    --------
    >>> media = pd.DataFrame({"IGF1": [1e-9], "IGFBP3": [2e-9]})
    >>> free, _ = free_molar(media, {"IGF1": "total"}, constants())
    >>> bool(free["IGF1"].iloc[0] < 2e-10)
    True
    """
    free, unsourced = molar.copy(), {}
    pairs: dict[str, list[str]] = {}
    for ligand in molar.columns:
        if forms.get(ligand) in {"free", "active"} or ligand in known.latent:
            continue
        present = [
            name for name in known.captors.get(ligand, ()) if name in molar.columns and name not in without
        ]
        pairs[ligand] = [name for name in present if known.pair(ligand, name) is not None]
        missing = tuple(name for name in present if known.pair(ligand, name) is None)
        if missing:
            unsourced[ligand] = missing
    bound = sorted(ligand for ligand, captors in pairs.items() if captors)
    if bound:
        binders = sorted({name for ligand in bound for name in pairs[ligand]})
        kd = np.full((len(bound), len(binders)), np.inf)
        for row, ligand in enumerate(bound):
            for name in pairs[ligand]:
                found = known.pair(ligand, name)
                kd[row, binders.index(name)] = found.molar if found else np.inf
        there = molar[bound].notna().to_numpy()
        solved = free_ligand(molar[bound].fillna(0.0), molar[binders].fillna(0.0), kd)
        free[bound] = np.where(there, solved.free, np.nan)
    return free, unsourced


def _pairs(
    kd: pd.DataFrame,
) -> tuple[dict[tuple[str, str], Constant], dict[str, tuple[str, Constant]]]:
    """Constants by pair (the tightest of several), and for each ligand its tightest receptor."""
    pairs: dict[tuple[str, str], Constant] = {}
    receptors: dict[str, tuple[str, Constant]] = {}
    for row in kd.sort_values("kd_molar", kind="stable").to_dict("records"):
        found = Constant(float(row["kd_molar"]), SOURCED_LOG10_SD, str(row["source"]))
        pairs.setdefault((str(row["ligand"]), str(row["partner"])), found)
        if row["partner_kind"] == "receptor":
            receptors.setdefault(str(row["ligand"]), (str(row["partner"]), found))
    return pairs, receptors


def _rows(held: pd.DataFrame, latency: pd.DataFrame) -> pd.DataFrame:
    """One row a ligand and what withholds it: `ligand`, `withheld_by`, `mechanism`, `statement`, source."""
    lines = [
        {"ligand": ligand, "withheld_by": row["antagonist"], **_cited(row, row["mechanism"])}
        for row in held.to_dict("records")
        for ligand in str(row["ligands"]).split(";")
    ]
    lines += [
        {"ligand": row["hgnc"], "withheld_by": row["held_by"], **_cited(row, "latency")}
        for row in latency.to_dict("records")
    ]
    return pd.DataFrame(lines)


def _cited(row: Mapping[str, object], mechanism: object) -> dict[str, object]:
    return {
        "mechanism": mechanism,
        "statement": row["statement"],
        "citation": row["source"],
        "doi": row["doi_or_id"],
        "verified": row["verified"],
    }
