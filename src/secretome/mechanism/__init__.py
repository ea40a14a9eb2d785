"""Mechanism: how a medium may act, as models that its measured factors drive."""

from __future__ import annotations

from collections.abc import Mapping

from secretome.errors import InvalidPlan, Problem
from secretome.parallel import Map, Progress
from secretome.plan import MechanismOptions
from secretome.results import Result
from secretome.study import Study

__all__ = ["run"]

FEWEST_MEMBERS = 100


def run(
    study: Study,
    results: Mapping[str, Result],
    options: MechanismOptions,
    *,
    seed: int,
    map: Map,  # noqa: A002 - the stage contract
    progress: Progress | None = None,
) -> tuple[Study, tuple[Result, ...]]:
    """What the media may do in the models of clearance and of the follicle, against each other.

    Parameters
    ----------
    study
        With panels or proteomes of conditioned medium.
    results
        Of earlier stages; `potential.processes` names declared additives, which do not count.
    options
        Choices of `[mechanism]`.
    seed, map
        Same seed, same answer wherever the members are computed.
    progress
        Called with models done and models in all.

    Returns
    -------
    The study unchanged, and the results `mechanism.clearance` and `mechanism.follicle`, with tables
    `outcomes` (a row per group and outcome), `summary`, `factors`, `drivers`, `assays` (which assay would
    narrow most), `edges` (flux of each edge) and, for clearance, `reading_b`.

    Raises
    ------
    MissingColumn
        If `group_by` is no column of the sample table.
    InvalidPlan
        If fewer than 100 members are asked for.

    Examples
    --------
    >>> import pandas as pd
    >>> from secretome.parallel import here
    >>> _, found = run(Study("none", pd.DataFrame(index=["a"])), {}, MechanismOptions(), seed=1, map=here)
    >>> [result.verdict for result in found]
    ['cannot be judged', 'cannot be judged']
    """
    from .network import MODELS
    from .outcomes import judge

    if options.members < FEWEST_MEMBERS:
        found = f"[mechanism] members = {options.members}"
        raise InvalidPlan([Problem("study.toml", found, f"at least {FEWEST_MEMBERS}", "Raise it.")])
    judged = []
    for done, name in enumerate(MODELS, start=1):
        judged.append(
            judge(
                name,
                study,
                results,
                group_by=options.group_by,
                dilution=options.dilution,
                members=options.members,
                seed=seed,
                map=map,
            )
        )
        if progress is not None:
            progress(done, len(MODELS))
    return study, tuple(judged)
