"""Several measurements of one sample: fractions are summed, technical replicates averaged or kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from anndata import AnnData
from numpy.typing import NDArray

from secretome.errors import Problem
from secretome.study import Assay, State

from .runs import Run, Sheet

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Combined:
    """An assay after its measurements were combined, and the steps done."""

    assay: Assay
    steps: tuple[str, ...] = ()


def combine(assay: Assay, runs: Sequence[Run], *, replicate: Literal["collapse", "model"]) -> Combined:
    """An assay whose measurements know their sample, with fractions and replicates combined.

    Fractions of one sample and replicate are summed on the linear scale: what one fraction
    lacks, another may hold. Technical replicates are then averaged on the log2 scale over
    those that have a number (`"collapse"`), or kept (`"model"`).

    Parameters
    ----------
    assay
        As its reader made it.
    runs
        One for each measurement of the assay, in their order; empty leaves the assay as it is.
    replicate
        `"collapse"` or `"model"`.

    Returns
    -------
    Combined
        After a combination `layers["measured"]` counts the measurements behind each number
        and `obs["measurements"]` those that there were; nothing is imputed: a number that
        no measurement has stays missing.
    """
    if not runs:
        return Combined(assay)
    data = assay.matrix.copy()
    data.obs["sample"] = [run.sample for run in runs]
    for name in dict.fromkeys(name for run in runs for name in run.facts):
        data.obs[name] = [run.facts.get(name, "") for run in runs]
    if len({run.sample for run in runs}) == len(runs):
        return Combined(replace(assay, data=data))
    data.obs["replicate"] = [run.replicate for run in runs]
    steps = []
    fractions = {run.fraction for run in runs if run.fraction}
    keys = [(run.sample, run.replicate) for run in runs]
    if len(fractions) > 1:
        before = data.n_obs
        names = list(data.obs_names)
        data = _grouped(data, keys, assay.scale, sums=True)
        assay = _with_rows(assay, names, keys, data, sums=True)
        keys = [(str(s), str(r)) for s, r in zip(data.obs["sample"], data.obs["replicate"], strict=True)]
        steps.append(f"{before} fractions summed on the linear scale into {data.n_obs} measurements")
    if replicate == "collapse" and len({sample for sample, _ in keys}) < len(keys):
        before = data.n_obs
        names, keys = list(data.obs_names), [(sample, "") for sample, _ in keys]
        data = _grouped(data, keys, assay.scale, sums=False)
        assay = _with_rows(assay, names, keys, data, sums=False)
        steps.append(f"{before} technical replicates averaged (mean of log2) into {data.n_obs} samples")
    elif len({sample for sample, _ in keys}) < len(keys):
        steps.append(f"{data.n_obs} technical replicates kept (replicate = model)")
    return Combined(replace(assay, data=data), tuple(steps))


def measured_twice(file: str, measurements: Sequence[str], sheet: Sheet) -> list[Problem]:
    """Problems of a file that holds a run or fraction twice, or a sample as a whole and run by run."""
    problems = []
    owner: dict[int, str] = {}
    whole: dict[str, str] = {}
    by_run: dict[str, str] = {}
    for name in measurements:
        run = sheet.run(name)
        if run is None:
            continue
        if run in sheet.runs:
            position = sheet.runs.index(run)
            if position in owner:
                found = f"{owner[position]!r} and {name!r} are the same run of sample {run.sample!r}"
                problems.append(Problem(file, found, "each run once", "Delete one column.", column=name))
            owner[position] = name
            by_run[run.sample] = name
        else:
            whole[run.sample] = name
    problems += [
        Problem(
            file,
            f"sample {sample!r} is measured as a whole ({name!r}) and run by run ({by_run[sample]!r})",
            "one or the other",
            "Delete the columns of one kind.",
            column=name,
        )
        for sample, name in whole.items()
        if sample in by_run
    ]
    known = [run for name in measurements for run in [sheet.run(name)] if run is not None]
    return problems or _doubled_fractions(file, known)


def _grouped(data: AnnData, keys: Sequence[tuple[str, str]], scale: str, *, sums: bool) -> AnnData:
    """One row for each key, in the order in which they first appear."""
    order = list(dict.fromkeys(keys))
    rows = [np.array([i for i, key in enumerate(keys) if key == wanted]) for wanted in order]
    values = np.asarray(data.X, dtype=float)
    state = np.asarray(data.layers["state"])
    parts = [_combined(values[r], state[r], scale, sums=sums) for r in rows]
    obs = pd.DataFrame([_described(data.obs.iloc[r], key) for r, key in zip(rows, order, strict=True)])
    obs.index = pd.Index(_row_names(data, rows, order), dtype=object)
    combined = AnnData(np.stack([value for value, _ in parts]), obs=obs, var=data.var.copy())
    combined.layers["state"] = np.stack([found for _, found in parts]).astype(np.int8)
    for name, layer in data.layers.items():
        if name not in {"state", "measured"}:
            # further quantities are linear: intensities and counts
            combined.layers[name] = np.stack([_linear(np.asarray(layer)[r], sums=sums) for r in rows])
    before = data.layers["measured"] if "measured" in data.layers else ~np.isnan(values)
    combined.layers["measured"] = np.stack([np.asarray(before)[r].sum(axis=0) for r in rows]).astype(np.int16)
    return combined


def _combined(
    values: Floats, state: NDArray[np.int8], scale: str, *, sums: bool
) -> tuple[Floats, NDArray[np.int8]]:
    """Values (k, p) and states of one group as one row.

    Numbers in range count first; where there is none, numbers that keep a flag (below LLOQ,
    above range) are combined and keep it. Without any number the state is the common one, and
    missing where the measurements differ in why.
    """
    if len(values) == 1:
        # a single measurement keeps its number to the last bit
        return values[0].copy(), state[0].copy()
    valid = np.where(state == State.VALUE, values, np.nan)
    flagged: NDArray[np.bool_] = np.asarray(np.isnan(valid).all(axis=0))
    chosen = np.where(flagged, values, valid)
    log2 = chosen if scale == "log2" else _log2(chosen)
    if sums:
        result = _log2(_sum(np.exp2(log2)))
    else:
        result = _mean(log2)
    low, high = state.min(axis=0), state.max(axis=0)
    common = np.where(low == high, low, np.int8(State.MISSING)).astype(np.int8)
    number = ~np.isnan(result)
    found = np.where(number & ~flagged, np.int8(State.VALUE), common).astype(np.int8)
    # numbers under different flags are no number that we could stand for
    unclear = flagged & number & (low != high)
    result = np.where(unclear, np.nan, result)
    return (result if scale == "log2" else np.exp2(result)), found


def _with_rows(
    assay: Assay, names: Sequence[str], keys: Sequence[tuple[str, str]], data: AnnData, *, sums: bool
) -> Assay:
    """The assay with its precursors combined as its matrix was, so that they name its measurements."""
    if not isinstance(assay.table, pd.DataFrame) or "precursor" not in assay.table:
        return assay
    order = dict(zip(dict.fromkeys(keys), data.obs_names, strict=True))
    renamed = {name: order[key] for name, key in zip(names, keys, strict=True)}
    rows = assay.table.assign(sample=assay.table["sample"].astype(str).map(renamed).astype("category"))
    if not sums:
        rows["intensity"] = _log2(rows["intensity"].to_numpy(dtype=float))
    how = dict.fromkeys(rows.columns, "first") | {
        "intensity": "sum" if sums else "mean",
        "n": "sum",
        "q_value": "min",
    }
    group = ["sample", "protein", "precursor"]
    joined = rows.groupby(group, sort=False, observed=True, as_index=False).agg(
        {name: kind for name, kind in how.items() if name in rows and name not in group}
    )
    if not sums:
        single = rows.groupby(group, sort=False, observed=True).size().to_numpy() == 1
        first = (
            assay.table["intensity"]
            .groupby([rows[name] for name in group], sort=False, observed=True)
            .first()
        )
        joined["intensity"] = np.where(single, first.to_numpy(), np.exp2(joined["intensity"]))
    return replace(assay, table=joined[list(assay.table.columns)])


def _linear(layer: Floats, *, sums: bool) -> Floats:
    return _sum(layer) if sums else _mean(layer)


def _log2(values: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        logs: Floats = np.log2(values)
    logs[~np.isfinite(logs)] = np.nan
    return logs


def _sum(values: Floats) -> Floats:
    total: Floats = np.nansum(values, axis=0)
    total[np.isnan(values).all(axis=0)] = np.nan
    return total


def _mean(values: Floats) -> Floats:
    count = (~np.isnan(values)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Floats = np.nansum(values, axis=0) / count
    mean[count == 0] = np.nan
    return mean


def _described(obs: pd.DataFrame, key: tuple[str, str]) -> dict[str, object]:
    """The facts of one combined measurement: those that its parts agree in, and how many there were."""
    facts: dict[str, object] = {}
    for name in obs.columns:
        known = list(dict.fromkeys(obs[name]))
        facts[name] = known[0] if len(known) == 1 else "; ".join(str(value) for value in known if value != "")
    earlier = obs["measurements"].sum() if "measurements" in obs else len(obs)
    return {**facts, "sample": key[0], "replicate": key[1], "measurements": int(earlier)}


def _row_names(
    data: AnnData, rows: Sequence[NDArray[np.intp]], order: Sequence[tuple[str, str]]
) -> list[str]:
    """A single measurement keeps its name, several take that of their sample (and replicate)."""
    samples = [sample for sample, _ in order]
    names = []
    for found, (sample, replicate) in zip(rows, order, strict=True):
        if samples.count(sample) == 1:
            names.append(sample)
        else:
            names.append(
                str(data.obs_names[found[0]]) if len(found) == 1 else f"{sample} {replicate}".strip()
            )
    return names


def _doubled_fractions(file: str, runs: Sequence[Run]) -> list[Problem]:
    """A sum over fractions would count a fraction twice that is measured twice under one replicate."""
    if len({run.fraction for run in runs if run.fraction}) < 2:
        return []
    seen: set[tuple[str, str, str]] = set()
    doubled: dict[tuple[str, str, str], None] = {}
    for run in runs:
        key = (run.sample, run.replicate, run.fraction)
        if key in seen:
            doubled[key] = None
        seen.add(key)
    return [
        Problem(
            file,
            f"fraction {fraction or '(empty)'} of sample {sample!r}, replicate {replicate or '(empty)'}, "
            "is measured more than once",
            "each fraction of a replicate once, because fractions are summed",
            "Give each repeat its own replicate label in the sample sheet.",
        )
        for sample, replicate, fraction in doubled
    ]
