"""The FragPipe reader on invented files and on the real six-niche table."""

from __future__ import annotations

import numpy as np

from secretome.read import read_study
from secretome.study import State
from secretome.study_toml import read_plan


def test_zero_is_missing_and_never_a_number(small_lab):
    small_lab.table.loc[5, "BM_1_c MaxLFQ Intensity"] = 0
    data = read_study(read_plan(small_lab.write())).study.assays["proteome"].matrix
    assert np.isnan(data["BM_1_c", "P10005"].X).all()
    assert data["BM_1_c", "P10005"].layers["state"][0, 0] == State.MISSING
    assert np.isnan(data.X).sum() == 1


def test_species_lose_their_taxon_number_and_contaminants_keep_their_tag(small_lab):
    small_lab.table.loc[0, "Protein"] = "contam_sp|P10000|ALBU_BOVIN"
    small_lab.table.loc[0, "Organism"] = "Bos taurus"
    var = read_study(read_plan(small_lab.write())).study.assays["proteome"].matrix.var
    assert list(var["organism"].unique()) == ["Bos taurus", "Homo sapiens"]
    assert list(var.index[var["tagged_contaminant"]]) == ["P10000"]


def test_indistinguishable_proteins_stay_in_the_group(small_lab):
    small_lab.table["Indistinguishable Proteins"] = ""
    small_lab.table.loc[1, "Indistinguishable Proteins"] = "sp|P0DPI2|GAL3A_HUMAN, tr|F5H4Q5|F5H4Q5_HUMAN"
    var = read_study(read_plan(small_lab.write())).study.assays["proteome"].matrix.var
    assert var.loc["P10001", "protein_group"] == "P10001;P0DPI2;F5H4Q5"


def test_a_word_in_a_maxlfq_column_is_a_remark_not_a_sample(small_lab):
    small_lab.table = small_lab.table.rename(
        columns={"BM_1_c MaxLFQ Intensity": "BM_1_c MaxLFQ remove Intensity"}
    )
    obs = read_study(read_plan(small_lab.write())).study.assays["proteome"].matrix.obs
    assert obs.loc["BM_1_c", "note"] == "its column is named 'remove'"
    assert (obs["note"] != "").sum() == 1


def test_sample_order_of_the_file_does_not_change_the_numbers(small_lab):
    first = read_study(read_plan(small_lab.write())).study.assays["proteome"].matrix
    small_lab.table = small_lab.table[
        list(small_lab.table.columns[:7]) + list(small_lab.table.columns[:6:-1])
    ]
    second = read_study(read_plan(small_lab.write())).study.assays["proteome"].matrix
    np.testing.assert_array_equal(first.X, second[first.obs_names].X)


def test_six_niches_hold_the_counts_of_their_readme(six_niches):
    study = read_study(read_plan(six_niches)).study
    data = study.assays["proteome"].matrix
    assert data.shape == (50, 2726)
    assert int(data.var["tagged_contaminant"].sum()) == 10
    assert int((data.var["organism"] == "Bos taurus").sum()) == 5
    usable = ~data.var["tagged_contaminant"].to_numpy() & (data.var["peptides"] > 1).to_numpy()
    assert usable.sum() == 2387
    assert round(float(np.isnan(data.X[:, usable]).mean()) * 100, 1) == 76.7
    remarks = data.obs.index[data.obs["note"].str.contains("remove")]
    assert list(remarks) == ["Ost_c_8", "Ost_c_9", "Ost_dif_8", "Ost_dif_9"]
    assert study.samples["donor"].nunique() == 21
    identified = (data.layers["intensity"] > 0).sum(axis=1)
    assert (identified.min(), identified.max()) == (215, 1627)
    assert data.obs_names[identified.argmax()] == "GF_d_1"


def test_six_niches_name_the_reused_donor_labels(six_niches):
    notes = " ".join(read_study(read_plan(six_niches)).notes)
    assert "12 in Mesenchyme, Neural crest; 31 in Mesenchyme, Neural crest" in notes
    assert "Neural crest:12 in DPSCs, PDLSCs" in notes
