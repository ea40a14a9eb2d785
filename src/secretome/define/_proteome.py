"""One proteome assay as `define` sees it: samples, proteins, total signal, log2 values, states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.errors import UnitMismatch
from secretome.study import Assay, State, Study, samples_of

MATERIALS = ("conditioned_medium", "vesicles")
# Factors of the sample table that the results carry when they are there, in this order.
FACTORS = ("donor", "tissue", "origin", "condition")


@dataclass(frozen=True)
class Proteome:
    """Measurements (m) by proteins (n) of one assay, with labels.

    Parameters
    ----------
    assay
        Name of the assay.
    samples
        Row a measurement (index = its name): columns of the sample table, `sample`, `group`, `note`.
    proteins
        Row a protein (index = leading accession): the columns of `var`, later with the flags.
    signal
        (m, n) total intensity, linear, NaN where there is none.
    log2
        (m, n) log2 quantity, NaN where there is none.
    state
        (m, n) codes of `study.State`.
    grouped_by
        Columns of the sample table that make `group`.
    """

    assay: str
    samples: pd.DataFrame
    proteins: pd.DataFrame
    signal: NDArray[np.float64]
    log2: NDArray[np.float64]
    state: NDArray[np.int8]
    grouped_by: tuple[str, ...]

    @property
    def masked(self) -> NDArray[np.bool_]:
        """(n,) True for proteins that tests leave out."""
        return np.asarray(self.proteins["masked"], dtype=bool)

    @property
    def total(self) -> NDArray[np.float64]:
        """(m,) total signal of each measurement, NaN when it has none."""
        total = np.nansum(self.signal, axis=1)
        return np.where(total > 0, total, np.nan)

    @property
    def percent(self) -> NDArray[np.float64]:
        """(m, n) each protein's percent of the total signal; 0 where unseen, NaN in an empty row."""
        return np.asarray(100 * np.nan_to_num(self.signal) / self.total[:, None])

    @property
    def factors(self) -> tuple[str, ...]:
        """Columns of the sample table worth carrying: donor, tissue, origin, condition, the design's."""
        wanted = dict.fromkeys((*FACTORS, *self.grouped_by))
        return tuple(name for name in wanted if name in self.samples.columns)

    def with_log2(self, values: NDArray[np.float64]) -> Proteome:
        """This proteome with other log2 values."""
        return replace(self, log2=values)

    def with_proteins(self, columns: pd.DataFrame) -> Proteome:
        """This proteome with these columns added to the proteins."""
        kept = self.proteins.drop(columns=columns.columns, errors="ignore")
        return replace(self, proteins=pd.concat([kept, columns], axis=1))


def proteome_of(assay: Assay, study: Study) -> Proteome:
    """What `define` needs of one proteome assay.

    Raises
    ------
    UnitMismatch
        If an assay declared linear holds negative or infinite values.
    """
    data = assay.matrix
    values = np.asarray(data.X, dtype=float)
    log2 = values.copy() if assay.scale == "log2" else _log2(values, assay.name)
    if "intensity" in data.layers:
        signal = np.asarray(data.layers["intensity"], dtype=float)
    else:
        signal = np.exp2(values) if assay.scale == "log2" else values
    signal = np.where(signal > 0, signal, np.nan)
    if "state" in data.layers:
        state = np.asarray(data.layers["state"], dtype=np.int8)
    else:
        state = np.where(np.isfinite(log2), State.VALUE, State.MISSING).astype(np.int8)
    samples = samples_of(assay, study.samples)
    samples["sample"] = data.obs["sample"].astype(str)
    samples["note"] = data.obs["note"].fillna("").astype(str) if "note" in data.obs else ""
    grouped_by = _grouping(study, samples)
    samples["group"] = _labels(samples, grouped_by)
    return Proteome(assay.name, samples, data.var.copy(), signal, log2, state, grouped_by)


def _log2(values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    if np.isinf(values).any() or (values[np.isfinite(values)] < 0).any():
        raise UnitMismatch(
            f"assay {name!r} is declared linear but holds negative or infinite values; "
            "expected intensities of 0 or more. If the export is already log2, declare scale = 'log2'"
        )
    return np.asarray(np.log2(np.where(values > 0, values, np.nan)))


def _grouping(study: Study, samples: pd.DataFrame) -> tuple[str, ...]:
    """Factors of the formula (no unit, block or number), else tissue and condition; material if mixed."""
    columns: Sequence[str] = ()
    if study.design is not None:
        blocks = {study.design.unit, *study.design.random}
        columns = [
            name
            for name in study.design.variables
            if name in samples.columns and name not in blocks and not _is_number(samples[name])
        ]
    if not columns:
        columns = [name for name in ("tissue", "condition") if name in samples.columns]
    if "material" in samples.columns and len(samples["material"].dropna().unique()) > 1:
        columns = ["material", *columns]
    return tuple(dict.fromkeys(columns))


def _is_number(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column)) and not pd.api.types.is_bool_dtype(column)


def _labels(samples: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    if not columns:
        return pd.Series("all samples", index=samples.index)
    parts = samples[list(columns)].astype(object).where(samples[list(columns)].notna(), "not given")
    return parts.astype(str).agg(" · ".join, axis=1)
