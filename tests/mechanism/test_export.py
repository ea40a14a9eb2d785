"""The models as SBML: valid, the same in two simulators, and the same as the arrays."""

from __future__ import annotations

import locale

import numpy as np
import pytest

from secretome.cli import run as command
from secretome.errors import MissingExtra
from secretome.mechanism import ensemble, export
from secretome.mechanism.facts import clamps, parse_condition
from secretome.mechanism.members import draw_parameters
from secretome.mechanism.network import MODELS, model
from secretome.mechanism.population import at_rest
from secretome.stats.logic import Parameters, steady_state

libsbml = pytest.importorskip("libsbml")
pytest.importorskip("antimony")
pytest.importorskip("roadrunner")

CONDITIONS = {"clearance": "AC=1;LPS=0.5;PGE2=0.9", "follicle": "VEGF=0.9;IGF1=0.8;DHT=0.5"}


@pytest.fixture(scope="module", params=MODELS)
def engine(request):
    return ensemble.Engine(model(request.param))


def test_libsbml_finds_no_error_and_the_level_is_3_version_2(engine):
    text = export.sbml(engine.model)
    document = libsbml.readSBMLFromString(text)
    assert (document.getLevel(), document.getVersion()) == (3, 2)
    assert export.errors(document) == []
    kinds = {rule.getElementName() for rule in document.getModel().getListOfRules()}
    assert kinds == {"rateRule", "assignmentRule"}


def test_copasi_gives_the_values_of_libroadrunner(engine, tmp_path):
    before = locale.setlocale(locale.LC_ALL)
    basico = pytest.importorskip("basico")
    # COPASI sets the locale of the whole process; other tests read files in it
    locale.setlocale(locale.LC_ALL, before)
    known = engine.model
    condition = clamps(parse_condition(CONDITIONS[known.name], known), known)
    course = engine.course(condition, end=40, points=9)
    path = tmp_path / "model.xml"
    path.write_text(export.sbml(known))
    data = basico.load_model(str(path))
    try:
        for at, node in enumerate(known.nodes):
            if not np.isnan(condition[at]):
                basico.set_parameters(f"held_{node.name}", initial_value=1.0, exact=True, model=data)
                basico.set_parameters(node.name, initial_value=float(condition[at]), exact=True, model=data)
        found = basico.run_time_course(0, 40, 8, use_numbers=True, r_tol=1e-10, a_tol=1e-12, max_steps=1_000_000, model=data)  # fmt: skip
    finally:
        basico.remove_datamodel(data)
    names = [name for name in course.columns if name != "time"]
    columns = {name.removeprefix("Values[").removesuffix("]"): name for name in found.columns}
    theirs = found[[columns[name] for name in names]].to_numpy()
    assert np.abs(theirs - course[names].to_numpy()).max() <= 1e-6


def test_steady_states_on_arrays_are_those_of_a_long_simulation(engine):
    known = engine.model
    first = {name: options[0] for name, options in known.conflicts.items()}
    drawn = draw_parameters(known, 4, seed=7)
    numbers = Parameters(
        drawn.weight, drawn.half_point, drawn.hill, drawn.basal, known.parameters({}, first).present
    )
    condition = clamps(parse_condition(CONDITIONS[known.name], known), known)
    rest = steady_state(known.wiring, numbers, np.repeat(condition[:, None], 4, axis=1))
    cells = at_rest(known, rest.level)
    assert rest.settled.all()
    taus = np.random.default_rng(3).uniform(0.3, 3, len(known.nodes))
    for member in range(4):
        last = engine.course(condition, parameters=numbers, member=member, end=6000, taus=taus).iloc[-1]
        assert last[[node.name for node in known.nodes]].to_numpy() == pytest.approx(
            rest.level[:, member], abs=1e-6
        )
        for name, value in cells.items():
            assert last[name] == pytest.approx(value[member], abs=2e-4), name


def test_the_command_writes_sbml_and_antimony(tmp_path, capsys):
    target = tmp_path / "model.xml"
    assert command(["mechanism", "export", "follicle", "-o", str(target), "--context", "phase=telogen"]) == 0
    assert "sbml" in target.read_text()[:200]
    assert command(["mechanism", "export", "clearance", "-o", str(tmp_path / "model.ant")]) == 0
    assert (tmp_path / "model.ant").read_text().startswith("model clearance")
    assert command(["mechanism", "export", "follicle", "-o", str(target), "--context", "phase=winter"]) == 1
    assert "winter" in capsys.readouterr().err


def test_without_the_libraries_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "antimony", None)
    with pytest.raises(MissingExtra, match=r"secretome\[mechanism\]"):
        export.sbml(model("follicle"))
    monkeypatch.setitem(__import__("sys").modules, "roadrunner", None)
    with pytest.raises(MissingExtra, match=r"secretome\[mechanism\]"):
        ensemble._roadrunner()
