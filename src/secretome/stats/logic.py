"""Signed logic networks on arrays: edge functions, gates, and the steady state of many members at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

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


def edge_function(level: Array, weight: Array, half_point: Array, hill: Array) -> Array:
    """What an edge hands on: 0 at 0, half its weight at the half point, its weight at 1.

    Parameters
    ----------
    level
        Activity of the source, clipped to [0, 1]; any shape that fits the others.
    weight, half_point, hill
        w in [0, 1], EC in (0, 1), n above 0.

    Returns
    -------
    f = w (1 - E) u / (E + (1 - 2 E) u), with u = level^n and E = EC^n.

    Notes
    -----
    The normalized Hill function in a form without a singularity at E = 1/2. Agrees with the
    published form, w B u / (K + u) with B = (E - 1) / (2 E - 1) and K = B - 1, to 1e-12 where that is finite.

    References
    ----------
    Kraeutler 2010, BMC Syst Biol 4:157, 10.1186/1752-0509-4-157.

    Examples
    --------
    >>> one = np.ones(1)
    >>> edge_function(np.array([0.0, 0.5, 1.0]), 0.9 * one, 0.5 * one, 1.4 * one).round(6).tolist()
    [0.0, 0.45, 0.9]
    """
    u = np.clip(level, 0.0, 1.0) ** hill
    e = half_point**hill
    return np.asarray(weight * (1 - e) * u / (e + (1 - 2 * e) * u), dtype=float)


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
    _fits(wiring, parameters, clamp)
    members = clamp.shape[1]
    layers = _layers(wiring)
    parts = [
        _part(wiring, layers, _slice(parameters, begin, members, chunk), clamp[:, begin : begin + chunk], start, tolerance, sweeps)
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
    layer = _layer(wiring, list(range(wiring.nodes)), looped=False)
    numbers = _Numbers(layer, np.array(wiring.source, dtype=np.intp), parameters)
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


@dataclass(frozen=True)
class _Join:
    """One gate over rows of an array: which rows, where each result begins, and where it goes."""

    gate: Gate
    rows: NDArray[np.intp]
    starts: NDArray[np.intp]
    into: NDArray[np.intp]


@dataclass(frozen=True)
class _Layer:
    """Nodes that are worked on together, and the edges into them."""

    nodes: NDArray[np.intp]
    edges: NDArray[np.intp]
    members: int
    within: tuple[_Join, ...]
    across: tuple[_Join, ...]
    inhibitors: _Join | None
    looped: bool


class _Numbers:
    """A layer with the parameters of some members, all that does not change between sweeps worked out."""

    def __init__(self, layer: _Layer, source: NDArray[np.intp], parameters: Parameters) -> None:
        self.layer = layer
        self.source = source[layer.edges]
        self.hill = parameters.hill[layer.edges]
        self.e = parameters.half_point[layer.edges] ** self.hill
        self.present = parameters.present[layer.edges]
        weight = parameters.weight[layer.edges] * self.present
        self.gain = weight * (1 - self.e)
        self.bend = 1 - 2 * self.e
        self.basal = parameters.basal[layer.nodes]
        self.caps = _grouped(layer.within, weight, self.present, weight, layer.members)
        self.weight = weight
        self.here = (self.caps > 0).astype(float)
        inner = np.isin(self.source, layer.nodes)
        self.moving = np.flatnonzero(inner) if layer.looped else np.empty(0, dtype=np.intp)

    def signals(self, level: Array, edges: NDArray[np.intp] | slice = slice(None)) -> Array:
        u = level[self.source[edges]] ** self.hill[edges]
        return np.asarray(self.gain[edges] * u / (self.e[edges] + self.bend[edges] * u), dtype=float)

    def target(self, signals: Array) -> Array:
        """F of the nodes of the layer from the signals on its edges; (k, m)."""
        layer = self.layer
        values = _grouped(layer.within, signals, self.present, self.weight, layer.members)
        joined = _grouped(layer.across, values, self.here, self.caps, len(layer.nodes))
        active = self.basal + (1 - self.basal) * joined
        if layer.inhibitors is not None:
            free = np.multiply.reduceat(1 - signals[layer.inhibitors.rows], layer.inhibitors.starts, axis=0)
            active[layer.inhibitors.into] *= free
        return active


def _grouped(joins: tuple[_Join, ...], values: Array, present: Array, caps: Array, results: int) -> Array:
    """Rows joined by their gates; an absent row is neutral in every gate."""
    found = np.zeros((results, values.shape[1]))
    for join in joins:
        mine = values[join.rows]
        match join.gate:
            case "OR":
                found[join.into] = 1 - np.multiply.reduceat(1 - mine, join.starts, axis=0)
            case "MAX":
                found[join.into] = np.maximum.reduceat(mine, join.starts, axis=0)
            case "MEAN":
                count = np.add.reduceat(present[join.rows], join.starts, axis=0)
                found[join.into] = np.add.reduceat(mine, join.starts, axis=0) / np.maximum(count, 1)
            case "AND":
                here = present[join.rows] > 0
                cap = np.where(here, caps[join.rows], 1.0)
                product = np.multiply.reduceat(np.where(here, mine / cap, 1.0), join.starts, axis=0)
                found[join.into] = product * np.minimum.reduceat(cap, join.starts, axis=0)
                found[join.into] *= np.maximum.reduceat(here, join.starts, axis=0)
    return found


def _part(
    wiring: Wiring,
    layers: tuple[_Layer, ...],
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
        numbers = _Numbers(layer, source, parameters)
        signals = np.broadcast_to(numbers.signals(level), (len(layer.edges), level.shape[1])).copy()
        if layer.looped:
            settled &= _loop(numbers, source, parameters, signals, level, held, tolerance, sweeps)
        else:
            level[layer.nodes] = np.where(held[layer.nodes], level[layer.nodes], numbers.target(signals))
    settled &= np.isfinite(level).all(axis=0)
    return level, settled


def _loop(
    numbers: _Numbers, source: NDArray[np.intp], parameters: Parameters, signals: Array, level: Array,
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
            parameters = _choose(parameters, keep)
            numbers = _Numbers(numbers.layer, source, parameters)
    level[:, active] = mine
    settled[
        active[
            np.abs(numbers.target(signals) - mine[nodes])[:, :].max(axis=0, where=~own, initial=0.0)
            < tolerance
        ]
    ] = True
    return settled


def _layers(wiring: Wiring) -> tuple[_Layer, ...]:
    """The network cut into layers: nodes outside of loops that can be done at once, and each loop."""
    depth: dict[int, int] = {}
    flat: dict[int, list[int]] = {}
    looped: dict[int, list[list[int]]] = {}
    for component in _order(wiring):
        own = set(component)
        sources = {wiring.source[edge] for node in component for edge in _edges_into(wiring, node)} - own
        at = 1 + max((depth[node] for node in sources), default=-1)
        depth.update(dict.fromkeys(component, at))
        if len(component) == 1 and not _own_loop(wiring, component[0]):
            flat.setdefault(at, []).append(component[0])
        else:
            looped.setdefault(at, []).append(component)
    found: list[_Layer] = []
    for at in range(1 + max(depth.values(), default=-1)):
        if at in flat:
            found.append(_layer(wiring, flat[at], looped=False))
        found += [_layer(wiring, component, looped=True) for component in looped.get(at, [])]
    return tuple(found)


def _layer(wiring: Wiring, nodes: list[int], *, looped: bool) -> _Layer:
    edges: list[int] = []
    within: dict[Gate, list[tuple[int, list[int]]]] = {}
    across: dict[Gate, list[tuple[int, list[int]]]] = {}
    inhibitors: list[tuple[int, list[int]]] = []
    members = 0
    for at, node in enumerate(nodes):
        groups = []
        for member in wiring.activators[node]:
            rows = list(range(len(edges), len(edges) + len(member.edges)))
            edges += member.edges
            within.setdefault(member.gate if len(rows) > 1 else "MAX", []).append((members, rows))
            groups.append(members)
            members += 1
        if groups:
            across.setdefault(wiring.gates[node] if len(groups) > 1 else "MAX", []).append((at, groups))
        if wiring.inhibitors[node]:
            inhibitors.append((at, list(range(len(edges), len(edges) + len(wiring.inhibitors[node])))))
            edges += wiring.inhibitors[node]
    return _Layer(
        np.array(nodes, dtype=np.intp), np.array(edges, dtype=np.intp), members,
        tuple(_join(gate, rows) for gate, rows in within.items()),
        tuple(_join(gate, rows) for gate, rows in across.items()),
        _join("AND", inhibitors) if inhibitors else None,
        looped,
    )  # fmt: skip


def _join(gate: Gate, parts: list[tuple[int, list[int]]]) -> _Join:
    sizes = [len(rows) for _, rows in parts]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
    rows = np.array([row for _, mine in parts for row in mine], dtype=np.intp)
    return _Join(gate, rows, starts, np.array([into for into, _ in parts], dtype=np.intp))


def _edges_into(wiring: Wiring, node: int) -> tuple[int, ...]:
    return (*(edge for member in wiring.activators[node] for edge in member.edges), *wiring.inhibitors[node])


def _order(wiring: Wiring) -> list[list[int]]:
    """Strongly connected components in the order of the arrows, their nodes by distance from the inputs."""
    n = wiring.nodes
    pairs = [(wiring.source[edge], node) for node in range(n) for edge in _edges_into(wiring, node)]
    starts, ends = ([list(side) for side in zip(*pairs, strict=True)]) if pairs else ([], [])
    graph = csr_array((np.ones(len(pairs)), (starts, ends)), shape=(n, n))
    count, label = connected_components(graph, directed=True, connection="strong")
    before: dict[int, set[int]] = {at: set() for at in range(count)}
    for source, target in pairs:
        if label[source] != label[target]:
            before[int(label[target])].add(int(label[source]))
    ordered: list[list[int]] = []
    done: set[int] = set()
    while len(done) < count:
        ready = [at for at in before if at not in done and before[at] <= done]
        ordered += [[node for node in range(n) if label[node] == at] for at in ready]
        done.update(ready)
    return ordered


def _own_loop(wiring: Wiring, node: int) -> bool:
    return any(wiring.source[edge] == node for edge in _edges_into(wiring, node))


def _slice(parameters: Parameters, begin: int, members: int, chunk: int) -> Parameters:
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


def _choose(parameters: Parameters, keep: NDArray[np.bool_]) -> Parameters:
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


def _fits(wiring: Wiring, parameters: Parameters, clamp: Array) -> None:
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
