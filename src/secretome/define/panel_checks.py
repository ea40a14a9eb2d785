"""Checks of an immunoassay beside its curves: dilution linearity, hook effect, spike recovery, controls, blanks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from secretome.study import State

from .calibration import Plates

# ICH M10, ligand-binding assays: dilution-corrected concentrations within 20 % of each other; recovery 80 to 120 %.
LINEAR_WITHIN = 20.0
# A diluted well that gives this much more than the undiluted one shows a hook or a matrix effect.
HOOK_RATIO = 1.0
# A medium without cells that holds more than this share of what the cells gave explains it.
BLANK_SHARE = 1 / 3
COLUMNS = ("check", "plate", "sample", "analyte", "found", "expected", "passed", "note")


def checks(found: Plates, blanks: frozenset[str]) -> pd.DataFrame:
    """A row a check: dilution linearity, hook, spike recovery, recovery of controls, medium blanks.

    Parameters
    ----------
    found
        Curves and wells.
    blanks
        Samples that are media without cells.

    Returns
    -------
    DataFrame with `check`, `plate`, `sample`, `analyte`, `found`, `expected` (percent, or as the note says),
    `passed`, `note`.
    """
    wells = found.wells[found.wells["used"]].assign(
        undiluted=lambda frame: frame["concentration"] * frame["dilution"].fillna(1.0)
    )
    rows = [*_dilutions(wells), *_spikes(wells), *_controls(wells), *_medium_blanks(wells, blanks)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def parallel(checked: pd.DataFrame) -> dict[str, str]:
    """Analyte to `yes`, `no` or `not shown`: whether dilution-corrected concentrations agree.

    `yes` when at least three quarters of the samples with two dilutions in range pass and none shows a hook.
    """
    linear = checked[checked["check"] == "dilution linearity"]
    hooks = set(checked.loc[checked["check"] == "hook effect", "analyte"])
    told = {str(name): "no" for name in hooks}
    for analyte, mine in linear.groupby("analyte"):
        told[str(analyte)] = "yes" if mine["passed"].mean() >= 0.75 and analyte not in hooks else "no"
    return told


def _dilutions(wells: pd.DataFrame) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    mine = wells[(wells["kind"] == "sample") & wells["dilution"].notna()]
    for (plate, sample, analyte), one in mine.groupby(["plate", "sample", "analyte"], sort=False):
        means = one.groupby("dilution").agg(
            undiluted=("undiluted", lambda values: float(np.exp(np.log(values).mean()))),
            signal=("signal", "mean"),
            inside=("state", lambda states: bool((states == State.VALUE).all())),
        )
        if len(means) < 2:
            continue
        rising = not bool(one.get("falling", pd.Series([False])).iloc[0])
        least, most = means.iloc[0], means.iloc[-1]
        if (most["signal"] > HOOK_RATIO * least["signal"]) == rising and most["signal"] != least["signal"]:
            seen = bool((one["state"] != State.BELOW_LOD).all())
            if seen:
                note = (
                    "the more diluted well gives more signal: analyte far above the range, or a matrix effect"
                )
                ratio = 100 * float(most["signal"] / least["signal"])
                rows.append(("hook effect", plate, sample, analyte, ratio, np.nan, False, note))
        inside = means[means["inside"]]
        if len(inside) >= 2:
            percent = 100 * float(inside["undiluted"].iloc[-1] / inside["undiluted"].iloc[0])
            note = f"dilution {inside.index[-1]:g} against {inside.index[0]:g}"
            passed = abs(percent - 100) <= LINEAR_WITHIN
            rows.append(("dilution linearity", plate, sample, analyte, percent, 100.0, passed, note))
    return rows


def _spikes(wells: pd.DataFrame) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    spiked = wells[(wells["kind"] == "spike") & (wells["spike"] > 0)]
    plain = wells[(wells["kind"] == "sample") & (wells["state"] != State.ABOVE_RANGE)]
    base = plain.fillna({"undiluted": 0.0}).groupby(["plate", "sample", "analyte"])["undiluted"].mean()
    for (plate, sample, analyte), one in spiked.groupby(["plate", "sample", "analyte"], sort=False):
        before = float(base.get((plate, sample, analyte), np.nan))
        percent = 100 * float((one["undiluted"].mean() - before) / one["spike"].mean())
        note = (
            f"added {one['spike'].mean():g}" if np.isfinite(percent) else "no value with or without the spike"
        )
        rows.append(
            ("spike recovery", plate, sample, analyte, percent, 100.0, abs(percent - 100) <= 20, note)
        )
    return rows


def _controls(wells: pd.DataFrame) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    known = wells[(wells["kind"] == "control") & (wells["expected"] > 0)]
    for (plate, sample, analyte), one in known.groupby(["plate", "sample", "analyte"], sort=False):
        percent = 100 * float((one["undiluted"] / one["expected"]).mean())
        note = "" if np.isfinite(percent) else "outside the curve"
        rows.append(("control", plate, sample, analyte, percent, 100.0, abs(percent - 100) <= 20, note))
    return rows


def _medium_blanks(wells: pd.DataFrame, blanks: frozenset[str]) -> list[tuple[object, ...]]:
    """Media without cells in which an analyte was seen, against the median of the samples."""
    rows: list[tuple[object, ...]] = []
    mine = wells[(wells["kind"] == "sample") & (wells["state"] == State.VALUE)]
    for analyte, one in mine.groupby("analyte", sort=False):
        empty = one["sample"].isin(blanks)
        if not empty.any():
            continue
        usual = float(one.loc[~empty, "undiluted"].median())
        for (plate, sample), blank in one[empty].groupby(["plate", "sample"], sort=False):
            share = 100 * float(blank["undiluted"].mean()) / usual if usual > 0 else np.inf
            note = "percent of the median sample: a medium without cells holds this analyte"
            rows.append(
                ("medium blank", plate, sample, analyte, share, 0.0, share <= 100 * BLANK_SHARE, note)
            )
    return rows
