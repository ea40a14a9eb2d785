"""SDRF-Proteomics in: the five real files and their traps, ages, repeated columns, runs."""

from __future__ import annotations

import pandas as pd
import pytest

from secretome.cli import run as command
from secretome.errors import InvalidInput
from secretome.plan import SamplesPlan
from secretome.read import draft, read_study, read_table
from secretome.read.sdrf import age_years, parts, problems_of, read_sdrf, recognises, term
from secretome.study_toml import read_plan

HEADER = [
    "source name", "characteristics[organism]", "characteristics[organism part]", "characteristics[age]",
    "characteristics[sex]", "characteristics[individual]", "characteristics[biological replicate]", "assay name",
    "comment[data file]", "comment[technical replicate]", "comment[fraction identifier]",
    "comment[modification parameters]", "comment[modification parameters]", "factor value[organism part]",
]  # fmt: skip


def _row(
    source, run, *, part="bone marrow", age="66Y", sex="male", individual="D1", fraction="1", replicate="1"
):
    return [source, "Homo sapiens", part, age, sex, individual, "1", f"run {run}", f"f{run}.raw", replicate,
            fraction, "NT=Oxidation", "NT=Carbamidomethyl", part]  # fmt: skip


def _table(tmp_path, rows, header=HEADER):
    path = tmp_path / "x.sdrf.tsv"
    path.write_text("\n".join("\t".join(cells) for cells in [header, *rows]) + "\n")
    return read_table(path, repeats=True)


def _shared(shared, name):
    return read_table(shared / "data" / "sdrf-proteomics" / name, repeats=True)


@pytest.mark.parametrize(
    ("cell", "years"),
    [("66Y", 66), ("66y", 66), ("66Y6M", 66.5), ("6M", 0.5), ("69", 69), ("69.5", 69.5), ("0Y", 0), ("30W", 30 * 7 / 365.25),
     ("40Y-50Y", None), ("40-50", None), (">65Y", None), ("adult", None), ("65+", None), ("", None), ("38 gestational weeks", None),
     ("66Y6", None), ("-5Y", None), ("1e2", None), ("Y", None)],
)  # fmt: skip
def test_one_definite_age_is_read_and_nothing_else(cell, years):
    assert age_years(cell) == (years if years is None else pytest.approx(years))


def test_the_header_tells_the_format():
    assert recognises(["Source Name", "Characteristics [Organism]", "Assay Name"])
    assert not recognises(["source name", "donor"])
    assert not recognises(["sample", "characteristics[organism]"])


def test_columns_get_their_standard_names(tmp_path):
    rows = [_row("S1", 1), _row("S2", 2, age="41Y6M", sex="Female", individual="D2")]
    sheet = read_sdrf(_table(tmp_path, rows), SamplesPlan())
    assert list(sheet.samples.index) == ["S1", "S2"]
    assert sheet.samples.loc["S2", ["tissue", "age_years", "sex", "donor"]].tolist() == [
        "bone marrow",
        41.5,
        "female",
        "D2",
    ]
    assert sheet.samples.loc["S1", "biological_replicate"] == "1"
    assert "factor_value" not in " ".join(sheet.samples.columns)
    assert sheet.notes == ()


def test_blanks_are_trimmed_and_collapsed_and_not_available_is_missing(tmp_path):
    rows = [
        _row("S1", 1, part=" bone  marrow"),
        _row(" S2", 2, part="bone marrow ", sex="not available", age="Not Applicable"),
    ]
    samples = read_sdrf(_table(tmp_path, rows), SamplesPlan()).samples
    assert list(samples.index) == ["S1", "S2"]
    assert list(samples["tissue"].unique()) == ["bone marrow"]
    assert samples.loc["S2", ["sex", "age_years"]].isna().all()


def test_an_age_that_is_no_number_is_kept_as_text_and_said(tmp_path):
    rows = [_row("S1", 1, age="40Y-50Y"), _row("S2", 2, age="69")]
    sheet = read_sdrf(_table(tmp_path, rows), SamplesPlan())
    assert pd.isna(sheet.samples.loc["S1", "age_years"])
    assert sheet.samples.loc["S1", "age_as_given"] == "40Y-50Y"
    assert any("40Y-50Y is not one age" in note for note in sheet.notes)
    assert any("without a unit (69) are taken as years" in note for note in sheet.notes)


def test_repeated_columns_survive(tmp_path):
    sheet = read_sdrf(_table(tmp_path, [_row("S1", 1)]), SamplesPlan())
    kept = sheet.original
    found = kept.loc[kept["column"] == "comment[modification parameters]", "value"]
    assert list(found) == ["NT=Oxidation", "NT=Carbamidomethyl"]


def test_a_run_is_found_by_its_raw_file_or_assay_name_and_never_by_a_name_of_two(tmp_path):
    rows = [_row("S1", 1), _row("S1", 2, replicate="2"), _row("S2", 3, individual="D2")]
    rows[1][7] = rows[2][7] = "same"
    sheet = read_sdrf(_table(tmp_path, rows), SamplesPlan())
    assert [sheet.run(name).sample for name in ("f1", "f1.raw", "run 1", "f3.raw")] == [
        "S1",
        "S1",
        "S1",
        "S2",
    ]
    assert sheet.run("same") is None
    assert "same" not in sheet.names()
    assert (sheet.run("S2").sample, sheet.run("S2").replicate) == ("S2", "")


def test_a_source_whose_rows_disagree_is_refused_with_both_rows(tmp_path):
    rows = [_row("S1", 1, sex="male"), _row("S1", 2, sex="female")]
    with pytest.raises(
        InvalidInput,
        match=r"row 3, column 'characteristics\[sex\]': 'female' for sample 'S1', but 'male' in row 2",
    ):
        read_sdrf(_table(tmp_path, rows), SamplesPlan())


def test_fractions_under_a_source_name_each_do_not_pass_for_samples(tmp_path):
    rows = [_row(f"S{i}", i, fraction=str(i)) for i in (1, 2, 3)]
    with pytest.raises(InvalidInput, match="Fractions are no samples"):
        read_sdrf(_table(tmp_path, rows), SamplesPlan())
    sheet = read_sdrf(_table(tmp_path, rows), SamplesPlan(id="characteristics[individual]"))
    assert list(sheet.samples.index) == ["D1"]
    assert [run.fraction for run in sheet.runs] == ["1", "2", "3"]
    assert len(read_sdrf(_table(tmp_path, rows), SamplesPlan(id="source name")).samples) == 3


def test_all_faults_come_at_once(tmp_path):
    header = [name for name in HEADER if name != "characteristics[organism]"]
    rows = [
        [cell for p, cell in enumerate(_row(source, 1)) if p != 1] for source in ("S1", "not available", "S1")
    ]
    with pytest.raises(InvalidInput) as raised:
        read_sdrf(_table(tmp_path, rows, header), SamplesPlan())
    text = str(raised.value)
    for words in (
        "no column 'characteristics[organism]'",
        "no sample name",
        "same source, assay and file as in row 2",
    ):
        assert words in text


def test_ontology_terms_are_read_by_their_name():
    assert term("AC=CL:1; NT=fibroblast") == "fibroblast"
    assert term("see; below") == "see; below"
    assert parts("CT=mixture;QY=12500 amol;CN=UPS1")["QY"] == "12500 amol"


# --- the real files ---------------------------------------------------------------------------


def test_nine_raw_values_are_six_real_ones(shared):
    table = _shared(shared, "PXD013765.sdrf.tsv.gz")
    assert len(set(table.column("characteristics[organism part]"))) == 9
    sheet = read_sdrf(table, SamplesPlan())
    assert sheet.samples["tissue"].nunique() == 6
    assert (len(sheet.samples), len(sheet.runs)) == (72, 144)
    assert sorted(sheet.samples["donor"].unique()) == ["DP", "M12", "M16", "YDFR"]
    assert sheet.original["position"].nunique() == 34
    assert {run.replicate for run in sheet.runs} == {"1", "2"}


def test_ups1_in_yeast_is_nine_amounts_three_times(shared):
    sheet = read_sdrf(_shared(shared, "PXD001819.sdrf.tsv"), SamplesPlan())
    assert (len(sheet.samples), len(sheet.runs)) == (9, 27)
    amounts = {float(parts(cell)["QY"].removesuffix(" amol")) for cell in sheet.samples["spiked_compound"]}
    assert (min(amounts), max(amounts), len(amounts)) == (50, 50_000, 9)
    assert sheet.run("UPS1_12500amol_R1").sample == "Sample 1"
    repeated = sheet.original.query("row == 0 and column == 'comment[modification parameters]'")
    assert len(repeated) == 3


def test_ages_as_bare_numbers_and_a_fraction_for_each_source(shared):
    table = _shared(shared, "PXD012667.sdrf.tsv")
    with pytest.raises(InvalidInput, match="16 individuals have a source name for each fraction"):
        read_sdrf(table, SamplesPlan())
    # the file itself says that individual 7 is male and female
    with pytest.raises(InvalidInput, match="'Female' for sample '7', but 'Male' in row 20"):
        read_sdrf(table, SamplesPlan(id="characteristics[individual]"))
    sheet = read_sdrf(table, SamplesPlan(id="source name"))
    assert len(sheet.samples) == 48
    assert sheet.samples["disease"].value_counts().to_dict() == {"Type 2 Diabetes Mellitus": 24, "Normal": 24}
    assert sheet.samples["age_years"].notna().all()
    assert sheet.samples["age_years"].nunique() == 12
    assert sheet.samples["donor"].nunique() == 16


def test_one_source_with_ten_diseases_is_refused_until_runs_are_samples(shared):
    table = _shared(shared, "PXD020187.sdrf.tsv")
    with pytest.raises(InvalidInput, match='write id = "assay name"'):
        read_sdrf(table, SamplesPlan())
    sheet = read_sdrf(table, SamplesPlan(id="assay name"))
    assert len(sheet.samples) == 10
    assert set(sheet.samples["organism"]) == {"Homo sapiens"}


def test_vesicles_of_brain_have_uneven_fractions_and_that_is_said(shared):
    sheet = read_sdrf(_shared(shared, "PXD015578.sdrf.tsv"), SamplesPlan())
    assert (len(sheet.samples), len(sheet.runs)) == (11, 34)
    assert "not comparable" in sheet.notes[0]


@pytest.mark.parametrize("name", ["PXD001819.sdrf.tsv", "PXD012667.sdrf.tsv", "PXD013765.sdrf.tsv.gz", "PXD015578.sdrf.tsv", "PXD020187.sdrf.tsv"])  # fmt: skip
def test_every_real_file_is_recognised_and_of_valid_form(shared, name):
    table = _shared(shared, name)
    assert recognises(table.header)
    assert problems_of(table) == []


# --- in a study -------------------------------------------------------------------------------


def _as_sdrf(lab):
    """The sheet of the small laboratory as an SDRF with one run a sample."""
    header = ["source name", "characteristics[organism]", "characteristics[organism part]", "characteristics[individual]",
              "assay name", "comment[data file]", "comment[modification parameters]", "comment[modification parameters]",
              "factor value[condition]"]  # fmt: skip
    lines = ["\t".join(header)]
    for number, row in enumerate(lab.sheet.itertuples()):
        cells = [
            f"flask {number}",
            "homo sapiens",
            row.tissue,
            row.donor,
            f"run {number}",
            f"{row.sample}.raw",
            "a",
            "b",
            row.condition,
        ]
        lines.append("\t".join(cells))
    lab.folder.mkdir(parents=True, exist_ok=True)
    (lab.folder / "lab.sdrf.tsv").write_text("\n".join(lines) + "\n")
    lab.toml = lab.toml.replace("samples.tsv", "lab.sdrf.tsv")


def test_a_study_runs_on_an_sdrf_alone(small_lab, tmp_path, capsys):
    _as_sdrf(small_lab)
    toml = small_lab.write()
    assert command(["run", str(toml), "-o", str(tmp_path / "d"), "--no-cache"]) == 0
    samples = pd.read_parquet(tmp_path / "d" / "tables" / "read.study.samples.parquet")
    assert list(samples["sample"][:2]) == ["flask 0", "flask 1"]
    assert set(samples["organism"]) == {"Homo sapiens"}
    original = pd.read_parquet(tmp_path / "d" / "tables" / "read.study.sdrf.parquet")
    assert original["position"].nunique() == 9
    contrasts = pd.read_parquet(tmp_path / "d" / "tables" / "vary.contrasts.contrasts.parquet")
    assert set(contrasts["unit"]) == {"donor"}


def test_another_organism_than_that_of_the_study_is_said(small_lab):
    _as_sdrf(small_lab)
    path = small_lab.folder / "lab.sdrf.tsv"
    path.write_text(path.read_text().replace("homo sapiens", "Mus Musculus", 1))
    notes = read_study(read_plan(small_lab.write())).notes
    assert any("says Mus musculus, study.toml Homo sapiens" in note for note in notes)


def test_new_takes_an_sdrf_as_the_sheet(small_lab):
    _as_sdrf(small_lab)
    small_lab.write()
    files = [small_lab.folder / "combined_protein.tsv", small_lab.folder / "lab.sdrf.tsv"]
    drafted = draft(files, folder=small_lab.folder)
    assert drafted.sheet is None
    assert 'file = "lab.sdrf.tsv"' in drafted.toml
    (small_lab.folder / "study.toml").write_text(drafted.toml)
    assert len(read_study(read_plan(small_lab.folder)).study.samples) == 12


def test_a_measurement_that_the_sdrf_lacks_is_named(small_lab):
    _as_sdrf(small_lab)
    text = (small_lab.folder / "lab.sdrf.tsv").read_text().replace("BM_1_c.raw", "BM_1_c2.raw")
    (small_lab.folder / "lab.sdrf.tsv").write_text(text)
    with pytest.raises(InvalidInput) as raised:
        read_study(read_plan(small_lab.write()))
    assert "sample 'BM_1_c' is measured but not in lab.sdrf.tsv" in str(raised.value)
    assert "did you mean BM_1_c2" in str(raised.value)


# --- the same sheet, as others save it ------------------------------------------------------------


def _text():
    rows = [_row("S1", 1), _row("S1", 2, replicate="2"), _row("S2", 3, individual="D2", part="Nabelschnür")]
    return "\n".join("\t".join(cells) for cells in [HEADER, *rows]) + "\n"


@pytest.mark.parametrize(
    "saved",
    [
        lambda t: t.encode(),
        lambda t: b"\xef\xbb\xbf" + t.encode(),
        lambda t: t.replace("\n", "\r\n").encode(),
        lambda t: t.encode("utf-16"),
        lambda t: t.encode("cp1252"),
        lambda t: t.replace("\t", ";").encode(),
        lambda t: t.replace("characteristics[organism part]", "Characteristics [ Organism  Part ]").encode(),
        lambda t: ("\n" + t + "\n\n").encode(),
    ],
    ids=["plain", "byte-order mark", "CRLF", "UTF-16", "Windows", "semicolons", "capitals", "empty lines"],
)
def test_a_sheet_saved_otherwise_is_the_same_sheet(tmp_path, saved):
    path = tmp_path / "x.sdrf.tsv"
    path.write_bytes(saved(_text()))
    sheet = read_sdrf(read_table(path, repeats=True), SamplesPlan())
    assert sheet.samples["tissue"].tolist() == ["bone marrow", "Nabelschnür"]
    assert [run.names[0] for run in sheet.runs] == ["f1", "f2", "f3"]


def test_a_sheet_without_its_last_line_end_is_read_and_that_is_said(tmp_path):
    path = tmp_path / "x.sdrf.tsv"
    path.write_text(_text()[:-1])
    sheet = read_sdrf(read_table(path, repeats=True), SamplesPlan())
    assert len(sheet.runs) == 3
    assert any("line end" in note for note in sheet.notes)


@pytest.mark.parametrize("cut", [30, 60, 90])
def test_a_sheet_cut_short_is_an_error_that_names_the_row(tmp_path, cut):
    path = tmp_path / "x.sdrf.tsv"
    path.write_text(_text()[:-cut])
    with pytest.raises(InvalidInput, match="row 4"):
        read_sdrf(read_table(path, repeats=True), SamplesPlan())
