"""Precursor reports made by hand: what is filtered, joined, refused, and how it travels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome import dossier
from secretome.errors import InvalidDossier, InvalidInput, NotEstimable, SecretomeError, UnknownFormat
from secretome.plan import AssayPlan
from secretome.read import read_proteins, read_study
from secretome.read.groups import parse_group, unique_names
from secretome.read.precursors import bare_sequence
from secretome.read.recognise import open_measurements
from secretome.read.run_names import resolve_runs, run_name
from secretome.study import Assay, Study
from secretome.study_toml import read_plan

RUNS = ("a", "b", "c")


def diann_rows() -> pd.DataFrame:
    """Two proteins, three runs; PG.MaxLFQ is 100 x the run's factor in every row of P00001."""
    rows = []
    for number, run in enumerate(RUNS):
        for protein, sequence, base in (
            ("P00001", "AAK", 10.0),
            ("P00001", "CCK", 40.0),
            ("P00002;P00003", "DDR", 5.0),
        ):
            rows.append(
                {
                    "File.Name": rf"C:\runs\{run}.raw",
                    "Run": run,
                    "Protein.Group": protein,
                    "Protein.Names": "ALBU_HUMAN",
                    "Genes": "ALB",
                    "PG.MaxLFQ": (100.0 if protein == "P00001" else 7.0) * 2**number,
                    "Modified.Sequence": sequence,
                    "Stripped.Sequence": sequence,
                    "Precursor.Id": f"{sequence}2",
                    "Precursor.Charge": 2,
                    "Q.Value": 0.001,
                    "PG.Q.Value": 0.001,
                    "Precursor.Normalised": base * 2**number,
                    "Precursor.Quantity": base,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def read(rows: pd.DataFrame, tmp_path, *, samples=(), **plan):
    path = tmp_path / "report.tsv"
    rows.to_csv(path, sep="\t", index=False)
    table, chosen = open_measurements(path)
    return chosen.read(table, AssayPlan("proteome", path, **plan), samples)


def test_a_repeated_protein_quantity_is_taken_once(tmp_path):
    found = read(diann_rows(), tmp_path)
    assert found.quantity == "PG.MaxLFQ"
    np.testing.assert_array_equal(found.values, [[100, 200, 400], [7, 14, 28]])
    assert found.features["peptides"].tolist() == [2, 1]
    assert found.features["protein_group"].tolist() == ["P00001", "P00002;P00003"]


def test_roll_ups_are_taken_when_asked_for(tmp_path):
    summed = read(diann_rows(), tmp_path, quantity="sum")
    np.testing.assert_array_equal(summed.values, [[50, 100, 200], [5, 10, 20]])
    rolled = read(diann_rows(), tmp_path, quantity="maxlfq")
    np.testing.assert_allclose(rolled.values, [[50, 100, 200], [5, 10, 20]], rtol=1e-12)
    assert rolled.quantity == "MaxLFQ of Precursor.Normalised"


def test_an_unknown_quantity_lists_those_there_are(tmp_path):
    with pytest.raises(InvalidInput, match=r"no quantity 'PG.MaxLfq'; did you mean PG.MaxLFQ"):
        read(diann_rows(), tmp_path, quantity="PG.MaxLfq")


@pytest.mark.parametrize("column", ["Q.Value", "PG.Q.Value"])
def test_each_q_value_leaves_out_and_a_missing_one_does_not_pass(tmp_path, column):
    rows = diann_rows()
    rows.loc[0, column], rows.loc[1, column] = 0.011, np.nan
    found = read(rows, tmp_path)
    assert np.isnan(found.values[found.features.index.get_loc("P00001"), 0])
    assert found.remarks == (f"report.tsv: 2 of 9 rows were left out: with {column} above 0.01 or empty",)


def test_a_row_is_counted_at_the_first_filter_that_it_fails(tmp_path):
    rows = diann_rows().assign(Decoy=0)
    rows.loc[0, ["Q.Value", "PG.Q.Value", "Decoy"]] = [0.5, 0.5, 1]
    assert read(rows, tmp_path).remarks == ("report.tsv: 1 of 9 rows were left out: marked in Decoy",)


def test_a_run_of_which_nothing_passes_stays_an_empty_column(tmp_path):
    rows = diann_rows()
    rows.loc[rows["Run"] == "b", "Q.Value"] = 1.0
    found = read(rows, tmp_path)
    assert found.measurements == RUNS
    assert np.isnan(found.values[:, 1]).all()


def test_a_report_of_which_nothing_passes_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match=r"none of 9 rows passes \(9 with Q.Value above 0.01 or empty\)"):
        read(diann_rows().assign(**{"Q.Value": 0.5}), tmp_path)


def test_zero_is_missing_and_counted(tmp_path):
    rows = diann_rows()
    rows.loc[0, ["Precursor.Normalised", "PG.MaxLFQ"]] = 0
    found = read(rows, tmp_path, quantity="sum")
    assert found.values[0, 0] == 40
    assert found.remarks == ("report.tsv: 1 intensities of 0 were read as missing",)
    assert len(found.precursors) == 8


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Precursor.Normalised": -1.0}, r"row 2, column 'Precursor.Normalised': negative value -1"),
        ({"Precursor.Normalised": "high"}, r"row 2, column 'Precursor.Normalised': text 'high'"),
        ({"PG.MaxLFQ": 101.0}, r"P00001 in a has values from 100 to 101"),
        ({"Precursor.Id": "CCK2"}, r"row 3.*precursor 'CCK2' stands in row 2 already"),
    ],
)
def test_faults_are_refused_with_their_place(tmp_path, change, words):
    rows = diann_rows().astype(object)
    for column, value in change.items():
        rows.loc[0, column] = value
    with pytest.raises(InvalidInput, match=words):
        read(rows, tmp_path)


def test_missing_columns_are_listed_together(tmp_path):
    rows = diann_rows().drop(columns=["Modified.Sequence", "Precursor.Charge"])
    with pytest.raises(InvalidInput) as error:
        read(rows, tmp_path)
    assert [problem.found.split(";")[0] for problem in error.value.problems] == [
        "no column 'Modified.Sequence'",
        "no column 'Precursor.Charge'",
    ]


def test_order_of_rows_does_not_matter(tmp_path):
    rows = diann_rows()
    expected = read(rows, tmp_path, quantity="maxlfq")
    shuffled = read(rows.sample(frac=1, random_state=1), tmp_path, quantity="maxlfq")
    order = [shuffled.measurements.index(run) for run in expected.measurements]
    again = pd.DataFrame(shuffled.values[:, order], shuffled.features.index).loc[expected.features.index]
    np.testing.assert_allclose(again, expected.values, rtol=1e-12)


def test_values_that_no_ratio_joins_are_empty_and_counted(tmp_path):
    rows = diann_rows()
    alone = (rows["Protein.Group"] == "P00001") & (rows["Run"] == "c")
    rows.loc[alone, "Precursor.Id"] = [f"X{i}" for i in range(2)]
    found = read(rows, tmp_path, quantity="maxlfq")
    assert np.isnan(found.values[0]).tolist() == [False, False, True]
    assert "1 values of 1 proteins were left empty" in found.remarks[0]


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "accessions", "entry_name", "flags"),
    [
        ("P0C0T4;Q3E792", ("P0C0T4", "Q3E792"), "", ""),
        ("sp|A0A024RBG1|NUD4B_HUMAN", ("A0A024RBG1",), "NUD4B_HUMAN", ""),
        ("contam_sp|P02769|ALBU_BOVIN", ("P02769",), "ALBU_BOVIN", "contaminant"),
        ("CON__P02769", ("P02769",), "", "contaminant"),
        ("REV__P02769", ("P02769",), "", "decoy"),
        ("DECOY_1/sp|P0A6Z3|HTPG_ECOLI", ("P0A6Z3",), "HTPG_ECOLI", "decoy"),
        ("1/sp|O75475|PSIP1_HUMAN", ("O75475",), "PSIP1_HUMAN", ""),
        ("2/sp|P0DJD0|RGPD1_HUMAN/sp|Q7Z3J3|RGPD4_HUMAN", ("P0DJD0", "Q7Z3J3"), "RGPD1_HUMAN", "shared"),
        ("UPS|P02768ups|ALBU_HUMAN_UPS", ("P02768ups",), "ALBU_HUMAN_UPS", ""),
        ("", (), "", ""),
    ],
)
def test_groups_are_parsed(text, accessions, entry_name, flags):
    group = parse_group(text)
    assert (group.accessions, group.entry_name) == (accessions, entry_name)
    assert [flag for flag in ("contaminant", "decoy", "shared") if getattr(group, flag)] == flags.split()


def test_groups_of_one_leading_accession_are_named_by_all():
    texts = ["A;B", "A;C", "D;E"]
    assert unique_names([parse_group(text) for text in texts], texts) == (["A;B", "A;C", "D"], 2)


def test_runs_are_named_as_the_sheet_names_them():
    texts = [r"D:\x\one.raw", "/data/two.d", "three.mzML.dia"]
    assert list(resolve_runs(texts, ()).values()) == ["one", "two", "three"]
    assert list(resolve_runs(texts, ["one.raw", "/data/two.d"]).values()) == [
        "one.raw",
        "/data/two.d",
        "three",
    ]


def test_runs_of_one_name_in_two_folders_stay_apart():
    named = resolve_runs(["x/one.raw", "y/one.raw", "two.raw"], ())
    assert list(named.values()) == ["x/one.raw", "y/one.raw", "two"]


def test_a_dot_in_a_sample_name_is_kept():
    assert run_name("donor1.2.raw") == "donor1.2"


@pytest.mark.parametrize(
    ("text", "letters"),
    [("_(Acetyl (Protein N-term))AC[+57]K_", "ACK"), ("_ASNEDVTK_.2", "ASNEDVTK"), ("VREVcHVK", "VREVCHVK"), ("n[42.0106]AEC[57.0215]K", "NAECK")],
)  # fmt: skip
def test_sequences_lose_their_modifications(text, letters):
    assert bare_sequence(text.removeprefix("n")) == letters.removeprefix("N")


# --- other formats made by hand -------------------------------------------------------------------


def test_spectronaut_leaves_out_decoys_and_imputed_values(tmp_path):
    rows = pd.DataFrame(
        {
            "R.FileName": ["a", "a", "b", "b"],
            "PG.ProteinGroups": "P00001",
            "PG.Quantity": [10.0, 10.0, 20.0, 20.0],
            "EG.ModifiedSequence": ["_AAK_", "_CCK_", "_AAK_", "_CCK_"],
            "EG.PrecursorId": ["_AAK_.2", "_CCK_.2", "_AAK_.2", "_CCK_.2"],
            "EG.IsDecoy": ["False", "True", "False", "False"],
            "EG.IsImputed": ["False", "False", "False", "True"],
            "EG.Qvalue": [0.001, 0.001, 0.001, "Filtered"],
            "FG.Quantity": [5.0, 6.0, 10.0, 12.0],
        }
    )
    found = read(rows, tmp_path)
    np.testing.assert_array_equal(found.values, [[10.0, 20.0]])
    assert found.precursors["precursor"].tolist() == ["_AAK_.2", "_AAK_.2"]
    assert [remark.split("left out: ")[1] for remark in found.remarks] == [
        "marked in EG.IsDecoy",
        "marked in EG.IsImputed",
    ]


def test_spectronaut_pivot_of_proteins(tmp_path):
    """Written from the description: no file of this kind was seen."""
    rows = pd.DataFrame(
        {
            "PG.ProteinGroups": ["P00001", "P00002;P00003"],
            "PG.Genes": ["ALB", "X;Y"],
            "PG.ProteinNames": ["ALBU_HUMAN", "X_HUMAN;Y_HUMAN"],
            "[1] a.raw.PG.Quantity": ["10.5", "Filtered"],
            "[2] b.raw.PG.Quantity": ["0", "3"],
            "[1] a.raw.PG.NrOfStrippedSequencesIdentified": [2, 1],
        }
    )
    found = read(rows, tmp_path)
    assert (found.format, found.measurements) == ("spectronaut_pivot", ("a", "b"))
    np.testing.assert_array_equal(found.values, [[10.5, np.nan], [np.nan, 3.0]])
    assert found.features.index.tolist() == ["P00001", "P00002"]
    assert found.remarks == ("report.tsv: 1 intensities of 0 were read as missing",)


def test_spectronaut_pivot_of_precursors_is_rolled_up(tmp_path):
    rows = pd.DataFrame(
        {
            "PG.ProteinGroups": ["P00001", "P00001"],
            "EG.PrecursorId": ["_AAK_.2", "_CCK_.2"],
            "[1] a.raw.EG.TotalQuantity (Settings)": [1.0, 10.0],
            "[2] b.raw.EG.TotalQuantity (Settings)": ["2", "Filtered"],
        }
    )
    found = read(rows, tmp_path)
    assert found.measurements == ("a", "b")
    assert found.values[0, 1] / found.values[0, 0] == pytest.approx(2)
    assert len(found.precursors) == 3


MZTAB = """MTD\tmzTab-version\t1.0.0
MTD\tmzTab-type\tQuantification
MTD\tms_run[1]-location\tfile://c:/data/one.mzML
MTD\tms_run[2]-location\tfile:///data/two.mzML
MTD\tassay[1]-ms_run_ref\tms_run[1]
MTD\tassay[2]-ms_run_ref\tms_run[2]
PRH\taccession\tdescription\tbest_search_engine_score[1]\tambiguity_members\tprotein_abundance_assay[1]\tprotein_abundance_assay[2]
PRT\tP00001\tAlbumin OS=Homo sapiens GN=ALB PE=1\t0.9\tnull\t1.5\tnull
PRT\tP00002\tnull\t0.9\tP00003\t0\t4
"""


def read_mztab(text: str, tmp_path, **plan):
    path = tmp_path / "result.mztab"
    path.write_text(text)
    table, chosen = open_measurements(path)
    return chosen.read(table, AssayPlan("proteome", path, **plan), ())


def test_mztab_abundances_of_assays_are_named_by_their_run(tmp_path):
    """Written from the description: no file with abundances was seen."""
    found = read_mztab(MZTAB, tmp_path)
    assert found.measurements == ("one", "two")
    np.testing.assert_array_equal(found.values, [[1.5, np.nan], [np.nan, 4.0]])
    assert found.features["gene"].tolist() == ["ALB", ""]
    assert found.features["protein_group"].tolist() == ["P00001", "P00002;P00003"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("\t0\t4\n", "\t0\n", "row 9: PRT row of 5 fields; expected 6"),
        ("1.5", "-1.5", "negative value -1.5"),
        ("1.5", "much", "text 'much'"),
        ("P00002", "P00001", "accession 'P00001' stands in row 8 already"),
        ("MTD\tmzTab-version", "MTD\tversion", "no line 'MTD mzTab-version'"),
        ("PRT", "COM", "no protein section"),
    ],
)
def test_broken_mztab_is_refused(tmp_path, old, new, words):
    with pytest.raises(SecretomeError, match=words):
        read_mztab(MZTAB.replace(old, new), tmp_path)


# --- mutated files --------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", ["\t", ",", ";"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_bom_line_ends_and_separators_change_nothing(tmp_path, encoding, separator, ends):
    path = tmp_path / "report.txt"
    path.write_bytes(diann_rows().to_csv(sep=separator, index=False, lineterminator=ends).encode(encoding))
    table, chosen = open_measurements(path)
    found = chosen.read(table, AssayPlan("proteome", path), ())
    np.testing.assert_array_equal(found.values, read(diann_rows(), tmp_path).values)


def test_decimal_commas_change_nothing(tmp_path):
    rows = diann_rows()
    rows["Precursor.Normalised"] += 0.25
    expected = read(rows, tmp_path, quantity="sum").values
    path = tmp_path / "report.csv"
    rows.to_csv(path, sep=";", decimal=",", index=False)
    table, chosen = open_measurements(path)
    np.testing.assert_array_equal(
        chosen.read(table, AssayPlan("p", path, quantity="sum"), ()).values, expected
    )


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_report_cut_inside_a_row_is_refused(tmp_path, share):
    text = diann_rows().to_csv(sep="\t", index=False)
    line = text.index("\n", int(len(text) * share))
    path = tmp_path / "report.tsv"
    path.write_text(text[: line - 40])
    with pytest.raises(SecretomeError, match="may be truncated"):
        open_measurements(path)


def test_a_matrix_cut_inside_a_row_is_refused_although_blanks_may_be_cut_off(tmp_path):
    text = "Protein.Group\tProtein.Names\tGenes\ta.raw\tb.raw\nP00001\tX_HUMAN\tX\t\t2\nP00002\tY_HUMAN\tY\t3"
    path = tmp_path / "report.pg_matrix.tsv"
    path.write_text(text)
    with pytest.raises(InvalidInput, match="row 3: 4 fields; expected 5"):
        open_measurements(path)
    path.write_text(text + "\n")
    table, _ = open_measurements(path)
    assert "1 rows end early" in table.remarks[0]


MATRIX = [
    "Protein.Group\tProtein.Names\tGenes\tFirst.Protein.Description\ta.raw\tb.raw",
    "P00001\tX_HUMAN\tX\tProtein X\t\t2",
    "P00002\tY_HUMAN\tY\tProtein Y\t3",
]


@pytest.mark.parametrize(
    ("row", "found"),
    [("P00003\tZ_HUMAN\tProtein Z\t4\t5", "description is '4'"), ("P00003\tZ_HUMAN\tProtein Z\t\t5", "no description")],
)  # fmt: skip
def test_a_matrix_with_blanks_cut_off_and_a_lost_cell_is_refused(tmp_path, row, found):
    path = tmp_path / "report.pg_matrix.tsv"
    path.write_text("\n".join([*MATRIX, row]) + "\n")
    with pytest.raises(InvalidInput, match=rf"row 4, column 'First.Protein.Description': .*{found}"):
        read_proteins(AssayPlan("a", path))


def test_a_short_row_in_a_matrix_without_blanks_has_lost_a_cell(tmp_path):
    path = tmp_path / "report.pg_matrix.tsv"
    path.write_text("\n".join([MATRIX[0], MATRIX[1].replace("\t\t", "\t1\t"), MATRIX[2]]) + "\n")
    with pytest.raises(InvalidInput, match="row 3: 5 fields; expected 6"):
        open_measurements(path)


def test_a_count_of_peptides_that_is_a_word_is_refused(tmp_path):
    path = tmp_path / "report.pg_matrix.tsv"
    path.write_text("Protein.Group\tGenes\tN.Sequences\ta.raw\nP00001\tX\tmany\t1\nP00002\tY\t3\t2\n")
    with pytest.raises(InvalidInput, match=r"column 'N.Sequences': text 'many'"):
        read_proteins(AssayPlan("a", path))


def test_a_doubled_column_is_refused(tmp_path):
    text = diann_rows().to_csv(sep="\t", index=False).replace("Precursor.Quantity", "Q.Value", 1)
    path = tmp_path / "report.tsv"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=r"2 columns are called 'Q\.Value'"):
        open_measurements(path)


def test_names_outside_ascii_are_kept(tmp_path):
    rows = diann_rows()
    rows["Run"] = rows["Run"].replace({"a": "Köln_α"})
    rows = rows.drop(columns="File.Name")
    assert read(rows, tmp_path).measurements[0] == "Köln_α"


# --- on to the study ------------------------------------------------------------------------------

TOML = """
[study]
title = "Reports"
[samples]
file = "samples.tsv"
[[assay]]
name = "proteome"
file = "report.tsv"
"""


def study_of(tmp_path, rows: pd.DataFrame | None = None) -> Study:
    (diann_rows() if rows is None else rows).to_csv(tmp_path / "report.tsv", sep="\t", index=False)
    sheet = "".join(f"{run}\tconditioned_medium\td{run}\n" for run in RUNS)
    (tmp_path / "samples.tsv").write_text("sample\tmaterial\tdonor\n" + sheet)
    (tmp_path / "study.toml").write_text(TOML)
    return read_study(read_plan(tmp_path / "study.toml")).study


def test_precursors_travel_in_the_assay_beside_its_proteins(tmp_path):
    assay = study_of(tmp_path).assays["proteome"]
    tidy = assay.tidy
    assert list(tidy) == ["sample", "protein", "gene", "precursor", "intensity", "q_value", "n"]
    assert set(tidy["sample"]) == set(assay.matrix.obs_names)
    assert set(tidy["protein"]) == set(assay.matrix.var_names)
    assert set(tidy["gene"]) == {"ALB"}
    assert assay.matrix.var["peptides"].tolist() == [2, 1]


def test_what_was_left_out_stands_in_the_notes_of_the_result(tmp_path):
    rows = diann_rows()
    rows.loc[0, "Q.Value"] = 0.5
    study_of(tmp_path, rows)
    reading = read_study(read_plan(tmp_path / "study.toml"))
    assert (
        "report.tsv: 1 of 9 rows were left out: with Q.Value above 0.01 or empty" in reading.results[0].notes
    )


def test_precursors_survive_saving_and_saving_again(tmp_path):
    study = study_of(tmp_path)
    dossier.save_study(study, tmp_path / "one")
    loaded = dossier.load_study(tmp_path / "one")
    assert loaded.assays["proteome"].table == tmp_path / "one" / "tables" / "assay.proteome.parquet"
    dossier.save_study(loaded, tmp_path / "one")
    dossier.save_study(loaded, tmp_path / "two")
    again = dossier.load_study(tmp_path / "two").assays["proteome"].tidy
    pd.testing.assert_frame_equal(
        again, study.assays["proteome"].tidy, check_dtype=False, check_categorical=False
    )


def test_an_assay_that_is_only_a_table_survives_saving(tmp_path):
    wells = pd.DataFrame({"well": ["A1", "A2"], "signal": [1.0, 2.0]})
    study = study_of(tmp_path).with_assay(Assay("elisa", "panel", "standard", table=wells, scale="log2"))
    dossier.save_study(study, tmp_path / "one")
    loaded = dossier.load_study(tmp_path / "one")
    assert list(loaded.assays) == ["proteome", "elisa"]
    found = loaded.assays["elisa"]
    assert (found.kind, found.material, found.scale, found.data) == ("panel", "standard", "log2", None)
    pd.testing.assert_frame_equal(found.tidy, wells)


def test_a_dossier_without_its_table_is_not_whole(tmp_path):
    dossier.save_study(study_of(tmp_path), tmp_path / "one")
    (tmp_path / "one" / "tables" / "assay.proteome.parquet").unlink()
    with pytest.raises(InvalidDossier, match=r"assay.proteome.parquet is missing"):
        dossier.load_study(tmp_path / "one")


def test_an_assay_without_a_table_says_so():
    with pytest.raises(NotEstimable, match="no tidy table"):
        _ = Assay("x", "proteome", "cells").tidy


def test_parquet_of_another_format_is_refused(tmp_path):
    path = tmp_path / "proteins.parquet"
    pd.DataFrame({"Protein ID": ["P1"], "a": [1.0]}).to_parquet(path)
    with pytest.raises(UnknownFormat, match="is Parquet, which is read for: DIA-NN main report"):
        open_measurements(path)


def test_a_row_that_came_in_twice_is_refused_not_summed(tmp_path):
    from secretome.read import read_proteins

    text = diann_rows().to_csv(sep="\t", index=False)
    lines = text.splitlines()
    path = tmp_path / "report.tsv"
    path.write_text(text)
    read_proteins(AssayPlan("p", path))
    path.write_text("\n".join([*lines, lines[2]]) + "\n")
    with pytest.raises(InvalidInput, match=rf"row {len(lines) + 1}: the row repeats row 3 in every cell"):
        read_proteins(AssayPlan("p", path))
