import numpy as np
import pandas as pd
import pytest

from secretome.define.amounts import amounts_of
from secretome.define.analytes import gene_of
from secretome.define.bands import against, bands
from secretome.define.beside import measured_beside
from secretome.define.concordance import agreement, platforms, preferred
from secretome.define.handling import divisor
from secretome.knowledge import table
from secretome.plan import AssayPlan
from secretome.read.instruments import read_measured, to_assay
from secretome.study import AMOUNTS, State, Study

SHEET = {"donor": ["1", "2", "3", "4"], "cells_at_harvest": 4e6, "volume_ml": 8.0, "hours": 48.0,
         "concentration_factor": 10.0}  # fmt: skip
NAMES = ["a", "b", "c", "d"]


def _study(tmp_path, values, *, name="elisa", plan=None, **changed):
    path = tmp_path / f"{name}.csv"
    values.to_csv(path, index=False)
    keys = {"form": "total", "concentrated": "yes"} | (plan or {})
    one = AssayPlan(name, path, kind="panel", **keys)
    samples = pd.DataFrame({**SHEET, **changed}, index=NAMES)
    return Study("amounts", samples).with_assay(to_assay(one, read_measured(one)))


def _values(**columns):
    base = {
        "sample": NAMES,
        "analyte": "IL-6",
        "concentration": ["100", "200", "< 5", "400"],
        "unit": "ng/mL",
    }
    return pd.DataFrame({**base, **columns})


def test_an_amount_is_concentration_over_factor_times_volume_per_million_cells(tmp_path):
    study, results = measured_beside(_study(tmp_path, _values()))
    made = {one.name: one for one in results}["amounts"].tables["amounts"].set_index("sample")
    # 100 ng/mL of a tenfold concentrate: 10,000 pg/mL in 8 mL of 4 million cells
    assert made.loc["a", "value_pg_ml"] == pytest.approx(1e4)
    assert made.loc["a", "pg_per_million_cells"] == pytest.approx(2e4)
    assert made.loc["a", "pg_per_million_cells_24_h"] == pytest.approx(1e4)
    assert np.isnan(made.loc["c", "pg_per_million_cells"])
    assert made.loc["c", "limit"] == pytest.approx(5e3 / 10 * 8 / 4)
    data = study.assays[AMOUNTS].matrix
    assert data.var.loc["IL6:total", ["gene", "form", "unit", "assay"]].tolist() == [
        "IL6",
        "total",
        "pg/mL",
        "elisa",
    ]
    assert data.layers["state"][:, 0].tolist() == [State.VALUE, State.VALUE, State.BELOW_LLOQ, State.VALUE]
    assert data.layers["pg_per_million_cells"][0, 0] == pytest.approx(2e4)
    assert list(data.obs["sample"]) == NAMES


@pytest.mark.parametrize(
    ("changed", "plan", "missing"),
    [
        ({"cells_at_harvest": np.nan}, {}, "cells_at_harvest"),
        ({"volume_ml": np.nan, "hours": np.nan}, {}, "volume_ml, hours"),
        ({"concentration_factor": np.nan}, {}, "concentration_factor"),
        ({}, {"concentrated": ""}, "concentrated (of the [[assay]])"),
        ({"concentration_factor": np.nan}, {"concentrated": "no"}, ""),
        ({"concentration_factor": 1.0}, {"concentrated": ""}, ""),
    ],
)
def test_without_a_field_there_is_no_amount_and_the_field_is_named(tmp_path, changed, plan, missing):
    _, results = measured_beside(_study(tmp_path, _values(), plan=plan, **changed))
    found = {one.name: one for one in results}["amounts"]
    assert set(found.tables["amounts"]["missing"]) == {missing}
    assert found.tables["amounts"]["pg_per_million_cells"].isna().all() == bool(missing)
    assert any(missing in text for text in found.lacks) == bool(missing)


def test_a_factor_of_one_or_a_denied_concentration_needs_no_more():
    assert divisor("no", 20.0) == (1.0, "")
    assert divisor("", 1.0) == (1.0, "")


def test_npx_and_rfu_give_no_amount_and_never_win(tmp_path):
    path = tmp_path / "npx.csv"
    path.write_text(
        "SampleID,OlinkID,UniProt,Assay,NPX,LOD\n"
        + "".join(f"{n},O1,P05231,IL6,{i}.5,0.9\n" for i, n in enumerate(NAMES))
    )
    plan = AssayPlan("olink", path, kind="panel")
    study = _study(tmp_path, _values()).with_assay(to_assay(plan, read_measured(plan)))
    _, results = measured_beside(study)
    found = {one.name: one for one in results}
    assert set(found["amounts"].tables["amounts"]["assay"]) == {"elisa"}
    preference = found["concordance"].tables["preference"].set_index("assay")
    assert not preference.loc["olink", "chosen"]
    assert "NPX is relative" in preference.loc["olink", "why_not"]
    assert preference.loc["elisa", "chosen"]
    assert any("NPX are relative" in note for note in found["immunoassay"].notes)
    values = found["immunoassay"].tables["values"]
    assert values.loc[(values["assay"] == "olink") & (values["sample"] == "a"), "state"].item() == "below LOD"


def _long(assay, values, *, unit="pg/mL", form="total"):
    return pd.DataFrame({"assay": assay, "analyte": "VEGF", "gene": "VEGFA", "form": form, "unit": unit,
                         "sample": NAMES, "value": values, "state": int(State.VALUE)})  # fmt: skip


def test_preference_asks_for_range_parallelism_and_form():
    values = pd.concat(
        [_long("a", [1, 2, 3, 4.0]), _long("b", [1, 2, 3, 4.0], form=""), _long("c", [1, 2, 3, 4.0])]
    )
    found = preferred(values, {("a", "VEGF"): "yes", ("b", "VEGF"): "yes"}).set_index("assay")
    assert found["preferred"].to_dict() == {"a": True, "b": False, "c": False}
    assert found.loc["b", "why_not"] == "form not declared"
    assert found.loc["c", "why_not"] == "parallel on dilution: not shown"
    assert found["chosen"].to_dict() == {"a": True, "b": True, "c": False}  # one for each factor and form


def test_agreement_is_rank_and_fold_and_threefold_apart_shows_both():
    study = Study("x", pd.DataFrame({"donor": list("1234")}, index=NAMES))
    near = pd.concat([_long("a", [1, 2, 3, 4.0]), _long("b", [2, 4, 6, 8.0])])
    found = agreement(platforms(near, study), study).iloc[0]
    assert (found["samples"], found["donors"], found["rank_correlation"], found["shown"]) == (4, 4, 1.0, "")
    assert found["median_fold"] == pytest.approx(2)
    far = pd.concat([_long("a", [1, 2, 3, 4.0]), _long("b", [50, 40, 30, 20.0])])
    found = agreement(platforms(far, study), study).iloc[0]
    assert found["rank_correlation"] == -1.0
    assert found["shown"] == "both"


def test_platforms_are_compared_in_one_unit():
    study = Study("x", pd.DataFrame({"donor": list("1234")}, index=NAMES))
    mixed = pd.concat([_long("a", [1, 2, 3, 4.0], unit="ng/mL"), _long("b", [1000, 2000, 3000, 4000.0])])
    found = agreement(platforms(mixed, study), study).iloc[0]
    assert found["median_fold"] == pytest.approx(1)
    assert found["shown"] == ""


def test_bands_leave_out_detection_limits_and_are_no_limits():
    known = bands(table("reference_levels").frame)
    assert set(known["normaliser"]) == {"10^6 cells", "mL CM"}
    vegf = known[(known["gene"] == "VEGFA") & (known["normaliser"] == "10^6 cells")].iloc[0]
    assert vegf["high"] == pytest.approx(5980 + 1066)  # Rehman 2004, hypoxia
    assert vegf["low"] == 0  # not detected in umbilical medium, Kuchroo 2015
    made = pd.DataFrame({"assay": "a", "gene": ["VEGFA", "IL10"], "pg_per_million_cells": [9e4, np.nan],
                         "limit": [np.nan, 80.0], "value_pg_ml": np.nan, "limit_pg_ml": np.nan})  # fmt: skip
    placed = against(made, known).set_index("gene")["place"].to_dict()
    assert placed["VEGFA"] == "above"
    assert placed["IL10"].startswith("cannot be told")


def test_declared_additives_are_named(tmp_path):
    study = _study(tmp_path, _values(), additives="IL6 10 ng/mL")
    _, results = measured_beside(study)
    found = {one.name: one for one in results}["amounts"]
    assert found.tables["amounts"]["additive"].all()
    assert any("IL6: declared additives" in note for note in found.notes)


@pytest.mark.parametrize(
    ("name", "gene"), [("MCP1", "CCL2"), ("IL1RA", "IL1RN"), ("RANTES", "CCL5"), ("FGF", ""), ("xyz", "")]
)
def test_names_of_panels_stand_for_genes_or_for_none(name, gene):
    assert gene_of(name) == gene


def test_an_empty_table_of_masses_gives_no_result(tmp_path):
    values = pd.DataFrame(
        columns=["unit", "sample", "value", "lower", "upper", "limit", "gene", "concentrated"]
    )
    assert amounts_of(values, Study("x", pd.DataFrame(index=NAMES))).empty
