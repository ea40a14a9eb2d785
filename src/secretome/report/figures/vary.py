"""Contrasts and the partition of variance."""

from __future__ import annotations

from types import ModuleType

import pandas as pd

from secretome.report.blocks import Figure
from secretome.report.marks import file_name, partition_rows, records, volcano_rows
from secretome.report.tables import csv_href
from secretome.results import Result, show

from .chart import DIRECTIONS, FAINT, INK, PAN_HINT, coded, pan, plotting, spec, tooltips


def volcano(result: Result, contrast: str) -> Figure | None:
    """Log2 ratio against p of every protein tested in one contrast, or None when none was.

    Parameters
    ----------
    result
        `vary.contrasts`, with its table `effects`.
    contrast
        A value of `effects.contrast`.

    Raises
    ------
    MissingExtra
        If Altair is not installed.
    """
    rows = volcano_rows(result, contrast)
    if rows.empty:
        return None
    counts = rows["side"].value_counts()
    alt_text = (
        f"Volcano plot of {contrast}: log2 ratio against −log10 p for {show(len(rows))} proteins; "
        f"{show(int(counts.get('higher', 0)))} higher on the left side and "
        f"{show(int(counts.get('lower', 0)))} lower at 5 % FDR."
    )
    name = file_name(contrast, dict.fromkeys(result.tables["effects"]["contrast"]))
    return Figure(
        f"vary.volcano-{name}",
        "Size and certainty of each difference",
        alt_text,
        csv_href(result, "effects"),
        spec(_volcano_chart(plotting(), rows), alt_text, 380),
        {"rows": records(rows), "zero": [{"x": 0}]},
        hint=PAN_HINT,
    )


def partition(result: Result) -> Figure | None:
    """How the shares of variance of each term are spread over the proteins, or None when none was made.

    Parameters
    ----------
    result
        `vary.partition`, with its tables `terms` and `density`.

    Raises
    ------
    MissingExtra
        If Altair is not installed.
    """
    terms = result.tables["terms"]
    if terms.empty or len(set(terms["assay"])) > 1:
        return None
    bars, medians = partition_rows(result)
    listed = "; ".join(f"{row.term} {show(100 * row.median_share)} %" for row in terms.itertuples())
    alt_text = (
        f"Violins of the share of variance that goes with each term, over the proteins. Medians: {listed}."
    )
    return Figure(
        "vary.partition",
        "Where differences between flasks come from",
        alt_text,
        csv_href(result, "partition"),
        spec(_partition_chart(plotting(), len(terms)), alt_text, 70 * len(terms)),
        {"rows": records(bars), "medians": records(medians)},
        hint="Point for values. The line is the median.",
    )


def _volcano_chart(alt: ModuleType, rows: pd.DataFrame) -> object:
    axis = alt.Axis(format="~f", tickCount=10)
    x = alt.X(
        "x:Q", title="log2 ratio (left side / right side)", axis=axis, scale=alt.Scale(nice=False, padding=34)
    )
    # Room above the highest point for its name.
    top = 1.06 * float(rows["y"].max() or 1)
    y = alt.Y("y:Q", title="−log10 p", scale=alt.Scale(domain=[0, top], nice=False))
    tips = tooltips(alt, {"name": "gene", "id": "protein", "x": "log2 ratio", "p": "p", "q": "FDR"})
    base = alt.Chart(alt.NamedData("rows"))
    # Above about a thousand marks a name for each would drown a screen reader: the chart has one.
    points = base.mark_point(filled=True, size=34, opacity=0.75, aria=False).encode(
        x, y, *coded(alt, "side", DIRECTIONS, "left side, at 5 % FDR"), tooltip=tips
    )
    names = base.mark_text(dy=-9, fontSize=11, color=INK, aria=False).encode(x, y, text="name:N")
    zero = alt.Chart(alt.NamedData("zero")).mark_rule(color=FAINT, strokeDash=[3, 3]).encode(x="x:Q")
    return alt.layer(zero, points.add_params(pan(alt)), names.transform_filter("datum.label"))


def _partition_chart(alt: ModuleType, terms: int) -> object:
    x = alt.X("low:Q", title="share of variance", scale=alt.Scale(domain=[-0.17, 1]))
    y = alt.Y("bottom:Q", title=None, axis=None, scale=alt.Scale(domain=[0.4, terms + 0.6]))
    bars = (
        alt.Chart(alt.NamedData("rows"))
        .mark_rect(color="#7FA8CC")
        .encode(
            x, y, x2="high:Q", y2="top:Q", tooltip=tooltips(alt, {"term": "term", "proteins": "in this bin"})
        )
    )
    base = alt.Chart(alt.NamedData("medians"))
    tips = tooltips(alt, {"term": "term", "median": "median share", "quartiles": "quartiles"})
    lines = base.mark_rule(color=INK, strokeWidth=2).encode(
        alt.X("median:Q", title="share of variance"), alt.Y("bottom:Q"), y2="top:Q", tooltip=tips
    )
    names = base.mark_text(align="right", dx=-8, color=INK, fontSize=12, aria=False).encode(
        x=alt.datum(0.0), y=alt.Y("at:Q"), text="term:N"
    )
    return alt.layer(bars, lines, names)
