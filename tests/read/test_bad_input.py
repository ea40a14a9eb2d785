"""Every fault of issue 2's list: found, expected, what to do; all of a file at once; nothing written."""

from __future__ import annotations

import gzip

import pytest

from secretome.cli import run as command


def _refused(capsys, arguments: list[str], code: int) -> str:
    assert command(arguments) == code
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return captured.err + captured.out


def test_a_sample_of_the_sheet_that_the_table_lacks_is_named(small_lab, capsys):
    small_lab.sheet.loc[0, "sample"] = "BM_1_x"
    text = _refused(capsys, ["check", str(small_lab.write())], 1)
    assert "'BM_1_c' is measured but not in samples.tsv" in text
    assert "'BM_1_x' is in the sheet" in text or "did you mean BM_1_x" in text


def test_a_sheet_row_without_measurement_is_named(small_lab, capsys):
    small_lab.sheet.loc[len(small_lab.sheet)] = [
        "AD_9_c",
        "conditioned_medium",
        "AD9",
        "AD",
        "control",
        "unknown",
    ]
    text = _refused(capsys, ["check", str(small_lab.write())], 1)
    assert "'AD_9_c' is in the sheet but no assay measures it" in text
    assert "did you mean" in text


def test_a_doubled_sample_is_named_with_both_rows(small_lab, capsys):
    small_lab.sheet.loc[1, "sample"] = small_lab.sheet.loc[0, "sample"]
    text = _refused(capsys, ["check", str(small_lab.write())], 1)
    assert "stands in row 2 already" in text
    assert "row 3" in text


def test_an_empty_sample_name_is_named(small_lab, capsys):
    small_lab.sheet.loc[4, "sample"] = ""
    assert "row 6, column 'sample': no sample name" in _refused(capsys, ["check", str(small_lab.write())], 1)


def test_text_in_a_number_column_names_row_column_and_value(small_lab, capsys):
    table = small_lab.table.astype(object)
    table.loc[2, "BM_1_c MaxLFQ Intensity"] = "n.d."
    table.loc[7, "AD_2_p MaxLFQ Intensity"] = "12a"
    small_lab.table = table
    text = _refused(capsys, ["check", str(small_lab.write())], 1)
    assert "row 4, column 'BM_1_c MaxLFQ Intensity': text 'n.d.'" in text
    assert "row 9, column 'AD_2_p MaxLFQ Intensity': text '12a'" in text
    assert "2 problems" in text


def test_faults_of_sheet_and_table_come_together(small_lab, capsys):
    small_lab.sheet["passage"] = "four"
    table = small_lab.table.astype(object)
    table.loc[0, "BM_1_c Intensity"] = "many"
    small_lab.table = table
    text = _refused(capsys, ["check", str(small_lab.write())], 1)
    assert "'four'" in text
    assert "'many'" in text


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("viability_percent", 140, "between 0 and 100"),
        ("viability_percent", -3, "between 0"),
        ("load", "equal_volumes", "did you mean equal_volume"),
        ("material", "medium", "a material that we know"),
    ],
)
def test_values_outside_range_or_vocabulary_are_refused(small_lab, capsys, column, value, expected):
    small_lab.sheet[column] = value
    assert expected in _refused(capsys, ["check", str(small_lab.write())], 1)


def test_an_unknown_unit_is_answered_with_near_misses(small_lab, capsys):
    small_lab.toml = small_lab.toml.replace('name = "proteome"', 'name = "proteome"\nunit = "intensities"')
    assert "did you mean intensity" in _refused(capsys, ["check", str(small_lab.write())], 1)


def test_an_empty_file_is_unreadable(small_lab, capsys):
    small_lab.write()
    (small_lab.folder / "combined_protein.tsv").write_bytes(b"")
    text = _refused(capsys, ["check", str(small_lab.folder)], 3)
    assert "is empty" in text


def test_a_header_without_rows_is_unreadable(small_lab, capsys):
    small_lab.table = small_lab.table.iloc[:0]
    assert "no rows" in _refused(capsys, ["check", str(small_lab.write())], 3)


def test_a_truncated_gz_is_unreadable(small_lab, capsys):
    small_lab.toml = small_lab.toml.replace("combined_protein.tsv", "combined_protein.tsv.gz")
    small_lab.write()
    raw = gzip.compress((small_lab.folder / "combined_protein.tsv").read_bytes())
    (small_lab.folder / "combined_protein.tsv.gz").write_bytes(raw[: len(raw) // 2])
    assert "truncated or broken gz" in _refused(capsys, ["check", str(small_lab.folder)], 3)


def test_a_truncated_row_names_its_line(small_lab, capsys):
    small_lab.write()
    path = small_lab.folder / "combined_protein.tsv"
    text = path.read_text()
    path.write_text(text[: len(text) - 100])
    text = _refused(capsys, ["check", str(small_lab.folder)], 1)
    assert "row 41" in text
    assert "as in the header" in text


def test_a_wrong_delimiter_is_said(small_lab, capsys):
    small_lab.write(delimiter="|")
    text = _refused(capsys, ["check", str(small_lab.folder)], 3)
    assert "single column" in text
    assert "tabs, commas or semicolons" in text


@pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
def test_every_usual_delimiter_is_read(small_lab, capsys, delimiter):
    small_lab.write(delimiter=delimiter)
    assert command(["check", str(small_lab.folder)]) == 0


def test_a_missing_file_is_unreadable(small_lab, capsys):
    small_lab.toml = small_lab.toml.replace("combined_protein.tsv", "combined_proteins.tsv")
    small_lab.write(table_name="other.tsv")
    assert "does not exist" in _refused(capsys, ["check", str(small_lab.folder)], 3)


def test_doubled_headers_are_named(small_lab, capsys):
    small_lab.write()
    path = small_lab.folder / "combined_protein.tsv"
    path.write_text(path.read_text().replace("BM_2_c Intensity", "BM_1_c Intensity", 1))
    assert "2 columns are called 'BM_1_c Intensity'" in _refused(capsys, ["check", str(small_lab.folder)], 1)


def test_an_unknown_column_in_the_formula_is_answered_with_near_misses(small_lab, capsys):
    small_lab.toml = small_lab.toml.replace("0 + tissue + condition", "0 + tisue + condition")
    text = _refused(capsys, ["check", str(small_lab.write())], 1)
    assert "'tisue'" in text
    assert "did you mean tissue" in text


def test_an_unknown_level_in_a_contrast_is_answered_with_near_misses(small_lab, capsys):
    small_lab.toml = small_lab.toml.replace("tissue[AD]", "tissue[ADSC]")
    text = _refused(capsys, ["check", str(small_lab.write())], 1)
    assert "no level 'ADSC'" in text
    assert "AD, BM" in text


def test_an_aliased_contrast_is_refused_by_name(small_lab, capsys):
    small_lab.sheet["medium"] = small_lab.sheet["tissue"].map({"BM": "alpha-MEM", "AD": "DMEM"})
    small_lab.toml = small_lab.toml.replace("tissue + condition", "tissue + condition + medium")
    text = _refused(capsys, ["check", str(small_lab.write())], 1)
    assert "aliased" in text
    assert "medium" in text


@pytest.mark.parametrize(
    "formula", ["~ __import__('os').system('true')", "~ tissue[0]", "~ np.log(passage)", "tissue", "~ {1}"]
)
def test_a_formula_is_never_code(small_lab, capsys, formula):
    small_lab.toml = small_lab.toml.replace('"~ 0 + tissue + condition"', f'"{formula}"')
    assert "formula" in _refused(capsys, ["check", str(small_lab.write())], 1)


def test_unknown_keys_of_study_toml_come_all_at_once(small_lab, capsys):
    small_lab.toml = small_lab.toml.replace("[design]", "[defin]\nx = 1\n[design]\nformulae = 2")
    text = _refused(capsys, ["check", str(small_lab.write())], 1)
    assert "'defin'" in text
    assert "'formulae'" in text


def test_broken_toml_is_unreadable(small_lab, capsys):
    small_lab.toml = "[study\n"
    assert "no valid TOML" in _refused(capsys, ["check", str(small_lab.write())], 3)


def test_negative_intensities_are_asked_about(small_lab, capsys):
    small_lab.table.loc[3, "BM_1_c MaxLFQ Intensity"] = -1.5
    text = _refused(capsys, ["check", str(small_lab.write())], 1)
    assert "negative value -1.5" in text
    assert "log2" in text


def test_run_on_bad_input_writes_nothing(small_lab, capsys):
    small_lab.sheet.loc[1, "sample"] = small_lab.sheet.loc[0, "sample"]
    small_lab.write()
    out = small_lab.folder / "dossier"
    _refused(capsys, ["run", str(small_lab.folder), "-o", str(out)], 1)
    assert sorted(path.name for path in small_lab.folder.iterdir()) == [
        "combined_protein.tsv",
        "samples.tsv",
        "study.toml",
    ]


def test_an_excluded_sample_that_does_not_exist_is_named(small_lab, capsys):
    small_lab.toml += '\n[define]\nexclude = ["BM_1_x"]\n'
    text = _refused(capsys, ["check", str(small_lab.write())], 1)
    assert "exclude names 'BM_1_x'" in text
    assert "BM_1_c" in text
