"""`knowledge.check` names every fault; contradictions are listed, not refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from secretome.errors import InvalidKnowledge
from secretome.knowledge import check, contradictions, fingerprint

BLOCK = """
[small]
title = "t"
source = "s"
licence = "l"
version = "1"
sha256 = "{sha256}"
rows = {rows}
key = ["hgnc", "sign"]
contradiction = {{ same = ["hgnc"], column = "sign" }}
[small.columns]
hgnc = {{ type = "symbol", required = true }}
uniprot = {{ type = "accession" }}
sign = {{ type = "category", required = true, values = ["+", "-"] }}
weight = {{ type = "number", minimum = 0.0, maximum = 1.0, unit = "evidence weight" }}
count = {{ type = "integer" }}
cited = {{ type = "boolean" }}
"""
HEADER = "hgnc\tuniprot\tsign\tweight\tcount\tcited\n"


def write(folder: Path, lines: str, *, extra_rows: int = 0) -> Path:
    (folder / "small.tsv").write_text(HEADER + lines, encoding="utf-8", newline="")
    sha256, rows = fingerprint(folder / "small.tsv")
    (folder / "tables.toml").write_text(BLOCK.format(sha256=sha256, rows=rows + extra_rows), encoding="utf-8")
    return folder


def test_the_shipped_tables_are_without_fault() -> None:
    assert check() == ()


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [
        ("il6\tP05231\t+\t1\t1\tyes", "hgnc", "gene symbol"),
        ("IL6\tP0523\t+\t1\t1\tyes", "uniprot", "UniProt accession"),
        ("IL6\tP05231\tplus\t1\t1\tyes", "sign", "one of"),
        ("IL6\tP05231\t\t1\t1\tyes", "sign", "a value"),
        ("IL6\tP05231\t+\tx\t1\tyes", "weight", "a number"),
        ("IL6\tP05231\t+\tnan\t1\tyes", "weight", "at least 0"),
        ("IL6\tP05231\t+\t-1\t1\tyes", "weight", "at least 0"),
        ("IL6\tP05231\t+\t2\t1\tyes", "weight", "at most 1"),
        ("IL6\tP05231\t+\t1\t1.5\tyes", "count", "whole number"),
        ("IL6\tP05231\t+\t1\t1\tmaybe", "cited", "yes or no"),
        ("IL6 \tP05231\t+\t1\t1\tyes", "hgnc", "no blanks"),
    ],
)
def test_one_bad_cell_is_named_with_row_and_column(
    tmp_path: Path, line: str, column: str, expected: str
) -> None:
    problems = check("small", folder=write(tmp_path, f"VEGFA\tP15692\t+\t1\t1\tyes\n{line}\n"))
    assert [(problem.row, problem.column) for problem in problems] == [(3, column)]
    assert expected in problems[0].expected


def test_good_rows_of_every_form_pass(tmp_path: Path) -> None:
    lines = "HLA-G\tA0A024R161\t+\t0.5\t2\tno\nC1orf112\t\t-\t\t\t\n"
    assert check("small", folder=write(tmp_path, lines)) == ()


def test_a_repeated_row_is_named(tmp_path: Path) -> None:
    line = "IL6\tP05231\t+\t1\t1\tyes\n"
    (problem,) = check("small", folder=write(tmp_path, line + line))
    assert problem.row == 3
    assert "IL6" in problem.found


def test_checksum_rows_and_header_are_compared(tmp_path: Path) -> None:
    write(tmp_path, "IL6\tP05231\t+\t1\t1\tyes\n", extra_rows=1)
    (problem,) = check("small", folder=tmp_path)
    assert problem.expected == "2 rows"
    (tmp_path / "small.tsv").write_text(HEADER + "IL6\tP05231\t-\t1\t1\tyes\n", encoding="utf-8")
    assert "sha256" in check("small", folder=tmp_path)[0].found
    (tmp_path / "small.tsv").write_text("gene\n", encoding="utf-8")
    assert "header" in check("small", folder=tmp_path)[0].found
    (tmp_path / "small.tsv").unlink()
    assert "missing" in check("small", folder=tmp_path)[0].found


def test_opposite_signs_are_listed_not_refused(tmp_path: Path) -> None:
    folder = write(
        tmp_path, "IL6\tP05231\t+\t1\t1\tyes\nIL6\tP05231\t-\t1\t1\tyes\nHGF\tP14210\t+\t1\t1\tyes\n"
    )
    assert check("small", folder=folder) == ()
    (found,) = contradictions("small", folder=folder)
    assert found.subject == ("IL6",)
    assert found.signs == (("+", 1), ("-", 1))


def test_tables_without_a_sign_have_no_contradictions() -> None:
    assert contradictions("leak_prone") == ()


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(InvalidKnowledge, match="no knowledge table"):
        check("nothing")
