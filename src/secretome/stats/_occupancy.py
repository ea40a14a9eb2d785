"""How much of a receptor is taken by its ligand and by a rival that does nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from secretome.errors import InvalidArray
from secretome.stats._arrays import Floats


@dataclass(frozen=True)
class Occupancy:
    """Shares of a receptor: `agonist`, `antagonist`, `empty`; they sum to 1."""

    agonist: Floats
    antagonist: Floats
    empty: Floats


def receptor_occupancy(
    ligand: ArrayLike, kd: ArrayLike, *, antagonist: ArrayLike = 0.0, antagonist_kd: ArrayLike = np.inf
) -> Occupancy:
    """Occupancy of a receptor by its ligand beside a competitive antagonist (IL-1 and IL1RN at IL1R1).

    Parameters
    ----------
    ligand
        free concentration, mol/L, any shape; the receptor does not deplete it.
    kd
        mol/L, above 0.
    antagonist
        free concentration of the rival, mol/L.
    antagonist_kd
        mol/L, above 0; infinite when there is none.

    Returns
    -------
    Occupancy
        Arrays of the broadcast shape. The antagonist leaves the ligand's concentration as it is.

    Raises
    ------
    InvalidArray
        A concentration is missing or negative, a kd is not above 0, or shapes do not fit.

    Notes
    -----
    ligand / kd / (1 + ligand / kd + antagonist / antagonist_kd): the ligand's curve shifted by
    1 + antagonist / antagonist_kd.

    References
    ----------
    Gaddum 1957, Pharmacological Reviews 9:211. Arunlakshana and Schild 1959, doi 10.1111/j.1476-5381.1959.tb00928.x.

    Examples
    --------
    >>> receptor_occupancy(1e-9, 1e-9).agonist, receptor_occupancy(1e-9, 1e-9, antagonist=1e-8, antagonist_kd=1e-9).agonist
    (array(0.5), array(0.08333333))
    """
    try:
        x, k, a, ka = np.broadcast_arrays(
            *(np.asarray(part, dtype=float) for part in (ligand, kd, antagonist, antagonist_kd))
        )
    except ValueError:
        raise InvalidArray(
            "shapes of ligand, kd, antagonist and antagonist_kd do not fit each other"
        ) from None
    for name, part in (("ligand", x), ("antagonist", a)):
        wrong = ~np.isfinite(part) | (part < 0)
        if wrong.any():
            raise InvalidArray(f"{name} holds {part[wrong][0]:g}; expected mol/L, 0 or more")
    for name, part in (("kd", k), ("antagonist_kd", ka)):
        if not (part > 0).all():
            raise InvalidArray(f"{name} holds {part[~(part > 0)][0]:g}; expected mol/L above 0")
    load, rival = x / k, a / ka
    total = 1 + load + rival
    return Occupancy(np.asarray(load / total), np.asarray(rival / total), np.asarray(1 / total))
