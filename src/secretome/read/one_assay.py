"""One protein table from its file: recognised, its past judged, its mask applied."""

from __future__ import annotations

import re
from dataclasses import replace

from secretome.errors import InvalidInput, Problem
from secretome.plan import AssayPlan

from .masks import has_mask, with_mask
from .proteins import ProteinTable
from .recognise import FORMATS, open_measurements
from .repeats import repeated_rows
from .text import TextTable
from .transformed import Transformed, find

_INTENSITIES = ("intensity", "log2 intensity")


HOW_TO_UNMASK = (
    "Tests are refused until it is known which values were measured: ask for the export before imputation, "
    "name a mask (mask, mask_sheet or mask_columns), "
    'or write imputed = "no" if only complete proteins were exported'
)


# "2-Sep", "2023-09-02 00:00:00" and, as a spreadsheet counts days, "44806"
_DATE = re.compile(
    r"\d{1,2}-(Mar|Sep|Dec|Oct|Feb)|(Mar|Sep|Dec|Oct|Feb)-\d{1,2}|\d{4}-\d\d-\d\d( 00:00:00)?|[34]\d{4}",
    re.IGNORECASE,
)


def read_proteins(assay: AssayPlan, samples: tuple[str, ...] = ()) -> ProteinTable:
    """The proteins of one assay: recognised, read, its past judged and its mask applied.

    Parameters
    ----------
    assay
        One [[assay]] of a plan.
    samples
        Names of its sample sheet.

    Raises
    ------
    InvalidInput
        With every problem of the file.
    UnreadableFile
        If the file cannot be opened or recognised.
    """
    text, chosen = open_measurements(assay.file, sheet=assay.sheet, name=assay.format)
    # rows of a report are summed, so a row that came in twice would count twice
    repeated = repeated_rows(text) if chosen.streams else []
    if repeated:
        raise InvalidInput(repeated)
    table = chosen.read(text, assay, samples)
    found = find(table.values, table.scale) if table.unit in _INTENSITIES else table.transformed
    problems = scale_problems(text, assay, table, found)
    if problems:
        raise InvalidInput(problems)
    if chosen.own and found.imputed.startswith("no gap"):
        # a search engine's own table without gaps is complete, not filled
        found = replace(found, imputed="")
    remarks = (*text.remarks, *_signs(assay, found), *_dates(text, table), *table.remarks)
    table = replace(table, remarks=remarks, transformed=found)
    return with_mask(table, assay) if has_mask(assay) else table


def scale_problems(
    text: TextTable, assay: AssayPlan, table: ProteinTable, found: Transformed
) -> list[Problem]:
    """The problem of values that cannot be on the scale that they are said to be on."""
    if table.scale == found.scale or found.scale == "unclear":
        return []
    unit = "log2 intensity" if found.scale == "log2" else "intensity"
    action = f'Write unit = "{unit}" in the [[assay]] named {assay.name!r}, or ask for the raw export.'
    if FORMATS[table.format].own:
        action = f"This is not the unchanged {FORMATS[table.format].title}: ask for that."
    return [
        Problem(text.file, f"{found.scale} values ({found.scale_evidence})", f"{table.scale} values", action)
    ]


def _signs(assay: AssayPlan, found: Transformed) -> tuple[str, ...]:
    """What the values show about their past, one sentence each."""
    name = assay.file.name
    told = [f"{name}: already log2 ({found.scale_evidence})"] if found.scale == "log2" else []
    told += [f"{name}: already centred: {found.centred}"] if found.centred else []
    told += [f"{name}: already normalised: {found.normalised}"] if found.normalised else []
    if found.imputed and assay.imputed == "no":
        told.append(f"{name}: {found.imputed}; declared as not imputed")
    elif found.imputed and not has_mask(assay):
        told.append(f"{name}: may be imputed: {found.imputed}. {HOW_TO_UNMASK}")
    return tuple(told)


def _dates(text: TextTable, table: ProteinTable) -> tuple[str, ...]:
    """Genes that a spreadsheet turned into dates (SEPTIN2 and MARCHF1 under their old symbols)."""
    genes = [*table.features["gene"], *table.features.index]
    found = list(dict.fromkeys(gene for gene in genes if _DATE.fullmatch(str(gene))))
    if not found:
        return ()
    return (f"{text.file}: a spreadsheet turned gene names into dates: {', '.join(found[:12])}",)
