"""Amounts of factors in the media of a study, molar, with the form that the assay measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from secretome import knowledge
from secretome.errors import UnitMismatch
from secretome.study import AMOUNTS, Assay, State, Study
from secretome.units import convert

# What an assay may have measured; an analyte without a declared form is "undeclared".
FORMS = ("total", "free", "active", "latent", "acid-activated", "undeclared")
# Forms of a latent factor (TGF-beta) that say nothing of its active share: never used as active (CLAIMS section 5).
LATENT_FORMS = ("total", "acid-activated", "latent", "undeclared")
# The form that says most of the active ligand is taken where an analyte was measured in several.
BEST_FORM = ("active", "free", "total", "undeclared", "acid-activated", "latent")
_COLUMNS = (
    "assay",
    "material",
    "sample",
    "gene",
    "analyte",
    "gram_per_litre",
    "kilodalton",
    "molar",
    "form",
    "state",
)
# A number beyond a limit keeps its flag; below the limit of detection there is none.
_STATES = {
    State.VALUE: "in range",
    State.MISSING: "missing",
    State.BELOW_LOD: "below detection",
    State.BELOW_LLOQ: "below quantification",
    State.ABOVE_RANGE: "above range",
    State.MEASURED_ZERO: "measured zero",
}


@dataclass(frozen=True)
class Amounts:
    """Amounts, and the analytes that could not be taken, in words.

    Parameters
    ----------
    table
        A row per assay, sample and gene: `assay`, `material`, `sample`, `gene`, `analyte`, `gram_per_litre`,
        `kilodalton` (NaN where the molar mass is not known), `molar` (mol/L, NaN without a number or a molar mass),
        `form`, `state`.
    refused
        Analytes without a concentration, or without a molar mass.
    """

    table: pd.DataFrame
    refused: tuple[str, ...]


def amounts_of(study: Study) -> Amounts:
    """Every immunoassay value of a study that is a concentration of mass or of molecules.

    Parameters
    ----------
    study
        With the assay `amounts` that `define` makes of all immunoassays; without it every panel as it stands.
        `var["unit"]` is needed; `var["gene"]` or the name of the analyte tells the factor, `var["form"]`
        what was measured (total, free, active, latent, acid-activated).

    Notes
    -----
    NPX, RFU, MFI and optical density are no amounts and never become any.

    Examples
    --------
    >>> from anndata import AnnData
    >>> data = AnnData(np.array([[38.2]]), obs=pd.DataFrame({"sample": ["s"]}, index=["w"]),
    ...                var=pd.DataFrame({"unit": ["pg/mL"]}, index=["VEGFA"]))
    >>> study = Study("one", pd.DataFrame(index=["s"])).with_assay(
    ...     Assay("elisa", "panel", "conditioned_medium", data))
    >>> float(amounts_of(study).table["molar"].iloc[0].round(15))
    1e-12
    """
    masses = knowledge.table("molar_masses").frame.set_index("hgnc")["kilodalton"].to_dict()
    names = _names()
    frames, refused = [], []
    for assay in _panels(study):
        if assay.data is not None and assay.scale == "linear":
            table, said = _of_assay(assay, masses, names)
            frames.append(table)
            refused += said
    filled = [frame for frame in frames if len(frame)]
    table = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(_COLUMNS))
    return Amounts(table, tuple(dict.fromkeys(refused)))


def by_form(rows: pd.DataFrame, value: str = "molar") -> tuple[pd.DataFrame, dict[str, str]]:
    """(samples, genes) of one column, repeated measurements averaged, and the form of each gene.

    Parameters
    ----------
    rows
        Of `Amounts.table`.
    value
        `molar` (mol/L) or `gram_per_litre`.

    Notes
    -----
    A gene that was measured in several forms is taken in the one that says most of what may act (`BEST_FORM`);
    forms are never mixed.
    """
    order = {form: place for place, form in enumerate(BEST_FORM)}
    forms = {
        str(gene): min(set(group["form"]), key=lambda form: order[form])
        for gene, group in rows.groupby("gene")
    }
    kept = rows[rows["form"] == rows["gene"].map(forms)]
    table = kept.pivot_table(
        index="sample", columns="gene", values=value, aggfunc="mean", dropna=False, sort=True
    )
    return table.astype(float), forms


def _panels(study: Study) -> tuple[Assay, ...]:
    """The assay of amounts that `define` made of all immunoassays, else every panel as it was read."""
    made = study.assays.get(AMOUNTS)
    return (made,) if made is not None and made.kind == "panel" else study.select(kind="panel")


def _of_assay(
    assay: Assay, masses: Mapping[str, float], names: Mapping[str, str]
) -> tuple[pd.DataFrame, list[str]]:
    var, values = assay.matrix.var, np.asarray(assay.matrix.X, dtype=float)
    samples = assay.matrix.obs["sample"].astype(str).to_numpy()
    states = (
        np.asarray(assay.matrix.layers["state"])
        if "state" in assay.matrix.layers
        else np.where(np.isfinite(values), int(State.VALUE), int(State.MISSING))
    )
    parts, refused = [], []
    for column, analyte in enumerate(var.index.astype(str)):
        gene = gene_of(_cell(var, "gene", column) or analyte, names)
        unit = _cell(var, "unit", column)
        grams = _grams(values[:, column], unit, masses.get(gene))
        if grams is None:
            refused.append(
                f"{assay.name}: {analyte} in {unit or 'no unit'} is no amount that can be made molar"
            )
            continue
        kilodalton = masses.get(gene, np.nan)
        if not np.isfinite(kilodalton):
            refused.append(
                f"{assay.name}: {analyte} in {unit} is no amount that can be made molar: its molar mass is not known"
            )
        parts.append(
            pd.DataFrame(
                {
                    "assay": assay.name,
                    "material": assay.material,
                    "sample": samples,
                    "gene": gene,
                    "analyte": analyte,
                    "gram_per_litre": grams,
                    "kilodalton": kilodalton,
                    "molar": grams / (1000.0 * kilodalton),
                    "form": _form(_cell(var, "form", column)),
                    "state": [_STATES[State(int(state))] for state in states[:, column]],
                }
            )
        )
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(_COLUMNS))
    return table, refused


def gene_of(name: str, names: Mapping[str, str]) -> str:
    """The symbol that an analyte stands for: itself, or by one of its names."""
    return names.get(_bare(name), name.strip().upper())


def _names() -> dict[str, str]:
    table = knowledge.table("factor_names").frame
    return {_bare(name): gene for name, gene in zip(table["name"], table["hgnc"], strict=True)}


def _bare(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())


def _grams(values: np.ndarray, unit: str, kilodalton: float | None) -> np.ndarray | None:
    """Values in g/L, or None when the unit is no concentration, or is molar of an unknown molar mass."""
    if not unit:
        return None
    molar = () if kilodalton is None else (("nmol/L", 1e-9 * 1000.0 * kilodalton),)
    for known, factor in (("g/L", 1.0), *molar):
        try:
            grams: np.ndarray = convert(values, unit, known) * factor
        except UnitMismatch:
            continue
        return grams
    return None


def _form(text: str) -> str:
    word = text.strip().lower().replace("_", "-").replace("acid activated", "acid-activated")
    return word if word in FORMS else "undeclared"


def _cell(var: pd.DataFrame, column: str, position: int) -> str:
    if column not in var or pd.isna(var[column].iloc[position]):
        return ""
    return str(var[column].iloc[position])
