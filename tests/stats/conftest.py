"""Fixtures that read the R reference values for `secretome.stats` (oracle/statistics of the shared data)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest


@dataclass(frozen=True)
class Experiment:
    """600 proteins x 24 samples: three tissues, twelve donors, two conditions, three batches."""

    y: np.ndarray
    design: np.ndarray  # ~ tissue + condition
    cell_means: np.ndarray  # ~ 0 + tissue + condition
    donor: np.ndarray
    batch: np.ndarray


def build_experiment(y: pd.DataFrame, samples: pd.DataFrame) -> Experiment:
    def indicator(column: str, level: str) -> np.ndarray:
        return (samples[column] == level).to_numpy(float)

    others = [indicator("tissue", "AT"), indicator("tissue", "UC"), indicator("condition", "primed")]
    return Experiment(
        y=y.to_numpy(),
        design=np.column_stack([np.ones(len(samples)), *others]),
        cell_means=np.column_stack([indicator("tissue", "BM"), *others]),
        donor=samples["donor"].to_numpy(str),
        batch=samples["batch"].to_numpy(str),
    )


@dataclass(frozen=True)
class Oracle:
    folder: Path

    def expected(self, name: str) -> pd.DataFrame:
        path = self.folder / "expected" / name
        return pd.read_csv(path if path.exists() else path.with_name(path.name + ".gz"), index_col=0)

    def inputs(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / "inputs" / name, index_col=0)

    def experiment(self, kind: str) -> Experiment:
        rows = self.expected(f"limma_{kind}_lmFit.csv").index
        return build_experiment(self.inputs(f"A_{kind}.csv.gz").loc[rows], self.inputs("A_samples.csv.gz"))


@pytest.fixture(scope="session")
def oracle(shared: Path) -> Oracle:
    return Oracle(shared / "oracle" / "statistics")


@pytest.fixture(scope="session")
def experiments(oracle: Oracle) -> dict[str, Experiment]:
    return {kind: oracle.experiment(kind) for kind in ("complete", "missing")}
