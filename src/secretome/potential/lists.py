"""Published lists of proteins with a direction, and what this study says of the same proteins."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from secretome.errors import InvalidInput, Problem, UnreadableFile

_ACCESSION = re.compile(r"[OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9]([A-Z][A-Z0-9]{2}[0-9]){1,2}")
_PROTEIN = ("protein", "accession", "uniprot", "entry")
_GENE = ("gene", "symbol")
_UP = {"up": 1, "+": 1, "higher": 1, "1": 1, "down": -1, "-": -1, "lower": -1, "-1": -1}


@dataclass(frozen=True)
class PublishedList:
    """One list: accession or symbol to +1 (up) or -1 (down), by accession or by gene; problems by line."""

    name: str
    by_accession: bool
    direction: dict[str, int]
    problems: tuple[str, ...]


def read_list(path: Path) -> PublishedList:
    """A published list from a csv with a column of accessions or genes and one called `direction`.

    Parameters
    ----------
    path
        csv; accessions may come bare, as `sp|P12345|NAME`, in groups by `;` (the first counts), as isoforms;
        directions are up / down, + / - or 1 / -1.

    Raises
    ------
    UnreadableFile
        If the file is missing or no text.
    InvalidInput
        If a column is missing.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableFile(
            f"{path} cannot be opened: {error.strerror}; check [potential] gene_lists"
        ) from error
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path} is no UTF-8 text; save it again as UTF-8") from error
    rows = csv.DictReader(text.splitlines())
    header = {name.strip().lower(): name for name in rows.fieldnames or [] if name}
    protein = next((header[name] for name in _PROTEIN if name in header), None)
    gene = next((header[name] for name in _GENE if name in header), None)
    if "direction" not in header or (protein is None and gene is None):
        found = f"columns {', '.join(rows.fieldnames or []) or 'none'}"
        expected = f"direction, and one of {', '.join((*_PROTEIN, *_GENE))}"
        raise InvalidInput([Problem(path.name, found, expected, "Rename or add the columns.")])
    directions: dict[str, int] = {}
    problems = []
    for number, row in enumerate(rows, start=2):
        written = str(row[protein or gene or ""] or "")
        name = accession(written) if protein else written.strip().upper()
        sign = _UP.get(str(row[header["direction"]] or "").strip().lower())
        if not name or sign is None:
            problems.append(
                f"{path.name} line {number}: {written[:40]!r} with direction {row[header['direction']]!r}; left out."
            )
        elif directions.get(name, sign) != sign:
            problems.append(
                f"{path.name} line {number}: {name} stands there with both directions; the first is used."
            )
        else:
            directions[name] = sign
    return PublishedList(path.name, protein is not None, directions, tuple(problems))


def accession(written: str) -> str:
    """The first UniProt accession of a cell, without isoform; empty when there is none.

    Examples
    --------
    >>> accession("spt|P00488"), accession("sp|E9PAV3-2|NACAM_HUMAN;sp|Q13765|NACA_HUMAN"), accession("NA")
    ('P00488', 'E9PAV3', '')
    """
    for part in re.split(r"[;|,\s]+", written):
        bare = re.sub(r"-\d+$", "", part.strip())
        if _ACCESSION.fullmatch(bare):
            return bare
    return ""


def votes(lists: list[PublishedList]) -> pd.DataFrame:
    """How many lists hold each protein up and down: `protein`, `up`, `down`."""
    names = sorted({name for one in lists for name in one.direction})
    table = pd.DataFrame(
        {
            "protein": names,
            "up": [sum(one.direction.get(name) == 1 for one in lists) for name in names],
            "down": [sum(one.direction.get(name) == -1 for one in lists) for name in names],
        }
    )
    order = (table["up"] - table["down"]).abs()
    return (
        table.assign(order=order).sort_values("order", ascending=False, kind="stable").drop(columns="order")
    )
