"""Properties and refusals of the row-wise linear models."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats import linear

GROUPS = np.repeat([0, 1, 2], 4)
REFERENCE_CODED = np.column_stack([np.ones(12), GROUPS == 1, GROUPS == 2]).astype(float)
CELL_MEANS = np.eye(3)[GROUPS]


def measurements(seed: int, rows: int = 60, gaps: float = 0.2) -> np.ndarray:
    generator = np.random.default_rng(seed)
    y = generator.normal(20, 1, size=(rows, 12)) * generator.lognormal(0, 0.1, size=(rows, 1))
    y[generator.random(y.shape) < gaps] = np.nan
    return y


def fit_one_by_one(y, x, weights, correlation_matrix):
    """Textbook generalised least squares, one row at a time."""
    seen = ~np.isnan(y) & (weights > 0)
    root = np.sqrt(weights[seen])
    cov = correlation_matrix[np.ix_(seen, seen)] / np.outer(root, root)
    half = np.linalg.cholesky(cov)
    a, b = np.linalg.solve(half, x[seen]), np.linalg.solve(half, y[seen])
    beta = np.linalg.lstsq(a, b, rcond=None)[0]
    return beta, np.linalg.inv(a.T @ a), np.sum((b - a @ beta) ** 2) / (seen.sum() - x.shape[1])


@pytest.mark.parametrize("blocked", [False, True])
@pytest.mark.parametrize("weighted", ["no", "sample", "value"])
def test_each_row_is_its_own_least_squares(weighted, blocked):
    y = measurements(1, rows=25, gaps=0.15)
    generator = np.random.default_rng(2)
    weights = {
        "no": None,
        "sample": generator.uniform(0.5, 2, 12),
        "value": generator.uniform(0.5, 2, y.shape),
    }
    block = np.tile([0, 1, 2, 3, 4, 5], 2)
    rho = 0.4 if blocked else 0.0
    matrix = np.where(block[:, None] == block, rho, 0.0) + (1 - rho) * np.eye(12)
    fit = linear.fit_rows(
        y, CELL_MEANS, weights=weights[weighted], block=block if blocked else None, correlation=rho
    )
    full = np.ones(y.shape) if weights[weighted] is None else np.broadcast_to(weights[weighted], y.shape)
    estimable = np.flatnonzero(~np.isnan(fit.coefficients).any(axis=1) & (fit.df_residual > 0))
    assert estimable.size > 15
    for row in estimable:
        beta, covariance, variance = fit_one_by_one(y[row], CELL_MEANS, full[row], matrix)
        assert_allclose(fit.coefficients[row], beta, rtol=1e-10)
        assert_allclose(fit.covariance[row], covariance, rtol=1e-9, atol=1e-12)
        assert_allclose(fit.sigma[row] ** 2, variance, rtol=1e-9)


def test_complete_rows_do_not_depend_on_the_way_they_are_solved():
    y = measurements(3, gaps=0.0)
    block = np.tile([0, 1, 2, 3], 3)
    shared = linear.fit_rows(y, REFERENCE_CODED, block=block, correlation=0.3)
    with_a_gap = np.vstack([y, np.where(np.arange(12) == 5, np.nan, y[0])])
    mixed = linear.fit_rows(with_a_gap, REFERENCE_CODED, block=block, correlation=0.3)
    assert_allclose(mixed.coefficients[:-1], shared.coefficients, rtol=1e-10)
    assert_allclose(mixed.sigma[:-1], shared.sigma, rtol=1e-10)
    assert_allclose(mixed.covariance[:-1], shared.covariance, rtol=1e-9, atol=1e-13)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), factor=st.floats(0.01, 100), shift=st.floats(-5, 5))
def test_scale_and_shift_of_y_only_scale_the_answer(seed, factor, shift):
    y = measurements(seed)
    before, after = (linear.fit_rows(values, CELL_MEANS) for values in (y, factor * y + shift))
    assert_allclose(after.coefficients, factor * before.coefficients + shift, rtol=1e-7, atol=1e-9 * factor)
    assert_allclose(after.sigma, factor * before.sigma, rtol=1e-7, atol=1e-9 * factor)
    contrast = np.array([-1.0, 1.0, 0.0])
    t = [linear.moderate(linear.contrast_rows(fit, contrast)).t for fit in (before, after)]
    assert_allclose(t[1], t[0], rtol=1e-6, atol=1e-7)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_order_of_samples_does_not_matter(seed):
    y = measurements(seed)
    order = np.random.default_rng(seed).permutation(12)
    before, after = linear.fit_rows(y, CELL_MEANS), linear.fit_rows(y[:, order], CELL_MEANS[order])
    assert_allclose(after.coefficients, before.coefficients, rtol=1e-10)
    assert_allclose(after.sigma, before.sigma, rtol=1e-8, atol=1e-12)
    assert_allclose(after.df_residual, before.df_residual)


def test_a_sample_without_values_changes_nothing():
    y = measurements(4)
    wider = np.column_stack([y, np.full(len(y), np.nan)])
    before = linear.fit_rows(y, CELL_MEANS)
    after = linear.fit_rows(wider, np.vstack([CELL_MEANS, [0, 1, 0]]))
    assert_allclose(after.coefficients, before.coefficients, rtol=1e-10)
    assert_allclose(after.df_residual, before.df_residual)


def test_a_weight_of_zero_is_a_missing_value():
    y = measurements(5, gaps=0.0)
    weights = np.ones(12)
    weights[[2, 7]] = 0
    gone = y.copy()
    gone[:, [2, 7]] = np.nan
    assert_allclose(
        linear.fit_rows(y, CELL_MEANS, weights=weights).sigma,
        linear.fit_rows(gone, CELL_MEANS).sigma,
        rtol=1e-10,
    )


def test_later_dependent_columns_are_dropped_as_in_r():
    y = measurements(6, gaps=0.0)
    doubled = np.column_stack(
        [REFERENCE_CODED, REFERENCE_CODED[:, 1] + REFERENCE_CODED[:, 2], np.arange(12.0)]
    )
    fit = linear.fit_rows(y, doubled)
    assert np.isnan(fit.coefficients[:, 3]).all()
    assert_allclose(
        fit.coefficients[:, [0, 1, 2, 4]], linear.fit_rows(y, doubled[:, [0, 1, 2, 4]]).coefficients
    )
    y[0, 0] = np.nan
    assert np.isnan(linear.fit_rows(y, doubled).coefficients[:, 3]).all()


def test_a_row_without_a_group_cannot_estimate_it():
    y = measurements(7, gaps=0.0)
    y[0, GROUPS == 2] = np.nan
    y[1] = np.nan
    y[2, 1:] = np.nan
    fit = linear.fit_rows(y, REFERENCE_CODED)
    assert np.isnan(fit.coefficients[0]).tolist() == [False, False, True]
    assert fit.df_residual[:3].tolist() == [6, 0, 0]
    assert np.isnan(fit.coefficients[1]).all()
    assert np.isnan(fit.mean[1])
    assert fit.coefficients[2, 0] == pytest.approx(y[2, 0])
    assert np.isnan(fit.sigma[1:3]).all()


def test_contrasts_are_nan_only_where_a_needed_coefficient_is():
    y = measurements(8, gaps=0.0)
    y[0, GROUPS == 2] = np.nan
    contrasts = np.array([[-1, 1, 0], [0, -1, 1]]).T
    for mode in ("limma", "exact"):
        found = linear.contrast_rows(linear.fit_rows(y, CELL_MEANS), contrasts, covariance=mode)
        assert np.isnan(found.coefficients[0]).tolist() == [False, True]
        assert np.isnan(found.unscaled_sd[0]).tolist() == [False, True]
        assert not np.isnan(found.coefficients[1:]).any()
        tests = linear.moderate(found)
        assert np.isnan(tests.p_value[0]).tolist() == [False, True]
        assert np.isnan(tests.f[0])


def test_exact_contrasts_see_that_a_lost_reference_changed_the_meaning():
    y = measurements(9, gaps=0.0)
    y[0, GROUPS == 0] = np.nan
    fit = linear.fit_rows(
        y, REFERENCE_CODED
    )  # the row drops group 2, so "group 1" is now group 1 less group 2
    first_less_reference = np.array([0.0, 1.0, 0.0])
    assert not np.isnan(linear.contrast_rows(fit, first_less_reference).coefficients[0, 0])
    exact = linear.contrast_rows(fit, first_less_reference, covariance="exact")
    assert np.isnan(exact.coefficients[0, 0])
    assert not np.isnan(exact.coefficients[1:]).any()


def test_exact_contrasts_do_not_depend_on_the_coding():
    y = measurements(10, gaps=0.15)
    coded = linear.contrast_rows(linear.fit_rows(y, REFERENCE_CODED), [[0], [-1], [1]], covariance="exact")
    means = linear.contrast_rows(linear.fit_rows(y, CELL_MEANS), [[0], [-1], [1]], covariance="exact")
    both = ~np.isnan(coded.coefficients[:, 0]) & ~np.isnan(means.coefficients[:, 0])
    assert both.sum() > 50
    assert_allclose(coded.coefficients[both], means.coefficients[both], rtol=1e-7, atol=1e-9)
    assert_allclose(coded.unscaled_sd[both], means.unscaled_sd[both], rtol=1e-9)


def test_f_of_exact_contrasts_is_the_wald_test_of_the_row():
    y = measurements(11, gaps=0.1)
    contrasts = np.array([[-1, 1, 0], [-1, 0, 1], [0, -1, 1]]).T  # the third follows from the others
    fit = linear.contrast_rows(linear.fit_rows(y, CELL_MEANS), contrasts, covariance="exact")
    tests = linear.moderate(fit)
    assert tests.f_df == 2
    row = int(np.flatnonzero(~np.isnan(tests.f))[0])
    estimate = fit.coefficients[row, :2]
    wald = estimate @ np.linalg.solve(fit.covariance[row, :2, :2], estimate) / 2 / tests.s2_post[row]
    assert tests.f[row] == pytest.approx(wald, rel=1e-9)


def test_contrast_of_all_rows_equal_without_gaps_in_both_modes():
    fit = linear.fit_rows(measurements(12, gaps=0.0), REFERENCE_CODED)
    limma, exact = (linear.contrast_rows(fit, [0, -1, 1], covariance=mode) for mode in ("limma", "exact"))
    assert_allclose(limma.unscaled_sd, exact.unscaled_sd, rtol=1e-12)


def test_posterior_variances_lie_between_prior_and_residual():
    fit = linear.fit_rows(measurements(13), CELL_MEANS)
    tests = linear.moderate(fit)
    known = fit.df_residual > 0
    low = np.minimum(tests.s2_prior, fit.sigma**2)[known]
    high = np.maximum(tests.s2_prior, fit.sigma**2)[known]
    assert (tests.s2_post[known] >= low - 1e-12).all()
    assert (tests.s2_post[known] <= high + 1e-12).all()
    assert tests.prior == "unequal_df"


def test_treat_without_a_smallest_effect_is_the_moderated_test():
    fit = linear.fit_rows(measurements(14), CELL_MEANS)
    assert_allclose(linear.treat(fit, 0.0).p_value, linear.moderate(fit).p_value, rtol=1e-10)
    assert (linear.treat(fit, 30.0).p_value >= linear.treat(fit, 1.0).p_value).all()


def test_rows_without_values_do_not_stop_a_trend():
    y = measurements(15)
    y[4] = np.nan
    for prior in ("legacy", "unequal_df"):
        tests = linear.moderate(linear.fit_rows(y, CELL_MEANS), trend=True, robust=True, prior=prior)
        assert np.isnan(tests.s2_prior[4])
        assert not np.isnan(np.delete(tests.s2_prior, 4)).any()


def test_a_covariate_may_stand_in_for_the_mean():
    fit = linear.fit_rows(measurements(16, gaps=0.0), CELL_MEANS)
    assert_allclose(linear.moderate(fit, trend=fit.mean).t, linear.moderate(fit, trend=True).t)


def test_planted_correlation_is_recovered():
    generator = np.random.default_rng(17)
    y = np.repeat(generator.normal(0, np.sqrt(0.3), (800, 8)), 3, axis=1) + generator.normal(
        0, np.sqrt(0.7), (800, 24)
    )
    y[generator.random(y.shape) < 0.1] = np.nan
    found = linear.consensus_correlation(y, np.ones((24, 1)), np.repeat(np.arange(8), 3))
    assert found.consensus == pytest.approx(0.3, abs=0.05)


def test_planted_noise_of_a_sample_lowers_its_weight():
    y = measurements(18, rows=400, gaps=0.1)
    y[:, 3] += np.random.default_rng(19).normal(0, 4, 400)
    weights = linear.array_weights(y, CELL_MEANS)
    assert int(np.argmin(weights)) == 3
    assert np.log(weights).sum() == pytest.approx(0, abs=1e-9)


def test_batches_leave_and_the_design_stays():
    y = measurements(20, gaps=0.0)
    batch = np.tile(["a", "b"], 6)
    shifted = y + np.where(batch == "b", 2.0, 0.0)
    cleaned = linear.remove_batch(shifted, batch, CELL_MEANS)
    assert_allclose(cleaned, linear.remove_batch(y, batch, CELL_MEANS) + 1.0, rtol=1e-10)
    assert_allclose(linear.remove_batch(y, np.repeat("a", 12), CELL_MEANS), y)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"y": [1.0, 2.0]}, "y has shape"),
        ({"y": [[np.inf] * 12]}, "infinite"),
        ({"design": np.ones((11, 1))}, "design has shape"),
        ({"design": np.full((12, 1), np.nan)}, "not finite"),
        ({"weights": np.ones(5)}, "weights have shape"),
        ({"block": [0, 1]}, "block has shape"),
        ({"block": np.repeat([0, 1], 6), "correlation": -0.5}, "correlation is -0.5"),
        ({"block": np.arange(12), "correlation": 1.0}, "correlation is 1.0"),
        ({"correlation": 0.3}, "no block"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(arguments, message):
    given_all = {"y": np.zeros((3, 12)), "design": CELL_MEANS} | arguments
    with pytest.raises(InvalidArray, match=message):
        linear.fit_rows(given_all.pop("y"), given_all.pop("design"), **given_all)


def test_unknown_choices_are_refused():
    fit = linear.fit_rows(measurements(21), CELL_MEANS)
    with pytest.raises(InvalidArray, match="covariance is 'other'"):
        linear.contrast_rows(fit, [1, 0, 0], covariance="other")
    with pytest.raises(InvalidArray, match="contrasts has shape"):
        linear.contrast_rows(fit, [1, 0])
    with pytest.raises(InvalidArray, match="prior is 'new'"):
        linear.moderate(fit, prior="new")
    with pytest.raises(InvalidArray, match="log2_ratio"):
        linear.treat(fit, -1.0)
    with pytest.raises(InvalidArray, match="covariate has shape"):
        linear.moderate(fit, trend=[1.0])
    with pytest.raises(InvalidArray, match=r"covariate\[0\]"):
        linear.squeeze([1.0, 2.0, 3.0], 2.0, covariate=[np.nan, 1.0, 2.0])
    with pytest.raises(InvalidArray, match="negative"):
        linear.squeeze([-1.0, 2.0, 3.0], 2.0)


def test_questions_without_residual_freedom_are_refused():
    no_freedom = linear.fit_rows(np.ones((4, 3)), np.eye(3))
    assert np.isnan(no_freedom.sigma).all()
    with pytest.raises(NotEstimable, match="no row has residual"):
        linear.moderate(no_freedom)
    with pytest.raises(NotEstimable, match="replicates"):
        linear.consensus_correlation(np.ones((4, 6)), np.ones((6, 1)), np.arange(6))
    with pytest.raises(NotEstimable, match="weights need 2"):
        linear.array_weights(np.ones((4, 3)), np.eye(3))
    with pytest.raises(NotEstimable, match="half the residual variances"):
        linear.squeeze([0.0, 0.0, 0.0, 1.0], 3.0, robust=True)
    with pytest.raises(NotEstimable, match="0 of 3 rows"):
        linear.squeeze([0.0, 0.0, 0.0], 3.0, prior="unequal_df")


def test_fewer_than_three_rows_are_left_as_they_are():
    found = linear.squeeze([0.2, 0.4], [3.0, 5.0])
    assert found.df_prior.tolist() == [0.0, 0.0]
    assert found.s2_post.tolist() == [0.2, 0.4]
