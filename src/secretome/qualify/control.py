"""Control: is the process still the one that the limits were made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from secretome.errors import InvalidInput, Problem
from secretome.results import Answer, Cell, Method, Result, Verdict
from secretome.stats import control_charts

Chart = Literal["xbar", "range", "sd", "individuals"]
Rules = Literal["nelson", "westgard"]


@dataclass(frozen=True)
class ControlOptions:
    """Choices of a control chart.

    Parameters
    ----------
    chart
        Shewhart chart.
    phase1
        Samples from which the limits are made; 0 means all, which judges samples by limits made from them.
    center, sigma
        Known centre and standard deviation of single values (both or neither); limits are then not made from the file.
    rules, run
        Run rules, and the length of a run on one side for Nelson's second rule.
    weight, shift, decision
        Of EWMA and CUSUM.
    lower, upper, target
        Specification limits for capability.
    """

    chart: Chart = "individuals"
    phase1: int = 0
    center: float | None = None
    sigma: float | None = None
    rules: Rules = "nelson"
    run: int = 9
    weight: float = 0.2
    shift: float = 1.0
    decision: float = 5.0
    lower: float | None = None
    upper: float | None = None
    target: float | None = None
    cpm_df: Literal["boyles", "qcc"] = "boyles"


def chart_of(values: pd.DataFrame, options: ControlOptions) -> Result:
    """Every sample against Shewhart, EWMA and CUSUM limits and run rules, and capability where limits are given.

    Parameters
    ----------
    values
        Layout `control`, rows in time order; rows of one `sample` are a subgroup.

    Returns
    -------
    Result `qualify.control` with tables `limits`, `points`, `signals` and `capability`. Verdict `fail` when a
    point is beyond limits or a Westgard rule rejects, `warn` on any other signal.

    Raises
    ------
    InvalidInput
        If subgroups differ in size, or a chart of single values has several in a sample.

    Examples
    --------
    >>> frame = pd.DataFrame({"sample": list("abcdef"), "value": [10.1, 9.8, 10.3, 10, 9.9, 14]})
    >>> found = chart_of(frame, ControlOptions(phase1=5))
    >>> found.verdict, found.tables["signals"]["sample"].iloc[0]
    ('fail', 'f')
    """
    _check(options)
    names, groups = _groups(values, options)
    first = options.phase1 or len(names)
    if not 2 <= first <= len(names):
        raise InvalidInput(
            [Problem("options", f"phase1 is {first}", f"2 to {len(names)} samples", "Mend it.")]
        )
    made = (
        control_charts.shewhart(groups[:first], chart=options.chart)
        if options.center is None or options.sigma is None
        else control_charts.known(groups, chart=options.chart, center=options.center, sigma=options.sigma)
    )
    plotted = _statistic(groups, options.chart)
    sums = {"center": made.center, "step": made.step}
    smooth, low, high = control_charts.ewma(plotted, **sums, weight=options.weight)
    up, down = control_charts.cusum(plotted, **sums, shift=options.shift)
    beyond = (plotted > made.upper) | (plotted < made.lower)
    if options.rules == "nelson":
        flags = control_charts.nelson(plotted, **sums, run=options.run)
        flags["1"] = beyond
    else:
        flags = control_charts.westgard(plotted, center=made.center, sd=made.step)
    flags |= {
        "EWMA": (smooth > high) | (smooth < low),
        "CUSUM": (up > options.decision) | (down < -options.decision),
    }
    points = pd.DataFrame(
        {"order": np.arange(1, len(names) + 1), "sample": names, "phase": np.where(np.arange(len(names)) < first, 1, 2),
         "value": plotted, "ewma": smooth, "ewma_lower": low, "ewma_upper": high, "cusum_up": up, "cusum_down": down}
    )  # fmt: skip
    signals = pd.DataFrame(
        [
            {"sample": names[i], "order": i + 1, "rule": rule}
            for rule, hit in flags.items()
            for i in np.flatnonzero(hit)
        ],
        columns=["sample", "order", "rule"],
    )
    limits = pd.DataFrame(
        {"chart": [options.chart], "center": [made.center], "sigma": [made.sigma], "lower": [made.lower],
         "upper": [made.upper], "made_from": [first], "samples": [len(names)], "signals": [len(signals)],
         "samples_with_signals": [signals["sample"].nunique()]}
    )  # fmt: skip
    tables = {"limits": limits, "points": points, "signals": signals}
    if options.lower is not None or options.upper is not None:
        tables["capability"] = _capability(groups[:first], made, options)
    return _result(tables, options)


def _check(options: ControlOptions) -> None:
    problems = []
    if (options.center is None) != (options.sigma is None):
        problems.append(
            Problem("options", "one of --center and --sigma", "both or neither", "Give the other.")
        )
    if options.sigma is not None and options.sigma <= 0:
        problems.append(Problem("options", f"sigma {options.sigma}", "above zero", "Mend it."))
    if options.center is not None and options.chart in {"range", "sd"}:
        found = f"--center with a chart of {options.chart}"
        problems.append(
            Problem("options", found, "xbar or individuals", "Leave it out: the centre follows from sigma.")
        )
    if options.shift <= 0 or options.decision <= 0:
        problems.append(
            Problem("options", "a CUSUM shift or decision that is not positive", "above zero", "Mend it.")
        )
    if problems:
        raise InvalidInput(problems)


def _groups(values: pd.DataFrame, options: ControlOptions) -> tuple[list[str], np.ndarray]:
    if "sample" in values:
        order = values["sample"]
    else:  # repeats of one row are a subgroup
        lines = values["line"] if "line" in values else pd.Series(range(len(values)), index=values.index)
        order = pd.Series(pd.factorize(lines)[0] + 1, index=values.index).astype(str)
    grouped = values["value"].groupby(order, sort=False).apply(list)
    sizes = sorted({len(group) for group in grouped})
    wanted = [1] if options.chart == "individuals" else sizes[:1]
    if sizes != wanted or (options.chart != "individuals" and sizes == [1]):
        expected = "one value a sample" if options.chart == "individuals" else "subgroups of one size above 1"
        found = f"samples of {', '.join(map(str, sizes))} values"
        raise InvalidInput([Problem("values", found, expected, "Choose another --chart or mend the file.")])
    array = np.array(grouped.tolist(), dtype=float)
    return [str(name) for name in grouped.index], array[:, 0] if options.chart == "individuals" else array


def _statistic(groups: np.ndarray, chart: Chart) -> np.ndarray:
    if chart == "individuals":
        return groups
    made = {"xbar": groups.mean(axis=1), "range": np.ptp(groups, axis=1), "sd": groups.std(axis=1, ddof=1)}
    return np.asarray(made[chart])


def _capability(groups: np.ndarray, made: control_charts.Shewhart, options: ControlOptions) -> pd.DataFrame:
    found = control_charts.capability(
        center=float(groups.mean()), sigma=made.sigma, n=groups.size, lower=options.lower, upper=options.upper,
        target=options.target, cpm_df=options.cpm_df,
    )  # fmt: skip
    return pd.DataFrame(
        [
            {
                "index": c.name,
                "value": c.value,
                "lower": c.lower,
                "upper": c.upper,
                "interval_level": c.level,
                "n": groups.size,
            }
            for c in found
        ]
    )


def _result(tables: dict[str, pd.DataFrame], options: ControlOptions) -> Result:
    signals, limits = tables["signals"], tables["limits"].iloc[0]
    rejecting = {"1"} if options.rules == "nelson" else {"1-3s", "2-2s", "R-4s", "4-1s", "10x"}
    hard = signals["rule"].isin(rejecting).any()
    verdict: Verdict = "fail" if hard else "warn" if len(signals) else "pass"
    notes = []
    if limits["made_from"] < 20 and options.center is None:
        notes.append(
            f"The limits rest on {limits['made_from']} samples; fewer than 20 make false alarms and misses likely."
        )
    if options.center is not None:
        notes.append("The limits follow the centre and standard deviation that were given, not the file.")
    elif limits["made_from"] == limits["samples"]:
        notes.append("The limits were made from the samples that they judge.")
    made = (
        "made from {made_from} samples"
        if options.center is None
        else "of the centre and standard deviation given"
    )
    template = (
        "{samples_with_signals} of {samples} samples give a signal, by limits " + made + " (table limits)."
    )
    return Result(
        "qualify",
        "control",
        "Is the process still the one that its limits were made from?",
        Answer(
            template,
            {name: Cell("limits", name) for name in limits.index if "{" + str(name) + "}" in template},
        ),
        verdict=verdict,
        tables=tables,
        parameters={
            "chart": options.chart,
            "phase1": options.phase1,
            "center": options.center,
            "sigma": options.sigma,
            "alpha": "0.0027 a point beyond three standard errors (normal)",
            "rules": options.rules,
            "run": options.run,
            "ewma_weight": options.weight,
            "cusum_shift": options.shift,
            "cusum_decision": options.decision,
            "constants": "d2 as published with three decimals; d3, c4 exact",
            "cpm_df": options.cpm_df,
        },
        notes=tuple(notes),
        methods=(Method("Control charts: Shewhart, EWMA, CUSUM.", ("10.1080/00224065.1984.11978921",)),),
    )
