"""Coverage of 95 % intervals by simulation: relative potency of three plates, pooled effects of 5 to 20 studies."""

from __future__ import annotations

import numpy as np
import pytest

from secretome.stats import curves, meta

pytestmark = pytest.mark.slow

ASSAYS, PLATES, POOLS = 10_000, 3, 10_000
TRUE_RATIO = 0.8


def report(what, covered):
    rate, n = float(np.mean(covered)), len(covered)
    half = 1.96 * np.sqrt(rate * (1 - rate) / n)
    print(
        f"{what}: {100 * rate:.2f} % of {n} intervals cover ({100 * (rate - half):.2f} to {100 * (rate + half):.2f})"
    )
    assert rate + half >= 0.93
    assert rate - half <= 0.97


def test_relative_potency_of_three_plates():
    rng = np.random.default_rng(20261123)
    dose = np.tile(np.repeat(10.0 * 2.0 ** -np.arange(8), 3), 2)
    is_test = np.repeat([False, True], 24)
    limits = {"one plate": [], "weighted_homogeneous": [], "unweighted": []}
    truth = np.log(TRUE_RATIO)
    for _ in range(ASSAYS // 100):
        n = 100 * PLATES
        b, c, d, e = rng.normal([-1.6, 0.15, 2.1, 0.9], [0.1, 0.02, 0.1, 0.08], size=(n, 4)).T[:, :, None]
        acting = np.where(is_test, TRUE_RATIO * dose, dose)
        y = c + (d - c) / (1 + np.exp(b * (np.log(acting) - np.log(e)))) + rng.normal(0, 0.06, (n, dose.size))
        fit = curves.relative_potency(
            np.tile(dose, n), y.ravel(), np.tile(np.where(is_test, "t", "r"), n), reference="r",
            plate=np.repeat(np.arange(n), dose.size),
        )  # fmt: skip
        assert fit.converged.all()
        limits["one plate"] += list((fit.lower < truth) & (truth < fit.upper))
        for start in range(0, n, PLATES):
            plates = slice(start, start + PLATES)
            for convention in ("weighted_homogeneous", "unweighted"):
                both = curves.combine(
                    fit.log_ratio[plates], fit.standard_error[plates], fit.df[plates], convention=convention
                )
                limits[convention].append(both.lower < truth < both.upper)
    for what, covered in limits.items():
        report(f"relative potency, {what}", covered)


def pools(rng, k, variances, test):
    covered = []
    for _ in range(POOLS):
        v, tau2 = variances(rng, k), rng.choice([0.0, 0.05, 0.2])
        y = 0.3 + rng.normal(0, np.sqrt(tau2), k) + rng.normal(0, np.sqrt(v))
        found = meta.pool(y, v, test=test)
        covered.append(found.lower < 0.3 < found.upper)
    return covered


@pytest.mark.parametrize("k", [5, 10, 20])
def test_pooled_effects_of_animal_studies(k):
    # standardised differences of groups of 6 to 20
    rng = np.random.default_rng([20261123, k])
    covered = pools(rng, k, lambda g, n: 2 / g.integers(6, 21, n), "knapp-hartung")
    report(f"REML with Knapp-Hartung, {k} studies", covered)


def test_five_studies_of_very_unequal_size_are_covered_less_as_documented():
    # variances as in Brockwell and Gordon 2001 (10.1002/sim.650): a factor of 67 between studies
    unequal = lambda g, n: np.clip(0.25 * g.chisquare(1, n), 0.009, 0.6)  # noqa: E731
    rates = {
        test: np.mean(pools(np.random.default_rng(5), 5, unequal, test))
        for test in ("knapp-hartung", "knapp-hartung-truncated")
    }
    print({test: f"{100 * rate:.2f} %" for test, rate in rates.items()}, "of", POOLS)
    assert 0.88 < rates["knapp-hartung"] < 0.93  # what the notes of `pool` say
    assert rates["knapp-hartung-truncated"] > 0.93
