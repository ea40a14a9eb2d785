"""The networks as data: nodes, signed and cited edges, gates, contexts and conflicts of the literature."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from secretome.errors import InvalidModel, near_misses
from secretome.knowledge import table
from secretome.results import Source
from secretome.stats.logic import GATES, Gate, Member, Parameters, Wiring

ModelName = Literal["clearance", "follicle"]
MODELS: tuple[str, ...] = get_args(ModelName)
Array = NDArray[np.float64]

# Parameters of MECHANISM section 8, written down before any fact was scored.
WEIGHT, HALF_POINT, HILL = 0.9, 0.5, 1.4

# What a context variable may be; the first is what holds when nobody says otherwise.
CONTEXTS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "clearance": {},
        "follicle": {
            "phase": ("any", "anagen", "telogen"),
            "beard": ("0", "1"),
            "vessels": ("1", "0"),
            "age": ("adult", "neonatal"),
        },
    }
)


@dataclass(frozen=True)
class Edge:
    """One signed, cited influence.

    Parameters
    ----------
    stage
        Name of the group of activators of the target that it belongs to; empty when it stands alone.
    when
        Context in which it exists (`"phase=telogen"`); empty when always.
    alternative
        `"conflict:option"` of the topology that holds it; empty when all do.
    half_point, hill, weight
        Its own shape where the biology says more than the default; NaN otherwise.
    also
        Other papers that report the same influence, none of them the paper in `citation`; unread.
    """

    source: str
    target: str
    sign: Literal["+", "-"]
    stage: str = ""
    when: str = ""
    alternative: str = ""
    half_point: float = float("nan")
    hill: float = float("nan")
    weight: float = float("nan")
    mechanism: str = ""
    citation: str = ""
    verified: bool = False
    origin: str = "science"
    also: str = ""


@dataclass(frozen=True)
class Node:
    """One node and how its activators are joined.

    Parameters
    ----------
    kind
        `input` (present at a low level), `exogenous` (absent unless given), `constitutive` (made all the time), `complex` (nothing without
        its activators) or `node`.
    gate
        Joins stages and edges that stand alone; `stage_gates` those inside a stage (default MEAN).
    in_medium, genes
        Whether a medium can bring it, and the gene products that measure it.
    """

    name: str
    kind: Literal["input", "exogenous", "complex", "constitutive", "node"] = "node"
    gate: Gate = "MEAN"
    stage_gates: Mapping[str, Gate] = field(default_factory=dict)
    basal: float = 0.15
    outcome: bool = False
    in_medium: bool = False
    genes: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """A network that can be computed.

    Parameters
    ----------
    name
        `clearance` (figure 1) or `follicle` (figure 2).
    nodes, edges
        In the order of their tables.
    sources
        Knowledge tables that it was read from.

    Raises
    ------
    InvalidModel
        If a name is used twice, an edge leads nowhere, a gate is unknown, or a context or conflict is.

    Examples
    --------
    >>> model("clearance").node("TNFAIP6")
    'TSG6'
    """

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    sources: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        faults = _faults(self)
        if faults:
            raise InvalidModel(f"model {self.name!r}: " + "; ".join(faults))

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Position of each node."""
        return {node.name: at for at, node in enumerate(self.nodes)}

    @cached_property
    def words(self) -> Mapping[str, str]:
        """Every accepted spelling, in small letters, to the name of its node; exact names win."""
        found: dict[str, str] = {}
        for node in self.nodes:
            for alias in node.aliases:
                found.setdefault(alias.lower(), node.name)
        return {**found, **{node.name.lower(): node.name for node in self.nodes}}

    @cached_property
    def conflicts(self) -> Mapping[str, tuple[str, ...]]:
        """Each conflict of the literature with its options, the empty option last where one side is silence."""
        options: dict[str, list[str]] = {}
        for edge in self.edges:
            if edge.alternative:
                conflict, option = edge.alternative.split(":")
                options.setdefault(conflict, [])
                if option not in options[conflict]:
                    options[conflict].append(option)
        return {
            name: (*known, "without") if len(known) == 1 else tuple(known) for name, known in options.items()
        }

    @cached_property
    def wiring(self) -> Wiring:
        """The network as arrays."""
        activators: list[tuple[Member, ...]] = []
        inhibitors: list[tuple[int, ...]] = []
        for node in self.nodes:
            mine = [at for at, edge in enumerate(self.edges) if edge.target == node.name]
            inhibitors.append(tuple(at for at in mine if self.edges[at].sign == "-"))
            groups: dict[str, list[int]] = {}
            for at in mine:
                if self.edges[at].sign == "+":
                    groups.setdefault(self.edges[at].stage or f"#{at}", []).append(at)
            activators.append(
                tuple(
                    Member(tuple(edges), node.stage_gates.get(stage, "MEAN"))
                    for stage, edges in groups.items()
                )
            )
        return Wiring(
            tuple(self.index[edge.source] for edge in self.edges),
            tuple(activators),
            tuple(inhibitors),
            tuple(node.gate for node in self.nodes),
        )

    def node(self, word: str) -> str:
        """The node that a name or alias stands for.

        Raises
        ------
        InvalidModel
            If there is none, with near misses.
        """
        found = self.words.get(word.strip().lower())
        if found is None:
            known = [*(node.name for node in self.nodes), *(a for node in self.nodes for a in node.aliases)]
            raise InvalidModel(f"{self.name} has no node {word!r}{near_misses(word, known)}")
        return found

    def parameters(
        self, context: Mapping[str, str] | None = None, topology: Mapping[str, str] | None = None
    ) -> Parameters:
        """The default numbers, with the edges of one context and one topology present.

        Parameters
        ----------
        context
            Variable to value (`{"phase": "telogen"}`).
        topology
            Conflict to option; the first option where a conflict is not named.
        """
        return Parameters(
            weight=_column(np.nan_to_num(edge.weight, nan=WEIGHT) for edge in self.edges),
            half_point=_column(np.nan_to_num(edge.half_point, nan=HALF_POINT) for edge in self.edges),
            hill=_column(np.nan_to_num(edge.hill, nan=HILL) for edge in self.edges),
            basal=_column(node.basal for node in self.nodes),
            present=self.in_context(context or {}) * self.in_topology(topology or {}),
        )

    def in_context(self, context: Mapping[str, str]) -> Array:
        """1 for each edge that exists in a context, whatever the topology; shape (e, 1)."""
        return _column(float(self._holds(edge, context)) for edge in self.edges)

    def in_topology(self, topology: Mapping[str, str]) -> Array:
        """1 for each edge of the options chosen, the first option where a conflict is not named; shape (e, 1)."""
        chosen = {name: topology.get(name, options[0]) for name, options in self.conflicts.items()}
        parts = [edge.alternative.split(":") for edge in self.edges]
        return _column(float(len(part) < 2 or chosen[part[0]] == part[1]) for part in parts)

    def topologies(self) -> tuple[Mapping[str, str], ...]:
        """Every combination of the options of the conflicts."""
        names = list(self.conflicts)
        return tuple(
            dict(zip(names, options, strict=True)) for options in itertools.product(*self.conflicts.values())
        )

    def _holds(self, edge: Edge, context: Mapping[str, str]) -> bool:
        if not edge.when:
            return True
        variable, wanted = edge.when.split("=")
        given = context.get(variable, CONTEXTS[self.name][variable][0])
        return given in (wanted, "any")


@lru_cache(maxsize=4)
def model(name: str) -> Model:
    """The model of one figure, from the knowledge tables.

    Parameters
    ----------
    name
        `clearance` or `follicle`.

    Raises
    ------
    InvalidModel
        If there is no such model, or its tables contradict themselves.

    Examples
    --------
    >>> len(model("follicle").nodes), model("follicle").node("VEGFA")
    (125, 'VEGF')
    """
    if name not in MODELS:
        raise InvalidModel(f"no model {name!r}{near_misses(name, MODELS)}")
    nodes, edges = table(f"{name}_nodes"), table(f"{name}_edges")
    return Model(
        name,
        tuple(_node(row) for row in nodes.frame.to_dict("records")),
        tuple(_edge(row) for row in edges.frame.to_dict("records")),
        tuple(Source(known.name, known.version, known.sha256) for known in (nodes, edges)),
    )


def _node(row: Mapping[str, object]) -> Node:
    stages = dict(part.split("=") for part in str(row["stage_gates"]).split(";") if part)
    return Node(
        name=str(row["node"]),
        kind=row["kind"],  # type: ignore[arg-type]
        gate=cast("Gate", row["gate"]),
        stage_gates=cast("dict[str, Gate]", stages),
        basal=float(cast("float", row["basal"])),
        outcome=bool(row["outcome"]),
        in_medium=bool(row["in_medium"]),
        genes=tuple(part for part in str(row["genes"]).split(";") if part),
        aliases=tuple(part for part in str(row["aliases"]).split(";") if part),
    )


def _edge(row: Mapping[str, object]) -> Edge:
    return Edge(
        source=str(row["source"]),
        target=str(row["target"]),
        sign=row["sign"],  # type: ignore[arg-type]
        stage=str(row["stage"]),
        when=str(row["when"]),
        alternative=str(row["alternative"]),
        half_point=float(cast("float", row["half_point"])),
        hill=float(cast("float", row["hill"])),
        weight=float(cast("float", row["weight"])),
        mechanism=str(row["mechanism"]),
        citation=str(row["citation"]),
        verified=row["verified"] == "page",
        origin=str(row["origin"]),
        also=str(row["also"]),
    )


def _faults(network: Model) -> list[str]:
    """All inconsistencies of an edited model at once."""
    names = [node.name for node in network.nodes]
    found = [f"node {name!r} is there twice" for name in sorted({n for n in names if names.count(n) > 1})]
    for node in network.nodes:
        found += [
            f"node {node.name!r} has gate {gate!r}{near_misses(gate, GATES)}"
            for gate in (node.gate, *node.stage_gates.values())
            if gate not in GATES
        ]
        if not 0 <= node.basal < 1:
            found.append(f"node {node.name!r} has basal {node.basal}; 0 or more and below 1 was expected")
    seen: set[tuple[str, str, str, str]] = set()
    for edge in network.edges:
        where = f"edge {edge.source} -> {edge.target}"
        found += [
            f"{where}: no node {end!r}{near_misses(end, names)}"
            for end in (edge.source, edge.target)
            if end not in names
        ]
        if edge.sign not in ("+", "-"):
            found.append(f"{where} has sign {edge.sign!r}; + or - was expected")
        key = (edge.source, edge.target, edge.when, edge.alternative)
        if key in seen:
            found.append(f"{where} is there twice")
        seen.add(key)
        if not edge.citation:
            found.append(f"{where} names no source")
        found += _edge_faults(network.name, where, edge)
    return found


def _edge_faults(name: str, where: str, edge: Edge) -> list[str]:
    found = []
    if edge.alternative and edge.alternative.count(":") != 1:
        found.append(f"{where}: alternative {edge.alternative!r}; conflict:option was expected")
    variable, _, value = edge.when.partition("=")
    contexts = CONTEXTS.get(name, {})
    if edge.when and value not in contexts.get(variable, ()):
        found.append(f"{where}: context {edge.when!r} is unknown{near_misses(variable, contexts)}")
    for word, number, low, high in (
        ("weight", edge.weight, 0, 1),
        ("half_point", edge.half_point, 0, 1),
        ("hill", edge.hill, 0, 10),
    ):
        if not np.isnan(number) and not low < number <= high:
            found.append(f"{where}: {word} {number}; above {low} and at most {high} was expected")
    return found


def _column(values: Iterable[float]) -> Array:
    return np.array(list(values), dtype=float)[:, None]
