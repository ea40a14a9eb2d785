"""Planted media for every rule of `define`, and the six-niche media in the form of an Assay."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from secretome.define import run
from secretome.design import Design
from secretome.parallel import here
from secretome.plan import DefineOptions as Options
from secretome.results import Result
from secretome.study import Assay, State, Study

HUMAN = "Homo sapiens"


class Bench:
    """Small studies from a matrix of intensities, and the stage run on them."""

    @staticmethod
    def study(
        intensity: Sequence[Sequence[float]],
        *,
        genes: Sequence[str] = (),
        samples: pd.DataFrame | None = None,
        var: Mapping[str, Sequence[object]] | None = None,
        organism: str = HUMAN,
        **assay: object,
    ) -> Study:
        values = np.array(intensity, dtype=float)
        names = [f"s{number}" for number in range(values.shape[0])]
        if samples is None:
            samples = pd.DataFrame({"donor": names, "tissue": "bone marrow"}, index=names)
        proteins = pd.DataFrame(
            {"gene": list(genes) or [f"GENE{number}" for number in range(values.shape[1])]},
            index=[f"P{number:05d}" for number in range(values.shape[1])],
        )
        proteins["organism"] = HUMAN
        proteins["tagged_contaminant"] = False
        proteins["unit"] = "intensity"
        for column, content in (var or {}).items():
            if column == "accession":
                proteins.index = list(content)
            else:
                proteins[column] = list(content)
        obs = pd.DataFrame({"sample": list(samples.index), "note": ""}, index=list(samples.index))
        data = AnnData(values, obs=obs, var=proteins)
        data.layers["state"] = np.where(np.isnan(values), State.MISSING, State.VALUE).astype(np.int8)
        one = Assay("proteome", "proteome", "conditioned_medium", data, **assay)  # type: ignore[arg-type]
        return Study("bench", samples, {"proteome": one}, organism=organism)

    @staticmethod
    def run(study: Study, options: Options | None = None) -> tuple[Study, dict[str, Result]]:
        defined, results = run(study, {}, options or Options(), seed=1, map=here)
        return defined, {one.name: one for one in results}


@pytest.fixture(scope="session")
def bench() -> Bench:
    return Bench()


@pytest.fixture
def media(bench: Bench) -> Callable[..., Study]:
    """Eight alike media of two tissues, 40 proteins; keywords go to `Bench.study`."""

    def make(**change: object) -> Study:
        draw = np.random.default_rng(
            11
        )  # a draw without an outlier; one in three has one, as a test below shows
        level = draw.normal(20, 2, size=40)
        log2 = level + draw.normal(0, 0.3, size=(8, 40))
        names = [f"m{number}" for number in range(8)]
        samples = pd.DataFrame(
            {
                "donor": [f"D{number}" for number in range(8)],
                "tissue": ["adipose"] * 4 + ["cord"] * 4,
                "condition": "control",
            },
            index=names,
        )
        return bench.study(np.exp2(log2).tolist(), samples=samples, **change)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def six_niches(shared: Path) -> Study:
    """The six-niche media as a Study, read here without the package's reader."""
    folder = shared / "data" / "msc-six-niches-lobov"
    table = pd.read_csv(folder / "combined_protein_secr_fragpipe.tsv.gz", sep="\t")
    sheet = pd.read_excel(folder / "fact_secr.xlsx").set_index("Sample")
    samples = pd.DataFrame(
        {
            "material": "conditioned_medium",
            "donor": sheet["Cluster"] + " " + sheet["Donor"].astype(str),
            "tissue": sheet["Cell_type"],
            "origin": sheet["Cluster"],
            "condition": sheet["Differentiation"],
        }
    )
    columns = {
        name: next(c for c in (f"{name} MaxLFQ Intensity", f"{name} MaxLFQ remove Intensity") if c in table)
        for name in samples.index
    }
    maxlfq = table[list(columns.values())].to_numpy(float).T
    intensity = table[[f"{name} Intensity" for name in samples.index]].to_numpy(float).T
    maxlfq, intensity = (np.where(values > 0, values, np.nan) for values in (maxlfq, intensity))
    others = table["Indistinguishable Proteins"].fillna("")
    var = pd.DataFrame(
        {
            "gene": table["Gene"].fillna("").to_numpy(),
            "entry_name": table["Entry Name"].fillna("").to_numpy(),
            # as the search wrote it, with the taxon id: the rules must not depend on the reader
            "organism": table["Organism"].fillna("").to_numpy(),
            "description": table["Description"].fillna("").to_numpy(),
            "protein_group": (table["Protein"] + ";" + others.str.replace(", ", ";")).to_numpy(),
            "tagged_contaminant": table["Protein"].str.startswith("contam_").to_numpy(),
            "peptides": table["Combined Total Peptides"].to_numpy(),
            "unit": "intensity",
        },
        index=table["Protein ID"].to_numpy(),
    )
    notes = ["column is named 'remove'" if "remove" in column else "" for column in columns.values()]
    obs = pd.DataFrame({"sample": list(columns), "note": notes}, index=list(columns))
    data = AnnData(maxlfq, obs=obs, var=var)
    data.layers["intensity"] = intensity
    data.layers["state"] = np.where(np.isnan(maxlfq), State.MISSING, State.VALUE).astype(np.int8)
    return Study(
        "Six mesenchymal niches",
        samples,
        {"proteome": Assay("proteome", "proteome", "conditioned_medium", data)},
        design=Design(formula="~ 0 + tissue + condition", random=("donor",)),
    )


@pytest.fixture(scope="session")
def defined(six_niches: Study, bench: Bench) -> tuple[Study, dict[str, Result]]:
    return bench.run(six_niches)
