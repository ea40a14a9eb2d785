"""How often a protein was seen: k of n, with missing, below limit and zero counted apart."""

from __future__ import annotations

import numpy as np
import pytest

from secretome.design import Design
from secretome.study import State


def test_states_are_counted_apart(bench) -> None:
    study = bench.study([[8.0], [np.nan], [np.nan], [4.0], [np.nan], [64.0]])
    data = study.assays["proteome"].matrix
    data.layers["state"][:, 0] = [
        State.VALUE,
        State.MISSING,
        State.BELOW_LOD,
        State.BELOW_LLOQ,
        State.MEASURED_ZERO,
        State.ABOVE_RANGE,
    ]
    row = bench.run(study)[1]["detection"].tables["proteins"].iloc[0]
    assert (row["detected"], row["measured"], row["share"]) == (3, 6, 0.5)
    assert [row[name] for name in ("missing", "below_lod", "below_lloq", "above_range", "measured_zero")] == [
        1
    ] * 5


def test_groups_are_those_of_the_formula_without_blocks_and_numbers(bench, media) -> None:
    from dataclasses import replace

    study = media()
    study.samples["passage"] = range(8)
    design = Design(formula="~ 0 + tissue + passage + donor", random=("donor",))
    study.assays["proteome"].matrix.X[0, 5] = np.nan
    study.assays["proteome"].matrix.layers["state"][0, 5] = State.MISSING
    _, results = bench.run(replace(study, design=design))
    table = results["detection"].tables["groups"].set_index(["gene", "group"])
    assert list(table.loc["GENE5", "detected"]) == [3, 4]
    assert set(table.index.get_level_values("group")) == {"adipose", "cord"}
    assert "seen in every measurement" in results["detection"].sentence()


def test_a_sample_of_unknown_tissue_has_a_group_of_its_own(bench, media) -> None:
    study = media()
    study.samples["tissue"] = [None, *["cord"] * 7]
    groups = set(bench.run(study)[1]["detection"].tables["groups"]["group"])
    assert groups == {"not given · control", "cord · control"}


def test_a_study_without_factors_is_one_group(bench, media) -> None:
    study = media()
    study.samples.drop(columns=["tissue", "condition"], inplace=True)
    _, results = bench.run(study)
    assert set(results["detection"].tables["groups"]["group"]) == {"all samples"}


@pytest.mark.parametrize(
    ("gene", "seen"), [("VEGFA", 11), ("HGF", 8), ("IL6", 8), ("TGFB1", 19), ("FN1", 50), ("TIMP1", 50)]
)
def test_the_six_niche_factors_are_seen_as_often_as_the_folder_says(defined, gene: str, seen: int) -> None:
    table = defined[1]["detection"].tables["proteins"]
    assert table.loc[table["gene"] == gene, "detected"].max() == seen
