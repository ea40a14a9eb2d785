"""Measurements as plain tables: a row an analyte, a column a measurement, states beside values."""

from __future__ import annotations

import numpy as np
import pandas as pd

from secretome.study import Assay, State, Study

from .names import file_names


def frames(study: Study) -> dict[str, pd.DataFrame]:
    """Name of a file (without ending) to its table.

    `samples`; of each assay `<assay>.values` (annotations of the analyte, then one column a
    measurement, on the scale of the assay), `<assay>.states` (why a cell has no number, in
    words), `<assay>.measurements` (measurement to sample) and, where there is one,
    `<assay>.table`.
    """
    found = {"samples": study.samples.rename_axis("sample").reset_index()}
    names = file_names(study.assays)
    for name, assay in study.assays.items():
        if assay.data is not None:
            found[f"{names[name]}.values"] = _wide(assay, np.asarray(assay.matrix.X, dtype=float))
            if "state" in assay.matrix.layers:
                found[f"{names[name]}.states"] = _wide(assay, _words(assay))
            obs = assay.matrix.obs.rename_axis("measurement").reset_index()
            found[f"{names[name]}.measurements"] = obs
        if assay.table is not None:
            found[f"{names[name]}.table"] = assay.tidy
    return found


def _wide(assay: Assay, cells: np.ndarray) -> pd.DataFrame:
    data = assay.matrix
    annotations = data.var.assign(scale=assay.scale).rename_axis("analyte").reset_index()
    taken = set(annotations.columns)
    columns = [f"{name} (measurement)" if name in taken else str(name) for name in data.obs_names]
    return pd.concat([annotations, pd.DataFrame(cells.T, columns=columns)], axis=1)


def _words(assay: Assay) -> np.ndarray:
    words = {int(state): state.name.lower().replace("_", " ") for state in State}
    codes = np.asarray(assay.matrix.layers["state"])
    return np.array([[words[int(code)] for code in row] for row in codes], dtype=object).reshape(codes.shape)
