"""How well the immunoassay and the particle count found what was planted."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from secretome.results import Result

CLOSE_FOLD = 1.3  # a concentration further off than 30 % counts as missed
CONCENTRATIONS = "Concentrations in range within 30 % of the truth"
CONCENTRATION_INTERVALS = "95 % intervals that hold the true concentration"
BELOW = "Concentrations below the detection limit that got no number in range"
PARTICLE_INTERVALS = "95 % intervals that hold the true particle count"


def assay_rows(results: Mapping[str, Result], truth: Mapping[str, pd.DataFrame]) -> list[dict[str, object]]:
    """Rows of the table `recovery`: question, planted, recovered, false, note; none without those results."""
    rows: list[dict[str, object]] = []
    panel = results.get("define.immunoassay")
    if panel is not None and "panel" in truth:
        rows += _concentrations(panel.tables["values"], truth["panel"])
    counted = results.get("define.particles")
    if counted is not None and "particles" in truth:
        rows.append(_particles(counted.tables["samples"], truth["particles"]))
    return rows


def _concentrations(values: pd.DataFrame, truth: pd.DataFrame) -> list[dict[str, object]]:
    both = values.merge(truth, on=["sample", "analyte"])
    seen = both[both["state"] == "in range"]
    fold = seen["value"] / seen["pg_ml"]
    close = fold.between(1 / CLOSE_FOLD, CLOSE_FOLD)
    held = seen["pg_ml"].between(seen["lower"], seen["upper"])
    low = both[both["below_lod"].astype(bool)]
    kept = low["state"] != "in range"
    return [
        _row(CONCENTRATIONS, close, "immunoassay"),
        _row(CONCENTRATION_INTERVALS, held, "immunoassay"),
        _row(BELOW, kept, "truth below the limit at the smaller dilution"),
    ]


def _particles(samples: pd.DataFrame, truth: pd.DataFrame) -> dict[str, object]:
    both = samples.merge(truth, on="sample", suffixes=("", "_true"))
    held = both["particles_per_ml_true"].between(both["lower"], both["upper"])
    return _row(PARTICLE_INTERVALS, held, "less the blank")


def _row(question: str, right: pd.Series, note: str) -> dict[str, object]:
    counts = {"planted": len(right), "recovered": int(right.sum()), "false": int((~right).sum())}
    return {"question": question, **counts, "note": note}
