"""Distances with gaps, principal coordinates, and the distances of the six-niche media."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from secretome.define.similarity import (
    distance_matrix,
    distance_per_protein,
    principal_coordinates,
    within_between,
)
from secretome.study import Study


def test_distances_without_gaps_are_euclidean() -> None:
    values = np.random.default_rng(1).normal(size=(5, 30))
    expected = np.sqrt(((values[:, None] - values[None]) ** 2).sum(axis=2))
    assert distance_matrix(values) == pytest.approx(expected)


def test_gaps_are_scaled_up_as_in_r() -> None:
    # dist(rbind(c(1, 2, 3, NA), c(2, NA, 5, 1))): sqrt((1 + 4) * 4 / 2)
    values = np.array([[1, 2, 3, np.nan], [2, np.nan, 5, 1]])
    assert distance_matrix(values)[0, 1] == pytest.approx(np.sqrt(10))
    assert distance_per_protein(values)[0, 1] == pytest.approx(np.sqrt(2.5))


def test_samples_that_share_no_protein_have_no_distance() -> None:
    values = np.array([[1.0, np.nan], [np.nan, 1.0]])
    assert np.isnan(distance_matrix(values)[0, 1])
    assert np.isnan(distance_per_protein(values)[0, 1])


def test_without_gaps_the_coordinates_are_those_of_a_principal_component_analysis() -> None:
    values = np.random.default_rng(2).normal(size=(9, 40)) * np.linspace(3, 0.1, 40)
    left, singular, _ = np.linalg.svd(values - values.mean(axis=0))
    scores, percent = principal_coordinates(distance_matrix(values))
    assert np.abs(scores) == pytest.approx(np.abs(left[:, :2] * singular[:2]), abs=1e-8)
    assert percent == pytest.approx(100 * singular[:2] ** 2 / (singular**2).sum())
    assert (scores[np.abs(scores).argmax(axis=0), [0, 1]] > 0).all()


def test_a_sample_without_distances_gets_no_coordinates() -> None:
    distances = distance_matrix(np.array([[1.0, 2.0], [np.nan, np.nan], [3.0, 5.0], [4.0, 4.0]]))
    scores, percent = principal_coordinates(distances)
    assert np.isnan(scores[1]).all()
    assert np.isfinite(scores[[0, 2, 3]]).all()
    assert np.isfinite(percent).all()


@pytest.mark.parametrize("count", [0, 1])
def test_one_sample_has_no_coordinates(count: int) -> None:
    scores, percent = principal_coordinates(np.zeros((count, count)))
    assert np.isnan(scores).all()
    assert np.isnan(percent).all()


def test_alike_samples_lie_on_one_point() -> None:
    scores, percent = principal_coordinates(np.zeros((3, 3)))
    assert (scores == 0).all()
    assert np.isnan(percent).all()


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.floats(-50, 50))
def test_adding_a_constant_to_all_values_moves_nothing(constant: float) -> None:
    values = np.random.default_rng(3).normal(size=(4, 12))
    values[0, 3] = np.nan
    assert distance_matrix(values + constant) == pytest.approx(distance_matrix(values), abs=1e-9)


def test_pairs_with_an_unknown_level_are_left_out() -> None:
    distances = np.array([[0.0, 1, 9], [1, 0, 9], [9, 9, 0]])
    assert within_between(distances, ["a", "a", ""]) == (1.0, pytest.approx(np.nan, nan_ok=True))


def test_the_answer_quotes_the_distances(bench, media) -> None:
    _, results = bench.run(media())
    sentence = results["similarity"].sentence()
    assert "compared on 40 proteins" in sentence
    assert "mean distance within one tissue" in sentence
    assert list(results["similarity"].tables["distances"]["factor"]) == ["tissue"]
    assert "within_donor" not in sentence


def test_contaminants_do_not_decide_who_is_alike(bench, media) -> None:
    study, dirty = media(), media(genes=["KRT1", *(f"G{number}" for number in range(39))])
    study.assays["proteome"].matrix.X[:, 0] = np.nan
    dirty.assays["proteome"].matrix.X[::2, 0] *= 1000
    first, second = (bench.run(one)[1]["similarity"].tables["pca"] for one in (study, dirty))
    assert first["pc1"].to_numpy() == pytest.approx(second["pc1"].to_numpy())


def _quantiles(log2: np.ndarray) -> np.ndarray:
    """Quantile normalisation of samples (rows) with gaps, written again for this check."""
    grid = np.linspace(0, 1, log2.shape[1])
    sorted_rows = [np.sort(row[np.isfinite(row)]) for row in log2]
    target = np.mean([np.interp(grid, np.linspace(0, 1, len(row)), row) for row in sorted_rows], axis=0)
    out = log2.copy()
    for row, known in zip(out, np.isfinite(log2), strict=True):
        row[known] = np.interp((rankdata(row[known]) - 1) / (known.sum() - 1), grid, target)
    return out


@pytest.mark.parametrize(
    ("left_out", "proteins", "origin", "tissue"),
    [((), 162, (10.9, 14.4), (10.4, 13.6)), (("Ost_c_8", "Ost_c_9"), 218, (12.2, 16.5), (11.5, 15.5))],
)
def test_the_six_niche_distances_are_those_of_the_folder(
    six_niches: Study,
    left_out: tuple[str, ...],
    proteins: int,
    origin: tuple[float, float],
    tissue: tuple[float, float],
) -> None:
    # 10.9/14.4 and 10.4/13.6 hold on all 25 controls, keratins included, quantile normalised
    data = six_niches.assays["proteome"].matrix
    samples = six_niches.samples
    rows = ((samples["condition"] == "control") & ~samples.index.isin(left_out)).to_numpy()
    values, labels = np.log2(data.X[rows]), samples[rows]
    kept = ~data.var["tagged_contaminant"].to_numpy()
    for name in labels["tissue"].unique():
        share = np.isfinite(values[(labels["tissue"] == name).to_numpy()]).mean(axis=0)
        kept &= share >= (2 / 3 - 1e-9 if name == "GFs" else 0.5)
    assert kept.sum() == proteins
    distances = distance_matrix(_quantiles(values[:, kept]))
    assert within_between(distances, list(labels["origin"])) == pytest.approx(origin, abs=0.05)
    assert within_between(distances, list(labels["tissue"])) == pytest.approx(tissue, abs=0.05)
