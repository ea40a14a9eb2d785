"""Times `fit_rows` + `moderate` beside R limma in one run: 10,000 x 200, complete and with 20 % missing.

    PYTHONPATH=src python benchmarks/linear.py

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

from secretome.stats import linear

ROWS, SAMPLES, REPEATS = 10_000, 200, 5
R_SCRIPT = """
suppressMessages(library(limma)); folder <- commandArgs(TRUE)[1]; n <- 10000; m <- 200
read <- function(name, columns) { con <- file(file.path(folder, name), "rb"); on.exit(close(con))
  matrix(readBin(con, "double", n * m), ncol = columns) }
x <- read("design.bin", 5)[1:m, ]
for (kind in c("complete", "missing")) { y <- read(paste0(kind, ".bin"), m); y[is.nan(y)] <- NA
  t <- replicate(5, { gc(FALSE); sum(system.time(e <<- eBayes(lmFit(y, x)))[1:2]) })
  cat(kind, median(t), sprintf("%.12g", e$t[1, 2]), "\\n") }
"""


def main() -> None:
    tables, design = simulate()
    ours = {kind: time_ours(y, design) for kind, y in tables.items()}
    theirs = time_limma(tables, design) if shutil.which("Rscript") else {}
    for kind, (seconds, t) in ours.items():
        line = f"{kind:9s} secretome {seconds:.3f} s"
        if kind in theirs:
            r_seconds, r_t = theirs[kind]
            line += f"   R limma {r_seconds:.3f} s   limma / secretome {r_seconds / seconds:.2f}"
            line += f"   first t {t:.10g} and {r_t:.10g}"
        print(line)


def simulate() -> tuple[dict[str, np.ndarray], np.ndarray]:
    generator = np.random.default_rng(20240200)
    batch = np.arange(SAMPLES) % 4
    group = np.arange(SAMPLES) >= SAMPLES // 2
    design = np.column_stack([np.ones(SAMPLES), group, batch == 1, batch == 2, batch == 3]).astype(float)
    complete = generator.normal(24, 1, size=(ROWS, SAMPLES))
    complete[:500, group] += 1
    missing = np.where(generator.random(complete.shape) < 0.2, np.nan, complete)
    return {"complete": complete, "missing": missing}, design


def time_ours(y: np.ndarray, design: np.ndarray) -> tuple[float, float]:
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        # the prior of limma 3.54, which is the limma that Debian installs
        tests = linear.moderate(linear.fit_rows(y, design), prior="legacy")
        times.append(time.process_time() - start)
    return statistics.median(times), float(tests.t[0, 1])


def time_limma(tables: dict[str, np.ndarray], design: np.ndarray) -> dict[str, tuple[float, float]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        padded = np.zeros((ROWS * SAMPLES // design.shape[1], design.shape[1]))
        padded[:SAMPLES] = design
        for file, table in [*tables.items(), ("design", padded)]:
            (folder / f"{file}.bin").write_bytes(np.asarray(table).tobytes(order="F"))
        script = folder / "limma.R"
        script.write_text(R_SCRIPT)
        printed = subprocess.run(
            ["Rscript", str(script), str(folder)], check=True, capture_output=True, text=True
        ).stdout
    lines = (line.split() for line in printed.splitlines())
    return {kind: (float(seconds), float(t)) for kind, seconds, t in lines}


if __name__ == "__main__":
    main()
