"""Figures: right marks, no colour alone, nothing hidden."""

from __future__ import annotations

import json
from dataclasses import replace
from types import ModuleType

import pandas as pd
import pytest

from secretome.dossier import Dossier
from secretome.report import figures, marks
from secretome.report.blocks import Figure, figures_of
from secretome.report.sections import sections
from secretome.results import Answer, Result


def _with(result: Result, **tables: pd.DataFrame) -> Result:
    return replace(result, tables={**result.tables, **tables})


def test_a_volcano_has_every_tested_protein_and_no_other(dossier: Dossier) -> None:
    result = dossier.result("vary.contrasts")
    rows = marks.volcano_rows(result, "WJ_vs_adipose")
    effects = result.tables["effects"]
    mine = effects[(effects["contrast"] == "WJ_vs_adipose") & effects["p_value"].notna()]
    assert set(rows["id"]) == set(mine["protein"])
    found = mine[mine["fdr"] < 0.05]
    assert (rows["side"] == "higher").sum() == (found["log2_ratio"] > 0).sum()
    assert (rows["side"] == "lower").sum() == (found["log2_ratio"] < 0).sum()


def test_only_found_proteins_are_named_in_a_volcano(dossier: Dossier) -> None:
    rows = marks.volcano_rows(dossier.result("vary.contrasts"), "WJ_vs_adipose")
    assert 0 < rows["label"].sum() <= marks.LABELS
    assert set(rows[rows["label"]]["side"]) <= {"higher", "lower"}


def test_a_p_of_zero_is_drawn_at_a_finite_height(dossier: Dossier) -> None:
    result = dossier.result("vary.contrasts")
    effects = result.tables["effects"].assign(p_value=0.0)
    rows = marks.volcano_rows(_with(result, effects=effects), "WJ_vs_adipose")
    assert (rows["y"] == 300).all()


def test_a_contrast_that_was_refused_has_no_figure(dossier: Dossier) -> None:
    assert figures.volcano(dossier.result("vary.contrasts"), "none such") is None


@pytest.mark.figures
def test_a_refused_contrast_still_tells_its_reason(dossier: Dossier, example: ModuleType) -> None:
    result = dossier.result("vary.contrasts")
    rows = result.tables["contrasts"].copy()
    rows.loc[0, "reason"] = "one donor on the left side"
    effects = result.tables["effects"]
    changed = _with(result, contrasts=rows, effects=effects[effects["contrast"] != rows.loc[0, "contrast"]])
    results = tuple(changed if r is result else r for r in dossier.results)
    built = sections(replace(dossier, results=results))
    assert "one donor on the left side" in repr(built)
    assert len([f for s in built for f in figures_of(s.blocks) if "volcano" in f.key]) == 1


def test_colour_never_stands_alone(dossier: Dossier) -> None:
    for section in sections(dossier):
        for figure in figures_of(section.blocks):
            text = json.dumps(figure.spec)
            if '"color": {"field"' in text or '"color":{"field"' in text:
                words = '"shape"' in text or '"text": {"field"' in text
                assert words, figure.key


def test_for_and_against_stay_two_numbers(dossier: Dossier) -> None:
    table = dossier.result("potential.processes").tables["processes"]
    rows = marks.process_rows(table)
    assert len(rows) == len(table)
    assert (rows[rows["direction"] == "against"]["seen"] <= 0).all()
    assert (rows[rows["direction"] == "for"]["seen"] >= 0).all()
    assert list(rows["seen"].abs()) == pytest.approx(list(table["evidence_weight_seen"]), abs=1e-3)


def test_the_heat_map_shows_the_proteins_that_differ_most(dossier: Dossier) -> None:
    groups = dossier.result("define.detection").tables["groups"]
    rows, order = marks.detection_rows(groups)
    assert len(order) == len(set(order)) == marks.HEAT_ROWS
    spread = groups.groupby("protein")["share"].agg(lambda s: s.max() - s.min())
    assert spread[list(set(rows["id"]))].min() >= spread.drop(list(set(rows["id"]))).max()


def test_two_proteins_of_one_gene_stay_two_rows() -> None:
    groups = pd.DataFrame(
        [
            {"protein": p, "gene": "COL1A1", "group": g, "detected": k, "measured": 4, "share": k / 4}
            for p in ("P1", "P2")
            for g, k in (("a", 4), ("b", 0))
        ]
    )
    _, order = marks.detection_rows(groups)
    assert sorted(order) == ["COL1A1 P1", "COL1A1 P2"]


def test_one_group_has_no_heat_map(dossier: Dossier) -> None:
    result = dossier.result("define.detection")
    groups = result.tables["groups"]
    assert figures.detection(_with(result, groups=groups[groups["group"] == "WJ"])) is None


def test_strips_name_the_sample_that_stands_out(dossier: Dossier) -> None:
    rows = marks.quality_rows(dossier.result("define.quality").tables["samples"])
    named = rows[rows["named"] & rows["measure"].str.startswith("keratin")]
    assert list(named["sample"]) == ["adipose_1"]
    assert rows["at"].between(0, 1).all()


def test_strips_pass_over_measures_without_numbers(dossier: Dossier) -> None:
    table = dossier.result("define.quality").tables["samples"].assign(keratin_percent=float("nan"))
    rows = marks.quality_rows(table)
    assert not rows["measure"].str.startswith("keratin").any()


def test_samples_without_a_second_axis_have_no_figure(dossier: Dossier) -> None:
    result = dossier.result("define.similarity")
    scores = result.tables["pca"].drop(columns="pc2")
    assert figures.samples(_with(result, pca=scores)) is None


def test_contrasts_that_share_a_slug_get_their_own_files() -> None:
    names = ["a b", "a/b", "A-B", "c"]
    assert [marks.file_name(name, names) for name in names] == ["a-b", "a-b-2", "A-B-3", "c"]


@pytest.mark.figures
def test_every_drawing_is_an_svg(dossier: Dossier) -> None:
    figure = figures.quality(dossier.result("define.quality"))
    assert isinstance(figure, Figure)
    assert figures.svg(figure).startswith("<svg")


def test_a_study_whose_contrasts_were_all_refused_still_has_its_section(dossier: Dossier) -> None:
    result = dossier.result("vary.contrasts")
    none = result.tables["effects"].iloc[:0].astype(object)
    assert figures.volcano(_with(result, effects=none), "WJ_vs_adipose") is None
    for tables in ({"contrasts": result.tables["contrasts"]}, {**result.tables, "effects": none}):
        refused = replace(result, answer=Answer("No contrast could be tested."), tables=tables)
        results = tuple(refused if r is result else r for r in dossier.results)
        built = sections(replace(dossier, results=results))
        assert "vary" in [section.anchor for section in built]


def test_counts_with_gaps_are_printed_as_counts(dossier: Dossier) -> None:
    result = dossier.result("vary.contrasts")
    effects = result.tables["effects"].astype({"detected_left": float, "donors_left": float})
    effects.loc[1, ["detected_left", "donors_left"]] = float("nan")
    results = tuple(_with(r, effects=effects) if r is result else r for r in dossier.results)
    text = repr(sections(replace(dossier, results=results)))
    assert "4 and 4" in text
    assert "4.0 and" not in text


def test_a_factor_in_doubt_carries_its_doubt(dossier: Dossier) -> None:
    text = repr(sections(dossier))
    assert "CCL2 (may be serum)" in text


def _partitioned() -> Result:
    terms = pd.DataFrame(
        {"assay": "proteome", "term": ["donor", "residual"], "proteins": 3, "median_share": [0.25, 0.75],
         "lower_quartile": 0.1, "upper_quartile": 0.9}
    )  # fmt: skip
    density = pd.DataFrame(
        {"assay": "proteome", "term": ["donor"] * 2 + ["residual"] * 2, "share": [0.25, 0.75] * 2,
         "share_of_proteins": [1.0, 0.0, 0.5, 0.5]}
    )  # fmt: skip
    tables = {"terms": terms, "density": density, "partition": terms}
    return Result("vary", "partition", "Where from?", Answer(""), tables=tables)


def test_violins_are_as_wide_as_their_bins_are_full() -> None:
    bars, medians = marks.partition_rows(_partitioned())
    assert len(bars) == 3  # an empty bin is no bar
    wide = bars.set_index("term").loc["donor"]
    assert wide["top"] - wide["bottom"] == pytest.approx(0.84)
    assert list(medians["at"]) == [2, 1]


def test_the_partition_figure_tells_its_medians_in_words() -> None:
    figure = figures.partition(_partitioned())
    assert figure is not None
    assert "donor 25" in figure.alt
    empty = _with(_partitioned(), terms=_partitioned().tables["terms"].head(0))
    assert figures.partition(empty) is None


def test_the_signal_is_divided_by_origin_in_the_order_of_the_legend() -> None:
    groups = pd.DataFrame(
        {
            "assay": "proteome",
            "group": ["BM", "BM", "AD", "AD"],
            "origin": ["secreted", "carried_over"] * 2,
            "mean_percent_of_signal": [80.0, 4.0, 60.0, 30.0],
        }
    )
    rows = marks.origin_rows(groups, list(figures.ORIGINS))
    assert rows["label"].tolist() == ["secreted", "", "secreted", "carried over"]
    assert rows["place"].tolist() == [0, 5, 0, 5]
    result = Result("define", "origin", "?", Answer("."), tables={"groups": groups})
    figure = figures.origins(result)
    assert figure is not None
    assert "2 groups" in figure.alt
    assert figures.svg(figure).startswith("<svg")
    empty = Result("define", "origin", "?", Answer("."), tables={"groups": groups.head(0)})
    assert figures.origins(empty) is None


def test_leak_is_drawn_with_its_interval_for_samples_that_were_judged() -> None:
    samples = pd.DataFrame(
        {
            "sample": ["a", "b", "c"],
            "group": "BM",
            "leak_percent": [5.0, float("nan"), 12.0],
            "leak_lower": [4.0, float("nan"), 10.0],
            "leak_upper": [7.0, float("nan"), 15.0],
            "scaled_by": "lysate",
        }
    )
    rows = marks.leak_rows(samples)
    assert rows["sample"].tolist() == ["c", "a"]
    figure = figures.leakage(Result("define", "leakage", "?", Answer("."), tables={"samples": samples}))
    assert figure is not None
    assert figures.svg(figure).startswith("<svg")
