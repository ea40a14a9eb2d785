"""Knowledge tables: what is shipped, how it is read, what is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from secretome.errors import InvalidKnowledge
from secretome.knowledge import describe, fingerprint, names, table

BLOCK = """
[small]
title = "t"
source = "s"
licence = "l"
version = "1"
sha256 = "{sha256}"
rows = {rows}
key = ["hgnc"]
[small.columns]
hgnc = {{ type = "symbol", required = true }}
weight = {{ type = "number" }}
cited = {{ type = "boolean" }}
"""


def write(folder: Path, text: str, *, sha256: str | None = None, block: str = BLOCK) -> Path:
    (folder / "small.tsv").write_text(text, encoding="utf-8", newline="")
    found, rows = fingerprint(folder / "small.tsv")
    (folder / "tables.toml").write_text(block.format(sha256=sha256 or found, rows=rows), encoding="utf-8")
    return folder


def test_the_factor_table_is_read_with_its_weights_as_numbers() -> None:
    frame = table("factor_process").frame
    assert frame["suggested_weight"].dtype == float
    assert set(frame["sign"]) == {"+", "-", "0"}


def test_every_table_is_small_and_described() -> None:
    for name in names():
        loaded = table(name)
        assert len(loaded.frame) == loaded.description.rows
        assert loaded.description.title
        assert loaded.description.licence
        assert loaded.version
        assert {"source", "citation"} & set(loaded.frame.columns), name
        assert {"verified", "confidence"} & set(loaded.frame.columns), name


def test_every_factor_says_which_assay_would_see_it() -> None:
    assays = table("measure_by").frame.set_index("hgnc")["measure_by"]
    assert set(table("factor_process").frame["hgnc"]) == set(assays.index)
    assert assays["PTGS2"].startswith("PGE2")
    assert "immunoassay" in assays["VEGFA"]


def test_helper_tables_agree_with_the_factor_table_on_accessions() -> None:
    factors = table("factor_process").frame.drop_duplicates("hgnc").set_index("hgnc")["uniprot"]
    for name in ("leak_prone", "serum_prone", "measure_by"):
        ours = table(name).frame.set_index("hgnc")["uniprot"]
        shared = ours.index.intersection(factors.index)
        assert (ours[shared] == factors[shared]).all(), name


def test_cells_are_typed_and_empty_text_stays_empty(tmp_path: Path) -> None:
    folder = write(tmp_path, "hgnc\tweight\tcited\nNA\t\tyes\nIL6\t0.5\tno\n")
    frame = table("small", folder=folder).frame
    assert frame["hgnc"].tolist() == ["NA", "IL6"]
    assert frame["weight"].isna().tolist() == [True, False]
    assert frame["cited"].tolist() == [True, False]


def test_quotes_are_letters(tmp_path: Path) -> None:
    folder = write(tmp_path, 'hgnc\tweight\tcited\nA"B\t1\tno\n')
    assert table("small", folder=folder).frame.loc[0, "hgnc"] == 'A"B'


def test_a_changed_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    folder = write(tmp_path, "hgnc\tweight\tcited\nIL6\t1\tno\n", sha256="0" * 64)
    with pytest.raises(InvalidKnowledge, match=r"reinstall the package.*CHANGELOG"):
        table("small", folder=folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hgnc\tweight\nIL6\t1\n", "header"),
        ("", "empty file"),
        ("hgnc\tweight\tcited\nIL6\t1\n", "lines 2 do not have 3 cells"),
        ("hgnc\tweight\tcited\nIL6\tmuch\tno\n", "'weight'"),
    ],
)
def test_a_damaged_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidKnowledge, match=message):
        table("small", folder=write(tmp_path, text))


def test_text_of_another_encoding_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "hgnc\tweight\tcited\nIL6\t1\tno\n")
    (tmp_path / "small.tsv").write_bytes("hgnc\tweight\tcited\nIL6é\t1\tno\n".encode("latin-1"))
    sha256, rows = fingerprint(tmp_path / "small.tsv")
    (tmp_path / "tables.toml").write_text(BLOCK.format(sha256=sha256, rows=rows), encoding="utf-8")
    with pytest.raises(InvalidKnowledge, match="UTF-8"):
        table("small", folder=tmp_path)


def test_unknown_tables_and_broken_descriptions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidKnowledge, match="did you mean factor_process"):
        table("factor_proces")
    write(tmp_path, "hgnc\tweight\tcited\n", block=BLOCK.replace('"number"', '"amount"'))
    with pytest.raises(InvalidKnowledge, match="'amount' is none of"):
        describe("small", folder=tmp_path)
    write(tmp_path, "hgnc\tweight\tcited\n", block=BLOCK.replace("version", "edition"))
    with pytest.raises(InvalidKnowledge, match="'version' is missing"):
        describe("small", folder=tmp_path)
    (tmp_path / "tables.toml").write_text("[small", encoding="utf-8")
    with pytest.raises(InvalidKnowledge, match="no valid TOML"):
        names(folder=tmp_path)
    with pytest.raises(InvalidKnowledge, match="is missing"):
        names(folder=tmp_path / "nowhere")


def test_importing_knowledge_does_not_import_pandas() -> None:
    code = "import sys, secretome.knowledge as k; k.names(); print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
