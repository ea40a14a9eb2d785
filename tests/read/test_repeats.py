"""A row of a report that came in twice is refused, however the file is read."""

from __future__ import annotations

import gzip

import pandas as pd
import pytest

from secretome.errors import InvalidInput
from secretome.plan import AssayPlan
from secretome.read import large, read_proteins
from secretome.read.recognise import open_measurements
from secretome.read.repeats import repeated_rows

ROWS = pd.DataFrame(
    {
        "File.Name": ["a.raw", "a.raw", "b.raw", "b.raw"],
        "Run": ["a", "a", "b", "b"],
        "Protein.Group": ["P1", "P2", "P1", "P2"],
        "Precursor.Id": ["PEPTIDEK2", "ANOTHERK2", "PEPTIDEK2", "ANOTHERK2"],
        "Modified.Sequence": ["PEPTIDEK", "ANOTHERK", "PEPTIDEK", "ANOTHERK"],
        "Precursor.Charge": 2,
        "Genes": ["X", "Y", "X", "Y"],
        "Q.Value": 0.001,
        "Precursor.Quantity": [1000.5, 2000.25, 3000.125, 4000.0],
        "Comment": ["one", "two", "three", "four"],
    }
)
TWICE = pd.concat([ROWS, ROWS.iloc[[1]]], ignore_index=True)


def written(rows: pd.DataFrame, folder, ending: str):
    path = folder / f"report{ending}"
    if ending == ".parquet":
        rows.to_parquet(path)
    elif ending.endswith(".gz"):
        path.write_bytes(gzip.compress(rows.to_csv(sep="\t", index=False).encode()))
    else:
        rows.to_csv(path, sep="\t", index=False)
    return path


@pytest.fixture(params=[".tsv", ".tsv.gz", ".parquet", "large.tsv", "large.tsv.gz"])
def ending(request, monkeypatch):
    if request.param.startswith("large"):
        pytest.importorskip("duckdb")
        monkeypatch.setattr(large, "LARGE_BYTES", 0)
        monkeypatch.setattr(large, "_LARGE_GZIP_BYTES", 0)
    return request.param.removeprefix("large")


def test_a_row_that_came_in_twice_is_refused_and_named(tmp_path, ending):
    path = written(TWICE, tmp_path, ending)
    with pytest.raises(InvalidInput, match="row 6: the row repeats row 3 in every cell"):
        read_proteins(AssayPlan("proteome", path))


def test_rows_that_differ_in_a_column_which_is_not_read_are_no_repeat(tmp_path, ending):
    path = written(TWICE.assign(Comment=["one", "two", "three", "four", "five"]), tmp_path, ending)
    table, _ = open_measurements(path)
    assert repeated_rows(table) == []
    assert len(repeated_rows(open_measurements(written(TWICE, tmp_path, ending))[0])) == 1


def test_rows_without_a_repeat_are_read(tmp_path, ending):
    table = read_proteins(AssayPlan("proteome", written(ROWS, tmp_path, ending)))
    assert list(table.features.index) == ["P1", "P2"]
