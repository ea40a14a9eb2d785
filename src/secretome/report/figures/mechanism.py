"""Outcomes and the scheme with its fluxes."""

from __future__ import annotations

from types import ModuleType

import pandas as pd

from secretome.report.blocks import Figure
from secretome.report.marks import outcome_rows, records
from secretome.report.scheme import LOWERS, RAISES, scheme_rows, tallest
from secretome.report.tables import csv_href
from secretome.results import Result, show

from .chart import FAINT, INK, PAN_HINT, TOLD, coded, coloured, pan, plotting, spec, tooltips

# Influences below it would hide the others; the table lists them all.
LEAST_FLUX = 0.05


def outcomes(result: Result) -> Figure | None:
    """Difference of each outcome and medium from the others, with its 90 % interval; None with one medium.

    Parameters
    ----------
    result
        Of the stage `mechanism`, with its table `outcomes`.

    Raises
    ------
    MissingExtra
        If Altair is not installed.
    """
    if "difference_median" not in result.tables["outcomes"]:
        return None
    rows = outcome_rows(result.tables["outcomes"])
    alt_text = (
        f"For {show(int(rows['outcome'].nunique()))} outcomes a point with a 90 % interval for each of "
        f"{show(int(rows['group'].nunique()))} media: its difference from the mean of the other media. "
        "Grey points were not measured well enough to tell."
    )
    return Figure(
        f"mechanism.{result.name}-outcomes",
        "What each medium may do, against the others",
        alt_text,
        csv_href(result, "outcomes"),
        spec(_outcomes_chart(plotting(), rows), alt_text, 16 * len(rows)),
        {"rows": records(rows), "zero": [{"x": 0}]},
        hint="Point for values.",
    )


def scheme(result: Result) -> Figure | None:
    """The network with the flux of each edge, from causes on the left to effects on the right.

    Parameters
    ----------
    result
        Of the stage `mechanism`, with its table `edges`.

    Raises
    ------
    MissingExtra
        If Altair is not installed.
    """
    edges = result.tables["edges"]
    drawn = edges[edges["flux_highest"] >= LEAST_FLUX].reset_index(drop=True)
    if drawn.empty:
        return None
    nodes, rows = scheme_rows(drawn)
    alt_text = (
        f"Scheme of {show(len(nodes))} nodes and {show(len(rows))} of {show(len(edges))} influences; the wider a line, the more "
        "it carries at the middle of what is known; dashed lines lower their target. Left out, and listed in the table: "
        f"influences that carry less than {show(LEAST_FLUX)} in every medium."
    )
    return Figure(
        f"mechanism.{result.name}-scheme",
        "The scheme, with the flux of each edge",
        alt_text,
        csv_href(result, "edges"),
        spec(_scheme_chart(plotting()), alt_text, 24 * tallest(nodes)),
        {"rows": records(rows), "nodes": records(nodes)},
        hint=PAN_HINT,
    )


def _outcomes_chart(alt: ModuleType, rows: pd.DataFrame) -> object:
    known = {name: mark for name, mark in TOLD.items() if name in set(rows["told"])}
    x = alt.X("x:Q", title="difference from the mean of the other media, in activity from 0 to 1")
    y = alt.Y("row:N", title=None, sort=list(rows["row"])).axis(labelLimit=260, grid=True)
    base = alt.Chart(alt.NamedData("rows"))
    tips = tooltips(
        alt,
        {
            "outcome": "outcome",
            "group": "medium",
            "words": "difference",
            "sign": "probability that it is higher",
            "share": "spread from what nobody measured",
            "told": "statement",
            "driven": "driven by",
        },
    )
    colour = coloured(alt, alt.Color, "told", known)
    lines = base.mark_rule(strokeWidth=2, aria=False).encode(
        alt.X("low:Q", title=None), y, colour, x2=alt.X2("high:Q")
    )
    points = base.mark_point(filled=True, size=60).encode(x, y, *coded(alt, "told", known), tooltip=tips)
    zero = alt.Chart(alt.NamedData("zero")).mark_rule(color=FAINT, strokeDash=[3, 3]).encode(x="x:Q")
    return alt.layer(zero, lines, points)


def _scheme_chart(alt: ModuleType) -> object:
    plain = alt.Scale(domain=[-0.03, 1.09], nice=False)
    x = alt.X(
        "x:Q", title="causes  →  effects", axis=alt.Axis(labels=False, ticks=False, grid=False), scale=plain
    )
    y = alt.Y("y:Q", title=None, axis=None, scale=alt.Scale(domain=[1, 0], nice=False))
    tips = tooltips(
        alt, {"edge": "edge", "effect": "effect", "flux": "flux", "range": "in the media", "source": "source"}
    )
    scale = alt.Scale(domain=[RAISES, LOWERS], range=["#0072B2", "#C8380A"])
    dash = alt.Scale(domain=[RAISES, LOWERS], range=[[1, 0], [5, 3]])
    legend = alt.Legend(orient="top", columns=6)
    lines = (
        alt.Chart(alt.NamedData("rows"))
        .mark_rule(aria=False)
        .encode(
            x,
            y,
            alt.Color("effect:N", title=None, scale=scale, legend=legend),
            alt.StrokeDash("effect:N", title=None, scale=dash, legend=legend),
            x2="x2:Q",
            y2="y2:Q",
            strokeWidth=alt.StrokeWidth("flux:Q", title="flux", scale=alt.Scale(domain=[0, 1], range=[0.4, 6]), legend=alt.Legend(orient="top")),
            opacity=alt.Opacity("flux:Q", scale=alt.Scale(domain=[0, 0.6], range=[0.12, 0.85], clamp=True), legend=None),
            tooltip=tips,
        )
    )  # fmt: skip
    nodes = alt.Chart(alt.NamedData("nodes"))
    dots = nodes.mark_point(filled=True, size=28, color=INK, aria=False).encode(x, y)
    names = nodes.mark_text(align="left", dx=5, fontSize=10, color=INK, aria=False).encode(
        x, y, text="name:N"
    )
    return alt.layer(lines.add_params(pan(alt)), dots, names)
