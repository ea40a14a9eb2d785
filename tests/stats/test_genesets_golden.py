"""Held to R: limma 3.54.1 (`geneset_*` of oracle/statistics, and a small committed table)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from secretome.stats import genesets, linear

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
DESIGN = np.column_stack([np.ones(10), np.repeat([0, 1], 5), np.tile([0, 1], 5)])
WEIGHTED = [0.0, 1.0, -1.0]


@pytest.fixture(scope="module")
def small():
    y = np.loadtxt(GOLDEN / "genesets_input.csv.gz", delimiter=",")
    table = pd.read_csv(GOLDEN / "genesets_sets.csv")
    sets = {name: rows["row"].to_numpy() for name, rows in table.groupby("set", sort=False)}
    return y, sets, linear.moderate(linear.fit_rows(y, DESIGN)).t[:, 1]


TESTS = {
    "camera_pr": lambda y, sets, t: genesets.camera_pr(t, sets),
    "camera_pr_0.05": lambda y, sets, t: genesets.camera_pr(t, sets, correlation=0.05),
    "camera_pr_ranks": lambda y, sets, t: genesets.camera_pr(t, sets, use_ranks=True),
    "camera": lambda y, sets, t: genesets.camera(y, DESIGN, 1, sets),
    "camera_weighted": lambda y, sets, t: genesets.camera(y, DESIGN, WEIGHTED, sets),
    "camera_trend": lambda y, sets, t: genesets.camera(y, DESIGN, 1, sets, trend=True),
    "camera_estimated": lambda y, sets, t: genesets.camera(y, DESIGN, 1, sets, correlation=None),
    "camera_negative": lambda y, sets, t: genesets.camera(
        y, DESIGN, 1, sets, correlation=None, allow_negative=True
    ),
    "fry": lambda y, sets, t: genesets.fry(y, DESIGN, 1, sets),
    "fry_weighted": lambda y, sets, t: genesets.fry(y, DESIGN, WEIGHTED, sets),
}


@pytest.mark.parametrize("test", TESTS)
def test_small_table_equals_limma(small, test):
    found = TESTS[test](*small)
    expected = pd.read_csv(GOLDEN / "genesets_expected.csv", skipinitialspace=True).query("test == @test")
    assert list(found.name) == list(expected["set"].str.strip())
    assert list(found.direction) == list(expected["direction"].str.strip())
    assert_allclose(found.n, expected["n"])
    assert_allclose(found.p_value, expected["p"], rtol=1e-6)
    if test.startswith("fry"):
        assert_allclose(found.p_value_mixed, expected["mixed"], rtol=1e-6)
    if test in {"camera_estimated", "camera_negative"}:
        assert_allclose(found.correlation, expected["correlation"], rtol=1e-6, atol=1e-12)


@pytest.fixture(scope="module")
def large(oracle, experiments):
    table = oracle.inputs("D_sets.csv.gz").reset_index()
    rows = {name: row for row, name in enumerate(oracle.inputs("A_complete.csv.gz").index)}
    sets = {name: sorted(rows[p] for p in part["protein"]) for name, part in table.groupby("set")}
    experiment = experiments["complete"]
    t = linear.moderate(linear.fit_rows(experiment.y, experiment.design)).t[:, 3]
    return experiment, sets, t


@pytest.mark.parametrize(
    ("file", "test"),
    [
        ("camera_preset", lambda e, sets, t: genesets.camera(e.y, e.design, 3, sets)),
        ("camera_estimated", lambda e, sets, t: genesets.camera(e.y, e.design, 3, sets, correlation=None)),
        ("camera_ranks", lambda e, sets, t: genesets.camera(e.y, e.design, 3, sets, use_ranks=True)),
        ("cameraPR", lambda e, sets, t: genesets.camera_pr(t, sets)),
        ("cameraPR_ranks", lambda e, sets, t: genesets.camera_pr(t, sets, use_ranks=True)),
        ("fry", lambda e, sets, t: genesets.fry(e.y, e.design, 3, sets)),
    ],
)
def test_oracle_sets_equal_limma(oracle, large, file, test):
    found, expected = test(*large), oracle.expected(f"geneset_{file}.csv")
    assert list(found.name) == list(expected.index)
    assert list(found.direction) == list(expected["Direction"].str.lower())
    assert_allclose(found.n, expected["NGenes"])
    assert_allclose(found.p_value, expected["PValue"], rtol=1e-6)
    assert_allclose(found.fdr, expected["FDR"], rtol=1e-6)
    if file == "camera_estimated":
        assert_allclose(found.correlation, expected["Correlation"], rtol=1e-6)
    if file == "fry":
        assert_allclose(found.p_value_mixed, expected["PValue.Mixed"], rtol=1e-6)
        assert_allclose(found.fdr_mixed, expected["FDR.Mixed"], rtol=1e-6)


def test_independent_rank_sums_equal_limma(oracle, large):
    expected = oracle.expected("geneset_geneSetTest.csv")
    assert_allclose(genesets.gene_set_test(large[2], large[1]), expected["p"], rtol=1e-6)
