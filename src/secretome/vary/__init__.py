"""vary: why media differ, with the donor as the unit."""

from __future__ import annotations

from collections.abc import Mapping

from secretome.parallel import Map, Progress
from secretome.plan import VaryOptions
from secretome.results import Result
from secretome.study import Study

from .audit import audit_design
from .contrasts import compare
from .leak import compare_leak_adjusted
from .mixed import compare_mixed
from .numbers import follow_numbers
from .partition import partition
from .sets import compare_sets, fingerprint

__all__ = [
    "audit_design",
    "compare",
    "compare_leak_adjusted",
    "compare_mixed",
    "compare_sets",
    "follow_numbers",
    "partition",
    "run",
]


def run(
    study: Study,
    results: Mapping[str, Result],
    options: VaryOptions,
    *,
    seed: int,
    map: Map,  # noqa: A002, ARG001 - the stage contract
    progress: Progress | None = None,
) -> tuple[Study, tuple[Result, ...]]:
    """The study unchanged, with what its design can answer and the contrast table.

    Parameters
    ----------
    study
        After `define`: log2 proteome assays with `masked` proteins.
    results
        Those of earlier stages; `define.leakage` when contrasts are to be adjusted for leak.
    options
        Choices of the moderated test.

    Returns
    -------
    The study and the results `vary.design`, `vary.contrasts`, `vary.leak_adjusted` (on request), `vary.sets`, `vary.mixed`,
    `vary.numbers` and `vary.partition`; without a design only a result that says so.
    """
    if study.design is None:
        return study, (_no_design(),)
    contrasts = compare(study, options, progress=progress)
    results_made = [audit_design(study), contrasts]
    if options.leak_adjusted:
        leakage = results.get("define.leakage")
        results_made.append(compare_leak_adjusted(study, contrasts, leakage, options))
    if options.sets:
        results_made.append(compare_sets(study, contrasts, options))
    if options.mixed:
        results_made.append(compare_mixed(study, options))
    results_made += [follow_numbers(study, options), partition(study, options, seed=seed)]
    return study, tuple(results_made)


def outside(options: VaryOptions) -> str:
    """The sha256 of the GMT file that the stage reads besides the study; for the cache."""
    return fingerprint(options.gene_sets)


def _no_design() -> Result:
    from secretome.results import Answer

    return Result(
        stage="vary",
        name="contrasts",
        question="What differs between the media?",
        answer=Answer("Not asked: study.toml has no [design]."),
        verdict="not tested",
        lacks=("Comparisons need a [design] with a formula, contrasts and a donor for each sample.",),
    )
