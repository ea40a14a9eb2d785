"""Origin of proteins against the paired lysates of the six-niche study, each tissue left out in turn.

The truth is fixed here once: proteins quantified in medium and lysate of a tissue's controls (mean share
of the summed MaxLFQ, pseudo-count 1e-7), keratins, serum-prone and vesicle-marker proteins apart;
enriched when the log2 share ratio exceeds 4, not enriched below 1. A label of enrichment, not of route.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu

from secretome import knowledge
from secretome.define import contaminants, leakage
from secretome.define._proteome import proteome_of
from secretome.define.annotation import CLASSES, categories, priors
from secretome.define.covariation import covariation
from secretome.define.enrichment import partner_rows
from secretome.define.origin import origins
from secretome.read import read_study
from secretome.study_toml import read_plan

LYSATES = {
    "ADSCs": "ads",
    "DPSCs": "dpscs",
    "GFs": "gfs",
    "OBs": "osts",
    "PDLSCs": "pdlscs",
    "WJ-MSCs": "wjs",
}
MARKERS = {"CD9", "CD63", "CD81", "CD82", "PDCD6IP", "TSG101", "FLOT1", "FLOT2", "SDCBP"}


@pytest.fixture(scope="module")
def study_with_lysates(shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("six")
    source = shared / "data" / "msc-six-niches-lobov"
    toml = [
        '[study]\ntitle = "six"\n[samples]',
        f'file = "{source}/fact_secr.xlsx"\nid = "Sample"\ndonor_of = ["origin", "donor"]',
        '[samples.rename]\nCell_type = "tissue"\nDifferentiation = "condition"\nDonor = "donor"\nCluster = "origin"',
        '[samples.set]\nmaterial = "conditioned_medium"',
        f'[[assay]]\nname = "proteome"\nfile = "{source}/combined_protein_secr_fragpipe.tsv.gz"',
    ]
    for tissue, code in LYSATES.items():
        file = source / "cell_proteome_per_tissue" / f"{code}_proteom_frag.csv.gz"
        columns = [c for c in pd.read_csv(file, sep=";", nrows=0).columns if c.endswith(" MaxLFQ Intensity")]
        names = [column.removesuffix(" MaxLFQ Intensity") for column in columns]
        sheet = pd.DataFrame({"sample": names, "tissue": tissue, "donor": names})
        sheet["condition"] = ["control" if "_c_" in name else "dif" for name in names]
        sheet.to_csv(folder / f"{code}.csv", index=False)
        toml.append(
            f'[[assay]]\nname = "{code}"\nmaterial = "cell_lysate"\nfile = "{file}"\nsamples = "{code}.csv"'
        )
    toml.append('[design]\nformula = "~ 0 + tissue + condition"')
    (folder / "study.toml").write_text("\n".join(toml))
    return read_study(read_plan(folder / "study.toml")).study


def _medium(study):
    one = proteome_of(study.assays["proteome"], study)
    return one.with_proteins(contaminants.classify(one.proteins))


def _truth(study, tissue: str) -> pd.DataFrame:
    medium, lysate = study.assays["proteome"].matrix, study.assays[LYSATES[tissue]].matrix
    partner = partner_rows(medium.var, lysate.var)
    chosen = study.samples.loc[list(medium.obs["sample"])]
    rows = ((chosen["tissue"] == tissue) & (chosen["condition"] == "control")).to_numpy()
    shares = np.nan_to_num(np.asarray(medium.X)[rows])
    shares = (shares / shares.sum(axis=1, keepdims=True)).mean(axis=0)
    cells = np.nan_to_num(np.asarray(lysate.X)[["_c_" in name for name in lysate.obs_names]])
    cells = (cells / cells.sum(axis=1, keepdims=True)).mean(axis=0)
    other = np.where(partner >= 0, cells[partner], 0.0)
    frame = pd.DataFrame({"gene": medium.var["gene"], "medium": shares, "cells": other})
    frame["log2_ratio"] = np.log2((frame["medium"] + 1e-7) / (frame["cells"] + 1e-7))
    prone = (
        set(knowledge.table("serum_prone").frame["hgnc"])
        | set(knowledge.table("serum").frame["gene"])
        | MARKERS
    )
    apart = frame["gene"].str.match(r"^KRT\d") | frame["gene"].isin(prone)
    frame = frame[(frame["medium"] > 0) & (frame["cells"] > 0) & ~apart]
    return frame[(frame["log2_ratio"] > 4) | (frame["log2_ratio"] < 1)].assign(
        enriched=lambda f: f["log2_ratio"] > 4
    )


def _auroc(score: np.ndarray, label: np.ndarray) -> float:
    return float(mannwhitneyu(score[label], score[~label]).statistic / (label.sum() * (~label).sum()))


def _calibration_error(score: np.ndarray, label: np.ndarray) -> float:
    """Expected calibration error over ten bins of equal width."""
    bins = np.minimum((score * 10).astype(int), 9)
    return float(
        sum(
            abs(score[bins == b].mean() - label[bins == b].mean()) * (bins == b).mean()
            for b in np.unique(bins)
        )
    )


def _by_words(shared, truth: pd.DataFrame) -> np.ndarray:
    """The baseline: 1 in the matrisome or only outside by neXtProt's location words, ½ outside and inside."""
    folder = shared / "data" / "annotation-human-proteome"
    matrisome = set(pd.read_csv(folder / "human_matrisome_v2.csv.gz")["Gene Symbol"])
    words = pd.read_csv(folder / "nextprot_ref_2019-05-07.tsv.gz", sep="\t").set_index("NextprotID")
    place = words["SubcellLocations"].fillna("").reindex("NX_" + truth.index.astype(str)).fillna("")
    out = place.str.contains("Secreted|Extracellular").to_numpy()
    inside = place.str.contains("Cyto|Nucle|Mitochondri").to_numpy()
    return np.maximum(truth["gene"].isin(matrisome).to_numpy(), out * np.where(inside, 0.5, 1.0))


def _scores(study, tissue: str, *, left_out: bool) -> pd.Series:
    one = _medium(study)
    alone = replace(study, assays={"proteome": study.assays["proteome"]})
    found = origins(one, alone, prior=priors(leave_out=(tissue,) if left_out else ()))
    origin = next(o for o in found if o.group == f"{tissue} · control")
    wanted = [CLASSES.index("secreted"), CLASSES.index("shed")]
    return pd.Series(origin.probability[:, wanted].sum(axis=1), index=one.proteins.index)


def test_annotation_alone_separates_enriched_proteins_of_a_tissue_left_out(study_with_lysates, shared):
    aurocs, every_score, every_label = {}, [], []
    rng = np.random.default_rng(1)
    for tissue in LYSATES:
        truth = _truth(study_with_lysates, tissue)
        score = _scores(study_with_lysates, tissue, left_out=True)[truth.index].to_numpy()
        label = truth["enriched"].to_numpy()
        known = np.isfinite(score)
        words = _auroc(_by_words(shared, truth)[known], label[known])
        score, label = score[known], label[known]
        draws = [rng.integers(0, len(label), len(label)) for _ in range(200)]
        spread = np.percentile([_auroc(score[d], label[d]) for d in draws], [2.5, 97.5])
        aurocs[tissue] = _auroc(score, label)
        every_score.append(score)
        every_label.append(label)
        print(
            f"{tissue}: {label.sum()} enriched, {(~label).sum()} not; AUROC {aurocs[tissue]:.3f} "
            f"[{spread[0]:.3f}, {spread[1]:.3f}], calibration error {_calibration_error(score, label):.3f}; location words and matrisome {words:.3f}"
        )
        assert aurocs[tissue] >= words
    pooled = _calibration_error(np.concatenate(every_score), np.concatenate(every_label))
    print(f"median AUROC {np.median(list(aurocs.values())):.3f}, pooled calibration error {pooled:.3f}")
    assert np.median(list(aurocs.values())) >= 0.97
    assert min(aurocs.values()) >= 0.95
    assert pooled <= 0.05


@pytest.mark.parametrize("tissue", ["WJ-MSCs", "ADSCs", "DPSCs"])
def test_with_lysates_the_known_proteins_fall_where_they_belong(study_with_lysates, tissue):
    one = _medium(study_with_lysates)
    origin = next(o for o in origins(one, study_with_lysates) if o.group == f"{tissue} · control")
    assert origin.used[0] == "lysate"
    table = pd.DataFrame(origin.probability, columns=list(CLASSES))
    table["gene"] = one.proteins["gene"].to_numpy()
    table = table.dropna().drop_duplicates("gene").set_index("gene")
    for gene in ("FN1", "SPARC", "TIMP1", "SERPINE1", "IGFBP7"):
        assert table.loc[gene, "secreted"] > 0.5, gene
    for gene in ("GAPDH", "HSPA8", "H4C1"):
        assert table.loc[gene, ["leaked", "vesicle", "unresolved"]].sum() >= 0.9, gene
    for gene in ("CD63", "PDCD6IP", "LGALS1", "ANXA1"):
        if gene in table.index:
            assert table.loc[gene, "leaked"] <= 0.5, gene
    if "TUBA1B" in table.index:
        assert table.loc["TUBA1B", "secreted"] < 0.1
    np.testing.assert_allclose(table[list(CLASSES)].sum(axis=1), 1.0)


def test_the_shipped_counts_are_those_of_the_study(study_with_lysates):
    """The counts in knowledge/tables/origin_counts.tsv, made again from the data."""
    shipped = knowledge.table("origin_counts").frame.set_index(["tissue", "category"])
    for tissue in LYSATES:
        truth = _truth(study_with_lysates, tissue)
        category = categories(truth[["gene"]])
        for kind in set(category):
            rows = category == kind
            found = (int(truth["enriched"].to_numpy()[rows].sum()), int(rows.sum()))
            assert found == tuple(shipped.loc[(tissue, kind), ["enriched", "compared"]]), (tissue, kind)


def test_the_panel_share_of_whole_cells_is_that_of_the_lysates(study_with_lysates):
    """The two constants of `define.leakage`, made again from the data."""
    shares: list[float] = []
    for name in LYSATES.values():
        data = study_with_lysates.assays[name].matrix
        controls = np.nan_to_num(np.asarray(data.X)[["_c_" in sample for sample in data.obs_names]])
        panel = categories(data.var) == "intracellular"
        shares += list(controls[:, panel].sum(axis=1) / controls.sum(axis=1))
    assert len(shares) == 22
    assert np.mean(shares) == pytest.approx(leakage.PANEL_IN_CELLS, abs=5e-4)
    assert np.std(shares, ddof=1) == pytest.approx(leakage.PANEL_SD, abs=5e-4)


def test_real_proteins_move_with_the_intracellular_panel_as_their_annotation_says(study_with_lysates):
    """Covariation alone, over 50 media: the inside of cells against matrix and secreted, and what it was not fitted on."""
    one = _medium(study_with_lysates)
    category = categories(one.proteins)
    found = covariation(one, (category == "intracellular") & ~one.masked, category)
    assert found is not None
    r = pd.Series(found.correlation).groupby(pd.Series(category)).mean().round(2)
    print(r.to_string())
    inside, outside = category == "intracellular", np.isin(category.astype(str), ["secreted", "matrix"])
    both = (inside | outside) & np.isfinite(found.correlation) & ~one.masked
    separation = _auroc(found.correlation[both], inside[both])
    print(f"AUROC of the correlation alone {separation:.2f} ({both.sum()} proteins)")
    assert separation > 0.9
    # neither served as panel nor as contrast
    assert r["unconventional"] > r["vesicle"] > r["shed"]
    assert r["lysosomal"] < 0
