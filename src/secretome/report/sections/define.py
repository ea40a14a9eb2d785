"""What is in the medium: contaminants, similarity, detection, normalisation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from secretome.report import figures
from secretome.report.blocks import Block, Figure, Section, Text
from secretome.report.finding import Contents, finding
from secretome.report.sections import title
from secretome.results import Result, show

_FIGURES: Mapping[str, Callable[[Result], Figure | None]] = {
    "define.similarity": figures.samples,
    "define.detection": figures.detection,
    "define.amounts": figures.amount_bands,
    "define.origin": figures.origins,
    "define.leakage": figures.leakage,
}
# standard curves drawn on the page; the others stand in the tables
CURVES = 3


def build(contents: Contents) -> Section | None:
    """The contents.results of define but quality, which the section of the samples shows."""
    if not contents.results:
        return None
    blocks = []
    for result in contents.results:
        draw = _FIGURES.get(result.key)
        lead = figures.drawn(partial(draw, result)) if draw else ()
        if result.key == "define.immunoassay":
            lead = _curves(result)
        blocks.append(finding(result, lead=lead))
    return Section(title("define"), "define", tuple(blocks))


def _curves(result: Result) -> tuple[Block, ...]:
    """The first standard curves, and where the others are."""
    if "curves" not in result.tables:
        return ()
    curves = result.tables["curves"]
    named = curves.loc[curves["usable"].astype(bool), ["assay", "analyte"]].drop_duplicates()
    blocks: list[Block] = []
    for assay, analyte in named.head(CURVES).itertuples(index=False):
        blocks += figures.drawn(partial(figures.standard_curve, result, str(assay), str(analyte)))
    if len(named) > CURVES:
        blocks.append(
            Text(f"{show(len(named) - CURVES)} more curves are in the tables curves and wells.", kind="hint")
        )
    return tuple(blocks)
