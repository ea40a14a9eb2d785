"""Figures of a review as plain SVG: forest, contour funnel, traffic light, PRISMA 2020 flow.

They are lines, boxes and words only, so they need no plotting library.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd

from secretome.results import show

INK, FAINT, GRID, BLUE = "#1F2933", "#52606D", "#E4E7EB", "#0072B2"
# Colour, sign and word: a reader who sees no colours reads the same.
_LIGHTS = {
    "low": ("#0B7A5B", "+"), "yes": ("#0B7A5B", "+"),
    "some concerns": ("#E69F00", "?"), "unclear": ("#E69F00", "?"),
    "high": ("#C8380A", "\u2212"), "no": ("#C8380A", "\u2212"),
}  # fmt: skip
_UNANSWERED = ("#9AA3AF", "")
_ROW = 20


def forest(effects: pd.DataFrame, pooled: pd.DataFrame, *, measure: str, log: bool = False) -> str:
    """Forest plot: each effect with its interval, each pooled effect as a diamond with its prediction interval.

    Parameters
    ----------
    effects
        Columns `product`, `species`, `study`, `citation`, `estimate`, `lower`, `upper`, `weight_percent`.
    pooled
        One row a product and species: `estimate`, `lower`, `upper`, `predict_lower`, `predict_upper`.
    log
        Whether effects are logs of ratios; the axis is then labelled with ratios.
    """
    values = np.concatenate([effects[["lower", "upper"]].to_numpy().ravel(), pooled[["predict_lower", "predict_upper"]].to_numpy().ravel(), [0.0]])  # fmt: skip
    scale, ticks = _axis(values, 330, 640)
    parts, y = [], 40.0
    for row in pooled.itertuples():
        mine = effects[(effects["product"] == row.product) & (effects["species"] == row.species)]
        parts.append(_words(10, y, f"{row.product}, {row.species}", weight="bold"))
        for effect in mine.itertuples():
            y += _ROW
            size = 3 + 6 * math.sqrt(max(float(effect.weight_percent), 0.0) / 100)
            middle = scale(effect.estimate)
            parts += [
                _words(18, y, str(effect.citation)[:42]),
                _line(scale(effect.lower), y - 4, scale(effect.upper), y - 4, INK),
                f'<rect x="{middle - size:.1f}" y="{y - 4 - size:.1f}" width="{2 * size:.1f}" height="{2 * size:.1f}" fill="{BLUE}"/>',
                _words(660, y, _interval(effect.estimate, effect.lower, effect.upper, log=log)),
            ]
        y += _ROW + 4
        parts += _pooled(row, scale, y, log=log)
        y += _ROW + 12
    parts += [_line(scale(0.0), 24, scale(0.0), y, FAINT)]
    parts += _ticks(ticks, scale, y, log=log)
    title = f"{measure}: squares are studies, diamonds pooled effects, the thin line a new study's prediction interval"
    return _picture(860, y + 40, parts, title)


def funnel(effects: pd.DataFrame, centre: float, *, measure: str) -> str:
    """Contour-enhanced funnel: effect against standard error, with the regions of p above 0.1, 0.05 and 0.01.

    Parameters
    ----------
    effects
        Columns `estimate`, `lower`, `upper` (95 %).
    centre
        The pooled effect.
    """
    error = ((effects["upper"] - effects["lower"]) / 2 / 1.959964).to_numpy(dtype=float)
    estimate = effects["estimate"].to_numpy(dtype=float)
    deepest = float(error.max()) * 1.05
    reach = max(2.6 * deepest, float(np.abs(estimate).max()) * 1.05)
    scale, ticks = _axis(np.array([-reach, reach]), 60, 640)
    parts = []
    contours = (
        (2.575829, "#D5DBE3", "p > 0.01"),
        (1.959964, "#E4E8EE", "p > 0.05"),
        (1.644854, "#F3F5F8", "p > 0.1"),
    )
    for place, (z, colour, words) in enumerate(contours):
        bottom = 320.0
        points = f"{scale(0):.1f},30 {scale(-z * deepest):.1f},{bottom} {scale(z * deepest):.1f},{bottom}"
        parts.append(f'<polygon points="{points}" fill="{colour}"/>')
        parts.append(f'<rect x="60" y="{34 + 18 * place}" width="12" height="12" fill="{colour}"/>')
        parts.append(_words(78, 44 + 18 * place, words, size=11))
    parts += [
        f'<circle cx="{scale(x):.1f}" cy="{30 + 290 * e / deepest:.1f}" r="4" fill="{BLUE}"/>'
        for x, e in zip(estimate, error, strict=True)
    ]
    parts += [_line(scale(centre), 30, scale(centre), 320, INK), *_ticks(ticks, scale, 320, log=False)]
    parts.append(_words(60, 372, f"{measure}; upward: smaller standard error (0 to {show(deepest)})"))
    return _picture(700, 380, parts, f"Contour funnel of {len(error)} effects; the line is the pooled effect")


def traffic_light(answers: pd.DataFrame, items: Sequence[str], *, form: str) -> str:
    """Risk of bias: one row a study, one light an item; the sign tells what the colour tells.

    Parameters
    ----------
    answers
        Columns `citation`, `item`, `answer`.
    """
    studies = list(dict.fromkeys(answers["citation"]))
    given = {(r.citation, r.item): r.answer for r in answers.itertuples()}
    parts = [_words(230 + 34 * i, 40, str(i + 1), weight="bold") for i in range(len(items))]
    for row, study in enumerate(studies):
        y = 62 + 28 * row
        parts.append(_words(10, y + 4, str(study)[:34]))
        for i, item in enumerate(items):
            colour, sign = _LIGHTS.get(str(given.get((study, item), "")), _UNANSWERED)
            parts.append(f'<circle cx="{234 + 34 * i}" cy="{y}" r="11" fill="{colour}"/>')
            parts.append(_words(230 + 34 * i, y + 5, sign, colour="#FFFFFF", weight="bold", size=14))
    y = 62 + 28 * len(studies) + 10
    for i, item in enumerate(items):
        parts.append(_words(10, y + 16 * (i + 1), f"{i + 1}  {item}", size=11))
    width = max(700, 250 + 34 * len(items))
    return _picture(
        width,
        y + 16 * (len(items) + 2),
        parts,
        f"{form}: + low risk, ? unclear, \u2212 high risk, empty: not judged",
    )


def flow(boxes: Mapping[str, int]) -> str:
    """PRISMA 2020 flow diagram from the boxes that the store counts (`evidence.review.flow`)."""

    def count(name: str) -> str:
        return f"{name} (n = {boxes.get(name, 0):,})"

    reasons = [f"{name.partition(': ')[2]} (n = {n:,})" for name, n in boxes.items() if name.startswith("excluded full text: ")]  # fmt: skip
    left = [
        ("Identification", [count("identified")]),
        ("Screening", [count("screened"), count("not screened"), count("unresolved")]),
        ("Retrieval", [count("sought"), count("unresolved full text")]),
        ("Included", [count("included")]),
    ]
    right = [[count("duplicates")], [count("excluded")], [count("excluded full text"), *reasons], []]
    parts, y = [], 40.0
    for i, ((phase, lines), beside) in enumerate(zip(left, right, strict=True)):
        height = 22 + 16 * max(len(lines), len(beside))
        parts += _box(120, y, 280, height, lines)
        parts.append(_words(10, y + height / 2 + 4, phase, weight="bold"))
        if beside:
            parts += _box(460, y, 280, height, beside)
            parts.append(_arrow(400, y + height / 2, 460, y + height / 2))
        if i < len(left) - 1:
            parts.append(_arrow(260, y + height, 260, y + height + 26))
        y += height + 26
    return _picture(760, y, parts, "PRISMA 2020 flow, counted from the decisions in the store")


def _pooled(row: object, scale: _Scale, y: float, *, log: bool) -> list[str]:
    estimate, lower, upper = (float(getattr(row, name)) for name in ("estimate", "lower", "upper"))
    if not math.isfinite(estimate):
        return [_words(18, y, "one study: shown, not pooled", colour=FAINT)]
    points = f"{scale(lower):.1f},{y - 4:.1f} {scale(estimate):.1f},{y - 11:.1f} {scale(upper):.1f},{y - 4:.1f} {scale(estimate):.1f},{y + 3:.1f}"
    parts = [_words(18, y, "pooled; line: prediction interval", weight="bold")]
    ends = float(row.predict_lower), float(row.predict_upper)  # type: ignore[attr-defined]
    if all(map(math.isfinite, ends)):
        parts.append(_line(scale(ends[0]), y - 4, scale(ends[1]), y - 4, BLUE))
    parts.append(f'<polygon points="{points}" fill="{INK}"/>')
    return [*parts, _words(660, y, _interval(estimate, lower, upper, log=log), weight="bold")]


class _Scale:
    """From an effect to a place on the drawing."""

    def __init__(self, low: float, high: float, left: float, right: float) -> None:
        self._low, self._factor, self._left = low, (right - left) / (high - low), left

    def __call__(self, value: float) -> float:
        """Pixels from the left edge."""
        return self._left + (float(value) - self._low) * self._factor


def _axis(values: np.ndarray, left: float, right: float) -> tuple[_Scale, np.ndarray]:
    known = values[np.isfinite(values)]
    low, high = float(known.min()), float(known.max())
    span = (high - low) or 1.0
    step = 10 ** math.floor(math.log10(span / 3))
    step *= next(f for f in (1, 2, 5, 10) if span / (step * f) <= 6)
    first, last = math.floor(low / step) * step, math.ceil(high / step) * step
    return _Scale(first, last, left, right), np.arange(first, last + step / 2, step)


def _ticks(ticks: np.ndarray, scale: _Scale, y: float, *, log: bool) -> list[str]:
    parts = [_line(scale(ticks[0]), y, scale(ticks[-1]), y, FAINT)]
    for tick in ticks:
        words = show(math.exp(tick)) if log else show(round(float(tick), 10))
        parts += [
            _line(scale(tick), y, scale(tick), y + 5, FAINT),
            _words(scale(tick) - 8, y + 18, words, size=11),
        ]
    return parts


def _interval(estimate: float, lower: float, upper: float, *, log: bool) -> str:
    numbers = [math.exp(v) if log else v for v in (estimate, lower, upper)]
    return f"{show(numbers[0])} ({show(numbers[1])} to {show(numbers[2])})"


def _box(x: float, y: float, width: float, height: float, lines: Sequence[str]) -> list[str]:
    frame = (
        f'<rect x="{x}" y="{y:.0f}" width="{width}" height="{height:.0f}" fill="#FFFFFF" stroke="{FAINT}"/>'
    )
    return [frame, *(_words(x + 10, y + 20 + 16 * i, line) for i, line in enumerate(lines))]


def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1}" y1="{y1:.0f}" x2="{x2}" y2="{y2:.0f}" stroke="{FAINT}" marker-end="url(#tip)"/>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _words(
    x: float, y: float, text: str, *, size: int = 12, weight: str = "normal", colour: str = INK
) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{colour}">{escape(text)}</text>'


def _picture(width: float, height: float, parts: Sequence[str], title: str) -> str:
    body = "\n".join(parts)
    tip = '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#52606D"/></marker></defs>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
        f'role="img" font-family="Helvetica Neue, Arial, Liberation Sans, sans-serif"><title>{escape(title)}</title>{tip}\n'
        f'<rect width="100%" height="100%" fill="#FFFFFF"/>\n{_words(10, 16, title, colour=FAINT)}\n{body}\n</svg>\n'
    )
