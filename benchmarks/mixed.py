"""Times mixed models beside lme4, lmerTest and pbkrtest in one run: 96 samples, 24 donors crossed with 8 batches.

    PYTHONPATH=src python benchmarks/mixed.py

statsmodels is timed too where it is installed (five rows, crossed terms as variance components).
Both read the same simulated numbers; CPU milliseconds a row of one thread. Without R only our own times are
printed; `scripts/install_r.sh` installs it.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import shutil
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from secretome.stats import mixed

ROWS = {"none": 100, "satterthwaite": 50, "kenward-roger": 10}  # R is slow; ours takes ten times as many
R_SCRIPT = """
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest)}); a <- commandArgs(TRUE)
y <- as.matrix(read.csv(file.path(a[1], "y.csv"), header = FALSE)); s <- read.csv(file.path(a[1], "samples.csv"))
f <- y ~ tissue + primed + (1 | donor) + (1 | batch); n <- as.integer(a[2:4])
cpu <- function(n, work) { e <- NULL; t <- sum(system.time(for (i in seq_len(n)) { s$y <- y[i, ]; e <- suppressMessages(work(s)) })[1:2]); 1000 * t / n }
cat("none", cpu(n[1], function(s) lme4::lmer(f, s)), "\\n")
cat("satterthwaite", cpu(n[2], function(s) coef(summary(lmerTest::lmer(f, s)))), "\\n")
cat("kenward-roger", cpu(n[3], function(s) coef(summary(lmerTest::lmer(f, s), ddf = "Kenward-Roger"))), "\\n")
"""


def main() -> None:
    y, fixed, random = simulate()
    theirs = time_r(y, fixed, random) if shutil.which("Rscript") else {}
    for gaps in (False, True):
        values = np.where(np.random.default_rng(2).random(y.shape) < 0.2, np.nan, y) if gaps else y
        for method in ROWS:
            start = time.process_time()
            fit = mixed.fit_reml(values, fixed, random, df=method)
            ours = 1000 * (time.process_time() - start) / len(values)
            line = f"{method:14s} {'20 % missing' if gaps else 'complete':12s} secretome {ours:7.3f} ms a row"
            line += f" ({fit.converged.mean():.1%} converged, {fit.singular.mean():.0%} singular)"
            if method in theirs and not gaps:
                line += f"   R {theirs[method]:7.2f} ms   R / secretome {theirs[method] / ours:.0f}"
            print(line)

    if find_spec("statsmodels") is not None:
        theirs_python = time_statsmodels(y, fixed, random)
        start = time.process_time()
        mixed.fit_reml(y, fixed, random, df="none")
        ours = 1000 * (time.process_time() - start) / len(y)
        print(
            f"statsmodels MixedLM {theirs_python:.1f} ms a row   statsmodels / secretome {theirs_python / ours:.0f}"
        )


def time_statsmodels(y: np.ndarray, fixed: np.ndarray, random: dict[str, np.ndarray]) -> float:
    """CPU milliseconds a row of five rows, whether they converge or not."""
    import warnings

    import pandas as pd
    from statsmodels.regression.mixed_linear_model import MixedLM

    table = pd.DataFrame({name: codes.astype(str) for name, codes in random.items()})
    components = {name: f"0 + C({name})" for name in random}
    table["whole"], table["tissue"], table["primed"] = (
        1,
        (fixed[:, 1] + 2 * fixed[:, 2]).astype(str),
        fixed[:, 3],
    )
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for row in y[:5]:
            table["y"] = row
            MixedLM.from_formula(
                "y ~ tissue + primed", table, groups="whole", re_formula="0", vc_formula=components
            ).fit(reml=True)
    return 1000 * (time.process_time() - start) / 5


def simulate() -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.default_rng(20240300)
    donor, batch = np.repeat(np.arange(24), 4), rng.permutation(np.tile(np.arange(8), 12))
    tissue, primed = np.repeat(np.arange(24) % 3, 4), np.tile([0.0, 1.0], 48)
    spread = rng.uniform(0, 1, (2, 500, 1)) * (rng.random((2, 500, 1)) > 0.2)
    y = (
        24
        + spread[0] * rng.normal(size=(500, 24))[:, donor]
        + spread[1] * rng.normal(size=(500, 8))[:, batch]
    )
    y = y + rng.normal(0, 0.6, y.shape)
    fixed = np.column_stack([np.ones(96), tissue == 1, tissue == 2, primed]).astype(float)
    return y, fixed, {"donor": donor, "batch": batch}


def time_r(y: np.ndarray, fixed: np.ndarray, random: dict[str, np.ndarray]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savetxt(folder / "y.csv", y[: max(ROWS.values())], delimiter=",")
        rows = ["donor,batch,tissue,primed"]
        rows += [
            f"d{d},b{b},t{int(x[1] + 2 * x[2])},{x[3]:.0f}"
            for d, b, x in zip(random["donor"], random["batch"], fixed, strict=True)
        ]
        (folder / "samples.csv").write_text("\n".join(rows))
        script = folder / "mixed.R"
        script.write_text(R_SCRIPT)
        printed = subprocess.run(
            ["Rscript", str(script), str(folder), *map(str, ROWS.values())],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    return {line.split()[0]: float(line.split()[1]) for line in printed.splitlines()}


if __name__ == "__main__":
    main()
