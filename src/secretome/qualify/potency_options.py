"""The choices of a potency assay, and which of them contradict each other or the wells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from secretome.errors import InvalidInput, Problem, near_misses

Model = Literal["3pl", "4pl", "5pl", "parallel line"]
Design = Literal["auto", "randomised", "blocks", "latin square"]
Transform = Literal["none", "log", "sqrt"]
Judge = Literal["equivalence", "f-test"]
Combination = Literal["weighted_homogeneous", "semi_weighted", "unweighted"]
CRITERIA = (
    "replicate_cv_percent", "r_squared", "response_ratio", "doses", "interval_width_percent", "reference_midpoint", "reference_slope",
)  # fmt: skip


@dataclass(frozen=True)
class PotencyOptions:
    """Choices of a potency assay.

    Parameters
    ----------
    reference
        The preparation that potency is relative to.
    model
        Constrained parallel curves (4pl, 3pl, 5pl) or parallel lines on the logarithm of dose.
    design
        Of a parallel-line assay; `auto` takes blocks where the file has them and a Latin square where rows and columns
        are as many as treatments.
    transform
        Of the response before fitting.
    robust
        Weigh down wells far from their own curve (Huber).
    judge
        Parallelism by equivalence of slopes (and spans of curves) within `slope_margin`, or by the F test at
        `alpha`; both are always printed.
    slope_margin, margin_reason
        Limits of the ratio of slopes, test over reference, and why these; no default.
    limits, limits_reason
        Acceptance limits of the relative potency in per cent, and why these.
    criteria, criteria_reason
        Suitability: name, lowest and highest value allowed (NaN for none) on every plate, and why these.
    combination
        Convention that combines plates. The unweighted mean of logs is the default because its interval covers
        whether plates agree or not; the weighted one assumes that they do (simulation in docs/7-qualify.md).
    bootstrap, seed
        Resampled fits of each plate, and of their draws.
    dose_unit, carrier_protein
        Unit of the dose; whether carrier protein was added to the product.
    alpha, confidence
        Of the validity tests, and of the potency interval.
    """

    reference: str
    model: Model = "4pl"
    design: Design = "auto"
    transform: Transform = "none"
    robust: bool = False
    judge: Judge = "equivalence"
    slope_margin: tuple[float, float] | None = None
    margin_reason: str = ""
    limits: tuple[float, float] | None = None
    limits_reason: str = ""
    criteria: tuple[tuple[str, float, float], ...] = ()
    criteria_reason: str = ""
    combination: Combination = "unweighted"
    bootstrap: int = 0
    seed: int = 1
    dose_unit: str = ""
    carrier_protein: bool = False
    alpha: float = 0.05
    confidence: float = 0.95


def check_options(wells: pd.DataFrame, options: PotencyOptions) -> None:
    """Refuses options that contradict each other or the wells, all at once.

    Raises
    ------
    InvalidInput
        If margins, limits or criteria have no reason or no sense, protein doses meet carrier protein, a response
        cannot be transformed, or lines are asked for what only curves have.
    """
    problems = [*_of_limits(options), *_of_criteria(options), *_of_wells(wells, options)]
    if problems:
        raise InvalidInput(problems)


def _of_limits(options: PotencyOptions) -> list[Problem]:
    problems = []
    margin, limits = options.slope_margin, options.limits
    if margin and not options.margin_reason:
        problems.append(
            Problem("options", "a margin without a reason", "why these limits", "Give --margin-reason.")
        )
    if margin and not 0 < margin[0] < 1 < margin[1]:
        problems.append(Problem("options", f"slope margin {margin}", "limits on both sides of 1", "Mend it."))
    if limits and not options.limits_reason:
        problems.append(
            Problem("options", "limits without a reason", "why these limits", "Give --limits-reason.")
        )
    if limits and not 0 < limits[0] < limits[1]:
        problems.append(Problem("options", f"limits {limits}", "0 < lower < upper", "Mend them."))
    return problems


def _of_criteria(options: PotencyOptions) -> list[Problem]:
    problems = []
    for name, low, high in options.criteria:
        if name not in CRITERIA:
            problems.append(
                Problem(
                    "options",
                    f"criterion {name!r}",
                    ", ".join(CRITERIA),
                    f"Mend it{near_misses(name, CRITERIA)}",
                )
            )
        if low > high or (low != low and high != high):
            problems.append(
                Problem(
                    "options", f"criterion {name}: {low} to {high}", "a limit, lower below upper", "Mend it."
                )
            )
    if options.criteria and not options.criteria_reason:
        problems.append(
            Problem("options", "criteria without a reason", "why these", "Give --criteria-reason.")
        )
    return problems


def _of_wells(wells: pd.DataFrame, options: PotencyOptions) -> list[Problem]:
    problems = []
    if options.carrier_protein and "protein" in options.dose_unit.lower():
        found = f"doses in {options.dose_unit} of a product with carrier protein"
        action = "Give doses per cell equivalent, per particle or per volume."
        problems.append(Problem("options", found, "a dose basis that the carrier does not change", action))
    if options.transform != "none" and (wells["response"] <= 0).any():
        rows = wells.loc[wells["response"] <= 0]
        line = int(rows["line"].iloc[0]) if "line" in rows else None
        found = "a response that is zero or negative"
        problems.append(Problem("wells", found, "a positive response to transform", "Mend it.", line))
    if options.model == "parallel line" and (options.robust or options.bootstrap):
        found = "--robust or --bootstrap with parallel lines"
        problems.append(Problem("options", found, "curves", "Use --model 4pl, or leave it out."))
    return problems
