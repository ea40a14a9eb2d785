import gzip

import numpy as np
import pytest

from secretome.errors import InvalidInput, UnknownFormat
from secretome.plan import AssayPlan
from secretome.read.cells import read_cells
from secretome.read.instruments import INSTRUMENTS, find, read_measured
from secretome.study import State


def _read(path, kind="panel", **keys):
    return read_measured(AssayPlan("x", path, kind=kind, **keys))


def _kinds(measured):
    return measured.table.drop_duplicates(["sample", "kind"])["kind"].value_counts().to_dict()


# --- files of others, counts as their READMEs say --------------------------------------------------


def test_the_xponent_export_is_read_with_every_well_and_bead_count(shared):
    folder = shared / "data/immunoassay-luminex-drlumi"
    found = _read(folder / "plate1.csv")
    table = found.table
    assert len(table) == 96 * 30  # Total Events is no analyte
    assert table["analyte"].nunique() == 30
    assert "Total Events" not in set(table["analyte"])
    assert _kinds(found) == {"sample": 71, "standard": 16, "control": 3, "blank": 1}
    assert set(table["unit"]) == {"pg/mL"}
    assert table["count"].min() == 98
    # the first standard and the background stand twice
    wells = table[table["analyte"] == "FGF"].groupby("sample").size()
    assert [wells["Standard1"], wells["Background0"], wells["Standard16"]] == [2, 2, 1]


def test_lost_decimal_points_in_the_expected_concentrations_are_set_aside_and_said(shared):
    folder = shared / "data/immunoassay-luminex-drlumi"
    found = _read(folder / "plate1.csv")
    fgf = found.table[(found.table["analyte"] == "FGF") & (found.table["kind"] == "standard")]
    assert fgf.loc[fgf["sample"] == "Standard5", "expected"].isna().all()  # 215.625 stands as 215625
    assert any("Standard5" in text and "FGF 215625" in text for text in found.remarks)
    given = _read(folder / "plate1.csv", standards=folder / "ecdata.csv")
    fgf = given.table[(given.table["analyte"] == "FGF") & (given.table["sample"] == "Standard5")]
    assert fgf["expected"].tolist() == [215.625]
    assert not any("break" in text for text in given.remarks)


def test_the_plain_table_of_the_same_plate_has_the_same_signals(shared):
    folder = shared / "data/immunoassay-luminex-drlumi"
    raw = _read(folder / "plate1.csv").table
    plain = _read(folder / "mfidata.csv", unit="pg/mL", standards=folder / "ecdata.csv").table
    assert len(plain) == 2976 - 96  # without Total Events
    assert plain["expected"].notna().sum() == 30 * (17 + 6 + 2)
    plain = plain.assign(well=plain["well"].str.removeprefix("P1_"))
    both = raw.merge(plain, on=["well", "analyte"], suffixes=("", "_plain"))
    assert len(both) == 2880
    assert (both["signal"] == both["signal_plain"]).all()
    assert (both["sample"] == both["sample_plain"]).all()


def test_olink_wide_has_two_panels_of_92_assays_and_160_measurements(shared):
    found = _read(shared / "data/immunoassay-olink-npx/npx_data1.xlsx")
    table = found.table
    assert table["line"].nunique() == 160
    assert table["analyte"].nunique() == 184
    assert len(table) == 160 * 184
    assert set(table["unit"]) == {"NPX"}
    assert _kinds(found)["sample"] == 156  # CONTROL_SAMPLE_AS 1 and 2 stand twice each
    below = table["value"] < table["lod"]
    assert (table.loc[below, "state"] == State.BELOW_LOD).all()
    assert int(below.sum()) == 1551
    assert (table["qc"] == "Warning").sum() == 276
    assert table["plate"].nunique() >= 2


def test_olink_long_parquet_is_read(shared):
    found = _read(shared / "data/immunoassay-olink-npx/npx_data_ext.parquet")
    row = found.table.iloc[0]
    assert (len(found.table), row["analyte"], row["uniprot"], row["count"], row["value"]) == (
        1,
        "MAPT",
        "P10636",
        1668,
        0.0,
    )


def test_the_adat_has_ten_samples_and_5284_aptamers_with_their_flags(shared):
    found = _read(shared / "data/immunoassay-somascan-adat/example_data10.adat.gz")
    table = found.table
    assert table["analyte"].nunique() == 5284
    assert table["line"].nunique() == 10
    assert _kinds(found) == {"sample": 9, "control": 1}  # SampleType Calibrator
    first = table.iloc[0]
    assert (first["analyte"], first["uniprot"], first["gene"], first["value"]) == (
        "10000-28",
        "P43320",
        "CRYBB2",
        476.5,
    )
    assert set(table["unit"]) == {"RFU"}
    assert table["qc"].str.contains("target of Mouse").any()
    assert table["qc"].str.contains("Hybridization Control").any()
    assert any("normalised to each other" in text for text in found.remarks)


# --- formats of which no file was seen: input made by hand -----------------------------------------


def _write(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


HAND = {
    "elisa": (
        "panel",
        ("Analyte:,VEGF\nUnit:,pg/mL\nOD 450\n,1,2,3\nA,2.5,2.4,0.9\nB,1.2,1.25,0.05\n\nnames\n,1,2,3\n"
        "A,standard 1000,standard 1000,BM_1 1:10\nB,standard 250,standard 250,blank\n"),
    ),
    "legendplex": (
        "panel",
        "LEGENDplex Human panel\nWell,Sample,IL-6 (pg/mL),VEGF (pg/mL)\nA1,BM_1,120.5,<3.1\nA2,BM_2,>10000,44\n",
    ),
    "antibody-array": (
        "panel",
        "spot,BM_1,BM_2\nPOS,10000,20000\nPOS,10000,20000\nNEG,100,100\nNEG,120,80\nIL6,1000,2000\nIL6,1200,1900\nIL10,110,95\n",
    ),
    "nta": (
        "particles",
        ("Sample Name,BM_1\nInstrument,NanoSight\nDilution factor,100\nCamera level,14\nDiluent,PBS\n"
        "Concentration (Particles / ml),1.0e8,1.2e8,1.1e8\nMean,150,152,149\nMode,110,112,115\nD50,130,131,129\n"),
    ),
    "particle-runs": (
        "particles",
        "Sample,Material,Raw concentration,Dilution factor,Mode diameter (nm),Nanopore\nBM_1,,1e8,10,105,NP150\nbuffer,blank,1e6,10,,NP150\n",
    ),
    "qpcr": ("mirna", "Sample,Target,Cq,Task,Quantity\nstd,miR-21-5p,20,standard,1e6\nBM_1,miR-21-5p,24.5,,\nBM_1,miR-122-5p,Undetermined,,\n"),
    "small-rna": ("mirna", "miRNA\tBM_1\tBM_2\nhsa-miR-21-5p\t1000\t2000\nhsa-miR-122-5p\t5\t0\nhsa-let-7a-5p\t90\t80\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(HAND))
def test_a_file_made_by_hand_is_recognised_as_its_format(tmp_path, name):
    kind, text = HAND[name]
    found = find(read_cells(_write(tmp_path, f"{name}.csv", text)))
    assert found is not None
    assert (found[0].name, found[0].kind, found[0].seen) == (name, kind, False)


def test_elisa_grids_give_standards_dilutions_and_blanks(tmp_path):
    table = _read(_write(tmp_path, "plate.csv", HAND["elisa"][1])).table.set_index("well")
    assert table.loc["A1", ["kind", "expected", "signal"]].tolist() == ["standard", 1000.0, 2.5]
    assert table.loc["A3", ["sample", "kind", "dilution"]].tolist() == ["BM_1", "sample", 10.0]
    assert table.loc["B3", "kind"] == "blank"
    assert set(table["analyte"]) == {"VEGF"}


def test_legendplex_keeps_what_is_beyond_a_limit(tmp_path):
    table = _read(_write(tmp_path, "lp.csv", HAND["legendplex"][1])).table.set_index(["sample", "analyte"])
    assert table.loc[("BM_1", "VEGF"), ["state", "lod"]].tolist() == [State.BELOW_LLOQ, 3.1]
    assert np.isnan(table.loc[("BM_1", "VEGF"), "value"])
    assert table.loc[("BM_2", "IL-6"), ["state", "lod"]].tolist() == [State.ABOVE_RANGE, 10000]
    assert table.loc[("BM_1", "IL-6"), ["value", "unit"]].tolist() == [120.5, "pg/mL"]


def test_spots_of_an_array_are_brought_to_the_level_of_the_first(tmp_path):
    table = _read(_write(tmp_path, "array.csv", HAND["antibody-array"][1])).table.set_index(
        ["analyte", "sample"]
    )
    assert table.loc[("IL6", "BM_1"), "value"] == pytest.approx(990)
    assert table.loc[("IL6", "BM_2"), "value"] == pytest.approx((1950 - 90) * 9890 / 19910)
    assert table.loc[("IL10", "BM_1"), "state"] == State.BELOW_LOD


def test_particles_as_measured_are_multiplied_by_their_dilution(tmp_path):
    runs = _read(_write(tmp_path, "runs.csv", HAND["particle-runs"][1]), "particles")
    assert runs.table["particles_per_ml"].tolist() == [1e9, 1e7]
    assert runs.table["kind"].tolist() == ["sample", "blank"]
    assert runs.table["instrument"].tolist() == ["trps", "trps"]
    videos = _read(_write(tmp_path, "nta.csv", HAND["nta"][1]), "particles").table
    assert videos["particles_per_ml"].tolist() == pytest.approx([1e10, 1.2e10, 1.1e10])
    assert videos["mode_nm"].tolist() == [110, 112, 115]


def test_a_cq_that_never_rose_is_below_the_limit(tmp_path):
    table = _read(_write(tmp_path, "q.csv", HAND["qpcr"][1]), "mirna").table
    assert table["state"].tolist() == [State.VALUE, State.VALUE, State.BELOW_LOD]
    assert table.loc[0, "expected"] == 1e6
    reads = _read(_write(tmp_path, "r.tsv", HAND["small-rna"][1]), "mirna").table
    assert (reads["state"] == State.MEASURED_ZERO).sum() == 1


def test_every_format_says_whether_a_file_was_seen():
    assert {name for name, one in INSTRUMENTS.items() if one.seen} == {
        "luminex",
        "olink",
        "somascan",
        "wells",
    }


def test_a_file_of_another_kind_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="kind = 'particles'"):
        _read(_write(tmp_path, "runs.csv", HAND["particle-runs"][1]))


def test_a_file_that_no_reader_knows_is_refused_with_the_formats(tmp_path):
    with pytest.raises(UnknownFormat, match="Luminex xPONENT export"):
        _read(_write(tmp_path, "what.csv", "a,b\n1,2\n"))


def test_a_gzipped_table_is_read(tmp_path):
    path = tmp_path / "wells.csv.gz"
    path.write_bytes(gzip.compress(b"sample,analyte,concentration,unit\nBM_1,VEGF,12,pg/mL\n"))
    assert _read(path).table["value"].tolist() == [12.0]
