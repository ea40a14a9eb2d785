"""Plain documented CSV layouts: which columns each question takes, and the check of a file against them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import pandas as pd

from secretome.errors import InvalidInput, Problem, near_misses

Kind = Literal["text", "number", "yes or no"]
_EMPTY = frozenset({"", "na", "nan", "n/a"})
_WORDS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True)
class Column:
    """A column of a layout: name, what a cell holds, whether it must be there and filled."""

    name: str
    kind: Kind
    meaning: str
    required: bool = False


@dataclass(frozen=True)
class Layout:
    """The CSV of one question, with two example rows (invented)."""

    name: str
    columns: tuple[Column, ...]
    example: tuple[tuple[str, ...], ...]

    def template(self) -> str:
        """The layout as a CSV with invented rows."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([column.name for column in self.columns])
        writer.writerows(self.example)
        return stream.getvalue()

    def description(self) -> str:
        """A line for each column: what it holds, and whether it must be there."""
        return "\n".join(
            f"{c.name}: {c.meaning} ({c.kind}, {'required' if c.required else 'optional'})"
            for c in self.columns
        )


def parse(
    layout: Layout,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    lines: Sequence[int],
    file: str,
    columns: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Cells of a file as a typed frame of the layout.

    Parameters
    ----------
    layout
        What is expected.
    header, rows, lines
        Texts of the file and the line number of each row.
    columns
        Name in the layout to name in the file, where they differ.

    Returns
    -------
    The layout's columns that the file has, and `line`. Numbers are float with NaN where a cell is
    empty; texts are `str`, empty where the cell is.

    Raises
    ------
    InvalidInput
        If a required column or cell is missing, or a cell is no number; all of them at once.

    Examples
    --------
    >>> found = parse(LAYOUTS["stability"], ["lot", "time", "value"], [["A", "0", "99.5"]], lines=[2], file="f")
    >>> float(found["value"].iloc[0])
    99.5
    """
    names = _names(layout, header, columns or {}, file)
    problems: list[Problem] = []
    frame: dict[str, list[object]] = {"line": list(lines)}
    for column in layout.columns:
        if column.name not in names:
            continue
        at = list(header).index(names[column.name])
        frame[column.name] = [
            _cell(row[at].strip(), column, file, line, names[column.name], problems)
            for row, line in zip(rows, lines, strict=True)
        ]
    if problems:
        raise InvalidInput(problems)
    return pd.DataFrame(frame)


def _names(layout: Layout, header: Sequence[str], columns: Mapping[str, str], file: str) -> dict[str, str]:
    known = {column.name for column in layout.columns}
    problems = [
        Problem(
            file, f"--column names {name!r}", "a column of the layout", f"Mend it{near_misses(name, known)}"
        )
        for name in columns
        if name not in known
    ]
    lower = {name.strip().lower(): name for name in header}
    claimed = {wanted.strip().lower() for wanted in columns.values()}
    found = {}
    for column in layout.columns:
        wanted = columns.get(column.name, column.name)
        if column.name not in columns and wanted in claimed and not column.required:
            continue  # the user gave that column of the file another meaning
        if wanted.strip().lower() in lower:
            found[column.name] = lower[wanted.strip().lower()]
        elif column.required or column.name in columns:
            action = f"Add it, or say --column {column.name}=NAME{near_misses(wanted, header)}"
            problems.append(Problem(file, f"no column {wanted!r}", column.meaning, action))
    if problems:
        raise InvalidInput(problems)
    return found


def _cell(text: str, column: Column, file: str, line: int, name: str, problems: list[Problem]) -> object:
    if text.lower() in _EMPTY and column.kind != "text":
        if column.required:
            problems.append(
                Problem(
                    file,
                    "an empty cell",
                    column.meaning,
                    "Fill it or delete the row and say why.",
                    line,
                    name,
                )
            )
        return float("nan") if column.kind == "number" else None
    if column.kind == "number":
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if number != number or number in (float("inf"), float("-inf")):
            problems.append(Problem(file, f"{text!r}", "a finite number", "Mend the cell.", line, name))
        return number
    if column.kind == "yes or no":
        if text.lower() not in _WORDS:
            problems.append(Problem(file, f"{text!r}", "yes or no", "Mend the cell.", line, name))
        return _WORDS.get(text.lower())
    if not text and column.required:
        problems.append(
            Problem(file, "an empty cell", column.meaning, "Fill it or delete the row.", line, name)
        )
    return text


def _layout(name: str, columns: Sequence[Column], *example: str) -> Layout:
    return Layout(name, tuple(columns), tuple(tuple(row.split(",")) for row in example))


_LOT = Column("lot", "text", "name of the lot", required=True)
_VALUE = Column("value", "number", "the measured value", required=True)
_DONOR = Column("donor", "text", "donor, pool or bank: the unit of replication")
_ATTRIBUTE = Column("attribute", "text", "what was measured, where there are several")

LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "potency": _layout(
            "potency",
            [
                Column("preparation", "text", "reference lot or test lot", required=True),
                Column("dose", "number", "dose in one unit for all preparations", required=True),
                Column("response", "number", "response of one well", required=True),
                Column("plate", "text", "plate or assay; each is fitted on its own and then combined"),
                Column("block", "text", "block of a randomised block design (parallel line)"),
                Column("row", "text", "row of a Latin square (parallel line)"),
                Column("column", "text", "column of a Latin square (parallel line)"),
                Column("assumed", "number", "assumed potency of the preparation; multiplies the ratio"),
                Column("weight", "number", "inverse variance of the response (curves)"),
            ],
            "R1,1,0.21,plate 1,,,,,",
            "T1,1,0.19,plate 1,,,,,",
        ),
        "validation": _layout(
            "potency --kind validation",
            [
                Column("level", "number", "true relative potency, percent", required=True),
                Column("value", "number", "measured relative potency, percent", required=True),
                Column("run", "text", "assay run: analyst, day and plate together", required=True),
                Column("analyst", "text", "analyst"),
                Column("day", "text", "day"),
            ],
            "50,48.7,run 1,A,day 1",
            "100,103.1,run 1,A,day 1",
        ),
        "matrix": _layout(
            "matrix",
            [
                _LOT,
                Column("donor", "text", "donor, pool or bank: the unit of replication", required=True),
                Column("measure", "text", "name of the factor or activity", required=True),
                Column("kind", "text", "factor or activity", required=True),
                _VALUE,
            ],
            "L1,D1,VEGFA,factor,820",
            "L1,D1,tube formation,activity,131",
        ),
        "stability": _layout(
            "stability",
            [
                _LOT,
                Column("time", "number", "time since release or start of use", required=True),
                Column("value", "number", "the measured value; the LLOQ when censored", required=True),
                _ATTRIBUTE,
                Column("potency", "yes or no", "whether the attribute is an assay of activity"),
                Column("lower", "number", "lower acceptance limit of the attribute"),
                Column("upper", "number", "upper acceptance limit of the attribute"),
                Column("censored", "yes or no", "yes when the value is below the LLOQ given"),
                Column("clock", "text", "storage, powder, in use, freeze-thaw, dilution: never mixed"),
                Column("temperature_c", "number", "storage temperature"),
                Column("state", "text", "liquid, frozen or freeze-dried"),
            ],
            "L1,0,100.2,VEGFA,no,80,,no,storage,5,liquid",
            "L1,3,98.7,VEGFA,no,80,,no,storage,5,liquid",
        ),
        "comparability": _layout(
            "comparability",
            [
                Column("group", "text", "process, form or donor group that is compared", required=True),
                Column("unit", "text", "donor or pool: the unit of replication", required=True),
                _VALUE,
                _ATTRIBUTE,
                Column("lot", "text", "lot; lots of one unit are averaged first"),
                Column("dose_basis", "text", "per cell equivalent, per protein, per particle, per volume"),
            ],
            "process A,D1,98.2,IDO activity,L1,per cell equivalent",
            "process B,D2,101.7,IDO activity,L2,per cell equivalent",
        ),
        "summary": _layout(
            "specification --kind summary",
            [
                Column("line", "text", "name of the test line", required=True),
                Column("result", "text", "number, or words such as no growth; empty when not tested"),
                Column("lower", "number", "lower limit, inclusive"),
                Column("upper", "number", "upper limit, inclusive"),
                Column("expected", "text", "words that the result must equal, such as no growth"),
                Column("unit", "text", "unit of the result"),
                Column("method", "text", "named method"),
                Column("justification", "text", "why this limit"),
                Column("required", "yes or no", "default yes; a no needs a justification"),
                Column("k_eu_kg_h", "number", "endotoxin: threshold dose K, EU per kg and hour"),
                Column("k_route", "text", "endotoxin: route for which K holds"),
                Column("route", "text", "endotoxin: route of the product"),
                Column("dose_ml_kg_h", "number", "endotoxin: largest dose, mL per kg and hour"),
            ],
            "sterility,no growth,,,no growth,,Ph. Eur. 2.6.1,compendial,yes,,,,",
            "endotoxin,0.05,,,,EU/mL,Ph. Eur. 2.6.14,K and dose,yes,5,intravenous,intravenous,2",
        ),
        "limits": _layout(
            "specification --kind limits",
            [_LOT, Column("donor", "text", "donor, pool or bank", required=True), _VALUE],
            "L1,D1,98.2",
            "L2,D1,99.0",
        ),
        "control": _layout(
            "control",
            [
                Column("sample", "text", "subgroup or run, in time order", required=True),
                _VALUE,
            ],
            "1,74.03",
            "1,74.002",
        ),
        "purity": _layout(
            "purity",
            [
                Column("sample", "text", "vesicle preparation", required=True),
                Column(
                    "quantity",
                    "text",
                    "particles, particle blank, protein, protein blank, marker, soluble, vesicles, input, bovine",
                    required=True,
                ),
                Column(
                    "value",
                    "number",
                    "per mL (particles), ug/mL (protein), 1 or 0 (marker), amount, percent (bovine)",
                    required=True,
                ),
                Column("standard_error", "number", "of the value, same unit"),
                Column("name", "text", "marker or factor"),
                Column("marker_class", "text", "transmembrane, cytosolic, contaminant"),
                Column("instrument", "text", "instrument and settings of a particle count"),
            ],
            "EV1,particles,2.1e10,1.0e9,,,NTA camera level 14",
            "EV1,protein,41.5,2.0,,,",
        ),
        "forms": _layout(
            "forms",
            [
                Column("form", "text", "cells, CM, EV or freeze-dried", required=True),
                Column("donor", "text", "donor or pool", required=True),
                Column(
                    "item",
                    "text",
                    "yield, harvest, clarify, concentrate, freeze, dry, doses, storage, in use, freeze-thaws, shelf life",
                    required=True,
                ),
                _VALUE,
                Column("measure", "text", "factor, particles or potency that the value is of"),
                Column("unit", "text", "unit of the value", required=True),
                Column("lower", "number", "lower limit of its interval"),
                Column("upper", "number", "upper limit of its interval"),
                Column("before", "number", "amount before the step, for a recovery"),
            ],
            "CM,D1,yield,812,VEGFA,pg per 10^6 cells,760,868,",
            "CM,D1,concentrate,7010,VEGFA,pg,,,8120",
        ),
    }
)
