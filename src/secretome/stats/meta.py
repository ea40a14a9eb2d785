"""Meta-analysis: effect sizes, pooling, heterogeneity, dependence, small-study effects, sensitivity."""

from secretome.stats._effect_sizes import EffectSizes, effect_size, shared_control_covariance
from secretome.stats._influence import (
    Influence,
    PoolSeries,
    ShrunkenEffects,
    cumulative,
    influence,
    leave_one_out,
    shrunken_effects,
)
from secretome.stats._nested import Nested, pool_nested, pool_outcomes
from secretome.stats._permutation import Permuted, permutation
from secretome.stats._pool import Pooled, pool
from secretome.stats._robust_variance import Robust, robust
from secretome.stats._small_study import (
    Asymmetry,
    PetPeese,
    RankCorrelation,
    TrimFill,
    begg,
    egger,
    fail_safe_n,
    pet_peese,
    trim_fill,
)
from secretome.stats._two_by_two import TablePool, mantel_haenszel, peto

__all__ = [
    "Asymmetry",
    "EffectSizes",
    "Influence",
    "Nested",
    "Permuted",
    "PetPeese",
    "PoolSeries",
    "Pooled",
    "RankCorrelation",
    "Robust",
    "ShrunkenEffects",
    "TablePool",
    "TrimFill",
    "begg",
    "cumulative",
    "effect_size",
    "egger",
    "fail_safe_n",
    "influence",
    "leave_one_out",
    "mantel_haenszel",
    "permutation",
    "pet_peese",
    "peto",
    "pool",
    "pool_nested",
    "pool_outcomes",
    "robust",
    "shared_control_covariance",
    "shrunken_effects",
    "trim_fill",
]
