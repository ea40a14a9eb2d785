"""Assays that are no matrix: wells of an activity assay, series of a stability study, as they stand in the file."""

from __future__ import annotations

import pandas as pd

from secretome.plan import AssayPlan
from secretome.study import Assay

from .text import read_table

TIDY_KINDS = frozenset({"activity", "stability"})


def read_tidy(plan: AssayPlan) -> Assay:
    """The file of an activity or stability assay as a table of texts with the column `line`.

    What a column means is checked by the stage that computes with it (`qualify`), which knows the layout.

    Parameters
    ----------
    plan
        Of kind `activity` or `stability`.

    Raises
    ------
    UnreadableFile
        If the file is missing, empty or no table.
    InvalidInput
        If headers are doubled or rows have too many or too few fields.
    """
    found = read_table(plan.file, sheet=plan.sheet)
    table = pd.DataFrame(list(found.rows), columns=list(found.header), dtype=str)
    table.insert(0, "line", list(found.lines), allow_duplicates=True)
    return Assay(plan.name, plan.kind, plan.material, table=table)
