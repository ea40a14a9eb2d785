"""Exports: read back by pyteomics and by our own readers, cell by cell; what is left out is said."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from secretome import dossier as data
from secretome import pipeline
from secretome.cli import run as command
from secretome.cli.report import EXPORTS
from secretome.dossier import Dossier
from secretome.errors import NotEstimable, SecretomeError
from secretome.plan import AssayPlan, SamplesPlan
from secretome.read import read_table
from secretome.read.mztab import open_mztab
from secretome.read.mztab import read as read_mztab
from secretome.read.sdrf import problems_of, read_sdrf
from secretome.report import export
from secretome.report.exports import FORMATS
from secretome.results import Answer, Result
from secretome.study import Assay, State, Study, from_mudata, read_mudata
from secretome.study_toml import read_plan

NAN = float("nan")


def _study(scale="linear", simulated=False):
    linear = np.array([[1.5, NAN, NAN, 8.0], [2.0**20 / 3, 5.0, NAN, 2.0], [7.0, NAN, NAN, 32.0]])
    state = np.where(np.isnan(linear), State.MISSING, State.VALUE).astype(np.int8)
    state[1, 2] = State.MEASURED_ZERO
    var = pd.DataFrame(
        {"gene": ["A", "B", "C", None], "description": ["one\ttab", "", "x", "y"], "organism": ["Homo sapiens", "", "Bos taurus", ""],
         "protein_group": ["P1;P9", "P2", "P3", "P4"], "unit": "intensity", "contaminant_class": ["", "", "serum", ""]},
        index=["P1", "P2", "P3", "P4"],
    )  # fmt: skip
    obs = pd.DataFrame({"sample": ["S1", "S2", "S1"], "replicate": ["1", "1", "2"]}, index=["m1", "m2", "m3"])
    matrix = AnnData(linear if scale == "linear" else np.log2(linear), obs=obs, var=var)
    matrix.layers["state"] = state
    samples = pd.DataFrame(
        {
            "donor": ["D1", None, "D3"],
            "age_years": [66.5, NAN, 40.0],
            "tissue": ["bone marrow", "fat, white", "x"],
            "cell_type": ["MSC", None, None],
        },
        index=pd.Index(["S1", "S2", "S3"], name="sample"),
    )
    wells = pd.DataFrame({"well": ["A1"], "signal": [1.0]})
    assays = {
        "proteome": Assay("proteome", "proteome", "conditioned_medium", matrix, scale=scale),
        "wells/1": Assay("wells/1", "activity", "conditioned_medium", table=wells),
    }
    return Study("Exported [study], 1", samples, assays, simulated=simulated)


def _dossier(**options):
    return Dossier(_study(**options), (), created="2026-11-23")


@pytest.mark.parametrize("scale", ["linear", "log2"])
def test_pyteomics_reads_the_proteins_back(tmp_path, scale):
    mztab = pytest.importorskip("pyteomics.mztab")
    found = export(_dossier(scale=scale), tmp_path, format="mztab")
    assert [path.name for path in found.files] == ["proteome.mzTab"]
    with found.files[0].open(encoding="utf-8") as stream:
        read = mztab.MzTab(stream)
    table = read.protein_table
    assert table["accession"].tolist() == ["P1", "P2", "P3", "P4"]
    values = table[[f"protein_abundance_assay[{n}]" for n in (1, 2, 3)]].astype(float).to_numpy()
    np.testing.assert_allclose(values, [[1.5, 2.0**20 / 3, 7], [NAN, 5, NAN], [NAN, 0, NAN], [8, 2, 32]])
    means = (
        table[["protein_abundance_study_variable[1]", "protein_abundance_study_variable[2]"]]
        .astype(float)
        .to_numpy()
    )
    np.testing.assert_allclose(means, [[np.sqrt(10.5), 2.0**20 / 3], [NAN, 5], [NAN, 0], [16, 2]])
    assert read.metadata["mzTab-version"] == "1.0.0"
    assert read.metadata["study_variable[1]-assay_refs"] == "assay[1],assay[3]"
    assert str(read.metadata["sample[2]-species[1]"]) == "Homo sapiens"
    assert table["taxid"].astype(str).tolist() == ["9606", "9606", "9913", "9606"]


def test_our_own_reader_reads_the_proteins_back(tmp_path):
    path = export(_dossier(), tmp_path, format="mztab").files[0]
    table = read_mztab(open_mztab(path), AssayPlan("p", path))
    assert list(table.features.index) == ["P1", "P2", "P3", "P4"]
    assert table.measurements == ("m1", "m2", "m3")
    np.testing.assert_allclose(table.values[[0, 1, 3]], [[1.5, 2.0**20 / 3, 7], [NAN, 5, NAN], [8, 2, 32]])
    # mzTab has one word for both, and the reader says how it took it
    assert np.isnan(table.values[2]).all()
    assert "1 abundances of 0 were read as missing" in table.remarks[0]


def test_a_measurement_may_have_any_name(tmp_path):
    study = _study()
    study.assays["proteome"].matrix.obs_names = ["a, b", "[c]", "d e"]
    path = export(Dossier(study, ()), tmp_path, format="mztab").files[0]
    assert read_mztab(open_mztab(path), AssayPlan("p", path)).measurements == ("a, b", "[c]", "d e")


def test_mztab_says_what_it_cannot_carry(tmp_path):
    study = _study()
    study.assays["proteome"].matrix.layers["state"][0, 1] = State.BELOW_LOD
    found = export(Dossier(study, ()), tmp_path, format="mztab")
    assert any("'wells/1' is no proteome" in note for note in found.notes)
    assert any("below or above their range are null" in note for note in found.notes)


@pytest.mark.parametrize("name", list(FORMATS))
def test_simulated_numbers_carry_the_word(tmp_path, name):
    for path in export(_dossier(simulated=True), tmp_path, format=name).files:
        assert path.name.startswith("SIMULATED_")
        if path.suffix in {".mzTab"} or path.name.endswith(".sdrf.tsv"):
            assert "SIMULATED, not a measurement" in path.read_text()


def test_tables_hold_values_states_and_samples(tmp_path):
    files = {path.name: path for path in export(_dossier(), tmp_path, format="csv").files}
    assert set(files) == {
        "samples.csv",
        "proteome.values.csv",
        "proteome.states.csv",
        "proteome.measurements.csv",
        "wells_1.table.csv",
    }
    values = pd.read_csv(files["proteome.values.csv"])
    assert values["m2"].tolist()[0] == 2.0**20 / 3
    assert values[["analyte", "unit", "scale"]].iloc[0].tolist() == ["P1", "intensity", "linear"]
    states = pd.read_csv(files["proteome.states.csv"])
    assert states["m2"].tolist() == ["value", "value", "measured zero", "value"]
    assert pd.read_csv(files["proteome.measurements.csv"])["sample"].tolist() == ["S1", "S2", "S1"]
    parquet = {path.name: path for path in export(_dossier(), tmp_path, format="parquet").files}
    pd.testing.assert_frame_equal(
        pd.read_parquet(parquet["wells_1.table.parquet"]), _study().assays["wells/1"].table
    )


def test_a_container_comes_back_as_the_study(tmp_path):
    found = export(_dossier(), tmp_path, format="h5mu")
    back = from_mudata(read_mudata(found.files[0]))
    pd.testing.assert_frame_equal(back.samples, _study().samples)
    assert any("'wells/1' is a tidy table" in note for note in found.notes)


def test_a_made_sdrf_is_read_back_with_the_same_samples(tmp_path):
    found = export(_dossier(), tmp_path, format="sdrf")
    assert any("left out: S3" in note for note in found.notes)
    table = read_table(found.files[0], repeats=True)
    assert problems_of(table) == []
    sheet = read_sdrf(table, SamplesPlan())
    before = _study().samples.loc[["S1", "S2"]]
    pd.testing.assert_frame_equal(sheet.samples[list(before.columns)], before, check_names=False)
    assert [(run.sample, run.names[-1], run.replicate) for run in sheet.runs] == [
        ("S1", "m1", "1"),
        ("S2", "m2", "1"),
        ("S1", "m3", "2"),
    ]
    assert sheet.notes == ()


def test_nothing_to_export_is_said(tmp_path):
    only_wells = replace(_study(), assays={"wells": _study().assays["wells/1"]})
    for name in ("mztab", "sdrf", "h5mu"):
        with pytest.raises(NotEstimable, match=f"nothing that {name} can hold"):
            export(Dossier(only_wells, ()), tmp_path / name, format=name)
        assert not (tmp_path / name).exists()
    with pytest.raises(SecretomeError, match="did you mean mztab"):
        export(_dossier(), tmp_path, format="mztb")


def test_the_command_knows_every_format():
    assert tuple(FORMATS) == EXPORTS


# --- SDRF in, SDRF out --------------------------------------------------------------------------


def _sdrf_lab(lab, name="lab.sdrf.tsv", content=None):
    header = ["source name", "characteristics[organism]", "characteristics[organism part]", "characteristics[individual]",
              "characteristics[age]", "assay name", "comment[data file]", "comment[modification parameters]",
              "comment[modification parameters]", "factor value[condition]"]  # fmt: skip
    rows = [
        [
            f"flask {n}",
            "homo sapiens",
            row.tissue,
            row.donor,
            "40Y-50Y",
            f"run {n}",
            f"{row.sample}.raw",
            "NT=Oxidation",
            "not available",
            row.condition,
        ]
        for n, row in enumerate(lab.sheet.itertuples())
    ]
    lab.folder.mkdir(parents=True, exist_ok=True)
    (lab.folder / name).write_text(content or "\n".join("\t".join(cells) for cells in [header, *rows]) + "\n")
    lab.toml = lab.toml.replace(
        'file = "samples.tsv"', f'file = "{name}"\n[samples.set]\nload = "equal_volume"'
    )
    return header, rows


def test_an_sdrf_goes_out_with_every_cell_and_what_study_toml_added(small_lab, tmp_path, capsys):
    header, rows = _sdrf_lab(small_lab)
    out = tmp_path / "d"
    assert command(["run", str(small_lab.write()), "-o", str(out), "--no-cache"]) == 0
    capsys.readouterr()
    assert command(["report", str(out), "--export", "sdrf", "--export", "mztab", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [path.rpartition("/")[2] for path in facts["files"]] == ["samples.sdrf.tsv", "proteome.mzTab"]
    table = read_table(tmp_path / "d.export" / "samples.sdrf.tsv", repeats=True)
    kept = [
        p
        for p, name in enumerate(table.header)
        if name not in {"characteristics[load]", "characteristics[material]"}
    ]
    assert [table.header[p] for p in kept] == header
    assert [[row[p] for p in kept] for row in table.rows] == rows
    again = read_sdrf(table, SamplesPlan()).samples
    before = data.load(out).study.samples
    assert (again["load"] == "equal_volume").all()
    columns = [name for name in before.columns if name in again]
    pd.testing.assert_frame_equal(again[columns], before[columns], check_dtype=False)
    assert set(before.columns) <= set(again.columns)


@pytest.mark.parametrize("name", ["PXD001819.sdrf.tsv", "PXD013765.sdrf.tsv.gz", "PXD015578.sdrf.tsv", "PXD020187.sdrf.tsv", "PXD012667.sdrf.tsv"])  # fmt: skip
def test_a_real_sdrf_loses_nothing_on_the_way_through(shared, tmp_path, name):
    identifier = {"PXD020187.sdrf.tsv": "assay name", "PXD012667.sdrf.tsv": "source name"}.get(name, "sample")
    table = read_table(shared / "data" / "sdrf-proteomics" / name, repeats=True)
    sheet = read_sdrf(table, SamplesPlan(id=identifier))
    described = Result("read", "study", "", Answer("nothing"), tables={"sdrf": sheet.original})
    path = export(Dossier(Study(name, sheet.samples), (described,)), tmp_path, format="sdrf").files[0]
    back = read_table(path, repeats=True)
    assert back.header == table.header
    assert back.rows == tuple(tuple(" ".join(cell.split()) for cell in row) for row in table.rows)
    pd.testing.assert_frame_equal(read_sdrf(back, SamplesPlan(id=identifier)).samples, sheet.samples)


def test_the_sheet_of_a_laboratory_becomes_an_sdrf(small_lab, tmp_path):
    plan = read_plan(small_lab.write())
    dossier = pipeline.run(plan, only="define")
    path = export(dossier, tmp_path, format="sdrf").files[0]
    table = read_table(path, repeats=True)
    sheet = read_sdrf(table, SamplesPlan())
    assert sheet.samples["donor"].tolist() == dossier.study.samples["donor"].tolist()
    assert "factor value[organism part]" in table.header
    # and the drafted sheet runs again
    (small_lab.folder / "again.sdrf.tsv").write_text(path.read_text())
    small_lab.toml = small_lab.toml.replace("samples.tsv", "again.sdrf.tsv")
    assert len(pipeline.run(read_plan(small_lab.write()), only="define").study.samples) == 12


def test_output_without_export_is_a_usage_error(tmp_path):
    assert command(["report", str(tmp_path), "-o", str(tmp_path / "x")]) == 2
