"""Published worked examples through the commands, from plain CSV as people keep it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from secretome.cli import run

EWMA = [
    52.0,
    47,
    53,
    49.3,
    50.1,
    47,
    51,
    50.1,
    51.2,
    50.5,
    49.6,
    47.6,
    49.9,
    51.3,
    47.8,
    51.2,
    52.6,
    52.4,
    53.6,
    52.1,
]
CUSUM = [324.925, 324.675, 324.725, 324.35, 325.35, 325.225, 324.125, 324.525, 325.225, 324.6, 324.625, 325.15,
         328.325, 327.25, 327.825, 328.5, 326.675, 327.775, 326.875, 328.35]  # fmt: skip


@pytest.fixture
def ask(tmp_path, capsys):
    """Writes a frame as CSV, runs a command on it, gives its first result and exit code."""

    def call(frame, *arguments, sep=",", decimal="."):
        path = tmp_path / "data.csv"
        frame.to_csv(path, index=False, sep=sep, decimal=decimal)
        code = run(["qualify", arguments[0], str(path), *map(str, arguments[1:]), "--json"])
        printed = capsys.readouterr()
        return (json.loads(printed.out)["results"][0] if printed.out else printed.err), code

    return call


def pla(shared, name):
    """Rows of a file of the package pla: name of the first column, cells until the comments."""
    lines = (shared / "data" / "potency-pheur-pla" / name).read_text().splitlines()
    header = lines[0].split()
    rows = [line.split() for line in lines[1:] if line.strip()]
    return pd.DataFrame(
        [row[: len(header)] for row in rows if row[0].split("-")[0] in {"Replicate", "Block", "Plate"}],
        columns=header,
    )


@pytest.mark.parametrize(
    ("lots", "months", "beside"),
    [
        (["b2", "b5", "b7"], 25.9958, 23.4704),
        (["b3", "b4", "b5"], 23.397, None),
        (["b4", "b5", "b8"], 15.6061, 15.6061),
    ],
)
def test_shelf_lives_from_the_file_as_it_was_published(lots, months, beside, shared, ask):
    table = pd.read_csv(shared / "data" / "stability-ich-q1e" / "exp1_potency.csv")
    for sep, decimal in ((",", "."), (";", ",")):
        found, code = ask(
            table[table["Batch"].isin(lots)], "stability", "--lower", 95, sep=sep, decimal=decimal
        )
        row = found["tables"]["attributes"][0]
        assert row["months"] == pytest.approx(months, abs=1e-3)
        assert (
            row["months_every_lot"] == pytest.approx(beside, abs=1e-3)
            if beside
            else row["months_every_lot"] > 0
        )
        assert found["parameters"]["time_unit"] == "months"
        assert code == 0


def test_hepatitis_with_and_without_its_missing_wells(shared, ask):
    whole, gaps = (
        pla(shared, name).drop(columns="Replicate") for name in ("HepatitisB.txt", "HepatitisB_Missing.txt")
    )
    options = (
        "potency",
        "--model",
        "parallel-line",
        "--transform",
        "log",
        "--wide",
        "dose",
        "--parallelism",
        "f-test",
        "--reference",
        "S",
    )
    results = []
    for table in (whole, gaps):
        table = table.rename(columns={f"D{i}": 2.0**i for i in range(1, 6)}).assign(
            Sample=table["Sample"].str.strip('"')
        )
        results.append(ask(table, *options)[0])
    full, damaged = ({r["preparation"]: r for r in found["tables"]["summary"]} for found in results)
    assert {name: f"{row['percent'] / 100:.3f}" for name, row in full.items()} == {
        "T": "2.171",
        "U": "1.758",
        "V": "1.970",
    }
    assert [f"{full['T'][c]:.1f}" for c in ("lower_percent_of_estimate", "upper_percent_of_estimate")] == [
        "93.4",
        "107.2",
    ]
    for name in "TUV":
        assert damaged[name]["percent"] == pytest.approx(full[name]["percent"], rel=0.02)
    assert any("3 empty cells" in note for note in results[1]["notes"])
    assert any("Wells are missing" in note for note in results[1]["notes"])


def test_the_agar_assay_with_gaps_is_said_and_the_invalid_one_refused(shared, ask):
    def table(name):
        lines = (shared / "data" / "potency-pheur-pla" / name).read_text().splitlines()
        rows = [line.split()[1:6] for line in lines if line[:1] in "ST" and len(line.split()) > 5]
        frame = pd.DataFrame(rows, columns=["Sample", "Row", "Column", "dose", "Response"])
        return frame.assign(dose=1.5 ** frame["dose"].astype(float))

    options = ("potency", "--model", "parallel-line", "--parallelism", "f-test", "--reference", "S")
    found, _ = ask(table("Agar.txt"), *options)
    row = found["tables"]["summary"][0]
    assert [f"{row[c]:.1f}" for c in ("lower_percent_of_estimate", "upper_percent_of_estimate")] == [
        "93.3",
        "107.1",
    ]
    gaps, _ = ask(table("Agar-missing.txt"), *options)
    assert any("left out (lines 18, 24, 34, 36)" in note for note in gaps["notes"])
    assert gaps["tables"]["plates"][0]["layout"] == "latin square"
    message, code = ask(table("Agar-invalid.txt"), *options)
    assert code == 1
    assert "of the Latin square holds" in message


def test_the_turbidimetric_blocks_from_their_wide_table(shared, ask):
    wide = pla(shared, "AntibioticTurbidimetric.txt").drop(columns="Label", errors="ignore")
    long = wide.melt(id_vars="Block", var_name="treatment", value_name="Absorbance")
    long = long.assign(Sample=long["treatment"].str[0], dose=1.5 ** -long["treatment"].str[1].astype(float))
    found, _ = ask(
        long.drop(columns="treatment"),
        "potency",
        "--model",
        "parallel-line",
        "--parallelism",
        "f-test",
        "--reference",
        "S",
    )
    row = found["tables"]["summary"][0]
    assert [f"{row[c]:.1f}" for c in ("lower_percent_of_estimate", "upper_percent_of_estimate")] == [
        "95.8",
        "104.4",
    ]
    assert found["tables"]["plates"][0]["layout"] == "randomised blocks"


def test_corticotrophin_fails_parallelism(shared, ask):
    wide = pla(shared, "Corticotrophin.txt")
    long = wide.drop(columns="Label").melt(id_vars="Plate", var_name="treatment", value_name="response")
    long = long.assign(Sample=long["treatment"].str[0], dose=4.0 ** -long["treatment"].str[1].astype(float))
    found, code = ask(
        long.drop(columns=["treatment", "Plate"]),
        "potency",
        "--model",
        "parallel-line",
        "--parallelism",
        "f-test",
        "--reference",
        "S",
    )
    assert found["tables"]["parallelism"][0]["p_f"] == pytest.approx(0.0075, abs=5e-5)
    assert (found["verdict"], code) == ("fail", 1)


def test_herbicides_give_the_ratio_of_drc(shared, ask):
    table = pd.read_csv(shared / "data" / "potency-dose-response-drc" / "S.alba.csv")
    message, code = ask(table, "potency", "--reference", "Bentazone")
    assert (code, "not read: Herbicide, DryMatter" in message) == (1, True)
    names = ("--column", "preparation=Herbicide", "--column", "response=DryMatter")
    found, _ = ask(table, "potency", "--reference", "Bentazone", *names)
    assert found["tables"]["summary"][0]["percent"] == pytest.approx(42.54, abs=0.01)
    assert found["tables"]["parallelism"][0]["p_f"] == pytest.approx(0.0507, abs=1e-4)


def test_nist_ewma_from_a_single_column_with_known_centre(ask):
    found, _ = ask(
        pd.DataFrame({"value": EWMA}), "control", "--center", 50, "--sigma", 2.0539, "--weight", 0.3
    )
    last = found["tables"]["points"][-1]
    assert [round(last[c], 2) for c in ("ewma", "ewma_lower", "ewma_upper")] == [51.99, 47.41, 52.59]
    assert "of the centre and standard deviation given" in found["answer"]


def test_nist_cusum_first_signals_at_the_fourteenth_sample(ask):
    options = ("--center", 325, "--sigma", 0.635, "--shift", 1, "--decision", 4.1959 / 0.635)
    found, code = ask(pd.DataFrame({"Mean": CUSUM}), "control", *options)
    assert min(s["order"] for s in found["tables"]["signals"] if s["rule"] == "CUSUM") == 14
    assert code == 1


@pytest.mark.parametrize("named", [True, False])
def test_piston_rings_from_a_wide_table(named, shared, ask):
    rings = (
        pd.read_csv(shared / "oracle" / "qualify" / "inputs" / "qcc_pistonrings.csv")["diameter"]
        .to_numpy()
        .reshape(-1, 5)
    )
    wide = pd.DataFrame(rings, columns=[f"x{i}" for i in range(1, 6)])
    if named:
        wide.insert(0, "Subgroup", np.arange(1, 41))
    found, _ = ask(wide, "control", "--chart", "xbar", "--phase1", 25)
    assert found["tables"]["limits"][0]["upper"] == pytest.approx(74.014304007008, abs=1e-8)
    assert {s["order"] for s in found["tables"]["signals"] if s["rule"] == "1"} == {37, 38, 39}


def test_lots_in_the_columns_that_a_lab_keeps(shared, ask):
    lots = pd.read_csv(shared / "oracle" / "qualify" / "inputs" / "lots_potency.csv")
    found, code = ask(
        lots,
        "comparability",
        "--test",
        "test",
        "--reference",
        "ref",
        "--margin",
        0.8,
        1.25,
        "--reason",
        "example",
    )
    row = found["tables"]["equivalence"][0]
    assert np.log(row["estimate"]) == pytest.approx(0.0661961930253003, abs=1e-8)
    assert row["p_value"] == pytest.approx(0.000635537102854177, rel=1e-6)
    assert (row["outcome"], code) == ("equivalent", 0)
    assert any("each lot was taken as a unit" in note for note in found["notes"])
    limits, _ = ask(lots.query("group == 'ref'")[["lot", "potency_pct"]], "specification", "--kind", "limits")
    assert limits["tables"]["limits"][0]["lower"] == pytest.approx(60.3393915033791, abs=1e-4)
    assert any("too narrow" in note for note in limits["notes"])


def test_nist_tolerance_factors_from_43_values(ask):
    values = pd.DataFrame({"value": np.random.default_rng(1).normal(97, 27, 43)})
    two, _ = ask(values, "specification", "--kind", "limits", "--content", 0.9, "--confidence", 0.99)
    one, _ = ask(
        values, "specification", "--kind", "limits", "--content", 0.9, "--confidence", 0.99, "--sides", 1
    )
    howe, _ = ask(
        values,
        "specification",
        "--kind",
        "limits",
        "--content",
        0.9,
        "--confidence",
        0.99,
        "--factor",
        "howe-uncorrected",
    )
    assert howe["tables"]["limits"][0]["k"] == pytest.approx(2.217, abs=5e-4)  # printed in the handbook
    assert two["tables"]["limits"][0]["k"] == pytest.approx(2.2228, abs=1e-4)  # the exact one is larger
    assert one["tables"]["limits"][0]["k"] == pytest.approx(
        1.8740, abs=1e-4
    )  # the handbook prints 1.8740 (noncentral t)
    assert len(two["notes"]) >= 3


def test_the_pharmacopoeia_combination_with_its_own_column_names(ask):
    table = pd.DataFrame(
        {"Assay": range(1, 7), "Potency": [18367, 18003, 18064, 17832, 18635, 18269], "Lower limit": [17755, 17415, 17319, 17253, 17959, 17722],
         "Upper limit": [19002, 18610, 18838, 18429, 19339, 18834], "DF": 20}
    )  # fmt: skip
    found, _ = ask(table, "potency", "--kind", "combination", "--combine", "weighted_homogeneous")
    assert [round(found["tables"]["summary"][0][c]) for c in ("estimate", "lower", "upper")] == [
        18187,
        17946,
        18431,
    ]


def test_a_wide_table_of_measures_with_its_activity_named(ask):
    rng = np.random.default_rng(2)
    level = np.arange(1.0, 10)
    table = pd.DataFrame(
        {
            "Donor": [f"D{i}" for i in range(9)],
            "VEGFA (pg/mL)": 2**level,
            "IL6": rng.lognormal(size=9),
            "tubes": level + rng.normal(0, 0.2, 9),
        }
    )
    found, code = ask(table, "matrix", "--wide", "measure", "--activity", "tubes", "--permutations", 199)
    row = found["tables"]["surrogates"][0]
    assert (row["activity"], row["chosen"], code) == ("tubes", "VEGFA (pg/mL)", 0)


def test_pairs_in_two_columns_and_groups_of_unequal_size(ask):
    rng = np.random.default_rng(3)
    pairs = pd.DataFrame({"Donor": list("ABCDEF"), "CM": 100 + rng.normal(0, 10, 6)}).assign(
        EV=lambda d: d["CM"] * np.exp(rng.normal(0, 0.03, 6))
    )
    options = (
        "--wide",
        "group",
        "--test",
        "EV",
        "--reference",
        "CM",
        "--margin",
        0.8,
        1.25,
        "--reason",
        "example",
    )
    found, _ = ask(pairs, "comparability", *options, "--comparison", "paired")
    row = found["tables"]["equivalence"][0]
    assert (row["outcome"], row["df"]) == ("equivalent", 5)
    uneven = pairs.drop(columns="Donor")
    uneven.loc[5, "EV"] = np.nan
    found, _ = ask(uneven, "comparability", *options)
    assert (
        found["tables"]["equivalence"][0]["units_test"],
        found["tables"]["equivalence"][0]["units_reference"],
    ) == (5, 6)


def test_a_worksheet_and_a_table_below_its_title_are_read(tmp_path, capsys):
    frame = pd.DataFrame(
        {"Batch": ["A"] * 5, "Month": [0, 3, 6, 9, 12], "Assay (%)": [100.1, 99.4, 98.2, 97.7, 96.4]}
    )
    frame.to_excel(tmp_path / "s.xlsx", index=False)
    (tmp_path / "s.csv").write_text(
        "Stability of lot A\n\n" + frame.to_csv(index=False), encoding="utf-8-sig"
    )
    answers = []
    for name in ("s.xlsx", "s.csv"):
        assert run(["qualify", "stability", str(tmp_path / name), "--lower", "95", "--json"]) == 0
        answers.append(json.loads(capsys.readouterr().out)["results"][0]["answer"])
    assert answers[0] == answers[1]


KEYS = {"result", "verdict", "answer", "tables", "parameters", "notes", "lacks", "sha256"}


def test_json_keys_are_those_of_the_page(ask):
    found, _ = ask(pd.DataFrame({"value": EWMA}), "control")
    assert set(found) == KEYS
    trail = {"heading", "signature", "inputs_sha256", "versions", "seed", "simulated", "alpha"}
    assert trail <= set(found["parameters"])
