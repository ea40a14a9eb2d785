"""Comparability: equivalent, different, undecided; pairs; distance; what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome.errors import InvalidInput, NotEstimable
from secretome.qualify import ComparabilityOptions, compare_groups
from secretome.qualify.comparability import legacy_margin_size


def values(*, shift=0.0, sd=0.05, n=8, seed=1, **columns):
    rng = np.random.default_rng(seed)
    log = rng.normal(0, sd, 2 * n) + np.repeat([0.0, shift], n)
    units = [f"D{i}" for i in range(2 * n)]
    return pd.DataFrame(
        {"group": np.repeat(["A", "B"], n), "unit": units, "value": 100 * np.exp(log), **columns}
    )


MARGIN = {"margin": (0.8, 1.25), "reason": "spread of clinical lots"}


@pytest.mark.parametrize(
    ("change", "outcome", "verdict"),
    [
        ({}, "equivalent", "pass"),
        ({"shift": 0.6}, "different", "fail"),
        ({"sd": 0.5, "n": 4}, "undecided", "cannot be judged"),
    ],
)
def test_three_outcomes(change, outcome, verdict):
    found = compare_groups(values(**change), ComparabilityOptions("B", "A", **MARGIN))
    assert found.tables["equivalence"]["outcome"].iloc[0] == outcome
    assert found.verdict == verdict


def test_without_a_margin_nothing_is_called_equivalent():
    found = compare_groups(values(), ComparabilityOptions("B", "A"))
    assert found.verdict == "cannot be judged"
    assert found.tables["equivalence"]["p_value"].isna().all()
    assert "equivalent" not in found.sentence()


def test_lots_of_one_donor_are_averaged_first():
    frame = values()
    doubled = pd.concat([frame, frame.assign(value=frame["value"] * 1.01)])
    found = compare_groups(doubled, ComparabilityOptions("B", "A", **MARGIN))
    assert found.tables["equivalence"]["units_test"].iloc[0] == 8
    assert any("not independent" in note for note in found.notes)


def test_forms_of_one_donor_are_compared_in_pairs():
    rng = np.random.default_rng(3)
    donor = np.tile([f"D{i}" for i in range(6)], 2)
    level = np.tile(np.exp(rng.normal(4, 1, 6)), 2)
    frame = pd.DataFrame(
        {"group": np.repeat(["CM", "EV"], 6), "unit": donor, "value": level * np.exp(rng.normal(0, 0.03, 12))}
    )
    found = compare_groups(frame, ComparabilityOptions("EV", "CM", comparison="paired", **MARGIN))
    assert found.verdict == "pass"
    with pytest.raises(NotEstimable, match="paired"):
        compare_groups(frame, ComparabilityOptions("EV", "CM", **MARGIN))
    with pytest.raises(NotEstimable, match="pairs need"):
        compare_groups(values(), ComparabilityOptions("B", "A", comparison="paired", **MARGIN))


def test_power_grows_with_units_and_the_one_at_hand_is_marked():
    power = compare_groups(values(sd=0.2, n=4), ComparabilityOptions("B", "A", **MARGIN)).tables["power"]
    assert power["power_if_equal"].is_monotonic_increasing
    assert power.loc[power["at_hand"], "units_a_group"].tolist() == [4]


def test_a_unit_far_from_the_others_in_all_attributes_is_seen():
    frame = pd.concat([values(attribute="x"), values(attribute="y", shift=2.0, seed=2)])
    found = compare_groups(frame, ComparabilityOptions("B", "A", **MARGIN)).tables["distance"]
    assert np.allclose(found.loc[found["group"] == "B", "p_rank"], 1 / 9)
    same = pd.concat([values(attribute="x"), values(attribute="y", seed=2)])
    near = compare_groups(same, ComparabilityOptions("B", "A", **MARGIN)).tables["distance"]
    assert near.loc[near["group"] == "B", "p_rank"].median() > 1 / 9


def test_the_legacy_margin_is_not_of_level_five_per_cent():
    sizes = [legacy_margin_size(n, n, seed=1) for n in (4, 20)]
    assert sizes[0] < 0.04
    assert sizes[1] > 0.06
    found = compare_groups(values(), ComparabilityOptions("B", "A", legacy_margin=True))
    assert found.tables["legacy_margin"]["simulated_size"].iloc[0] == legacy_margin_size(8, 8, seed=1)
    assert any("legacy convention" in note for note in found.notes)


def test_contradictions_come_all_at_once():
    frame = values(dose_basis=["per cell", "per protein"] * 8)
    frame.loc[0, "value"] = -1
    with pytest.raises(InvalidInput) as refused:
        compare_groups(frame, ComparabilityOptions("b", "A", margin=(1.1, 1.2)))
    assert len(refused.value.problems) == 5
    with pytest.raises(InvalidInput, match="twice"):
        compare_groups(values(), ComparabilityOptions("A", "A"))
    three = pd.concat([values(n=2, attribute="x"), values(n=2, attribute="y")])
    with pytest.raises(NotEstimable, match="distance needs three"):
        compare_groups(three, ComparabilityOptions("B", "A", scale="difference", margin=(-5, 5), reason="r"))


def test_the_legacy_quality_range_is_that_of_r(shared):
    folder = shared / "oracle" / "qualify"
    lots = pd.read_csv(folder / "inputs" / "lots_potency.csv").rename(columns={"potency_pct": "value"})
    expected = pd.read_csv(folder / "results" / "tier2_quality_range.csv").iloc[0]
    found = compare_groups(
        lots, ComparabilityOptions("test", "ref", scale="difference", comparison="pooled", legacy_margin=True)
    )
    row = found.tables["legacy_quality_range"].iloc[0]
    ours = row[
        [
            "reference_mean",
            "reference_sd",
            "lower",
            "upper",
            "test_inside",
            "test_units",
            "reference_min",
            "reference_max",
        ]
    ]
    assert ours.astype(float).tolist() == pytest.approx(expected.astype(float).tolist(), rel=1e-12)
    tier1 = pd.read_csv(folder / "results" / "tost_lots.csv").iloc[0]
    first = found.tables["equivalence"].iloc[0]
    assert first["p_value"] == pytest.approx(tier1["p_tost"], rel=1e-8)
    assert first["margin_upper"] == pytest.approx(tier1["margin"], rel=1e-8)


def test_units_that_are_not_named_are_lots_or_rows_and_pairs_need_them():
    frame = pd.DataFrame({"group": ["A"] * 4 + ["B"] * 4, "value": [101, 99, 103, 98, 100, 102, 97, 100.0]})
    options = ComparabilityOptions("B", "A", (0.8, 1.25), "x")
    rows = compare_groups(frame, options)
    assert any("each row was taken" in note for note in rows.notes)
    assert (
        compare_groups(frame.assign(lot=list("abcdefgh")), options)
        .tables["equivalence"]["units_test"]
        .iloc[0]
        == 4
    )
    with pytest.raises(InvalidInput, match="paired comparison without"):
        compare_groups(frame, ComparabilityOptions("B", "A", (0.8, 1.25), "x", comparison="paired"))
    with pytest.raises(InvalidInput, match="some rows only"):
        compare_groups(frame.assign(unit=["1"] * 4 + [""] * 4), options)
