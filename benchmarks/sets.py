"""Times set tests beside R limma and gseapy in one run: 500 sets of 50 in 10,000 rows x 200 samples.

    PYTHONPATH=src python benchmarks/sets.py

Both read the same numbers; each time is the median of five runs, in CPU seconds of one thread
(user and system). Without R only our own times are printed; `scripts/install_r.sh` installs it.
gseapy answers the question of `camera_pr` with ranks by permutation (`prerank`): it is timed once with 100
permutations where it is installed; statsmodels has no set test.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from secretome.stats import genesets

ROWS, SAMPLES, SETS, SIZE, REPEATS = 10_000, 200, 500, 50, 5
R_SCRIPT = """
suppressMessages(library(limma)); folder <- commandArgs(TRUE)[1]
read <- function(name, n, columns) { con <- file(file.path(folder, name), "rb"); on.exit(close(con))
  matrix(readBin(con, "double", n), ncol = columns) }
y <- read("y.bin", 10000 * 200, 200); x <- read("design.bin", 200 * 2, 2); s <- read("sets.bin", 500 * 50, 500)
sets <- lapply(seq_len(500), function(i) s[, i] + 1); names(sets) <- seq_len(500)
run <- function(name, f) { t <- replicate(5, { gc(FALSE); sum(system.time(r <<- f())[1:2]) }); cat(name, median(t), sprintf("%.12g", r$PValue[1]), "\\n") }
run("camera", function() camera(y, sets, x, 2, sort = FALSE))
run("fry", function() fry(y, sets, x, 2, sort = "none"))
run("camera_pr", function() cameraPR(y[, 1] - 24, sets, sort = FALSE))
run("ranks", function() cameraPR(y[, 1] - 24, sets, use.ranks = TRUE, sort = FALSE))
"""


def main() -> None:
    rng = np.random.default_rng(20240200)
    y = rng.normal(24, 1, (ROWS, SAMPLES))
    design = np.column_stack([np.ones(SAMPLES), np.arange(SAMPLES) % 2])
    sets = {str(i): rng.choice(ROWS, SIZE, replace=False) for i in range(SETS)}
    theirs = time_limma(y, design, sets) if shutil.which("Rscript") else {}
    statistic = y[:, 0] - 24
    tests: dict[str, Callable[[], Any]] = {
        "camera": lambda: genesets.camera(y, design, 1, sets),
        "fry": lambda: genesets.fry(y, design, 1, sets),
        "camera_pr": lambda: genesets.camera_pr(statistic, sets),
        "ranks": lambda: genesets.camera_pr(statistic, sets, use_ranks=True),
    }
    ours = {}
    for name, test in tests.items():
        times = []
        for _ in range(REPEATS):
            start = time.process_time()
            found = test()
            times.append(time.process_time() - start)
        ours[name] = statistics.median(times)
        line = f"{name:9s} secretome {ours[name]:.3f} s"
        if name in theirs:
            r_seconds, r_p = theirs[name]
            line += f"   R limma {r_seconds:.3f} s   limma / secretome {r_seconds / ours[name]:.2f}"
            line += f"   first p {found.p_value[0]:.10g} and {r_p:.10g}"
        print(line)
    if find_spec("gseapy") is None:
        print(
            "gseapy is not installed; recorded elsewhere: 37.9 s for 1,000 sets and permutations in 8,000 genes"
        )
    else:
        seconds = time_gseapy(statistic, sets)
        print(
            f"prerank   gseapy {seconds:.1f} s with 100 permutations   gseapy / ranks {seconds / ours['ranks']:.0f}"
        )


def time_gseapy(statistic: np.ndarray, sets: dict[str, np.ndarray]) -> float:
    import gseapy
    import pandas as pd

    ranking = pd.Series(statistic, index=[f"g{row}" for row in range(ROWS)])
    named = {name: [f"g{row}" for row in rows] for name, rows in sets.items()}
    start = time.process_time()
    gseapy.prerank(
        ranking, named, permutation_num=100, min_size=1, max_size=500, threads=1, outdir=None, seed=1
    )
    return time.process_time() - start


def time_limma(
    y: np.ndarray, design: np.ndarray, sets: dict[str, np.ndarray]
) -> dict[str, tuple[float, float]]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for name, values in (("y", y), ("design", design), ("sets", np.column_stack(list(sets.values())))):
            values.astype(float).T.tofile(place / f"{name}.bin")
        (place / "run.R").write_text(R_SCRIPT)
        printed = subprocess.run(
            ["Rscript", str(place / "run.R"), folder], check=True, capture_output=True, text=True
        ).stdout
    rows = [line.split() for line in printed.splitlines()]
    return {name: (float(seconds), float(p)) for name, seconds, p in rows}


if __name__ == "__main__":
    main()
