"""The small layer of cell numbers on top of each network, and where it comes to rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from .network import Model

Array = NDArray[np.float64]
Levels = Callable[[str], Array]

# Per time unit of the network. Only the loss of ingested debris, 0.25, is from a source (Chowkwale 2022, as
# MECHANISM section 7 quotes it); the others are ones that keep numbers near 1, so directions count, not sizes.
RATES: Mapping[str, float] = MappingProxyType(
    {
        "ac_supply": 1.0,
        "engulf": 4.0,
        "turn_necrotic": 0.2,
        "clear_necrotic": 0.5,
        "digest": 0.25,
        "arrive": 1.0,
        "stay": 0.5,
        "leave": 1.0,
        "grow_t_cells": 1.0,
        "die": 0.02,
        "grow_papilla": 1.0,
        "papilla_die": 0.3,
        "grow_matrix": 1.0,
        "matrix_die": 1.0,
        "matrix_turnover": 0.2,
        "to_anagen": 1.0,
        "to_catagen": 0.3,
        "to_telogen": 1.0,
    }
)


@dataclass(frozen=True)
class Pool:
    """A number of cells or a share of follicles.

    Parameters
    ----------
    rate
        Its rate of change in the names of nodes, pools and rates.
    start
        Value at time 0.
    rest
        Where it rests, from the steady levels of the nodes.
    """

    name: str
    rate: str
    start: float
    rest: Callable[[Levels], Array]


def pools(model: Model) -> tuple[Pool, ...]:
    """The pools of a model, in an order in which each uses only those before it.

    Notes
    -----
    Clearance: supply of apoptotic cells against engulfment and secondary necrosis, the engulfed load against
    digestion (rate forms after Maree 2005, J Theor Biol 233:533, and Chowkwale 2022), phagocytes that arrive
    and leave, T cells that divide up to a limit. Follicle: papilla cells that divide up to a limit and die
    where they are not viable, matrix cells, and the shares of follicles in each phase of the cycle.
    Nodes drive pools; pools do not act back.
    """
    return _CLEARANCE if model.name == "clearance" else _FOLLICLE


def at_rest(model: Model, level: Array) -> dict[str, Array]:
    """Steady value of every pool; name to (m,).

    Parameters
    ----------
    model
        The network: n nodes.
    level : (n, m)
        Steady levels of its nodes.

    Examples
    --------
    >>> from secretome.mechanism.network import model
    >>> network = model("follicle")
    >>> shares = at_rest(network, np.full((len(network.nodes), 1), 0.5))
    >>> round(float(sum(shares[name] for name in ("Anagen_share", "Catagen_share", "Telogen_share"))[0]), 9)
    1.0
    """
    return {pool.name: pool.rest(lambda name: level[model.index[name]]) for pool in pools(model)}


_R = RATES


def _phagocytes(y: Levels) -> Array:
    return (_R["stay"] + _R["arrive"] * y("Phagocyte_recruitment")) / _R["leave"]


def _apoptotic(y: Levels) -> Array:
    return (
        _R["ac_supply"] * y("AC") / (_R["engulf"] * y("Efferocytosis") * _phagocytes(y) + _R["turn_necrotic"])
    )


def _limited(growth: Array, loss: Array | float) -> Array:
    """N of N' = growth N (1 - N) - loss N."""
    return np.maximum(1 - loss / np.maximum(growth, 1e-12), 0.0)


def _cycle(y: Levels) -> tuple[Array, Array, Array]:
    anagen = 1 / np.maximum(_R["to_catagen"] * y("Catagen"), 1e-12)
    telogen = 1 / np.maximum(_R["to_anagen"] * y("Anagen_induction"), 1e-12)
    catagen = np.full_like(anagen, 1 / _R["to_telogen"])
    total = anagen + catagen + telogen
    return anagen / total, catagen / total, telogen / total


_CLEARANCE = (
    Pool("Phagocytes", "stay + arrive * Phagocyte_recruitment - leave * Phagocytes", 0.5, _phagocytes),
    Pool(
        "Apoptotic_cells",
        "ac_supply * AC - engulf * Efferocytosis * Phagocytes * Apoptotic_cells - turn_necrotic * Apoptotic_cells",
        0.0,
        _apoptotic,
    ),
    Pool(
        "Engulfed_load",
        "engulf * Efferocytosis * Phagocytes * Apoptotic_cells - digest * Engulfed_load",
        0.0,
        lambda y: _R["engulf"] * y("Efferocytosis") * _phagocytes(y) * _apoptotic(y) / _R["digest"],
    ),
    Pool(
        "Necrotic_cells",
        "turn_necrotic * Apoptotic_cells - clear_necrotic * Necrotic_cells",
        0.0,
        lambda y: _R["turn_necrotic"] * _apoptotic(y) / _R["clear_necrotic"],
    ),
    Pool(
        "T_cells",
        "grow_t_cells * Tcell_prolif * T_cells * (1 - T_cells) - die * T_cells",
        0.5,
        lambda y: _limited(_R["grow_t_cells"] * y("Tcell_prolif"), _R["die"]),
    ),
)  # fmt: skip

_FOLLICLE = (
    Pool(
        "Papilla_cells",
        "grow_papilla * DPC_prolif * Papilla_cells * (1 - Papilla_cells) - papilla_die * (1 - DPC_viability) * Papilla_cells",
        0.5,
        lambda y: _limited(_R["grow_papilla"] * y("DPC_prolif"), _R["papilla_die"] * (1 - y("DPC_viability"))),
    ),
    Pool(
        "Matrix_cells",
        "grow_matrix * Matrix_prolif - (matrix_die * Matrix_apoptosis + matrix_turnover) * Matrix_cells",
        0.5,
        lambda y: _R["grow_matrix"] * y("Matrix_prolif") / (_R["matrix_die"] * y("Matrix_apoptosis") + _R["matrix_turnover"]),
    ),
    Pool(
        "Anagen_share",
        "to_anagen * Anagen_induction * Telogen_share - to_catagen * Catagen * Anagen_share",
        0.0,
        lambda y: _cycle(y)[0],
    ),
    Pool(
        "Catagen_share",
        "to_catagen * Catagen * Anagen_share - to_telogen * Catagen_share",
        0.0,
        lambda y: _cycle(y)[1],
    ),
    Pool(
        "Telogen_share",
        "to_telogen * Catagen_share - to_anagen * Anagen_induction * Telogen_share",
        1.0,
        lambda y: _cycle(y)[2],
    ),
)  # fmt: skip
