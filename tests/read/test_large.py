"""Large text and Parquet: the same numbers as the plain way, without holding the text."""

from __future__ import annotations

import gzip
import sys

import numpy as np
import pandas as pd
import pytest

from secretome.errors import InvalidInput, MissingExtra, UnreadableFile
from secretome.plan import AssayPlan
from secretome.read import large
from secretome.read.draft import draft
from secretome.read.recognise import open_measurements

REPORTS = "data/formats-precursor-reports/"
ENGINES = "data/formats-search-engine-outputs/"
STREAMED = [
    REPORTS + "diann_report_3runs.tsv.gz",
    REPORTS + "diann_yeast_qc_comma.csv",
    ENGINES + "diann_1.9.0_report_head.tsv.gz",
    REPORTS + "spectronaut_bruderer_spikeins.csv.gz",
    REPORTS + "spectronaut_hye124_fragments.csv.gz",
    REPORTS + "skyline_fragments.csv.gz",
    REPORTS + "openswath.csv",
    REPORTS + "maxquant_evidence.csv.gz",
    REPORTS + "proteome_discoverer_psm.csv.gz",
    REPORTS + "fragpipe_msstats.csv",
    ENGINES + "alphadia_1.8.1_report_head.tsv.gz",
]


@pytest.fixture
def small_limit(monkeypatch):
    """Every file counts as large, and is read in batches of 500 rows."""
    pytest.importorskip("duckdb")
    monkeypatch.setattr(large, "LARGE_BYTES", 0)
    monkeypatch.setattr(large, "_LARGE_GZIP_BYTES", 0)
    monkeypatch.setattr(large, "_BATCH_ROWS", 500)


def read(path, **plan):
    table, chosen = open_measurements(path)
    return table, chosen.read(table, AssayPlan("proteome", path, **plan), ())


def assert_same(found, expected, *, rtol=0.0):
    np.testing.assert_allclose(found.values, expected.values, rtol=rtol, atol=0)
    assert found.measurements == expected.measurements
    pd.testing.assert_frame_equal(found.features, expected.features)
    pd.testing.assert_frame_equal(
        found.precursors, expected.precursors, check_categorical=False, rtol=rtol or 1e-15
    )


@pytest.mark.parametrize("file", STREAMED)
def test_the_large_way_gives_the_same_numbers(shared, file, request):
    _, expected = read(shared / file)
    request.getfixturevalue("small_limit")
    table, found = read(shared / file)
    assert isinstance(table, large.Report)
    assert_same(found, expected)
    assert found.remarks == expected.remarks


@pytest.mark.parametrize("file", [name for name in STREAMED if "diann" in name])
def test_parquet_gives_the_same_numbers(shared, file, tmp_path):
    _, expected = read(shared / file)
    path = tmp_path / "report.parquet"
    pd.read_csv(shared / file, sep=None, engine="python", encoding="utf-8-sig").to_parquet(path)
    table, found = read(path)
    assert table.dialect == "Parquet"
    assert_same(found, expected)


def report(rows: int = 1200) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    number = np.arange(rows)
    return pd.DataFrame(
        {
            "Run": np.char.add("run", (number % 3).astype(str)),
            "Protein.Group": np.char.add("P", (10000 + number // 30).astype(str)),
            "Modified.Sequence": [f"{'ACDEFGHIKL'[n % 10] * (1 + n // 30 % 5)}{n // 3}" for n in number],
            "Precursor.Charge": 2,
            "Q.Value": 0.001,
            "Precursor.Quantity": np.round(2 ** rng.normal(20, 2, rows), 3),
        }
    )


def test_parquet_of_single_precision_differs_only_by_it(tmp_path):
    report().to_csv(tmp_path / "r.tsv", sep="\t", index=False)
    report().astype({"Precursor.Quantity": np.float32}).to_parquet(tmp_path / "r.parquet")
    assert_same(read(tmp_path / "r.parquet")[1], read(tmp_path / "r.tsv")[1], rtol=1e-6)


def test_decimal_commas_and_line_ends_in_the_large_way(tmp_path, request):
    report().to_csv(tmp_path / "r.tsv", sep="\t", index=False)
    _, expected = read(tmp_path / "r.tsv")
    request.getfixturevalue("small_limit")
    text = report().to_csv(sep=";", decimal=",", index=False, lineterminator="\r\n")
    (tmp_path / "r.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert_same(read(tmp_path / "r.csv")[1], expected)


def test_text_among_numbers_is_named_with_its_line(tmp_path, small_limit):
    rows = report().astype(object)
    rows.loc[700, "Precursor.Quantity"] = "lots"
    rows.to_csv(tmp_path / "r.tsv", sep="\t", index=False)
    with pytest.raises(InvalidInput, match=r"row 702, column 'Precursor.Quantity': text 'lots'"):
        read(tmp_path / "r.tsv")


def test_a_large_report_cut_inside_a_row_is_refused(tmp_path, small_limit):
    text = report().to_csv(sep="\t", index=False)
    (tmp_path / "r.tsv").write_text(text + "run1\tP1")
    with pytest.raises((UnreadableFile, InvalidInput), match="truncated"):
        read(tmp_path / "r.tsv")
    half = gzip.compress(text.encode())
    (tmp_path / "r.tsv.gz").write_bytes(half[: len(half) // 2])
    with pytest.raises(UnreadableFile, match="truncated"):
        read(tmp_path / "r.tsv.gz")


def test_a_broken_row_beyond_the_first_megabyte_is_refused(tmp_path, small_limit):
    text = report(60_000).to_csv(sep="\t", index=False)
    assert len(text) > 2 * 2**20
    (tmp_path / "r.tsv").write_text(text + "run1\tP1\n")
    with pytest.raises(UnreadableFile, match=r"tab-separated: .*Line: 60002 .*Expected Number of Columns: 6"):
        read(tmp_path / "r.tsv")


@pytest.mark.parametrize("keep", [0.5, 0.99])
def test_truncated_parquet_is_refused(tmp_path, keep):
    report().to_parquet(tmp_path / "r.parquet")
    raw = (tmp_path / "r.parquet").read_bytes()
    (tmp_path / "r.parquet").write_bytes(raw[: int(len(raw) * keep)])
    with pytest.raises(UnreadableFile, match="truncated or broken Parquet"):
        read(tmp_path / "r.parquet")


def test_an_empty_parquet_is_refused(tmp_path):
    report().iloc[:0].to_parquet(tmp_path / "r.parquet")
    with pytest.raises(UnreadableFile, match="no rows"):
        read(tmp_path / "r.parquet")


def test_a_parquet_column_that_cannot_be_a_number_is_refused(tmp_path):
    rows = report().assign(**{"Q.Value": [[1.0]] * 1200})
    rows.to_parquet(tmp_path / "r.parquet")
    with pytest.raises(UnreadableFile, match=r"column 'Q.Value': list<.*> is no number"):
        read(tmp_path / "r.parquet")


def test_without_duckdb_a_large_text_says_what_to_install(tmp_path, small_limit, monkeypatch):
    report().to_csv(tmp_path / "r.tsv", sep="\t", index=False)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingExtra, match=r"reading r.tsv \(.* MB\) needs the extra 'scale'"):
        read(tmp_path / "r.tsv")


def test_a_large_table_of_proteins_is_read_the_plain_way(tmp_path, small_limit):
    path = tmp_path / "combined_protein.tsv"
    pd.DataFrame({"Protein ID": ["P1"], "a Intensity": [1.0]}).to_csv(path, sep="\t", index=False)
    table, found = read(path)
    assert not isinstance(table, large.Report)
    assert found.values.tolist() == [[1.0]]


def test_a_study_is_drafted_from_parquet(tmp_path):
    report().to_parquet(tmp_path / "report.parquet")
    drafted = draft([tmp_path / "report.parquet"], folder=tmp_path)
    assert drafted.samples == ("run0", "run1", "run2")
    assert 'format = "diann"' in drafted.toml
