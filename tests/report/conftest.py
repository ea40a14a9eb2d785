"""One example dossier for all tests of the report."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from secretome.dossier import Dossier


def _example() -> ModuleType:
    # importmode=importlib keeps tests off sys.path, so the module is loaded by its place.
    path = Path(__file__).with_name("example.py")
    if "report_example" not in sys.modules:
        specification = importlib.util.spec_from_file_location("report_example", path)
        assert specification is not None
        assert specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        sys.modules["report_example"] = module
        specification.loader.exec_module(module)
    return sys.modules["report_example"]


@pytest.fixture(scope="session")
def example() -> ModuleType:
    """The module that makes example dossiers."""
    return _example()


@pytest.fixture(scope="session")
def dossier(example: ModuleType) -> Dossier:
    """The example dossier: twelve flasks, 300 proteins, two contrasts, simulated."""
    return example.dossier()
