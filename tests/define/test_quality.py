"""The verdict of each sample: every rule planted, and the numbers of the six-niche media."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secretome.define.quality import RULES
from secretome.define.robust import robust_z
from secretome.errors import InvalidPlan
from secretome.plan import DefineOptions as Options
from secretome.results import Result
from secretome.study import Study

quick = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


def judged(results: dict[str, Result]) -> pd.DataFrame:
    return results["quality"].tables["samples"].set_index("sample")


def with_share(study: Study, sample: str, protein: int, percent: float) -> Study:
    """The study with one protein making up this percent of one sample."""
    values = study.assays["proteome"].matrix.X
    row = list(study.samples.index).index(sample)
    rest = np.nansum(values[row]) - np.nan_to_num(values[row, protein])
    values[row, protein] = rest * percent / (100 - percent)
    return study


def with_keratin(media: Callable[..., Study], percent: float) -> Study:
    """Eight media with about 1 % of keratin, the last with `percent`."""
    study = media(genes=["KRT1", *(f"G{number}" for number in range(39))])
    for position, sample in enumerate(study.samples.index):
        with_share(study, sample, 0, 1 + 0.1 * position)
    return with_share(study, "m7", 0, percent)


def test_alike_media_pass(bench, media) -> None:
    _, results = bench.run(media())
    assert (judged(results)["verdict"] == "pass").all()
    assert results["quality"].verdict == "pass"
    assert "same number" in judged(results)["reason"].iloc[0]


def test_media_that_differ_a_little_are_within_the_limits(bench, media) -> None:
    study = media()
    for row in range(8):
        study.assays["proteome"].matrix.X[row, 36 + row % 4 :] = np.nan
    _, results = bench.run(study)
    assert set(judged(results)["reason"]) == {"within the limits of this study"}


def test_a_keratin_share_far_from_the_others_fails_with_its_numbers_in_words(bench, media) -> None:
    study, results = bench.run(with_keratin(media, 30.0))
    row = judged(results).loc["m7"]
    assert row["keratin_percent"] == pytest.approx(30.0)
    assert row["verdict"] == "fail"
    assert row["reason"].startswith("keratin 30.0 % of the signal: ")
    assert "robust SD above the study's median 1.4 %" in row["reason"]
    assert results["quality"].verdict == "warn"
    obs = study.assays["proteome"].matrix.obs
    assert (obs.loc["m7", "quality"], obs.loc["m7", "quality_reason"]) == ("fail", row["reason"])
    assert (obs["quality"].drop("m7") == "pass").all()
    assert any('exclude = ["m7"]' in note for note in results["quality"].notes)


def test_a_share_below_the_limit_is_no_finding_however_rare(bench, media) -> None:
    _, results = bench.run(with_keratin(media, 9.5))
    assert judged(results).loc["m7", "verdict"] == "pass"


def test_bovine_albumin_is_said_once_though_it_is_bovine_and_serum(bench, media) -> None:
    organisms = ["Bos taurus"] + ["Homo sapiens"] * 39
    study = media(genes=["ALB", *(f"G{number}" for number in range(39))], var={"organism": organisms})
    _, results = bench.run(with_share(study, "m3", 0, 50.0))
    row = judged(results).loc["m3"]
    assert row["bovine_percent"] == pytest.approx(50.0)
    assert row["serum_percent"] == pytest.approx(50.0)
    assert row["reason"].count("% of the signal") == 1


def test_plasma_protein_of_the_own_species_is_counted_but_not_judged(bench, media) -> None:
    study = media(genes=["ALB", *(f"G{number}" for number in range(39))])
    _, results = bench.run(with_share(study, "m3", 0, 50.0))
    row = judged(results).loc["m3"]
    assert (row["serum_percent"], row["own_plasma_percent"]) == (0, pytest.approx(50.0))
    assert "of the signal" not in row["reason"]
    assert any("medium blank" in note for note in results["quality"].notes)


@pytest.mark.parametrize("seen", [10, 40])
def test_few_or_many_identifications_are_an_outlier(bench, media, seen: int) -> None:
    study = media()
    values = study.assays["proteome"].matrix.X
    for row in range(8):
        values[row, 25 + row % 3 :] = np.nan
    values[5] = 2.0**20
    values[5, seen:] = np.nan
    _, results = bench.run(study)
    row = judged(results).loc["m5"]
    assert row["identifications"] == seen
    assert row["verdict"] == "fail"
    assert f"{seen} identifications: outlier" in row["reason"]
    assert ("above" if seen == 40 else "below") in row["reason"]


def test_a_sample_far_from_its_group_is_warned(bench, media) -> None:
    study = media()
    values = study.assays["proteome"].matrix.X
    values[1] = values[1][::-1]
    _, results = bench.run(study)
    row = judged(results).loc["m1"]
    assert row["verdict"] == "warn"
    assert "log2 units from its group" in row["reason"]


def test_a_note_on_a_sample_is_carried_and_warns(bench, media) -> None:
    study = media()
    study.assays["proteome"].matrix.obs["note"] = ["column is named 'remove'", *[""] * 7]
    _, results = bench.run(study)
    assert tuple(judged(results).loc["m0", ["verdict", "reason"]]) == (
        "warn",
        "note: column is named 'remove'",
    )


def test_fewer_than_six_samples_are_never_called_outliers(bench) -> None:
    study = bench.study([[1e6, 1e6, 1e6], [1e6, 1e6, np.nan], [1e6, 5e7, 1e6]], genes=["A", "KRT1", "C"])
    _, results = bench.run(study)
    table = judged(results)
    assert table["group_distance_z"].isna().all()
    assert list(table["verdict"]) == ["warn", "warn", "warn"]
    assert "10 % or more" in table["reason"].iloc[0]
    assert any("fewer than 6 samples" in note for note in results["quality"].notes)


def test_one_sample_alone_is_described(bench) -> None:
    study, results = bench.run(bench.study([[4.0, 16.0, np.nan]]))
    row = judged(results).loc["s0"]
    assert (row["identifications"], row["quantified"], row["verdict"]) == (2, 2, "pass")
    assert row["total_log2_intensity"] == pytest.approx(np.log2(20))
    assert "no outlier rule with 1 samples" in row["reason"]
    assert np.isnan(row["group_distance"])
    assert study.assays["proteome"].matrix.X[0].tolist() == pytest.approx([2, 4, np.nan], nan_ok=True)


def test_a_sample_without_any_value_fails_and_does_not_break_the_others(bench, media) -> None:
    study = media()
    study.assays["proteome"].matrix.X[2] = np.nan
    _, results = bench.run(study)
    row = judged(results).loc["m2"]
    assert row["verdict"] == "fail"
    assert row["reason"].startswith("no protein has a signal")
    assert np.isnan(row["keratin_percent"])
    assert np.isnan(row["total_log2_intensity"])
    assert (judged(results)["verdict"].drop("m2") == "pass").all()
    assert np.isnan(results["similarity"].tables["pca"].set_index("sample").loc["m2", "pc1"])


def test_excluded_samples_stay_in_every_table_and_are_marked(bench, media) -> None:
    study, results = bench.run(media(), Options(exclude=("m1",)))
    assert study.assays["proteome"].matrix.obs["excluded"].tolist() == [False, True, *[False] * 6]
    assert len(judged(results)) == 8
    assert judged(results).loc["m1", "reason"].endswith("left out of contrasts by [define] exclude")


def test_excluding_an_unknown_sample_is_refused_with_a_near_miss(bench, media) -> None:
    with pytest.raises(InvalidPlan, match=r"exclude names 'm11'.*did you mean m1"):
        bench.run(media(), Options(exclude=("m11",)))


def test_blanks_are_compared_with_blanks(bench, media) -> None:
    study = media()
    study.samples["material"] = ["conditioned_medium"] * 6 + ["medium_blank"] * 2
    study.samples["tissue"] = "cord"
    for row in range(6):
        study.assays["proteome"].matrix.X[row, 36 + row % 3 :] = np.nan
    study.assays["proteome"].matrix.X[6:, 3:] = np.nan
    _, results = bench.run(study)
    table = judged(results)
    assert list(table["identifications"]) == [36, 37, 38, 36, 37, 38, 3, 3]
    assert (table["verdict"] != "fail").all()
    assert "with 2 samples" in table.loc["m7", "reason"]
    assert results["quality"].parameters["grouped_by"] == {"proteome": ["material", "tissue", "condition"]}


@pytest.fixture
def unchanged(bench, media) -> dict[str, Result]:
    """What the stage says of eight media with 20 % of keratin in the last, as they are."""
    results: dict[str, Result] = bench.run(with_keratin(media, 20.0))[1]
    return results


@quick
@given(st.permutations(range(8)))
def test_the_order_of_the_samples_changes_no_number(bench, media, unchanged, order: list[int]) -> None:
    study = with_keratin(media, 20.0)
    assay = study.assays["proteome"]
    from dataclasses import replace

    shuffled = replace(
        study,
        samples=study.samples.iloc[list(order)],
        assays={"proteome": replace(assay, data=assay.matrix[list(order)].copy())},
    )
    first, second = unchanged, bench.run(shuffled)[1]
    left, right = judged(first), judged(second).loc[list(study.samples.index)]
    pd.testing.assert_frame_equal(left, right, rtol=1e-9)
    pca = [one["similarity"].tables["pca"].set_index("sample")[["pc1", "pc2"]] for one in (first, second)]
    pd.testing.assert_frame_equal(pca[0], pca[1].loc[pca[0].index], atol=1e-6)


@quick
@given(st.floats(1e-3, 1e6))
def test_scaling_every_intensity_changes_no_share(bench, media, unchanged, factor: float) -> None:
    scaled = with_keratin(media, 20.0)
    scaled.assays["proteome"].matrix.X *= factor
    first, second = judged(unchanged), judged(bench.run(scaled)[1])
    shares = [name for name in first.columns if name.endswith("_percent")]
    pd.testing.assert_frame_equal(first[shares], second[shares], rtol=1e-9)
    assert list(first["verdict"]) == list(second["verdict"])


def test_robust_distances_survive_shares_of_nothing() -> None:
    assert robust_z(np.array([-np.inf, 0.0, 1.0, 2.0, 3.0]))[0] == -np.inf
    assert np.isnan(robust_z(np.array([-np.inf, -np.inf, -np.inf, 1.0]))).all()
    assert np.isnan(robust_z(np.array([-np.inf, -np.inf, 0.0, 1.0]))).all()
    assert np.isnan(robust_z(np.array([2.0, 2.0, 2.0, 9.0]))).all()
    assert np.isnan(robust_z(np.array([np.nan, np.nan]))).all()


@pytest.mark.parametrize("samples", [6, 10, 16])
def test_one_faultless_study_in_three_has_an_outlier_as_the_note_says(samples: int) -> None:
    draw = np.random.default_rng(11)
    hits = [bool((np.abs(robust_z(draw.normal(size=samples))) > RULES.robust_sd).any()) for _ in range(2000)]
    # 2,000 studies of 6 to 16 samples: the Monte-Carlo error of the share is 0.011
    assert np.mean(hits) == pytest.approx(1 / 3, abs=0.05)


def test_an_outlier_comes_with_the_note_that_faultless_samples_are_called_too(bench, media) -> None:
    flagged, clean = with_keratin(media, 30.0), media()
    notes = [" ".join(bench.run(study)[1]["quality"].notes) for study in (flagged, clean)]
    assert ["a reason to look" in note for note in notes] == [True, False]


# --- the six-niche media --------------------------------------------------------------------------


def test_the_six_niche_shares_are_those_of_the_folder(defined: tuple[Study, dict[str, Result]]) -> None:
    table = judged(defined[1])
    for sample, percent in {"Ost_c_9": 24.2, "Ost_c_8": 15.0, "Ost_dif_9": 14.2, "Ost_c_12": 12.65}.items():
        assert table.loc[sample, "keratin_percent"] == pytest.approx(percent, abs=0.05)
    assert table.loc["Ost_dif_8", "keratin_percent"] == pytest.approx(6.7, abs=0.05)
    assert table["keratin_percent"].median() == pytest.approx(3.8, abs=0.05)
    assert table["bovine_percent"].median() == pytest.approx(2.4, abs=0.05)
    assert table["bovine_percent"].idxmax() == "Umb_c_1002"
    assert table["bovine_percent"].max() == pytest.approx(10.0, abs=0.05)
    assert (table["identifications"].min(), table["identifications"].max()) == (215, 1627)


def test_the_six_niche_outliers_fail_and_only_they(defined: tuple[Study, dict[str, Result]]) -> None:
    table = judged(defined[1])
    assert sorted(table.index[table["verdict"] == "fail"]) == ["GF_d_1", "Ost_c_8", "Ost_c_9", "Ost_dif_9"]
    assert table.loc["GF_d_1", "reason"].startswith(
        "1,627 identifications: outlier, 3.2 robust SD above the study's median 770.5"
    )
    assert table.loc["Ost_c_8", "reason"] == (
        "keratin 15.0 % of the signal: 2.7 robust SD above the study's median 3.8 %; "
        "note: column is named 'remove'"
    )
    assert tuple(table.loc["Ost_dif_8", ["verdict", "reason"]]) == ("warn", "note: column is named 'remove'")
    assert table.loc["Ost_c_12", "verdict"] == "warn"
    assert table.loc["Umb_c_1002", "reason"] == (
        "bovine protein 10.0 % of the signal: 1.6 robust SD above the study's median 2.4 %"
    )


def test_the_six_niche_table_keeps_its_rows_tags_and_gaps(defined: tuple[Study, dict[str, Result]]) -> None:
    data = defined[0].assays["proteome"].matrix
    assert data.shape == (50, 2726)
    assert int(data.var["tagged_contaminant"].sum()) == 10
    chosen = (data.var["peptides"] > 1) & ~data.var["tagged_contaminant"]
    assert int(chosen.sum()) == 2387
    assert 100 * np.isnan(data.X[:, chosen.to_numpy()]).mean() == pytest.approx(76.7, abs=0.05)
    assert data.var.loc[data.var["gene"].str.match(r"KRT\d"), "masked"].all()
    assert set(data.var["contaminant_class"]) == {
        "", "keratin", "bovine", "trypsin", "other_species", "handling"
    }  # fmt: skip
    assert data.var.loc["O77727", "contaminant_class"] == "other_species"
