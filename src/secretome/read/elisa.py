"""ELISA plates as grids A-H by 1-12, a grid of signals and one of names. Written from the description, no file seen."""

from __future__ import annotations

import re

import numpy as np

from secretome.errors import InvalidInput, Problem
from secretome.plan import AssayPlan

from .cells import Cells
from .measured import PANEL_COLUMNS, Measured, complete, kind_of

NAME = "elisa"
TITLE = "ELISA plate, grids of signals and names"
KIND = "panel"
SEEN = False

_STANDARD = re.compile(r"(?:standard|std|s)\s*[=:]?\s*([\d.]+(?:e-?\d+)?)\s*$", re.IGNORECASE)
_DILUTED = re.compile(r"^(.*?)\s+1\s*[:/]\s*([\d.]+)$")
_SPIKED = re.compile(r"^(.*?)\s*\+\s*spike\s+([\d.]+)$", re.IGNORECASE)


def recognises(cells: Cells) -> str:
    """Evidence that a file is one."""
    return "grids of wells, rows A to H by columns 1 to 12" if _grids(cells) else ""


def read(cells: Cells, plan: AssayPlan) -> Measured:
    """Wells of one analyte: the assay's name, or the text behind `analyte` above the grids.

    In the grid of names stand `standard 500`, `blank`, `NAME`, `NAME 1:10` and `NAME + spike 200`.

    Raises
    ------
    InvalidInput
        If there is not one grid of numbers and one of names.
    """
    grids = _grids(cells)
    signals = next((grid for grid in grids if _is_numbers(cells, grid)), None)
    names = next((grid for grid in grids if not _is_numbers(cells, grid)), None)
    if signals is None or names is None:
        found = f"{len(grids)} grids of wells, {'none' if signals is None else 'one or more'} of signals"
        action = "Add a second grid with the name of each well, rows A to H by columns 1 to 12."
        raise InvalidInput([Problem(cells.file, found, "one grid of signals and one of names", action)])
    said = {
        row[0].lower().rstrip(":"): row[1] for row in cells.rows if len(row) == 2 and row[0] not in "ABCDEFGH"
    }
    rows = []
    for well, (line, name) in names.items():
        if not name or well not in signals:
            continue
        rows.append(
            {
                "line": line,
                "plate": said.get("plate", cells.file),
                "well": well,
                "analyte": said.get("analyte", plan.name),
                "signal": cells.number(signals[well][1]),
                "signal_unit": "optical density",
                "unit": plan.unit or said.get("unit", ""),
                **_name(cells, name),
            }
        )
    return Measured(complete(rows, PANEL_COLUMNS), facts={"instrument": "plate reader", **said})


def _name(cells: Cells, text: str) -> dict[str, object]:
    standard = _STANDARD.match(text)
    if standard:
        return {"sample": text, "kind": "standard", "expected": cells.number(standard[1])}
    spiked, diluted = _SPIKED.match(text), _DILUTED.match(text)
    if spiked:
        return {"sample": spiked[1], "kind": "spike", "spike": cells.number(spiked[2]), "dilution": 1.0}
    if diluted:
        return {"sample": diluted[1], "kind": "sample", "dilution": cells.number(diluted[2])}
    return {"sample": text, "kind": kind_of(text), "dilution": np.nan if kind_of(text) != "sample" else 1.0}


def _grids(cells: Cells) -> list[dict[str, tuple[int, str]]]:
    """Each grid as well to line and cell: a row of 1, 2, 3 over rows that begin with A, B, C."""
    found = []
    for i, row in enumerate(cells.rows):
        numbers = [cell for cell in row if cell]
        if len(numbers) < 3 or numbers != [str(n + 1) for n in range(len(numbers))]:
            continue
        first = next(j for j, cell in enumerate(row) if cell)
        grid: dict[str, tuple[int, str]] = {}
        for line, body in zip(cells.lines[i + 1 :], cells.rows[i + 1 :], strict=True):
            label = body[first - 1] if 0 < first <= len(body) else ""
            if not re.fullmatch("[A-H]", label):
                break
            for j in range(len(numbers)):
                grid[f"{label}{j + 1}"] = (line, body[first + j] if first + j < len(body) else "")
        if grid:
            found.append(grid)
    return found


def _is_numbers(cells: Cells, grid: dict[str, tuple[int, str]]) -> bool:
    given = [cell for _, cell in grid.values() if cell]
    return bool(given) and bool(np.isfinite([cells.number(cell) for cell in given]).mean() > 0.9)
