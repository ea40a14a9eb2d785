"""Tissue names: four ISCT names and no fifth, nothing renamed, osteoblasts are no MSC."""

from __future__ import annotations

import pandas as pd
import pytest

from secretome.knowledge import table
from secretome.read import read_study
from secretome.read.tissues import named_tissues, tissue_name
from secretome.study_toml import read_plan

ISCT = {"MSC(M)", "MSC(AT)", "MSC(WJ)", "MSC(CB)"}


@pytest.mark.parametrize(
    ("tissue", "isct"),
    [("bone marrow", "MSC(M)"), ("BM-MSCs", "MSC(M)"), ("ADSCs", "MSC(AT)"), ("Adipose tissue", "MSC(AT)"), ("WJ-MSCs", "MSC(WJ)"),
     ("Wharton’s jelly", "MSC(WJ)"), ("cord blood", "MSC(CB)"), ("umbilical cord", ""), ("UC-MSC", ""), ("DPSCs", ""), ("PDLSCs", ""),
     ("Osteoblasts", ""), ("Gingival fibroblasts", ""), ("brain", ""), ("bone marrows", ""), ("", "")],
)  # fmt: skip
def test_only_four_names_are_printed(tissue, isct):
    assert tissue_name(tissue).isct == isct


def test_the_table_holds_no_other_isct_name():
    rows = table("tissue_names").frame
    assert set(rows["isct"]) - {""} == ISCT
    assert not (rows["isct"].ne("") & rows["cells"].eq("mesenchymal cells")).any()
    assert not rows["standard"].str.contains("stem", case=False).any()


def test_osteoblasts_and_gingival_fibroblasts_are_mesenchymal_cells():
    assert {tissue_name(name).cells for name in ("Osteoblasts", "osteoblast", "Gingival fibroblasts")} == {
        "mesenchymal cells"
    }


def test_a_tissue_with_other_cells_gets_no_name():
    assert tissue_name("bone marrow", cell_type="macrophage").isct == ""
    assert tissue_name("bone marrow", cell_type="osteoblast") == tissue_name(
        "bone marrow", cell_type="Osteoblasts"
    )
    assert tissue_name("bone marrow", cell_type="osteoblast").isct == ""
    assert tissue_name("bone marrow", cell_type="mesenchymal stem cells").isct == "MSC(M)"


def test_names_are_for_human_cells_and_nothing_is_renamed():
    samples = pd.DataFrame(
        {"tissue": ["bone marrow", "bone marrow", None], "organism": ["Mus musculus", None, None]},
        index=list("abc"),
    )
    named = named_tissues(samples, "Homo sapiens").samples
    assert named["tissue"].tolist() == samples["tissue"].tolist()
    assert named["tissue_isct"].tolist() == ["", "MSC(M)", ""]
    assert (
        named_tissues(samples.drop(columns="organism"), "Equus caballus").samples["tissue_isct"] == ""
    ).all()
    assert "tissue_isct" not in samples


def test_the_read_result_carries_names_and_their_source(small_lab):
    small_lab.sheet["tissue"] = small_lab.sheet["tissue"].map({"BM": "BM-MSC", "AD": "umbilical cord"})
    small_lab.toml = small_lab.toml.replace(
        "tissue[BM] - tissue[AD]", "tissue[BM-MSC] - tissue[umbilical cord]"
    )
    reading = read_study(read_plan(small_lab.write()))
    result = reading.results[0]
    assert set(result.tables["samples"]["tissue_isct"]) == {"MSC(M)", ""}
    assert [source.name for source in result.sources] == ["tissue_names"]
    assert "tissue_isct" not in reading.study.samples


def test_the_six_niches_get_two_isct_names(six_niches):
    samples = read_study(read_plan(six_niches)).results[0].tables["samples"]
    found = samples.groupby("tissue")["tissue_isct"].first()
    assert dict(found[found != ""]) == {"ADSCs": "MSC(AT)", "WJ-MSCs": "MSC(WJ)"}
    cells = samples.groupby("tissue")["cells_are"].first()
    assert (cells == "mesenchymal cells").sum() == 2
