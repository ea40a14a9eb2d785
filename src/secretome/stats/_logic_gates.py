"""What edges hand on and how gates join it, for a layer of nodes and many members."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from secretome.stats._logic_layers import Join, Layer
from secretome.stats._logic_wiring import Array, Parameters


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


class Numbers:
    """A layer with the parameters of some members, all that does not change between sweeps worked out."""

    def __init__(self, layer: Layer, source: NDArray[np.intp], parameters: Parameters) -> None:
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


def _grouped(joins: tuple[Join, ...], values: Array, present: Array, caps: Array, results: int) -> Array:
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
