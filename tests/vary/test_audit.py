"""The design audit: aliases, effective donors, pseudo-replication, depth."""

from __future__ import annotations

import numpy as np
import pytest

from secretome.vary import audit_design

from .conftest import flasks


def _values(samples, rows=50):
    return np.random.default_rng(1).normal(20, 1, (rows, len(samples)))


def test_a_medium_that_is_a_tissue_is_named(build):
    samples = flasks().assign(collection_medium=lambda table: table["tissue"].map({"A": "DMEM", "B": "RPMI"}))
    result = audit_design(build(_values(samples), samples))
    row = result.tables["aliased"].iloc[0]
    assert (row["one"], row["other"], row["how"]) == ("tissue", "collection_medium", "aliased")
    assert any("tissue and collection_medium cannot be told apart" in note for note in result.notes)


def test_age_that_belongs_to_the_tissue_is_named(build):
    samples = flasks(donors=4)
    samples["age_years"] = np.where(samples["tissue"] == "A", 0.0, 50.0)
    result = audit_design(build(_values(samples), samples))
    assert set(result.tables["aliased"]["other"]) == {"age_years"}


def test_crossed_properties_are_not_called_aliased(build):
    samples = flasks(donors=4)
    samples["batch"] = np.tile(["b1", "b2"], len(samples) // 2)
    assert audit_design(build(_values(samples), samples)).tables["aliased"].empty


def test_effective_donors_follow_the_thinner_level(build):
    samples = flasks(donors=6)
    samples = samples[~samples["donor"].isin(["B1", "B2", "B3", "B4"])]
    terms = audit_design(build(_values(samples), samples)).tables["terms"].iloc[0]
    assert terms["donors"] == 8
    assert terms["effective_donors"] == pytest.approx(4 / (1 / 6 + 1 / 2))
    assert terms["flasks_per_donor"] == 2


def test_depth_that_goes_with_the_tissue_is_said(build):
    samples = flasks()
    values = _values(samples, rows=200)
    values[:120, (samples["tissue"] == "A").to_numpy()] = np.nan
    result = audit_design(build(values, samples))
    row = result.tables["depth"].iloc[0]
    assert (row["fewest"], row["fewest_proteins"], row["most_proteins"]) == ("A", 80, 200)
    assert row["share_of_depth"] == pytest.approx(1.0)
    assert any("identification depth goes with tissue" in note for note in result.notes)
