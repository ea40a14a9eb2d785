"""All results of the stage, in the order in which a reader meets them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from secretome.knowledge.additives import declared_additives
from secretome.plan import PotentialOptions
from secretome.results import Result
from secretome.study import Study

from . import comparing
from .evidence import evidence
from .medium import media
from .processes import failed_samples, judge


def whole(
    study: Study,
    results: Mapping[str, Result],
    options: PotentialOptions,
    *,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Result, ...]:
    """Every result of the stage; see `secretome.potential.run`."""
    known = evidence(unverified=options.unverified)
    declared = declared_additives(study.samples, known.additives, known.accessions)
    failed = failed_samples(results)
    found = media(study, results, known, declared, failed, options, seed=seed)
    steps: tuple[Callable[[], Result], ...] = (
        lambda: judge(study, found, known, declared, failed, options),
        lambda: comparing.result(study, found, known, options),
    )
    made = []
    for done, step in enumerate(steps, start=1):
        made.append(step())
        if progress is not None:
            progress(done, len(steps))
    return tuple(made)
