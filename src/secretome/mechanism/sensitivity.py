"""Sobol indices: from which factor, and how much from the network itself, the doubt about an outcome comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.parallel import Map, Progress, here
from secretome.stats.sensitivity import sobol

from .compare import Job, against_others, with_context
from .inputs import Draws, Inputs, standard_draws
from .members import draw_parameters
from .network import Model
from .scenarios import Scenario

Array = NDArray[np.float64]
MEMBERS = 500
NETWORK = "(the network itself)"
_COLUMNS = ["outcome", "factor", "kind", "first_order", "total_effect"]


def sensitivity(
    model: Model, inputs: Inputs, scenario: Scenario, *, seed: int, members: int = MEMBERS, map: Map = here,  # noqa: A002
    progress: Progress | None = None, held: Mapping[str, float] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Share of the spread of each outcome that each factor explains, alone and with all others.

    Parameters
    ----------
    model, inputs, scenario, seed, map, held
        As in `compare`.
    members
        Size of each of the designs; k factors take k + 3 of them.
    progress
        Called with designs done and in all.

    Returns
    -------
    A row per outcome and factor: `kind` (absolute, relative, not measured), `first_order`, `total_effect`,
    means over the media; one row for the shape of the network (edges, basal activities, conflicts). Where
    there are several media the outcome is the difference from the mean of the others.

    Examples
    --------
    >>> from secretome.mechanism.network import model
    >>> from secretome.mechanism.scenarios import SCENARIOS
    >>> found = sensitivity(model("follicle"), Inputs("follicle", ("a",), ()), SCENARIOS["follicle"], seed=1, members=20)
    >>> sorted(set(found["factor"]))
    ['(the network itself)']
    """
    seeds = np.random.SeedSequence([seed, 11]).spawn(4)
    one, two = (
        with_context(model, draw_parameters(model, members, seed=np.random.default_rng(part)), scenario)
        for part in seeds[:2]
    )
    first, second = (standard_draws(inputs, members, seed=part) for part in seeds[2:])
    job = Job(model, inputs, scenario, one, held or {}, map, None)
    designs = [
        (job, first),
        (replace(job, parameters=two), second),
        (replace(job, parameters=two), first),
        *((job, _swapped(first, second, at)) for at in range(len(inputs.factors))),
    ]
    found = []
    for done, (work, draws) in enumerate(designs, start=1):
        found.append(against_others(work.run(draws)))
        if progress is not None:
            progress(done, len(designs))
    alone, total = (part.mean(axis=-1) for part in sobol(found[0], found[1], np.stack(found[2:])))
    names = [(NETWORK, ""), *((factor.node, factor.kind) for factor in inputs.factors)]
    rows = [
        (outcome, name, kind, float(alone[k, at]), float(total[k, at]))
        for at, outcome in enumerate(scenario.outcomes)
        for k, (name, kind) in enumerate(names)
    ]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    return table.sort_values(
        ["outcome", "total_effect", "factor"], ascending=[True, False, True], ignore_index=True
    )


def _swapped(first: Draws, second: Draws, at: int) -> Draws:
    """The first draws with every doubt about one factor taken from the second."""
    parts = []
    for mine, other in (
        (first.measured, second.measured),
        (first.unmeasured, second.unmeasured),
        (first.place, second.place),
    ):
        part = mine.copy()
        part[at] = other[at]
        parts.append(part)
    return Draws(*parts)
