"""The product record of CLAIMS section 2: given, missing, and what each gap forbids us to say."""

from __future__ import annotations

import pandas as pd

from secretome.report.blocks import Block, Facts, Section, Table, Text
from secretome.report.finding import Contents, finding
from secretome.report.sections import title
from secretome.report.tables import heading, table_of, texts
from secretome.results import Result

SHOWS = ("read",)


def build(contents: Contents) -> Section | None:
    """What is known of the product, then whatever else was read."""
    if not contents.results:
        return None
    blocks: list[Block] = []
    for result in contents.results:
        record = result.tables.get("product_record")
        lead = () if record is None else _record(result, record)
        blocks.append(finding(result, lead=lead, omit=("product_record",)))
    return Section(title("product"), "product", tuple(blocks))


def _record(result: Result, record: pd.DataFrame) -> tuple[Block, ...]:
    given = record[record["status"] != "missing"]
    gaps = record[record["status"] != "given"]
    names = [heading(str(name)) for name in given["field"]]
    blocks: list[Block] = []
    if names:
        blocks.append(Text("Given", kind="lead"))
        blocks.append(Facts(tuple(zip(names, texts(given["values"]), strict=True))))
    if len(gaps):
        blocks.append(_gaps(result, gaps))
    return tuple(blocks)


def _gaps(result: Result, gaps: pd.DataFrame) -> Table:
    rows = gaps.assign(field=[heading(str(name)) for name in gaps["field"]])
    rows = rows[["field", "status", "forbids"]].rename(columns={"forbids": "what the gap forbids us to say"})
    return table_of(result, "product_record", caption="Missing, and what that forbids us to say", rows=rows)
