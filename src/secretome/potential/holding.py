"""The result `potential.ligands`: what is free to act, what holds it back, and how much of a receptor it takes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from secretome.amounts import Amounts
from secretome.binding import PRIOR_LOG10_SD, PRIOR_MOLAR, SOURCED_LOG10_SD, Constants
from secretome.plan import PotentialOptions
from secretome.results import Answer, Cell, Method, Result
from secretome.study import Study

from .available import interval
from .medium import Medium
from .occupancy import Bathed
from .stacking import stacked

LIGANDS = (
    "assay",
    "sample",
    "donor",
    "group",
    "gene",
    "form",
    "total_molar",
    "available_molar",
    "available_percent",
    "bound",
    "occupancy_percent",
    "occupancy_lower",
    "occupancy_upper",
    "occupancy_without_antagonist_percent",
    "held_by",
    "antagonists",
    "receptor",
    "kd_molar",
    "kd_source",
    "status",
)
DIRECTIONS = (
    "assay",
    "material",
    "ligand",
    "ligand_seen",
    "withheld_by",
    "withheld_by_seen",
    "mechanism",
    "direction",
    "statement",
    "citation",
    "doi",
    "verified",
)
_DIRECTION = {
    "capture": "available ligand is lower than its total",
    "receptor antagonist": "available ligand is unchanged, its receptor is less occupied",
    "latency": "available ligand is lower than its total by a share that was not measured",
}
UNDILUTED = "Occupancy is read as if undiluted CM in a dish: no dilution at the receiving cell is given."
_NOTES = (
    (
        "Three mechanisms, never mixed: capture lowers the free concentration, an antagonist lowers occupancy and leaves "
        "the concentration as it is, latency leaves an unknown share active."
    ),
    "A total of TGF-beta, above all from an acid-activated assay, is never used as active.",
    "A value of free form is not corrected again. Vesicles have no soluble constant and no occupancy.",
    "One binding site each, at equilibrium, at 37 °C in no matrix: heparan sulphate, proteases and uptake are not in it.",
    "Molar masses are rounded; glycosylation moves them by up to a third.",
)


def result(
    media: tuple[Medium, ...],
    amounts: Amounts,
    baths: tuple[Bathed, ...],
    known: Constants,
    options: PotentialOptions,
    study: Study,
) -> Result:
    """Available ligand of media with amounts; directions only for what was seen without amounts."""
    rows = stacked([_rows(one, options) for one in baths], LIGANDS)
    directions = stacked([_directions(one, known) for one in media], DIRECTIONS)
    seen = directions[directions["withheld_by_seen"].astype(str) == "yes"] if len(directions) else directions
    computed = rows[rows["occupancy_percent"].notna()] if len(rows) else rows
    summary = pd.DataFrame(
        {
            "ligands": [int(computed["gene"].nunique())],
            "samples": [int(computed["sample"].nunique())],
            "held": [int((computed["held_by"].astype(str) != "").sum()) if len(computed) else 0],
            "directions": [len(seen.drop_duplicates(["ligand", "withheld_by"])) if len(seen) else 0],
        }
    )
    notes = [*_NOTES, *amounts.refused]
    if len(rows) and not options.dilution:
        notes.insert(0, UNDILUTED)
    if len(rows) and (rows["kd_source"] == "our prior").any():
        genes = ", ".join(sorted(set(rows.loc[rows["kd_source"] == "our prior", "gene"])))
        notes.append(f"No sourced constant, our prior instead (wide): {genes}.")
    return Result(
        stage="potential",
        name="ligands",
        question="How much ligand is free to act, and how much of its receptor would it take?",
        answer=_answer(computed=bool(len(computed))),
        verdict=None if len(computed) else "not tested",
        tables={"summary": summary, "ligands": rows, "directions": directions},
        parameters={
            "dilution": options.dilution or "as if undiluted",
            "active_tgf_beta": options.active_tgf_beta or "not given",
            "prior_kd_molar": PRIOR_MOLAR,
            "prior_log10_sd": PRIOR_LOG10_SD,
            "sourced_log10_sd": SOURCED_LOG10_SD,
            "draws": options.draws,
        },
        sources=known.sources,
        notes=tuple(notes),
        lacks=_lacks(study, computed=bool(len(computed)), options=options),
        methods=(
            Method(
                "Free ligand was computed by mass action with the captors measured in the same medium, occupancy of "
                "receptors by competition with the antagonists measured there.",
                ("10.1137/0113025", "10.1111/j.1476-5381.1959.tb00928.x"),
            ),
        )
        if len(computed)
        else (),
    )


def _rows(one: Bathed, options: PotentialOptions) -> pd.DataFrame:
    parts = []
    for ligand in one.ligands:
        low, high = interval(ligand) if ligand.counts else (np.nan, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (
                100
                * ligand.available
                * (options.dilution or 1.0)
                / (ligand.total * (options.dilution or 1.0))
            )
        parts.append(
            pd.DataFrame(
                {
                    "assay": one.assay,
                    "sample": one.samples,
                    "donor": one.unit,
                    "group": one.group,
                    "gene": ligand.gene,
                    "form": ligand.form,
                    "total_molar": ligand.total,
                    "available_molar": ligand.available,
                    "available_percent": share,
                    "bound": "at most: no sourced constant of " + ", ".join(ligand.unsourced)
                    if ligand.unsourced
                    else "",
                    "occupancy_percent": 100 * ligand.occupancy,
                    "occupancy_lower": 100 * low,
                    "occupancy_upper": 100 * high,
                    "occupancy_without_antagonist_percent": 100 * ligand.without_rival,
                    "held_by": ", ".join(ligand.captors),
                    "antagonists": ", ".join(ligand.rivals),
                    "receptor": ligand.receptor,
                    "kd_molar": ligand.receptor_kd.molar,
                    "kd_source": ligand.receptor_kd.source or "our prior",
                    "status": np.where(np.isfinite(ligand.total), ligand.status, "no number"),
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(LIGANDS))


def _directions(one: Medium, known: Constants) -> pd.DataFrame:
    """What was seen in the proteome beside its ligand: only the direction is stated without amounts."""
    genes = _genes(one)
    table = known.rows.copy()
    table["ligand_seen"] = ["yes" if gene in genes else "not detected" for gene in table["ligand"]]
    latent = table["mechanism"] == "latency"
    table["withheld_by_seen"] = [
        "yes" if gene in genes or (is_latent and ligand in genes) else "not detected"
        for gene, is_latent, ligand in zip(table["withheld_by"], latent, table["ligand"], strict=True)
    ]
    table["direction"] = table["mechanism"].map(_DIRECTION)
    some = table[(table["ligand_seen"] == "yes") | (table["withheld_by_seen"] == "yes")]
    return some.assign(**one.where)


def _genes(one: Medium) -> frozenset[str]:
    """Symbols detected in any sample of the profile, of all proteins."""
    var = one.assay.matrix.var
    names = set(one.samples.proteins.tolist())
    symbols = var["gene"] if "gene" in var else pd.Series(var.index, index=var.index)
    found = {
        str(symbol).upper() for name, symbol in zip(var.index, symbols, strict=True) if str(name) in names
    }
    return frozenset(found | set(one.samples.genes))


def _answer(*, computed: bool) -> Answer:
    if not computed:
        return Answer(
            "No molar amounts: free ligand and occupancy are not computed. For {directions} pairs of a ligand and what "
            "withholds it the direction is stated.",
            {"directions": Cell("summary", "directions")},
        )
    return Answer(
        "Occupancy was computed for {ligands} factors in {samples} media; captors in the same medium held {held} of "
        "these values back. Occupancy of a receptor is not an effect.",
        {name: Cell("summary", name) for name in ("ligands", "samples", "held")},
    )


def _lacks(study: Study, *, computed: bool, options: PotentialOptions) -> tuple[str, ...]:
    lacks = []
    if not computed:
        lacks.append("Amounts by a calibrated immunoassay of the factors and of what holds them.")
    if computed and not options.dilution:
        lacks.append("The dilution of the medium at the receiving cell ([potential] dilution).")
    if not study.select(kind="activity"):
        lacks.append("A functional assay, without which occupancy stays arithmetic.")
    return tuple(lacks)
