"""Planted studies for the tests of potential: proteomes, panels, sample tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from anndata import AnnData

from secretome.parallel import here
from secretome.plan import PotentialOptions as Options
from secretome.potential import run
from secretome.results import Result
from secretome.study import Assay, Material, Scale, State, Study

NAN = float("nan")
ACCESSIONS = {
    "VEGFA": "P15692",
    "CCL2": "P13500",
    "IL6": "P05231",
    "FLT1": "P17948",
    "KDR": "P35968",
    "HGF": "P14210",
    "TGFB1": "P01137",
    "FGF2": "P09038",
    "PTGS2": "P35354",
    "TYMP": "P19971",
    "IDO1": "P14902",
    "THBS1": "P07996",
    "LGALS1": "P09382",
    "FN1": "P02751",
    "TIMP1": "P01033",
    "MMP2": "P08253",
    "IL1RN": "P18510",
    "ANG": "P03950",
    "MIF": "P14174",
}


def proteome(
    intensity: Mapping[str, Sequence[float]],
    samples: Sequence[str],
    *,
    var: Mapping[str, Sequence[object]] | None = None,
    name: str = "proteome",
    material: Material = "conditioned_medium",
    scale: Scale = "linear",
) -> Assay:
    """An assay with a gene per column; NaN where nothing was detected."""
    values = np.array(list(intensity.values()), dtype=float).T
    columns = {
        "gene": list(intensity),
        "organism": ["Homo sapiens"] * len(intensity),
        "protein_group": [ACCESSIONS.get(gene, gene) for gene in intensity],
        "tagged_contaminant": [False] * len(intensity),
        "peptides": [5] * len(intensity),
        **(var or {}),
    }
    data = AnnData(
        values,
        obs=pd.DataFrame({"sample": list(samples)}, index=[f"run {i}" for i in range(len(samples))]),
        var=pd.DataFrame(columns, index=[ACCESSIONS.get(gene, gene) for gene in intensity]),
    )
    state = np.where(np.isnan(values), int(State.MISSING), int(State.VALUE))
    data.layers["state"] = state.astype(np.int8)
    return Assay(name, "proteome", material, data, scale=scale)


def study(samples: pd.DataFrame, *assays: Assay, organism: str = "Homo sapiens") -> Study:
    """A study of these assays."""
    made = Study("planted", samples, organism=organism)
    for assay in assays:
        made = made.with_assay(assay)
    return made


def flasks(donors: Sequence[str], **columns: Sequence[object]) -> pd.DataFrame:
    """A sample table s0, s1, … with a donor each."""
    index = pd.Index([f"s{i}" for i in range(len(donors))], name="sample")
    return pd.DataFrame({"donor": list(donors), **columns}, index=index)


def judge(made: Study, results: Mapping[str, Result] | None = None, **options: object) -> Result:
    """The result that scores the processes."""
    return every(made, results, **options)["potential.processes"]


def every(made: Study, results: Mapping[str, Result] | None = None, **options: object) -> dict[str, Result]:
    """All results of the stage by key; few draws, for speed."""
    chosen = Options(**{"draws": 100, **options})  # type: ignore[arg-type]
    _, found = run(made, results or {}, chosen, seed=1, map=here)
    return {result.key: result for result in found}


def line(result: Result, process: str, direction: str, material: str = "conditioned_medium") -> pd.Series:
    """One row of `processes`."""
    table = result.tables["processes"]
    rows = table[
        (table["process"] == process) & (table["direction"] == direction) & (table["material"] == material)
    ]
    assert len(rows) == 1
    return rows.iloc[0]


def random_study(seed: int, donors: int = 6) -> tuple[pd.DataFrame, Assay]:
    generator = np.random.default_rng(seed)
    genes = ["VEGFA", "IL6", "HGF", "FGF2", "THBS1", "TIMP1", "MMP2", "A", "B", "C"]
    values = np.exp2(generator.normal(20, 3, (donors * 2, len(genes))))
    values[generator.random(values.shape) < 0.4] = np.nan
    names = [f"s{i}" for i in range(donors * 2)]
    tissues = ["bone"] * donors + ["fat"] * donors
    samples = flasks([f"D{i % donors}" for i in range(donors * 2)], tissue=tissues)
    return samples, proteome(dict(zip(genes, values.T, strict=True)), names)


def panel(
    amounts: Mapping[str, Sequence[float]],
    samples: Sequence[str],
    *,
    unit: str = "pg/mL",
    form: Mapping[str, str] | None = None,
    material: Material = "conditioned_medium",
) -> Assay:
    """An immunoassay with an analyte per column; NaN where there is no number."""
    var = pd.DataFrame(
        {"unit": unit, "form": [(form or {}).get(name, "") for name in amounts]}, index=list(amounts)
    )
    data = AnnData(
        np.array(list(amounts.values()), dtype=float).T,
        obs=pd.DataFrame({"sample": list(samples)}, index=[f"well {i}" for i in range(len(samples))]),
        var=var,
    )
    return Assay("elisa", "panel", material, data)
