"""The contrast table on donors: planted truth, refusals, and the counts of the six-niche paper."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy.stats import false_discovery_control, ttest_1samp, ttest_ind

from secretome.design import Design
from secretome.parallel import here
from secretome.plan import VaryOptions
from secretome.read import read_study
from secretome.stats import linear, normalize
from secretome.study import Assay, Study
from secretome.study_toml import read_plan
from secretome.vary import compare, run
from secretome.vary.units import _within_effects, donor_values, paired_differences, sides_of

PLAIN = VaryOptions(trend=False)


def _samples(tissues=("BM", "AD"), donors=4, conditions=("control", "primed"), flasks=1) -> pd.DataFrame:
    rows = [
        (f"{t}{d}{c[0]}{f}", f"{t}{d}", t, c)
        for t in tissues for d in range(donors) for c in conditions for f in range(flasks)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["sample", "donor", "tissue", "condition"]).set_index("sample")


def _study(
    values: np.ndarray, samples: pd.DataFrame, contrasts: dict[str, str], formula="~ 0 + tissue + condition"
) -> Study:
    proteins = [f"P{i}" for i in range(values.shape[0])]
    var = pd.DataFrame(
        {"gene": proteins, "unit": "log2 intensity", "masked": False, "contaminant_class": ""}, index=proteins
    )
    obs = pd.DataFrame({"sample": samples.index}, index=samples.index.astype(str))
    data = AnnData(values.T.copy(), obs=obs, var=var)
    assay = Assay("proteome", "proteome", "conditioned_medium", data, scale="log2")
    return Study(
        "planted",
        samples,
        {"proteome": assay},
        Design(formula=formula, random=("donor",), contrasts=contrasts),
    )


TISSUE = {"bm_vs_ad": "tissue[BM] - tissue[AD]"}
PRIMING = {"primed": "condition[primed] - condition[control]"}


def test_a_planted_difference_is_estimated_and_found():
    rng = np.random.default_rng(1)
    samples = _samples(donors=6)
    values = rng.normal(20, 0.3, (200, len(samples)))
    values[:20, (samples["tissue"] == "BM").to_numpy()] += 2
    effects = compare(_study(values, samples, TISSUE), PLAIN).tables["effects"].set_index("protein")
    found = effects.index[effects["fdr"] < 0.05]
    planted = [f"P{i}" for i in range(20)]
    assert set(planted) <= set(found)
    assert effects.loc[planted, "log2_ratio"].between(1.4, 2.6).all()
    assert (effects["lower"] < effects["log2_ratio"]).all()


def test_flasks_of_one_donor_do_not_count_as_donors():
    """Eight flasks a donor and no tissue effect: testing flasks would call a third of the rows."""
    rng = np.random.default_rng(2)
    samples = _samples(donors=4, flasks=4)
    codes = samples["donor"].astype("category").cat.codes.to_numpy()
    values = rng.normal(0, 0.2, (2000, len(samples))) + rng.normal(20, 1.0, (2000, 8))[:, codes]
    effects = compare(_study(values, samples, TISSUE), PLAIN).tables["effects"]
    share = float((effects["p_value"] < 0.05).mean())
    assert 0.03 < share < 0.07
    assert (effects["donors_left"] == 4).all()
    assert (effects["measured_left"] == 32).all()


def test_without_gaps_the_donor_test_is_the_t_test_of_donor_means():
    rng = np.random.default_rng(3)
    samples = _samples(donors=5, flasks=2)
    values = rng.normal(20, 1, (3, len(samples)))
    study = _study(values, samples, TISSUE)
    units = donor_values(values, study.design, samples, TISSUE["bm_vs_ad"])
    fit = linear.contrast_rows(linear.fit_rows(units.values, units.design), units.contrast[:, None])
    donors = samples.groupby("donor", sort=True)
    for row in range(3):
        means = {
            name: values[row, [samples.index.get_loc(i) for i in group.index]].mean()
            for name, group in donors
        }
        bm = [mean for name, mean in means.items() if name.startswith("BM")]
        ad = [mean for name, mean in means.items() if name.startswith("AD")]
        expected = ttest_ind(bm, ad)
        t = fit.coefficients[row, 0] / (fit.unscaled_sd[row, 0] * fit.sigma[row])
        assert t == pytest.approx(expected.statistic, rel=1e-9)
        assert fit.df_residual[row] == 8


def test_a_within_donor_factor_is_the_paired_t_test_of_donors():
    rng = np.random.default_rng(4)
    samples = _samples(donors=4, flasks=3)
    values = rng.normal(20, 1, (2, len(samples)))
    design = Design(formula="~ 0 + tissue + condition")
    sides = sides_of(design, samples, PRIMING["primed"])
    units = paired_differences(values, design, samples, PRIMING["primed"], sides)
    assert sides.strategy == "paired within donor"
    assert units.values.shape == (2, 8)
    expected = ttest_1samp(units.values[0], 0).statistic
    fit = linear.fit_rows(units.values, units.design)
    assert fit.coefficients[0, 0] / (fit.unscaled_sd[0, 0] * fit.sigma[0]) == pytest.approx(
        expected, rel=1e-9
    )


def test_a_protein_seen_only_in_primed_flasks_of_one_side_is_not_compared():
    """BM seen when primed, AD seen as control: tissue and priming cannot be told apart."""
    rng = np.random.default_rng(5)
    samples = _samples(donors=4)
    values = rng.normal(20, 0.2, (30, len(samples)))
    bm, primed = (samples["tissue"] == "BM").to_numpy(), (samples["condition"] == "primed").to_numpy()
    values[0, (bm & ~primed) | (~bm & primed)] = np.nan
    effects = compare(_study(values, samples, TISSUE), PLAIN).tables["effects"].set_index("protein")
    assert effects.loc["P0", "status"] == "not estimable"
    assert np.isnan(effects.loc["P0", "p_value"])


def test_gaps_do_not_turn_priming_into_a_tissue_difference():
    """Priming doubles a protein; AD lost its control flasks of two donors; tissues are equal."""
    samples = _samples(donors=6)
    primed = (samples["condition"] == "primed").to_numpy()
    rng = np.random.default_rng(6)
    values = 20 + 3.0 * primed + rng.normal(0, 0.01, (20, len(samples)))
    lost = samples["donor"].isin(["AD0", "AD1"]).to_numpy() & ~primed
    values[:, lost] = np.nan
    effects = compare(_study(values, samples, TISSUE), PLAIN).tables["effects"]
    assert (effects["log2_ratio"].abs() < 0.05).all()


def test_one_donor_on_a_side_refuses_the_contrast_only():
    rng = np.random.default_rng(7)
    samples = _samples(donors=4)
    samples = samples[~samples["donor"].isin(["BM1", "BM2", "BM3"])]
    study = _study(rng.normal(20, 1, (20, len(samples))), samples, {**TISSUE, **PRIMING})
    result = compare(study, PLAIN)
    contrasts = result.tables["contrasts"].set_index("contrast")
    assert contrasts.loc["bm_vs_ad", "verdict"] == "not tested"
    assert "1 donor against 4" in contrasts.loc["bm_vs_ad", "reason"]
    assert contrasts.loc["primed", "verdict"] == "pass"
    effects = result.tables["effects"]
    assert effects.loc[effects["contrast"] == "bm_vs_ad", "p_value"].isna().all()
    assert effects.loc[effects["contrast"] == "primed", "p_value"].notna().all()
    assert result.verdict == "warn"
    assert "describes these donors, not donors" in " ".join(result.notes)


def test_all_values_missing_in_a_group_are_said_not_tested():
    rng = np.random.default_rng(8)
    samples = _samples(donors=3)
    values = rng.normal(20, 1, (20, len(samples)))
    values[0, (samples["tissue"] == "BM").to_numpy()] = np.nan
    values[1] = np.nan
    effects = compare(_study(values, samples, TISSUE), PLAIN).tables["effects"].set_index("protein")
    assert effects.loc["P0", "status"] == "seen on one side only"
    assert (effects.loc["P0", "detected_left"], effects.loc["P0", "detected_right"]) == (0, 6)
    assert effects.loc["P1", "status"] == "not seen"
    assert effects.loc[["P0", "P1"], "p_value"].isna().all()


def test_masked_contaminants_are_listed_but_never_tested():
    rng = np.random.default_rng(9)
    samples = _samples(donors=4)
    study = _study(rng.normal(20, 0.1, (50, len(samples))), samples, TISSUE)
    data = study.assays["proteome"].matrix.copy()
    data.X[(samples["tissue"] == "BM").to_numpy(), 0] += 5
    data.var["masked"] = [True] + [False] * 49
    data.var["contaminant_class"] = ["keratin"] + [""] * 49
    effects = compare(study.with_assay(replace(study.assays["proteome"], data=data)), PLAIN).tables["effects"]
    keratin = effects.set_index("protein").loc["P0"]
    assert keratin["status"] == "contaminant: not tested"
    assert np.isnan(keratin["p_value"])
    tested = effects["fdr"].notna()
    np.testing.assert_allclose(
        effects.loc[tested, "fdr"], false_discovery_control(effects.loc[tested, "p_value"])
    )


def test_shared_donors_become_blocks():
    """Two tissues of the same four donors, compared with a third tissue of other donors."""
    rng = np.random.default_rng(10)
    samples = _samples(tissues=("DP", "PL", "WJ"), donors=4, conditions=("control",))
    samples["donor"] = samples["donor"].str.replace("PL", "DP")
    values = rng.normal(20, 1, (60, len(samples)))
    design = Design(formula="~ 0 + tissue", contrasts={"x": "tissue[WJ] - tissue[DP]"})
    units = donor_values(values, design, samples, "tissue[WJ] - tissue[DP]")
    assert units.blocks is not None
    assert len(units.blocks) == 12
    assert sides_of(design, samples, "tissue[DP] - tissue[PL]").strategy == "paired within donor"
    assert compare(_study(values, samples, design.contrasts, "~ 0 + tissue"), PLAIN).verdict == "pass"


def test_a_slope_over_donors_is_the_regression_of_donor_means():
    rng = np.random.default_rng(11)
    samples = _samples(tissues=("AD",), donors=8, conditions=("control",), flasks=3)
    samples["age_years"] = samples["donor"].str[2:].astype(float) * 7 + 20
    values = rng.normal(20, 0.05, (40, len(samples))) + 0.1 * samples["age_years"].to_numpy()
    result = compare(_study(values, samples, {"age": "age_years"}, "~ age_years"), PLAIN)
    effects = result.tables["effects"]
    assert effects["log2_ratio"].between(0.09, 0.11).all()
    assert (effects["donors_left"] == 8).all()
    assert result.tables["contrasts"]["strategy"].item() == "slope between donors"


def test_sample_order_does_not_change_a_number():
    rng = np.random.default_rng(12)
    samples = _samples(donors=4, flasks=2)
    values = rng.normal(20, 1, (40, len(samples)))
    values[rng.random(values.shape) < 0.2] = np.nan
    order = rng.permutation(len(samples))
    first = (
        compare(_study(values, samples, TISSUE), PLAIN).tables["effects"].set_index("protein").sort_index()
    )
    second = (
        compare(_study(values[:, order], samples.iloc[order], TISSUE), PLAIN)
        .tables["effects"]
        .set_index("protein")
        .sort_index()
    )
    pd.testing.assert_frame_equal(first, second, rtol=1e-9)


def test_a_study_without_design_says_what_is_needed():
    samples = _samples()
    study = replace(_study(np.ones((3, len(samples))), samples, {}), design=None)
    _, results = run(study, {}, VaryOptions(), seed=1, map=here, progress=None)
    assert results[0].verdict == "not tested"
    assert "[design]" in results[0].lacks[0]


# --- the published analysis, as a check of reader and core ---------------------------------------


def _origin_hits(study: Study, removed: tuple[str, ...]) -> tuple[int, dict[str, int]]:
    """The authors' rule: controls, >= 50 % of each type (GF 2 of 3), log2, quantiles, ~ 0 + origin."""
    data = study.assays["proteome"].matrix
    samples = study.samples
    kept = [
        name for name in data.obs_names if samples.loc[name, "condition"] == "control" and name not in removed
    ]
    y = np.log2(data[kept, ~data.var["tagged_contaminant"].to_numpy()].X.T)
    tissue = samples.loc[kept, "tissue"].to_numpy()
    enough = np.all([(~np.isnan(y[:, tissue == t])).mean(axis=1) >= 0.5 for t in np.unique(tissue)], axis=0)
    y = normalize.quantiles(y[enough])
    origin = samples.loc[kept, "origin"].to_numpy()
    levels = ["Mesenchyme", "Neural crest", "Fetus"]
    design = (origin[:, None] == np.array(levels)[None, :]).astype(float)
    contrasts = np.array([[-1, 1, 0], [-1, 0, 1], [0, -1, 1]], dtype=float).T
    fit = linear.contrast_rows(linear.fit_rows(y, design), contrasts)
    p = linear.moderate(fit, prior="legacy").p_value
    hits = [int((false_discovery_control(p[:, column]) < 0.05).sum()) for column in range(3)]
    return int(enough.sum()), dict(zip(("nc-mes", "fet-mes", "fet-nc"), hits, strict=True))


def test_six_niches_give_the_published_counts(six_niches):
    study = read_study(read_plan(six_niches)).study
    assert _origin_hits(study, ()) == (162, {"nc-mes": 53, "fet-mes": 66, "fet-nc": 48})
    assert _origin_hits(study, ("Ost_c_8", "Ost_c_9")) == (218, {"nc-mes": 76, "fet-mes": 91, "fet-nc": 62})


def test_within_cell_effects_are_those_of_a_fit_with_cell_means():
    rng = np.random.default_rng(13)
    index = np.repeat(np.arange(6), 4)
    nuisance = np.column_stack([np.tile([0.0, 1, 0, 1], 6), rng.normal(size=24)])
    values = rng.normal(size=(30, 24))
    values[rng.random(values.shape) < 0.3] = np.nan
    cells = (index[:, None] == np.arange(6)).astype(float)
    expected = linear.fit_rows(values, np.hstack([cells, nuisance])).coefficients[:, 6:]
    np.testing.assert_allclose(_within_effects(values, nuisance, index), expected, rtol=1e-8, atol=1e-10)


# --- one side only, depth, flasks, power ------------------------------------------------------------


def _with_detection(seed=20, side=0.0, rows=300, donors=4) -> tuple[np.ndarray, pd.DataFrame]:
    """Values seen by chance that grows with intensity; `side` moves the detection limit of BM."""
    rng = np.random.default_rng(seed)
    samples = _samples(donors=donors, conditions=("control",), flasks=2)
    codes = samples["donor"].astype("category").cat.codes.to_numpy()
    values = rng.normal(18.5, 2.2, (rows, 1)) + 0.4 * rng.normal(size=(rows, 2 * donors))[:, codes]
    values = values + rng.normal(0, 0.3, (*values.shape[:1], len(samples)))
    limit = 17 + side * (samples["tissue"] == "BM").to_numpy()
    return np.where(rng.normal(limit, 1.0, values.shape) > values, np.nan, values), samples


def test_a_high_protein_that_one_side_never_shows_is_tested():
    values, samples = _with_detection()
    bm = (samples["tissue"] == "BM").to_numpy()
    values[0] = np.where(bm, 23.0 + np.random.default_rng(1).normal(0, 0.3, bm.size), np.nan)
    result = compare(_study(values, samples, TISSUE, "~ 0 + tissue"), VaryOptions())
    row = result.tables["effects"].set_index("protein").loc["P0"]
    assert row["status"] == "tested by detection"
    assert row["method"] == "detection curves"
    assert row["fdr"] < 0.05
    assert row["log2_ratio"] > 3
    assert row["lower"] < row["log2_ratio"] < row["upper"]
    assert (row["donors_left"], row["donors_right"]) == (4, 0)


def test_a_shallower_side_is_no_evidence_by_itself():
    values, samples = _with_detection(side=1.5)
    result = compare(_study(values, samples, TISSUE, "~ 0 + tissue"), VaryOptions())
    effects = result.tables["effects"]
    curved = effects["method"] == "detection curves"
    assert curved.sum() > 20
    assert (effects.loc[curved, "fdr"] > 0.05).all()
    contrast = result.tables["contrasts"].iloc[0]
    assert contrast["identified_left"] < contrast["identified_right"]


def test_the_option_leaves_one_sided_rows_alone():
    values, samples = _with_detection()
    effects = compare(_study(values, samples, TISSUE, "~ 0 + tissue"), VaryOptions(one_sided=False)).tables[
        "effects"
    ]
    assert "tested by detection" not in set(effects["status"])
    assert effects.loc[effects["status"] == "seen on one side only", "p_value"].isna().all()


def test_unequal_depth_is_said_with_its_numbers():
    values, samples = _with_detection(side=3.0)
    result = compare(_study(values, samples, TISSUE, "~ 0 + tissue"), VaryOptions())
    contrast = result.tables["contrasts"].iloc[0]
    note = next(note for note in result.notes if "confounded with identification depth" in note)
    assert f"{contrast['identified_left']:.1f}"[:3].rstrip(".") in note


def test_the_report_says_what_flasks_would_have_claimed():
    rng = np.random.default_rng(21)
    samples = _samples(donors=3, conditions=("control",), flasks=6)
    codes = samples["donor"].astype("category").cat.codes.to_numpy()
    values = rng.normal(0, 0.2, (400, len(samples))) + rng.normal(20, 1.0, (400, 6))[:, codes]
    result = compare(_study(values, samples, TISSUE, "~ 0 + tissue"), PLAIN)
    contrast = result.tables["contrasts"].iloc[0]
    assert contrast["flasks_would_claim"] > 100
    assert contrast["significant_5_fdr"] < 5
    assert any("taking 36 flasks as independent would have claimed" in note for note in result.notes)


def test_power_grows_with_donors_and_the_number_needed_reaches_it():
    from secretome.vary.power import donors_needed, power_of

    powers = [power_of(0.6, n, n, 2.0, paired=False) for n in (2, 3, 4, 8, 100, 500)]
    assert powers == sorted(powers)
    assert powers[-1] == pytest.approx(1.0)
    for sd, fold, paired in ((0.6, 2.0, False), (0.3, 4.0, True), (1.2, 1.5, False)):
        n = int(donors_needed(sd, fold, paired=paired))
        assert power_of(sd, n, n, fold, paired=paired) >= 0.8
        assert n == 2 or power_of(sd, n - 1, n - 1, fold, paired=paired) < 0.8
    assert np.isnan(donors_needed(50.0, 1.5, paired=False))


def test_power_is_that_of_simulation():
    from secretome.vary.power import power_of

    rng = np.random.default_rng(22)
    left, right = rng.normal(1, 0.6, (20_000, 4)), rng.normal(0, 0.6, (20_000, 5))
    share = float((ttest_ind(left, right, axis=1).pvalue < 0.05).mean())
    assert power_of(0.6, 4, 5, 2.0, paired=False) == pytest.approx(share, abs=0.02)


def test_kidney_ages_are_tested_on_donors(shared):
    """Randles 2021: compartments differ, ages do not; twelve samples as twelve donors would claim some."""
    folder = shared / "data" / "age-niche-kidney-matrix-randles"
    samples = pd.read_csv(folder / "samples.csv").set_index("sample")
    table = pd.read_csv(folder / "human_matrix_fraction.csv.gz")
    y = np.log2(table[list(samples.index)].replace(0, np.nan).to_numpy())
    y = (y - np.nanmedian(y, axis=0))[(~np.isnan(y)).sum(axis=1) >= 9]
    assert len(y) == 2571
    samples["age"] = np.where(samples["age_years"] > 50, "aged", "young")
    contrasts = {
        "age": "age[aged] - age[young]",
        "compartment": "compartment[tubulointerstitium] - compartment[glomerulus]",
    }
    result = compare(_study(y, samples, contrasts, "~ 0 + compartment + age"), VaryOptions())
    found = result.tables["contrasts"].set_index("contrast")
    assert found.loc["age", "significant_5_fdr"] == 0
    assert found.loc["age", "donors_left"] == found.loc["age", "donors_right"] == 3
    assert found.loc["age", "flasks_would_claim"] == 4
    assert found.loc["compartment", "significant_5_fdr"] > 600
