"""A file of any format as a table of proteins, the way `read_study` reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from secretome.plan import AssayPlan
from secretome.read import read_proteins
from secretome.read.proteins import ProteinTable

Reader = Callable[..., ProteinTable]


@pytest.fixture
def proteins() -> Reader:
    """`proteins(path, quantity=…, samples=…)`."""

    def read(path: Path, *, samples: tuple[str, ...] = (), **plan: object) -> ProteinTable:
        return read_proteins(AssayPlan("a", path, **plan), samples)

    return read


@pytest.fixture
def real(shared: Path) -> Callable[[str], Path]:
    """Path of a file in the shared data."""
    return lambda name: shared / "data" / name
