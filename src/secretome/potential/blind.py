"""What each process could not be judged by: evidence weight that was not seen, and the assay that would add most."""

from __future__ import annotations

import pandas as pd

COLUMNS = (
    "assay",
    "material",
    "process",
    "direction",
    "reading",
    "factors_known",
    "factors_not_seen",
    "evidence_weight_known",
    "evidence_weight_not_seen",
    "share_not_seen_percent",
    "not_seen",
    "best_assay",
    "best_assay_adds_percent",
    "best_assay_genes",
)
_KEY = ["assay", "material", "process", "direction"]


def by_process(processes: pd.DataFrame, unseen: pd.DataFrame) -> pd.DataFrame:
    """Blind spots of each process and direction.

    Parameters
    ----------
    processes
        Table `processes` of the result.
    unseen
        Table `unseen`; each factor weighs once in a process and direction.

    Returns
    -------
    A row for each process and direction about which anything is known. `share_not_seen_percent` is the share
    of its evidence weight that this assay did not see; `best_assay` the one assay that would see most of it.
    """
    lines = []
    once = unseen[unseen["strongest"].astype(bool)] if len(unseen) else unseen
    for row in processes[processes["factors_known"].astype(float) > 0].to_dict("records"):
        mine = once
        for name in _KEY:
            mine = mine[mine[name] == row[name]]
        known, missed = float(row["evidence_weight_known"]), float(mine["weight"].sum())
        lines.append(
            {
                **{name: row[name] for name in (*_KEY, "reading")},
                "factors_known": int(row["factors_known"]),
                "factors_not_seen": len(mine),
                "evidence_weight_known": known,
                "evidence_weight_not_seen": missed,
                "share_not_seen_percent": 100 * missed / known,
                "not_seen": ", ".join(mine.sort_values(["weight", "gene"], ascending=[False, True])["gene"]),
                **_best(mine, known),
            }
        )
    return pd.DataFrame(lines, columns=list(COLUMNS))


def _best(missed: pd.DataFrame, known: float) -> dict[str, object]:
    """The assay that would see most of what was missed; the first by name among equals."""
    if not len(missed):
        return {"best_assay": "", "best_assay_adds_percent": 0.0, "best_assay_genes": ""}
    gains = missed.groupby("measure_by", sort=True)["weight"].sum()
    best = str(gains.idxmax())
    genes = sorted(set(missed.loc[missed["measure_by"] == best, "gene"]))
    return {
        "best_assay": best,
        "best_assay_adds_percent": 100 * float(gains[best]) / known,
        "best_assay_genes": ", ".join(genes),
    }
