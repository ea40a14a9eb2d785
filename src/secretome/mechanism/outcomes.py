"""The results of the stage: what each medium may do in each model, against the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd

from secretome.parallel import Map
from secretome.results import Answer, Cell, Method, Result, Verdict
from secretome.study import Study

from .compare import Comparison, compare, factors_frame, fluxes
from .inputs import Inputs
from .media import from_study
from .network import Model, model
from .scenarios import SCENARIOS, SIGN_LIMITS, TOLD_TOO_LITTLE, UNMEASURED_LIMIT, Scenario

QUESTIONS: Mapping[str, str] = {
    "clearance": "How may these media act on the clearance of apoptotic cells and on immune cells?",
    "follicle": "How may these media act on papilla cells and the hair follicle in culture?",
}
DRIVERS = 3
EDGE_NOTE = (
    "Edges whose source nobody read are part of the network; the table edges marks them. "
    "How often the network goes the right way is printed by `secretome mechanism score`."
)
READING_B_MEMBERS = 500

METHODS = (
    Method(
        "Signed, cited networks were computed as normalized-Hill logic equations at steady state, over a Latin hypercube of "
        "exponents (1.1 to 3), half points (0.35 to 0.65), weights (0.6 to 1) and basal activities (0.08 to 0.25), "
        "alternative topologies where the literature disagrees, and draws of every input.",
        ("10.1186/1752-0509-4-157",),
    ),
    Method(
        "The share of the spread from inputs nobody measured is Jansen's total effect of drawing those inputs anew.",
        ("10.1016/S0010-4655(98)00154-4",),
    ),
)


def judge(
    name: str, study: Study, results: Mapping[str, Result], *, group_by: str, dilution: float = 0.0, members: int, seed: int, map: Map,  # noqa: A002
    progress: Callable[[int, int], None] | None = None,
) -> Result:  # fmt: skip
    """The result of one model for the media of a study."""
    network = model(name)
    inputs = from_study(network, study, results, group_by=group_by, dilution=dilution)
    result = result_of(network, inputs, members=members, seed=seed, map=map, progress=progress)
    told = {**result.parameters, "dilution": dilution or "as if undiluted"}
    return replace(result, parameters=told)


def result_of(
    network: Model, inputs: Inputs, *, members: int, seed: int, map: Map,  # noqa: A002
    progress: Callable[[int, int], None] | None = None, held: Mapping[str, float] | None = None,
) -> Result:  # fmt: skip
    """The result of one model for some media.

    Parameters
    ----------
    network, inputs
        The model, and what is known of the media.
    members, seed, map, progress, held
        As in `compare`.
    """
    scenario = SCENARIOS[network.name]
    if not inputs.measured or len(inputs.groups) < 1:
        return _nothing(network, inputs, scenario)
    found = compare(
        network, inputs, scenario, seed=seed, members=members, map=map, progress=progress, held=held
    )
    outcomes = _in_words(found, scenario)
    tables = {
        "outcomes": outcomes,
        "summary": _summary(outcomes, inputs, found),
        "factors": factors_frame(inputs),
        "drivers": found.drivers,
        "assays": found.assays,
        "edges": fluxes(network, inputs, scenario),
    }
    if network.name == "clearance":
        b = compare(network, inputs, SCENARIOS["clearance_b"], seed=seed, members=min(members, READING_B_MEMBERS), map=map, held=held, details=False)  # fmt: skip
        tables["reading_b"] = b.outcomes
    told = int(tables["summary"]["told"].iloc[0])
    verdict: Verdict | None = None if told else "cannot be judged"
    return Result(
        stage="mechanism",
        name=network.name,
        question=QUESTIONS[network.name],
        answer=_answer(inputs, scenario),
        verdict=verdict,
        tables={key: table for key, table in tables.items() if len(table)},
        parameters={
            "members": members,
            "seed": seed,
            "setting": scenario.title,
            "held": dict(held or {}),
            "unmeasured_share_limit": UNMEASURED_LIMIT,
            "sign_probability_limits": list(SIGN_LIMITS),
            "edges_read": sum(edge.verified for edge in network.edges),
            "edges_all": len(network.edges),
        },
        sources=(*network.sources, *inputs.sources),
        notes=(*scenario.beside, *inputs.notes, *_solver_note(found), EDGE_NOTE),
        lacks=_lacks(found, inputs),
        methods=METHODS,
    )


def _in_words(found: Comparison, scenario: Scenario) -> pd.DataFrame:
    """The outcomes with what drives each and the sentences that belong beside it."""
    table = found.outcomes.copy()
    driven = []
    for row in table.itertuples():
        names = ""
        if len(found.drivers):
            mine = found.drivers[
                (found.drivers["group"] == row.group) & (found.drivers["outcome"] == row.outcome)
            ]
            mine = mine.assign(size=mine["contribution"].abs()).sort_values(
                ["size", "factor"], ascending=[False, True]
            )
            large = mine[mine["size"] > 0.1 * max(float(mine["size"].max()), 1e-9)].head(DRIVERS)
            names = ", ".join(
                f"{factor} ({'raises' if value > 0 else 'lowers'})"
                for factor, value in zip(large["factor"], large["contribution"], strict=True)
                if abs(value) > 1e-6
            )
        driven.append(names or "nothing that was measured")
    table["driven_by"] = driven
    table["beside"] = " ".join(scenario.beside)
    return table


def _summary(outcomes: pd.DataFrame, inputs: Inputs, found: Comparison) -> pd.DataFrame:
    told = outcomes[outcomes["statement"].isin(["higher", "lower"])]
    return pd.DataFrame(
        {
            "media": [len(inputs.groups)],
            "outcomes": [outcomes["outcome"].nunique()],
            "statements": [len(outcomes)],
            "told": [len(told)],
            "factors_measured": [len(inputs.measured)],
            "factors_known": [len(inputs.factors)],
            "median_unmeasured_share_percent": [float(100 * outcomes["unmeasured_share"].median())],
            "members": [found.members],
            "members_not_settled": [found.failed],
        }
    )


def _answer(inputs: Inputs, scenario: Scenario) -> Answer:
    cells = {
        name: Cell("summary", name)
        for name in (
            "media",
            "outcomes",
            "statements",
            "told",
            "factors_measured",
            "factors_known",
            "median_unmeasured_share_percent",
        )
    }
    start = "{factors_measured} of the {factors_known} factors that a medium can bring to this model were measured. "
    if len(inputs.groups) < 2:
        return Answer(start + f"There is one medium and nothing to compare it with: no ranking. {scenario.beside[0]}", {n: cells[n] for n in ("factors_measured", "factors_known")})  # fmt: skip
    text = (
        start
        + "Of {statements} comparisons ({outcomes} outcomes, {media} media) {told} could be told from the other media; "
        f"for the others {TOLD_TOO_LITTLE}. "
        "At the median {median_unmeasured_share_percent} % of the spread comes from inputs that nobody measured. "
        + scenario.beside[0]
    )
    return Answer(text, cells)


def _nothing(network: Model, inputs: Inputs, scenario: Scenario) -> Result:
    frame = factors_frame(inputs)
    return Result(
        stage="mechanism",
        name=network.name,
        question=QUESTIONS[network.name],
        answer=Answer(
            f"No factor of this model was measured: {TOLD_TOO_LITTLE}, and there is no ranking. {scenario.beside[0]}"
        ),
        verdict="cannot be judged",
        tables={"factors": frame} if len(frame) else {},
        sources=(*network.sources, *inputs.sources),
        notes=scenario.beside,
        lacks=(f"A level of any of: {', '.join(factor.node for factor in inputs.factors)}.",),
    )


def _solver_note(found: Comparison) -> tuple[str, ...]:
    if not found.failed:
        return ()
    return (
        "Some members of the ensemble did not come to rest and were left out; their number stands in the table summary.",
    )


def _lacks(found: Comparison, inputs: Inputs) -> tuple[str, ...]:
    gaps = [factor for factor in inputs.factors if factor.kind == "not measured"]
    if not gaps or not len(found.assays):
        return ()
    ranked = found.assays.groupby("factor")["share_of_spread"].mean().sort_values(ascending=False)
    best = ", ".join(ranked.index[:3])
    return (
        f"Not measured: {', '.join(factor.node for factor in gaps)}.",
        f"An assay of these would narrow the outcomes most, in this order: {best} (table assays).",
    )
