"""Potential: which processes this medium may support or oppose, and what it cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from secretome.parallel import Map
from secretome.plan import PotentialOptions
from secretome.results import Result
from secretome.study import Study

__all__ = ["run"]


def run(
    study: Study,
    results: Mapping[str, Result],
    options: PotentialOptions,
    *,
    seed: int,  # noqa: ARG001 - part of the stage contract
    map: Map,  # noqa: A002, ARG001 - part of the stage contract
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Study, tuple[Result, ...]]:
    """The processes this medium may support or oppose, factor by factor.

    Parameters
    ----------
    study
        A study with proteome assays of conditioned medium or vesicles; each is judged apart.
    results
        Of earlier stages; `define.quality` names the samples that failed.
    options
        Choices of `[potential]`.
    seed, map
        Part of the stage contract; nothing is drawn and nothing is spread here.
    progress
        Called with assays done and assays in all.

    Returns
    -------
    The study unchanged, and one Result `potential.processes` whose tables are
    `processes` (a row per assay, material, process and direction; evidence weights are sums of
    the strongest row of each factor, 0 to 1 a factor), `groups` (the same a sample group),
    `factors` (evidence rows of detected factors a sample group), `unseen`, `null_results`,
    `axes` (mediators that a proteome does not measure), `blind_spots` (unseen weight an assay),
    `matches` (a row per factor: which proteins, how matched) and `scope`.

    Raises
    ------
    MissingColumn
        If `group_by` is no column of the sample table.

    Notes
    -----
    For and against are never added or subtracted. A factor that was not detected is unknown, not absent: it
    stands in `unseen` with the assay that would see it.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from anndata import AnnData
    >>> from secretome.parallel import here
    >>> from secretome.plan import PotentialOptions
    >>> from secretome.study import Assay
    >>> data = AnnData(np.array([[8.0]]), obs=pd.DataFrame({"sample": ["s1"]}, index=["run1"]),
    ...                var=pd.DataFrame({"gene": ["VEGFA"]}, index=["P15692"]))
    >>> study = Study("one flask", pd.DataFrame({"donor": ["D1"]}, index=["s1"])).with_assay(
    ...     Assay("proteome", "proteome", "conditioned_medium", data))
    >>> _, (result,) = run(study, {}, PotentialOptions(), seed=1, map=here)
    >>> bone = result.tables["processes"].query("process == 'bone' and direction == 'for'")
    >>> bone[["factors_seen", "evidence_weight_seen"]].values.tolist()
    [[1.0, 1.0]]
    """
    from .processes import judge

    return study, (judge(study, results, options, progress=progress),)
