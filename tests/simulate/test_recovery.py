"""Recovery counts what was found against what was planted."""

import numpy as np
import pandas as pd
import pytest

from secretome.results import Answer, Result
from secretome.simulate import recovery


def result(key: str, **tables: pd.DataFrame) -> Result:
    stage, name = key.split(".")
    return Result(stage, name, "?", Answer("."), tables=tables)


@pytest.fixture
def truth():
    effects = pd.DataFrame(
        {
            "contrast": "a_vs_b",
            "protein": ["P1", "P2", "P3", "P4", "P5", "K1"],
            "gene": ["A", "B", "C", "D", "E", "KRT1"],
            "origin": ["secreted", "secreted", "secreted", "cell", "secreted", "keratin"],
            "log2_ratio": [1.0, -1.0, 2.0, 0.0, 1.5, 0.0],
            "judged": [True, True, True, True, True, False],
        }
    )
    unmasked = pd.DataFrame({"protein": ["K2"], "gene": ["KRT2"], "origin": ["keratin"]})
    proteins = pd.concat([effects[["protein", "gene", "origin"]], unmasked], ignore_index=True)
    proteins["contaminant"] = proteins["origin"].eq("keratin")
    samples = pd.DataFrame(
        {
            "sample": ["s1", "s2", "s3"],
            "bovine_percent": [2.0, 3.0, 4.0],
            "keratin_percent": [3.0, 3.0, 20.0],
            "accident": ["", np.nan, "keratin"],
        }
    )
    return {"effects": effects, "proteins": proteins, "samples": samples}


@pytest.fixture
def results():
    effects = pd.DataFrame(
        {
            "contrast": "a_vs_b",
            "protein": ["P1", "P2", "P3", "P4", "P5", "K1"],
            "log2_ratio": [1.1, 0.9, np.nan, 0.4, 1.4, 3.0],
            "lower": [0.8, 0.5, np.nan, 0.1, 1.0, 2.0],
            "upper": [1.4, 1.3, np.nan, 0.7, 1.8, 4.0],
            "p_value": [0.001, 0.001, np.nan, 0.001, 0.2, 0.0],
            "fdr": [0.01, 0.01, np.nan, 0.01, 0.3, 0.0],
        }
    )
    contaminants = pd.DataFrame({"protein": ["K1", "P4", "P1"], "masked": [True, True, False]})
    quality = pd.DataFrame(
        {
            "sample": ["s1", "s2", "s3"],
            "bovine_percent": [2.5, 6.0, 4.0],
            "keratin_percent": [3.0, 3.0, 19.0],
            "verdict": ["pass", "warn", "fail"],
        }
    )
    return {
        "vary.contrasts": result("vary.contrasts", effects=effects),
        "define.contaminants": result("define.contaminants", proteins=contaminants),
        "define.detection": result(
            "define.detection", proteins=pd.DataFrame({"protein": ["P1", "P2", "P4", "K1", "K2"]})
        ),
        "define.quality": result("define.quality", samples=quality),
    }


def test_found_false_and_wrong_are_counted_apart(results, truth):
    row = recovery(results, truth).tables["contrasts"].iloc[0]
    assert (row["planted"], row["testable"], row["found"], row["wrong_sign"], row["false"]) == (4, 3, 1, 1, 1)
    assert row["sensitivity_percent"] == pytest.approx(100 / 3)
    assert row["false_discovery_percent"] == pytest.approx(100 / 3)
    assert (row["intervals"], row["coverage_percent"]) == (4, 50)


def test_contaminants_flasks_and_shares_are_counted(results, truth):
    rows = recovery(results, truth).tables["recovery"].set_index("question")
    assert rows.loc["Contaminants masked", ["planted", "recovered", "false"]].tolist() == [2, 1, 1]
    assert rows.loc["Secreted proteins kept", ["planted", "recovered", "false"]].tolist() == [2, 2, 0]
    assert rows.loc["Bad flasks flagged", ["planted", "recovered", "false"]].tolist() == [1, 1, 1]
    assert rows.loc["Share as planted: bovine_percent", "recovered"] == 2
    shares = recovery(results, truth).tables["shares"].set_index("quantity")
    assert shares.loc["bovine_percent", "max_difference_points"] == 3
    assert shares.loc["keratin_percent", "max_difference_points"] == 1


def test_the_answer_quotes_the_table(results, truth):
    found = recovery(results, truth)
    assert found.key == "simulate.recovery"
    assert "1 of 1 bad flasks were flagged, and 1 good ones" in found.sentence()
    assert "1 of 3 true differences that could be tested were found, with 2 false" in found.sentence()
    assert found.verdict == "pass"


def test_a_deleted_factor_is_a_warning(results, truth):
    masked = pd.DataFrame({"protein": ["P1"], "masked": [True]})
    results["define.contaminants"] = result("define.contaminants", proteins=masked)
    found = recovery(results, truth)
    assert found.verdict == "warn"
    assert found.tables["recovery"].set_index("question").loc["Secreted proteins kept", "false"] == 1


def test_what_was_not_run_is_named(truth):
    found = recovery({}, truth)
    assert found.verdict == "cannot be judged"
    assert len(found.lacks) == 3
    assert found.tables["recovery"].empty
    assert found.sentence() == "Nothing could be compared."
