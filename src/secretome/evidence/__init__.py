"""evidence: what others found, from records to decisions to a pooled effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # A worker that reads a PubMed file needs none of these: they would fill its memory.
    from collections.abc import Mapping

    from secretome.parallel import Map, Progress
    from secretome.plan import EvidenceOptions
    from secretome.results import Result
    from secretome.study import Study

__all__ = ["outside", "run"]


def run(
    study: Study,
    results: Mapping[str, Result],
    options: EvidenceOptions,
    *,
    seed: int,  # noqa: ARG001 - the stage contract; nothing here draws
    map: Map,  # noqa: A002, ARG001 - the stage contract
    progress: Progress | None = None,  # noqa: ARG001 - the stage contract; a store answers at once
) -> tuple[Study, tuple[Result, ...]]:
    """The study unchanged, with the accepted evidence for and against each process and factor.

    Parameters
    ----------
    study
        Its materials say which claims are on "this product".
    results
        `potential.processes` names the factors that were seen here.
    options
        The evidence store; without one the result says that none was given.

    Returns
    -------
    The study and the result `evidence.claims`.

    Raises
    ------
    InvalidStore
        If the store that study.toml names does not exist or is none.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.parallel import here
    >>> from secretome.plan import EvidenceOptions
    >>> from secretome.study import Study
    >>> study = Study("one flask", pd.DataFrame({"donor": ["D1"]}, index=["s1"]))
    >>> _, (result,) = run(study, {}, EvidenceOptions(), seed=1, map=here)
    >>> result.verdict
    'not tested'
    """
    from . import claims

    if not options.store:
        return study, (claims.no_store(),)
    with claims.open_store(options.store) as store:
        return study, (claims.meet(study, results, store),)


def outside(options: EvidenceOptions) -> str:
    """What this stage reads besides the study: a fingerprint of the store, for the step cache.

    Raises
    ------
    InvalidStore
        If the store that study.toml names does not exist or is none.
    """
    from . import claims

    if not options.store:
        return ""
    with claims.open_store(options.store) as store:
        return store.fingerprint()
