"""The prior by peptide count, held to DEqMS 1.25.0 (`deqms_*`)."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats import linear

# tolerances of the oracle's README; loess and spline are R's own smoothers
METHODS = [("nls", "reciprocal", 1e-4), ("loess", "loess", 0.05), ("spline", "spline", 0.05)]


@pytest.mark.parametrize(("method", "trend", "tolerance"), METHODS)
@pytest.mark.parametrize("kind", ["complete", "missing"])
def test_moderation_by_count_equals_deqms(oracle, experiments, kind, method, trend, tolerance):
    expected = oracle.expected(f"deqms_{kind}_{method}_primed.csv")
    counts = oracle.inputs("A_pepcount.csv.gz").loc[expected.index, "n_pep"]
    fit = linear.fit_rows(experiments[kind].y, experiments[kind].design)
    tests = linear.moderate_by_count(fit, counts, trend=trend)
    hyper = oracle.expected("deqms_hyperparameters.csv").loc[kind].set_index("method")
    assert tests.df_prior[0] == pytest.approx(hyper.loc[method, "d0"], abs=1e-9)
    assert tests.prior == "count"
    for found, column in [
        (tests.s2_prior, "prior.var"),
        (tests.s2_post, "post.var"),
        (tests.t[:, 3], "t"),
    ]:
        assert_allclose(found, expected[column], rtol=tolerance)
    if method == "nls":
        assert_allclose(tests.p_value[:, 3], expected["P.Value"], rtol=1e-4)


@pytest.mark.parametrize("trend", ["loess", "spline"])
def test_a_smooth_curve_needs_four_different_counts(trend):
    fit = linear.fit_rows(np.random.default_rng(4).normal(size=(40, 5)), np.ones((5, 1)))
    with pytest.raises(NotEstimable, match="3 different counts"):
        linear.moderate_by_count(fit, np.resize([1, 2, 3], 40), trend=trend)


@pytest.mark.parametrize("trend", ["loess", "spline"])
def test_a_curve_finds_planted_variances(trend):
    generator = np.random.default_rng(5)
    counts = generator.integers(1, 12, 4000)
    planted = 0.1 + 1.9 * np.exp(-(counts - 1) / 3)
    y = generator.normal(size=(4000, 8)) * np.sqrt(planted)[:, None]
    found = linear.moderate_by_count(linear.fit_rows(y, np.ones((8, 1))), counts, trend=trend).s2_prior
    assert_allclose(found, planted, rtol=0.15)


def test_counts_that_cannot_be_are_refused():
    fit = linear.fit_rows(np.random.default_rng(1).normal(size=(20, 5)), np.ones((5, 1)))
    with pytest.raises(InvalidArray, match=r"count\[3\] is 0"):
        linear.moderate_by_count(fit, [1, 1, 1, 0] + [1] * 16)
    with pytest.raises(InvalidArray, match="count has shape"):
        linear.moderate_by_count(fit, [1, 2])
    with pytest.raises(NotEstimable, match="0 rows"):
        linear.moderate_by_count(linear.fit_rows(np.ones((4, 1)), np.ones((1, 1))), np.ones(4))


def test_a_fitted_variance_below_zero_is_refused():
    generator = np.random.default_rng(2)
    counts = np.repeat([1, 2, 50], 20)
    spread = np.repeat([100.0, 0.01, 0.01], 20)
    fit = linear.fit_rows(generator.normal(size=(60, 5)) * spread[:, None], np.ones((5, 1)))
    with pytest.raises(NotEstimable, match="at a count of 50"):
        linear.moderate_by_count(fit, counts)


def test_rows_without_residual_freedom_lean_on_the_prior_alone():
    y = np.random.default_rng(3).normal(size=(30, 4))
    y[0, 1:] = np.nan
    tests = linear.moderate_by_count(linear.fit_rows(y, np.ones((4, 1))), np.full(30, 2))
    assert tests.s2_post[0] == pytest.approx(tests.s2_prior[0])
