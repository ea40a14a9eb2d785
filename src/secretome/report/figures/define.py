"""Samples, quality, detection, origin and leak."""

from __future__ import annotations

from types import ModuleType

import pandas as pd

from secretome.report.blocks import Figure
from secretome.report.marks import detection_rows, leak_rows, origin_rows, quality_rows, records, sample_rows
from secretome.report.tables import csv_href
from secretome.results import Result, show

from .chart import (
    FAINT,
    GROUPS,
    INK,
    ORIGINS,
    PAN_HINT,
    SHAPES,
    VERDICTS,
    coded,
    pan,
    plotting,
    spec,
    tooltips,
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
        spec(_samples_chart(plotting(), rows, group, titles), alt_text, 380),
        {"rows": records(rows)},
        hint=PAN_HINT,
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
        spec(_quality_chart(plotting(), rows), alt_text, 42 * rows["measure"].nunique()),
        {"rows": records(rows)},
        hint="Point at a sample to see it in every strip.",
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
        spec(_detection_chart(plotting(), rows, order), alt_text, 19 * len(order)),
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
        spec(_origins_chart(plotting()), alt_text, 34 * rows["group"].nunique()),
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
        spec(_leakage_chart(plotting()), alt_text, max(15 * len(rows), 60)),
        {"rows": records(rows)},
        hint="Point for values. Lines are 90 % intervals.",
    )


def _samples_chart(alt: ModuleType, rows: pd.DataFrame, group: str, titles: list[str]) -> object:
    levels = dict.fromkeys(rows["group"])
    known = {name: (GROUPS[i % len(GROUPS)], SHAPES[i % len(SHAPES)]) for i, name in enumerate(levels)}
    axis = alt.Axis(format="~f", tickCount=8)
    scale = alt.Scale(zero=False, nice=False, padding=28)
    x = alt.X("x:Q", title=titles[0], axis=axis, scale=scale)
    y = alt.Y("y:Q", title=titles[1], axis=axis, scale=scale)
    base = alt.Chart(alt.NamedData("rows"))
    tips = tooltips(alt, {"sample": "sample", "group": group or "group"})
    points = base.mark_point(filled=True, size=90, opacity=0.9).encode(
        x, y, *coded(alt, "group", known, group), tooltip=tips
    )
    names = base.mark_text(dy=-11, fontSize=11, color=FAINT, aria=False).encode(x, y, text="label:N")
    return alt.layer(points.add_params(pan(alt)), names)


def _quality_chart(alt: ModuleType, rows: pd.DataFrame) -> object:
    present = {name: VERDICTS[name] for name in VERDICTS if name in set(rows["verdict"])}
    x = alt.X("at:Q", title=None, axis=None, scale=alt.Scale(domain=[-0.02, 1.1], nice=False))
    y = alt.Y("measure:N", title=None, sort=list(dict.fromkeys(rows["measure"])))
    y = y.axis(labelLimit=260, labelFontSize=12, grid=True)
    pick = alt.selection_point(fields=["sample"], on="pointerover", empty=False)
    size = alt.condition(pick, alt.value(200), alt.value(64))
    tips = tooltips(alt, {"sample": "sample", "measure": "measure", "value": "value", "verdict": "verdict"})
    base = alt.Chart(alt.NamedData("rows"))
    points = base.mark_point(filled=True, opacity=0.85).encode(
        x, y, *coded(alt, "verdict", present), size=size, tooltip=tips
    )
    names = base.mark_text(dy=-11, fontSize=10, color=INK, aria=False).encode(x, y, text="sample:N")
    return alt.layer(points.add_params(pick), names.transform_filter("datum.named"))


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
    tips = tooltips(alt, {"id": "protein", "group": "group", "k": "detected"})
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
        tooltip=tooltips(alt, {"group": "group", "origin": "origin", "shown": title}),
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
    tips = tooltips(
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
