"""The run from files to dossier: contract, step cache, same bytes, whatever the order and the workers."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from secretome import pipeline
from secretome.dossier import load, save
from secretome.errors import SecretomeError
from secretome.parallel import processes
from secretome.study_toml import read_plan


def _tables(dossier, folder):
    folder.mkdir()
    save(dossier, folder)
    return {path.name: path.read_bytes() for path in sorted((folder / "tables").glob("*.csv"))}


@pytest.fixture(scope="module")
def made(make_small_lab, tmp_path_factory):
    """The small laboratory run once as it is, and what was told of the progress."""
    told = []
    dossier = pipeline.run(
        read_plan(make_small_lab(tmp_path_factory.mktemp("once") / "lab").write()),
        progress=lambda stage, done, total: told.append((stage, done, total)),
    )
    return dossier, told


def test_every_stage_makes_its_results_in_order(made):
    dossier, _ = made
    stages = [result.stage for result in dossier.results]
    assert [stage for stage in ("read", *pipeline.COMPUTED) if stage in stages] == list(dict.fromkeys(stages))
    assert dossier.study.history[0].step == "read"
    assert set(dossier.inputs) == {"combined_protein.tsv", "samples.tsv"}
    for result in dossier.results:
        assert result.sentence()
        assert "{" not in result.sentence()


def test_a_dossier_survives_the_disk(made, tmp_path):
    dossier, _ = made
    (tmp_path / "kept").mkdir()
    save(dossier, tmp_path / "kept")
    again = load(tmp_path / "kept")
    assert [result.key for result in again.results] == [result.key for result in dossier.results]
    for first, second in zip(dossier.results, again.results, strict=True):
        assert first.sentence() == second.sentence()
        for name, table in first.tables.items():
            pd.testing.assert_frame_equal(
                table, second.tables[name], check_dtype=False, check_index_type=False, check_column_type=False
            )
    pd.testing.assert_frame_equal(dossier.study.samples, again.study.samples, check_dtype=False)


def test_a_second_run_does_again_only_what_changed(small_lab, tmp_path, monkeypatch):
    plan_file = small_lab.write()
    done: list[str] = []
    compute = pipeline._compute
    monkeypatch.setattr(
        pipeline, "_compute", lambda name, *a, **k: (done.append(name), compute(name, *a, **k))[1]
    )
    first = pipeline.run(read_plan(plan_file), cache=tmp_path / "cache")
    assert tuple(done) == pipeline.COMPUTED
    done.clear()
    second = pipeline.run(read_plan(plan_file), cache=tmp_path / "cache")
    assert done == []
    assert _tables(first, tmp_path / "a") == _tables(second, tmp_path / "b")
    plan_file.write_text(plan_file.read_text() + "\n[vary]\nrobust = false\n")
    pipeline.run(read_plan(plan_file), cache=tmp_path / "cache")
    assert tuple(done) == pipeline.COMPUTED[pipeline.COMPUTED.index("vary") :]
    done.clear()
    table = small_lab.folder / "combined_protein.tsv"
    table.write_text(table.read_text().replace("invented", "changed"))
    pipeline.run(read_plan(plan_file), cache=tmp_path / "cache")
    assert tuple(done) == pipeline.COMPUTED


def test_only_runs_what_the_stage_stands_on(small_lab):
    dossier = pipeline.run(read_plan(small_lab.write()), only="define")
    assert {result.stage for result in dossier.results} == {"read", "define"}
    with pytest.raises(SecretomeError, match="stages are define, vary"):
        pipeline.run(read_plan(small_lab.folder), only="vari")


def test_workers_and_column_order_change_no_byte_of_a_table(made, small_lab, tmp_path):
    first = _tables(made[0], tmp_path / "a")
    second = _tables(pipeline.run(read_plan(small_lab.write()), map=processes(2)), tmp_path / "b")
    assert first == second


def test_another_locale_changes_no_byte_of_a_table(small_lab, tmp_path):
    plan_file = small_lab.write()
    code = (
        "import sys; from pathlib import Path; from secretome import pipeline; from secretome.study_toml import read_plan;"
        "from secretome.dossier import save; out = Path(sys.argv[2]); out.mkdir();"
        "save(pipeline.run(read_plan(Path(sys.argv[1]))), out)"
    )
    digests = []
    for number, name in enumerate(("C", "C.UTF-8")):
        out = tmp_path / f"out{number}"
        environment = {**_environment(), "LC_ALL": name, "PYTHONHASHSEED": str(number)}
        subprocess.run([sys.executable, "-c", code, str(plan_file), str(out)], check=True, env=environment)
        digests.append({path.name: path.read_bytes() for path in (out / "tables").glob("*.csv")})
    assert digests[0] == digests[1]


def _environment() -> dict[str, str]:
    import os

    return dict(os.environ)


def test_progress_names_every_stage(made):
    _, told = made
    assert list(dict.fromkeys(stage for stage, _, _ in told)) == ["read", *pipeline.COMPUTED]
    assert all(done <= total for _, done, total in told)


def test_a_study_without_design_or_donors_still_gets_its_dossier(small_lab, tmp_path):
    """Twelve flasks of whoever: quality, potential and the page are made, comparisons say what they lack."""
    from secretome import report

    small_lab.toml = small_lab.toml.split("[design]")[0]
    small_lab.sheet = small_lab.sheet[["sample", "tissue"]]
    dossier = pipeline.run(read_plan(small_lab.write()))
    folder = report.publish(dossier, tmp_path / "dossier")
    assert dossier.result("vary.contrasts").verdict == "not tested"
    assert "comparisons need" in (folder / "index.html").read_text().lower()


def test_one_donor_describes_this_donor(small_lab, tmp_path):
    from secretome import report

    small_lab.sheet["donor"] = "D1"
    dossier = pipeline.run(read_plan(small_lab.write()))
    report.publish(dossier, tmp_path / "dossier")
    assert dossier.result("vary.contrasts").verdict == "not tested"
    assert "this donor, not donors" in " ".join(dossier.result("vary.design").notes)
