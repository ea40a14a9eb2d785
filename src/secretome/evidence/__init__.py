"""evidence: what others found, from records to decisions to a pooled effect."""

from __future__ import annotations

__all__: list[str] = []
