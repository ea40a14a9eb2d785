"""A network cut into layers: nodes that can be worked out at once, and the loops among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from secretome.stats._logic_wiring import Gate, Wiring


@dataclass(frozen=True)
class Join:
    """One gate over rows of an array: which rows, where each result begins, and where it goes."""

    gate: Gate
    rows: NDArray[np.intp]
    starts: NDArray[np.intp]
    into: NDArray[np.intp]


@dataclass(frozen=True)
class Layer:
    """Nodes that are worked on together, and the edges into them."""

    nodes: NDArray[np.intp]
    edges: NDArray[np.intp]
    members: int
    within: tuple[Join, ...]
    across: tuple[Join, ...]
    inhibitors: Join | None
    looped: bool


def layers_of(wiring: Wiring) -> tuple[Layer, ...]:
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
    found: list[Layer] = []
    for at in range(1 + max(depth.values(), default=-1)):
        if at in flat:
            found.append(layer_of(wiring, flat[at], looped=False))
        found += [layer_of(wiring, component, looped=True) for component in looped.get(at, [])]
    return tuple(found)


def layer_of(wiring: Wiring, nodes: list[int], *, looped: bool) -> Layer:
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
    return Layer(
        np.array(nodes, dtype=np.intp), np.array(edges, dtype=np.intp), members,
        tuple(_join(gate, rows) for gate, rows in within.items()),
        tuple(_join(gate, rows) for gate, rows in across.items()),
        _join("AND", inhibitors) if inhibitors else None,
        looped,
    )  # fmt: skip


def _join(gate: Gate, parts: list[tuple[int, list[int]]]) -> Join:
    sizes = [len(rows) for _, rows in parts]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
    rows = np.array([row for _, mine in parts for row in mine], dtype=np.intp)
    return Join(gate, rows, starts, np.array([into for into, _ in parts], dtype=np.intp))


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
