"""A study through a MuData file: every cell as it was, and what cannot travel is said."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secretome.design import Design
from secretome.errors import InvalidDossier
from secretome.frames import from_plain, from_text, to_plain, to_text
from secretome.study import Assay, State, Study, assays_from_mudata, from_mudata, read_mudata, write_mudata

NAN = float("nan")


def _study():
    samples = pd.DataFrame(
        {
            "donor": ["D1", None, "D3"],
            "age_years": [66.5, NAN, 40.0],
            "passage": [3, 4, 5],
            "day": [date(2026, 11, 23), None, date(2025, 1, 1)],
            "moment": pd.to_datetime(["2026-11-23T10:00", None, "2025-01-01T00:00"]),
            "grade": pd.Categorical(["low", None, "high"], ["low", "middle", "high"], ordered=True),
            "kit": pd.Categorical(["b", "a", None]),
            "count": pd.array([1, None, 3], dtype="Int64"),
            "sure": pd.array([True, None, False], dtype="boolean"),
            "frozen": [True, False, True],
            "ng/mL": [1.0, 2.0, 3.0],
            "_index": ["x", "", None],
            "tissue": ["ümläut / β", 'say "so"', " "],
        },
        index=pd.Index(["S1", "S 2", "S/3"], name="sample"),
    )
    x = np.array([[1.0, NAN], [2.5, 1e-300], [NAN, 1e300]])
    obs = pd.DataFrame(
        {"sample": ["S1", "S/3", "S1"], "note": [None, "", "odd"], "tissue": ["o", "w", "n"]},
        index=["m1", "m/2", "m3"],
    )
    var = pd.DataFrame(
        {"gene": ["VEGFA", None], "unit": "intensity", "masked": [True, False], "peptides": [3, 0]},
        index=["P15692", "P/2"],
    )
    data = AnnData(x, obs=obs, var=var)
    data.layers["state"] = np.array([[0, 1], [2, 3], [4, 5]], dtype=np.int8)
    data.layers["spectral/count"] = np.array([[1, 0], [2, NAN], [0, 0]])
    other = AnnData(np.array([[7.0, 8.0]]), obs=pd.DataFrame({"sample": ["S 2"]}, index=["m1"]), var=var)
    other.layers["state"] = np.zeros((1, 2), dtype=np.int8)
    return Study(
        "Two / assays", samples,
        {"proteome": Assay("proteome", "proteome", "conditioned_medium", data, imputed="no gaps"),
         "panel/IL": Assay("panel/IL", "panel", "vesicles", other, scale="log2"),
         "curve": Assay("curve", "activity", "conditioned_medium", table=pd.DataFrame({"dose": [1.0]}))},
        Design(), organism="Equus caballus", simulated=True,
    ).with_step("read", "made by hand")  # fmt: skip


def test_a_study_survives_a_file(tmp_path):
    study = _study()
    write_mudata(study.to_mudata(), tmp_path / "s.h5mu")
    back = from_mudata(read_mudata(tmp_path / "s.h5mu"))
    assert (back.title, back.organism, back.simulated) == (study.title, study.organism, True)
    pd.testing.assert_frame_equal(back.samples, study.samples)
    assert list(back.assays) == ["proteome", "panel/IL"]
    for name, assay in back.assays.items():
        before = study.assays[name]
        assert (assay.name, assay.kind, assay.material, assay.scale, assay.imputed) == (
            before.name,
            before.kind,
            before.material,
            before.scale,
            before.imputed,
        )
        np.testing.assert_array_equal(assay.matrix.X, before.matrix.X)
        pd.testing.assert_frame_equal(assay.matrix.obs, before.matrix.obs)
        pd.testing.assert_frame_equal(assay.matrix.var, before.matrix.var)
        assert set(assay.matrix.layers) == set(before.matrix.layers)
        for layer in before.matrix.layers:
            np.testing.assert_array_equal(assay.matrix.layers[layer], before.matrix.layers[layer])
            assert assay.matrix.layers[layer].dtype == before.matrix.layers[layer].dtype


def test_a_second_round_changes_no_byte_of_what_is_known(tmp_path):
    once = from_mudata(_study().to_mudata())
    twice = from_mudata(once.to_mudata())
    pd.testing.assert_frame_equal(once.samples, twice.samples)
    pd.testing.assert_frame_equal(once.assays["proteome"].matrix.obs, twice.assays["proteome"].matrix.obs)


def test_writing_leaves_the_study_as_it_was(tmp_path):
    study = _study()
    before = study.assays["proteome"].matrix.obs.copy()
    write_mudata(study.to_mudata(), tmp_path / "s.h5mu")
    pd.testing.assert_frame_equal(study.assays["proteome"].matrix.obs, before)


def test_who_opens_the_file_elsewhere_finds_plain_names(tmp_path):
    write_mudata(_study().to_mudata(), tmp_path / "s.h5mu")
    modality = read_mudata(tmp_path / "s.h5mu").mod["proteome"]
    assert list(modality.var["gene"].astype(str)) == ["VEGFA", ""]
    assert modality.layers["state"][2, 0] == State.ABOVE_RANGE
    assert modality.obs["age_years"].tolist() == [66.5, 40.0, 66.5]
    assert modality.obs["tissue"].astype(str).tolist() == ["o", "w", "n"]


def test_what_cannot_travel_is_said():
    said = " ".join(_study().left_behind())
    for words in ("'curve' is a tidy table", "design", "history"):
        assert words in said
    assert Study("t", pd.DataFrame()).left_behind() == ()


def test_lists_in_cells_are_refused_with_their_place():
    study = _study()
    samples = study.samples.assign(parts=[["a"], ["b"], None])
    with pytest.raises(InvalidDossier, match="sample table, column 'parts' holds list"):
        Study("t", samples, study.assays).to_mudata()


def test_a_foreign_container_is_refused_with_what_to_do():
    import mudata

    with pytest.raises(InvalidDossier, match='format = "anndata"'):
        from_mudata(mudata.MuData({"rna": AnnData(np.ones((2, 2)))}))
    with pytest.raises(InvalidDossier, match="modality 'rna' was not written by secretome"):
        assays_from_mudata(mudata.MuData({"rna": AnnData(np.ones((2, 2)))}))


_CELLS = st.one_of(
    st.lists(
        st.one_of(
            st.none(),
            st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8),
        ),
        min_size=3,
        max_size=3,
    ),
    st.lists(st.floats(), min_size=3, max_size=3),
    st.lists(st.integers(-(2**62), 2**62), min_size=3, max_size=3),
    st.lists(st.booleans(), min_size=3, max_size=3),
    st.lists(st.one_of(st.none(), st.dates()), min_size=3, max_size=3),
    st.lists(st.one_of(st.none(), st.datetimes()), min_size=3, max_size=3).map(
        lambda v: [x and x for x in v]
    ),
)


@given(st.dictionaries(st.text(min_size=1, max_size=6), _CELLS, max_size=4))
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
def test_any_plain_table_survives_as_columns_and_as_text(columns):
    rows = pd.Index(["a", "b", "c"], dtype=object)
    frame = pd.DataFrame(index=rows)
    for name, cells in columns.items():
        texts = any(isinstance(cell, str | date | None) for cell in cells)
        frame[name] = pd.Series(cells, index=rows, dtype=object if texts else None)
    pd.testing.assert_frame_equal(from_plain(*to_plain(frame, where="x")), frame)
    pd.testing.assert_frame_equal(from_text(to_text(frame, where="x")), frame)


def test_moments_of_python_keep_their_kind():
    moments = [datetime(2026, 1, 2, 3, 4, 5, 6), None]  # noqa: DTZ001
    frame = pd.DataFrame({"t": pd.Series(moments, index=["a", "b"], dtype=object)})
    assert from_text(to_text(frame, where="x"))["t"].tolist() == frame["t"].tolist()
