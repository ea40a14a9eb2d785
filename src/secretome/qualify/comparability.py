"""Comparability: is it the same product after a change, by equivalence within margins given beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from secretome.errors import InvalidInput, NotEstimable, Problem, near_misses
from secretome.results import Answer, Cell, Method, Result, Verdict
from secretome.stats import equivalence

Scale = Literal["ratio", "difference"]
Outcome = Literal["equivalent", "different", "undecided"]


@dataclass(frozen=True)
class ComparabilityOptions:
    """Choices of a comparison.

    Parameters
    ----------
    test, reference
        The two groups.
    margin, reason
        Lower and upper margin (ratio: around 1; difference: around 0) and why these; no default.
    scale
        `ratio` compares logarithms, `difference` the values.
    legacy_margin
        Margin of 1.5 standard deviations of the reference units, a legacy convention that is estimated from the
        same data; its simulated true size is printed.
    comparison
        `welch`, `pooled` or `paired` (same units in both groups).
    alpha
        Of each one-sided test.
    """

    test: str
    reference: str
    margin: tuple[float, float] | None = None
    reason: str = ""
    scale: Scale = "ratio"
    comparison: equivalence.Comparison = "welch"
    alpha: float = 0.05
    legacy_margin: bool = False
    seed: int = 1


def compare_groups(values: pd.DataFrame, options: ComparabilityOptions) -> Result:
    """Equivalent, different or undecided, for each attribute, with the power at the lots at hand.

    Parameters
    ----------
    values
        Layout `comparability`; lots of one unit (donor or pool) are averaged first.
    options
        Groups, margin with its reason, scale.

    Returns
    -------
    Result `qualify.comparability` with tables `equivalence`, `power` (units a group against power), `units`, and
    `distance` when several attributes were measured. Without a margin: `cannot be judged`.

    Raises
    ------
    InvalidInput
        If a group is unknown, a margin has no reason or misses the null, dose bases are mixed, or a
        ratio meets a value that is not positive.
    NotEstimable
        With fewer than two units in a group.

    Examples
    --------
    >>> frame = pd.DataFrame({"group": ["A"] * 4 + ["B"] * 4, "unit": list("12345678"),
    ...     "value": [101, 99, 103, 98, 100, 102, 97, 100.0]})
    >>> found = compare_groups(frame, ComparabilityOptions("B", "A", (0.8, 1.25), "limits of the method"))
    >>> found.tables["equivalence"]["outcome"].iloc[0], found.verdict
    ('equivalent', 'pass')
    """
    values, said = _with_units(values, options)
    _check(values, options)
    frame = values.assign(attribute=values.get("attribute", "value"))
    units = frame.groupby(["attribute", "group", "unit"], sort=True, as_index=False)["value"].mean()
    rows, power = [], []
    for name, mine in units.groupby("attribute", sort=False):
        test, reference = _sides(str(name), mine, options)
        margin = _margin(reference, options)
        rows.append(_row(str(name), margin, test, reference, options))
        if margin is not None:
            power += _power(str(name), margin, test, reference, options)
    tables = {"equivalence": pd.DataFrame(rows), "units": units}
    tables |= {"power": pd.DataFrame(power)} if power else {}
    if len(set(units["attribute"])) > 1:
        tables["distance"] = distances(units, test=options.test, reference=options.reference)
    notes = list(said)
    if len(units) < len(frame):
        notes.append(
            f"{len(frame)} values of lots were averaged to {len(units)} values of units: lots of one donor are not independent."
        )
    if options.legacy_margin:
        first = rows[0]
        size = legacy_margin_size(
            int(str(first["units_test"])), int(str(first["units_reference"])), seed=options.seed
        )
        tables["legacy_quality_range"] = _quality_range(units, options)
        tables["legacy_margin"] = pd.DataFrame(
            {"rule": ["1.5 reference standard deviations"], "simulated_size": [size], "studies": [10_000]}
        )
        notes.append(
            f"The margin of 1.5 standard deviations is a legacy convention estimated from the same lots; simulated true size at these numbers of units: {size:.3f}."
        )
    return _result(tables, options, tuple(notes))


def distances(units: pd.DataFrame, *, test: str, reference: str) -> pd.DataFrame:
    """How far each test unit lies from the reference units, over all attributes together.

    Parameters
    ----------
    units
        `attribute`, `group`, `unit`, `value`.

    Returns
    -------
    A row a unit: root mean square of standardised deviations from the other reference units, and for test
    units the share of reference units (themselves left out in turn) that lie at least as far.

    Raises
    ------
    NotEstimable
        With fewer than three reference units measured in every attribute.

    Examples
    --------
    >>> rows = [("x", "R", str(i), v) for i, v in enumerate([1, 2, 3, 4.0])] + [("x", "T", "9", 30.0)]
    >>> found = distances(pd.DataFrame(rows, columns=["attribute", "group", "unit", "value"]), test="T", reference="R")
    >>> float(found.loc[found["group"] == "T", "p_rank"].iloc[0])
    0.2
    """
    wide = units.pivot_table(index=["group", "unit"], columns="attribute", values="value").dropna()
    base = wide.loc[[reference]] if reference in wide.index.get_level_values(0) else wide.iloc[:0]
    if len(base) < 3:
        raise NotEstimable(
            f"{len(base)} units of {reference!r} were measured in every attribute; a distance needs three"
        )

    def distance(row: pd.Series, others: pd.DataFrame) -> float:
        z = (row - others.mean()) / (others.std(ddof=1) * np.sqrt(1 + 1 / len(others)))
        return float(np.sqrt((z**2).mean()))

    own = {key: distance(base.loc[key], base.drop(index=[key])) for key in base.index}
    rows = [{"group": k[0], "unit": k[1], "distance": d, "p_rank": np.nan} for k, d in own.items()]
    for key in wide.index[wide.index.get_level_values(0) == test]:
        d = distance(wide.loc[key], base)
        p = (1 + sum(other >= d for other in own.values())) / (1 + len(own))
        rows.append({"group": key[0], "unit": key[1], "distance": d, "p_rank": p})
    return pd.DataFrame(rows).assign(reference_units=len(base), attributes=wide.shape[1])


def legacy_margin_size(n_test: int, n_reference: int, *, seed: int, studies: int = 10_000) -> float:
    """True size of the legacy rule of 1.5 reference standard deviations, by simulation at that margin.

    The margin is estimated from the same lots, so the test is not of level 0.05.

    Examples
    --------
    >>> 0 < legacy_margin_size(6, 6, seed=1, studies=2000) < 0.5
    True
    """
    from scipy import stats as distributions

    rng = np.random.default_rng(seed)
    x = rng.normal(1.5, 1, (studies, n_test))
    y = rng.normal(0, 1, (studies, n_reference))
    df = n_test + n_reference - 2
    pooled = ((n_test - 1) * x.var(axis=1, ddof=1) + (n_reference - 1) * y.var(axis=1, ddof=1)) / df
    half = distributions.t.ppf(0.95, df) * np.sqrt(pooled * (1 / n_test + 1 / n_reference))
    difference = x.mean(axis=1) - y.mean(axis=1)
    margin = 1.5 * y.std(axis=1, ddof=1)
    return float(((difference - half > -margin) & (difference + half < margin)).mean())


def _with_units(values: pd.DataFrame, options: ComparabilityOptions) -> tuple[pd.DataFrame, list[str]]:
    """Every row with its unit of replication; what was taken for one is said."""
    if "unit" in values and (values["unit"] != "").all():
        return values, []
    if "unit" in values and (values["unit"] != "").any():
        raise InvalidInput(
            [Problem("values", "a unit is named in some rows only", "all or none", "Fill the column.")]
        )
    if options.comparison == "paired":
        found = "a paired comparison without a column unit"
        raise InvalidInput([Problem("values", found, "the donor or pool that both groups share", "Add it.")])
    frame = values.copy()
    if "lot" in frame and (frame["lot"] != "").all():
        frame["unit"] = frame["group"] + " " + frame["lot"]
        return frame, [
            "No column unit: each lot was taken as a unit of its own. Lots of one donor are not independent."
        ]
    attribute = frame["attribute"] if "attribute" in frame else pd.Series("value", index=frame.index)
    number = frame.groupby([frame["group"], attribute]).cumcount() + 1
    frame["unit"] = frame["group"] + " " + number.astype(str)
    return frame, [
        "No column unit or lot: each row was taken as a unit of its own. Repeats of one lot or donor are not independent."
    ]


def _quality_range(units: pd.DataFrame, options: ComparabilityOptions) -> pd.DataFrame:
    """The legacy second tier: reference mean -/+ 3 standard deviations, its range, and test units inside."""
    rows = []
    for name, mine in units.groupby("attribute", sort=False):
        test, reference = (
            mine.loc[mine["group"] == group, "value"] for group in (options.test, options.reference)
        )
        mean, sd = float(reference.mean()), float(reference.std(ddof=1))
        rows.append(
            {"attribute": name, "reference_mean": mean, "reference_sd": sd, "lower": mean - 3 * sd, "upper": mean + 3 * sd,
             "test_inside": int(test.between(mean - 3 * sd, mean + 3 * sd).sum()), "test_units": len(test),
             "reference_min": float(reference.min()), "reference_max": float(reference.max())}
        )  # fmt: skip
    return pd.DataFrame(rows)


def _check(values: pd.DataFrame, options: ComparabilityOptions) -> None:
    groups = sorted(set(values["group"]))
    problems = [
        Problem("values", f"no group {name!r}", "a group of the file", f"Mend it{near_misses(name, groups)}")
        for name in (options.test, options.reference)
        if name not in groups
    ]
    if options.test == options.reference:
        problems.append(Problem("options", "one group was named twice", "two groups", "Name the other."))
    null = 1.0 if options.scale == "ratio" else 0.0
    if options.margin is not None:
        low, high = options.margin
        if not options.reason:
            problems.append(
                Problem("options", "a margin without a reason", "why this margin", "Give --reason.")
            )
        if not low < null < high or (options.scale == "ratio" and low <= 0):
            problems.append(
                Problem("options", f"margin {low} to {high}", f"limits on both sides of {null:g}", "Mend it.")
            )
    if options.scale == "ratio" and (values["value"] <= 0).any():
        problems.append(
            Problem(
                "values",
                "a value that is zero or negative",
                "positive values for a ratio",
                "Use --scale difference.",
            )
        )
    if "dose_basis" in values:
        bases = sorted({basis for basis in values["dose_basis"] if basis})
        if len(bases) > 1:
            problems.append(
                Problem("values", f"dose bases {', '.join(bases)}", "one common dose basis", "Convert first.")
            )
    if problems:
        raise InvalidInput(problems)


def _sides(name: str, mine: pd.DataFrame, options: ComparabilityOptions) -> tuple[pd.Series, pd.Series]:
    test = mine[mine["group"] == options.test].set_index("unit")["value"]
    reference = mine[mine["group"] == options.reference].set_index("unit")["value"]
    if options.comparison == "paired":
        shared = test.index.intersection(reference.index)
        if len(shared) < 2:
            raise NotEstimable(
                f"{name}: {len(shared)} units were measured in both groups; pairs need at least two"
            )
        test, reference = test.loc[shared], reference.loc[shared]
    elif set(test.index) & set(reference.index):
        both = ", ".join(sorted(set(test.index) & set(reference.index))[:5])
        raise NotEstimable(f"{name}: {both} stand in both groups; compare within donors with paired")
    if options.scale == "ratio":
        return pd.Series(np.log(test), index=test.index), pd.Series(np.log(reference), index=reference.index)
    return test, reference


def _margin(reference: pd.Series, options: ComparabilityOptions) -> tuple[float, float] | None:
    """The margin on the scale of the test, or None."""
    if options.legacy_margin:
        half = 1.5 * float(reference.std(ddof=1))
        return (-half, half) if half > 0 else None
    if options.margin is None:
        return None
    low, high = options.margin
    return (float(np.log(low)), float(np.log(high))) if options.scale == "ratio" else (low, high)


def _row(
    name: str,
    margin: tuple[float, float] | None,
    test: pd.Series,
    reference: pd.Series,
    options: ComparabilityOptions,
) -> dict[str, object]:
    back = np.exp if options.scale == "ratio" else float
    # without a margin any will do: only the difference and its interval are read
    found = equivalence.tost(
        test, reference, margin=margin or (-1.0, 1.0), comparison=options.comparison, alpha=options.alpha
    )
    outcome: Outcome | str = "cannot be judged"
    if margin is not None:
        equivalent = found.p_value < options.alpha
        outside = found.upper < found.margin_lower or found.lower > found.margin_upper
        outcome = "equivalent" if equivalent else "different" if outside else "undecided"
    given = (np.nan, np.nan) if margin is None else tuple(float(back(side)) for side in margin)
    return {
        "attribute": name, "test": options.test, "reference": options.reference, "units_test": len(test),
        "units_reference": len(reference), "estimate": float(back(found.difference)), "lower": float(back(found.lower)),
        "upper": float(back(found.upper)), "interval_level": 1 - 2 * options.alpha, "scale": options.scale,
        "margin_lower": given[0], "margin_upper": given[1], "df": found.df,
        "p_value": found.p_value if margin else np.nan, "t_lower": found.t_lower if margin else np.nan,
        "p_lower": found.p_lower if margin else np.nan, "t_upper": found.t_upper if margin else np.nan,
        "p_upper": found.p_upper if margin else np.nan, "p_difference": found.p_difference, "outcome": outcome,
    }  # fmt: skip


def _power(
    name: str,
    margin: tuple[float, float],
    test: pd.Series,
    reference: pd.Series,
    options: ComparabilityOptions,
) -> list[dict[str, object]]:
    paired = options.comparison == "paired"
    if paired:
        sd = float((test - reference).std(ddof=1))
    else:
        df = len(test) + len(reference) - 2
        sd = float(np.sqrt(((len(test) - 1) * test.var() + (len(reference) - 1) * reference.var()) / df))
    return [
        {"attribute": name, "units_a_group": n, "power_if_equal": equivalence.power(
            n, n, sd=sd, margin=margin, comparison="paired" if paired else "pooled", alpha=options.alpha),
         "at_hand": n == min(len(test), len(reference))}
        for n in sorted({min(len(test), len(reference)), 3, 4, 6, 8, 12, 16, 24})
    ]  # fmt: skip


def _result(tables: dict[str, pd.DataFrame], options: ComparabilityOptions, notes: tuple[str, ...]) -> Result:
    rows = tables["equivalence"]
    outcomes = set(rows["outcome"])
    verdict: Verdict = "pass"
    lacks: tuple[str, ...] = ()
    if "cannot be judged" in outcomes:
        verdict, lacks = (
            "cannot be judged",
            ("A margin, given beforehand with its reason, decides what equivalent means.",),
        )
    elif "different" in outcomes:
        verdict = "fail"
    elif "undecided" in outcomes:
        verdict, lacks = "cannot be judged", ("More units would decide: see the table power.",)
    parts: list[str] = []
    cells: dict[str, Cell] = {}
    for i, row in enumerate(rows.itertuples()):
        where = {"attribute": row.attribute}
        parts.append(
            f"{{name{i}}} {{outcome{i}}} ({{estimate{i}}}, {{lower{i}}} to {{upper{i}}}; {{n{i}}} and {{m{i}}} units)"
        )
        cells |= {
            f"name{i}": Cell("equivalence", "attribute", where),
            f"n{i}": Cell("equivalence", "units_test", where),
        }
        cells |= {f"m{i}": Cell("equivalence", "units_reference", where)}
        cells |= {f"{c}{i}": Cell("equivalence", c, where) for c in ("outcome", "estimate", "lower", "upper")}
    return Result(
        "qualify",
        "comparability",
        f"Is {options.test} the same product as {options.reference}?",
        Answer("; ".join(parts) + ".", cells),
        verdict=verdict,
        tables=tables,
        parameters={
            "test": options.test, "reference": options.reference, "margin": options.margin, "reason": options.reason or ("legacy convention" if options.legacy_margin else ""),
            "scale": options.scale, "comparison": options.comparison, "alpha": options.alpha,
        },
        notes=notes,
        lacks=lacks,
        methods=(Method("Equivalence was tested by two one-sided t tests.", ("10.1007/BF01068419",)),),
    )  # fmt: skip
