"""Tests of abundances with standard errors: values of limpa, planted truth, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats import detection, linear
from secretome.stats._lowess import lowess, weighted_lowess

DESIGN = np.column_stack([np.ones(12), np.arange(12) >= 6]).astype(float)
ROUTES = [
    ("_exact", "dpcQuant_exact", 1e-8),
    ("", "dpcQuant", 1e-8),
    ("_slope0.8", "dpcQuant_slope0.8", 1e-8),
    ("_CN", "dpcQuant_CN", 1e-8),
]


def _compare(oracle, tag, abundance, error, tolerance):
    counts = oracle.expected("limpa_dpcQuant.csv").filter(regex=r"^n\.").to_numpy()
    rows = detection.fit_weighted(abundance, error, counts, DESIGN)
    tests = linear.moderate(rows.fit)
    expected = oracle.expected(f"limpa_dpcDE{tag}.csv")
    assert_allclose(rows.weights, oracle.expected(f"limpa_dpcDE{tag}_weights.csv"), rtol=max(tolerance, 1e-8))
    assert_allclose(tests.coefficients[:, 1], expected["logFC"], atol=tolerance)
    assert_allclose(tests.coefficients[:, 0], expected["intercept"], atol=tolerance)
    assert_allclose(rows.fit.mean, expected["AveExpr"], atol=tolerance)
    assert_allclose(rows.fit.sigma, expected["sigma"], rtol=tolerance)
    assert_allclose(rows.fit.df_residual, expected["df.residual"])
    assert_allclose(rows.fit.unscaled_sd[:, 1], expected["stdev.unscaled"], rtol=tolerance)
    assert_allclose(tests.s2_post, expected["s2.post"], rtol=tolerance)
    assert_allclose(tests.df_total, expected["df.total"], rtol=tolerance)
    assert_allclose(tests.t[:, 1], expected["t"], atol=tolerance)
    assert_allclose(np.log10(tests.p_value[:, 1]), np.log10(expected["P.Value"]), atol=tolerance)
    assert_allclose(tests.log_odds[:, 1], expected["B"], atol=tolerance)
    wanted = oracle.expected("limpa_dpcDE_hyperparameters.csv").loc[f"dpcDE{tag}"]
    assert rows.span == pytest.approx(wanted["span"], rel=1e-12)
    assert tests.df_prior.max() == pytest.approx(wanted["df.prior"], rel=tolerance)
    assert tests.s2_prior[0] == pytest.approx(wanted["s2.prior"], rel=tolerance)
    assert (rows.fit.df_residual < 10).sum() == wanted["rows_with_lost_df"]
    assert (tests.prior, rows.dropped.any(axis=1).sum()) == ("unequal_df", wanted["rows_with_lost_df"])


@pytest.mark.parametrize(("tag", "source", "tolerance"), ROUTES)
def test_weights_and_tests_equal_limpa(oracle, tag, source, tolerance):
    given = oracle.expected(f"limpa_{source}.csv")
    _compare(
        oracle,
        tag,
        given.filter(regex=r"^E\.").to_numpy(),
        given.filter(regex=r"^se\.").to_numpy(),
        tolerance,
    )


def test_the_whole_chain_from_precursors_equals_limpa_at_the_exact_mode(oracle):
    table = oracle.inputs("limpa_precursors.csv.gz")
    y = table.iloc[:, 1:].to_numpy()
    given = oracle.expected("limpa_dpc.csv").loc["dpc"]
    curve = replace(
        detection.fit_curve(y, method="slope"), intercept=float(given["beta0"]), slope=float(given["beta1"])
    )
    found = detection.quantify(y, table["protein"].to_numpy(str), curve)
    _compare(oracle, "_exact", found.abundance, found.standard_error, 1e-7)


def test_rows_by_themselves_equal_limpa(oracle):
    table = oracle.inputs("limpa_precursors.csv.gz")
    y = table.iloc[:120, 1:].to_numpy()
    given = oracle.expected("limpa_dpc.csv").loc["dpc"]
    curve = replace(
        detection.fit_curve(y, method="slope"), intercept=float(given["beta0"]), slope=float(given["beta1"])
    )
    found = detection.impute(y, curve)
    expected = oracle.expected("limpa_dpcImpute_first120.csv")
    assert_allclose(found.abundance, expected.filter(regex=r"^E\.").to_numpy(), atol=3e-3)
    assert_allclose(found.standard_error, expected.filter(regex=r"^se\.").to_numpy(), rtol=2e-5)
    assert ((found.n_observed == 0) == np.isnan(y)).all()


def _noisy(seed=1, rows=400, changed=0):
    rng = np.random.default_rng(seed)
    error = np.exp(rng.normal(-1.2, 0.8, (rows, 12)))
    y = rng.normal(20, 2, (rows, 1)) + rng.normal(0, np.sqrt(0.05 + error**2))
    y[:changed, 6:] += 1.0
    return y, error


def test_weights_find_more_and_keep_their_size():
    calls, plain, size = 0, 0, []
    for seed in range(4):
        y, error = _noisy(seed, changed=100)
        weighted = linear.moderate(
            detection.fit_weighted(y, error, np.ones(y.shape, dtype=int), DESIGN).fit
        ).p_value[:, 1]
        calls += int((weighted[:100] < 0.001).sum())
        plain += int((linear.moderate(linear.fit_rows(y, DESIGN)).p_value[:100, 1] < 0.001).sum())
        size.append(np.mean(weighted[100:] < 0.05))
    assert calls > 1.2 * plain
    # 3.4 % over 40 seeds, the plain test 3.8 %: errors that differ within a row make both careful
    assert 0.02 < np.mean(size) < 0.05


def test_a_group_without_a_detection_adds_no_degrees_of_freedom():
    y, error = _noisy()
    counts = np.ones(y.shape, dtype=int)
    counts[0, 6:] = 0
    counts[1, 6:11] = 0
    rows = detection.fit_weighted(y, error, counts, DESIGN)
    assert rows.fit.df_residual[:3].tolist() == [5.0, 10.0, 10.0]
    assert rows.dropped[0].sum() == 6
    assert not rows.dropped[1:].any()


def test_one_weighted_window_with_equal_weights_resists_outliers_as_the_classical_one():
    x = np.linspace(0, 10, 60)
    y = 2 * x
    y[30] += 50
    smooth = weighted_lowess(x, y, np.ones(60), span=0.6, passes=3)
    assert_allclose(smooth, 2 * x, atol=1e-3)
    assert_allclose(smooth, lowess(x, y, span=0.6, passes=3), atol=1e-3)
    assert abs(weighted_lowess(x, y, np.ones(60), span=0.6) - 2 * x).max() > 1


def test_what_cannot_be_weighted_is_refused():
    y, error = _noisy(rows=20)
    counts = np.ones(y.shape, dtype=int)
    with pytest.raises(InvalidArray, match="standard_error has shape"):
        detection.fit_weighted(y, error[:, :3], counts, DESIGN)
    with pytest.raises(InvalidArray, match="n_observed has shape"):
        detection.fit_weighted(y, error, counts[:3], DESIGN)
    with pytest.raises(InvalidArray, match="not a positive number"):
        detection.fit_weighted(y, np.zeros_like(y), counts, DESIGN)
    with pytest.raises(InvalidArray, match="an abundance is missing"):
        detection.fit_weighted(np.where(np.eye(20, 12) > 0, np.nan, y), error, counts, DESIGN)
    with pytest.raises(NotEstimable, match="residual degrees of freedom"):
        detection.fit_weighted(y[:, :2], error[:, :2], counts[:, :2], np.eye(2))
    with pytest.raises(InvalidArray, match="never seen"):
        detection.impute(
            np.full((2, 3), np.nan),
            detection.DetectionCurve(-15.0, 0.8, np.zeros(2), np.ones(2), "slope", np.ones(2)),
        )
