"""Any table of proteins: units and zeros are asked for, never guessed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome.cli import run as command
from secretome.errors import InvalidInput
from secretome.read import read_study
from secretome.study import State
from secretome.study_toml import read_plan


def _generic(small_lab, extra: str = 'unit = "intensity"'):
    wanted = {f"{sample} MaxLFQ Intensity": sample for sample in small_lab.samples}
    table = small_lab.table[["Protein ID", "Gene", *wanted]].rename(
        columns={**wanted, "Protein ID": "Accession"}
    )
    small_lab.table = table
    small_lab.toml = small_lab.toml.replace('name = "proteome"', f'name = "proteome"\n{extra}')
    return small_lab


def _read(small_lab):
    return read_study(read_plan(small_lab.write()))


def test_without_a_unit_the_table_is_refused_with_what_to_write(small_lab):
    with pytest.raises(InvalidInput, match="unit = "):
        _read(_generic(small_lab, extra=""))


def test_zeros_must_be_explained(small_lab):
    lab = _generic(small_lab)
    lab.table.loc[0, "BM_1_c"] = 0
    with pytest.raises(InvalidInput, match='zero = "missing" or zero = "measured"'):
        _read(lab)


def test_a_measured_zero_keeps_its_state(small_lab):
    lab = _generic(small_lab, 'unit = "intensity"\nzero = "measured"')
    lab.table.loc[0, "BM_1_c"] = 0
    data = _read(lab).study.assays["proteome"].matrix
    assert data["BM_1_c", "P10000"].layers["state"][0, 0] == State.MEASURED_ZERO
    assert np.isnan(data["BM_1_c", "P10000"].X[0, 0])


def test_log2_tables_keep_negative_values_and_zeros(small_lab):
    lab = _generic(small_lab, 'unit = "log2 intensity"')
    lab.table.loc[0, "BM_1_c"] = -0.5
    lab.table.loc[1, "BM_1_c"] = 0
    assay = _read(lab).study.assays["proteome"]
    assert assay.scale == "log2"
    assert assay.matrix["BM_1_c", ["P10000", "P10001"]].X.tolist() == [[-0.5, 0.0]]


def test_columns_of_numbers_without_a_sample_are_named(small_lab):
    lab = _generic(small_lab)
    lab.table["BM_7_c"] = 3.0
    assert "BM_7_c" in " ".join(_read(lab).notes)


def test_doubled_proteins_are_named_with_both_rows(small_lab):
    lab = _generic(small_lab)
    lab.table.loc[3, "Accession"] = "P10000"
    with pytest.raises(InvalidInput, match="'P10000' stands in row 2 already"):
        _read(lab)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_decimal_commas_are_read_when_nothing_else_fits(small_lab, delimiter):
    lab = _generic(small_lab)
    expected = lab.table["BM_1_c"].to_numpy()
    lab.write()
    lab.table.to_csv(lab.folder / "combined_protein.tsv", sep=delimiter, index=False, decimal=",")
    data = read_study(read_plan(lab.folder)).study.assays["proteome"].matrix
    np.testing.assert_allclose(data["BM_1_c"].X[0], expected)


def test_xlsx_is_read_like_text(small_lab):
    lab = _generic(small_lab)
    expected = lab.table["AD_3_p"].to_numpy()
    lab.toml = lab.toml.replace("combined_protein.tsv", "proteins.xlsx").replace(
        "samples.tsv", "samples.xlsx"
    )
    lab.write()
    lab.table.to_excel(lab.folder / "proteins.xlsx", index=False)
    lab.sheet.to_excel(lab.folder / "samples.xlsx", index=False)
    data = read_study(read_plan(lab.folder)).study.assays["proteome"].matrix
    np.testing.assert_allclose(data["AD_3_p"].X[0], expected)


def test_a_broken_workbook_is_unreadable(small_lab):
    lab = _generic(small_lab)
    lab.toml = lab.toml.replace("combined_protein.tsv", "proteins.xlsx")
    lab.write()
    (lab.folder / "proteins.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    assert command(["check", str(lab.folder)]) == 3


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings_of_office_programs_are_read(small_lab, encoding):
    lab = _generic(small_lab)
    lab.table["Description"] = "Fibronectin – Zürich" if encoding != "cp1252" else "Fibronectin Zürich"
    lab.write()
    lab.table.to_csv(lab.folder / "combined_protein.tsv", sep="\t", index=False, encoding=encoding)
    var = read_study(read_plan(lab.folder)).study.assays["proteome"].matrix.var
    assert "Zürich" in var["description"].iloc[0]


def test_an_assay_may_have_a_sheet_of_its_own(small_lab):
    lab = _generic(small_lab)
    lab.write()
    lysate = lab.table[["Accession", "Gene"]].assign(L1=10.0, L2=12.0)
    lysate.to_csv(lab.folder / "lysate.csv", index=False)
    pd.DataFrame({"sample": ["L1", "L2"], "tissue": ["BM", "AD"], "donor": ["X1", "X2"]}).to_csv(
        lab.folder / "lysate_samples.csv", index=False
    )
    toml = (lab.folder / "study.toml").read_text()
    toml += '\n[[assay]]\nname = "lysate"\nmaterial = "cell_lysate"\nfile = "lysate.csv"\nsamples = "lysate_samples.csv"\nunit = "intensity"\n'
    (lab.folder / "study.toml").write_text(toml)
    study = read_study(read_plan(lab.folder)).study
    assert list(study.assays["lysate"].matrix.obs["sample"]) == ["lysate:L1", "lysate:L2"]
    assert study.samples.loc["lysate:L1", "material"] == "cell_lysate"
    assert len(study.samples) == 14
