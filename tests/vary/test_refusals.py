"""Questions that a study cannot answer: each is named, and the rest is still made."""

from __future__ import annotations

import numpy as np

from secretome.plan import VaryOptions
from secretome.vary import compare, compare_mixed, compare_sets, follow_numbers, partition

from .conftest import flasks

CONTRAST = {"t": "tissue[A] - tissue[B]"}


def _values(samples, rows: int = 60, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(22, 2, (rows, 1)) + rng.normal(0, 0.3, (rows, len(samples)))


def test_one_donor_a_group_is_named_by_every_part(build):
    samples = flasks(donors=1, per_donor=4)
    study = build(_values(samples), samples, contrasts=CONTRAST)
    result = compare(study, VaryOptions())
    row = result.tables["contrasts"].iloc[0]
    assert row["reason"].startswith("1 donor against 1: at least 2 on each side are needed")
    assert result.verdict == "not tested"
    assert result.tables["effects"]["p_value"].isna().all()
    assert compare_mixed(study, VaryOptions()).verdict == "not tested"
    assert compare_sets(study, result, VaryOptions()).verdict == "not tested"
    follow_numbers(study, VaryOptions())
    partition(study, VaryOptions(), seed=1)


def test_a_random_term_with_a_level_for_every_flask_is_left_out_by_name(build):
    samples = flasks(donors=4, per_donor=2)
    samples["vial"] = [f"v{number}" for number in range(len(samples))]
    study = build(_values(samples), samples, contrasts=CONTRAST, random=("donor", "vial"))
    result = compare_mixed(study, VaryOptions())
    assert any(
        "vial is left out, because every flask has a level of its own" in note for note in result.notes
    )
    assert result.tables["effects"]["p_value"].notna().all()


def test_rows_that_are_never_seen_are_not_seen_and_nothing_else(build):
    samples = flasks(donors=4, per_donor=2)
    y = _values(samples)
    y[:3] = np.nan
    study = build(y, samples, contrasts=CONTRAST)
    effects = compare(study, VaryOptions()).tables["effects"].set_index("protein")
    assert set(effects.loc[["P0", "P1", "P2"], "status"]) == {"not seen"}
    assert effects["p_value"].notna().sum() == 57
    assert set(compare_mixed(study, VaryOptions()).tables["effects"]["protein"]) <= {
        f"P{i}" for i in range(3, 60)
    }
    without = compare(build(np.vstack([y[3:]]), samples, contrasts=CONTRAST), VaryOptions()).tables["effects"]
    assert np.allclose(sorted(without["p_value"]), sorted(effects["p_value"].dropna()))


def test_rows_that_never_change_have_no_difference_and_say_so(build):
    """A constant row has a ratio of 0 and no scatter of its own; the mixed model gives it no fit."""
    samples = flasks(donors=4, per_donor=2)
    y = _values(samples)
    y[:2] = 20.0
    study = build(y, samples, contrasts=CONTRAST)
    effects = compare(study, VaryOptions()).tables["effects"].set_index("protein")
    constant = effects.loc[["P0", "P1"]]
    assert (constant["log2_ratio"].abs() < 1e-9).all()
    assert (constant["p_value"] > 0.99).all()
    assert (constant["fdr"] > 0.99).all()
    mixed = compare_mixed(study, VaryOptions()).tables["effects"].set_index("protein")
    assert mixed.loc[["P0", "P1"], "p_value"].isna().all()
    assert not set(mixed.loc[["P0", "P1"], "fit"]) & {"ok", "plain"}


def test_a_whole_table_that_never_changes_is_no_crash(build):
    samples = flasks(donors=3, per_donor=2)
    effects = compare(
        build(np.full((30, len(samples)), 20.0), samples, contrasts=CONTRAST), VaryOptions()
    ).tables["effects"]
    assert not (effects["fdr"] <= 0.05).any()


def test_errors_of_formula_and_contrast_come_together_with_what_to_write(build):
    samples = flasks(donors=3)
    study = build(
        _values(samples), samples, formula="~ 0 + tisue + condition",
        contrasts={"a": "tissue[A] - tissue[C]", "b": "tissue[A]"},
    )  # fmt: skip
    problems = study.design.problems(samples, file="study.toml")
    text = " ".join(f"{problem.found} {problem.action}" for problem in problems)
    assert "tisue" in text
    assert "tissue" in text
