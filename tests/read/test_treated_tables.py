"""Tables that are already log2, centred, normalised or imputed: said, and not passed off as measured."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome import pipeline
from secretome.dossier import load_study, save_study
from secretome.errors import InvalidInput
from secretome.read import read_study
from secretome.read.transformed import find, scale_of
from secretome.study_toml import read_plan

N = 150


@pytest.fixture
def lab(small_lab):
    """The small laboratory with 150 proteins as a Perseus matrix, log2 and with gaps filled in."""
    rng = np.random.default_rng(7)
    level = rng.normal(25, 3, N)[:, None]
    values = level + rng.normal(0, 0.5, (N, len(small_lab.samples)))
    gaps = rng.random(values.shape) < 1 / (1 + np.exp(values - 22))
    low = rng.normal(values.mean() - 1.8 * 3, 0.9, values.shape)
    small_lab.before = pd.DataFrame(np.where(gaps, np.nan, values), columns=small_lab.samples)
    small_lab.filled = pd.DataFrame(np.where(gaps, low, values), columns=small_lab.samples)
    for table in (small_lab.before, small_lab.filled):
        table["Majority protein IDs"] = [f"P{10000 + row};Q{10000 + row}" for row in range(N)]
        table["Gene names"] = [f"G{row}" for row in range(N)]
    small_lab.gaps = gaps
    small_lab.toml = small_lab.toml.replace("combined_protein.tsv", "matrix.txt")
    return small_lab


def _write(lab, table, extra="", name="matrix.txt"):
    lab.toml = lab.toml.replace('name = "proteome"', f'name = "proteome"\n{extra}') if extra else lab.toml
    path = lab.write()
    columns = list(table)
    kinds = ["E"] * (len(columns) - 2) + ["T", "T"]
    groups = [name.split("_")[0] for name in columns[:-2]] + ["", ""]
    with (lab.folder / name).open("w") as stream:
        stream.write("\t".join(columns) + "\n")
        stream.write("#!{Type}" + "\t".join(kinds) + "\n")
        stream.write("#!{C:Tissue}" + "\t".join(groups) + "\n")
        table.to_csv(stream, sep="\t", index=False, header=False, na_rep="NaN")
    return path


def _contrasts(path):
    return pipeline.run(read_plan(path), only="vary").result("vary.contrasts").tables["contrasts"]


def test_annotation_rows_are_read_and_no_proteins(lab):
    assay = read_study(read_plan(_write(lab, lab.before))).study.assays["proteome"]
    assert assay.matrix.shape == (12, N)
    assert assay.scale == "log2"
    assert assay.matrix.obs.loc["BM_1_c", "note"] == "Tissue = BM"
    assert assay.matrix.var.loc["P10003", "protein_group"] == "P10003;Q10003"
    assert assay.imputed == ""


def test_a_log2_table_is_called_log2_with_the_evidence(lab):
    notes = " ".join(read_study(read_plan(_write(lab, lab.before))).notes)
    assert "already log2 (largest value" in notes
    assert "imputed" not in notes


def test_a_filled_table_is_refused_for_testing_and_says_what_to_ask_for(lab):
    path = _write(lab, lab.filled)
    reading = read_study(read_plan(path))
    assert reading.study.assays["proteome"].imputed.startswith("no gap in 150 proteins x 12 measurements")
    assert "export before imputation" in " ".join(reading.notes)
    assert "counts as seen" in " ".join(reading.results[0].lacks)
    contrasts = _contrasts(path)
    assert (contrasts["verdict"] == "not tested").all()
    assert (contrasts["tested"] == 0).all()
    assert contrasts["reason"].str.contains("ask for the export before imputation").all()


def test_every_result_on_a_filled_table_begins_with_the_caveat(lab):
    results = pipeline.run(read_plan(_write(lab, lab.filled))).results[1:]
    assert {"define.detection", "potential.processes"} <= {result.key for result in results}
    assert all(result.notes[0].startswith("proteome may be imputed") for result in results)


def test_no_result_on_a_measured_table_has_the_caveat(lab):
    results = pipeline.run(read_plan(_write(lab, lab.before)), only="define").results
    assert not any("may be imputed" in note for result in results for note in result.notes)


def test_the_flag_survives_the_dossier(lab, tmp_path):
    study = read_study(read_plan(_write(lab, lab.filled))).study
    save_study(study, tmp_path / "saved")
    assert load_study(tmp_path / "saved").assays["proteome"].imputed == study.assays["proteome"].imputed


def _boolean(lab):
    mask = pd.DataFrame(np.where(lab.gaps, "TRUE", "FALSE"), columns=lab.samples)
    mask["Majority protein IDs"] = lab.filled["Majority protein IDs"]
    return mask.sample(frac=1, random_state=1)  # rows are matched by name, never by place


def _expect_the_gaps_back(lab, path):
    data = read_study(read_plan(path)).study.assays["proteome"]
    assert data.imputed == ""
    np.testing.assert_array_equal(np.isnan(data.matrix[lab.samples].X.T), lab.gaps)
    assert (lab.gaps == data.matrix[lab.samples].layers["state"].T).all()
    assert (_contrasts(path)["tested"] > 0).all()


def test_a_boolean_mask_takes_the_filled_values_out(lab):
    path = _write(lab, lab.filled, 'mask = "mask.csv"')
    _boolean(lab).to_csv(lab.folder / "mask.csv", index=False)
    _expect_the_gaps_back(lab, path)


def test_the_table_before_imputation_is_a_mask(lab):
    path = _write(lab, lab.filled, 'mask = "before.csv"')
    lab.before.to_csv(lab.folder / "before.csv", index=False)
    _expect_the_gaps_back(lab, path)


def test_boolean_columns_beside_the_values_are_a_mask(lab):
    plus = pd.DataFrame(np.where(lab.gaps, "+", ""), columns=[f"Imputed {name}" for name in lab.samples])
    path = _write(
        lab, lab.filled, 'mask = "matrix.csv"\nmask_columns = "Imputed {sample}"\nunit = "log2 intensity"'
    )
    pd.concat([lab.filled, plus], axis=1).to_csv(lab.folder / "matrix.csv", index=False)
    _expect_the_gaps_back(lab, path)


def test_a_worksheet_is_a_mask(lab):
    lab.toml = lab.toml.replace("matrix.txt", "matrix.xlsx")
    path = _write(
        lab,
        lab.filled,
        'sheet = "values"\nmask_sheet = "filled"\nunit = "log2 intensity"',
        name="matrix.xlsx",
    )
    with pd.ExcelWriter(lab.folder / "matrix.xlsx") as book:
        lab.filled.to_excel(book, sheet_name="values", index=False)
        mask = pd.DataFrame(lab.gaps, columns=lab.samples)
        mask["Majority protein IDs"] = lab.filled["Majority protein IDs"]
        mask.to_excel(book, sheet_name="filled", index=False)
    _expect_the_gaps_back(lab, path)


def test_a_mask_without_every_protein_and_sample_is_refused_with_names(lab):
    path = _write(lab, lab.filled, 'mask = "mask.csv"')
    _boolean(lab).drop(columns="AD_2_p").sort_index().iloc[1:].to_csv(lab.folder / "mask.csv", index=False)
    with pytest.raises(InvalidInput) as error:
        read_study(read_plan(path))
    assert "no column 'AD_2_p' in the mask" in str(error.value)
    assert "protein 'P10000' is not in the mask" in str(error.value)


def test_a_mask_cell_that_says_neither_is_refused_with_its_place(lab):
    path = _write(lab, lab.filled, 'mask = "mask.csv"')
    mask = _boolean(lab).sort_index()
    mask.loc[2, "BM_1_c"] = ""
    mask.to_csv(lab.folder / "mask.csv", index=False)
    with pytest.raises(InvalidInput, match=r"mask.csv, row 4, column 'BM_1_c': an empty cell"):
        read_study(read_plan(path))


def test_only_complete_proteins_may_be_declared(lab):
    reading = read_study(read_plan(_write(lab, lab.filled, 'imputed = "no"')))
    assert reading.study.assays["proteome"].imputed == ""
    assert "declared as not imputed" in " ".join(reading.notes)


def test_log2_values_declared_linear_are_refused(lab):
    with pytest.raises(InvalidInput, match=r"log2 values \(largest value"):
        read_study(read_plan(_write(lab, lab.before, 'unit = "intensity"')))


def test_linear_values_declared_log2_are_refused(lab):
    linear = lab.before.copy()
    linear[lab.samples] = 2.0 ** linear[lab.samples]
    with pytest.raises(InvalidInput, match=r"linear values \(largest value"):
        read_study(read_plan(_write(lab, linear, 'unit = "log2 intensity"')))


def test_zeros_among_log2_values_are_asked_about(lab):
    zeros = lab.before.fillna(0)
    with pytest.raises(InvalidInput, match=r"are exactly 0 among log2 values"):
        read_study(read_plan(_write(lab, zeros)))


def test_zeros_among_log2_values_can_be_missing(lab):
    data = read_study(read_plan(_write(lab, lab.before.fillna(0), 'zero = "missing"'))).study
    np.testing.assert_array_equal(np.isnan(data.assays["proteome"].matrix[lab.samples].X.T), lab.gaps)


# --- what values show -----------------------------------------------------------------------------


def _values(seed=3):
    rng = np.random.default_rng(seed)
    values = rng.normal(25, 3, (300, 1)) + rng.normal(0, 0.6, (300, 6)) + rng.normal(0, 0.3, 6)
    values[rng.random(values.shape) < 0.2] = np.nan
    return values


def test_measured_values_show_no_sign():
    assert find(_values(), "log2").signs == ()
    assert find(2 ** _values(), "linear").signs == ()


def test_equal_medians_are_a_sign_of_normalisation():
    values = _values()
    values -= np.nanmedian(values, axis=0)
    assert "median of every measurement is 0" in find(values, "log2").centred
    assert "all measurements have the median 25" in find(values + 25, "log2").normalised


def test_equal_distributions_are_a_sign_of_quantiles():
    values = np.sort(np.random.default_rng(1).normal(25, 3, (300, 1)), axis=0)
    shuffled = np.column_stack([np.random.default_rng(seed).permutation(values[:, 0]) for seed in range(5)])
    assert "same distribution" in find(shuffled, "log2").normalised


def test_one_value_in_all_gaps_is_a_sign_of_imputation_on_either_scale():
    values = _values()
    filled = np.where(np.isnan(values), np.nanmin(values), values)
    assert "one low value fills" in find(filled, "log2").imputed
    assert "one low value fills" in find(2**filled, "linear").imputed


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([[-1.0, 20.0]], "log2"),
        ([[1e6, 20.0]], "linear"),
        ([[1.0, 2.0]], "unclear"),
        ([[-1.0, 1e6]], "unclear"),
    ],
)
def test_the_scale_is_told_only_when_one_reading_is_left(values, scale):
    assert scale_of(np.array(values))[0] == scale


# --- the real tables --------------------------------------------------------------------------------


def test_the_senescence_table_is_refused_for_testing(real, tmp_path):
    """MS3_Analysis.xlsx: 1229 genes x 18 samples, log2, imputed without a mask."""
    names = [f"{a}_{m}_{n:02d}" for a in ("RAS", "STOP") for m in ("CM", "F20", "F8") for n in (1, 2, 3)]
    sheet = pd.DataFrame({"sample": names, "donor": [f"D{name[-1]}" for name in names]})
    sheet["arm"] = [name.split("_")[0] for name in names]
    sheet["fraction"] = [name.split("_")[1] for name in names]
    sheet.to_csv(tmp_path / "samples.csv", index=False)
    path = tmp_path / "study.toml"
    path.write_text(
        f"""[samples]
file = "samples.csv"
[[assay]]
name = "ms3"
file = "{real("ev-cm-senescence-wallis/MS3_Analysis.xlsx")}"
unit = "log2 intensity"
[design]
formula = "~ 0 + arm + fraction"
[design.contrasts]
senescence = "arm[RAS] - arm[STOP]"
"""
    )
    reading = read_study(read_plan(path))
    assay = reading.study.assays["ms3"]
    assert assay.matrix.shape == (18, 1229)
    assert "no gap in 1,229 proteins x 18 measurements" in assay.imputed
    assert assay.matrix.var.loc["P49588", ["gene", "protein_group"]].tolist() == ["AARS", "P49588;H3BPK7"]
    assert "Difference RAS_F8_STOP_F8" in " ".join(reading.notes)
    contrasts = _contrasts(path)
    assert contrasts["verdict"].tolist() == ["not tested"]
    assert "may be imputed" in contrasts["reason"][0]


def test_the_fraction_table_holds_the_counts_of_its_readme(real, proteins):
    """MS2.csv: 1038 genes, log2, 0 = not detected; F8 921, F20 164, CM 241 in >= 2 of 3."""
    path = real("ev-cm-senescence-wallis/MS2.csv")
    with pytest.raises(InvalidInput, match="are exactly 0 among log2 values"):
        proteins(path, unit="log2 intensity")
    table = proteins(path, unit="log2 intensity", zero="missing")
    assert table.values.shape == (1038, 9)
    seen = pd.DataFrame(np.isfinite(table.values), columns=table.measurements)
    counts = {
        kind: int((seen[[name for name in seen if name.startswith(kind)]].sum(axis=1) >= 2).sum())
        for kind in ("F8_", "F20_", "CM_")
    }
    assert counts == {"F8_": 921, "F20_": 164, "CM_": 241}
    assert "genes that stand in several rows were kept apart" in " ".join(table.remarks)


def test_the_first_senescence_table_loses_its_byte_order_mark(real, proteins):
    samples = tuple(f"{arm}_{number}" for arm in ("ctrl", "ras1") for number in (1, 2, 3))
    table = proteins(real("ev-cm-senescence-wallis/MS1.csv"), samples=samples)
    assert table.values.shape == (569, 6)
    assert table.features.index[0] == "P01112"
    assert table.features["gene"].iloc[0] == "HRAS"


def test_the_microglia_tables_hold_the_counts_of_their_readme(real, proteins):
    folder = "ev-vs-cell-microglia-santiago"
    vesicles = proteins(real(f"{folder}/ev_perseus_normalized.csv.gz"))
    both = proteins(real(f"{folder}/cell_vs_ev_perseus_normalized.xlsx"))
    # the files count their two annotation rows
    assert vesicles.values.shape == (570 - 2, 16)
    assert both.values.shape == (1608 - 2, 32)
    assert "normalized BV2 + IL10 (4)_exo" in vesicles.measurements
    assert vesicles.scale == both.scale == "log2"
    assert "no gap" in both.transformed.imputed
    assert "gene names into dates: 2023-09-07" in " ".join(both.remarks)
    cells = proteins(real(f"{folder}/cell_proteome_inputted_MS_data.csv.gz"), unit="log2 intensity",
                     samples=tuple(f"BV2 {arm} ({n})" for n in (1, 2, 3, 4) for arm in ("CONTROL", "+ TGFB", "+ IL10", "+ LPS")))  # fmt: skip
    assert cells.values.shape == (1934, 16)
    assert "may be imputed" in " ".join(cells.remarks)
