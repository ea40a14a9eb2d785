"""Moderation by peptide count: planted scatter, equality with the arithmetic, refusals by name."""

from __future__ import annotations

import numpy as np
import pytest

from secretome.plan import VaryOptions
from secretome.stats import linear
from secretome.vary import compare
from secretome.vary.units import donor_values

from .conftest import flasks

CONTRAST = {"t": "tissue[A] - tissue[B]"}
COUNTED = VaryOptions(count_prior="reciprocal")


def _study(build, seed: int = 1, donors: int = 3):
    rng = np.random.default_rng(seed)
    samples = flasks(donors=donors, per_donor=1)
    counts = np.tile([1, 2, 4, 8, 16, 32], 100)
    y = 22 + rng.normal(0, 1, (600, len(samples))) / np.sqrt(counts)[:, None]
    study = build(y, samples, contrasts=CONTRAST)
    study.assays["proteome"].matrix.var["peptides"] = counts
    return study, counts


@pytest.mark.parametrize("trend", ["reciprocal", "loess", "spline"])
def test_the_numbers_are_those_of_stats(build, trend):
    study, counts = _study(build)
    options = VaryOptions(count_prior=trend)
    effects = compare(study, options).tables["effects"].set_index("protein")
    samples, values = study.samples, np.asarray(study.assays["proteome"].matrix.X).T
    units = donor_values(values, study.design, samples, CONTRAST["t"])
    fit = linear.contrast_rows(linear.fit_rows(units.values, units.design), units.contrast[:, None])
    tests = linear.moderate_by_count(fit, counts, trend=trend)
    found = effects.loc[[f"P{i}" for i in range(600)]]
    assert found["p_value"].to_numpy() == pytest.approx(tests.p_value[:, 0], rel=1e-9)
    assert (found["p_minimum_effect"].to_numpy() >= tests.p_value[:, 0] / 2 - 1e-12).all()
    assert (found["status"] == "tested").all()


def test_the_error_follows_the_count_and_the_test_keeps_its_size(build):
    shares = []
    for seed in range(4):
        study, counts = _study(build, seed)
        effects = compare(study, COUNTED).tables["effects"].set_index("protein")
        effects = effects.loc[[f"P{i}" for i in range(600)]]
        shares.append((effects["p_value"] < 0.05).mean())
        error = effects["standard_error"].groupby(counts).median()
        assert error[1] / error[16] == pytest.approx(4, rel=0.25)
    assert 0.03 < np.mean(shares) < 0.07


def test_it_is_said_in_the_methods_and_the_parameters(build):
    result = compare(_study(build)[0], COUNTED)
    assert any("number of peptides" in method.text for method in result.methods)
    assert result.parameters["count_prior"] == "reciprocal"
    assert result.tables["contrasts"]["prior"].item() == "count"
    plain = compare(_study(build)[0], VaryOptions())
    assert not any("number of peptides" in method.text for method in plain.methods)


@pytest.mark.parametrize("counts", [None, 0])
def test_an_assay_without_counts_is_refused_by_name(build, counts):
    study, _ = _study(build)
    var = study.assays["proteome"].matrix.var
    if counts is None:
        del var["peptides"]
    else:
        var["peptides"] = counts
    result = compare(study, COUNTED)
    assert result.verdict == "not tested"
    assert "assay 'proteome' has none (feature `peptides`)" in result.notes[0]
    assert result.tables["effects"]["p_value"].isna().all()


def test_a_protein_without_a_count_is_not_tested_and_says_so(build):
    study, _ = _study(build)
    study.assays["proteome"].matrix.var.loc["P7", "peptides"] = 0
    effects = compare(study, COUNTED).tables["effects"].set_index("protein")
    assert effects.loc["P7", "status"] == "no peptide count"
    assert effects["p_value"].isna().sum() == 1


def test_a_curve_that_the_counts_cannot_bear_is_named(build):
    study, _ = _study(build)
    study.assays["proteome"].matrix.var["peptides"] = 3
    result = compare(study, VaryOptions(count_prior="loess"))
    assert "count_prior: 1 different counts" in result.tables["contrasts"]["reason"].item()
    assert result.verdict == "not tested"
