"""The prior by peptide count, held to DEqMS 1.25.0 (`deqms_*_nls_*`)."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats import linear


@pytest.mark.parametrize("kind", ["complete", "missing"])
def test_moderation_by_count_equals_deqms(oracle, experiments, kind):
    expected = oracle.expected(f"deqms_{kind}_nls_primed.csv")
    counts = oracle.inputs("A_pepcount.csv.gz").loc[expected.index, "n_pep"]
    fit = linear.fit_rows(experiments[kind].y, experiments[kind].design)
    tests = linear.moderate_by_count(fit, counts)
    hyper = oracle.expected("deqms_hyperparameters.csv").loc[kind].set_index("method")
    assert tests.df_prior[0] == pytest.approx(hyper.loc["nls", "d0"], abs=1e-9)
    assert tests.prior == "count"
    for found, column in [
        (tests.s2_prior, "prior.var"),
        (tests.s2_post, "post.var"),
        (tests.t[:, 3], "t"),
        (tests.p_value[:, 3], "P.Value"),
    ]:
        assert_allclose(found, expected[column], rtol=1e-4)


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
