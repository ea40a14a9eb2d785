"""Calibration on sizes of effects: planted truth, prior beside posterior; PEtab and COMBINE files."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from secretome.cli import run as command
from secretome.knowledge import table
from secretome.mechanism import calibration, exchange
from secretome.mechanism.calibration import calibrate
from secretome.mechanism.network import model


def test_a_planted_ratio_is_found_and_narrows_the_posterior(monkeypatch):
    loaded = table("quantitative_facts")
    rows = loaded.frame[loaded.frame["id"].isin(["Q1_003", "Q1_004"])].copy()
    rows["ratio"], rows["log10_sd"] = [2.0, 1.6], 0.02
    monkeypatch.setattr(calibration, "table", lambda _name: replace(loaded, frame=rows))
    found = calibrate(model("clearance"), seed=1, draws=600).facts.set_index("role")
    mine = found.loc["calibrated"]
    assert mine["posterior_median"] == pytest.approx(2.0, rel=0.05)
    prior, posterior = (mine[f"{n}_upper_90"] - mine[f"{n}_lower_90"] for n in ("prior", "posterior"))
    assert posterior < 0.5 * prior
    assert mine["inside_posterior"]


def test_the_command_shows_prior_and_posterior_and_what_was_held_back(capsys, tmp_path):
    assert (
        command(["mechanism", "calibrate", "follicle", "--draws", "500", "--json", "-o", str(tmp_path)]) == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert {row["role"] for row in found["facts"]} == {"calibrated", "held back"}
    assert found["kept"] == 10
    assert 0 <= found["held_back_inside_posterior"] <= 1
    assert all(row["prior_lower_90"] < row["prior_upper_90"] for row in found["facts"])
    assert (tmp_path / "facts.csv").exists()


def test_the_same_seed_calibrates_alike_and_halves_differ():
    one, two, other = (calibrate(model("clearance"), seed=2, half=h, draws=200).facts for h in (0, 0, 1))
    assert one.equals(two)
    assert (one["role"] != other["role"]).all()


@pytest.mark.parametrize("name", ["clearance", "follicle"])
def test_petab_finds_no_fault_in_the_problem(name, tmp_path):
    pytest.importorskip("antimony")
    lint = pytest.importorskip("petab.v1")
    exchange.write_folder(model(name), tmp_path)
    problem = lint.Problem.from_yaml(str(tmp_path / "problem.yaml"))
    assert not lint.lint_problem(problem)
    assert np.isclose(problem.measurement_df["measurement"].iloc[0], 1.0)


def test_the_archive_holds_the_model_its_problem_and_a_manifest_and_is_the_same_each_time(tmp_path):
    pytest.importorskip("antimony")
    for name in ("a.omex", "b.omex"):
        assert command(["mechanism", "export", "clearance", "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / "a.omex").read_bytes() == (tmp_path / "b.omex").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.omex") as archive:
        names = set(archive.namelist())
        manifest = archive.read("manifest.xml").decode()
    assert {"manifest.xml", "model.xml", "problem.yaml", "parameters.tsv"} <= names
    assert all(f'location="./{name}"' in manifest for name in names)


def test_libcombine_opens_the_archive(tmp_path):
    pytest.importorskip("antimony")
    libcombine = pytest.importorskip("libcombine")
    path = tmp_path / "a.omex"
    exchange.write_archive(model("follicle"), path)
    archive = libcombine.CombineArchive()
    assert archive.initializeFromArchive(str(path))
    assert archive.getMasterFile().getLocation() == "./model.xml"
    archive.cleanUp()
