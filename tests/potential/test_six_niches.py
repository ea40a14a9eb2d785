"""The public six-niche secretomes: the factors that its README counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from secretome import knowledge
from secretome.parallel import here
from secretome.plan import PotentialOptions as Options
from secretome.potential import run
from secretome.results import Result
from secretome.study import Assay, Study

# README of the data: samples of 50 with a MaxLFQ value.
DETECTED = {
    "VEGFA": 11,
    "HGF": 8,
    "IL6": 8,
    "CXCL8": 4,
    "CCL2": 7,
    "TGFB1": 19,
    "TNFAIP6": 2,
    "FGF7": 6,
    "FGF2": 0,
    "IGF1": 0,
    "IDO1": 0,
    "PDGFC": 0,
    "TIMP1": 50,
    "SERPINE1": 50,
    "SERPINF1": 50,
    "COL1A1": 50,
}


def read(folder: Path) -> Study:
    file = folder / "combined_protein_secr_fragpipe.tsv.gz"
    raw = pd.read_csv(file, sep="\t", keep_default_na=False, low_memory=False)
    columns = [name for name in raw.columns if "MaxLFQ" in name]
    names = [name.split(" MaxLFQ")[0] for name in columns]
    values = raw[columns].to_numpy(float).T.copy()
    values[values == 0] = np.nan
    members = [
        ";".join([first, *(part.split("|")[1] for part in others.split(", ") if part)])
        for first, others in zip(raw["Protein ID"], raw["Indistinguishable Proteins"], strict=True)
    ]
    var = pd.DataFrame(
        {
            "gene": raw["Gene"].to_numpy(),
            "organism": raw["Organism"].str.replace(r" OX=.*", "", regex=True).to_numpy(),
            "tagged_contaminant": raw["Protein"].str.startswith("contam_").to_numpy(),
            "protein_group": members,
            "peptides": raw["Combined Total Peptides"].to_numpy(),
        },
        index=raw["Protein ID"].to_numpy(),
    )
    data = AnnData(values, obs=pd.DataFrame({"sample": names}, index=names), var=var)
    sheet = pd.read_excel(folder / "fact_secr.xlsx", dtype=str).set_index("Sample")
    samples = pd.DataFrame(
        {"tissue": sheet["Cell_type"], "donor": sheet["Cluster"] + " " + sheet["Donor"], "load": "unknown"}
    )
    return Study("six niches", samples).with_assay(Assay("proteome", "proteome", "conditioned_medium", data))


@pytest.fixture(scope="module")
def result(shared: Path) -> Result:
    made = read(shared / "data" / "msc-six-niches-lobov")
    _, (found,) = run(made, {}, Options(), seed=1, map=here)
    return found


def test_the_counts_of_the_readme_hold(result: Result) -> None:
    found = result.tables["matches"].set_index("gene")
    assert {gene: int(found.loc[gene, "detected"]) for gene in DETECTED} == DETECTED
    assert set(found["measured"]) == {50}
    assert set(found["donors_measured"]) == {21}
    assert found.loc["VEGFA", "matched_by"] == "symbol"
    assert found.loc["HGF", "matched_by"] == "accession"


def test_groups_are_tissues_and_their_counts_add_up(result: Result) -> None:
    vegfa = result.tables["factors"].query("gene == 'VEGFA' and process == 'bone'")
    assert len(vegfa) == 6
    assert vegfa["detected"].sum() == 11
    assert vegfa["measured"].sum() == 50


def test_growth_factors_that_were_not_seen_ask_for_an_immunoassay(result: Result) -> None:
    unseen = result.tables["unseen"].drop_duplicates("gene").set_index("gene")
    assert {"FGF2", "IGF1", "PDGFC", "IDO1"} <= set(unseen.index)
    assert "immunoassay" in unseen.loc["IGF1", "measure_by"]
    assert "kynurenine" in unseen.loc["IDO1", "measure_by"]
    assert result.tables["blind_spots"]["measure_by"].iloc[0].startswith("immunoassay")


def test_the_verified_rows_are_used_and_every_number_stays_in_its_bounds(result: Result) -> None:
    rows = knowledge.table("factor_process").frame.query("verified == 'page' and carrier != 'response'")
    assert result.parameters["evidence_rows"] == len(rows)
    table = pd.concat([result.tables["processes"], result.tables["groups"]])
    judged = table[table["factors_known"] > 0]
    assert judged["share_seen_percent"].between(0, 100).all()
    assert (judged["evidence_weight_seen_in_half_of_donors"] <= judged["evidence_weight_seen"] + 1e-12).all()
    assert (judged["evidence_weight_seen_without_leak_prone"] <= judged["evidence_weight_seen"] + 1e-12).all()
    assert result.tables["factors"]["abundance_percentile"].dropna().between(0, 100).all()
