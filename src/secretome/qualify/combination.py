"""Potencies of independent assays combined, and a new reference lot bridged to the old one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats as distributions

from secretome.errors import InvalidInput, Problem
from secretome.results import Answer, Cell, Method, Result, Verdict
from secretome.stats import curves

from .potency_options import Combination

CONFIDENCE = 0.95
_COLUMNS = ("preparation", "assay", "lower", "upper", "standard_error", "df")


@dataclass(frozen=True)
class CombinationOptions:
    """Choices of a combination.

    Parameters
    ----------
    convention
        As in `stats.curves.combine`.
    limits, limits_reason
        Acceptance limits of the combined estimate in its unit, or, of a bridge, within which the 90 % interval must lie;
        and why these. No default.
    """

    convention: Combination = "unweighted"
    limits: tuple[float, float] | None = None
    limits_reason: str = ""


def combine_assays(values: pd.DataFrame, options: CombinationOptions) -> Result:
    """One potency from independent assays, by a named convention, with the test of homogeneity.

    Parameters
    ----------
    values
        Layout `combination`: estimates with their limits (95 %) and degrees of freedom, or errors of their logarithms.
    options
        Convention and limits.

    Returns
    -------
    Result `qualify.combination` with tables `summary` (a row a preparation and the convention asked for), `conventions`
    (the other ones beside it) and `assays`.

    Raises
    ------
    InvalidInput
        If an estimate or limit is not positive, limits do not hold their estimate, or limits have no reason.
    NotEstimable
        If the weights cannot be told, or one assay alone is to show its spread.

    Examples
    --------
    >>> frame = pd.DataFrame({"estimate": [98.0, 103.0, 101.0], "lower": [92.0, 96.0, 95.0], "upper": [104.4, 110.5, 107.4], "df": 20.0})
    >>> combine_assays(frame, CombinationOptions()).tables["summary"]["estimate"].round(1).tolist()
    [100.6]
    """
    assays = _assays(values, options)
    rows = [
        {"preparation": name, "convention": way, **_combined(mine, way)}
        for name, mine in assays.groupby("preparation", sort=False)
        for way in ("unweighted", "semi_weighted", "weighted_homogeneous")
        if way == options.convention or (len(mine) > 1 and mine["standard_error"].notna().all())
    ]
    every = pd.DataFrame(rows)
    low, high = options.limits or (np.nan, np.nan)
    summary = (
        every[every["convention"] == options.convention]
        .assign(limit_lower=low, limit_upper=high)
        .reset_index(drop=True)
    )
    return _result("combination", "What do the assays say together?", (summary, every, assays), options)


def bridge_references(values: pd.DataFrame, options: CombinationOptions) -> Result:
    """A new reference lot against the one before it, and along a chain of them to the first.

    Parameters
    ----------
    values
        Layout `combination`; `preparation` (or `link`) names each link of the chain in order, such as "R2 against R1",
        estimates in per cent.
    options
        Convention, and limits within which the 90 % interval of each link must lie to call the lots equivalent.

    Returns
    -------
    Result `qualify.bridging` with `summary` (each link: estimate, 95 % and 90 % interval, outcome), `chain` (potency of each new
    lot in terms of the first, errors of all links added) and `assays`. Without limits: `cannot be judged`.

    Raises
    ------
    InvalidInput, NotEstimable
        As in `combine_assays`.

    Examples
    --------
    >>> frame = pd.DataFrame({"preparation": "R2 against R1", "estimate": [99.0, 101.0, 102.0, 100.0]})
    >>> bridge_references(frame, CombinationOptions(limits=(90, 111), limits_reason="assay")).verdict
    'pass'
    """
    assays = _assays(values, options)
    rows = [
        {"preparation": name, "convention": options.convention, **_combined(mine, options.convention)}
        for name, mine in assays.groupby("preparation", sort=False)
    ]
    summary = pd.DataFrame(rows)
    half = distributions.t.ppf(0.95, summary["df"]) * summary["standard_error"]
    summary = summary.assign(
        lower_90=summary["estimate"] * np.exp(-half), upper_90=summary["estimate"] * np.exp(half),
        limit_lower=(options.limits or (np.nan, np.nan))[0], limit_upper=(options.limits or (np.nan, np.nan))[1],
    )  # fmt: skip
    total = np.sqrt((summary["standard_error"] ** 2).cumsum())
    centre = np.log(summary["estimate"] / 100).cumsum()
    z = float(distributions.norm.ppf((1 + CONFIDENCE) / 2))
    chain = pd.DataFrame(
        {"link": summary["preparation"], "percent_of_first": 100 * np.exp(centre), "lower": 100 * np.exp(centre - z * total),
         "upper": 100 * np.exp(centre + z * total), "links": np.arange(1, len(summary) + 1)}
    )  # fmt: skip
    return _result(
        "bridging", "Is the new reference lot as potent as the old one?", (summary, chain, assays), options
    )


def _assays(values: pd.DataFrame, options: CombinationOptions) -> pd.DataFrame:
    frame = values.reset_index(drop=True).copy()
    for name in _COLUMNS:
        if name not in frame:
            frame[name] = "" if name in {"preparation", "assay"} else np.nan
    frame.loc[frame["preparation"] == "", "preparation"] = "all"
    problems = []
    given = frame["lower"].notna() & frame["upper"].notna()
    for row in frame.itertuples():
        line = int(row.line) if "line" in frame else None
        if not row.estimate > 0:
            problems.append(
                Problem("values", f"estimate {row.estimate}", "above zero", "Mend it.", line, "estimate")
            )
        elif given[row.Index] and not 0 < row.lower < row.estimate < row.upper:
            found = f"{row.lower} to {row.upper} around {row.estimate}"
            problems.append(
                Problem("values", found, "0 < lower < estimate < upper", "Mend it.", line, "lower")
            )
        if row.standard_error <= 0 or row.df <= 0:
            problems.append(
                Problem("values", "an error or df that is not positive", "above zero", "Mend it.", line)
            )
    if options.limits and not options.limits_reason:
        problems.append(
            Problem("options", "limits without a reason", "why these limits", "Give --limits-reason.")
        )
    if problems:
        raise InvalidInput(problems)
    t = np.where(
        frame["df"].notna(),
        distributions.t.ppf(0.975, frame["df"].fillna(1.0)),
        distributions.norm.ppf(0.975),
    )
    from_limits = np.log((frame["upper"] / frame["lower"]).to_numpy(float)) / (2 * t)
    frame["standard_error"] = frame["standard_error"].fillna(pd.Series(from_limits))
    return frame


def _combined(mine: pd.DataFrame, convention: Combination) -> dict[str, object]:
    if convention != "unweighted" and mine["standard_error"].isna().any():
        found = "an estimate without limits or standard error"
        raise InvalidInput(
            [Problem("values", found, "what it is weighted by", "Give it, or --combine unweighted.")]
        )
    # the unweighted mean looks at the spread alone: any errors will do, and its q is not read
    error = mine["standard_error"]
    made = curves.combine(
        np.log(mine["estimate"]),
        error.fillna(1.0),
        mine["df"].fillna(1e6),
        convention=convention,
        level=CONFIDENCE,
    )
    known = error.notna().all()
    return {
        "estimate": made.ratio, "lower": made.ratio_lower, "upper": made.ratio_upper, "standard_error": made.standard_error,
        "df": made.df, "assays": made.n_estimates, "q": made.q if known else np.nan, "q_p_value": made.q_p_value if known else np.nan,
        "between_variance": made.between_variance,
    }  # fmt: skip


def _result(
    name: str,
    question: str,
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
    options: CombinationOptions,
) -> Result:
    summary, beside, assays = tables
    convention, limits, reason = options.convention, options.limits, options.limits_reason
    bridging = name == "bridging"
    low, high = ("lower_90", "upper_90") if bridging else ("estimate", "estimate")
    verdict: Verdict | None = "cannot be judged" if bridging else None
    lacks: tuple[str, ...] = (
        ("Limits of equivalence, given beforehand with their reason.",) if bridging and not limits else ()
    )
    if limits:
        inside = (summary[low] >= limits[0]) & (summary[high] <= limits[1])
        verdict = "pass" if inside.all() else "fail"
        if bridging and not inside.all():
            outside = (summary["upper_90"] < limits[0]) | (summary["lower_90"] > limits[1])
            verdict = "fail" if outside.any() else "cannot be judged"
            lacks = (
                ()
                if outside.any()
                else ("The 90 % interval is wider than the limits: more assays would decide.",)
            )
    parts, cells = [], {}
    for i, row in enumerate(summary.itertuples()):
        where = {"preparation": row.preparation}
        parts.append(
            f"{{name{i}}}: {{estimate{i}}} (95 % interval {{lower{i}}} to {{upper{i}}}; {{assays{i}}} assays, {convention})"
        )
        cells[f"name{i}"] = Cell("summary", "preparation", where)
        cells |= {f"{c}{i}": Cell("summary", c, where) for c in ("estimate", "lower", "upper", "assays")}
    notes = (
        ["Limits of single assays were taken as 95 % limits of a t interval on the logarithm."]
        if assays["lower"].notna().any()
        else []
    )
    notes += (
        ["An assay without df was weighted as if its error were known exactly."]
        if assays["df"].isna().any() and convention == "weighted_homogeneous"
        else []
    )
    unlike = (
        summary[summary["q_p_value"] < 0.05]["preparation"] if convention == "weighted_homogeneous" else []
    )
    notes += [
        f"{name}: the assays are not homogeneous (p < 0.05); the weighted interval is too short."
        for name in unlike
    ]
    return Result(
        "qualify", name, question, Answer("; ".join(parts) + ".", cells), verdict=verdict,
        tables={"summary": summary, "chain" if bridging else "conventions": beside, "assays": assays},
        parameters={"convention": convention, "confidence": CONFIDENCE, "alpha": 0.05, "limits": limits, "limits_reason": reason},
        notes=tuple(notes), lacks=lacks,
        methods=(Method(f"Independent assays were combined on the logarithm of potency ({convention})."),),
    )  # fmt: skip
