"""Freeze-thaw cycles and dilution steps: how many the product bears, step by step, without a line between them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import t

from secretome.errors import InvalidInput, NotEstimable, Problem
from secretome.results import Answer, Cell, Method, Result, Verdict


def step_losses(
    values: pd.DataFrame, *, lower: float | None = None, upper: float | None = None, confidence: float = 0.95
) -> Result:
    """Share of each attribute left after each step, and the last step at which it is shown to be inside the limits.

    Parameters
    ----------
    values
        Layout `steps`: lot, steps done (0 before the first), value; replicates of a lot and step are averaged on the logarithm.
    lower, upper
        Limits of the share left, in per cent of step 0.
    confidence
        Of the limits of the mean share: one-sided with one limit, two-sided with both.

    Returns
    -------
    Result `qualify.steps` with `summary`, `attributes` (steps shown, which fails first) and `steps` (share, interval, lots).

    Raises
    ------
    InvalidInput
        Without a limit, with a value that is not positive, a step that is no whole number, or a limit on the wrong side.
    NotEstimable
        With fewer than two units (donors, or lots without them) measured at step 0 and another step.

    Notes
    -----
    ln(value / value of the same lot at step 0), averaged to donors, t interval over donors. A step counts only when all steps
    before it do.

    Examples
    --------
    >>> frame = pd.DataFrame({"lot": list("AAABBBCCC"), "step": [0, 1, 2] * 3,
    ...     "value": [100, 97, 95.0, 110, 108, 104, 90, 88, 86]})
    >>> int(step_losses(frame, lower=85).tables["summary"]["steps_shown"].iloc[0])
    2
    """
    _check(values, lower, upper)
    frame = values.assign(attribute=values.get("attribute", "value"))
    if "donor" not in frame or (frame["donor"] == "").all():
        frame = frame.assign(donor=frame["lot"])
    sides = 2 if lower is not None and upper is not None else 1
    rows = [
        row
        for name, mine in frame.groupby("attribute", sort=False)
        for row in _steps(str(name), mine, confidence, sides)
    ]
    steps = pd.DataFrame(rows)
    low, high = (-np.inf if lower is None else lower), (np.inf if upper is None else upper)
    steps["shown"] = (steps["lower"] >= low if lower is not None else True) & (
        steps["upper"] <= high if upper is not None else True
    )
    attributes = pd.DataFrame(
        [{"attribute": name, "steps_shown": _last(mine), "steps_tested": int(mine["step"].max()), "lots": int(mine["lots"].max())}
         for name, mine in steps.groupby("attribute", sort=False)]
    )  # fmt: skip
    first = attributes.loc[attributes["steps_shown"].idxmin()]
    every = bool((attributes["steps_shown"] == attributes["steps_tested"]).all())
    summary = pd.DataFrame(
        {"steps_shown": [int(first["steps_shown"])], "limiting_attribute": [first["attribute"]], "steps_tested": [int(attributes["steps_tested"].min())]}
    )  # fmt: skip
    template = (
        "{steps_shown} steps are shown to keep every attribute inside its limits (of {steps_tested} tested)"
    )
    template += "; nothing is said of more." if every else "; {limiting_attribute} is the first not shown."
    verdict: Verdict | None = "fail" if first["steps_shown"] == 0 else None
    return Result(
        "qualify", "steps", "How many freeze-thaws or dilutions does it bear?",
        Answer(template, {name: Cell("summary", name) for name in summary if "{" + name + "}" in template}), verdict=verdict,
        tables={"summary": summary, "attributes": attributes, "steps": steps},
        parameters={"lower_percent": lower, "upper_percent": upper, "confidence": confidence, "alpha": 1 - confidence, "sides": sides, "unit": "donor, or lot where none is named"},
        notes=("A step that is not shown may still be borne: more lots would tell.",),
        methods=(Method("Shares left after each step are geometric means over lots with t intervals."),),
    )  # fmt: skip


def _check(values: pd.DataFrame, lower: float | None, upper: float | None) -> None:
    problems = []
    if lower is None and upper is None:
        problems.append(
            Problem("options", "no limit", "--lower, --upper or both, in per cent of step 0", "Give one.")
        )
    if (lower is not None and not 0 < lower < 100) or (upper is not None and upper <= 100):
        found = f"limits {lower} to {upper}"
        problems.append(
            Problem(
                "options",
                found,
                "a lower limit below 100 and an upper above, in per cent of step 0",
                "Mend them.",
            )
        )
    lines = values["line"] if "line" in values else pd.Series([None] * len(values), index=values.index)
    for i, row in values.iterrows():
        if not row["value"] > 0:
            problems.append(
                Problem(
                    "values",
                    f"value {row['value']}",
                    "above zero",
                    "Mend it; below the LLOQ no share can be told.",
                    lines[i],
                    "value",
                )
            )
        if row["step"] < 0 or row["step"] != int(row["step"]):
            problems.append(
                Problem(
                    "values", f"step {row['step']}", "a whole number from 0", "Mend it.", lines[i], "step"
                )
            )
    if problems:
        raise InvalidInput(problems)


def _steps(name: str, mine: pd.DataFrame, confidence: float, sides: int) -> list[dict[str, object]]:
    logs = np.log(mine["value"]).groupby([mine["donor"], mine["lot"], mine["step"]]).mean().unstack("step")
    if 0 not in logs:
        raise NotEstimable(f"{name}: nothing was measured at step 0, so no share can be told")
    change = logs.sub(logs[0], axis=0).drop(columns=0)
    rows = []
    for step in sorted(change.columns):
        units = change[step].dropna().groupby(level="donor").mean()
        n = len(units)
        if n < 2:
            raise NotEstimable(
                f"{name}: {n} unit has values at step 0 and step {step:g}; an interval needs two"
            )
        half = float(
            t.ppf(confidence if sides == 1 else (1 + confidence) / 2, n - 1) * units.std(ddof=1) / np.sqrt(n)
        )
        centre = float(units.mean())
        rows.append(
            {"attribute": name, "step": int(step), "percent_left": 100 * np.exp(centre), "lower": 100 * np.exp(centre - half),
             "upper": 100 * np.exp(centre + half), "lots": n, "sides": sides, "confidence": confidence}
        )  # fmt: skip
    if not rows:
        raise NotEstimable(f"{name}: only step 0 was measured")
    return rows


def _last(mine: pd.DataFrame) -> int:
    last = 0
    for row in mine.sort_values("step").itertuples():
        if not row.shown:
            break
        last = int(row.step)
    return last
