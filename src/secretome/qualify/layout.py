"""What a layout is: the columns of the plain CSV of one question, other names they go by, an example."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "number", "yes or no"]
Change = Literal["exp", "power of 2", "power of 10", "reciprocal"]


@dataclass(frozen=True)
class Column:
    """A column of a layout: name, what a cell holds, whether it must be there and filled.

    Parameters
    ----------
    required
        The file must have it, and every cell be filled unless `gaps`.
    aliases
        Other names of the column, lower case, words parted by one blank.
    units
        Other names that also say the unit: `month` is a time in months.
    changed
        Other names whose numbers are changed first: `ln dose` is taken to the power of e.
    gaps
        An empty cell leaves its row out, which is said; otherwise it is a fault.
    below
        Column set to yes where the cell reads `<5`: a value below a limit of quantification.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    aliases: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, Change] = field(default_factory=dict)
    gaps: bool = False
    below: str = ""


@dataclass(frozen=True)
class Layout:
    """The CSV of one question, with example rows (invented); `value` names its column of measured numbers."""

    name: str
    columns: tuple[Column, ...]
    example: tuple[tuple[str, ...], ...]
    value: str = "value"

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)

    def template(self) -> str:
        """The layout as a CSV with invented rows."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([column.name for column in self.columns])
        writer.writerows(self.example)
        return stream.getvalue()

    def description(self) -> str:
        """A line for each column: what it holds, whether it must be there, and its other names."""
        return "\n".join(_line(column) for column in self.columns)


def _line(column: Column) -> str:
    other = (*column.aliases, *column.units, *column.changed)
    also = f"; also called {', '.join(other)}" if other else ""
    return f"{column.name}: {column.meaning} ({column.kind}, {'required' if column.required else 'optional'}{also})"
