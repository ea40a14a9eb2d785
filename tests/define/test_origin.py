"""Origin and leakage on a simulated laboratory and on planted proteins."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from secretome import define, simulate
from secretome.define import contaminants
from secretome.define._proteome import proteome_of
from secretome.define.annotation import CLASSES, categories, priors
from secretome.define.enrichment import partner_rows
from secretome.define.leakage import leak_shares
from secretome.define.origin import origins
from secretome.parallel import here
from secretome.plan import DefineOptions
from secretome.read import read_study
from secretome.study import Assay, Study
from secretome.study_toml import read_plan


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    lab = simulate.laboratory(seed=3)
    simulate.write(lab, folder)
    text = (folder / "study_complete.toml").read_text()
    proteomes = re.sub(
        r'\[\[assay\]\]\nname = "(panel|particles|activity|stability)"(.|\n)*?(?=\n\[|\Z)', "", text
    )
    (folder / "study.toml").write_text(proteomes)
    return lab, read_study(read_plan(folder)).study


def _with(study: Study, *names: str) -> Study:
    return replace(study, assays={name: study.assays[name] for name in names})


def _medium(study: Study):
    one = proteome_of(study.assays["proteome"], study)
    return one.with_proteins(contaminants.classify(one.proteins))


def _table(study: Study) -> pd.DataFrame:
    one = _medium(study)
    parts = []
    for origin in origins(one, study):
        frame = pd.DataFrame(origin.probability, columns=list(CLASSES))
        frame.insert(0, "gene", one.proteins["gene"].to_numpy())
        parts.append(frame.assign(group=origin.group, evidence=origin.evidence))
    return pd.concat(parts).dropna()


def test_priors_are_probabilities_and_leaving_tissues_out_widens_them():
    table = priors()
    np.testing.assert_allclose(table.sum(axis=1), 1.0)
    assert (table >= 0).all(axis=None)
    nothing = priors(leave_out=("ADSCs", "DPSCs", "GFs", "OBs", "PDLSCs", "WJ-MSCs"))
    assert nothing.loc["intracellular", "secreted"] == pytest.approx(0.02)
    assert table.loc["intracellular", "secreted"] < 0.001


@pytest.mark.parametrize("names", [("proteome",), ("proteome", "lysate"), ("proteome", "lysate", "blank")])
def test_probabilities_add_to_one_with_any_evidence(laboratory, names):
    table = _table(_with(laboratory[1], *names))
    np.testing.assert_allclose(table[list(CLASSES)].sum(axis=1), 1.0)
    assert (table[list(CLASSES)] >= 0).all(axis=None)


@pytest.mark.parametrize("names", [("proteome",), ("proteome", "lysate"), ("proteome", "lysate", "blank")])
def test_what_the_medium_and_the_priming_brought_is_never_secreted(laboratory, names):
    """IFNG and TNF of the priming, bovine serum, skin keratins."""
    lab, study = laboratory
    table = _table(_with(study, *names))
    primed = table[table["gene"].isin(["IFNG", "TNF"]) & table["group"].str.contains("primed")]
    assert len(primed) > 0
    assert (primed["secreted"] == 0).all()
    keratin = table[table["gene"].str.match(r"^KRT\d")]
    assert (keratin["contaminant"] > 0.9).all()
    one = _medium(study)
    bovine = one.proteins.index[one.proteins["organism"] == "Bos taurus"]
    genes = set(one.proteins.loc[bovine, "gene"]) - set(one.proteins.drop(bovine)["gene"])
    assert (table.loc[table["gene"].isin(genes - {""}), "secreted"] == 0).all()
    del lab


def test_a_lysate_moves_leaked_and_secreted_proteins_apart(laboratory):
    lab, study = laboratory
    truth = lab.truth["proteins"].set_index("gene")["origin"]
    truth = truth[~truth.index.duplicated()]
    leaked = {}
    for names in (("proteome",), ("proteome", "lysate")):
        table = _table(_with(study, *names))
        leaked[names] = table.loc[table["gene"].map(truth).eq("cell").to_numpy(), "leaked"].mean()
    # over 50 media the covariation with the intracellular panel already tells most of it
    assert leaked[("proteome", "lysate")] > leaked[("proteome",)] + 0.05
    assert leaked[("proteome", "lysate")] > 0.7


def test_leak_is_within_three_points_of_the_truth(laboratory):
    lab, study = laboratory
    truth = lab.truth["samples"].set_index("sample")["leak_percent"]
    for names, covered in ((("proteome",), 0.7), (("proteome", "lysate"), 0.8)):
        chosen = _with(study, *names)
        found = leak_shares(_medium(chosen), chosen, seed=1).set_index("sample")
        error = (found["leak_percent"] - truth.reindex(found.index)).abs()
        inside = truth.reindex(found.index).between(found["leak_lower"], found["leak_upper"])
        print(
            f"{' and '.join(names)}: median error {error.median():.1f} points, {inside.mean():.0%} of intervals cover"
        )
        assert error.median() < 3
        assert inside.mean() >= covered
        assert found["scaled_by"].str.startswith("lysate").all() == (len(names) == 2)


def test_serum_is_within_three_points_of_the_truth_and_in_its_interval(laboratory):
    lab, study = laboratory
    study = _with(study, "proteome")
    truth = lab.truth["samples"].set_index("sample")["bovine_percent"]
    found = leak_shares(_medium(study), study, seed=1).set_index("sample")
    error = (found["serum_percent"] - truth.reindex(found.index)).abs()
    inside = truth.reindex(found.index).between(found["serum_lower"], found["serum_upper"])
    print(
        f"serum: median error {error.median():.2f} points, largest {error.max():.1f}, {inside.mean():.0%} covered"
    )
    assert error.median() < 1
    assert (error < 3).mean() > 0.95
    assert inside.mean() > 0.8


def test_the_demo_says_how_many_origins_and_leaks_were_met(laboratory):
    lab, study = laboratory
    study = _with(study, "proteome")
    _, results = define.run(study, {}, DefineOptions(), seed=1, map=here)
    found = simulate.recovery({result.key: result for result in results}, lab.truth)
    rows = found.tables["recovery"].set_index("question")
    origins_row, leak_row = rows.loc["Origins called right"], rows.loc["Leak of a flask as planted"]
    assert origins_row["recovered"] > 0.6 * origins_row["planted"]
    assert origins_row["false"] < 0.2 * origins_row["planted"]
    assert leak_row["recovered"] > 0.6 * leak_row["planted"]
    assert "origin was called right" in found.sentence()


def test_the_same_seed_gives_the_same_interval(laboratory):
    study = _with(laboratory[1], "proteome")
    one = _medium(study)
    pd.testing.assert_frame_equal(leak_shares(one, study, seed=5), leak_shares(one, study, seed=5))


def test_groups_are_matched_by_accession_or_entry_name_never_by_gene_alone():
    medium = pd.DataFrame(
        {
            "gene": ["TUBA1B", "SPARC"],
            "protein_group": ["P68363", "P09486"],
            "entry_name": ["TBA1B_HUMAN", "SPRC_HUMAN"],
        },
        index=["P68363", "P09486"],
    )
    lysate = pd.DataFrame(
        {
            "gene": ["TUBA1B", "SPARC"],
            "protein_group": ["Q9BQE3", "SPRC_HUMAN"],
            "entry_name": ["TBA1C_HUMAN", "SPRC_HUMAN"],
        },
        index=["Q9BQE3", "SPRC_HUMAN"],
    )
    assert partner_rows(medium, lysate).tolist() == [-1, 1]


def test_a_lysate_of_another_tissue_is_not_used():
    samples = pd.DataFrame(
        {
            "tissue": ["BM", "BM", "AD"],
            "donor": ["1", "2", "3"],
            "material": ["conditioned_medium"] * 2 + ["cell_lysate"],
        },
        index=["a", "b", "l"],
    )
    var = pd.DataFrame(
        {"gene": ["FN1", "RPL4"], "organism": "Homo sapiens", "tagged_contaminant": False},
        index=["P02751", "P36578"],
    )

    def assay(name, material, names):
        obs = pd.DataFrame({"sample": names, "note": ""}, index=names)
        return Assay(
            name, "proteome", material, AnnData(np.full((len(names), 2), 1e6), obs=obs, var=var.copy())
        )

    study = Study(
        "x",
        samples,
        {
            "proteome": assay("proteome", "conditioned_medium", ["a", "b"]),
            "lysate": assay("lysate", "cell_lysate", ["l"]),
        },
    )
    (origin,) = origins(_medium(study), study)
    assert origin.used == ()
    assert origin.probability[0, CLASSES.index("secreted")] > 0.8


def test_unknown_genes_stay_wide():
    assert categories(pd.DataFrame({"gene": ["NOTAGENE1"]})).tolist() == ["unknown"]
    assert priors().loc["unknown"].max() < 0.6
