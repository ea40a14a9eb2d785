"""Published studies: what their authors counted, and what this package says of their design."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control

from secretome import pipeline
from secretome.plan import VaryOptions
from secretome.stats import linear, normalize
from secretome.study_toml import read_plan
from secretome.vary import compare

PAIRED = {"ADSCs": 69, "WJ-MSCs": 24, "OBs": 8, "DPSCs": 4, "GFs": 1, "PDLSCs": 1}


def _six_niches(shared: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Sample sheet, and log2 MaxLFQ (n, 50) without the rows of the contaminant library."""
    folder = shared / "data" / "msc-six-niches-lobov"
    sheet = pd.read_excel(folder / "fact_secr.xlsx")
    table = pd.read_csv(folder / "combined_protein_secr_fragpipe.tsv.gz", sep="\t", low_memory=False)
    table = table[~table["Protein"].str.startswith("contam_")]
    columns = [
        next(c for c in (f"{name} MaxLFQ Intensity", f"{name} MaxLFQ remove Intensity") if c in table)
        for name in sheet["Sample"]
    ]
    linear_values = table[columns].to_numpy(float)
    return sheet, np.log2(np.where(linear_values > 0, linear_values, np.nan))


@pytest.mark.parametrize(("tissue", "count"), PAIRED.items())
def test_paired_counts_of_six_niches_hold(shared, tissue, count):
    """Differentiated against control, donor as block, fewer than three missing, quantiles, 5 % FDR."""
    sheet, values = _six_niches(shared)
    mine = (sheet["Cell_type"] == tissue).to_numpy()
    y = values[:, mine]
    y = normalize.quantiles(y[np.isnan(y).sum(axis=1) < 3])
    donors = pd.get_dummies(sheet.loc[mine, "Donor"].astype(str)).to_numpy(float)
    treated = (sheet.loc[mine, "Differentiation"] == "dif").to_numpy(float)
    fit = linear.fit_rows(y, np.column_stack([donors, treated]))
    p = linear.moderate(fit, prior="legacy").p_value[:, -1]
    assert (false_discovery_control(p[np.isfinite(p)]) <= 0.05).sum() == count
    assert len(y) == 280 or tissue != "ADSCs"


def test_adipose_is_said_to_be_confounded_with_depth_and_the_partition_is_made(six_niches):
    text = six_niches.read_text().replace('"~ 0 + tissue + condition"', '"~ 0 + tissue * condition"')
    # the judged contrast alone: each further one costs seconds, and nothing here reads it
    text = text[: text.index("[design.contrasts]")] + "[design.contrasts]\n"
    text += '  adipose = "tissue[ADSCs]:condition[dif] - tissue[ADSCs]:condition[control]"\n'
    text += "[vary]\nmixed = false\npartition_draws = 0\n"
    six_niches.write_text(text)
    results = {result.key: result for result in pipeline.run(read_plan(six_niches), only="vary").results}
    contrasts = results["vary.contrasts"]
    note = next(
        note for note in contrasts.notes if note.startswith("adipose is confounded with identification depth")
    )
    assert "donors on each side, measured at equal depth, would be needed" in note
    row = contrasts.tables["contrasts"].set_index("contrast").loc["adipose"]
    assert row["strategy"] == "paired within donor"
    assert row["donors_left"] == row["donors_right"] == 4
    assert row["identified_left"] > 1.5 * row["identified_right"]
    shares = results["vary.partition"].tables["partition"]
    assert {"tissue", "donor", "condition"} <= set(shares["term"].astype(str))


@pytest.mark.parametrize("material", ["vesicles", "cells"])
def test_primed_microglia_agree_with_the_published_anova(shared, build, material):
    """Santiago 2023: four primings of one line in four batches; batches pair the primings."""
    folder = shared / "data" / "ev-vs-cell-microglia-santiago"
    vesicles = material == "vesicles"
    file = "ev_perseus_normalized.csv.gz" if vesicles else "cell_proteome_inputted_MS_data.csv.gz"
    table = pd.read_csv(folder / file, low_memory=False).iloc[1 if vesicles else 0 :]
    runs = list(table.columns[:16])
    y = table[runs].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    samples = pd.DataFrame(
        {
            "donor": [f"batch {run // 4 + 1}" for run in range(16)],
            "condition": ["control", "TGFB", "IL10", "LPS"] * 4,
        },
        index=pd.Index(runs, name="sample"),
    )
    contrasts = {name: f"condition[{name}] - condition[control]" for name in ("LPS", "TGFB", "IL10")}
    study = build(y, samples, formula="~ 0 + condition", contrasts=contrasts)
    effects = compare(study, VaryOptions()).tables["effects"]
    effects["gene"] = table["Gene names"].astype(str).to_numpy()[effects["protein"].str[1:].astype(int)]
    published = pd.read_csv(folder / f"{'ev' if vesicles else 'cell'}_ANOVA_diffEx_published.csv.gz")
    published = published.rename(columns={published.columns[0]: "gene"}).drop_duplicates("gene")
    theirs = {"LPS": "3-1", "TGFB": "4-1", "IL10": "2-1"}
    for name in contrasts:
        column = f"{name}-Control" if vesicles else theirs[name]
        mine = effects[(effects["contrast"] == name) & effects["p_value"].notna()].drop_duplicates("gene")
        both = mine.merge(published[["gene", column, f"diff {column}"]], on="gene")
        assert len(both) > (500 if vesicles else 1800)
        assert both["log2_ratio"].corr(both[f"diff {column}"], method="spearman") > 0.99
        agreement = both["p_value"].corr(both[column], method="spearman")
        top = both.nsmallest(50, column)
        shared_top = len(set(top["gene"]) & set(both.nsmallest(50, "p_value")["gene"]))
        print(
            f"{material} {name}: rank correlation of p {agreement:.3f}, {shared_top} of the 50 first in both"
        )
        assert agreement > 0.9
        assert shared_top >= 20
        assert (np.sign(top["log2_ratio"]) == np.sign(top[f"diff {column}"])).all()
