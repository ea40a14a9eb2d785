"""How a medium may act: outcomes of both models with their intervals, and the scheme with the flux of each edge."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from secretome.report import figures
from secretome.report.blocks import Block, Section, Text
from secretome.report.finding import Contents, finding
from secretome.report.sections import title
from secretome.report.tables import table_of
from secretome.results import Result

_COLUMNS = (
    "group", "outcome", "statement", "driven_by", "unmeasured_share", "sign_probability", "difference_median",
    "difference_lower_90", "difference_upper_90",
)  # fmt: skip
_READING = (
    "Two networks of signed, cited influences are driven by the factors that were measured. "
    "They tell which way an outcome should move and how sure that is; they are models of cells in culture."
)


def build(contents: Contents) -> Section | None:
    """Both models, each with its outcomes in front, or None without results."""
    if not contents.results:
        return None
    blocks: list[Block] = [Text(_READING, kind="hint")]
    blocks += [finding(result, lead=_lead(result), omit=("outcomes", "edges")) for result in contents.results]
    return Section(title("mechanism"), "mechanism", tuple(blocks))


def _lead(result: Result) -> tuple[Block, ...]:
    blocks: list[Block] = []
    if "outcomes" in result.tables:
        blocks += figures.drawn(partial(figures.outcomes, result))
        caption = "Each outcome of each medium against the mean of the others"
        # the figure above shows the same rows, so the table waits until it is asked for
        blocks.append(replace(table_of(result, "outcomes", caption=caption, columns=_COLUMNS), folded=True))
        beside = dict.fromkeys(result.tables["outcomes"]["beside"])
        blocks += [Text(str(sentence)) for sentence in beside]
    if "edges" in result.tables:
        blocks += figures.drawn(partial(figures.scheme, result))
        blocks.append(replace(table_of(result, "edges", caption="Flux of every edge"), folded=True))
    return tuple(blocks)
