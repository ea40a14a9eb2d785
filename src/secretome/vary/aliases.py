"""Which properties of the samples go together, so that none of them alone can be held responsible."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from secretome.design import Design
from secretome.study import Study

from .mixed import kept_flasks

# what most often goes together in this field, beside the variables of the formula
WATCHED = (
    "tissue", "origin", "condition", "batch", "laboratory", "collection_medium", "expansion_medium", "age_years", "sex",
    "passage", "disease", "load", "hours",
)  # fmt: skip
DEPTH_SHARE = 0.5  # of the variance of log depth between flasks, from which depth goes with a factor
COLUMNS = ["one", "other", "association", "how"]


def aliases(design: Design, samples: pd.DataFrame) -> pd.DataFrame:
    """Pairs of columns of the sample table that cannot be told apart, or hardly.

    Parameters
    ----------
    design, samples
        Of the flasks.

    Returns
    -------
    Table with `one`, `other`, `association` (0-1: the share of one that follows from the other, donors
    weighing the same) and `how` ("aliased": no donor tells them apart; "confounded": 0.8 and more).
    """
    watched = [
        name
        for name in dict.fromkeys([*design.variables, *WATCHED])
        if name in samples
        and name != design.unit
        and samples[name].notna().all()
        and len(set(samples[name])) > 1
    ]
    rows = []
    for one, other in combinations(watched, 2):
        if one not in design.variables and other not in design.variables:
            continue
        cells = samples[[design.unit, one, other]].drop_duplicates()
        association = max(_explained(cells[one], cells[other]), _explained(cells[other], cells[one]))
        if association >= 0.8:
            rows.append((one, other, association, "aliased" if association > 1 - 1e-9 else "confounded"))
    return pd.DataFrame(rows, columns=COLUMNS)


def depth(study: Study, design: Design) -> pd.DataFrame:
    """For each variable of the formula, how far identification depth goes with it.

    Returns
    -------
    Table with `assay`, `term`, `share_of_depth` (of the variance of log2 proteins per flask), the level with
    `fewest` and with `most` proteins and their medians.
    """
    rows = []
    for assay in study.select(kind="proteome"):
        if assay.material not in {"conditioned_medium", "vesicles"}:
            continue
        samples, values, masked = kept_flasks(assay, study)
        counts = (~np.isnan(values[~masked])).sum(axis=0).astype(float)
        log_counts = pd.Series(np.log2(np.maximum(counts, 1.0)), index=samples.index)
        for term in design.variables:
            if pd.api.types.is_numeric_dtype(samples[term]):
                continue
            medians = pd.Series(counts, index=samples.index).groupby(samples[term].astype(str)).median()
            low, high = str(medians.idxmin()), str(medians.idxmax())
            share = _explained(log_counts, samples[term].astype(str))
            rows.append((assay.name, term, share, low, float(medians[low]), high, float(medians[high])))
    columns = ["assay", "term", "share_of_depth", "fewest", "fewest_proteins", "most", "most_proteins"]
    return pd.DataFrame(rows, columns=columns)


def _explained(response: pd.Series, by: pd.Series) -> float:
    """Share of a column that follows from another: R squared of numbers, Goodman-Kruskal tau of words."""
    if pd.api.types.is_numeric_dtype(response):
        if pd.api.types.is_numeric_dtype(by):
            return float(np.corrcoef(response.astype(float), by.astype(float))[0, 1] ** 2)
        values = response.astype(float)
        total = float(((values - values.mean()) ** 2).sum())
        within = float(((values - values.groupby(by).transform("mean")) ** 2).sum())
        groups = len(set(by))
        return 0.0 if total <= 0 or groups >= len(values) else 1 - within / total
    if pd.api.types.is_numeric_dtype(by):
        return 0.0  # the other direction answers
    shares = pd.crosstab(by.astype(str), response.astype(str), normalize="all").to_numpy()
    marginal = shares.sum(axis=0)
    spread = 1 - float((marginal**2).sum())
    conditional = float((shares**2 / shares.sum(axis=1, keepdims=True)).sum())
    return (conditional - float((marginal**2).sum())) / spread if spread > 0 else 0.0
