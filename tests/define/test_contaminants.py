"""Flags: what is left out of tests, what is kept though a list names it, and why."""

from __future__ import annotations

import pandas as pd
import pytest

from secretome.define import classify
from secretome.define.contaminants import CLASSES, MASKED
from secretome.knowledge import table as _table


def flag(**fact: object) -> tuple[str, bool, str]:
    """Class, mask and reason of one protein."""
    accession = str(fact.pop("accession", "Q99999"))
    row = {"gene": "GENE1", "organism": "Homo sapiens", "tagged_contaminant": False} | fact
    found = classify(pd.DataFrame([row], index=[accession])).iloc[0]
    return found["contaminant_class"], bool(found["masked"]), found["contaminant_reason"]


@pytest.mark.parametrize(
    ("gene", "accession"), [("TNF", "P01375"), ("FGF2", "P09038"), ("TGFB1", "P01137"), ("INS", "P01308")]
)
def test_a_cytokine_that_only_a_list_names_is_kept(gene: str, accession: str) -> None:
    label, masked, reason = flag(accession=accession, gene=gene, tagged_contaminant=True)
    assert (label, masked) == ("listed", False)
    assert "kept: own species" in reason


def test_tagged_human_albumin_is_kept_and_its_two_sources_are_named() -> None:
    label, masked, reason = flag(accession="P02768", gene="ALB", tagged_contaminant=True)
    assert (label, masked) == ("listed", False)
    assert "platelet lysate" in reason


def test_a_tagged_protein_of_unknown_species_is_kept_and_said_to_be_unjudged() -> None:
    label, masked, reason = flag(organism="", gene="", tagged_contaminant=True)
    assert (label, masked) == ("listed", False)
    assert "species is not given" in reason


@pytest.mark.parametrize("gene", ["KRT1", "KRT10", "KRT6A", "KRT87P", "KRTAP23-1", "Krt5"])
def test_keratins_of_skin_and_hair_are_left_out(gene: str) -> None:
    assert flag(gene=gene)[:2] == ("keratin", True)


@pytest.mark.parametrize("gene", ["KRT7", "KRT8", "KRT18", "KRT19"])
def test_keratins_that_cells_may_make_say_so(gene: str) -> None:
    label, masked, reason = flag(gene=gene)
    assert (label, masked) == ("keratin", True)
    assert "may be the cells' own" in reason


@pytest.mark.parametrize("gene", ["KRTCAP2", "KRTDAP", "KRIT1", "DMKN", "PRSS1", "LYZ", "ALB"])
def test_names_that_resemble_a_contaminant_are_not_flagged(gene: str) -> None:
    assert flag(gene=gene) == ("", False, "")


def test_a_keratin_without_gene_is_known_by_its_description() -> None:
    assert flag(gene="", description="Keratin, type II cytoskeletal 1")[0] == "keratin"


def test_a_description_does_not_overrule_a_gene() -> None:
    assert flag(gene="VIM", description="Keratin, type I like")[0] == ""


@pytest.mark.parametrize(
    ("accession", "organism"),
    [("P00761", "Sus scrofa"), ("P00760", "Bos taurus"), ("Q7M135", "Lysobacter enzymogenes")],
)
def test_enzymes_are_named_before_their_species(accession: str, organism: str) -> None:
    assert flag(accession=accession, gene="", organism=organism)[:2] == ("trypsin", True)


def test_porcine_trypsin_stays_trypsin_in_a_study_of_pigs() -> None:
    row = pd.DataFrame([{"gene": "", "organism": "Sus scrofa"}], index=["P00761"])
    assert classify(row, organism="Sus scrofa")["contaminant_class"].iloc[0] == "trypsin"


def test_egg_lysozyme_is_no_lys_c_though_its_entry_is_called_lysc() -> None:
    label = flag(accession="P00698", entry_name="LYSC_CHICK", gene="LYZ", organism="Gallus gallus")[0]
    assert label == "other_species"


def test_milk_and_plasma_of_cattle_have_different_reasons() -> None:
    assert "milk" in flag(accession="P02662", gene="CSN1S1", organism="Bos taurus")[2]
    assert "plasma" in flag(accession="P02769", gene="ALB", organism="Bos taurus")[2]
    assert flag(gene="COL1A1", organism="Bos taurus")[0] == "bovine"


def test_serum_of_a_third_species_is_serum() -> None:
    assert flag(gene="ALB", organism="Equus caballus")[:2] == ("serum", True)
    assert flag(gene="", entry_name="ALBU_HORSE", organism="")[0] == "serum"


def test_a_receptor_that_shares_its_symbol_with_an_entry_name_is_no_plasma_protein() -> None:
    row = pd.DataFrame([{"gene": "THRB", "entry_name": "THB_HUMAN"}], index=["P10828"])
    assert not classify(row)["plasma_protein"].iloc[0]


def test_a_sheep_keratin_is_of_another_species() -> None:
    label, masked, reason = flag(gene="KRT15", organism="Ovis aries", tagged_contaminant=True)
    assert (label, masked) == ("other_species", True)
    assert "wool" in reason


def test_skin_proteins_of_the_handler_are_left_out() -> None:
    assert flag(gene="HRNR")[:2] == ("handling", True)


@pytest.mark.parametrize("member", ["P02769", "contam_sp|P02769|ALBU_BOVIN", "CON__P02769"])
def test_a_group_of_two_species_is_unresolved_and_kept(member: str) -> None:
    label, masked, reason = flag(accession="P02768", gene="ALB", protein_group=f"P02768;{member}")
    assert (label, masked) == ("shared_species", False)
    assert "Bos taurus" in reason
    assert "unresolved" in reason


def test_a_group_led_by_the_bovine_protein_is_unresolved_too() -> None:
    found = flag(accession="P02769", gene="ALB", organism="Bos taurus", protein_group="P02769;P02768-2")
    assert found[:2] == ("shared_species", False)


def test_the_species_of_a_group_member_is_learnt_from_its_own_row() -> None:
    rows = pd.DataFrame(
        {
            "gene": ["ACTB", "ACTB"],
            "organism": ["Homo sapiens", "Bos taurus"],
            "protein_group": ["P60709;P60712", "P60712"],
        },
        index=["P60709", "P60712"],
    )
    assert list(classify(rows)["contaminant_class"]) == ["shared_species", "bovine"]


def test_a_keratin_in_a_group_of_two_species_stays_a_keratin() -> None:
    assert flag(gene="KRT1", protein_group="Q99999;P02769")[0] == "keratin"


@pytest.mark.parametrize("organism", ["Homo sapiens OX=9606", "Homo sapiens (Human)", " Homo sapiens "])
def test_taxon_ids_and_common_names_do_not_make_a_species(organism: str) -> None:
    assert flag(organism="Homo sapiens")[0] == ""
    row = pd.DataFrame([{"gene": "VIM", "organism": organism}], index=["P08670"])
    assert classify(row)["contaminant_class"].iloc[0] == ""


def test_in_a_study_of_cattle_bovine_protein_is_the_cells_own() -> None:
    rows = pd.DataFrame(
        {"gene": ["ALB", "COL1A1", "KRT1"], "organism": ["Bos taurus", "Homo sapiens", "Homo sapiens"]},
        index=["P02769", "P02452", "P04264"],
    )
    found = classify(rows, organism="Bos taurus")
    assert list(found["contaminant_class"]) == ["", "other_species", "keratin"]
    assert "(Homo sapiens)" in found["contaminant_reason"].iloc[2]


def test_a_species_code_decides_where_no_species_is_given() -> None:
    rows = pd.DataFrame({"entry_name": ["ALBU_BOVIN", "ALBU_HUMAN", "odd"]}, index=["A", "B", "C"])
    assert list(classify(rows)["contaminant_class"]) == ["bovine", "", ""]


def test_an_accession_alone_is_enough_for_bovine_albumin() -> None:
    assert classify(pd.DataFrame(index=["P02769"]))["contaminant_class"].iloc[0] == "bovine"


def test_every_flag_has_a_reason_and_a_known_class(bench, media) -> None:  # type: ignore[no-untyped-def]
    genes = ["KRT1", "TNF", "ALB", "HRNR", *(f"G{number}" for number in range(36))]
    study, results = bench.run(media(genes=genes, var={"tagged_contaminant": [True] * 40}))
    table = results["contaminants"].tables["proteins"]
    assert len(table) == 40
    assert set(table["contaminant_class"]) <= set(CLASSES)
    assert (table["reason"] != "").all()
    assert (table["masked"] == table["contaminant_class"].isin(MASKED)).all()
    assert study.assays["proteome"].matrix.n_vars == 40


def test_a_table_without_bovine_protein_says_that_serum_could_not_be_seen(bench, media) -> None:  # type: ignore[no-untyped-def]
    _, results = bench.run(media())
    assert any("no bovine sequences" in text for text in results["contaminants"].lacks)


def test_the_knowledge_tables_are_whole() -> None:
    for name in ("contaminants", "serum"):
        table = _table(name)
        assert (table.frame["source"] != "").all()
        assert (table.frame["licence"] != "").all()
        assert len(table.sha256) == 64
    rules = _table("contaminants").frame
    assert set(rules["contaminant_class"]) <= {*CLASSES, ""}
    assert not rules.duplicated(["match", "value"]).any()
    assert not _table("serum").frame.duplicated(["bovine_accession"]).any()


def test_sweat_and_horny_cells_are_handling() -> None:
    proteins = pd.DataFrame({"gene": ["DCD", "DSG1", "DSG2", "DSP"], "organism": "Homo sapiens"})
    proteins.index = pd.Index(["P81605", "Q02413", "Q14126", "P15924"])
    found = classify(proteins)
    assert found["contaminant_class"].tolist() == ["handling", "handling", "", ""]
    assert found["masked"].tolist() == [True, True, False, False]


def test_sweat_is_in_nearly_every_medium_and_in_no_lysate(shared) -> None:
    """Why DCD and DSG1 are masked: the cells do not hold them."""
    folder = shared / "data" / "msc-six-niches-lobov"
    medium = pd.read_csv(folder / "combined_protein_secr_fragpipe.tsv.gz", sep="\t", low_memory=False)
    columns = [name for name in medium if name.endswith(" Intensity") and "MaxLFQ" not in name]
    seen = medium.set_index("Gene")[columns].gt(0).sum(axis=1)
    assert len(columns) == 50
    assert (seen["DCD"], seen["DSG1"]) == (48, 14)
    lysates, held = 0, 0
    for path in sorted((folder / "cell_proteome_per_tissue").glob("*_proteom_frag.csv.gz")):
        table = pd.read_csv(path, sep=";")
        values = [name for name in table if "MaxLFQ" in name]
        names = table.iloc[:, 0].astype(str)
        lysates += len(values)
        held += int(table.loc[names.str.contains("DCD_HUMAN|DSG1_HUMAN"), values].gt(0).to_numpy().sum())
    assert (lysates, held) == (44, 0)
