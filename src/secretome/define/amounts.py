"""Concentrations in the medium and amounts per million cells, each with the field that is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
from anndata import AnnData

from secretome.knowledge import table
from secretome.knowledge.additives import declared_additives
from secretome.results import Answer, Cell, Result
from secretome.study import AMOUNTS, Assay, State, Study

from ._knowledge import sources
from .bands import against, bands
from .calibration import mass_factor
from .handling import divisor
from .levels import STATE_WORDS

UNIT = "pg/mL"
# CLAIMS section 3: what an amount is made of.
_FIELDS = ("cells_at_harvest", "volume_ml", "hours")
_NUMBERS = ("value", "lower", "upper", "limit")
LAYERS = ("pg_per_million_cells", "pg_per_million_cells_24_h", "lower", "upper", "limit")


def amounts_of(values: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Every absolute value as a concentration of the medium and as an amount.

    Parameters
    ----------
    values
        Rows of `levels.values_of`.
    study
        For cells, volume, hours, concentration factor and declared additives.

    Returns
    -------
    DataFrame with `pg_ml` (medium as collected), `pg_per_million_cells` (over the real hours),
    `pg_per_million_cells_24_h` (assumes linear accumulation), `lower`, `upper`, `limit` (pg per million cells),
    `missing` (the fields without which there is no amount), `additive`.

    Notes
    -----
    amount = concentration / concentration factor * volume / (cells / 10^6).
    """
    frame = values[values["unit"].map(mass_factor).notna()].reset_index(drop=True)
    sheet = study.samples.reindex(frame["sample"]).reset_index(drop=True)
    known = {name: _numbers(sheet, name) for name in (*_FIELDS, "concentration_factor")}
    factor, unclear = _factor(frame, known["concentration_factor"])
    out = frame.drop(columns=[*_NUMBERS, "unit"])
    scale = np.array([mass_factor(str(unit), UNIT) for unit in frame["unit"]], dtype=float)
    for name in _NUMBERS:
        out[f"{name}_pg_ml"] = frame[name].to_numpy(dtype=float) * scale / factor
    per_cells = known["volume_ml"] / (known["cells_at_harvest"] / 1e6)
    complete = np.isfinite(per_cells) & np.isfinite(known["hours"])
    per_cells = np.where(complete, per_cells, np.nan)
    out["pg_per_million_cells"] = out["value_pg_ml"] * per_cells
    for name in ("lower", "upper", "limit"):
        out[name] = out[f"{name}_pg_ml"] * per_cells
    out["pg_per_million_cells_24_h"] = out["pg_per_million_cells"] * 24 / known["hours"]
    out["hours"] = known["hours"]
    out["missing"] = _missing(known, unclear)
    out["additive"] = _additive(frame, study)
    return out


def result(amounts: pd.DataFrame, study: Study) -> Result:
    """The result `define.amounts`, with its plausibility bands."""
    known = bands(table("reference_levels").frame)
    judged = against(amounts, known)
    words = amounts.assign(state=amounts["state"].map(STATE_WORDS))
    made = amounts[amounts["missing"] == ""]
    numbers = made["pg_per_million_cells"].notna()
    summary = pd.DataFrame(
        {
            "values": [len(amounts)],
            "amounts": [int(numbers.sum())],
            "limits": [int(made["limit"].notna().sum())],
            "without": [int((amounts["missing"] != "").sum())],
            "genes": [int(made.loc[numbers, "gene"].nunique())],
            "outside": [int(judged["place"].isin(["below", "above"]).sum())],
            "banded": [int(judged["place"].isin(["below", "above", "inside"]).sum())],
        }
    )
    template = (
        "{amounts} amounts of {genes} factors per million harvested cells over the real hours; for {without} of "
        "{values} values a field is missing. {outside} of {banded} group medians lie outside the levels that others reported."
    )
    names = ("amounts", "genes", "without", "values", "outside", "banded")
    return Result(
        stage="define",
        name="amounts",
        question="How much of each factor did the cells release?",
        answer=Answer(template, {name: Cell("summary", name) for name in names}),
        verdict="warn" if len(made) < len(amounts) else None,
        tables={"summary": summary, "amounts": words, "bands": judged, "reported": known},
        parameters={"per": "10^6 harvested cells, real hours", "blank_subtracted": False},
        sources=sources("reference_levels", "additives"),
        notes=_notes(amounts, study),
        lacks=_lacks(amounts),
    )


def assay_of(amounts: pd.DataFrame, preferred: pd.DataFrame) -> Assay:
    """The assay `amounts`: one column a factor and form, of its preferred platform; X in pg/mL of medium.

    Parameters
    ----------
    amounts
        Of `amounts_of`.
    preferred
        Of `concordance.preferred`: assay, analyte, gene, form, preferred, why.

    Returns
    -------
    Assay with var columns `gene`, `form`, `unit`, `assay`, `analyte`, `preferred`, `why_not`, and layers `state`,
    `limit_pg_ml`, `pg_per_million_cells`, `pg_per_million_cells_24_h`, `lower`, `upper`, `limit` (per million cells).
    """
    chosen = preferred[preferred["chosen"]].reset_index(drop=True)
    samples = list(dict.fromkeys(amounts["sample"]))
    names = [f"{row.gene}:{row.form}" if row.form else str(row.gene) for row in chosen.itertuples()]
    layers = {name: np.full((len(samples), len(chosen)), np.nan) for name in ("X", "limit_pg_ml", *LAYERS)}
    state = np.full((len(samples), len(chosen)), int(State.MISSING), dtype=np.int8)
    place = {name: i for i, name in enumerate(samples)}
    for j, row in enumerate(chosen.itertuples()):
        mine = amounts[(amounts["assay"] == row.assay) & (amounts["analyte"] == row.analyte)]
        at = mine["sample"].map(place).to_numpy()
        state[at, j] = mine["state"].to_numpy()
        layers["X"][at, j] = mine["value_pg_ml"]
        layers["limit_pg_ml"][at, j] = mine["limit_pg_ml"]
        for name in LAYERS:
            layers[name][at, j] = mine[name]
    var = (
        chosen[["gene", "form", "assay", "analyte", "preferred", "why_not"]].set_axis(names).assign(unit=UNIT)
    )
    data = AnnData(layers.pop("X"), obs=pd.DataFrame({"sample": samples}, index=samples), var=var)
    data.layers["state"] = state
    for name, values in layers.items():
        data.layers[name] = values
    return Assay(AMOUNTS, "panel", "conditioned_medium", data=data)


def _numbers(sheet: pd.DataFrame, name: str) -> np.ndarray:
    """A column of the sample table; what is not above 0 counts as missing."""
    if name not in sheet:
        return np.full(len(sheet), np.nan)
    values = pd.to_numeric(sheet[name], errors="coerce").to_numpy(dtype=float)
    return np.where(values > 0, values, np.nan)


def _factor(frame: pd.DataFrame, given: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """What each value is divided by to give the medium, and which field is missing for that."""
    pairs = [divisor(str(said), float(one)) for said, one in zip(frame["concentrated"], given, strict=True)]
    return np.array([factor for factor, _ in pairs]), [why for _, why in pairs]


def _missing(known: dict[str, np.ndarray], unclear: list[str]) -> list[str]:
    fields = [np.where(np.isnan(known[name]), name, "") for name in _FIELDS]
    return [", ".join(text for text in texts if text) for texts in zip(*fields, unclear, strict=True)]


def _additive(frame: pd.DataFrame, study: Study) -> list[bool]:
    symbols = set(frame["gene"].dropna()) - {""}
    declared = declared_additives(study.samples, table("additives").frame, symbols).genes
    return [
        gene in declared.get(str(sample), frozenset())
        for sample, gene in zip(frame["sample"], frame["gene"], strict=True)
    ]


def _notes(amounts: pd.DataFrame, study: Study) -> tuple[str, ...]:
    told = [
        "Bands are levels that others reported, of other hours, media and cells: a place to look, never a limit."
    ]
    if (amounts["hours"].notna() & amounts["pg_per_million_cells"].notna()).any():
        told.append(
            "A rate per 24 hours assumes that the factor accumulated in proportion to time; that was not shown."
        )
    if amounts["concentrated"].eq("yes").any() and "step_recovery_percent" not in study.samples:
        told.append("Step recovery of the concentration was not measured: amounts are what was recovered.")
    added = amounts.loc[amounts["additive"], "gene"]
    if len(added):
        names = ", ".join(dict.fromkeys(map(str, added)))
        told.append(f"{names}: declared additives of some media; there the amount is not what cells made.")
    return tuple(told)


def _lacks(amounts: pd.DataFrame) -> tuple[str, ...]:
    gaps = amounts[amounts["missing"] != ""]
    return tuple(
        f"No amount for {mine['sample'].nunique()} samples of {assay}: {missing} is missing."
        for (assay, missing), mine in gaps.groupby(["assay", "missing"], sort=False)
    )
