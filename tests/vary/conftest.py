"""A small study made by hand: samples, values, and what `vary` needs of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from secretome.design import Design
from secretome.study import Assay, Study

Build = Callable[..., Study]


@pytest.fixture
def build() -> Build:
    def made(
        values: np.ndarray,
        samples: pd.DataFrame,
        formula: str = "~ 0 + tissue",
        contrasts: Mapping[str, str] | None = None,
        random: tuple[str, ...] = (),
    ) -> Study:
        names = [f"P{i}" for i in range(len(values))]
        var = pd.DataFrame({"gene": names, "masked": False, "contaminant_class": ""}, index=names)
        obs = pd.DataFrame({"sample": samples.index}, index=samples.index.astype(str))
        assay = Assay(
            "proteome",
            "proteome",
            "conditioned_medium",
            AnnData(values.T.copy(), obs=obs, var=var),
            scale="log2",
        )
        design = Design(formula=formula, contrasts=dict(contrasts or {}), random=random)
        return Study("planted", samples, {"proteome": assay}, design)

    return made


def flasks(tissues: str = "AB", donors: int = 6, per_donor: int = 2) -> pd.DataFrame:
    rows = [
        (f"{t}{d}{f}", f"{t}{d}", t, "cp"[f % 2])
        for t in tissues
        for d in range(donors)
        for f in range(per_donor)
    ]
    return pd.DataFrame(rows, columns=["sample", "donor", "tissue", "condition"]).set_index("sample")
