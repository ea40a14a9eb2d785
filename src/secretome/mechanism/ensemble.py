"""Time courses by libroadrunner; the only file that names the SBML engine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import ModuleType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.errors import MissingExtra
from secretome.stats.logic import Parameters

from .authoring import HELD
from .export import sbml
from .network import Model
from .population import pools

Array = NDArray[np.float64]
RELATIVE, ABSOLUTE = 1e-9, 1e-12


class Engine:
    """A model loaded into libroadrunner once, run as often as wanted.

    Parameters
    ----------
    model
        The network.
    context, topology
        As in `authoring.antimony`.

    Raises
    ------
    MissingExtra
        If libroadrunner, antimony or libsbml is not installed.
    """

    def __init__(
        self,
        model: Model,
        *,
        context: Mapping[str, str] | None = None,
        topology: Mapping[str, str] | None = None,
    ) -> None:
        self.model = model
        here = model.in_context(context or {}) * model.in_topology(topology or {})
        self._edges = [at for at in range(len(model.edges)) if here[at, 0]]
        self._runner = _roadrunner().RoadRunner(sbml(model, context=context, topology=topology))
        self._runner.integrator.setValue("relative_tolerance", RELATIVE)
        self._runner.integrator.setValue("absolute_tolerance", ABSOLUTE)
        self._runner.integrator.setValue("maximum_num_steps", 100_000)

        ids = list(self._runner.model.getGlobalParameterIds())
        free = [name for name in ids if not re.fullmatch(r"[euf]\d+", name)]
        self._positions = [ids.index(name) for name in free]
        self._standard = {name: float(self._runner[name]) for name in free}
        self.names = (*(node.name for node in model.nodes), *(pool.name for pool in pools(model)))

    def tolerances(self, relative: float, absolute: float) -> None:
        """Other tolerances of the integrator."""
        self._runner.integrator.setValue("relative_tolerance", relative)
        self._runner.integrator.setValue("absolute_tolerance", absolute)

    def course(
        self,
        clamp: Array,
        *,
        parameters: Parameters | None = None,
        member: int = 0,
        end: float = 60.0,
        points: int = 2,
        taus: Array | None = None,
    ) -> pd.DataFrame:
        """Levels over time.

        Parameters
        ----------
        clamp : (n,)
            Levels at which nodes are held, NaN where free.
        parameters, member
            Numbers of one member of an ensemble; the defaults when not given.
        end, points
            Time in units of tau, and rows to return.
        taus : (n,)
            Time constants of the nodes.

        Returns
        -------
        Column `time`, one column a node and pool.
        """
        values = dict(self._standard)
        if parameters is not None:
            values |= self._values(parameters, member)
        for at, node in enumerate(self.model.nodes):
            if taus is not None:
                values[f"tau_{node.name}"] = float(taus[at])
            if not np.isnan(clamp[at]):
                values[f"{HELD}{node.name}"] = 1.0
                values[node.name] = float(clamp[at])
        # All numbers are set anew by their position: the model is never loaded again.
        self._runner.model.setGlobalParameterValues(self._positions, list(values.values()))
        found = np.asarray(self._runner.simulate(0, end, points, ["time", *self.names]))
        return pd.DataFrame(found, columns=["time", *self.names])

    def _values(self, parameters: Parameters, member: int) -> dict[str, float]:
        """Numbers of one member by their names in the model."""
        found: dict[str, float] = {}
        for word, array in (("w", parameters.weight), ("h", parameters.half_point), ("n", parameters.hill)):
            mine = array[:, min(member, array.shape[1] - 1)]
            found |= {f"{word}{at}": float(mine[at]) for at in self._edges}
        mine = parameters.basal[:, min(member, parameters.basal.shape[1] - 1)]
        return found | {
            f"b_{node.name}": float(value) for node, value in zip(self.model.nodes, mine, strict=True)
        }


def _roadrunner() -> ModuleType:
    try:
        import roadrunner
    except ImportError as error:
        raise MissingExtra("mechanism", "time courses") from error
    library: ModuleType = roadrunner
    return library
