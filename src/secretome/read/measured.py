"""What the export of an instrument holds, in one layout for all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from secretome.study import State

from .cells import Cells

# One row a well (immunoassays), or a sample and analyte (values that the maker computed). Empty text and
# NaN where a format does not say.
PANEL_COLUMNS: Mapping[str, object] = {
    "line": 0,
    "plate": "",
    "well": "",
    "sample": "",
    "kind": "sample",
    "analyte": "",
    "uniprot": "",
    "gene": "",
    "dilution": np.nan,
    "expected": np.nan,
    "spike": np.nan,
    "signal": np.nan,
    "signal_unit": "",
    "count": np.nan,
    "value": np.nan,
    "state": int(State.VALUE),
    "lod": np.nan,
    "unit": "",
    "qc": "",
}
PARTICLE_COLUMNS: Mapping[str, object] = {
    "line": 0,
    "sample": "",
    "kind": "sample",
    "replicate": "",
    "detergent": False,
    "dilution": np.nan,
    "particles_per_ml": np.nan,
    "mode_nm": np.nan,
    "median_nm": np.nan,
    "mean_nm": np.nan,
    "instrument": "",
    "settings": "",
    "buffer": "",
    "size_limit_nm": np.nan,
}
MIRNA_COLUMNS: Mapping[str, object] = {
    "line": 0,
    "sample": "",
    "kind": "sample",
    "target": "",
    "value": np.nan,
    "unit": "",
    "expected": np.nan,
    "state": int(State.VALUE),
}
# standard, blank (plate, buffer or medium without cells), control, spike (a sample with analyte added), sample
KINDS = ("sample", "standard", "blank", "control", "spike")


@dataclass(frozen=True)
class Measured:
    """A tidy table with the columns above, doubts about the file, and what it says of the instrument."""

    table: pd.DataFrame
    remarks: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    def samples(self) -> tuple[str, ...]:
        """Names that must stand in the sample sheet."""
        mine = self.table.loc[self.table["kind"].isin(["sample", "spike"]), "sample"]
        return tuple(dict.fromkeys(str(name) for name in mine if name))


def complete(rows: Sequence[Mapping[str, object]], columns: Mapping[str, object]) -> pd.DataFrame:
    """Rows as a table with every column, in order, of its type."""
    frame = pd.DataFrame(list(rows), columns=list(columns))
    for name, empty in columns.items():
        missing = frame[name].isna()
        if isinstance(empty, float):
            frame[name] = pd.to_numeric(frame[name], errors="coerce").astype(float)
        else:
            frame[name] = [empty if gap else value for value, gap in zip(frame[name], missing, strict=True)]
            frame[name] = frame[name].astype({bool: bool, int: int, str: object}[type(empty)])
    return frame


_STANDARD = re.compile(r"(standard|std|calibrator)[ _.-]?\d+.*", re.IGNORECASE)
_BLANK = re.compile(r"(background|blank|bkg|zero|buffer|nsb)[ _.-]?\d*", re.IGNORECASE)
_CONTROL = re.compile(r"(control|ctrl|qc|ipc|plate control)[ _.-]?\d*", re.IGNORECASE)


def kind_of(name: str) -> str:
    """What a well is, told from the name that instruments give it.

    Examples
    --------
    >>> kind_of("Standard12"), kind_of("Background0"), kind_of("QC 2"), kind_of("BM_1")
    ('standard', 'blank', 'control', 'sample')
    """
    for pattern, kind in ((_STANDARD, "standard"), (_BLANK, "blank"), (_CONTROL, "control")):
        if pattern.fullmatch(name.strip()):
            return kind
    return "sample"


_BELOW = re.compile(r"(<|oor ?<|below|bdl|n\.?d\.?$|not detected)(.*)", re.IGNORECASE)
_ABOVE = re.compile(r"(>|oor ?>|above)(.*)", re.IGNORECASE)


def value_of(cells: Cells, text: str) -> tuple[float, int, float]:
    """Number, state and limit in a cell such as `12.5`, `< 3.2`, `> 10000` or `OOR <`."""
    for pattern, state in ((_BELOW, State.BELOW_LLOQ), (_ABOVE, State.ABOVE_RANGE)):
        found = pattern.match(text.strip())
        if found:
            return np.nan, int(state), cells.number(found.group(2))
    number = cells.number(text)
    return number, int(State.MISSING if np.isnan(number) else State.VALUE), np.nan


def broken_series(expected: Sequence[float]) -> list[int]:
    """Positions of concentrations that break a falling or rising series of standards.

    The most that go in one direction are kept, so that a lost decimal point does not pull the others along.

    Examples
    --------
    >>> broken_series([431.25, 215625.0, 107.8125, 53.9])
    [1]
    """
    values = np.asarray(expected, dtype=float)
    best: list[int] = []
    for direction in (-1, 1):
        chains: list[list[int]] = []
        for i, value in enumerate(values):
            before = [chain for chain in chains if (value - values[chain[-1]]) * direction > 0]
            chains.append([*max(before, key=len, default=[]), i])
        longest = max(chains, key=len, default=[])
        best = max(best, longest, key=len)
    return [i for i in range(len(values)) if i not in best]
