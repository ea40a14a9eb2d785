"""In how many measurements of each group a protein was seen, with the other states counted apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.results import Answer, Cell, Result
from secretome.study import State

from ._proteome import Proteome

# Seen: a number, or a signal beyond a limit of quantification. Below the detection limit is not seen.
SEEN = (State.VALUE, State.BELOW_LLOQ, State.ABOVE_RANGE)
_OTHER = {
    "missing": State.MISSING,
    "below_lod": State.BELOW_LOD,
    "below_lloq": State.BELOW_LLOQ,
    "above_range": State.ABOVE_RANGE,
    "measured_zero": State.MEASURED_ZERO,
}


def count(one: Proteome, rows: NDArray[np.bool_]) -> pd.DataFrame:
    """How often each protein was seen among some measurements.

    Parameters
    ----------
    one
        The proteome.
    rows
        (m,) True for the measurements to count.

    Returns
    -------
    A row for each protein: `protein`, `gene`, `detected` of `measured`, `share` (0 to 1),
    `identified` (total intensity above 0) and a count for each other state.
    """
    state = one.state[rows]
    detected = np.isin(state, SEEN).sum(axis=0)
    measured = int(rows.sum())
    counts = {
        "protein": one.proteins.index.astype(str),
        "gene": one.proteins["gene"].to_numpy() if "gene" in one.proteins else "",
        "detected": detected,
        "measured": measured,
        "share": detected / measured if measured else np.nan,
        "identified": np.isfinite(one.signal[rows]).sum(axis=0),
    }
    return pd.DataFrame(counts | {name: (state == code).sum(axis=0) for name, code in _OTHER.items()})


def result(proteomes: Sequence[Proteome]) -> Result:
    """Detection of each protein over all measurements and in each group, as a Result."""
    proteins, groups, summary = [], [], []
    for one in proteomes:
        whole = count(one, np.ones(len(one.samples), dtype=bool))
        proteins.append(whole.assign(assay=one.assay))
        for group in sorted(one.samples["group"].unique()):
            part = count(one, np.asarray(one.samples["group"] == group, dtype=bool))
            part.insert(2, "group", group)
            groups.append(part.assign(assay=one.assay))
        facts = {
            "proteins": len(whole),
            "everywhere": int((whole["share"] == 1).sum()),
            "missing_percent": float(100 * (one.state == State.MISSING).mean()) if one.state.size else np.nan,
        }
        summary.append({"assay": one.assay, **facts})
    cells, sentences = {}, []
    for number, one in enumerate(proteomes):
        for column in ("proteins", "everywhere", "missing_percent"):
            cells[f"{column}{number}"] = Cell("summary", column, {"assay": one.assay})
        sentences.append(
            f"{one.assay}: {{everywhere{number}}} of {{proteins{number}}} proteins were seen in every "
            f"measurement; {{missing_percent{number}}} % of all values are missing."
        )
    return Result(
        stage="define",
        name="detection",
        question="Which proteins were seen, and in how many measurements of each group?",
        answer=Answer(" ".join(sentences), cells),
        tables={
            "groups": pd.concat(groups, ignore_index=True),
            "proteins": pd.concat(proteins, ignore_index=True),
            "summary": pd.DataFrame(summary),
        },
        parameters={
            "detected": [state.name.lower() for state in SEEN],
            "grouped_by": {one.assay: list(one.grouped_by) for one in proteomes},
        },
        notes=(
            "Counts are measurements, not donors.",
            "A protein without a value may be absent or below what the instrument sees; faint ones go first.",
        ),
    )
