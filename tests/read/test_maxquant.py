"""MaxQuant proteinGroups: decoys out and counted, contaminants and species kept, R's dots."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome.define import classify
from secretome.errors import InvalidInput

SAMPLES = ("A 1", "B-2", "Nürnberg")


@pytest.fixture
def groups():
    """A small invented table with every trap of the format."""
    header = "sp|{0}|{1}_HUMAN Name of {1} OS=Homo sapiens OX=9606 GN={2} PE=1 SV=1"
    rows = [
        ("sp|P02751|FINC_HUMAN;sp|P02751-2|FINC_HUMAN", header.format("P02751", "FINC", "FN1"), "FN1;FN1b", "", "", ""),
        ("CON__P12763", "", "", "", "+", ""),
        ("CON__ENSEMBL:ENSBTAP00000031900", "", "", "", "+", ""),
        ("REV__sp|P11111|XXXX_HUMAN", "", "", "+", "", "+"),
        ("REV__sp|P22222|YYYY_HUMAN;sp|Q14028|CNGB1_HUMAN", "", "CNGB1", "", "", "+"),
        ("P01033", "", "TIMP1", "", "", ""),
    ]  # fmt: skip
    table = pd.DataFrame(
        rows,
        columns=[
            "Majority protein IDs",
            "Fasta headers",
            "Gene names",
            "Reverse",
            "Potential contaminant",
            "Only identified by site",
        ],
    )
    table.insert(0, "Protein IDs", table["Majority protein IDs"])
    table["Razor + unique peptides"] = [9, 2, 1, 1, 3, 4]
    for quantity, base in (("Intensity", 1e6), ("iBAQ", 1e4), ("LFQ intensity", 2e6)):
        table[quantity] = base * 3
        for number, sample in enumerate(SAMPLES):
            table[f"{quantity} {sample}"] = [base * (row + number + 1) for row in range(6)]
    table["iBAQ peptides"] = 7
    table.loc[5, "LFQ intensity A 1"] = 0
    for sample in SAMPLES:
        table[f"MS/MS count {sample}"] = [3, 0, 1, 1, 2, 5]
    return table


def _write(table, tmp_path, name="proteinGroups.txt", **how):
    path = tmp_path / name
    table.to_csv(path, sep="\t", index=False, **how)
    return path


def test_decoys_are_counted_and_left_out(groups, tmp_path, proteins):
    table = proteins(_write(groups, tmp_path))
    assert table.format == "maxquant"
    assert list(table.features.index) == [
        "P02751",
        "P12763",
        "ENSEMBL:ENSBTAP00000031900",
        "Q14028",
        "P01033",
    ]
    assert "1 decoy groups" in " ".join(table.remarks)


def test_a_group_shared_by_decoys_and_a_protein_is_led_by_the_protein(groups, tmp_path, proteins):
    features = proteins(_write(groups, tmp_path)).features
    assert features.loc["Q14028", "protein_group"] == "Q14028"
    assert features.loc["Q14028", "gene"] == "CNGB1"


def test_facts_come_from_the_header_of_the_leading_accession(groups, tmp_path, proteins):
    row = proteins(_write(groups, tmp_path)).features.loc["P02751"]
    assert (row["gene"], row["entry_name"], row["organism"]) == ("FN1", "FINC_HUMAN", "Homo sapiens")
    assert row["protein_group"] == "P02751;P02751-2"
    assert row["peptides"] == 9


def test_bovine_contaminants_are_bovine_for_define(groups, tmp_path, proteins):
    features = proteins(_write(groups, tmp_path)).features
    assert list(features["tagged_contaminant"]) == [False, True, True, False, False]
    classes = classify(features)["contaminant_class"]
    assert classes["P12763"] == "bovine"
    assert classes["ENSEMBL:ENSBTAP00000031900"] == "bovine"


def test_zero_is_missing_and_the_best_quantity_is_the_default(groups, tmp_path, proteins):
    table = proteins(_write(groups, tmp_path))
    assert table.quantity == "LFQ intensity"
    assert table.measurements == SAMPLES
    assert np.isnan(table.values[4, 0])
    assert np.isnan(table.values).sum() == 1
    assert table.layers["intensity"][0].tolist() == [1e6, 2e6, 3e6]
    assert np.isnan(table.layers["spectral_count"][1]).all()


@pytest.mark.parametrize(("quantity", "first"), [("Intensity", 1e6), ("iBAQ", 1e4)])
def test_other_quantities_are_read_on_request(groups, tmp_path, proteins, quantity, first):
    table = proteins(_write(groups, tmp_path), quantity=quantity)
    assert table.measurements == SAMPLES
    assert table.values[0, 0] == first


def test_headers_with_the_dots_of_r_are_the_same_table(groups, tmp_path, proteins):
    plain = proteins(_write(groups, tmp_path))
    dotted = groups.rename(columns=lambda name: "".join(c if c.isalnum() else "." for c in name))
    other = proteins(_write(dotted, tmp_path, "dotted.txt"))
    assert other.measurements == ("A.1", "B.2", "Nürnberg")
    np.testing.assert_array_equal(other.values, plain.values)
    pd.testing.assert_frame_equal(other.features, plain.features)


def test_an_absent_quantity_is_answered_with_those_of_the_file(groups, tmp_path, proteins):
    with pytest.raises(InvalidInput, match=r"LFQ intensity, Intensity, iBAQ.*did you mean LFQ intensity"):
        proteins(_write(groups, tmp_path), quantity="LFQ intensities")


def test_silac_tables_are_refused(groups, tmp_path, proteins):
    groups["Ratio H/L A"] = 1.0
    with pytest.raises(InvalidInput, match="SILAC"):
        proteins(_write(groups, tmp_path))


def test_logarithms_under_a_maxquant_header_are_refused(groups, tmp_path, proteins):
    many = pd.concat([groups.iloc[[5]]] * 80, ignore_index=True)
    many["Majority protein IDs"] = [f"P{row:05d}" for row in range(80)]
    columns = [f"LFQ intensity {sample}" for sample in SAMPLES]
    many[columns] = np.random.default_rng(1).normal(25, 2, (80, 3))
    with pytest.raises(InvalidInput, match=r"log2 values .*not the unchanged MaxQuant"):
        proteins(_write(many, tmp_path))


def test_a_table_whose_trailing_tabs_were_stripped_is_the_same_table(groups, tmp_path, proteins):
    groups["Best site"] = ["4", "", "", "7", "", ""]
    whole = proteins(_write(groups, tmp_path))
    text = (tmp_path / "proteinGroups.txt").read_text()
    stripped = tmp_path / "stripped.txt"
    stripped.write_text("\n".join(line.rstrip("\t") for line in text.splitlines()) + "\n")
    other = proteins(stripped)
    np.testing.assert_array_equal(other.values, whole.values)
    assert "4 rows end early" in " ".join(other.remarks)


def test_a_row_broken_in_two_is_refused_with_its_line(groups, tmp_path, proteins):
    path = _write(groups, tmp_path)
    lines = path.read_text().splitlines()
    lines[2:3] = [lines[2][:60], lines[2][60:]]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(InvalidInput, match="row 3"):
        proteins(path)


def test_the_real_table_holds_the_counts_of_its_readme(real, proteins):
    path = real("formats-search-engine-outputs/maxquant_proteinGroups.txt.gz")
    table = proteins(path)
    raw = pd.read_csv(path, sep="\t", low_memory=False)
    assert len(raw) == 882
    raw = raw[raw["Reverse"] != "+"]
    assert table.values.shape == (len(raw), 10) == (870, 10)
    assert "12 decoy groups" in " ".join(table.remarks)
    assert int(table.features["tagged_contaminant"].sum()) == (raw["Potential contaminant"] == "+").sum()
    assert int(table.features["only_by_site"].sum()) == (raw["Only identified by site"] == "+").sum()
    assert table.measurements[:3] == ("AC381", "AC384", "AC386_b")
    expected = raw[[f"LFQ intensity {name}" for name in table.measurements]].replace(0, np.nan)
    np.testing.assert_array_equal(table.values, expected.to_numpy())
    classes = classify(table.features)["contaminant_class"]
    assert classes["P02769"] == "bovine"
    assert classes["P00761"] == "trypsin"
    assert classes["ENSEMBL:ENSBTAP00000031900"] == "bovine"


def test_the_real_table_through_r_is_read(real, proteins):
    table = proteins(real("formats-search-engine-outputs/maxquant_bioid_proteinGroups_head.txt.gz"))
    assert table.values.shape == (122, 36)
    assert table.measurements[0] == "CG1407.01"
    assert table.features.loc["Q8IP47", "gene"] == "yuri"
    assert int(table.features["only_by_site"].sum()) == 2
    other = proteins(real("formats-precursor-reports/maxquant_proteinGroups.csv"))
    assert other.values.shape == (5, 15)
    assert set(other.features["organism"]) == {"Escherichia coli"}
    assert other.features["gene"].iloc[0] == "aceF"
