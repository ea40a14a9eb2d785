"""How often the network goes the way that experiments went, beside what chance would score."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.parallel import Progress
from secretome.stats.logic import Parameters, steady_state

from .facts import Condition, Fact, clamps
from .members import draw_parameters
from .network import Edge, Model

Array = NDArray[np.float64]

# Fixed before anything was scored; no other number of the scorecard can be chosen.
THRESHOLD = 0.05
SECOND_THRESHOLD = 0.01
FLOOR = 1e-6
PERMUTATIONS = 200
DRAWS = 200


@dataclass(frozen=True)
class Scorecard:
    """What a model scored on a set of facts.

    Parameters
    ----------
    facts
        A row per fact: id, expected, predicted (+1, 0, -1), ratio, distance (edges on the shortest way from
        what was changed to the readout, -1 without one), direct edge rule, citation; `answered`, and the
        `reason` where the network cannot.
    summary
        Shares in [0, 1] by name.
    """

    facts: pd.DataFrame
    summary: dict[str, object]

    def as_json(self) -> dict[str, object]:
        """Shares, and `facts`: a dict each; shares that do not apply are None."""
        plain = {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in self.summary.items()
        }
        return {**plain, "facts": json.loads(self.facts.to_json(orient="records"))}


def score(
    model: Model,
    facts: Sequence[Fact],
    *,
    seed: int,
    draws: int = DRAWS,
    permutations: int = PERMUTATIONS,
    progress: Progress | None = None,
) -> Scorecard:
    """The scorecard of a model on facts of the literature.

    Parameters
    ----------
    model, facts
        The network and what experiments found.
    seed
        Of the parameter ensemble and the shuffled signs.
    draws, permutations
        Members of the parameter ensemble; networks with shuffled signs.
    progress
        Called with parts done and parts in all.

    Returns
    -------
    Scorecard

    Notes
    -----
    r = (perturbed + 1e-6) / (reference + 1e-6); an increase is r > 1.05, a decrease r < 1 / 1.05.
    The levels are averages over every alternative topology. `path` facts are two or more edges away.
    A fact that names what the network does not have is predicted 0, is never right, and is no path fact.
    `leave_one_paper_out` scores the facts of each paper on a network without the edges that rest on it alone;
    `leave_one_paper_out_strict` without every edge that names it.
    """
    tell = progress or (lambda _done, _total: None)
    every, facts = list(facts), [fact for fact in facts if not fact.reason]
    ratio = ratios(model, facts)
    tell(1, 4)
    expected = np.array([fact.expected for fact in facts], dtype=np.int64)
    distance = np.array([_distance(model, fact) for fact in facts], dtype=np.int64)
    rule = np.array([_direct_rule(model, fact) for fact in facts], dtype=np.int64)
    ensemble = _ensemble(model, facts, expected, seed, draws)
    tell(2, 4)
    shuffled = _shuffled(model, facts, expected, seed, permutations)
    tell(3, 4)
    left_out = _leave_one_paper_out(model, facts)
    strictly = _leave_one_paper_out(model, facts, strict=True)
    tell(4, 4)
    predicted = signs(ratio, THRESHOLD)
    answered = pd.DataFrame(
        {
            "expected": expected,
            "predicted": predicted,
            "ratio": ratio,
            "correct": predicted == expected,
            "distance_edges": distance,
            "direct_edge_rule": rule,
            "predicted_without_own_paper": left_out,
            "answered": True,
            "one_percent": signs(ratio, SECOND_THRESHOLD) == expected,
            "strictly": strictly,
        },
        index=[fact.id for fact in facts],
    )
    table = _with_unanswered(every, answered)
    summary = {
        "model": model.name,
        "threshold": THRESHOLD,
        **_shares(table, len(facts)),
        "baseline_shuffled_sign": float(np.mean(shuffled)),
        "baseline_shuffled_sign_95": float(np.quantile(shuffled, 0.95)),
        "margin_over_shuffled": _share(table["correct"]) - float(np.mean(shuffled)),
        "ensemble_median": float(np.median(ensemble)),
        "ensemble_5th_percentile": float(np.quantile(ensemble, 0.05)),
        "ensemble_95th_percentile": float(np.quantile(ensemble, 0.95)),
        "seed": seed,
        "draws": draws,
        "permutations": permutations,
    }
    return Scorecard(table.drop(columns=["one_percent", "strictly"]), summary)


def _with_unanswered(every: Sequence[Fact], answered: pd.DataFrame) -> pd.DataFrame:
    """A row per fact in the order of the file; what the network cannot answer is predicted 0 and never right."""
    rows = pd.DataFrame(
        {
            "id": [fact.id for fact in every],
            "readout": [fact.readout for fact in every],
            "citation": [fact.citation for fact in every],
            "verified": [fact.verified for fact in every],
            "reason": [fact.reason for fact in every],
        },
        index=[fact.id for fact in every],
    )
    table = rows.join(answered)
    table["expected"] = [fact.expected for fact in every]
    for name in ("predicted", "direct_edge_rule", "predicted_without_own_paper", "strictly"):
        table[name] = table[name].fillna(0).astype(np.int64)
    table["distance_edges"] = table["distance_edges"].fillna(-1).astype(np.int64)
    for name in ("correct", "answered", "one_percent"):
        table[name] = [value is True or value == 1 for value in table[name]]
    return table.reset_index(drop=True)


def _shares(table: pd.DataFrame, answered: int) -> dict[str, object]:
    """Every share that can be read off the table of facts."""
    expected, predicted, right = table["expected"], table["predicted"], table["correct"]
    distance, papers = table["distance_edges"], table["citation"]
    left_out, strictly = table["predicted_without_own_paper"], table["strictly"]
    changing = expected != 0
    counts = expected.value_counts()
    return {
        "n_facts": len(table),
        "n_unanswered": len(table) - answered,
        "sign_accuracy": _share(right),
        "sign_accuracy_answered": _share(right[table["answered"]]),
        "path_accuracy": _share(right[distance > 1]),
        "direct_accuracy": _share(right[distance == 1]),
        "wrong_direction": _share(predicted * expected < 0),
        "no_change_accuracy": _share(right[~changing]),
        "changing_accuracy": _share(right[changing]),
        "unverified_accuracy": _share(right[~table["verified"]]),
        "sign_accuracy_at_1_percent": _share(table["one_percent"]),
        "n_path": int((distance > 1).sum()),
        "n_direct": int((distance == 1).sum()),
        "n_no_change": int((~changing).sum()),
        "baseline_majority": float(counts.max() / counts.sum()) if len(counts) else float("nan"),
        "baseline_direct_edge": _share((table["direct_edge_rule"] == expected) & table["answered"]),
        "leave_one_paper_out": _share((left_out == expected) & table["answered"]),
        "leave_one_paper_out_wrong": _share(left_out * expected < 0),
        "leave_one_paper_out_strict": _share((strictly == expected) & table["answered"]),
        "papers": int(papers.nunique()),
        "papers_all_correct": int(right.groupby(papers).all().sum()),
    }


def signs(ratio: Array, threshold: float) -> NDArray[np.int64]:
    """+1, 0 or -1 for each ratio at a threshold.

    Examples
    --------
    >>> signs(np.array([1.2, 1.04, 0.9]), 0.05).tolist()
    [1, 0, -1]
    """
    return np.where(ratio > 1 + threshold, 1, np.where(ratio < 1 / (1 + threshold), -1, 0)).astype(np.int64)


def ratios(model: Model, facts: Sequence[Fact]) -> Array:
    """Readout perturbed over readout in the reference, averaged over the topologies; shape (facts,)."""
    if not facts:
        return np.empty(0)
    topologies = model.topologies()
    copies = len(topologies)
    clamp, presents, rows = _conditions(model, facts)
    present = np.concatenate([presents(topology) for topology in topologies], axis=1)
    base = model.parameters()
    level = steady_state(model.wiring, replace(base, present=present), np.tile(clamp, (1, copies))).level
    read = level[np.tile(rows, copies), np.arange(level.shape[1])].reshape(copies, -1).mean(axis=0)
    return _ratio(read)


def _ratio(read: Array) -> Array:
    pairs = read.reshape(-1, 2)
    return np.asarray((pairs[:, 0] + FLOOR) / (pairs[:, 1] + FLOOR), dtype=float)


def _conditions(
    model: Model, facts: Sequence[Fact]
) -> tuple[Array, Callable[[Mapping[str, str]], Array], NDArray[np.intp]]:
    """Clamps (n, 2 f), a function topology -> presence (e, 2 f), and the row to read in each column."""
    pairs: list[tuple[Condition, Fact]] = [
        (c, fact) for fact in facts for c in (fact.perturb, fact.reference)
    ]
    clamp = np.stack([clamps(condition, model, fact.readout) for condition, fact in pairs], axis=1)
    rows = np.array([model.index[fact.readout] for _, fact in pairs])

    contexts = np.concatenate([model.in_context(condition.context) for condition, _ in pairs], axis=1)

    def presence(topology: Mapping[str, str]) -> Array:
        return np.asarray(contexts * model.in_topology(topology), dtype=float)

    return clamp, presence, rows


def _ensemble(
    model: Model, facts: Sequence[Fact], expected: NDArray[np.int64], seed: int, draws: int
) -> Array:
    """Sign accuracy of each member of a parameter ensemble."""
    if not facts:
        return np.full(draws, np.nan)
    drawn = draw_parameters(model, draws, seed=seed)
    clamp, _, rows = _conditions(model, facts)
    columns = clamp.shape[1]
    members = np.repeat(np.arange(draws), columns)
    contexts = [c.context for fact in facts for c in (fact.perturb, fact.reference)]
    held = np.concatenate([model.in_context(context) for context in contexts], axis=1)
    parameters = Parameters(
        drawn.weight[:, members], drawn.half_point[:, members], drawn.hill[:, members], drawn.basal[:, members],
        drawn.present[:, members] * np.tile(held, (1, draws)),
    )  # fmt: skip
    level = steady_state(model.wiring, parameters, np.tile(clamp, (1, draws)), tolerance=1e-8).level
    read = level[np.tile(rows, draws), np.arange(level.shape[1])].reshape(draws, columns)
    return np.array([float(np.mean(signs(_ratio(row), THRESHOLD) == expected)) for row in read])


def _shuffled(
    model: Model, facts: Sequence[Fact], expected: NDArray[np.int64], seed: int, permutations: int
) -> Array:
    """Sign accuracy of networks whose signs were dealt out anew."""
    if not facts:
        return np.full(permutations, np.nan)
    rng = np.random.default_rng([seed, 2])
    clamp, presence, rows = _conditions(model, facts)
    parameters = replace(model.parameters(), present=presence({}))
    columns = np.arange(clamp.shape[1])
    found = np.empty(permutations)
    for at in range(permutations):
        order = rng.permutation(len(model.edges))
        dealt = [model.edges[other].sign for other in order]
        edges = tuple(replace(edge, sign=sign) for edge, sign in zip(model.edges, dealt, strict=True))
        wiring = replace(model, edges=edges).wiring
        level = steady_state(wiring, parameters, clamp, tolerance=1e-6, sweeps=300).level
        # A network of shuffled signs that never rests has predicted nothing: no change.
        ratio = np.nan_to_num(_ratio(level[rows, columns]), nan=1.0)
        found[at] = np.mean(signs(ratio, THRESHOLD) == expected)
    return found


def _leave_one_paper_out(model: Model, facts: Sequence[Fact], *, strict: bool = False) -> NDArray[np.int64]:
    """Predictions for the facts of each paper by a network without the edges that rest on it alone.

    `strict` takes away every edge that names the paper, also where other papers report the same.
    """
    found = np.zeros(len(facts), dtype=np.int64)
    for paper in dict.fromkeys(fact.citation for fact in facts):
        mine = [at for at, fact in enumerate(facts) if fact.citation == paper]
        kept = tuple(
            edge
            for edge in model.edges
            if not (same_paper(edge.citation, paper) and (strict or not edge.also))
        )
        found[mine] = signs(ratios(replace(model, edges=kept), [facts[at] for at in mine]), THRESHOLD)
    return found


def same_paper(one: str, other: str) -> bool:
    """Whether two short references name the same paper: first author and year, or a PMC or PMID number.

    Examples
    --------
    >>> same_paper("Yano 2001 JCI PMC199257", "Yano 2001 JCI 107:409 PMC199257")
    True
    """
    if not one or not other:
        return False
    numbers = [
        {word for word in text.replace("(", " ").replace(")", " ").split() if word[:3] in ("PMC", "PMI")}
        for text in (one, other)
    ]
    if numbers[0] & numbers[1]:
        return True
    first, second = one.split()[:2], other.split()[:2]
    return len(first) == 2 and first == second and first[1][:4].isdigit()


def _distance(model: Model, fact: Fact) -> int:
    """Edges on the shortest way from a changed node to the readout; 0 when it is itself, -1 without a way."""
    changed = _changed(model, fact)
    if fact.readout in changed:
        return 0
    heirs: dict[str, list[Edge]] = {}
    for edge in model.edges:
        heirs.setdefault(edge.source, []).append(edge)
    queue = deque((name, 0) for name in changed)
    seen = set(changed)
    while queue:
        name, steps = queue.popleft()
        for edge in heirs.get(name, []):
            if edge.target == fact.readout:
                return steps + 1
            if edge.target not in seen:
                seen.add(edge.target)
                queue.append((edge.target, steps + 1))
    return -1


def _changed(model: Model, fact: Fact) -> dict[str, float]:
    """Nodes held at another level, or held in one condition only, with the direction of the change."""
    one, two = clamps(fact.perturb, model, fact.readout), clamps(fact.reference, model, fact.readout)
    found = {}
    for at, node in enumerate(model.nodes):
        if np.isnan(one[at]) and np.isnan(two[at]):
            continue
        before = two[at] if not np.isnan(two[at]) else 0.5 if one[at] in (0.0, 1.0) else node.basal
        after = one[at] if not np.isnan(one[at]) else 0.5
        if before != after:
            found[node.name] = float(np.sign(after - before))
    return found


def _direct_rule(model: Model, fact: Fact) -> int:
    """The sign that the edges straight from what changed to the readout predict together."""
    changed = _changed(model, fact)
    total = sum(
        changed[edge.source] * (1 if edge.sign == "+" else -1)
        for edge in model.edges
        if edge.target == fact.readout and edge.source in changed
    )
    return int(np.sign(total))


def _share(which: object) -> float:
    array = np.asarray(which, dtype=float)
    return float(array.mean()) if array.size else float("nan")
