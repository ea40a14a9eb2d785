"""The stages in order, as data, and the run that leads from files to a dossier. Start reading here.

files ─read─► Study ─define─► Study ─► vary · potential · mechanism · evidence · qualify ─► Result …
  ─► Dossier ─report─► folder
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib import import_module, metadata
from pathlib import Path
from typing import Protocol

from .dossier import Dossier, load_results, load_study, save_results, save_study
from .errors import InvalidInput, Problem, SecretomeError, near_misses
from .parallel import Map, Progress, here
from .plan import Plan
from .results import Result
from .study import Study

StageProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Stage:
    """One stage: its word everywhere, and the question that it answers."""

    name: str
    question: str


# What a stage computes with travels as data: the study, and the results of those before it.
STAGES: tuple[Stage, ...] = (
    Stage("read", "What was measured, and what is known of the product?"),
    Stage("define", "What is in the medium: secreted, carried over, brought in; how good is each sample?"),
    Stage("vary", "Why do the media differ, judged on donors?"),
    Stage("potential", "Which processes may it support or oppose, and what could not be seen?"),
    Stage("mechanism", "How may it act, in models of clearance and of the follicle that its factors drive?"),
    Stage("evidence", "What is known from others, for and against, accepted by a person?"),
    Stage("qualify", "What can be said of it as a product: how potent, how long does it keep?"),
    Stage("report", "The dossier: one page, its tables, its methods."),
)
COMPUTED = tuple(stage.name for stage in STAGES[1:-1])


class StageRun(Protocol):
    """The contract of every stage between read and report."""

    def __call__(
        self,
        study: Study,
        results: Mapping[str, Result],
        options: object,
        *,
        seed: int,
        map: Map,  # noqa: A002
        progress: Progress | None,
    ) -> tuple[Study, tuple[Result, ...]]:
        """A new study and what was found."""
        ...


@dataclass(frozen=True)
class Check:
    """What `check` found: problems that stop a run, and doubts that do not."""

    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def check(plan: Plan) -> Check:
    """Every problem of the inputs of a plan, without running anything.

    Raises
    ------
    UnreadableFile
        If a file cannot be opened at all.
    """
    from .read import read_study

    try:
        reading = read_study(plan)
    except InvalidInput as error:
        return Check(error.problems, ())
    measured = [str(name) for name in reading.study.samples.index]
    unknown = [name for name in plan.define.exclude if name not in measured]
    absent = _absent(plan)
    if absent:
        return Check(absent, ())
    if unknown:
        return Check(tuple(_unknown_sample(plan, name, measured) for name in unknown), ())
    from . import define, qualify

    faults = (
        *define.problems_of(plan.organism, plan.define),
        *define.batch_problems(reading.study, plan.define.batch),
        *qualify.problems_of(reading.study, plan.qualify),
    )
    if faults:
        return Check(faults, ())
    gaps = [lack for result in reading.results for lack in result.lacks]
    return Check((), (*reading.notes, *gaps))


def _absent(plan: Plan) -> tuple[Problem, ...]:
    """Files that an option names and that do not exist."""
    potential = plan.potential
    named = {
        "vary": (plan.vary.gene_sets,),
        "potential": (*potential.gene_sets, *potential.gene_lists, *potential.profiles, potential.receptors),
        "evidence": (plan.evidence.store,),
    }
    make = {"evidence": "Make it with `secretome evidence import FILE --store …`, or take the line out."}
    return tuple(
        Problem(
            plan.file.name,
            f"[{stage}] names {name!r}, which does not exist",
            "a file",
            make.get(stage, "Mend the path, or take it out."),
        )
        for stage, names in named.items()
        for name in names
        if name and not Path(name).is_file()
    )


def _unknown_sample(plan: Plan, name: str, measured: list[str]) -> Problem:
    found = f"[define] exclude names {name!r}"
    return Problem(plan.file.name, found, "a sample of the sheet", f"Mend it{near_misses(name, measured)}")


def run(
    plan: Plan,
    *,
    seed: int | None = None,
    map: Map = here,  # noqa: A002 - the word of the stage contract
    cache: Path | None = None,
    progress: StageProgress | None = None,
    only: str | None = None,
    created: str = "",
) -> Dossier:
    """A dossier from the files that a plan names.

    Parameters
    ----------
    plan
        A parsed study.toml.
    seed
        Overrides the seed of the plan.
    map
        Where work that can be split is done.
    cache
        Folder of finished steps; a second run does again only what changed.
    progress
        Called with stage name, steps done, steps in all.
    only
        Last stage to run; those before it run as well, because it stands on them.
    created
        ISO date to print, given by the caller so that a run itself reads no clock.

    Raises
    ------
    SecretomeError
        What `check` would have found, and what a stage cannot do.
    """
    chosen = plan.seed if seed is None else seed
    wanted = _wanted(only)
    steps = _Steps(cache)
    tell = progress or (lambda _stage, _done, _total: None)
    key = _digest(_read_key(plan, chosen))
    study, found = steps.do("read", key, lambda: _read(plan, tell), None)
    inputs = found[0].parameters["inputs"]
    results = list(found)
    for name in wanted:
        options = getattr(plan, name)
        key = _digest([key, name, asdict(options), _outside(name, options)])
        work = partial(_compute, name, study, tuple(results), options, seed=chosen, map=map, tell=tell)
        study, found = steps.do(name, key, work, study)
        results += found
    return Dossier(
        study=study,
        results=tuple(results),
        inputs=inputs,  # type: ignore[arg-type]
        seed=chosen,
        versions=versions(),
        plan=plan.text,
        created=created,
    )


def versions() -> dict[str, str]:
    """Name to version of this package, Python and the libraries that compute numbers."""
    names = ("secretome", "numpy", "scipy", "pandas", "anndata", "mudata", "formulaic")
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            from . import __version__

            found[name] = __version__
    return found


def _compute(
    name: str,
    study: Study,
    results: tuple[Result, ...],
    options: object,
    *,
    seed: int,
    map: Map,  # noqa: A002
    tell: StageProgress,
) -> tuple[Study, tuple[Result, ...]]:
    """One stage on the study and the results of those before it."""
    stage: StageRun = import_module(f"secretome.{name}").run
    tell(name, 0, 1)
    earlier = {result.key: result for result in results}
    study, found = stage(study, earlier, options, seed=seed, map=map, progress=partial(tell, name))
    tell(name, 1, 1)
    return study, tuple(_with_caveat(result, study) for result in found)


def _with_caveat(result: Result, study: Study) -> Result:
    """The result with a first note when values that it stands on may have been filled in."""
    names = [name for name, assay in study.assays.items() if assay.imputed]
    if not names:
        return result
    caveat = (
        f"{', '.join(names)} may be imputed and no mask says where: filled-in values count as measured and seen "
        "in what stands here."
    )
    return replace(result, notes=(caveat, *result.notes))


def _outside(name: str, options: object) -> str:
    """A fingerprint of what a stage reads besides the study (`<stage>.outside(options)`), for the cache."""
    look = getattr(import_module(f"secretome.{name}"), "outside", None)
    return str(look(options)) if look is not None else ""


def _wanted(only: str | None) -> tuple[str, ...]:
    if only is None:
        return COMPUTED
    if only not in COMPUTED:
        raise SecretomeError(f"--only {only!r}: stages are {', '.join(COMPUTED)}")
    return COMPUTED[: COMPUTED.index(only) + 1]


def _read(plan: Plan, tell: StageProgress) -> tuple[Study, tuple[Result, ...]]:
    from .read import read_study

    reading = read_study(plan, progress=partial(tell, "read"))
    described = reading.results[0]
    parameters = {**described.parameters, "inputs": dict(reading.inputs)}
    return reading.study, (replace(described, parameters=parameters), *reading.results[1:])


def _read_key(plan: Plan, seed: int) -> dict[str, object]:
    from .read.text import sha256

    files = [
        plan.samples.file,
        *(file for assay in plan.assays for file in (assay.file, assay.samples, assay.mask, assay.standards)),
    ]
    return {
        "inputs": {str(file.name): sha256(file) for file in files if file is not None and file.is_file()},
        "study": [plan.title, plan.organism, plan.simulated],
        "samples": asdict(plan.samples),
        "assays": [asdict(assay) for assay in plan.assays],
        "design": asdict(plan.design) if plan.design else None,
        "seed": seed,
        "code": _code_digest(),
        "libraries": versions(),
    }


def _digest(facts: object) -> str:
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _code_digest() -> str:
    """One hash of every source file and knowledge table, so that changed code never meets old steps."""
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted(root.rglob("*")):
        if path.suffix in {".py", ".tsv", ".toml"}:
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class _Steps:
    """Finished steps on disk, one folder each, named by the hash of all that went in."""

    folder: Path | None

    def do(
        self,
        name: str,
        key: str,
        work: Callable[[], tuple[Study, tuple[Result, ...]]],
        before: Study | None,
    ) -> tuple[Study, tuple[Result, ...]]:
        """The step from the cache, or done now and kept."""
        if self.folder is None:
            return work()
        kept = self.folder / key
        if (kept / "results.json").exists():
            unchanged = (kept / "study_unchanged").exists() and before is not None
            return (before if unchanged and before is not None else load_study(kept)), load_results(kept)
        study, results = work()
        self._keep(kept, name, study, results, unchanged=study is before)
        return study, results

    def _keep(
        self, kept: Path, name: str, study: Study, results: tuple[Result, ...], *, unchanged: bool
    ) -> None:
        partial = kept.with_name(kept.name + ".partial")
        if partial.exists():
            shutil.rmtree(partial)
        partial.mkdir(parents=True)
        (partial / "step.txt").write_text(name + "\n", encoding="utf-8")
        if unchanged:
            (partial / "study_unchanged").touch()
        else:
            save_study(study, partial)
        save_results(results, partial)
        if kept.exists():
            shutil.rmtree(kept)
        partial.rename(kept)
