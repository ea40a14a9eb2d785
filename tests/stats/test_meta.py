"""Meta-analysis: properties, boundaries, refusals, planted truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats import meta
from secretome.stats._study_effects import as_studies
from secretome.stats._tau2 import METHODS, estimate_tau2, log_likelihood

NAN = float("nan")
Y, V = np.array([0.2, 0.5, -0.1, 0.9, 0.4, 0.1]), np.array([0.02, 0.03, 0.04, 0.05, 0.01, 0.08])
MEANS = {
    "mean_treated": [3.0, 4.0], "sd_treated": [1.0, 1.0], "n_treated": [5, 6],
    "mean_control": [1.0, 1.0], "sd_control": [2.0, 2.0], "n_control": [8, 8],
}  # fmt: skip
COUNTS = {"events_treated": [3, 5], "n_treated": [10, 12], "events_control": [6, 6], "n_control": [11, 11]}


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6), k=st.integers(3, 25), spread=st.floats(0, 2), method=st.sampled_from(METHODS)
)
def test_pools_move_with_the_effects_and_always_answer(seed, k, spread, method):
    rng = np.random.default_rng(seed)
    v = np.exp(rng.normal(-3, 1.5, k))
    y = rng.normal(0, spread, k) + rng.normal(0, np.sqrt(v))
    one = meta.pool(y, v, method=method)
    other = meta.pool(3 - 2 * y, 4 * v, method=method)
    assert_allclose(other.estimate, 3 - 2 * one.estimate, rtol=1e-5, atol=1e-6)
    assert_allclose(other.tau2, 4 * one.tau2, rtol=1e-4, atol=1e-7)
    assert_allclose(other.i2, one.i2, rtol=1e-3, atol=1e-3)
    assert one.lower <= one.estimate <= one.upper
    assert one.status in {"closed form", "converged", "boundary", "searched"}
    if method != "ee":
        assert one.predict_lower <= one.lower or one.tau2 == 0
        assert one.tau2_lower <= one.tau2_upper


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), k=st.integers(3, 12), restricted=st.booleans())
def test_the_likelihood_is_nowhere_higher(seed, k, restricted):
    rng = np.random.default_rng(seed)
    v = np.exp(rng.normal(-2, 2, k))
    studies = as_studies(rng.normal(0, 1, k), v, None)
    found = estimate_tau2(studies, "reml" if restricted else "ml")
    best = log_likelihood(studies, found.value, restricted=restricted)
    for tau2 in np.concatenate([[0.0], np.geomspace(1e-6, 100, 80)]):
        assert log_likelihood(studies, float(tau2), restricted=restricted) <= best + 1e-7


def test_when_scoring_does_not_end_the_search_does(monkeypatch):
    whole = meta.pool(Y, V)
    monkeypatch.setattr("secretome.stats._tau2._MOST_STEPS", 1)
    cut = meta.pool(Y, V)
    assert (whole.status, cut.status) == ("converged", "searched")
    assert_allclose(cut.tau2, whole.tau2, rtol=1e-5)


def test_a_search_that_ends_at_zero_says_zero(monkeypatch):
    monkeypatch.setattr("secretome.stats._tau2._scoring", lambda studies, *, restricted: (0.5, False))
    found = meta.pool([0.1, 0.1001, 0.0999], [0.1, 0.1, 0.1])
    assert found.tau2 == 0
    assert found.status == "searched"


def test_equal_studies_have_no_variance_between_them():
    for method in METHODS:
        found = meta.pool([0.3, 0.3, 0.3], [0.1, 0.2, 0.3], method=method, test="z")
        assert found.tau2 == 0
        assert_allclose(found.estimate, 0.3)
        assert found.i2 == 0
    assert meta.pool([0.3] * 3, [0.1] * 3).tau2_upper == 0
    assert meta.pool([0.3] * 3, [0.1] * 3).status == "boundary"
    both = meta.pool([0.3] * 4, [0.1] * 4, moderators=[1, 2, 3, 4])
    assert np.isnan(both.r2)


def test_studies_without_any_spread_give_an_answer_whatever_the_last_digit(monkeypatch):
    """Knapp-Hartung has no width then: exactly 0 on some machines, 1e-17 on others."""
    from secretome.stats import _pool

    exact = _pool.coefficients

    def without_width(*given: object) -> tuple[object, ...]:
        beta, covariance, df = exact(*given)
        return beta, np.zeros_like(covariance), df

    monkeypatch.setattr(_pool, "coefficients", without_width)
    for moderators in (None, [1, 2, 3, 4]):
        found = meta.pool([0.3] * 4, [0.1] * 4, moderators=moderators)
        assert_allclose(found.estimate, 0.3)
        assert found.p_value == 0


def test_two_studies_are_pooled_with_their_width():
    found = meta.pool([0.0, 1.0], [0.1, 0.1])
    assert found.df == 1
    assert found.lower < -5
    assert found.upper > 6


def test_one_study_is_itself_under_equal_effects():
    found = meta.pool([0.4], [0.04], method="ee", test="z")
    assert_allclose([found.estimate, found.standard_error], [0.4, 0.2])
    assert np.isnan([found.i2, found.h2, found.q_p_value]).all()
    assert np.isnan(meta.pool([0.4], [0.04], method="ee", test="t").lower)


def test_truncated_knapp_hartung_is_never_narrower_than_t():
    close, far = np.array([0.30, 0.31, 0.29, 0.30]), np.array([0.0, 1.0, -1.0, 2.0])
    for y in (close, far):
        plain, t, truncated = (
            meta.pool(y, np.full(4, 0.05), test=test)
            for test in ("knapp-hartung", "t", "knapp-hartung-truncated")
        )
        assert_allclose(truncated.standard_error, max(plain.standard_error, t.standard_error), rtol=1e-6)


def test_paule_mandel_and_empirical_bayes_are_one():
    assert meta.pool(Y, V, method="pm").tau2 == meta.pool(Y, V, method="eb").tau2


def test_moderators_that_are_planted_are_found():
    rng = np.random.default_rng(4)
    dose = rng.uniform(0, 10, 60)
    v = np.full(60, 0.02)
    y = 0.5 + 0.2 * dose + rng.normal(0, 0.1, 60) + rng.normal(0, np.sqrt(v))
    found = meta.pool(y, v, moderators=dose)
    assert_allclose(found.coefficients, [0.5, 0.2], atol=0.1)
    assert found.r2 > 90
    assert found.qm_p_value < 1e-10
    equal = meta.pool(y, v, moderators=dose, method="ee", test="z")
    assert np.isnan(equal.r2)
    saturated = meta.pool(y[:2], v[:2], moderators=dose[:2], method="ee", test="t")
    assert np.isnan([saturated.p_value, saturated.qm, saturated.qm_p_value]).all()


def test_nested_pool_with_one_effect_a_study_is_the_plain_pool():
    plain = meta.pool(Y, V, test="z")
    nested = meta.pool_nested(Y, V, {"study": range(6)}, test="z")
    assert_allclose(
        [nested.estimate, nested.standard_error], [plain.estimate, plain.standard_error], rtol=1e-5
    )
    assert_allclose(nested.variance[0], plain.tau2, rtol=1e-4)
    assert_allclose(nested.log_likelihood, plain.log_likelihood, rtol=1e-8)
    assert_allclose(
        [nested.predict_lower, nested.predict_upper], [plain.predict_lower, plain.predict_upper], rtol=1e-5
    )


def test_inner_labels_count_within_the_outer_ones():
    a = meta.pool_nested(Y, V, {"study": [1, 1, 2, 2, 3, 3], "effect": [1, 2, 1, 2, 1, 2]})
    b = meta.pool_nested(Y, V, {"study": [1, 1, 2, 2, 3, 3], "effect": range(6)})
    assert_allclose(a.estimate, b.estimate)
    assert list(a.n_levels) == [3, 6]
    assert a.df[0] == 2
    varying = meta.pool_nested(Y, V, {"study": [1, 1, 2, 2, 3, 3]}, moderators=[0, 1, 0, 1, 0, 1])
    assert list(varying.df) == [1, 4]


def test_doubled_effects_do_not_count_twice_when_their_study_is_known():
    y, v, study = np.repeat(Y, 3), np.repeat(V, 3), np.repeat(np.arange(6), 3)
    joined = np.where(study[:, None] == study[None, :], v[:, None], 0.0) * 0.999 + 0.001 * np.diag(v)
    honest = meta.pool_nested(y, joined, {"study": study}, test="z")
    naive, single = meta.pool(y, v, test="z"), meta.pool(Y, V, test="z")
    assert_allclose(honest.standard_error, single.standard_error, rtol=0.01)
    assert naive.standard_error < 0.75 * single.standard_error


def test_robust_errors_of_single_effects_are_close_to_knapp_hartung():
    fit = meta.pool(Y, V)
    found = meta.robust(fit, range(6), freedom="clusters")
    assert found.df[0] == 5
    assert_allclose(found.standard_errors, fit.standard_errors, rtol=0.2)
    assert found.lower[0] < found.coefficients[0] < found.upper[0]


def test_a_nested_fit_that_cannot_end_says_so(monkeypatch):
    def never(cost, first, **options):
        value, slope = cost(first)
        return type("Found", (), {"x": first, "fun": value, "jac": slope + 1e6})

    monkeypatch.setattr("secretome.stats._nested.optimize.minimize", never)
    assert meta.pool_nested(Y, V, {"study": range(6)}).status == "not converged"


def test_a_step_out_of_the_possible_is_undone():
    from secretome.stats._nested import _maximise

    def build(theta):
        if theta[0] > 3:
            return -np.eye(2), np.zeros((1, 2, 2))
        return np.eye(2) * (1 + theta[0] ** 2), 2 * theta[0] * np.eye(2)[None]

    theta, _ = _maximise(np.array([2.9]), np.array([3.0, -3.0]), np.ones((2, 1)), build, "reml")
    assert np.isfinite(theta).all()


def test_trim_and_fill_restores_what_was_cut_away():
    v = np.linspace(0.005, 0.3, 40)
    distance = np.tile([-1.8, 1.2, -0.9, 1.8, -0.3, 0.3, 0.9, -1.2], 5)
    y, kept = 0.2 + distance * np.sqrt(v), (distance > -0.5) | (v < 0.05)
    found = meta.trim_fill(y[kept], v[kept])
    assert found.side == "left"
    assert found.missing > 3
    assert found.filled.size == found.missing
    assert found.pooled.estimate < meta.pool(y[kept], v[kept]).estimate
    mirrored = meta.trim_fill(-y[kept], v[kept])
    assert (mirrored.side, mirrored.missing) == ("right", found.missing)
    assert_allclose(mirrored.pooled.estimate, -found.pooled.estimate, rtol=1e-6)
    assert meta.trim_fill([0.1, 0.2, 0.4], [0.1, 0.1, 0.1]).side == "left"


def test_pet_and_peese_take_turns():
    v = np.linspace(0.005, 0.3, 30)
    strong = meta.pet_peese(0.5 + 0.2 * np.sqrt(v) + 0.01 * np.sin(np.arange(30)), v)
    none = meta.pet_peese(2 * np.sqrt(v) + 0.01 * np.sin(np.arange(30)), v)
    assert (strong.chosen, none.chosen) == ("peese", "pet")
    assert_allclose(strong.estimate, 0.5, atol=0.06)
    against = meta.pet_peese(-0.4 + 6 * np.sqrt(v) + 0.01 * np.sin(np.arange(30)), v)
    assert against.chosen == "pet"


def test_ties_make_beggs_test_approximate():
    assert meta.begg(Y, V).exact
    assert not meta.begg(Y, np.full(6, 0.1) + np.arange(6) // 2 * 0.01).exact


def test_influence_points_at_the_study_that_was_planted():
    y = np.r_[np.linspace(-0.1, 0.1, 9), 3.0]
    found = meta.influence(meta.pool(y, np.full(10, 0.02), test="knapp-hartung-truncated"))
    assert list(np.flatnonzero(found.influential)) == [9]
    assert found.rstudent[9] > 5


def test_cumulative_pools_end_at_the_whole():
    fit = meta.pool(Y, V)
    found = meta.cumulative(fit, [3, 1, 2, 6, 5, 4])
    assert list(found.study) == [1, 2, 0, 5, 4, 3]
    assert_allclose(found.estimate[-1], fit.estimate)
    assert np.isnan(found.lower[0])
    assert list(meta.cumulative(fit).study) == list(range(6))


def test_sampled_permutations_are_near_the_exact_ones():
    fit = meta.pool(Y, V, method="dl")
    exact, drawn = meta.permutation(fit, seed=1), meta.permutation(fit, replicates=60, seed=1)
    assert (exact.exact, drawn.exact) == (True, False)
    assert abs(exact.p_value[0] - drawn.p_value[0]) < 0.15
    again = meta.permutation(fit, replicates=60, seed=1)
    assert again.p_value == drawn.p_value
    slope = meta.permutation(meta.pool(Y, V, method="dl", moderators=range(6)), replicates=50, seed=2)
    assert not slope.exact
    assert 0 < slope.p_value[1] <= 1


def test_effects_change_sign_with_the_groups():
    turned = {
        name.replace("treated", "x").replace("control", "treated").replace("x", "control"): values
        for name, values in MEANS.items()
    }
    for measure in ("md", "smd", "smdh", "rom", "cvr", "vr"):
        one, other = meta.effect_size(measure, **MEANS), meta.effect_size(measure, **turned)
        assert_allclose(other.estimate, -one.estimate, rtol=1e-12)
        assert_allclose(other.variance, one.variance, rtol=1e-12)


def test_normalised_differences_are_percent_of_the_lesion():
    found = meta.effect_size("nmd", mean_sham=[0.0, 0.0], **(MEANS | {"mean_treated": [0.5, 1.0]}))
    assert_allclose(found.estimate, [50, 0])
    assert_allclose(found.variance[0], 100**2 * (1 / 5 + 4 / 8))
    no_lesion = meta.effect_size("nmd", mean_sham=[1.0, 0.0], **MEANS)
    assert np.isnan(no_lesion.estimate[0])


def test_hazard_ratios_from_limits_and_from_p_agree():
    limits = meta.effect_size("hr", hazard_ratio=[0.5], lower=[0.5 * np.exp(-0.4)], upper=[0.5 * np.exp(0.4)])
    from scipy import stats

    p = 2 * stats.norm.sf(abs(np.log(0.5)) / np.sqrt(limits.variance))
    by_p = meta.effect_size("hr", hazard_ratio=[0.5, 1.0], p_value=[p[0], 0.99])
    assert_allclose(by_p.variance[0], limits.variance[0], rtol=1e-9)
    assert np.isnan(by_p.variance[1])


def test_effects_that_do_not_exist_are_nan_not_numbers():
    found = meta.effect_size("rom", **(MEANS | {"mean_treated": [-3.0, 4.0]}))
    assert np.isnan(found.estimate[0])
    assert np.isnan(found.variance[0])
    empty = meta.effect_size("peto", events_treated=[0], n_treated=[5], events_control=[0], n_control=[6])
    assert np.isnan(empty.estimate[0])
    few = meta.effect_size("zcor", correlation=[0.2], n=[3])
    assert np.isnan(few.variance[0])


def test_zero_cells_are_marked():
    found = meta.effect_size(
        "or", events_treated=[0, 3], n_treated=[9, 9], events_control=[2, 2], n_control=[9, 9]
    )
    assert list(found.corrected) == [True, False]
    assert found.log


@pytest.mark.parametrize("measure", ["md", "rom", "smd"])
def test_shared_controls_make_effects_covary(measure):
    covariance = meta.shared_control_covariance(measure, ["x", "x"], **MEANS)
    alone = meta.shared_control_covariance(measure, ["x", "y"], **MEANS)
    single = meta.effect_size(measure, **MEANS).variance
    assert_allclose(np.diagonal(covariance), single)
    assert 0 < covariance[0, 1] < single.min()
    assert alone[0, 1] == 0
    assert (np.linalg.eigvalsh(covariance) > 0).all()


@pytest.mark.parametrize("measure", ["rr", "or", "rd"])
def test_shared_event_controls_contribute_their_own_variance(measure):
    covariance = meta.shared_control_covariance(measure, ["x", "x"], **COUNTS)
    # a treated group so large that it adds no variance leaves the control's
    huge = COUNTS | {"events_treated": [3e9, 5e9], "n_treated": [1e10, 1.2e10]}
    assert_allclose(covariance[0, 1], meta.effect_size(measure, **huge).variance[0], rtol=1e-6)


def test_shared_control_covariance_agrees_with_simulation():
    rng = np.random.default_rng(6)
    n, draws = 12, 4000
    control, one, two = (
        rng.normal(5, 1, (draws, n)),
        rng.normal(6, 1, (draws, n)),
        rng.normal(7, 1, (draws, n)),
    )
    found = [
        meta.effect_size(
            "smd", mean_treated=arm.mean(1), sd_treated=arm.std(1, ddof=1), n_treated=np.full(draws, n),
            mean_control=control.mean(1), sd_control=control.std(1, ddof=1), n_control=np.full(draws, n),
        ).estimate
        for arm in (one, two)
    ]  # fmt: skip
    stated = meta.shared_control_covariance(
        "smd", [1, 1], mean_treated=[6, 7], sd_treated=[1, 1], n_treated=[n, n],
        mean_control=[5, 5], sd_control=[1, 1], n_control=[n, n],
    )  # fmt: skip
    assert_allclose(stated[0, 1], np.cov(*found)[0, 1], rtol=0.25)


def test_rare_events_need_no_correction():
    table = ([1, 0], [1000, 900], [3, 2], [1000, 950])
    assert np.isfinite(meta.mantel_haenszel(*table).estimate)
    assert meta.peto(*table).k_used == 2
    silent = meta.peto([1, 0], [10, 10], [2, 0], [10, 10])
    assert (silent.k, silent.k_used) == (2, 1)
    assert np.isnan(silent.q_p_value)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: meta.pool([0.1, NAN], [0.1, 0.1]), InvalidArray, r"estimate\[1\] is nan"),
        (lambda: meta.pool([0.1, 0.2], [0.1, 0.0]), InvalidArray, r"variance\[1\] is 0"),
        (lambda: meta.pool([0.1, 0.2], [0.1]), InvalidArray, "variance has shape"),
        (lambda: meta.pool(Y, V, method="reml2"), InvalidArray, "method is 'reml2'"),
        (lambda: meta.pool(Y, V, test="knha"), InvalidArray, "test is 'knha'"),
        (lambda: meta.pool(Y, V, level=95), InvalidArray, "level is 95"),
        (lambda: meta.pool([], []), NotEstimable, "0 studies"),
        (lambda: meta.pool([0.1], [0.1]), NotEstimable, "leave nothing to see"),
        (lambda: meta.pool(Y, V, moderators=np.ones(6)), NotEstimable, "depend on each other"),
        (lambda: meta.pool(Y, V, moderators=np.ones(5)), InvalidArray, "moderators has shape"),
        (lambda: meta.pool_nested(Y, V, {}), InvalidArray, "levels is empty"),
        (lambda: meta.pool_nested(Y, V, {"a": np.ones(6)}), NotEstimable, "level 'a' has one unit"),
        (lambda: meta.pool_nested(Y, V[:2], {"a": range(6)}), InvalidArray, "variance has shape"),
        (lambda: meta.pool_nested(Y, -V, {"a": range(6)}), InvalidArray, "positive definite"),
        (lambda: meta.pool_nested(Y * NAN, V, {"a": range(6)}), InvalidArray, "must be finite"),
        (lambda: meta.pool_nested(Y, V, {"a": range(6)}, method="dl"), InvalidArray, "method is 'dl'"),
        (lambda: meta.pool_nested(Y, V, {"a": range(6)}, test="f"), InvalidArray, "test is 'f'"),
        (lambda: meta.pool_nested(Y, V, {"a": range(6)}, level=0), InvalidArray, "level is 0"),
        (lambda: meta.pool_outcomes(Y, V, ["a"] * 6, range(6)), NotEstimable, "two outcomes"),
        (lambda: meta.pool_outcomes(Y, V, ["a", "b"] * 3, [1, 1, 1, 2, 2, 2]), InvalidArray, "twice in a study"),
        (lambda: meta.robust(meta.pool(Y, V), [1] * 6), NotEstimable, "1 clusters"),
        (lambda: meta.robust(meta.pool(Y, V), range(6), kind="cr3"), InvalidArray, "kind is 'cr3'"),
        (lambda: meta.robust(meta.pool(Y, V, method="genq"), range(6)), InvalidArray, "genq"),
        (lambda: meta.robust(meta.pool_nested([0, 0.1, 1, 1.1, 2, 2.1], V, {"a": [1, 1, 2, 2, 3, 3]}), range(6)), InvalidArray, "joins effects"),
        (lambda: meta.egger(Y[:2], V[:2]), NotEstimable, "needs 3 or more"),
        (lambda: meta.egger(Y, V, model="ols"), InvalidArray, "model is 'ols'"),
        (lambda: meta.pet_peese(Y, V, alpha=0), InvalidArray, "alpha is 0"),
        (lambda: meta.begg(Y[:2], V[:2]), NotEstimable, "needs 3 or more"),
        (lambda: meta.trim_fill(Y, V, estimator="l1"), InvalidArray, "estimator is 'l1'"),
        (lambda: meta.fail_safe_n(Y, V, alpha=1), InvalidArray, "alpha is 1"),
        (lambda: meta.leave_one_out(meta.pool(Y[:2], V[:2])), NotEstimable, "without one of them"),
        (lambda: meta.influence(meta.pool(Y[:2], V[:2])), NotEstimable, "without one of them"),
        (lambda: meta.influence(meta.pool(Y, V, method="genq")), InvalidArray, "genq"),
        (lambda: meta.shrunken_effects(meta.pool(Y, V, method="genq")), InvalidArray, "genq"),
        (lambda: meta.cumulative(meta.pool(Y, V, moderators=range(6))), InvalidArray, "has moderators"),
        (lambda: meta.permutation(meta.pool(Y, V), replicates=3, seed=1), InvalidArray, "expected 10 or more"),
        (lambda: meta.permutation(meta.pool([1.0], [1.0], method="ee", test="z"), seed=1), NotEstimable, "one study"),
        (lambda: meta.permutation(meta.pool(Y, V, moderators=range(1, 7), intercept=False), seed=1), InvalidArray, "without an intercept"),
        (lambda: meta.mantel_haenszel([11], [10], [1], [10]), InvalidArray, "table 0: 11 of 10"),
        (lambda: meta.mantel_haenszel([1], [10], [1], [10], measure="as"), InvalidArray, "measure is 'as'"),
        (lambda: meta.mantel_haenszel([1], [10], [1], [10], level=0), InvalidArray, "level is 0"),
        (lambda: meta.mantel_haenszel([0], [10], [1], [10]), NotEstimable, "no finite estimate"),
        (lambda: meta.peto([0], [10], [0], [10]), NotEstimable, "no table has both"),
        (lambda: meta.effect_size("smb", **MEANS), InvalidArray, "did you mean smd"),
        (lambda: meta.effect_size("md", mean=[1.0]), InvalidArray, "columns missing: mean_treated"),
        (lambda: meta.effect_size("md", **(MEANS | {"sd_treated": [1.0, 0.0]})), InvalidArray, r"sd_treated\[1\] is 0"),
        (lambda: meta.effect_size("md", **(MEANS | {"mean_treated": [NAN, 0.0]})), InvalidArray, r"mean_treated\[0\] is nan"),
        (lambda: meta.effect_size("or", **(COUNTS | {"events_control": [6, 16]})), InvalidArray, "is 16 of 11"),
        (lambda: meta.effect_size("pr", events=[-1], n=[5]), InvalidArray, r"events\[0\] is -1"),
        (lambda: meta.effect_size("zcor", correlation=[1.0], n=[5]), InvalidArray, r"correlation\[0\] is 1"),
        (lambda: meta.effect_size("hr", hazard_ratio=[1.2], p_value=[0.0]), InvalidArray, r"p_value\[0\] is 0"),
        (lambda: meta.effect_size("hr", hazard_ratio=[1.2], lower=[2], upper=[1]), InvalidArray, "lower below upper"),
        (lambda: meta.effect_size("md", level=2, **MEANS), InvalidArray, "level is 2"),
        (lambda: meta.shared_control_covariance("peto", ["x"], **COUNTS), InvalidArray, "shared controls are known"),
        (lambda: meta.shared_control_covariance("or", ["x"], **COUNTS), InvalidArray, "arm has shape"),
        (lambda: meta.shared_control_covariance("md", ["x", "x"], **(MEANS | {"n_control": [8, 9]})), InvalidArray, "differ in n_control"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
