"""The commands of qualify: exit codes, JSON, templates, files, the log."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from secretome.cli import run
from secretome.qualify import LAYOUTS

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
COMMANDS = ("potency", "matrix", "stability", "comparability", "specification", "control", "purity", "forms")
HEADING = "Draft test summary: not a certificate of analysis, not a release decision"


@pytest.fixture
def assay(tmp_path):
    path = tmp_path / "assay.csv"
    path.write_bytes((GOLDEN / "curves_simulated_assay.csv").read_bytes())
    return [
        "qualify",
        "potency",
        str(path),
        "--column",
        "preparation=prep",
        "--column",
        "response=y",
        "--reference",
        "ref",
    ]


@pytest.fixture
def stability(tmp_path):
    path = tmp_path / "stability.csv"
    rows = [
        (lot, m, 100 - 0.2 * m + 0.1 * ((5 * i + m * m) % 7 - 3))
        for i, lot in enumerate("ABC")
        for m in (0, 3, 6, 9, 12, 18)
    ]
    pd.DataFrame(rows, columns=["Batch", "Month", "Potency"]).to_csv(path, index=False)
    return [
        "qualify",
        "stability",
        str(path),
        "--column",
        "lot=Batch",
        "--column",
        "time=Month",
        "--column",
        "value=Potency",
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_prints_its_template(command, capsys):
    assert run(["qualify", command, "--template"]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[0].count(",") >= 1
    assert "required" in printed.err


@pytest.mark.parametrize(("command", "kind"), [("potency", "validation"), ("specification", "limits")])
def test_other_kinds_have_their_own_template(command, kind, capsys):
    assert run(["qualify", command, "--kind", kind, "--template"]) == 0
    assert capsys.readouterr().out == LAYOUTS[kind].template()


def test_exit_codes_follow_what_the_data_say(assay, capsys):
    margin = ["--slope-margin", "0.6", "1.7", "--margin-reason", "reference with itself"]
    limits = ["--limits-reason", "clinical lots", "--limits"]
    assert run(assay) == 1
    assert run([*assay, *margin, *limits, "70", "130"]) == 0
    assert run([*assay, *margin, *limits, "90", "130"]) == 1
    assert run(["qualify", "potency"]) == 2
    assert run(["qualify", "potency", "nothing.csv", "--reference", "R"]) == 3
    assert run(assay[:3] + assay[3:-2]) == 1
    assert run([*assay, "--column", "plate"]) == 2
    printed = capsys.readouterr()
    assert HEADING in printed.err
    assert "Traceback" not in printed.err


def test_json_holds_every_table_and_the_trail(stability, capsys):
    assert run([*stability, "--lower", "95", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["heading"] == HEADING
    result = facts["results"][0]
    assert result["tables"]["attributes"][0]["model"] in {"cics", "dics", "dids"}
    assert len(result["parameters"]["inputs_sha256"]["stability.csv"]) == 64
    assert {"python", "secretome", "scipy"} <= set(result["parameters"]["versions"])
    assert result["parameters"]["pooling_alpha"] == 0.25
    assert result["parameters"]["seed"] == 1


def test_simulated_data_say_so_in_every_output(stability, tmp_path, capsys):
    assert run([*stability, "--lower", "95", "--simulated", "-o", str(tmp_path / "out")]) == 0
    assert "SIMULATED" in capsys.readouterr().err
    assert "SIMULATED" in (tmp_path / "out" / "results.json").read_text()
    assert (tmp_path / "out" / "qualify.stability.models.csv").exists()


def test_the_log_grows_by_a_line_a_run(stability, tmp_path):
    log = tmp_path / "log.jsonl"
    for _ in range(2):
        assert run([*stability, "--lower", "95", "--log", str(log)]) == 0
    first, second = (json.loads(line) for line in log.read_text().splitlines())
    assert first["result_sha256"] == second["result_sha256"]
    assert second["before"]


def test_a_limit_must_state_the_direction(stability, capsys):
    assert run(stability) == 1
    assert "they state the direction of change" in capsys.readouterr().err


def test_a_lot_without_sterility_cannot_be_judged(tmp_path, capsys):
    lines, record = tmp_path / "lines.csv", tmp_path / "record.csv"
    lines.write_text(
        "line,result,lower,upper,method,justification\npotency: IDO,104,70,130,SOP 12,clinical lots\n",
        encoding="utf-8",
    )
    record.write_text("field,value\nload,equal_volume\n", encoding="utf-8")
    assert run(["qualify", "specification", str(lines), "--record", str(record)]) == 1
    printed = capsys.readouterr()
    assert printed.out.startswith("cannot be judged")
    assert "sterility: required, and not in the file" in printed.err
    record.write_text("name,value\nload,x\n", encoding="utf-8")
    assert run(["qualify", "specification", str(lines), "--record", str(record)]) == 1


def test_endotoxin_without_a_dose_is_refused(tmp_path, capsys):
    lines = tmp_path / "lines.csv"
    lines.write_text(
        "line,result,k_eu_kg_h,k_route,route\nendotoxin,0.1,5,intravenous,intravenous\n", encoding="utf-8"
    )
    assert run(["qualify", "specification", str(lines)]) == 1
    assert "the dose (mL per kg and hour) is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "layout", "options"),
    [
        (["potency", "--kind", "validation"], "validation", []),
        (["matrix"], "matrix", ["--permutations", "99"]),
        (
            ["comparability"],
            "comparability",
            ["--test", "B", "--reference", "A", "--margin", "0.8", "1.25", "--reason", "r"],
        ),
        (["specification", "--kind", "limits"], "limits", ["--lower", "80"]),
        (["control"], "control", []),
        (["purity"], "purity", []),
        (["forms"], "forms", ["--layout", "ctd"]),
    ],
)
def test_each_command_runs_on_a_small_file_of_its_layout(command, layout, options, tmp_path, capsys):
    path = tmp_path / f"{layout}.csv"
    _small(layout).to_csv(path, index=False)
    assert run(["qualify", *command, str(path), *options]) in {0, 1}
    assert run(["qualify", *command, str(path), *options, "--json"]) in {0, 1}
    text = capsys.readouterr()
    assert "fault of secretome" not in text.err
    assert json.loads(text.out[text.out.index("{\n") :])["results"]


def _small(layout):
    if layout == "validation":
        rows = [
            (lv, lv * f, r)
            for lv in (50, 75, 100, 150)
            for r, fs in (("1", (1, 1.05)), ("2", (0.95, 1)))
            for f in fs
        ]
        return pd.DataFrame(rows, columns=["level", "value", "run"])
    if layout == "matrix":
        rows = [
            (f"L{i}", f"D{i}", m, k, v)
            for i in range(7)
            for m, k, v in (("VEGFA", "factor", 2.0**i), ("tubes", "activity", i + i % 2))
        ]
        return pd.DataFrame(rows, columns=["lot", "donor", "measure", "kind", "value"])
    if layout == "comparability":
        return pd.DataFrame(
            {
                "group": list("AAAABBBB"),
                "unit": list("12345678"),
                "value": [99, 101, 100, 102, 100, 98, 101, 103],
            }
        )
    if layout == "limits":
        return pd.DataFrame({"lot": list("abcd"), "donor": list("ABCD"), "value": [98, 101, 100, 103]})
    if layout == "control":
        return pd.DataFrame({"sample": range(8), "value": [10, 10.2, 9.9, 10.1, 9.8, 10, 10.1, 12]})
    header, *rows = [line.split(",") for line in LAYOUTS[layout].template().splitlines()]
    return pd.DataFrame(rows, columns=header)
