"""Where a table stands in its file: titles above it, blocks, worksheets, formulas, row numbers."""

from __future__ import annotations

import zipfile

import numpy as np
import pandas as pd
import pytest
from openpyxl import Workbook

from secretome.cli import run as command
from secretome.errors import InvalidInput, UnreadableFile
from secretome.read import draft, read_table


def _workbook(path, rows):
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


ROWS = [[f"P{10000 + row}", f"G{row}", 10.5 * (row + 1), 3.25 * (row + 1)] for row in range(20)]
HEADER = ["Accession", "Gene", "S1", "S2"]


def test_a_header_below_titles_is_found_and_its_row_said(tmp_path, proteins):
    titles = [["Core facility, project 12"], [], ["LFQ, log2, filtered"], []]
    path = _workbook(tmp_path / "p.xlsx", [*titles, HEADER, *ROWS])
    table = read_table(path)
    assert (table.header, table.header_line, table.lines[0]) == (tuple(HEADER), 5, 6)
    assert table.above[0][0] == "Core facility, project 12"
    read = proteins(path, unit="intensity")
    assert read.values.shape == (20, 2)
    assert "p.xlsx: the header was found in row 5" in " ".join(read.remarks)


def test_titles_of_blocks_keep_equal_names_apart(tmp_path):
    rows = [[None, None, "Raw", None, "Normalised", None], ["Accession", "Gene", "S1", "S2", "S1", "S2"]]
    path = _workbook(tmp_path / "p.xlsx", [*rows, *([*row, 1.0, 2.0] for row in ROWS)])
    table = read_table(path)
    assert table.header[2:] == ("Raw: S1", "Raw: S2", "Normalised: S1", "Normalised: S2")


def test_equal_names_without_titles_are_refused_with_their_row(tmp_path):
    path = _workbook(tmp_path / "p.xlsx", [["notes"], ["Accession", "Gene", "S1", "S1"], *ROWS])
    with pytest.raises(InvalidInput, match=r"row 2, column 'S1': 2 columns are called 'S1'"):
        read_table(path)


def test_a_sheet_of_words_keeps_its_first_row_as_header(tmp_path):
    path = tmp_path / "sheet.csv"
    path.write_text("sample,donor,tissue\na,D1,BM\nb,D2,AD\n")
    assert read_table(path).header == ("sample", "donor", "tissue")


def test_a_header_with_empty_cells_is_still_the_header(tmp_path):
    path = _workbook(tmp_path / "p.xlsx", [["Accession", None, "S1", None], *ROWS])
    assert read_table(path).header == ("Accession", "", "S1", "")


def test_a_formula_without_a_value_is_an_error_and_no_gap(tmp_path):
    rows = [list(row) for row in ROWS]
    rows[3][2] = "=D5*2"
    path = _workbook(tmp_path / "p.xlsx", [HEADER, *rows])
    with pytest.raises(UnreadableFile, match=r"cell C5: a formula without its computed value"):
        read_table(path)


def test_a_worksheet_that_lies_about_its_size_is_read_whole(tmp_path):
    path = _workbook(tmp_path / "p.xlsx", [HEADER, *ROWS])
    lying = tmp_path / "lying.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(lying, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                assert b'ref="A1:D21"' in data
                data = data.replace(b'ref="A1:D21"', b'ref="A1"')
            target.writestr(name, data)
    assert len(read_table(lying).rows) == 20


def test_row_numbers_of_r_are_no_column_of_values(tmp_path, proteins):
    path = tmp_path / "p.csv"
    body = "".join(f'"{n}","{row[0]}","{row[1]}",{row[2]},{row[3]}\n' for n, row in enumerate(ROWS, start=1))
    path.write_text('"Accession","Gene","S1","S2"\n' + body)
    table = proteins(path, unit="intensity")
    np.testing.assert_array_equal(table.values, [row[2:] for row in ROWS])
    assert "numbers the rows" in " ".join(table.remarks)


def test_genes_that_became_dates_are_named(tmp_path, proteins):
    rows = [list(row) for row in ROWS]
    rows[0][1], rows[1][1], rows[2][1] = "2-Sep", "44811", "2023-03-01 00:00:00"
    path = _workbook(tmp_path / "p.xlsx", [HEADER, *rows])
    text = " ".join(proteins(path, unit="intensity").remarks)
    assert "dates: 2-Sep, 44811, 2023-03-01 00:00:00" in text


def test_a_point_among_decimal_commas_is_refused_with_its_place(tmp_path, proteins):
    path = tmp_path / "p.csv"
    path.write_text("Accession;S1;S2\nP1;1,5;2,25\nP2;1.234;3,5\n")
    with pytest.raises(InvalidInput, match=r"row 3, column 'S1': '1.234' has a point"):
        proteins(path, unit="intensity")


def test_a_file_without_a_last_line_end_gets_a_note(tmp_path, proteins):
    path = tmp_path / "p.csv"
    path.write_text("Accession,S1,S2\nP1,1.5,2.25\nP2,1.2")
    with pytest.raises(InvalidInput, match="row 3"):
        proteins(path, unit="intensity")
    path.write_text("Accession,S1,S2\nP1,1.5,2.25\nP2,1.2,3")
    assert "its last line has no line end" in " ".join(proteins(path, unit="intensity").remarks)


def test_a_broken_letter_is_an_error_and_no_windows_text(tmp_path):
    path = tmp_path / "p.csv"
    path.write_bytes("Accession,Zürich,S2\nP1,1,2\nP2,3,4\n".encode() + b"P3\xc3,3,4\n")
    with pytest.raises(UnreadableFile, match="line 4: a broken letter"):
        read_table(path)


def test_new_says_what_the_numbers_look_like(tmp_path):
    rng = np.random.default_rng(2)
    table = pd.DataFrame(rng.normal(25, 2, (120, 4)), columns=["a", "b", "c", "d"])
    table.insert(0, "Accession", [f"P{row:05d}" for row in range(120)])
    table["q-value"] = 0.5
    path = tmp_path / "p.csv"
    table.to_csv(path, index=False)
    found = draft([path], folder=tmp_path)
    assert found.samples == ("a", "b", "c", "d")
    assert "they look log2: largest value" in found.toml


def test_the_command_line_reads_a_perseus_matrix_into_a_draft(real, tmp_path, capsys):
    path = real("ev-vs-cell-microglia-santiago/ev_perseus_normalized.csv.gz")
    found = draft([path], folder=tmp_path)
    assert 'format = "perseus"' in found.toml
    assert len(found.samples) == 16
    assert command(["new", str(path), "-o", str(tmp_path / "study")]) == 0


def test_a_transposed_table_is_refused_in_words(real):
    with pytest.raises(InvalidInput, match="2 columns are called 'COL6A3'"):
        read_table(real("ev-cm-senescence-wallis/MS3_Transposed.xlsx"))


def test_means_written_by_r_are_read(real):
    table = read_table(real("ev-cm-senescence-wallis/MS3_Summary_Means.csv"))
    assert table.header[1:3] == ("Protein names", "Gene names")
    assert len(table.rows) == 1229
