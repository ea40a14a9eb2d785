"""A relative potency per volume as one per protein, particle or cell equivalent, by what each lot holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtri

from secretome.errors import InvalidInput, Problem


def potency_by_basis(
    summary: pd.DataFrame, amounts: pd.DataFrame, *, carrier_protein: bool, confidence: float
) -> pd.DataFrame:
    """Relative potencies on other dose bases, with the errors of the amounts added.

    Parameters
    ----------
    summary
        `preparation`, `reference`, `percent`, `lower`, `upper` of doses given per volume.
    amounts
        Layout `basis`: amount per mL of each lot, with its standard error.
    carrier_protein
        Whether carrier protein was added; doses per protein are then refused.

    Returns
    -------
    A row a preparation and basis. The interval is the potency's and the errors of both amounts, added in squares on
    the logarithm; NaN where an error is missing.

    Raises
    ------
    InvalidInput
        If protein meets carrier protein, an amount is not positive or stands twice, or a lot lacks a basis.

    Notes
    -----
    If x of the test acts as r x of the reference per volume, it acts as r c_reference / c_test per amount c.

    Examples
    --------
    >>> summary = pd.DataFrame({"preparation": ["T"], "reference": ["R"], "percent": [100.0], "lower": [90.0], "upper": [110.0]})
    >>> amounts = pd.DataFrame({"preparation": ["R", "T"], "basis": "protein", "per_ml": [400.0, 200.0], "standard_error": 0.0})
    >>> potency_by_basis(summary, amounts, carrier_protein=False, confidence=0.95)["percent"].tolist()
    [200.0]
    """
    held = amounts.assign(
        standard_error=amounts.get("standard_error", pd.Series(np.nan, index=amounts.index))
    )
    _check(held, summary, carrier_protein)
    at = held.set_index(["basis", "preparation"])
    z = float(ndtri((1 + confidence) / 2))
    rows = []
    for basis in dict.fromkeys(held["basis"]):
        for row in summary.itertuples():
            test, reference = at.loc[(basis, row.preparation)], at.loc[(basis, row.reference)]
            ratio = float(reference["per_ml"] / test["per_ml"])
            own = [float(one["standard_error"] / one["per_ml"]) for one in (test, reference)]
            percent = float(row.percent) * ratio
            half = [abs(np.log(side / row.percent)) for side in (row.lower, row.upper)]
            spread = [float(np.hypot(h, z * np.hypot(own[0], own[1]))) for h in half]
            rows.append(
                {"preparation": row.preparation, "reference": row.reference, "basis": basis, "percent": percent,
                 "lower": percent * np.exp(-spread[0]), "upper": percent * np.exp(spread[1]), "factor": ratio}
            )  # fmt: skip
    return pd.DataFrame(rows)


def _check(amounts: pd.DataFrame, summary: pd.DataFrame, carrier_protein: bool) -> None:
    problems = []
    if carrier_protein and amounts["basis"].str.lower().str.contains("protein").any():
        action = "Leave protein out: the carrier is part of it."
        problems.append(
            Problem("basis", "protein of a product with carrier protein", "another basis", action)
        )
    if not (amounts["per_ml"] > 0).all() or (amounts["standard_error"] < 0).any():
        problems.append(
            Problem("basis", "an amount that is not positive, or a negative error", "above zero", "Mend it.")
        )
    for key, count in amounts.groupby(["basis", "preparation"]).size().items():
        if count > 1:
            problems.append(Problem("basis", f"{', '.join(key)} stands {count} times", "one row", "Average."))
    wanted = {*summary["preparation"], *summary["reference"]}
    for basis, mine in amounts.groupby("basis"):
        lacking = sorted(wanted - set(mine["preparation"]))
        if lacking:
            problems.append(
                Problem("basis", f"no {basis} of {', '.join(lacking)}", "one row a lot", "Measure it.")
            )
    if problems:
        raise InvalidInput(problems)
