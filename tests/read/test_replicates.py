"""Technical replicates and fractions: collapsed on log2, summed on linear, never taken as samples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from hypothesis import given
from hypothesis import strategies as st

from secretome import pipeline
from secretome.errors import InvalidInput
from secretome.read import read_study
from secretome.read.replicates import combine
from secretome.read.runs import Run
from secretome.study import Assay, State
from secretome.study_toml import read_plan

NAN = float("nan")


def _assay(values, *, scale="linear", state=None):
    values = np.asarray(values, dtype=float)
    data = AnnData(
        values,
        obs=pd.DataFrame(
            {"sample": [f"m{i}" for i in range(len(values))], "note": ""},
            index=[f"m{i}" for i in range(len(values))],
        ),
        var=pd.DataFrame({"unit": "intensity"}, index=[f"P{i}" for i in range(values.shape[1])]),
    )
    data.layers["state"] = (
        np.where(np.isnan(values), State.MISSING, State.VALUE).astype(np.int8)
        if state is None
        else np.asarray(state, dtype=np.int8)
    )
    data.layers["intensity"] = values.copy()
    return Assay("proteome", "proteome", "conditioned_medium", data, scale=scale)


def _runs(*triples):
    return [
        Run(sample, (f"m{i}",), replicate, fraction)
        for i, (sample, replicate, fraction) in enumerate(triples)
    ]


def test_replicates_become_their_mean_of_log2_with_counts():
    made = combine(
        _assay([[2, NAN, 4], [8, 5, NAN], [1, 1, 1]]),
        _runs(("a", "1", ""), ("a", "2", ""), ("b", "1", "")),
        replicate="collapse",
    )
    data = made.assay.matrix
    assert list(data.obs_names) == ["a", "b"]
    np.testing.assert_allclose(data.X, [[4, 5, 4], [1, 1, 1]])
    assert data.layers["measured"].tolist() == [[2, 1, 1], [1, 1, 1]]
    assert data.obs["measurements"].tolist() == [2, 1]
    assert made.steps == ("3 technical replicates averaged (mean of log2) into 2 samples",)


def test_log2_values_are_averaged_as_they_are():
    made = combine(
        _assay([[1.0], [3.0]], scale="log2"), _runs(("a", "1", ""), ("a", "2", "")), replicate="collapse"
    )
    assert made.assay.matrix.X.tolist() == [[2.0]]


def test_nothing_is_imputed():
    made = combine(_assay([[NAN, 1], [NAN, 2]]), _runs(("a", "1", ""), ("a", "2", "")), replicate="collapse")
    assert np.isnan(made.assay.matrix.X[0, 0])
    assert made.assay.matrix.layers["state"][0].tolist() == [State.MISSING, State.VALUE]
    assert made.assay.matrix.layers["measured"][0].tolist() == [0, 2]


@pytest.mark.parametrize("replicate", ["collapse", "model"])
def test_fractions_are_summed_on_the_linear_scale(replicate):
    triples = [("a", r, f) for r in "12" for f in "12"]
    made = combine(_assay([[1, NAN], [3, 2], [8, NAN], [8, NAN]]), _runs(*triples), replicate=replicate)
    data = made.assay.matrix
    expected = [[4, 2], [16, NAN]] if replicate == "model" else [[8, 2]]
    np.testing.assert_allclose(data.X, expected)
    assert made.steps[0] == "4 fractions summed on the linear scale into 2 measurements"
    assert data.layers["measured"].sum(axis=0).tolist() == [4, 1]
    log2 = combine(
        _assay(np.log2([[1, NAN], [3, 2], [8, NAN], [8, NAN]]), scale="log2"),
        _runs(*triples),
        replicate=replicate,
    )
    np.testing.assert_allclose(np.exp2(log2.assay.matrix.X), expected)


def test_kept_replicates_keep_their_names_and_know_their_sample():
    made = combine(
        _assay([[1], [2], [3]]), _runs(("a", "1", ""), ("a", "2", ""), ("b", "1", "")), replicate="model"
    )
    assert list(made.assay.matrix.obs_names) == ["m0", "m1", "m2"]
    assert made.assay.matrix.obs["sample"].tolist() == ["a", "a", "b"]
    assert made.steps == ("3 technical replicates kept (replicate = model)",)


def test_one_run_a_sample_changes_no_number():
    assay = _assay([[1, NAN], [2, 3]])
    made = combine(assay, _runs(("a", "1", "1"), ("b", "1", "1")), replicate="collapse")
    np.testing.assert_array_equal(made.assay.matrix.X, assay.matrix.X)
    assert made.steps == ()


def test_states_follow_the_numbers_they_stand_for():
    s = State
    values = [[1, 5, NAN, NAN, 4, 4], [2, NAN, NAN, NAN, 6, 6]]
    state = [[s.VALUE, s.VALUE, s.MEASURED_ZERO, s.BELOW_LOD, s.BELOW_LLOQ, s.BELOW_LLOQ],
             [s.VALUE, s.BELOW_LOD, s.MEASURED_ZERO, s.MISSING, s.BELOW_LLOQ, s.ABOVE_RANGE]]  # fmt: skip
    data = combine(
        _assay(values, state=state), _runs(("a", "1", ""), ("a", "2", "")), replicate="collapse"
    ).assay.matrix
    assert data.layers["state"][0].tolist() == [
        s.VALUE,
        s.VALUE,
        s.MEASURED_ZERO,
        s.MISSING,
        s.BELOW_LLOQ,
        s.MISSING,
    ]
    np.testing.assert_allclose(data.X[0], [np.sqrt(2), 5, NAN, NAN, np.sqrt(24), NAN])


@given(st.lists(st.floats(1, 1e9), min_size=2, max_size=5), st.floats(1e-3, 1e3), st.randoms())
def test_collapse_knows_no_order_and_scales_with_the_unit(numbers, factor, random):
    def collapsed(values):
        runs = _runs(*[("a", str(i), "") for i in range(len(values))])
        return combine(_assay([[v] for v in values]), runs, replicate="collapse").assay.matrix.X[0, 0]

    shuffled = random.sample(numbers, len(numbers))
    assert collapsed(shuffled) == pytest.approx(collapsed(numbers))
    assert collapsed([v * factor for v in numbers]) == pytest.approx(factor * collapsed(numbers))
    assert min(numbers) * (1 - 1e-9) <= collapsed(numbers) <= max(numbers) * (1 + 1e-9)


# --- from the sheet to the contrast -----------------------------------------------------------


def _with_replicates(lab, *, times=2, fractions=False):
    """Each sample measured several times: the sheet gets a column `measurement`."""
    rng = np.random.default_rng(5)
    label = "fraction" if fractions else "replicate"
    rows, table = [], lab.table[[c for c in lab.table if not c.endswith("Intensity")]].copy()
    for row in lab.sheet.to_dict("records"):
        for number in range(1, times + 1):
            name = f"{row['sample']}_r{number}"
            rows.append({"measurement": name, label: number, **row})
            noise = 2 ** rng.normal(0, 0.1, len(table))
            table[f"{name} MaxLFQ Intensity"] = lab.table[f"{row['sample']} MaxLFQ Intensity"] * noise
    lab.truth = lab.table
    lab.sheet, lab.table = pd.DataFrame(rows), table
    return lab


def test_collapsed_replicates_are_one_visible_step(small_lab):
    lab = _with_replicates(small_lab)
    reading = read_study(read_plan(lab.write()))
    data = reading.study.assays["proteome"].matrix
    assert (data.n_obs, len(reading.study.samples)) == (12, 12)
    assert "24 technical replicates averaged" in reading.study.history[-1].text
    assert reading.results[0].parameters["replicate"] == {"proteome": "collapse"}
    assays = reading.results[0].tables["assays"]
    assert (assays.loc[0, "measurements"], assays.loc[0, "samples"]) == (24, 12)
    first = np.log2(lab.table[[c for c in lab.table if c.startswith("BM_1_c_r")]].to_numpy()).mean(axis=1)
    np.testing.assert_allclose(np.log2(data["BM_1_c"].X[0]), first)


def test_kept_replicates_leave_the_donor_as_the_unit(small_lab):
    lab = _with_replicates(small_lab, times=3)
    found = {}
    for choice in ("collapse", "model"):
        lab.toml = (
            lab.toml.replace("[[assay]]", f'[[assay]]\nreplicate = "{choice}"')
            if choice == "collapse"
            else lab.toml.replace("collapse", "model")
        )
        dossier = pipeline.run(read_plan(lab.write()))
        result = dossier.result("vary.contrasts")
        assert set(result.tables["contrasts"]["donors_left"]) <= {3, 6}
        found[choice] = result.tables["effects"].set_index(["contrast", "protein"])
        assert dossier.study.assays["proteome"].matrix.n_obs == (12 if choice == "collapse" else 36)
    a, b = found["collapse"], found["model"].loc[found["collapse"].index]
    number = next(c for c in a.columns if c.startswith("log2"))
    # balanced replicates: the mean of a donor is the same, kept or collapsed
    np.testing.assert_allclose(a[number], b[number], atol=1e-9)
    np.testing.assert_allclose(a["p_value"], b["p_value"], rtol=1e-6)


def test_fractions_of_a_sheet_are_summed(small_lab):
    lab = _with_replicates(small_lab, fractions=True)
    study = read_study(read_plan(lab.write())).study
    data = study.assays["proteome"].matrix
    total = lab.table[["BM_1_c_r1 MaxLFQ Intensity", "BM_1_c_r2 MaxLFQ Intensity"]].sum(axis=1)
    np.testing.assert_allclose(data["BM_1_c"].X[0], total)
    assert len(study.samples) == 12


def test_a_fraction_measured_twice_is_refused(small_lab):
    lab = _with_replicates(small_lab, fractions=True, times=3)
    lab.sheet.loc[2, "fraction"] = 2
    with pytest.raises(InvalidInput, match=r"fraction 2 of sample 'BM_1_c'.*more than once"):
        read_study(read_plan(lab.write()))


def test_rows_of_one_sample_that_disagree_are_refused(small_lab):
    lab = _with_replicates(small_lab)
    lab.sheet.loc[1, "tissue"] = "AD"
    with pytest.raises(
        InvalidInput, match="row 3, column 'tissue': 'AD' for sample 'BM_1_c', but 'BM' in row 2"
    ):
        read_study(read_plan(lab.write()))


def test_a_column_of_the_run_may_differ(small_lab):
    lab = _with_replicates(small_lab)
    lab.sheet["run_day"] = [f"day {i % 2}" for i in range(len(lab.sheet))]
    lab.toml = lab.toml.replace("[[assay]]", '[[assay]]\nreplicate = "model"')
    study = read_study(read_plan(lab.write())).study
    assert study.assays["proteome"].matrix.obs["run_day"].tolist()[:2] == ["day 0", "day 1"]
    assert "run_day" not in study.samples


def test_a_doubled_measurement_is_refused(small_lab):
    lab = _with_replicates(small_lab)
    lab.sheet.loc[1, "measurement"] = lab.sheet.loc[0, "measurement"]
    with pytest.raises(InvalidInput, match="stands in row 2 already"):
        read_study(read_plan(lab.write()))


def test_a_sample_measured_as_a_whole_and_run_by_run_is_refused(small_lab):
    lab = _with_replicates(small_lab)
    lab.table["BM_1_c MaxLFQ Intensity"] = 1.0
    with pytest.raises(InvalidInput, match=r"as a whole .* and run by run"):
        read_study(read_plan(lab.write()))


def test_an_unknown_choice_is_answered_with_the_choices(small_lab):
    small_lab.toml = small_lab.toml.replace("[[assay]]", '[[assay]]\nreplicate = "colapse"')
    with pytest.raises(InvalidInput, match="did you mean collapse"):
        read_plan(small_lab.write())


def test_precursors_are_combined_as_their_proteins_are():
    rows = pd.DataFrame(
        {
            "sample": pd.Categorical(["m0", "m1", "m1", "m2"]),
            "protein": pd.Categorical(["P0", "P0", "P0", "P0"]),
            "gene": pd.Categorical(["G", "G", "G", "G"]),
            "precursor": pd.Categorical(["AAA2", "AAA2", "BBB2", "AAA2"]),
            "intensity": [2.0, 8.0, 5.0, 1.0],
            "q_value": [0.001, 0.005, 0.002, 0.003],
            "n": [1, 2, 1, 1],
        }
    )
    assay = replace(_assay([[1], [1], [1]]), table=rows)
    found = combine(
        assay, _runs(("a", "1", ""), ("a", "2", ""), ("b", "1", "")), replicate="collapse"
    ).assay.table
    assert list(found.columns) == list(rows.columns)
    assert [tuple(row) for row in found[["sample", "precursor", "intensity", "q_value", "n"]].itertuples(index=False)] == [
        ("a", "AAA2", 4.0, 0.001, 3), ("a", "BBB2", 5.0, 0.002, 1), ("b", "AAA2", 1.0, 0.003, 1)
    ]  # fmt: skip
    summed = combine(
        assay, _runs(("a", "1", "1"), ("a", "1", "2"), ("b", "1", "1")), replicate="model"
    ).assay.table
    assert summed["intensity"].tolist() == [10.0, 5.0, 1.0]
