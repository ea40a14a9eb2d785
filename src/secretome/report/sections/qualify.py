"""What can be said of it as a product: a draft, with its heading and an empty signature block."""

from __future__ import annotations

from functools import partial

from secretome.report import figures
from secretome.report.blocks import Block, Facts, Section, Text
from secretome.report.finding import Contents, finding
from secretome.report.sections import title
from secretome.report.tables import table_of
from secretome.results import Result

HEADING = "Draft test summary: not a certificate of analysis, not a release decision"
SIGNATURE = (("Prepared by", ""), ("Reviewed by", ""), ("Date", ""))
MOST_FIGURES = 6

# What a reader looks at first; every other column stands in the CSV.
_POTENCY = (
    "preparation",
    "percent",
    "lower",
    "upper",
    "plates",
    "convention",
    "parallel",
    "limit_lower",
    "limit_upper",
)
_PARALLEL = (
    "plate", "preparation", "criterion", "ratio", "lower_90", "upper_90", "margin_lower", "margin_upper", "parallel", "p_f", "rsse_ratio",
)  # fmt: skip
_STABILITY = (
    "attribute", "potency", "lots", "n", "lower_limit", "upper_limit", "months", "months_every_lot", "limiting_lot",
    "supported", "model", "status", "reason",
)  # fmt: skip


def build(contents: Contents) -> Section | None:
    """The heading that every such page bears, the results, and a signature block that stays empty."""
    if not contents.results:
        return None
    blocks: list[Block] = [Text(HEADING, kind="hint")]
    for result in contents.results:
        lead, omit = _shown(result)
        blocks.append(finding(result, lead=lead, omit=omit))
    blocks.append(Facts(SIGNATURE, title="Signature (empty: nobody has signed this draft)"))
    return Section(title("qualify"), "qualify", tuple(blocks))


def _shown(result: Result) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """Figures and the table that a reader looks at first, and the tables that they show."""
    tables = result.tables
    if {"wells", "curves", "summary"} <= set(tables):
        table = table_of(result, "summary", columns=_POTENCY, caption="Potency of each lot")
        parallel = table_of(result, "parallelism", columns=_PARALLEL, caption="Are the curves parallel?")
        shown = (*figures.drawn(partial(figures.potency, result)), table, parallel)
        return shown, ("wells", "curves", "summary", "parallelism")
    if {"points", "attributes"} <= set(tables):
        table = table_of(result, "attributes", columns=_STABILITY, caption="Each attribute")
        return (*_series(result), table), ("points", "lines", "attributes")
    return (), ()


def _series(result: Result) -> tuple[Block, ...]:
    if "lines" not in result.tables:
        return ()
    named = list(dict.fromkeys(result.tables["lines"]["attribute"]))[:MOST_FIGURES]
    return tuple(block for name in named for block in figures.drawn(partial(figures.keeping, result, name)))
