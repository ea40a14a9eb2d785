"""The examples of docs/7-qualify.md run as they stand, and what the page names exists."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pandas as pd
import pytest

from secretome.cli import run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "7-qualify.md"


def test_the_examples_of_the_page_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    block = PAGE.read_text(encoding="utf-8").split("```console\n")[1].split("```")[0]
    lines = block.strip().splitlines()
    assert len(lines) > 20
    for line in lines:
        command, _, target = line.partition(" > ")
        code = run(shlex.split(command)[1:])
        printed = capsys.readouterr()
        assert code in {0, 1}, (line, printed.err)
        assert "Error" not in printed.err, (line, printed.err)
        if target:
            Path(target).write_text(printed.out, encoding="utf-8")
        else:
            assert printed.out.split(":")[0] in {"pass", "warn", "fail", "cannot be judged", "no verdict"}, (
                line
            )
    numbers = pd.read_csv("draft/ctd.csv")
    assert {"qualify.forms", "qualify.purity"} <= set(numbers["result"])
    assert numbers["inputs_sha256"].str.contains("forms.csv [0-9a-f]{64}|purity.csv [0-9a-f]{64}").all()
    kept = json.loads(Path("purity/results.json").read_text(encoding="utf-8"))
    assert set(numbers.loc[numbers["result"] == "qualify.purity", "result_sha256"]) == {kept[0]["sha256"]}


def test_a_folder_that_holds_no_results_is_refused(tmp_path, capsys):
    forms = tmp_path / "forms.csv"
    run(["qualify", "forms", "--template"])
    forms.write_text(capsys.readouterr().out, encoding="utf-8")
    assert run(["qualify", "forms", str(forms), "--layout", "ctd", "--with", str(tmp_path)]) == 3
    (tmp_path / "results.json").write_text(
        '[{"result": "x", "tables": 1, "parameters": 2, "sha256": "", "answer": ""}]'
    )
    assert run(["qualify", "forms", str(forms), "--layout", "ctd", "--with", str(tmp_path)]) == 3


@pytest.mark.parametrize(
    "arguments", [["stability", "rates.csv", "--kind", "arrhenius"], ["potency", "x.csv", "--column", "dose"]]
)
def test_what_is_left_out_of_a_command_is_usage(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("rates.csv", "x.csv"):
        Path(name).write_text("temperature_c,rate,state\n5,0.1,liquid\n", encoding="utf-8")
    assert run(["qualify", *arguments]) == 2
    assert "Error" in capsys.readouterr().err


def test_published_test_lines_are_printed_as_inactive_examples(capsys):
    assert run(["qualify", "specification", "--examples"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("inactive: enter a limit of your own") > 40
