"""The knowledge tables that `define` reads, through one function until `secretome.knowledge` is merged."""

from __future__ import annotations

import hashlib
import io
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import pandas as pd

from secretome.results import Source


@dataclass(frozen=True)
class KnowledgeTable:
    """A knowledge table with all columns as text, its version and its checksum."""

    name: str
    frame: pd.DataFrame
    version: str
    sha256: str


def sources(*names: str) -> tuple[Source, ...]:
    """What a result records of the knowledge tables that it used."""
    tables = [_table(name) for name in names]
    return tuple(Source(one.name, one.version, one.sha256) for one in tables)


@cache
def _table(name: str) -> KnowledgeTable:
    """The knowledge table of that name; `secretome.knowledge.table` takes this place."""
    folder = files("secretome").joinpath("knowledge", "tables")
    content = folder.joinpath(f"{name}.tsv").read_bytes()
    facts = tomllib.loads(folder.joinpath("define_tables.toml.part").read_text(encoding="utf-8"))
    frame = pd.read_csv(io.BytesIO(content), sep="\t", dtype=str, keep_default_na=False)
    return KnowledgeTable(name, frame, facts[name]["version"], hashlib.sha256(content).hexdigest())
