"""Helpers of the potential tests, under the name `potential_planted`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_SPEC = importlib.util.spec_from_file_location("potential_planted", Path(__file__).parent / "planted.py")
assert _SPEC is not None
assert _SPEC.loader is not None
_PLANTED = importlib.util.module_from_spec(_SPEC)
sys.modules["potential_planted"] = _PLANTED
_SPEC.loader.exec_module(_PLANTED)
