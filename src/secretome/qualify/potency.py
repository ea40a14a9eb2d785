"""Relative potency of test lots against a reference lot, with parallelism judged before any number counts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from secretome.errors import InvalidInput, NotEstimable, Problem, near_misses
from secretome.results import Result
from secretome.stats import curves

from .dose_basis import potency_by_basis
from .potency_fits import drawn_curves, fit_curves, fit_lines, opposite, robust_weights
from .potency_options import PotencyOptions, Transform, check_options
from .potency_words import notes_of, result_of
from .suitability import suitability_of


def relative_potency(
    wells: pd.DataFrame, options: PotencyOptions, *, amounts: pd.DataFrame | None = None
) -> Result:
    """Potency of each test preparation as per cent of the reference lot, judged for parallelism.

    Parameters
    ----------
    wells
        Layout `potency`: one row a well.
    options
        Reference, model, margins and conventions.
    amounts
        Layout `basis`: what a mL of each lot holds, to give the potency on those bases too.

    Returns
    -------
    Result `qualify.potency` with tables `summary` (a row a preparation), `plates` (each plate and preparation),
    `parallelism`, `suitability`, `wells` and `curves` (each preparation's own), and where asked for `validity` (parallel line), `bases`, `bootstrap` and `weights`
    (robust). Verdict: `cannot be judged` without a margin, `fail` when parallelism, a suitability criterion or an
    acceptance limit is missed, `pass` only with limits and reasons given.

    Raises
    ------
    InvalidInput
        If margins or limits have no reason, or doses in micrograms of protein meet carrier protein.
    NotEstimable
        If a preparation has one dose only, a plate lacks the reference, or slopes have opposite signs.

    Examples
    --------
    >>> wells = pd.DataFrame({
    ...     "preparation": ["R"] * 6 + ["T"] * 6, "dose": [1, 2, 4] * 4,
    ...     "response": [10, 14, 18.2, 10.2, 13.8, 18, 12.1, 15.9, 20.2, 11.9, 16.1, 19.8]})
    >>> found = relative_potency(wells, PotencyOptions("R", model="parallel line", judge="f-test"))
    >>> found.sentence()
    'T: 141 % of reference lot R (95 % interval 135 to 147 %).'
    """
    check_options(wells, options)
    frame, notes = _frame(wells, options)
    tables: dict[str, pd.DataFrame] = {}
    if options.robust:
        frame["weight"], given = robust_weights(frame, options), frame.get("weight", 1.0)
        factor = frame["weight"] / given
        tables["weights"] = (
            frame.assign(huber=factor)[factor < 1].drop(columns="weight").reset_index(drop=True)
        )
        notes.append(
            f"{len(tables['weights'])} of {len(frame)} wells were weighed down (table weights); with weights from the same wells the interval is approximate, compare --bootstrap."
        )
    if options.model == "parallel line":
        plates, parallelism, tables["validity"], said = fit_lines(frame, options)
        notes += said
    else:
        plates, parallelism = fit_curves(frame, options)
    parallelism = _judged(parallelism, plates, options)
    summary = _summary(frame, plates, parallelism, options)
    tables |= {"summary": summary, "plates": plates, "parallelism": parallelism}
    tables["suitability"] = suitability_of(frame, plates, options)
    columns = ["plate", "preparation", "dose", "response"]
    tables |= {"wells": frame[columns].reset_index(drop=True), "curves": drawn_curves(frame, options)}
    if options.bootstrap:
        tables["bootstrap"] = _bootstrap(frame, options)
    if amounts is not None:
        tables["bases"] = potency_by_basis(
            summary, amounts, carrier_protein=options.carrier_protein, confidence=options.confidence
        )
    return result_of(tables, (*notes, *notes_of(frame, plates, options)), options)


def _frame(wells: pd.DataFrame, options: PotencyOptions) -> tuple[pd.DataFrame, list[str]]:
    """The wells transformed, with a plate; wells of what was only given at dose 0 are left out, which is said."""
    names = sorted(set(wells["preparation"].astype(str)))
    if options.reference not in names:
        action = f"Mend it{near_misses(options.reference, names)}"
        problem = Problem("wells", f"no preparation {options.reference!r}", "the reference lot", action)
        raise InvalidInput([problem])
    given = wells.groupby("preparation")["dose"].max()
    controls = sorted(str(name) for name in given.index[given == 0] if name != options.reference)
    kept = wells[~wells["preparation"].isin(controls)]
    said = [f"{', '.join(controls)}: dose 0 only; taken as control wells and not fitted."] if controls else []
    plate = kept["plate"] if "plate" in kept else pd.Series("all", index=kept.index)
    response = _transformed(kept["response"], options.transform)
    return kept.assign(plate=plate.where(plate != "", "all"), response=response), said


def _transformed(response: pd.Series, transform: Transform) -> pd.Series:
    if transform == "none":
        return response
    values = response.to_numpy(float)
    return pd.Series(np.log(values) if transform == "log" else np.sqrt(values), index=response.index)


def _judged(parallelism: pd.DataFrame, plates: pd.DataFrame, options: PotencyOptions) -> pd.DataFrame:
    frame = parallelism.copy()
    if opposite(frame):
        raise NotEstimable("the lines of test and reference run in opposite directions; were doses reversed?")
    low, high = options.slope_margin or (np.nan, np.nan)
    frame["margin_lower"], frame["margin_upper"] = low, high
    if options.judge == "f-test":
        bad = (frame["p_f"] < options.alpha) | (frame["p_linearity"] < options.alpha)
        frame["parallel"] = np.where(bad | ~(frame["p_regression"].fillna(0) < options.alpha), "fail", "pass")
        frame.loc[frame["p_f"].isna(), "parallel"] = "cannot be judged"  # its own curve could not be fitted
    elif options.slope_margin is None:
        frame["parallel"] = "cannot be judged"
    else:
        frame["parallel"] = np.where((frame["lower_90"] > low) & (frame["upper_90"] < high), "pass", "fail")
    lost = plates[~np.isfinite(plates["standard_error"])]
    gone = set(zip(lost["plate"], lost["preparation"], strict=True))
    pairs = zip(frame["plate"], frame["preparation"], strict=True)
    frame.loc[[pair in gone for pair in pairs], "parallel"] = "cannot be judged"
    frame["rule"] = options.judge
    return frame


def _summary(
    frame: pd.DataFrame, plates: pd.DataFrame, parallelism: pd.DataFrame, options: PotencyOptions
) -> pd.DataFrame:
    rows = []
    limit_lower, limit_upper = options.limits or (np.nan, np.nan)
    for name, mine in plates.groupby("preparation", sort=True):
        judged = set(parallelism.loc[parallelism["preparation"] == name, "parallel"])
        parallel = next(word for word in ("fail", "cannot be judged", "pass") if word in judged)
        ratio, low, high, q, p, convention = _combined(mine, options)
        factor = _assumed(frame, str(name), options.reference)
        rows.append(
            {"preparation": str(name), "reference": options.reference, "percent": 100 * ratio, "lower": 100 * low,
             "upper": 100 * high, "plates": len(mine), "convention": convention, "q": q, "q_p_value": p, "parallel": parallel,
             "assumed": factor, "estimated": factor * ratio, "estimated_lower": factor * low, "estimated_upper": factor * high,
             "lower_percent_of_estimate": 100 * low / ratio, "upper_percent_of_estimate": 100 * high / ratio,
             "limit_lower": limit_lower, "limit_upper": limit_upper}
        )  # fmt: skip
    return pd.DataFrame(rows)


def _combined(mine: pd.DataFrame, options: PotencyOptions) -> tuple[float, float, float, float, float, str]:
    """Ratio with limits, homogeneity of the plates, and how they were combined; gaps where a plate gave no potency."""
    if not np.isfinite(mine["standard_error"]).all():
        return np.nan, np.nan, np.nan, np.nan, np.nan, "a plate gave no potency"
    if len(mine) == 1:
        one = mine.iloc[0]
        return (
            float(one["ratio"]),
            float(one["lower"]),
            float(one["upper"]),
            np.nan,
            np.nan,
            str(one["interval"]),
        )
    found = curves.combine(
        mine["log_ratio"],
        mine["standard_error"],
        mine["df"],
        convention=options.combination,
        level=options.confidence,
    )
    return found.ratio, found.ratio_lower, found.ratio_upper, found.q, found.q_p_value, options.combination


def _assumed(frame: pd.DataFrame, name: str, reference: str) -> float:
    """Assumed potency of the test, 1 where none is given; several values are refused."""
    if "assumed" not in frame:
        return 1.0
    given = set(frame.loc[frame["preparation"] == name, "assumed"].dropna())
    if len(given) > 1:
        found = f"{name} has assumed potencies {', '.join(map(str, sorted(given)))}"
        raise InvalidInput(
            [Problem("wells", found, f"one (the reference is {reference})", "Mend the column.")]
        )
    return float(given.pop()) if given else 1.0


def _bootstrap(frame: pd.DataFrame, options: PotencyOptions) -> pd.DataFrame:
    found = curves.bootstrap_relative_potency(
        frame["dose"], frame["response"], frame["preparation"].astype(str).to_numpy(), reference=options.reference,
        model=options.model, weights=frame.get("weight"), plate=frame["plate"].astype(str).to_numpy(),  # type: ignore[arg-type]
        replicates=options.bootstrap, level=options.confidence, seed=options.seed,
    )  # fmt: skip
    return pd.DataFrame(
        {"plate": found.plate.astype(str), "preparation": found.preparation.astype(str), "percent": 100 * np.exp(found.log_ratio),
         "lower": 100 * np.exp(found.lower), "upper": 100 * np.exp(found.upper), "standard_error_ln": found.standard_error,
         "replicates": options.bootstrap, "converged_share": found.converged, "interval": "percentiles"}
    )  # fmt: skip
