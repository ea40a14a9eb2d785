"""The dropout model: golden values of proDA, planted truth, symmetry and refusals."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats import dropout

TWO_GROUPS = np.column_stack([np.ones(12), np.arange(12) >= 6]).astype(float)
CELLS = np.column_stack([np.arange(12) < 6, np.arange(12) >= 6]).astype(float)


def _planted(seed=1, rows=150, effect=0.0, changed=0):
    rng = np.random.default_rng(seed)
    y = rng.normal(20, 3, (rows, 1)) + rng.normal(0, 0.35, (rows, 12))
    y[:changed, 6:] += effect
    return np.where(rng.normal(18.5, 1.2, y.shape) > y, np.nan, y)


@pytest.fixture(scope="module")
def planted():
    return dropout.fit_dropout(_planted(), TWO_GROUPS)


def test_two_groups_equal_proda(oracle):
    fit = dropout.fit_dropout(oracle.inputs("B_dropout.csv.gz").to_numpy(), TWO_GROUPS)
    test = dropout.test(fit, [0, 1])
    expected = oracle.expected("proda_B_treat.csv")
    curves = oracle.expected("proda_B_dropout_curves.csv")
    features = oracle.expected("proda_B_feature_parameters.csv").reset_index()
    assert fit.converged.all()
    assert fit.settled
    assert_allclose(test.difference[:, 0], expected["diff"], atol=0.01)
    assert_allclose(np.log10(test.p_value[:, 0]), np.log10(expected["pval"]), atol=0.05)
    assert_allclose(fit.midpoint, curves["curve_position"], atol=0.01)
    assert_allclose(fit.scale, -curves["curve_scale"], atol=0.01)
    assert_allclose(fit.n_approx, features["n_approx"], atol=0.05)
    assert_allclose(fit.s2, features["s2"], rtol=0.01)
    prior = oracle.expected("proda_B_hyperparameters.csv")["value"]
    ours = [fit.location, fit.location_scale, fit.variance, fit.variance_df]
    theirs = prior[
        ["location_prior_mean", "location_prior_scale", "variance_prior_scale", "variance_prior_df"]
    ].to_numpy()
    assert_allclose(ours, theirs, rtol=0.005)


def test_three_columns_equal_proda_but_for_the_last_hundredth(oracle):
    # rows with 1-3 values, and p below 1e-5, feel the prior variance: 0.33 on 2.1 df here
    samples = oracle.inputs("A_samples.csv.gz")
    tissue = samples["tissue"]
    design = np.column_stack(
        [np.ones(24), tissue == "AT", tissue == "UC", samples["condition"] == "primed"]
    ).astype(float)
    fit = dropout.fit_dropout(oracle.inputs("A_missing.csv.gz").to_numpy(), design)
    for name, coefficient in (("primed", 3), ("UC", 2)):
        test = dropout.test(fit, np.eye(4)[coefficient])
        expected = oracle.expected(f"proda_A_{name}.csv")
        effect = np.abs(test.difference[:, 0] - expected["diff"])
        p = np.abs(np.log10(test.p_value[:, 0]) - np.log10(expected["pval"]))
        assert np.quantile(effect, 0.98) < 0.01
        assert effect.max() < 0.05
        assert np.quantile(p, 0.99) < 0.05
        assert p.max() < 0.2


def test_tissues_together_equal_the_f_test_of_proda(oracle):
    tissue = oracle.inputs("A_samples.csv.gz")["tissue"]
    cells = np.stack([tissue == name for name in ("BM", "AT", "UC")], axis=1).astype(float)
    values = oracle.inputs("A_missing.csv.gz").to_numpy()
    fit = dropout.fit_dropout(values, cells)
    f, p = dropout.f_test(fit, [[1, 1], [-1, 0], [0, -1]], values, cells)
    expected = oracle.expected("proda_A_tissue_rowF.csv")["pval"].to_numpy()
    known = np.isfinite(p)
    assert known.sum() == 587
    assert_allclose(np.log10(p[known]), np.log10(expected[known]), atol=0.05)
    assert (f[known] >= 0).all()
    # rows worth no more observations than coefficients: proDA says 1, we say nothing
    assert (fit.df[~known] <= 0).all()
    assert expected[~known].min() > 0.999


def test_several_contrasts_keep_their_size_and_find_what_was_planted():
    cells = np.repeat(np.eye(3), 4, axis=0)
    contrasts = [[1, 1], [-1, 0], [0, -1]]
    y = _planted(3, rows=400)
    p = dropout.f_test(dropout.fit_dropout(y, cells), contrasts, y, cells)[1]
    assert np.nanmean(p < 0.05) < 0.08
    y[:20, 8:] += 3
    p = dropout.f_test(dropout.fit_dropout(y, cells), contrasts, y, cells)[1]
    assert np.nanmean(p[:20] < 0.01) > 0.7
    with pytest.raises(InvalidArray, match="y and design have shapes"):
        dropout.f_test(dropout.fit_dropout(y, cells), contrasts, y[:5], cells)


def test_planted_detection_curves_are_recovered(planted):
    assert np.mean(planted.midpoint) == pytest.approx(18.5, abs=0.4)
    assert np.mean(planted.scale) == pytest.approx(1.2, abs=0.3)
    assert planted.variance == pytest.approx(0.35**2, rel=0.1)


def test_a_row_missing_on_one_side_is_found_when_the_other_side_is_high():
    y = _planted()
    y[0] = np.r_[np.random.default_rng(2).normal(23, 0.3, 6), np.full(6, np.nan)]
    y[1] = np.r_[np.random.default_rng(3).normal(17.5, 0.3, 6), np.full(6, np.nan)]
    test = dropout.test(dropout.fit_dropout(y, CELLS), [1, -1])
    assert test.p_value[0, 0] < 1e-3
    assert test.p_value[1, 0] > 0.05
    assert test.difference[0, 0] > 3


def test_without_effects_the_test_keeps_its_size():
    p = np.concatenate(
        [dropout.test(dropout.fit_dropout(_planted(seed), CELLS), [1, -1]).p_value[:, 0] for seed in range(3)]
    )
    assert np.mean(p < 0.05) < 0.06


def test_swapping_the_sides_changes_the_sign_only():
    fit = dropout.fit_dropout(_planted(), CELLS)
    ahead, back = dropout.test(fit, [1, -1]), dropout.test(fit, [-1, 1])
    assert_allclose(ahead.p_value, back.p_value)
    assert_allclose(ahead.difference, -back.difference)


def test_the_order_of_samples_and_an_offset_do_not_matter():
    y = _planted()
    order = np.random.default_rng(5).permutation(12)
    one, other = dropout.fit_dropout(y, CELLS), dropout.fit_dropout(y[:, order] + 3, CELLS[order])
    assert_allclose(other.coefficients, one.coefficients + 3, atol=2e-3)
    assert_allclose(dropout.test(other, [1, -1]).p_value, dropout.test(one, [1, -1]).p_value, atol=2e-3)


def test_the_gradient_is_that_of_the_objective():
    from secretome.stats._dropout_model import Curves, Priors, value

    y = _planted()[:20]
    curves, priors = Curves(np.full(12, 18.5), np.full(12, 1.2)), Priors(20.0, 9.0, 0.1, 4.0)
    rng = np.random.default_rng(6)
    beta, s2 = np.column_stack([rng.normal(19, 1, 20), rng.normal(0, 1, 20)]), rng.uniform(0.05, 1, 20)
    at = value(y, TWO_GROUPS, beta, s2, curves, priors)
    step = 1e-5
    for k in range(2):
        moved = beta.copy()
        moved[:, k] += step
        after = value(y, TWO_GROUPS, moved, s2, curves, priors)
        assert_allclose((after.objective - at.objective) / step, at.gradient[:, k], rtol=1e-2, atol=1e-2)
        assert_allclose((after.gradient - at.gradient) / step, at.hessian[:, k], rtol=1e-2, atol=1e-2)
    after = value(y, TWO_GROUPS, beta, s2 + step, curves, priors)
    assert_allclose((after.objective - at.objective) / step, at.slope, rtol=1e-2, atol=1e-1)
    assert_allclose((after.slope - at.slope) / step, at.curvature, rtol=2e-2, atol=1)
    assert_allclose((after.gradient - at.gradient) / step, at.mixed, rtol=2e-2, atol=1e-1)


def test_a_minimal_effect_is_harder_to_show():
    fit = dropout.fit_dropout(_planted(effect=2.0, changed=40), CELLS)
    assert (dropout.test(fit, [1, -1], log2_ratio=0.5).p_value >= dropout.test(fit, [1, -1]).p_value).all()


def test_tables_without_detection_to_model_are_refused():
    y = _planted()
    with pytest.raises(NotEstimable, match="nothing is missing"):
        dropout.fit_dropout(np.nan_to_num(y, nan=20.0), CELLS)
    with pytest.raises(NotEstimable, match="depend on others"):
        dropout.fit_dropout(y, np.column_stack([CELLS, np.ones(12)]))
    with pytest.raises(NotEstimable, match="rows hold a value"):
        dropout.fit_dropout(y[:5], CELLS)
    sparse = np.full((20, 12), np.nan)
    sparse[:, 0] = 20.0
    with pytest.raises(NotEstimable, match="no row has more values"):
        dropout.fit_dropout(sparse, CELLS)
    with pytest.raises(InvalidArray, match="log2_ratio"):
        dropout.test(dropout.fit_dropout(y, CELLS), [1, -1], log2_ratio=-1)
