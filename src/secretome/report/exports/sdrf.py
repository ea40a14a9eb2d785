"""SDRF-Proteomics out: the sheet that came in, cell by cell, or one made from the sample table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from secretome.dossier import Dossier
from secretome.errors import InvalidInput
from secretome.plan import SamplesPlan
from secretome.read.sdrf import SOURCE, problems_of, read_sdrf
from secretome.read.text import TextTable
from secretome.study import Study

_MISSING = "not available"
# column of the sample table -> characteristic; every other keeps its own name
_CHARACTERISTICS = {
    "organism": "organism",
    "tissue": "organism part",
    "age_years": "age",
    "sex": "sex",
    "disease": "disease",
    "donor": "individual",
}
_TECHNOLOGY = "proteomic profiling by mass spectrometry"


def text(dossier: Dossier) -> tuple[str, tuple[str, ...]]:
    """The SDRF of a study and what it cannot carry; an empty text when no sample was measured by MS.

    A sheet that came as SDRF goes out with every cell that it had, repeated columns in their
    places; columns that study.toml added follow the other characteristics. From another sheet a
    row is made for each measurement; what a study does not know (instrument, label, raw file) is
    `not available`.

    Raises
    ------
    InvalidInput
        If the result breaks the rules of the format that our own reader checks.
    """
    study = dossier.study
    original = _original(dossier)
    measured = _measurements(study)
    if original is None and not measured:
        return "", ("no assay of kind proteome with a matrix",)
    rows = _made(study, measured) if original is None else _extended(study, original)
    if study.simulated:
        rows = [
            [*rows[0], "comment[simulated]"],
            *([*row, "SIMULATED, not a measurement"] for row in rows[1:]),
        ]
    table = TextTable(
        "samples.sdrf.tsv",
        tuple(rows[0]),
        tuple(map(tuple, rows[1:])),
        tuple(range(2, len(rows) + 1)),
        "utf-8",
    )
    problems = problems_of(table)
    if problems:
        raise InvalidInput(problems)
    without = sorted(set(map(str, study.samples.index)) - {sample for _, sample, _ in measured})
    notes = (
        [f"samples without a measurement by MS are left out: {', '.join(without[:12])}"]
        if without and original is None
        else []
    )
    return "\n".join("\t".join(row) for row in rows) + "\n", tuple(notes)


def _original(dossier: Dossier) -> TextTable | None:
    """The SDRF that was read, from the table `sdrf` of the result `read.study`."""
    found = next((r for r in dossier.results if r.key == "read.study" and "sdrf" in r.tables), None)
    if found is None:
        return None
    cells = found.tables["sdrf"]
    header = cells.drop_duplicates("position").sort_values("position")["column"]
    wide = cells.pivot(index="row", columns="position", values="value").sort_index()
    rows = tuple(tuple(str(cell) for cell in row) for row in wide.itertuples(index=False))
    return TextTable("SDRF", tuple(header), rows, tuple(range(2, len(rows) + 2)), "utf-8")


def _extended(study: Study, original: TextTable) -> list[list[str]]:
    """The sheet as it was, with the columns that study.toml added to its samples."""
    header, rows = list(original.header), [list(row) for row in original.rows]
    identifier = _identifier(study, original)
    if identifier is None:
        return [header, *rows]
    known = set(read_sdrf(original, SamplesPlan(id=identifier)).samples.columns)
    added = [name for name in study.samples.columns if name not in known]
    place = (
        max(p for p, name in enumerate(header) if name == SOURCE or name.startswith("characteristics[")) + 1
    )
    position = header.index(identifier)
    header[place:place] = [f"characteristics[{_readable(name)}]" for name in added]
    for row in rows:
        sample = study.samples.loc[row[position]]
        row[place:place] = [_cell(sample[name], name) for name in added]
    return [header, *rows]


def _identifier(study: Study, original: TextTable) -> str | None:
    """The column whose values are the samples of the study, or None when they got other names."""
    samples = set(map(str, study.samples.index))
    return next((name for name in original.header if samples and samples == set(original.column(name))), None)


def _made(study: Study, measured: Sequence[tuple[str, str, dict[str, object]]]) -> list[list[str]]:
    samples = study.samples if "organism" in study.samples else study.samples.assign(organism=study.organism)
    first = [name for name in _CHARACTERISTICS if name in samples]
    others = [name for name in samples.columns if name not in first]
    factors = [name for name in (study.design.variables if study.design else ()) if name in samples]
    header = [
        SOURCE,
        *(f"characteristics[{_CHARACTERISTICS.get(name, _readable(name))}]" for name in (*first, *others)),
        "assay name", "technology type", "comment[label]", "comment[instrument]", "comment[cleavage agent details]",
        "comment[data file]", "comment[fraction identifier]", "comment[technical replicate]",
        *(f"factor value[{_CHARACTERISTICS.get(name, _readable(name))}]" for name in factors),
    ]  # fmt: skip
    rows = []
    for name, sample, facts in measured:
        known = samples.loc[sample]
        rows.append(
            [
                sample,
                *(_cell(known[column], column) for column in (*first, *others)),
                name,
                _TECHNOLOGY,
                *[_MISSING] * 5,
                _cell(facts.get("replicate"), ""),
                *(_cell(known[column], column) for column in factors),
            ]
        )
    return [header, *rows]


def _measurements(study: Study) -> list[tuple[str, str, dict[str, object]]]:
    """Name, sample and facts of each measurement by MS; the name carries its assay when it is not unique."""
    found = [
        (assay.name, str(name), str(facts["sample"]), dict(facts))
        for assay in study.assays.values()
        if assay.kind == "proteome" and assay.data is not None
        for name, facts in assay.matrix.obs.iterrows()
    ]
    names = [name for _, name, _, _ in found]
    return [
        (name if names.count(name) == 1 else f"{assay}: {name}", sample, facts)
        for assay, name, sample, facts in found
    ]


def _readable(name: str) -> str:
    return " ".join(name.replace("_", " ").replace("[", "(").replace("]", ")").lower().split())


def _cell(value: object, name: str) -> str:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and pd.isna(value)):
        return _MISSING
    if name == "age_years":
        return age_text(float(value))  # type: ignore[arg-type]
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date):
        return value.isoformat()
    return " ".join(str(value).split()) or _MISSING


def age_text(years: float) -> str:
    """An age as SDRF writes it, in years and whole months where it is such.

    Examples
    --------
    >>> age_text(66.0), age_text(66.5), age_text(0.25), age_text(41.37)
    ('66Y', '66Y6M', '3M', '41.37Y')
    """
    months = round(years * 12)
    if abs(years * 12 - months) > 1e-9:
        return f"{years!r}Y"
    whole, rest = divmod(months, 12)
    return f"{whole}Y{rest}M" if whole and rest else f"{rest}M" if rest else f"{whole}Y"
