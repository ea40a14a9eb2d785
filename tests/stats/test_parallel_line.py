"""Parallel-line assays held to the worked examples of Ph. Eur. 5.3, and to their refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats import parallel_line

ASSAYS = ["EP_5.1.1_corticotrophin", "EP_5.1.2_agar_latin", "EP_5.1.3_turbidimetric", "EP_5.1.4_hepatitisB"]
# printed in the European Pharmacopoeia, 5.3: limits as per cent of the estimate
PRINTED = {
    ("EP_5.1.1_corticotrophin", "T"): ("1.14205", "68.6", "147.7"),
    ("EP_5.1.1_corticotrophin", "U"): ("1.66889", "68.8", "153.1"),
    ("EP_5.1.2_agar_latin", "T"): (None, "93.3", "107.1"),
    ("EP_5.1.3_turbidimetric", "T"): (None, "95.8", "104.4"),
    ("EP_5.1.4_hepatitisB", "T"): ("2.171", "93.4", "107.2"),
    ("EP_5.1.4_hepatitisB", "U"): ("1.758", "93.5", "107.0"),
    ("EP_5.1.4_hepatitisB", "V"): ("1.970", "93.4", "107.1"),
}
TERMS = {
    "Preparation:": "preparations",
    "Regression:": "regression",
    "Linearity:": "non-linearity",
    "Parallelism:": "non-parallelism",
    "Blocks:": "blocks",
}


@pytest.fixture(scope="module")
def folder(shared):
    return shared / "oracle" / "qualify"


@pytest.fixture(scope="module")
def fits(folder):
    data = pd.read_csv(folder / "inputs" / "parallel_line_data.csv")
    found = {}
    for name, assay in data.groupby("assay"):
        layout = {"block": assay["block"]} if assay["block"].notna().all() else {}
        if assay["row"].notna().all():
            layout = {"row": assay["row"], "column": assay["col"]}
        found[name] = parallel_line.fit(
            np.exp(assay["ln_dose"]), assay["response_transformed"], assay["Sample"], reference="S", **layout
        )
    return found


def test_the_published_examples_come_out_to_the_printed_digit(fits):
    for (assay, preparation), (ratio, low, high) in PRINTED.items():
        found = fits[assay]
        at = found.preparations.index(preparation)
        if ratio is not None:
            assert f"{found.ratio[at]:.{len(ratio.split('.')[1])}f}" == ratio
        assert f"{100 * found.lower[at] / found.ratio[at]:.1f}" == low
        assert f"{100 * found.upper[at] / found.ratio[at]:.1f}" == high


@pytest.mark.parametrize("assay", ASSAYS)
def test_ratios_and_limits_are_those_of_r(assay, fits, folder):
    expected = pd.read_csv(folder / "results" / "parallel_line_base_r.csv").query("assay == @assay")
    found = fits[assay]
    assert found.preparations == tuple(expected["test"])
    assert_allclose(found.ratio, expected["rel_potency"], rtol=1e-6)
    assert_allclose(found.lower, expected["fieller_lower"], rtol=1e-6)
    assert_allclose(found.upper, expected["fieller_upper"], rtol=1e-6)
    assert_allclose(found.slope, expected["slope_per_ln_dose"].iloc[0], rtol=1e-6)
    assert_allclose(found.residual_variance, expected["s2"].iloc[0], rtol=1e-6)
    assert found.df == expected["df"].iloc[0]
    f, p = found.validity.row("non-parallelism")[3:]
    assert_allclose([f, p], expected[["F_nonparallelism", "p_nonparallelism"]].iloc[0].tolist(), rtol=1e-6)


@pytest.mark.parametrize(
    "assay", ["EP_5.1.1_corticotrophin", "EP_5.1.3_turbidimetric", "EP_5.1.4_hepatitisB"]
)
def test_the_analysis_of_variance_is_that_of_pla(assay, fits, folder):
    expected = (
        pd.read_csv(folder / "results" / "parallel_line_pla_anova.csv").query("assay == @assay").dropna()
    )
    assert len(expected) >= 3
    for row in expected.itertuples(index=False):
        assert_allclose(fits[assay].validity.row(TERMS[row.term]), row[2:], rtol=1e-6)


def test_the_latin_square_has_the_printed_analysis_of_variance(fits):
    table = fits["EP_5.1.2_agar_latin"].validity
    printed = {"rows": (5, 412.0), "columns": (5, 218.667), "residual": (20, 415.333), "total": (35, 9556.0)}
    for term, expected in printed.items():
        assert_allclose(table.row(term)[:2], expected, rtol=1e-5)
    assert_allclose(table.row("non-linearity of T")[3:], (0.262, 0.614), atol=5e-4)


def test_corticotrophin_is_not_parallel(fits):
    f, p = fits["EP_5.1.1_corticotrophin"].validity.row("non-parallelism")[3:]
    assert f"{f:.3f} {p:.4f}" == "5.367 0.0075"


@pytest.mark.parametrize(
    ("assay", "printed"),
    [
        ("EP_5.1.2_agar_latin", 0.976750),
        ("EP_5.1.3_turbidimetric", 0.991424),
        ("EP_5.1.4_hepatitisB", 0.996560),
    ],
)
def test_the_correlation_is_the_printed_one(assay, printed, fits):
    assert fits[assay].correlation == pytest.approx(printed, abs=5e-7)


def test_a_planted_ratio_is_recovered_whatever_the_unit_of_dose():
    dose, response, preparation, block = _assay(seed=5, log_ratio=0.3, noise=0.01)
    found = parallel_line.fit(dose, response, preparation, reference="R", block=block)
    other = parallel_line.fit(1000 * dose, 7 - 3 * response, preparation, reference="R", block=block)
    assert found.log_ratio[0] == pytest.approx(0.3, abs=0.02)
    assert found.lower[0] < np.exp(0.3) < found.upper[0]
    assert_allclose(other.ratio, found.ratio)
    assert_allclose(other.lower, found.lower)


def test_swapping_reference_and_test_gives_the_reciprocal_with_its_limits():
    dose, response, preparation, _ = _assay(seed=2, log_ratio=0.3)
    there = parallel_line.fit(dose, response, preparation, reference="R")
    back = parallel_line.fit(dose, response, preparation, reference="T")
    assert back.ratio[0] == pytest.approx(1 / there.ratio[0])
    assert back.lower[0] == pytest.approx(1 / there.upper[0])


def test_missing_wells_are_fitted_by_least_squares_and_said():
    dose, response, preparation, block = _assay(seed=4)
    kept = np.arange(dose.size) != 3
    found = parallel_line.fit(dose[kept], response[kept], preparation[kept], reference="R", block=block[kept])
    assert not found.complete
    assert found.df == parallel_line.fit(dose, response, preparation, reference="R", block=block).df - 1


def test_a_flat_assay_has_no_finite_limits():
    dose, response, preparation, _ = _assay(seed=4, slope=0.0)
    found = parallel_line.fit(dose, response, preparation, reference="R")
    assert found.g >= 1
    assert (found.lower[0], found.upper[0]) == (0, np.inf)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"reference": "r"}, InvalidArray, "There are: R, T"),
        ({"reference": "R", "row": [1] * 24}, InvalidArray, "both row and column"),
        ({"reference": "R", "row": [1] * 24, "column": [1] * 24}, InvalidArray, "holds 24 values"),
        ({"reference": "R", "row": [1] * 24, "column": range(24)}, InvalidArray, "no Latin square"),
        ({"reference": "R", "row": [1] * 24, "column": [1] * 24, "block": [1] * 24}, InvalidArray, "not all"),
        ({"reference": "R", "block": [1] * 24}, InvalidArray, "single block"),
        ({"reference": "R", "block": [1] * 3}, InvalidArray, "shape"),
    ],
)
def test_layouts_that_contradict_themselves_are_refused(change, error, words):
    dose, response, preparation, _ = _assay(seed=1)
    with pytest.raises(error, match=words):
        parallel_line.fit(dose, response, preparation, **change)


def test_assays_without_what_a_line_needs_are_refused():
    dose, response, preparation, _ = _assay(seed=1)
    with pytest.raises(NotEstimable, match="single dose"):
        parallel_line.fit(np.where(preparation == "T", 1, dose), response, preparation, reference="R")
    with pytest.raises(NotEstimable, match="no test preparation"):
        parallel_line.fit(dose[:12], response[:12], preparation[:12], reference="R")
    with pytest.raises(NotEstimable, match="no treatment is repeated"):
        parallel_line.fit(dose[::3], response[::3], preparation[::3], reference="R")
    with pytest.raises(NotEstimable, match="identical"):
        parallel_line.fit(dose, np.log(dose), preparation, reference="R")
    with pytest.raises(InvalidArray, match="positive"):
        parallel_line.fit(dose - 1, response, preparation, reference="R")
    with pytest.raises(InvalidArray, match="missing"):
        parallel_line.fit(dose, np.where(dose == 1, np.nan, response), preparation, reference="R")
    with pytest.raises(InvalidArray, match="one length"):
        parallel_line.fit(dose[1:], response, preparation, reference="R")


def _assay(*, seed, log_ratio=0.0, slope=2.0, noise=0.1):
    """Reference and test, four doses, three blocks."""
    rng = np.random.default_rng(seed)
    dose = np.tile(np.repeat([1.0, 2, 4, 8], 3), 2)
    preparation = np.repeat(["R", "T"], 12)
    block = np.tile([1, 2, 3], 8)
    shift = np.where(preparation == "T", log_ratio, 0.0)
    response = slope * (np.log(dose) + shift) + 0.2 * block + rng.normal(0, noise, 24)
    return dose, response, preparation, block
