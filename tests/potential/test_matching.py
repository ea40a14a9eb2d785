"""Which protein stands for which factor: accession, symbol, isoform, alias, species, group."""

from __future__ import annotations

import pandas as pd
import pytest

from secretome.potential.matching import Match, match_factors

FACTORS = {"VEGFA": "P15692", "CXCL1": "P09341", "CXCL2": "P19875", "IL6": "P05231"}


def var(*rows: dict[str, object]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows)).set_index("accession")
    return frame.fillna({name: "" for name in ("gene", "protein_group", "organism") if name in frame})


def one(*rows: dict[str, object], organism: str = "Homo sapiens", factor: str = "VEGFA") -> Match:
    return match_factors(FACTORS, var(*rows), organism=organism)[factor]


@pytest.mark.parametrize(
    ("row", "way"),
    [
        ({"accession": "P15692", "gene": "VEGFA"}, "accession"),
        ({"accession": "P15692", "gene": "VPF"}, "accession"),
        ({"accession": "P15692", "gene": ""}, "accession"),
        ({"accession": "P15692-4", "gene": ""}, "accession"),
        ({"accession": "sp|P15692-4|VEGFA_HUMAN", "gene": ""}, "accession"),
        ({"accession": "A0A0A0MSH7", "gene": "", "protein_group": "A0A0A0MSH7;P15692-2"}, "accession"),
        ({"accession": "A0A0A0MSH7", "gene": "vegfa"}, "symbol"),
    ],
)
def test_a_factor_is_found_by_accession_first_then_by_symbol(row: dict[str, object], way: str) -> None:
    match = one(row)
    assert (match.matched_by, match.blocked, match.columns) == (way, "", (0,))


def test_an_alias_symbol_alone_is_not_guessed() -> None:
    assert one({"accession": "Q99999", "gene": "VPF"}) == Match("VEGFA")


def test_two_rows_of_one_factor_speak_together() -> None:
    match = one({"accession": "P15692", "gene": "VEGFA"}, {"accession": "A0A0A0MSH7", "gene": "VEGFA"})
    assert (match.columns, match.matched_by) == ((0, 1), "accession and symbol")


def test_a_group_of_two_genes_is_ambiguous_for_both() -> None:
    rows = {"accession": "P09341", "gene": "CXCL1", "protein_group": "P09341;P19875"}
    assert one(rows, factor="CXCL1").blocked == "ambiguous"
    assert one(rows, factor="CXCL2").blocked == "ambiguous"
    listed = {"accession": "X1", "gene": "CXCL1;CXCL3", "protein_group": ""}
    assert one(listed, factor="CXCL1").blocked == "ambiguous"


def test_a_group_led_by_a_gene_that_is_no_factor_is_ambiguous() -> None:
    row = {"accession": "Q00000", "gene": "ALB", "protein_group": "Q00000;P15692"}
    assert one(row).blocked == "ambiguous"


def test_a_group_of_isoforms_is_not_ambiguous_but_tells_its_size() -> None:
    match = one({"accession": "P15692", "gene": "VEGFA", "protein_group": "P15692;P15692-4;H3BLW8"})
    assert (match.blocked, match.group_members) == ("", 2)


def test_a_clean_row_is_preferred_to_a_blocked_one() -> None:
    match = one(
        {"accession": "P15692", "gene": "VEGFA", "masked": True},
        {"accession": "A0A0A0MSH7", "gene": "VEGFA", "masked": False},
    )
    assert (match.columns, match.blocked) == ((1,), "")


def test_masked_and_tagged_proteins_do_not_count() -> None:
    assert one({"accession": "P15692", "gene": "VEGFA", "masked": True}).blocked == "masked"
    assert one({"accession": "P15692", "gene": "VEGFA", "tagged_contaminant": True}).blocked == "masked"
    # `define` decided after the search engine: its word is the later one.
    row = {"accession": "P15692", "gene": "VEGFA", "tagged_contaminant": True, "masked": False}
    assert one(row).blocked == ""


def test_a_bovine_protein_of_the_same_symbol_is_no_human_factor() -> None:
    assert one({"accession": "P15691", "gene": "VEGFA", "organism": "Bos taurus"}).blocked == "other species"


def test_another_species_is_matched_by_upper_case_symbol() -> None:
    mouse = "Mus musculus"
    match = one({"accession": "Q00731", "gene": "Vegfa", "organism": mouse}, organism=mouse)
    assert (match.matched_by, match.blocked) == ("symbol, Mus musculus", "")
    human = one({"accession": "P15692", "gene": "VEGFA", "organism": "Homo sapiens"}, organism=mouse)
    assert human.blocked == "other species"


def test_a_symbol_that_belongs_to_another_accession_is_not_taken() -> None:
    row = {"accession": "P05231", "gene": "VEGFA"}
    assert one(row, factor="IL6").matched_by == "accession"
    assert one(row) == Match("VEGFA")
