"""The stage as a whole: scale, layers, history, several assays, refusals, nothing edited in place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from secretome.define import run
from secretome.errors import InvalidKnowledge, UnitMismatch
from secretome.parallel import here
from secretome.plan import DefineOptions as Options
from secretome.read import read_study
from secretome.study import Study
from secretome.study_toml import read_plan


def test_the_study_comes_back_on_log2_scale_with_its_layers(bench, media) -> None:
    study = media()
    before = study.assays["proteome"].matrix.copy()
    defined, results = bench.run(study)
    one = defined.assays["proteome"]
    assert one.scale == "log2"
    assert set(one.matrix.var["unit"]) == {"log2 intensity"}
    assert np.asarray(one.matrix.layers["intensity"]) == pytest.approx(before.X)
    assert {"contaminant_class", "contaminant_reason", "masked"} <= set(one.matrix.var.columns)
    assert {"quality", "quality_reason", "excluded"} <= set(one.matrix.obs.columns)
    assert [step.step for step in defined.history] == [
        "define.log2", "define.contaminants", "define.normalisation", "define.quality"
    ]  # fmt: skip
    assert list(results) == [
        "contaminants",
        "quality",
        "normalisation",
        "similarity",
        "detection",
        "origin",
        "leakage",
    ]
    assert (study.assays["proteome"].matrix.X == before.X).all()
    assert list(study.assays["proteome"].matrix.var.columns) == list(before.var.columns)
    assert study.history == ()


def test_every_answer_can_be_read(bench, media) -> None:
    for result in bench.run(media())[1].values():
        assert "{" not in result.sentence()
        assert result.key.startswith("define.")


def test_defining_twice_changes_no_number(bench, media) -> None:
    once, first = bench.run(media())
    twice, second = bench.run(once)
    assert np.asarray(twice.assays["proteome"].matrix.X) == pytest.approx(once.assays["proteome"].matrix.X)
    left, right = (one["quality"].tables["samples"] for one in (first, second))
    assert left["keratin_percent"].equals(right["keratin_percent"])


def test_media_and_vesicles_are_judged_apart_and_lysates_left_alone(bench, media) -> None:
    study = media()
    assay = study.assays["proteome"]
    study = study.with_assay(replace(assay, name="ev", material="vesicles"))
    study = study.with_assay(replace(assay, name="lysate", material="cell_lysate"))
    calls: list[tuple[int, int]] = []
    defined, results = run(study, {}, Options(), seed=1, map=here, progress=lambda *done: calls.append(done))
    assert calls == [(1, 2), (2, 2)]
    assert defined.assays["lysate"] is study.assays["lysate"]
    assert {defined.assays[name].scale for name in ("proteome", "ev")} == {"log2"}
    for result in results:
        assert "proteome" in result.sentence() or result.name in {"normalisation", "origin", "leakage"}
        named = [table for table in result.tables.values() if "assay" in table]
        assert all(set(table["assay"]) <= {"proteome", "ev"} for table in named)
        # the inside of the cell is cargo in a vesicle preparation: no leak is judged there
        whole = {"proteome"} if result.name == "leakage" else {"proteome", "ev"}
        assert any(set(table["assay"]) == whole for table in named)


def test_values_that_cannot_be_linear_are_refused(bench) -> None:
    with pytest.raises(UnitMismatch, match="declare scale = 'log2'"):
        bench.run(bench.study([[1.0, -2.0]]))
    with pytest.raises(UnitMismatch):
        bench.run(bench.study([[1.0, np.inf]]))


def test_a_table_that_is_already_log2_is_taken_as_it_is(bench) -> None:
    study = bench.study([[10.0, -1.0, np.nan], [11.0, 2.0, 3.0]], scale="log2")
    defined, results = bench.run(study)
    assert defined.assays["proteome"].matrix.X[0, 1] == -1.0
    assert list(results["quality"].tables["samples"]["identifications"]) == [2, 3]


def test_a_measured_zero_has_no_logarithm_and_no_warning(bench) -> None:
    defined, _ = bench.run(bench.study([[0.0, 4.0]]))
    assert np.isnan(defined.assays["proteome"].matrix.X[0, 0])


def test_an_assay_without_states_or_labels_is_still_defined(bench) -> None:
    study = bench.study([[1.0, np.nan], [2.0, 4.0]])
    data = study.assays["proteome"].matrix
    del data.layers["state"]
    data.obs = data.obs[["sample"]]
    data.var = data.var[[]]
    defined, results = bench.run(study)
    assert defined.assays["proteome"].matrix.layers["state"].tolist() == [[0, 1], [0, 0]]
    assert results["detection"].tables["proteins"]["gene"].tolist() == ["", ""]


def test_a_study_without_a_proteome_is_not_tested(bench, media) -> None:
    study: Study = replace(media(), assays={})
    defined, results = bench.run(study)
    assert defined is study
    assert results["quality"].verdict == "not tested"
    assert results["quality"].lacks


def test_a_cached_proteome_is_used_only_when_the_plan_asks_for_it(small_lab, tmp_path, monkeypatch):
    import hashlib
    import json

    from secretome import define
    from secretome.knowledge import update

    monkeypatch.setenv("SECRETOME_CACHE", str(tmp_path / "cache"))
    study = read_study(read_plan(small_lab.write())).study
    asked = Options(annotation="uniprot")
    with pytest.raises(InvalidKnowledge, match="secretome knowledge update --taxon 9606"):
        define.run(study, {}, asked, seed=1, map=here)
    (problem,) = define.problems_of("Homo sapiens", asked)
    assert "secretome knowledge update" in str(problem)
    assert "needs a taxon" in str(define.problems_of("Danio rerio", asked)[0])
    assert define.problems_of("Danio rerio", Options()) == ()
    before = define.outside(asked)
    folder = update.store() / "uniprot-9606" / "2026_04"
    folder.mkdir(parents=True)
    row = "P10000\tG0_HUMAN\tG0\t\t100\tSIGNAL 1..20\t\t\tSUBCELLULAR LOCATION: Secreted."
    raw = ("\t".join(update.COLUMNS) + "\n" + row + "\n").encode()
    (folder / "proteome.tsv").write_bytes(raw)
    facts = {"taxon": 9606, "release": "2026_04", "entries": 1, "sha256": hashlib.sha256(raw).hexdigest()}
    facts |= {"url": "https://example.org", "licence": "CC BY 4.0", "fetched": "2026-11-24T00:00:00"}
    (folder / "facts.json").write_text(json.dumps(facts))
    assert define.outside(asked) != before
    assert define.outside(Options()) == ""
    found = {}
    for options in (Options(), asked):
        _, results = define.run(study, {}, options, seed=1, map=here)
        origin = next(result for result in results if result.name == "origin")
        rows = origin.tables["proteins"].query("protein == 'P10000'")
        found[options.annotation] = rows["secreted"].iloc[0]
        named = {source.name: source.version for source in origin.sources}
        assert ("uniprot-9606" in named) == (options.annotation == "uniprot")
        assert ("release 2026_04" in origin.notes[0]) == (options.annotation == "uniprot")
    assert found["uniprot"] > found["shipped"] + 0.3
