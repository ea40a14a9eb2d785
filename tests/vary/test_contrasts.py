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
from secretome.plan import VaryOptions, read_plan
from secretome.read import read_study
from secretome.stats import linear, normalize
from secretome.study import Assay, Study
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
