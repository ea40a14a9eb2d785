"""A study on disk: tidy tables, order of assays, and a whole one or none."""

from __future__ import annotations

import pandas as pd
import pytest
from anndata import AnnData

from secretome.dossier import load_study, save_study
from secretome.errors import InvalidDossier
from secretome.study import Assay, Study


def _study(tmp_path):
    large = tmp_path / "large.parquet"
    pd.DataFrame({"precursor": ["A", "B"], "intensity": [1.0, None]}).to_parquet(large)
    samples = pd.DataFrame({"donor": ["D1"]}, index=pd.Index(["S1"], name="sample"))
    matrix = AnnData(
        pd.DataFrame({"P1": [1.0]}, index=["S1"]), obs=pd.DataFrame({"sample": ["S1"]}, index=["S1"])
    )
    wells = pd.DataFrame({"well": ["A1", "A2"], "dose_ng_ml": [1.0, 10.0]})
    assays = {
        "curves/a": Assay("curves/a", "activity", "conditioned_medium", table=wells),
        "proteome": Assay("proteome", "proteome", "conditioned_medium", matrix, table=large),
        "aging": Assay("aging", "stability", "vesicles", table=wells),
    }
    return Study("t", samples, assays)


def test_tidy_tables_and_the_order_of_assays_survive(tmp_path):
    study = _study(tmp_path)
    save_study(study, tmp_path / "kept")
    (tmp_path / "large.parquet").unlink()
    back = load_study(tmp_path / "kept")
    assert list(back.assays) == list(study.assays)
    assert [(a.kind, a.material) for a in back.assays.values()] == [
        (a.kind, a.material) for a in study.assays.values()
    ]
    pd.testing.assert_frame_equal(back.assays["curves/a"].tidy, study.assays["curves/a"].table)
    assert back.assays["proteome"].tidy["precursor"].tolist() == ["A", "B"]
    assert back.assays["proteome"].matrix.X[0, 0] == 1.0


def test_a_lost_tidy_table_is_named(tmp_path):
    save_study(_study(tmp_path), tmp_path / "kept")
    (tmp_path / "kept" / "tables" / "assay.aging.parquet").unlink()
    with pytest.raises(InvalidDossier, match=r"assay\.aging\.parquet is missing"):
        load_study(tmp_path / "kept")
