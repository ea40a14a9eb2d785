"""Published lists: accessions cleaned, directions kept, votes counted as the README of the data says."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from potential_planted import every, flasks, proteome, study

from secretome.errors import InvalidInput, UnreadableFile
from secretome.potential.lists import read_list, votes
from secretome.results import Answer, Result


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def signed(value, low, high):
    return "" if value is None else "up" if value > high else "down" if value < low else ""


# The contrasts of the README: file, accession column, direction of a row.
RULES = {
    "BRA": ("BRA_10", "UniProt accession", lambda r: signed(number(r["Fold change"]), 0, 0)),
    "CRS wt": ("CRS_15", "Entry", lambda r: signed(number(r["Log2 MDA wt Hyp"]) - number(r["Log 2 MDA wt Air"]), -0.2, 0.2) if number(r["Log2 MDA wt Hyp"]) is not None and number(r["Log 2 MDA wt Air"]) is not None else ""),
    "CRS BT": ("CRS_15", "Entry", lambda r: signed(number(r["Log2 MDA BT Hyp"]) - number(r["Log2 MDA BT Air"]), -0.2, 0.2) if number(r["Log2 MDA BT Hyp"]) is not None and number(r["Log2 MDA BT Air"]) is not None else ""),
    "FPR": ("FPR_18", "Accession number", lambda r: "up" if r["Modulation"] == "UP" else "down"),
    "JVC": ("JVC_12", "Entry", lambda r: signed(number(r["Hypoxia.median"]), -0.2, 0.2)),
    "NJVS CAM": ("NJVS19", "Majority.protein.IDs", lambda r: signed(number(r["CAM"]), 1, 1)),
    "NJVS NTM": ("NJVS19", "Majority.protein.IDs", lambda r: signed(number(r["NTM"]), 1, 1)),
    "PTD 48": ("PTD_10", "Entry", lambda r: significant(r, "115.114")),
    "PTD 72": ("PTD_10", "Entry", lambda r: significant(r, "117.114")),
    "YKK soluble": ("YKK_14", "Uniprot.Acc", lambda r: signed(number(r["Log2.soluble"]), -0.5, 0.5)),
    "YKK exosome": ("YKK_14", "Uniprot.Acc", lambda r: signed(number(r["Log2.exosome"]), -0.5, 0.5)),
}  # fmt: skip


def significant(row, name):
    p, factor = number(row[f"PVal.{name}"]), number(row[f"EF.{name}"])
    if p is None or factor is None or p >= 0.05 or factor >= 2:
        return ""
    return signed(number(row[f"X{name}"]), 1 / 1.3, 1.3)


def test_the_votes_on_hypoxia_are_those_of_the_readme(shared: Path, tmp_path: Path):
    lists = []
    for name, (file, column, rule) in RULES.items():
        with (shared / "data" / "hypoxia-secretome-lists-canprot" / f"{file}.csv").open() as handle:
            rows = [(row[column], rule(row)) for row in csv.DictReader(handle)]
        path = tmp_path / f"{name}.csv"
        path.write_text("protein,direction\n" + "\n".join(f'"{p}",{d}' for p, d in rows if d))
        lists.append(read_list(path))
    found = votes(lists).set_index("protein")[["up", "down"]]
    told = {
        "Q9Y4K0": (5, 0),
        "Q02809": (5, 0),
        "P52823": (5, 0),
        "P28300": (3, 0),
        "P11047": (0, 4),
        "P00338": (4, 0),
        "Q96HE7": (4, 0),
        "P07355": (4, 0),
        "P07339": (1, 5),
        "P08238": (0, 4),
    }
    assert {name: tuple(found.loc[name]) for name in told} == told


def test_lists_are_set_beside_the_contrasts_and_odd_lines_are_named(tmp_path):
    path = tmp_path / "list.csv"
    lines = [f"sp|P0000{i}|X_HUMAN,up" for i in range(1, 8)]
    path.write_text("\n".join(["protein,direction", *lines, "P00001,down", "P00009,sideways", ",up"]))
    effects = pd.DataFrame(
        {"contrast": "hypoxia", "protein": [f"P0000{i}" for i in range(1, 9)] + [f"Q0000{i}" for i in range(1, 9)],
         "gene": "", "t": [5.0] * 8 + [0.1, -0.1] * 4, "log2_ratio": 1.0, "lower": 0.5, "upper": 1.5}
    )  # fmt: skip
    vary = {"vary.contrasts": Result("vary", "contrasts", "", Answer(""), tables={"effects": effects})}
    made = study(flasks(["D1"]), proteome({"VEGFA": [1.0], "A": [2.0]}, ["s0"]))
    found = every(made, vary, gene_lists=(str(path),))["potential.published"]
    row = found.tables["agreement"].iloc[0]
    assert (row["tested_here"], row["same_direction"]) == (7, 7)
    assert row["camera_direction"] == "up"
    assert [note for note in found.notes if "line 9" in note or "line 10" in note or "line 11" in note]
    assert sum("list.csv line" in note for note in found.notes) == 3
    path.write_text("name,sign\nx,up\n")
    with pytest.raises(InvalidInput, match=r"list\.csv"):
        every(made, gene_lists=(str(path),))
    with pytest.raises(UnreadableFile):
        read_list(tmp_path / "absent.csv")
