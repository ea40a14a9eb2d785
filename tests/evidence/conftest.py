"""Fixtures of the evidence tests."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location("evidence_pubmed", Path(__file__).parent / "pubmed.py")
assert _SPEC is not None
assert _SPEC.loader is not None
_PUBMED = importlib.util.module_from_spec(_SPEC)
sys.modules["evidence_pubmed"] = _PUBMED
_SPEC.loader.exec_module(_PUBMED)


@pytest.fixture
def pubmed():
    """The writer of invented PubMed XML."""
    return _PUBMED


@pytest.fixture
def samples(shared):
    """The real record files."""
    return shared / "data" / "evidence-samples"
