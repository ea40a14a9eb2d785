"""A network written as Antimony text, from its tables: the same equations for every simulator."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from secretome.stats.logic import Gate

from .network import HALF_POINT, HILL, WEIGHT, Edge, Model
from .population import RATES, pools

HELD = "held_"


def antimony(
    model: Model, *, context: Mapping[str, str] | None = None, topology: Mapping[str, str] | None = None
) -> str:
    """The model as Antimony text.

    Parameters
    ----------
    model
        The network.
    context, topology
        Edges that do not exist in them are left out; defaults as in `Model.parameters`.

    Returns
    -------
    One rate rule a node, one assignment rule an edge. `held_X = 1` holds node X at its value.

    Examples
    --------
    >>> from secretome.mechanism.network import model
    >>> antimony(model("follicle")).splitlines()[0]
    'model follicle'
    """
    here = model.in_context(context or {}) * model.in_topology(topology or {})
    edges = {at: edge for at, edge in enumerate(model.edges) if here[at, 0]}
    lines = [f"model {model.name}", "  // edges: weight w, half point h, exponent n"]
    for at, edge in edges.items():
        lines += _edge(at, edge)
    lines.append("  // nodes: basal activity b, time constant tau; held_X = 1 holds X at its value")
    for node in model.nodes:
        mine = [(at, edge) for at, edge in edges.items() if edge.target == node.name]
        active = _active(node.gate, node.stage_gates, mine)
        free = "".join(f" * (1 - f{at})" for at, edge in mine if edge.sign == "-")
        drive = f"(b_{node.name} + (1 - b_{node.name}) * ({active}))" if active else f"b_{node.name}"
        lines += [
            f"  b_{node.name} = {node.basal!r}; tau_{node.name} = 1; {HELD}{node.name} = 0;",
            f"  {node.name}' = (1 - {HELD}{node.name}) * ({drive}{free} - {node.name}) / tau_{node.name};",
            f"  {node.name} = 0;",
        ]
    lines.append("  // cell numbers")
    used = {word for pool in pools(model) for word in re.findall(r"\w+", pool.rate)}
    lines += [f"  {name} = {value!r};" for name, value in RATES.items() if name in used]
    for pool in pools(model):
        lines += [f"  {pool.name}' = {pool.rate};", f"  {pool.name} = {pool.start!r};"]
    return "\n".join([*lines, "end", ""])


def _edge(at: int, edge: Edge) -> Iterator[str]:
    weight, half, hill = (
        standard if value != value else value
        for value, standard in ((edge.weight, WEIGHT), (edge.half_point, HALF_POINT), (edge.hill, HILL))
    )
    yield f"  // {edge.source} {'activates' if edge.sign == '+' else 'inhibits'} {edge.target}"
    yield f"  w{at} = {weight!r}; h{at} = {half!r}; n{at} = {hill!r};"
    yield f"  e{at} := h{at}^n{at}; u{at} := max({edge.source}, 0)^n{at};"
    yield f"  f{at} := w{at} * (1 - e{at}) * u{at} / (e{at} + (1 - 2 * e{at}) * u{at});"


def _active(gate: Gate, stage_gates: Mapping[str, Gate], edges: list[tuple[int, Edge]]) -> str:
    groups: dict[str, list[int]] = {}
    for at, edge in edges:
        if edge.sign == "+":
            groups.setdefault(edge.stage or f"#{at}", []).append(at)
    parts = [
        _joined(stage_gates.get(stage, "MEAN"), [f"f{at}" for at in mine], [f"w{at}" for at in mine])
        for stage, mine in groups.items()
    ]
    return _joined(gate, [value for value, _ in parts], [cap for _, cap in parts])[0] if parts else ""


def _joined(gate: Gate, values: list[str], caps: list[str]) -> tuple[str, str]:
    """The formula of a gate, and that of the largest value that it can reach."""
    if len(values) == 1:
        return values[0], caps[0]
    match gate:
        case "OR":
            return tuple(
                "(1 - " + " * ".join(f"(1 - {one})" for one in side) + ")" for side in (values, caps)
            )  # type: ignore[return-value]
        case "MAX":
            return f"max({', '.join(values)})", f"max({', '.join(caps)})"
        case "MEAN":
            return tuple(f"(({' + '.join(side)}) / {len(side)})" for side in (values, caps))  # type: ignore[return-value]
        case "AND":
            smallest = f"min({', '.join(caps)})"
            return "(" + " * ".join(
                f"({v} / {c})" for v, c in zip(values, caps, strict=True)
            ) + f" * {smallest})", smallest
