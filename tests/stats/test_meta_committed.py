"""Held to metafor 3.8-1 and clubSandwich 0.5.8, iterated to 1e-12, on the simulated studies of tests/golden."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from secretome.stats import meta

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
TESTS = {"z": "z", "knha": "knapp-hartung", "t": "t"}
METHODS = ("dl", "he", "hs", "hsk", "sj", "ml", "reml", "eb", "pm")
MEANS = ("mean_treated", "sd_treated", "n_treated", "mean_control", "sd_control", "n_control")


@pytest.fixture(scope="module")
def studies():
    return pd.read_csv(GOLDEN / "meta_studies.csv")


@pytest.fixture(scope="module")
def expected():
    table = pd.read_csv(GOLDEN / "meta_expected.csv")
    # R hands on names of its own: limit.intrcpt, tau.tau
    table["name"] = (
        table["name"]
        .str.replace(r"\..*", "", regex=True)
        .where(~table["name"].str.contains(r"\d"), table["name"])
    )
    return {what: rows.set_index("name")["value"].astype(float) for what, rows in table.groupby("what")}


def series(values, name):
    found = values[values.index.str.fullmatch(rf"{name}_\d+")]
    return found.to_numpy()


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("method", METHODS)
def test_pools_equal_metafor(studies, expected, method, test):
    fit = meta.pool(studies["yi"], studies["vi"], method=method, test=TESTS[test])
    values = expected[f"pool {method} {test}"]
    # metafor solves PM and EB, and the limits of tau2, to its own tolerance
    loose = {"pm": 1e-4, "eb": 1e-4}.get(method, 1e-7)
    for name, value in values.items():
        limit = 1e-4 if name in {"tau2_lower", "tau2_upper"} else loose
        assert_allclose(getattr(fit, name), value, rtol=limit, atol=limit * 0.1, err_msg=name)


@pytest.mark.parametrize("test", ["z", "knha"])
def test_regressions_equal_metafor(studies, expected, test):
    fit = meta.pool(studies["yi"], studies["vi"], test=TESTS[test], moderators=studies[["x1", "x2"]])
    values = expected[f"regression {test}"]
    for name in ("tau2", "i2", "h2", "r2", "qm", "qm_p_value", "q", "log_likelihood"):
        assert_allclose(getattr(fit, name), values[name], rtol=1e-6, err_msg=name)
    for name in ("coefficients", "standard_errors", "p_values"):
        assert_allclose(getattr(fit, name), series(values, name), rtol=1e-6, err_msg=name)


@pytest.mark.parametrize("method", ["dl", "he", "hs", "sj", "ml", "pm"])
def test_slopes_equal_metafor(studies, expected, method):
    fit = meta.pool(studies["yi"], studies["vi"], method=method, moderators=studies["x1"])
    values = expected[f"slope {method}"]
    limit = 1e-4 if method == "pm" else 1e-6
    assert_allclose(fit.tau2, values["tau2"], rtol=limit)
    assert_allclose(fit.tau2_standard_error, values["tau2_standard_error"], rtol=limit)
    assert_allclose(fit.coefficients[1], values["slope"], rtol=limit)
    assert_allclose(fit.standard_errors[1], values["error"], rtol=limit)
    assert_allclose(fit.r2, values["r2"], rtol=limit, atol=1e-3)


DIAGNOSTICS = {
    "rstudent": "rstudent", "dffits": "dffits", "cook.d": "cook", "cov.r": "covariance_ratio",
    "tau2.del": "tau2_deleted", "QE.del": "q_deleted", "hat": "hat",
}  # fmt: skip


def test_influence_equals_metafor(studies, expected):
    plain = meta.pool(studies["yi"], studies["vi"], test="z")
    found, values = meta.influence(plain), expected["influence"]
    for theirs, ours in {**DIAGNOSTICS, "weight": "weight"}.items():
        assert_allclose(getattr(found, ours), series(values, theirs), rtol=1e-6, atol=1e-8, err_msg=ours)
    assert_allclose(found.dfbetas[:, 0], series(values, "dfbs"), rtol=1e-6)
    slope = meta.pool(studies["yi"], studies["vi"], moderators=studies["x1"])
    found, values = meta.influence(slope), expected["influence x1 knha"]
    for theirs, ours in DIAGNOSTICS.items():
        assert_allclose(getattr(found, ours), series(values, theirs), rtol=1e-6, atol=1e-8, err_msg=ours)
    for column in (0, 1):
        assert_allclose(found.dfbetas[:, column], series(values, f"dfbs{column}"), rtol=1e-5)


def test_series_and_shrunken_effects_equal_metafor(studies, expected):
    plain = meta.pool(studies["yi"], studies["vi"], test="z")
    left, values = meta.leave_one_out(plain), expected["leave"]
    for theirs, ours in {
        "estimate": "estimate", "se": "standard_error", "tau2": "tau2", "I2": "i2", "Q": "q", "pval": "p_value"
    }.items():  # fmt: skip
        assert_allclose(getattr(left, ours), series(values, theirs), rtol=1e-6, atol=1e-9, err_msg=ours)
    grown, values = meta.cumulative(plain, studies["year"]), expected["cumulative"]
    for theirs, ours in {"estimate": "estimate", "se": "standard_error", "tau2": "tau2"}.items():
        assert_allclose(getattr(grown, ours), series(values, theirs), rtol=1e-6, atol=1e-8, err_msg=ours)
    drawn, values = meta.shrunken_effects(plain), expected["blup"]
    assert_allclose(drawn.estimate, series(values, "estimate"), rtol=1e-6, atol=1e-9)
    assert_allclose(drawn.standard_error, series(values, "se"), rtol=1e-6)
    drawn = meta.shrunken_effects(meta.pool(studies["yi"], studies["vi"], moderators=studies["x1"]))
    values = expected["blup x1 knha"]
    assert_allclose(drawn.estimate, series(values, "estimate"), rtol=1e-6, atol=1e-9)
    assert_allclose(drawn.standard_error, series(values, "se"), rtol=1e-6)
    assert_allclose(drawn.lower, series(values, "lower"), rtol=1e-6)


@pytest.mark.parametrize("predictor", ["standard_error", "variance"])
@pytest.mark.parametrize("model", ["mixed", "lm"])
def test_egger_equals_metafor(studies, expected, model, predictor):
    found = meta.egger(studies["yi"], studies["vi"], model=model, predictor=predictor)
    short = {"mixed": "rma", "standard_error": "sei", "variance": "vi"}
    values = expected[f"egger {short.get(model, model)} {short[predictor]}"]
    assert_allclose(
        [found.statistic, found.p_value, found.limit, found.limit_lower],
        values[["statistic", "p", "limit", "limit_lower"]],
        rtol=1e-5,
    )


def test_asymmetry_equals_metafor(studies, expected):
    y, v = studies["yi"], studies["vi"]
    rank = meta.begg(y, v)
    assert_allclose([rank.tau, rank.p_value], expected["begg"][["tau", "p"]], rtol=1e-9)
    assert meta.fail_safe_n(y, v) == expected["fsn"].iloc[0]
    for estimator in ("l0", "r0", "q0"):
        for side in ("left", "right"):
            found = meta.trim_fill(y, v, estimator=estimator, side=side)
            values = expected[f"trim {estimator} {side}"]
            assert found.missing == values["missing"]
            assert_allclose(found.pooled.estimate, values["estimate"], rtol=1e-6)


def test_nested_pools_and_robust_errors_equal_metafor_and_clubsandwich(studies, expected):
    nested = meta.pool_nested(
        studies["yi"], studies["vi"], {"district": studies["district"], "study": studies["study"]}, test="z"
    )
    values = expected["nested"]
    for name in ("estimate", "standard_error", "log_likelihood", "q"):
        assert_allclose(getattr(nested, name), values[name], rtol=1e-5, err_msg=name)
    assert_allclose(nested.variance, values[["outer", "inner"]], atol=1e-5)
    assert nested.status == "boundary"
    limits = expected["nested prediction"]
    assert_allclose([nested.predict_lower, nested.predict_upper], limits[["lower", "upper"]], rtol=1e-5)
    slope = meta.pool(studies["yi"], studies["vi"], moderators=studies["x1"])
    for kind in ("cr2", "cr1"):
        found, values = meta.robust(nested, studies["district"], kind=kind), expected[f"robust nested {kind}"]
        for theirs, ours in {"se": "standard_errors", "df": "df", "p": "p_values"}.items():
            assert_allclose(getattr(found, ours), values[theirs], rtol=1e-5)
        found, values = meta.robust(slope, studies["district"], kind=kind), expected[f"robust pool {kind}"]
        for theirs, ours in {"se": "standard_errors", "df": "df", "p": "p_values"}.items():
            assert_allclose(getattr(found, ours), series(values, theirs), rtol=1e-5)


def test_exact_permutations_equal_metafor(studies, expected):
    six, five = studies.iloc[:6], studies.iloc[:5]
    found = meta.permutation(meta.pool(six["yi"], six["vi"], test="z"), seed=1)
    assert found.exact
    assert_allclose(found.p_value, expected["permutation"]["p"])
    slope = meta.pool(five["yi"], five["vi"], test="z", moderators=five["x1"])
    found = meta.permutation(slope, seed=1)
    assert found.replicates == 120
    assert np.isnan(found.p_value[0])
    assert_allclose(found.p_value[1], expected["permutation x1"]["p"])


@pytest.mark.parametrize(
    "measure",
    [
        "rr",
        "or",
        "rd",
        "as",
        "peto",
        "md",
        "smd",
        "smdh",
        "rom",
        "cvr",
        "vr",
        "pr",
        "plo",
        "pft",
        "zcor",
        "cor",
    ],
)
def test_effect_sizes_equal_escalc(expected, measure):
    tables, means = pd.read_csv(GOLDEN / "meta_tables.csv"), pd.read_csv(GOLDEN / "meta_means.csv")
    if measure in {"rr", "or", "rd", "as", "peto"}:
        columns = {name: tables[name] for name in tables}
    elif measure in {"pr", "plo", "pft"}:
        columns = {"events": tables["events_treated"], "n": tables["n_treated"]}
    elif measure in {"zcor", "cor"}:
        columns = {"correlation": means["correlation"], "n": means["n_treated"] + 1}
    else:
        columns = {name: means[name] for name in MEANS}
    found, values = meta.effect_size(measure, **columns), expected[f"effect {measure}"]
    # escalc adds 1/2 for Peto too, whose method needs no such thing: tables with a zero are compared in rma.peto below
    kept = ~_with_zero(tables) if measure == "peto" else np.ones(10, dtype=bool)
    assert_allclose(found.estimate[kept], series(values, "estimate")[kept], atol=1e-10, rtol=1e-10)
    assert_allclose(found.variance[kept], series(values, "variance")[kept], atol=1e-10, rtol=1e-10)
    if measure == "smd":
        exact = meta.effect_size(measure, exact_variance=True, **columns).variance
        assert_allclose(exact, series(expected["effect smd exact"], "variance"), atol=1e-10)


def _with_zero(tables):
    others = tables["n_treated"] - tables["events_treated"], tables["n_control"] - tables["events_control"]
    return (np.column_stack([tables["events_treated"], tables["events_control"], *others]) == 0).any(axis=1)


def test_pooled_tables_equal_metafor(expected):
    tables = pd.read_csv(GOLDEN / "meta_tables.csv")
    columns = [tables[name] for name in ("events_treated", "n_treated", "events_control", "n_control")]
    for measure in ("or", "rr", "rd"):
        found, values = meta.mantel_haenszel(*columns, measure=measure), expected[f"mh {measure}"]
        for name in ("estimate", "standard_error", "q"):
            assert_allclose(getattr(found, name), values[name], rtol=1e-9, err_msg=f"{measure} {name}")
    found = meta.peto(*columns)
    for name in ("estimate", "standard_error", "q"):
        assert_allclose(getattr(found, name), expected["peto"][name], rtol=1e-9)
