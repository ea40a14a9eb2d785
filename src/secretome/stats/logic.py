"""Signed logic networks on arrays: edge functions, gates, and the steady state of many members at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from secretome.stats._logic_gates import Numbers, edge_function
from secretome.stats._logic_layers import Layer, layer_of, layers_of
from secretome.stats._logic_wiring import (
    GATES,
    Array,
    Gate,
    Member,
    Parameters,
    Wiring,
    choose,
    fits,
    slice_of,
)

__all__ = [
    "GATES",
    "Gate",
    "Member",
    "Parameters",
    "Steady",
    "Wiring",
    "drive",
    "driver",
    "edge_function",
    "edge_signals",
    "steady_state",
]


@dataclass(frozen=True)
class Steady:
    """Where the members came to rest.

    Parameters
    ----------
    level : (n, m)
        Activity of each node, NaN in members that did not settle.
    settled : (m,)
        False where the iteration ran out of sweeps or met a number that is not finite.
    """

    level: Array
    settled: NDArray[np.bool_]


def steady_state(
    wiring: Wiring,
    parameters: Parameters,
    clamp: Array,
    *,
    start: float = 0.0,
    tolerance: float = 1e-10,
    sweeps: int = 2000,
    chunk: int = 1000,
) -> Steady:
    """Steady state of every member of an ensemble.

    Parameters
    ----------
    wiring
        The network: n nodes, e edges.
    parameters
        Of each edge and node, one value or one a member.
    clamp : (n, m)
        Level at which a node is held; NaN where it is free.
    start
        Level of every free node at the beginning; two different starts test for two steady states.
    tolerance
        Largest change of any node in one sweep at rest.
    sweeps
        Sweeps through a feedback loop before a member counts as not settled.
    chunk
        Members that are worked on together; moves time only.

    Returns
    -------
    Steady

    Raises
    ------
    InvalidArray
        If a shape does not fit the wiring.

    Notes
    -----
    Solves y = F(y) of dy/dt = (F(y) - y) / tau: nodes outside of loops once, in the order of the
    arrows; those inside a loop by sweeps, each half way to its new value, so that a negative loop
    settles as the differential equation does. Time constants do not move a steady state.
    Agrees with libroadrunner and COPASI at the end of a long simulation to 1e-6 (tests/mechanism).

    Examples
    --------
    >>> chain = Wiring((0,), ((), (Member((0,)),)), ((), ()), ("MEAN", "MEAN"))
    >>> column = lambda *values: np.array(values, dtype=float)[:, None]
    >>> plain = Parameters(column(0.9), column(0.5), column(1.4), column(0.3, 0.0), column(1))
    >>> steady_state(chain, plain, np.array([[1.0], [np.nan]])).level[:, 0].tolist()
    [1.0, 0.9]
    """
    fits(wiring, parameters, clamp)
    members = clamp.shape[1]
    layers = layers_of(wiring)
    parts = [
        _part(wiring, layers, slice_of(parameters, begin, members, chunk), clamp[:, begin : begin + chunk], start, tolerance, sweeps)
        for begin in range(0, members, chunk)
    ]  # fmt: skip
    level = np.concatenate([part for part, _ in parts], axis=1) if parts else np.empty((wiring.nodes, 0))
    settled = np.concatenate([fine for _, fine in parts]) if parts else np.empty(0, dtype=bool)
    level[:, ~settled] = np.nan
    return Steady(level, settled)


def drive(wiring: Wiring, parameters: Parameters, level: Array) -> Array:
    """F(y) of every node: what each would become if the others stayed.

    Parameters
    ----------
    level : (n, m)
        Activities.

    Returns
    -------
    (n, m) activities that the nodes strive for; equal to `level` at a steady state.

    Examples
    --------
    >>> alone = Wiring((), ((),), ((),), ("MEAN",))
    >>> none = np.empty((0, 1))
    >>> drive(alone, Parameters(none, none, none, np.array([[0.3]]), none), np.array([[0.9]])).item()
    0.3
    """
    return driver(wiring, parameters)(level)


def driver(wiring: Wiring, parameters: Parameters) -> Callable[[Array], Array]:
    """`drive` with all that does not change worked out once, for whoever calls it often.

    Examples
    --------
    >>> alone = Wiring((), ((),), ((),), ("MEAN",))
    >>> none = np.empty((0, 1))
    >>> driver(alone, Parameters(none, none, none, np.array([[0.3]]), none))(np.array([[0.9]])).item()
    0.3
    """
    layer = layer_of(wiring, list(range(wiring.nodes)), looped=False)
    numbers = Numbers(layer, np.array(wiring.source, dtype=np.intp), parameters)
    return lambda level: numbers.target(numbers.signals(level))


def edge_signals(wiring: Wiring, parameters: Parameters, level: Array) -> Array:
    """What each edge hands on; (e, m), 0 for an absent edge.

    Parameters
    ----------
    level : (n, m)
        Activities.

    Examples
    --------
    >>> chain = Wiring((0,), ((), (Member((0,)),)), ((), ()), ("MEAN", "MEAN"))
    >>> column = lambda *values: np.array(values, dtype=float)[:, None]
    >>> plain = Parameters(column(0.9), column(0.5), column(1.4), column(0.3, 0.0), column(1))
    >>> edge_signals(chain, plain, np.array([[0.5], [0.0]])).round(6).item()
    0.45
    """
    source = level[list(wiring.source)]
    weight = parameters.weight * parameters.present
    return edge_function(source, weight, parameters.half_point, parameters.hill)


def _part(
    wiring: Wiring,
    layers: tuple[Layer, ...],
    parameters: Parameters,
    clamp: Array,
    start: float,
    tolerance: float,
    sweeps: int,
) -> tuple[Array, NDArray[np.bool_]]:
    held = ~np.isnan(clamp)
    # A source below zero or above one has no meaning in the edge function.
    level = np.clip(np.where(held, clamp, start), 0.0, 1.0)
    settled = np.ones(clamp.shape[1], dtype=bool)
    source = np.array(wiring.source, dtype=np.intp)
    for layer in layers:
        numbers = Numbers(layer, source, parameters)
        signals = np.broadcast_to(numbers.signals(level), (len(layer.edges), level.shape[1])).copy()
        if layer.looped:
            settled &= _loop(numbers, source, parameters, signals, level, held, tolerance, sweeps)
        else:
            level[layer.nodes] = np.where(held[layer.nodes], level[layer.nodes], numbers.target(signals))
    settled &= np.isfinite(level).all(axis=0)
    return level, settled


def _loop(
    numbers: Numbers, source: NDArray[np.intp], parameters: Parameters, signals: Array, level: Array,
    held: NDArray[np.bool_], tolerance: float, sweeps: int,
) -> NDArray[np.bool_]:  # fmt: skip
    """Sweeps through the nodes of a loop, `level` in place; which members settled."""
    nodes = numbers.layer.nodes
    active = np.arange(level.shape[1])
    settled = np.zeros(level.shape[1], dtype=bool)
    mine, own = level.copy(), held[nodes]
    for sweep in range(sweeps):
        wanted = np.where(own, mine[nodes], numbers.target(signals))
        step = wanted - mine[nodes]
        change = np.abs(step).max(axis=0)
        # Smaller steps for the few that do not settle: closer to the differential equation.
        mine[nodes] += (0.8 if sweep < 80 else 0.4 if sweep < 400 else 0.1) * step
        signals[numbers.moving] = numbers.signals(mine, numbers.moving)
        resting = change < tolerance
        done = resting | ~np.isfinite(change)
        if done.all() or (sweep % 6 == 5 and 3 * done.sum() > len(done)):
            level[:, active[done]] = mine[:, done]
            settled[active[resting]] = True
            keep = ~done
            if not keep.any():
                return settled
            active, mine, own, signals = active[keep], mine[:, keep], own[:, keep], signals[:, keep]
            parameters = choose(parameters, keep)
            numbers = Numbers(numbers.layer, source, parameters)
    level[:, active] = mine
    settled[
        active[
            np.abs(numbers.target(signals) - mine[nodes])[:, :].max(axis=0, where=~own, initial=0.0)
            < tolerance
        ]
    ] = True
    return settled
