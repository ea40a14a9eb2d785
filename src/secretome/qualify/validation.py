"""Assay validation: relative accuracy, precision and range of a relative potency assay."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import t

from secretome.errors import InvalidInput, NotEstimable, Problem
from secretome.results import Answer, Cell, Method, Result
from secretome.stats import mixed

FACTORS = ("analyst", "day", "plate", "run")  # what intermediate precision is made of
MIN_LEVELS = 4  # levels of relative potency that a validation of accuracy rests on


def assay_validation(values: pd.DataFrame) -> Result:
    """Relative bias at each level, repeatability and intermediate precision as geometric CV, and linearity.

    Parameters
    ----------
    values
        Layout `validation`: true and measured relative potency in per cent, with the run.

    Returns
    -------
    Result `qualify.validation` with tables `accuracy` (a row a level), `precision`, `components` (analyst, day, plate and
    run beside each other, by restricted maximum likelihood), `linearity` and `replicates` (%GCV of a
    reported mean by runs and values a run). No verdict: acceptance limits are the user's.

    Raises
    ------
    InvalidInput
        If a level or value is not positive.
    NotEstimable
        With fewer than two runs, or no run with two values at one level.

    Notes
    -----
    On natural logarithms: bias exp(mean(ln value - ln level)) - 1; components from the unweighted means of runs;
    %GCV = 100 (exp(s) - 1).

    Examples
    --------
    >>> rows = [(lv, lv * f, r) for lv in (50.0, 75, 100, 150) for r, fs in (("1", (1.0, 1.05)), ("2", (0.95, 1.0))) for f in fs]
    >>> found = assay_validation(pd.DataFrame(rows, columns=["level", "value", "run"]))
    >>> len(found.tables["accuracy"])
    4
    """
    if (values["level"] <= 0).any() or (values["value"] <= 0).any():
        raise InvalidInput(
            [
                Problem(
                    "values",
                    "a level or value that is zero or negative",
                    "positive relative potencies",
                    "Mend it.",
                )
            ]
        )
    values = _with_runs(values)
    frame = values.assign(log_error=np.log(values["value"].to_numpy(float) / values["level"].to_numpy(float)))
    repeat, run, df_repeat, n_runs = _components(frame)
    total = float(np.hypot(repeat, run))
    precision = pd.DataFrame(
        {
            "component": ["repeatability", "between runs", "intermediate precision"],
            "sd_ln": [repeat, run, total],
            "gcv_percent": [_gcv(repeat), _gcv(run), _gcv(total)],
            "runs": n_runs,
            "df_repeatability": df_repeat,
        }
    )
    accuracy = pd.DataFrame([_level(float(level), mine) for level, mine in frame.groupby("level")])
    tables = {
        "precision": precision,
        "components": _parts(frame),
        "accuracy": accuracy,
        "linearity": _linearity(frame),
        "replicates": _replicates(repeat, run),
    }
    summary = pd.DataFrame(
        {
            "levels": [len(accuracy)],
            "runs": [n_runs],
            "worst_bias": [float(accuracy["bias_percent"].abs().max())],
            "precision": [_gcv(total)],
            "range_lower": [float(frame["level"].min())],
            "range_upper": [float(frame["level"].max())],
        }
    )
    lacks = (
        ()
        if len(accuracy) >= MIN_LEVELS
        else (f"{len(accuracy)} levels; relative accuracy needs at least {MIN_LEVELS}.",)
    )
    return Result(
        "qualify",
        "validation",
        "How accurate and precise is the potency assay?",
        Answer(
            "Largest relative bias {worst_bias} % at {levels} levels from {range_lower} to {range_upper} %; intermediate precision {precision} % GCV in {runs} runs.",
            {name: Cell("summary", name) for name in summary},
        ),
        verdict="cannot be judged" if lacks else None,
        tables={"summary": summary, **tables},
        parameters={"scale": "natural logarithm", "gcv": "100 (exp(s) - 1)", "min_levels": MIN_LEVELS},
        notes=("No verdict: acceptance limits and their reasons are yours.",),
        lacks=lacks,
        methods=(Method("Accuracy and precision of relative potency were estimated on the log scale."),),
    )


def _with_runs(values: pd.DataFrame) -> pd.DataFrame:
    """A run for every value: the column, or analyst, day and plate together."""
    if "run" in values and (values["run"] != "").all():
        return values
    named = [name for name in FACTORS[:3] if name in values and (values[name] != "").all()]
    if not named:
        action = "Give run, or analyst, day or plate."
        raise InvalidInput(
            [Problem("values", "no column says which values belong to one run", "a run", action)]
        )
    return values.assign(run=values[named].astype(str).agg(" ".join, axis=1))


def _parts(frame: pd.DataFrame) -> pd.DataFrame:
    """Components of variance of ln error, level means taken out; a factor that cannot be told apart says why."""
    codes, reasons = {}, {}
    seen: list[tuple[int, ...]] = []
    for name in FACTORS:
        if name not in frame or (frame[name] == "").any():
            continue
        code = pd.factorize(frame[name])[0]
        levels = int(code.max()) + 1
        if levels < 2 or levels == len(frame):
            reasons[name] = "one level only" if levels < 2 else "a level per value"
        elif tuple(code) in seen:
            reasons[name] = "the same groups as another factor"
        else:
            codes[name] = code
        seen.append(tuple(code))
    fixed = pd.get_dummies(frame["level"]).to_numpy(float)
    rows = [
        {
            "component": name,
            "sd_ln": np.nan,
            "gcv_percent": np.nan,
            "levels": frame[name].nunique(),
            "reason": why,
        }
        for name, why in reasons.items()
    ]
    # runs repeat and differ, or `_components` has refused: at least one factor is left
    found = mixed.fit_reml(frame["log_error"].to_numpy(float)[None], fixed, codes, df="none")
    spread = np.sqrt(np.maximum(found.variance[0], 0))
    for name, sd in zip((*codes, "residual"), spread, strict=True):
        levels = frame[name].nunique() if name in codes else len(frame)
        reason = "" if np.isfinite(sd) else str(found.status[0])
        rows.append(
            {
                "component": name,
                "sd_ln": float(sd),
                "gcv_percent": _gcv(float(sd)),
                "levels": levels,
                "reason": reason,
            }
        )
    total = float(np.sqrt((spread**2).sum()))
    rows.append(
        {
            "component": "all together",
            "sd_ln": total,
            "gcv_percent": _gcv(total),
            "levels": len(frame),
            "reason": "",
        }
    )
    return pd.DataFrame(rows)


def _gcv(sd: float) -> float:
    return float(100 * (np.exp(sd) - 1))


def _components(frame: pd.DataFrame) -> tuple[float, float, int, int]:
    """Within-run and between-run standard deviations of ln error, level effects removed."""
    centred = frame["log_error"] - frame.groupby("level")["log_error"].transform("mean")
    data = frame.assign(centred=centred)
    cells = data.groupby(["level", "run"])["centred"]
    sizes = cells.size()
    df = int((sizes - 1).sum())
    runs = int(frame["run"].nunique())
    if runs < 2 or df < 1:
        raise NotEstimable(
            f"{runs} runs with {df} degrees of freedom within them: precision needs two runs and repeats within a run"
        )
    within = float((cells.var(ddof=1).fillna(0) * (sizes - 1)).sum() / df)
    means = data.groupby("run")["centred"].mean()
    per_run = data.groupby("run").size()
    between = float(means.var(ddof=1)) - within * float((1 / per_run).mean())
    return float(np.sqrt(within)), float(np.sqrt(max(between, 0.0))), df, runs


def _level(level: float, mine: pd.DataFrame) -> dict[str, object]:
    by_run = mine.groupby("run")["log_error"].mean()
    mean, n = float(by_run.mean()), len(by_run)
    half = float(t.ppf(0.95, n - 1) * by_run.std(ddof=1) / np.sqrt(n)) if n > 1 else np.nan
    back = [100 * (np.exp(x) - 1) for x in (mean, mean - half, mean + half)]
    return {
        "level": level,
        "bias_percent": back[0],
        "lower": back[1],
        "upper": back[2],
        "interval_level": 0.90,
        "gcv_percent": _gcv(float(mine["log_error"].std(ddof=1))) if len(mine) > 1 else np.nan,
        "runs": n,
        "values": len(mine),
    }


def _linearity(frame: pd.DataFrame) -> pd.DataFrame:
    x, y = np.log(frame["level"].to_numpy(float)), np.log(frame["value"].to_numpy(float))
    if np.unique(x).size < 2:
        return pd.DataFrame({"slope": [np.nan], "intercept": [np.nan], "r_squared": [np.nan], "n": [x.size]})
    slope, intercept = np.polyfit(x, y, 1)
    return pd.DataFrame(
        {
            "slope": [slope],
            "intercept": [intercept],
            "r_squared": [np.corrcoef(x, y)[0, 1] ** 2],
            "n": [x.size],
        }
    )


def _replicates(repeat: float, run: float) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "runs": r,
                "values_a_run": k,
                "gcv_percent": _gcv(float(np.sqrt(run**2 / r + repeat**2 / (r * k)))),
            }
            for r in (1, 2, 3, 4, 6)
            for k in (1, 2, 3)
        ]
    )
