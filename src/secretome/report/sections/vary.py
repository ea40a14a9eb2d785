"""Why media differ: every contrast with its volcano and its first rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd

from secretome.report import figures
from secretome.report.blocks import Block, Group, Section, Text
from secretome.report.finding import Contents, finding
from secretome.report.sections import title
from secretome.report.tables import table_of, texts
from secretome.results import Result

TOP = 15

_CONTRAST = (
    "contrast",
    "verdict",
    "reason",
    "tested",
    "significant_5_fdr",
    "up",
    "down",
    "beyond_minimum_5_fdr",
    "by_detection_5_fdr",
    "donors_left",
    "donors_right",
    "identified_left",
    "identified_right",
    "flasks_would_claim",
    "unit",
    "strategy",
    "expression",
)
_COLUMNS = (
    "gene",
    "protein",
    "log2_ratio",
    "lower",
    "upper",
    "p_value",
    "fdr",
    "donors",
    "detected_left",
    "detected_right",
)


def build(contents: Contents) -> Section | None:
    """The contrasts, each under its own heading, then what the design can answer."""
    if not contents.results:
        return None
    blocks = []
    for result in contents.results:
        lead, omit = _SHOWN.get(result.key, (_nothing, ()))
        blocks.append(finding(result, lead=lead(result), omit=omit))
    return Section(title("vary"), "vary", tuple(blocks))


def _contrasts(result: Result) -> tuple[Block, ...]:
    contrasts = result.tables.get("contrasts")
    if contrasts is None or contrasts.empty:
        return ()
    columns = tuple(name for name in _CONTRAST if name in contrasts)
    blocks: list[Block] = [table_of(result, "contrasts", caption="Contrasts", columns=columns)]
    effects = result.tables.get("effects")
    if effects is None or effects.empty:
        return tuple(blocks)
    for contrast, reason in zip(contrasts["contrast"], texts(contrasts["reason"]), strict=True):
        mine = effects[effects["contrast"] == contrast]
        blocks.append(Group(str(contrast), _contrast(result, str(contrast), reason, mine)))
    return tuple(blocks)


def _nothing(result: Result) -> tuple[Block, ...]:  # noqa: ARG001 - one of several that are called alike
    return ()


def _sets(result: Result) -> tuple[Block, ...]:
    sets = result.tables["sets"]
    if sets.empty:
        return ()
    columns = (
        "contrast",
        "set",
        "direction",
        "difference",
        "lower",
        "upper",
        "p_value",
        "fdr",
        "n",
        "of",
        "genes",
    )
    rows = sets.sort_values(["p_value", "contrast", "set"]).head(TOP)
    caption = "Smallest p first, all contrasts"
    return (table_of(result, "sets", caption=caption, columns=columns, rows=rows, whole=TOP, top=TOP),)


def _leak(result: Result) -> tuple[Block, ...]:
    adjusted = result.tables["adjusted"]
    blocks = [table_of(result, "contrasts", caption="Plain and with the leak held fixed")]
    if len(adjusted):
        columns = (
            "contrast",
            "gene",
            "protein",
            "log2_ratio",
            "fdr",
            "log2_ratio_adjusted",
            "lower_adjusted",
            "upper_adjusted",
            "fdr_adjusted",
        )
        rows = adjusted.sort_values(["p_value", "contrast", "protein"]).head(TOP)
        caption = "Smallest plain p first, with the leak held fixed beside it"
        blocks.append(
            table_of(result, "adjusted", caption=caption, columns=columns, rows=rows, whole=TOP, top=TOP)
        )
    return tuple(blocks)


def _mixed(result: Result) -> tuple[Block, ...]:
    effects = result.tables["effects"]
    if effects.empty:
        return ()
    rows = effects.sort_values(["p_value", "contrast", "protein"]).head(TOP)
    columns = (
        "contrast",
        "gene",
        "protein",
        "log2_ratio",
        "lower",
        "upper",
        "p_value",
        "fdr",
        "n_donors",
        "fit",
    )
    caption = "Smallest p first, all contrasts"
    return (table_of(result, "effects", caption=caption, columns=columns, rows=rows, whole=TOP, top=TOP),)


def _partition(result: Result) -> tuple[Block, ...]:
    blocks: list[Block] = list(figures.drawn(partial(figures.partition, result)))
    if len(result.tables["top"]):
        columns = ("term", "gene", "protein", "share", "lower", "upper", "n_flasks")
        best = result.tables["top"].groupby("term", sort=False).head(5)
        caption = "Proteins most driven by each term"
        blocks.append(
            table_of(
                result, "top", caption=caption, columns=columns, rows=best, whole=len(best), top=len(best)
            )
        )
    return tuple(blocks)


def _numbers(result: Result) -> tuple[Block, ...]:
    slopes = result.tables["slopes"]
    if slopes.empty:
        return ()
    columns = (
        "number",
        "gene",
        "protein",
        "log2_change",
        "step",
        "lower",
        "upper",
        "p_value",
        "fdr",
        "n_donors",
        "verdict",
    )
    rows = slopes.sort_values(["p_value", "number", "protein"]).head(TOP)
    caption = "Smallest p first, all numbers"
    return (table_of(result, "slopes", caption=caption, columns=columns, rows=rows, whole=TOP, top=TOP),)


def _contrast(result: Result, contrast: str, reason: str, effects: pd.DataFrame) -> tuple[Block, ...]:
    blocks: list[Block] = [Text(reason)] if reason else []
    blocks.extend(figures.drawn(partial(figures.volcano, result, contrast)))
    if len(effects):
        rows = _readable(effects.sort_values(["p_value", "protein"]))
        # A column that is empty or the same in every row printed says nothing here.
        telling = [
            name
            for name in ("contaminant_class", "status", "method")
            if name in rows and len(set(rows[name].head(TOP))) > 1
        ]
        columns = (*_COLUMNS, *telling)
        caption = f"Smallest p first: {contrast}"
        blocks.append(
            table_of(result, "effects", caption=caption, columns=columns, rows=rows, whole=TOP, top=TOP)
        )
    return tuple(blocks)


def _readable(effects: pd.DataFrame) -> pd.DataFrame:
    """Counts of detection as "k of n", so that neither number travels alone."""
    columns = {name: texts(effects[name]) for name in effects if str(name).endswith(("_left", "_right"))}
    sides = {
        f"detected_{side}": _pairs(columns[f"detected_{side}"], columns[f"measured_{side}"], "of")
        for side in ("left", "right")
    }
    return effects.assign(**sides, donors=_pairs(columns["donors_left"], columns["donors_right"], "and"))


def _pairs(first: list[str], second: list[str], word: str) -> list[str]:
    return [f"{a} {word} {b}" if a and b else "" for a, b in zip(first, second, strict=True)]


# result -> what stands in front, and the tables that are shown there or only as files
_SHOWN: Mapping[str, tuple[Callable[[Result], tuple[Block, ...]], tuple[str, ...]]] = {
    "vary.contrasts": (_contrasts, ("contrasts", "effects")),
    "vary.leak_adjusted": (_leak, ("contrasts", "adjusted")),
    "vary.sets": (_sets, ("sets",)),
    "vary.mixed": (_mixed, ("effects",)),
    "vary.partition": (_partition, ("top", "partition", "density")),
    "vary.numbers": (_numbers, ("slopes",)),
}
