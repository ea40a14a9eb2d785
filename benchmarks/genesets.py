"""Times `camera` and `fry` beside R limma in one run: 500 sets of 50 in 10,000 rows x 200 samples.

    PYTHONPATH=src python benchmarks/genesets.py

Both read the same numbers; each time is the median of five runs, in CPU seconds of one thread
(user and system). Without R only our own times are printed; `scripts/install_r.sh` installs it.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

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
"""


def main() -> None:
    rng = np.random.default_rng(20240200)
    y = rng.normal(24, 1, (ROWS, SAMPLES))
    design = np.column_stack([np.ones(SAMPLES), np.arange(SAMPLES) % 2])
    sets = {str(i): rng.choice(ROWS, SIZE, replace=False) for i in range(SETS)}
    theirs = time_limma(y, design, sets) if shutil.which("Rscript") else {}
    for test in (genesets.camera, genesets.fry):
        name, times = test.__name__, []
        for _ in range(REPEATS):
            start = time.process_time()
            found = test(y, design, 1, sets)
            times.append(time.process_time() - start)
        seconds = statistics.median(times)
        line = f"{name:7s} secretome {seconds:.3f} s"
        if name in theirs:
            r_seconds, r_p = theirs[name]
            line += f"   R limma {r_seconds:.3f} s   limma / secretome {r_seconds / seconds:.2f}"
            line += f"   first p {found.p_value[0]:.10g} and {r_p:.10g}"
        print(line)


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
