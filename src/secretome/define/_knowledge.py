"""What a result records of the knowledge tables that `define` used."""

from __future__ import annotations

from secretome.knowledge import table
from secretome.results import Source


def sources(*names: str) -> tuple[Source, ...]:
    """Name, version and sha256 of the knowledge tables of those names."""
    return tuple(Source(one.name, one.version, one.sha256) for one in map(table, names))
