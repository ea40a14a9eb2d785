"""Where the nodes of a network stand on the page, and the marks of its edges; from the table of edges alone."""

from __future__ import annotations

import pandas as pd

from secretome.results import show

RAISES, LOWERS = "raises", "lowers"
COLUMNS = 6
ROUNDS, SHRINK = 60, 0.9


def scheme_rows(edges: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Nodes with their place, and edges with both ends, for drawing.

    Parameters
    ----------
    edges
        Columns source, target, sign, flux, flux_lowest, flux_highest, highest_in, read, citation.

    Returns
    -------
    nodes
        `name`, `x` (columns from causes to effects, 0 to 1), `y` (place in the column, 0 to 1).
    edges
        `x`, `y`, `x2`, `y2`, `flux`, `effect` and words for pointing at it.

    Examples
    --------
    >>> row = {"sign": "+", "flux": 0.5, "flux_lowest": 0.4, "flux_highest": 0.6, "highest_in": "BM", "read": "yes", "citation": "X"}
    >>> nodes, _ = scheme_rows(pd.DataFrame([{"source": "A", "target": "B", **row}]))
    >>> nodes[["name", "x"]].values.tolist()
    [['A', 0.0], ['B', 1.0]]
    """
    place = _places(edges)
    nodes = pd.DataFrame([{"name": name, "x": x, "y": y} for name, (x, y) in place.items()])
    rows = pd.DataFrame(
        {
            "x": [place[name][0] for name in edges["source"]],
            "y": [place[name][1] for name in edges["source"]],
            "x2": [place[name][0] for name in edges["target"]],
            "y2": [place[name][1] for name in edges["target"]],
            "flux": edges["flux"].astype(float).round(3),
            "effect": [RAISES if sign == "+" else LOWERS for sign in edges["sign"]],
            "edge": [f"{source} → {target}" for source, target in zip(edges["source"], edges["target"], strict=True)],
            "range": [
                f"{show(low)} to {show(high)}, highest in {group}"
                for low, high, group in zip(edges["flux_lowest"], edges["flux_highest"], edges["highest_in"], strict=True)
            ],
            "source": [f"{cite} ({'read' if read == 'yes' else 'unverified'})" for cite, read in zip(edges["citation"], edges["read"], strict=True)],
        }
    )  # fmt: skip
    # Weak edges below strong ones.
    return nodes, rows.sort_values(["flux", "edge"], ignore_index=True)


def tallest(nodes: pd.DataFrame) -> int:
    """Nodes in the fullest column."""
    return int(nodes.groupby("x")["name"].size().max())


def _places(edges: pd.DataFrame) -> dict[str, tuple[float, float]]:
    depth = _depths(edges)
    last = max(depth.values()) or 1
    columns: dict[int, list[str]] = {}
    for name, at in depth.items():
        columns.setdefault(at, []).append(name)
    causes = edges.groupby("target")["source"].agg(list).to_dict()
    effects = edges.groupby("source")["target"].agg(list).to_dict()
    place: dict[str, tuple[float, float]] = {}
    _spread(place, columns[0], 0.0, dict.fromkeys(columns[0], 0.0))
    for at in sorted(columns)[1:]:
        _spread(
            place,
            columns[at],
            at / last,
            {name: _middle(place, causes.get(name, [])) for name in columns[at]},
        )
    # Once back: a cause stands near its effects.
    for at in sorted(columns, reverse=True)[1:]:
        _spread(
            place,
            columns[at],
            at / last,
            {name: _middle(place, effects.get(name, [])) for name in columns[at]},
        )
    return place


def _depths(edges: pd.DataFrame) -> dict[str, int]:
    """Column of each node: 0 where nothing acts on it, the others in columns of equal size by their distance.

    The distance of a node is one more than the mean of its causes, shrunk a little so that loops come to an end.
    """
    names = sorted({*edges["source"], *edges["target"]})
    causes = edges.groupby("target")["source"].agg(list).to_dict()
    far = dict.fromkeys(names, 0.0)
    for _ in range(ROUNDS):
        far = {
            n: 1 + SHRINK * sum(far[c] for c in causes[n]) / len(causes[n]) if n in causes else 0.0
            for n in names
        }
    rest = sorted((name for name in names if name in causes), key=lambda name: (far[name], name))
    columns = min(COLUMNS, max(len(rest), 1))
    placed = {name: 1 + at * columns // len(rest) for at, name in enumerate(rest)}
    return {name: placed.get(name, 0) for name in names}


def _spread(
    place: dict[str, tuple[float, float]], names: list[str], x: float, wish: dict[str, float]
) -> None:
    ordered = sorted(names, key=lambda name: (wish[name], name.lower()))
    for at, name in enumerate(ordered):
        place[name] = (round(x, 4), round((at + 0.5) / len(ordered), 4))


def _middle(place: dict[str, tuple[float, float]], names: list[str]) -> float:
    known = [place[name][1] for name in names if name in place]
    return sum(known) / len(known) if known else 0.5
