"""The section of potential: from a score to its factors, their samples, their citations, inside the page."""

from __future__ import annotations

import re

import pytest

from secretome.pipeline import run
from secretome.report.html import render
from secretome.report.sections import sections
from secretome.study_toml import read_plan


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    import numpy as np
    import pandas as pd

    folder = tmp_path_factory.mktemp("potential")
    rng = np.random.default_rng(1)
    genes = ["VEGFA", "IL6", "HGF", "FGF2", "THBS1", "TIMP1", "MMP2", "CCL2", *(f"G{i}" for i in range(40))]
    names = [f"flask{i}" for i in range(12)]
    proteins = [f"P{10000 + i}" for i in range(len(genes))]
    table = pd.DataFrame(
        {
            "Protein": [f"sp|{p}|{g}_HUMAN" for p, g in zip(proteins, genes, strict=True)],
            "Protein ID": proteins,
            "Entry Name": [f"{g}_HUMAN" for g in genes],
            "Gene": genes,
            "Organism": "Homo sapiens OX=9606",
            "Description": "invented",
            "Combined Total Peptides": 5,
        }
    )
    for name in names:
        table[f"{name} Intensity"] = np.exp2(rng.normal(20, 2, len(genes))).round(2)
    for name in names:
        table[f"{name} MaxLFQ Intensity"] = table[f"{name} Intensity"]
    table.to_csv(folder / "combined_protein.tsv", sep="\t", index=False)
    sheet = pd.DataFrame(
        {"sample": names, "material": "conditioned_medium", "donor": [f"D{i // 2}" for i in range(12)],
         "tissue": ["bone"] * 6 + ["fat"] * 6}
    )  # fmt: skip
    sheet.to_csv(folder / "samples.csv", index=False)
    (folder / "study.toml").write_text(
        '[study]\ntitle = "small"\n[samples]\nfile = "samples.csv"\n'
        '[[assay]]\nname = "proteome"\nfile = "combined_protein.tsv"\n'
        '[potential]\ndraws = 50\ngene_sets = ["sets.gmt"]\n'
    )
    sets = [f"set {i}\t\t" + "\t".join(f"G{j}" for j in range(i, i + 8)) for i in range(30)]
    (folder / "sets.gmt").write_text("\n".join(sets) + "\n")
    dossier = run(read_plan(folder), only="potential")
    return render(dossier, sections(dossier)), dossier


def test_a_score_leads_to_its_factors_samples_and_citations(page):
    html, _ = page
    links = set(re.findall(r'href="#(potential-process-[\w-]+)"', html))
    anchors = set(re.findall(r'id="(potential-process-[\w-]+)"', html))
    assert "potential-process-angiogenesis" in links
    assert links <= anchors
    start = html.index('id="potential-process-angiogenesis"')
    part = html[start : html.index('id="potential-process-antifibrotic"')]
    assert "flask3" in part
    assert "VEGFA" in part
    assert "https://doi.org/10." in part


def test_hair_never_stands_without_its_null_trial(page):
    html, _ = page
    start = html.index('id="potential-process-hair"')
    assert "NCT05296863" in html[start : html.index('id="potential-process-immuno"')]


def test_every_result_of_the_stage_is_on_the_page(page):
    html, dossier = page
    keys = [result.key for result in dossier.results if result.stage == "potential"]
    assert {"potential.processes", "potential.comparisons", "potential.safety", "potential.receivers"} <= set(
        keys
    )
    for key in keys:
        assert f'id="{key.replace(".", "-")}"' in html


def test_gene_sets_are_drawn_beside_their_table_and_the_section_leads_there(page):
    from secretome.report import figures

    html, dossier = page
    result = next(one for one in dossier.results if one.key == "potential.enrichment")
    figure = figures.gene_sets(result)
    assert len(figure.data["rows"]) == 25
    drawn = figure.data["rows"][0]
    table = result.tables["over_representation"]
    assert len(table) == 60
    first = table.iloc[0]
    assert drawn["row"] == f"{first['gene_set']} · {first['group']}"
    assert drawn["x"] == pytest.approx(first["log2_odds"], abs=1e-3)
    assert drawn["low"] <= drawn["x"] <= drawn["high"]
    assert "25 smallest p values of 60" in figure.hint
    assert figures.camera(result) is None  # vary did not run
    assert '<a href="#potential-enrichment">Gene sets, drawn.</a>' in html
    assert 'id="potential-enrichment"' in html
    assert html.index('id="potential-enrichment"') < html.index("Gene sets among the proteins found")


def test_camera_is_drawn_by_contrast():
    import pandas as pd

    from secretome.report import figures
    from secretome.results import Answer, Result

    camera = pd.DataFrame(
        {"contrast": ["a_vs_b"] * 2, "gene_set": ["one", "two"], "detectable": [9, 8], "direction": ["up", "down"],
         "mean_t_difference": [2.0, -1.0], "p_value": [0.001, 0.4], "fdr": [0.002, 0.4]}
    )  # fmt: skip
    figure = figures.camera(Result("potential", "enrichment", "?", Answer("."), tables={"camera": camera}))
    assert [row["told"] for row in figure.data["rows"]] == ["below 5 % FDR", "not below"]
    assert [row["x"] for row in figure.data["rows"]] == [2.0, -1.0]


def test_the_page_says_how_many_rows_rest_on_a_title(page):
    from secretome import knowledge

    titles = (knowledge.table("factor_process").frame["verified"] == "title").sum()
    assert f"{titles} rows of which only the title was read" in page[0]
