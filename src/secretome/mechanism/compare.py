"""An ensemble of one model over several media: outcomes, differences, and where their spread comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.parallel import Map, Progress, here
from secretome.stats.logic import Parameters, edge_signals, steady_state
from secretome.stats.sensitivity import first_order, total_effect

from .inputs import Draws, Inputs, occupancy, standard_draws
from .members import draw_parameters
from .network import Model
from .scenarios import SIGN_LIMITS, TOLD_TOO_LITTLE, UNMEASURED_LIMIT, Scenario

Array = NDArray[np.float64]
MEMBERS = 2000
# Members of one piece of work; fixed, so that the number of workers moves nothing.
PIECE = 250
DRIVER_MEMBERS = 250
TOLERANCE = 1e-7


@dataclass(frozen=True)
class Comparison:
    """What an ensemble says of several media.

    Parameters
    ----------
    outcomes
        A row per group and outcome: level (median, 90 % interval), difference from the mean of the other
        groups (median, 90 % interval), `sign_probability` (that the difference is above zero),
        `unmeasured_share`, `statement`.
    drivers
        A row per group, outcome and measured factor: how much of the difference goes when the factor is put
        to the mean of the groups.
    assays
        A row per outcome and factor that was not measured: share of the spread that it explains alone.
    failed, members
        Members that did not settle, and all of them.
    """

    outcomes: pd.DataFrame
    drivers: pd.DataFrame
    assays: pd.DataFrame
    failed: int
    members: int


@dataclass(frozen=True)
class _Work:
    """Some members of an ensemble: the network, its numbers, and the level of every held node."""

    model: Model
    parameters: Parameters
    clamp: Array
    rows: NDArray[np.intp]


def compare(
    model: Model, inputs: Inputs, scenario: Scenario, *, seed: int, members: int = MEMBERS, map: Map = here,  # noqa: A002
    progress: Progress | None = None, held: Mapping[str, float] | None = None, details: bool = True,
) -> Comparison:  # fmt: skip
    """Outcomes of a model for each medium, with their uncertainty.

    Parameters
    ----------
    model, inputs, scenario
        The network, what is known of the media, and the dish.
    seed
        Same seed, same answer for any number of workers.
    members
        Size of the Latin hypercube.
    map
        Where the members are computed.
    progress
        Called with pieces done and in all; may raise to cancel.
    held
        Nodes held besides: knock-outs (0), additions, a neutralised factor (0).
    details
        False leaves `drivers` and `assays` empty.

    Returns
    -------
    Comparison
    """
    seeds = np.random.SeedSequence([seed, 7]).spawn(3)
    drawn = with_context(
        model, draw_parameters(model, members, seed=np.random.default_rng(seeds[0])), scenario
    )
    draws = standard_draws(inputs, members, seed=seeds[1])
    other = standard_draws(inputs, members, seed=seeds[2])
    redrawn = replace(draws, unmeasured=other.unmeasured)
    job = Job(model, inputs, scenario, drawn, held or {}, map, progress)
    level = job.run(draws)
    again = (
        job.run(redrawn) if any(np.isnan(f.log10_level[~f.below]).any() for f in inputs.factors) else level
    )
    failed = ~np.isfinite(level).all(axis=(0, 1)) | ~np.isfinite(again).all(axis=(0, 1))
    level, again = np.where(failed, np.nan, level), np.where(failed, np.nan, again)
    apart, apart_again = against_others(level), against_others(again)
    outcomes = _table(inputs, scenario, level, apart, total_effect(apart, apart_again))
    drivers = _drivers(job, draws, apart) if details and len(inputs.groups) > 1 else pd.DataFrame()
    assays = _assays(inputs, scenario, occupancy(inputs, draws), level, apart) if details else pd.DataFrame()
    return Comparison(outcomes, drivers, assays, int(failed.sum()), members)


@dataclass(frozen=True)
class Job:
    """Everything that stays the same between two runs of the same ensemble."""

    model: Model
    inputs: Inputs
    scenario: Scenario
    parameters: Parameters
    held: Mapping[str, float]
    map: Map
    progress: Progress | None

    def run(self, draws: Draws, members: int | None = None) -> Array:
        """Levels of the outcomes; (outcomes, groups, members)."""
        rows = np.array([self.model.index[name] for name in self.scenario.outcomes], dtype=np.intp)
        size = draws.place.shape[1] if members is None else members
        brings = occupancy(self.inputs, draws)[:, :, :size]
        work = [
            _Work(self.model, _members(self.parameters, begin, min(begin + PIECE, size)), self._clamp(brings[:, :, begin : begin + PIECE]), rows)
            for begin in range(0, size, PIECE)
        ]  # fmt: skip
        found: list[Array] = []
        for begin in range(0, len(work), 4):
            found += self.map(_piece, work[begin : begin + 4])
            if self.progress is not None:
                self.progress(min(begin + 4, len(work)), len(work))
        return np.concatenate(found, axis=2) if found else np.empty((len(rows), len(self.inputs.groups), 0))

    def _clamp(self, brings: Array) -> Array:
        clamp = np.full((len(self.model.nodes), *brings.shape[1:]), np.nan)
        for at, factor in enumerate(self.inputs.factors):
            clamp[self.model.index[factor.node]] = brings[at]
        for name, value in {**self.scenario.levels, **self.held}.items():
            clamp[self.model.index[name]] = value
        return clamp


def _piece(work: _Work) -> Array:
    groups, members = work.clamp.shape[1:]
    # All groups of a member share its parameters, so that differences are paired.
    many = np.tile(np.arange(members), groups)
    parameters = _pick(work.parameters, many)
    flat = work.clamp.reshape(len(work.clamp), -1)
    level = steady_state(work.model.wiring, parameters, flat, tolerance=TOLERANCE).level[work.rows]
    return level.reshape(len(work.rows), groups, members)


def against_others(level: Array) -> Array:
    """Each group minus the mean of the others; the level itself where there is one group."""
    groups = level.shape[1]
    return level if groups < 2 else (level - level.mean(axis=1, keepdims=True)) * groups / (groups - 1)


def _table(inputs: Inputs, scenario: Scenario, level: Array, apart: Array, share: Array) -> pd.DataFrame:
    compared = len(inputs.groups) > 1
    rows = []
    for at, outcome in enumerate(scenario.outcomes):
        for group, name in enumerate(inputs.groups):
            mine, gap = (side[at, group][np.isfinite(side[at, group])] for side in (level, apart))
            sign = (
                float(np.mean(gap > 0) + 0.5 * np.mean(gap == 0)) if compared and len(gap) else float("nan")
            )
            unknown = float(share[at, group]) if inputs.measured else 1.0
            rows.append(
                {
                    "group": name,
                    "outcome": outcome,
                    **_quantiles("level", mine),
                    **(_quantiles("difference", gap) if compared else {}),
                    "sign_probability": sign,
                    "unmeasured_share": unknown,
                    "statement": statement(sign, unknown) if compared else "no other medium to compare with",
                }
            )
    return pd.DataFrame(rows)


def statement(sign_probability: float, unmeasured_share: float) -> str:
    """`higher`, `lower`, or that this medium was not measured well enough to tell (CLAIMS section 6).

    Examples
    --------
    >>> statement(0.97, 0.2), statement(0.97, 0.7), statement(0.6, 0.2)[:11]
    ('higher', 'this medium was not measured well enough to tell', 'this medium')
    """
    low, high = SIGN_LIMITS
    if not unmeasured_share <= UNMEASURED_LIMIT or not (sign_probability < low or sign_probability > high):
        return TOLD_TOO_LITTLE
    return "higher" if sign_probability > high else "lower"


def _quantiles(word: str, values: Array) -> dict[str, float]:
    found = np.quantile(values, [0.5, 0.05, 0.95]) if len(values) else np.full(3, np.nan)
    return dict(
        zip((f"{word}_median", f"{word}_lower_90", f"{word}_upper_90"), map(float, found), strict=True)
    )


def _drivers(job: Job, draws: Draws, apart: Array) -> pd.DataFrame:
    """How much of each difference goes when a measured factor is put to the mean of the groups."""
    size = min(DRIVER_MEMBERS, apart.shape[2])
    rows = []
    for factor in job.inputs.measured:
        same = replace(factor, log10_level=np.full_like(factor.log10_level, np.nanmean(factor.log10_level)), log10_error=np.zeros_like(factor.log10_error), below=np.zeros_like(factor.below))  # fmt: skip
        without = replace(job.inputs, factors=tuple(same if f is factor else f for f in job.inputs.factors))
        gone = apart[:, :, :size] - against_others(
            replace(job, inputs=without, progress=None).run(draws, size)
        )
        for at, outcome in enumerate(job.scenario.outcomes):
            for group, name in enumerate(job.inputs.groups):
                known = gone[at, group][np.isfinite(gone[at, group])]
                rows.append({"group": name, "outcome": outcome, "factor": factor.node, "contribution": float(np.median(known)) if len(known) else np.nan})  # fmt: skip
    return pd.DataFrame(rows, columns=["group", "outcome", "factor", "contribution"])


def _assays(inputs: Inputs, scenario: Scenario, brings: Array, level: Array, apart: Array) -> pd.DataFrame:
    """Share of the spread of each outcome that each unmeasured factor explains alone, mean over the groups."""
    gaps = [at for at, factor in enumerate(inputs.factors) if factor.kind == "not measured"]
    rows = []
    against = against_others(brings) if len(inputs.groups) > 1 else brings
    for at, outcome in enumerate(scenario.outcomes):
        shares = (
            [first_order(against[gaps, group], apart[at, group]) for group in range(level.shape[1])]
            if gaps
            else []
        )
        rows += [
            {"outcome": outcome, "factor": inputs.factors[gap].node, "share_of_spread": float(np.mean([share[k] for share in shares]))}
            for k, gap in enumerate(gaps)
        ]  # fmt: skip
    found = pd.DataFrame(rows, columns=["outcome", "factor", "share_of_spread"])
    return found.sort_values(
        ["outcome", "share_of_spread", "factor"], ascending=[True, False, True], ignore_index=True
    )


def fluxes(model: Model, inputs: Inputs, scenario: Scenario) -> pd.DataFrame:
    """What each edge carries in each medium, at the default numbers and the middle of each level.

    Returns
    -------
    A row per edge: source, target, sign, `flux` (mean over the media, 0 to 1), `flux_lowest`, `flux_highest`,
    `highest_in`, verified, citation.
    """
    groups = len(inputs.groups)
    nothing = Draws(np.zeros((len(inputs.factors), groups, 1)), np.zeros((len(inputs.factors), groups, 1)), np.zeros((len(inputs.factors), 1)))  # fmt: skip
    base = model.parameters(scenario.context)
    job = Job(model, inputs, scenario, base, {}, here, None)
    clamp = job._clamp(occupancy(inputs, nothing)).reshape(len(model.nodes), -1)
    level = steady_state(model.wiring, base, clamp).level
    signals = edge_signals(model.wiring, base, level)
    return pd.DataFrame(
        {
            "source": [edge.source for edge in model.edges],
            "target": [edge.target for edge in model.edges],
            "sign": [edge.sign for edge in model.edges],
            "flux": signals.mean(axis=1),
            "flux_lowest": signals.min(axis=1),
            "flux_highest": signals.max(axis=1),
            "highest_in": [inputs.groups[at] for at in signals.argmax(axis=1)],
            "read": ["yes" if edge.verified else "unverified" for edge in model.edges],
            "citation": [edge.citation for edge in model.edges],
        }
    )


def with_context(model: Model, drawn: Parameters, scenario: Scenario) -> Parameters:
    """The numbers of the members with the edges of other contexts taken out."""
    return replace(drawn, present=drawn.present * model.in_context(scenario.context))


def _members(parameters: Parameters, begin: int, end: int) -> Parameters:
    return _pick(parameters, np.arange(begin, end))


def _pick(parameters: Parameters, members: NDArray[np.intp]) -> Parameters:
    arrays: Sequence[Array] = (
        parameters.weight,
        parameters.half_point,
        parameters.hill,
        parameters.basal,
        parameters.present,
    )
    return Parameters(*(array if array.shape[1] == 1 else array[:, members] for array in arrays))


def factors_frame(inputs: Inputs) -> pd.DataFrame:
    """What is known of each factor in each group."""
    rows = [
        {
            "factor": factor.node,
            "group": group,
            "kind": factor.kind,
            "log10_level": factor.log10_level[at],
            "log10_error": factor.log10_error[at],
            "below_detection": bool(factor.below[at]),
            "donors": factor.donors[at] if factor.donors else 0,
            "reason": factor.reason,
        }
        for factor in inputs.factors
        for at, group in enumerate(inputs.groups)
    ]
    return pd.DataFrame(rows)
