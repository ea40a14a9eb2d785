"""The page: sections walked by a template, scripts and style inlined under a strict policy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from secretome import __version__
from secretome.dossier import Dossier

from .assets import assets
from .blocks import Block, Figure, Finding, Group, Section, figures_of
from .marks import slug
from .tables import doi_href, dois_in

# Bytes of figure data in one page: with 0.8 MB of scripts and the tables it stays under 5 MB.
FIGURE_BYTES = 3_400_000
# A browser draws so many marks as SVG, which prints sharp; more go on a canvas.
SVG_MARKS = 1_500


def render(
    dossier: Dossier, sections: tuple[Section, ...], *, missing_svg: str = "", budget: int = FIGURE_BYTES
) -> str:
    """The page as one HTML text.

    Parameters
    ----------
    dossier, sections
        What it tells.
    missing_svg
        Why there are no SVG files, or empty when there are.
    budget
        Bytes of figure data; figures beyond it are linked, not drawn.

    Notes
    -----
    The same dossier gives the same bytes: nothing here looks at a clock or at the machine.
    """
    sections = within_budget(sections, budget)
    figures = [figure for section in sections for figure in figures_of(section.blocks)]
    texts = assets(interactive=any(figure.embedded for figure in figures))
    return (
        _environment()
        .get_template("page.html")
        .render(
            dossier=dossier,
            sections=sections,
            texts=texts,
            policy=texts.policy(),
            specs={f.key: embedded_json(page_spec(f)) for f in figures if f.embedded},
            missing_svg=missing_svg,
            version=dossier.versions.get("secretome", __version__),
        )
    )


def within_budget(sections: tuple[Section, ...], budget: int) -> tuple[Section, ...]:
    """The same sections; the figures for which the page has no room are marked as not embedded."""
    left = budget

    def fit(block: Block) -> Block:
        nonlocal left
        if isinstance(block, Figure):
            size = len(embedded_json(page_spec(block)).encode())
            fits = size <= left
            left -= size if fits else 0
            return replace(block, embedded=fits)
        if isinstance(block, Group | Finding):
            return replace(block, blocks=tuple(fit(inner) for inner in block.blocks))
        return block

    return tuple(replace(s, blocks=tuple(fit(block) for block in s.blocks)) for s in sections)


def page_spec(figure: Figure) -> dict[str, object]:
    """The drawing for the page: as wide as its column, its data by column instead of by row."""
    packed = {name: _packed(rows) for name, rows in figure.data.items()}
    marks = sum(len(rows) for rows in figure.data.values())
    spec = dict(figure.spec)
    renderer = "svg" if marks <= SVG_MARKS else "canvas"
    return {"renderer": renderer, "spec": {**spec, "width": "container"}, "data": packed}


def embedded_json(value: object) -> str:
    r"""JSON that cannot end the script element it stands in, whatever a file name or gene says.

    Examples
    --------
    >>> print(embedded_json("</script>"))
    "\u003c/script\u003e"
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _packed(rows: Sequence[Mapping[str, object]]) -> dict[str, object]:
    names = list(rows[0]) if rows else []
    return {"columns": names, "rows": [list(row.values()) for row in rows]}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("secretome.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(doi_href=doi_href, dois_in=dois_in, slug=slug)
    return environment
