"""Experiments in the computer: knock out, neutralise, add, a dose series, on the media of a dossier or a file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from secretome import dossier
from secretome.errors import InvalidModel, near_misses
from secretome.parallel import Progress, processes
from secretome.results import Result

from .facts import parse_condition
from .inputs import Inputs, brought, check_dilution, diluted
from .levels import read_levels
from .media import from_study
from .network import Model, model
from .outcomes import result_of
from .scenarios import SCENARIOS
from .sensitivity import sensitivity

DOSES = (0.0, 0.25, 0.5, 0.75, 1.0)
COMPARATOR = "The comparator stands beside the media in the same dish of the model; the two are never a ratio of benefit."


def simulate(
    name: str, *, study: Path | None = None, levels: Path | None = None, group_by: str = "", knock_out: Sequence[str] = (),
    neutralise: Sequence[str] = (), add: Sequence[str] = (), dose: str | None = None, comparator: str | None = None,
    dilution: float | None = None, sobol: bool = False, members: int = 2000, workers: int = 1, seed: int,
    progress: Progress | None = None,
) -> Result:  # fmt: skip
    """The result of one model under an experiment.

    Parameters
    ----------
    name
        `clearance` or `follicle`.
    study, levels
        A dossier folder, or a file of levels: one of the two.
    group_by
        Column of the sample table of the study.
    knock_out, neutralise, add
        Nodes held at 0, factors taken out of every medium, `NODE=level`.
    dose
        Node that goes through 0, 0.25, 0.5, 0.75 and 1; a table `doses` is added.
    comparator
        `NODE=level`, for example Minoxidil=1: a table `comparator` sets the outcomes with it beside those without.
    dilution
        How many times the medium is diluted at the receiving cells; concentrations are divided by it.
    sobol
        Whether a table `sensitivity` says which factor the doubt comes from.
    members, workers, seed, progress
        Of the ensemble.

    Raises
    ------
    SecretomeError
        What is wrong with the files, names or levels.
    """
    network = model(name)
    inputs = _inputs(network, study, levels, group_by, dilution)
    held = _held(network, knock_out, neutralise, add)
    spread = processes(workers)
    result = result_of(network, inputs, members=members, seed=seed, map=spread, progress=progress, held=held)
    tables = dict(result.tables)
    notes = result.notes

    def again(more: Mapping[str, float]) -> pd.DataFrame:
        one = result_of(network, inputs, members=members, seed=seed, map=spread, held={**held, **more})
        return one.tables.get("outcomes", pd.DataFrame())

    if dose is not None:
        node = network.node(dose)
        tables["doses"] = pd.concat(
            [again({node: level}).assign(node=node, dose=level) for level in DOSES], ignore_index=True
        )
    if comparator is not None:
        more = _levels(network, "--comparator", comparator)
        sides = [again({}).assign(comparator="without"), again(more).assign(comparator=comparator)]
        tables["comparator"] = pd.concat(sides, ignore_index=True)
        notes = (*notes, COMPARATOR)
    if sobol and inputs.measured:
        scenario = SCENARIOS[network.name]
        tables["sensitivity"] = sensitivity(
            network, inputs, scenario, seed=seed, map=spread, held=held, progress=progress
        )
    return replace(result, tables=tables, notes=notes)


def _held(
    network: Model, knock_out: Sequence[str], neutralise: Sequence[str], add: Sequence[str]
) -> dict[str, float]:
    held = {network.node(word): 0.0 for word in knock_out}
    held |= {_factor(network, word): 0.0 for word in neutralise}
    for word in add:
        held |= _levels(network, "--add", word)
    return held


def _levels(network: Model, option: str, word: str) -> dict[str, float]:
    condition = parse_condition(word, network)
    if not condition.levels:
        raise InvalidModel(f"{option} {word!r}: a node and its level was expected, for example Minoxidil=1")
    return dict(condition.levels)


def as_json(result: Result) -> dict[str, object]:
    """A result as plain data: outcomes, drivers, assays, notes and what is lacking."""
    tables = {
        name: json.loads(table.to_json(orient="records"))
        for name, table in result.tables.items()
        if name != "edges"
    }
    return {
        "model": result.name,
        "answer": result.sentence(),
        "verdict": result.verdict,
        **tables,
        "parameters": dict(result.parameters),
        "notes": list(result.notes),
        "lacks": list(result.lacks),
    }


def _inputs(
    network: Model, study: Path | None, levels: Path | None, group_by: str, dilution: float | None
) -> Inputs:
    times = 0.0 if dilution is None else check_dilution(dilution)
    if levels is not None:
        given = read_levels(levels, network)
        return diluted(given, times) if times else given
    if study is None:
        raise InvalidModel("nothing to simulate: give a dossier or a file of levels")
    found = dossier.load(study)
    earlier = {result.key: result for result in found.results}
    return from_study(network, found.study, earlier, group_by=group_by, dilution=times)


def _factor(network: Model, word: str) -> str:
    name = network.node(word)
    if name not in brought(network):
        raise InvalidModel(
            f"--neutralise {word!r}: no factor that a medium brings{near_misses(word, brought(network))}"
        )
    return name
