"""Factors seen and evidence weight seen, in a group of samples or in all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .profile import Profile

KEY = ("process", "direction")
WEIGHTS = (
    "factors_known",
    "factors_seen",
    "evidence_weight_known",
    "evidence_weight_seen",
    "share_seen_percent",
    "factors_seen_in_half_of_donors",
    "evidence_weight_seen_in_half_of_donors",
    "share_seen_in_half_of_donors_percent",
    "evidence_weight_seen_without_leak_prone",
    "evidence_weight_seen_without_serum_prone",
    "factors_seen_with_additives",
    "evidence_weight_seen_with_additives",
    "evidence_weight_not_measurable",
)


def detection(profile: Profile, members: NDArray[np.intp]) -> pd.DataFrame:
    """How often and how high each factor was detected in some samples of a profile.

    Parameters
    ----------
    profile
        What one assay saw.
    members
        Positions of the samples in the profile.

    Returns
    -------
    A row per factor (index gene): `detected`, `measured` (samples), `donors_detected`, `donors_measured`
    (missing when donors are not given), `units_seen` (units in whose undeclared samples the factor was
    detected), `units_detected`, `units_measured`, `declared_additive` (True when a sample of these
    declares it), `median_abundance_rank`, `abundance_percentile`, `proteins_quantified` (median a sample),
    `detected_in` (names of the samples).
    """
    found, declared = profile.detected[:, members], profile.declared[:, members]
    units = _units(profile.unit[members])
    names = np.array([profile.samples[at] for at in members], dtype=object)
    detected_units = ((found.astype(int) @ units) > 0).sum(axis=1)
    table = pd.DataFrame(
        {
            "detected": found.sum(axis=1),
            "measured": len(members),
            "donors_detected": pd.array(detected_units, dtype="Int64"),
            "donors_measured": pd.array([units.shape[1]] * len(found), dtype="Int64"),
            "units_seen": (((found & ~declared).astype(int) @ units) > 0).sum(axis=1),
            "units_detected": detected_units,
            "units_measured": units.shape[1],
            "declared_additive": declared.any(axis=1),
            "median_abundance_rank": _medians(profile.rank[:, members]),
            "abundance_percentile": _medians(profile.percentile[:, members]),
            "proteins_quantified": float(np.median(profile.quantified[members])),
            "detected_in": [", ".join(names[row]) for row in found],
        },
        index=pd.Index(profile.genes, name="gene"),
    )
    if not profile.has_donors:
        for column in ("donors_detected", "donors_measured"):
            table[column] = pd.array([pd.NA] * len(table), dtype="Int64")
    return table


def judged(
    rows: pd.DataFrame, found: pd.DataFrame, *, min_donors: int, count_additives: bool
) -> pd.DataFrame:
    """Evidence rows with detection and the word for what was seen.

    Parameters
    ----------
    rows
        Evidence rows.
    found
        Detection and match of each factor, index gene.

    Returns
    -------
    The rows with the columns of `found`, `status`, and the booleans `seen`, `seen_with_additives`
    and `in_half` (seen in at least half of the units).
    """
    table = rows.join(found, on="gene")
    eligible = (table["kind"] == "protein") & (table["blocked"] == "")
    units = table["units_detected"] if count_additives else table["units_seen"]
    table["seen"] = eligible & (units >= min_donors)
    table["seen_with_additives"] = eligible & (table["units_detected"] >= min_donors)
    table["in_half"] = table["seen"] & (2 * units >= table["units_measured"])
    table["status"] = np.select(
        [
            table["detected"] == 0,
            table["kind"].str.startswith("proxy"),
            table["kind"] != "protein",
            table["blocked"] != "",
            table["seen"],
            table["seen_with_additives"],
        ],
        ["not detected", "proxy", table["kind"], table["blocked"], "seen", "declared additive"],
        default=f"in fewer than {min_donors} donors",
    )
    return table


def totals(table: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """Factors and evidence weight, known and seen, of each process and direction.

    Parameters
    ----------
    table
        What `judged` gave for one profile and one group of samples.
    subjects
        Every process and direction that gets a row, in order.

    Returns
    -------
    A row per process and direction with the columns `WEIGHTS`; `share_seen_percent` is NaN
    where nothing is known. Each factor carries the weight of its strongest row.
    """
    factors = table[table["strongest"]]
    lines = []
    for process, direction in subjects[list(KEY)].itertuples(index=False):
        known = factors[(factors["process"] == process) & (factors["direction"] == direction)]
        lines.append({"process": process, "direction": direction, **_sums(known)})
    return pd.DataFrame(lines, columns=[*KEY, *WEIGHTS])


def _sums(known: pd.DataFrame) -> dict[str, float]:
    weight, seen = known["weight"], known["seen"]
    of_all = float(weight.sum())
    of_seen = float(weight[seen].sum())
    in_half = float(weight[known["in_half"]].sum())
    return {
        "factors_known": len(known),
        "factors_seen": int(seen.sum()),
        "evidence_weight_known": of_all,
        "evidence_weight_seen": of_seen,
        "share_seen_percent": 100 * of_seen / of_all if of_all else float("nan"),
        "share_seen_in_half_of_donors_percent": 100 * in_half / of_all if of_all else float("nan"),
        "factors_seen_in_half_of_donors": int(known["in_half"].sum()),
        "evidence_weight_seen_in_half_of_donors": in_half,
        "evidence_weight_seen_without_leak_prone": float(weight[seen & ~known["leak_prone"]].sum()),
        "evidence_weight_seen_without_serum_prone": float(weight[seen & ~known["serum_prone"]].sum()),
        "factors_seen_with_additives": int(known["seen_with_additives"].sum()),
        "evidence_weight_seen_with_additives": float(weight[known["seen_with_additives"]].sum()),
        "evidence_weight_not_measurable": float(weight[known["kind"] != "protein"].sum()),
    }


def group_members(profile: Profile) -> list[tuple[str, NDArray[np.intp]]]:
    """Sample groups of a profile in alphabetical order, with the positions of their samples."""
    labels: Sequence[str] = sorted(set(profile.group.tolist()))
    return [(label, np.flatnonzero(profile.group == label)) for label in labels]


def _units(names: NDArray[np.str_]) -> NDArray[np.int_]:
    """(samples, units) 1 where the sample belongs to the unit."""
    distinct = np.unique(names)
    return np.asarray(names[:, None] == distinct[None, :], dtype=int)


def _medians(values: NDArray[np.float64]) -> NDArray[np.float64]:
    medians = np.full(len(values), np.nan)
    some = np.isfinite(values).any(axis=1)
    if some.any():
        medians[some] = np.nanmedian(values[some], axis=1)
    return medians
