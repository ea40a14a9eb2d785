"""The mixed-model table beside the donor-level one."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

from secretome.plan import VaryOptions
from secretome.vary import compare, compare_mixed

from .conftest import flasks

PLAIN = VaryOptions(trend=False)
CONTRASTS = {"tissue": "tissue[A] - tissue[B]", "priming": "condition[p] - condition[c]"}


def _values(samples, rows=100, seed=1, gaps=0.0):
    rng = np.random.default_rng(seed)
    codes, names = pd.factorize(samples["donor"])
    y = 20 + rng.normal(0, 0.5, (rows, len(names)))[:, codes] + rng.normal(0, 0.3, (rows, len(samples)))
    return np.where(rng.random(y.shape) < gaps, np.nan, y)


def test_balanced_studies_get_the_same_answer_twice(build):
    samples = flasks(donors=4, per_donor=4)
    study = build(_values(samples), samples, "~ 0 + tissue + condition", CONTRASTS)
    options = VaryOptions(trend=False, prior="legacy")
    ours = compare_mixed(study, options).tables["effects"].set_index(["contrast", "protein"]).sort_index()
    donors = compare(study, options).tables["effects"].set_index(["contrast", "protein"]).sort_index()
    assert_allclose(ours["log2_ratio"], donors["log2_ratio"], atol=1e-6)
    tissue = ours.loc["tissue"], donors.loc["tissue"]
    assert_allclose(tissue[0]["p_value"], tissue[1]["p_value"], rtol=1e-3)


def test_a_planted_difference_is_found_with_gaps(build):
    samples = flasks(donors=6, per_donor=4)
    y = _values(samples, gaps=0.2)
    y[:10, (samples["tissue"] == "A").to_numpy()] += 3
    effects = compare_mixed(build(y, samples, "~ 0 + tissue + condition", CONTRASTS), PLAIN).tables["effects"]
    found = effects.query("contrast == 'tissue' and fdr <= 0.05")["protein"]
    assert {f"P{i}" for i in range(10)} <= set(found)
    assert len(found) <= 13


def test_one_flask_a_donor_is_said_not_fitted(build):
    samples = flasks(per_donor=1)
    result = compare_mixed(
        build(_values(samples), samples, "~ 0 + tissue", {"t": CONTRASTS["tissue"]}), PLAIN
    )
    assert result.verdict == "not tested"
    assert "every flask has a level of its own" in result.notes[0]


def test_every_fit_has_a_status(build):
    samples = flasks(donors=3, per_donor=2)
    y = _values(samples, gaps=0.3)
    y[0] = np.nan
    y[1, 1:] = np.nan
    result = compare_mixed(build(y, samples, "~ 0 + tissue + condition", CONTRASTS), PLAIN)
    fits = result.tables["fits"].set_index("fit")["proteins"]
    assert fits.sum() == (~np.isnan(y)).any(axis=1).sum()
    assert fits["too few values"] >= 1
    effects = result.tables["effects"]
    assert effects.loc[effects["fit"] == "too few values", "p_value"].isna().all()
