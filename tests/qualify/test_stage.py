"""The stage in a run: results of the assays that a study has, nothing without them, faults found by check."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from secretome import report
from secretome.dossier import load_study, save_study
from secretome.errors import InvalidInput
from secretome.pipeline import check, run
from secretome.study_toml import read_plan

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
ASSAYS = """
[[assay]]
name = "tube"
kind = "activity"
file = "tube.csv"
[[assay]]
name = "minus 20"
kind = "stability"
file = "stability.csv"
[qualify]
reference = "ref"
"""


@pytest.fixture
def lab(small_lab):
    small_lab.toml += ASSAYS
    small_lab.write()
    wells = pd.read_csv(GOLDEN / "curves_simulated_assay.csv").rename(
        columns={"prep": "preparation", "y": "response"}
    )
    wells.to_csv(small_lab.folder / "tube.csv", index=False)
    rng = np.random.default_rng(1)
    month = np.tile([0, 3, 6, 9, 12], 3)
    series = pd.DataFrame(
        {"lot": np.repeat(list("ABC"), 5), "time": month, "value": 100 - 0.3 * month + rng.normal(0, 0.3, 15)}
    )
    series.assign(attribute="VEGFA", lower=90).to_csv(small_lab.folder / "stability.csv", index=False)
    return small_lab


def test_each_assay_becomes_a_result_with_its_trail(lab, tmp_path):
    dossier = run(read_plan(lab.folder), cache=tmp_path / "cache")
    potency = dossier.result("qualify.potency_tube")
    stability = dossier.result("qualify.stability_minus 20")
    assert potency.verdict == "cannot be judged"
    assert potency.tables["summary"]["percent"].iloc[0] == pytest.approx(78.46, abs=0.01)
    assert "the markers, not of activity" in stability.sentence()
    assert stability.parameters["heading"].startswith("Draft test summary")
    assert len(stability.parameters["inputs_sha256"]["stability.csv"]) == 64
    again = run(read_plan(lab.folder), cache=tmp_path / "cache")
    assert again.result("qualify.potency_tube").sentence() == potency.sentence()
    report.publish(dossier, tmp_path / "dossier")
    page = (tmp_path / "dossier" / "index.html").read_text()
    assert "Draft test summary: not a certificate of analysis, not a release decision" in page
    assert "nobody has signed this draft" in page
    assert "what can be said of it as a product" in page


def test_tidy_assays_survive_a_folder(lab, tmp_path):
    study = run(read_plan(lab.folder)).study
    save_study(study, tmp_path / "kept")
    kept = load_study(tmp_path / "kept")
    pd.testing.assert_frame_equal(kept.assays["tube"].tidy, study.assays["tube"].tidy)
    assert kept.assays["minus 20"].kind == "stability"


def test_a_study_without_such_assays_has_no_result(small_lab):
    dossier = run(read_plan(small_lab.write()))
    assert not [result for result in dossier.results if result.stage == "qualify"]


def test_check_finds_the_faults_of_the_tables(lab):
    table = pd.read_csv(lab.folder / "stability.csv").astype({"value": str})
    table.loc[2, "value"] = "lost"
    table.to_csv(lab.folder / "stability.csv", index=False)
    path = lab.folder / "study.toml"
    path.write_text(path.read_text().replace('reference = "ref"', 'slope_margin = ["a", "b"]'))
    problems = check(read_plan(lab.folder)).problems
    assert [p.column for p in problems] == [None, "value", None]
    assert problems[1].row == 4
    with pytest.raises(InvalidInput):
        run(read_plan(lab.folder))
    (lab.folder / "tube.csv").write_text("a,a\n1,2\n")
    assert any("2 columns are called" in str(p) for p in check(read_plan(lab.folder)).problems)


def test_what_cannot_be_estimated_is_a_result_that_says_so(lab):
    table = pd.read_csv(lab.folder / "stability.csv")
    table["value"] = 100 - table["time"] / 4
    table.to_csv(lab.folder / "stability.csv", index=False)
    path = lab.folder / "study.toml"
    path.write_text(
        path.read_text() + 'slope_margin = ["0.6", "1.7"]\nmargin_reason = "reference with itself"\n'
    )
    dossier = run(read_plan(lab.folder))
    found = dossier.result("qualify.stability_minus 20")
    assert found.verdict == "cannot be judged"
    assert "exactly on lines" in found.lacks[0]
    assert dossier.result("qualify.potency_tube").verdict is None


def test_clocks_of_one_assay_become_results_of_their_own(lab, tmp_path):
    table = pd.read_csv(lab.folder / "stability.csv")
    both = pd.concat([table.assign(clock="powder"), table.assign(clock="in use", time=table["time"] / 12)])
    both.rename(columns={"time": "Weeks"}).to_csv(lab.folder / "stability.csv", index=False)
    seen = []
    dossier = run(read_plan(lab.folder), progress=lambda *given: seen.append(given), cache=tmp_path / "cache")
    names = {result.key for result in dossier.results if result.key.startswith("qualify.stability")}
    assert names == {"qualify.stability_minus 20_powder", "qualify.stability_minus 20_in use"}
    assert "weeks" in dossier.result("qualify.stability_minus 20_powder").sentence()
    path = lab.folder / "study.toml"
    path.write_text(path.read_text() + 'time_unit = "months"\n')
    assert any("header says weeks" in str(problem) for problem in check(read_plan(lab.folder)).problems)


def test_the_stage_needs_no_one_to_watch(lab):
    from secretome import qualify
    from secretome.plan import QualifyOptions

    study = run(read_plan(lab.folder)).study
    _, found = qualify.run(study, {}, QualifyOptions(reference="ref"), seed=1, map=map)
    assert len(found) == 2
