"""Potency matrix: which factors track which activity across donors, and which surrogate is good enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.errors import InvalidInput, NotEstimable, Problem, near_misses
from secretome.results import Answer, Cell, Method, Result

Floats = NDArray[np.float64]
_NORMAL_975, _NORMAL_80 = 1.959963984540054, 0.8416212335729143


@dataclass(frozen=True)
class MatrixOptions:
    """Choices of a potency matrix.

    Parameters
    ----------
    permutations
        Of the activity across donors, for the null of the whole selection.
    min_donors
        Fewest donors for a judgement.
    log_factors
        Factors as logarithms, as levels are.
    activities
        Measures that are activities, all others being factors, where the file has no column `kind`.
    seed
        Of the permutations.
    """

    permutations: int = 999
    min_donors: int = 6
    log_factors: bool = True
    activities: tuple[str, ...] = ()
    seed: int = 1


def surrogates(values: pd.DataFrame, options: MatrixOptions) -> Result:
    """For each activity: factors that track it across donors, and the error of the best one on new donors.

    Parameters
    ----------
    values
        Layout `matrix`. Lots of one donor are averaged first: the donor is the unit.

    Returns
    -------
    Result `qualify.matrix` with tables `correlations` (activity x factor: r with 95 % interval, donors needed to see it)
    and `surrogates` (per activity: prediction error by nested leave-one-donor-out, its permutation p).

    Raises
    ------
    InvalidInput
        If kind is neither factor nor activity, or a factor that is to be logged is not positive.
    NotEstimable
        Without a factor and an activity.

    Notes
    -----
    Outer loop: a donor is left out. Inner loop: among the others the factor with the smallest leave-one-out error is
    chosen, and its line predicts the donor left out. Q2 = 1 - error^2 / error^2 of the mean of the others.
    The null repeats the whole choice with activities permuted between donors.

    Examples
    --------
    >>> rows = [(f"L{i}", f"D{i}", "VEGFA", "factor", 10.0 * 2**i) for i in range(7)]
    >>> rows += [(f"L{i}", f"D{i}", "tubes", "activity", i + 0.1 * (-1) ** i) for i in range(7)]
    >>> frame = pd.DataFrame(rows, columns=["lot", "donor", "measure", "kind", "value"])
    >>> found = surrogates(frame, MatrixOptions(permutations=99))
    >>> found.tables["surrogates"]["chosen"].iloc[0]
    'VEGFA'
    """
    values = _with_kinds(values, options)
    _check(values, options)
    factors = _wide(values[values["kind"] == "factor"])
    activities = _wide(values[values["kind"] == "activity"])
    if factors.empty or activities.empty:
        raise NotEstimable("a potency matrix needs at least one factor and one activity")
    if options.log_factors:
        factors = np.log(factors)
    rng = np.random.default_rng(options.seed)
    correlations, chosen, lacks = [], [], []
    for name in activities:
        correlations += [_correlation(str(name), activities[name], str(f), factors[f]) for f in factors]
        shared = (
            factors.join(activities[name].rename("_activity"), how="inner")
            .dropna(axis=1, thresh=options.min_donors)
            .dropna()
        )
        usable = shared.drop(columns="_activity", errors="ignore")
        if "_activity" not in shared or len(shared) < options.min_donors or usable.empty:
            lacks.append(
                f"{name}: {len(shared)} donors have every value; a judgement needs {options.min_donors}."
            )
            chosen.append(
                {"activity": str(name), "donors": len(shared), "chosen": "", "judgement": "cannot be judged"}
            )
            continue
        x, y = usable.to_numpy(float), shared["_activity"].to_numpy(float)
        chosen.append(_nested(str(name), [str(c) for c in usable], x, y, rng, options))
    told = pd.DataFrame(correlations)
    judged = _with_need(pd.DataFrame(chosen).reindex(columns=_COLUMNS), told)
    tables = {"surrogates": judged, "correlations": told}
    lacks += [
        f"{row.activity}: about {row.donors_needed:.0f} donors would show {row.chosen} with power 0.8, if its correlation here were the true one."
        for row in judged.itertuples()
        if row.judgement == "this study cannot say" and np.isfinite(row.donors_needed)
    ]
    return _result(tables, options, tuple(lacks), averaged=len(values) > factors.size + activities.size)


_COLUMNS = [
    "activity", "donors", "factors", "chosen", "chosen_in_share_of_folds", "prediction_error", "error_of_mean", "q2", "p_value",
    "permutations", "donors_needed", "judgement",
]  # fmt: skip


def _with_need(judged: pd.DataFrame, correlations: pd.DataFrame) -> pd.DataFrame:
    """The donors that would show the chosen factor."""
    needed = correlations.set_index(["activity", "factor"])["donors_needed"]
    found = [needed.get((row.activity, row.chosen)) for row in judged.itertuples()]
    return judged.assign(donors_needed=pd.Series(found, index=judged.index, dtype=float))


def _with_kinds(values: pd.DataFrame, options: MatrixOptions) -> pd.DataFrame:
    """Every row with its kind and lot, from the file or from the activities named; never from both."""
    frame = values if "lot" in values else values.assign(lot=values["donor"])
    known = sorted(set(frame["measure"]))
    problems = [
        Problem(
            "options", f"no measure {name!r}", "a measure of the file", f"Mend it{near_misses(name, known)}"
        )
        for name in options.activities
        if name not in known
    ]
    if ("kind" in frame) == bool(options.activities):
        found = "a column kind and --activity" if options.activities else "no column kind and no --activity"
        problems.append(Problem("values", found, "one of them", "Say which measures are activities, once."))
    if problems:
        raise InvalidInput(problems)
    if "kind" in frame:
        return frame
    return frame.assign(kind=np.where(frame["measure"].isin(options.activities), "activity", "factor"))


def _check(values: pd.DataFrame, options: MatrixOptions) -> None:
    problems = []
    odd = values[~values["kind"].isin(["factor", "activity"])]
    lines = odd["line"] if "line" in odd else [None] * len(odd)
    for kind, line in zip(odd["kind"], lines, strict=True):
        problems.append(
            Problem("values", f"kind {kind!r}", "factor or activity", "Mend the cell.", line, "kind")
        )
    levels = values[values["kind"] == "factor"]
    if options.log_factors and (levels["value"] <= 0).any():
        problems.append(
            Problem(
                "values",
                "a factor level that is zero or negative",
                "positive levels",
                "Leave the value out, it is below detection, or use --linear.",
            )
        )
    if problems:
        raise InvalidInput(problems)


def _wide(rows: pd.DataFrame) -> pd.DataFrame:
    """Donors by measures: mean of a donor's lots."""
    lots = rows.groupby(["donor", "lot", "measure"], as_index=False)["value"].mean()
    return lots.pivot_table(index="donor", columns="measure", values="value")


def _correlation(activity: str, y: pd.Series, factor: str, x: pd.Series) -> dict[str, object]:
    both = pd.concat([x.rename("x"), y.rename("y")], axis=1).dropna()
    n = len(both)
    row: dict[str, object] = {"activity": activity, "factor": factor, "donors": n}
    if n < 4 or _flat(both["x"]) or _flat(both["y"]):
        return {**row, "r": np.nan, "lower": np.nan, "upper": np.nan, "donors_needed": np.nan}
    r = float(np.corrcoef(both["x"], both["y"])[0, 1])
    z, half = np.arctanh(np.clip(r, -0.999999, 0.999999)), _NORMAL_975 / np.sqrt(n - 3)
    needed = int(np.ceil(((_NORMAL_975 + _NORMAL_80) / abs(z)) ** 2 + 3)) if abs(z) > 1e-3 else None
    return {
        **row,
        "r": r,
        "lower": float(np.tanh(z - half)),
        "upper": float(np.tanh(z + half)),
        "donors_needed": needed,
    }


def _flat(values: pd.Series) -> bool:
    """Whether values differ by no more than rounding."""
    return float(np.ptp(values)) <= 1e-12 * float(values.abs().max())


def _nested(
    name: str, factors: list[str], x: Floats, y: Floats, rng: np.random.Generator, options: MatrixOptions
) -> dict[str, object]:
    error, picks = _nested_error(x, y)
    base = _mean_error(y)
    null = np.array([_nested_error(x, rng.permutation(y))[0] for _ in range(options.permutations)])
    p = float((1 + (null <= error).sum()) / (1 + null.size))
    counts = np.bincount(picks, minlength=len(factors))
    q2 = 1 - error**2 / base**2 if base > 0 else float("nan")
    good = "predicts new donors better than their mean" if p < 0.05 and q2 > 0 else "this study cannot say"
    return {
        "activity": name, "donors": y.size, "factors": len(factors), "chosen": factors[int(counts.argmax())],
        "chosen_in_share_of_folds": float(counts.max() / counts.sum()), "prediction_error": error, "error_of_mean": base,
        "q2": q2, "p_value": p, "permutations": options.permutations, "judgement": good,
    }  # fmt: skip


def _nested_error(x: Floats, y: Floats) -> tuple[float, NDArray[np.intp]]:
    """Root mean square error on donors left out, and which factor each fold chose."""
    n = y.size
    errors, picks = np.empty(n), np.empty(n, dtype=np.intp)
    for out in range(n):
        keep = np.arange(n) != out
        xi, yi = x[keep], y[keep]
        centred, residual, leverage, slope = _lines(xi, yi)
        picks[out] = int(((residual / (1 - leverage)) ** 2).mean(axis=0).argmin())
        pick = picks[out]
        errors[out] = y[out] - (yi.mean() + slope[pick] * (x[out, pick] - xi[:, pick].mean()))
        del centred
    return float(np.sqrt((errors**2).mean())), picks


def _lines(x: Floats, y: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """A line of y on each column: centred x, residuals, leverages, slopes."""
    centred = x - x.mean(axis=0)
    square = (centred**2).sum(axis=0)
    safe = np.where(square > 0, square, 1.0)
    slope = np.where(square > 0, centred.T @ (y - y.mean()) / safe, 0.0)
    residual = (y - y.mean())[:, None] - centred * slope
    leverage = np.minimum(1 / y.size + centred**2 / safe, 1 - 1e-9)
    return centred, residual, leverage, slope


def _mean_error(y: Floats) -> float:
    others = (y.sum() - y) / (y.size - 1)
    return float(np.sqrt(((y - others) ** 2).mean()))


def _result(
    tables: dict[str, pd.DataFrame], options: MatrixOptions, lacks: tuple[str, ...], *, averaged: bool
) -> Result:
    judged = tables["surrogates"]
    parts: list[str] = []
    cells: dict[str, Cell] = {}
    for i, row in enumerate(judged.itertuples()):
        where = {"activity": row.activity}
        cells[f"activity{i}"] = Cell("surrogates", "activity", where)
        cells[f"judgement{i}"] = Cell("surrogates", "judgement", where)
        if row.chosen:
            cells |= {f"{c}{i}": Cell("surrogates", c, where) for c in ("chosen", "q2", "p_value", "donors")}
            parts.append(
                f"{{activity{i}}}: {{chosen{i}}}, {{judgement{i}}} (Q2 {{q2{i}}}, p {{p_value{i}}}, {{donors{i}}} donors)"
            )
        else:
            parts.append(f"{{activity{i}}}: {{judgement{i}}}")
    notes = [
        "A surrogate predicts an activity measured in this assay; it is not the activity, and no efficacy."
    ]
    if averaged:
        notes.append("Lots of one donor were averaged: the donor is the unit.")
    return Result(
        "qualify",
        "matrix",
        "Which factors track which activity across donors?",
        Answer("; ".join(parts) + ".", cells),
        verdict="cannot be judged" if (judged["judgement"] == "cannot be judged").all() else None,
        tables=tables,
        parameters={
            "permutations": options.permutations,
            "min_donors": options.min_donors,
            "log_factors": options.log_factors,
            "activities": list(options.activities),
            "alpha": 0.05,
            "validation": "nested leave-one-donor-out",
        },
        notes=tuple(notes),
        lacks=lacks,
        methods=(
            Method(
                "Surrogates were chosen and their error estimated by nested cross-validation over donors."
            ),
        ),
    )
