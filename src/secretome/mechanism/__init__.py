"""Mechanism: how a medium may act, as models that its measured factors drive."""

from __future__ import annotations
