"""Specifications: nothing passes that was not tested, and limits say how little few lots allow."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome.errors import InvalidInput, NotEstimable
from secretome.qualify import LimitOptions, Trail, endotoxin_limit, limits_from_lots, lot_summary, with_trail
from secretome.qualify.specification import examples
from secretome.study import PRODUCT_RECORD

RECORD = dict.fromkeys(PRODUCT_RECORD, "stated")


def lines(**changes):
    table = pd.DataFrame(
        [
            ("sterility", "no growth", np.nan, np.nan, "no growth", "Ph. Eur. 2.6.1", "compendial"),
            ("mycoplasma", "negative", np.nan, np.nan, "negative", "Ph. Eur. 2.6.7", "compendial"),
            ("endotoxin", "0.05", np.nan, np.nan, "", "Ph. Eur. 2.6.14", "K over dose"),
            ("potency: IDO", "104", 70.0, 130.0, "", "IDO assay, SOP 12", "clinical lots"),
        ],
        columns=["line", "result", "lower", "upper", "expected", "method", "justification"],
    )
    endotoxin = table["line"] == "endotoxin"
    facts = {
        "k_eu_kg_h": 5.0,
        "k_route": "intravenous",
        "route": "intravenous",
        "dose_ml_kg_h": 2.0,
        **changes,
    }
    for name, value in facts.items():
        table[name] = [
            value if is_it else (np.nan if isinstance(value, float) else "") for is_it in endotoxin
        ]
    return table


def test_a_whole_lot_passes_only_with_its_product_record():
    assert lot_summary(lines(), record=RECORD).verdict == "pass"
    bare = lot_summary(lines())
    assert bare.verdict == "cannot be judged"
    assert "Product record not reported" in bare.lacks[-1]


def test_potency_passed_and_sterility_absent_cannot_be_judged():
    absent = lot_summary(lines().iloc[1:], record=RECORD)
    assert absent.verdict == "cannot be judged"
    assert "sterility: required, and not in the file" in absent.lacks
    empty = lines()
    empty.loc[0, "result"] = ""
    assert lot_summary(empty, record=RECORD).verdict == "cannot be judged"


def test_another_line_that_names_sterility_does_not_stand_for_it():
    other = lines()
    other.loc[0, "line"] = "bioburden before sterility filtration"
    assert lot_summary(other, record=RECORD).verdict == "cannot be judged"


@pytest.mark.parametrize("gap", ["method", "justification"])
def test_a_line_without_method_or_reason_does_not_pass(gap):
    table = lines()
    table.loc[3, gap] = ""
    found = lot_summary(table, record=RECORD)
    assert found.verdict == "cannot be judged"
    assert gap in found.lacks[0]


def test_a_result_outside_its_limit_fails_and_words_are_compared():
    table = lines()
    table.loc[3, "result"] = "131"
    assert lot_summary(table, record=RECORD).verdict == "fail"
    table = lines()
    table.loc[0, "result"] = "growth"
    assert lot_summary(table, record=RECORD).verdict == "fail"
    for words in ("about 100", "nan"):
        table = lines()
        table.loc[3, "result"] = words
        assert lot_summary(table, record=RECORD).verdict == "cannot be judged"


@pytest.mark.parametrize("edge", ["70", "130"])
def test_limits_are_inclusive(edge):
    table = lines()
    table.loc[3, "result"] = edge
    assert lot_summary(table, record=RECORD).verdict == "pass"


@pytest.mark.parametrize(
    "change", [{"k_eu_kg_h": np.nan}, {"route": ""}, {"k_route": "intrathecal"}, {"dose_ml_kg_h": np.nan}]
)
def test_endotoxin_without_k_route_or_dose_is_refused(change):
    with pytest.raises(InvalidInput, match="endotoxin"):
        lot_summary(lines(**change), record=RECORD)


def test_the_endotoxin_limit_is_k_over_dose():
    assert endotoxin_limit(
        k_eu_kg_h=0.2, k_route="intrathecal", route="Intrathecal", dose_ml_kg_h=0.1
    ) == pytest.approx(2)
    found = lot_summary(lines(), record=RECORD).tables["lines"].set_index("line")
    assert found.loc["endotoxin", "upper"] == 2.5
    with pytest.raises(InvalidInput) as refused:
        endotoxin_limit(k_eu_kg_h=None, k_route="", route="", dose_ml_kg_h=0)
    assert len(refused.value.problems) == 3


def test_a_line_is_not_required_only_with_a_reason():
    table = lines().assign(required=[True, True, True, True])
    table.loc[1, "required"] = False
    assert lot_summary(table, record=RECORD).verdict == "pass"
    table.loc[1, "justification"] = ""
    with pytest.raises(InvalidInput, match="without a reason"):
        lot_summary(table, record=RECORD)


def test_doubled_lines_and_reversed_limits_are_refused_together():
    table = lines()
    table.loc[3, ["line", "lower", "upper"]] = ["endotoxin", 130.0, 70.0]
    with pytest.raises(InvalidInput) as refused:
        lot_summary(table)
    assert "stands 2 times" in str(refused.value)
    assert "above upper" in str(refused.value)


def test_examples_are_inactive_and_say_where_they_are_from():
    rows = examples()
    assert rows["example"].str.startswith("example, from ").all()
    assert rows["status"].str.startswith("inactive").all()
    assert len(rows) == 46


def test_no_word_of_release_or_safety_is_ever_printed():
    for result in (lot_summary(lines(), record=RECORD), lot_summary(lines())):
        signed = with_trail(result, Trail({"x.csv": "00"}))
        text = " ".join(
            [signed.sentence(), *signed.notes, *signed.lacks, str(dict(signed.parameters))]
        ).lower()
        assert "may be released" not in text
        assert "safe" not in text
        assert signed.parameters["heading"].startswith("Draft test summary: not a certificate of analysis")


def test_few_lots_give_wide_limits_with_a_warning():
    lots = pd.DataFrame({"lot": list("abc"), "donor": list("ABC"), "value": [98.0, 100, 103]})
    found = limits_from_lots(lots, LimitOptions())
    assert found.tables["limits"]["k"].iloc[0] == pytest.approx(12.647, abs=1e-3)
    assert any("say little" in note for note in found.notes)
    assert found.verdict is None


def test_donors_are_a_random_effect_and_a_proposal_gets_its_risks():
    rng = np.random.default_rng(1)
    donor = np.repeat(list("ABCDEF"), 3)
    value = 100 + np.repeat(rng.normal(0, 4, 6), 3) + rng.normal(0, 1, 18)
    lots = pd.DataFrame({"lot": [str(i) for i in range(18)], "donor": donor, "value": value})
    found = limits_from_lots(lots, LimitOptions(content=0.95, lower=85, upper=115))
    assert found.tables["limits"]["next_is"].iloc[0] == "mean of the next donor"
    risk = found.tables["risk"].iloc[0]
    assert 0 < risk["producer_risk"] < risk["consumer_risk_at_3_sd"] < 1
    curve = found.tables["operating_characteristic"]
    assert curve["accepted"].idxmax() in range(5, 12)
    logged = limits_from_lots(lots, LimitOptions(content=0.95, transform="log", lower=85))
    assert 0 < logged.tables["limits"]["lower"].iloc[0] < 100


def test_lots_that_give_no_limits_are_refused():
    lots = pd.DataFrame({"lot": ["a", "a", "b"], "donor": list("ABC"), "value": [0.0, 1, 2]})
    with pytest.raises(InvalidInput) as refused:
        limits_from_lots(lots, LimitOptions(transform="log"))
    assert len(refused.value.problems) == 2
    with pytest.raises(NotEstimable, match="three"):
        limits_from_lots(
            pd.DataFrame({"lot": list("ab"), "donor": list("AB"), "value": [1.0, 2]}), LimitOptions()
        )
