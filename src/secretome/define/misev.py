"""What was shown of the vesicles and what was not, as a list after MISEV."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from secretome.knowledge import table
from secretome.study import Assay, Study

_CLASSES = {
    "transmembrane": "a transmembrane or GPI-anchored protein",
    "cytosolic": "a cytosolic protein recovered in vesicles",
    "co-isolated": "co-isolated non-EV components",
    "other compartment": "proteins of other compartments",
}


def shown(study: Study, found: pd.DataFrame, assays: Sequence[Assay]) -> pd.DataFrame:
    """One row a point of the list: shown, looked for and not seen, or not tested.

    Parameters
    ----------
    study
        With its proteomes of vesicles or medium and its sample table.
    found
        Of `particles.counts`.
    assays
        The particle assays.
    """
    runs = pd.concat([assay.tidy for assay in assays], ignore_index=True)
    sizes = found[["mode_nm", "median_nm", "mean_nm"]].notna().any(axis=None)
    detergent = found["detergent_loss_percent"].notna().any()
    rows = [
        (
            "number of particles with an error",
            "shown" if found["standard_error"].notna().any() else "not tested",
            "",
        ),
        ("size of the particles", "shown" if sizes else "not tested", ""),
        (
            "a blank without cells, subtracted",
            "shown" if (runs["kind"] == "blank").any() else "not tested",
            "",
        ),
        ("loss on detergent", "shown" if detergent else "not tested", ""),
        (
            "particles per microgram protein",
            "shown" if found["particles_per_ug"].notna().any() else "not tested",
            "",
        ),
        ("isolation method reported", "shown" if _given(study, "ev_isolation") else "not reported", ""),
        (
            "single particles by a second method (electron microscopy, single-EV flow)",
            "not tested",
            "no format for images",
        ),
        *_markers(study),
    ]
    return pd.DataFrame(rows, columns=["point", "status", "detail"])


def _given(study: Study, name: str) -> bool:
    return name in study.samples and bool(study.samples[name].notna().any())


def _markers(study: Study) -> list[tuple[str, str, str]]:
    """Marker classes in a proteome of vesicles; in whole medium they tell nothing of vesicles."""
    proteomes = study.select(kind="proteome", material="vesicles")
    markers = table("ev_markers").frame
    if not proteomes:
        why = "no proteome of a vesicle preparation"
        return [(words, "not tested", why) for words in _CLASSES.values()]
    seen: set[str] = set()
    for assay in proteomes:
        data = assay.matrix
        if "gene" in data.var:
            present = np.isfinite(np.asarray(data.X, dtype=float)).any(axis=0)
            seen |= {gene for name in data.var["gene"][present].astype(str) for gene in name.split(";")}
    rows = []
    for kind, words in _CLASSES.items():
        hits = [gene for gene in markers.loc[markers["category"] == kind, "gene"] if gene in seen]
        against = kind in {"co-isolated", "other compartment"}
        status = ("seen: not pure" if against else "shown") if hits else "looked for, not seen"
        rows.append((words, status, ", ".join(hits)))
    return rows
