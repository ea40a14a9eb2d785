"""PEAKS, AlphaPept, Progenesis, Proteome Discoverer and older FragPipe tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome.errors import InvalidInput
from secretome.read import read_table, recognise

# --- PEAKS --------------------------------------------------------------------------------------


@pytest.fixture
def peaks():
    return pd.DataFrame(
        {
            "Protein Group": [2, 111, 111, 111, 5],
            "Protein ID": [1, 2, 3, 4, 5],
            "Accession": [
                "Q09666|AHNK_HUMAN",
                "P0DMV8|HS71A_HUMAN",
                "P0DMV9|HS71B_HUMAN",
                "P34931|HS71L_HUMAN",
                "P02769|ALBU_BOVIN",
            ],
            "-10lgP": [633.0, 374.3, 374.3, 200.0, 99.0],
            "Area s 1": [1276600.0, 5.5e5, 5.5e5, 1e4, 0],
            "Area s 2": [1592800.0, None, None, 2e4, 3e5],
            "#Peptides": [342, 20, 20, 4, 3],
            "#Spec s 1": [694, 12, 12, 1, 0],
            "#Spec s 2": [796, 0, 0, 2, 5],
            "Description": [
                "AHNAK OS=Homo sapiens OX=9606 GN=AHNAK PE=1 SV=2",
                *["Heat shock OS=Homo sapiens OX=9606 GN=HSPA1A PE=1 SV=1"] * 3,
                "Albumin OS=Bos taurus OX=9913 GN=ALB PE=1 SV=4",
            ],
        }
    )


def test_peaks_rows_that_repeat_their_group_become_one(peaks, tmp_path, proteins):
    path = tmp_path / "proteins.csv"
    peaks.to_csv(path, index=False)
    table = proteins(path)
    assert table.format == "peaks"
    assert list(table.features.index) == ["Q09666", "P0DMV8", "P34931", "P02769"]
    assert table.features.loc["P0DMV8", "protein_group"] == "P0DMV8;P0DMV9"
    assert table.features.loc["P02769", "organism"] == "Bos taurus"
    assert table.features.loc["Q09666", "gene"] == "AHNAK"
    np.testing.assert_array_equal(table.values[:, 0], [1276600, 5.5e5, 1e4, np.nan])
    assert "1 rows repeat" in " ".join(table.remarks)


def test_the_dental_table_holds_the_counts_of_its_readme(real, proteins):
    path = real("dental-msc-peaks-kotova/data.xlsx")
    table = proteins(path)
    assert len(table.measurements) == 8
    members = [group.count(";") + 1 for group in table.features["protein_group"]]
    assert sum(members) == 2995
    assert set(table.features["organism"]) == {"Homo sapiens"}
    assert round(float(np.isnan(table.values).mean()), 2) == 0.22
    second = proteins(path, sheet="Лист2", unit="intensity", zero="missing")
    assert second.values.shape == (2995, 8)
    # the two sheets order the control columns of donor 20 differently: names decide, not places
    kinds = {"d": "dif", "c": "contr"}
    common = table.features.index.intersection(second.features.index)
    assert len(table.features.index.difference(common)) == 1  # one accession was changed by hand
    first_rows = table.features.index.get_indexer(common)
    second_rows = second.features.index.get_indexer(common)
    for place, name in enumerate(table.measurements):
        kind, cell, donor = name.split("_")
        other = second.measurements.index(f"{donor}_{cell}_{kinds[kind]}")
        np.testing.assert_array_equal(
            table.values[first_rows, place], second.values[second_rows, other], err_msg=name
        )


# --- AlphaPept ----------------------------------------------------------------------------------


@pytest.fixture
def alphapept():
    return pd.DataFrame(
        {
            "": ["sp|P0DMV9|HS71B_HUMAN,sp|P0DMV8|HS71A_HUMAN", "P02769", "REV__sp|Q13085|ACACA_HUMAN"],
            "A_LFQ": [1e6, 2e6, 3e6],
            "B_LFQ": [1.5e6, None, 3e6],
            "A": [1.1e6, 2.1e6, 3e6],
            "B": [1.2e6, None, 3e6],
        }
    )


def test_alphapept_groups_are_kept_and_decoys_left_out(alphapept, tmp_path, proteins):
    path = tmp_path / "results_proteins.csv"
    alphapept.to_csv(path, index=False)
    table = proteins(path)
    assert table.format == "alphapept"
    assert table.measurements == ("A", "B")
    assert list(table.features.index) == ["P0DMV9", "P02769"]
    assert table.features.loc["P0DMV9", "protein_group"] == "P0DMV9;P0DMV8"
    np.testing.assert_array_equal(table.values, [[1e6, 1.5e6], [2e6, np.nan]])
    assert table.layers["intensity"][0].tolist() == [1.1e6, 1.2e6]


def test_a_zero_in_alphapept_is_asked_about(alphapept, tmp_path, proteins):
    alphapept.loc[0, "A_LFQ"] = 0
    path = tmp_path / "results_proteins.csv"
    alphapept.to_csv(path, index=False)
    with pytest.raises(InvalidInput, match=r"row 2, column 'A_LFQ'.*zero = "):
        proteins(path)


def test_the_real_alphapept_table_is_read_whole(real, proteins):
    path = real("formats-search-engine-outputs/alphapept_results_proteins.csv.gz")
    raw = pd.read_csv(path, index_col=0, float_precision="round_trip")
    assert len(raw) == 3781
    raw = raw[~raw.index.str.startswith("REV__")]
    table = proteins(path)
    np.testing.assert_array_equal(table.values, raw[["A_LFQ", "B_LFQ"]].to_numpy())
    assert "38 decoy groups" in " ".join(table.remarks)
    bovine = table.features["organism"] == "Bos taurus"
    assert (table.features.index[bovine].str.startswith("ENSEMBL:ENSBTAP")).all()
    assert bovine.any()


# --- Progenesis ---------------------------------------------------------------------------------

PROGENESIS = """,,,,,Normalized abundance,,Raw abundance,
,,,,,ctrl,treated,ctrl,treated
#,Sequence,Accession,Description,Use in quantitation,S1,S2,S1,S2
1,PEPK,sp|P02751|FINC_HUMAN,Fibronectin OS=Homo sapiens GN=FN1,True,100,200,10,20
2,PEPR,sp|P02751|FINC_HUMAN,Fibronectin OS=Homo sapiens GN=FN1,True,11,0,1,2
3,SAMK,sp|P02751|FINC_HUMAN,Fibronectin OS=Homo sapiens GN=FN1,False,999,999,999,999
4,LONE,sp|P01033|TIMP1_HUMAN,TIMP1 OS=Homo sapiens GN=TIMP1,False,5,5,5,5
"""


def test_progenesis_ions_marked_for_quantitation_are_summed(tmp_path, proteins):
    path = tmp_path / "ions.csv"
    path.write_text(PROGENESIS)
    table = proteins(path)
    assert table.format == "progenesis"
    assert table.measurements == ("S1", "S2")
    np.testing.assert_array_equal(table.values, [[111, 200], [np.nan, np.nan]])
    assert table.features["peptides"].tolist() == [2, 0]
    assert table.features["gene"].tolist() == ["FN1", "TIMP1"]
    assert "2 of 4 peptide ions" in " ".join(table.remarks)
    assert "header was found in row 3" in " ".join(table.remarks)
    raw = proteins(path, quantity="Raw abundance")
    np.testing.assert_array_equal(raw.values[0], [11, 22])


def test_a_progenesis_table_of_proteins_is_read_row_by_row(tmp_path, proteins):
    path = tmp_path / "proteins.csv"
    path.write_text(
        ",,,Normalized abundance,\n,,,ctrl,treated\nAccession,Peptide count,Description,S1,S2\n"
        "P02751;P02751-2,12,Fibronectin OS=Homo sapiens GN=FN1,5,0\nP01033,3,TIMP1,7,8\n"
    )
    table = proteins(path)
    assert table.format == "progenesis"
    np.testing.assert_array_equal(table.values, [[5, np.nan], [7, 8]])
    assert table.features.loc["P02751", ["gene", "protein_group"]].tolist() == ["FN1", "P02751;P02751-2"]
    assert table.features["peptides"].tolist() == [12, 3]


def test_the_real_progenesis_table_is_read(real, proteins):
    path = real("formats-precursor-reports/progenesis.csv")
    table = proteins(path)
    raw = pd.read_csv(path, header=2)
    used = raw[raw["Use in quantitation"]]
    assert table.measurements == tuple(raw.columns[18:30])
    sums = used.groupby("Accession").sum(numeric_only=True).loc[:, list(raw.columns[18:30])]
    rows = [f"sp|{a}|{e}" for a, e in zip(table.features.index, table.features["entry_name"], strict=True)]
    np.testing.assert_allclose(table.values, sums.reindex(rows).replace(0, np.nan), rtol=1e-12)
    assert table.features["organism"].unique().tolist() == ["Saccharomyces cerevisiae"]


# --- Proteome Discoverer: written from the description, no file seen ------------------------------


@pytest.fixture
def discoverer():
    return pd.DataFrame(
        {
            "Protein FDR Confidence: Combined": "High",
            "Master": ["IsMasterProtein", "IsMasterProtein", "IsMasterProtein", "IsMasterProteinRejected"],
            "Accession": ["P02751", "P02769", "P01033", "P02751-3"],
            "Description": [
                "Fibronectin OS=Homo sapiens OX=9606 GN=FN1 PE=1 SV=5",
                "Albumin OS=Bos taurus OX=9913 GN=ALB PE=1 SV=4",
                "TIMP1 OS=Homo sapiens OX=9606 GN=TIMP1 PE=1 SV=1",
                "Fibronectin OS=Homo sapiens OX=9606 GN=FN1 PE=1 SV=5",
            ],
            "Contaminant": ["False", "True", "False", "False"],
            "# Peptides": [30, 5, 4, 2],
            "Abundances (Grouped): Control": [1.0, 2.0, 3.0, 4.0],
            "Abundance: F1: Sample, Control": [1e6, 2e6, 3e6, 4e6],
            "Abundance: F2: Sample, Primed": [1e5, None, 3e5, 4e5],
            "Found in Sample: [S1] F1: Sample, Control": ["High", "High", "Peak Found", "High"],
            "Found in Sample: [S2] F2: Sample, Primed": ["High", "Not Found", "Not Found", "High"],
        }
    )


def _discoverer(table, tmp_path):
    path = tmp_path / "proteins.txt"
    table.to_csv(path, sep="\t", index=False)
    return path


def test_discoverer_values_where_nothing_was_found_are_missing(discoverer, tmp_path, proteins):
    table = proteins(_discoverer(discoverer, tmp_path))
    assert table.format == "proteome_discoverer"
    assert table.measurements == ("F1", "F2")
    assert table.notes["F2"] == "F2: Sample, Primed"
    np.testing.assert_array_equal(table.values, [[1e6, 1e5], [2e6, np.nan], [3e6, np.nan]])
    assert table.replaced.sum() == 1
    text = " ".join(table.remarks)
    assert "1 values stand where the protein was not found" in text
    assert "1 rows are no master proteins" in text
    assert table.features["organism"].tolist() == ["Homo sapiens", "Bos taurus", "Homo sapiens"]
    assert table.features["tagged_contaminant"].tolist() == [False, True, False]


def test_discoverer_labels_that_the_sheet_uses_stay_whole(discoverer, tmp_path, proteins):
    samples = ("F1: Sample, Control", "F2: Sample, Primed")
    assert proteins(_discoverer(discoverer, tmp_path), samples=samples).measurements == samples


def test_discoverer_means_of_groups_are_refused_unless_asked_for(discoverer, tmp_path, proteins):
    grouped = discoverer[[name for name in discoverer if not name.startswith("Abundance: ")]]
    path = _discoverer(grouped, tmp_path)
    with pytest.raises(InvalidInput, match=r"only Abundances \(Grouped\).*switched on"):
        proteins(path)
    assert proteins(path, quantity="Abundances (Grouped)").values[:, 0].tolist() == [1, 2, 3]


# --- FragPipe, older ------------------------------------------------------------------------------


def test_razor_intensities_name_the_sample_without_the_word(real, proteins):
    table = proteins(real("formats-search-engine-outputs/fragpipe_combined_proteins.tsv"))
    assert table.measurements == tuple(f"S{number}" for number in range(1, 21))
    assert table.quantity == "Razor Intensity"
    assert table.values.shape == (10, 20)
    assert np.isnan(table.values[1]).all()  # ferritin light chain: 0 everywhere
    assert table.features.loc["P02790", ["gene", "organism"]].tolist() == ["HPX", "Homo sapiens"]


def test_columns_over_all_samples_are_no_sample(small_lab, proteins):
    small_lab.table["Combined Total Intensity"] = 1.0
    small_lab.table["Summarized Intensity"] = 1.0
    path = small_lab.write().parent / "combined_protein.tsv"
    assert set(proteins(path, quantity="Intensity").measurements) == set(small_lab.samples)


# --- recognition ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("formats-search-engine-outputs/maxquant_proteinGroups.txt.gz", "maxquant"),
        ("formats-search-engine-outputs/fragpipe_combined_proteins.tsv", "fragpipe"),
        ("formats-search-engine-outputs/alphapept_results_proteins.csv.gz", "alphapept"),
        ("formats-precursor-reports/progenesis.csv", "progenesis"),
        ("dental-msc-peaks-kotova/data.xlsx", "peaks"),
        ("ev-vs-cell-microglia-santiago/ev_perseus_normalized.csv.gz", "perseus"),
        ("ev-vs-cell-microglia-santiago/cell_vs_ev_perseus_normalized.xlsx", "perseus"),
        ("ev-cm-senescence-wallis/MS1.csv", "perseus"),
        ("ev-cm-senescence-wallis/MS3_Analysis.xlsx", "table"),
        ("msc-six-niches-lobov/combined_protein_secr_fragpipe.tsv.gz", "fragpipe"),
    ],
)
def test_every_format_is_recognised_from_its_content(real, name, expected):
    assert recognise(read_table(real(name))).format == expected
