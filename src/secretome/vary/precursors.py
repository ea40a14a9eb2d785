"""A contrast tested from precursors: proteins quantified by the detection curve, the uncertain count less."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from secretome.design import Design
from secretome.errors import NotEstimable
from secretome.plan import VaryOptions
from secretome.stats import detection, linear

from .fitting import Fitted, Question, answered, fit_donors
from .units import Units, donor_values


@dataclass(frozen=True)
class _Precursors:
    """Log2 intensities (n, m) of the precursors of tested proteins; `protein` (n,) is a row of the matrix."""

    values: NDArray[np.float64]
    protein: NDArray[np.intp]


def fit_contrast(
    question: Question, design: Design, options: VaryOptions, tested: NDArray[np.bool_]
) -> tuple[Fitted, str]:
    """The moderated test of the rows in `tested`, from precursors where that is wanted and possible.

    Parameters
    ----------
    question, design, options
        Of the contrast.
    tested
        (n,) proteins that are no contaminants.

    Returns
    -------
    The test, and why it was made on the protein table although precursors were asked for (empty if it was not).
    """
    if options.precursors and not question.reason:
        try:
            return _from_precursors(question, design, options, tested), ""
        except NotEstimable as error:
            return fit_donors(question, design, options, tested), str(error)
    return fit_donors(question, design, options, tested), ""


def _from_precursors(
    question: Question, design: Design, options: VaryOptions, tested: NDArray[np.bool_]
) -> Fitted:
    """The donor stays the unit: precursors are brought to one value a donor and level before anything else."""
    shown = tested & (~np.isnan(question.values)).any(axis=1)
    precursors = _levelled(question, _precursors_of(question, shown))
    units = donor_values(precursors.values, design, question.samples, question.expression)
    seen = (~np.isnan(units.values)).any(axis=1)
    values, protein = units.values[seen], precursors.protein[seen]
    paired = question.sides.strategy == "paired within donor"
    if units.blocks is not None and not paired:
        raise NotEstimable("some donors stand on both sides and others do not; precursors cannot be blocked")
    matrix, contrast = _with_donors(units) if paired else (units.design, units.contrast)
    if values.shape[1] <= np.linalg.matrix_rank(matrix):
        raise NotEstimable("there are no more values than coefficients")
    curve = detection.fit_curve(values)
    if curve.slope <= 0:
        raise NotEstimable(
            f"the detection of precursors does not rise with their intensity (slope {curve.slope:.2g})"
        )
    found = detection.quantify(values, protein, curve)
    rows = detection.fit_weighted(found.abundance, found.standard_error, found.n_observed, matrix)
    contrasted = linear.contrast_rows(rows.fit, contrast[:, None], covariance="exact")
    usable = np.zeros(len(question.values), dtype=bool)
    usable[found.names] = True
    spread = np.sqrt(np.mean(1 / rows.weights, axis=1)) * (np.sqrt(2) if paired else 1.0)
    # the weights already carry the trend with the level
    chosen = replace(options, trend=False, count_prior="off")
    return answered(question, contrasted, usable, chosen, spread=spread, from_precursors=True)


def _precursors_of(question: Question, tested: NDArray[np.bool_]) -> _Precursors:
    assay = question.assay
    if assay.table is None:
        raise NotEstimable(f"assay {assay.name!r} holds proteins only; read a report of precursors")
    table = assay.tidy
    if "precursor" not in table:
        raise NotEstimable(f"the table beside assay {assay.name!r} holds no precursors")
    column = question.samples.index.get_indexer(table["sample"].astype(str))
    row = assay.matrix.var_names.get_indexer(table["protein"].astype(str))
    intensity = table["intensity"].to_numpy(dtype=float)
    kept = (column >= 0) & (row >= 0) & (intensity > 0)
    kept[kept] = tested[row[kept]]
    if not kept.any():
        raise NotEstimable(f"no precursor of assay {assay.name!r} belongs to a tested protein and sample")
    names = table["precursor"].astype(str).to_numpy()[kept]
    codes = np.unique(names, return_inverse=True)[1]
    keys, place = np.unique(np.column_stack([row[kept], codes]), axis=0, return_inverse=True)
    values = np.full((len(keys), len(question.samples)), np.nan)
    values[place.ravel(), column[kept]] = np.log2(intensity[kept])
    return _Precursors(values, keys[:, 0].astype(np.intp))


def _levelled(question: Question, precursors: _Precursors) -> _Precursors:
    """Each sample moved as its proteins were moved by normalisation.

    How far is the effect of the sample in an additive fit (precursor + sample) of the distances between
    precursors and their proteins, so that which precursors were seen in a sample does not matter.
    """
    distance = question.values[precursors.protein] - precursors.values
    seen = ~np.isnan(distance)
    seen[seen.sum(axis=1) < 2] = False
    if not seen.any():
        raise NotEstimable("no precursor is seen in two samples together with its protein")
    share = seen / np.maximum(seen.sum(axis=1, keepdims=True), 1)
    distance = np.where(seen, distance, 0.0)
    cross = np.diag(seen.sum(axis=0).astype(float)) - seen.T @ share
    shift = np.linalg.lstsq(
        cross, (distance - distance.sum(axis=1, keepdims=True) * share).sum(axis=0), rcond=None
    )[0]
    return _Precursors(precursors.values + shift, precursors.protein)


def _with_donors(units: Units) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The design with a column for each donor that it does not hold yet, and the contrast that goes with it."""
    donors = np.array([]) if units.blocks is None else np.unique(units.blocks)
    matrix = units.design
    for donor in donors:
        column = (units.blocks == donor).astype(float)[:, None]
        wider = np.hstack([matrix, column])
        if np.linalg.matrix_rank(wider) > np.linalg.matrix_rank(matrix):
            matrix = wider
    contrast = np.zeros(matrix.shape[1])
    contrast[: units.contrast.size] = units.contrast
    return matrix, contrast
