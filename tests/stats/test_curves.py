"""Curves: planted truth, properties, refusals, speed."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats import curves

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
DOSES = np.array([0.0, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0])


def sigmoid(dose, b, c, d, e, f=1.0):
    with np.errstate(divide="ignore"):
        return c + (d - c) / (1 + np.exp(b * (np.log(dose) - np.log(e)))) ** f


@pytest.fixture(scope="module")
def assay():
    return pd.read_csv(GOLDEN / "curves_simulated_assay.csv")


def two_preparations(ratio=0.5, noise=0.03, seed=5, b=1.3):
    rng = np.random.default_rng(seed)
    dose = np.tile(np.repeat(DOSES, 3), 2)
    name = np.repeat(["r", "t"], DOSES.size * 3)
    y = sigmoid(np.where(name == "t", ratio * dose, dose), b, 1.0, 5.0, 1.0)
    return dose, y + rng.normal(0, noise, y.size), name


@settings(max_examples=40, deadline=None)
@given(
    b=st.floats(0.5, 4.0),
    rising=st.booleans(),
    c=st.floats(-5, 5),
    span=st.floats(0.5, 100),
    log_e=st.floats(-2.0, 2.0),
)
def test_curves_without_noise_are_recovered(b, rising, c, span, log_e):
    truth = [-b if rising else b, c, c + span, np.exp(log_e)]
    fit = curves.fit_curve(DOSES, sigmoid(DOSES, *truth))
    assert fit.converged.all()
    assert_allclose(fit.parameters[0], truth, rtol=1e-4, atol=1e-4 * span)


@pytest.mark.parametrize("f", [0.4, 2.5])
@pytest.mark.parametrize("b", [2.0, -2.0])
def test_asymmetric_curves_without_noise_are_recovered(b, f):
    fit = curves.fit_curve(DOSES, sigmoid(DOSES, b, 1.0, 9.0, 1.0, f), model="5pl")
    assert_allclose(fit.parameters[0], [b, 1.0, 9.0, 1.0, f], rtol=1e-4)
    assert_allclose(curves.predict(fit, DOSES), sigmoid(DOSES, b, 1.0, 9.0, 1.0, f), atol=1e-6)
    half = curves.effective_dose(fit, 50).dose[0]
    assert_allclose(sigmoid(half, b, 1.0, 9.0, 1.0, f), 5.0, atol=1e-4)


def test_three_parameters_hold_the_lower_limit_at_zero():
    fit = curves.fit_curve(DOSES, sigmoid(DOSES, -1.5, 0.0, 4.0, 2.0), model="3pl")
    assert fit.names == ("b", "d", "e")
    assert_allclose(fit.parameters[0], [-1.5, 4.0, 2.0], rtol=1e-5)
    negative = curves.fit_curve(DOSES, -sigmoid(DOSES, 1.5, 0.0, 4.0, 2.0), model="3pl")
    assert_allclose(negative.parameters[0], [1.5, -4.0, 2.0], rtol=1e-5)


def test_units_of_dose_and_response_do_not_matter(assay):
    plate = assay[assay["plate"] == 1]
    args = plate["prep"], {"reference": "ref"}
    one = curves.relative_potency(plate["dose"], plate["y"], args[0], **args[1])
    other = curves.relative_potency(1000 * plate["dose"], 7 - 3 * plate["y"], args[0], **args[1])
    assert_allclose(other.log_ratio, one.log_ratio, atol=1e-8)
    assert_allclose(other.standard_error, one.standard_error, rtol=1e-6)
    assert_allclose(other.parallelism.f, one.parallelism.f, rtol=1e-6)


def test_the_order_of_the_wells_does_not_matter(assay):
    order = np.random.default_rng(1).permutation(len(assay))
    mixed = assay.iloc[order]
    one, other = (
        curves.relative_potency(t["dose"], t["y"], t["prep"], reference="ref", plate=t["plate"])
        for t in (assay, mixed)
    )
    assert_allclose(other.log_ratio, one.log_ratio, atol=1e-9)
    assert_allclose(other.standard_error, one.standard_error, rtol=1e-7)


def test_swapping_reference_and_test_turns_the_sign():
    dose, y, name = two_preparations()
    one = curves.relative_potency(dose, y, name, reference="r")
    other = curves.relative_potency(dose, y, name, reference="t")
    assert_allclose(other.log_ratio, -one.log_ratio, atol=1e-8)
    assert_allclose(other.parallelism.f, one.parallelism.f, rtol=1e-6)
    assert abs(one.ratio[0] - 0.5) < 0.05


def test_the_constrained_fit_is_not_two_free_fits(assay):
    # on this assay with true potency 0.80 the ratio of two free midpoints, test over reference, is 1.244
    plate = assay[assay["plate"] == 1]
    free = curves.fit_curve(plate["dose"], plate["y"], group=plate["prep"])
    assert round(free.parameters[1, 3] / free.parameters[0, 3], 3) == 1.244
    found = curves.relative_potency(plate["dose"], plate["y"], plate["prep"], reference="ref")
    assert round(float(found.ratio[0]), 3) == 0.789


def test_weights_count_as_repeated_wells():
    dose, y, _ = two_preparations()
    weights = np.where(np.arange(dose.size) % 2 == 0, 2.0, 1.0)
    repeats = weights.astype(int)
    weighted = curves.fit_curve(dose, y, weights=weights)
    repeated = curves.fit_curve(np.repeat(dose, repeats), np.repeat(y, repeats))
    assert_allclose(weighted.parameters, repeated.parameters, rtol=1e-6)
    ratio = weighted.standard_errors / repeated.standard_errors
    assert_allclose(ratio, np.sqrt(repeated.df_residual / weighted.df_residual), rtol=1e-5)


def test_one_wild_well_moves_the_robust_curve_less():
    rng = np.random.default_rng(3)
    dose = np.repeat(DOSES, 3)
    y = sigmoid(dose, 1.3, 1.0, 5.0, 1.0) + rng.normal(0, 0.05, dose.size)
    clean = curves.fit_curve(dose, y)
    y[4] += 4
    plain, robust = curves.fit_curve(dose, y), curves.fit_curve(dose, y, robust=True)
    gap = [np.abs(fit.parameters - clean.parameters).max() for fit in (plain, robust)]
    assert gap[1] < gap[0] / 5
    assert robust.converged.all()
    assert robust.sigma < plain.sigma / 3
    assert (robust.standard_errors < plain.standard_errors).all()
    by_observed = curves.fit_curve(dose, y, robust=True, information="observed")
    assert_allclose(by_observed.standard_errors, robust.standard_errors, rtol=0.3)


def test_robust_errors_follow_the_spread_of_the_estimates():
    rng, dose = np.random.default_rng(8), np.repeat(DOSES, 6)
    found = []
    for _ in range(50):
        y = sigmoid(dose, 1.3, 1.0, 5.0, 1.0) + rng.normal(0, 0.2, dose.size)
        fit = curves.fit_curve(dose, y, robust=True)
        found.append([fit.parameters[0, 2], fit.standard_errors[0, 2]])
    estimates, errors = np.array(found).T
    assert 0.7 < errors.mean() / estimates.std(ddof=1) < 1.4


def test_groups_of_unequal_size_equal_separate_fits():
    dose, y, name = two_preparations()
    kept = np.ones(dose.size, dtype=bool)
    kept[-4:] = False
    both = curves.fit_curve(dose[kept], y[kept], group=name[kept])
    for row, label in enumerate("rt"):
        own = kept & (name == label)
        alone = curves.fit_curve(dose[own], y[own])
        assert_allclose(both.parameters[row], alone.parameters[0], rtol=1e-8)
    assert both.df_residual == kept.sum() - 8
    assert_allclose(curves.predict(both, [1.0], group="t"), curves.predict(alone, [1.0]))


STEP = np.array([5, 4.98, 5, 5.02, 0.98, 1, 1.02, 1])


@pytest.mark.parametrize(
    ("response", "model", "words"),
    [
        (STEP, "4pl", "not"),
        ([1, 1.1, 0.9, 1, 1.05, 1.02, 0.97, 1], "4pl", "not identified"),
        ([5, 5, 5, 5, 4.6, 4, 3, 2], "5pl", "fit a 4pl"),
        ([1, 1, 1, 1, 1, 1, 1, 3], "3pl", "do not follow this curve"),
    ],
)
def test_curves_that_cannot_be_pinned_down_say_so(response, model, words):
    fit = curves.fit_curve(DOSES, response, model=model)
    assert not fit.converged[0]
    assert words in fit.status[0]
    assert np.isnan(fit.standard_errors).all()
    assert np.isfinite(fit.parameters).all()


def test_pairs_that_do_not_converge_have_no_limits():
    dose, name, y = np.tile(DOSES, 2), np.repeat(["r", "t"], 8), np.tile(STEP, 2)
    found = curves.relative_potency(dose, y, name, reference="r")
    assert not found.converged[0]
    assert np.isnan([found.standard_error, found.lower, found.upper]).all()
    assert np.isnan(found.parallelism.slope.lower).all()


def test_bootstrapping_needs_a_fit():
    y = np.tile([5, 5, 5, 5, 4.6, 4, 3, 2], 2)
    with pytest.raises(NotEstimable, match="do not converge for plate all, t"):
        curves.bootstrap_relative_potency(
            np.tile(DOSES, 2), y, np.repeat(["r", "t"], 8), reference="r", model="5pl", replicates=5, seed=1
        )


def test_nonparallel_curves_are_seen_by_f_and_by_the_ratios():
    dose, y, name = two_preparations()
    bent = np.where(name == "t", sigmoid(dose, 2.6, 1.0, 5.0, 2.0), y)
    bent = bent + np.random.default_rng(2).normal(0, 0.03, y.size) * (name == "t")
    found = curves.relative_potency(dose, bent, name, reference="r").parallelism
    assert found.p_value[0] < 1e-6
    assert found.rsse_ratio[0] > 2
    assert found.slope.lower[0] > 1.5
    assert found.slope.lower[0] < found.slope.estimate[0] < found.slope.upper[0]
    same = curves.relative_potency(dose, y, name, reference="r").parallelism
    assert same.p_value[0] > 0.01
    assert 0.9 < same.span.lower[0] < same.span.upper[0] < 1.1


def test_ratios_of_a_limit_near_zero_have_no_bound_but_the_shift_has():
    dose, y, name = two_preparations(noise=0.2)
    found = curves.relative_potency(dose, y - 1.0, name, reference="r").parallelism
    assert np.isinf(found.lower_asymptote.lower[0])
    assert np.isinf(found.lower_asymptote.upper[0])
    assert -0.3 < found.lower_shift.lower[0] < found.lower_shift.upper[0] < 0.3


def test_models_without_a_parameter_have_no_ratio_of_it():
    dose, y, name = two_preparations()
    flat = curves.relative_potency(dose, y - 1.0, name, reference="r", model="3pl").parallelism
    assert np.isnan(flat.lower_asymptote.estimate).all()
    assert np.isnan(flat.asymmetry.estimate).all()
    assert_allclose(flat.span.estimate, flat.upper_asymptote.estimate)
    bent = curves.relative_potency(dose, y, name, reference="r", model="5pl").parallelism
    assert bent.asymmetry.lower[0] < 1 < bent.asymmetry.upper[0]


def test_several_preparations_and_plates_make_a_row_each():
    dose, y, name = two_preparations()
    dose, y = np.concatenate([dose, dose[24:]]), np.concatenate([y, y[24:] + 0.001])
    name = np.concatenate([name, np.repeat("u", 24)])
    plates = np.repeat([1, 2], dose.size)
    found = curves.relative_potency(
        np.tile(dose, 2), np.tile(y, 2), np.tile(name, 2), reference="r", plate=plates
    )
    assert list(zip(found.plate.tolist(), found.preparation.tolist(), strict=True)) == [
        (1, "t"), (1, "u"), (2, "t"), (2, "u")
    ]  # fmt: skip
    assert_allclose(found.log_ratio[:2], found.log_ratio[2:], atol=1e-9)


def test_the_semi_weighted_convention_adds_the_spread_between_assays():
    found = curves.combine([-0.5, 0.0, 0.5], [0.01, 0.02, 0.02], 20, convention="semi_weighted")
    assert_allclose(found.between_variance, 0.25 - 0.0003, rtol=1e-12)
    assert abs(found.log_ratio) < 0.001
    assert found.df == 2
    same = curves.combine([0.1, 0.1], [0.01, 0.02], 20, convention="semi_weighted")
    assert same.between_variance == 0
    alone = curves.combine([0.1], [0.02], 20, convention="weighted_homogeneous")
    assert alone.ratio == pytest.approx(np.exp(0.1))
    assert np.isnan(alone.q)


def test_ten_thousand_bootstrap_fits_take_seconds_and_agree_with_the_error(assay):
    start = time.perf_counter()
    args = (assay["dose"], assay["y"], assay["prep"])
    found = curves.bootstrap_relative_potency(*args, reference="ref", plate=assay["plate"], seed=7)
    assert time.perf_counter() - start < 30  # 30,000 fits here; about 1 s on an idle machine
    fit = curves.relative_potency(*args, reference="ref", plate=assay["plate"])
    assert found.replicates.shape == (3, 10_000)
    assert (found.converged > 0.999).all()
    assert_allclose(found.standard_error, fit.standard_error, rtol=0.05)
    assert_allclose(found.lower, fit.lower, atol=0.01)


def test_the_same_seed_draws_the_same_numbers():
    args = two_preparations()
    one, two, other = (
        curves.bootstrap_relative_potency(*args, reference="r", replicates=30, seed=seed).replicates
        for seed in (1, 1, 2)
    )
    assert (one == two).all()
    assert not (one == other).any()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dose": [1.0, np.nan, 2, 3, 4, 5]}, r"dose\[1\] is nan"),
        ({"dose": [1.0, -1.0, 2, 3, 4, 5]}, r"dose\[1\] is -1"),
        ({"response": [1.0, 2, 3, np.inf, 5, 6]}, r"response\[3\] is inf"),
        ({"weights": [1, 1, 0, 1, 1, 1]}, r"weights\[2\] is 0"),
        ({"response": [1.0, 2]}, "response has shape"),
        ({"model": "6pl"}, "expected '3pl', '4pl' or '5pl'"),
        ({"information": "guess"}, "expected 'expected' or 'observed'"),
        ({"group": ["a", "b"]}, "group has shape"),
    ],
)
def test_arrays_that_make_no_sense_are_refused(change, words):
    values = {"dose": [1.0, 2, 4, 8, 16, 32], "response": [1.0, 2, 3, 4, 5, 6]} | change
    with pytest.raises(InvalidArray, match=words):
        curves.fit_curve(values.pop("dose"), values.pop("response"), **values)


@pytest.mark.parametrize(
    ("dose", "response", "words"),
    [
        ([1.0] * 6, [1.0, 2, 3, 4, 5, 6], "1 distinct dose"),
        ([1.0, 2, 3, 1, 2, 3], [1.0, 2, 3, 4, 5, 6], "3 distinct dose"),
        ([1.0, 2, 4, 8, 16], [2.0] * 5, "all responses are 2"),
        ([], [], "no measurements"),
    ],
)
def test_curves_that_cannot_be_seen_are_refused(dose, response, words):
    with pytest.raises(NotEstimable, match=words):
        curves.fit_curve(dose, response)


def test_as_many_doses_as_parameters_leave_no_errors():
    fit = curves.fit_curve([1.0, 2, 4, 8], [5.0, 4.0, 2.0, 1.0])
    assert fit.df_residual == 0
    assert np.isnan(fit.standard_errors).all()
    assert np.isnan(fit.sigma)
    assert np.isnan(curves.effective_dose(fit).lower).all()


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"reference": "R"}, InvalidArray, "did you mean|There are"),
        ({"interval": "wald"}, InvalidArray, "interval is 'wald'"),
        ({"information": "x"}, InvalidArray, "information is 'x'"),
        ({"level": 1.0}, InvalidArray, "level is 1.0"),
        ({"ratio_level": 0.0}, InvalidArray, "ratio_level is 0.0"),
        ({"plate": np.repeat(["p", "q"], 24)}, NotEstimable, "plate p: needs the reference"),
    ],
)
def test_relative_potency_refuses(change, error, words):
    dose, y, name = two_preparations()
    with pytest.raises(error, match=words):
        curves.relative_potency(dose, y, name, **({"reference": "r"} | change))


def test_every_pair_that_falls_short_is_named():
    dose, name = np.tile([1.0, 2, 4, 8], 4), np.repeat(["r", "t", "r", "t"], 4)
    plate = np.repeat(["p", "q"], 8)
    y = np.where(name == "t", 1.0, dose)
    with pytest.raises(NotEstimable) as caught:
        curves.relative_potency(dose, y, name, reference="r", plate=plate)
    for words in ("plate p: t: all responses", "plate q: t: all responses", "8 responses; two free 4pl"):
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("values", "change", "error", "words"),
    [
        (([0.1], [0.1], 5), {"convention": "unweighted"}, NotEstimable, "needs 2 estimates"),
        (([], [], 5), {}, NotEstimable, "no estimates"),
        (([0.1, 0.2], [0.1, 0.0], 5), {}, InvalidArray, "not above 0"),
        (([0.1, np.nan], [0.1, 0.1], 5), {}, InvalidArray, "missing"),
        (([0.1, 0.2], [0.1, 0.1], 5), {"convention": "mean"}, InvalidArray, "convention is 'mean'"),
        (([0.1, 0.2], [0.1, 0.1], 5), {"level": 2.0}, InvalidArray, "level is 2.0"),
    ],
)
def test_combine_refuses(values, change, error, words):
    with pytest.raises(error, match=words):
        curves.combine(*values, **({"convention": "weighted_homogeneous"} | change))


def test_the_rest_is_refused():
    fit = curves.fit_curve(*two_preparations()[:2])
    for call, words in [
        (lambda: curves.predict(fit, [-1.0]), "dose must be"),
        (lambda: curves.predict(fit, [1.0], group="x"), "group is 'x'"),
        (lambda: curves.effective_dose(fit, 0), "percent is 0"),
        (lambda: curves.effective_dose(fit, 50, level=0.0), "level is 0.0"),
        (
            lambda: curves.bootstrap_relative_potency(
                *two_preparations(), reference="r", replicates=1, seed=1
            ),
            "2 or more",
        ),
        (
            lambda: curves.bootstrap_relative_potency(*two_preparations(), reference="r", level=0.0, seed=1),
            "level is 0",
        ),
    ]:
        with pytest.raises(InvalidArray, match=words):
            call()


def test_reweighting_that_does_not_settle_is_not_converged(monkeypatch):
    monkeypatch.setattr("secretome.stats._curve_fit._MOST_REWEIGHTINGS", 1)
    dose, y, _ = two_preparations()
    assert not curves.fit_curve(dose, y, robust=True).converged[0]
