"""The core numbers held to limma by the small files in tests/golden, without the shared data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from secretome.stats import linear

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
CONSENSUS = 0.260294130256295


@pytest.fixture(scope="module")
def expected():
    return pd.read_csv(GOLDEN / "limma_missing_expected.csv.gz", index_col=0)


@pytest.fixture(scope="module")
def y(expected):
    return pd.read_csv(GOLDEN / "limma_missing_input.csv.gz", index_col=0).loc[expected.index].to_numpy()


@pytest.fixture(scope="module")
def samples():
    return pd.read_csv(GOLDEN / "limma_samples.csv.gz")


@pytest.fixture(scope="module")
def design(samples):
    tissue, condition = samples["tissue"], samples["condition"]
    return np.column_stack(
        [np.ones(len(samples)), tissue == "AT", tissue == "UC", condition == "primed"]
    ).astype(float)


@pytest.fixture(scope="module")
def fit(y, design):
    return linear.fit_rows(y, design)


def test_fit(fit, expected):
    assert_allclose(fit.coefficients[:, 3], expected["primed"], rtol=1e-9, atol=1e-9)
    assert_allclose(fit.sigma, expected["sigma"], rtol=1e-9)
    assert_allclose(fit.df_residual, expected["df_residual"])


@pytest.mark.parametrize("prior", ["legacy", "unequal_df"])
@pytest.mark.parametrize("both", [False, True])
def test_moderated_t_and_prior(fit, expected, prior, both):
    run = f"{prior}_trend{both:d}_robust{both:d}"
    tests = linear.moderate(fit, trend=both, robust=both, prior=prior)
    assert_allclose(tests.t[:, 3], expected[f"{run}_t"], rtol=1e-6, atol=1e-8)
    assert_allclose(tests.df_prior, expected[f"{run}_df_prior"], rtol=1e-6)


def test_log_odds_f_and_treat(fit, expected):
    tests = linear.moderate(fit, trend=True, robust=True, prior="legacy")
    assert_allclose(tests.log_odds[:, 3], expected["legacy_trend1_robust1_log_odds"], rtol=1e-8, atol=1e-8)
    tissue = linear.moderate(linear.contrast_rows(fit, np.eye(4)[:, 1:3]), prior="legacy")
    assert_allclose(tissue.f, expected["legacy_trend0_robust0_tissue_f"], rtol=1e-8)
    treated = linear.treat(fit, 0.5, prior="legacy")
    assert_allclose(treated.p_value[:, 3], expected["legacy_treat_p_value"], rtol=1e-6)


def test_contrast_of_cell_means(y, design, expected):
    cell_means = design.copy()
    cell_means[:, 0] -= design[:, 1] + design[:, 2]
    contrast = linear.contrast_rows(linear.fit_rows(y, cell_means), [-0.5, -0.5, 1, 0])
    found = linear.moderate(contrast, prior="legacy")
    assert_allclose(found.t[:, 0], expected["legacy_contrast3_t"], rtol=1e-8, atol=1e-8)


def test_donors_as_blocks(y, design, samples, expected):
    donor = samples["donor"].to_numpy(str)
    assert linear.consensus_correlation(y, design, donor).consensus == pytest.approx(CONSENSUS, abs=1e-5)
    fit = linear.fit_rows(y, design, block=donor, correlation=CONSENSUS)
    found = linear.moderate(fit, prior="legacy")
    assert_allclose(found.t[:, 3], expected["legacy_block_primed_t"], rtol=1e-8, atol=1e-8)


def test_sample_weights(y, design):
    weights = pd.read_csv(GOLDEN / "limma_missing_array_weights.csv")["weight"]
    assert_allclose(linear.array_weights(y, design), weights, atol=1e-8)
