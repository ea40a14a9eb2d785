"""What others found: reviewed tables shipped with the package, with source, version and checksum."""

from __future__ import annotations

from .check import Contradiction, check, contradictions
from .load import Column, Description, KnowledgeTable, describe, fingerprint, names, table

__all__ = [
    "Column",
    "Contradiction",
    "Description",
    "KnowledgeTable",
    "check",
    "contradictions",
    "describe",
    "fingerprint",
    "names",
    "table",
]
