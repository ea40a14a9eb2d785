"""Held to R: limma 3.54.1 (`limma_*`) and 3.63.2 (`limma_new_*`); tolerances as in the oracle's README."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome.errors import NotEstimable
from secretome.stats import linear, normalize
from secretome.stats._unequal_df_prior import fit_unequal_df

CONTRASTS = np.array([[-1, 0, 1, 0], [0, -1, 1, 0], [-0.5, -0.5, 1, 0]]).T
KINDS = ("complete", "missing")
PRIORS = {"limma": "legacy", "limma_new": "unequal_df"}
OTHER_RUNS = [("complete", "limma"), ("missing", "limma"), ("missing", "limma_new")]


def assert_close(found, expected, *, relative=0.0, absolute=0.0):
    np.testing.assert_allclose(found, np.asarray(expected, dtype=float), rtol=relative, atol=absolute)


@pytest.fixture(scope="module")
def fits(experiments):
    return {kind: linear.fit_rows(e.y, e.design) for kind, e in experiments.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_fits_equal_lmfit(oracle, fits, kind):
    fit, expected = fits[kind], oracle.expected(f"limma_{kind}_lmFit.csv")
    assert_close(fit.coefficients, expected.iloc[:, :4], absolute=1e-8)
    assert_close(fit.sigma, expected["sigma"], relative=1e-8)
    assert_close(fit.df_residual, expected["df.residual"])
    assert_close(fit.mean, expected["Amean"], relative=1e-8)


@pytest.mark.parametrize("family", PRIORS)
@pytest.mark.parametrize("robust", [False, True])
@pytest.mark.parametrize("trend", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_moderated_tests_equal_ebayes(oracle, fits, kind, trend, robust, family):
    run = f"{kind}_trend{trend:d}_robust{robust:d}"
    options = {"trend": trend, "robust": robust, "prior": PRIORS[family]}
    tests = linear.moderate(fits[kind], **options)
    if family == "limma_new":
        prior, t_limit, p_limit = 1e-6, 1e-6, 1e-6
    else:
        prior, t_limit, p_limit = (1e-4, 1e-4, 1e-4) if robust else (1e-8, 1e-8, 1e-6)
    posterior = oracle.expected(f"{family}_{run}_posterior.csv")
    for found, column in [
        (tests.s2_post, "s2.post"),
        (tests.s2_prior, "s2.prior"),
        (tests.df_prior, "df.prior"),
        (tests.df_total, "df.total"),
    ]:
        assert_close(found, posterior[column], relative=prior)
    primed = oracle.expected(f"{family}_{run}_primed.csv")
    assert_close(tests.coefficients[:, 3], primed["logFC"], absolute=1e-8)
    assert_close(tests.t[:, 3], primed["t"], absolute=t_limit)
    assert_close(tests.p_value[:, 3], primed["P.Value"], relative=p_limit)
    assert_close(tests.log_odds[:, 3], primed["B"], absolute=t_limit * 10)
    pair = linear.moderate(linear.contrast_rows(fits[kind], np.eye(4)[:, 1:3]), **options)
    tissue = oracle.expected(f"{family}_{run}_tissueF.csv")
    assert pair.f_df == 2
    assert_close(pair.f, tissue["F"], relative=p_limit)
    assert_close(pair.f_p_value, tissue["P.Value"], relative=p_limit)
    hyper = oracle.expected(
        "limma_hyperparameters.csv" if family == "limma" else "limma_new_hyperparameters.csv"
    )
    assert_close(tests.effect_variance[3], hyper.loc[run, "var.prior.primed"], relative=p_limit)


@pytest.mark.parametrize("kind", KINDS)
def test_auto_prior_is_the_one_newer_limma_uses(oracle, fits, kind):
    hyper = oracle.expected("limma_new_hyperparameters.csv")
    uses = {"legacy": "legacy", "new": "unequal_df"}[hyper.loc[f"{kind}_trend0_robust0", "default_uses"]]
    assert linear.moderate(fits[kind]).prior == uses


@pytest.mark.parametrize("robust", [False, True])
@pytest.mark.parametrize("trend", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_tight_search_meets_the_exact_maximum(oracle, fits, kind, trend, robust):
    fit = fits[kind]
    expected = oracle.expected(f"limma_new_exact_{kind}_trend{trend:d}_robust{robust:d}_posterior.csv")
    found = fit_unequal_df(
        fit.sigma**2, fit.df_residual, fit.mean if trend else None, robust=robust, search_tolerance=1e-10
    )
    assert_close(found.s2, expected["s2.prior"], relative=1e-5)
    assert_close(found.df, expected["df.prior"], relative=1e-5)
    total = fit.df_residual + found.df
    assert_close(
        (fit.df_residual * fit.sigma**2 + found.df * found.s2) / total, expected["s2.post"], relative=1e-5
    )


@pytest.mark.parametrize(("kind", "family"), OTHER_RUNS)
def test_minimum_effect_tests_equal_treat(oracle, fits, kind, family):
    tests = linear.treat(fits[kind], 0.5, prior=PRIORS[family])
    expected = oracle.expected(f"{family}_{kind}_treat0.5_primed.csv")
    assert_close(tests.t[:, 3], expected["t"], absolute=1e-6)
    assert_close(tests.p_value[:, 3], expected["P.Value"], relative=1e-6)


@pytest.mark.parametrize(("kind", "family"), OTHER_RUNS)
def test_contrasts_equal_contrasts_fit(oracle, experiments, kind, family):
    e = experiments[kind]
    contrasts = linear.contrast_rows(linear.fit_rows(e.y, e.cell_means), CONTRASTS)
    tests = linear.moderate(contrasts, prior=PRIORS[family])
    for column in range(3):
        expected = oracle.expected(f"{family}_{kind}_contrast{column + 1}.csv")
        assert_close(tests.coefficients[:, column], expected["logFC"], absolute=1e-8)
        assert_close(tests.t[:, column], expected["t"], absolute=1e-6)
        assert_close(tests.p_value[:, column], expected["P.Value"], relative=1e-6)
        assert_close(tests.log_odds[:, column], expected["B"], absolute=1e-6)


@pytest.mark.parametrize(("kind", "family"), OTHER_RUNS)
def test_correlated_blocks_equal_lmfit_with_block(oracle, experiments, kind, family):
    e = experiments[kind]
    hyper = oracle.expected("limma_hyperparameters.csv")
    correlation = hyper.loc[f"{kind}_dupcor_consensus", "proportion"]
    fit = linear.fit_rows(e.y, e.design, block=e.donor, correlation=correlation)
    tests = linear.moderate(fit, prior=PRIORS[family])
    for name, column in [("primed", 3), ("UC", 2)]:
        expected = oracle.expected(f"{family}_{kind}_block_donor_{name}.csv")
        assert_close(tests.t[:, column], expected["t"], absolute=1e-6)
        assert_close(tests.p_value[:, column], expected["P.Value"], relative=1e-6)
        assert_close(tests.log_odds[:, column], expected["B"], absolute=1e-6)
    if family == "limma_new":
        others = oracle.expected("limma_new_missing_hyperparameters_other.csv")
        assert_close(tests.df_prior[0], others.loc["block_donor", "df.prior"], relative=1e-6)
        assert_close(tests.s2_prior[0], others.loc["block_donor", "s2.prior"], relative=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_consensus_equals_duplicate_correlation(oracle, experiments, kind):
    e = experiments[kind]
    found = linear.consensus_correlation(e.y, e.design, e.donor)
    expected = oracle.expected("limma_hyperparameters.csv").loc[f"{kind}_dupcor_consensus", "proportion"]
    assert found.consensus == pytest.approx(expected, abs=1e-5)
    rows = oracle.expected(f"limma_{kind}_dupcor.csv")["atanh.correlation"].to_numpy()
    assert (np.isnan(found.atanh) == np.isnan(rows)).all()


@pytest.mark.parametrize(("kind", "family"), OTHER_RUNS)
def test_weighted_fits_equal_lmfit_with_weights(oracle, experiments, kind, family):
    e = experiments[kind]
    weights = oracle.expected(f"limma_{kind}_arrayWeights.csv")["weight"].to_numpy()
    tests = linear.moderate(linear.fit_rows(e.y, e.design, weights=weights), prior=PRIORS[family])
    expected = oracle.expected(f"{family}_{kind}_arrayWeights_primed.csv")
    assert_close(tests.t[:, 3], expected["t"], absolute=1e-8 if family == "limma" else 1e-6)
    assert_close(tests.p_value[:, 3], expected["P.Value"], relative=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_sample_weights_equal_array_weights(oracle, experiments, kind):
    e = experiments[kind]
    expected = oracle.expected(f"limma_{kind}_arrayWeights.csv")["weight"]
    assert_close(linear.array_weights(e.y, e.design), expected, absolute=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_removed_batches_equal_remove_batch_effect(oracle, experiments, kind):
    e = experiments[kind]
    found = linear.remove_batch(e.y, e.batch, e.design)
    assert_close(found, oracle.expected(f"limma_{kind}_removeBatchEffect.csv"), absolute=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_normalised_samples_equal_limma(oracle, experiments, kind):
    y = experiments[kind].y
    assert_close(
        normalize.quantiles(y), oracle.expected(f"limma_{kind}_normalizeQuantiles.csv"), absolute=1e-8
    )
    assert_close(normalize.median(y), oracle.expected(f"limma_{kind}_normalizeMedian.csv"), absolute=1e-8)


@pytest.mark.parametrize(("name", "prior"), [("new", "unequal_df"), ("legacy", "legacy")])
def test_squeezed_variances_equal_squeezevar_on_edge_cases(oracle, name, prior):
    inputs, expected = oracle.inputs("limma_new_edge.csv.gz"), oracle.expected("limma_new_edge.csv")
    for case in inputs.index.unique():
        rows = inputs.loc[case]
        covariate = None if rows["covariate"].isna().any() else rows["covariate"].to_numpy()
        options = {"covariate": covariate, "robust": bool(rows["robust"].iloc[0]), "prior": prior}
        if (case, name) == ("n4_two_informative", "new"):
            with pytest.raises(NotEstimable, match="2 of 4 rows"):
                linear.squeeze(rows["var"].to_numpy(), rows["df"].to_numpy(), **options)
            continue
        found = linear.squeeze(rows["var"].to_numpy(), rows["df"].to_numpy(), **options)
        wanted = expected[(expected.index == case) & (expected["prior"] == name)]
        assert found.prior == prior
        for array, column in [
            (found.df_prior, "df.prior"),
            (found.s2_prior, "var.prior"),
            (found.s2_post, "var.post"),
        ]:
            assert_close(array, wanted[column], relative=1e-6)


def test_legacy_files_hold_for_newer_limma(oracle):
    differences = oracle.expected("limma_new_legacy_check.csv")
    assert isinstance(differences, pd.DataFrame)
    assert differences.to_numpy().max() < 1e-12
