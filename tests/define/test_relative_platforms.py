"""Olink and SomaScan files through define: relative numbers stay relative."""

import pandas as pd
import pytest

from secretome.define.beside import measured_beside
from secretome.plan import AssayPlan
from secretome.read.instruments import read_measured, to_assay
from secretome.study import AMOUNTS, Study


@pytest.mark.parametrize(
    ("file", "analytes", "samples", "unit"),
    [
        ("immunoassay-olink-npx/npx_data1.xlsx", 184, 156, "NPX"),
        ("immunoassay-somascan-adat/example_data10.adat.gz", 5284, 9, "RFU"),
    ],
)
def test_relative_platforms_give_values_and_no_amounts(shared, file, analytes, samples, unit):
    plan = AssayPlan("platform", shared / "data" / file, kind="panel")
    measured = read_measured(plan)
    names = list(measured.samples())
    study = Study("x", pd.DataFrame({"donor": names}, index=names)).with_assay(to_assay(plan, measured))
    study, results = measured_beside(study)
    found = {one.name: one for one in results}
    summary = found["immunoassay"].tables["summary"].iloc[0]
    assert (summary["analytes"], summary["samples"], summary["units"]) == (analytes, samples, unit)
    assert "amounts" not in found
    assert AMOUNTS not in study.assays
    assert not found["concordance"].tables["preference"]["preferred"].any()
    assert any(f"{unit} are relative" in note for note in found["immunoassay"].notes)
