import numpy as np
import pytest
from scipy import stats

from secretome.errors import InvalidArray
from secretome.stats.censored import group_means

INF = np.inf


def test_means_spread_and_errors_equal_those_of_survreg():
    # tests/golden/censored.R, R survival 3.5-3
    low = [1, 2, 3, -INF, 2.5, 4, 5, -INF, 4.2, 7, 6.5, -INF]
    high = [1, 2, 3, 1.5, 2.5, 4, 5, 3.1, 4.2, 7, INF, 5.9]
    found = group_means(low, high, [1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3])
    assert found.mean == pytest.approx([1.88679423819, 3.96149079155, 6.53255947171], abs=1e-6)
    maximum_likelihood = np.sqrt((12 - 3) / 12)  # the correction that we add, taken off
    assert found.sd * maximum_likelihood == pytest.approx(0.863751504662, abs=1e-6)
    expected = [0.3992558817, 0.4452193391, 0.5581547713]
    assert found.standard_error * maximum_likelihood == pytest.approx(expected, abs=1e-5)
    assert found.n_censored.tolist() == [1, 1, 2]


def test_without_limits_it_is_the_pooled_t_interval():
    rng = np.random.default_rng(3)
    group = np.repeat(["a", "b"], [5, 9])
    y = rng.normal(size=14) + (group == "b")
    found = group_means(y, y, group)
    a, b = y[group == "a"], y[group == "b"]
    pooled = np.sqrt((a.var(ddof=1) * 4 + b.var(ddof=1) * 8) / 12)
    half = stats.t.ppf(0.975, 12) * pooled / np.sqrt([5, 9])
    assert found.mean == pytest.approx([a.mean(), b.mean()], abs=1e-6)
    assert (found.upper - found.lower) / 2 == pytest.approx(half, rel=1e-4)


def test_a_group_of_limits_alone_has_an_upper_limit_and_no_mean():
    found = group_means([5, 5.5, 6, -INF, -INF], [5, 5.5, 6, 2.0, 2.0], ["a", "a", "a", "b", "b"])
    assert np.isnan(found.mean[1])
    assert np.isnan(found.lower[1])
    assert 2.0 - 5 * found.sd < found.upper[1] < 2.0 + found.sd
    assert "upper limit" in found.status[1]


def test_intervals_under_limits_hold_the_truth():
    rng = np.random.default_rng(11)
    tries, limit, inside, means = 200, -0.3, 0, []
    for _ in range(tries):
        y = rng.normal(size=12)
        found = group_means(np.where(y < limit, -INF, y), np.maximum(y, limit), ["a"] * 12)
        inside += bool(found.lower[0] <= 0 <= found.upper[0])
        means.append(found.mean[0])
    # 95 % within three Monte-Carlo errors
    assert abs(inside / tries - 0.95) < 3 * np.sqrt(0.95 * 0.05 / tries)
    assert abs(np.mean(means)) < 0.08


@pytest.mark.parametrize(
    ("low", "high"), [([1.0, 2.0], [1.0]), ([2.0], [1.0]), ([np.nan], [1.0]), ([-INF], [INF])]
)
def test_bounds_that_cannot_be_are_refused(low, high):
    with pytest.raises(InvalidArray):
        group_means(low, high, ["a"] * len(low))


@pytest.mark.parametrize("seed", range(20))
def test_a_maximum_is_found_far_from_the_limits_and_with_few_numbers(seed):
    rng = np.random.default_rng(seed)
    scale, centre = 10.0 ** rng.uniform(-2, 2), rng.normal() * 50
    y = centre + scale * rng.normal(size=10)
    limit = np.quantile(y, rng.uniform(0.1, 0.7))
    low, high = np.where(y < limit, -INF, y), np.maximum(y, limit)
    found = group_means(low, high, np.repeat(["a", "b"], 5))
    assert not any("no maximum" in text for text in found.status)
    # the same in other units
    other = group_means(low * 7 - 3, high * 7 - 3, np.repeat(["a", "b"], 5))
    assert other.mean == pytest.approx(found.mean * 7 - 3, rel=1e-4, nan_ok=True)
