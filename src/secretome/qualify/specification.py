"""Specification: limits that few lots allow, and the draft summary of one lot's test lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from secretome.errors import InvalidInput, Problem
from secretome.knowledge import table
from secretome.results import Answer, Cell, Method, Result, Source, Verdict
from secretome.stats import tolerance
from secretome.study import PRODUCT_RECORD

# Lines that a lot cannot do without, found by how their name begins; one that is absent was not tested.
REQUIRED_LINES = ("sterility", "mycoplasma", "endotoxin", "potency")


@dataclass(frozen=True)
class LimitOptions:
    """Choices of limits from lots.

    Parameters
    ----------
    content, confidence
        Share of future lots between the tolerance limits, and with which confidence.
    sides
        2, or 1 for single limits.
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
    transform: Literal["none", "log"] = "none"
    lower: float | None = None
    upper: float | None = None
    seed: int = 1


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


def lot_summary(lines: pd.DataFrame, *, record: Mapping[str, str] | None = None) -> Result:
    """Draft summary of one lot: every test line against the limit that its user entered.

    Parameters
    ----------
    lines
        Layout `summary`.
    record
        Product record: field to value. A field that is missing leaves the lot "cannot be judged".

    Returns
    -------
    Result `qualify.specification` with tables `lines` (verdict and reason of each), `summary`, `record`, and `examples`
    (`qc_defaults`, inactive). `pass` only when every required line has a result, a limit with its justification
    and a named method.

    Raises
    ------
    InvalidInput
        If an endotoxin line lacks K, route or dose, a line stands twice, limits are reversed, or a line that is
        not required gives no justification.

    Examples
    --------
    >>> lines = pd.DataFrame({"line": ["potency"], "result": ["104"], "lower": [70.0], "upper": [130.0],
    ...     "method": ["IDO"], "justification": ["clinical lots"]})
    >>> lot_summary(lines).verdict
    'cannot be judged'
    """
    frame = _complete(lines)
    _check_lines(frame)
    rows = [_line(row) for _, row in frame.iterrows()]
    present = [str(row["line"]).strip().lower() for row in rows]
    rows += [
        {
            "line": name,
            "required": True,
            "verdict": "not tested",
            "reason": "required, and not in the file",
            "result": "",
        }
        for name in REQUIRED_LINES
        if not any(line.startswith(name) for line in present)
    ]
    judged = pd.DataFrame(rows).reindex(columns=_LINE_COLUMNS)
    given = {name: str((record or {}).get(name, "")).strip() for name in PRODUCT_RECORD}
    missing = [name for name, value in given.items() if not value]
    listed = pd.DataFrame(
        {"field": list(given), "value": [value or "not reported" for value in given.values()]}
    )
    return _summary(judged, listed, missing)


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
    _check_lots(lots, options)
    log = options.transform == "log"
    values = np.log(lots["value"].to_numpy(float)) if log else lots["value"].to_numpy(float)
    found = tolerance.donor_limits(
        values, lots["donor"].astype(str).to_numpy(), seed=options.seed, content=options.content,
        confidence=options.confidence, sides=options.sides,
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
    return _limits_result(tables, found, options)


def examples() -> pd.DataFrame:
    """The rows of `qc_defaults` as inactive examples, each saying where it is from.

    Examples
    --------
    >>> set(examples()["status"])
    {'inactive: enter a limit of your own with its justification'}
    """
    rows = table("qc_defaults").frame
    return pd.DataFrame(
        {
            "parameter": rows["parameter"],
            "product": rows["product"],
            "example": [
                f"example, from {source}: {value}"
                for source, value in zip(rows["source"], rows["default"], strict=True)
            ],
            "verified": rows["verified"],
            "status": "inactive: enter a limit of your own with its justification",
        }
    )


_LINE_COLUMNS = [
    "line", "required", "result", "lower", "upper", "expected", "unit", "method", "justification", "limit_from", "verdict", "reason",
]  # fmt: skip
_TEXTS = ("result", "expected", "unit", "method", "justification", "k_route", "route")
_NUMBERS = ("lower", "upper", "k_eu_kg_h", "dose_ml_kg_h")


def _complete(lines: pd.DataFrame) -> pd.DataFrame:
    """All columns of the layout; what is absent is empty."""
    frame = lines.copy()
    for name in _TEXTS:
        frame[name] = frame[name].fillna("").astype(str).str.strip() if name in frame else ""
    for name in _NUMBERS:
        frame[name] = frame[name].astype(float) if name in frame else np.nan
    given = frame["required"] if "required" in frame else pd.Series([None] * len(frame), index=frame.index)
    frame["required"] = [value is not False and value != 0 if value is not None else True for value in given]
    frame["line"] = frame["line"].astype(str).str.strip()
    return frame


def _check_lines(frame: pd.DataFrame) -> None:
    problems: list[Problem] = []
    for name, count in frame["line"].value_counts().items():
        if count > 1:
            problems.append(
                Problem("lines", f"{name} stands {count} times", "one row a line", "Delete or rename one.")
            )
    for _, row in frame.iterrows():
        if row["lower"] > row["upper"]:
            problems.append(
                Problem(
                    "lines",
                    f"{row['line']}: lower {row['lower']} above upper {row['upper']}",
                    "lower below upper",
                    "Mend the limits.",
                )
            )
        if not row["required"] and not row["justification"]:
            problems.append(
                Problem(
                    "lines",
                    f"{row['line']} is not required, without a reason",
                    "a justification",
                    "Say why it is not required.",
                )
            )
        if "endotoxin" in row["line"].lower():
            try:
                _endotoxin(row)
            except InvalidInput as error:
                problems += error.problems
    if problems:
        raise InvalidInput(problems)


def _endotoxin(row: pd.Series) -> float:
    return endotoxin_limit(
        k_eu_kg_h=row["k_eu_kg_h"],
        k_route=row["k_route"],
        route=row["route"],
        dose_ml_kg_h=row["dose_ml_kg_h"],
    )


def _line(row: pd.Series) -> dict[str, object]:
    facts: dict[str, object] = {name: row[name] for name in _LINE_COLUMNS if name in row}
    facts["limit_from"] = "entered by the user"
    if "endotoxin" in row["line"].lower():
        computed = _endotoxin(row)
        stricter = min(computed, row["upper"]) if np.isfinite(row["upper"]) else computed
        facts |= {"upper": stricter, "limit_from": f"K / dose = {computed:g} EU/mL ({row['route']})"}
    verdict, reason = _verdict(pd.Series(facts))
    return {**facts, "verdict": verdict, "reason": reason}


def _verdict(row: pd.Series) -> tuple[Verdict, str]:
    if not row["result"]:
        return "not tested", "no result"
    limited = bool(row["expected"]) or np.isfinite(row["lower"]) or np.isfinite(row["upper"])
    gaps = [
        name
        for name, there in (
            ("limit", limited),
            ("justification", row["justification"]),
            ("method", row["method"]),
        )
        if not there
    ]
    if not limited:
        return "cannot be judged", f"no {', no '.join(gaps)} was entered"
    if row["expected"]:
        met = row["result"].casefold() == row["expected"].casefold()
    else:
        try:
            number = float(row["result"])
        except ValueError:
            return "cannot be judged", f"the result {row['result']!r} is no number, the limit is one"
        if not np.isfinite(number):
            return "cannot be judged", f"the result {row['result']!r} is no finite number"
        met = not (number < row["lower"] or number > row["upper"])
    if not met:
        return "fail", "outside its limit"
    if gaps:
        return "cannot be judged", f"inside its limit, but no {', no '.join(gaps)} was entered"
    return "pass", "inside its limit"


def _summary(lines: pd.DataFrame, record: pd.DataFrame, missing: list[str]) -> Result:
    required = lines[lines["required"].astype(bool)]
    open_lines = required[required["verdict"].isin(["not tested", "cannot be judged"])]
    failed = lines[lines["verdict"] == "fail"]
    verdict: Verdict = "pass"
    if len(open_lines) or missing:
        verdict = "cannot be judged"
    if len(failed):
        verdict = "fail"
    counts = lines["verdict"].value_counts()
    words = {"pass": "passed", "fail": "failed", "not tested": "not_tested", "cannot be judged": "not_judged"}
    summary = pd.DataFrame(
        {
            "lines": [len(lines)], "required": [len(required)], **{to: [int(counts.get(word, 0))] for word, to in words.items()},
            "open_lines": [", ".join(open_lines["line"]) or "none"], "failed_lines": [", ".join(failed["line"]) or "none"],
            "record_missing": [len(missing)],
        }
    )  # fmt: skip
    lacks = [f"{row.line}: {row.reason}" for row in open_lines.itertuples()]
    if missing:
        lacks.append(
            "Product record not reported: " + ", ".join(missing) + "; a specification is refused without it."
        )
    source = table("qc_defaults")
    return Result(
        "qualify",
        "specification",
        "Does the lot meet the limits that its user entered?",
        Answer(
            "{passed} of {lines} test lines are inside their limits; failed: {failed_lines}; required and open: {open_lines}; {record_missing} fields of the product record are missing.",
            {
                name: Cell("summary", name)
                for name in ("passed", "lines", "failed_lines", "open_lines", "record_missing")
            },
        ),
        verdict=verdict,
        tables={"summary": summary, "lines": lines, "record": record, "examples": examples()},
        parameters={
            "required_lines": list(REQUIRED_LINES),
            "rule": "pass only when every required line has a result, a limit with its justification and a named method",
        },
        sources=(Source(source.name, source.version, source.sha256),),
        notes=("The rows of the table examples are inactive: none was used.",),
        lacks=tuple(lacks),
    )


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
    if problems:
        raise InvalidInput(problems)


def _characteristic(mean: float, sd: float, options: LimitOptions, *, log: bool) -> dict[str, pd.DataFrame]:
    """Share of lots accepted by how far the process mean moves, and the two risks."""
    from scipy.stats import norm

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
    tables: dict[str, pd.DataFrame], found: tolerance.DonorLimits, options: LimitOptions
) -> Result:
    notes = []
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
            "method": "exact normal factor"
            if found.n_lots == found.n_donors
            else "generalised pivots, unweighted means",
        },
        notes=tuple(notes),
        methods=(Method("Tolerance limits with the donor as a random effect.", ("10.1002/9780470473900",)),),
    )
