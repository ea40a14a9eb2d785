"""From a table of a result to the rows that the page prints."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal
from urllib.parse import quote

import numpy as np
import pandas as pd

from secretome.results import Result, show

from .blocks import Column, Table

# ANCHORS section 3: a page that inlines large tables freezes; the CSV file has every row.
WHOLE = 50
TOP = 20
NEVER_WHOLE = 500
SENTENCE = 45

_WORDS = {
    "fdr": "FDR",
    "p_value": "p",
    "pca": "PCA",
    "pc1": "PC1",
    "pc2": "PC2",
    "doi": "DOI",
    "df": "df",
    "sha256": "sha256",
    "log2_ratio": "log2 ratio",
    "lower": "95 % from",
    "upper": "to",
    "group_distance_z": "distance z",
    "significant_5_fdr": "at 5 % FDR",
    "storage_temperature_c": "storage temperature °C",
    "volume_ml": "volume mL",
    "ev_isolation": "EV isolation",
    "shift_log2": "shift, log2",
    "explained_percent": "explained %",
    "within_70_130_percent": "within 70-130 %",
    "within_80_120_percent": "within 80-120 %",
    "mid_within_70_130": "mid-range within 70-130 %",
    "mid_within_80_120": "mid-range within 80-120 %",
    "p_random_sets": "p, random sets",
    "lower_all": "95 % from, with weights",
    "upper_all": "to, with weights",
}
# A brace or backslash would break out of a BibTeX field; no registered DOI needs one.
_DOI = re.compile(r"10\.\d{4,9}/[^\s{}\\]+")


def dois_in(text: str) -> tuple[str, ...]:
    """Every DOI of a cell that lists identifiers.

    Examples
    --------
    >>> dois_in("10.1186/s13287-015-0209-8; PMID 26062653; 10.1002/(SICI)1097(1996)40:5<467::AID>3.0.CO;2-A")
    ('10.1186/s13287-015-0209-8', '10.1002/(SICI)1097(1996)40:5<467::AID>3.0.CO;2-A')
    """
    parts = re.split(r"[;,\s]+(?=10\.|PMID|PMC|$)|\s+", text)
    return tuple(part.rstrip(".") for part in parts if _DOI.fullmatch(part))


def doi_href(doi: str) -> str:
    """The address of a DOI; nothing in it can leave the attribute or change the scheme."""
    return "https://doi.org/" + quote(doi, safe="/.()-_:;")


def csv_href(result: Result, name: str) -> str:
    """Where the dossier keeps this table, relative to the page."""
    return "tables/" + quote(f"{result.key}.{name}.csv")


def heading(column: str) -> str:
    """A column name as a heading of the page.

    Examples
    --------
    >>> heading("missing_percent"), heading("value_pg_ml"), heading("particles_per_ug")
    ('missing %', 'value pg/mL', 'particles per µg')
    """
    if column in _WORDS:
        return _WORDS[column]
    spaced = re.sub(r"_percent\b", " %", column).replace("_", " ")
    return re.sub(r"\bper (m|u)(l|g)\b", _per, re.sub(r"\b(p|n)g ml\b", r"\1g/mL", spaced))


def _per(unit: re.Match[str]) -> str:
    """A unit behind "per", as units are written."""
    prefix = "µ" if unit[1] == "u" else unit[1]
    return f"per {prefix}{'L' if unit[2] == 'l' else 'g'}"


def table_of(
    result: Result,
    name: str,
    *,
    caption: str = "",
    columns: Sequence[str] = (),
    rows: pd.DataFrame | None = None,
    whole: int = WHOLE,
    top: int = TOP,
) -> Table:
    """The rows of a result's table that the page prints.

    Parameters
    ----------
    result, name
        The table, `result.tables[name]`.
    caption
        What the rows are; the table's name when empty.
    columns
        Columns to print, in order; those that are missing are passed over. All when empty.
    rows
        Rows to print from, when sorted, filtered or joined before; else the table.
    whole
        Up to so many rows are printed all, at most `NEVER_WHOLE`.
    top
        Rows printed of a larger table.

    Returns
    -------
    Table
        `total` counts the rows it was taken from.
    """
    frame = result.tables[name] if rows is None else rows
    chosen = [column for column in columns if column in frame.columns] or list(frame.columns)
    limit = len(frame) if len(frame) <= min(whole, NEVER_WHOLE) else top
    printed = frame.loc[:, chosen].head(limit)
    cells = [texts(printed[column]) for column in chosen]
    return Table(
        caption or heading(name),
        tuple(Column(heading(column), _kind(column, frame[column])) for column in chosen),
        tuple(zip(*cells, strict=True)),
        total=len(frame),
        href=csv_href(result, name),
    )


def texts(column: pd.Series) -> list[str]:
    """The cells of a column as the page prints them: gaps empty, counts without decimals."""
    whole = _is_count(column)
    return [_text(value, whole=whole) for value in column]


def _text(value: object, *, whole: bool) -> str:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return ""
    if whole and isinstance(value, float):
        value = int(value)
    return show(value)


def _is_count(column: pd.Series) -> bool:
    """Whole numbers that a gap has turned into floats."""
    if column.dtype.kind != "f":
        return False
    numbers = column.dropna()
    return bool(len(numbers)) and bool(np.isfinite(numbers).all()) and bool((numbers % 1 == 0).all())


def _kind(name: str, column: pd.Series) -> Literal["text", "long", "number", "verdict", "doi"]:
    if name == "verdict":
        return "verdict"
    if name == "doi":
        return "doi"
    if column.dtype.kind in "iuf":
        return "number"
    # a sentence needs room, or its row grows as tall as the page
    return "long" if column.astype(str).str.len().max() > SENTENCE else "text"
