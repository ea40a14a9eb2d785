"""Design: model matrices against hand-made ones, contrasts against planted means, hostile formulas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import BSpline, CubicSpline

from secretome.design import Design, flasks_of, formula_fault
from secretome.errors import InvalidContrast, InvalidFormula, NotEstimable, UnknownLevel
from secretome.expression import terms, total_weight, variables


@pytest.fixture
def samples():
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "tissue": np.repeat(["BM", "AD", "WJ"], 8),
            "condition": np.tile(["control", "primed"], 12),
            "age_years": np.round(rng.uniform(20, 80, 24), 1),
            "passage": np.tile([2, 3, 4, 10], 6),
            "flag": np.tile([True, False, False], 8),
            "donor": [f"d{i // 2}" for i in range(24)],
        },
        index=[f"s{i}" for i in range(24)],
    )


def _fitted(design, samples, y):
    return np.linalg.lstsq(design.matrix(samples).values, y, rcond=None)[0]


def _found(design, samples):
    return " ".join(str(problem) for problem in design.problems(samples, file="study.toml"))


# --- matrices ---------------------------------------------------------------------------------


def test_a_factor_is_coded_against_its_first_level(samples):
    model = Design(formula="~ tissue").matrix(samples)
    by_hand = np.column_stack([np.ones(24), samples["tissue"] == "BM", samples["tissue"] == "WJ"]).astype(
        float
    )
    np.testing.assert_array_equal(model.values, by_hand)
    assert model.names == ("Intercept", "tissue[T.BM]", "tissue[T.WJ]")


def test_the_reference_level_does_not_depend_on_the_order_of_rows_or_categories(samples):
    design = Design(formula="~ tissue * condition")
    order = np.random.default_rng(0).permutation(24)
    shuffled = design.matrix(samples.iloc[order])
    np.testing.assert_array_equal(shuffled.values, design.matrix(samples).values[order])
    categories = samples.assign(tissue=pd.Categorical(samples["tissue"], ["WJ", "none", "BM", "AD"]))
    assert design.matrix(categories).names == design.matrix(samples).names


def test_an_interaction_is_the_product_of_its_columns(samples):
    model = Design(formula="~ tissue * age_years").matrix(samples)
    column = dict(zip(model.names, model.values.T, strict=True))
    np.testing.assert_allclose(
        column["tissue[T.WJ]:age_years"], (samples["tissue"] == "WJ") * samples["age_years"]
    )


def test_numbers_are_covariates_and_c_makes_them_factors(samples):
    assert Design(formula="~ passage").matrix(samples).names == ("Intercept", "passage")
    assert Design(formula="~ 0 + C(passage)").matrix(samples).names == tuple(
        f"C(passage)[{p}]" for p in (2, 3, 4, 10)
    )
    assert Design(formula="~ flag").matrix(samples).names == ("Intercept", "flag[T.True]")
    nullable = samples.assign(passage=samples["passage"].astype("Int64"))
    np.testing.assert_array_equal(
        Design(formula="~ passage").matrix(nullable).values[:, 1], samples["passage"]
    )


def test_levels_that_differ_in_the_last_digit_stay_two(samples):
    close = samples.assign(age_years=np.tile([28.042501, 28.042502], 12))
    assert len(Design(formula="~ 0 + C(age_years)").matrix(close).names) == 2


def test_a_polynomial_spans_what_numpy_spans(samples):
    model = Design(formula="~ poly(age_years, 3)").matrix(samples).values
    vander = np.polynomial.polynomial.polyvander(samples["age_years"], 3)
    np.testing.assert_allclose(model @ np.linalg.lstsq(model, vander, rcond=None)[0], vander, rtol=1e-8)
    np.testing.assert_allclose(model[:, 1:].T @ model[:, 1:], np.eye(3), atol=1e-12)


def test_a_b_spline_is_that_of_scipy(samples):
    x = samples["age_years"].to_numpy()
    model = Design(formula="~ bs(age_years, df=5)").matrix(samples).values
    inner = np.quantile(x, [1 / 3, 2 / 3])
    knots = np.r_[[x.min()] * 4, inner, [x.max()] * 4]
    basis = BSpline.design_matrix(x, knots, 3).toarray()
    np.testing.assert_allclose(model[:, 1:], basis[:, 1:], atol=1e-12)


def test_a_natural_spline_holds_every_line_and_is_of_full_rank(samples):
    model = Design(formula="~ cr(age_years, df=4)").matrix(samples)
    assert np.linalg.matrix_rank(model.values) == model.values.shape[1]
    x = samples["age_years"].to_numpy()
    np.testing.assert_allclose(model.values @ np.linalg.lstsq(model.values, x, rcond=None)[0], x, rtol=1e-9)
    assert "constraints" not in " ".join(model.names)
    # and one natural cubic spline through as many knots, made by scipy
    knots = np.quantile(x, np.linspace(0, 1, 5))
    natural = CubicSpline(knots, np.sin(knots / 10), bc_type="natural")(x)
    np.testing.assert_allclose(
        model.values @ np.linalg.lstsq(model.values, natural, rcond=None)[0], natural, atol=1e-8
    )


def test_a_name_may_hold_digits_and_letters_of_any_language(samples):
    named = samples.assign(
        **{"x1": samples["tissue"], "ümlaut_2": samples["age_years"], "class": samples["condition"]}
    )
    design = Design(formula="~ 0 + x1 + ümlaut_2 + class")
    assert design.variables == ("x1", "ümlaut_2", "class")
    assert design.problems(named.assign(donor="d"), file="x") == []
    assert design.matrix(named).values.shape == (24, 5)


def test_names_of_functions_and_options_are_no_columns():
    assert Design(formula="~ bs(age_years, df=4) + C(passage):tissue").variables == (
        "age_years",
        "passage",
        "tissue",
    )


def test_a_matrix_of_no_samples_has_no_rows(samples):
    assert Design(formula="~ 1").matrix(samples.iloc[:0]).values.shape == (0, 1)


# --- contrasts --------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", ["~ tissue + condition", "~ 0 + tissue + condition", "~ tissue * condition", "~ 0 + tissue:condition", "~ C(tissue) / condition"])  # fmt: skip
def test_a_contrast_is_the_difference_of_means_whatever_the_coding(samples, formula):
    y = samples["tissue"].map({"AD": 1.0, "BM": 4.0, "WJ": 9.0}) + samples["condition"].map(
        {"control": 0, "primed": 0.5}
    )
    design = Design(formula=formula)
    b = _fitted(design, samples, y)
    assert design.contrast(samples, "tissue[WJ] - tissue[AD]") @ b == pytest.approx(8)
    assert design.contrast(samples, "condition[primed] - condition[control]") @ b == pytest.approx(0.5)
    assert design.contrast(samples, "tissue[WJ] - (tissue[AD] + tissue[BM]) / 2") @ b == pytest.approx(6.5)


def test_an_interaction_is_the_difference_of_differences(samples):
    y = 3.0 * ((samples["tissue"] == "BM") & (samples["condition"] == "primed")) + (
        samples["condition"] == "primed"
    )
    design = Design(formula="~ tissue * condition")
    b = _fitted(design, samples, y)
    product = "(tissue[BM] - tissue[AD]) * (condition[primed] - condition[control])"
    spelled = ("tissue[BM]:condition[primed] - tissue[BM]:condition[control] - tissue[AD]:condition[primed]"
               " + tissue[AD]:condition[control]")  # fmt: skip
    np.testing.assert_allclose(design.contrast(samples, product), design.contrast(samples, spelled))
    assert design.contrast(samples, product) @ b == pytest.approx(3)
    assert design.contrast(
        samples, "tissue[BM]:condition[primed] - tissue[BM]:condition[control]"
    ) @ b == pytest.approx(4)


@pytest.mark.parametrize("term", ["age_years", "center(age_years)", "scale(age_years)"])
def test_a_slope_is_per_unit_of_the_covariate_however_it_enters(samples, term):
    y = 0.25 * samples["age_years"] + (samples["tissue"] == "BM")
    design = Design(formula=f"~ tissue + {term}")
    assert design.contrast(samples, "age_years") @ _fitted(design, samples, y) == pytest.approx(0.25)
    assert design.contrast(samples, "10 * age_years") @ _fitted(design, samples, y) == pytest.approx(2.5)


def test_a_slope_within_a_tissue(samples):
    y = samples["age_years"] * samples["tissue"].map({"AD": 0.1, "BM": 0.2, "WJ": 0.4})
    design = Design(formula="~ tissue * age_years")
    b = _fitted(design, samples, y)
    assert design.contrast(samples, "tissue[BM]:age_years") @ b == pytest.approx(0.2)
    assert design.contrast(samples, "(tissue[WJ] - tissue[AD]) * age_years") @ b == pytest.approx(0.3)


@pytest.mark.parametrize("term", ["poly(age_years, 2)", "bs(age_years, df=4)"])
def test_two_values_of_a_curve_are_compared_under_the_same_knots(samples, term):
    y = 2 + 0.3 * samples["age_years"] - 0.01 * samples["age_years"] ** 2
    design = Design(formula=f"~ {term}")
    weights = design.contrast(samples, "age_years[60] - age_years[30]")
    assert weights @ _fitted(design, samples, y) == pytest.approx(0.3 * 30 - 0.01 * (3600 - 900))


def test_the_mean_is_over_observed_combinations_of_the_other_variables_each_once(samples):
    uneven = samples[(samples["tissue"] != "WJ") | (samples["condition"] == "control")]
    cells = pd.DataFrame({"y": np.arange(24.0)}, index=samples.index).loc[uneven.index, "y"].groupby(
        [uneven["tissue"], uneven["condition"]]).transform("mean")  # fmt: skip
    design = Design(formula="~ 0 + tissue:condition")
    b = _fitted(design, uneven, cells)
    means = cells.groupby([uneven["tissue"], uneven["condition"]]).first()
    difference = design.contrast(uneven, "tissue[BM] - tissue[AD]") @ b
    assert difference == pytest.approx(means["BM"].mean() - means["AD"].mean())


def test_a_combination_that_nobody_measured_is_not_estimable(samples):
    uneven = samples[(samples["tissue"] != "WJ") | (samples["condition"] == "control")]
    design = Design(
        formula="~ tissue * condition",
        contrasts={"c": "tissue[WJ]:condition[primed] - tissue[WJ]:condition[control]"},
    )
    assert "cannot be estimated" in _found(design, uneven)


@pytest.mark.parametrize(
    "level",
    ["BM - MSC", "x y", "a[1]", "ümläut", 'say "so"', "it's", "{x}", "1", "-1", "a:b", "T.BM", "a\\b", "a+b", "(p)", "a*b", "1e3", "β-cell", "日本", "Intercept", "None"],
)  # fmt: skip
def test_a_level_may_hold_nearly_anything(samples, level):
    named = samples.assign(tissue=samples["tissue"].replace("BM", level))
    design = Design(formula="~ 0 + tissue + condition", contrasts={"c": f"tissue[{level}] - tissue[AD]"})
    assert design.problems(named, file="x") == []
    y = named["tissue"].map({"AD": 1.0, level: 3.5, "WJ": 0.0})
    assert design.contrast(named, f"tissue[{level}] - tissue[AD]") @ _fitted(
        design, named, y
    ) == pytest.approx(2.5)


def test_a_lone_bracket_is_written_in_quotes(samples):
    named = samples.assign(tissue=samples["tissue"].replace("BM", "a]b"))
    design = Design(formula="~ 0 + tissue")
    np.testing.assert_array_equal(design.contrast(named, 'tissue["a]b"] - tissue[AD]'), [-1, 0, 1])
    with pytest.raises(InvalidContrast):
        design.contrast(named, "tissue[a]b] - tissue[AD]")


def test_blanks_and_composed_letters_make_no_other_level(samples):
    named = samples.assign(tissue=samples["tissue"].replace("BM", "mu\u0308he  x"))
    design = Design(formula="~ 0 + tissue")
    np.testing.assert_array_equal(design.contrast(named, "tissue[ m\u00fche x ] - tissue[AD]"), [-1, 0, 1])


@pytest.mark.parametrize(
    ("expression", "error", "words"),
    [
        ("tissue[BMM] - tissue[AD]", UnknownLevel, "did you mean BM"),
        ("tisue[BM] - tisue[AD]", UnknownLevel, "did you mean tissue"),
        ("donor[d1] - donor[d2]", NotEstimable, "names donor, which the formula"),
        ("tissue", UnknownLevel, "needs a level"),
        ("age_years[20000] - age_years[30]", UnknownLevel, "outside the measured values"),
        ("age_years[old] - age_years[30]", UnknownLevel, "C(age_years) makes it a factor"),
        ("tissue[BM] * tissue[AD]", InvalidContrast, "no linear expression"),
        ("tissue[BM] - 1", InvalidContrast, "belongs to no factor"),
        ("tissue[BM] - tissue[BM]", InvalidContrast, "all of it cancels"),
        ("tissue[BM] / 0", InvalidContrast, "no linear expression"),
        ("1 / (tissue[BM] - tissue[AD])", InvalidContrast, "no linear expression"),
        ("tissue[BM] ** 2", InvalidContrast, "no linear expression"),
        ("tissue[BM] -", InvalidContrast, "no linear expression"),
        ("", InvalidContrast, "no linear expression"),
        ("tissue[BM] tissue[AD]", InvalidContrast, "no linear expression"),
        ("True", UnknownLevel, "no column 'True'"),
        ("__import__('os').system('x')", InvalidContrast, "no linear expression"),
        ("tissue[BM] if 1 else tissue[AD]", InvalidContrast, "no linear expression"),
        ("(lambda: tissue[BM])()", InvalidContrast, "no linear expression"),
        ("_0_ - tissue[BM]", UnknownLevel, "no column '_0_'"),
        ("(" * 500 + "tissue[BM]" + ")" * 500, InvalidContrast, "no linear expression"),
        ("tissue[BM] + " * 400 + "tissue[AD]", InvalidContrast, "the longest is"),
        ("-" * 1500 + "tissue[BM]", InvalidContrast, "no linear expression"),
    ],
)
def test_a_contrast_that_cannot_be_followed_is_refused_in_words(samples, expression, error, words):
    design = Design(formula="~ tissue + condition + age_years", contrasts={"c": expression})
    with pytest.raises(error) as raised:
        design.contrast(samples, expression)
    assert words in str(raised.value)
    assert words in _found(design, samples)


def test_the_slope_of_a_curve_is_refused_with_what_to_write(samples):
    design = Design(formula="~ bs(age_years, df=4)", contrasts={"c": "age_years"})
    assert "compare two values" in _found(design, samples)


@pytest.mark.parametrize("expression", ["tissue[BM]", "2 * tissue[BM] - tissue[AD]", "tissue[BM] - 0.33 * (tissue[AD] + tissue[WJ] + tissue[BM])", "tissue[BM] - age_years"])  # fmt: skip
def test_a_mean_is_no_difference(samples, expression):
    design = Design(formula="~ tissue + age_years", contrasts={"c": expression})
    assert "that is a mean and no difference" in _found(design, samples)


@given(st.text(max_size=40))
def test_no_text_is_run_or_crashes_as_a_contrast(text):
    try:
        found = terms(text)
    except InvalidContrast:
        return
    assert all(np.isfinite(term.weight) or abs(term.weight) == np.inf for term in found)
    assert len(variables(text)) > 0


@given(
    st.lists(
        st.tuples(st.floats(-5, 5).filter(lambda w: abs(w) > 1e-6), st.sampled_from("abcd")),
        min_size=1,
        max_size=6,
    )
)
def test_terms_are_the_sum_of_what_was_written(parts):
    expression = " + ".join(f"({weight!r}) * t[{level}]" for weight, level in parts)
    try:
        found = {term.places[0].level: term.weight for term in terms(expression)}
    except InvalidContrast:
        found = {}
    for level in "abcd":
        assert found.get(level, 0.0) == pytest.approx(sum(w for w, name in parts if name == level), abs=1e-12)
    if found:
        assert total_weight(expression) == pytest.approx(sum(w for w, _ in parts), abs=1e-9)


def test_flasks_of_a_term_are_those_where_all_of_it_holds(samples):
    term = terms("tissue[BM]:condition[primed]")[0]
    expected = (samples["tissue"] == "BM") & (samples["condition"] == "primed")
    np.testing.assert_array_equal(flasks_of(term, samples), expected)


# --- hostile formulas -------------------------------------------------------------------------

_HOSTILE = [
    "", "tissue", "y ~ tissue", "~ tissue ~ condition", "~ tissue +", "~ tissue + (condition", "~ tissue)", "~ .", "~ `tissue`",
    "~ {tissue}", "~ {__import__('os').system('x')}", "~ __import__('os')", "~ tissue.str", "~ I(age_years ** 2)", "~ log(age_years)",
    "~ bs(bs(age_years))", "~ bs(age_years, df=1000)", "~ bs(age_years, df=99999999999)", "~ bs(age_years, knots=[1])", "~ bs()",
    "~ bs(tissue)", "~ poly(age_years, 99)", "~ 5 + tissue", "~ tissue | condition", "~ tissue %in% condition", "~ tissue, condition",
    "~ tissue = condition", "~ (tissue + condition)^40", "~ (tissue + condition) ** 400", "~ 0", "~ tissue[BM]", "~ 'tissue'", '~ "tissue"',
    "~ " + "(" * 300 + "tissue" + ")" * 300, "~ " + "tissue + " * 500 + "tissue", "~ tissue\x00", "~ bs", "~ C", "~ nobody", "~ bs(age_years, df=2)",
    "~ tissue @ condition", "~ tissue; condition", "~ tissue # condition", "~ lambda: 1", "~ hashed(tissue)", "~ lag(age_years)", "~ te(age_years)",
]  # fmt: skip


@pytest.mark.parametrize("formula", _HOSTILE)
def test_a_formula_that_we_do_not_read_is_a_problem_and_never_a_crash(samples, formula):
    design = Design(formula=formula)
    problems = design.problems(samples, file="study.toml")
    assert problems
    assert "\x1b" not in str(problems[0])
    if formula_fault(formula) is not None:
        with pytest.raises(InvalidFormula):
            design.matrix(samples)


@given(st.text("~+-*:()/^ 01tissueagebs(,=)C.\"'[]{}", max_size=30))
def test_no_text_crashes_as_a_formula(text):
    frame = pd.DataFrame({"tissue": ["a", "b"] * 3, "age": [1.0, 2, 3, 4, 5, 6], "donor": list("abcdef")})
    Design(formula="~" + text).problems(frame, file="x")


def test_infinite_and_missing_covariates_are_named(samples):
    design = Design(formula="~ age_years")
    infinite = samples.assign(age_years=[np.inf, *samples["age_years"][1:]])
    assert "an infinite 'age_years' for s0" in _found(design, infinite)
    missing = samples.assign(age_years=[np.nan, *samples["age_years"][1:]])
    assert "no 'age_years' for s0" in _found(design, missing)


def test_restricted_keeps_curves_whole():
    design = Design(formula="~ 0 + tissue + bs(age_years, df=4) + tissue:condition")
    assert design.restricted(["tissue", "age_years"]).formula == "~ 0 + tissue + bs(age_years, df=4)"
