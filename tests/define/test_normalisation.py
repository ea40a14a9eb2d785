"""Levels of samples: nothing by default, contaminants never decide, loading decides the words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome.define import normalise
from secretome.define.normalisation import meaning
from secretome.errors import InvalidPlan
from secretome.plan import DefineOptions as Options

KEEP = np.zeros(4, dtype=bool)


def test_nothing_is_done_by_default(bench, media) -> None:
    study = media()
    defined, results = bench.run(study)
    assert np.asarray(defined.assays["proteome"].matrix.X) == pytest.approx(
        np.log2(study.assays["proteome"].matrix.X)
    )
    assert (results["normalisation"].tables["samples"]["shift_log2"] == 0).all()
    assert results["normalisation"].parameters["normalisation"] == "none"
    assert "No normalisation was applied" in results["normalisation"].sentence()


def test_the_medians_meet_at_their_mean() -> None:
    values = np.array([[1.0, 2, 3, np.nan], [5, 6, 7, 8], [0, np.nan, 2, np.nan]])
    moved = normalise(values, KEEP, method="median")
    medians = np.log2(np.nanmedian(np.exp2(values), axis=1))
    assert np.log2(np.nanmedian(np.exp2(moved), axis=1)) == pytest.approx(np.full(3, medians.mean()))
    assert (np.isnan(moved) == np.isnan(values)).all()


def test_contaminants_move_with_their_sample_but_do_not_decide() -> None:
    values = np.array([[1.0, 2, 3, 30], [2, 3, 4, 1]])
    moved = normalise(values, np.array([False, False, False, True]), method="median")
    assert moved - values == pytest.approx(np.array([[0.5] * 4, [-0.5] * 4]))


def test_a_sample_without_values_is_left_alone() -> None:
    values = np.array([[1.0, 2, 3, 4], [np.nan] * 4])
    assert normalise(values, KEEP, method="median") == pytest.approx(values, nan_ok=True)


def test_shifts_and_shares_stay_with_the_study(bench, media) -> None:
    study = media()
    study.assays["proteome"].matrix.X[0] *= 8
    (plain, before), (moved, after) = (
        bench.run(study, Options(normalisation=method)) for method in ("none", "median")
    )
    shift = after["normalisation"].tables["samples"].set_index("sample")["shift_log2"]
    assert shift["m0"] < -2
    difference = moved.assays["proteome"].matrix.X - plain.assays["proteome"].matrix.X
    assert difference[0] == pytest.approx(np.full(40, shift["m0"]))
    shares = [one["quality"].tables["samples"]["keratin_percent"] for one in (before, after)]
    pd.testing.assert_series_equal(*shares)
    assert any("most proteins do not change" in note for note in after["normalisation"].notes)
    assert any(step.parameters.get("normalisation") == "median" for step in moved.history)


def test_an_unknown_method_is_refused_with_a_near_miss(bench, media) -> None:
    with pytest.raises(InvalidPlan, match="did you mean quantile"):
        bench.run(media(), Options(normalisation="quantiles"))


def test_medians_are_those_of_the_golden_arithmetic() -> None:
    normalize = pytest.importorskip("secretome.stats.normalize")
    values = np.random.default_rng(5).normal(20, 3, size=(4, 31))
    values[1, :7] = np.nan
    expected = np.log2(normalize.median(np.exp2(values).T)).T
    found = normalise(values, np.zeros(31, dtype=bool), method="median")
    assert found == pytest.approx(expected, abs=1e-9, nan_ok=True)


def test_quantiles_are_those_of_the_golden_arithmetic_and_skip_empty_samples() -> None:
    normalize = pytest.importorskip("secretome.stats.normalize")
    values = np.random.default_rng(6).normal(20, 3, size=(5, 31))
    values[1, :7] = np.nan
    values[4] = np.nan
    found = normalise(values, np.zeros(31, dtype=bool), method="quantile")
    assert found[:4] == pytest.approx(normalize.quantiles(values[:4].T).T, nan_ok=True)
    assert np.isnan(found[4]).all()
    assert np.isnan(normalise(values[4:], np.zeros(31, dtype=bool), method="quantile")).all()


def test_quantiles_give_every_sample_one_distribution() -> None:
    pytest.importorskip("secretome.stats.normalize")
    values = np.random.default_rng(4).normal(size=(3, 50)) * np.array([[1], [2], [3]])
    masked = np.zeros(50, dtype=bool)
    masked[:5] = True
    moved = normalise(values, masked, method="quantile")
    kept = np.sort(moved[:, 5:], axis=1)
    assert kept[0] == pytest.approx(kept[1])
    assert kept[0] == pytest.approx(kept[2])
    assert np.isfinite(moved).all()


@pytest.mark.parametrize(
    ("load", "words", "loads"),
    [
        (["equal_volume"] * 2, "amount in equal volumes of medium", ("equal_volume",)),
        (["equal_cell_equivalents"] * 2, "amount for equal numbers of cells", ("equal_cell_equivalents",)),
        (["equal_protein"] * 2, "share of the proteome", ("equal_protein",)),
        (["equal_volume", np.nan], "share of the proteome", ("equal_volume", "unknown")),
        (["equal_volume", "equal_cell_equivalents"], "share of the proteome", None),
        (["nonsense"] * 2, "share of the proteome", ("unknown",)),
    ],
)
def test_loading_decides_what_a_number_means(load, words, loads) -> None:
    found = meaning(pd.DataFrame({"load": load}))
    assert found[0] == words
    assert loads is None or found[1] == loads


def test_with_unknown_load_nothing_is_said_of_total_secretion(bench, media) -> None:
    _, results = bench.run(media())
    one = results["normalisation"]
    assert one.parameters["meaning"] == "share of the proteome"
    assert any("nothing is said about total secretion" in note for note in one.notes)
    assert one.lacks
    study = media()
    study.samples["load"] = "equal_volume"
    assert not bench.run(study)[1]["normalisation"].lacks
