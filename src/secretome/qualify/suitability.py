"""Suitability of each plate: what an assay must show before its potency counts, by limits of its user."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .potency_fits import own_curves
from .potency_options import PotencyOptions


def suitability_of(frame: pd.DataFrame, plates: pd.DataFrame, options: PotencyOptions) -> pd.DataFrame:
    """Values of every suitability criterion on each plate, judged where the user gave limits.

    Parameters
    ----------
    frame
        Wells, transformed as they were fitted, with `plate`.
    plates
        Potency of each plate and preparation, with its limits.

    Returns
    -------
    A row a plate, preparation and criterion: value, limits, verdict `pass`, `fail` or none.

    Notes
    -----
    `replicate_cv_percent`: root mean square of the CVs of replicates; `r_squared`: of the preparation's own fit;
    `response_ratio`: largest over smallest mean response; `doses`: how many; `interval_width_percent`: upper over lower
    limit of the potency, less 1; `reference_midpoint` and `reference_slope`: of the reference's own curve.

    Examples
    --------
    >>> from secretome.qualify import PotencyOptions
    >>> wells = pd.DataFrame({"plate": "1", "preparation": "R", "dose": [1, 1, 2, 2.0], "response": [1, 1.1, 2, 2.1]})
    >>> plates = pd.DataFrame({"plate": ["1"], "preparation": ["T"], "lower": [0.9], "upper": [1.1]})
    >>> found = suitability_of(wells, plates, PotencyOptions("R", model="parallel line"))
    >>> found["criterion"].tolist()
    ['replicate_cv_percent', 'response_ratio', 'doses', 'r_squared', 'interval_width_percent']
    """
    rows: list[tuple[str, str, str, float]] = []
    for (plate, name), wells in frame.groupby(["plate", "preparation"], sort=True):
        rows += [(str(plate), str(name), *one) for one in _of_wells(wells)]
    rows += _of_curves(frame, options) if options.model != "parallel line" else _of_lines(frame)
    rows += [
        (str(row.plate), str(row.preparation), "interval_width_percent", 100 * float(row.upper / row.lower - 1) if row.lower > 0 else np.inf)
        for row in plates.itertuples()
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["plate", "preparation", "criterion", "value"])
    limits = {name: (low, high) for name, low, high in options.criteria}
    table["lowest"] = [limits.get(name, (np.nan, np.nan))[0] for name in table["criterion"]]
    table["highest"] = [limits.get(name, (np.nan, np.nan))[1] for name in table["criterion"]]
    outside = (table["value"] < table["lowest"]) | (table["value"] > table["highest"]) | table["value"].isna()
    judged = table["criterion"].isin(limits)
    table["verdict"] = np.where(judged, np.where(outside, "fail", "pass"), "")
    return table


def _of_wells(wells: pd.DataFrame) -> list[tuple[str, float]]:
    groups = wells.groupby("dose")["response"]
    means, spread = groups.mean(), groups.std()
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = (spread / means.abs()).replace([np.inf], np.nan).dropna()
        ratio = float(means.max() / means.min()) if means.min() > 0 else np.nan
    rms = float(100 * np.sqrt((cv**2).mean())) if len(cv) else np.nan
    return [("replicate_cv_percent", rms), ("response_ratio", ratio), ("doses", float(len(means)))]


def _of_curves(frame: pd.DataFrame, options: PotencyOptions) -> list[tuple[str, str, str, float]]:
    found, fitted = own_curves(frame, options)
    rows = []
    for i, label in enumerate(found.group.astype(str)):
        plate, name = label.split("\t")
        mine = (frame["plate"].astype(str) == plate) & (frame["preparation"].astype(str) == name)
        rows.append((plate, name, "r_squared", _r_squared(frame.loc[mine, "response"], fitted[mine])))
        if name == options.reference:
            parameters = dict(zip(found.names, found.parameters[i], strict=True))
            rows.append((plate, name, "reference_midpoint", float(parameters["e"])))
            rows.append((plate, name, "reference_slope", float(parameters["b"])))
    return rows


def _of_lines(frame: pd.DataFrame) -> list[tuple[str, str, str, float]]:
    rows = []
    for (plate, name), wells in frame.groupby(["plate", "preparation"], sort=True):
        x, y = np.log(wells["dose"].to_numpy(float)), wells["response"]
        fitted = np.polyval(np.polyfit(x, y.to_numpy(float), 1), x)
        rows.append((str(plate), str(name), "r_squared", _r_squared(y, pd.Series(fitted, index=y.index))))
    return rows


def _r_squared(response: pd.Series, fitted: pd.Series) -> float:
    total = float(((response - response.mean()) ** 2).sum())
    return 1 - float(((response - fitted) ** 2).sum()) / total if total > 0 else np.nan
