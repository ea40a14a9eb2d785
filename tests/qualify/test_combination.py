"""Assays combined and references bridged: published numbers, planted chains, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome.errors import InvalidInput, NotEstimable
from secretome.qualify import CombinationOptions, bridge_references, combine_assays

# six independent estimates of one preparation, 20 degrees of freedom each: Ph. Eur. 5.3, section 6
SIX = pd.DataFrame(
    {"assay": list("123456"), "estimate": [18367.0, 18003, 18064, 17832, 18635, 18269],
     "lower": [17755.0, 17415, 17319, 17253, 17959, 17722], "upper": [19002.0, 18610, 18838, 18429, 19339, 18834], "df": 20.0}
)  # fmt: skip


def test_the_pharmacopoeia_example_comes_out():
    found = combine_assays(SIX, CombinationOptions("weighted_homogeneous"))
    row = found.tables["summary"].iloc[0]
    assert [round(row[c]) for c in ("estimate", "lower", "upper")] == [18187, 17946, 18431]
    assert round(row["q"], 2) == 4.42
    assert len(found.tables["conventions"]) == 3
    assert found.verdict is None


def test_limits_judge_and_need_a_reason():
    inside = CombinationOptions(limits=(18000, 19000), limits_reason="label")
    assert combine_assays(SIX, inside).verdict == "pass"
    assert combine_assays(SIX, CombinationOptions(limits=(1, 2), limits_reason="label")).verdict == "fail"
    with pytest.raises(InvalidInput, match="without a reason"):
        combine_assays(SIX, CombinationOptions(limits=(1, 2)))


def test_estimates_alone_can_only_be_averaged():
    bare = SIX[["estimate"]]
    assert len(combine_assays(bare, CombinationOptions()).tables["conventions"]) == 1
    with pytest.raises(InvalidInput, match="what it is weighted by"):
        combine_assays(bare, CombinationOptions("weighted_homogeneous"))
    with pytest.raises(NotEstimable):
        combine_assays(SIX.iloc[:1], CombinationOptions())
    errors = bare.assign(standard_error=0.016)
    found = combine_assays(errors, CombinationOptions("weighted_homogeneous"))
    assert any("known exactly" in note for note in found.notes)


def test_assays_that_do_not_agree_are_said():
    unlike = SIX.assign(
        estimate=SIX["estimate"] * [1, 1, 1, 1, 1, 1.3], lower=np.nan, upper=np.nan, standard_error=0.016
    )
    found = combine_assays(unlike, CombinationOptions("weighted_homogeneous"))
    assert any("not homogeneous" in note for note in found.notes)


def test_estimates_outside_their_limits_are_refused_with_their_line():
    bad = SIX.assign(line=range(2, 8))
    bad.loc[0, "lower"], bad.loc[1, "estimate"], bad.loc[2, "df"] = 20000.0, -1.0, 0.0
    with pytest.raises(InvalidInput) as refused:
        combine_assays(bad, CombinationOptions())
    assert [problem.row for problem in refused.value.problems] == [2, 3, 4]


def test_a_chain_of_references_multiplies_and_its_errors_add():
    rng = np.random.default_rng(1)
    rows = [
        (link, 100 * ratio * np.exp(rng.normal(0, 0.02)))
        for link, ratio in (("R2 against R1", 1.05), ("R3 against R2", 0.9))
        for _ in range(8)
    ]
    frame = pd.DataFrame(rows, columns=["preparation", "estimate"])
    found = bridge_references(frame, CombinationOptions(limits=(80, 125), limits_reason="assay"))
    chain = found.tables["chain"]
    assert chain["percent_of_first"].iloc[1] == pytest.approx(94.5, rel=0.03)
    width = np.log(chain["upper"] / chain["lower"])
    assert width.iloc[1] > width.iloc[0]
    assert found.verdict == "pass"
    narrow = bridge_references(frame, CombinationOptions(limits=(99, 101), limits_reason="assay"))
    assert narrow.verdict == "fail"
    wide = bridge_references(
        frame.iloc[:3].assign(estimate=[80.0, 100, 130]),
        CombinationOptions(limits=(90, 111), limits_reason="x"),
    )
    assert (wide.verdict, "more assays" in wide.lacks[0]) == ("cannot be judged", True)
    assert bridge_references(frame, CombinationOptions()).verdict == "cannot be judged"
