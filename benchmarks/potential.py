"""Times the whole stage `potential`: 200 samples x 3,000 proteins, 10 processes, 1,000 draws.

    PYTHONPATH=src python benchmarks/potential.py

The target is 10 s for scores and comparisons together; the time is wall clock of one thread.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import time

import numpy as np
import pandas as pd
from anndata import AnnData

from secretome.parallel import here
from secretome.plan import PotentialOptions
from secretome.potential import run
from secretome.potential.evidence import evidence
from secretome.study import Assay, Study

SAMPLES, PROTEINS, DONORS, TISSUES, DRAWS = 200, 3_000, 40, 6, 1_000


def main() -> None:
    made = study()
    options = PotentialOptions(unverified=True, draws=DRAWS)
    start = time.perf_counter()
    _, results = run(made, {}, options, seed=1, map=here)
    seconds = time.perf_counter() - start
    scores = results[0].tables["scores"]
    print(
        f"potential: {SAMPLES} samples x {PROTEINS} proteins, {scores['process'].nunique()} processes, {DRAWS} draws: "
        f"{seconds:.2f} s for {len(results)} results, {sum(len(t) for r in results for t in r.tables.values())} rows"
    )


def study() -> Study:
    """A study of that size; 60 % of the values are missing, every known factor is among the proteins."""
    generator = np.random.default_rng(20261124)
    known = evidence(unverified=True).accessions
    genes = [*known, *(f"G{i}" for i in range(PROTEINS - len(known)))]
    values = np.exp2(generator.normal(20, 3, (SAMPLES, PROTEINS)))
    values[generator.random(values.shape) < 0.6] = np.nan
    samples = pd.DataFrame(
        {
            "donor": [f"D{i % DONORS}" for i in range(SAMPLES)],
            "tissue": [f"t{i % TISSUES}" for i in range(SAMPLES)],
        },
        index=[f"s{i}" for i in range(SAMPLES)],
    )
    data = AnnData(
        values,
        obs=pd.DataFrame({"sample": samples.index}, index=samples.index),
        var=pd.DataFrame({"gene": genes}, index=genes),
    )
    return Study("benchmark", samples).with_assay(Assay("proteome", "proteome", "conditioned_medium", data))


if __name__ == "__main__":
    main()
