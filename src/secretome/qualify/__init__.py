"""qualify: what can be said of a secretome as a product; nothing here is a release decision."""

from __future__ import annotations

from .arrhenius import arrhenius
from .combination import CombinationOptions, bridge_references, combine_assays
from .comparability import ComparabilityOptions, compare_groups
from .control import ControlOptions, chart_of
from .ctd import ctd_layout, ctd_numbers, results_of
from .endotoxin import endotoxin_limit
from .forms import side_by_side
from .layouts import LAYOUTS
from .limits import LimitOptions, limits_from_lots
from .matrix import MatrixOptions, surrogates
from .parsing import Reading, parse, unit_of
from .potency import relative_potency
from .potency_options import PotencyOptions
from .purity import purity_of
from .specification import examples, lot_summary
from .stability import shelf_life_of, shelf_lives
from .stability_options import StabilityOptions
from .stage import problems_of, run
from .steps import step_losses
from .trail import Trail, append_log, check_log, fingerprint, with_trail
from .validation import assay_validation

__all__ = [
    "LAYOUTS",
    "CombinationOptions",
    "ComparabilityOptions",
    "ControlOptions",
    "LimitOptions",
    "MatrixOptions",
    "PotencyOptions",
    "Reading",
    "StabilityOptions",
    "Trail",
    "append_log",
    "arrhenius",
    "assay_validation",
    "bridge_references",
    "chart_of",
    "check_log",
    "combine_assays",
    "compare_groups",
    "ctd_layout",
    "ctd_numbers",
    "endotoxin_limit",
    "examples",
    "fingerprint",
    "limits_from_lots",
    "lot_summary",
    "parse",
    "problems_of",
    "purity_of",
    "relative_potency",
    "results_of",
    "run",
    "shelf_life_of",
    "shelf_lives",
    "side_by_side",
    "step_losses",
    "surrogates",
    "unit_of",
    "with_trail",
]
