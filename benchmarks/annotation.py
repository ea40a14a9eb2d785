"""How good the curated tables are: recall and precision against labels that they were not made from.

    SECRETOME_SHARED=… PYTHONPATH=src python benchmarks/annotation.py

The labels stand in the shared data (annotation-human-proteome, fbs-bovine-accessions); they are measured against,
never shipped. Genes are joined by accession through the tables that carry both.
"""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from secretome import knowledge
from secretome.define.contaminants import classify

SHARED = Path(os.environ.get("SECRETOME_SHARED", Path(__file__).resolve().parents[2] / "shared"))
LABELS = SHARED / "data" / "annotation-human-proteome"
INSIDE = ("Cytoplasm", "Cytosol", "Nucleus", "Mitochondri", "Nucleolus", "Nucleoplasm", "Cytoskeleton")


def main() -> None:
    table = knowledge.table("annotation").frame
    ours = {name: set(rows["gene"]) for name, rows in table.groupby("category")}
    print(
        f"annotation: {len(table):,} genes; secreted or matrix {len(ours['secreted'] | ours['matrix']):,}, "
        f"intracellular panel {len(ours['intracellular']):,}"
    )
    rows = [_row(*case) for case in _cases(ours)]
    print(pd.DataFrame(rows).round(3).to_string(index=False))
    print(_bovine())


def _cases(ours: dict[str, set[str]]):
    gene_of = _genes()
    words = pd.read_csv(LABELS / "nextprot_ref_2019-05-07.tsv.gz", sep="\t", keep_default_na=False)
    words.index = words["NextprotID"].str.removeprefix("NX_").map(gene_of)
    words = words[words.index.notna()]
    place = words["SubcellLocations"]
    out = place.str.contains("Secreted|Extracellular")
    inside = place.map(lambda text: any(word in text for word in INSIDE))
    membrane = place.str.contains("Cell membrane") | (words["TMDomains"].astype(int) > 0)
    known = set(place[place.ne("") & place.ne("NA")].index)
    matrisome = pd.read_csv(LABELS / "human_matrisome_v2.csv.gz")
    by_division = {name: set(part["Gene Symbol"]) for name, part in matrisome.groupby("Matrisome Division")}
    surface = pd.read_csv(LABELS / "surfy_surfaceome.csv.gz", low_memory=False)
    surfy = set(surface["UniProt gene"].dropna())
    cspa = pd.read_csv(LABELS / "cspa_cell_surface.csv.gz")
    sure = set(cspa.loc[cspa["CSPA category"] == "1 - high confidence", "ENTREZ gene symbol"].dropna())
    phone = pd.read_csv(LABELS / "cellphonedb_protein_input.csv.gz")
    phone_out = set(
        phone.loc[phone["secreted"].astype(str).str.upper() == "TRUE", "uniprot"].map(gene_of).dropna()
    )
    leaves = ours["secreted"] | ours["matrix"] | ours["lysosomal"]
    every = set().union(*ours.values())
    yield (
        "secreted, matrix, lysosomal",
        leaves,
        "neXtProt: out, not inside",
        set(words.index[out & ~inside]),
        known,
    )
    yield "secreted, matrix, lysosomal", leaves, "neXtProt: out", set(words.index[out]), known
    yield (
        "secreted, matrix",
        ours["secreted"] | ours["matrix"],
        "core matrisome",
        by_division["Core matrisome"],
        None,
    )
    yield (
        "secreted, matrix, surface, shed",
        leaves | ours["surface"] | ours["shed"],
        "whole matrisome",
        set(matrisome["Gene Symbol"]),
        None,
    )
    yield "secreted, matrix, shed", leaves | ours["shed"], "CellPhoneDB: secreted", phone_out, None
    membranes = ours["surface"] | ours["shed"]
    yield "surface, shed", membranes, "SURFY", surfy, None
    yield "surface, shed", membranes, "CSPA, high confidence", sure, None
    plain = set(words.index[inside & ~out & ~membrane])
    yield "intracellular panel", ours["intracellular"], "neXtProt: inside, not out or membrane", plain, known
    yield "any category", every, "neXtProt: out", set(words.index[out]), known


def _row(
    name: str, mine: set[str], label: str, theirs: set[str], judged: set[str] | None
) -> dict[str, object]:
    """Recall over their genes; precision over our genes that they judge at all."""
    mine_judged = mine if judged is None else mine & judged
    both = len(mine & theirs)
    return {
        "ours": name,
        "genes": len(mine),
        "label": label,
        "labelled": len(theirs),
        "recall": both / len(theirs),
        "precision": both / len(mine_judged) if judged is not None else float("nan"),
        "judged": len(mine_judged) if judged is not None else 0,
    }


def _genes() -> dict[str, str]:
    """Accession to gene symbol, from the tables of the shared data that carry both."""
    evidence = pd.read_csv(LABELS / "surface_evidence_by_source.tsv.gz", sep="\t")
    found = dict(zip(evidence["uniprot_accession"], evidence["gene_symbol"], strict=True))
    surface = pd.read_csv(LABELS / "surfy_surfaceome.csv.gz", low_memory=False)
    found |= dict(zip(surface["UniProt accession"], surface["UniProt gene"], strict=True))
    matrisome = pd.read_csv(LABELS / "human_matrisome_v2.csv.gz")
    for gene, accessions in zip(matrisome["Gene Symbol"], matrisome["UniProt_IDs"], strict=True):
        found |= dict.fromkeys(str(accessions).split(":"), gene)
    folder = SHARED / "data" / "msc-six-niches-lobov"
    medium = pd.read_csv(folder / "combined_protein_secr_fragpipe.tsv.gz", sep="\t", low_memory=False)
    found |= dict(zip(medium["Protein ID"], medium["Gene"], strict=True))
    return {accession: gene for accession, gene in found.items() if isinstance(gene, str)}


def _bovine() -> str:
    table = pd.read_csv(
        SHARED / "data" / "fbs-bovine-accessions" / "fbs_bovine_accessions.tsv",
        sep="\t",
        keep_default_na=False,
    )
    shipped = set(knowledge.table("serum").frame["bovine_accession"])
    theirs = set(table["accession"])
    proteins = pd.DataFrame(
        {"gene": table["gene"].to_numpy(), "entry_name": table["entry_name"].to_numpy()},
        index=table["accession"],
    )
    by_entry = classify(proteins)["contaminant_class"].isin(["bovine", "trypsin", "keratin"])
    named = classify(proteins.assign(organism="Bos taurus"))["masked"]
    alone = classify(proteins.drop(columns=["entry_name", "gene"]))["masked"]
    return (
        f"\nbovine: of {len(theirs)} accessions that serum leaves behind {len(shipped & theirs)} stand in serum.tsv "
        f"(recall {len(shipped & theirs) / len(theirs):.2f}), of {len(shipped)} in serum.tsv {len(shipped & theirs)} are "
        f"among them (precision {len(shipped & theirs) / len(shipped):.2f}). Masked with the species given: {named.mean():.2f}, "
        f"with the entry name only: {by_entry.mean():.2f}, with the bare accession only: {alone.mean():.2f}"
    )


if __name__ == "__main__":
    main()
