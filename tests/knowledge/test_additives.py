"""Declared additives as genes: names, doses, lysates, nonsense."""

from __future__ import annotations

import pandas as pd
import pytest

from secretome import knowledge
from secretome.knowledge.additives import declared_additives

NAMES = knowledge.table("additives").frame


def declared(text: object, column: str = "additives") -> tuple[set[str], tuple[str, ...]]:
    found = declared_additives(pd.DataFrame({column: [text]}, index=["s"]), NAMES, ["KITLG"])
    return set(found.genes["s"]), found.unrecognised


@pytest.mark.parametrize(
    ("text", "genes"),
    [
        ("FGF2; insulin", {"FGF2", "INS"}),
        ("bFGF 10 ng/mL, TGF-beta1 (2 ng/mL)", {"FGF2", "TGFB1"}),
        ("TGF-β1", {"TGFB1"}),
        ("TGF-beta3", {"TGFB3"}),
        ("PDGF-AB", {"PDGFA", "PDGFB"}),
        ("ITS", {"INS", "TF"}),
        ("IFN-gamma + TNF-alpha", {"IFNG", "TNF"}),
        ("KITLG", {"KITLG"}),
        ("none", set()),
        ("", set()),
        (None, set()),
        (float("nan"), set()),
        ("no FGF2", set()),
        ("without insulin", set()),
    ],
)
def test_names_and_doses_are_understood(text: object, genes: set[str]) -> None:
    assert declared(text) == (genes, ())


def test_platelet_lysate_stands_for_its_growth_factors() -> None:
    genes, _ = declared("5 % human platelet lysate")
    assert {"PDGFB", "TGFB1", "EGF", "THBS1"} <= genes


def test_what_names_no_protein_is_told_and_not_guessed() -> None:
    assert declared("ascorbate; FGF2") == ({"FGF2"}, ("ascorbate",))
    assert declared("FGF2-free") == (set(), ("FGF2-free",))


def test_priming_is_read_too() -> None:
    assert declared("IFNG", "priming")[0] == {"IFNG"}


def test_no_declaring_column_means_nothing_declared() -> None:
    assert declared("FGF2", "comment") == (set(), ())
