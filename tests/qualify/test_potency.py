"""Relative potency: planted ratios, parallelism judged or not, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from secretome.errors import InvalidArray, InvalidInput, NotEstimable
from secretome.qualify import PotencyOptions, relative_potency

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


@pytest.fixture(scope="module")
def simulated():
    table = pd.read_csv(GOLDEN / "curves_simulated_assay.csv")
    return table.rename(columns={"prep": "preparation", "y": "response"}).astype({"plate": str})


def lines(*, slope_test=2.0, seed=1):
    rng = np.random.default_rng(seed)
    dose = np.tile(np.repeat([1.0, 2, 4, 8], 4), 2)
    name = np.repeat(["R", "T"], 16)
    slope = np.where(name == "T", slope_test, 2.0)
    return pd.DataFrame(
        {"preparation": name, "dose": dose, "response": 5 + slope * np.log(dose) + rng.normal(0, 0.05, 32)}
    )


def test_the_planted_ratio_is_found_and_its_reciprocal_is_not(simulated):
    weighted = relative_potency(simulated, PotencyOptions("ref", combination="weighted_homogeneous"))
    row = weighted.tables["summary"].iloc[0]
    assert row["percent"] == pytest.approx(78.7713, abs=1e-3)
    assert row["lower"] == pytest.approx(76.0944, abs=1e-3)
    assert row["plates"] == 3
    assert any("too short wherever plates differ" in note for note in weighted.notes)
    found = relative_potency(simulated, PotencyOptions("ref"))
    assert "% of reference lot ref" in found.sentence()
    assert "units" not in found.sentence()
    assert found.tables["summary"]["percent"].iloc[0] == pytest.approx(78.4601, abs=1e-3)
    assert found.tables["summary"]["lower"].iloc[0] == pytest.approx(75.5522, abs=1e-3)
    assert found.parameters["combination_convention"] == "unweighted"


def test_without_a_margin_parallelism_cannot_be_judged_but_is_printed(simulated):
    found = relative_potency(simulated, PotencyOptions("ref"))
    assert found.verdict == "cannot be judged"
    assert "no equivalence margin" in found.lacks[0]
    assert found.tables["parallelism"][["f", "p_f", "rsse_ratio"]].notna().all(axis=None)


def test_a_pass_needs_a_margin_limits_and_their_reasons(simulated):
    margin = {"slope_margin": (0.6, 1.7), "margin_reason": "range of the reference with itself"}
    assert relative_potency(simulated, PotencyOptions("ref", **margin)).verdict is None
    limits = {"limits": (70, 130), "limits_reason": "clinical lots"}
    assert relative_potency(simulated, PotencyOptions("ref", **margin, **limits)).verdict == "pass"
    narrow = {"limits": (90, 130), "limits_reason": "clinical lots"}
    assert relative_potency(simulated, PotencyOptions("ref", **margin, **narrow)).verdict == "fail"
    for gap in ({"slope_margin": (0.6, 1.7)}, {"limits": (70, 130)}):
        with pytest.raises(InvalidInput, match="reason"):
            relative_potency(simulated, PotencyOptions("ref", **gap))


def test_lines_that_are_not_parallel_do_not_give_a_number_that_counts():
    options = PotencyOptions("R", model="parallel line", slope_margin=(0.8, 1.25), margin_reason="method")
    assert relative_potency(lines(), options).verdict is None
    crossed = relative_potency(lines(slope_test=3.0), options)
    assert crossed.verdict == "fail"
    assert "NOT PARALLEL" in crossed.sentence()


def test_the_pharmacopoeia_example_that_fails_on_purpose_fails(shared):
    data = pd.read_csv(shared / "oracle" / "qualify" / "inputs" / "parallel_line_data.csv")
    assay = data[data["assay"] == "EP_5.1.1_corticotrophin"]
    wells = pd.DataFrame(
        {
            "preparation": assay["Sample"],
            "dose": np.exp(assay["ln_dose"]),
            "response": assay["response_transformed"],
        }
    )
    found = relative_potency(wells, PotencyOptions("S", model="parallel line", judge="f-test"))
    assert found.verdict == "fail"
    assert found.tables["validity"].query("term == 'non-parallelism'")["p_value"].iloc[0] == pytest.approx(
        0.00748, abs=1e-5
    )


def test_assumed_potency_and_transform_give_the_published_hepatitis_numbers(shared):
    data = pd.read_csv(shared / "oracle" / "qualify" / "inputs" / "parallel_line_data.csv")
    assay = data[data["assay"] == "EP_5.1.4_hepatitisB"]
    wells = pd.DataFrame(
        {
            "preparation": assay["Sample"],
            "dose": np.exp(assay["ln_dose"]),
            "response": np.exp(assay["response_transformed"]),
            "assumed": 20.0,
        }
    )
    options = PotencyOptions("S", model="parallel line", transform="log", judge="f-test")
    row = relative_potency(wells, options).tables["summary"].set_index("preparation").loc["T"]
    printed = row[["estimated_lower", "estimated", "estimated_upper"]].astype(float)
    assert [f"{value:.4f}" for value in printed] == ["40.5448", "43.4196", "46.5397"]


def test_reversed_doses_one_dose_and_a_plate_without_standard_are_refused():
    wells = lines()
    flipped = wells.assign(dose=np.where(wells["preparation"] == "T", 8 / wells["dose"], wells["dose"]))
    with pytest.raises(NotEstimable, match="opposite directions"):
        relative_potency(flipped, PotencyOptions("R", model="parallel line"))
    with pytest.raises(NotEstimable, match="single dose"):
        relative_potency(
            wells[(wells["preparation"] == "R") | (wells["dose"] == 1)],
            PotencyOptions("R", model="parallel line"),
        )
    lacking = wells.assign(plate=np.where(wells["preparation"] == "R", "1", "2"))
    with pytest.raises((InvalidArray, NotEstimable), match="R"):
        relative_potency(lacking, PotencyOptions("R", model="parallel line"))
    with pytest.raises(NotEstimable, match="needs the reference"):
        relative_potency(lacking, PotencyOptions("R"))


def test_reversed_doses_of_curves_are_refused(simulated):
    flipped = simulated.copy()
    test = flipped["preparation"] == "test"
    flipped.loc[test, "dose"] = 0.78125 / flipped.loc[test, "dose"]
    with pytest.raises(NotEstimable, match="opposite directions"):
        relative_potency(flipped, PotencyOptions("ref"))


def test_a_curve_that_is_not_monotone_is_said():
    wells = lines()
    bent = wells.assign(
        response=wells["response"] - 6 * ((wells["preparation"] == "T") & (wells["dose"] == 4))
    )
    found = relative_potency(bent, PotencyOptions("R", model="parallel line"))
    assert any("not monotone" in note for note in found.notes)


def test_protein_doses_of_a_product_with_carrier_protein_are_refused():
    with pytest.raises(InvalidInput, match="carrier protein"):
        relative_potency(lines(), PotencyOptions("R", dose_unit="ug protein", carrier_protein=True))


def test_an_unknown_dose_unit_is_a_doubt():
    assert any(
        "dose unit" in note
        for note in relative_potency(lines(), PotencyOptions("R", model="parallel line")).notes
    )
    stated = relative_potency(lines(), PotencyOptions("R", model="parallel line", dose_unit="uL of CM"))
    assert not any("dose unit" in note for note in stated.notes)


def test_options_that_contradict_themselves_come_all_at_once():
    options = PotencyOptions("R", slope_margin=(1.1, 1.2), limits=(130, 70), transform="log")
    with pytest.raises(InvalidInput) as refused:
        relative_potency(lines().assign(response=-1.0), options)
    assert len(refused.value.problems) == 5
