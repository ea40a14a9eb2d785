"""Potency and stability."""

from __future__ import annotations

from types import ModuleType

import pandas as pd

from secretome.report.blocks import Figure
from secretome.report.marks import file_name, records, slug
from secretome.report.marks_product import curve_rows, keeping_rows
from secretome.report.tables import csv_href
from secretome.results import Result, show

from .chart import FAINT, GROUPS, PAN_HINT, SHAPES, coded, pan, plotting, spec, tooltips


def potency(result: Result) -> Figure:
    """Responses of the reference and the test lots, with each one's own curve on each plate.

    Parameters
    ----------
    result
        A potency assay, with its tables `wells` and `curves`.

    Raises
    ------
    MissingExtra
        If Altair is not installed.
    """
    wells, curves = curve_rows(result)
    names = ", ".join(dict.fromkeys(wells["preparation"].astype(str)))
    plates = wells["plate"].nunique()
    alt_text = (
        f"Responses against dose on a logarithmic axis for {names} on {show(int(plates))} plates, each with its own "
        "curve; curves of one shape that are only shifted are parallel."
    )
    unit = str(result.parameters.get("dose_unit", "not stated"))
    title = "dose" if unit == "not stated" else f"dose ({unit})"
    return Figure(
        f"qualify.{slug(result.name)}",
        "Dose and response, each preparation with its own curve",
        alt_text,
        csv_href(result, "wells"),
        spec(_potency_chart(plotting(), wells, title), alt_text, 340),
        {"rows": records(wells), "curves": records(curves)},
        hint=PAN_HINT,
    )


def keeping(result: Result, attribute: str) -> Figure:
    """One attribute over time with the chosen lines, their confidence limits and the acceptance limits.

    Parameters
    ----------
    result
        A stability study, with its tables `points`, `lines` and `attributes`.
    attribute
        A value of `attributes.attribute`.

    Raises
    ------
    MissingExtra
        If Altair is not installed.
    """
    points, lines, marks = keeping_rows(result, attribute)
    unit = str(result.parameters.get("time_unit", ""))
    row = result.tables["attributes"].set_index("attribute").loc[attribute]
    months = float(row["months"])
    leaves = f"leaves the acceptance limit at {show(months)} {unit}"
    if not 0 < months < float("inf"):
        leaves = (
            "does not leave the acceptance limits"
            if months
            else "is outside the acceptance limit at the start"
        )
    alt_text = (
        f"{attribute} of {show(int(row['lots']))} lots over time with the fitted lines and their confidence limits; "
        f"the limit of the mean {leaves}."
    )
    name = file_name(attribute, dict.fromkeys(result.tables["attributes"]["attribute"].astype(str)))
    return Figure(
        f"qualify.{slug(result.name)}-{name}",
        f"{attribute} over time",
        alt_text,
        csv_href(result, "lines"),
        spec(_keeping_chart(plotting(), points, f"time ({unit})", attribute), alt_text, 300),
        {"rows": records(points), "lines": records(lines), "marks": records(marks)},
        hint=PAN_HINT,
    )


def _potency_chart(alt: ModuleType, wells: pd.DataFrame, title: str) -> object:
    x = alt.X("dose:Q", title=title, scale=alt.Scale(type="log", nice=False, padding=20))
    y = alt.Y("response:Q", title="response", scale=alt.Scale(zero=False, padding=14))
    codes = coded(alt, "preparation", _known(wells["preparation"]))
    tips = tooltips(alt, {"preparation": "preparation", "plate": "plate", "told": "well"})
    points = alt.Chart(alt.NamedData("rows")).mark_point(filled=True, size=46, opacity=0.75, aria=False)
    curves = alt.Chart(alt.NamedData("curves")).mark_line(strokeWidth=1.6, opacity=0.8, aria=False)
    return alt.layer(
        curves.encode(x, y, codes[0], detail="line:N"),
        points.encode(x, y, *codes, tooltip=tips).add_params(pan(alt)),
    )


def _keeping_chart(alt: ModuleType, points: pd.DataFrame, title: str, attribute: str) -> object:
    x = alt.X("time:Q", title=title, scale=alt.Scale(nice=False, padding=20))
    y = alt.Y("value:Q", title=attribute, scale=alt.Scale(zero=False, padding=14))
    lots = [*dict.fromkeys(points["lot"].astype(str)), "all lots"]
    codes = coded(alt, "lot", _known(pd.Series(lots)))
    lines = alt.Chart(alt.NamedData("lines"))
    marks = alt.Chart(alt.NamedData("marks"))
    tips = tooltips(alt, {"lot": "lot", "told": "value"})
    mean = lines.mark_line(strokeWidth=1.8, aria=False).encode(x, alt.Y("mean:Q"), codes[0])
    band = lines.mark_area(opacity=0.14, aria=False).encode(x, alt.Y("lower:Q"), codes[0], y2="upper:Q")
    limits = marks.mark_rule(color="#C8380A", strokeWidth=1.6).encode(alt.Y("value:Q"))
    crossed = marks.mark_rule(color=FAINT, strokeDash=[4, 3]).encode(alt.X("time:Q"))
    named = marks.mark_text(align="left", dx=4, dy=-6, fontSize=11, color=FAINT, aria=False)
    seen = alt.Chart(alt.NamedData("rows")).mark_point(filled=True, size=50, opacity=0.85, aria=False)
    return alt.layer(
        band,
        mean,
        limits.transform_filter("isValid(datum.value)"),
        crossed.transform_filter("isValid(datum.time)"),
        named.encode(x=alt.value(0), y=alt.Y("value:Q"), text="what:N").transform_filter(
            "isValid(datum.value)"
        ),
        seen.encode(x, y, *codes, tooltip=tips).add_params(pan(alt)),
    )


def _known(names: pd.Series) -> dict[str, tuple[str, str]]:
    """A colour and a shape for each of a few names, in order."""
    listed = dict.fromkeys(names.astype(str))
    return {name: (GROUPS[i % len(GROUPS)], SHAPES[i % len(SHAPES)]) for i, name in enumerate(listed)}
