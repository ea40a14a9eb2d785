"""Why media differ: every contrast with its volcano and its first rows."""

from __future__ import annotations

from functools import partial

import pandas as pd

from secretome.report import figures
from secretome.report.blocks import Block, Group, Section, Text
from secretome.report.finding import Contents, finding
from secretome.report.sections import title
from secretome.report.tables import table_of
from secretome.results import Result

TOP = 15

_COLUMNS = (
    "gene",
    "protein",
    "log2_ratio",
    "lower",
    "upper",
    "p_value",
    "fdr",
    "donors_left",
    "donors_right",
    "detected_left",
    "detected_right",
    "contaminant_class",
    "status",
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
    contrasts, effects = result.tables["contrasts"], result.tables["effects"]
    blocks: list[Block] = [table_of(result, "contrasts")]
    for row in contrasts.itertuples():
        mine = effects[effects["contrast"] == row.contrast]
        blocks.append(Group(str(row.contrast), _contrast(result, str(row.contrast), str(row.reason), mine)))
    return tuple(blocks)


def _contrast(result: Result, contrast: str, reason: str, effects: pd.DataFrame) -> tuple[Block, ...]:
    blocks: list[Block] = [Text(reason)] if reason else []
    blocks.extend(figures.drawn(partial(figures.volcano, result, contrast)))
    if len(effects):
        rows = _readable(effects.sort_values(["p_value", "protein"]))
        caption = f"Smallest p first: {contrast}"
        blocks.append(
            table_of(result, "effects", caption=caption, columns=_COLUMNS, rows=rows, whole=TOP, top=TOP)
        )
    return tuple(blocks)


def _readable(effects: pd.DataFrame) -> pd.DataFrame:
    """Counts of detection as "k of n", so that neither number travels alone."""
    sides = {
        f"detected_{side}": [
            f"{k} of {n}"
            for k, n in zip(effects[f"detected_{side}"], effects[f"measured_{side}"], strict=True)
        ]
        for side in ("left", "right")
    }
    return effects.assign(**sides)
