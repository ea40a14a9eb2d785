"""Contrasts of interactions and of curves, judged on donors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome import pipeline
from secretome.study_toml import read_plan


def _effects(lab, formula, expression):
    lab.toml = (
        lab.toml.split("[design]")[0]
        + f"""
[design]
formula = "{formula}"
random = ["donor"]
[design.contrasts]
c = "{expression}"
"""
    )
    result = pipeline.run(read_plan(lab.write()), only="vary").result("vary.contrasts")
    return result.tables["contrasts"].iloc[0], result.tables["effects"].set_index("protein")


def test_an_interaction_is_the_difference_of_what_priming_does_to_donors(small_lab):
    facts, effects = _effects(
        small_lab,
        "~ tissue * condition",
        "(tissue[BM] - tissue[AD]) * (condition[primed] - condition[control])",
    )
    values = np.log2(small_lab.table.set_index("Protein ID").filter(like="MaxLFQ"))
    primed = {
        name: values[f"{name}_p MaxLFQ Intensity"] - values[f"{name}_c MaxLFQ Intensity"]
        for name in small_lab.sheet["sample"].str[:-2].unique()
    }
    by_hand = sum(primed[f"BM_{i}"] for i in (1, 2, 3)) / 3 - sum(primed[f"AD_{i}"] for i in (1, 2, 3)) / 3
    assert facts["strategy"] == "between donors"
    assert (facts["donors_left"], facts["tested"]) == (6, 40)
    pd.testing.assert_series_equal(
        effects["log2_ratio"], by_hand.loc[effects.index], check_names=False, rtol=1e-6
    )


def test_what_priming_does_within_one_tissue_is_paired_within_its_donors(small_lab):
    facts, _ = _effects(
        small_lab, "~ tissue * condition", "tissue[BM]:condition[primed] - tissue[BM]:condition[control]"
    )
    assert (facts["strategy"], facts["donors_left"], facts["donors_right"]) == ("paired within donor", 3, 3)


def test_two_ages_of_a_curve_rest_on_all_donors(small_lab):
    ages = {f"{t}{d}": 20.0 + 10 * d + 3 * (t == "BM") for t in ("BM", "AD") for d in (1, 2, 3)}
    small_lab.sheet["age_years"] = small_lab.sheet["donor"].map(ages)
    line = 2 ** (0.1 * small_lab.sheet["age_years"]).to_numpy()
    columns = [c for c in small_lab.table if c.endswith("MaxLFQ Intensity")]
    small_lab.table.loc[0, columns] = 1000 * line
    facts, effects = _effects(small_lab, "~ poly(age_years, 2)", "age_years[50] - age_years[30]")
    assert facts["strategy"] == "slope between donors"
    assert effects.loc["P10000", "log2_ratio"] == pytest.approx(2.0)
