"""Proteomes brought from UniProt: a versioned cache beside the tables that are shipped."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from secretome.errors import InvalidKnowledge
from secretome.folders import cache_folder

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "Entry",
    "Entry Name",
    "Gene Names (primary)",
    "Gene Names (synonym)",
    "Length",
    "Signal peptide",
    "Transmembrane",
    "Lipidation",
    "Subcellular location [CC]",
)
# NCBI taxon ids of the species that study.toml names
TAXA = {
    "Homo sapiens": 9606,
    "Mus musculus": 10090,
    "Rattus norvegicus": 10116,
    "Sus scrofa": 9823,
    "Equus caballus": 9796,
    "Canis lupus familiaris": 9615,
    "Ovis aries": 9940,
    "Bos taurus": 9913,
}


class Brought(Protocol):
    """What the download hands over: the table, and what the service says of it."""

    @property
    def path(self) -> Path:
        """The table."""

    @property
    def release(self) -> str:
        """Release that the service names."""

    @property
    def entries(self) -> int:
        """Entries that the service counts."""

    @property
    def url(self) -> str:
        """Where it came from."""

    @property
    def licence(self) -> str:
        """On which terms."""

    @property
    def fetched(self) -> str:
        """When (ISO, UTC)."""


@dataclass(frozen=True)
class Proteome:
    """One release of one reviewed proteome in the cache.

    Parameters
    ----------
    taxon, release
        NCBI taxon id and UniProt release.
    entries, sha256
        Of the table.
    url, licence, fetched
        Where it came from, on which terms, when.
    folder
        Where `proteome.tsv` and `facts.json` lie.
    """

    taxon: int
    release: str
    entries: int
    sha256: str
    url: str
    licence: str
    fetched: str
    folder: Path

    @property
    def name(self) -> str:
        """Slug for results: `uniprot-9606`."""
        return f"uniprot-{self.taxon}"


def store(*, folder: Path | None = None) -> Path:
    """The folder of the cached proteomes."""
    return (folder or cache_folder()) / "knowledge"


def update(
    bring: Callable[[int, Path], Brought], *, taxon: int = 9606, folder: Path | None = None
) -> Proteome:
    """Bring the reviewed proteome of a species into the cache.

    Parameters
    ----------
    bring
        Downloads the table of a taxon into a file (`remote.uniprot.bring`); this module reaches no network.
    taxon
        NCBI taxon id.
    folder
        The cache; default that of this user.

    Returns
    -------
    The release that is now in the cache; older ones stay beside it.

    Raises
    ------
    InvalidKnowledge
        If the table is not the one that we asked for: columns, accessions, entries twice.
    Unreachable, WrongDownload
        From the download.
    """
    place = store(folder=folder) / f"uniprot-{taxon}"
    place.mkdir(parents=True, exist_ok=True)
    brought = bring(taxon, place / "proteome.tsv.new")
    raw = brought.path.read_bytes()
    _check_table(raw, brought.entries)
    target = place / _slug(brought.release)
    partial = place / f".{target.name}.partial"
    partial.mkdir(exist_ok=True)
    brought.path.replace(partial / "proteome.tsv")
    found = Proteome(
        taxon,
        brought.release,
        brought.entries,
        hashlib.sha256(raw).hexdigest(),
        brought.url,
        brought.licence,
        brought.fetched,
        target,
    )
    facts = {name: value for name, value in asdict(found).items() if name != "folder"}
    (partial / "facts.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
    _swap(partial, target)
    return found


def proteomes(*, folder: Path | None = None) -> tuple[Proteome, ...]:
    """Every release in the cache, by taxon and release.

    Raises
    ------
    InvalidKnowledge
        If the facts of one are damaged.
    """
    found = []
    for facts in sorted(store(folder=folder).glob("uniprot-*/*/facts.json")):
        try:
            known = json.loads(facts.read_text(encoding="utf-8"))
            found.append(Proteome(**known, folder=facts.parent))
        except (ValueError, TypeError) as error:
            raise InvalidKnowledge(
                f"{facts} is damaged ({error}); delete its folder and run `secretome knowledge update`"
            ) from error
    return tuple(sorted(found, key=lambda one: (one.taxon, one.release)))


def newest(taxon: int, *, folder: Path | None = None) -> Proteome:
    """The newest cached release of a species.

    Raises
    ------
    InvalidKnowledge
        If there is none.
    """
    found = [one for one in proteomes(folder=folder) if one.taxon == taxon]
    if not found:
        raise InvalidKnowledge(
            f'annotation = "uniprot" asks for the reviewed proteome of taxon {taxon}, and none is in '
            f"{store(folder=folder)}; bring it with `secretome knowledge update --taxon {taxon}`, or take the line out"
        )
    return found[-1]


def entries(one: Proteome) -> pd.DataFrame:
    """The table of a cached proteome, its sha256 verified; all cells text, index = accession.

    Raises
    ------
    InvalidKnowledge
        If the file is missing or changed.
    """
    import pandas as pd

    path = one.folder / "proteome.tsv"
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise InvalidKnowledge(f"{path} is missing; run `secretome knowledge update` again") from error
    if hashlib.sha256(raw).hexdigest() != one.sha256:
        raise InvalidKnowledge(
            f"{path} was changed since it was fetched; run `secretome knowledge update` again"
        )
    rows = list(csv.reader(raw.decode("utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    return pd.DataFrame(rows[1:], columns=list(COLUMNS), dtype=str).set_index("Entry")


def _check_table(raw: bytes, expected: int) -> None:
    from .check import is_accession

    try:
        rows = list(csv.reader(raw.decode("utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    except UnicodeDecodeError as error:
        raise InvalidKnowledge(f"the proteome that came is not UTF-8: {error}; run it again") from error
    header = rows[0] if rows else []
    # the service changed the case of its labels before
    if [name.casefold() for name in header] != [name.casefold() for name in COLUMNS]:
        raise InvalidKnowledge(
            f"the proteome that came has columns {header}; expected {list(COLUMNS)}: UniProt may have changed its "
            "names, which needs a new version of this package"
        )
    faults = [
        f"line {number}"
        for number, cells in enumerate(rows[1:], start=2)
        if len(cells) != len(COLUMNS) or not is_accession(cells[0])
    ]
    names = [cells[0] for cells in rows[1:] if cells]
    if faults or len(set(names)) != len(names) or len(names) != expected:
        raise InvalidKnowledge(
            f"the proteome that came has {len(names):,} entries, {len(set(names)):,} of them different, where "
            f"{expected:,} were announced; {len(faults)} lines cannot be read ({', '.join(faults[:5])}). Run it again"
        )


def _slug(release: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in release)


def _swap(partial: Path, target: Path) -> None:
    """Put a finished folder in its place; what was there goes only when the new one stands ready."""
    import shutil

    if target.exists():
        old = target.with_name(f".{target.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        target.rename(old)
        partial.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    else:
        partial.rename(target)
