"""Precursors that are not detected because they are low: the detection curve, and proteins quantified with it."""

from secretome.stats._detection_curve import DetectionCurve, fit_curve
from secretome.stats._detection_quantify import Quantified, impute, quantify
from secretome.stats._detection_test import WeightedRows, fit_weighted

__all__ = [
    "DetectionCurve",
    "Quantified",
    "WeightedRows",
    "fit_curve",
    "fit_weighted",
    "impute",
    "quantify",
]
