"""Precursors that are not detected because they are low: the detection curve, and proteins quantified with it."""

from secretome.stats._detection_curve import DetectionCurve, fit_curve
from secretome.stats._detection_quantify import Quantified, quantify

__all__ = ["DetectionCurve", "Quantified", "fit_curve", "quantify"]
