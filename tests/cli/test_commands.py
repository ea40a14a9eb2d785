"""The command line: quick help, exit codes, summaries, JSON, progress, no traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial

import pytest

from secretome import simulate
from secretome.cli import COMMANDS
from secretome.cli import run as command
from secretome.pipeline import COMPUTED, STAGES


def test_bare_secretome_prints_the_pipeline_in_order(capsys):
    assert command([]) == 0
    text = capsys.readouterr().out
    positions = [text.index(f"  {stage}") for stage in (stage.name for stage in STAGES)]
    assert positions == sorted(positions)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(name, capsys):
    assert command([name, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_help_imports_no_heavy_library():
    code = (
        "import sys; from secretome.cli import run; run(['--help']);"
        "heavy = {'pandas', 'numpy', 'anndata', 'scipy', 'altair'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_an_unknown_command_is_a_usage_error(capsys):
    assert command(["rum"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_check_lists_notes_and_leaves_with_zero(small_lab, capsys):
    assert command(["check", str(small_lab.write())]) == 0
    captured = capsys.readouterr()
    assert "0 problems" in captured.out
    assert "note: Not reported" in captured.err


def test_check_prints_json_when_asked(small_lab, capsys):
    small_lab.sheet.loc[0, "sample"] = ""
    assert command(["check", str(small_lab.write()), "--json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert facts["problems"][0]["row"] == 2
    assert facts["problems"][0]["column"] == "sample"


def test_run_makes_a_dossier_and_one_line(small_lab, capsys, tmp_path):
    out = tmp_path / "dossier"
    progress = tmp_path / "progress.jsonl"
    assert command(["run", str(small_lab.write()), "-o", str(out), "--progress", str(progress)]) == 0
    captured = capsys.readouterr()
    assert len(captured.out.strip().splitlines()) == 1
    assert captured.err == ""
    for name in (
        "index.html",
        "dossier.json",
        "study.h5mu",
        "methods.md",
        "references.bib",
        "ro-crate-metadata.json",
        "study.toml",
    ):
        assert (out / name).stat().st_size > 0, name
    stages = [json.loads(line)["stage"] for line in progress.read_text().splitlines()]
    assert list(dict.fromkeys(stages)) == ["read", *COMPUTED, "report"]
    assert (out / "study.toml").read_text() == small_lab.toml
    assert (tmp_path / "dossier.cache").is_dir()


def test_run_prints_json_when_asked(small_lab, capsys, tmp_path):
    assert command(["run", str(small_lab.write()), "-o", str(tmp_path / "d"), "--no-cache", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert set(facts["verdicts"]) == set(facts["answers"])
    assert not (tmp_path / "d.cache").exists()


def test_report_makes_the_page_again(small_lab, capsys, tmp_path):
    out = tmp_path / "dossier"
    command(["run", str(small_lab.write()), "-o", str(out)])
    before = (out / "index.html").read_bytes()
    (out / "index.html").unlink()
    assert command(["report", str(out)]) == 0
    assert (out / "index.html").read_bytes() == before


def test_a_folder_that_is_no_dossier_is_never_replaced(small_lab, capsys, tmp_path):
    out = tmp_path / "thesis"
    out.mkdir()
    (out / "chapter1.txt").write_text("years of work")
    assert command(["run", str(small_lab.write()), "-o", str(out)]) == 1
    assert (out / "chapter1.txt").read_text() == "years of work"
    assert command(["report", str(out)]) == 1


def test_demo_says_that_it_is_simulated_and_what_was_recovered(capsys, tmp_path, monkeypatch):
    """With a laboratory of two tissues; tests/slow/test_demo.py asks the same of the whole one."""
    small = simulate.Recipe(tissues=("adipose", "bone marrow"), shared_donors=(), perinatal=(), donors_per_tissue=3,
                            contrasts=(("bone marrow", "adipose"),))  # fmt: skip
    monkeypatch.setattr(simulate, "laboratory", partial(simulate.laboratory, small))
    out = tmp_path / "demo"
    assert command(["demo", "-o", str(out)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("SIMULATED data")
    assert "SIMULATED" in (out / "index.html").read_text()
    assert (tmp_path / "demo.study" / "study.toml").exists()
    assert (out / "tables" / "simulate.recovery.recovery.csv").exists()


def test_demo_real_from_a_wrong_folder_names_the_files(capsys, tmp_path):
    assert command(["demo", "--real", "--from", str(tmp_path)]) == 3
    assert "fact_secr.xlsx" in capsys.readouterr().err
