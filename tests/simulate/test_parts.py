"""The further measurements: each agrees with its own truth, and none moves the numbers of another."""

import tomllib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import linregress

from secretome.design import Design
from secretome.results import Answer, Result
from secretome.simulate import Laboratory, Recipe, laboratory, recovery, write
from secretome.study import ASSAY_KINDS, MATERIALS
from secretome.units import UNITS

FURTHER = ("lysates", "blanks", "vesicles", "panel", "particles", "activity", "stability")


@pytest.fixture(scope="module")
def lab() -> Laboratory:
    return laboratory(seed=1)


def log2_of(table: pd.DataFrame) -> pd.DataFrame:
    columns = [name for name in table if name.endswith(" MaxLFQ Intensity")]
    values = table.set_index("Protein ID")[columns].astype(float)
    values.columns = [name.removesuffix(" MaxLFQ Intensity") for name in columns]
    return np.log2(values.where(values > 0))


def test_leaving_a_part_out_moves_no_number_of_another(lab):
    bare = laboratory(Recipe(lots=0, **dict.fromkeys(FURTHER, False)), seed=1)
    assert set(bare.tables) == {"samples", "combined_protein"}
    assert set(bare.plans) == {"study.toml"}
    for name, table in bare.tables.items():
        pd.testing.assert_frame_equal(table, lab.tables[name])
    some = laboratory(Recipe(lysates=False, panel=False), seed=1)
    for name, table in some.tables.items():
        pd.testing.assert_frame_equal(table, lab.tables[name])


def test_the_complete_plan_names_files_that_are_there(lab, tmp_path):
    write(lab, tmp_path)
    plan = tomllib.loads((tmp_path / "study_complete.toml").read_text())
    for assay in plan["assay"]:
        assert assay["kind"] in ASSAY_KINDS
        assert assay.get("material", "conditioned_medium") in MATERIALS
        assert (tmp_path / assay["file"]).is_file()
        assert (tmp_path / assay.get("samples", "samples.tsv")).is_file()
    assert {assay["kind"] for assay in plan["assay"]} == {
        "proteome",
        "panel",
        "particles",
        "activity",
        "stability",
    }


def test_lysates_tell_secreted_from_leaked(lab):
    medium = log2_of(lab.tables["combined_protein"]).mean(axis=1)
    lysate = log2_of(lab.tables["lysate/combined_protein"]).mean(axis=1)
    origin = lab.truth["enrichment"].set_index("protein")["origin"]
    ratio = (medium - lysate).dropna()
    secreted, leaked = (ratio[origin.reindex(ratio.index) == name] for name in ("secreted", "cell"))
    assert secreted.median() > 1 > -2 > leaked.median()
    sheet = lab.tables["lysate/samples"]
    assert set(sheet["culture"]) == set(lab.tables["samples"]["sample"])
    assert not set(sheet["sample"]) & set(lab.tables["samples"]["sample"])


def test_the_lysate_ratio_agrees_with_the_truth(lab):
    medium = log2_of(lab.tables["combined_protein"])
    lysate = log2_of(lab.tables["lysate/combined_protein"])
    complete = medium.index[medium.notna().mean(axis=1) > 0.9].intersection(
        lysate.index[lysate.notna().mean(axis=1) > 0.9]
    )
    truth = lab.truth["enrichment"].set_index("protein")
    cells = complete[truth.reindex(complete)["origin"] == "cell"]
    found = medium.loc[cells].mean(axis=1) - lysate.loc[cells].mean(axis=1)
    assert (found - truth.loc[cells, "medium_over_lysate_log2"]).median() == pytest.approx(0, abs=0.4)


def test_blanks_hold_additives_but_nothing_that_cells_make(lab):
    blank = log2_of(lab.tables["blank/combined_protein"])
    origin = lab.truth["proteins"].set_index("protein")["origin"]
    assert not set(origin[blank.index]) & {"secreted", "unconventional", "cell"}
    primed = [name for name in blank if "_p_" in name]
    control = [name for name in blank if "_c_" in name]
    assert blank.loc["P01579", control].isna().all()
    assert blank.loc["P01579", primed].notna().any()


def test_standards_and_samples_of_the_panel_fit_one_curve(lab):
    wells = lab.tables["panel/wells"].query("plate == 'P1' and analyte == 'IL6'")
    assert wells["well"].is_unique
    standards = wells[wells["kind"] == "standard"].groupby("standard_pg_ml")["signal_mfi"].mean()
    assert standards.is_monotonic_increasing
    truth = lab.truth["panel"].query("analyte == 'IL6'").set_index("sample")["pg_ml"]
    samples = wells[(wells["kind"] == "sample") & (wells["dilution"] == 10)].set_index("sample")
    read = np.interp(np.log(samples["signal_mfi"]), np.log(standards), np.log(standards.index))
    inside = samples["signal_mfi"].between(standards.iloc[2], standards.iloc[-2]).to_numpy()
    assert inside.sum() > 5
    error = read[inside] - np.log(truth[samples.index[inside]] / 10)
    assert np.median(np.abs(error)) < 0.3


def test_some_analytes_are_below_detection_and_none_is_everywhere(lab):
    below = lab.truth["panel"].groupby("analyte")["below_lod"].mean()
    assert below["IL10"] > 0.9
    assert below["TIMP1"] == 0
    assert 0 < below["VEGFA"] < 1


def test_panel_and_proteome_agree_on_a_priming(lab):
    sheet = lab.tables["samples"].set_index("sample")["condition"]
    value = lab.truth["panel"].query("analyte == 'IL6'").set_index("sample")["pg_ml"]
    ratio = np.log2(value[sheet == "primed"]).mean() - np.log2(value[sheet == "control"]).mean()
    true = lab.truth["proteins"].set_index("gene").loc["IL6", "priming_log2"]
    assert ratio == pytest.approx(true, abs=0.5)


def test_particles_less_blank_are_the_truth(lab):
    runs = lab.tables["particles/runs"]
    blank = runs.loc[runs["material"] == "medium_blank", "particles_per_ml"].mean()
    plain = runs[(runs["material"] == "conditioned_medium") & ~runs["detergent"]]
    found = plain.groupby("sample")["particles_per_ml"].mean() - blank
    truth = lab.truth["particles"].set_index("sample")["particles_per_ml"]
    assert (found / truth).median() == pytest.approx(1, abs=0.1)
    washed = runs[runs["detergent"]].groupby("sample")["particles_per_ml"].mean()
    assert (washed < found.reindex(washed.index)).all()


def test_a_potent_lot_answers_at_a_lower_dose(lab):
    wells = lab.tables["activity/wells"]
    truth = lab.truth["activity"].set_index("lot")
    assert (~truth["parallel"]).sum() == 1
    assert set(wells["unit"]) <= set(UNITS)
    shift = {}
    for lot, row in truth[truth["parallel"]].iterrows():
        plates = wells[wells["plate"].str.startswith(lot)]
        mean = plates[plates["dose_percent"].between(1, 30)].groupby("preparation")["response"].mean()
        shift[lot] = (mean[lot] - mean["reference"]) * np.sign(row["relative_potency_percent"] - 100)
    assert pd.Series(shift).gt(-0.03).all()


def test_stability_declines_at_the_planted_rate(lab):
    series = lab.tables["stability/series"]
    truth = lab.truth["stability"]
    assert set(series["unit"]) <= set(UNITS)
    row = truth.query("attribute == 'VEGFA' and temperature_c == 25").iloc[0]
    data = series[
        (series["lot"] == row["lot"]) & (series["temperature_c"] == 25) & (series["attribute"] == "VEGFA")
    ]
    slope = linregress(data["month"], 100 * data["value"] / row["start"]).slope
    assert -slope == pytest.approx(row["loss_percent_per_month"], rel=0.4)
    frozen = truth[truth["temperature_c"] == -80]
    assert frozen["months_to_80_percent"].min() > 100


def test_lots_name_their_pool_and_keep_their_value_in_every_part(lab):
    lots = lab.truth["lots"].set_index(["lot", "attribute"])["value"]
    start = lab.truth["stability"].groupby(["lot", "attribute"])["start"].first()
    assert (start - lots[start.index]).abs().max() == 0
    assert lab.tables["lots/release"]["donors"].str.contains(r"\+").all()


def test_media_hours_and_passages_are_planted_when_asked():
    recipe = Recipe(
        tissues=("adipose",),
        shared_donors=(),
        perinatal=(),
        contrasts=(),
        conditions=("control",),
        donors_per_tissue=80,
        media=("serum-free alpha-MEM", "DMEM"),
        hours=(24.0, 24.0, 48.0, 48.0),
        dropout_midpoint=0.0,
        dirty_percent=(),
        failed_log2=0.0,
        overloaded_log2=0.0,
        lots=0,
        **dict.fromkeys(FURTHER, False),
    )
    lab = laboratory(recipe, seed=5)
    log2 = log2_of(lab.tables["combined_protein"])
    sheet = lab.tables["samples"].set_index("sample")
    truth = lab.truth["proteins"].set_index("protein")
    made = truth.index[truth["origin"] == "secreted"].intersection(log2.index)
    late, other = sheet["hours"] == 48, sheet["collection_medium"] == "DMEM"
    by_hours = log2.loc[made, late].mean(axis=1) - log2.loc[made, ~late].mean(axis=1)
    assert by_hours.median() == pytest.approx(1, abs=0.1)
    by_medium = log2.loc[made, other].mean(axis=1) - log2.loc[made, ~other].mean(axis=1)
    assert by_medium.corr(truth.loc[made, "medium_2_log2"]) > 0.9
    assert sheet["passage"].nunique() == 4
    assert sheet["age_years"].between(19, 72).all()
    assert lab.truth["effects"].empty
    assert Design(formula="~ 1").problems(sheet, file="study.toml") == []


def test_a_plain_paired_test_recovers_the_priming():
    """The planted priming can be found with textbook means, and little else is."""
    from scipy.stats import false_discovery_control, t

    quiet = replace(Recipe(), **dict.fromkeys(FURTHER, False), lots=0, failed_log2=0.0, overloaded_log2=0.0)
    lab = laboratory(quiet, seed=11)
    log2 = log2_of(lab.tables["combined_protein"])
    sheet = lab.tables["samples"].set_index("sample").sort_values(["tissue", "donor"])
    control, primed = (list(sheet.index[sheet["condition"] == name]) for name in ("control", "primed"))
    pairs = pd.DataFrame(log2[primed].to_numpy() - log2[control].to_numpy(), index=log2.index)
    kept = pairs[pairs.notna().sum(axis=1) >= 8]
    n = kept.notna().sum(axis=1)
    error = kept.std(axis=1) / np.sqrt(n)
    p = 2 * t.sf((kept.mean(axis=1) / error).abs(), n - 1)
    half = t.ppf(0.975, n - 1) * error
    effects = pd.DataFrame(
        {
            "contrast": "primed_vs_control",
            "protein": kept.index,
            "log2_ratio": kept.mean(axis=1).to_numpy(),
            "lower": (kept.mean(axis=1) - half).to_numpy(),
            "upper": (kept.mean(axis=1) + half).to_numpy(),
            "p_value": p,
            "fdr": false_discovery_control(p),
        }
    )
    found = recovery(
        {"vary.contrasts": Result("vary", "contrasts", "?", Answer("."), tables={"effects": effects})},
        lab.truth,
    )
    row = found.tables["contrasts"].set_index("contrast").loc["primed_vs_control"]
    assert row["sensitivity_percent"] > 80
    assert row["false_discovery_percent"] < 15
    assert row["coverage_percent"] > 85
