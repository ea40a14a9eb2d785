"""Freeze-thaw and dilution steps: what is shown, which attribute is first not shown, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome.errors import InvalidInput, NotEstimable
from secretome.qualify import step_losses


def steps(loss=0.03, *, lots="ABCD", attribute="VEGFA"):
    rng = np.random.default_rng(3)
    rows = [
        (lot, step, 100 * (1 - loss) ** step * np.exp(rng.normal(0, 0.01)), attribute)
        for lot in lots
        for step in range(6)
    ]
    return pd.DataFrame(rows, columns=["lot", "step", "value", "attribute"])


def test_the_first_attribute_not_shown_is_named():
    found = step_losses(pd.concat([steps(), steps(0.1, attribute="BDNF")]), lower=80)
    attributes = found.tables["attributes"].set_index("attribute")["steps_shown"]
    assert (attributes["VEGFA"], attributes["BDNF"]) == (5, 1)
    assert "BDNF is the first not shown" in found.sentence()
    assert found.tables["steps"].query("attribute == 'VEGFA' and step == 3")["percent_left"].iloc[
        0
    ] == pytest.approx(91.3, abs=1)


def test_two_limits_are_two_sided_and_no_step_shown_fails():
    one = step_losses(steps(), lower=80).tables["steps"]
    two = step_losses(steps(), lower=80, upper=125).tables["steps"]
    assert (two["lower"] < one["lower"]).all()
    assert step_losses(steps(0.3), lower=80).verdict == "fail"
    assert step_losses(steps(-0.1), upper=105).tables["summary"]["steps_shown"].iloc[0] == 0


def test_lots_of_one_donor_are_one_unit():
    found = step_losses(steps().assign(donor=["X"] * 12 + ["Y"] * 12), lower=80)
    assert set(found.tables["steps"]["lots"]) == {2}


def test_steps_without_sense_are_refused():
    with pytest.raises(InvalidInput, match="no limit"):
        step_losses(steps())
    with pytest.raises(InvalidInput, match="below 100"):
        step_losses(steps(), lower=110)
    with pytest.raises(InvalidInput) as refused:
        step_losses(
            pd.DataFrame({"lot": ["A", "A"], "step": [0.0, 1.5], "value": [0.0, 1.0], "line": [2, 3]}),
            lower=80,
        )
    assert [problem.column for problem in refused.value.problems] == ["value", "step"]
    for change, words in (("step > 0", "step 0"), ("step == 0", "only step 0"), ("lot == 'A'", "needs two")):
        with pytest.raises(NotEstimable, match=words):
            step_losses(steps().query(change), lower=80)
