"""Mixed models of many rows at once, with tests of contrasts: REML or ML, crossed and nested terms, gaps."""

from secretome.stats._mixed_fit import MixedFit, fit_reml, select
from secretome.stats._mixed_moderate import ModeratedContrasts, moderate
from secretome.stats._mixed_test import MixedContrasts, MixedF, contrast, f_test

__all__ = [
    "MixedContrasts",
    "MixedF",
    "MixedFit",
    "ModeratedContrasts",
    "contrast",
    "f_test",
    "fit_reml",
    "moderate",
    "select",
]
