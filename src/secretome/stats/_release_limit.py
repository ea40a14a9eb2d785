"""What if a lot is released at a value: how long it keeps, or what it must be released at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from secretome.errors import InvalidArray
from secretome.stats._shelf_life_estimate import estimate
from secretome.stats._stability_lines import leaving, limits_at
from secretome.stats._stability_series import ErrorTerm, Floats, Limits, Model


@dataclass(frozen=True)
class ReleaseLimit:
    """What-if values for every model and lot.

    Parameters
    ----------
    models
        (4,) pairs of model and error term.
    lots
        (k,) names.
    values
        (4, k) months, or release values when months were asked for.
    lowest_is_worst
        Whether the smallest value is the strict one.
    """

    models: tuple[tuple[Model, ErrorTerm], ...]
    lots: tuple[str, ...]
    values: Floats
    lowest_is_worst: bool

    def answer(self, model: Model, error: ErrorTerm = "pooled") -> float:
        """The value of the worst lot of one model."""
        row = self.values[self.models.index((model, error))]
        return float(row.min() if self.lowest_is_worst else row.max())


def release_limit(
    time: ArrayLike,
    value: ArrayLike,
    lot: ArrayLike,
    *,
    release: float | None = None,
    months: float | None = None,
    lower: float | None = None,
    upper: float | None = None,
    confidence: float = 0.95,
    censored: ArrayLike | None = None,
) -> ReleaseLimit:
    """What if a lot is released at a value: its shelf life, or the release value for a shelf life.

    Parameters
    ----------
    time, value, lot, censored
        As in `estimate`.
    release, months
        Exactly one. `release`: value at release, gives months; `months`: wanted shelf life,
        gives the release value.
    lower, upper
        Exactly one acceptance limit.

    Returns
    -------
    Months or release values for every model and lot; `answer` is the worst lot's.

    Raises
    ------
    InvalidArray
        If not exactly one of each pair is given, or the release value is outside the limit.

    Notes
    -----
    The loss from a lot's fitted intercept to its confidence limit starts at the release value instead.
    The worst lot is the one that gives the fewest months (or asks for the strictest release value);
    expirest reads the lot with the lowest intercept, which with different slopes need not be the worst.

    References
    ----------
    Australian regulatory guidelines for prescription medicines, stability testing.
    Reference implementation: `expirest_wisle` of R expirest 0.1.7, months to 1e-4 for the lot that
    it reads.

    Examples
    --------
    >>> month, assay = [0, 3, 6, 9, 12], [100.2, 99.3, 98.8, 97.9, 97.2]
    >>> found = release_limit(month, assay, ["A"] * 5, release=98, lower=95)
    >>> round(found.answer("cics"), 2)
    11.45
    """
    if (release is None) == (months is None):
        raise InvalidArray("give either the value at release or the wanted months, not both")
    if (lower is None) == (upper is None):
        raise InvalidArray("a release limit needs exactly one acceptance limit, lower or upper")
    found = estimate(time, value, lot, lower=lower, upper=upper, confidence=confidence, censored=censored)
    sign, bound = (1.0, float(lower)) if lower is not None else (-1.0, float(upper or 0.0))
    if release is not None and sign * (release - bound) <= 0:
        raise InvalidArray(f"a release value of {release} is not inside the acceptance limit {bound}")
    rows = []
    for fit in found.fits:
        if months is None:
            moved = fit.intercept - float(release or 0.0) + bound
            sides = [
                Limits(x if sign > 0 else None, None if sign > 0 else x, confidence, 1)
                for x in moved.tolist()
            ]
            rows.append([leaving(fit, position, limits)[0] for position, limits in enumerate(sides)])
        else:
            at = limits_at(fit, [months], confidence=confidence)[:, 0]
            rows.append((bound + fit.intercept - (at[:, 1] if sign > 0 else at[:, 2])).tolist())
    return ReleaseLimit(
        models=tuple((fit.model, fit.error) for fit in found.fits),
        lots=found.lots,
        values=np.array(rows),
        lowest_is_worst=months is None or sign < 0,
    )
