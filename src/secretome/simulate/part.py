"""One further measurement of the laboratory: its files and what is true of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class Part:
    """Tables that a laboratory would have, the truth behind them, and lines for the plan.

    Parameters
    ----------
    tables
        File stem to table.
    truth
        Name to table.
    assay
        Keys of the `[[assay]]` of the complete plan, in order.
    """

    tables: Mapping[str, pd.DataFrame]
    truth: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    assay: Mapping[str, str] = field(default_factory=dict)

    def as_toml(self) -> str:
        """The `[[assay]]` section of this part."""
        return "\n".join(["[[assay]]", *(f'{key} = "{value}"' for key, value in self.assay.items())]) + "\n"


def well(position: int) -> str:
    """Name of a well of a 96-well plate, filled row by row.

    Examples
    --------
    >>> well(0), well(13)
    ('A1', 'B2')
    """
    return f"{'ABCDEFGH'[position // 12 % 8]}{position % 12 + 1}"
