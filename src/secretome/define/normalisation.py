"""What was done to the level of each sample, and what its loading allows to be said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.errors import InvalidPlan, Problem, near_misses
from secretome.results import Answer, Method, Result
from secretome.stats import normalize
from secretome.study import LOADS

from ._proteome import Proteome

Normalisation = Literal["none", "median", "quantile"]
METHODS: tuple[str, ...] = get_args(Normalisation)

# What a number means under each loading; the weakest of a study's loads holds for all of it.
_MEANING = {
    "equal_volume": "amount in equal volumes of medium",
    "equal_cell_equivalents": "amount for equal numbers of cells",
    "equal_protein": "share of the proteome",
    "unknown": "share of the proteome",
}


def normalise(
    log2: NDArray[np.float64], masked: NDArray[np.bool_], *, method: Normalisation = "none"
) -> NDArray[np.float64]:
    """Log2 values with the level of each sample brought to a common one, if wanted.

    Parameters
    ----------
    log2
        (m, n) samples by proteins, NaN where there is no value.
    masked
        (n,) True for contaminants: they are moved with their sample but do not decide how far.
    method
        `"none"`; `"median"`: the median intensity of every sample becomes their geometric mean;
        `"quantile"`: every sample gets the mean distribution.

    Returns
    -------
    (m, n), NaN where `log2` is NaN.

    Raises
    ------
    InvalidPlan
        If the method is none of the three.

    References
    ----------
    Bolstad 2003, 10.1093/bioinformatics/19.2.185 (quantile). Without masked proteins the numbers are
    those of `normalizeMedianValues` (on intensities) and `normalizeQuantiles` (on log2) of limma, to 1e-8.

    Examples
    --------
    >>> normalise(np.array([[1.0, 2.0, 4.0], [3.0, 4.0, 6.0]]), np.zeros(3, dtype=bool), method="median")
    array([[2., 3., 5.],
           [2., 3., 5.]])
    """
    if method not in METHODS:
        raise InvalidPlan(
            [
                Problem(
                    "study.toml",
                    f"normalisation {method!r}",
                    f"one of {', '.join(METHODS)}",
                    f"Mend the word{near_misses(method, METHODS)}",
                    column="define.normalisation",
                )
            ]
        )
    if method == "median":
        return np.asarray(log2 + _median_shift(log2[:, ~masked])[:, None])
    if method == "quantile":
        return _by_quantiles(log2, masked)
    return log2.copy()


def meaning(samples: pd.DataFrame) -> tuple[str, tuple[str, ...]]:
    """What a difference in intensity means for these samples, and the loads that decide it.

    Parameters
    ----------
    samples
        Rows of the sample table; a missing or empty `load` is unknown.

    Returns
    -------
    Words, and the loads found in the order from strongest to weakest.

    Examples
    --------
    >>> meaning(pd.DataFrame({"load": ["equal_volume", None]}))
    ('share of the proteome', ('equal_volume', 'unknown'))
    """
    if "load" not in samples.columns or not len(samples):
        return _MEANING["unknown"], ("unknown",)
    loads = samples["load"].astype(object).where(samples["load"].isin(LOADS), "unknown")
    found = tuple(load for load in LOADS if (loads == load).any())
    if len(found) > 1:
        # amounts on two different bases compare as neither
        return _MEANING["unknown"], found
    return _MEANING[found[0]], found


def result(
    before: Sequence[Proteome], after: Sequence[Proteome], *, method: Normalisation, samples: pd.DataFrame
) -> Result:
    """The shift of each sample and what its loading allows to be said, as a Result."""
    words, loads = meaning(samples)
    shifts = [_shifts(old, new) for old, new in zip(before, after, strict=True)]
    done = {
        "none": "No normalisation was applied.",
        "median": "The samples were brought to a common median.",
        "quantile": "The samples were brought to a common distribution.",
    }[method]
    notes = []
    if words == _MEANING["unknown"]:
        given = " and ".join(load.replace("_", " ") for load in loads)
        notes.append(
            f"Load: {given}. Every mass-spectrometric result is a share of the proteome; "
            "nothing is said about total secretion."
        )
    if method != "none":
        notes.append(
            "This normalisation assumes that most proteins do not change between samples. Secretomes "
            "break that: total secretion is biology, and it was taken out here."
        )
        notes.append("Proteins that tests leave out were moved with their sample but did not decide how far.")
    return Result(
        stage="define",
        name="normalisation",
        question="What was done to the level of each sample, and what does a difference mean?",
        answer=Answer(f"{done} A difference in intensity is a difference in {words}."),
        tables={"samples": pd.concat(shifts, ignore_index=True)},
        parameters={"normalisation": method, "loads": list(loads), "meaning": words},
        notes=tuple(notes),
        lacks=_lacks(words),
        methods=_methods(method),
    )


def _median_shift(log2: NDArray[np.float64]) -> NDArray[np.float64]:
    """What to add to each sample; 0 for a sample without a value."""
    # the median of intensities, not of their logarithms: they differ when it lies between two values
    medians = np.array(
        [
            np.log2(np.median(np.exp2(row[np.isfinite(row)]))) if np.isfinite(row).any() else np.nan
            for row in log2
        ]
    )
    known = np.isfinite(medians)
    target = medians[known].mean() if known.any() else 0.0
    return np.where(known, target - medians, 0.0)


def _by_quantiles(log2: NDArray[np.float64], masked: NDArray[np.bool_]) -> NDArray[np.float64]:
    # one value has no distribution: such a sample is left as it is
    filled = np.isfinite(log2[:, ~masked]).sum(axis=1) >= 2
    fitted = log2.copy()
    if not filled.any():
        return fitted
    for row, new in zip(
        np.flatnonzero(filled), np.asarray(normalize.quantiles(log2[filled][:, ~masked].T)).T, strict=True
    ):
        old = log2[row, ~masked]
        order = np.argsort(old[np.isfinite(old)], kind="stable")
        known = old[np.isfinite(old)][order]
        shift = (new[np.isfinite(old)] - old[np.isfinite(old)])[order]
        fitted[row, ~masked] = new
        # a masked value moves as its neighbours in the same sample do, at the ends as the last one
        fitted[row, masked] = log2[row, masked] + np.interp(log2[row, masked], known, shift)
    return fitted


def _shifts(before: Proteome, after: Proteome) -> pd.DataFrame:
    """The median change of the values of each sample that decide, log2; NaN for an empty sample."""
    change = (after.log2 - before.log2)[:, ~before.masked]
    shift = [np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else np.nan for row in change]
    return pd.DataFrame(
        {
            "sample": before.samples["sample"].to_numpy(),
            "shift_log2": np.array(shift, dtype=float),
            "assay": before.assay,
            "measurement": before.samples.index.astype(str),
        }
    )


def _lacks(words: str) -> tuple[str, ...]:
    if words != _MEANING["unknown"]:
        return ()
    return ("Amounts per cell or per volume: load, cells at harvest and volume of medium would give them.",)


def _methods(method: Normalisation) -> tuple[Method, ...]:
    if method == "none":
        return (Method("Intensities were taken to log2; no normalisation was applied."),)
    if method == "median":
        return (Method("Intensities were taken to log2 and brought to a common median."),)
    return (
        Method(
            "Intensities were taken to log2 and quantile normalised.", ("10.1093/bioinformatics/19.2.185",)
        ),
    )
