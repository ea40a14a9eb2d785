"""Levels from a file, and experiments in the computer."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from secretome.cli import run as command
from secretome.errors import InvalidInput, UnreadableFile
from secretome.mechanism.inputs import brought
from secretome.mechanism.levels import read_levels
from secretome.mechanism.network import model

GOOD = "sample,factor,level,unit\nA,VEGFA,2,ng/mL\nB,VEGFA,0.05,ng/mL\nA,HGF,5000,pg/mL\nB,HGF,500,pg/mL\n"


@pytest.fixture
def levels(tmp_path):
    file = tmp_path / "levels.csv"
    file.write_text(GOOD)
    return file


def _simulate(capsys, *arguments: str) -> dict:
    assert command(["mechanism", "simulate", "follicle", "--members", "200", "--json", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def _level(found: dict, outcome: str, group: str) -> float:
    return next(
        r["level_median"] for r in found["outcomes"] if (r["outcome"], r["group"]) == (outcome, group)
    )


def test_every_bad_row_is_named_at_once(tmp_path):
    file = tmp_path / "bad.csv"
    file.write_text(
        "factor,level,unit\nVEGFAX,1,pg/mL\nHGF,-2,pg/mL\nIGF1,3,\nVEGF,9000,ug/mL\nERK,1,pg/mL\nEGF,1,furlong\n"
        "FGF7,many,pg/mL\nDKK1,1,pg/mL\nDKK1,2,pg/mL\nDKK1,1,NPX\n"
    )
    with pytest.raises(InvalidInput) as caught:
        read_levels(file, model("follicle"))
    assert [problem.row for problem in caught.value.problems] == [2, 3, 4, 5, 6, 7, 8, 10, 11]
    text = str(caught.value)
    for part in (
        "did you mean VEGFA",
        "'-2'",
        "no unit for 'IGF1'",
        "1000 times the plausible",
        "furlong",
        "'many'",
        "twice",
    ):
        assert part in text
    assert command(["mechanism", "simulate", "follicle", "--levels", str(file)]) == 1


def test_a_file_without_its_columns_is_unreadable(tmp_path):
    file = tmp_path / "bad.csv"
    file.write_text("factor,level\nVEGF,1\n")
    with pytest.raises(UnreadableFile, match="no column unit"):
        read_levels(file, model("follicle"))


def test_units_are_converted_and_molar_units_need_a_mass(tmp_path):
    file = tmp_path / "levels.csv"
    file.write_text("factor,level,unit\nVEGF,2,ng/mL\nMIF,1,nmol/L\n")
    found = {f.node: f for f in read_levels(file, model("follicle")).factors}
    assert found["VEGF"].log10_level[0] == pytest.approx(np.log10(2000))
    assert found["MIF"].log10_level[0] == pytest.approx(np.log10(12500))
    file.write_text("factor,level,unit\nDKK1,1,nmol/L\n")
    with pytest.raises(InvalidInput, match="molecular mass"):
        read_levels(file, model("follicle"))


def test_the_medium_with_more_growth_factor_is_higher(levels, capsys):
    found = _simulate(capsys, "--levels", str(levels))
    assert _level(found, "DPC_prolif", "A") > _level(found, "DPC_prolif", "B")
    assert found["parameters"]["members"] == 200


def test_neutralising_a_factor_takes_its_difference_away(levels, capsys):
    plain = _simulate(capsys, "--levels", str(levels))
    without = _simulate(capsys, "--levels", str(levels), "--neutralise", "VEGFA")
    gap = [_level(f, "DPC_prolif", "A") - _level(f, "DPC_prolif", "B") for f in (plain, without)]
    assert gap[1] < 0.6 * gap[0]


def test_minoxidil_as_a_comparator_raises_proliferation_and_a_knock_out_of_erk_lowers_it(levels, capsys):
    plain = _level(_simulate(capsys, "--levels", str(levels)), "DPC_prolif", "B")
    assert (
        _level(_simulate(capsys, "--levels", str(levels), "--add", "Minoxidil=1"), "DPC_prolif", "B") > plain
    )
    assert _level(_simulate(capsys, "--levels", str(levels), "--knock-out", "ERK"), "DPC_prolif", "B") < plain


def test_a_dose_series_rises_step_by_step(levels, capsys, tmp_path):
    found = _simulate(capsys, "--levels", str(levels), "--dose", "IGF1", "-o", str(tmp_path / "out"))
    series = [r["level_median"] for r in found["doses"] if (r["outcome"], r["group"]) == ("DPC_prolif", "A")]
    assert len(series) == 5
    assert all(later > earlier for earlier, later in itertools.pairwise(series))
    assert (tmp_path / "out" / "doses.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--knock-out", "VEGFRR"], "did you mean"),
        (["--neutralise", "ERK"], "no factor that a medium brings"),
        (["--add", "Minoxidil=7"], "from 0 (absent) to 1"),
        (["--dose", "nothing"], "no node"),
    ],
)
def test_an_experiment_that_cannot_be_done_is_named(arguments, part, levels, capsys):
    assert command(["mechanism", "simulate", "follicle", "--levels", str(levels), *arguments]) == 1
    assert part in capsys.readouterr().err


def test_one_of_study_and_levels_is_needed(levels, capsys):
    assert command(["mechanism", "simulate", "follicle"]) == 2
    assert command(["mechanism", "simulate", "follicle", "--levels", str(levels), "--study", "x"]) == 2


def test_the_media_of_a_dossier_are_simulated(small_lab, tmp_path, capsys):
    genes = ["VEGFA", "HGF", "TGFB1", "MIF"]
    small_lab.table.loc[: len(genes) - 1, "Gene"] = genes
    assert command(["run", str(small_lab.write()), "-o", str(tmp_path / "dossier")]) == 0
    capsys.readouterr()
    found = _simulate(capsys, "--study", str(tmp_path / "dossier"))
    assert {r["group"] for r in found["outcomes"]} == {"BM", "AD"}


def test_the_comparator_stands_beside_the_media_and_is_no_ratio(capsys, levels):
    found = _simulate(capsys, "--levels", str(levels), "--comparator", "Minoxidil=1")
    table = {(r["comparator"], r["outcome"], r["group"]): r for r in found["comparator"]}
    with_it, without = (table[side, "DPC_prolif", "A"] for side in ("Minoxidil=1", "without"))
    assert with_it["level_median"] > without["level_median"]
    assert any("never a ratio of benefit" in note for note in found["notes"])
    assert "ratio" not in " ".join(found["comparator"][0])


def test_a_dilution_lowers_what_has_a_unit_and_is_said(capsys, levels):
    whole = _simulate(capsys, "--levels", str(levels), "--neutralise", "IGF1")
    tenth = _simulate(capsys, "--levels", str(levels), "--neutralise", "IGF1", "--dilution", "10")
    assert _level(tenth, "DPC_prolif", "A") < _level(whole, "DPC_prolif", "A")
    assert any("at the stated dilution" in note for note in tenth["notes"])
    assert not any("undiluted" in note for note in tenth["notes"])
    assert command(["mechanism", "simulate", "follicle", "--levels", str(levels), "--dilution", "0.1"]) == 1


def test_the_free_fraction_and_the_form_of_a_factor_count(tmp_path):
    file = tmp_path / "levels.csv"
    file.write_text("factor,level,unit,free_fraction,form\nHGF,1000,pg/mL,0.1,\nTGFB1,500,pg/mL,,active\n")
    known = {factor.node: factor for factor in read_levels(file, model("follicle")).factors}
    assert known["HGF"].log10_level[0] == pytest.approx(2.0)
    assert known["TGFB1"].kind == "absolute"
    file.write_text("factor,level,unit,free_fraction,form\nHGF,1000,pg/mL,3,\n")
    with pytest.raises(InvalidInput, match="share above 0"):
        read_levels(file, model("follicle"))


def test_sobol_indices_name_the_factor_that_nobody_measured(capsys, tmp_path):
    known = model("follicle")
    named = [
        f for f in brought(known) if f not in ("BMP4", "BMP2", "PGE2", "PGD2", "MSC_EV", "TGFB1", "TGFB2")
    ]
    file = tmp_path / "levels.csv"
    rows = "".join(f"{s},{f},{v},pg/mL\n" for f in named for s, v in (("A", 90), ("B", 80)))
    file.write_text("sample,factor,level,unit\n" + rows)
    found = _simulate(capsys, "--levels", str(file), "--neutralise", "BMP2", "--sobol")
    mine = [r for r in found["sensitivity"] if r["outcome"] == "Anagen_induction"]
    assert mine[0]["factor"] == "BMP4"
    assert mine[0]["total_effect"] > 0.3
    assert {r["factor"] for r in mine} == {*brought(known), "(the network itself)"}
