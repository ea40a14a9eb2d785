"""The stage: what was measured moves the outcomes, and what was not measured forbids a ranking."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from secretome import mechanism
from secretome.errors import InvalidPlan, MissingColumn
from secretome.mechanism.compare import compare, statement
from secretome.mechanism.inputs import Factor, Inputs, brought, occupancy, standard_draws, unmeasured
from secretome.mechanism.media import from_study
from secretome.mechanism.network import model
from secretome.mechanism.scenarios import SCENARIOS, TOLD_TOO_LITTLE
from secretome.parallel import here, processes
from secretome.plan import MechanismOptions
from secretome.results import Answer, Result
from secretome.study import Assay, Study

OPTIONS = MechanismOptions(members=200)
GENES = ("VEGFA", "HGF", "TGFB1", "IL6", "MIF", "DKK1", "GAS6", "MFGE8")


def _study(values: np.ndarray | None = None, genes=GENES, scale="log2") -> Study:
    samples = pd.DataFrame(
        [{"donor": f"{t}{d}", "tissue": t, "material": "conditioned_medium"} for t in ("BM", "AD", "UC") for d in (1, 2, 3)],
        index=[f"{t}{d}" for t in ("BM", "AD", "UC") for d in (1, 2, 3)],
    )  # fmt: skip
    rng = np.random.default_rng(8)
    level = rng.normal(20, 2, (9, len(genes))) if values is None else values
    unit = "log2 intensity" if scale == "log2" else "pg/mL"
    data = AnnData(
        level.astype(float),
        obs=pd.DataFrame({"sample": samples.index}, index=samples.index),
        var=pd.DataFrame(
            {"gene": genes, "unit": unit, "masked": False}, index=[f"P{i}" for i in range(len(genes))]
        ),
    )
    kind = "proteome" if scale == "log2" else "panel"
    return Study("media", samples).with_assay(Assay("a", kind, "conditioned_medium", data, scale=scale))


def _run(study: Study, options=OPTIONS, seed=1, map=here, results=None):  # noqa: A002
    return mechanism.run(study, results or {}, options, seed=seed, map=map)[1]


@pytest.fixture(scope="module")
def results():
    return {result.name: result for result in _run(_study())}


def test_both_models_say_how_much_comes_from_inputs_nobody_measured(results):
    for result in results.values():
        outcomes = result.tables["outcomes"]
        assert outcomes["unmeasured_share"].between(0, 1).all()
        assert (outcomes["difference_lower_90"] <= outcomes["difference_median"]).all()
        assert (outcomes["difference_median"] <= outcomes["difference_upper_90"]).all()
        assert {"summary", "factors", "assays", "edges", "drivers"} <= set(result.tables)
        assert "factors that a medium can bring" in result.sentence()


def test_no_outcome_is_ranked_beyond_the_limits_of_the_claims(results):
    for result in results.values():
        outcomes = result.tables["outcomes"]
        told = outcomes["statement"].isin(["higher", "lower"])
        assert (outcomes.loc[told, "unmeasured_share"] <= 0.5).all()
        assert (~outcomes.loc[told, "sign_probability"].between(0.1, 0.9)).all()
        assert (outcomes.loc[~told, "statement"] == TOLD_TOO_LITTLE).all()


@pytest.mark.parametrize(
    ("sign", "share", "expected"),
    [(0.95, 0.5, "higher"), (0.05, 0.1, "lower"), (0.95, 0.51, TOLD_TOO_LITTLE), (0.9, 0.1, TOLD_TOO_LITTLE),
     (0.1, 0.1, TOLD_TOO_LITTLE), (float("nan"), 0.1, TOLD_TOO_LITTLE), (0.99, float("nan"), TOLD_TOO_LITTLE)],
)  # fmt: skip
def test_the_statement_follows_the_limits(sign, share, expected):
    assert statement(sign, share) == expected


def test_the_trial_and_the_culture_stand_beside_every_follicle_outcome(results):
    beside = results["follicle"].tables["outcomes"]["beside"]
    assert beside.str.contains("NCT05296863").all()
    assert beside.str.contains("no estimate of hair growth in a person").all()
    assert any("NCT05296863" in note for note in results["follicle"].notes)


def test_the_reading_in_which_the_cells_are_the_cargo_says_that_a_medium_contains_none(results):
    clearance = results["clearance"]
    assert any("a medium contains none" in note for note in clearance.notes)
    assert "a medium contains none" in clearance.sentence()
    assert "Efferocytosis" not in set(clearance.tables["reading_b"]["outcome"])


def test_permuting_the_measured_columns_changes_the_output(results):
    study = _study()
    level = np.asarray(study.assays["a"].matrix.X)
    other = _run(_study(level[:, np.roll(np.arange(len(GENES)), 1)]))
    for result in other:
        before = results[result.name].tables["outcomes"]["difference_median"].to_numpy()
        assert np.abs(result.tables["outcomes"]["difference_median"].to_numpy() - before).max() > 1e-3


def test_permuting_the_media_permutes_the_drivers(results):
    study = _study()
    level = np.asarray(study.assays["a"].matrix.X)
    turned = {result.name: result for result in _run(_study(np.roll(level, 3, axis=0)))}
    rows = results["follicle"].tables["factors"].set_index(["factor", "group"])["log10_level"]
    moved = turned["follicle"].tables["factors"].set_index(["factor", "group"])["log10_level"]
    assert rows["VEGF", "BM"] == pytest.approx(moved["VEGF", "AD"])


@pytest.mark.parametrize(
    "study", [Study("none", pd.DataFrame(index=["a"])), _study(genes=tuple(f"G{i}" for i in range(8)))]
)
def test_an_empty_level_table_gives_no_ranking(study):
    for result in _run(study):
        assert result.verdict == "cannot be judged"
        assert "no ranking" in result.sentence()
        assert "outcomes" not in result.tables


def test_one_medium_is_not_ranked():
    study = _study()
    alone = replace(study, samples=study.samples.assign(tissue="BM"))
    for result in _run(alone):
        assert "no ranking" in result.sentence()
        assert set(result.tables["outcomes"]["statement"]) == {"no other medium to compare with"}


def test_the_same_seed_gives_the_same_answer_for_any_number_of_workers():
    known = model("follicle")
    inputs = from_study(known, _study(), {})
    one, two, other = (
        compare(
            known, inputs, SCENARIOS["follicle"], seed=seed, members=600, map=where, details=False
        ).outcomes
        for seed, where in ((1, here), (1, processes(2)), (2, here))
    )
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    assert not one["difference_median"].equals(other["difference_median"])


def test_progress_is_told_and_can_cancel():
    known = model("follicle")
    inputs = from_study(known, _study(), {})
    told: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        if len(told) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(known, inputs, SCENARIOS["follicle"], seed=1, members=3000, progress=stop)
    assert told == [(4, 12), (8, 12)]


def test_planted_levels_are_recovered_when_everything_is_measured():
    """All factors known well: the medium with more of the growth factors is told from the others."""
    known = model("follicle")
    groups = ("rich", "poor")
    rich = {"VEGF", "IGF1", "FGF2", "PDGFA_B", "HGF"}
    factors = tuple(
        Factor(
            name,
            "relative",
            np.array([0.8, -0.8] if name in rich else [0.0, 0.0]),
            np.full(2, 0.02),
            np.zeros(2, dtype=bool),
        )
        for name in brought(known)
    )
    found = compare(known, Inputs("follicle", groups, factors), SCENARIOS["follicle"], seed=1, members=300)
    table = found.outcomes.set_index(["outcome", "group"])
    assert table.loc[("DPC_prolif", "rich"), "statement"] == "higher"
    assert table.loc[("DPC_prolif", "poor"), "statement"] == "lower"
    assert table.loc[("DPC_prolif", "rich"), "unmeasured_share"] == 0.0
    drivers = found.drivers[(found.drivers["outcome"] == "DPC_prolif") & (found.drivers["group"] == "rich")]
    assert set(drivers.sort_values("contribution", ascending=False).head(4)["factor"]) <= rich


def test_the_assay_that_would_narrow_most_is_the_one_that_was_left_out():
    known = model("follicle")
    factors = tuple(
        unmeasured(name, ("a", "b"), "not there") if name == "VEGF"
        else Factor(name, "relative", np.zeros(2), np.full(2, 0.01), np.zeros(2, dtype=bool))
        for name in brought(known)
    )  # fmt: skip
    found = compare(
        known, Inputs("follicle", ("a", "b"), factors), SCENARIOS["follicle"], seed=1, members=300
    )
    mine = found.assays[found.assays["outcome"] == "DPC_prolif"]
    assert mine.iloc[0]["factor"] == "VEGF"
    assert mine.iloc[0]["share_of_spread"] > 0.5


def test_a_panel_in_mass_units_is_absolute_and_latent_factors_are_not():
    rng = np.random.default_rng(3)
    inputs = from_study(model("follicle"), _study(rng.lognormal(6, 1, (9, len(GENES))), scale="linear"), {})
    kinds = {factor.node: factor.kind for factor in inputs.factors}
    assert kinds["VEGF"] == "absolute"
    assert kinds["DKK1"] == "relative"  # no half effect with a source that was read
    assert kinds["TGFB1"] == "not measured"  # the form is not stated: its active share is not known
    assert kinds["PGE2"] == "not measured"
    assert any("undiluted" in note for note in inputs.notes)


def test_a_factor_below_detection_in_one_group_is_drawn_below_the_lowest_value():
    level = np.full((9, 1), 20.0)
    level[3:6] = np.nan
    inputs = from_study(model("follicle"), _study(level, genes=("VEGFA",)), {})
    factor = next(f for f in inputs.factors if f.node == "VEGF")
    at = inputs.groups.index("AD")
    assert factor.below.tolist() == [group == "AD" for group in inputs.groups]
    brings = occupancy(inputs, standard_draws(inputs, 200, seed=1))[inputs.factors.index(factor)]
    others = [i for i in range(3) if i != at]
    assert np.median(brings[at]) < np.median(brings[others])


def test_a_masked_protein_and_a_declared_additive_do_not_count():
    study = _study()
    masked = study.assays["a"].matrix.copy()
    masked.var["masked"] = masked.var["gene"] == "VEGFA"
    inputs = from_study(model("follicle"), study.with_assay(replace(study.assays["a"], data=masked)), {})
    assert next(f for f in inputs.factors if f.node == "VEGF").kind == "not measured"
    factors = pd.DataFrame({"gene": ["VEGFA"] * 3, "group": ["BM", "AD", "UC"], "declared_additive": True})
    declared = Result("potential", "processes", "?", Answer("."), tables={"factors": factors})
    inputs = from_study(model("follicle"), study, {"potential.processes": declared})
    gone = next(f for f in inputs.factors if f.node == "VEGF")
    assert gone.kind == "not measured"
    assert "additive" in gone.reason


def test_a_member_that_fails_is_counted_and_the_rest_stands(monkeypatch):
    from secretome.mechanism import compare as module

    whole = module.steady_state

    def broken(*arguments, **options):
        found = whole(*arguments, **options)
        found.level[:, 0] = np.nan
        return found

    monkeypatch.setattr(module, "steady_state", broken)
    known = model("follicle")
    found = compare(
        known, from_study(known, _study(), {}), SCENARIOS["follicle"], seed=1, members=500, details=False
    )
    assert found.failed == 2  # the first member of each of two pieces
    assert found.outcomes["level_median"].notna().all()
    result = next(r for r in _run(_study()) if r.name == "follicle")
    assert any("did not come to rest" in note for note in result.notes)


def test_an_unknown_group_column_and_too_few_members_are_refused():
    with pytest.raises(MissingColumn, match="niche"):
        _run(_study(), MechanismOptions(group_by="niche", members=200))
    with pytest.raises(InvalidPlan, match="at least 100"):
        _run(_study(), MechanismOptions(members=5))


def test_the_six_niches_are_refused_a_ranking_where_the_claims_ask_for_it(six_niches):
    from secretome.read import read_study
    from secretome.study_toml import read_plan

    study = read_study(read_plan(six_niches)).study
    for result in _run(study, MechanismOptions(members=150)):
        outcomes = result.tables["outcomes"]
        assert set(outcomes["group"]) == {"ADSCs", "DPSCs", "GFs", "OBs", "PDLSCs", "WJ-MSCs"}
        refused = (outcomes["unmeasured_share"] > 0.5) | outcomes["sign_probability"].between(0.1, 0.9)
        assert (outcomes.loc[refused, "statement"] == TOLD_TOO_LITTLE).all()
        assert refused.any()
