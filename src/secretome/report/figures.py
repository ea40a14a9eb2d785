"""The figures of the page, drawn from tables of results; the only file that names the plotting library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType

import pandas as pd

from secretome.errors import MissingExtra
from secretome.results import Result, show

from .assay_marks import amount_rows, curve_rows, range_rows
from .blocks import Block, Figure, Notice
from .marks import (
    detection_rows,
    file_name,
    leak_rows,
    origin_rows,
    outcome_rows,
    partition_rows,
    process_rows,
    quality_rows,
    records,
    sample_rows,
    volcano_rows,
)
from .scheme import LOWERS, RAISES, scheme_rows, tallest
from .tables import csv_href

# Okabe-Ito and Tol: safe for colour-blind readers. One colour, one meaning on the whole page, never alone.
VERDICTS = {
    "pass": ("#0B7A5B", "circle"),
    "warn": ("#E69F00", "triangle-up"),
    "fail": ("#C8380A", "cross"),
    "not tested": ("#7A8494", "square"),
    "cannot be judged": ("#7A8494", "diamond"),
}
DIRECTIONS = {
    "higher": ("#0072B2", "triangle-up"),
    "lower": ("#B0568F", "triangle-down"),
    "not separated": ("#9AA3AF", "circle"),
}
TOLD = {
    "higher": ("#0072B2", "triangle-up"),
    "lower": ("#B0568F", "triangle-down"),
    "cannot be told": ("#9AA3AF", "circle"),
}
FOR_AGAINST = {"for": ("#2A8C82", "square"), "against": ("#882255", "square")}
ORIGINS = {
    "secreted": "#0B7A5B",
    "shed": "#5BB795",
    "unconventional": "#A6C96A",
    "vesicle": "#4477AA",
    "leaked": "#D55E00",
    "carried over": "#E6B450",
    "contaminant": "#8A6D5B",
    "unresolved": "#C9CED6",
}
GROUPS = ("#4477AA", "#EE7733", "#228833", "#AA3377", "#66CCEE", "#997700", "#555555", "#BB5566")
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "stroke")

WIDTH = 820
INK, FAINT, GRID = "#1F2933", "#52606D", "#E4E7EB"
_PAN = "[pointerdown, window:pointerup] > window:pointermove!"
_PAN_HINT = "Point for values. Drag moves, shift and wheel zooms, double click resets."


def drawn(draw: Callable[[], Figure | None]) -> tuple[Block, ...]:
    """The figure, or how to install what draws it, or nothing when there is nothing to draw."""
    try:
        figure = draw()
    except MissingExtra as missing:
        return (Notice("Figure not drawn", (str(missing),), kind="info"),)
    return () if figure is None else (figure,)


def svg(figure: Figure) -> str:
    """The figure as an SVG text.

    Raises
    ------
    MissingExtra
        If vl-convert is not installed.
    """
    try:
        import vl_convert
    except ImportError as error:
        raise MissingExtra("static", "an SVG file of each figure") from error
    drawing: str = vl_convert.vegalite_to_svg(figure.whole())
    return drawing


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
        _spec(_volcano_chart(_altair(), rows), alt_text, 380),
        {"rows": records(rows), "zero": [{"x": 0}]},
        hint=_PAN_HINT,
    )


def samples(result: Result) -> Figure | None:
    """Samples on their first two principal components, marked by their group.

    Parameters
    ----------
    result
        `define.similarity`, with its tables `pca` and `axes`.

    Raises
    ------
    MissingExtra
        If Altair is not installed.
    """
    scores = result.tables["pca"]
    if scores.empty or not {"pc1", "pc2"} <= set(scores.columns):
        return None
    group = next((name for name in ("tissue", "condition", "donor") if name in scores), "")
    axes = result.tables["axes"]
    explained = dict(zip(axes["axis"].str.lower(), axes["explained_percent"], strict=True))
    rows = sample_rows(scores, group)
    alt_text = (
        f"{show(len(rows))} samples on two principal components"
        + (f", marked by {group}" if group else "")
        + "; samples that lie close have similar protein profiles."
    )
    titles = [f"PC{i} ({show(explained.get(f'pc{i}'))} % of the variance)" for i in (1, 2)]
    return Figure(
        "define.samples",
        "Samples by similarity",
        alt_text,
        csv_href(result, "pca"),
        _spec(_samples_chart(_altair(), rows, group, titles), alt_text, 380),
        {"rows": records(rows)},
        hint=_PAN_HINT,
    )


def detection(result: Result) -> Figure | None:
    """In how many samples of each group a protein was seen, for those that differ most.

    Parameters
    ----------
    result
        `define.detection`, with its table `groups`.

    Raises
    ------
    MissingExtra
        If Altair is not installed.
    """
    groups = result.tables["groups"]
    if groups.empty or groups["group"].nunique() < 2:
        return None
    rows, order = detection_rows(groups)
    alt_text = (
        f"Heat map of detection: the {show(len(order))} proteins whose detection differs most between "
        f"{show(int(groups['group'].nunique()))} groups; each cell tells in how many of the samples measured "
        "the protein was detected."
    )
    return Figure(
        "define.detection",
        "Detected in some groups, not in others",
        alt_text,
        csv_href(result, "groups"),
        _spec(_detection_chart(_altair(), rows, order), alt_text, 19 * len(order)),
        {"rows": records(rows)},
        hint="Point for values.",
    )


def origins(result: Result) -> Figure | None:
    """The signal of each group of samples by origin, as one bar a group.

    Parameters
    ----------
    result
        `define.origin`, with its table `groups`.

    Raises
    ------
    MissingExtra
        If Altair is not installed.
    """
    rows = origin_rows(result.tables["groups"], list(ORIGINS))
    if rows.empty:
        return None
    alt_text = (
        f"One bar for each of {show(int(rows['group'].nunique()))} groups, divided by the share of the signal that each "
        "origin is given, mean over the samples."
    )
    return Figure(
        "define.origin",
        "Where the signal comes from",
        alt_text,
        csv_href(result, "groups"),
        _spec(_origins_chart(_altair()), alt_text, 34 * rows["group"].nunique()),
        {"rows": records(rows)},
        hint="Point for values. Grey is what cannot be told apart.",
    )


def leakage(result: Result) -> Figure | None:
    """The leak of each sample with its interval.

    Parameters
    ----------
    result
        `define.leakage`, with its table `samples`.

    Raises
    ------
    MissingExtra
        If Altair is not installed.
    """
    rows = leak_rows(result.tables["samples"]) if "samples" in result.tables else pd.DataFrame()
    if rows.empty:
        return None
    alt_text = (
        f"The share of the signal that leaked from broken cells in {show(len(rows))} samples, each a point with its "
        "90 % interval, sorted."
    )
    return Figure(
        "define.leakage",
        "How much of each medium leaked",
        alt_text,
        csv_href(result, "samples"),
        _spec(_leakage_chart(_altair()), alt_text, max(15 * len(rows), 60)),
        {"rows": records(rows)},
        hint="Point for values. Lines are 90 % intervals.",
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
        _spec(_partition_chart(_altair(), len(terms)), alt_text, 70 * len(terms)),
        {"rows": records(bars), "medians": records(medians)},
        hint="Point for values. The line is the median.",
    )


def quality(result: Result) -> Figure | None:
    """Each quality measure as a strip with a point for every sample, marked by its verdict.

    Parameters
    ----------
    result
        `define.quality`, with its table `samples`.

    Raises
    ------
    MissingExtra
        If Altair is not installed.
    """
    rows = quality_rows(result.tables["samples"])
    if rows.empty:
        return None
    alt_text = (
        f"Strips of {show(int(rows['measure'].nunique()))} quality measures with a point for each of "
        f"{show(int(rows['sample'].nunique()))} samples, each strip from zero to its largest value; "
        "shape and colour give the verdict."
    )
    return Figure(
        "define.quality",
        "Quality of the samples",
        alt_text,
        csv_href(result, "samples"),
        _spec(_quality_chart(_altair(), rows), alt_text, 42 * rows["measure"].nunique()),
        {"rows": records(rows)},
        hint="Point at a sample to see it in every strip.",
    )


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
        _spec(_processes_chart(_altair(), rows), alt_text, 34 * rows["process"].nunique()),
        {"rows": records(rows), "zero": [{"x": 0}]},
        hint="Point for values. Two numbers for each process: they are never added up or netted.",
    )


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
        _spec(_outcomes_chart(_altair(), rows), alt_text, 16 * len(rows)),
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
    if edges.empty:
        return None
    nodes, rows = scheme_rows(edges)
    alt_text = (
        f"Scheme of {show(len(nodes))} nodes and {show(len(rows))} influences; the wider a line, the more it carries "
        "at the middle of what is known; dashed lines lower their target."
    )
    return Figure(
        f"mechanism.{result.name}-scheme",
        "The scheme, with the flux of each edge",
        alt_text,
        csv_href(result, "edges"),
        _spec(_scheme_chart(_altair()), alt_text, 24 * tallest(nodes)),
        {"rows": records(rows), "nodes": records(nodes)},
        hint=_PAN_HINT,
    )


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
        _spec(_curve_chart(_altair(), unit, signal), alt_text, 240),
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
        _spec(_amount_chart(_altair(), rows), alt_text, 26 * rows["gene"].nunique()),
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
    tips = _tips(alt, {"name": "well", "x": f"{unit}", "y": signal, "state": "state"})
    points = (
        alt.Chart(alt.NamedData("rows"))
        .mark_point(filled=True, size=46, opacity=0.8)
        .encode(
            x,
            y,
            *_coded(alt, "what", {"standard": ("#0072B2", "square"), "sample": ("#EE7733", "circle")}),
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
        tooltip=_tips(alt, {"gene": "factor", "words": "reported"}),
    )
    known = {"in range": ("#0072B2", "circle"), "a limit": ("#EE7733", "triangle-left")}
    tips = _tips(alt, {"gene": "factor", "sample": "sample", "words": "amount"})
    marks = alt.Chart(alt.NamedData("rows")).mark_point(filled=True, size=38, opacity=0.6)
    return alt.layer(
        band, marks.encode(alt.X("x:Q", scale=log), y, *_coded(alt, "kind", known), tooltip=tips)
    )


def _volcano_chart(alt: ModuleType, rows: pd.DataFrame) -> object:
    axis = alt.Axis(format="~f", tickCount=10)
    x = alt.X(
        "x:Q", title="log2 ratio (left side / right side)", axis=axis, scale=alt.Scale(nice=False, padding=34)
    )
    # Room above the highest point for its name.
    top = 1.06 * float(rows["y"].max() or 1)
    y = alt.Y("y:Q", title="−log10 p", scale=alt.Scale(domain=[0, top], nice=False))
    tips = _tips(alt, {"name": "gene", "id": "protein", "x": "log2 ratio", "p": "p", "q": "FDR"})
    base = alt.Chart(alt.NamedData("rows"))
    # Above about a thousand marks a name for each would drown a screen reader: the chart has one.
    points = base.mark_point(filled=True, size=34, opacity=0.75, aria=False).encode(
        x, y, *_coded(alt, "side", DIRECTIONS, "left side, at 5 % FDR"), tooltip=tips
    )
    names = base.mark_text(dy=-9, fontSize=11, color=INK, aria=False).encode(x, y, text="name:N")
    zero = alt.Chart(alt.NamedData("zero")).mark_rule(color=FAINT, strokeDash=[3, 3]).encode(x="x:Q")
    return alt.layer(zero, points.add_params(_pan(alt)), names.transform_filter("datum.label"))


def _outcomes_chart(alt: ModuleType, rows: pd.DataFrame) -> object:
    known = {name: mark for name, mark in TOLD.items() if name in set(rows["told"])}
    x = alt.X("x:Q", title="difference from the mean of the other media, in activity from 0 to 1")
    y = alt.Y("row:N", title=None, sort=list(rows["row"])).axis(labelLimit=260, grid=True)
    base = alt.Chart(alt.NamedData("rows"))
    tips = _tips(
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
    colour = _coloured(alt, alt.Color, "told", known)
    lines = base.mark_rule(strokeWidth=2, aria=False).encode(
        alt.X("low:Q", title=None), y, colour, x2=alt.X2("high:Q")
    )
    points = base.mark_point(filled=True, size=60).encode(x, y, *_coded(alt, "told", known), tooltip=tips)
    zero = alt.Chart(alt.NamedData("zero")).mark_rule(color=FAINT, strokeDash=[3, 3]).encode(x="x:Q")
    return alt.layer(zero, lines, points)


def _scheme_chart(alt: ModuleType) -> object:
    plain = alt.Scale(domain=[-0.03, 1.09], nice=False)
    x = alt.X(
        "x:Q", title="causes  →  effects", axis=alt.Axis(labels=False, ticks=False, grid=False), scale=plain
    )
    y = alt.Y("y:Q", title=None, axis=None, scale=alt.Scale(domain=[1, 0], nice=False))
    tips = _tips(
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
    return alt.layer(lines.add_params(_pan(alt)), dots, names)


def _samples_chart(alt: ModuleType, rows: pd.DataFrame, group: str, titles: list[str]) -> object:
    levels = dict.fromkeys(rows["group"])
    known = {name: (GROUPS[i % len(GROUPS)], SHAPES[i % len(SHAPES)]) for i, name in enumerate(levels)}
    axis = alt.Axis(format="~f", tickCount=8)
    scale = alt.Scale(zero=False, nice=False, padding=28)
    x = alt.X("x:Q", title=titles[0], axis=axis, scale=scale)
    y = alt.Y("y:Q", title=titles[1], axis=axis, scale=scale)
    base = alt.Chart(alt.NamedData("rows"))
    tips = _tips(alt, {"sample": "sample", "group": group or "group"})
    points = base.mark_point(filled=True, size=90, opacity=0.9).encode(
        x, y, *_coded(alt, "group", known, group), tooltip=tips
    )
    names = base.mark_text(dy=-11, fontSize=11, color=FAINT, aria=False).encode(x, y, text="label:N")
    return alt.layer(points.add_params(_pan(alt)), names)


def _detection_chart(alt: ModuleType, rows: pd.DataFrame, order: list[str]) -> object:
    groups = list(dict.fromkeys(rows["group"]))
    x = alt.X("group:N", title=None, sort=groups)
    x = x.axis(orient="top", labelAngle=0 if len(groups) <= 8 else -40, labelLimit=140)
    y = alt.Y("name:N", title=None, sort=order).axis(labelLimit=150)
    colour = alt.Color(
        "share:Q",
        title="share of samples",
        scale=alt.Scale(domain=[0, 1], range=["#F7FAFC", "#08519C"]),
        legend=alt.Legend(orient="bottom", format="~%", gradientLength=160),
    )
    ink = alt.condition("datum.share > 0.55", alt.value("#FFFFFF"), alt.value(INK))
    base = alt.Chart(alt.NamedData("rows"))
    tips = _tips(alt, {"id": "protein", "group": "group", "k": "detected"})
    cells = base.mark_rect(stroke="#FFFFFF").encode(x, y, colour, tooltip=tips)
    return alt.layer(cells, base.mark_text(fontSize=11, aria=False).encode(x, y, text="k:N", color=ink))


def _origins_chart(alt: ModuleType) -> object:
    scale = alt.Scale(domain=list(ORIGINS), range=list(ORIGINS.values()))
    title, domain = "percent of the signal", alt.Scale(domain=[0, 100])
    y, order = alt.Y("group:N", title=None).axis(labelLimit=260), alt.Order("place:Q")
    legend = alt.Legend(orient="top", columns=8)
    base = alt.Chart(alt.NamedData("rows"))
    bars = base.mark_bar(stroke="#FFFFFF", height=24).encode(
        alt.X("percent:Q", title=title, stack="zero", scale=domain),
        y,
        alt.Color("origin:N", title=None, scale=scale, sort=list(ORIGINS), legend=legend),
        order,
        tooltip=_tips(alt, {"group": "group", "origin": "origin", "shown": title}),
    )
    # wide parts carry their name, so that colour does not stand alone
    names = base.mark_text(fontSize=10, color=INK, aria=False).encode(
        alt.X("percent:Q", title=title, stack="zero", bandPosition=0.5),
        y,
        order,
        detail="origin:N",
        text="label:N",
    )
    return alt.layer(bars, names)


def _leakage_chart(alt: ModuleType) -> object:
    base = alt.Chart(alt.NamedData("rows"))
    y = alt.Y("sample:N", title=None, sort=None).axis(labelLimit=220, labelFontSize=10)
    x = alt.X("leak:Q", title="leaked, percent of the signal", scale=alt.Scale(zero=True))
    tips = _tips(
        alt,
        {
            "sample": "sample",
            "group": "group",
            "shown": "leak, percent",
            "interval": "90 % interval",
            "by": "scaled by",
        },
    )
    lines = base.mark_rule(color="#9AA3AF").encode(alt.X("lower:Q"), y, x2="upper:Q")
    return alt.layer(lines, base.mark_point(filled=True, color="#D55E00", size=46).encode(x, y, tooltip=tips))


def _partition_chart(alt: ModuleType, terms: int) -> object:
    x = alt.X("low:Q", title="share of variance", scale=alt.Scale(domain=[-0.17, 1]))
    y = alt.Y("bottom:Q", title=None, axis=None, scale=alt.Scale(domain=[0.4, terms + 0.6]))
    bars = (
        alt.Chart(alt.NamedData("rows"))
        .mark_rect(color="#7FA8CC")
        .encode(
            x, y, x2="high:Q", y2="top:Q", tooltip=_tips(alt, {"term": "term", "proteins": "in this bin"})
        )
    )
    base = alt.Chart(alt.NamedData("medians"))
    tips = _tips(alt, {"term": "term", "median": "median share", "quartiles": "quartiles"})
    lines = base.mark_rule(color=INK, strokeWidth=2).encode(
        alt.X("median:Q", title="share of variance"), alt.Y("bottom:Q"), y2="top:Q", tooltip=tips
    )
    names = base.mark_text(align="right", dx=-8, color=INK, fontSize=12, aria=False).encode(
        x=alt.datum(0.0), y=alt.Y("at:Q"), text="term:N"
    )
    return alt.layer(bars, lines, names)


def _quality_chart(alt: ModuleType, rows: pd.DataFrame) -> object:
    present = {name: VERDICTS[name] for name in VERDICTS if name in set(rows["verdict"])}
    x = alt.X("at:Q", title=None, axis=None, scale=alt.Scale(domain=[-0.02, 1.1], nice=False))
    y = alt.Y("measure:N", title=None, sort=list(dict.fromkeys(rows["measure"])))
    y = y.axis(labelLimit=260, labelFontSize=12, grid=True)
    pick = alt.selection_point(fields=["sample"], on="pointerover", empty=False)
    size = alt.condition(pick, alt.value(200), alt.value(64))
    tips = _tips(alt, {"sample": "sample", "measure": "measure", "value": "value", "verdict": "verdict"})
    base = alt.Chart(alt.NamedData("rows"))
    points = base.mark_point(filled=True, opacity=0.85).encode(
        x, y, *_coded(alt, "verdict", present), size=size, tooltip=tips
    )
    names = base.mark_text(dy=-11, fontSize=10, color=INK, aria=False).encode(x, y, text="sample:N")
    return alt.layer(points.add_params(pick), names.transform_filter("datum.named"))


def _processes_chart(alt: ModuleType, rows: pd.DataFrame) -> object:
    low, high = min(float(rows["known"].min()), 0.0), max(float(rows["known"].max()), 0.0)
    # Room on both sides for the share that is written at the end of each bar.
    room = 0.16 * (high - low or 1)
    scale = alt.Scale(domain=[low - room, high + room], nice=False)
    # The axis counts both ways from zero: these are two numbers, never a difference.
    axis = alt.Axis(labelExpr="abs(datum.value)", grid=True, tickCount=10)
    x = alt.X("known:Q", title="against  ←  evidence weight  →  for", axis=axis, scale=scale)
    y = alt.Y("process:N", title=None, sort=list(dict.fromkeys(rows["process"])))
    colour = _coloured(alt, alt.Color, "direction", FOR_AGAINST)
    edge = _coloured(alt, alt.Stroke, "direction", FOR_AGAINST)
    tips = _tips(
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


def _altair() -> ModuleType:
    try:
        import altair
    except ImportError as error:
        raise MissingExtra("figures", "this figure") from error
    module: ModuleType = altair
    return module


def _pan(alt: ModuleType) -> object:
    # A bare wheel must scroll the page, so zooming asks for shift.
    return alt.selection_interval(bind="scales", zoom="wheel![event.shiftKey]", translate=_PAN)


def _tips(alt: ModuleType, titles: Mapping[str, str]) -> list[object]:
    # Nominal: the values are rounded already and are to be shown as they are.
    return [alt.Tooltip(f"{field}:N", title=title) for field, title in titles.items()]


def _coded(
    alt: ModuleType, field: str, known: Mapping[str, tuple[str, str]], title: str = ""
) -> tuple[object, object]:
    """Colour and shape of a field, always together."""
    shapes = [shape for _, shape in known.values()]
    scale = alt.Scale(domain=list(known), range=shapes)
    return _coloured(alt, alt.Color, field, known, title), alt.Shape(
        f"{field}:N", title=title or None, scale=scale
    )


def _coloured(
    alt: ModuleType,
    channel: Callable[..., object],
    field: str,
    known: Mapping[str, tuple[str, str]],
    title: str = "",
) -> object:
    """Colour of a field on one channel; equal scales and legends become one."""
    scale = alt.Scale(domain=list(known), range=[colour for colour, _ in known.values()])
    legend = alt.Legend(orient="top", symbolSize=90, columns=6)
    return channel(f"{field}:N", title=title or None, scale=scale, legend=legend)


def _spec(chart: object, alt_text: str, height: int) -> dict[str, object]:
    """The chart as Vega-Lite without its data, with a description and the look of the page."""
    spec: dict[str, object] = chart.to_dict()  # type: ignore[attr-defined]
    text = {"labelColor": INK, "titleColor": INK, "titleFontWeight": "normal", "labelFontSize": 12}
    lines = {"domainColor": "#9AA3AF", "tickColor": "#9AA3AF", "gridColor": GRID}
    config = {
        "font": "Helvetica Neue, Arial, Liberation Sans, sans-serif",
        "view": {"stroke": None},
        "axis": {**text, **lines, "labelColor": FAINT, "titleFontSize": 12},
        "legend": text,
    }
    autosize = {"type": "fit-x", "contains": "padding"}
    return {
        **spec,
        "config": config,
        "description": alt_text,
        "width": WIDTH,
        "height": height,
        "autosize": autosize,
    }
