"""What a medium brings to the model: available concentration over the level of half effect, with its doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from secretome.errors import InvalidModel
from secretome.knowledge import table
from secretome.results import Source

from .network import Model

Array = NDArray[np.float64]
Kind = Literal["absolute", "relative", "not measured"]
UNDILUTED = (
    "Levels are taken as if undiluted medium were in the dish: no dilution at the receiving cell is given."
)
DILUTED = "Levels with a unit are those at the stated dilution; folds between media do not change with it."

# Nobody knows where on the curve of its receptor a reference medium lies: log10 (level / half effect), our choice.
PLACE_SD = 1.0
# Decades below the lowest value seen down to which a level under the limit of detection is drawn, our choice.
BELOW_DECADES = 1.0


@dataclass(frozen=True)
class HalfEffect:
    """Level at which a factor works half, in pg/mL, with the spread of its logarithm."""

    node: str
    log10_pg_ml: float
    log10_sd: float
    kilodalton: float
    source: str


@dataclass(frozen=True)
class Factor:
    """One factor of the medium and what is known of its level in each group.

    Parameters
    ----------
    kind
        `absolute`: a concentration and a sourced half effect; `relative`: folds between the groups only;
        `not measured`: drawn from the spread between media.
    log10_level, log10_error : (g,)
        Level (absolute: pg/mL; relative: fold against the mean of the groups) and its standard error;
        NaN where the group has none.
    below : (g,)
        True where the factor was looked for and lay below detection.
    reason
        Why it is of this kind, in words.
    """

    node: str
    kind: Kind
    log10_level: Array
    log10_error: Array
    below: NDArray[np.bool_]
    reason: str = ""
    donors: tuple[int, ...] = ()


@dataclass(frozen=True)
class Inputs:
    """All factors of a model for some groups of media.

    Parameters
    ----------
    model
        `clearance` or `follicle`.
    groups
        Names of the media that are compared.
    factors
        One for each node that a medium can bring, in the order of the network.
    """

    model: str
    groups: tuple[str, ...]
    factors: tuple[Factor, ...]
    notes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = field(default=())

    @property
    def measured(self) -> tuple[Factor, ...]:
        """Factors with a level in at least one group."""
        return tuple(factor for factor in self.factors if factor.kind != "not measured")


@dataclass(frozen=True)
class Draws:
    """Standard draws of the doubts about the inputs, kept so that a part of them can be drawn anew.

    Parameters
    ----------
    measured : (k, g, m)
        Standard normal for the error of each level; used as a uniform below detection.
    unmeasured : (k, g, m)
        Standard normal for each level that nobody measured.
    place : (k, m)
        Standard normal for the half effect, or the place on the curve; common to the groups.
    """

    measured: Array
    unmeasured: Array
    place: Array


def standard_draws(
    inputs: Inputs, members: int, *, seed: int | np.random.Generator | np.random.SeedSequence
) -> Draws:
    """Standard normal draws for k factors, g groups and m members.

    Examples
    --------
    >>> standard_draws(Inputs("follicle", ("a",), ()), 3, seed=1).place.shape
    (0, 3)
    """
    rng = np.random.default_rng(seed)
    shape = (len(inputs.factors), len(inputs.groups), members)
    return Draws(
        rng.standard_normal(shape), rng.standard_normal(shape), rng.standard_normal((shape[0], members))
    )


def occupancy(inputs: Inputs, draws: Draws) -> Array:
    """Share of the effect of each factor that each medium reaches, for every member; (k, g, m) in [0, 1].

    Parameters
    ----------
    inputs
        What is known of the levels.
    draws
        From `standard_draws`.

    Notes
    -----
    C / (C + EC50) with exponent 1. Absolute: EC50 lognormal about its sourced value. Relative: level over EC50
    of the mean medium lognormal about 1 with sd of log10 1.0, the same for all groups of a member. A level
    nobody measured: spread of `level_priors` about the mean medium, for each group on its own.
    Below detection: uniform in log10 over the decade under the lowest value seen.
    """
    halves = half_effects(inputs.model)
    priors = level_spread()
    found = np.empty_like(draws.measured)
    for at, factor in enumerate(inputs.factors):
        half = halves.get(factor.node)
        absolute = factor.kind == "absolute" and half is not None
        spread = priors.get(factor.node, priors["*"])
        free = spread * draws.unmeasured[at]
        level = factor.log10_level[:, None] + factor.log10_error[:, None] * draws.measured[at]
        floor = np.nanmin(factor.log10_level) if np.isfinite(factor.log10_level).any() else 0.0
        centre = np.nanmean(factor.log10_level) if absolute and np.isfinite(factor.log10_level).any() else 0.0
        under = floor - BELOW_DECADES * _uniform(draws.measured[at])
        log10_level = np.where(factor.below[:, None], under, np.where(np.isnan(level), centre + free, level))
        if half is not None and absolute:
            ratio = log10_level - half.log10_pg_ml - half.log10_sd * draws.place[at]
        else:
            ratio = log10_level + PLACE_SD * draws.place[at]
        found[at] = 1 / (1 + 10.0**-ratio)
    return found


@lru_cache(maxsize=4)
def half_effects(model: str) -> Mapping[str, HalfEffect]:
    """Half effects with a source that was read, by node; any other factor has none."""
    rows = table("half_effects").frame
    mine = rows[rows["model"].isin([model, "both"]) & (rows["verified"] == "page")]
    return MappingProxyType(
        {
            str(row["node"]): HalfEffect(
                str(row["node"]), float(np.log10(row["half_effect_pg_ml"])), float(row["log10_sd"]), float(row["kilodalton"]), str(row["source"]),
            )
            for row in mine.to_dict("records")
        }
    )  # fmt: skip


@lru_cache(maxsize=1)
def level_spread() -> Mapping[str, float]:
    """Standard deviation of log10 level between media, by node; `*` for any other."""
    rows = table("level_priors").frame
    return MappingProxyType(dict(zip(rows["node"], rows["log10_sd"], strict=True)))


def plausible_high(node: str) -> float:
    """The top of the plausible band in pg/mL; that of any factor where it has no row of its own."""
    rows = table("level_priors").frame.set_index("node")["high_pg_ml"]
    return float(rows[node] if node in rows.index else rows["*"])


def sources() -> tuple[Source, ...]:
    """The knowledge tables behind the inputs."""
    return tuple(Source(t.name, t.version, t.sha256) for t in (table("half_effects"), table("level_priors")))


def diluted(inputs: Inputs, times: float) -> Inputs:
    """The same media at a dilution: levels with a unit are divided, folds between media stay.

    Parameters
    ----------
    times
        How many times the medium is diluted at the receiving cells, 1 or more.

    Raises
    ------
    InvalidModel
        If it is not.

    Examples
    --------
    >>> one = Factor("HGF", "absolute", np.array([3.0]), np.array([0.1]), np.array([False]))
    >>> diluted(Inputs("follicle", ("a",), (one,)), 10).factors[0].log10_level.tolist()
    [2.0]
    """
    shift = float(np.log10(check_dilution(times)))
    factors = tuple(
        replace(factor, log10_level=factor.log10_level - shift) if factor.kind == "absolute" else factor
        for factor in inputs.factors
    )
    notes = tuple(DILUTED if note == UNDILUTED else note for note in inputs.notes)
    return replace(inputs, factors=factors, notes=notes)


def check_dilution(times: float) -> float:
    """The dilution itself.

    Raises
    ------
    InvalidModel
        If it is below 1: a share of the medium was given, or nonsense.
    """
    if not (np.isfinite(times) and times >= 1):
        raise InvalidModel(
            f"dilution {times:g}: how many times the medium is diluted was expected, 1 or more; write 10 for one part in ten"
        )
    return times


def brought(model: Model) -> tuple[str, ...]:
    """Nodes that a medium can bring, in the order of the network."""
    return tuple(node.name for node in model.nodes if node.in_medium)


def unmeasured(node: str, groups: Sequence[str], reason: str) -> Factor:
    """A factor that nobody measured."""
    gap = np.full(len(groups), np.nan)
    return Factor(node, "not measured", gap, gap.copy(), np.zeros(len(groups), dtype=bool), reason)


def _uniform(normal: Array) -> Array:
    from scipy.special import ndtr

    return np.asarray(ndtr(normal), dtype=float)
