"""The simulated laboratory: same seed same bytes, FragPipe's layout, truth that the data bear out."""

import tomllib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from secretome.design import Design
from secretome.errors import InvalidInput
from secretome.simulate import Laboratory, Recipe, laboratory, proteins, write
from secretome.study import LOADS, MATERIALS, PRODUCT_RECORD

FURTHER = ("lysates", "blanks", "vesicles", "panel", "particles", "activity", "stability")
SMALL = Recipe(
    tissues=("adipose", "bone marrow"),
    shared_donors=(),
    perinatal=(),
    contrasts=(("bone marrow", "adipose"),),
    donors_per_tissue=3,
)


@pytest.fixture(scope="module")
def lab() -> Laboratory:
    return laboratory(seed=1)


def intensities(lab: Laboratory, name: str = "MaxLFQ Intensity") -> pd.DataFrame:
    table = lab.tables["combined_protein"].set_index("Protein ID")
    samples = lab.tables["samples"]["sample"]
    return table[[f"{sample} {name}" for sample in samples]].set_axis(list(samples), axis=1).astype(float)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write(laboratory(SMALL, seed=7), tmp_path / name)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_another_seed_writes_other_numbers():
    a, b = (intensities(laboratory(SMALL, seed=seed)) for seed in (7, 8))
    assert not a.equals(b)


def test_more_donors_leave_the_old_flasks_as_they_were():
    quiet = replace(SMALL, dirty_percent=(), failed_log2=0.0, overloaded_log2=0.0)
    few, many = laboratory(quiet, seed=3), laboratory(replace(quiet, donors_per_tissue=5), seed=3)
    shared = list(few.tables["samples"]["sample"])
    seen = intensities(few).index
    assert set(shared) < set(many.tables["samples"]["sample"])
    pd.testing.assert_frame_equal(intensities(few), intensities(many).loc[seen, shared])


def test_the_protein_table_has_the_columns_of_fragpipe(lab):
    columns = list(lab.tables["combined_protein"].columns)
    assert columns[:14] == [
        "Protein",
        "Protein ID",
        "Entry Name",
        "Gene",
        "Protein Length",
        "Organism",
        "Protein Existence",
        "Description",
        "Protein Probability",
        "Top Peptide Probability",
        "Combined Total Peptides",
        "Combined Spectral Count",
        "Combined Unique Spectral Count",
        "Combined Total Spectral Count",
    ]
    samples = sorted(lab.tables["samples"]["sample"])
    endings = (
        "Spectral Count",
        "Unique Spectral Count",
        "Total Spectral Count",
        "Intensity",
        "MaxLFQ Intensity",
    )
    assert columns[14:-1] == [f"{sample} {ending}" for ending in endings for sample in samples]
    assert columns[-1] == "Indistinguishable Proteins"


def test_the_columns_are_those_of_the_real_file(lab, shared):
    real = pd.read_csv(
        shared / "data/msc-six-niches-lobov/combined_protein_secr_fragpipe.tsv.gz", sep="\t", nrows=3
    )
    ours = lab.tables["combined_protein"]
    assert list(real.columns[:14]) == list(ours.columns[:14])
    assert real.shape[1] == ours.shape[1] == 14 + 5 * 50 + 1
    assert real["Protein"].str.startswith("contam_sp|").all()
    assert ours["Protein"].head(3).str.startswith("contam_sp|").all()


def test_names_are_real_and_unique(shared):
    ours = proteins()
    assert ours.index.is_unique
    assert ours["length"].gt(0).all()
    human = ours[ours["organism"] == "Homo sapiens"]
    assert human["gene"].is_unique
    factors = pd.read_csv(shared / "science/tables/factor_process.tsv", sep="\t")
    known = dict(zip(factors["hgnc"], factors["uniprot"], strict=True))
    both = [(gene, accession) for accession, gene in human["gene"].items() if gene in known]
    assert len(both) > 200
    assert all(known[gene] == accession for gene, accession in both)


def test_missing_values_are_many_and_depend_on_the_intensity(lab):
    maxlfq, total = intensities(lab), intensities(lab, "Intensity")
    missing = maxlfq.eq(0)
    assert 0.5 < missing.to_numpy().mean() < 0.8
    assert total.eq(0).to_numpy().mean() < missing.to_numpy().mean()
    assert not (maxlfq.gt(0) & total.eq(0)).to_numpy().any()
    mean = np.log2(maxlfq.where(maxlfq > 0)).mean(axis=1)
    some = mean.notna()
    assert spearmanr(mean[some], missing.mean(axis=1)[some]).statistic < -0.8


def test_growth_factors_sit_at_the_limit_and_matrix_is_everywhere(lab):
    gene = lab.tables["combined_protein"].set_index("Protein ID")["Gene"]
    found = intensities(lab).gt(0).sum(axis=1).groupby(gene).max()
    assert found[["FN1", "COL1A1", "SPARC", "TIMP1"]].min() >= 48
    limit = found.reindex(["VEGFA", "HGF", "FGF7", "FGF2", "IGF1", "TGFB1", "NGF"], fill_value=0)
    assert limit.max() < 30


def test_the_planted_shares_are_in_the_intensities(lab):
    total = intensities(lab, "Intensity")
    table = lab.tables["combined_protein"].set_index("Protein ID")
    truth = lab.truth["samples"].set_index("sample")
    bovine = 100 * total[table["Organism"] == "Bos taurus"].sum() / total.sum()
    keratin = 100 * total[table["Gene"].str.startswith("KRT")].sum() / total.sum()
    assert bovine.sub(truth["bovine_percent"]).abs().median() < 1
    assert keratin.corr(truth["keratin_percent"]) > 0.95
    assert truth["bovine_percent"].median() == pytest.approx(2.4, abs=0.6)
    assert truth["leak_percent"].median() == pytest.approx(13, abs=3)
    assert truth.loc[truth["accident"] == "keratin", "keratin_percent"].min() > 12


def test_accidents_show_in_the_identifications(lab):
    found = intensities(lab, "Intensity").gt(0).sum()
    accident = lab.truth["samples"].set_index("sample")["accident"]
    assert found.idxmin() == accident[accident == "failed injection"].index[0]
    assert found.idxmax() == accident[accident == "overloaded"].index[0]
    assert (accident == "keratin").sum() == 2


def test_planted_effects_are_the_average_over_many_donors():
    exact = replace(
        SMALL,
        donors_per_tissue=150,
        dropout_midpoint=0.0,
        age_share=0.0,
        passage_share=0.0,
        batch_sd=0.0,
        dirty_percent=(),
        failed_log2=0.0,
        overloaded_log2=0.0,
        # parts that nothing here reads; leaving them out moves no number of the proteome (test_parts.py)
        lots=0,
        **dict.fromkeys(FURTHER, False),
    )
    big = laboratory(exact, seed=2)
    log2 = np.log2(intensities(big).replace(0, np.nan))
    sheet = big.tables["samples"].set_index("sample")
    for row in big.truth["contrasts"].itertuples():
        factor = sheet[row.factor]
        apart = log2.loc[:, factor == row.left].mean(axis=1) - log2.loc[:, factor == row.right].mean(axis=1)
        true = (
            big.truth["effects"]
            .query("contrast == @row.contrast and judged")
            .set_index("protein")["log2_ratio"]
        )
        error = (apart - true).dropna()
        assert len(error) > 600
        assert error.abs().max() < 0.3
        assert abs(error.mean()) < 0.05


def test_tissues_that_share_donors_carry_the_same_names(lab):
    donors = lab.tables["samples"].groupby("tissue")["donor"].agg(set)
    assert donors["dental pulp"] == donors["periodontal ligament"]
    assert not donors["adipose"] & donors["bone marrow"]
    ages = lab.tables["samples"].groupby("donor")["age_years"].nunique()
    assert ages.max() == 1
    assert lab.tables["samples"].query("tissue == 'Wharton jelly'")["age_years"].isna().all()


def test_the_sample_sheet_fits_the_study_and_its_design(lab):
    sheet = lab.tables["samples"]
    assert set(sheet["material"]) <= set(MATERIALS)
    assert set(sheet["load"]) <= set(LOADS)
    record = [name for name in PRODUCT_RECORD if name in sheet]
    assert 10 < len(record) < len(PRODUCT_RECORD)
    assert 0 < sheet["viability_percent"].isna().sum() < len(sheet)
    comparisons = lab.truth["contrasts"]
    design = Design(
        formula="~ 0 + tissue + condition",
        random=("donor",),
        contrasts=dict(zip(comparisons["contrast"], comparisons["expression"], strict=True)),
    )
    assert design.problems(sheet.set_index("sample"), file="study.toml") == []


def test_study_toml_is_read_back(lab, tmp_path):
    paths = write(lab, tmp_path)
    plan = tomllib.loads((tmp_path / "study.toml").read_text())
    assert plan["study"]["title"].startswith("Simulated")
    assert (tmp_path / plan["assay"][0]["file"]).is_file()
    assert (tmp_path / plan["samples"]["file"]).is_file()
    assert set(plan["design"]["contrasts"]) == set(lab.truth["contrasts"]["contrast"])
    assert all(path.is_file() for path in paths)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("donors_per_tissue", 0),
        ("batches", 0),
        ("tissues", ()),
        ("tissues", ("adipose", "adipose")),
        ("conditions", ("a", "b", "c")),
        ("donor_sd", -1.0),
        ("tissue_share", 1.5),
        ("serum_percent", 0.0),
        ("dropout_scale", 0.0),
        ("dirty_percent", (120.0,)),
        ("hours", (0.0,)),
        ("lots", -1),
        ("effect_log2", (2.0, 1.0)),
        ("shared_donors", (("adipose", "moon"),)),
        ("perinatal", ("moon",)),
        ("dirty_percent", (20.0,) * 60),
    ],
)
def test_a_recipe_that_cannot_be_is_refused(field, value):
    with pytest.raises(InvalidInput, match=field):
        Recipe(**{field: value})


def test_all_faults_of_a_recipe_are_named_at_once():
    with pytest.raises(InvalidInput) as refused:
        Recipe(donors_per_tissue=0, batches=0)
    assert {problem.column for problem in refused.value.problems} >= {"donors_per_tissue", "batches"}
