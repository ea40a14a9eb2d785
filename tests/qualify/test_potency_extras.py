"""Suitability, robust fits, bootstrap, dose bases and designs of a potency assay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from secretome.errors import InvalidInput, NotEstimable
from secretome.qualify import PotencyOptions, relative_potency

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


@pytest.fixture(scope="module")
def simulated():
    table = pd.read_csv(GOLDEN / "curves_simulated_assay.csv")
    return table.rename(columns={"prep": "preparation", "y": "response"}).astype({"plate": str})


def test_suitability_is_printed_always_and_judged_by_limits_of_the_user(simulated):
    free = relative_potency(simulated, PotencyOptions("ref")).tables["suitability"]
    assert set(free["verdict"]) == {""}
    assert (free.query("criterion == 'r_squared'")["value"] > 0.99).all()
    assert (free.query("criterion == 'reference_midpoint'")["value"]).between(0.5, 1.5).all()
    tight = PotencyOptions("ref", criteria=(("replicate_cv_percent", np.nan, 0.1),), criteria_reason="SOP")
    found = relative_potency(simulated, tight)
    assert found.verdict == "fail"
    assert "NOT SUITABLE" in found.sentence()
    met = PotencyOptions("ref", criteria=(("r_squared", 0.9, np.nan),), criteria_reason="SOP")
    assert relative_potency(simulated, met).verdict == "cannot be judged"


def test_criteria_without_sense_are_refused_together():
    wells = pd.DataFrame({"preparation": ["R"], "dose": [1.0], "response": [1.0]})
    options = PotencyOptions(
        "R", criteria=(("r_square", 0.9, 1.0), ("r_squared", 2.0, 1.0), ("doses", np.nan, np.nan))
    )
    with pytest.raises(InvalidInput) as refused:
        relative_potency(wells, options)
    assert len(refused.value.problems) == 4


def test_a_robust_fit_bears_an_outlier_that_moves_the_plain_one(simulated):
    plate = simulated[simulated["plate"] == "1"].reset_index(drop=True)
    bent = plate.copy()
    at = bent.index[(bent["preparation"] == "test") & (bent["dose"] == 1.25)][0]
    bent.loc[at, "response"] += 1.0

    def percent(wells, **options):
        return relative_potency(wells, PotencyOptions("ref", **options))

    clean = percent(plate).tables["summary"]["percent"].iloc[0]
    plain, robust = (
        percent(bent, robust=flag).tables["summary"]["percent"].iloc[0] for flag in (False, True)
    )
    assert abs(robust - clean) < abs(plain - clean) / 3
    found = percent(bent, robust=True)
    assert found.tables["weights"]["huber"].min() < 0.3
    assert any("weighed down" in note for note in found.notes)


def test_the_bootstrap_stands_beside_the_interval(simulated):
    found = relative_potency(simulated, PotencyOptions("ref", bootstrap=300, seed=2))
    again = relative_potency(simulated, PotencyOptions("ref", bootstrap=300, seed=2))
    drawn, plates = found.tables["bootstrap"], found.tables["plates"]
    pd.testing.assert_frame_equal(drawn, again.tables["bootstrap"])
    assert np.allclose(drawn["standard_error_ln"], plates["standard_error"], rtol=0.25)


def test_lines_have_neither_robust_weights_nor_bootstrap():
    wells = pd.DataFrame({"preparation": ["R"], "dose": [1.0], "response": [1.0]})
    with pytest.raises(InvalidInput, match="parallel lines"):
        relative_potency(wells, PotencyOptions("R", model="parallel line", robust=True))


def amounts(**change):
    table = {"preparation": ["ref", "test"] * 2, "basis": ["protein"] * 2 + ["particles"] * 2,
             "per_ml": [400.0, 200.0, 2e10, 2e10], "standard_error": [0.0, 20.0, 0.0, 0.0]}  # fmt: skip
    return pd.DataFrame({**table, **change})


def test_a_potency_per_protein_takes_what_each_lot_holds_with_its_error(simulated):
    found = relative_potency(simulated, PotencyOptions("ref", dose_unit="uL"), amounts=amounts())
    row, bases = found.tables["summary"].iloc[0], found.tables["bases"].set_index("basis")
    assert bases.loc["protein", "percent"] == pytest.approx(2 * row["percent"])
    assert bases.loc["particles", ["percent", "lower", "upper"]].tolist() == pytest.approx(
        row[["percent", "lower", "upper"]].tolist()
    )
    wider = np.log(bases["upper"] / bases["lower"])
    assert wider["protein"] > wider["particles"]


def test_bases_without_sense_are_refused(simulated):
    options = PotencyOptions("ref", carrier_protein=True)
    bad = amounts(preparation=["ref", "ref", "ref", "test"], per_ml=[400.0, -1.0, 2e10, 2e10])
    with pytest.raises(InvalidInput) as refused:
        relative_potency(simulated, options, amounts=bad)
    assert len(refused.value.problems) == 4
    bare = relative_potency(
        simulated, PotencyOptions("ref"), amounts=amounts().drop(columns="standard_error")
    )
    assert bare.tables["bases"]["lower"].isna().all()


def plate_of_lines(seed=1):
    rng = np.random.default_rng(seed)
    dose, name = np.tile(np.repeat([1.0, 2, 4], 4), 2), np.repeat(["R", "T"], 12)
    frame = pd.DataFrame(
        {"preparation": name, "dose": dose, "response": 2 * np.log(dose) + rng.normal(0, 0.1, 24)}
    )
    return frame.assign(
        row=np.repeat(list("ABCD"), 6), column=np.tile(list("123456"), 4), block=np.tile(list("1234"), 6)
    )


def lines(frame, **options):
    return relative_potency(frame, PotencyOptions("R", model="parallel line", judge="f-test", **options))


def test_positions_on_a_plate_are_no_latin_square():
    found = lines(plate_of_lines().drop(columns="block"))
    assert found.tables["plates"]["layout"].iloc[0] == "completely randomised"
    assert any("taken as positions" in note for note in found.notes)


def test_the_design_may_be_named():
    frame = plate_of_lines()
    assert lines(frame).tables["plates"]["layout"].iloc[0] == "randomised blocks"
    assert lines(frame, design="randomised").tables["plates"]["layout"].iloc[0] == "completely randomised"
    assert any("single block" in note for note in lines(frame.assign(block="1")).notes)
    with pytest.raises(NotEstimable, match="needs the column block"):
        lines(frame.drop(columns="block"), design="blocks")


def test_blocks_are_not_used_by_curves_which_is_said(simulated):
    found = relative_potency(simulated.assign(block="1"), PotencyOptions("ref"))
    assert any("not used by curves" in note for note in found.notes)


def test_an_unknown_reference_and_falling_responses_and_potencies_beyond_the_doses_are_said():
    with pytest.raises(InvalidInput, match="no preparation 'r'"):
        relative_potency(plate_of_lines(), PotencyOptions("r"))
    falling = plate_of_lines().assign(response=lambda d: -d["response"])
    assert any("Responses fall" in note for note in lines(falling).notes)
    far = plate_of_lines().assign(response=lambda d: d["response"] + 8 * (d["preparation"] == "T"))
    assert any("extrapolated" in note for note in lines(far).notes)


@pytest.mark.parametrize("judge", ["equivalence", "f-test"])
def test_a_lot_without_activity_does_not_take_the_other_lots_with_it(judge, simulated):
    rng = np.random.default_rng(1)
    plate = simulated[simulated["plate"] == "1"]
    dead = plate[plate["preparation"] == "test"].assign(
        preparation="dead", response=lambda d: 1.0 + rng.normal(0, 0.02, len(d))
    )
    options = {
        "judge": judge,
        "slope_margin": (0.5, 2.0),
        "margin_reason": "x",
        "limits": (50, 150),
        "limits_reason": "x",
    }
    found = relative_potency(pd.concat([plate, dead]), PotencyOptions("ref", **options))
    alone = relative_potency(plate, PotencyOptions("ref", **options))
    summary = found.tables["summary"].set_index("preparation")
    assert summary.loc["test", "percent"] == alone.tables["summary"]["percent"].iloc[0]
    assert alone.verdict == "pass"
    assert np.isnan(summary.loc["dead", "percent"])
    assert "dead: no potency, its curve could not be fitted" in found.sentence()
    assert (found.verdict, found.lacks[0].startswith("dead: no potency")) == ("cannot be judged", True)


def test_parallelism_without_an_f_is_never_passed(simulated):
    plate = simulated[simulated["plate"] == "1"]
    noise = np.random.default_rng(0).normal(0, 0.02, 24)
    dead = plate[plate["preparation"] == "test"].assign(preparation="dead", response=0.2 + noise)
    options = PotencyOptions("ref", judge="f-test", limits=(0.01, 150), limits_reason="x")
    found = relative_potency(pd.concat([plate, dead]), options)
    rows = found.tables["parallelism"].query("preparation == 'dead'")
    assert rows["p_f"].isna().all()
    assert set(rows["parallel"]) == {"cannot be judged"}
    assert found.verdict == "cannot be judged"
    assert "there is no F" in found.lacks[0]
