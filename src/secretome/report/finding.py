"""A Result as the page shows it, whatever its stage."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from secretome.dossier import Dossier
from secretome.results import Result, show

from .blocks import Block, Facts, Finding, Notice
from .tables import heading, table_of

# A table that its section did not set in front lies open only when it takes little room.
OPEN_ROWS = 8
# The answer above already quotes these: they stay folded whatever their size.
_CAPTIONS = MappingProxyType({"summary": "Numbers of the answer"})


@dataclass(frozen=True)
class Contents:
    """What a section is built from.

    Parameters
    ----------
    dossier
        The whole run.
    results
        The results that this section is to show.
    """

    dossier: Dossier
    results: tuple[Result, ...]


def finding(result: Result, *, lead: tuple[Block, ...] = (), omit: Collection[str] = ()) -> Finding:
    """Question, answer, doubts and gaps of a result, with the tables that `lead` does not show.

    Parameters
    ----------
    result
        What a stage found.
    lead
        Figures and tables that its section sets in front.
    omit
        Names of tables that `lead` already shows.
    """
    blocks: list[Block] = []
    if result.notes:
        blocks.append(Notice("Read this with care", result.notes, kind="doubt"))
    if result.lacks:
        blocks.append(Notice("What this cannot answer", result.lacks, kind="lack"))
    blocks.extend(lead)
    names = sorted((name for name in result.tables if name not in omit), key=lambda n: len(result.tables[n]))
    for name in names:
        words = heading(name)
        table = table_of(result, name, caption=_CAPTIONS.get(name, words[:1].upper() + words[1:]))
        open_wide = name not in _CAPTIONS and 0 < len(table.rows) <= OPEN_ROWS
        blocks.append(replace(table, folded=not open_wide))
    if result.parameters:
        blocks.append(Facts(parameters(result.parameters), title="Parameters"))
    if result.sources:
        rows = tuple((s.name, f"version {s.version}, sha256 {s.sha256}") for s in result.sources)
        blocks.append(Facts(rows, title="Knowledge tables"))
    return Finding(
        result.key.replace(".", "-"), result.question, result.sentence(), result.verdict or "", tuple(blocks)
    )


def parameters(given: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Parameters as names and texts; the same for a tuple and the list that a file makes of it."""
    return tuple((heading(name), setting(value)) for name, value in given.items())


def setting(value: object) -> str:
    """One setting as text.

    Examples
    --------
    >>> setting((1, "a")), setting({"x": None, "y": True})
    ('1, a', 'x: , y: yes')
    """
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {setting(item)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(setting(item) for item in value)
    return show(value)


def found(dossier: Dossier, key: str) -> Result | None:
    """The result of that key, or None when the run did not make it."""
    return next((result for result in dossier.results if result.key == key), None)
