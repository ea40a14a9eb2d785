"""Times the dropout model on 2,000 x 12 with a third missing, beside R's proDA when it is installed.

    PYTHONPATH=src python benchmarks/dropout.py

CPU seconds of one thread on the same numbers. proDA is no Debian package; on the machine of the reference
values it took 54.5 s (oracle/statistics/expected/proda_B_timing.txt), which is printed as such.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from secretome.stats import dropout

R_SCRIPT = """
a <- commandArgs(TRUE); if (!requireNamespace("proDA", quietly = TRUE)) { cat("absent\\n"); quit() }
y <- as.matrix(read.csv(a[1], header = FALSE)); g <- rep(c("a", "b"), each = 6)
cat(sum(system.time(proDA::proDA(y, design = g, reference_level = "a"))[1:2]), "\\n")
"""


def main() -> None:
    y = simulate()
    design = np.column_stack([np.ones(12), np.arange(12) >= 6]).astype(float)
    start = time.process_time()
    fit = dropout.fit_dropout(y, design)
    dropout.test(fit, [0, 1])
    ours = time.process_time() - start
    line = f"2,000 x 12, {np.isnan(y).mean():.1%} missing: secretome {ours:.2f} s ({fit.rounds} rounds)"
    theirs = time_r(y) if shutil.which("Rscript") else None
    if theirs is None:
        print(f"{line}   proDA is not installed; recorded elsewhere: 54.5 s")
    else:
        print(f"{line}   R proDA {theirs:.1f} s   proDA / secretome {theirs / ours:.0f}")


def simulate() -> np.ndarray:
    rng = np.random.default_rng(20240102)
    y = rng.normal(20, 4, (2000, 1)) + np.sqrt(0.09 * 6 / rng.chisquare(6, (2000, 1))) * rng.normal(
        size=(2000, 12)
    )
    y[:200, 6:] += rng.normal(0, 1.5, (200, 1))
    return np.where(rng.normal(18.5, 1.2, y.shape) > y, np.nan, y)


def time_r(y: np.ndarray) -> float | None:
    with tempfile.TemporaryDirectory() as name:
        table, script = Path(name) / "y.csv", Path(name) / "proda.R"
        np.savetxt(table, y, delimiter=",", fmt="%.6f")
        table.write_text(table.read_text().replace("nan", "NA"))
        script.write_text(R_SCRIPT)
        printed = subprocess.run(
            ["Rscript", str(script), str(table)], check=True, capture_output=True, text=True
        ).stdout
    return None if "absent" in printed else float(printed.split()[-1])


if __name__ == "__main__":
    main()
