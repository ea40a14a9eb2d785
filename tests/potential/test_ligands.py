"""Available ligand: capture, antagonists and latency apart; amounts only where there are amounts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from potential_planted import NAN, every, flasks, panel, proteome, study

from secretome.binding import Constant, Constants, constants
from secretome.potential.available import ligands

FLASKS = flasks(["D1", "D2", "D3"], tissue=["bone"] * 3)
NAMES = list(FLASKS.index)


def row(result, gene, sample="s0"):
    table = result.tables["ligands"]
    return table[(table["gene"] == gene) & (table["sample"] == sample)].iloc[0]


def test_il1rn_leaves_il1_concentration_unchanged_and_lowers_its_occupancy():
    alone = every(study(FLASKS, panel({"IL1B": [50.0] * 3}, NAMES)))["potential.ligands"]
    both = every(study(FLASKS, panel({"IL1B": [50.0] * 3, "IL1RN": [50000.0] * 3}, NAMES)))[
        "potential.ligands"
    ]
    assert row(both, "IL1B")["available_molar"] == row(alone, "IL1B")["available_molar"]
    assert row(both, "IL1B")["available_percent"] == pytest.approx(100)
    assert row(both, "IL1B")["occupancy_percent"] < 0.2 * row(alone, "IL1B")["occupancy_percent"]
    assert (
        row(both, "IL1B")["occupancy_without_antagonist_percent"] == row(alone, "IL1B")["occupancy_percent"]
    )
    assert row(both, "IL1B")["antagonists"] == "IL1RN"


def test_a_soluble_receptor_lowers_the_free_ligand_by_mass_action():
    known = constants()
    kd = Constant(1e-11, 0.3, "planted")
    known = Constants(
        known.captors, known.rivals, known.latent, {("VEGFA", "FLT1"): kd}, known.receptors, known.rows, ()
    )
    molar = pd.DataFrame({"VEGFA": [1e-11, 1e-11], "FLT1": [0.0, 2e-11]})
    vegf = ligands(molar, {}, known, draws=5, generator=np.random.default_rng(1))[0]
    assert vegf.gene == "VEGFA"
    # one pair: the quadratic of mass action
    x = (-(1e-11) - 1e-11 + np.sqrt((2e-11) ** 2 + 4 * 1e-11 * 1e-11)) / 2
    assert vegf.available == pytest.approx([1e-11, x], rel=1e-6)
    assert vegf.captors == ("FLT1",)
    free = ligands(molar, {"VEGFA": "free"}, known, draws=5, generator=np.random.default_rng(1))[0]
    assert free.available == pytest.approx([1e-11, 1e-11])


def test_a_captor_without_sourced_constant_gives_a_bound_and_no_number_of_ours():
    known = constants()
    known = Constants(known.captors, known.rivals, known.latent, {}, {}, known.rows, ())
    molar = pd.DataFrame({"VEGFA": [1e-11], "FLT1": [2e-11]})
    vegf = ligands(molar, {}, known, draws=5, generator=np.random.default_rng(1))[0]
    assert vegf.available == pytest.approx([1e-11])
    assert vegf.unsourced == ("FLT1",)


@pytest.mark.parametrize("form", ["acid-activated", "total", "latent", ""])
def test_total_tgf_beta_is_never_used_as_active(form):
    made = study(FLASKS, panel({"TGFB1": [900.0] * 3, "VEGFA": [500.0] * 3}, NAMES, form={"TGFB1": form}))
    found = every(made)
    tgf = row(found["potential.ligands"], "TGFB1")
    assert np.isnan(tgf["available_molar"])
    assert np.isnan(tgf["occupancy_percent"])
    assert tgf["status"] == "latent: active share not measured"
    scores = found["potential.processes"].tables["scores"].query("scale == 'occupancy'")
    immuno = scores.query("process == 'immuno' and direction == 'for'")
    assert len(immuno) == 0
    given = every(made, active_tgf_beta=0.1)
    tgf = row(given["potential.ligands"], "TGFB1")
    assert tgf["available_molar"] == pytest.approx(0.1 * tgf["total_molar"])
    active = study(FLASKS, panel({"TGFB1": [900.0] * 3}, NAMES, form={"TGFB1": "active"}))
    tgf = row(every(active)["potential.ligands"], "TGFB1")
    assert tgf["available_molar"] == pytest.approx(tgf["total_molar"])


def test_occupancy_needs_a_dilution_or_says_that_it_has_none():
    made = study(FLASKS, panel({"VEGFA": [500.0] * 3}, NAMES))
    undiluted, diluted = every(made), every(made, dilution=10.0)
    assert any("as if undiluted CM in a dish" in note for note in undiluted["potential.ligands"].notes)
    assert not any("as if undiluted" in note for note in diluted["potential.ligands"].notes)
    high = row(undiluted["potential.ligands"], "VEGFA")["occupancy_percent"]
    assert row(diluted["potential.ligands"], "VEGFA")["occupancy_percent"] < high
    assert row(diluted["potential.ligands"], "VEGFA")["available_percent"] == pytest.approx(100)


def test_npx_and_rfu_never_become_amounts():
    made = study(FLASKS, panel({"VEGFA": [9.0] * 3}, NAMES, unit="NPX"))
    found = every(made)["potential.ligands"]
    assert len(found.tables["ligands"]) == 0
    assert any("NPX" in note for note in found.notes)
    assert found.verdict == "not tested"


def test_vesicles_get_no_soluble_occupancy():
    samples = flasks(["D1"], material=["vesicles"])
    found = every(study(samples, panel({"VEGFA": [500.0]}, ["s0"], material="vesicles")))
    assert len(found["potential.ligands"].tables["ligands"]) == 0


def test_without_amounts_only_the_direction_is_stated():
    made = study(FLASKS, proteome({"VEGFA": [5, 5, 5], "FLT1": [3, NAN, 3]}, NAMES))
    found = every(made)["potential.ligands"]
    pair = found.tables["directions"].query("ligand == 'VEGFA' and withheld_by == 'FLT1'").iloc[0]
    assert (pair["ligand_seen"], pair["withheld_by_seen"]) == ("yes", "yes")
    assert "lower" in pair["direction"]
    assert len(found.tables["ligands"]) == 0


def test_occupancy_scores_rise_with_the_amount_and_stay_between_0_and_1():
    little, much = (
        every(study(FLASKS, panel({"VEGFA": [v, 2 * v, v]}, NAMES)))["potential.processes"]
        .tables["scores"]
        .query("scale == 'occupancy' and process == 'bone' and variant == 'as counted'")
        .iloc[0]
        for v in (20.0, 2000.0)
    )
    assert 0 <= little["lower_all"] <= little["score"] < much["score"] <= 1
    assert little["lower"] <= little["score"] <= little["upper"]
    # constants are unsure: their interval is the wider one
    assert little["upper_all"] - little["lower_all"] > little["upper"] - little["lower"]


def test_a_declared_additive_takes_no_part_in_occupancy():
    samples = FLASKS.assign(additives=["FGF2", "FGF2", "FGF2"])
    found = every(study(samples, panel({"FGF2": [500.0] * 3, "VEGFA": [5.0] * 3}, NAMES)))[
        "potential.ligands"
    ]
    assert found.tables["ligands"].query("gene == 'FGF2'")["occupancy_percent"].isna().all()


def test_names_of_analytes_are_understood():
    found = every(study(FLASKS, panel({"IL-6": [500.0] * 3}, NAMES)))["potential.ligands"]
    assert set(found.tables["ligands"]["gene"]) == {"IL6"}


def test_the_amounts_that_define_made_come_before_the_panel_they_were_made_of():
    from dataclasses import replace

    raw = panel({"VEGFA": [500.0] * 3}, NAMES)
    made = study(FLASKS, raw, replace(panel({"VEGFA": [50.0] * 3}, NAMES), name="amounts"))
    table = every(made)["potential.ligands"].tables["ligands"]
    assert set(table["assay"]) == {"amounts"}
    assert len(table) == 3
