"""Contrasts tested from precursors: planted truth, the donor as the unit, refusals that are said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from secretome.plan import VaryOptions
from secretome.stats.rollup import maxlfq
from secretome.study import Study
from secretome.vary import compare
from secretome.vary.wording import ON_PRECURSORS

from .conftest import flasks

CONTRAST = {"a_vs_b": "tissue[A] - tissue[B]"}
PRIMING = {"primed": "condition[p] - condition[c]"}
ON, OFF = VaryOptions(precursors=True), VaryOptions()


def planted(build, seed=1, *, changed=30, effect=1.5, within=False, proteins=150, donors=6) -> Study:
    """One to five precursors a protein, missing by a logistic curve; the first `changed` proteins differ."""
    rng = np.random.default_rng(seed)
    samples = flasks(donors=donors)
    donor = samples["donor"].astype("category").cat.codes.to_numpy()
    level = rng.normal(19, 1.7, (proteins, 1)) + rng.normal(0, 0.35, (proteins, 2 * donors))[:, donor]
    level = level + rng.normal(0, 0.15, (proteins, len(samples)))
    up = (samples["condition"] == "p") if within else (samples["tissue"] == "A")
    level[:changed, up.to_numpy()] += effect * np.sign(rng.normal(size=(changed, 1)))
    protein = np.repeat(np.arange(proteins), rng.integers(1, 6, proteins))
    y = level[protein] + rng.normal(0, 1, (protein.size, 1))
    y += rng.normal(0, 0.3, y.shape)
    y[rng.random(y.shape) > 1 / (1 + np.exp(15.2 - 0.8 * y))] = np.nan
    kept = (~np.isnan(y)).any(axis=1)
    present, codes = np.unique(protein[kept], return_inverse=True)
    table = np.full((proteins, len(samples)), np.nan)
    table[present] = np.log2(maxlfq(np.exp2(y[kept]), codes).values)
    formula = "~ 0 + condition" if within else "~ 0 + tissue"
    study = build(table, samples, formula, PRIMING if within else CONTRAST)
    row, column = np.nonzero(~np.isnan(y))
    tidy = pd.DataFrame(
        {
            "sample": samples.index.to_numpy()[column],
            "protein": [f"P{i}" for i in protein[row]],
            "precursor": [f"pep{i}" for i in row],
            "intensity": np.exp2(y[row, column]),
        }
    )
    return with_table(study, tidy)


def with_table(study: Study, table: pd.DataFrame | None) -> Study:
    return study.with_assay(replace(study.assays["proteome"], table=table))


def calls(study: Study, options: VaryOptions, changed: int = 30) -> tuple[int, int]:
    effects = compare(study, options).tables["effects"]
    called = effects.loc[effects["fdr"] <= 0.05, "protein"].str[1:].astype(int)
    return int((called < changed).sum()), int((called >= changed).sum())


def test_planted_differences_are_found_from_precursors(build):
    """Six simulated studies; over 24 larger ones 649 + 632 true, 30 + 17 false (docs/3-vary.md)."""
    found = np.sum([calls(planted(build, seed, within=seed % 2 > 0), ON) for seed in range(6)], axis=0)
    assert found[0] >= 120
    assert found[1] <= 0.08 * found.sum()


def test_donors_paired_over_missing_precursors_make_fewer_false_calls_than_the_protein_table(build):
    studies = [planted(build, seed, within=True, proteins=300, changed=60) for seed in range(2)]
    on, off = (np.sum([calls(study, options, 60) for study in studies], axis=0) for options in (ON, OFF))
    assert on[1] < off[1]
    assert on[1] <= 0.08 * on.sum()


@pytest.mark.parametrize("within", [False, True])
def test_without_differences_the_test_keeps_its_size(build, within):
    tables = [
        compare(planted(build, seed, changed=0, within=within), ON).tables["effects"] for seed in range(3)
    ]
    effects = pd.concat(tables)
    p = effects.loc[effects["method"] == ON_PRECURSORS, "p_value"]
    assert len(p) > 300
    assert (p < 0.05).mean() < 0.07


def test_a_protein_that_one_side_never_shows_is_judged_and_said_to_be(build):
    study = planted(build)
    table = study.assays["proteome"].tidy
    totals = table.groupby("protein")["intensity"].median()
    counts = table["protein"].value_counts()
    high = totals[counts[totals.index] > 60].idxmax()
    study = with_table(study, table[~((table["protein"] == high) & table["sample"].str.startswith("B"))])
    data = study.assays["proteome"].matrix
    data.X[[name.startswith("B") for name in data.obs["sample"]], data.var_names.get_loc(high)] = np.nan
    result = compare(study, ON)
    row = result.tables["effects"].set_index("protein").loc[high]
    assert (row["status"], row["method"], row["detected_right"]) == ("tested by detection", ON_PRECURSORS, 0)
    assert row["log2_ratio"] > 1
    assert row["fdr"] < 0.05


def test_the_donor_is_the_unit_however_many_flasks_it_gave(build):
    study = planted(build)
    result = compare(study, ON)
    effects = result.tables["effects"]
    tested = effects[effects["method"] == ON_PRECURSORS]
    assert (tested["unit"] == "donor").all()
    assert (tested["measured_left"] == 12).all()
    assay = study.assays["proteome"]
    names = [f"{name}x" for name in study.samples.index]
    samples = pd.concat([study.samples, study.samples.set_axis(pd.Index(names, name="sample"))])
    data = assay.matrix
    copy = data.copy()
    copy.obs_names, copy.obs["sample"] = names, names
    import anndata

    double = replace(study, samples=samples).with_assay(
        replace(
            assay,
            data=anndata.concat([data, copy], merge="same"),
            table=pd.concat([assay.tidy, assay.tidy.assign(sample=assay.tidy["sample"] + "x")]),
        )
    )
    again = compare(double, ON).tables["effects"].set_index("protein").loc[tested["protein"]]
    np.testing.assert_allclose(again["p_value"], tested["p_value"], rtol=1e-8)
    np.testing.assert_allclose(again["df"], tested["df"], rtol=1e-8)


def test_precursors_follow_the_levels_of_their_proteins(build):
    """The table of proteins is normalised, the report is not: a loading that differs between runs must go."""
    study = planted(build)
    table = study.assays["proteome"].tidy
    loaded = table.assign(
        intensity=np.where(table["sample"].str.startswith("A"), 8.0, 1.0) * table["intensity"]
    )
    plain, moved = (compare(one, ON).tables["effects"] for one in (study, with_table(study, loaded)))
    np.testing.assert_allclose(moved["log2_ratio"], plain["log2_ratio"], atol=1e-6)


def test_why_precursors_were_not_used_is_said(build):
    study = planted(build)
    table = study.assays["proteome"].tidy
    reasons = {
        "holds proteins only": with_table(study, None),
        "holds no precursors": with_table(study, table.drop(columns="precursor")),
        "no precursor of assay": with_table(study, table.assign(protein="Q")),
        "nothing is missing": with_table(study, _complete(study)),
    }
    for reason, one in reasons.items():
        result = compare(one, ON)
        assert any("not from precursors" in note and reason in note for note in result.notes), reason
        assert not (result.tables["effects"]["method"] == ON_PRECURSORS).any()
        assert len(result.methods) == len(compare(one, OFF).methods)
    assert len(compare(study, ON).methods) == len(compare(study, OFF).methods) + 1
    assert not (compare(study, OFF).tables["effects"]["method"] == ON_PRECURSORS).any()


def test_donors_on_both_sides_and_on_one_are_not_taken_for_pairs(build):
    study = planted(build, within=True)
    samples = study.samples.copy()
    samples.loc["A01", "condition"] = "c"
    result = compare(replace(study, samples=samples), ON)
    assert any("some donors stand on both sides" in note for note in result.notes)


def _complete(study: Study) -> pd.DataFrame:
    table = study.assays["proteome"].tidy
    seen = table["precursor"].value_counts()
    return table[table["precursor"].isin(seen[seen == len(study.samples)].index)]
