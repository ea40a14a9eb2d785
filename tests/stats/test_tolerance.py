"""Tolerance limits held to R tolerance, to their content by simulation, and to their refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, optimize
from scipy import stats as distributions

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats import tolerance

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


@pytest.fixture(scope="module")
def factors():
    return pd.read_csv(GOLDEN / "qualify_tolerance_k.csv")


# The exact factors of R tolerance stop at its integrator's tolerance: at n = 20, content 0.99 it prints 3.62109
# where two other quadratures and this one give 3.62099, a relative difference of 3e-5.
@pytest.mark.parametrize(
    ("column", "options", "relative"),
    [
        ("k1", {"sides": 1}, 1e-9),
        ("k2_HE", {"method": "howe"}, 1e-9),
        ("k2_WBE", {"method": "weissberg-beatty"}, 1e-9),
        ("k2_EXACT", {}, 5e-5),
    ],
)
def test_factors_are_those_of_r(column, options, relative, factors):
    found = [
        tolerance.k_factor(row.n, content=row.P, confidence=row.conf, **options)
        for row in factors.itertuples()
    ]
    assert_allclose(found, factors[column], rtol=relative)


def test_where_r_differs_another_quadrature_sides_with_ours():
    """n = 20, content 0.99, confidence 0.95: R prints 3.62109, off by 1.01e-4; its tolerance in the oracle is 1e-4."""
    k = tolerance.k_factor(20, content=0.99)

    def confidence(k):
        def at(z):  # half width r that holds the content around a mean z / sqrt(n) off, by a root search
            shift = z / np.sqrt(20)
            r = optimize.brentq(
                lambda r: distributions.norm.cdf(shift + r) - distributions.norm.cdf(shift - r) - 0.99,
                0,
                20,
                xtol=1e-13,
            )
            return 2 * distributions.norm.pdf(z) * distributions.chi2.sf(19 * r**2 / k**2, 19)

        return integrate.quad(at, 0, 9, epsabs=1e-12)[0]

    assert confidence(k) == pytest.approx(0.95, abs=1e-9)
    assert confidence(3.62108708866843) - 0.95 > 5e-6
    assert 3.62108708866843 - k == pytest.approx(1.01e-4, abs=2e-6)


def test_limits_of_lots_are_those_of_r():
    lots = pd.read_csv(GOLDEN / "qualify_lots.csv").query("group == 'ref'")["potency_pct"].to_numpy()
    assert_allclose(tolerance.limits(lots), (60.3393915033791, 145.937275163288), atol=1e-4)
    assert_allclose(np.exp(tolerance.limits(np.log(lots))), (67.5068796784751, 156.124372309712), atol=1e-4)


def test_few_lots_say_little():
    assert tolerance.k_factor(3) > 12.6
    assert tolerance.k_factor(10) == pytest.approx(4.44, abs=0.005)


def test_the_exact_factor_holds_its_content_with_its_confidence():
    rng = np.random.default_rng(4)
    values = rng.normal(size=(20_000, 5))
    mean, sd = values.mean(axis=1), values.std(axis=1, ddof=1)
    k = tolerance.k_factor(5, content=0.9)
    content = distributions.norm.cdf(mean + k * sd) - distributions.norm.cdf(mean - k * sd)
    assert (content >= 0.9).mean() == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 20_000))


def test_prediction_limits_widen_with_the_number_of_values_to_come():
    one = tolerance.prediction_limits([1.0, 2, 3, 4])
    five = tolerance.prediction_limits([1.0, 2, 3, 4], future=5)
    assert five[0] < one[0] < one[1] < five[1]
    t = distributions.t.ppf(0.975, 3)
    assert one[1] - 2.5 == pytest.approx(t * np.std([1, 2, 3, 4], ddof=1) * np.sqrt(1.25))


def test_one_lot_a_donor_is_the_ordinary_interval():
    values = [98.0, 101, 103, 97]
    found = tolerance.donor_limits(values, list("ABCD"), seed=1)
    assert (found.lower, found.upper) == tolerance.limits(values)
    assert np.isnan(found.lot_sd)


def test_donors_widen_the_limits_beyond_those_of_lots_taken_as_independent():
    rng = np.random.default_rng(2)
    donor = np.repeat(np.arange(5), 6)
    values = rng.normal(0, 2, 5)[donor] + rng.normal(0, 0.5, 30)
    found = tolerance.donor_limits(values, donor, seed=1, content=0.95)
    naive = tolerance.limits(values, content=0.95)
    assert found.upper - found.lower > 1.5 * (naive[1] - naive[0])
    assert found.donor_sd > found.lot_sd


def test_the_same_seed_gives_the_same_limits_and_one_side_is_narrower():
    values, donor = [98.0, 99, 103, 104, 100, 101], list("AABBCC")
    first, second = (tolerance.donor_limits(values, donor, seed=9, content=0.9) for _ in range(2))
    assert first == second
    assert tolerance.donor_limits(values, donor, seed=9, content=0.9, sides=1).upper < first.upper


def test_donor_limits_hold_their_content_with_donors_random():
    rng = np.random.default_rng(11)
    donor = np.array([0, 0, 1, 1, 1, 2, 3, 3, 4, 4, 5])
    held = []
    for _ in range(300):
        values = rng.normal(0, 1, 6)[donor] + rng.normal(0, 1, donor.size)
        found = tolerance.donor_limits(values, donor, seed=rng, content=0.9, draws=2_000)
        sd = np.sqrt(2)
        held.append(
            distributions.norm.cdf(found.upper / sd) - distributions.norm.cdf(found.lower / sd) >= 0.9
        )
    assert 0.92 <= np.mean(held) <= 0.99


def test_what_gives_no_limits_is_refused():
    for options in ({"content": 1.0}, {"confidence": 95}, {"sides": 3}, {"method": "other"}):
        with pytest.raises(InvalidArray):
            tolerance.k_factor(5, **options)
    with pytest.raises(InvalidArray, match="at least two"):
        tolerance.k_factor(1)
    with pytest.raises(NotEstimable, match="1 value"):
        tolerance.limits([1.0])
    with pytest.raises(InvalidArray, match="finite"):
        tolerance.limits([1.0, np.nan])
    with pytest.raises(InvalidArray, match="future"):
        tolerance.prediction_limits([1.0, 2], future=0)
    with pytest.raises(NotEstimable, match="at least three"):
        tolerance.donor_limits([1.0, 2, 3, 4], list("AABB"), seed=1)
    with pytest.raises(InvalidArray, match="shape"):
        tolerance.donor_limits([1.0, 2, 3, 4], list("ABC"), seed=1)


def test_values_that_are_all_the_same_have_no_limits():
    with pytest.raises(NotEstimable, match="all values are the same"):
        tolerance.donor_limits([5.0, 5, 5], list("ABC"), seed=1)
