"""Precursors to proteins: exact where nothing is noisy, a loop as oracle, real reports beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome.errors import InvalidArray
from secretome.stats import rollup


def constructed(seed: int, *, proteins: int = 40, samples: int = 6, missing: float = 0.3, noise: float = 0.0):
    """Precursors that are ionisation efficiency x protein amount, with gaps."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 12, proteins)
    groups = np.repeat(np.arange(proteins), sizes)
    amount = rng.normal(0, 2, (proteins, samples))
    logs = (
        rng.normal(20, 3, len(groups))[:, None]
        + amount[groups]
        + rng.normal(0, noise, (len(groups), samples))
    )
    values = np.where(rng.random(logs.shape) < missing, np.nan, 2**logs)
    return values, groups, amount


def slow_maxlfq(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One protein by loops and lstsq: log2 profile and connected set of each sample."""
    logs = np.log2(values)
    m = logs.shape[1]
    parent = list(range(m))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    rows, right = [], []
    for i in range(m):
        for j in range(i + 1, m):
            difference = logs[:, j] - logs[:, i]
            difference = difference[~np.isnan(difference)]
            if len(difference):
                row = np.zeros(m)
                row[i], row[j] = -1, 1
                rows.append(row)
                right.append(np.median(difference))
                parent[root(j)] = root(i)
    profile = np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0] if rows else np.zeros(m)
    sets = np.array([root(i) if not np.isnan(logs[:, i]).all() else -1 for i in range(m)])
    result = np.full(m, np.nan)
    for label in set(sets[sets >= 0]):
        own = sets == label
        linear = 2 ** profile[own]
        result[own] = linear * np.nansum(values[:, own]) / linear.sum()
    return result, sets


@pytest.mark.parametrize("seed", range(5))
def test_noise_free_ratios_are_recovered_exactly(seed):
    values, groups, amount = constructed(seed)
    rolled = rollup.maxlfq(values, groups)
    logs = np.log2(rolled.values)
    for protein in range(len(amount)):
        seen = ~np.isnan(logs[protein])
        if seen.sum() > 1:
            found = logs[protein, seen] - logs[protein, seen][0]
            np.testing.assert_allclose(found, amount[protein, seen] - amount[protein, seen][0], atol=1e-10)


@pytest.mark.parametrize("missing", [0.0, 0.4, 0.85])
def test_equal_to_a_loop_with_least_squares(missing):
    values, groups, _ = constructed(7, proteins=60, missing=missing, noise=1.0)
    rolled = rollup.maxlfq(values, groups, unconnected="anchored")
    for protein in range(60):
        expected, sets = slow_maxlfq(values[groups == protein])
        np.testing.assert_allclose(rolled.values[protein], expected, rtol=1e-9)
        assert len(set(sets[sets >= 0])) == len(set(rolled.component[protein]) - {-1})


def test_total_intensity_is_kept_in_each_connected_set():
    values, groups, _ = constructed(8, missing=0.8, noise=1.0)
    rolled = rollup.maxlfq(values, groups, unconnected="anchored")
    for protein in range(groups.max() + 1):
        for number in set(rolled.component[protein]) - {-1}:
            own = rolled.component[protein] == number
            total = np.nansum(values[groups == protein][:, own])
            assert np.nansum(rolled.values[protein, own]) == pytest.approx(total, rel=1e-12)


def test_samples_that_share_no_precursor_get_no_number():
    nan = np.nan
    values = np.array([[1.0, 2.0, nan, nan, nan], [nan, nan, 8.0, nan, nan], [5.0, 10.0, nan, nan, nan]])
    rolled = rollup.maxlfq(values, [0, 0, 0])
    np.testing.assert_array_equal(rolled.component, [[0, 0, 1, -1, -1]])
    np.testing.assert_allclose(rolled.values, [[6.0, 12.0, nan, nan, nan]])
    np.testing.assert_array_equal(rolled.precursors, [[2, 2, 1, 0, 0]])
    anchored = rollup.maxlfq(values, [0, 0, 0], unconnected="anchored")
    np.testing.assert_allclose(anchored.values, [[6.0, 12.0, 8.0, nan, nan]])


def test_of_two_equal_sets_the_one_with_more_precursors_counts():
    nan = np.nan
    values = np.array([[9.0, nan], [nan, 1.0], [nan, 1.0]])
    np.testing.assert_allclose(rollup.maxlfq(values, [0, 0, 0]).values, [[nan, 2.0]])


def test_one_precursor_proteins_keep_its_intensities():
    values = np.array([[3.0, np.nan, 12.0], [7.0, 7.0, np.nan]])
    np.testing.assert_allclose(rollup.maxlfq(values, [0, 1]).values, values, rtol=1e-12)


def test_order_of_precursors_and_samples_does_not_matter():
    values, groups, _ = constructed(9, noise=1.0, missing=0.7)
    expected = rollup.maxlfq(values, groups)
    rng = np.random.default_rng(1)
    rows, columns = rng.permutation(len(groups)), rng.permutation(values.shape[1])
    shuffled = rollup.maxlfq(values[rows][:, columns], groups[rows])
    np.testing.assert_allclose(shuffled.values, expected.values[:, columns], rtol=1e-10)
    np.testing.assert_array_equal(np.isnan(shuffled.values), np.isnan(expected.values[:, columns]))


def test_scaling_all_intensities_scales_all_proteins():
    values, groups, _ = constructed(10, noise=1.0)
    expected = rollup.maxlfq(values, groups).values
    np.testing.assert_allclose(rollup.maxlfq(values * 8, groups).values, expected * 8, rtol=1e-12)


def test_blocks_do_not_change_numbers(monkeypatch):
    values, groups, _ = constructed(11, proteins=200, noise=1.0, missing=0.6)
    whole = rollup.maxlfq(values, groups)
    monkeypatch.setattr(rollup, "_BLOCK", 1)
    np.testing.assert_allclose(rollup.maxlfq(values, groups).values, whole.values, rtol=1e-12)


def test_a_code_without_precursors_is_an_empty_protein():
    rolled = rollup.maxlfq([[1.0, 2.0], [4.0, 4.0]], [0, 2])
    assert rolled.values.shape == (3, 2)
    assert np.isnan(rolled.values[1]).all()


def test_min_shared_asks_for_more_than_one_precursor():
    values = np.array([[1.0, 2.0, 4.0], [1.0, 2.0, np.nan]])
    rolled = rollup.maxlfq(values, [0, 0], min_shared=2)
    np.testing.assert_array_equal(rolled.component, [[0, 0, 1]])


def test_sum_adds_what_was_seen_and_is_empty_where_nothing_was():
    values = np.array([[1.0, np.nan, np.nan], [2.0, 4.0, np.nan], [np.nan, 3.0, 5.0]])
    rolled = rollup.sum(values, [0, 0, 1])
    np.testing.assert_allclose(rolled.values, [[3.0, 4.0, np.nan], [np.nan, 3.0, 5.0]])
    np.testing.assert_array_equal(rolled.precursors, [[2, 1, 0], [0, 1, 1]])
    np.testing.assert_array_equal(rolled.component, [[0, 0, -1], [-1, 0, 0]])


@pytest.mark.parametrize(
    ("values", "groups", "options", "words"),
    [
        ([[1.0, 0.0]], [0], {}, "values\\[0, 1\\] is 0"),
        ([[1.0, -2.0]], [0], {}, "values\\[0, 1\\] is -2"),
        ([[1.0, np.inf]], [0], {}, "infinite"),
        ([[1.0, 2.0]], [0, 1], {}, "one code"),
        ([[1.0, 2.0]], [-1], {}, "one code"),
        ([[1.0, 2.0]], [0.0], {}, "one code"),
        ([[1.0, 2.0]], [0], {"min_shared": 0}, "min_shared is 0"),
    ],
)
def test_what_cannot_be_rolled_up_is_refused(values, groups, options, words):
    with pytest.raises(InvalidArray, match=words):
        rollup.maxlfq(values, groups, **options)


def test_ratios_are_those_of_diann_where_the_report_is_whole(shared):
    """Genes.MaxLFQ of a complete report of 3 runs, DIA-NN's own MaxLFQ of normalised precursors."""
    report = pd.read_csv(shared / "data/formats-precursor-reports/diann_report_3runs.tsv.gz", sep="\t")
    # proteins whose gene is theirs alone: else DIA-NN rolls up more precursors than we do
    alone = report.groupby("Genes")["Protein.Group"].transform("nunique") == 1
    report = report[alone & report["Genes.MaxLFQ"].notna() & (report["Genes.MaxLFQ"] > 0)]
    wide = report.pivot(
        index=["Protein.Group", "Precursor.Id"], columns="File.Name", values="Precursor.Normalised"
    )
    groups, names = pd.factorize(wide.index.get_level_values(0))
    ours = np.log2(rollup.maxlfq(wide.to_numpy(), groups, unconnected="anchored").values)
    theirs = report.groupby(["Protein.Group", "File.Name"])["Genes.MaxLFQ"].first().unstack().loc[names]
    theirs = np.log2(theirs[wide.columns].to_numpy())
    both = ~np.isnan(ours) & ~np.isnan(theirs)
    centred = np.where(both, ours - theirs, np.nan)
    several = both.sum(axis=1) > 1
    centred = centred[several] - np.nanmean(centred[several], axis=1, keepdims=True)
    off = np.abs(centred[both[several]])
    assert several.sum() == 366
    # the report writes 6 digits
    assert off.max() < 5e-4
