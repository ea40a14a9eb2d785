"""Size of moderated mixed tests at 4 to 8 donors, singular fits included: >= 10,000 tests, >= 200 studies each."""

from __future__ import annotations

import numpy as np
import pytest

from secretome.stats import mixed

pytestmark = pytest.mark.slow

STUDIES, PROTEINS = 200, 60


def _study(rng: np.random.Generator, donors: int, gaps: float, spread: str):
    """`donors` in two groups, two conditions, two flasks each; donor variance zero, mixed or wide."""
    half = donors // 2
    group = np.repeat([0.0, 1.0], [4 * half, 4 * (donors - half)])
    donor = np.repeat(np.arange(donors), 4)
    primed = np.tile([0.0, 0.0, 1.0, 1.0], donors)
    sd = {
        "zero": np.zeros((PROTEINS, 1)),
        "mixed": 0.3 * (rng.random((PROTEINS, 1)) > 0.3) * np.sqrt(4 / rng.chisquare(4, (PROTEINS, 1))),
        "wide": rng.uniform(0.1, 1.0, (PROTEINS, 1)),
    }[spread]
    residual = 0.3 * np.sqrt(8 / rng.chisquare(8, (PROTEINS, 1)))
    y = (
        20
        + sd * rng.normal(size=(PROTEINS, donors))[:, donor]
        + residual * rng.normal(size=(PROTEINS, donor.size))
    )
    y[rng.random(y.shape) < gaps] = np.nan
    return y, np.column_stack([1 - group, group, primed]), {"donor": donor}


@pytest.mark.parametrize("gaps", [0.0, 0.2])
@pytest.mark.parametrize("spread", ["zero", "mixed", "wide"])
@pytest.mark.parametrize("donors", [4, 6, 8])
def test_moderated_mixed_tests_keep_their_size(donors, spread, gaps):
    shares: dict[str, list[float]] = {"between donors": [], "within donors": []}
    tests = singular = 0
    for study in range(STUDIES):
        y, fixed, random = _study(np.random.default_rng([donors, study]), donors, gaps, spread)
        fit = mixed.fit_reml(y, fixed, random, df="kenward-roger", negative=True)
        singular += int(fit.singular.sum())
        found = mixed.moderate(fit, np.array([[1.0, -1.0, 0.0], [0.0, 0.0, 1.0]]).T)
        for column, name in enumerate(shares):
            p = found.p_value[:, column]
            shares[name].append(float(np.mean(p[~np.isnan(p)] < 0.05)))
        tests += int((~np.isnan(found.p_value[:, 0])).sum())
    assert tests >= 10_000 or gaps
    assert singular > 0.02 * tests
    for name, each in shares.items():
        mean, error = np.mean(each), 1.96 * np.std(each, ddof=1) / np.sqrt(STUDIES)
        print(
            f"{donors} donors, {spread}, {gaps:.0%} missing, {name}: {mean:.4f} ± {error:.4f} ({tests} tests)"
        )
        assert mean - error <= 0.06
        # two donors a group with gaps leave a degree of freedom or less: careful, never bold
        assert mean + error >= (0.03 if donors == 4 and gaps else 0.04)
