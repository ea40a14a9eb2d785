"""Files as laboratories write them: other names, orders, wide tables, decimal commas, gaps; and what is refused."""

from __future__ import annotations

import pytest

from secretome.errors import InvalidInput
from secretome.qualify import LAYOUTS, parse, unit_of
from secretome.qualify.cells import changed, decimal_of, number_of


def read(name, text, **options):
    header, *rows = [line.split(";") for line in text.strip().splitlines()]
    return parse(LAYOUTS[name], header, rows, lines=range(2, 2 + len(rows)), file="f.csv", **options)


def test_names_come_in_any_case_and_order_with_units_in_brackets():
    found = read("potency", "Absorbance;CONC (ng/mL);Sample\n0.2;5;R")
    assert found.frame[["preparation", "dose", "response"]].iloc[0].tolist() == ["R", 5.0, 0.2]
    assert found.units == {"dose": "ng/mL"}
    assert "Column 'Sample' was read as preparation." in found.notes


def test_a_column_of_months_is_a_time_in_months_and_another_unit_contradicts_it():
    found = read("stability", "Batch;Months;Potency\nA;3;99")
    assert unit_of(found, "time", "", default="") == "months"
    assert unit_of(found, "time", "Months", default="") == "Months"
    with pytest.raises(InvalidInput, match="header says months"):
        unit_of(found, "time", "weeks", default="")
    assert unit_of(read("stability", "lot;time;value\nA;3;99"), "time", "", default="months") == "months"


def test_potency_is_a_value_only_where_no_other_column_is():
    both = read("stability", "lot;time;result;potency\nA;3;99;yes")
    assert both.frame["value"].iloc[0] == 99
    assert both.frame["potency"].tolist() == [True]


@pytest.mark.parametrize(
    ("header", "cell", "dose"),
    [("ln_dose", "0", 1.0), ("log10 dose", "2", 100.0), ("log2_dose", "3", 8.0), ("dilution factor", "50", 0.02),
     ("dose", "1:50", 0.02), ("dose", "1/4", 0.25)],
)  # fmt: skip
def test_doses_may_be_logarithms_or_dilutions(header, cell, dose):
    found = read("potency", f"preparation;{header};response\nR;{cell};1")
    assert found.frame["dose"].iloc[0] == pytest.approx(dose)


@pytest.mark.parametrize("name", ["Dilution", "log dose"])
def test_numbers_that_may_be_steps_or_logarithms_to_any_base_are_refused(name):
    with pytest.raises(InvalidInput, match="ln_dose, log10_dose or dilution_factor"):
        read("potency", f"preparation;{name};response\nR;1;1")


def test_a_wide_table_becomes_long_and_its_empty_cells_are_counted():
    found = read("stability", "Month;b2;b5\n0;100;101\n3;99;\n6;98;97", wide="lot")
    assert found.frame[["lot", "time", "value"]].to_numpy().tolist()[:2] == [
        ["b2", 0.0, 100.0],
        ["b5", 0.0, 101.0],
    ]
    assert len(found.frame) == 5
    assert any("1 empty cells" in note for note in found.notes)
    doses = read("potency", "Sample;1;2;4\nS;5;6;7\nT;5;6;8", wide="dose")
    assert doses.frame["dose"].tolist() == [1, 2, 4, 1, 2, 4]
    with pytest.raises(InvalidInput, match="'D1'"):
        read("potency", "Sample;D1;D2\nS;5;6", wide="dose")


def test_numbered_columns_are_repeats():
    found = read("control", "Subgroup;x1;x2;x3\n1;5;6;7\n2;6;7;8")
    assert found.frame.groupby("sample")["value"].apply(list).tolist() == [[5, 6, 7], [6, 7, 8]]
    assert any("repeats of value" in note for note in found.notes)


def test_decimal_commas_are_told_from_all_cells_and_refused_where_unclear():
    assert read("stability", "lot;time;value\nA;0;98,7\nA;3;1,234").frame["value"].tolist() == [98.7, 1.234]
    with pytest.raises(InvalidInput, match="decimal or a thousand"):
        read("stability", "lot;time;value\nA;0;1,234")
    assert read("stability", "lot;time;value\nA;0;1,234", decimal="comma").frame["value"].iloc[0] == 1.234
    with pytest.raises(InvalidInput, match="'1,234'"):
        read("stability", "lot;time;value\nA;0;1,234", decimal="point")
    with pytest.raises(InvalidInput, match=r"'1\.5'"):
        read("stability", "lot;time;value\nA;0;1.5\nA;0;98,7")


def test_a_value_below_a_limit_is_censored_only_where_the_layout_knows_it():
    found = read("stability", "lot;time;value;censored\nA;0;8;\nA;3;<5;\nA;6;5;yes")
    assert found.frame["censored"].tolist() == [False, True, True]
    assert found.frame["value"].tolist() == [8, 5, 5]
    with pytest.raises(InvalidInput, match="'<5'"):
        read("control", "sample;value\n1;<5")


def test_a_gap_leaves_its_row_out_and_says_so():
    found = read("potency", "preparation;dose;response\nR;1;0.2\nR;2;NA\nR;4;")
    assert len(found.frame) == 1
    assert found.notes[-1] == "2 rows have no response and were left out (lines 3, 4)."


def test_what_was_not_read_is_named():
    assert "Columns that were not read: comment." in read("control", "sample;value;comment\n1;5;x").notes


def test_all_faults_come_at_once_with_their_place():
    with pytest.raises(InvalidInput) as refused:
        read("stability", "lot;time;value;potency\n;x;y;maybe")
    assert [(p.row, p.column) for p in refused.value.problems] == [
        (2, "lot"),
        (2, "time"),
        (2, "value"),
        (2, "potency"),
    ]
    with pytest.raises(InvalidInput, match="an empty cell"):
        read("stability", "lot;time;value\nA;;5")


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("lot;value\nA;5", {}, "--column time=NAME"),
        ("lot;time;value\nA;0;5", {"columns": {"tme": "time"}}, "a column of the layout"),
        ("lot;time;value\nA;0;5", {"columns": {"time": "week"}}, "no column 'week'"),
        ("lot;time;value\nA;0;5", {"wide": "colour"}, "--wide names 'colour'"),
        ("lot;time;result;reading\nA;0;5;6", {}, "both name value"),
    ],
)
def test_names_that_do_not_fit_are_refused(text, options, words):
    with pytest.raises(InvalidInput, match=words):
        read("stability", text, **options)


def test_a_column_named_by_the_user_wins_over_its_own_name():
    found = read("stability", "lot;time;value;corrected\nA;0;5;6", columns={"value": "Corrected"})
    assert found.frame["value"].iloc[0] == 6


def test_cells():
    assert decimal_of(["<5,1", "12 %"]) == "comma"
    assert [number_of(text, comma=False) for text in ("1e3", "inf", "nan", "1:4", "98.7 %")] == [
        1000,
        None,
        None,
        None,
        98.7,
    ]
    assert number_of("1:0", comma=False, ratio=True) is None
    assert (changed(0.0, "exp"), changed(400.0, "power of 10"), changed(-1.0, "reciprocal")) == (
        1.0,
        None,
        None,
    )
    lines = LAYOUTS["potency"].description().splitlines()
    assert "also called" in lines[0]
    assert LAYOUTS["potency"].column("dose").required


def test_an_optional_column_left_empty_is_none():
    found = read("potency", "preparation;dose;response;weight;plate\nR;1;0.2;;\nR;2;0.3;;")
    assert list(found.frame) == ["line", "preparation", "dose", "response"]


def test_a_file_without_a_value_and_numbers_beyond_measure_are_refused():
    with pytest.raises(InvalidInput, match="no row with a value"):
        read("control", "sample;value\n1;NA")
    for text in ("1e308", "-1e101", "1e-300"):
        with pytest.raises(InvalidInput, match="between"):
            read("control", f"sample;value\n1;{text}")


def test_a_column_assay_names_attributes_plates_or_holds_the_values():
    named = read("stability", "lot;time;value;assay\nA;0;5;VEGFA\nA;3;4;IL6")
    assert named.frame["attribute"].tolist() == ["VEGFA", "IL6"]
    assert read("stability", "lot;time;assay\nA;0;5").frame["value"].tolist() == [5]
    assert read("potency", "assay;sample;dose;response\n1;R;1;5").frame["plate"].tolist() == ["1"]
