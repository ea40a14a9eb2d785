"""One weight for each flask: less for one whose values stray from the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.design import Design
from secretome.errors import NotEstimable
from secretome.stats import linear
from secretome.study import Assay

from .units import Sides

COLUMNS = ["assay", "model", "sample", "measurement", "donor", "weight"]
WEAK = 0.5  # of the typical flask: below it a flask is named


@dataclass(frozen=True)
class FlaskWeights:
    """Weights (m,) with geometric mean 1, the model that gave them, or `reason` why there are none."""

    weights: NDArray[np.float64] | None
    model: str
    reason: str = ""

    def table(self, assay: Assay, samples: pd.DataFrame, unit: str) -> pd.DataFrame:
        """A row a flask, the weakest first."""
        if self.weights is None:
            return pd.DataFrame(columns=COLUMNS)
        names = assay.matrix.obs["sample"].astype(str).reindex(samples.index.astype(str)).to_numpy()
        rows = pd.DataFrame(
            {
                "assay": assay.name,
                "model": self.model,
                "sample": names,
                "donor": samples[unit].astype(str).to_numpy(),
            }
        ).assign(weight=self.weights)
        rows["measurement"] = samples.index.astype(str)
        return rows[COLUMNS].sort_values(["weight", "measurement"], ignore_index=True)


NO_WEIGHTS = FlaskWeights(None, "")


def flask_weights(
    values: NDArray[np.float64], design: Design, samples: pd.DataFrame, sides: Sides
) -> FlaskWeights:
    """Relative precision of each flask, from how far its proteins lie from the model.

    Parameters
    ----------
    values
        (n proteins, m flasks) log2, contaminants left out.
    design, samples, sides
        Of the contrast: flasks compared within donors are judged beside the other flasks of their donor,
        flasks compared between donors beside the other donors.

    Notes
    -----
    `stats.linear.array_weights` (limma's `arrayWeights`) on the formula, with donor means where the contrast
    is paired. A donor that differs from the others of its group weighs less in the same way.
    """
    matrix = design.matrix(samples).values
    model = design.formula
    if sides.strategy == "paired within donor":
        codes, donors = pd.factorize(samples[design.unit].astype(str))
        matrix = np.hstack([np.eye(len(donors))[codes], matrix])
        model = f"{design.formula} + {design.unit}"
    try:
        return FlaskWeights(linear.array_weights(values, matrix), model)
    except NotEstimable as error:
        return FlaskWeights(None, model, f"array_weights: {error}")


def weak_notes(table: pd.DataFrame | None) -> tuple[str, ...]:
    """The flasks that count for less than half of a typical one; nothing where none were weighted."""
    notes: list[str] = []
    if table is None:
        return ()
    for (assay, model), rows in table.groupby(["assay", "model"], sort=False):
        weak = rows[rows["weight"] < WEAK]
        named = ", ".join(f"{row.sample} ({row.weight:.2f})" for row in weak.itertuples())
        notes.append(
            f"Flasks of {assay} were weighted by how well they follow {model}: "
            + (f"{named} count for less than half of a typical flask" if named else "none is weak")
            + "; the donor stays the unit, and the detection curves use no weights."
        )
    return tuple(notes)
