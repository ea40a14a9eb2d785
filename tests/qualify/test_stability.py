"""Shelf lives as a product page says them: supported, extrapolated, claimed, limiting attribute, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome.errors import InvalidInput, NotEstimable
from secretome.qualify import StabilityOptions, arrhenius, shelf_life_of, shelf_lives


def series(*, seed=1, lots="ABC", loss=0.2, start=100.0, **columns):
    rng = np.random.default_rng(seed)
    month = np.tile([0.0, 3, 6, 9, 12, 18], len(lots))
    lot = np.repeat(list(lots), 6)
    value = start - loss * month + rng.normal(0, 0.4, month.size)
    return pd.DataFrame({"lot": lot, "time": month, "value": value, **columns})


@pytest.fixture(scope="module")
def published(shared):
    table = pd.read_csv(shared / "data" / "stability-ich-q1e" / "exp1_potency.csv")
    return table.set_axis(["lot", "time", "value"], axis=1)


@pytest.mark.parametrize(
    ("lots", "model", "months", "separate", "worst"),
    [
        (["b2", "b5", "b7"], "cics", 26.00, None, "all lots alike"),
        (["b3", "b4", "b5"], "dics", 23.40, None, "b5"),
        (["b4", "b5", "b8"], "dids", 15.61, 15.84, "b8"),
    ],
)
def test_published_shelf_lives_come_out(published, lots, model, months, separate, worst):
    found = shelf_life_of(published[published["lot"].isin(lots)], StabilityOptions(lower=95))
    row = found.tables["attributes"].iloc[0]
    assert (row["model"], row["limiting_lot"]) == (model, worst)
    assert round(row["months"], 2) == months
    if separate is not None:
        assert round(row["months_separate_error"], 2) == separate
        assert round(row["months_pooled_error"], 2) == months


def test_the_trap_of_a_limit_that_comes_back_is_no_shelf_life(shared):
    table = pd.read_csv(shared / "data" / "stability-ich-q1e" / "exp4_conc.csv")
    frame = table.set_axis(["lot", "time", "value"], axis=1)
    models = shelf_life_of(frame, StabilityOptions(lower=95, upper=105, sides=1)).tables["models"]
    row = models.query("model == 'dids' and error == 'pooled' and worst").iloc[0]
    assert row["months"] == 0
    assert row["status"] == "outside at month 0"


def test_the_claim_is_the_smaller_of_supported_and_extrapolated():
    found = shelf_life_of(series(), StabilityOptions(lower=95))
    summary = found.tables["summary"].iloc[0]
    assert summary["extrapolated"] > 18
    assert summary["claimed"] == summary["supported"] == 18
    reasoned = shelf_life_of(series(), StabilityOptions(lower=95, extrapolation_reason="agreed"))
    assert reasoned.tables["summary"]["claimed"].iloc[0] == summary["extrapolated"]
    assert any("agreed" in note for note in reasoned.notes)


def test_the_first_attribute_to_fail_is_named_and_the_markers_are_not_activity():
    frame = pd.concat([series(attribute="VEGFA", loss=0.1), series(attribute="BDNF", loss=0.4, seed=2)])
    found = shelf_life_of(frame, StabilityOptions(lower=95))
    assert found.tables["summary"]["limiting_attribute"].iloc[0] == "BDNF"
    assert "Shelf life of the markers, not of activity" in found.sentence()
    active = shelf_life_of(series(potency=True), StabilityOptions(lower=95))
    assert active.sentence().startswith("Shelf life of activity")


def test_values_below_the_lloq_count_as_such_and_are_said():
    frame = series(attribute="BDNF", loss=0.8)
    frame["censored"] = frame["value"] < 88
    frame.loc[frame["censored"], "value"] = 88.0
    found = shelf_life_of(frame, StabilityOptions(lower=90))
    row = found.tables["attributes"].iloc[0]
    assert row["censored"] > 0
    assert row["months"] == pytest.approx((100 - 90) / 0.8, rel=0.1)
    assert any("no number stands in for them" in note for note in found.notes)
    high = shelf_life_of(frame, StabilityOptions(lower=80))
    assert "cannot see the limit" in high.lacks[0]
    gone = frame.assign(censored=frame["time"] > 0)
    assert "fewer than two times" in shelf_life_of(gone, StabilityOptions(lower=90)).lacks[0]


def test_every_lot_by_its_own_line_is_always_printed_beside():
    found = shelf_life_of(series(), StabilityOptions(lower=95))
    row = found.tables["attributes"].iloc[0]
    alone = shelf_life_of(series(), StabilityOptions(lower=95, pooling="none")).tables["attributes"].iloc[0]
    assert row["months_every_lot"] == alone["months"] < row["months"]
    assert "every lot by its own line" in found.sentence()
    assert any("pooling is too long more often" in note for note in found.notes)


def test_each_clock_state_and_temperature_is_judged_on_its_own():
    frame = pd.concat(
        [series(clock="powder", state="freeze-dried"), series(clock="in use", state="liquid", loss=1.0)]
    )
    powder, use = sorted(shelf_lives(frame, StabilityOptions(lower=90)), key=lambda r: r.name, reverse=True)
    assert powder.name == "stability_powder, freeze-dried"
    assert powder.sentence().startswith("Powder, freeze-dried: ")
    assert any("moisture, cake, reconstitution" in note for note in powder.notes)
    assert not any("moisture" in note for note in use.notes)
    warm = pd.concat([series(temperature_c=5.0), series(temperature_c=25.0)])
    assert [r.name for r in shelf_lives(warm, StabilityOptions(lower=90))] == [
        "stability_5 degrees C",
        "stability_25 degrees C",
    ]
    half = frame.assign(clock=["powder"] * 18 + [""] * 18)
    with pytest.raises(InvalidInput, match="empty in some rows"):
        shelf_lives(half, StabilityOptions(lower=90))


def test_what_a_lot_must_be_released_at_is_the_other_way_round():
    months = shelf_life_of(series(), StabilityOptions(lower=95, release=99)).tables["release"]
    kept = float(months.loc[months["chosen"], "months"].iloc[0])
    back = shelf_life_of(series(), StabilityOptions(lower=95, months=kept)).tables["release"]
    assert back.loc[back["chosen"], "release"].iloc[0] == pytest.approx(99, abs=1e-6)


def test_limits_that_were_exchanged_and_negative_times_are_refused_or_not_judged():
    with pytest.raises(InvalidInput, match="not below upper"):
        shelf_life_of(series(), StabilityOptions(lower=105, upper=95))
    early = series()
    early.loc[0, "time"] = -1.0
    assert "negative" in shelf_life_of(early, StabilityOptions(lower=95)).lacks[0]


def test_a_log_linear_decay_is_judged_on_logarithms():
    frame = series()
    frame["value"] = 100 * np.exp((frame["value"] - 100) / 100)
    logged = shelf_life_of(frame, StabilityOptions(lower=95, transform="log"))
    plain = shelf_life_of(frame.assign(value=np.log(frame["value"])), StabilityOptions(lower=np.log(95)))
    assert logged.tables["attributes"]["months"].iloc[0] == pytest.approx(
        plain.tables["attributes"]["months"].iloc[0]
    )
    assert (
        shelf_life_of(frame.assign(value=0.0), StabilityOptions(lower=95, transform="log")).verdict
        == "cannot be judged"
    )


def test_doubts_are_said():
    backwards = series().iloc[::-1]
    assert any("not in order" in note for note in shelf_life_of(backwards, StabilityOptions(lower=95)).notes)
    rising = shelf_life_of(series(loss=-0.3), StabilityOptions(lower=95))
    assert any("wrong side" in note for note in rising.notes)
    assert "nothing is extrapolated" in rising.sentence()
    wrong = shelf_life_of(series(), StabilityOptions(upper=105))
    assert any("wrong side" in note for note in wrong.notes)
    one = shelf_life_of(series(lots="A"), StabilityOptions(lower=95))
    assert any("describes this lot, not lots" in note for note in one.notes)
    outside = shelf_life_of(series(), StabilityOptions(lower=101))
    assert outside.verdict == "fail"
    assert "No shelf life" in outside.sentence()


def test_clocks_states_and_limits_are_never_mixed():
    with pytest.raises(InvalidInput, match="never mixed"):
        shelf_life_of(series(clock=["powder", "in use"] * 9), StabilityOptions(lower=95))
    with pytest.raises(InvalidInput, match="one limit"):
        shelf_life_of(series(lower=[90.0, 95.0] * 9), StabilityOptions())
    with pytest.raises(InvalidInput, match="no acceptance limit"):
        shelf_life_of(series(), StabilityOptions())


def test_what_if_gives_every_model_and_lot():
    found = shelf_life_of(series(), StabilityOptions(lower=95, release=98))
    assert len(found.tables["release"]) == 4 * 3
    with pytest.raises(NotEstimable, match="exactly one"):
        shelf_life_of(series(), StabilityOptions(lower=95, upper=105, release=98))


def test_arrhenius_keeps_its_rules():
    rates = pd.DataFrame({"temperature_c": [5.0, 25, 40], "rate": [0.1, 0.8, 3.1], "state": "liquid"})
    found = arrhenius(rates, temperature_c=25)
    assert found.verdict is None
    assert "never the claim" in found.notes[0]
    with pytest.raises(NotEstimable, match="freezes"):
        arrhenius(rates, temperature_c=-20)
    assert "extrapolated" in arrhenius(rates, temperature_c=60).notes[1]
    for change in ({"state": "frozen"}, {"temperature_c": [5.0, 5, 40]}, {"rate": [0.1, 0.0, 1]}):
        with pytest.raises(NotEstimable):
            arrhenius(rates.assign(**change), temperature_c=25)
