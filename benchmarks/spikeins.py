"""Spike-ins with known truth at the defaults of `vary`, beside limma's `treat` where R is installed.

    PYTHONPATH=src SECRETOME_SHARED=../shared python benchmarks/spikeins.py

A call is a protein with `fdr_minimum_effect` at or below 5 % (|log2| 0.5). Runs stand in the place of donors.
Tables are centred on the background that does not change, as their readmes say (proteins seen in all runs; for
Ramus blind, on all such proteins); the precursors of HYE124 are rolled up by MaxLFQ. limma gets the same numbers
and `trend`, at least two values on each side.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from anndata import AnnData

from secretome.design import Design
from secretome.plan import AssayPlan, VaryOptions
from secretome.read.recognise import open_measurements
from secretome.study import Assay, Study
from secretome.vary import compare

R_SCRIPT = """
suppressMessages(library(limma)); a <- commandArgs(TRUE)
y <- as.matrix(read.csv(a[1], header = FALSE)); g <- rep(0:1, each = 3)
ok <- rowSums(!is.na(y[, 1:3])) >= 2 & rowSums(!is.na(y[, 4:6])) >= 2
f <- treat(lmFit(y[ok, ], cbind(1, g)), lfc = 0.5, trend = TRUE)
p <- rep(NA, nrow(y)); p[ok] <- p.adjust(f$p.value[, 2], "BH"); write(p, a[2], ncolumns = 1)
"""


@dataclass(frozen=True)
class SpikeIn:
    """Log2 values (n, 6), three runs left and three right; which rows truly differ (n,).

    `precursors`, where the report holds them: sample `run1` to `run6`, protein `P0` and on, precursor, intensity.
    """

    name: str
    values: np.ndarray
    true: np.ndarray
    precursors: pd.DataFrame | None = None


@dataclass(frozen=True)
class Score:
    """Calls that are true and false, and true calls among rows that one side never shows."""

    true: int
    false: int
    true_unseen: int
    of_unseen: int

    @property
    def share(self) -> float:
        return self.false / max(self.true + self.false, 1)


def main() -> None:
    data = Path(os.environ.get("SECRETOME_SHARED", "../shared")) / "data"
    for case in (ramus(data), giai_gianetto(data), hye124(data), *staes(data)):
        print(line(case.name, "secretome", judge(case), int(case.true.sum())))
        if case.precursors is not None:
            print(line(case.name, "precursors", judge(case, precursors=True), int(case.true.sum())))
        if shutil.which("Rscript"):
            print(line(case.name, "limma", judge_limma(case), int(case.true.sum())))


def line(name: str, who: str, score: Score, total: int) -> str:
    return (
        f"{name:22s} {who:10s} true {score.true:5d} of {total:5d}   false {score.false:4d} ({score.share:6.1%})   "
        f"of the {score.of_unseen} that one side never shows {score.true_unseen}"
    )


def judge(case: SpikeIn, *, precursors: bool = False) -> Score:
    """The calls of `vary.compare` on this case, from the protein table or from its precursors."""
    study = study_of(case.values)
    study = study.with_assay(replace(study.assays["proteome"], table=case.precursors))
    effects = compare(study, VaryOptions(precursors=precursors)).tables["effects"]
    row = effects["protein"].str[1:].astype(int).to_numpy()
    called = np.zeros(len(case.values), dtype=bool)
    called[row] = (effects["fdr_minimum_effect"] <= 0.05).to_numpy()
    return score(case, called)


def score(case: SpikeIn, called: np.ndarray) -> Score:
    seen = ~np.isnan(case.values)
    unseen = case.true & (seen[:, :3].any(axis=1) != seen[:, 3:].any(axis=1))
    hits = called & case.true
    return Score(
        int(hits.sum()), int((called & ~case.true).sum()), int((hits & unseen).sum()), int(unseen.sum())
    )


def judge_limma(case: SpikeIn) -> Score:
    with tempfile.TemporaryDirectory() as folder:
        table, script, answer = (Path(folder) / name for name in ("y.csv", "treat.R", "fdr.txt"))
        pd.DataFrame(case.values).to_csv(table, header=False, index=False, na_rep="NA")
        script.write_text(R_SCRIPT)
        subprocess.run(["Rscript", str(script), str(table), str(answer)], check=True, capture_output=True)
        fdr = pd.read_csv(answer, header=None, na_values="NA", skip_blank_lines=False)[0].to_numpy(float)
    return score(case, fdr <= 0.05)


def study_of(values: np.ndarray) -> Study:
    """Three runs against three as a study, each run in the place of a donor."""
    runs = [f"run{number}" for number in range(1, values.shape[1] + 1)]
    sides = np.repeat(["left", "right"], values.shape[1] // 2)
    samples = pd.DataFrame({"donor": runs, "tissue": sides}, index=pd.Index(runs, name="sample"))
    names = [f"P{row}" for row in range(len(values))]
    var = pd.DataFrame({"gene": names, "masked": False, "contaminant_class": ""}, index=names)
    obs = pd.DataFrame({"sample": runs}, index=runs)
    matrix = AnnData(values.T.copy(), obs=obs, var=var)
    assay = Assay("proteome", "proteome", "conditioned_medium", matrix, scale="log2")
    contrast = {"spiked": "tissue[left] - tissue[right]"}
    return Study("spike-in", samples, {"proteome": assay}, Design(formula="~ 0 + tissue", contrasts=contrast))


def centred(linear: np.ndarray, reference: np.ndarray | None = None) -> np.ndarray:
    """Log2 values with the median of complete rows (of the reference rows, where given) at 20 in every run."""
    with np.errstate(divide="ignore"):
        values = np.where(linear > 0, np.log2(linear), np.nan)
    rows = ~np.isnan(values).any(axis=1)
    if reference is not None:
        rows &= reference
    shifted: np.ndarray = values - np.median(values[rows], axis=0) + 20
    return shifted


def ramus(data: Path) -> SpikeIn:
    table = pd.read_csv(data / "spikein-ups1-ramus" / "yeast_ups1_50_vs_0p5fmol.csv", index_col=0)
    true = np.asarray(table.index.str.contains("ups"))
    return SpikeIn("ups1-ramus", centred(table[["A1", "A2", "A3", "B1", "B2", "B3"]].to_numpy(float)), true)


def giai_gianetto(data: Path) -> SpikeIn:
    table = pd.read_csv(data / "spikein-ups1-giai-gianetto-25v10" / "LFQRatio25.csv")
    names = [f"{side}.R{number}" for side in "AB" for number in (1, 2, 3)]
    true = (table["Organism"].str.lower() == "human").to_numpy()
    return SpikeIn("ups1-25v10", table[names].to_numpy(float), true)


def hye124(data: Path) -> SpikeIn:
    path = data / "species-mix-hye124-skyline" / "Skyline_HYE124_TTOF5600_64var_it2.tsv.gz"
    table, chosen = open_measurements(path)
    read = chosen.read(table, AssayPlan("hye", path, quantity="maxlfq"), ())
    order = [
        next(place for place, run in enumerate(read.measurements) if number in run.split("_")[-1])
        for number in ("007", "009", "011", "008", "010", "012")
    ]
    human = (read.features["organism"] == "Homo sapiens").to_numpy()
    values = np.asarray(read.values, dtype=float)
    values = values if values.shape[0] == len(human) else values.T
    rows = {name: f"P{place}" for place, name in enumerate(read.features.index)}
    runs = {read.measurements[place]: f"run{number}" for number, place in enumerate(order, start=1)}
    tidy = read.precursors
    if tidy is not None:
        tidy = tidy.assign(
            sample=tidy["sample"].astype(str).map(runs), protein=tidy["protein"].astype(str).map(rows)
        )
    return SpikeIn("hye124-maxlfq", centred(values[:, order], human), ~human, tidy)


def staes(data: Path) -> list[SpikeIn]:
    path = data / "spikein-yeast-ups2-diann-staes" / "spikein248-staesetal2024.pg_matrix.tsv.gz"
    table = pd.read_csv(path, sep="\t")
    true = table["Protein.Group"].str.contains("ups").to_numpy()
    runs = {level: [name for name in table if f"ratio{level}" in name] for level in ("02", "04", "08")}
    pairs = (("04", "02"), ("08", "04"), ("08", "02"))
    return [
        SpikeIn(
            f"ups2-staes-{one}/{other}",
            centred(table[[*runs[one], *runs[other]]].to_numpy(float), ~true),
            true,
        )
        for one, other in pairs
    ]


if __name__ == "__main__":
    main()
