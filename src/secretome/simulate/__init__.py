"""A laboratory made of arithmetic: a whole study whose truth is known, for demo, tests and power."""

from __future__ import annotations

from .lab import Laboratory, laboratory, write
from .proteome import proteins
from .recipe import Recipe
from .recovery import recovery

__all__ = ["Laboratory", "Recipe", "laboratory", "proteins", "recovery", "write"]
