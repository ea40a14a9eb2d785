"""Which prior moderates a test: that of the mean intensity, or that of the number of peptides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student

from secretome.plan import VaryOptions
from secretome.stats import linear
from secretome.study import Assay


def peptide_counts(assay: Assay) -> NDArray[np.float64]:
    """(n,) peptides behind each protein of an assay; NaN where the file gives none.

    Readers write 0 where a table has no such column, and a protein that was measured has at least one.
    """
    var = assay.matrix.var
    if "peptides" not in var:
        return np.full(len(var), np.nan)
    counts = pd.to_numeric(var["peptides"], errors="coerce").to_numpy(dtype=float)
    return np.where(counts >= 1, counts, np.nan)


def without_counts(assay: Assay, options: VaryOptions) -> str:
    """Why an assay cannot be moderated by count, or an empty text."""
    if options.count_prior == "off" or np.isfinite(peptide_counts(assay)).any():
        return ""
    return (
        f"[vary] count_prior = {options.count_prior!r} needs peptide counts, and assay {assay.name!r} has none "
        "(feature `peptides`); read a table with them, or take the option out"
    )


def moderated(
    fit: linear.RowFit, options: VaryOptions, counts: NDArray[np.float64] | None
) -> linear.RowTests:
    """Moderated tests of one contrast, by the prior that the options ask for.

    Parameters
    ----------
    fit
        n rows, one contrast.
    options
        `count_prior`, or else `trend`, `robust`, `prior`.
    counts
        (n,) peptides, at least 1; None for the prior of the mean intensity.
    """
    if counts is None or options.count_prior == "off":
        return linear.moderate(fit, trend=options.trend, robust=options.robust, prior=options.prior)
    return linear.moderate_by_count(fit, counts, trend=options.count_prior)


def beyond_minimum(
    fit: linear.RowFit, options: VaryOptions, counts: NDArray[np.float64] | None, *, factor: float
) -> NDArray[np.float64]:
    """P (n,) that the contrast exceeds `minimum_log2_ratio`, its standard error widened by `factor`."""
    wider = replace(fit, unscaled_sd=factor * fit.unscaled_sd)
    smallest = options.minimum_log2_ratio
    if counts is None or options.count_prior == "off":
        return linear.treat(
            wider, smallest, trend=options.trend, robust=options.robust, prior=options.prior
        ).p_value[:, 0]
    tests = moderated(wider, options, counts)
    size, error = np.abs(tests.coefficients[:, 0]), tests.standard_error[:, 0]
    near, far = (student.sf((size - sign * smallest) / error, tests.df_total) for sign in (1, -1))
    return np.asarray(near + far, dtype=float)
