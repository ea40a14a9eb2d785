"""Gene sets from GMT files: what can be read is used, every broken line is named."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

from secretome.errors import UnreadableFile

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class GeneSets:
    """Sets of one file.

    Parameters
    ----------
    file
        Its name.
    sets
        Name to genes as written.
    problems
        Line by line: what was found, what was expected.
    """

    file: str
    sets: dict[str, tuple[str, ...]]
    problems: tuple[str, ...]


def read_gmt(path: Path) -> GeneSets:
    """The gene sets of a GMT file: name, description (may be empty) and genes, by tab; plain or gz.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    UnreadableFile
        If the file is missing, no text, or holds no set at all.
    """
    lines = _lines(path)
    sets: dict[str, tuple[str, ...]] = {}
    problems = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.rstrip("\r").split("\t")
        genes = tuple(dict.fromkeys(gene.strip() for gene in fields[2:] if gene.strip()))
        where = f"{path.name} line {number}"
        if not fields[0].strip():
            problems.append(f"{where}: no name of the set; the line is left out.")
        elif len(fields) < 3 or not genes:
            problems.append(
                f"{where}: {fields[0][:60]!r} has no genes (name, description, genes by tab); left out."
            )
        elif fields[0] in sets:
            problems.append(f"{where}: {fields[0][:60]!r} stands there before; the first one is used.")
        else:
            sets[fields[0]] = genes
            given = [gene.strip() for gene in fields[2:] if gene.strip()]
            if len(given) > len(genes):
                problems.append(
                    f"{where}: {len(given) - len(genes)} genes stand twice in {fields[0][:60]!r}; used once."
                )
    if not sets:
        raise UnreadableFile(
            f"{path} holds no gene set; expected lines of name, description and genes by tab"
        )
    return GeneSets(path.name, sets, tuple(problems))


def _lines(path: Path) -> list[str]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(
            f"{path} cannot be opened: {error.strerror}; check [potential] gene_sets"
        ) from error
    try:
        text = (gzip.decompress(raw) if raw[:2] == _GZIP else raw).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{path} is no GMT text (plain or gz, UTF-8): {error}") from error
    return text.split("\n")
