"""Immunoassay and particles beside a proteome or alone: new, check, run, and the page."""

from __future__ import annotations

import pandas as pd
import pytest

from secretome import pipeline, report, simulate
from secretome.cli import run as command
from secretome.read import draft, read_study
from secretome.simulate import Recipe
from secretome.study_toml import read_plan


@pytest.fixture(scope="module")
def laboratory():
    small = Recipe(tissues=("adipose", "bone marrow"), shared_donors=(), perinatal=(), donors_per_tissue=3,
                   contrasts=(("bone marrow", "adipose"),))  # fmt: skip
    return simulate.laboratory(small, seed=5)


@pytest.fixture(scope="module")
def dossier(laboratory, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    simulate.write(laboratory, folder)
    return pipeline.run(read_plan(folder), only="define")


def test_the_study_of_the_demo_names_panel_and_particles(laboratory):
    for name in ("panel", "particles"):
        assert f'name = "{name}"' in laboratory.plans["study.toml"]


def test_every_file_counts_in_the_progress(laboratory, tmp_path):
    simulate.write(laboratory, tmp_path)
    told = []
    plan = read_plan(tmp_path)
    read_study(plan, progress=lambda done, total: told.append((done, total)))
    assert told == [(position, len(plan.assays)) for position in range(1, len(plan.assays) + 1)]
    assert len(plan.assays) > 1


def test_concentrations_and_particles_of_the_laboratory_are_found(laboratory, dossier):
    found = {result.key: result for result in dossier.results}
    rows = simulate.recovery(found, laboratory.truth).tables["recovery"].set_index("question")
    print(rows[["planted", "recovered"]].to_string())
    share = rows["recovered"] / rows["planted"]
    assert share["Concentrations in range within 30 % of the truth"] > 0.85
    assert share["95 % intervals that hold the true concentration"] > 0.9
    assert share["Concentrations below the detection limit that got no number in range"] > 0.85
    assert share["95 % intervals that hold the true particle count"] > 0.8


def test_amounts_are_an_assay_that_survives_saving(laboratory, dossier):
    data = dossier.study.assays["amounts"].matrix
    assert data.var.loc["IL6:total", "unit"] == "pg/mL"
    assert data.layers["pg_per_million_cells"].shape == data.shape == (12, 12)


def test_the_page_shows_curves_bands_and_lists(dossier, tmp_path):
    report.publish(dossier, tmp_path / "out")
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    for words in (
        "Standard curve of VEGFA",
        "Amounts beside the levels that others reported",
        "list after MISEV",
    ):
        assert words in page
    table = pd.read_csv(tmp_path / "out" / "tables" / "define.immunoassay.curves.csv")
    assert {"lod", "lloq", "uloq", "model", "status"} <= set(table.columns)
    assert len(page) < 5e6


def test_new_drafts_an_immunoassay_alone_and_check_accepts_it(tmp_path, capsys):
    (tmp_path / "elisa.csv").write_text(
        "sample,analyte,concentration,unit\n" + "".join(f"BM_{i},VEGF,{100 * i},pg/mL\n" for i in (1, 2, 3))
    )
    found = draft([tmp_path / "elisa.csv"], folder=tmp_path)
    assert found.samples == ("BM_1", "BM_2", "BM_3")
    assert found.recognised["elisa.csv"].format == "wells"
    assert 'kind = "panel"' in found.toml
    (tmp_path / "study.toml").write_text(found.toml)
    (tmp_path / "samples.tsv").write_text(found.sheet)
    assert command(["check", str(tmp_path)]) == 0
    capsys.readouterr()
    assert command(["run", str(tmp_path), "-o", str(tmp_path / "out"), "--only", "define"]) == 0
    made = pd.read_csv(tmp_path / "out" / "tables" / "define.amounts.amounts.csv")
    assert set(made["missing"]) == {"cells_at_harvest, volume_ml, hours, concentration_factor"}
    assert made["pg_per_million_cells"].isna().all()


def test_a_sample_that_the_sheet_lacks_is_a_problem(tmp_path, capsys):
    (tmp_path / "elisa.csv").write_text(
        "sample,analyte,concentration,unit\nBM_1,VEGF,1,pg/mL\nBM_9,VEGF,2,pg/mL\n"
    )
    (tmp_path / "samples.tsv").write_text("sample\tdonor\nBM_1\t1\n")
    (tmp_path / "study.toml").write_text(
        '[study]\ntitle = "x"\n[samples]\nfile = "samples.tsv"\n[[assay]]\nname = "elisa"\nkind = "panel"\nfile = "elisa.csv"\n'
    )
    assert command(["check", str(tmp_path)]) == 1
    assert "BM_9" in capsys.readouterr().err


def test_a_negative_volume_is_said_and_the_rest_still_works(tmp_path, capsys):
    (tmp_path / "elisa.csv").write_text(
        "sample,analyte,concentration,unit\nBM_1,VEGF,5,pg/mL\nBM_2,VEGF,2,pg/mL\n"
    )
    (tmp_path / "samples.tsv").write_text(
        "sample\tdonor\tvolume_ml\tcells_at_harvest\thours\tconcentration_factor\nBM_1\t1\t-5\t1e6\t48\t1\nBM_2\t2\t10\t1e6\t48\t1\n"
    )
    (tmp_path / "study.toml").write_text(
        '[study]\ntitle = "x"\n[samples]\nfile = "samples.tsv"\n[[assay]]\nname = "elisa"\nkind = "panel"\nfile = "elisa.csv"\n'
    )
    assert command(["check", str(tmp_path)]) == 0
    assert "-5 is no number of mL" in capsys.readouterr().err
    assert command(["run", str(tmp_path), "-o", str(tmp_path / "out"), "--only", "define"]) == 0
    made = pd.read_csv(tmp_path / "out" / "tables" / "define.amounts.amounts.csv").set_index("sample")
    assert made.loc["BM_1", "missing"] == "volume_ml"
    assert made.loc["BM_2", "pg_per_million_cells"] == pytest.approx(20)
