"""Mixed models: golden values of lme4, lmerTest and pbkrtest, exact cases, properties and refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import ttest_ind

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats import linear, mixed

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
DONORS = np.repeat(["a", "b", "c", "d", "e", "f"], 4)
GROUPS = np.column_stack([np.repeat([1.0, 0.0], 12), np.repeat([0.0, 1.0], 12)])


@pytest.fixture(scope="module")
def nested():
    samples = pd.read_csv(GOLDEN / "mixed_samples.csv.gz")
    tissue = samples["tissue"]
    fixed = np.column_stack(
        [np.ones(36), tissue == "BM", tissue == "UC", samples["condition"] == "primed"]
    ).astype(float)
    random = {name: samples[name] for name in ("donor", "culture", "batch")}
    return pd.read_csv(GOLDEN / "mixed_input.csv.gz").to_numpy(), fixed, random


@pytest.mark.parametrize("method", ["Satterthwaite", "Kenward-Roger"])
def test_nested_and_crossed_terms_with_gaps_equal_r(nested, method):
    y, fixed, random = nested
    coefficients = pd.read_csv(GOLDEN / "mixed_coefficients.csv.gz").query("ddf == @method")
    tests = pd.read_csv(GOLDEN / "mixed_tests.csv.gz").query("ddf == @method")
    fit = mixed.fit_reml(y, fixed, random, df=method.lower())
    assert fit.converged.all()
    assert_allclose(-2 * fit.log_likelihood, tests["criterion"], atol=1e-8)
    variance = tests[["donor", "culture", "batch", "residual"]].to_numpy()
    assert_allclose(
        fit.variance / variance.sum(axis=1)[:, None], variance / variance.sum(axis=1)[:, None], atol=1e-5
    )
    assert (fit.singular == tests["singular"]).all()
    for ours, theirs in ((fit.coefficients, "Estimate"), (fit.standard_errors, "Std..Error"), (fit.df, "df")):
        assert_allclose(ours, coefficients[theirs].to_numpy().reshape(30, 4), rtol=2e-5)
    assert_allclose(fit.p_value, coefficients["Pr...t.."].to_numpy().reshape(30, 4), atol=1e-6)
    f = mixed.f_test(fit, np.eye(4)[:, 1:3])
    assert_allclose(f.f, tests["f"], rtol=1e-5)
    assert_allclose(f.denominator_df, tests["den"], rtol=1e-5)
    assert_allclose(f.p_value, tests["p"], atol=1e-6)


@pytest.fixture(scope="module")
def crossed(oracle):
    samples = oracle.inputs("C_samples.csv.gz")
    tissue = samples["tissue"]
    fixed = np.column_stack([np.ones(96), tissue == "AT", tissue == "UC", samples["primed"]]).astype(float)
    return (
        oracle.inputs("C_mixed.csv.gz").to_numpy(),
        fixed,
        {name: samples[name] for name in ("donor", "batch")},
    )


def _close_variances(ours, theirs):
    total = theirs.sum(axis=1)[:, None]
    assert_allclose(ours / total, theirs / total, atol=1e-3)


def test_reml_equals_lme4_on_a_thousand_rows(oracle, crossed):
    expected = oracle.expected("lme4_C_REML.csv")
    fit = mixed.fit_reml(*crossed, df="none")
    assert fit.converged.all()
    assert_allclose(-2 * fit.log_likelihood, expected["REMLcrit"], atol=1e-5)
    _close_variances(fit.variance, expected.iloc[:, :3].to_numpy())
    assert_allclose(fit.coefficients, expected.iloc[:, 3:7].to_numpy(), atol=1e-4)
    assert_allclose(fit.standard_errors, expected.iloc[:, 7:11].to_numpy(), atol=1e-4)
    differ = fit.singular != expected["singular"].to_numpy()
    # where the flags differ lme4 stopped short of the boundary, never at a better point
    assert (-2 * fit.log_likelihood[differ] <= expected["REMLcrit"][differ]).all()
    assert differ.sum() <= 10
    frac_donor = expected["frac_donor"].to_numpy()
    assert_allclose(fit.variance[:, 0] == 0, frac_donor == 0, atol=np.where(frac_donor < 1e-4, 1, 0).max())


def test_full_likelihood_equals_lme4(oracle, crossed):
    y, fixed, random = crossed
    expected = oracle.expected("lme4_C_ML.csv")
    fit = mixed.fit_reml(y[:200], fixed, random, criterion="ml", df="none")
    # lme4's own optimiser stops up to 2e-5 above our maximum here; below it never
    difference = fit.log_likelihood - expected["logLik"].to_numpy()
    assert difference.min() > -1e-8
    assert np.quantile(difference, 0.95) < 1e-5
    _close_variances(fit.variance, expected.iloc[:, :3].to_numpy())


@pytest.mark.parametrize(
    ("method", "file", "rows"),
    [("satterthwaite", "satterthwaite", 200), ("kenward-roger", "kenwardroger", 20)],
)
def test_degrees_of_freedom_equal_lmertest(oracle, crossed, method, file, rows):
    y, fixed, random = crossed
    expected = oracle.expected(f"lmerTest_C_{file}.csv")
    fit = mixed.fit_reml(y[:rows], fixed, random, df=method)
    assert_allclose(fit.df, expected["df"].to_numpy().reshape(rows, 4), rtol=0.01)
    assert_allclose(fit.p_value, expected.iloc[:, -1].to_numpy().reshape(rows, 4), atol=1e-3)
    assert_allclose(fit.standard_errors, expected["Std..Error"].to_numpy().reshape(rows, 4), rtol=1e-3)


def _simulated(seed=1, rows=40, donor_sd=1.0, gaps=0.0):
    rng = np.random.default_rng(seed)
    donors = rng.normal(0, donor_sd, (rows, 6)).repeat(4, axis=1)
    y = 20 + donors + rng.normal(0, 0.5, (rows, 24))
    return np.where(rng.random(y.shape) < gaps, np.nan, y)


@pytest.mark.parametrize("method", ["satterthwaite", "kenward-roger"])
@pytest.mark.parametrize("donor_sd", [0.0, 1.0])
def test_balanced_donors_give_the_t_test_of_donor_means(method, donor_sd):
    y = _simulated(donor_sd=donor_sd)
    fit = mixed.fit_reml(y, GROUPS, {"donor": DONORS}, df=method, negative=True)
    test = mixed.contrast(fit, [1, -1])
    means = y.reshape(-1, 6, 4).mean(axis=2)
    classical = ttest_ind(means[:, :3], means[:, 3:], axis=1)
    assert_allclose(test.t[:, 0], classical.statistic, rtol=1e-5)
    assert_allclose(test.df[:, 0], 4, rtol=1e-5)


def test_a_boundary_is_reported_and_the_variance_is_zero():
    fit = mixed.fit_reml(_simulated(donor_sd=0.0), GROUPS, {"donor": DONORS})
    assert 5 < fit.singular.sum() < 40
    assert (fit.variance[fit.singular, 0] == 0).all()
    assert set(fit.status) == {"fitted", "boundary"}


def test_planted_variances_are_recovered():
    rng = np.random.default_rng(3)
    donors = np.repeat(np.arange(40), 5)
    y = rng.normal(0, 2.0, (200, 40))[:, donors] + rng.normal(0, 1.0, (200, 200))
    fit = mixed.fit_reml(
        np.where(rng.random(y.shape) < 0.2, np.nan, y), np.ones((200, 1)), {"donor": donors}, df="none"
    )
    assert_allclose(fit.variance.mean(axis=0), [4.0, 1.0], rtol=0.05)


def test_units_sample_order_and_other_rows_do_not_matter():
    y = _simulated(gaps=0.15)
    fit = mixed.fit_reml(y, GROUPS, {"donor": DONORS})
    order = np.random.default_rng(1).permutation(24)
    moved = mixed.fit_reml(5 + 3 * y[:, order], GROUPS[order], {"donor": DONORS[order]})
    alone = mixed.fit_reml(y[7:8], GROUPS, {"donor": DONORS})
    assert_allclose(moved.variance, 9 * fit.variance, rtol=1e-4, atol=1e-8)
    assert_allclose(moved.df, fit.df, rtol=1e-3)
    assert_allclose(moved.standard_errors, 3 * fit.standard_errors, rtol=1e-5)
    assert_allclose(alone.coefficients[0], fit.coefficients[7], rtol=1e-9)


def test_the_point_found_is_a_minimum():
    y = _simulated(gaps=0.2)
    batch = np.tile(["x", "y", "z", "x"], 6)
    fit = mixed.fit_reml(y, GROUPS, {"donor": DONORS, "batch": batch}, df="none")
    for row in range(10):
        seen = ~np.isnan(y[row])
        parts = [
            np.equal.outer(DONORS[seen], DONORS[seen]),
            np.equal.outer(batch[seen], batch[seen]),
            np.eye(seen.sum()),
        ]
        best = _restricted_likelihood(y[row, seen], GROUPS[seen], parts, fit.variance[row])
        assert best == pytest.approx(fit.log_likelihood[row], abs=1e-6)
        for part in range(3):
            for factor in (0.9, 1.1):
                other = fit.variance[row].copy()
                other[part] = other[part] * factor + (1e-3 if factor > 1 else 0)
                assert _restricted_likelihood(y[row, seen], GROUPS[seen], parts, other) <= best + 1e-9


def _restricted_likelihood(y, x, parts, variance):
    inverse = np.linalg.inv(sum(v * part for v, part in zip(variance, parts, strict=True)))
    gram = x.T @ inverse @ x
    residual = y - x @ np.linalg.solve(gram, x.T @ inverse @ y)
    log_det = np.linalg.slogdet(gram)[1] - np.linalg.slogdet(inverse)[1]
    return -(log_det + residual @ inverse @ residual + (y.size - x.shape[1]) * np.log(2 * np.pi)) / 2


def test_rows_without_an_answer_say_why():
    y = _simulated()
    y[0] = np.nan
    y[1] = 7.0
    y[2, 1:] = np.nan
    y[3] = np.where(np.arange(24) % 4 == 0, y[3], np.nan)  # every donor seen once
    fit = mixed.fit_reml(y, GROUPS, {"donor": DONORS})
    assert list(fit.status[:4]) == ["all missing", "constant", "too few values", "a level per value"]
    assert np.isnan(fit.coefficients[:4]).all()
    assert not fit.converged[:4].any()
    assert np.isfinite(fit.p_value[4:]).all()


def test_a_group_never_seen_loses_its_coefficient_only():
    y = _simulated()
    y[0, :12] = np.nan
    fit = mixed.fit_reml(y, GROUPS, {"donor": DONORS})
    assert np.isnan(fit.coefficients[0, 0])
    assert np.isfinite(fit.p_value[0, 1])
    assert np.isnan(mixed.contrast(fit, [1, -1]).estimate[0, 0])
    assert np.isnan(mixed.f_test(fit, np.eye(2)).f[0])


def test_a_term_seen_at_one_level_has_no_variance():
    y = _simulated()
    batch = np.tile(["x", "y"], 12)
    y[0, 1::2] = np.nan
    fit = mixed.fit_reml(y, GROUPS, {"donor": DONORS, "batch": batch})
    assert fit.status[0] == "one level seen"
    assert np.isnan(fit.variance[0, 1])
    assert np.isfinite(fit.variance[0, [0, 2]]).all()
    assert np.isfinite(fit.p_value[0]).all()


def test_moderation_helps_and_keeps_the_estimate():
    fit = mixed.fit_reml(_simulated(rows=300), GROUPS, {"donor": DONORS}, df="kenward-roger", negative=True)
    plain, moderated = mixed.contrast(fit, [1, -1]), mixed.moderate(fit, [1, -1])
    assert_allclose(moderated.estimate, plain.estimate)
    assert (moderated.df >= plain.df).all()
    assert np.std(np.log(moderated.standard_error)) < np.std(np.log(plain.standard_error))


def test_moderation_of_balanced_donors_is_that_of_donor_means():
    y = _simulated(rows=200)
    fit = mixed.fit_reml(y, GROUPS, {"donor": DONORS}, df="kenward-roger", negative=True)
    ours = mixed.moderate(fit, [1, -1], prior="legacy")
    means = linear.fit_rows(y.reshape(-1, 6, 4).mean(axis=2), GROUPS[::4])
    theirs = linear.moderate(linear.contrast_rows(means, np.array([[1.0], [-1.0]])), prior="legacy")
    assert_allclose(ours.p_value, theirs.p_value, rtol=1e-4)


@pytest.mark.parametrize(
    ("random", "error", "words"),
    [
        ({}, InvalidArray, "no random term"),
        ({"donor": DONORS[:5]}, InvalidArray, "one label per sample"),
        ({"donor": ["a"] * 24}, NotEstimable, "one level"),
        ({"flask": np.arange(24)}, NotEstimable, "a level for every sample"),
    ],
)
def test_random_terms_that_say_nothing_are_refused_by_name(random, error, words):
    with pytest.raises(error, match=words):
        mixed.fit_reml(_simulated(), GROUPS, random)


def test_unknown_options_and_useless_contrasts_are_refused():
    y = _simulated(rows=3)
    with pytest.raises(InvalidArray, match="criterion"):
        mixed.fit_reml(y, GROUPS, {"donor": DONORS}, criterion="bayes")
    with pytest.raises(InvalidArray, match="df is"):
        mixed.fit_reml(y, GROUPS, {"donor": DONORS}, df="infinite")
    plain = mixed.fit_reml(y, GROUPS, {"donor": DONORS}, df="none")
    with pytest.raises(InvalidArray, match="no degrees of freedom"):
        mixed.f_test(plain, [1, -1])
    with pytest.raises(NotEstimable, match="no degrees of freedom"):
        mixed.moderate(plain, [1, -1])
    with pytest.raises(InvalidArray, match="every contrast"):
        mixed.f_test(mixed.fit_reml(y, GROUPS, {"donor": DONORS}), [0, 0])
    with pytest.raises(InvalidArray, match="l has shape"):
        mixed.contrast(plain, [1, -1, 0])
