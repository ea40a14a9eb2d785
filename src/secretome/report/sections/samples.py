"""One row for each sample: can it be trusted, and if not, why."""

from __future__ import annotations

from secretome.report import figures
from secretome.report.blocks import Section
from secretome.report.finding import Contents, finding
from secretome.report.sections import title
from secretome.report.tables import NEVER_WHOLE, table_of

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
    rows = table_of(
        quality,
        "samples",
        caption="Quality of each sample",
        columns=_COLUMNS,
        rows=worst_first,
        whole=NEVER_WHOLE,
    )
    strips = figures.drawn(lambda: figures.quality(quality))
    return Section(title("samples"), "samples", (finding(quality, lead=(*strips, rows), omit=("samples",)),))
