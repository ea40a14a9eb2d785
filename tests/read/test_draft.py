"""`new`: formats recognised, samples listed, nothing guessed; the draft passes `check`."""

from __future__ import annotations

from secretome.cli import run as command
from secretome.read import draft


def test_a_draft_lists_samples_and_leaves_every_other_cell_blank(small_lab, capsys):
    small_lab.write()
    out = small_lab.folder / "drafted"
    assert command(["new", str(small_lab.folder / "combined_protein.tsv"), "-o", str(out)]) == 0
    rows = [line.split("\t") for line in (out / "samples.tsv").read_text().splitlines()]
    assert [row[0] for row in rows[1:]] == small_lab.samples
    assert not any(cell for row in rows[1:] for cell in row[1:])
    assert command(["check", str(out)]) == 0
    assert "note: Not reported in the sample sheet" in capsys.readouterr().err


def test_a_draft_never_overwrites(small_lab, capsys):
    small_lab.write()
    before = (small_lab.folder / "study.toml").read_text()
    assert command(["new", str(small_lab.folder / "combined_protein.tsv"), "-o", str(small_lab.folder)]) == 1
    assert (small_lab.folder / "study.toml").read_text() == before
    assert "the file exists" in capsys.readouterr().err


def test_a_sheet_among_the_files_is_used_as_it_is(small_lab):
    small_lab.write()
    found = draft(
        [small_lab.folder / "combined_protein.tsv", small_lab.folder / "samples.tsv"], folder=small_lab.folder
    )
    assert found.sheet is None
    assert 'file = "samples.tsv"' in found.toml
    assert 'id = "sample"' in found.toml


def test_six_niches_are_drafted_and_pass(shared, tmp_path):
    folder = shared / "data" / "msc-six-niches-lobov"
    files = [str(folder / "combined_protein_secr_fragpipe.tsv.gz"), str(folder / "fact_secr.xlsx")]
    assert command(["new", *files, "-o", str(tmp_path / "six")]) == 0
    assert command(["check", str(tmp_path / "six")]) == 0
    assert 'id = "Sample"' in (tmp_path / "six" / "study.toml").read_text()
