"""Times a 96-well plate and 10,000 bootstrap relative potencies against their targets (1 s after start, 30 s).

PYTHONPATH=src python benchmarks/potency.py
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from secretome.qualify import PotencyOptions, relative_potency
from secretome.stats import curves


def plate(seed: int = 1) -> pd.DataFrame:
    """A reference and three test lots, eight doses in triplicate: 96 wells; true potencies 80, 100 and 125 %."""
    rng = np.random.default_rng(seed)
    rows = [
        (name, dose, 0.15 + 1.95 / (1 + (0.9 / (dose * ratio)) ** 1.6) + rng.normal(0, 0.05))
        for name, ratio in (("R", 1.0), ("T1", 0.8), ("T2", 1.0), ("T3", 1.25))
        for dose in 10.0 * 2.0 ** -np.arange(8)
        for _ in range(3)
    ]
    return pd.DataFrame(rows, columns=["preparation", "dose", "response"])


def main() -> None:
    wells = plate()
    options = PotencyOptions("R", slope_margin=(0.7, 1.4), margin_reason="benchmark")
    for what in ("first call", "second call"):
        begin = time.perf_counter()
        found = relative_potency(wells, options)
        took = time.perf_counter() - begin
        print(f"96 wells, 3 test lots, {what}: {took:.3f} s (target 1 s) {'met' if took < 1 else 'MISSED'}")
    print(found.sentence())
    one = wells[wells["preparation"].isin(["R", "T1"])]
    begin = time.perf_counter()
    drawn = curves.bootstrap_relative_potency(
        one["dose"],
        one["response"],
        one["preparation"].to_numpy(str),
        reference="R",
        replicates=10_000,
        seed=1,
    )
    took = time.perf_counter() - begin
    print(
        f"10,000 bootstrap relative potencies: {took:.1f} s (target 30 s) {'met' if took < 30 else 'MISSED'}; "
        f"{drawn.converged[0]:.4f} converged, standard error {drawn.standard_error[0]:.4f}"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wells.csv"
        wells.to_csv(path, index=False)
        begin = time.perf_counter()
        command = [sys.executable, "-m", "secretome", "qualify", "potency", str(path), "--reference", "R"]
        subprocess.run(command, check=False, capture_output=True)
        print(f"the same plate by the command line, start included: {time.perf_counter() - begin:.1f} s")


if __name__ == "__main__":
    main()
