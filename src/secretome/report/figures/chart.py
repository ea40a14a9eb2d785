"""What every figure shares: colours that keep their meaning, the look of the page, the way to SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType

from secretome.errors import MissingExtra
from secretome.report.blocks import Block, Figure, Notice

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
PAN_HINT = "Point for values. Drag moves, shift and wheel zooms, double click resets."


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


def plotting() -> ModuleType:
    """Altair, or how to install it."""
    try:
        import altair
    except ImportError as error:
        raise MissingExtra("figures", "this figure") from error
    module: ModuleType = altair
    return module


def pan(alt: ModuleType) -> object:
    """Drag to move, shift and wheel to zoom."""
    # A bare wheel must scroll the page, so zooming asks for shift.
    return alt.selection_interval(bind="scales", zoom="wheel![event.shiftKey]", translate=_PAN)


def tooltips(alt: ModuleType, titles: Mapping[str, str]) -> list[object]:
    """What a point says, field by field under its title."""
    # Nominal: the values are rounded already and are to be shown as they are.
    return [alt.Tooltip(f"{field}:N", title=title) for field, title in titles.items()]


def coded(
    alt: ModuleType, field: str, known: Mapping[str, tuple[str, str]], title: str = ""
) -> tuple[object, object]:
    """Colour and shape of a field, always together."""
    shapes = [shape for _, shape in known.values()]
    scale = alt.Scale(domain=list(known), range=shapes)
    return coloured(alt, alt.Color, field, known, title), alt.Shape(
        f"{field}:N", title=title or None, scale=scale
    )


def coloured(
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


def spec(chart: object, alt_text: str, height: int) -> dict[str, object]:
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
