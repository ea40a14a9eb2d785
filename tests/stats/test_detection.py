"""The detection curve and quantification: values of limpa, planted truth, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats import detection


@pytest.fixture(scope="module")
def precursors(oracle):
    table = oracle.inputs("limpa_precursors.csv.gz")
    return table.iloc[:, 1:].to_numpy(), table["protein"].to_numpy(str)


@pytest.fixture(scope="module")
def expected_curves(oracle):
    return oracle.expected("limpa_dpc.csv")


@pytest.fixture(scope="module")
def observed(precursors):
    return detection.fit_curve(precursors[0])


def test_the_observed_normal_curve_is_the_exact_maximum(observed, expected_curves, oracle):
    expected = expected_curves.loc["dpcON_exact_maximum"]
    assert_allclose([observed.intercept, observed.slope], [expected["beta0"], expected["beta1"]], rtol=1e-5)
    shipped = expected_curves.loc["dpcON"]
    assert_allclose([observed.intercept, observed.slope], [shipped["beta0"], shipped["beta1"]], rtol=1e-4)
    rows = oracle.expected("limpa_dpc_precursors.csv")
    assert_allclose(observed.mean, rows["mu.obs"], rtol=1e-10)
    assert_allclose(observed.variance, rows["s2.obs"], rtol=1e-10)


def test_the_robust_curve_is_the_exact_maximum(precursors, expected_curves):
    curve = detection.fit_curve(precursors[0], robust=True)
    expected = expected_curves.loc["dpcON_robust_exact_maximum"]
    assert_allclose([curve.intercept, curve.slope], [expected["beta0"], expected["beta1"]], rtol=1e-5)


def test_the_complete_normal_curve_equals_its_exact_steps(precursors, expected_curves, oracle):
    curve = detection.fit_curve(precursors[0], method="complete")
    exact, shipped = (expected_curves.loc[name] for name in ("dpcCN_exact_steps", "dpcCN"))
    assert_allclose([curve.intercept, curve.slope], [exact["beta0"], exact["beta1"]], rtol=1e-5)
    assert_allclose([curve.intercept, curve.slope], [shipped["beta0"], shipped["beta1"]], rtol=1e-4)
    rows = oracle.expected("limpa_dpc_precursors.csv")
    assert_allclose(curve.mean, rows["mu.CN.exact"], rtol=1e-5)
    assert_allclose(np.sqrt(curve.variance), rows["sigma.CN.exact"], rtol=1e-4)


def test_the_intercept_for_a_slope(precursors, expected_curves):
    curve = detection.fit_curve(precursors[0], method="slope", slope=0.8)
    assert curve.intercept == pytest.approx(expected_curves.loc["intercept_for_slope_0.8", "beta0"], rel=1e-8)


@pytest.mark.parametrize(
    ("tag", "route"), [("", "dpc"), ("_CN", "dpcCN"), ("_slope0.8", "intercept_for_slope_0.8")]
)
def test_quantification_is_the_exact_posterior_mode(
    precursors, observed, expected_curves, oracle, tag, route
):
    y, groups = precursors
    given = expected_curves.loc[route]
    curve = replace(observed, intercept=float(given["beta0"]), slope=float(given["beta1"]))
    found = detection.quantify(y, groups, curve)
    exact = oracle.expected(f"limpa_dpcQuant{tag}_exact.csv").loc[found.names]
    shipped = oracle.expected(f"limpa_dpcQuant{tag}.csv").loc[found.names]
    assert_allclose(found.abundance, exact.filter(regex=r"^E\.").to_numpy(), atol=1e-8)
    assert_allclose(found.standard_error, exact.filter(regex=r"^se\.").to_numpy(), rtol=1e-8)
    assert_allclose(found.sigma, shipped["sigma"], rtol=1e-9)
    assert_allclose(found.abundance, shipped.filter(regex=r"^E\.").to_numpy(), atol=3e-3)
    assert_allclose(found.standard_error, shipped.filter(regex=r"^se\.").to_numpy(), rtol=2e-5)
    assert_allclose(found.n_observed, shipped.filter(regex=r"^n\.").to_numpy())
    priors = pd.read_csv(oracle.folder / "expected" / f"limpa_dpcQuant{tag}_hyperparameters.csv").iloc[0]
    ours = [found.prior_mean, found.prior_sd, found.prior_log2_ratio]
    assert_allclose(ours, priors[["prior.mean", "prior.sd", "prior.logFC"]].to_numpy(float), rtol=1e-10)


def _planted(seed=1, proteins=80, each=4, samples=8):
    rng = np.random.default_rng(seed)
    truth = rng.normal(19, 1.7, (proteins, 1)) + rng.normal(0, 0.4, (proteins, samples))
    y = (
        truth.repeat(each, axis=0)
        + rng.normal(0, 1.0, (proteins * each, 1))
        + rng.normal(0, 0.3, (proteins * each, samples))
    )
    y[rng.random(y.shape) > 1 / (1 + np.exp(15.2 - 0.8 * y))] = np.nan
    kept = (~np.isnan(y)).any(axis=1)
    return y[kept], np.repeat(np.arange(proteins), each)[kept], truth


def test_a_planted_curve_is_recovered():
    y, _, _ = _planted(proteins=200)
    for method in ("observed", "complete"):
        curve = detection.fit_curve(y, method=method)
        assert curve.slope == pytest.approx(0.8, abs=0.12)
        assert curve.intercept / curve.slope == pytest.approx(-19, abs=0.5)


def test_abundances_follow_the_truth_and_say_how_sure_they_are():
    y, groups, truth = _planted()
    found = detection.quantify(y, groups, detection.fit_curve(y))
    ratio = found.abundance - found.abundance.mean(axis=1, keepdims=True)
    wanted = truth[found.names] - truth[found.names].mean(axis=1, keepdims=True)
    sure = found.n_observed >= 3
    assert np.corrcoef(ratio[sure], wanted[sure])[0, 1] > 0.85
    assert (
        found.standard_error[found.n_observed == 0].min() > found.standard_error[found.n_observed == 4].max()
    )


def test_an_offset_moves_the_abundance_and_nothing_else():
    y, groups, _ = _planted()
    curve = detection.fit_curve(y)
    moved = detection.fit_curve(y + 2)
    assert moved.slope == pytest.approx(curve.slope, rel=1e-5)
    one, other = detection.quantify(y, groups, curve), detection.quantify(y + 2, groups, moved)
    assert_allclose(other.abundance, one.abundance + 2, atol=1e-4)
    assert_allclose(other.standard_error, one.standard_error, rtol=1e-4)


def test_what_cannot_be_fitted_is_refused():
    y, groups, _ = _planted()
    with pytest.raises(NotEstimable, match="nothing is missing"):
        detection.fit_curve(np.nan_to_num(y, nan=20.0))
    with pytest.raises(InvalidArray, match="never seen"):
        detection.fit_curve(np.vstack([y, np.full(y.shape[1], np.nan)]))
    with pytest.raises(InvalidArray, match="method"):
        detection.fit_curve(y, method="guess")
    with pytest.raises(NotEstimable, match="seen twice"):
        detection.fit_curve(np.where(np.eye(8) > 0, 20.0, np.nan))
    curve = detection.fit_curve(y)
    with pytest.raises(InvalidArray, match="one protein per row"):
        detection.quantify(y, groups[:-1], curve)
    with pytest.raises(NotEstimable, match="two precursors"):
        detection.quantify(y, np.arange(len(y)), curve)
