"""Dose-response curves, and the relative potency they give.

    response = c + (d - c) / (1 + exp(b (log dose - log e)))^f

is the parametrisation of drc's LL.3 (c = 0), LL.4 (f = 1) and LL.5: c the lower and d the upper limit, e the dose
half way (for f = 1), b above 0 for a curve that falls with the dose and below 0 for one that rises.
"""

from secretome.stats._combine_potency import CombinedPotency, combine
from secretome.stats._curve_fit import Curves, fit_curve, predict
from secretome.stats._effective_dose import EffectiveDoses, effective_dose
from secretome.stats._parallelism import Parallelism, RatioInterval
from secretome.stats._potency_bootstrap import PotencyBootstrap, bootstrap_relative_potency
from secretome.stats._relative_potency import RelativePotency, relative_potency
from secretome.stats._weibull_curve import WeibullCurve, fit_weibull

__all__ = [
    "CombinedPotency",
    "Curves",
    "EffectiveDoses",
    "Parallelism",
    "PotencyBootstrap",
    "RatioInterval",
    "RelativePotency",
    "WeibullCurve",
    "bootstrap_relative_potency",
    "combine",
    "effective_dose",
    "fit_curve",
    "fit_weibull",
    "predict",
    "relative_potency",
]
