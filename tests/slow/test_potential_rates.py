"""Power, coverage and size of the process scores by simulation, with six-niche variances; one command prints all.

pytest tests/slow/test_potential_rates.py -s -o addopts="--import-mode=importlib --strict-markers"
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy.stats import norm, rankdata

from secretome.knowledge.additives import Declared
from secretome.plan import PotentialOptions
from secretome.potential.compare import compared
from secretome.potential.evidence import evidence
from secretome.potential.medium import media
from secretome.potential.scores import score_table
from secretome.potential.sides import comparisons
from secretome.potential.weights import COUNTED
from secretome.study import Assay, Study

pytestmark = pytest.mark.slow

OTHERS, DONORS = 600, 6
# Six niches (simulate.recipe): donor 0.24, flask and measurement 0.55, detection half at 16.9.
DONOR_SD, FLASK_SD, LOADING_SD, MIDPOINT, SCALE = 0.24, 0.55, 0.15, 16.9, 1.0
OPTIONS = PotentialOptions(draws=1000)
KNOWN = evidence()
GENES = sorted(set(KNOWN.rows["gene"]))
PLANTED = ("angiogenesis", "for")


class Laboratory:
    """True levels of a study: proteins, their mean in two tissues, and flasks drawn from them."""

    def __init__(self, seed, *, planted=None, single="", changed=0.0, shuffle=False):
        self.rng = np.random.default_rng([20261124, seed])
        names = GENES + [f"OTHER{i}" for i in range(OTHERS)]
        if shuffle:
            names = list(self.rng.permutation(names))
        self.genes = np.array(names)
        base = self.rng.normal(19, 3, len(names))
        shift = np.where(self.rng.random(len(names)) < changed, self.rng.normal(0, 1.5, len(names)), 0.0)
        if planted:
            rows = KNOWN.rows[(KNOWN.rows["process"] == planted[0]) & (KNOWN.rows["direction"] == planted[1])]
            shift = shift + np.isin(self.genes, rows["gene"])
        if single:
            base[self.genes == single], shift[self.genes == single] = 21.0, 1.0
        self.mean = {"A": base + shift, "B": base}

    def flasks(self, tissue, count):
        """(count, proteins) log2 values of one flask of each donor, NaN where not detected."""
        size = (count, len(self.genes))
        values = self.mean[tissue] + self.rng.normal(0, DONOR_SD, size) + self.rng.normal(0, FLASK_SD, size)
        values = values + self.rng.normal(0, LOADING_SD, (count, 1))
        return np.where(self.rng.random(size) < norm.cdf((values - MIDPOINT) / SCALE), values, np.nan)

    def study(self):
        values = np.concatenate([self.flasks("A", DONORS), self.flasks("B", DONORS)])
        names = [f"s{i}" for i in range(2 * DONORS)]
        index = [f"P{i}" for i in range(len(self.genes))]
        data = AnnData(
            values,
            obs=pd.DataFrame({"sample": names}, index=names),
            var=pd.DataFrame({"gene": self.genes}, index=index),
        )
        samples = pd.DataFrame(
            {"donor": [f"D{i}" for i in range(2 * DONORS)], "tissue": ["A"] * DONORS + ["B"] * DONORS},
            index=names,
        )
        return Study("simulated", samples).with_assay(
            Assay("proteome", "proteome", "conditioned_medium", data, scale="log2")
        )


def judged(study, seed=1):
    """The medium, its scores and its one comparison."""
    (medium,) = media(study, {}, KNOWN, Declared({}), frozenset(), OPTIONS, seed=seed)
    scores = score_table(medium.donors, {COUNTED: medium.weights[COUNTED]}, medium.drawn)
    wanted, _ = comparisons(study.samples.loc[list(medium.profile.samples)], "tissue", (), None)
    return medium, scores, compared(medium.samples, medium.weights[COUNTED], medium.drawn, wanted)


def rate(what, by_study):
    """Mean over studies with its Monte-Carlo interval, printed."""
    shares = np.array([np.mean(hits) for hits in by_study if len(hits)])
    tests = sum(len(hits) for hits in by_study)
    half = 1.96 * shares.std(ddof=1) / np.sqrt(len(shares))
    print(f"{what}: {100 * shares.mean():.2f} % ± {100 * half:.2f} of {tests} in {len(shares)} studies")
    return shares.mean(), half, tests


def test_power_at_a_twofold_change_with_six_donors_a_side():
    found = {"rank": [], "fold": [], "one factor": []}
    for seed in range(200):
        _, _, result = judged(Laboratory(seed, planted=PLANTED).study())
        mine = result.processes.query("process == @PLANTED[0] and direction == @PLANTED[1]").set_index(
            "scale"
        )
        for scale in ("rank", "fold"):
            found[scale].append([bool(mine.loc[scale, "p_value"] < 0.05)])
    # one factor stands near the bar: 1,000 studies tell it to 2.5 points
    for seed in range(1000):
        _, _, result = judged(Laboratory(seed, single="VEGFA").study())
        vegf = result.drivers.query("gene == 'VEGFA'").iloc[0]
        found["one factor"].append([bool(vegf["p_value"] < 0.05)])
    for what, hits in found.items():
        power, _, _ = rate(f"power at a planted 2-fold change, {what}", hits)
        assert power >= 0.80, what


def test_intervals_cover_what_they_estimate():
    """Truth of ranks: the mean of 1,000 further donors, ranked among the proteins of that study."""
    ranks, differences, folds = [], [], []
    for seed in range(600):
        laboratory = Laboratory(seed, changed=0.3)
        medium, scores, result = judged(laboratory.study())
        levels, matrix = medium.samples, medium.weights[COUNTED].matrix
        columns = [int(name[1:]) for name in levels.proteins]
        share = matrix / np.where(matrix.sum(axis=0) > 0, matrix.sum(axis=0), np.nan)
        truth = {}
        for tissue in ("A", "B"):
            more = laboratory.flasks(tissue, 1000)[:, columns]
            percent = 100 * (rankdata(np.where(np.isnan(more), -np.inf, more), axis=1) - 0.5) / len(columns)
            truth[tissue] = percent.mean(axis=0)[levels.protein] @ share
        mine = scores[scores["scale"] == "rank"].reset_index(drop=True)
        by_group = dict(iter(mine.groupby("group")))
        ranks.append(np.concatenate([covered(by_group[tissue], truth[tissue]) for tissue in ("A", "B")]))
        compare = result.processes[result.processes["scale"] == "rank"].reset_index(drop=True)
        differences.append(covered(compare, truth["A"] - truth["B"]))
        folds.append(fold_coverage(laboratory, result, medium))
    for what, hits in (
        ("scores, rank", ranks),
        ("differences, rank", differences),
        ("differences, fold", folds),
    ):
        coverage, half, tests = rate(f"coverage of 95 % intervals of {what}", hits)
        assert coverage + half >= 0.93
        assert coverage - half <= 0.97
        assert tests >= 10_000


def covered(table, truth):
    known = table["lower"].notna().to_numpy() & np.isfinite(truth)
    lower, upper = table["lower"].to_numpy(float), table["upper"].to_numpy(float)
    return ((lower <= truth) & (truth <= upper))[known]


def fold_coverage(laboratory, result, medium):
    """Folds of factors that are always found (their mean is 2.5 SD above the curve): those without bias."""
    place = {gene: row for row, gene in enumerate(laboratory.genes)}
    hits = []
    for row in result.drivers.drop_duplicates("gene").to_dict("records"):
        at = place[row["gene"]]
        low = min(laboratory.mean["A"][at], laboratory.mean["B"][at])
        if low > MIDPOINT + 2.5 * (SCALE**2 + FLASK_SD**2) ** 0.5 and np.isfinite(row["lower"]):
            truth = laboratory.mean["A"][at] - laboratory.mean["B"][at]
            hits.append(row["lower"] <= truth <= row["upper"])
    return np.array(hits)


def test_a_shuffled_table_keeps_its_size():
    """The genes of the table are dealt out anew among all proteins of media that do differ."""
    found = {"scores against random sets": [], "differences against random sets": []}
    for seed in range(600):
        _, scores, result = judged(Laboratory(seed, changed=0.3, shuffle=True).study(), seed=seed)
        # two groups of a study see nearly the same proteins: one of them, to keep tests independent
        mine = scores[(scores["scale"] == "rank") & (scores["group"] == "A")]
        found["scores against random sets"].append((mine["p_random_sets"].dropna() < 0.05).to_numpy())
        compare = result.processes[result.processes["scale"] == "rank"]
        found["differences against random sets"].append((compare["p_random_sets"].dropna() < 0.05).to_numpy())
    for what, hits in found.items():
        size, _, tests = rate(f"size with a shuffled table, {what}", hits)
        assert 0.04 <= size <= 0.06
        assert tests >= 10_000


def test_donor_tests_keep_their_size_when_nothing_differs():
    found = {"rank": [], "fold": []}
    for seed in range(600):
        _, _, result = judged(Laboratory(10_000 + seed).study())
        for scale, hits in found.items():
            mine = result.processes[result.processes["scale"] == scale]
            hits.append((mine["p_value"].dropna() < 0.05).to_numpy())
    for scale, hits in found.items():
        size, half, tests = rate(f"size of the donor test when nothing differs, {scale}", hits)
        assert size - half <= 0.06
        assert size + half >= 0.03
        assert tests >= 10_000


def test_a_shuffled_table_keeps_its_size_on_the_six_niches(shared: Path):
    folder = shared / "data" / "msc-six-niches-lobov"
    raw = pd.read_csv(
        folder / "combined_protein_secr_fragpipe.tsv.gz", sep="\t", keep_default_na=False, low_memory=False
    )
    raw = raw[~raw["Protein"].str.startswith("contam_") & (raw["Gene"] != "")].drop_duplicates("Gene")
    columns = [name for name in raw.columns if "MaxLFQ" in name]
    values = np.where(raw[columns].to_numpy(float).T > 0, raw[columns].to_numpy(float).T, np.nan)
    names = [name.split(" MaxLFQ")[0] for name in columns]
    sheet = pd.read_excel(folder / "fact_secr.xlsx", dtype=str).set_index("Sample").loc[names]
    samples = pd.DataFrame({"tissue": sheet["Cell_type"], "donor": sheet["Cluster"] + " " + sheet["Donor"]})
    known, hits = GENES, {"scores": [], "differences": []}
    for seed in range(100):
        rng = np.random.default_rng([7, seed])
        genes = np.array([f"OTHER{i}" for i in range(len(raw))], dtype=object)
        genes[rng.permutation(len(raw))[: len(known)]] = known
        data = AnnData(
            values,
            obs=pd.DataFrame({"sample": names}, index=names),
            var=pd.DataFrame({"gene": genes}, index=[f"P{i}" for i in range(len(raw))]),
        )
        study = Study("six", samples).with_assay(Assay("proteome", "proteome", "conditioned_medium", data))
        (medium,) = media(study, {}, KNOWN, Declared({}), frozenset(), OPTIONS, seed=seed)
        scores = score_table(medium.donors, {COUNTED: medium.weights[COUNTED]}, medium.drawn)
        wanted, _ = comparisons(study.samples.loc[list(medium.profile.samples)], "tissue", (), None)
        result = compared(medium.samples, medium.weights[COUNTED], medium.drawn, wanted)
        for name, table in (("scores", scores), ("differences", result.processes)):
            mine = table[table["scale"] == "rank"]
            hits[name].append((mine["p_random_sets"].dropna() < 0.05).to_numpy())
    for name, found in hits.items():
        size, half, tests = rate(f"size with a shuffled table on the six niches, {name}", found)
        assert size - half <= 0.06
        assert size + half >= 0.04
        assert tests >= 5_000
