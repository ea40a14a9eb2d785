"""Spike-ins with known truth, at the defaults: what one side never shows, and the minimum effect."""

from __future__ import annotations

import numpy as np
import pandas as pd

from secretome.plan import VaryOptions
from secretome.vary import compare


def _samples(left: list[str], right: list[str]) -> pd.DataFrame:
    names = [*left, *right]
    tissue = ["left"] * len(left) + ["right"] * len(right)
    return pd.DataFrame({"donor": names, "tissue": tissue}, index=pd.Index(names, name="sample"))


CONTRAST = {"spiked": "tissue[left] - tissue[right]"}


def test_proteins_wholly_missing_on_one_side_are_found(shared, build):
    """Ramus: 31 of 48 spiked proteins are never seen at 0.5 fmol; eight yeast rows are 3/3 against 0/3 too."""
    folder = shared / "data" / "spikein-ups1-ramus"
    table = pd.read_csv(folder / "yeast_ups1_50_vs_0p5fmol.csv", index_col=0)
    names = ["A1", "A2", "A3", "B1", "B2", "B3"]
    y = np.log2(table[names].replace(0, np.nan).to_numpy())
    y = y - np.nanmedian(y, axis=0) + 20
    effects = compare(build(y, _samples(names[:3], names[3:]), contrasts=CONTRAST), VaryOptions()).tables[
        "effects"
    ]
    row = effects["protein"].str[1:].astype(int)
    spiked = table.index.str.contains("ups")[row]
    empty = (effects["donors_left"] == 0) | (effects["donors_right"] == 0)
    assert (spiked & empty).sum() == 31
    hits = effects["fdr_minimum_effect"] <= 0.05
    curved = effects["method"] == "detection curves"
    assert (hits & spiked & empty).sum() >= 29
    assert (hits & curved & ~spiked).sum() <= 0.05 * (hits & curved).sum()
    assert (hits & spiked).sum() >= 40
    print(f"found {(hits & spiked).sum()} of 48, false {(hits & ~spiked).sum()}")


def test_the_minimum_effect_calls_what_treat_calls(shared, build):
    folder = shared / "data" / "spikein-ups1-giai-gianetto-25v10"
    table = pd.read_csv(folder / "LFQRatio25.csv")
    names = [f"{side}.R{number}" for side in "AB" for number in (1, 2, 3)]
    values = table[names].to_numpy(float)
    samples = _samples(names[:3], names[3:])
    effects = compare(build(values, samples, contrasts=CONTRAST), VaryOptions()).tables["effects"]
    human = table["Organism"].str.lower().to_numpy()[effects["protein"].str[1:].astype(int)] == "human"
    hits = (effects["fdr_minimum_effect"] <= 0.05).to_numpy()
    print(f"found {(hits & human).sum()}, false {(hits & ~human).sum()}")
    assert (hits & human).sum() >= 39
    assert (hits & ~human).sum() <= 2
