"""Shelf life from stability series: pooling of lots and crossing of confidence limits, ICH Q1E."""

from secretome.stats._release_limit import ReleaseLimit, release_limit
from secretome.stats._shelf_life_estimate import POOLING_ALPHA, Pooling, ShelfLife, estimate
from secretome.stats._stability_lines import Ancova, LineFit, limits_at
from secretome.stats._stability_series import ErrorTerm, Model

__all__ = [
    "POOLING_ALPHA",
    "Ancova",
    "ErrorTerm",
    "LineFit",
    "Model",
    "Pooling",
    "ReleaseLimit",
    "ShelfLife",
    "estimate",
    "limits_at",
    "release_limit",
]
