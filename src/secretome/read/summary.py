"""What was read, as a result: assays, samples, the product record."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from secretome.plan import AssayPlan, Plan
from secretome.results import Answer, Cell, Result
from secretome.study import PRODUCT_RECORD, Study

from .instruments import MEASURED_KINDS
from .own_names import listed_row
from .proteins import ProteinTable
from .recognise import FORMATS
from .tissues import named_tissues


def describe(
    study: Study, plan: Plan, tables: Mapping[str, tuple[AssayPlan, ProteinTable]], notes: tuple[str, ...]
) -> Result:
    """The result `read.study`: samples, assays and the product record with its gaps."""
    record = product_record(study.samples)
    assays = _assay_table(study, plan, tables)
    tissues = named_tissues(study.samples, study.organism)
    summary = pd.DataFrame(
        {
            "samples": [len(study.samples)],
            "donors": [study.samples["donor"].nunique() if "donor" in study.samples else 0],
            "assays": [len(study.assays)],
            "record_given": [int((record["status"] == "given").sum())],
            "record_fields": [len(record)],
        }
    )
    template = "{samples} samples of {donors} donors; assays: {assays}; {given} of {fields} fields of the product record are given."
    cells = {
        "samples": "samples",
        "donors": "donors",
        "assays": "assays",
        "given": "record_given",
        "fields": "record_fields",
    }
    missing = [
        field for field, status in zip(record["field"], record["status"], strict=True) if status == "missing"
    ]
    return Result(
        stage="read",
        name="study",
        question="What was measured, and what is known of the product?",
        answer=Answer(template, {name: Cell("summary", column) for name, column in cells.items()}),
        verdict="warn" if missing else "pass",
        tables={
            "summary": summary,
            "assays": assays,
            "product_record": record,
            "samples": tissues.samples.rename_axis("sample").reset_index(),
        },
        parameters={
            "organism": study.organism,
            "donor_of": list(plan.samples.donor_of),
            "replicate": {assay.name: assay.replicate for assay in plan.assays},
        },
        sources=tissues.sources,
        notes=notes,
        lacks=(
            *((f"Not reported in the sample sheet: {', '.join(missing)}.",) if missing else ()),
            *_unmasked(study),
        ),
    )


def _unmasked(study: Study) -> tuple[str, ...]:
    names = [name for name, assay in study.assays.items() if assay.imputed]
    if not names:
        return ()
    return tuple(
        f"What was detected and what differs in {name}: its values may be imputed, and a filled-in value "
        "counts as seen here. The export before imputation, or its mask, would tell."
        for name in names
    )


def product_record(samples: pd.DataFrame) -> pd.DataFrame:
    """One row for each field of the product record: given, partly given or missing.

    Returns
    -------
    DataFrame with `field`, `status`, `values` (up to 5, text) and `forbids` (what the gap
    forbids us to say, empty when given).
    """
    rows = []
    for name, forbids in PRODUCT_RECORD.items():
        column = samples[name] if name in samples else pd.Series([None] * len(samples), dtype=object)
        filled = column.dropna()
        filled = filled[filled.astype(str) != "unknown"]
        status = "given" if len(filled) == len(column) else "partly given" if len(filled) else "missing"
        shown = ", ".join(
            dict.fromkeys(f"{value:g}" if isinstance(value, float) else str(value) for value in filled[:200])
        )
        rows.append((name, status, shown[:120], "" if status == "given" else forbids))
    return pd.DataFrame(rows, columns=["field", "status", "values", "forbids"])


def _assay_table(
    study: Study, plan: Plan, tables: Mapping[str, tuple[AssayPlan, ProteinTable]]
) -> pd.DataFrame:
    rows = []
    for name, (assay_plan, table) in tables.items():
        rows.append(
            {
                "assay": name,
                "kind": assay_plan.kind,
                "material": assay_plan.material,
                "file": assay_plan.file.name,
                "format": FORMATS[table.format].title,
                "quantity": table.quantity,
                "measurements": len(table.measurements),
                "samples": int(study.assays[name].matrix.obs["sample"].nunique()),
                "analytes": len(table.features),
                "missing_percent": float(np.isnan(study.assays[name].matrix.X).mean() * 100),
                "unit": table.unit,
                "scale": table.scale,
                "treated_before": "; ".join(table.transformed.signs),
                "filled_in_removed": 0 if table.replaced is None else int(table.replaced.sum()),
                "imputed": study.assays[name].imputed,
            }
        )
    others = (one for one in study.assays.values() if one.kind in MEASURED_KINDS and one.name not in tables)
    files = {one.name: one.file for one in plan.assays}
    rows += [listed_row(assay, files[assay.name]) for assay in others]
    return pd.DataFrame(rows)
