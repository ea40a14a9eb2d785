"""What the laboratory declares to have put into the medium, as genes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

# Columns of the sample table that may declare a protein which the cells did not make.
DECLARING = ("additives", "priming")
_NOTHING = {"", "none", "no", "-", "n/a", "na", "not reported", "unknown", "nan", "control", "unprimed"}


@dataclass(frozen=True)
class Declared:
    """Declared additives of the samples.

    Parameters
    ----------
    genes
        Sample to the genes of its additives.
    unrecognised
        Entries that name no gene we know, in order.
    """

    genes: Mapping[str, frozenset[str]]
    unrecognised: tuple[str, ...] = ()


def declared_additives(samples: pd.DataFrame, names: pd.DataFrame, symbols: Iterable[str]) -> Declared:
    """The genes that each sample's medium was declared to contain.

    Parameters
    ----------
    samples
        Sample table; columns `additives` and `priming` are read, entries separated by `;`, `,`, `+` or `|`.
    names
        Knowledge table `additives`: columns `name`, `hgnc`.
    symbols
        Gene symbols that are understood as they are.

    Examples
    --------
    >>> names = pd.DataFrame({"name": ["bFGF"], "hgnc": ["FGF2"]})
    >>> samples = pd.DataFrame({"additives": ["bFGF 10 ng/mL; X1"]}, index=["a"])
    >>> declared_additives(samples, names, [])
    Declared(genes={'a': frozenset({'FGF2'})}, unrecognised=('X1',))
    """
    meanings: dict[str, set[str]] = {symbol.lower(): {symbol} for symbol in symbols}
    for name, gene in zip(names["name"], names["hgnc"], strict=True):
        meanings.setdefault(name.lower(), set()).add(gene)
    longest_first = sorted(meanings, key=len, reverse=True)
    words = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, longest_first))})(?![\w-])")
    columns = [column for column in DECLARING if column in samples]
    genes: dict[str, frozenset[str]] = {}
    unrecognised: dict[str, None] = {}
    for position, sample in enumerate(samples.index):
        found: set[str] = set()
        for entry in _entries(samples[column].iloc[position] for column in columns):
            hits = words.findall(entry.lower())
            found.update(gene for hit in hits for gene in meanings[hit])
            if not hits:
                unrecognised[entry] = None
        genes[str(sample)] = frozenset(found)
    return Declared(genes, tuple(unrecognised))


def _entries(cells: Iterable[object]) -> list[str]:
    texts = [str(cell) for cell in cells if not pd.isna(cell)]
    entries = [entry.strip() for text in texts for entry in re.split(r"[;,+|\n]", text)]
    return [
        entry
        for entry in entries
        if entry.lower() not in _NOTHING and not entry.lower().startswith(("no ", "without "))
    ]
