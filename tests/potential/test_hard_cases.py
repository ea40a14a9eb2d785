"""The hard cases of the science reference: what a signed list of genes gets wrong."""

from __future__ import annotations

import numpy as np
import pytest
from potential_planted import NAN, every, flasks, line, panel, proteome, study

NAMES = [f"s{i}" for i in range(4)]
FOUR = flasks(["D1", "D2", "D3", "D4"], tissue=["UC", "UC", "WJ-MSCs", "WJ-MSCs"])
FILL = {f"G{i}": [float(2**i)] * 4 for i in range(1, 12)}


def test_uc_medium_without_vegf_but_with_flt1_keeps_its_support_through_others():
    made = study(
        FOUR, proteome({"FLT1": [900.0] * 4, "MMP2": [9000.0] * 4, "IL6": [50.0] * 4, **FILL}, NAMES)
    )
    found = every(made)
    result = found["potential.processes"]
    assert line(result, "angiogenesis", "for")["factors_seen"] == 2
    scores = result.tables["scores"].query("scale == 'rank' and variant == 'as counted' and group == 'UC'")
    both = scores.query("process == 'angiogenesis'").set_index("direction")
    assert both.loc["for", "score"] > 0
    assert both.loc["against", "score"] > 0  # FLT1 speaks against; the two are never netted
    vegf = result.tables["unseen"].query("gene == 'VEGFA' and process == 'angiogenesis'")
    assert set(vegf["reason"]) == {"not detected"}
    pair = (
        found["potential.ligands"].tables["directions"].query("ligand == 'VEGFA' and withheld_by == 'FLT1'")
    )
    assert pair.iloc[0]["ligand_seen"] == "not detected"


def test_soluble_flt1_takes_vegf_only_and_leaves_the_others_free():
    amounts = {"VEGFA": [100.0] * 4, "KDR": [50_000.0] * 4, "CCL2": [500.0] * 4}
    table = every(study(FOUR, panel(amounts, NAMES)))["potential.ligands"].tables["ligands"]
    share = table.groupby("gene")["available_percent"].first()
    assert share["VEGFA"] < 60
    assert share["CCL2"] == pytest.approx(100)


def test_neutralised_hgf_and_tgfb1_stand_as_null_evidence_and_weigh_nothing():
    result = every(study(FOUR, proteome({"HGF": [9.0] * 4, "TGFB1": [9.0] * 4, **FILL}, NAMES)))[
        "potential.processes"
    ]
    null = result.tables["null_results"].query("process == 'angiogenesis'").set_index("gene")
    assert {"HGF", "TGFB1"} <= set(null.index)
    assert set(null.loc[["HGF", "TGFB1"], "finding"]) == {"tested, no effect"}
    # HGF is required in WJ medium: its supporting row stands beside the null one
    signs = result.tables["factors"].query("process == 'angiogenesis'").groupby("gene")["sign"].agg(set)
    assert signs["HGF"] == {"+"}
    assert "TGFB1" not in signs.index or "0" not in signs["TGFB1"]


def test_il6_has_opposite_signs_by_process():
    result = every(study(FOUR, proteome({"IL6": [9.0] * 4, **FILL}, NAMES)))["potential.processes"]
    scores = result.tables["scores"].query("scale == 'rank' and variant == 'as counted' and group == 'UC'")
    found = set(zip(scores["process"], scores["direction"], strict=True))
    assert ("angiogenesis", "for") in found
    assert ("angiogenesis", "against") not in found
    assert ("repair", "against") in found
    assert ("antitumour", "against") in found
    assert ("antitumour", "for") not in found


def test_wj_medium_is_told_to_be_profibrotic_in_keloid_fibroblasts():
    result = every(study(FOUR, proteome(FILL, NAMES)))["potential.processes"]
    keloid = result.tables["responses"].query("receiving_cell == 'keloid fibroblast'").set_index("gene")
    assert set(keloid["tissue_source"]) == {"Wharton's jelly MSC"}
    assert keloid["finding"].to_dict() == {"SERPINE1": "a risk", "TGFB2": "a risk", "TGFB3": "a risk"}
    assert keloid["same_tissue_here"].all()
    other = every(study(FOUR.assign(tissue="bone marrow"), proteome(FILL, NAMES)))["potential.processes"]
    assert (
        not other.tables["responses"].query("receiving_cell == 'keloid fibroblast'")["same_tissue_here"].any()
    )
    # what cells answered is no factor of the medium
    assert "TGFB3" not in set(result.tables["factors"].query("process == 'antifibrotic'")["gene"])


def test_a_profile_of_leaked_factors_collapses_without_them():
    leaky = {"FGF2": [900.0] * 4, "MIF": [900.0] * 4}
    result = every(study(FOUR, proteome({**leaky, **FILL}, NAMES)))["potential.processes"]
    scores = result.tables["scores"].query(
        "scale == 'rank' and process == 'angiogenesis' and direction == 'for'"
    )
    assert set(scores["variant"]) >= {"as counted"}
    assert "without leak-prone factors" not in set(scores["variant"])
    assert line(result, "angiogenesis", "for")["evidence_weight_seen_without_leak_prone"] == 0


def test_a_long_list_is_not_a_good_score():
    """Every factor is found, but where any protein stands: random sets reach the score."""
    rng = np.random.default_rng(5)
    from secretome.potential.evidence import evidence

    genes = [*evidence().accessions, *(f"G{i}" for i in range(300))]
    values = np.exp2(rng.normal(20, 2, (4, len(genes))))
    made = study(FOUR, proteome(dict(zip(genes, values.T, strict=True)), NAMES))
    scores = every(made)["potential.processes"].tables["scores"].query("scale == 'rank' and group == 'UC'")
    long = scores.query("process == 'angiogenesis' and direction == 'for' and variant == 'as counted'").iloc[
        0
    ]
    assert long["factors_used"] > 30
    assert long["p_random_sets"] > 0.01
    assert abs(long["score"] - 50) < 10


def test_a_declared_additive_is_scored_both_ways():
    samples = FOUR.assign(additives="FGF2")
    made = study(samples, proteome({"FGF2": [900.0] * 4, "VEGFA": [2.0] * 4, **FILL}, NAMES))
    scores = every(made)["potential.processes"].tables["scores"]
    mine = scores.query(
        "scale == 'rank' and group == 'UC' and process == 'angiogenesis' and direction == 'for'"
    )
    used = mine.set_index("variant")["factors_used"]
    assert (used["as counted"], used["with declared additives"]) == (1, 2)


def test_medium_and_vesicles_are_scored_apart():
    samples = flasks(["D1", "D2", "D1", "D2"], material=["conditioned_medium"] * 2 + ["vesicles"] * 2)
    made = study(
        samples, proteome({"VEGFA": [9.0, 9.0, NAN, NAN], "IL6": [NAN, NAN, 9.0, 9.0], **FILL}, NAMES)
    )
    scores = every(made)["potential.processes"].tables["scores"].query("scale == 'rank'")
    assert set(scores["material"]) == {"conditioned_medium", "vesicles"}
    bone = scores.query("process == 'bone' and direction == 'for'")
    assert set(bone["material"]) == {"conditioned_medium"}
