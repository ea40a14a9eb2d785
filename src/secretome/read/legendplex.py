"""LEGENDplex data-analysis exports. Written from the description, no file seen."""

from __future__ import annotations

from secretome.plan import AssayPlan

from .cells import Cells
from .measured import PANEL_COLUMNS, Measured, complete
from .wells import wide_values

NAME = "legendplex"
TITLE = "LEGENDplex table of concentrations"
KIND = "panel"
SEEN = False


def recognises(cells: Cells) -> str:
    """Evidence that a file is one."""
    if (
        any("legendplex" in cell.lower() for row in cells.rows[:30] for cell in row)
        and _header(cells) is not None
    ):
        return "it names LEGENDplex and has a column of samples beside concentrations"
    return ""


def read(cells: Cells, plan: AssayPlan) -> Measured:
    """Concentrations as the maker's program computed them; `<` and `>` keep their limits."""
    header = _header(cells) or 0
    titles = [title.lower() for title in cells.rows[header]]
    sample = next(i for i, title in enumerate(titles) if title in {"sample", "sample name", "sample id"})
    well = tuple(i for i, title in enumerate(titles) if title == "well")
    first = max(sample, *well) + 1 if well else sample + 1
    rows = wide_values(cells, header, first, unit=plan.unit or "", names=(sample, *well))
    return Measured(complete(rows, PANEL_COLUMNS), facts={"instrument": "flow cytometer, LEGENDplex"})


def _header(cells: Cells) -> int | None:
    for i, row in enumerate(cells.rows[:60]):
        if {"sample", "sample name", "sample id"} & {cell.lower() for cell in row} and len(row) > 2:
            return i
    return None
