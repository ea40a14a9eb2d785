"""miRNA of the media: reads or copies, what serum may have brought, and copies per particle."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from secretome.knowledge import table
from secretome.results import Answer, Cell, Method, Result
from secretome.stats.ratio import ratio
from secretome.study import Assay

from ._knowledge import sources

# MIQE: an efficiency of 90 to 110 % is a slope of -3.6 to -3.1
EFFICIENCY = (90.0, 110.0)
FEWEST_STANDARDS = 3


def measured(assay: Assay, particles: pd.DataFrame | None) -> pd.DataFrame:
    """One row a sample and miRNA.

    Parameters
    ----------
    assay
        Of kind mirna: reads, or Cq with or without standards.
    particles
        Samples of `particles.counts`, for copies per particle.

    Returns
    -------
    DataFrame with `reads`, `reads_per_million`, `cq`, `copies_per_ml`, their error, `copies_per_particle` with its
    95 % interval, `state`, `serum`.

    Notes
    -----
    Reads give shares, never copies. Copies come from a line through standards of known quantity on the same plate.
    """
    rows = assay.tidy
    mine = rows[rows["kind"] == "sample"]
    if mine.empty:
        return pd.DataFrame()
    frame = _reads(mine) if (mine["unit"] == "read count").any() else _copies(rows, mine)
    named = {
        _plain(name): meaning
        for name, meaning in zip(*(table("serum_mirna").frame[c] for c in ("mirna", "meaning")), strict=True)
    }
    frame["serum"] = [named.get(_plain(str(name)), "") for name in frame["target"]]
    frame["assay"] = assay.name
    per = [_per_particle(row, particles) for row in frame.to_dict("records")]
    for i, name in enumerate(("copies_per_particle", "copies_lower", "copies_upper")):
        frame[name] = [one[i] for one in per]
    return frame


def standards(assay: Assay) -> pd.DataFrame:
    """The standard line of each target: slope, efficiency, R squared; empty without standards."""
    rows = assay.tidy
    known = rows[(rows["kind"] == "standard") & (rows["expected"] > 0) & np.isfinite(rows["value"])]
    lines = []
    for target, one in known.groupby("target", sort=False):
        if one["expected"].nunique() < FEWEST_STANDARDS:
            continue
        x, y = np.log10(one["expected"].to_numpy(dtype=float)), one["value"].to_numpy(dtype=float)
        slope, intercept = np.polyfit(x, y, 1)
        residual = y - slope * x - intercept
        efficiency = 100 * (10 ** (-1 / slope) - 1) if slope < 0 else np.nan
        sd = float(np.sqrt((residual**2).sum() / max(len(x) - 2, 1)))
        r2 = 1 - float((residual**2).sum() / ((y - y.mean()) ** 2).sum())
        usable = bool(EFFICIENCY[0] <= efficiency <= EFFICIENCY[1])
        status = (
            ""
            if usable
            else "Cq rises with the quantity: standards reversed?"
            if not slope < 0
            else "efficiency outside 90-110 %"
        )
        lines.append({"assay": assay.name, "target": target, "slope": float(slope), "intercept": float(intercept),
                      "efficiency_percent": efficiency, "r2": r2, "residual_cq": sd, "usable": usable, "status": status})  # fmt: skip
    columns = [
        "assay",
        "target",
        "slope",
        "intercept",
        "efficiency_percent",
        "r2",
        "residual_cq",
        "usable",
        "status",
    ]
    return pd.DataFrame(lines, columns=columns)


def result(assays: list[Assay], tables: list[pd.DataFrame]) -> Result:
    """The result `define.mirna`."""
    found = pd.concat(tables, ignore_index=True)
    lines = pd.concat([standards(assay) for assay in assays], ignore_index=True)
    seen = found[found["state"] == "seen"]
    summary = pd.DataFrame(
        {
            "targets": [int(seen["target"].nunique())],
            "samples": [int(found["sample"].nunique())],
            "serum": [int(seen.loc[seen["serum"] != "", "target"].nunique())],
            "with_copies": [int(found["copies_per_ml"].notna().sum())],
            "with_particles": [int(found["copies_per_particle"].notna().sum())],
        }
    )
    template = "{targets} miRNA were seen in {samples} samples; {serum} of them are known from serum, platelets or red cells."
    names = ["targets", "samples", "serum"]
    if summary["with_particles"].iloc[0]:
        template += " {with_particles} values are given as copies per particle."
        names.append("with_particles")
    lacks = []
    if found["copies_per_ml"].isna().all():
        lacks.append(
            "Copies of a miRNA: qPCR with standards of known quantity would give them; reads and Cq alone do not."
        )
    elif found["copies_per_particle"].isna().all():
        lacks.append("Copies per particle: a particle count of the same samples would give them.")
    doubts = [f"{row.target}: {row.status}, so no copies." for row in lines.itertuples() if row.status]
    return Result(
        stage="define",
        name="mirna",
        question="Which miRNA are in the medium, and what may serum have brought?",
        answer=Answer(template, {name: Cell("summary", name) for name in names}),
        tables={"summary": summary, "values": found, **({"standards": lines} if len(lines) else {})},
        parameters={"efficiency_percent": list(EFFICIENCY), "fewest_standards": FEWEST_STANDARDS},
        sources=sources("serum_mirna"),
        notes=(
            "Bovine and human miRNA mostly share their sequence: serum cannot be told from cells by the reads.",
            "Copies per particle assume that every copy sits in a counted particle; protein and lipoprotein carry miRNA too.",
            *doubts,
        ),
        lacks=tuple(lacks),
        methods=(Method("Standard curves of qPCR were judged after MIQE.", ("10.1373/clinchem.2008.112797",)),),
    )  # fmt: skip


def _reads(mine: pd.DataFrame) -> pd.DataFrame:
    total = mine.groupby("sample")["value"].transform("sum")
    return pd.DataFrame(
        {
            "sample": mine["sample"],
            "target": mine["target"],
            "reads": mine["value"],
            "reads_per_million": 1e6 * mine["value"] / total.where(total > 0),
            "cq": np.nan,
            "copies_per_ml": np.nan,
            "copies_error": np.nan,
            "state": np.where(
                mine["value"] > 0, "seen", np.where(mine["value"] == 0, "zero reads", "no value")
            ),
        }
    ).reset_index(drop=True)


def _copies(rows: pd.DataFrame, mine: pd.DataFrame) -> pd.DataFrame:
    """Mean Cq of the wells; copies from the line of the target, error of wells and line together."""
    assay = Assay("qpcr", "mirna", "conditioned_medium", table=rows)
    lines = standards(assay).set_index("target")
    found = []
    for (sample, target), wells in mine.groupby(["sample", "target"], sort=False):
        cq = wells["value"].dropna()
        copies = error = np.nan
        if len(cq) and target in lines.index and bool(lines.loc[target, "usable"]):
            line = lines.loc[target]
            copies = 10 ** ((float(cq.mean()) - line["intercept"]) / line["slope"])
            spread = line["residual_cq"] / np.sqrt(len(cq))
            error = copies * np.log(10) * spread / abs(line["slope"])
        state = "seen" if len(cq) else "not amplified"
        found.append({"sample": sample, "target": target, "reads": np.nan, "reads_per_million": np.nan,
                      "cq": float(cq.mean()) if len(cq) else np.nan, "copies_per_ml": copies, "copies_error": error,
                      "state": state})  # fmt: skip
    return pd.DataFrame(found)


def _per_particle(row: dict[str, object], particles: pd.DataFrame | None) -> tuple[float, float, float]:
    if particles is None or not np.isfinite(float(row["copies_per_ml"])):  # type: ignore[arg-type]
        return np.nan, np.nan, np.nan
    mine = particles[particles["sample"] == row["sample"]]
    if mine.empty:
        return np.nan, np.nan, np.nan
    found = ratio(float(row["copies_per_ml"]), float(row["copies_error"]),  # type: ignore[arg-type]
                  float(mine["particles_per_ml"].iloc[0]), float(mine["standard_error"].iloc[0]))  # fmt: skip
    return found.value, found.lower, found.upper


def _plain(name: str) -> str:
    return re.sub(r"^[a-z]{3}-(?=mir|let)", "", name.strip().lower())
