"""Draft study.toml and a sample sheet from measurement files: samples listed, nothing guessed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from secretome.errors import InvalidInput, Problem, UnknownFormat
from secretome.plan import AssayPlan

from . import sdrf
from .cells import read_cells
from .container import is_container
from .instruments import Instrument, find
from .large import is_large, is_parquet
from .olink import is_npx
from .recognise import FORMATS, Recognised, open_table, recognise
from .text import TextTable, numbers, read_table
from .transformed import scale_of

_SHEET_COLUMNS = ("sample", "material", "culture", "donor", "tissue", "origin", "age_years", "sex", "passage", "condition", "batch", "load", "cells_at_harvest", "volume_ml", "hours", "concentration_factor", "viability_percent")  # fmt: skip


@dataclass(frozen=True)
class Draft:
    """What `secretome new` writes: the texts of study.toml and, without a sheet, samples.tsv.

    Parameters
    ----------
    toml
        Text of study.toml.
    sheet
        Text of samples.tsv, or None when one of the files is the sample sheet.
    recognised
        File name to the format found and its evidence.
    samples
        Names of the samples, in file order.
    """

    toml: str
    sheet: str | None
    recognised: dict[str, Recognised]
    samples: tuple[str, ...]


def draft(files: Sequence[Path], *, folder: Path) -> Draft:
    """A study drafted from measurement files and perhaps a sample sheet.

    Parameters
    ----------
    files
        Measurement files; an SDRF, or a table that no reader knows and one of whose columns
        lists the measured samples, is taken as the sample sheet.
    folder
        Where study.toml will stand; paths are written relative to it.

    Raises
    ------
    UnreadableFile
        If a file cannot be read or recognised.
    InvalidInput
        If no file holds measurements.
    """
    assays: list[tuple[Path, Recognised, tuple[str, ...]]] = []
    others: list[tuple[Path, TextTable]] = []
    exports: list[tuple[Path, Instrument, str, tuple[str, ...]]] = []
    for file in files:
        export = _export(file)
        if export is not None:
            exports.append((file, *export))
            continue
        if not is_parquet(file) and not is_container(file):
            table = read_table(file, repeats=True)
            if sdrf.recognises(table.header):
                others.append((file, table))
                continue
        table = open_table(file)
        found = _recognised(table)
        names = FORMATS[found.format].measurements(table) if found else ()
        if found and names:
            assays.append((file, found, names))
        else:
            others.append((file, table))
    # a sheet has numbers too (passage, age): a generic table whose column lists samples is one
    assays, others = _sheets_apart(assays, others)
    if not assays and not exports:
        raise InvalidInput(
            [
                Problem(
                    ", ".join(f.name for f in files),
                    "no measurements",
                    "a table of proteins by samples",
                    "Give the search engine's protein table.",
                )
            ]
        )
    listed = [*(names for _, _, names in assays), *(names for *_, names in exports)]
    samples = tuple(dict.fromkeys(name for names in listed for name in names))
    sheet = _sheet_among(others, samples)
    recognised = {file.name: found for file, found, _ in assays}
    recognised |= {file.name: Recognised(one.name, one.title, evidence) for file, one, evidence, _ in exports}
    toml = _toml(
        assays, sheet, folder, [line for export in exports for line in _export_lines(*export[:3], folder)]
    )
    return Draft(toml, None if sheet else _blank_sheet(samples), recognised, samples)


def _export(file: Path) -> tuple[Instrument, str, tuple[str, ...]] | None:
    """The instrument of a file, the evidence and its samples; None for a proteome or a sheet."""
    if is_container(file) or not file.is_file() or is_large(file) or (is_parquet(file) and not is_npx(file)):
        return None
    cells = read_cells(file)
    found = find(cells)
    if found is None:
        return None
    plan = AssayPlan(file.name.split(".")[0], file, kind=found[0].kind)
    return *found, found[0].read(cells, plan).samples()


def _export_lines(file: Path, one: Instrument, evidence: str, folder: Path) -> list[str]:
    lines = [
        "",
        "[[assay]]",
        f'name = "{_escape(file.name.split(".")[0])}"',
        f'kind = "{one.kind}"',
        'material = "conditioned_medium"',
        f'file = "{_escape(_relative(file, folder))}"',
        f'format = "{one.name}"   # {evidence}',
    ]
    if one.kind == "panel":
        lines += ['# form = "total"        # or free, latent, acid-activated: what the antibodies see']
    if one.kind in {"panel", "mirna"}:
        lines += ['# concentrated = "no"   # or "yes": whether these samples had been concentrated']
    return lines


def _recognised(table: TextTable) -> Recognised | None:
    try:
        return recognise(table)
    except UnknownFormat:
        return None


def _sheets_apart(
    assays: list[tuple[Path, Recognised, tuple[str, ...]]], others: list[tuple[Path, TextTable]]
) -> tuple[list[tuple[Path, Recognised, tuple[str, ...]]], list[tuple[Path, TextTable]]]:
    certain = [entry for entry in assays if entry[1].format != "table"]
    samples = {name for _, _, names in certain for name in names}
    kept = list(certain)
    for entry in assays:
        if entry in certain:
            continue
        table = read_table(entry[0])
        if samples and _identifier(table, samples):
            others = [*others, (entry[0], table)]
        else:
            kept.append(entry)
    return kept, others


def _identifier(table: TextTable, samples: set[str]) -> str | None:
    """The column that lists the measured samples, if one does for at least half of them."""
    for column in table.header:
        if len(samples & {cell.strip() for cell in table.column(column)}) * 2 >= len(samples):
            return column
    return None


def _sheet_among(
    others: list[tuple[Path, TextTable]], samples: tuple[str, ...]
) -> tuple[Path, TextTable, str] | None:
    for file, table in others:
        if sdrf.recognises(table.header):
            return file, table, ""
        column = _identifier(table, set(samples))
        if column is None:
            raise UnknownFormat(
                f"{file} is neither a protein table that we know nor a sheet that lists the samples measured"
            )
        return file, table, column
    return None


def _toml(
    assays: list[tuple[Path, Recognised, tuple[str, ...]]],
    sheet: tuple[Path, TextTable, str] | None,
    folder: Path,
    exports: Sequence[str] = (),
) -> str:
    lines = [
        "# Drafted by `secretome new`: names were read from the files, nothing was guessed.",
        "[study]",
        f'title = "{_escape(folder.resolve().name)}"',
        'organism = "human"',
        "seed = 1",
        "",
        "[samples]",
    ]
    lines += (
        _sheet_lines(sheet, folder)
        if sheet
        else ['file = "samples.tsv"   # fill its blanks; leave a cell empty when unknown', 'id = "sample"']
    )
    for file, found, _ in assays:
        lines += [
            "",
            "[[assay]]",
            f'name = "{_escape(file.name.split(".")[0])}"',
            'kind = "proteome"',
            'material = "conditioned_medium"',
            f'file = "{_escape(_relative(file, folder))}"',
            f'format = "{found.format}"   # {found.evidence}',
        ]
        if found.format == "table":
            evidence = _scale_seen(file, found)
            lines += [
                f"# this format does not say what its numbers are ({evidence}); fill both lines:",
                '# unit = "intensity"   # or "log2 intensity"',
                '# zero = "missing"     # or "measured"',
            ]
    lines += [
        *exports,
        "",
        "# What to compare. The donor is the unit: fill the column `donor` first.",
        "# [design]",
        '# unit = "donor"',
        '# formula = "~ 0 + tissue + condition"',
        '# random = ["donor"]',
        "#   [design.contrasts]",
        '#   a_vs_b = "tissue[A] - tissue[B]"',
        "",
    ]
    return "\n".join(lines)


def _scale_seen(file: Path, found: Recognised) -> str:
    """What the numbers of a table look like, in words, for the person who must say what they are."""
    table = read_table(file)
    names = FORMATS[found.format].measurements(table)
    scale, evidence = scale_of(numbers(table, names, []))
    return f"they look {scale}: {evidence}" if scale != "unclear" else evidence


def _sheet_lines(sheet: tuple[Path, TextTable, str], folder: Path) -> list[str]:
    file, table, column = sheet
    if not column:
        return [f'file = "{_escape(_relative(file, folder))}"   # {sdrf.recognises(table.header)}']
    others = [name for name in table.header if name and name != column]
    return [
        f'file = "{_escape(_relative(file, folder))}"',
        f'id = "{_escape(column)}"',
        f"# its other columns: {', '.join(others)}",
        "#   [samples.rename]       # column of the sheet = standard name, for example",
        '#   Donor = "donor"',
        "#   [samples.set]          # one value for all samples, for example",
        '#   load = "equal_volume"',
    ]


def _relative(file: Path, folder: Path) -> str:
    return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _blank_sheet(samples: tuple[str, ...]) -> str:
    blanks = "\t" * (len(_SHEET_COLUMNS) - 1)
    return "\n".join(["\t".join(_SHEET_COLUMNS), *(f"{name}{blanks}" for name in samples)]) + "\n"
