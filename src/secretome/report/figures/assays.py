"""Standard curves and amounts beside reported levels."""

from __future__ import annotations

from types import ModuleType

import pandas as pd

from secretome.report.blocks import Figure
from secretome.report.marks import file_name, records
from secretome.report.marks_assays import amount_rows, curve_rows, range_rows
from secretome.report.tables import csv_href
from secretome.results import Result, show

from .chart import INK, coded, plotting, spec, tooltips


def standard_curve(result: Result, assay: str, analyte: str) -> Figure | None:
    """The standard curve of one analyte on its first plate, with standards and samples on it.

    Parameters
    ----------
    result
        `define.immunoassay`, with its tables `curves`, `standards` and `wells`.
    assay, analyte
        Values of those columns.

    Raises
    ------
    MissingExtra
        If Altair is not installed.
    """
    rows, line = curve_rows(result, assay, analyte)
    if rows.empty:
        return None
    unit, signal = str(rows["unit"].iloc[0]), str(rows["signal_unit"].iloc[0])
    counts = rows["what"].value_counts()
    alt_text = (
        f"Standard curve of {analyte}: signal against concentration, both logarithmic, with "
        f"{show(int(counts.get('standard', 0)))} standards and {show(int(counts.get('sample', 0)))} wells of samples; "
        "the shaded part is the working range."
    )
    name = file_name(f"{assay} {analyte}", [f"{assay} {analyte}"])
    return Figure(
        f"define.curve-{name}",
        f"Standard curve of {analyte}",
        alt_text,
        csv_href(result, "wells"),
        spec(_curve_chart(plotting(), unit, signal), alt_text, 240),
        {"rows": records(rows), "line": records(line), "range": records(range_rows(result, assay, analyte))},
        hint="Point for values.",
    )


def amount_bands(result: Result) -> Figure | None:
    """Amount of each factor in every sample, over the band of levels that others reported.

    Parameters
    ----------
    result
        `define.amounts`, with its tables `amounts` and `bands`.

    Raises
    ------
    MissingExtra
        If Altair is not installed.
    """
    rows, reported = amount_rows(result)
    if rows.empty:
        return None
    alt_text = (
        f"Amounts of {show(int(rows['gene'].nunique()))} factors in pg per million harvested cells, one mark a sample; "
        "grey bars are the levels that others reported, a place to look and never a limit."
    )
    return Figure(
        "define.amounts",
        "Amounts beside the levels that others reported",
        alt_text,
        csv_href(result, "amounts"),
        spec(_amount_chart(plotting(), rows), alt_text, 26 * rows["gene"].nunique()),
        {"rows": records(rows), "bands": records(reported)},
        hint="Point for values.",
    )


def _curve_chart(alt: ModuleType, unit: str, signal: str) -> object:
    log = alt.Scale(type="log", nice=False, padding=12)
    x = alt.X("x:Q", title=f"concentration in the well, {unit}", scale=log).axis(tickCount=8)
    y = alt.Y("y:Q", title=signal, scale=log).axis(tickCount=5)
    shade = alt.Chart(alt.NamedData("range")).mark_rect(color="#7FA8CC", opacity=0.15, aria=False)
    band = shade.encode(alt.X("low:Q", scale=log, title=f"concentration in the well, {unit}"), x2="high:Q")
    curve = alt.Chart(alt.NamedData("line")).mark_line(color=INK, strokeWidth=1.5, aria=False).encode(x, y)
    tips = tooltips(alt, {"name": "well", "x": f"{unit}", "y": signal, "state": "state"})
    points = (
        alt.Chart(alt.NamedData("rows"))
        .mark_point(filled=True, size=46, opacity=0.8)
        .encode(
            x,
            y,
            *coded(alt, "what", {"standard": ("#0072B2", "square"), "sample": ("#EE7733", "circle")}),
            tooltip=tips,
        )
    )
    return alt.layer(band, curve, points)


def _amount_chart(alt: ModuleType, rows: pd.DataFrame) -> object:
    log = alt.Scale(type="log", nice=False, padding=12)
    y = alt.Y("gene:N", title=None, sort=list(dict.fromkeys(rows["gene"]))).axis(labelLimit=160)
    bars = alt.Chart(alt.NamedData("bands")).mark_bar(color="#C9D1DA", height=14, aria=False)
    band = bars.encode(
        alt.X("low:Q", title="pg per 10^6 harvested cells, over the real hours", scale=log),
        y,
        x2="high:Q",
        tooltip=tooltips(alt, {"gene": "factor", "words": "reported"}),
    )
    known = {"in range": ("#0072B2", "circle"), "a limit": ("#EE7733", "triangle-left")}
    tips = tooltips(alt, {"gene": "factor", "sample": "sample", "words": "amount"})
    marks = alt.Chart(alt.NamedData("rows")).mark_point(filled=True, size=38, opacity=0.6)
    return alt.layer(band, marks.encode(alt.X("x:Q", scale=log), y, *coded(alt, "kind", known), tooltip=tips))
