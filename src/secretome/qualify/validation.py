"""Assay validation: relative accuracy, precision and range of a relative potency assay."""

from __future__ import annotations

import numpy as np
import pandas as pd

from secretome.errors import InvalidInput, NotEstimable, Problem
from secretome.results import Answer, Cell, Method, Result

MIN_LEVELS = 4  # levels of relative potency that a validation of accuracy rests on


def assay_validation(values: pd.DataFrame) -> Result:
    """Relative bias at each level, repeatability and intermediate precision as geometric CV, and linearity.

    Parameters
    ----------
    values
        Layout `validation`: true and measured relative potency in per cent, with the run.

    Returns
    -------
    Result `qualify.validation` with tables `accuracy` (a row a level), `precision`, `linearity` and `replicates` (%GCV of a
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
    from scipy.stats import t

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
