"""Lines through values of which some are only known to lie below a limit: held to a numerical maximum."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize
from scipy import stats as distributions

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats import shelf_life
from secretome.stats._censored_line import fit_line


def data(seed=1, n=12, limit=93.0):
    rng = np.random.default_rng(seed)
    time = np.linspace(0, 24, n)
    value = 100 - 0.4 * time + rng.normal(0, 1, n)
    below = value < limit
    return np.column_stack([np.ones(n), time]), np.where(below, limit, value), below


def minus_log_likelihood(theta, design, value, below):
    mean, sigma = design @ theta[:-1], np.exp(theta[-1])
    seen = distributions.norm.logpdf(value[~below], mean[~below], sigma).sum()
    return -(seen + distributions.norm.logcdf(value[below], mean[below], sigma).sum())


@pytest.mark.parametrize("seed", range(5))
def test_the_estimate_is_the_maximum_of_the_likelihood(seed):
    design, value, below = data(seed)
    assert below.any()
    found = fit_line(design, value, below)
    start = np.append(found.coefficients, np.log(found.sigma))
    best = optimize.minimize(
        minus_log_likelihood,
        start,
        args=(design, value, below),
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 20_000, "maxfev": 20_000},
    )
    assert_allclose(found.coefficients, best.x[:2], rtol=1e-5, atol=1e-6)
    m = (~below).sum()
    assert found.sigma == pytest.approx(np.exp(best.x[2]) * np.sqrt(m / (m - 2)), rel=1e-6)
    log_likelihood = -0.5 * value.size * (np.log(2 * np.pi * found.rss / value.size) + 1)
    assert log_likelihood == pytest.approx(-best.fun, abs=1e-8)


def test_errors_are_those_of_the_observed_information():
    design, value, below = data(3)
    found = fit_line(design, value, below)
    sigma_ml = found.sigma / np.sqrt((~below).sum() / ((~below).sum() - 2))
    theta, step = np.append(found.coefficients, np.log(sigma_ml)), np.array([1e-3, 1e-4, 1e-3])
    hessian = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            ends = [
                a
                * b
                * minus_log_likelihood(
                    theta + a * step[i] * np.eye(3)[i] + b * step[j] * np.eye(3)[j], design, value, below
                )
                for a in (1, -1)
                for b in (1, -1)
            ]
            hessian[i, j] = sum(ends) / (4 * step[i] * step[j])
    assert_allclose(found.unscaled * sigma_ml**2, np.linalg.inv(hessian)[:2, :2], rtol=1e-4)


def test_without_a_censored_value_it_is_least_squares():
    design, value, below = data(limit=0.0)
    assert not below.any()
    found = fit_line(design, value, below)
    expected = np.polyfit(design[:, 1], value, 1)[::-1]
    assert_allclose(found.coefficients, expected)
    assert found.df == value.size - 2


def test_units_and_origin_do_not_matter():
    design, value, below = data(2)
    one, other = fit_line(design, value, below), fit_line(design, 1000 * value - 7, below)
    assert_allclose(other.coefficients, 1000 * one.coefficients - [7, 0], rtol=1e-9)
    assert_allclose(other.unscaled, one.unscaled, rtol=1e-7)


def test_a_slope_is_nearer_the_truth_than_with_the_limit_put_in():
    slopes = np.array(
        [
            [
                fit_line(*data(seed, limit=95)).coefficients[1],
                np.polyfit(data(seed, limit=95)[0][:, 1], data(seed, limit=95)[1], 1)[0],
            ]
            for seed in range(200)
        ]
    )
    censored, put_in = np.abs(slopes.mean(axis=0) + 0.4)
    assert censored < put_in / 3


def test_what_has_no_maximum_is_refused():
    time = np.array([0.0, 1, 2, 3, 4])
    design = np.column_stack([np.ones(5), time])
    with pytest.raises(NotEstimable, match="need 3"):
        fit_line(design, np.array([5.0, 4, 4, 4, 4]), np.array([False, False, True, True, True]))
    with pytest.raises(NotEstimable, match="exactly on lines"):
        fit_line(design, np.array([5.0, 4, 3, 2.5, 2.5]), np.array([False, False, False, True, True]))


def test_shelf_lives_of_three_lots_with_values_below_the_lloq():
    rng = np.random.default_rng(4)
    month, lot = np.tile([0.0, 3, 6, 9, 12, 18, 24], 3), np.repeat(list("ABC"), 7)
    value = 100 - 0.5 * month + rng.normal(0, 0.7, 21)
    below = value < 92
    found = shelf_life.estimate(month, np.where(below, 92, value), lot, lower=93, censored=below)
    whole = shelf_life.estimate(month, value, lot, lower=93)
    assert below.sum() >= 3
    assert found.months == pytest.approx(whole.months, rel=0.1)
    assert np.isfinite(found.ancova.p_value[:3]).all()
    assert (
        shelf_life.release_limit(
            month, np.where(below, 92, value), lot, release=99, lower=93, censored=below
        ).answer("cics")
        > 0
    )


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"censored": [True]}, InvalidArray, "censored has shape"),
        ({"censored": [False] + [True] * 4}, NotEstimable, "above the LLOQ"),
        ({"pooling": "some"}, InvalidArray, "ich or none"),
    ],
)
def test_series_without_what_they_need_are_refused(options, error, words):
    with pytest.raises(error, match=words):
        shelf_life.estimate([0, 3, 6, 9, 12], [5.0, 4, 3.1, 2, 2], ["A"] * 5, lower=1, **options)
