"""mzTab 1.0: sections in one file; protein abundances by assay or study variable, or counts of spectra."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from secretome.errors import InvalidInput, Problem, UnreadableFile
from secretome.plan import AssayPlan

from .groups import is_entry_name, organism_of, parse_group, unique_names
from .proteins import ProteinTable, doubled, features_frame
from .run_names import resolve_runs
from .text import TextTable, numbers, read_text

NAME = "mztab"
TITLE = "mzTab 1.0"

_SECTIONS: Mapping[str, str] = {"PRH": "PRT", "PEH": "PEP", "PSH": "PSM", "SMH": "SML"}
_DECOY = "opt_global_cv_MS:1002217_decoy_peptide"
# how `secretome report --export mztab` names a measurement whose raw file it does not know
_MEASUREMENT = re.compile(r'\[, , measurement, (?:"(?P<quoted>.*)"|(?P<plain>.*))\]')
_ABUNDANCE = re.compile(r"^protein_abundance_(assay|study_variable)\[(\d+)\]$")


@dataclass(frozen=True)
class MzTab(TextTable):
    """An mzTab file; header, rows and lines are those of its protein section.

    Parameters
    ----------
    metadata
        Key to value of the MTD lines.
    psms
        The section of spectra, or None.
    """

    metadata: Mapping[str, str] = field(default_factory=dict)
    psms: TextTable | None = None


def is_mztab(path: Path) -> bool:
    """Whether a file is called mzTab or begins like it."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        start = stream.read(512)
    return ".mztab" in path.name.lower() or b"MTD\tmzTab-version" in start


def open_mztab(path: Path) -> MzTab:
    """The sections of an mzTab file.

    Raises
    ------
    UnreadableFile
        If it has no mzTab metadata or no protein section.
    InvalidInput
        If a row has another number of fields than its header.
    """
    text, encoding = read_text(path)
    metadata: dict[str, str] = {}
    headers: dict[str, list[str]] = {}
    rows: dict[str, list[tuple[int, list[str]]]] = {name: [] for name in _SECTIONS.values()}
    problems: list[Problem] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
    for record in reader:
        kind, *cells = record or [""]
        if kind == "MTD" and len(cells) > 1:
            metadata[cells[0]] = cells[1]
        elif kind in _SECTIONS:
            headers[_SECTIONS[kind]] = cells
        elif kind in rows:
            problems += _width(path.name, kind, cells, headers.get(kind, []), reader.line_num)
            rows[kind].append((reader.line_num, cells))
    if "mzTab-version" not in metadata:
        raise UnreadableFile(
            f"{path} has no line 'MTD mzTab-version'; is it an mzTab file, separated by tabs?"
        )
    if problems:
        raise InvalidInput(problems)
    if not rows["PRT"]:
        raise UnreadableFile(f"{path} has no protein section (PRH, PRT); export proteins, too")
    sections = {
        kind: TextTable(path.name, tuple(headers[kind]), tuple(tuple(cells) for _, cells in found), tuple(line for line, _ in found), f"{encoding}, mzTab {kind}")
        for kind, found in rows.items()
        if found
    }  # fmt: skip
    proteins = sections["PRT"]
    return MzTab(
        path.name,
        proteins.header,
        proteins.rows,
        proteins.lines,
        proteins.dialect,
        metadata=metadata,
        psms=sections.get("PSM"),
    )


def recognises(header: Sequence[str]) -> str:
    """Evidence that a header is an mzTab protein section, or an empty text."""
    told = {"accession", "ambiguity_members", "best_search_engine_score[1]"} <= set(header)
    return "it has mzTab's accession, ambiguity_members and best_search_engine_score[1]" if told else ""


def read(table: TextTable, plan: AssayPlan, samples: Sequence[str] = ()) -> ProteinTable:
    """Proteins of an mzTab file.

    Parameters
    ----------
    table
        What `open_mztab` gave.
    plan
        `quantity` is "protein_abundance" (default) or "spectral_count": spectra of each run,
        which is all that a file of type Identification holds.
    samples
        Names of the sample sheet.

    Raises
    ------
    InvalidInput
        If there are no abundances, or an accession or number cannot be read; all at once.
    """
    quantity = plan.quantity or "protein_abundance"
    problems: list[Problem] = []
    texts = [cell.strip() for cell in table.column("accession")]
    problems += doubled(table.file, texts, table.lines, "accession")
    names, values, remarks = _counts(table, texts, samples) if quantity == "spectral_count" else _abundances(table, samples, problems)  # fmt: skip
    if quantity not in {"protein_abundance", "spectral_count"}:
        problems.append(
            Problem(
                table.file,
                f"no quantity {quantity!r}",
                "protein_abundance or spectral_count",
                "Mend quantity = ….",
            )
        )
    if problems:
        raise InvalidInput(problems)
    zeros = int((values == 0).sum())
    values[~np.isfinite(values) | (values == 0)] = np.nan
    if zeros and quantity != "spectral_count":
        remarks.append(f"{zeros:,} abundances of 0 were read as missing")
    features, index = _features(table, texts)
    unit = "spectral count" if quantity == "spectral_count" else "intensity"
    return ProteinTable(
        features_frame(index, features), names, values, NAME, quantity, unit, remarks=tuple(f"{table.file}: {remark}" for remark in remarks)
    )  # fmt: skip


def measurements(table: TextTable) -> tuple[str, ...]:
    """Assays, study variables or runs, in file order."""
    found = _abundance_columns(table)
    return tuple(_named(table, found, ())) if found else tuple(_runs(table, ()).values())


def _width(file: str, kind: str, cells: list[str], header: list[str], line: int) -> list[Problem]:
    if len(cells) == len(header):
        return []
    found = f"{kind} row of {len(cells)} fields"
    return [
        Problem(
            file,
            found,
            f"{len(header)} as in its header",
            "The file may be truncated; export it again.",
            line,
        )
    ]


def _abundance_columns(table: TextTable) -> list[str]:
    """Columns of protein abundances that hold a number: by assay, else by study variable."""
    for kind in ("assay", "study_variable"):
        found = [
            name
            for name in table.header
            if (match := _ABUNDANCE.match(name)) and match[1] == kind and any(cell not in {"null", ""} for cell in table.column(name))
        ]  # fmt: skip
        if found:
            return found
    return []


def _abundances(
    table: TextTable, samples: Sequence[str], problems: list[Problem]
) -> tuple[tuple[str, ...], NDArray[np.float64], list[str]]:
    columns = _abundance_columns(table)
    if not columns:
        kind = _metadata(table).get("mzTab-type", "unknown")
        action = 'Export abundances, or write quantity = "spectral_count" to count spectra.'
        problems.append(Problem(table.file, f"no protein abundances (mzTab-type {kind})", "abundances by assay or study variable", action))  # fmt: skip
        return (), np.empty((len(table.rows), 0)), []
    values = numbers(table, columns, problems, expected="an abundance")
    problems += [
        Problem(table.file, f"negative value {values[row, place]:g}", "an abundance", "Is it log2? Export raw abundances.", table.lines[row], columns[place])
        for row, place in np.argwhere(values < 0)[:20]
    ]  # fmt: skip
    return tuple(_named(table, columns, samples)), values, []


def _named(table: TextTable, columns: Sequence[str], samples: Sequence[str]) -> list[str]:
    """A name for each column: its run, where it has exactly one, or its description."""
    metadata = _metadata(table)
    names = []
    for column in columns:
        match = _ABUNDANCE.match(column)
        kind, number = (match[1], match[2]) if match else ("", "")
        runs = re.findall(r"ms_run\[(\d+)\]", metadata.get(f"{kind}[{number}]-ms_run_ref", ""))
        named = _MEASUREMENT.fullmatch(metadata.get(f"{kind}[{number}]-custom[1]", ""))
        described = metadata.get(f"{kind}[{number}]-description", f"{kind}_{number}")
        described = (named["quoted"] or named["plain"]) if named else described
        location = metadata.get(f"ms_run[{runs[0]}]-location", "null") if len(runs) == 1 else "null"
        names.append(described if location in {"null", ""} else location)
    resolved = resolve_runs(list(dict.fromkeys(names)), samples)
    return [resolved[name] for name in names]


def _runs(table: TextTable, samples: Sequence[str]) -> dict[str, str]:
    """`ms_run[n]` to the name of its file."""
    locations = {
        key.removesuffix("-location"): value
        for key, value in _metadata(table).items()
        if re.fullmatch(r"ms_run\[\d+\]-location", key)
    }
    resolved = resolve_runs(list(dict.fromkeys(locations.values())), samples)
    return {run: resolved[location] for run, location in locations.items()}


def _counts(
    table: TextTable, accessions: list[str], samples: Sequence[str]
) -> tuple[tuple[str, ...], NDArray[np.float64], list[str]]:
    """Spectra of each protein and run; a spectrum of several proteins counts for each of them."""
    runs = _runs(table, samples)
    names = tuple(dict.fromkeys(runs.values()))
    values = np.zeros((len(accessions), len(names)))
    psms = table.psms if isinstance(table, MzTab) else None
    if psms is None:
        return names, values, ["no section of spectra (PSM): all counts are empty"]
    place = {accession: row for row, accession in enumerate(accessions)}
    seen: set[tuple[str, str]] = set()
    decoys = unknown = 0
    decoy = psms.column(_DECOY) if _DECOY in psms.header else ["0"] * len(psms.rows)
    for accession, spectrum, marked in zip(psms.column("accession"), psms.column("spectra_ref"), decoy, strict=True):  # fmt: skip
        run = runs.get(spectrum.split(":")[0])
        if marked == "1":
            decoys += 1
        elif accession not in place or run is None:
            unknown += 1
        elif (accession, spectrum) not in seen:
            seen.add((accession, spectrum))
            values[place[accession], names.index(run)] += 1
    remarks = [
        f"{count:,} of {len(psms.rows):,} rows of spectra were left out: {words}"
        for count, words in (
            (decoys, "of decoys"),
            (unknown, "that repeat one for a protein or run that the file does not list"),
        )
        if count
    ]
    return names, values, remarks


def _metadata(table: TextTable) -> Mapping[str, str]:
    return table.metadata if isinstance(table, MzTab) else {}


def _features(table: TextTable, texts: list[str]) -> tuple[dict[str, list], list[str]]:  # type: ignore[type-arg]
    def column(name: str) -> list[str]:
        cells = table.column(name) if name in table.header else [""] * len(texts)
        return ["" if cell == "null" else cell.strip() for cell in cells]

    members = [",".join(part for part in (text, other) if part) for text, other in zip(texts, column("ambiguity_members"), strict=True)]  # fmt: skip
    groups = [parse_group(member) for member in members]
    described = column("description")
    entry_names = [
        group.entry_name or _entry_name(text) for group, text in zip(groups, described, strict=True)
    ]
    genes = [match[1] if (match := re.search(r"\bGN=(\S+)", text)) else "" for text in described]
    names, _ = unique_names([parse_group(text) for text in texts], texts)
    features: dict[str, list] = {  # type: ignore[type-arg]
        "gene": genes,
        "entry_name": entry_names,
        "organism": [organism_of(name) for name in entry_names],
        "description": described,
        "protein_group": [";".join(group.accessions) for group in groups],
        "tagged_contaminant": [group.contaminant for group in groups],
    }
    return features, names


def _entry_name(description: str) -> str:
    match = re.search(r"\|([A-Z0-9]+_[A-Z0-9]+)\b", description)
    return match[1] if match and is_entry_name(match[1]) else ""
