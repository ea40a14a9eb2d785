"""Which random terms a study has: its units, the units within what they share, and batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from secretome.design import Design


@dataclass(frozen=True)
class RandomTerms:
    """Labels (m,) of each random term; `left_out`: term to why it cannot be told from others."""

    labels: dict[str, np.ndarray]
    left_out: dict[str, str]


def random_terms(design: Design, samples: pd.DataFrame) -> RandomTerms:
    """The unit, what the design names as random, and the unit within a factor that it spans.

    Parameters
    ----------
    design
        With a unit and random columns.
    samples
        Of the flasks, m rows.

    Notes
    -----
    A donor that gave two tissues has something of its own in each: the term `donor:tissue`. It is added
    for each factor of the formula that varies within some units, where flasks repeat inside.
    """
    names = list(dict.fromkeys([design.unit, *design.random]))
    labels = {name: samples[name].astype(str).to_numpy() for name in names}
    for name in design.variables:
        if pd.api.types.is_numeric_dtype(samples[name]):
            continue
        spans = samples.groupby(design.unit, observed=True)[name].nunique()
        if (spans > 1).any() and (spans == 1).any():
            pair = samples[design.unit].astype(str) + ":" + samples[name].astype(str)
            labels[f"{design.unit}:{name}"] = pair.to_numpy()
    kept: dict[str, np.ndarray] = {}
    left_out: dict[str, str] = {}
    for name, values in labels.items():
        reason = _useless(values, kept)
        if reason:
            left_out[name] = reason
        else:
            kept[name] = values
    return RandomTerms(kept, left_out)


def _useless(values: np.ndarray, kept: dict[str, np.ndarray]) -> str:
    levels = len(set(values))
    if levels == len(values):
        return "every flask has a level of its own, so it cannot be told from the residual"
    if levels < 2:
        return "it has one level"
    for other, seen in kept.items():
        if len(set(zip(values, seen, strict=True))) == levels == len(set(seen)):
            return f"it is the same as {other}"
    return ""
