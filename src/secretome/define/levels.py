"""Values of all panels in one table, whoever computed them, and the means of groups with limits kept as limits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from secretome.stats.censored import group_means
from secretome.study import Assay, State, Study

from .analytes import genes
from .calibration import Plates, sample_values

# Words of the states, as tables and the page show them.
STATE_WORDS: Mapping[int, str] = {
    State.VALUE: "in range",
    State.MISSING: "no value",
    State.BELOW_LOD: "below LOD",
    State.BELOW_LLOQ: "below LLOQ",
    State.ABOVE_RANGE: "above range",
    State.MEASURED_ZERO: "zero",
}
ABSOLUTE = ("/mL", "/L")
_COLUMNS = ["assay", "material", "plate", "sample", "analyte", "gene", "form", "unit", "value", "lower", "upper",
            "state", "limit", "wells", "dilutions", "note", "concentrated", "calibrated_here"]  # fmt: skip


def values_of(assay: Assay, found: Plates | None) -> pd.DataFrame:
    """One row a sample and analyte of a panel.

    Parameters
    ----------
    assay
        A panel as `read` made it.
    found
        Its curves; None when the maker's program computed the values.
    """
    table = assay.tidy
    first = table.drop_duplicates("analyte").set_index("analyte")
    values = sample_values(found) if found is not None else _given(table)
    named = genes(table.drop_duplicates("analyte")).set_axis(first.index)
    return values.assign(
        assay=assay.name,
        material=assay.material,
        gene=values["analyte"].map(named),
        form=values["analyte"].map(first["form"]),
        concentrated=str(table["concentrated"].iloc[0]),
        calibrated_here=found is not None,
    )[_COLUMNS]


def _given(table: pd.DataFrame) -> pd.DataFrame:
    mine = table[table["kind"] == "sample"]
    state = mine["state"].to_numpy()
    low = np.isin(state, [State.BELOW_LOD, State.BELOW_LLOQ])
    return pd.DataFrame(
        {
            "plate": mine["plate"],
            "sample": mine["sample"],
            "analyte": mine["analyte"],
            "unit": mine["unit"],
            "value": mine["value"],
            "lower": np.nan,
            "upper": np.nan,
            "state": state,
            "limit": np.where(low | (state == State.ABOVE_RANGE), mine["lod"], np.nan),
            "wells": 1,
            "dilutions": mine["dilution"].map(lambda one: "" if pd.isna(one) else f"{one:g}"),
            "note": mine["qc"],
        }
    ).reset_index(drop=True)


def group_table(values: pd.DataFrame, study: Study, grouped_by: list[str]) -> pd.DataFrame:
    """Geometric mean of each analyte and group of donors, 95 % interval, limits kept as limits.

    Notes
    -----
    Unit of replication: the donor where the sample table names one. Flasks of a donor are averaged (log2); when
    one of them is only a limit, so is the donor.
    """
    sheet = study.samples.reindex(values["sample"])
    frame = values.assign(
        group=_joined(sheet, grouped_by).to_numpy(),
        unit_of=(sheet["donor"] if "donor" in sheet else sheet.index.to_series()).astype(str).to_numpy(),
    )
    frame = frame[frame["unit"].str.endswith(ABSOLUTE) & (frame["state"] != State.MISSING)]
    rows = []
    for (assay, analyte, unit), mine in frame.groupby(["assay", "analyte", "unit"], sort=False):
        low, high = _bounds(mine)
        known = pd.DataFrame({"group": mine["group"], "of": mine["unit_of"], "low": low, "high": high})
        known = known[np.isfinite(known["low"]) | np.isfinite(known["high"])]
        donors = known.groupby(["group", "of"], sort=False).mean().reset_index()
        if donors.empty:
            continue
        means = group_means(donors["low"].to_numpy(), donors["high"].to_numpy(), donors["group"].to_numpy())
        for i, group in enumerate(means.group):
            rows.append(
                {
                    "assay": assay,
                    "analyte": analyte,
                    "gene": mine["gene"].iloc[0],
                    "group": str(group),
                    "unit": unit,
                    "geometric_mean": 2 ** float(means.mean[i]),
                    "lower": 2 ** float(means.lower[i]),
                    "upper": 2 ** float(means.upper[i]),
                    "donors": int(means.n[i]),
                    "donors_beyond_a_limit": int(means.n_censored[i]),
                    "note": means.status[i],
                }
            )
    columns = ["assay", "analyte", "gene", "group", "unit", "geometric_mean", "lower", "upper", "donors",
               "donors_beyond_a_limit", "note"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _bounds(mine: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """What is known of each value, log2: a number in range, else a bound on one side."""
    with np.errstate(divide="ignore"):
        number = np.log2(mine["value"].to_numpy(dtype=float))
        limit = np.log2(mine["limit"].to_numpy(dtype=float))
    state = mine["state"].to_numpy()
    below, above = np.isin(state, [State.BELOW_LOD, State.BELOW_LLOQ]), state == State.ABOVE_RANGE
    low = np.where(below, -np.inf, np.where(above, np.where(np.isnan(limit), -np.inf, limit), number))
    high = np.where(above, np.inf, np.where(below, np.where(np.isnan(limit), np.inf, limit), number))
    return np.nan_to_num(low, nan=-np.inf, neginf=-np.inf), np.nan_to_num(high, nan=np.inf, posinf=np.inf)


def _joined(sheet: pd.DataFrame, columns: list[str]) -> pd.Series:
    present = [name for name in columns if name in sheet]
    if not present:
        return pd.Series("all samples", index=sheet.index)
    parts = sheet[present].astype(object).where(sheet[present].notna(), "not given")
    return parts.astype(str).agg(" · ".join, axis=1)
