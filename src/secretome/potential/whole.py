"""All results of the stage, in the order in which a reader meets them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from secretome.amounts import amounts_of
from secretome.binding import constants
from secretome.knowledge.additives import declared_additives
from secretome.plan import PotentialOptions
from secretome.results import Result
from secretome.study import Study

from . import comparing, enrichment, functional, holding, published, receivers, resemblance, safety
from .evidence import evidence
from .medium import facts_of, media
from .occupancy import SOLUBLE, bathed, occupancy_scores
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
    mechanisms = constants(unverified=options.unverified)
    amounts = amounts_of(study)
    baths = bathed(amounts, facts_of(study, options), mechanisms, declared, options, seed=seed)
    occupied = [
        occupancy_scores(one, known, options, seed=seed).assign(assay=one.assay, material=SOLUBLE)
        for one in baths
    ]
    steps: tuple[Callable[[], Result | None], ...] = (
        lambda: judge(study, found, known, declared, failed, options, occupied),
        lambda: comparing.result(study, found, known, options),
        lambda: holding.result(found, amounts, baths, mechanisms, options, study),
        lambda: functional.result(study, found, known, options),
        lambda: receivers.result(found, known, options),
        lambda: safety.result(study, found),
        lambda: resemblance.result(found, options, seed=seed),
        lambda: enrichment.result(found, results, options),
        lambda: published.result(results, options),
    )
    made: list[Result] = []
    for done, step in enumerate(steps, start=1):
        answer = step()
        if answer is not None:
            made.append(answer)
        if progress is not None:
            progress(done, len(steps))
    return tuple(made)
