"""The factor base: its size, its honesty, what it must say of the hard cases, and what its check refuses."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from secretome.knowledge import coverage, describe, factor_problems, oppositions, table
from secretome.knowledge.load import TABLES, raw_frame

FRAME = table("factor_process").frame
PROTEINS = FRAME[FRAME["analyte_kind"] != "miRNA"]


def rows(hgnc: str, process: str) -> pd.DataFrame:
    return FRAME[(FRAME["hgnc"] == hgnc) & (FRAME["process"] == process)]


def cells() -> pd.DataFrame:
    description = describe("factor_process")
    return raw_frame(description, (TABLES / "factor_process.tsv").read_bytes())


def test_the_base_has_the_size_that_the_issue_asks_for() -> None:
    found = coverage()
    assert found.rows >= 450
    assert found.proteins >= 250
    assert found.mirnas >= 5
    assert found.null_findings >= 4
    assert sum(count for _, count, _ in found.processes) == found.rows
    assert sum(read for _, _, read in found.processes) == found.verified


def test_more_is_verified_than_at_the_start_in_rows_and_in_share() -> None:
    found = coverage()
    assert found.verified > 139
    assert found.verified_percent > 100 * 139 / 349


def test_no_row_lost_its_kind_of_finding_on_the_way() -> None:
    assert set(FRAME["process"]) == set(describe("factor_process").columns[3].values)


def test_il6_has_signs_by_process() -> None:
    assert set(rows("IL6", "angiogenesis")["sign"]) == {"+"}
    assert set(rows("IL6", "repair")["sign"]) == {"-"}
    assert set(rows("IL6", "antitumour")["sign"]) == {"-"}
    assert set(rows("IL6", "immuno")["sign"]) == {"+", "-", "0"}


def test_neutralised_hgf_and_tgfb1_are_null_findings_beside_the_positive_one_of_another_source() -> None:
    hgf = rows("HGF", "angiogenesis").set_index("sign")
    assert hgf.loc["0", "tissue_source"] == "bone marrow MSC"
    assert hgf.loc["+", "tissue_source"] == "Wharton's jelly MSC"
    assert list(rows("TGFB1", "angiogenesis")["sign"]) == ["0"]


def test_soluble_vegf_receptors_stand_against_angiogenesis_in_umbilical_medium() -> None:
    for gene in ("FLT1", "KDR"):
        (row,) = rows(gene, "angiogenesis").to_dict("records")
        assert (row["sign"], row["tissue_source"]) == ("-", "umbilical cord MSC")


def test_what_keloid_cells_answered_is_no_evidence_on_the_medium() -> None:
    response = FRAME[FRAME["carrier"] == "response"]
    assert set(response["hgnc"]) == {"TGFB2", "TGFB3", "SERPINE1"}
    assert set(response["receiving_cell"]) == {"keloid fibroblast"}
    assert set(response["doi_or_id"]) == {"PMC3952928"}
    assert (response["suggested_weight"] == 0).all()


def test_mediators_that_are_no_proteins_name_what_to_measure() -> None:
    kinds = FRAME.drop_duplicates("hgnc").set_index("hgnc")["analyte_kind"]
    assert kinds["PTGS2"] == "proxy: measure PGE2"
    assert kinds["IDO1"].startswith("proxy: measure KYN")
    assert kinds["NT5E"] == kinds["ENTPD1"] == "proxy: measure adenosine"
    assert kinds["MIR126"] == "miRNA"


def test_every_opposition_is_told_apart_by_its_context() -> None:
    assert {(found.hgnc, found.process) for found in oppositions()} >= {
        ("HGF", "angiogenesis"),
        ("IL6", "immuno"),
    }
    assert not [found for found in oppositions() if found.same_context]


def test_rows_that_were_read_cite_something_specific_and_say_where() -> None:
    read = FRAME[FRAME["verified"] == "page"]
    assert (read["read_where"] != "").all()
    assert (read["citation_quality"] == "specific").all()
    assert read["citation_checked"].all()


def test_the_retracted_knock_down_of_the_tnf_receptor_is_not_cited() -> None:
    assert not FRAME["doi_or_id"].str.contains("jcp.28329").any()


def spoil(column: str, value: str, choose: Callable[[pd.DataFrame], pd.Series]) -> list[str]:
    frame = cells()
    position = frame.index[choose(frame)][0]
    frame.loc[position, column] = value
    return [problem.column or problem.found for problem in factor_problems(frame)]


def test_the_shipped_rows_are_without_fault() -> None:
    assert list(factor_problems(cells())) == []


@pytest.mark.parametrize(
    ("column", "value", "choose"),
    [
        ("uniprot", "", lambda f: f["analyte_kind"] == "protein"),
        ("uniprot", "P15692", lambda f: f["analyte_kind"] == "miRNA"),
        ("hgnc", "miR-126", lambda f: f["hgnc"] == "MIR31"),
        ("read_where", "", lambda f: f["verified"] == "page"),
        ("citation_checked", "no", lambda f: f["verified"] == "page"),
        ("citation_quality", "generic", lambda f: f["verified"] == "page"),
        ("suggested_weight", "0.30", lambda f: f["carrier"] == "response"),
        ("suggested_weight", "0.60", lambda f: (f["evidence_level"] == "A") & (f["carrier"] == "soluble")),
    ],
)
def test_a_fault_between_the_cells_of_a_row_is_named(
    column: str, value: str, choose: Callable[[pd.DataFrame], pd.Series]
) -> None:
    assert column in spoil(column, value, choose)


def test_two_accessions_of_one_gene_and_two_genes_of_one_accession_are_named() -> None:
    frame = cells()
    frame.loc[frame.index[frame["hgnc"] == "VEGFA"][0], "uniprot"] = "P14210"
    found = [problem.found for problem in factor_problems(frame)]
    assert "VEGFA: P14210, P15692" in found
    assert "P14210: HGF, VEGFA" in found


def test_one_finding_entered_twice_in_other_words_is_named() -> None:
    frame = cells()
    again = frame[frame["hgnc"] == "MIR126"].iloc[[0]].assign(mechanism="the same in other words")
    (problem,) = factor_problems(pd.concat([frame, again], ignore_index=True))
    assert "MIR126" in problem.found
    assert "twice" in problem.found


def test_opposite_signs_in_one_context_are_a_fault_and_in_two_contexts_are_not() -> None:
    frame = cells()
    first = frame[frame["hgnc"] == "MIR30B"].iloc[[0]]
    clash = first.assign(sign="-", citation="another paper")
    (problem,) = factor_problems(pd.concat([frame, clash], ignore_index=True))
    assert "MIR30B" in problem.found
    assert "one context" in problem.found
    elsewhere = clash.assign(receiving_cell="fibroblast")
    assert list(factor_problems(pd.concat([frame, elsewhere], ignore_index=True))) == []


def test_accessions_are_those_of_a_reviewed_human_proteome(shared: Path) -> None:
    folder = shared / "data" / "annotation-human-proteome"
    with gzip.open(folder / "nextprot_ref_2019-05-07.tsv.gz", "rt", encoding="utf-8") as lines:
        reviewed = {row["NextprotID"].removeprefix("NX_") for row in csv.DictReader(lines, delimiter="\t")}
    pairs = set(zip(PROTEINS["hgnc"], PROTEINS["uniprot"], strict=True))
    for name, gene, accession in (
        ("safety_factors", "hgnc", "uniprot"),
        ("receiver_receptors", "receptor", "uniprot"),
        ("antagonists", "antagonist", "uniprot"),
        ("binding_constants", "partner", "partner_uniprot"),
    ):
        frame = table(name).frame
        pairs |= set(zip(frame[gene], frame[accession], strict=True))
    assert {pair for pair in pairs if pair[1] not in reviewed} == set()
    with gzip.open(folder / "surface_evidence_by_source.tsv.gz", "rt", encoding="utf-8") as lines:
        known = {
            row["gene_symbol"]: row["uniprot_accession"] for row in csv.DictReader(lines, delimiter="\t")
        }
    both = {gene: accession for gene, accession in pairs if gene in known}
    assert len(both) > 100
    assert {gene: accession for gene, accession in both.items() if known[gene] != accession} == {}


def test_symbols_are_known_to_the_annotation_table_but_for_named_exceptions() -> None:
    annotated = set(table("annotation").frame["gene"])
    # The annotation does not list them; their accessions are compared with a reviewed proteome above.
    exceptions = {"CX3CL1", "CXCL16", "DEFB4A", "ENTPD1", "GPNMB", "HMOX1", "IDO1"}
    exceptions |= {"LRRC32", "PTGS2", "SIGLEC9", "VASH1", "VASH2"}
    assert set(PROTEINS["hgnc"]) - annotated <= exceptions
