"""Processes and profiles."""

from __future__ import annotations

from types import ModuleType

import pandas as pd

from secretome.report.blocks import Figure
from secretome.report.marks import SETS_SHOWN, camera_rows, process_rows, profile_rows, records, set_rows
from secretome.report.tables import csv_href
from secretome.results import Result, show

from .chart import FAINT, FOR_AGAINST, INK, coded, coloured, plotting, spec, tooltips


def processes(result: Result) -> Figure | None:
    """Evidence seen for and against each process, beside all evidence that is known.

    Parameters
    ----------
    result
        `potential.processes`, with its table `processes`.

    Raises
    ------
    MissingExtra
        If Altair is not installed.
    """
    if result.tables["processes"].empty:
        return None
    rows = process_rows(result.tables["processes"])
    alt_text = (
        f"Diverging bars for {show(int(rows['process'].nunique()))} processes: evidence for to the right, "
        "against to the left; the filled bar is the evidence weight of factors that were seen, the outline "
        "that of all factors known."
    )
    return Figure(
        "potential.processes",
        "Evidence for and against, by process",
        alt_text,
        csv_href(result, "processes"),
        spec(_processes_chart(plotting(), rows), alt_text, 34 * rows["process"].nunique()),
        {"rows": records(rows), "zero": [{"x": 0}]},
        hint="Point for values. Two numbers for each process: they are never added up or netted.",
    )


def profile(result: Result) -> Figure | None:
    """Rank score of each process and group with its interval from donors; None without scores.

    Parameters
    ----------
    result
        `potential.processes`, with its table `scores`.

    Raises
    ------
    MissingExtra
        If Altair is not installed.
    """
    scores = result.tables.get("scores")
    if scores is None or scores.empty or not (scores["scale"] == "rank").any():
        return None
    first = scores[scores["scale"] == "rank"][["assay", "material"]].iloc[0]
    mine = scores[(scores["assay"] == first["assay"]) & (scores["material"] == first["material"])]
    rows = profile_rows(mine)
    alt_text = (
        f"For each of {show(int(rows['process'].nunique()))} processes and {show(int(rows['group'].nunique()))} groups "
        "the mean percentile of the factors for it and of those against it, with 95 % intervals from donors; the grey "
        "tick is the median of random sets of proteins found as often."
    )
    return Figure(
        "potential.profile",
        f"Profile of each group, {first['material'].replace('_', ' ')}",
        alt_text,
        csv_href(result, "scores"),
        spec(_profile_chart(plotting(), rows), alt_text, 17 * int(rows["row"].nunique())),
        {"rows": records(rows), "middle": [{"x": 50}]},
        hint="Point for values. For and against are two numbers; they are never netted.",
    )


def gene_sets(result: Result) -> Figure | None:
    """Dot plot of over-representation: log2 odds ratio of each set and group; None without tests.

    Parameters
    ----------
    result
        `potential.enrichment`, with its table `over_representation`.

    Raises
    ------
    MissingExtra
        If Altair is not installed.
    """
    rows = set_rows(result.tables["over_representation"])
    title = "Gene sets among the proteins found, against those that could be detected"
    words = "log2 odds ratio, with its 95 % interval; the size of a dot is the number of genes found"
    return _dots(result, "over_representation", "sets", title, words, rows)


def camera(result: Result) -> Figure | None:
    """Dot plot of camera: difference of the mean moderated t of each set and contrast; None without tests.

    Parameters
    ----------
    result
        `potential.enrichment`, with its table `camera`.

    Raises
    ------
    MissingExtra
        If Altair is not installed.
    """
    rows = camera_rows(result.tables["camera"])
    title = "Gene sets that rank high or low in a contrast (camera)"
    words = "mean moderated t of the set less that of all other proteins; the size of a dot is the size of the set"
    return _dots(result, "camera", "camera", title, words, rows)


def _dots(result: Result, table: str, name: str, title: str, words: str, rows: pd.DataFrame) -> Figure | None:
    if rows.empty:
        return None
    tested = show(len(result.tables[table]))
    alt_text = f"Dot plot of {show(len(rows))} of {tested} tests of gene sets, smallest p first (at most {SETS_SHOWN}): {words}."
    return Figure(
        f"potential.enrichment-{name}",
        title,
        alt_text,
        csv_href(result, table),
        spec(_dots_chart(plotting(), rows, words.split(";")[0]), alt_text, 20 * rows["row"].nunique()),
        {"rows": records(rows), "zero": [{"x": 0}]},
        hint=f"Point for values. The {show(len(rows))} smallest p values of {tested}; the table holds all. An enriched name is no potential.",
    )


def _dots_chart(alt: ModuleType, rows: pd.DataFrame, title: str) -> object:
    y = alt.Y("row:N", title=None, sort=list(dict.fromkeys(rows["row"]))).axis(labelLimit=330, grid=True)
    x = alt.X("x:Q", title=title)
    base = alt.Chart(alt.NamedData("rows"))
    known = {"below 5 % FDR": ("#0072B2", "circle"), "not below": ("#9AA3AF", "diamond")}
    size = alt.Size("size:Q", legend=None, scale=alt.Scale(range=[30, 260], zero=False))
    tips = tooltips(alt, {"row": "set", "x": title.split(",")[0], "count": "genes", "fdr": "FDR"})
    dots = base.mark_point(filled=True, opacity=0.9).encode(
        x, y, *coded(alt, "told", known), size=size, tooltip=tips
    )
    zero = alt.Chart(alt.NamedData("zero")).mark_rule(color="#9AA3AF", strokeDash=[3, 3]).encode(x="x:Q")
    if "low" not in rows:
        return alt.layer(zero, dots)
    lines = base.mark_rule(color="#9AA3AF", strokeWidth=1.4).encode(
        alt.X("low:Q", title=title), y, x2="high:Q"
    )
    return alt.layer(zero, lines, dots)


def _processes_chart(alt: ModuleType, rows: pd.DataFrame) -> object:
    low, high = min(float(rows["known"].min()), 0.0), max(float(rows["known"].max()), 0.0)
    # Room on both sides for the share that is written at the end of each bar.
    room = 0.16 * (high - low or 1)
    scale = alt.Scale(domain=[low - room, high + room], nice=False)
    # The axis counts both ways from zero: these are two numbers, never a difference.
    axis = alt.Axis(labelExpr="abs(datum.value)", grid=True, tickCount=10)
    x = alt.X("known:Q", title="against  ←  evidence weight  →  for", axis=axis, scale=scale)
    y = alt.Y("process:N", title=None, sort=list(dict.fromkeys(rows["process"])))
    colour = coloured(alt, alt.Color, "direction", FOR_AGAINST)
    edge = coloured(alt, alt.Stroke, "direction", FOR_AGAINST)
    tips = tooltips(
        alt,
        {
            "process": "process",
            "direction": "direction",
            "factors": "factors seen",
            "share": "evidence weight",
        },
    )
    base = alt.Chart(alt.NamedData("rows"))
    outline = base.mark_bar(height=20, fillOpacity=0.12, strokeOpacity=0.55, strokeWidth=1)
    known = outline.encode(
        x,
        y,
        colour,
        stroke=edge,
        tooltip=tips,
    )
    seen = base.mark_bar(height=10).encode(alt.X("seen:Q"), y, colour, tooltip=tips)
    zero = alt.Chart(alt.NamedData("zero")).mark_rule(color=INK).encode(x="x:Q")
    shares = (
        base.mark_text(align=align, dx=dx, fontSize=11, color=FAINT, aria=False)
        .encode(x, y, text="share:N")
        .transform_filter(f"datum.direction == '{side}'")
        for side, align, dx in (("for", "left", 5), ("against", "right", -5))
    )
    return alt.layer(known, seen, *shares, zero)


def _profile_chart(alt: ModuleType, rows: pd.DataFrame) -> object:
    order = list(dict.fromkeys(rows["row"]))
    scale = alt.Scale(domain=[0, 100])
    x = alt.X(
        "x:Q",
        title="mean percentile of the factors among detectable proteins (50: as any protein)",
        scale=scale,
    )
    y = alt.Y("row:N", title=None, sort=order).axis(labelLimit=240, grid=True)
    base = alt.Chart(alt.NamedData("rows"))
    colour = coloured(alt, alt.Color, "direction", FOR_AGAINST)
    # for and against of one row stand a little apart, so that intervals do not hide each other
    shift = alt.YOffset("direction:N", sort=["for", "against"])
    tips = tooltips(
        alt,
        {
            "process": "process",
            "group": "group",
            "direction": "direction",
            "words": "score",
            "factors": "factors",
            "donors": "donors",
            "p": "p, random sets",
        },
    )
    lines = base.mark_rule(strokeWidth=1.6).encode(alt.X("low:Q"), y, colour, x2="high:Q", yOffset=shift)
    random = base.mark_tick(color="#9AA3AF", thickness=1.5, size=7).encode(
        alt.X("random:Q"), y, yOffset=shift
    )
    points = base.mark_point(filled=True, size=42).encode(x, y, colour, yOffset=shift, tooltip=tips)
    middle = alt.Chart(alt.NamedData("middle")).mark_rule(color="#9AA3AF", strokeDash=[3, 3]).encode(x="x:Q")
    return alt.layer(middle, random, lines, points)
