"""Gene sets, receivers, safety, resemblance; every odd symbol and broken line is named, the rest used."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest
from potential_planted import NAN, every, flasks, proteome, study

from secretome.errors import InvalidInput, UnreadableFile
from secretome.potential.gmt import read_gmt
from secretome.potential.symbols import current
from secretome.results import Answer, Result
from secretome.study_toml import parse_plan

SAMPLES = flasks([f"D{i}" for i in range(6)], tissue=["A"] * 3 + ["B"] * 3)
NAMES = list(SAMPLES.index)


def media(**extra):
    rng = np.random.default_rng(4)
    genes = [f"G{i}" for i in range(60)]
    values = np.exp2(rng.normal(20, 2, 60) + rng.normal(0, 0.4, (6, 60)))
    values[3:, :10] = np.nan  # the first ten are found in tissue A only
    intensity = {**dict(zip(genes, values.T, strict=True)), **extra}
    return study(SAMPLES, proteome(intensity, NAMES))


BROKEN = (
    "first\t\tG0\tG1\tG2\tG3\tG4\tG5\tG6\tG7\n"
    "\tno name\tG1\tG2\n"
    "empty\tdescription\n"
    "first\tagain\tG1\n"
    "doubled\t\tG10\tG10\tG11\tG12\tG13\tG14\tG15\n"
    "one column only\n"
    "\n"
)


def test_broken_lines_of_a_gmt_are_named_and_the_rest_is_used(tmp_path):
    path = tmp_path / "sets.gmt"
    path.write_text(BROKEN)
    found = read_gmt(path)
    assert set(found.sets) == {"first", "doubled"}
    assert [text.split(":")[0] for text in found.problems] == [f"sets.gmt line {n}" for n in (2, 3, 4, 5, 6)]
    packed = tmp_path / "sets.gmt.gz"
    packed.write_bytes(gzip.compress(BROKEN.encode()))
    assert read_gmt(packed).sets == found.sets
    result = every(media(), gene_sets=(str(path),))["potential.enrichment"]
    assert sum("sets.gmt line" in note for note in result.notes) == 5
    table = result.tables["over_representation"].set_index(["gene_set", "group"])
    assert table.loc[("first", "A"), "hits"] == 8
    assert table.loc[("first", "B"), "hits"] == 0
    assert set(table["background"]) == {60}


@pytest.mark.parametrize("content", [b"", b"\x1f\x8bbroken", b"\xff\xfe\x00x"])
def test_a_gmt_that_cannot_be_read_is_refused(tmp_path, content):
    (tmp_path / "bad.gmt").write_bytes(content)
    with pytest.raises(UnreadableFile, match=r"bad\.gmt"):
        every(media(), gene_sets=(str(tmp_path / "bad.gmt"),))
    with pytest.raises(UnreadableFile, match="absent"):
        read_gmt(tmp_path / "absent.gmt")


def test_the_public_gene_sets_have_the_sizes_of_their_readme(shared):
    folder = shared / "data" / "gene-sets-gmt"
    hallmark = read_gmt(folder / "h.all.v7.0.symbols.gmt.gz").sets
    assert (len(hallmark), len(hallmark["HALLMARK_ANGIOGENESIS"])) == (50, 36)
    reactome = read_gmt(folder / "ReactomePathways.gmt.gz").sets
    assert (len(reactome), len(reactome["Translation"])) == (2444, 303)
    assert len(reactome["Extracellular matrix organization"]) == 296
    process = read_gmt(folder / "GO_Biological_Process_2021.gmt.gz").sets
    assert (len(process), len(process["wound healing (GO:0042060)"])) == (6036, 70)


def test_camera_uses_the_moderated_t_of_vary(tmp_path):
    (tmp_path / "s.gmt").write_text(BROKEN)
    proteins = [f"G{i}" for i in range(60)]
    effects = pd.DataFrame(
        {"assay": "proteome", "contrast": "a_vs_b", "protein": proteins, "t": [6.0] * 8 + [0.1, -0.1] * 26}
    )
    vary = {"vary.contrasts": Result("vary", "contrasts", "", Answer(""), tables={"effects": effects})}
    camera = every(media(), vary, gene_sets=(str(tmp_path / "s.gmt"),))["potential.enrichment"].tables[
        "camera"
    ]
    first = camera.set_index("gene_set").loc["first"]
    assert (first["direction"], first["detectable"]) == ("up", 8)
    assert first["p_value"] < 1e-6


def test_alias_outdated_doubled_and_unknown_symbols_are_each_named():
    found = current(["IL8", "bFGF", "VEGFA", "VEGFA", "NOSUCH1"], known=["CXCL8", "FGF2", "VEGFA"])
    assert found.genes == ("CXCL8", "FGF2", "VEGFA")
    assert dict(found.renamed) == {"IL8": "CXCL8", "bFGF": "FGF2"}
    text = " ".join(found.sentences("list"))
    for word in ("IL8 read as CXCL8", "bFGF read as FGF2", "VEGFA", "NOSUCH1"):
        assert word in text


def test_odd_symbols_of_a_proteome_are_named_and_the_factor_still_found():
    var = {
        "gene": ["IL8", "VEGFA", "VEGFA", "Vegfa", "A"],
        "organism": ["Homo sapiens"] * 3 + ["Mus musculus", "Homo sapiens"],
        "protein_group": ["X1", "X2", "X3", "X4", "X5"],
    }
    intensity = {f"X{i}": [5.0 + i] * 6 for i in range(1, 6)}
    result = every(study(SAMPLES, proteome(intensity, NAMES, var=var)))["potential.processes"]
    seen = set(result.tables["factors"].query("status == 'seen'")["gene"])
    assert {"CXCL8", "VEGFA"} <= seen
    text = " ".join(result.notes)
    assert "IL8 read as CXCL8" in text
    assert "given more than once, used once: VEGFA" in text
    assert "Mus musculus" in text


def test_receivers_list_ligands_with_a_receptor_on_the_cell(tmp_path):
    made = media(VEGFA=[9.0] * 6, HGF=[NAN] * 6)
    links = every(made)["potential.receivers"].tables["links"]
    vegf = links.query("ligand == 'VEGFA' and receptor == 'KDR' and receiver == 'endothelial'").iloc[0]
    assert (vegf["ligand_seen"], vegf["donors_detected"]) == ("yes", 6)
    assert set(links.query("ligand == 'HGF'")["ligand_seen"]) == {"not detected"}
    summary = every(made)["potential.receivers"].tables["receivers"]
    assert len(summary) == 12  # a receiver without rows is listed with none
    own = tmp_path / "mine.tsv"
    own.write_text(
        "receiver\treceptor\tligands\tsource\nendothelial\tKDR\tVEGF-A;NOSUCH1\tour own\nfibroblast\t\tFGF2\tx\n"
    )
    result = every(made, receptors=str(own))["potential.receivers"]
    assert set(result.tables["links"]["ligand"]) == {"VEGFA", "NOSUCH1"}
    assert any("mine.tsv line 3" in note for note in result.notes)
    assert any("NOSUCH1" in note for note in result.notes)
    own.write_text("cell,receptor\nx,y\n")
    with pytest.raises(InvalidInput, match=r"mine\.tsv"):
        every(made, receptors=str(own))
    with pytest.raises(UnreadableFile):
        every(made, receptors=str(tmp_path / "absent.csv"))


def test_safety_flags_with_evidence_and_never_reassures():
    made = media(IL6=[9.0] * 6, F3=[NAN, NAN, 2.0, NAN, NAN, NAN])
    result = every(made)["potential.safety"]
    flags = result.tables["flags"]
    tissue_factor = flags.query("gene == 'F3'").iloc[0]
    assert (tissue_factor["status"], tissue_factor["donors_detected"]) == ("flagged", 1)
    assert tissue_factor["concern"] == "procoagulant"
    assert (flags.loc[flags["status"] == "flagged", "citation"].astype(str) != "").all()
    text = " ".join([result.sentence(), *result.notes]).lower()
    assert "no reassurance" in text
    for word in (" is safe", "no risk", "harmless"):
        assert word not in text
    clean = every(media())["potential.safety"]
    assert "no flag is no reassurance" in clean.sentence().lower()


def test_residual_bovine_protein_is_flagged():
    var = {"organism": ["Homo sapiens"] * 60 + ["Bos taurus"]}
    rng = np.random.default_rng(4)
    intensity = {f"G{i}": rng.lognormal(size=6) for i in range(60)} | {"ALB_BOVIN": [3.0] * 6}
    flags = every(study(SAMPLES, proteome(intensity, NAMES, var=var)))["potential.safety"].tables["flags"]
    bovine = flags.query("concern == 'residual bovine protein'").iloc[0]
    assert (bovine["status"], bovine["gene"]) == ("flagged", "1 bovine proteins")


def test_resemblance_leaves_the_donor_out_and_gives_the_chance_level(tmp_path):
    result = every(media())["potential.resemblance"]
    row = result.tables["accuracy"].iloc[0]
    assert (row["right"], row["donors"]) == (6, 6)
    assert row["chance_percent"] < row["right_percent"]
    shuffled = every(study(SAMPLES.assign(tissue=["A", "B"] * 3), media().assays["proteome"]))
    assert shuffled["potential.resemblance"].tables["accuracy"]["right"].iloc[0] < 6
    given = tmp_path / "other.csv"
    lines = [f"other,G{i},{i}" for i in range(60)]
    given.write_text("\n".join(["profile,gene,percentile", *lines, "other,G1,oops"]))
    found = every(media(), profiles=(str(given),))["potential.resemblance"]
    assert set(found.tables["given_profiles"]["genes_shared"]) == {60}
    assert any("other.csv line 62" in note for note in found.notes)
    given.write_text("gene\nx\n")
    with pytest.raises(InvalidInput, match=r"other\.csv"):
        every(media(), profiles=(str(given),))


def test_files_of_the_plan_are_relative_to_it(tmp_path):
    plan = parse_plan({"potential": {"gene_sets": ["a.gmt"], "receptors": "r.csv"}}, folder=tmp_path)
    assert plan.potential.gene_sets == (str(tmp_path / "a.gmt"),)
    assert plan.potential.receptors == str(tmp_path / "r.csv")
