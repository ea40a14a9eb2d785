"""A study with a proteome and immunoassays, written by hand: both stages take amounts from the assay `amounts`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from secretome import mechanism, potential
from secretome.amounts import amounts_of, by_form
from secretome.define.beside import measured_beside
from secretome.mechanism.media import LATENT_REASON, from_study
from secretome.mechanism.network import model
from secretome.parallel import here
from secretome.plan import MechanismOptions, PotentialOptions
from secretome.read import read_study
from secretome.study_toml import read_plan

DONORS = ("A1", "A2", "A3", "B1", "B2", "B3")
# pg/mL: VEGF differs four-fold between the tissues; soluble KDR holds it in the first three media only.
LEVELS = {
    ("VEGFA", ""): (390, 400, 410, 95, 100, 105),
    ("KDR", ""): (390000, 400000, 410000, 0.001, 0.0011, 0.0012),
    ("HGF", "free"): (800, 900, 1000, 700, 800, 900),
    ("TGFB1", "acid-activated"): (2000, 2100, 2200, 500, 600, 700),
}
TOML = """
[study]
title = "By hand"
organism = "human"
[samples]
file = "samples.tsv"
id = "sample"
[[assay]]
name = "proteome"
kind = "proteome"
file = "proteins.tsv"
quantity = "Intensity"
[[assay]]
name = "elisa"
kind = "panel"
file = "elisa.csv"
concentrated = "no"
forms = {VEGFA = "total", KDR = "total", HGF = "free", TGFB1 = "acid-activated"}
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return measured_beside(_read(tmp_path_factory.mktemp("hand")))[0]


def _read(folder: Path):
    names = [f"s{donor}" for donor in DONORS]
    sheet = pd.DataFrame({"sample": names, "material": "conditioned_medium", "donor": DONORS,
                          "tissue": ["adipose"] * 3 + ["bone marrow"] * 3, "cells_at_harvest": 1e6, "volume_ml": 10, "hours": 48})  # fmt: skip
    sheet.to_csv(folder / "samples.tsv", sep="\t", index=False)
    rng = np.random.default_rng(4)
    genes = ["VEGFA", "TGFB1", "HGF", "GAS6", *(f"GENE{i}" for i in range(30))]
    values = pd.DataFrame(
        2 ** rng.normal(22, 1, (len(genes), len(names))), columns=[f"{name} Intensity" for name in names]
    )
    values.insert(0, "Protein ID", [f"P{10000 + i}" for i in range(len(genes))])
    values.insert(1, "Gene", genes)
    values.to_csv(folder / "proteins.tsv", sep="\t", index=False)
    rows = [
        {"sample": name, "analyte": gene, "concentration": level, "unit": "pg/mL"}
        for (gene, _), levels in LEVELS.items()
        for name, level in zip(names, levels, strict=True)
    ]
    pd.DataFrame(rows).to_csv(folder / "elisa.csv", index=False)
    (folder / "study.toml").write_text(TOML)
    return read_study(read_plan(folder / "study.toml")).study


def _ligands(study, **options):
    _, results = potential.run(study, {}, PotentialOptions(draws=50, **options), seed=1, map=here)
    found = next(result for result in results if result.name == "ligands")
    return found.tables["ligands"].set_index(["gene", "sample"]), results


def _factor(study, node, **options):
    inputs = from_study(model("follicle"), study, {}, **options)
    return next(factor for factor in inputs.factors if factor.node == node), inputs


def test_both_stages_read_the_assay_that_define_makes(study):
    table, results = _ligands(study)
    assert set(table["assay"]) == {"amounts"}
    assert set(results[0].tables["scores"].query("scale == 'occupancy'")["assay"]) == {"amounts"}
    assert not any("not read here" in note for result in results for note in result.notes)
    hgf, _ = _factor(study, "HGF")
    assert hgf.kind == "absolute"
    assert hgf.reason == "from amounts (free form)"
    mean = np.mean(np.log10([800, 900, 1000]))
    assert hgf.log10_level[0] == pytest.approx(mean, abs=1e-9)


def test_acid_activated_total_tgf_beta_is_never_active(study):
    table, _ = _ligands(study)
    assert table.loc["TGFB1", "occupancy_percent"].isna().all()
    assert set(table.loc["TGFB1", "status"]) == {"latent: active share not measured"}
    factor, _ = _factor(study, "TGFB1")
    assert (
        factor.kind == "not measured"
    )  # nor is its fold taken from the proteome, which sees the latent form too
    assert factor.reason == LATENT_REASON
    active = study.assays["amounts"].matrix.copy()
    active.var["form"] = active.var["form"].where(active.var["gene"] != "TGFB1", "active")
    told, _ = _factor(study.with_assay(replace(study.assays["amounts"], data=active)), "TGFB1")
    assert told.kind == "absolute"


def test_what_a_soluble_receptor_holds_is_taken_off_in_both_stages(study):
    table, _ = _ligands(study)
    held = table.loc["VEGFA", "available_percent"]
    assert held["sA1"] < 30
    assert held["sB1"] == pytest.approx(100, abs=0.1)
    factor, inputs = _factor(study, "VEGF")
    assert "less what KDR holds" in factor.reason
    level = dict(zip(inputs.groups, 10**factor.log10_level, strict=True))
    free = np.array([390, 400, 410]) * held[["sA1", "sA2", "sA3"]].to_numpy() / 100
    assert level["adipose"] == pytest.approx(np.exp(np.log(free).mean()), rel=1e-6)
    assert level["bone marrow"] == pytest.approx(np.exp(np.log([95, 100, 105]).mean()), rel=1e-3)


def test_dilution_lowers_levels_and_frees_what_was_held(study):
    factor, inputs = _factor(study, "VEGF")
    thinner, thin = _factor(study, "VEGF", dilution=100.0)
    lowered = dict(zip(inputs.groups, factor.log10_level - thinner.log10_level, strict=True))
    assert lowered["bone marrow"] == pytest.approx(2, abs=1e-3)
    assert lowered["adipose"] < 1.9  # at a hundredth of the captor less is held
    assert any("undiluted" in note for note in inputs.notes)
    assert any("stated dilution" in note for note in thin.notes)
    for name in ("clearance", "follicle"):
        _, results = mechanism.run(study, {}, MechanismOptions(members=100, dilution=100.0), seed=1, map=here)
        found = next(result for result in results if result.name == name)
        assert found.parameters["dilution"] == 100.0


def test_a_gene_that_was_not_asked_for_in_a_group_is_not_below_detection(study):
    data = study.assays["amounts"].matrix.copy()
    at = list(data.var["gene"]).index("HGF")
    data.X[3:, at] = np.nan
    data.layers["state"][3:, at] = 1
    factor, _ = _factor(study.with_assay(replace(study.assays["amounts"], data=data)), "HGF")
    assert factor.kind == "absolute"
    assert not factor.below.any()
    data.layers["state"][3:, at] = 2
    factor, _ = _factor(study.with_assay(replace(study.assays["amounts"], data=data)), "HGF")
    assert factor.below.tolist() == [False, True]


def test_an_amount_without_a_molar_mass_is_kept_but_never_made_molar(study):
    data = study.assays["amounts"].matrix.copy()
    data.var["gene"] = data.var["gene"].replace("HGF", "NOBODY1")
    found = amounts_of(study.with_assay(replace(study.assays["amounts"], data=data)))
    rows = found.table[found.table["gene"] == "NOBODY1"]
    assert rows["gram_per_litre"].notna().all()
    assert rows["molar"].isna().all()
    assert any("HGF" in text and "molar mass is not known" in text for text in found.refused)


def test_forms_of_a_factor_are_never_mixed():
    rows = pd.DataFrame({"sample": ["a", "a"], "gene": ["HGF", "HGF"], "molar": [1.0, 3.0], "form": ["total", "free"]})  # fmt: skip
    molar, forms = by_form(rows)
    assert forms == {"HGF": "free"}
    assert molar.loc["a", "HGF"] == 3.0


@pytest.mark.parametrize(
    ("stage", "line"), [("mechanism", "dilution = 0.1"), ("potential", "active_tgf_beta = 3.0")]
)
def test_a_number_out_of_bounds_is_refused(tmp_path, stage, line):
    from secretome.errors import InvalidPlan

    file = tmp_path / "study.toml"
    file.write_text(f'[study]\ntitle = "t"\n[{stage}]\n{line}\n')
    with pytest.raises(InvalidPlan, match=line.split()[0]):
        read_plan(file)
