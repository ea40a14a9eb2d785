"""The draft summary of one lot: every test line against the limit that its user entered."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from secretome.errors import InvalidInput, Problem
from secretome.knowledge import table
from secretome.results import Answer, Cell, Result, Source, Verdict
from secretome.study import PRODUCT_RECORD

from .endotoxin import endotoxin_limit

# Lines that a lot cannot do without, found by how their name begins; one that is absent was not tested.
REQUIRED_LINES = ("sterility", "mycoplasma", "endotoxin", "potency")


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
