"""Evidence measured beside the media: what each piece does, and what is said when it cannot be used."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from secretome import define, knowledge
from secretome.define import contaminants
from secretome.define._proteome import proteome_of
from secretome.define.anchors import LYSATE, lysate_densities, vesicle_densities
from secretome.define.annotation import CLASSES, categories
from secretome.define.covariation import covariation
from secretome.define.origin import origins
from secretome.define.species import own_share
from secretome.define.viability import anchored
from secretome.parallel import here
from secretome.plan import DefineOptions
from secretome.study import Assay, Study

ANNOTATION = knowledge.table("annotation").frame
PANEL = ANNOTATION.loc[ANNOTATION["category"] == "intracellular", "gene"].tolist()[:40]
SECRETED = ANNOTATION.loc[ANNOTATION["category"] == "matrix", "gene"].tolist()[:30]
GENES = [*PANEL, *SECRETED, "XYZ1", "CD63"]


def _assay(name: str, material: str, log2: np.ndarray, samples: list[str], **columns) -> Assay:
    accessions = [f"P{10000 + number}" for number in range(log2.shape[1])]
    var = pd.DataFrame({"gene": GENES[: log2.shape[1]], "organism": "Homo sapiens"}, index=accessions)
    var = var.assign(tagged_contaminant=False, **columns)
    obs = pd.DataFrame({"sample": samples, "note": ""}, index=samples)
    return Assay(name, "proteome", material, AnnData(np.exp2(log2), obs=obs, var=var))


def _study(lysate_donors=("1", "2", "3"), blank: np.ndarray | None = None, **blank_facts) -> Study:
    """Three media and lysates of three donors; secreted proteins 5 up, the panel 3 down."""
    rng = np.random.default_rng(1)
    level = rng.normal(20, 1, len(GENES))
    inside = np.isin(GENES, [*PANEL, "CD63"])
    medium = level - 3 * inside + rng.normal(0, 0.3, (3, len(GENES)))
    lysate = level - 5 * ~inside + rng.normal(0, 0.3, (3, len(GENES)))
    names = [f"m{i}" for i in range(3)], [f"l{i}" for i in range(3)]
    samples = pd.DataFrame(
        {"donor": ["1", "2", "3", *lysate_donors], "tissue": "BM", "condition": "control"},
        index=[*names[0], *names[1]],
    )
    assays = {
        "proteome": _assay("proteome", "conditioned_medium", medium, names[0]),
        "lysate": _assay("lysate", "cell_lysate", lysate, names[1]),
    }
    if blank is not None:
        facts = pd.DataFrame({"condition": "control", **blank_facts}, index=["b0", "b1"])
        samples = pd.concat([samples, facts])
        assays["blank"] = _assay("blank", "medium_blank", np.vstack([medium[0] + blank] * 2), ["b0", "b1"])
    return Study("x", samples, assays)


def _origin(study: Study):
    one = proteome_of(study.assays["proteome"], study)
    one = one.with_proteins(contaminants.classify(one.proteins))
    (origin,) = origins(one, study)
    return pd.DataFrame(origin.probability, columns=list(CLASSES), index=GENES), origin


def test_a_lysate_of_another_donor_is_used_and_said():
    table, origin = _origin(_study(("7", "8", "9")))
    assert origin.used == ("lysate",)
    assert "other donors (7, 8, 9)" in origin.doubts[0]
    assert table.loc["XYZ1", "leaked"] < 0.1
    assert _origin(_study())[1].doubts == ()


def test_a_blank_that_holds_cells_is_named_and_not_used():
    """The blank shows the panel half as much as the medium does: cells were in it."""
    without, _ = _origin(_study())
    table, origin = _origin(_study(blank=np.full(len(GENES), -1.0)))
    assert origin.used == ("lysate",)
    assert "no blank without cells" in origin.doubts[0]
    pd.testing.assert_frame_equal(table, without)


def test_a_blank_loaded_by_protein_is_named_and_not_used():
    blank = np.where(np.isin(GENES, PANEL), np.nan, -0.2)
    _, origin = _origin(_study(blank=blank, load="equal_protein"))
    assert origin.used == ("lysate",)
    assert "load = equal_protein" in origin.doubts[0]


def test_what_the_blank_holds_of_a_protein_is_carried_over():
    """A quarter of the medium's amount was there without cells."""
    blank = np.where(np.isin(GENES, PANEL), np.nan, -2.0)
    table, origin = _origin(_study(blank=blank))
    assert origin.used == ("lysate", "blank")
    assert table.loc[SECRETED, "carried_over"].median() == pytest.approx(0.25, abs=0.1)
    np.testing.assert_allclose(table.sum(axis=1), 1.0)


def test_doubts_reach_the_notes_of_the_result():
    _, results = define.run(_study(("7", "8", "9")), {}, DefineOptions(), seed=1, map=here)
    origin = next(result for result in results if result.name == "origin")
    assert any("other donors" in note for note in origin.notes)
    assert any("blank" in lack for lack in origin.lacks)


def test_classes_are_placed_by_the_panels_and_by_default_without_them():
    category = np.array(["intracellular"] * 30 + ["secreted"] * 30, dtype=object)
    ratio = np.r_[np.linspace(-5, -3, 30), np.linspace(5, 7, 30)]
    found = lysate_densities(ratio, category)
    assert found["leaked"][0] == pytest.approx(-4)
    assert found["secreted"][0] == pytest.approx(6)
    assert found["unconventional"][0] == pytest.approx(-2.5)
    assert lysate_densities(ratio[:5], category[:5]) == LYSATE
    assert vesicle_densities(-ratio, category)["leaked"][0] == pytest.approx(4)


def test_a_protein_that_the_lysates_do_not_show_is_judged_by_a_bound():
    study = _study()
    data = study.assays["lysate"].matrix.copy()
    data.X = np.where(np.isin(GENES, ["XYZ1"]), np.nan, data.X)
    hidden = study.with_assay(replace(study.assays["lysate"], data=data))
    table, origin = _origin(hidden)
    assert "not seen there" in origin.evidence[GENES.index("XYZ1")]
    alone, _ = _origin(replace(study, assays={"proteome": study.assays["proteome"]}))
    assert table.loc["XYZ1", "leaked"] < alone.loc["XYZ1", "leaked"]


def _many_media(samples: int = 40) -> Study:
    """Media whose leak varies; XYZ1 follows it, CD63's place holds a steady protein."""
    rng = np.random.default_rng(2)
    leak = rng.normal(0, 1, samples)
    level = rng.normal(20, 1, len(GENES))
    moves = np.isin(GENES, [*PANEL, "XYZ1"])
    log2 = level - 4 * moves + leak[:, None] * moves + rng.normal(0, 0.4, (samples, len(GENES)))
    names = [f"m{i}" for i in range(samples)]
    return Study(
        "x",
        pd.DataFrame({"donor": names, "condition": "control"}, index=names),
        {"proteome": _assay("proteome", "conditioned_medium", log2, names)},
    )


def test_an_unknown_protein_that_moves_with_the_panel_is_more_likely_leaked():
    study = _many_media()
    one = proteome_of(study.assays["proteome"], study)
    one = one.with_proteins(contaminants.classify(one.proteins))
    category = categories(one.proteins)
    found = covariation(one, category == "intracellular", category)
    assert found.correlation[GENES.index("XYZ1")] > 0.8
    assert found.log_ratio[GENES.index("XYZ1")] == pytest.approx(np.log(3))
    assert found.log_ratio[GENES.index(SECRETED[0])] < 0
    few = _many_media(6)
    small = proteome_of(few.assays["proteome"], few)
    small = small.with_proteins(contaminants.classify(small.proteins))
    assert covariation(small, category == "intracellular", category) is None
    moved, still = _origin(study)[0], _origin(few)[0]
    assert moved.loc["XYZ1", "leaked"] > still.loc["XYZ1", "leaked"]
    known = [*PANEL, *SECRETED]
    pd.testing.assert_frame_equal(moved.loc[known], still.loc[known])


def test_peptides_of_one_species_settle_a_mixed_group():
    var = pd.DataFrame(
        {
            "gene": "ALB",
            "organism": ["Homo sapiens", "Homo sapiens", "Bos taurus"],
            "tagged_contaminant": False,
            "protein_group": ["P02768;P02769", "P02768", "P02769"],
        },
        index=["mixed", "P02768", "P02769"],
    )
    obs = pd.DataFrame({"sample": ["a"], "note": ""}, index=["a"])
    precursors = pd.DataFrame(
        {
            "sample": "a",
            "protein": ["mixed", "P02768", "P02769", "P02769"],
            "precursor": ["AAAK2", "CCCK2", "DDDK2", "EEEK2"],
            "intensity": [5.0, 1.0, 5.0, 4.0],
        }
    )
    assay = Assay(
        "proteome", "proteome", "conditioned_medium", AnnData(np.full((1, 3), 1e6), obs=obs, var=var)
    )
    for table, share in ((precursors, 0.1), (precursors.iloc[:2], np.nan), (None, np.nan)):
        study = Study(
            "x", pd.DataFrame({"donor": ["1"]}, index=["a"]), {"proteome": replace(assay, table=table)}
        )
        one = proteome_of(study.assays["proteome"], study)
        one = one.with_proteins(contaminants.classify(one.proteins))
        assert one.proteins.loc["mixed", "contaminant_class"] == "shared_species"
        np.testing.assert_allclose(own_share(one, study), [share, np.nan, np.nan])
        (origin,) = origins(one, study)
        carried = origin.probability[0, CLASSES.index("carried_over")]
        assert carried == pytest.approx(0.9) if np.isfinite(share) else carried < 0.6


def test_ldh_mends_the_scatter_of_the_leak_and_is_refused_when_it_says_something_else():
    rng = np.random.default_rng(3)
    truth = rng.uniform(5, 25, 60)
    seen = truth * np.exp(0.3 * rng.normal(size=60))
    shares = pd.DataFrame({"leak_percent": seen, "leak_lower": seen * 0.6, "leak_upper": seen * 1.65})
    samples = pd.DataFrame({"ldh_percent": 0.6 * truth * np.exp(0.1 * rng.normal(size=60))})
    found = anchored(shares, samples)
    assert found.by == "ldh_percent"
    assert np.abs(found.percent - truth).mean() < 0.6 * np.abs(seen - truth).mean()
    other = anchored(shares, pd.DataFrame({"ldh_percent": rng.permutation(truth)}))
    assert other.by == ""
    assert other.correlation < 0.5
    np.testing.assert_array_equal(other.percent, seen)
    dead = anchored(shares, pd.DataFrame({"viability_percent": 100 - 0.3 * truth}))
    assert dead.by == "viability_percent"
    assert anchored(shares, pd.DataFrame({"ldh_percent": np.nan}, index=shares.index)).samples == 0


def test_a_vesicle_preparation_has_no_leak_and_wider_cargo():
    study = _study()
    medium = study.assays["proteome"]
    vesicles = Study("x", study.samples, {"proteome": replace(medium, material="vesicles")})
    plain = Study("x", study.samples, {"proteome": medium})
    inside, outside = _origin(vesicles)[0], _origin(plain)[0]
    assert inside.loc[PANEL[0], "leaked"] == pytest.approx(outside.loc[PANEL[0], "leaked"] / 2)
    assert inside.loc[PANEL[0], "unresolved"] > outside.loc[PANEL[0], "unresolved"]
    _, results = define.run(vesicles, {}, DefineOptions(), seed=1, map=here)
    leak = next(result for result in results if result.name == "leakage")
    assert leak.verdict == "not tested"


def test_open_questions_name_the_sample_that_would_tell():
    _, results = define.run(_study(), {}, DefineOptions(), seed=1, map=here)
    origin = next(result for result in results if result.name == "origin")
    table = origin.tables["open"]
    proteins = origin.tables["proteins"]
    largest = proteins[list(CLASSES[:-1])].max(axis=1)
    assert table["proteins"].sum() == (largest < 0.6).sum() > 0
    told = table.set_index(["first", "second"])["would_tell"]
    assert "vesicle fraction" in told[("vesicle", "leaked")]
    assert not table["measured"].any()
