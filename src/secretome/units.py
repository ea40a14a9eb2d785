"""Unit names, checks and conversions: every analyte carries one unit, and nothing is converted silently."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .errors import UnitMismatch, near_misses

Scale = Literal["linear", "log2"]

# Mass concentrations convert into each other by a factor; all other units stand for themselves.
_GRAM_PER_LITRE = {
    "pg/mL": 1e-9,
    "ng/L": 1e-9,
    "ng/mL": 1e-6,
    "ug/L": 1e-6,
    "ug/mL": 1e-3,
    "mg/L": 1e-3,
    "mg/mL": 1.0,
    "g/L": 1.0,
}
_MOLAR = {"pmol/L": 1e-12, "nmol/L": 1e-9, "umol/L": 1e-6, "mmol/L": 1e-3}
_OTHER = (
    "intensity",
    "log2 intensity",
    "spectral count",
    "share",
    "NPX",
    "RFU",
    "MFI",
    "optical density",
    "particles/mL",
    "nm",
    "copies/mL",
    "read count",
    "percent",
    "relative potency",
    "Cq",
    "pg/10^6 cells",
)
UNITS: tuple[str, ...] = (*_GRAM_PER_LITRE, *_MOLAR, *_OTHER)


def check_units(units: Iterable[str], *, where: str) -> None:
    """Refuse units that are missing or not in the list of units.

    Parameters
    ----------
    units
        One unit name for each analyte.
    where
        What the units belong to, for the message.

    Raises
    ------
    UnitMismatch
        If a unit is empty or unknown.

    Examples
    --------
    >>> check_units(["pg/mL", "intensity"], where="panel")
    """
    for unit in dict.fromkeys(units):
        if not unit:
            raise UnitMismatch(f"{where}: an analyte has no unit; name one of: {', '.join(UNITS)}")
        if unit not in UNITS:
            raise UnitMismatch(f"{where}: unknown unit {unit!r}{near_misses(unit, UNITS)}")


def convert(values: NDArray[np.float64], unit: str, to: str) -> NDArray[np.float64]:
    """Values in another unit of the same kind.

    Parameters
    ----------
    values
        Array of any shape, in `unit`.
    unit, to
        Names from `UNITS`.

    Returns
    -------
    Array of the same shape, in `to`.

    Raises
    ------
    UnitMismatch
        If the two units do not measure the same kind of quantity; mass and molar
        concentrations need a molecular mass and are never converted here.

    Examples
    --------
    >>> convert(np.array([1.5]), "ng/mL", "pg/mL")
    array([1500.])
    """
    check_units([unit, to], where="conversion")
    if unit == to:
        return np.array(values, dtype=float)
    for table in (_GRAM_PER_LITRE, _MOLAR):
        if unit in table and to in table:
            return np.asarray(values, dtype=float) * (table[unit] / table[to])
    raise UnitMismatch(f"cannot convert {unit!r} to {to!r}: they do not measure the same kind of quantity")
