"""Fixtures of the evidence tests."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest


def _beside(name):
    """A helper file of this folder as a module."""
    spec = importlib.util.spec_from_file_location(f"evidence_{name}", Path(__file__).parent / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[f"evidence_{name}"] = module
    spec.loader.exec_module(module)
    return module


_PUBMED = _beside("pubmed")
_FACTOR_TEXTS = _beside("factor_texts")


@pytest.fixture
def pubmed():
    """The writer of invented PubMed XML."""
    return _PUBMED


@pytest.fixture
def samples(shared):
    """The real record files."""
    return shared / "data" / "evidence-samples"


@pytest.fixture
def factor_texts(shared):
    """Texts of the gold set of factors by their id."""
    return _FACTOR_TEXTS.factor_texts(shared / "data")
