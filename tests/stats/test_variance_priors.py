"""Planted truths and corners of the variance priors."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from secretome.errors import NotEstimable
from secretome.stats import linear
from secretome.stats._f_distribution import log_right_tail, trigamma_inverse
from secretome.stats._lowess import lowess, weighted_lowess


def variances(seed: int, n: int, df: np.ndarray | float, prior_df: float) -> np.ndarray:
    generator = np.random.default_rng(seed)
    true = np.ones(n) if np.isinf(prior_df) else prior_df / generator.chisquare(prior_df, n)
    return true * generator.chisquare(df, n) / df


@pytest.mark.parametrize("robust", [False, True])
@pytest.mark.parametrize("prior", ["legacy", "unequal_df"])
def test_planted_prior_is_recovered(prior, robust):
    found = linear.squeeze(variances(1, 4000, 8.0, 6.0), 8.0, robust=robust, prior=prior)
    assert np.median(found.df_prior) == pytest.approx(6.0, rel=0.15)
    assert np.median(found.s2_prior) == pytest.approx(1.0, rel=0.05)


def test_equal_true_variances_are_pooled():
    spread = np.exp(np.linspace(-0.1, 0.1, 200))  # less than chance alone makes on 5 degrees of freedom
    for robust in (False, True):
        found = linear.squeeze(spread, 5.0, robust=robust)
        assert np.isinf(found.df_prior).all()
        assert_allclose(found.s2_post, found.s2_prior)
    trend = linear.squeeze(spread, 5.0, covariate=np.arange(200.0))
    assert np.isinf(trend.df_prior).all()


def test_an_outlier_keeps_its_own_variance_when_all_others_are_equal():
    spread = np.append(np.exp(np.linspace(-0.1, 0.1, 200)), 50.0)
    found = linear.squeeze(spread, 5.0, robust=True, prior="legacy")
    assert found.df_prior[-1] < found.df_prior[0]
    assert found.s2_post[-1] > found.s2_post[0]


def test_variances_that_chance_explains_only_robustly_keep_the_plain_prior():
    found = linear.squeeze(variances(2, 8, 6.0, 4.0), 6.0, robust=True, prior="legacy")
    plain = linear.squeeze(variances(2, 8, 6.0, 4.0), 6.0, prior="legacy")
    assert_allclose(found.df_prior, plain.df_prior)  # eight rows are too few to Winsorise


def test_single_informative_rows_stand_alone():
    found = linear.squeeze([0.5, np.nan, np.nan], [4.0, 0.0, 0.0], prior="legacy")
    assert found.df_prior.tolist() == [0.0, 0.0, 0.0]
    assert found.s2_prior.tolist() == [0.5, 0.5, 0.5]
    robust = linear.squeeze([0.5, 0.7, np.nan], [4.0, 4.0, 0.0], robust=True, prior="legacy")
    assert_allclose(robust.s2_prior, linear.squeeze([0.5, 0.7, np.nan], [4.0, 4.0, 0.0]).s2_prior)
    with pytest.raises(NotEstimable, match="no row has residual"):
        linear.squeeze([np.nan] * 3, 0.0)


def test_robust_trend_reaches_rows_without_variance():
    generator = np.random.default_rng(3)
    at = generator.uniform(15, 25, 300)
    variance = variances(4, 300, 8.0, 6.0) * np.exp(-(at - 20) / 4)
    df = np.full(300, 8.0)
    variance[:5], df[:5] = np.nan, 0.0
    found = linear.squeeze(variance, df, covariate=at, robust=True, prior="legacy")
    assert_allclose(np.log(found.s2_prior[:5]), -(at[:5] - 20) / 4, atol=0.5)
    assert_allclose(found.s2_post[:5], found.s2_prior[:5])


def test_two_informative_rows_get_no_trend():
    found = linear.squeeze([0.0, 0.3, 0.9], [3.0, 4.0, 5.0], covariate=[1.0, 2.0, 3.0], prior="unequal_df")
    assert np.unique(found.s2_prior).size == 1


def test_a_coefficient_that_no_row_estimates_has_no_tests():
    y = np.random.default_rng(5).normal(size=(30, 6))
    tests = linear.moderate(linear.fit_rows(y, np.ones((6, 2))))
    assert np.isnan(tests.t[:, 1]).all()
    assert not np.isnan(tests.log_odds[:, 0]).any()
    assert not np.isnan(tests.f).any()


def test_local_lines_follow_a_line_through_ties_and_outliers():
    x = np.repeat(np.arange(30.0), 2)
    y = 3 - 2 * x
    assert_allclose(lowess(x, y, span=0.4, passes=3), y, atol=1e-8)
    y[7] += 100
    in_r = [10.75398, 8.724875, 6.394239, 3.926471, 1.609458, -0.57088, -4.17667, -8.491048]
    assert_allclose(
        lowess(x, y, span=0.4, passes=3)[:16:2], in_r, rtol=1e-6
    )  # lowess(x, y, .4, 3) of R 4.2.2
    assert_allclose(weighted_lowess(x, 3 - 2 * x, np.ones(60), span=0.5), 3 - 2 * x, atol=1e-8)


def test_local_lines_through_equal_places_are_means():
    assert_allclose(lowess(np.zeros(6), np.arange(6.0), span=0.5, passes=0), np.full(6, 2.5))
    assert_allclose(weighted_lowess(np.zeros(6), np.arange(6.0), np.ones(6), span=0.5), np.full(6, 2.5))


def test_tails_beyond_the_smallest_number_keep_their_logarithm():
    near, far = log_right_tail(np.array([1e60, 1e120]), np.full(2, 6.0), 20.0)
    assert far - near == pytest.approx(-10 * 60 * np.log(10), rel=1e-9)
    assert trigamma_inverse(0.0) == np.inf
