"""What contradicts itself or cannot be told is refused or said: options, units, factors, gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome import qualify
from secretome.errors import InvalidInput, NotEstimable

VALUES = pd.DataFrame({"value": [10.1, 9.8, 10.3, 10, 9.9, 10.2]})


def test_options_of_a_chart_that_contradict_themselves_come_together():
    options = qualify.ControlOptions(center=10, chart="range", shift=0)
    with pytest.raises(InvalidInput) as refused:
        qualify.chart_of(VALUES, options)
    assert len(refused.value.problems) == 3
    with pytest.raises(InvalidInput, match="sigma -1"):
        qualify.chart_of(VALUES, qualify.ControlOptions(center=10, sigma=-1))


def test_limits_without_sense_are_refused():
    with pytest.raises(InvalidInput, match="some lots only"):
        qualify.limits_from_lots(VALUES.assign(donor=["A", "B", "", "C", "D", "E"]), qualify.LimitOptions())
    with pytest.raises(InvalidInput) as refused:
        qualify.limits_from_lots(VALUES, qualify.LimitOptions(transform="log", lower=2, upper=-1))
    assert len(refused.value.problems) == 2


def test_a_factor_that_does_not_vary_has_no_correlation():
    rows = [
        (f"L{i}", f"D{i}", m, k, v)
        for i in range(7)
        for m, k, v in (
            ("flat", "factor", 5.0),
            ("VEGFA", "factor", 2.0**i),
            ("tubes", "activity", i + 0.1 * (-1) ** i),
        )
    ]
    frame = pd.DataFrame(rows, columns=["lot", "donor", "measure", "kind", "value"])
    found = (
        qualify.surrogates(frame, qualify.MatrixOptions(permutations=99))
        .tables["correlations"]
        .set_index("factor")
    )
    assert np.isnan(found.loc["flat", "r"])
    linear = qualify.surrogates(frame, qualify.MatrixOptions(permutations=99, log_factors=False))
    assert linear.parameters["log_factors"] is False


def test_two_assumed_potencies_of_one_lot_are_refused():
    dose = np.tile([1.0, 2, 4], 4)
    wells = pd.DataFrame(
        {
            "preparation": ["R"] * 6 + ["T"] * 6,
            "dose": dose,
            "response": np.log(dose) + np.tile([0.1, -0.1, 0.05, -0.02], 3),
            "assumed": [20.0, 30.0] * 6,
        }
    )
    with pytest.raises(InvalidInput, match=r"assumed potencies 20\.0, 30\.0"):
        qualify.relative_potency(wells, qualify.PotencyOptions("R", model="parallel line"))


def test_counts_of_two_instruments_are_not_compared():
    frame = pd.DataFrame(
        {"sample": ["A", "B"], "quantity": "particles", "value": [1e10, 2e10], "instrument": ["NTA", "TRPS"]}
    )
    assert any("more than one instrument" in note for note in qualify.purity_of(frame).notes)


def test_a_line_with_a_result_and_no_limit_cannot_be_judged():
    found = qualify.lot_summary(pd.DataFrame({"line": ["moisture"], "result": ["1.2"]}))
    row = found.tables["lines"].set_index("line").loc["moisture"]
    assert (row["verdict"], row["reason"]) == (
        "cannot be judged",
        "no limit, no justification, no method was entered",
    )


def test_a_limit_without_a_logarithm_and_a_lot_of_two_values_are_not_judged():
    frame = pd.DataFrame({"lot": "A", "time": [0, 3, 6, 9.0], "value": [10, 9, 8, 7.2]})
    logged = qualify.shelf_life_of(frame, qualify.StabilityOptions(lower=-1, transform="log"))
    assert "limit is zero or negative" in logged.lacks[0]
    short = qualify.shelf_life_of(frame.iloc[:2], qualify.StabilityOptions(lower=5))
    assert "needs 3 at 2" in short.lacks[0]


def runs(**columns):
    rng = np.random.default_rng(5)
    rows = [
        (level, level * np.exp(0.1 * (analyst == "B") + 0.04 * day + rng.normal(0, 0.03)), analyst, f"day {day}")
        for analyst in "ABC" for day in range(4) for level in (50.0, 71, 100, 141) for _ in range(2)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["level", "value", "analyst", "day"]).assign(**columns)


def test_analyst_and_day_are_told_apart():
    found = qualify.assay_validation(runs(plate="P1", run=""))
    parts = found.tables["components"].set_index("component")
    assert parts.loc["residual", "sd_ln"] == pytest.approx(0.03, rel=0.3)
    assert parts.loc["analyst", "sd_ln"] == pytest.approx(0.058, rel=0.3)
    assert parts.loc["plate", "reason"] == "one level only"
    doubled = runs(run=lambda d: "run " + d["analyst"])
    assert (
        qualify.assay_validation(doubled).tables["components"].set_index("component").loc["run", "reason"]
        == "the same groups as another factor"
    )


def test_a_validation_without_runs_or_with_one_level_says_so():
    with pytest.raises(InvalidInput, match="belong to one run"):
        qualify.assay_validation(runs().drop(columns=["analyst", "day"]))
    one = qualify.assay_validation(runs().query("level == 100"))
    assert np.isnan(one.tables["linearity"]["slope"].iloc[0])
    alone = pd.DataFrame(
        {"level": [50.0] * 4, "value": [50.0, 51, 49, 52], "run": list("1122"), "day": list("abcd")}
    )
    assert (
        qualify.assay_validation(alone).tables["components"].set_index("component").loc["day", "reason"]
        == "a level per value"
    )


def test_forms_need_no_more_than_their_required_columns():
    frame = pd.DataFrame(
        {"form": ["CM"], "donor": ["D1"], "item": ["doses"], "value": [3.0], "unit": ["per batch"]}
    )
    assert qualify.side_by_side(frame).tables["forms"]["CM"].tolist() == ["3"]


def test_activities_are_named_once():
    frame = pd.DataFrame({"donor": ["A"], "measure": ["VEGFA"], "value": [1.0]})
    for table, activities, words in (
        (frame, (), "no column kind"), (frame.assign(kind="factor"), ("VEGFA",), "and --activity"), (frame, ("VEGF",), "no measure 'VEGF'"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput, match=words):
            qualify.surrogates(table, qualify.MatrixOptions(activities=activities))


def test_an_error_as_large_as_the_value_gives_no_interval():
    rows = [
        ("A", "particles", 1e10, 1e9),
        ("A", "protein", 10.0, 40.0),
        ("B", "particles", 1e10, np.nan),
        ("B", "protein", 10.0, 1.0),
    ]
    found = qualify.purity_of(
        pd.DataFrame(rows, columns=["sample", "quantity", "value", "standard_error"])
    ).tables["ratio"]
    assert found["reason"].tolist() == [
        "no interval: the errors are as large as the values",
        "no interval: a standard error is missing",
    ]
    assert found["upper"].isna().all()


def test_a_plate_whose_curves_give_no_potency_is_refused():
    noise = np.random.default_rng(0).normal(0, 0.01, 24)
    wells = pd.DataFrame(
        {
            "preparation": ["R"] * 12 + ["T"] * 12,
            "dose": np.tile([1.0, 2, 4, 8, 16, 32], 4),
            "response": 1 + noise,
        }
    )
    with pytest.raises(NotEstimable, match="give no potency"):
        qualify.relative_potency(wells, qualify.PotencyOptions("R"))
