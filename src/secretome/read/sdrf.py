"""Sample sheets in SDRF-Proteomics: samples, runs, standard columns, and what could not be read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from secretome.errors import Problem, near_misses
from secretome.plan import SamplesPlan

from .proteins import species
from .runs import Run, Sheet, fraction_notes, one_row_a_sample
from .sheet import read_sheet
from .text import MISSING_WORDS, TextTable

TITLE = "SDRF-Proteomics sample sheet"
SOURCE, ASSAY, FILE = "source name", "assay name", "comment[data file]"

# SDRF-Proteomics column -> column of the sample table; every other characteristic keeps its own name
_STANDARD: Mapping[str, str] = {
    "organism part": "tissue",
    "individual": "donor",
    "sex": "sex",
    "age": "age_years",
    "disease": "disease",
    "organism": "organism",
}
_AGE = re.compile(
    r"(?:(\d+(?:\.\d+)?)Y)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?", re.I
)
_YEARS = (1.0, 1 / 12, 7 / 365.25, 1 / 365.25)
_ENDINGS = re.compile(r"(\.(gz|zip|tar|raw|wiff2?|d|mzml|mzxml|mgf|dia|scan))+$", re.IGNORECASE)
_COLUMN = re.compile(r"(characteristics|comment|factor value)\s*\[\s*(.+?)\s*\]", re.IGNORECASE)


def recognises(header: Sequence[str]) -> str:
    """Evidence that a header is one of SDRF-Proteomics, or an empty text.

    Examples
    --------
    >>> recognises(["Source Name", "characteristics[organism]", "assay name"])
    "it has the columns 'source name' and 'characteristics[organism]'"
    >>> recognises(["sample", "donor"])
    ''
    """
    names = [standard_header(name) for name in header]
    marker = next((name for name in names if name.startswith("characteristics[")), "")
    return f"it has the columns 'source name' and {marker!r}" if SOURCE in names and marker else ""


def standard_header(name: str) -> str:
    """A column name as the format writes it: small letters, no stray blanks.

    Examples
    --------
    >>> standard_header("Characteristics [Organism  part ]")
    'characteristics[organism part]'
    """
    text = " ".join(name.split()).lower()
    match = _COLUMN.fullmatch(text)
    return f"{match.group(1)}[{match.group(2)}]" if match else text


def age_years(cell: str) -> float | None:
    """An age in years; None for anything that is not one definite age.

    `66Y`, `66Y6M`, `30W`, `12D` and a bare number of years are read; a range (`40Y-50Y`,
    `>65`), a stage or a gestational age is not one age and is never turned into one.

    Examples
    --------
    >>> age_years("66Y"), age_years("66Y6M"), age_years("69"), age_years("40Y-50Y"), age_years("adult")
    (66.0, 66.5, 69.0, None, None)
    """
    text = cell.replace(" ", "")
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    match = _AGE.fullmatch(text)
    if not text or match is None:
        return None
    return sum(
        float(part) * years for part, years in zip(match.groups(), _YEARS, strict=True) if part is not None
    )


def read_sdrf(table: TextTable, plan: SamplesPlan) -> Sheet:
    """The samples and runs of an SDRF.

    Parameters
    ----------
    table
        The file as text, read with `repeats=True`.
    plan
        `id` names the column of samples when it is not `source name`; `rename` and `donor_of`
        may use the names of the file or the standard ones.

    Returns
    -------
    Sheet
        A sample is a source name.
        Characteristics become columns: organism part → `tissue`, individual → `donor`, age →
        `age_years`, the others under their own name with `_` for blanks; a factor value that
        repeats a characteristic adds no column. Blanks are trimmed and collapsed;
        `not available` and `not applicable` are missing. `original` keeps every cell.

    Raises
    ------
    InvalidInput
        As `read_sheet`; besides a source name whose characteristics differ between rows, and
        fractions of one sample that stand under several source names.
    """
    header = tuple(standard_header(name) for name in table.header)
    clean = replace(table, header=header, rows=tuple(tuple(_clean(c) for c in row) for row in table.rows))
    given = standard_header(plan.id)
    identifier = SOURCE if given == "sample" and "sample" not in header else given
    problems = problems_of(clean, table.header, identifier=identifier)
    if given == "sample":
        problems += _hidden_fractions(clean)
    wanted = _sample_columns(header)
    own = {name for name in header if name not in wanted and name != identifier}
    reduced = one_row_a_sample(
        clean,
        identifier,
        own,
        problems,
        advice='Mend the file, or, if each run is a sample of its own, write id = "assay name" in [samples].',
    )
    notes: list[str] = list(table.remarks)
    standard = _standardised(reduced, identifier, wanted, notes)
    samples = read_sheet(standard, _standard_plan(plan, standard))
    runs = _runs(clean, identifier)
    notes += fraction_notes(table.file, runs)
    if FILE not in header and ASSAY not in header:
        notes.append(f"{table.file} names no runs (no 'assay name', no 'comment[data file]')")
    return Sheet(samples, runs, tuple(notes), long_table(clean))


def problems_of(
    table: TextTable, header: Sequence[str] | None = None, *, identifier: str = SOURCE
) -> list[Problem]:
    """What keeps a table from being an SDRF-Proteomics file, as the format demands it.

    Parameters
    ----------
    table
        The file as text.
    header
        Column names as they stand in the file, when those of `table` were already mended.
    identifier
        Column that names the sample.
    """
    problems = []
    names = [standard_header(name) for name in table.header]
    written = list(table.header if header is None else header)
    for name in (SOURCE, "characteristics[organism]"):
        if name not in names:
            action = f"Add the column{near_misses(name, written)}"
            problems.append(Problem(table.file, f"no column {name!r}", f"a column {name!r}", action, 1))
    repeated = {name for name in names if names.count(name) > 1 and not name.startswith("comment[")}
    problems += [
        Problem(
            table.file,
            f"{names.count(name)} columns are called {name!r}",
            "one",
            "Delete the others.",
            1,
            name,
        )
        for name in sorted(repeated)
    ]
    if identifier in names:
        position = names.index(identifier)
        problems += [
            Problem(table.file, "no sample name", "a name for each row", "Fill the cell.", line, identifier)
            for row, line in zip(table.rows, table.lines, strict=True)
            if row[position].strip().lower() in MISSING_WORDS
        ]
    problems += _doubled_runs(table, names)
    return problems


def long_table(table: TextTable) -> pd.DataFrame:
    """Every cell of a table whose header may repeat names: `row`, `position`, `column`, `value`."""
    rows = [
        (number, position, name, row[position])
        for number, row in enumerate(table.rows)
        for position, name in enumerate(table.header)
    ]
    return pd.DataFrame(rows, columns=["row", "position", "column", "value"])


def term(cell: str) -> str:
    """The name in a cell that gives one as `NT=…;AC=…`, else the cell itself.

    Examples
    --------
    >>> term("AC=CL:0000057; NT=fibroblast"), term("12 amol")
    ('fibroblast', '12 amol')
    """
    return parts(cell).get("NT", cell)


def parts(cell: str) -> dict[str, str]:
    """The `KEY=value` parts of a cell, separated by `;`; empty when it has none.

    Examples
    --------
    >>> parts("CT=mixture;QY=12500 amol;CN=UPS1")["QY"]
    '12500 amol'
    """
    pairs = [part.strip().partition("=") for part in cell.split(";") if part.strip()]
    if not pairs or any(not equals or not re.fullmatch(r"[A-Z]{2}", key.strip()) for key, equals, _ in pairs):
        return {}
    return {key.strip(): value.strip() for key, _, value in pairs}


# --- from columns of the format to columns of the sample table ----------------------------------


def _sample_columns(header: Sequence[str]) -> dict[str, str]:
    """Column of the file -> column of the sample table, for what describes a sample."""
    found: dict[str, str] = {}
    for name in header:
        match = _COLUMN.fullmatch(name)
        if match and match.group(1) == "characteristics":
            found[name] = _STANDARD.get(match.group(2), _slug(match.group(2)))
    for name in header:
        match = _COLUMN.fullmatch(name)
        if match and match.group(1) == "factor value" and f"characteristics[{match.group(2)}]" not in found:
            found[name] = _STANDARD.get(match.group(2), _slug(match.group(2)))
    return found


def _standardised(
    table: TextTable, identifier: str, wanted: Mapping[str, str], notes: list[str]
) -> TextTable:
    """A plain sample sheet: one row a sample, standard names, ages in years."""
    columns: dict[str, list[str]] = {"sample": table.column(identifier)}
    for name, standard in wanted.items():
        cells = [term(cell) for cell in table.column(name)]
        if standard == "organism":
            cells = [_species(cell) for cell in cells]
        if standard == "sex":
            cells = [cell.lower() for cell in cells]
        if standard == "age_years":
            cells, unread = _ages(cells, table.file, notes)
            if unread:
                columns["age_as_given"] = table.column(name)
        columns[standard] = cells
    rows = tuple(zip(*columns.values(), strict=True))
    return TextTable(table.file, tuple(columns), rows, table.lines, table.dialect)


def _ages(cells: Sequence[str], file: str, notes: list[str]) -> tuple[list[str], bool]:
    known = [cell for cell in cells if cell.lower() not in MISSING_WORDS]
    unread = sorted({cell for cell in known if age_years(cell) is None})
    bare = sorted({cell for cell in known if re.fullmatch(r"\d+(\.\d+)?", cell.replace(" ", ""))})
    if unread:
        notes.append(
            f"{file}: {', '.join(unread[:8])} is not one age in years; age_years stays empty there, "
            "the text stands in age_as_given"
        )
    if bare:
        notes.append(f"{file}: ages without a unit ({', '.join(bare[:5])}) are taken as years")
    ages = [age_years(cell) if cell.lower() not in MISSING_WORDS else None for cell in cells]
    return ["" if age is None else repr(age) for age in ages], bool(unread)


def _standard_plan(plan: SamplesPlan, table: TextTable) -> SamplesPlan:
    """The plan in the names of the standardised sheet: `rename` and `donor_of` may use the file's."""
    known = _sample_columns([standard_header(name) for name in (*plan.rename, *plan.donor_of)])

    def now(name: str) -> str:
        return name if name in table.header else known.get(standard_header(name), name)

    rename = {now(old): new for old, new in plan.rename.items()}
    return replace(plan, id="sample", rename=rename, donor_of=tuple(now(name) for name in plan.donor_of))


def _runs(table: TextTable, identifier: str) -> tuple[Run, ...]:
    header = table.header

    def cells(*names: str) -> list[str]:
        name = next((name for name in names if name in header), None)
        return [""] * len(table.rows) if name is None else table.column(name)

    samples, assays, files = table.column(identifier), cells(ASSAY), cells(FILE)
    replicates = cells("comment[technical replicate]", "characteristics[technical replicate]")
    fractions = cells("comment[fraction identifier]")
    return tuple(
        Run(
            samples[row],
            tuple(dict.fromkeys(name for name in _names(assays[row], files[row]) if name)),
            "" if replicates[row].lower() in MISSING_WORDS else replicates[row],
            "" if fractions[row].lower() in MISSING_WORDS else fractions[row],
            line=line,
        )
        for row, line in enumerate(table.lines)
    )


def _names(assay: str, file: str) -> tuple[str, ...]:
    """What a search engine may call a run: its raw file without and with the ending, or its assay name."""
    name = re.split(r"[/\\]", file)[-1]
    return _ENDINGS.sub("", name), name, assay


def _hidden_fractions(table: TextTable) -> list[Problem]:
    """A problem when fractions of one sample have a source name each, so that they would pass for samples."""
    header = table.header
    if "comment[fraction identifier]" not in header or SOURCE not in header:
        return []
    described = [p for p, name in enumerate(header) if name.startswith(("characteristics[", "factor value["))]
    source, fraction = header.index(SOURCE), header.index("comment[fraction identifier]")
    individual = next((p for p in described if header[p] == "characteristics[individual]"), None)
    if individual is None:
        return []
    groups: dict[tuple[str, ...], dict[str, set[str]]] = {}
    for row in table.rows:
        if row[individual].lower() not in MISSING_WORDS:
            known = groups.setdefault(tuple(row[p] for p in described), {})
            known.setdefault(row[source], set()).add(row[fraction])
    hidden = [
        sources
        for sources in groups.values()
        if len(sources) > 1
        and all(len(found) == 1 for found in sources.values())
        and len(set.union(*sources.values())) == len(sources)
    ]
    if not hidden:
        return []
    example = "; ".join(f"{name} fraction {min(found)}" for name, found in list(hidden[0].items())[:4])
    return [
        Problem(
            table.file,
            f"{len(hidden)} individuals have a source name for each fraction ({example})",
            "one source name for all fractions of a sample",
            'Fractions are no samples. Write id = "characteristics[individual]" in [samples], or mend the file; '
            'id = "source name" takes them as samples all the same.',
            column=SOURCE,
        )
    ]


def _doubled_runs(table: TextTable, names: Sequence[str]) -> list[Problem]:
    keys = [p for p, name in enumerate(names) if name in {SOURCE, ASSAY, FILE, "comment[label]"}]
    if not any(names[p] in {ASSAY, FILE} for p in keys):
        return []
    seen: dict[tuple[str, ...], int] = {}
    problems = []
    for row, line in zip(table.rows, table.lines, strict=True):
        key = tuple(row[p] for p in keys)
        if key in seen:
            found = f"the same source, assay and file as in row {seen[key]}"
            problems.append(Problem(table.file, found, "each run once", "Delete one row.", line))
        seen.setdefault(key, line)
    return problems


def _species(cell: str) -> str:
    """`homo sapiens` and `Homo Sapiens` are one species."""
    name = species(cell)
    return name if name.lower() in MISSING_WORDS else name[:1].upper() + name[1:].lower()


def _slug(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_")


def _clean(cell: str) -> str:
    return " ".join(cell.split())
