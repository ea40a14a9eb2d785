"""Where the ratios of each class lie in this study: read from proteins whose class annotation is sure of."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .annotation import plainly_secreted

Density = tuple[float, float]

# Log2 share ratio of medium over lysate: mean and sd. Secreted proteins of the six-niche README lie at
# 4.7 to 9.5, leaked ones at -3.6 to -0.8; the others are judgement, and wide.
LYSATE: Mapping[str, Density] = {
    "secreted": (5.0, 2.5),
    "unconventional": (0.0, 2.5),
    "shed": (4.0, 2.5),
    "vesicle": (-0.5, 2.0),
    "leaked": (-1.5, 1.8),
    "carried_over": (3.0, 3.5),
    "contaminant": (2.0, 4.0),
    "unresolved": (0.5, 4.0),
}
# Log2 share ratio of a vesicle fraction over its medium.
VESICLES: Mapping[str, Density] = {
    "secreted": (-1.5, 2.5),
    "unconventional": (-1.5, 2.5),
    "shed": (-1.5, 2.5),
    "vesicle": (3.0, 2.0),
    "leaked": (-1.5, 2.5),
    "carried_over": (-1.5, 2.5),
    "contaminant": (-1.5, 2.5),
    "unresolved": (0.0, 4.0),
}
# Fewest proteins that place a class, and the least spread: proteins of one class are no copies of each other.
FEWEST, FEWEST_MARKERS, LEAST_SD = 20, 8, 1.0


def lysate_densities(ratio: NDArray[np.float64], category: NDArray[np.object_]) -> dict[str, Density]:
    """Log2 ratio of medium over lysate of each class, (mean, sd), placed by the panels of this study.

    Parameters
    ----------
    ratio
        (n,) log2 share ratio, NaN where one side was not seen.
    category
        (n,) annotation.

    Notes
    -----
    Leaked proteins lie where the intracellular panel lies, secreted ones where annotated secreted and matrix
    proteins lie (median and 1.48 median absolute deviations, at least 1).
    Vesicle cargo and leaderless factors are put 1 and 1.5 above the leaked ones, shed ectodomains 1 below
    the secreted ones, as in the defaults, which stand where a panel has fewer than 20 proteins.
    """
    found = dict(LYSATE)
    leaked = _placed(ratio[category == "intracellular"])
    secreted = _placed(ratio[plainly_secreted(category)])
    if leaked is not None:
        found["leaked"] = leaked
        found["vesicle"] = (leaked[0] + 1.0, LYSATE["vesicle"][1])
        found["unconventional"] = (leaked[0] + 1.5, LYSATE["unconventional"][1])
    if secreted is not None and secreted[0] > found["leaked"][0] + 1:
        found["secreted"] = (secreted[0], max(secreted[1], 1.5))
        found["shed"] = (secreted[0] - 1.0, max(secreted[1], 1.5) + 0.5)
    return found


def vesicle_densities(ratio: NDArray[np.float64], category: NDArray[np.object_]) -> dict[str, Density]:
    """Log2 ratio of a vesicle fraction over its medium of each class, (mean, sd), placed as for a lysate.

    Annotated vesicle proteins (at least 8, above the intracellular panel by 0.5) place `vesicle`.
    """
    found = dict(VESICLES)
    leaked = _placed(ratio[category == "intracellular"])
    soluble = _placed(ratio[plainly_secreted(category)])
    if soluble is not None:
        for kind in ("secreted", "shed", "unconventional", "carried_over", "contaminant"):
            found[kind] = soluble
    if leaked is not None:
        found["leaked"] = leaked
        found["vesicle"] = (max(VESICLES["vesicle"][0], leaked[0] + 2), VESICLES["vesicle"][1])
    markers = _placed(ratio[category == "vesicle"], fewest=FEWEST_MARKERS)
    if markers is not None and markers[0] > found["leaked"][0] + 0.5:
        found["vesicle"] = (markers[0], max(markers[1], 1.5))
    return found


def _placed(values: NDArray[np.float64], *, fewest: int = FEWEST) -> Density | None:
    known = values[np.isfinite(values)]
    if len(known) < fewest:
        return None
    middle = float(np.median(known))
    return middle, max(1.4826 * float(np.median(np.abs(known - middle))), LEAST_SD)
