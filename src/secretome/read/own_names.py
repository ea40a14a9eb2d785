"""Measurements of instruments under the names of the sample sheet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from secretome.errors import Problem, near_misses
from secretome.plan import AssayPlan, Plan
from secretome.study import Assay

from .measured import Measured
from .runs import Sheet


def unlisted(plan: Plan, assay: AssayPlan, found: Measured, sheet: Sheet | None) -> list[Problem]:
    """Samples of an instrument that the sample sheet lacks."""
    if sheet is None:
        return []
    file = (plan.samples.file or plan.file).name
    return [
        Problem(
            assay.file.name,
            f"sample {name!r} is measured but not in {file}",
            "a row of the sample sheet for each sample",
            f"Add the row, or mend the name{near_misses(name, sheet.names())}",
        )
        for name in found.samples()
        if sheet.run(name) is None
    ]


def renamed(assay: AssayPlan, found: Measured, sheet: Sheet | None) -> Measured:
    """The table with the names of the sample sheet."""
    if sheet is None:
        return found
    runs = {name: sheet.run(str(name)) for name in dict.fromkeys(found.table["sample"])}
    names = {name: name if run is None else run.sample for name, run in runs.items()}
    table = found.table.assign(sample=found.table["sample"].map(names))
    material = sheet.samples["material"] if "material" in sheet.samples else pd.Series(dtype=object)
    aside = set(material.index[material.isin(["medium_blank", "standard", "control"])])
    # "control 1" is a well of a kit in one laboratory and untreated cells in another: the sheet decides
    listed = table["sample"].isin(set(sheet.samples.index) - aside) & table["kind"].isin(["control", "blank"])
    table["kind"] = table["kind"].mask(listed, "sample")
    kit = list(dict.fromkeys(table.loc[table["kind"] == "control", "sample"]))
    if not kit:
        return replace(found, table=table)
    told = f"{assay.file.name}: taken as controls of the kit, for the sample sheet does not list them: {', '.join(map(str, kit[:8]))}"
    return replace(found, table=table, remarks=(*found.remarks, told))


def listed_row(assay: Assay, file: Path) -> dict[str, object]:
    """What the list of assays says of a tidy table of an instrument."""
    table = assay.tidy
    mine = table[table["kind"] == "sample"]
    named = next((name for name in ("analyte", "target") if name in table), None)
    numbers = [name for name in ("signal", "value", "particles_per_ml") if name in mine]
    return {
        "assay": assay.name,
        "kind": assay.kind,
        "material": assay.material,
        "file": file.name,
        "format": str(table["format"].iloc[0]),
        "quantity": _quantity(table),
        "measurements": len(mine),
        "samples": int(mine["sample"].nunique()),
        "analytes": int(mine[named].nunique()) if named else 1,
        "missing_percent": float(mine[numbers].isna().all(axis=1).mean() * 100) if len(mine) else 0.0,
        "treated_before": "",
        "filled_in_removed": 0,
        "imputed": "",
        "unit": ", ".join(dict.fromkeys(map(str, table["unit"]))) if "unit" in table else "particles/mL",
    }


def _quantity(table: pd.DataFrame) -> str:
    """What the numbers of an instrument are."""
    if "particles_per_ml" in table:
        return "particles per mL"
    signals = [str(unit) for unit in table.get("signal_unit", pd.Series(dtype=object)).unique() if unit]
    return ", ".join(signals) or ", ".join(dict.fromkeys(map(str, table["unit"])))
