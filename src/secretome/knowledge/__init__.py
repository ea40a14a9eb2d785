"""What others found: reviewed tables shipped with the package, with source, version and checksum."""

from __future__ import annotations

from .check import Contradiction, check, contradictions
from .factors import Coverage, Opposition, coverage, factor_problems, oppositions
from .load import Column, Description, KnowledgeTable, describe, fingerprint, names, table

__all__ = [
    "Column",
    "Contradiction",
    "Coverage",
    "Description",
    "KnowledgeTable",
    "Opposition",
    "check",
    "contradictions",
    "coverage",
    "describe",
    "factor_problems",
    "fingerprint",
    "names",
    "oppositions",
    "table",
]
