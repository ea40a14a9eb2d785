"""Limits that a few lots allow: tolerance and prediction limits with the donor as a random effect, and their risks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import norm

from secretome.errors import InvalidInput, Problem
from secretome.results import Answer, Cell, Method, Result
from secretome.stats import tolerance


@dataclass(frozen=True)
class LimitOptions:
    """Choices of limits from lots.

    Parameters
    ----------
    content, confidence
        Share of future lots between the tolerance limits, and with which confidence.
    sides
        2, or 1 for single limits.
    factor
        Exact, or an approximation that a published example used (two sides, one lot a donor).
    transform
        `log` for a lognormal attribute.
    lower, upper
        A proposed specification, to show its operating characteristic.
    seed
        Of the pivots when donors gave several lots.
    """

    content: float = 0.99
    confidence: float = 0.95
    sides: int = 2
    factor: tolerance.Approximation = "exact"
    transform: Literal["none", "log"] = "none"
    lower: float | None = None
    upper: float | None = None
    seed: int = 1


def limits_from_lots(lots: pd.DataFrame, options: LimitOptions) -> Result:
    """Tolerance and prediction limits for a new lot of a new donor, with what few lots allow.

    Parameters
    ----------
    lots
        Layout `limits`: one value a lot, with its donor.

    Returns
    -------
    Result `qualify.limits` with tables `limits`, `factors` (k against number of donors) and, for a proposed
    specification, `operating_characteristic` and `risk`.

    Raises
    ------
    InvalidInput
        If a lot stands twice, or a logarithm meets a value that is not positive.
    NotEstimable
        With fewer than three donors.

    Examples
    --------
    >>> lots = pd.DataFrame({"lot": list("abcdef"), "donor": list("ABCDEF"), "value": [98, 101, 103, 97, 100, 102.0]})
    >>> found = limits_from_lots(lots, LimitOptions())
    >>> round(float(found.tables["limits"]["k"].iloc[0]), 2)
    5.76
    """
    lots, said = _units(lots)
    _check_lots(lots, options)
    log = options.transform == "log"
    values = np.log(lots["value"].to_numpy(float)) if log else lots["value"].to_numpy(float)
    found = tolerance.donor_limits(
        values, lots["donor"].astype(str).to_numpy(), seed=options.seed, content=options.content,
        confidence=options.confidence, sides=options.sides, method=options.factor,
    )  # fmt: skip
    means = pd.Series(values).groupby(lots["donor"].astype(str).to_numpy()).mean().to_numpy()
    next_low, next_high = tolerance.prediction_limits(
        values if found.n_lots == found.n_donors else means, confidence=options.confidence
    )
    within = 0.0 if np.isnan(found.lot_sd) else found.lot_sd
    total = float(np.hypot(found.donor_sd, within))
    back = np.exp if log else float
    limits = pd.DataFrame(
        {
            "lower": [float(back(found.lower))], "upper": [float(back(found.upper))], "center": [float(back(found.mean))],
            "donor_sd": [found.donor_sd], "lot_sd": [found.lot_sd], "total_sd": [total],
            "k": [(found.upper - found.mean) / total], "content": [options.content], "confidence": [options.confidence],
            "sides": [options.sides], "donors": [found.n_donors], "lots": [found.n_lots],
            "next_lower": [float(back(next_low))], "next_upper": [float(back(next_high))],
            "next_is": ["next lot" if found.n_lots == found.n_donors else "mean of the next donor"],
            "scale_of_sd": ["log" if log else "value"],
        }
    )  # fmt: skip
    factors = pd.DataFrame(
        [
            {
                "donors": n,
                "k": tolerance.k_factor(
                    n, content=options.content, confidence=options.confidence, sides=options.sides
                ),
                "at_hand": n == found.n_donors,
            }
            for n in sorted({found.n_donors, 3, 5, 10, 20, 30, 50, 100})
        ]
    )
    tables = {"limits": limits, "factors": factors}
    if options.lower is not None or options.upper is not None:
        tables |= _characteristic(found.mean, total, options, log=log)
    return _limits_result(tables, found, options, said)


def _units(lots: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Every row with a lot and a donor; what was taken for them is said."""
    frame, said = lots.copy(), []
    if "lot" not in frame:
        frame["lot"] = [f"row {i}" for i in range(1, len(frame) + 1)]
        said.append("No column of lots: each row was taken as a lot of its own.")
    if "donor" not in frame or (frame["donor"] == "").all():
        frame["donor"] = frame["lot"]
        said.append(
            "No column of donors: each lot was taken as one of its own donor. If lots share donors these limits are too narrow."
        )
    if (frame["donor"] == "").any():
        problem = Problem("lots", "a donor is named for some lots only", "all or none", "Fill the column.")
        raise InvalidInput([problem])
    return frame, said


def _check_lots(lots: pd.DataFrame, options: LimitOptions) -> None:
    problems = [
        Problem("lots", f"lot {name!r} stands {count} times", "one value a lot", "Average or delete.")
        for name, count in lots["lot"].value_counts().items()
        if count > 1
    ]
    if options.transform == "log" and (lots["value"] <= 0).any():
        problems.append(
            Problem("lots", "a value that is zero or negative", "positive values for log", "Use the values.")
        )
    if options.lower is not None and options.upper is not None and options.lower >= options.upper:
        found = f"lower {options.lower} is not below upper {options.upper}"
        problems.append(Problem("options", found, "lower below upper", "Mend the proposal."))
    if options.transform == "log" and options.upper is not None and options.upper <= 0:
        problems.append(Problem("options", f"upper limit {options.upper}", "above zero for log", "Mend it."))
    if problems:
        raise InvalidInput(problems)


def _characteristic(mean: float, sd: float, options: LimitOptions, *, log: bool) -> dict[str, pd.DataFrame]:
    """Share of lots accepted by how far the process mean moves, and the two risks."""
    low, high = (
        -np.inf if options.lower is None else options.lower,
        np.inf if options.upper is None else options.upper,
    )
    if log:
        low, high = (np.log(low) if low > 0 else -np.inf), np.log(high)

    def accepted(shift: float) -> float:
        return float(norm.cdf((high - mean - shift * sd) / sd) - norm.cdf((low - mean - shift * sd) / sd))

    shifts = np.arange(-4, 4.01, 0.5)
    curve = pd.DataFrame({"shift_in_sd": shifts, "accepted": [accepted(float(shift)) for shift in shifts]})
    risk = pd.DataFrame(
        {
            "producer_risk": [1 - accepted(0.0)],
            "consumer_risk_at_3_sd": [max(accepted(3.0), accepted(-3.0))],
            "lower": [options.lower],
            "upper": [options.upper],
        }
    )
    return {"operating_characteristic": curve, "risk": risk}


def _limits_result(
    tables: dict[str, pd.DataFrame], found: tolerance.DonorLimits, options: LimitOptions, said: list[str]
) -> Result:
    notes = list(said)
    if found.n_donors < 10:
        notes.append(
            f"{found.n_donors} donors: the factor is so large that these limits say little; the table factors shows what more donors would give."
        )
    if found.n_lots > found.n_donors:
        notes.append(
            "Donors gave several lots: limits by generalised pivots with the donor as a random effect; lots of one donor were not counted as independent."
        )
    else:
        notes.append(
            "One lot a donor: variation between lots of one donor is not told apart from that between donors."
        )
    if "risk" in tables:
        notes.append(
            "The operating characteristic and both risks take the mean and spread estimated from these lots for the true ones."
        )
    notes.append(
        "Limits that come from data are proposals; a specification needs a justification from clinical or process knowledge."
    )
    names = ("lower", "upper", "content", "confidence", "donors", "lots", "k")
    return Result(
        "qualify",
        "limits",
        "Which limits do the lots at hand allow?",
        Answer(
            "Tolerance limits {lower} to {upper} hold a share of {content} of lots of new donors with confidence {confidence} (k = {k}; {donors} donors, {lots} lots).",
            {name: Cell("limits", name) for name in names},
        ),
        tables=tables,
        parameters={
            "content": options.content,
            "confidence": options.confidence,
            "sides": options.sides,
            "transform": options.transform,
            "method": f"{options.factor} normal factor"
            if found.n_lots == found.n_donors
            else "generalised pivots, unweighted means",
        },
        notes=tuple(notes),
        methods=(Method("Tolerance limits with the donor as a random effect.", ("10.1002/9780470473900",)),),
    )
