"""What a signed logic network is on arrays: who acts on whom, and the numbers of every edge and node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from secretome.errors import InvalidArray

Array = NDArray[np.float64]
Gate = Literal["OR", "AND", "MEAN", "MAX"]
GATES: tuple[Gate, ...] = ("OR", "AND", "MEAN", "MAX")


@dataclass(frozen=True)
class Member:
    """Activating edges that stand together at a node: one edge, or a group with a gate of its own."""

    edges: tuple[int, ...]
    gate: Gate = "MEAN"


@dataclass(frozen=True)
class Wiring:
    """Who acts on whom, and how the activators of each node are joined.

    Parameters
    ----------
    source : (e,)
        Node at the start of each edge.
    activators
        For each node its members; empty when nothing activates it.
    inhibitors
        For each node its inhibiting edges.
    gates
        For each node the gate that joins its members.
    """

    source: tuple[int, ...]
    activators: tuple[tuple[Member, ...], ...]
    inhibitors: tuple[tuple[int, ...], ...]
    gates: tuple[Gate, ...]

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.gates)


@dataclass(frozen=True)
class Parameters:
    """Numbers of every edge and node; the last axis is members (m) or 1 for all of them.

    Parameters
    ----------
    weight, half_point, hill : (e, m) or (e, 1)
        Weight in [0, 1], input of half effect in (0, 1), exponent above 0.
    basal : (n, m) or (n, 1)
        Activity without any activator, in [0, 1].
    present : (e, m) or (e, 1)
        1 where the edge exists, 0 where a context or an alternative topology leaves it out.
    """

    weight: Array
    half_point: Array
    hill: Array
    basal: Array
    present: Array


def fits(wiring: Wiring, parameters: Parameters, clamp: Array) -> None:
    edges, nodes, members = len(wiring.source), wiring.nodes, clamp.shape[1]
    for name, rows in (
        ("weight", edges),
        ("half_point", edges),
        ("hill", edges),
        ("present", edges),
        ("basal", nodes),
    ):
        shape = getattr(parameters, name).shape
        if shape not in ((rows, 1), (rows, members)):
            raise InvalidArray(f"{name} has shape {shape}; ({rows}, 1) or ({rows}, {members}) was expected")
    if clamp.shape[0] != nodes:
        raise InvalidArray(f"clamp has {clamp.shape[0]} rows; one for each of {nodes} nodes was expected")


def slice_of(parameters: Parameters, begin: int, members: int, chunk: int) -> Parameters:
    if members <= chunk:
        return parameters
    chosen = slice(begin, min(begin + chunk, members))
    return Parameters(
        *(
            array if array.shape[1] == 1 else array[:, chosen]
            for array in (
                parameters.weight,
                parameters.half_point,
                parameters.hill,
                parameters.basal,
                parameters.present,
            )
        )
    )


def choose(parameters: Parameters, keep: NDArray[np.bool_]) -> Parameters:
    return Parameters(
        *(
            array if array.shape[1] == 1 else array[:, keep]
            for array in (
                parameters.weight,
                parameters.half_point,
                parameters.hill,
                parameters.basal,
                parameters.present,
            )
        )
    )
