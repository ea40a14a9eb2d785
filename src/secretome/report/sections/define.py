"""What is in the medium: contaminants, similarity, detection, normalisation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from secretome.report import figures
from secretome.report.blocks import Figure, Section
from secretome.report.finding import Contents, finding
from secretome.report.sections import title
from secretome.results import Result

_FIGURES: Mapping[str, Callable[[Result], Figure | None]] = {
    "define.similarity": figures.samples,
    "define.detection": figures.detection,
    "define.origin": figures.origins,
    "define.leakage": figures.leakage,
}


def build(contents: Contents) -> Section | None:
    """The contents.results of define but quality, which the section of the samples shows."""
    if not contents.results:
        return None
    blocks = []
    for result in contents.results:
        draw = _FIGURES.get(result.key)
        lead = figures.drawn(partial(draw, result)) if draw else ()
        blocks.append(finding(result, lead=lead))
    return Section(title("define"), "define", tuple(blocks))
