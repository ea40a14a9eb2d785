"""What was done to a medium before it was assayed."""

from __future__ import annotations

import math


def divisor(said: str, given: float) -> tuple[float, str]:
    """What a measured concentration is divided by to give that of the medium as collected.

    Parameters
    ----------
    said
        `concentrated` of the [[assay]]: yes, no or empty.
    given
        `concentration_factor` of the sample; NaN when not reported.

    Returns
    -------
    The factor, and the field that is missing (empty when known). Concentrated for one assay does not mean for
    all: a factor other than 1 must be claimed or denied.

    Examples
    --------
    >>> divisor("no", 20.0), divisor("yes", 20.0), divisor("", 1.0)
    ((1.0, ''), (20.0, ''), (1.0, ''))
    >>> divisor("", 20.0)[1], divisor("", math.nan)[1]
    ('concentrated (of the [[assay]])', 'concentration_factor')
    """
    if said == "no":
        return 1.0, ""
    if not given > 0:
        return math.nan, "concentration_factor"
    if said == "yes" or given == 1:
        return given, ""
    return math.nan, "concentrated (of the [[assay]])"
