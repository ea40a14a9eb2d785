"""Why media differ: every contrast with its volcano and its first rows."""

from __future__ import annotations

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
    "donors_left",
    "donors_right",
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
        if result.key == "vary.contrasts":
            blocks.append(finding(result, lead=_contrasts(result), omit=("contrasts", "effects")))
        else:
            blocks.append(finding(result))
    return Section(title("vary"), "vary", tuple(blocks))


def _contrasts(result: Result) -> tuple[Block, ...]:
    contrasts = result.tables.get("contrasts")
    if contrasts is None or contrasts.empty:
        return ()
    blocks: list[Block] = [table_of(result, "contrasts", caption="Contrasts", columns=_CONTRAST)]
    effects = result.tables.get("effects")
    if effects is None or effects.empty:
        return tuple(blocks)
    for contrast, reason in zip(contrasts["contrast"], texts(contrasts["reason"]), strict=True):
        mine = effects[effects["contrast"] == contrast]
        blocks.append(Group(str(contrast), _contrast(result, str(contrast), reason, mine)))
    return tuple(blocks)


def _contrast(result: Result, contrast: str, reason: str, effects: pd.DataFrame) -> tuple[Block, ...]:
    blocks: list[Block] = [Text(reason)] if reason else []
    blocks.extend(figures.drawn(partial(figures.volcano, result, contrast)))
    if len(effects):
        rows = _readable(effects.sort_values(["p_value", "protein"]))
        # A column that is empty or the same in every row printed says nothing here.
        telling = [name for name in ("contaminant_class", "status") if len(set(rows[name].head(TOP))) > 1]
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
