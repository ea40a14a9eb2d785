"""Comparisons on donors, blind spots, intervals, draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from potential_planted import NAN, every, flasks, proteome, random_study, study

from secretome.design import Design
from secretome.errors import InvalidPlan, MissingColumn, UnknownLevel
from secretome.stats.donor_bootstrap import donor_weights, mean_draws, widening
from secretome.stats.evidence_score import interval
from secretome.stats.matched_sets import detection_bins, matched_rows, share_as_high


def planted(donors=6, shift=8.0, seed=0):
    """Two tissues of six donors with two flasks each; VEGFA and IL6 are higher in the first."""
    rng = np.random.default_rng(seed)
    genes = ["VEGFA", "IL6", "HGF", "CCL2", "MMP2", "THBS1", "TIMP1", "ANG", *(f"G{i}" for i in range(80))]
    names = [f"s{i:02d}" for i in range(4 * donors)]
    values = rng.normal(20, 2, len(genes)) + rng.normal(0, 0.4, (4 * donors, len(genes)))
    values[: 2 * donors, :2] += shift
    samples = pd.DataFrame(
        {
            "donor": [f"D{i // 2}" for i in range(4 * donors)],
            "tissue": ["A"] * 2 * donors + ["B"] * 2 * donors,
            "condition": ["control", "primed"] * 2 * donors,
            "lot": [f"L{i // 4}" for i in range(4 * donors)],
        },
        index=names,
    )
    return samples, proteome(dict(zip(genes, np.exp2(values).T, strict=True)), names)


def test_a_planted_difference_is_found_on_donors_and_its_drivers_are_named():
    samples, assay = planted()
    found = every(study(samples, assay))["potential.comparisons"]
    table = found.tables["processes"].query("scale == 'rank'").set_index(["process", "direction"])
    row = table.loc[("angiogenesis", "for")]
    assert row["statement"] == "higher"
    assert (row["donors_left"], row["donors_right"]) == (6, 6)
    assert row["lower"] > 0
    drivers = found.tables["drivers"].query("process == 'angiogenesis' and direction == 'for'")
    assert set(drivers["gene"].head(2)) == {"VEGFA", "IL6"}
    assert "VEGFA higher" in row["driven_by"]
    ratio = drivers.set_index("gene").loc["VEGFA"]
    assert ratio["log2_ratio"] == pytest.approx(8.0, abs=0.8)
    assert ratio["lower"] < ratio["log2_ratio"] < ratio["upper"]


def test_flasks_do_not_count_as_donors():
    samples, assay = planted(shift=0.0)
    doubled = every(study(samples, assay))["potential.comparisons"].tables["processes"]
    assert set(doubled["donors_left"]) == {6}


def test_a_contrast_within_donors_is_paired():
    samples, assay = planted()
    made = study(samples, assay)
    contrasts = {"primed": "condition[primed] - condition[control]", "odd": "tissue[A] + tissue[B]"}
    from dataclasses import replace

    made = replace(made, design=Design(formula="~ 0 + tissue + condition", contrasts=contrasts))
    found = every(made)["potential.comparisons"]
    primed = found.tables["processes"].query("comparison == 'primed'")
    assert set(primed["strategy"]) == {"paired within donor"}
    assert set(primed["donors_left"]) == {12}
    assert any("odd" in note for note in found.notes)


def test_other_columns_are_compared_when_asked_and_one_donor_is_no_test():
    samples, assay = planted(donors=2)
    found = every(study(samples, assay), compare=("lot",))["potential.comparisons"].tables["processes"]
    assert any("L0" in name for name in found["comparison"])
    with pytest.raises(MissingColumn):
        every(study(samples, assay), compare=("lott",))
    one = samples.iloc[[0, 1, 4, 5]].assign(tissue=["A", "A", "B", "B"])
    small = every(study(one, proteome({"VEGFA": [1, 2, 3, 4], "A": [9] * 4}, list(one.index))))
    table = small["potential.comparisons"].tables["processes"]
    assert table["p_value"].isna().all()
    assert set(table["statement"]) <= {"not tested: fewer than two donors a side", "no factor seen"}
    scores = small["potential.processes"].tables["scores"]
    assert scores["lower"].isna().all()


def test_folds_are_taken_against_a_reference_group():
    samples, assay = planted()
    scores = every(study(samples, assay), reference="B")["potential.processes"].tables["scores"]
    mine = scores.query(
        "scale == 'fold' and variant == 'as counted' and process == 'bone' and direction == 'for'"
    )
    by_group = mine.set_index("group")["score"]
    assert by_group["B"] == pytest.approx(0)
    assert by_group["A"] > 1
    with pytest.raises(UnknownLevel, match="did you mean"):
        every(study(samples.assign(tissue=["bone"] * 12 + ["fat"] * 12), assay), reference="bonee")


def test_blind_spots_say_what_share_was_not_seen_and_which_assay_adds_most():
    samples = flasks(["D1", "D2"])
    result = every(study(samples, proteome({"VEGFA": [9, 9]}, ["s0", "s1"])))["potential.processes"]
    table = result.tables["blind_by_process"]
    wholes = result.tables["processes"].set_index(["process", "direction"])
    for row in table.to_dict("records"):
        known = wholes.loc[(row["process"], row["direction"])]
        assert row["share_not_seen_percent"] == pytest.approx(100 - known["share_seen_percent"])
        assert (row["best_assay"] == "") == (row["factors_not_seen"] == 0)
        assert row["best_assay_adds_percent"] <= row["share_not_seen_percent"] + 1e-9
    hair = table.query("process == 'antitumour' and direction == 'for'").iloc[0]
    assert hair["share_not_seen_percent"] == pytest.approx(100)


def test_same_seed_same_numbers_and_another_seed_moves_intervals_only():
    samples, assay = random_study(3)
    one, again = (every(study(samples, assay))["potential.processes"].tables["scores"] for _ in range(2))
    pd.testing.assert_frame_equal(one, again)


def test_donor_draws_have_the_variance_of_a_mean_and_keep_donors_together():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(6, 3))
    weights = donor_weights(6, 40_000, rng)
    found = mean_draws(values, weights)
    assert found.deviation.std(axis=0) == pytest.approx(values.std(axis=0, ddof=1) / np.sqrt(6), rel=0.03)
    with_gap = values.copy()
    with_gap[0, 0] = NAN
    assert mean_draws(with_gap, weights).donors.tolist() == [5, 6, 6]
    assert mean_draws(with_gap, weights).mean[0] == pytest.approx(values[1:, 0].mean())
    same = mean_draws(np.column_stack([values[:, 0], values[:, 0]]), weights).deviation
    assert np.allclose(same[:, 0], same[:, 1])
    assert float(widening(5)) == pytest.approx(2.5706 / 1.95996, rel=1e-4)


def test_random_sets_are_found_as_often_and_never_hold_a_row_twice():
    rng = np.random.default_rng(2)
    detected = rng.integers(1, 20, 400)
    chosen = rng.choice(400, 30, replace=False)
    found = matched_rows(detected, chosen, 200, rng)
    assert all(len(set(row)) == 30 for row in found.tolist())
    bins = detection_bins(detected.astype(float))
    assert (bins[found] == bins[chosen][None, :]).all()
    assert share_as_high([10.0], np.zeros((99, 1)))[0] == pytest.approx(0.01)
    low, high = interval(rng.normal(size=(20_000, 1)))
    assert (low[0], high[0]) == pytest.approx((-1.96, 1.96), abs=0.06)


def test_a_measured_read_out_stands_beside_the_scores_on_donors():
    samples, assay = planted()
    # the read-out follows VEGFA: the first tissue is high
    samples["tubes"] = [10.0 + i % 3 for i in range(12)] + [1.0 + i % 3 for i in range(12)]
    found = every(study(samples, assay), functional=("tubes = angiogenesis",))
    agreement = found["potential.functional"].tables["agreement"].set_index("direction").loc["for"]
    assert agreement["donors"] == 12
    assert agreement["rank_correlation"] > 0.6
    assert agreement["lower"] < agreement["rank_correlation"] < agreement["upper"]
    scores = found["potential.processes"].tables["scores"]
    told = scores.drop_duplicates("process").set_index("process")["functional_test"]
    assert told["angiogenesis"].startswith("measured: tubes")
    assert told["bone"] == "not tested functionally in this study"
    with pytest.raises(InvalidPlan, match="did you mean angiogenesis"):
        every(study(samples, assay), functional=("tubes = angiogenesi",))
    with pytest.raises(MissingColumn):
        every(study(samples, assay), functional=("tube = angiogenesis",))
