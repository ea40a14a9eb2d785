"""qualify: what can be said of a secretome as a product; nothing here is a release decision."""

from __future__ import annotations

from .comparability import ComparabilityOptions, compare_groups
from .control import ControlOptions, chart_of
from .forms import ctd_layout, side_by_side
from .layouts import LAYOUTS, parse
from .matrix import MatrixOptions, surrogates
from .potency import PotencyOptions, relative_potency
from .purity import purity_of
from .specification import LimitOptions, endotoxin_limit, limits_from_lots, lot_summary
from .stability import StabilityOptions, arrhenius, shelf_life_of
from .stage import problems_of, run
from .trail import Trail, append_log, check_log, with_trail
from .validation import assay_validation

__all__ = [
    "LAYOUTS",
    "ComparabilityOptions",
    "ControlOptions",
    "LimitOptions",
    "MatrixOptions",
    "PotencyOptions",
    "StabilityOptions",
    "Trail",
    "append_log",
    "arrhenius",
    "assay_validation",
    "chart_of",
    "check_log",
    "compare_groups",
    "ctd_layout",
    "endotoxin_limit",
    "limits_from_lots",
    "lot_summary",
    "parse",
    "problems_of",
    "purity_of",
    "relative_potency",
    "run",
    "shelf_life_of",
    "side_by_side",
    "surrogates",
    "with_trail",
]
