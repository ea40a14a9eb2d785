"""Members of an ensemble: a Latin hypercube over the shape of every edge, node and conflict."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from secretome.stats.logic import Parameters

from .network import Model

Array = NDArray[np.float64]

# MECHANISM section 6: uniform between these limits for each edge (node) and member.
HILL = (1.1, 3.0)
HALF_POINT = (0.35, 0.65)
WEIGHT = (0.6, 1.0)
BASAL = (0.08, 0.25)


def draw_parameters(model: Model, members: int, *, seed: int | np.random.Generator) -> Parameters:
    """Parameters of every member, conflicts of the literature drawn as well.

    Parameters
    ----------
    model
        The network: n nodes, e edges.
    members
        Number of members m.
    seed
        Same seed, same members.

    Returns
    -------
    Parameters with arrays (e, m) and (n, m). An edge of an option that a member did not draw is absent; a shape
    that the table fixes stays as it is; basal activities move only at nodes, not at inputs.

    Examples
    --------
    >>> from secretome.mechanism.network import model
    >>> draw_parameters(model("follicle"), 4, seed=1).weight.shape[1]
    4
    """
    edges, nodes = model.edges, model.nodes
    conflicts = list(model.conflicts)
    sampler = qmc.LatinHypercube(
        3 * len(edges) + len(nodes) + len(conflicts), rng=np.random.default_rng(seed)
    )
    unit = sampler.random(members).T
    parts = np.split(unit, np.cumsum([len(edges)] * 3 + [len(nodes)]))
    weight, half_point, hill, basal, options = (np.asarray(part, dtype=float) for part in parts)
    present = np.ones((len(edges), members))
    for name, draw in zip(conflicts, options, strict=True):
        known = model.conflicts[name]
        chosen = np.minimum((draw * len(known)).astype(int), len(known) - 1)
        for at, edge in enumerate(edges):
            if edge.alternative.startswith(f"{name}:"):
                present[at] = chosen == known.index(edge.alternative.split(":")[1])
    free = np.array([node.kind == "node" for node in nodes])[:, None]
    standard = np.array([node.basal for node in nodes])[:, None]
    return Parameters(
        weight=_or_fixed(WEIGHT, weight, [edge.weight for edge in edges]),
        half_point=_or_fixed(HALF_POINT, half_point, [edge.half_point for edge in edges]),
        hill=_or_fixed(HILL, hill, [edge.hill for edge in edges]),
        basal=np.where(free, BASAL[0] + (BASAL[1] - BASAL[0]) * basal, standard),
        present=present,
    )


def _or_fixed(limits: tuple[float, float], unit: Array, fixed: list[float]) -> Array:
    given = np.array(fixed, dtype=float)[:, None]
    return np.where(np.isnan(given), limits[0] + (limits[1] - limits[0]) * unit, given)
