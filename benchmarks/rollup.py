"""MaxLFQ beside directlfq and the sum on HYE124: human, yeast, E. coli mixed at log2(B/A) 0, -1, +2.

    python -m venv /tmp/directlfq && /tmp/directlfq/bin/pip install directlfq
    PYTHONPATH=src DIRECTLFQ_PYTHON=/tmp/directlfq/bin/python python benchmarks/rollup.py

Both get the same precursors (Skyline, Navarro et al. 2016; folder SECRETOME_SHARED, default
../shared), and every method is centred on the median of human proteins complete in all runs.
A ratio needs two values in each group. Times are the median of three calls of the roll-up alone,
in one process each, after one call to warm up (directlfq compiles with numba). Without
DIRECTLFQ_PYTHON only our own numbers are printed.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from secretome.plan import AssayPlan
from secretome.read.recognise import open_measurements
from secretome.stats import rollup

REPEATS = 3
FILE = "data/species-mix-hye124-skyline/Skyline_HYE124_TTOF5600_64var_it2.tsv.gz"
TRUTH = {"Homo sapiens": 0.0, "Saccharomyces cerevisiae": -1.0, "Escherichia coli": 2.0}
A, B = ("007", "009", "011"), ("008", "010", "012")
DIRECTLFQ = """
import statistics, sys, time, warnings
warnings.filterwarnings("ignore")
import logging; logging.disable(logging.CRITICAL)
import pandas as pd
import directlfq.config as config
import directlfq.protein_intensity_estimation as estimation
table = pd.read_parquet(sys.argv[1]).set_index(["protein", "ion"])
config.set_global_protein_and_ion_id(protein_id="protein", quant_id="ion")
config.check_wether_to_copy_numpy_arrays_derived_from_pandas()
config.set_compile_normalized_ion_table(compile_normalized_ion_table=False)
def run():
    return estimation.estimate_protein_intensities(
        table, min_nonan=1, num_samples_quadratic=10, num_cores=1)[0]
run()
seconds = []
for _ in range(3):
    start = time.perf_counter(); found = run(); seconds.append(time.perf_counter() - start)
found.to_parquet(sys.argv[2])
print(statistics.median(seconds))
"""


def main() -> None:
    path = Path(os.environ.get("SECRETOME_SHARED", "../shared")) / FILE
    table, chosen = open_measurements(path)
    start = time.perf_counter()
    read = chosen.read(table, AssayPlan("hye", path), ())
    print(
        f"read {len(table.rows):,} rows in {time.perf_counter() - start:.1f} s; {len(read.precursors):,} precursor values"
    )
    tidy = read.precursors
    pairs = tidy["protein"].cat.codes.astype("int64") * 10**6 + tidy["precursor"].cat.codes
    rows, keys = pd.factorize(pairs, sort=True)
    wide = np.full((len(keys), len(read.measurements)), np.nan)
    wide[rows, tidy["sample"].cat.codes] = tidy["intensity"]
    groups = (keys // 10**6).astype(int)
    proteins = tidy["protein"].cat.categories.to_numpy()
    species = read.features.loc[proteins, "organism"].to_numpy()
    seconds: dict[str, float] = {}
    found: dict[str, np.ndarray] = {}
    methods: dict[str, Callable[[], rollup.Rolled]] = {
        "sum": lambda: rollup.sum(wide, groups),
        "maxlfq": lambda: rollup.maxlfq(wide, groups),
        "maxlfq, anchored": lambda: rollup.maxlfq(wide, groups, unconnected="anchored"),
    }
    for name, method in methods.items():
        found[name], seconds[name] = timed(method)
    if "DIRECTLFQ_PYTHON" in os.environ:
        found["directlfq"], seconds["directlfq"] = directlfq(wide, groups, proteins)
    for name, values in found.items():
        show(name, np.log2(values), species, read.measurements, seconds[name])
    if "directlfq" in found:
        print(f"directlfq / maxlfq: {seconds['directlfq'] / seconds['maxlfq']:.1f} times as long")


def timed(method: Callable[[], rollup.Rolled]) -> tuple[np.ndarray, float]:
    rolled = method()
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        rolled = method()
        seconds.append(time.perf_counter() - start)
    return rolled.values, statistics.median(seconds)


def directlfq(wide: np.ndarray, groups: np.ndarray, proteins: np.ndarray) -> tuple[np.ndarray, float]:
    with tempfile.TemporaryDirectory() as folder:
        given, taken = Path(folder) / "in.parquet", Path(folder) / "out.parquet"
        frame = pd.DataFrame(np.log2(wide), columns=[f"s{i}" for i in range(wide.shape[1])])
        frame.insert(0, "protein", proteins[groups])
        frame.insert(1, "ion", [f"i{i}" for i in range(len(frame))])
        frame = frame.sort_values(["protein", "ion"])
        frame.to_parquet(given)
        command = [os.environ["DIRECTLFQ_PYTHON"], "-c", DIRECTLFQ, str(given), str(taken)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        table = pd.read_parquet(taken).set_index("protein").reindex(proteins)
    values = table[[f"s{i}" for i in range(wide.shape[1])]].to_numpy(dtype=float)
    return np.where(values > 0, values, np.nan), float(done.stdout.split()[-1])


def show(name: str, logs: np.ndarray, species: np.ndarray, runs: tuple[str, ...], seconds: float) -> None:
    sides = [np.array([run.endswith(group) for run in runs]) for group in (A, B)]
    complete = (species == "Homo sapiens") & ~np.isnan(logs).any(axis=1)
    logs = logs - np.median(logs[complete], axis=0)
    means = []
    for side in sides:
        seen = (~np.isnan(logs[:, side])).sum(axis=1)
        means.append(np.where(seen >= 2, np.nansum(logs[:, side], axis=1) / np.maximum(seen, 1), np.nan))
    ratio = means[1] - means[0]
    print(f"{name:18s} {seconds:7.3f} s")
    for organism, truth in TRUTH.items():
        own = ratio[(species == organism) & ~np.isnan(ratio)]
        low, median, high = np.quantile(own, [0.25, 0.5, 0.75])
        print(
            f"  {organism:26s} truth {truth:+.0f}  median {median:+.3f}  IQR {high - low:.3f}  n {len(own)}"
        )


if __name__ == "__main__":
    main()
