"""Origin from annotation alone against labels that others gave: fibroblast medium and microglial vesicles.

Rules and labels are fixed here, once.
Wallis: the largest of secreted + carried over (S), shed + vesicle (M), leaked + unconventional (IC) is the
label, unless `unresolved` is larger (no call); a protein with several labels counts when one is met.
Santiago: enriched in vesicles when the mean paired log2 share ratio EV over cell exceeds 1, all rows with a
mouse gene name; the values were imputed by their authors.
"""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from secretome import knowledge
from secretome.define import contaminants
from secretome.define._proteome import proteome_of
from secretome.define.annotation import CLASSES
from secretome.define.origin import origins
from secretome.study import Assay, Study

LABELS = {
    "S": ("secreted", "carried_over"),
    "M": ("shed", "vesicle"),
    "IC": ("leaked", "unconventional"),
}
# names that vesicle preparations are judged by (MISEV2018, table 3) and their close partners
MARKERS = {
    *("CD9", "CD37", "CD53", "CD63", "CD81", "CD82", "TSPAN8", "PDCD6IP", "TSG101", "SDCBP"),
    *("FLOT1", "FLOT2", "CAV1", "CHMP4A", "CHMP4B", "VPS4A", "VPS4B", "HGS", "STAM", "ARRDC1"),
    *("ANXA2", "ANXA4", "ANXA5", "ANXA6", "ANXA7", "ANXA11", "LAMP1", "LAMP2", "BSG", "ITGB1"),
}


def _assay(genes: pd.Series, material: str = "conditioned_medium") -> tuple:
    var = pd.DataFrame({"gene": genes.to_numpy(), "tagged_contaminant": False})
    var.index = [f"row {number}" for number in range(len(var))]
    obs = pd.DataFrame({"sample": ["a"], "note": ""}, index=["a"])
    assay = Assay("proteome", "proteome", material, AnnData(np.ones((1, len(var))), obs=obs, var=var))
    study = Study("x", pd.DataFrame({"donor": ["1"]}, index=["a"]), {"proteome": assay})
    one = proteome_of(assay, study)
    return one.with_proteins(contaminants.classify(one.proteins)), study


def _probabilities(genes: pd.Series, *, material="conditioned_medium", withheld=()) -> pd.DataFrame:
    one, study = _assay(genes, material)
    (origin,) = origins(one, study, withheld=withheld)
    return pd.DataFrame(origin.probability, columns=list(CLASSES), index=genes.index)


def _label(table: pd.DataFrame) -> pd.Series:
    sums = pd.DataFrame({label: table[list(kinds)].sum(axis=1) for label, kinds in LABELS.items()})
    return sums.idxmax(axis=1).where(sums.max(axis=1) >= table["unresolved"], "no call")


def _scores(truth: pd.Series, predicted: pd.Series) -> pd.DataFrame:
    rows = []
    for label in LABELS:
        alone, called = truth == label, predicted == label
        met = np.array([label in words.split("/") for words in truth])
        rows.append(
            {
                "label": label,
                "proteins": int(alone.sum()),
                "recall": float(called[alone].mean()),
                "called": int(called.sum()),
                "precision": float(met[called].mean()) if called.any() else np.nan,
            }
        )
    return pd.DataFrame(rows).set_index("label")


def _by_location_words(genes: pd.Series, shared) -> pd.Series:
    """The baseline: matrisome and neXtProt's location words, read without any judgement."""
    folder = shared / "data" / "annotation-human-proteome"
    with gzip.open(folder / "human_matrisome_v2.csv.gz", "rt", encoding="utf-8") as handle:
        matrisome = set(pd.read_csv(handle)["Gene Symbol"])
    words = pd.read_csv(folder / "nextprot_ref_2019-05-07.tsv.gz", sep="\t").set_index("NextprotID")
    accession = _accessions(shared)

    def label(gene: str) -> str:
        place = str(words["SubcellLocations"].get("NX_" + accession.get(gene, ""), ""))
        if gene in matrisome or "Secreted" in place or "Extracellular" in place:
            return "S"
        return "M" if "Cell membrane" in place else "IC" if place else "no call"

    return genes.map(label)


def _accessions(shared) -> dict[str, str]:
    folder = shared / "data"
    found: dict[str, str] = {}
    evidence = pd.read_csv(
        folder / "annotation-human-proteome" / "surface_evidence_by_source.tsv.gz", sep="\t"
    )
    found |= dict(zip(evidence["gene_symbol"], evidence["uniprot_accession"], strict=True))
    medium = pd.read_csv(
        folder / "msc-six-niches-lobov" / "combined_protein_secr_fragpipe.tsv.gz", sep="\t", low_memory=False
    )
    found |= dict(zip(medium["Gene"], medium["Protein ID"], strict=True))
    return found


@pytest.fixture(scope="module")
def fibroblasts(shared) -> pd.DataFrame:
    table = pd.read_csv(shared / "data" / "ev-cm-senescence-wallis" / "MS2.csv", encoding="utf-8-sig")
    truth = table["Localisation"].str.strip().replace({"MS/S": "M/S", "S/M": "M/S", "IC/S/M": "IC/M/S"})
    return pd.DataFrame({"gene": table["Gene names"].astype(str), "truth": truth})


def test_localisation_labels_are_predicted_without_them(fibroblasts, shared):
    truth = fibroblasts["truth"]
    assert (truth == "IC").sum() == 522
    predicted = _label(_probabilities(fibroblasts["gene"]))
    ours = _scores(truth, predicted)
    words = _scores(truth, _by_location_words(fibroblasts["gene"].str.split(";").str[0], shared))
    commonest = _scores(truth, pd.Series("IC", index=truth.index))
    table = pd.concat({"annotation": ours, "location words": words, "always IC": commonest}, axis=1)
    print(table.round(3).to_string())
    print(f"no call: {(predicted == 'no call').sum()} of {len(predicted)}")
    # what is called must be right more often than what the words say, without finding less of what is secreted
    assert (ours["precision"] >= words["precision"]).all()
    assert ours.loc["S", "recall"] >= words.loc["S", "recall"] - 0.05


@pytest.fixture(scope="module")
def microglia(shared) -> pd.DataFrame:
    path = shared / "data" / "ev-vs-cell-microglia-santiago" / "cell_vs_ev_perseus_normalized.xlsx"
    table = pd.read_excel(path)
    table = table[pd.to_numeric(table.iloc[:, 0], errors="coerce").notna() & table["Gene names"].notna()]
    vesicles = table[[name for name in table if str(name).endswith("_exo")]].astype(float)
    cells = table[[name for name in table if str(name).endswith("_cell")]].astype(float)
    assert vesicles.shape[1] == cells.shape[1] == 16
    shares = [part - np.log2(np.exp2(part).sum()) for part in (vesicles, cells)]
    ratio = shares[0].to_numpy() - shares[1].to_numpy()
    genes = table["Gene names"].astype(str).str.upper().reset_index(drop=True)
    return pd.DataFrame({"gene": genes, "log2_ratio": ratio.mean(axis=1)})


@pytest.mark.parametrize("withhold", [False, True], ids=["all names", "marker names withheld"])
def test_vesicle_proteins_of_microglia_by_annotation(microglia, withhold):
    withheld = MARKERS if withhold else set()
    table = _probabilities(microglia["gene"], material="vesicles", withheld=withheld)
    enriched = (microglia["log2_ratio"] > 1).to_numpy()
    called = (table.drop(columns="unresolved").idxmax(axis=1) == "vesicle").to_numpy()
    score = table["vesicle"].to_numpy()
    order = pd.Series(score).rank().to_numpy()
    auroc = (order[enriched].mean() - (enriched.sum() + 1) / 2) / (~enriched).sum()
    recall, precision = called[enriched].mean(), enriched[called].mean()
    print(
        f"{'marker names withheld' if withhold else 'all names'}: {len(microglia)} proteins, {enriched.sum()} enriched "
        f"in vesicles ({enriched.mean():.1%}); called {called.sum()}, recall {recall:.2f}, precision {precision:.2f}, "
        f"AUROC of P(vesicle) {auroc:.2f}"
    )
    # better than calling at random: precision above the share of enriched proteins
    assert precision > 2 * enriched.mean()


def test_the_markers_withheld_are_those_of_the_annotation():
    known = set(knowledge.table("annotation").frame["gene"])
    assert len(MARKERS & known) >= 25
