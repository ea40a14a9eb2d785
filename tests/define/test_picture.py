"""A batch taken out of the map of samples: planted, kept where it goes with the groups, never in the values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from secretome.define import run
from secretome.errors import InvalidPlan
from secretome.parallel import here
from secretome.plan import DefineOptions
from secretome.study import Assay, Study


def _study(nested: bool = False) -> Study:
    rng = np.random.default_rng(1)
    tissue = np.repeat(["A", "B"], 6)
    batch = np.where(tissue == "A", "x", "y") if nested else np.tile(["x", "y"], 6)
    names = [f"s{i}" for i in range(12)]
    samples = pd.DataFrame({"donor": names, "tissue": tissue, "batch": batch}, index=names)
    y = 22 + rng.normal(0, 0.2, (12, 80))
    y[tissue == "B", :20] += 1
    y[batch == "y"] += rng.normal(0, 2, 80)
    y[0, :5] = np.nan
    var = pd.DataFrame(
        {"gene": [f"G{i}" for i in range(80)], "organism": "", "description": "", "protein_group": ""},
        index=[f"P{i}" for i in range(80)],
    )
    obs = pd.DataFrame({"sample": names}, index=names)
    assay = Assay("proteome", "proteome", "conditioned_medium", AnnData(y, obs=obs, var=var), scale="log2")
    return Study("planted", samples, {"proteome": assay})


def _defined(study: Study, batch: str = ""):
    after, results = run(study, {}, DefineOptions(batch=batch), seed=1, map=here)
    return after, next(result for result in results if result.name == "similarity")


def _apart(result, column: str) -> float:
    """Distance of the two levels on the first axis, in standard deviations of it."""
    pca = result.tables["pca"].assign(batch=np.tile(["x", "y"], 6))
    means = pca.groupby(column)["pc1"].mean()
    return float(abs(means.diff().iloc[-1]) / pca["pc1"].std())


def test_the_map_shows_tissues_once_the_batch_is_out_and_the_values_keep_it():
    study, plain = _defined(_study())
    again, drawn = _defined(_study(), "batch")
    assert _apart(plain, "batch") > 1.5 > 0.3 > _apart(drawn, "batch")
    assert _apart(drawn, "tissue") > 1.5 > _apart(plain, "tissue")
    assert np.array_equal(
        study.assays["proteome"].matrix.X, again.assays["proteome"].matrix.X, equal_nan=True
    )
    pd.testing.assert_frame_equal(plain.tables["distances"], drawn.tables["distances"])
    assert any("batch was taken out of the map" in note for note in drawn.notes)
    assert not any("taken out of the map" in note for note in plain.notes)


def test_a_batch_that_goes_with_the_groups_stays_in():
    _, plain = _defined(_study(nested=True))
    _, drawn = _defined(_study(nested=True), "batch")
    pd.testing.assert_frame_equal(plain.tables["pca"], drawn.tables["pca"])
    assert any("cannot be told from the groups (tissue)" in note for note in drawn.notes)


def test_an_unknown_column_is_refused_by_name():
    with pytest.raises(InvalidPlan, match=r"batch names 'bach'.*did you mean batch"):
        _defined(_study(), "bach")


@pytest.mark.parametrize(("value", "words"), [("x", "it has one level"), (None, "12 samples have none")])
def test_an_empty_or_constant_batch_is_left_in_and_said(value, words):
    study = _study()
    study.samples["batch"] = value
    assert any(words in note for note in _defined(study, "batch")[1].notes)
