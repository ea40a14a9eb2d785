"""The endotoxin limit of a product: threshold dose over dose, refused when either or the route is missing."""

from __future__ import annotations

import numpy as np

from secretome.errors import InvalidInput, Problem


def endotoxin_limit(
    *, k_eu_kg_h: float | None, k_route: str, route: str, dose_ml_kg_h: float | None
) -> float:
    """Endotoxin limit in EU/mL: threshold dose K over the largest dose per kilogram and hour.

    Raises
    ------
    InvalidInput
        If K, its route, the product's route or the dose is missing, K holds for another route, or a number
        is not positive.

    References
    ----------
    Ph. Eur. 5.1.10 and USP <85>: limit = K / M.

    Examples
    --------
    >>> endotoxin_limit(k_eu_kg_h=5, k_route="intravenous", route="intravenous", dose_ml_kg_h=2)
    2.5
    """
    problems = []
    for name, number in (
        ("K (EU per kg and hour)", k_eu_kg_h),
        ("the dose (mL per kg and hour)", dose_ml_kg_h),
    ):
        if number is None or not np.isfinite(number) or number <= 0:
            problems.append(
                Problem(
                    "endotoxin",
                    f"{name} is missing or not positive",
                    "a number above zero",
                    "State it: the limit is computed from it.",
                )
            )
    if not route or not k_route:
        problems.append(
            Problem("endotoxin", "the route is missing", "the route of the product and of K", "State both.")
        )
    elif route.strip().lower() != k_route.strip().lower():
        problems.append(
            Problem(
                "endotoxin",
                f"K holds for {k_route}, the product is given by {route}",
                "one route",
                "Find K of the product's route.",
            )
        )
    if problems or k_eu_kg_h is None or dose_ml_kg_h is None:
        raise InvalidInput(problems)
    return float(k_eu_kg_h / dose_ml_kg_h)
