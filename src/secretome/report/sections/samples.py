"""One row for each sample: can it be trusted, and if not, why."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from secretome.report import figures
from secretome.report.blocks import Section, Table
from secretome.report.finding import Contents, finding
from secretome.report.sections import title
from secretome.report.tables import NEVER_WHOLE, table_of
from secretome.results import Result

SHOWS = ("define.quality",)

_COLUMNS = (
    "sample",
    "verdict",
    "reason",
    "donor",
    "tissue",
    "condition",
    "identifications",
    "missing_percent",
    "keratin_percent",
    "bovine_percent",
    "serum_percent",
    "group_distance_z",
)
# Up to so many samples are listed whole and open.
_OPEN = 16
_WORST = {"fail": 0, "warn": 1, "pass": 2}


def build(contents: Contents) -> Section | None:
    """Every sample with its verdict and reason, and the strips that show where it stands."""
    if not contents.results:
        return None
    quality = contents.results[0]
    if "samples" not in quality.tables:
        # no proteome: nothing was judged, and the result says so
        return Section(title("samples"), "samples", (finding(quality),))
    # One row per sample is the page's promise, so this table is cut later than others.
    samples = quality.tables["samples"]
    worst_first = samples.iloc[samples["verdict"].map(_WORST).fillna(len(_WORST)).argsort(kind="stable")]
    strips = figures.drawn(lambda: figures.quality(quality))
    lead = (*strips, *_tables(quality, worst_first))
    return Section(title("samples"), "samples", (finding(quality, lead=lead, omit=("samples",)),))


def _tables(quality: Result, worst_first: pd.DataFrame) -> tuple[Table, ...]:
    """Every sample; of many, those in doubt stand open and the whole list is folded."""
    every = table_of(
        quality,
        "samples",
        caption="Quality of each sample",
        columns=_COLUMNS,
        rows=worst_first,
        whole=NEVER_WHOLE,
    )
    doubtful = worst_first[worst_first["verdict"] != "pass"]
    if len(worst_first) <= _OPEN or len(doubtful) == len(worst_first):
        return (every,)
    folded = replace(every, folded=True)
    if doubtful.empty:
        return (folded,)
    caption = "Samples that fail or carry a warning"
    shown = table_of(quality, "samples", caption=caption, columns=_COLUMNS, rows=doubtful, whole=NEVER_WHOLE)
    return (replace(shown, href=""), folded)
