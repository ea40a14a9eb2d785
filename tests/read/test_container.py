"""AnnData and MuData files as assays: units, states, zeros, modalities, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy.sparse import csr_matrix

from secretome.errors import InvalidInput, UnreadableFile
from secretome.plan import AssayPlan
from secretome.read import draft, read_study
from secretome.read.container import open_container, read
from secretome.study import State, write_mudata
from secretome.study_toml import read_plan

NAN = float("nan")


def _data(x=((1.0, 2.0), (NAN, 4.0)), **var):
    return AnnData(
        np.asarray(x, dtype=float),
        obs=pd.DataFrame(index=["m1", "m2"]),
        var=pd.DataFrame({"Gene": ["VEGFA", None], **var}, index=["P15692", "P01137"]),
    )


def _read(tmp_path, data, name="a.h5ad", sheet=None, **plan):
    data.write(tmp_path / name)
    return read(open_container(tmp_path / name, sheet=sheet), AssayPlan("a", tmp_path / name, **plan))


def test_a_matrix_is_read_with_genes_and_gaps(tmp_path):
    table = _read(tmp_path, _data(), unit="intensity")
    np.testing.assert_array_equal(table.values, [[1, NAN], [2, 4]])
    assert table.measurements == ("m1", "m2")
    assert table.features["gene"].tolist() == ["VEGFA", ""]
    assert (table.unit, table.scale, table.zeros.any()) == ("intensity", "linear", False)


def test_log2_is_declared_and_keeps_its_zeros(tmp_path):
    table = _read(tmp_path, _data(((0.0, -2.0), (NAN, 4.0))), unit="log2 intensity")
    assert (table.scale, table.values[0, 0], table.values[1, 0]) == ("log2", 0, -2)


def test_an_empty_place_of_a_sparse_matrix_is_a_zero_that_must_be_explained(tmp_path):
    data = _data()
    data.X = csr_matrix([[1.0, 0.0], [0.0, 4.0]])
    with pytest.raises(InvalidInput, match="2 values are 0"):
        _read(tmp_path, data, unit="intensity")
    assert np.isnan(_read(tmp_path, data, unit="intensity", zero="missing").values).sum() == 2
    assert _read(tmp_path, data, unit="intensity", zero="measured").zeros.sum() == 2


@pytest.mark.parametrize(
    ("data", "plan", "words"),
    [
        (_data(), {}, "no unit for the values"),
        (_data(unit=["pg/mL", "ng/mL"]), {}, "different units: ng/mL, pg/mL"),
        (_data(unit="pg/ml"), {}, "did you mean pg/mL"),
        (_data(unit="pg/mL"), {"unit": "intensity"}, "'pg/mL' in var, 'intensity' in study.toml"),
        (
            _data(((1, -2.5), (1, 1))),
            {"unit": "intensity"},
            "negative value -2.5 at observation 'm1', variable 'P01137'",
        ),
        (_data(((1, np.inf), (1, 1))), {"unit": "intensity"}, "infinite value"),
    ],
)
def test_what_the_file_does_not_say_is_asked_for(tmp_path, data, plan, words):
    with pytest.raises(InvalidInput) as raised:
        _read(tmp_path, data, **plan)
    assert words in str(raised.value)


def test_states_are_kept_and_must_agree_with_the_values(tmp_path):
    data = _data(((1.0, 2.0), (NAN, NAN)), unit="pg/mL")
    data.layers["state"] = np.array([[0, State.ABOVE_RANGE], [State.BELOW_LOD, State.MISSING]], dtype=np.int8)
    assert _read(tmp_path, data).layers["state"].tolist() == [[0, 2], [4, 1]]
    data.layers["state"] = np.array([[1, 0], [0, 1]], dtype=np.int8)
    with pytest.raises(
        InvalidInput, match=r"2 cells where .* disagree, the first at observation 'm1', variable 'P15692'"
    ):
        _read(tmp_path, data)
    data.layers["state"] = np.array([[9, 0], [1, 1]], dtype=np.int8)
    with pytest.raises(InvalidInput, match="such as 9"):
        _read(tmp_path, data)


@pytest.mark.filterwarnings("ignore:.*names are not unique")
def test_doubled_names_are_refused(tmp_path):
    data = _data(unit="intensity")
    data.obs_names = ["m1", "m1"]
    data.var_names = ["P1", "P1"]
    with pytest.raises(InvalidInput) as raised:
        _read(tmp_path, data)
    assert "observation names stand twice: m1" in str(raised.value)
    assert "variable names stand twice: P1" in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"no HDF5", b"\x89HDF\r\n\x1a\n" + b"\x00" * 64])
@pytest.mark.parametrize("name", ["a.h5ad", "a.h5mu"])
def test_a_file_that_is_none_is_said(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableFile, match="no readable"):
        open_container(tmp_path / name)


def test_a_missing_file_and_an_empty_matrix_are_said(tmp_path):
    with pytest.raises(UnreadableFile, match="does not exist"):
        open_container(tmp_path / "a.h5ad")
    AnnData(obs=pd.DataFrame(index=["m1"])).write(tmp_path / "a.h5ad")
    with pytest.raises(UnreadableFile, match="holds no matrix"):
        open_container(tmp_path / "a.h5ad")


@pytest.mark.filterwarnings("ignore:.*names are not unique")
def test_a_modality_is_named_when_there_are_several(tmp_path):
    import mudata

    other = _data(((7.0, 8.0), (9.0, 9.0)))
    other.obs_names = ["n1", "n2"]
    write_mudata(mudata.MuData({"medium": _data(), "lysate": other}), tmp_path / "a.h5mu")
    with pytest.raises(UnreadableFile, match='write sheet = "…" with one of: medium, lysate'):
        open_container(tmp_path / "a.h5mu")
    with pytest.raises(UnreadableFile, match="did you mean lysate"):
        open_container(tmp_path / "a.h5mu", sheet="lysat")
    found = open_container(tmp_path / "a.h5mu", sheet="lysate")
    assert found.data.X[0, 0] == 7.0


def _study_toml(lab, file, more=""):
    lab.toml = lab.toml.replace('file = "combined_protein.tsv"', f'file = "{file}"\n{more}')
    return lab.write()


def test_a_study_runs_from_a_container(small_lab):
    from_table = read_study(read_plan(small_lab.write())).study
    matrix = from_table.assays["proteome"].matrix
    plain = AnnData(matrix.X, obs=pd.DataFrame(index=matrix.obs_names), var=matrix.var[["gene"]])
    plain.write(small_lab.folder / "m.h5ad")
    reading = read_study(read_plan(_study_toml(small_lab, "m.h5ad", 'unit = "intensity"\nimputed = "no"')))
    np.testing.assert_array_equal(reading.study.assays["proteome"].matrix.X, matrix.X)
    assert reading.results[0].tables["assays"]["format"].tolist() == ["AnnData or MuData file (.h5ad, .h5mu)"]


def test_a_study_runs_from_our_own_container(small_lab):
    before = read_study(read_plan(small_lab.write())).study
    write_mudata(before.to_mudata(), small_lab.folder / "study.h5mu")
    after = read_study(read_plan(_study_toml(small_lab, "study.h5mu", 'imputed = "no"'))).study
    one, two = before.assays["proteome"].matrix, after.assays["proteome"].matrix
    np.testing.assert_array_equal(one.X, two.X)
    np.testing.assert_array_equal(one.layers["state"], two.layers["state"])
    np.testing.assert_array_equal(one.layers["intensity"], two.layers["intensity"])
    pd.testing.assert_frame_equal(one.var, two.var)


def test_a_container_is_drafted(small_lab):
    small_lab.write()
    _data(unit="intensity").write(small_lab.folder / "m.h5ad")
    drafted = draft([small_lab.folder / "m.h5ad"], folder=small_lab.folder)
    assert 'format = "anndata"' in drafted.toml
    assert drafted.samples == ("m1", "m2")
