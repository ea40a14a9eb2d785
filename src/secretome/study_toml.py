"""study.toml becomes a Plan: every key known, every value of its kind, all problems at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import get_args

from .design import Design
from .errors import InvalidPlan, Problem, UnreadableFile, near_misses
from .plan import (
    ORGANISMS,
    AssayPlan,
    DefineOptions,
    EvidenceOptions,
    Form,
    MechanismOptions,
    Plan,
    PotentialOptions,
    QualifyOptions,
    Replicate,
    SamplesPlan,
    VaryOptions,
    Zero,
)
from .study import ASSAY_KINDS, MATERIALS
from .units import UNITS


def read_plan(path: Path) -> Plan:
    """The plan that a study.toml describes.

    Parameters
    ----------
    path
        The file, or the folder that holds one.

    Raises
    ------
    UnreadableFile
        If the file is missing, no text or no TOML.
    InvalidPlan
        If a key, type or value cannot be followed; all of them at once.
    """
    path = path / "study.toml" if path.is_dir() else path
    try:
        text = path.read_text(encoding="utf-8-sig")
        facts = tomllib.loads(text)
    except FileNotFoundError as error:
        raise UnreadableFile(f"{path} does not exist; `secretome new FILE` drafts one") from error
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path} is no UTF-8 text; save it again as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise UnreadableFile(f"{path} is no valid TOML: {error}") from error
    return parse_plan(facts, folder=path.parent, text=text, file=path.name)


def parse_plan(
    facts: Mapping[str, object], *, folder: Path, text: str = "", file: str = "study.toml"
) -> Plan:
    """A plan from the tables of a study.toml.

    Examples
    --------
    >>> parse_plan({"study": {"title": "One flask"}}, folder=Path(".")).title
    'One flask'
    """
    reader = _Reader(file)
    reader.known("", facts, ("study", "samples", "assay", "design", *_STAGES))
    study = reader.table(facts, "study")
    reader.known("study", study, ("title", "organism", "seed", "simulated"))
    organism = str(study.get("organism", "human"))
    plan = Plan(
        title=str(study.get("title", folder.resolve().name)),
        folder=folder,
        text=text,
        organism=ORGANISMS.get(organism.lower(), organism),
        seed=reader.value(study, "study", "seed", int, 1),
        simulated=reader.value(study, "study", "simulated", bool, False),
        samples=_samples_plan(reader, reader.table(facts, "samples"), folder),
        assays=_assay_plans(reader, facts.get("assay", []), folder),
        design=_design(reader, facts),
    )
    stages = {
        name: _options(reader, name, reader.table(facts, name), kind()) for name, kind in _STAGES.items()
    }
    _weigh_precursors(reader, stages["vary"])
    if reader.problems:
        raise InvalidPlan(reader.problems)
    known = stages["evidence"]
    if isinstance(known, EvidenceOptions) and known.store:
        stages["evidence"] = replace(known, store=str(folder / known.store))
    potential = stages["potential"]
    if isinstance(potential, PotentialOptions):
        stages["potential"] = replace(
            potential,
            gene_sets=tuple(str(folder / name) for name in potential.gene_sets),
            gene_lists=tuple(str(folder / name) for name in potential.gene_lists),
            profiles=tuple(str(folder / name) for name in potential.profiles),
            receptors=str(folder / potential.receptors) if potential.receptors else "",
        )
    varied = stages["vary"]
    if isinstance(varied, VaryOptions) and varied.gene_sets:
        stages["vary"] = replace(varied, gene_sets=str(folder / varied.gene_sets))
    return replace(plan, **stages)  # type: ignore[arg-type]


def _weigh_precursors(reader: _Reader, options: object) -> None:
    """Precursors bring weights of their own: other weights would be left out silently."""
    if not (isinstance(options, VaryOptions) and options.precursors):
        return
    asked = {
        "count_prior": options.count_prior != "off",
        "array_weights": options.array_weights,
        "leak_adjusted": options.leak_adjusted,
    }
    for name in (name for name, wanted in asked.items() if wanted):
        reader.complain(
            f"[vary] precursors = true together with {name}",
            "one of them",
            f"Take {name} out, or precursors: tests from precursors have weights of their own.",
        )


_STAGES: Mapping[str, Callable[[], object]] = {
    "define": DefineOptions,
    "vary": VaryOptions,
    "potential": PotentialOptions,
    "mechanism": MechanismOptions,
    "evidence": EvidenceOptions,
    "qualify": QualifyOptions,
}


class _Reader:
    """Takes values out of TOML tables and gathers what is wrong with them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def complain(self, found: str, expected: str, action: str) -> None:
        self.problems.append(Problem(self.file, found, expected, action))

    def table(self, facts: Mapping[str, object], name: str) -> Mapping[str, object]:
        value = facts.get(name, {})
        if isinstance(value, Mapping):
            return value
        self.complain(f"{name!r} is {value!r}", f"a table [{name}]", "Write it as a table.")
        return {}

    def known(self, where: str, facts: Mapping[str, object], names: tuple[str, ...]) -> None:
        for name in facts:
            if name not in names:
                place = f"[{where}]" if where else "the file"
                self.complain(
                    f"unknown key {name!r} in {place}",
                    "a key that we read",
                    f"Mend it{near_misses(name, names)}",
                )

    def value(self, facts: Mapping[str, object], where: str, name: str, kind: type, default):  # type: ignore[no-untyped-def]
        value = facts.get(name, default)
        if value is default or (isinstance(value, kind) and isinstance(value, bool) == (kind is bool)):
            return value
        self.complain(f"[{where}] {name} = {value!r}", f"a value of type {kind.__name__}", "Mend the value.")
        return default

    def choice(
        self, facts: Mapping[str, object], where: str, name: str, allowed: tuple[str, ...], default: str
    ) -> str:
        value = str(facts.get(name, default))
        if value in allowed:
            return value
        self.complain(
            f"[{where}] {name} = {value!r}",
            f"one of {', '.join(allowed)}",
            f"Mend it{near_misses(value, allowed)}",
        )
        return default

    def texts(self, facts: Mapping[str, object], where: str, name: str) -> tuple[str, ...]:
        value = facts.get(name, [])
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.complain(f"[{where}] {name} = {value!r}", "a list of texts", 'Write for example ["a", "b"].')
        return ()


def _path(reader: _Reader, facts: Mapping[str, object], where: str, name: str, folder: Path) -> Path | None:
    value = facts.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        reader.complain(f"[{where}] {name} = {value!r}", "a file name", "Write the name of the file.")
        return None
    return folder / value


def _samples_plan(reader: _Reader, facts: Mapping[str, object], folder: Path) -> SamplesPlan:
    reader.known("samples", facts, ("file", "id", "sheet", "donor_of", "rename", "set"))
    sheet = facts.get("sheet")
    rename = reader.table(facts, "rename")
    return SamplesPlan(
        file=_path(reader, facts, "samples", "file", folder),
        id=reader.value(facts, "samples", "id", str, "sample"),
        sheet=None if sheet is None else str(sheet),
        donor_of=reader.texts(facts, "samples", "donor_of"),
        rename={str(old): str(new) for old, new in rename.items()},
        set=dict(reader.table(facts, "set")),
    )


def _assay_plans(reader: _Reader, listed: object, folder: Path) -> tuple[AssayPlan, ...]:
    if not isinstance(listed, list):
        reader.complain("'assay' is no list of tables", "one [[assay]] for each file", "Write [[assay]].")
        return ()
    plans: list[AssayPlan] = []
    for position, facts in enumerate(listed, start=1):
        plan = _assay_plan(reader, facts, folder, position)
        if plan is None:
            continue
        if not re.fullmatch(r"\w[\w .+-]*", plan.name):
            reader.complain(
                f"an assay is called {plan.name!r}",
                "letters, digits, blank, . + - _",
                "Rename it; files are named after it.",
            )
        if plan.name in {other.name for other in plans}:
            reader.complain(f"two assays are called {plan.name!r}", "a name for each assay", "Rename one.")
        plans.append(plan)
    return tuple(plans)


def _assay_plan(
    reader: _Reader, facts: Mapping[str, object], folder: Path, position: int
) -> AssayPlan | None:
    where = f"[assay]] number {position}"
    names = tuple(f.name for f in fields(AssayPlan))
    reader.known("[assay]", facts, names)
    file = _path(reader, facts, "[assay]", "file", folder)
    if file is None:
        reader.complain(f"[{where} names no file", "file = ...", "Name the measurement file.")
        return None
    unit = facts.get("unit")
    if unit is not None and unit not in UNITS:
        reader.complain(
            f"[[assay]] unit = {unit!r}",
            f"one of {', '.join(UNITS)}",
            f"Mend it{near_misses(str(unit), UNITS)}",
        )
    zero = reader.choice(facts, "[assay]", "zero", ("", *get_args(Zero)), "") or None
    texts = {
        name: None if facts.get(name) is None else str(facts[name])
        for name in ("format", "quantity", "sheet", "mask_sheet", "mask_columns")
    }
    return AssayPlan(
        name=str(facts.get("name", file.name.split(".")[0])),
        file=file,
        kind=reader.choice(facts, "[assay]", "kind", ASSAY_KINDS, "proteome"),  # type: ignore[arg-type]
        material=reader.choice(facts, "[assay]", "material", MATERIALS, "conditioned_medium"),  # type: ignore[arg-type]
        unit=None if unit is None else str(unit),
        zero=zero,  # type: ignore[arg-type]
        samples=_path(reader, facts, "[assay]", "samples", folder),
        replicate=reader.choice(facts, "[assay]", "replicate", get_args(Replicate), "collapse"),  # type: ignore[arg-type]
        mask=_path(reader, facts, "[assay]", "mask", folder),
        imputed=reader.choice(facts, "[assay]", "imputed", ("", "no"), ""),  # type: ignore[arg-type]
        standards=_path(reader, facts, "[assay]", "standards", folder),
        form=reader.choice(facts, "[assay]", "form", get_args(Form), ""),  # type: ignore[arg-type]
        forms=_forms(reader, facts),
        curve=reader.choice(facts, "[assay]", "curve", ("rising", "falling"), "rising"),  # type: ignore[arg-type]
        concentrated=reader.choice(facts, "[assay]", "concentrated", ("", "yes", "no"), ""),  # type: ignore[arg-type]
        **texts,
    )


def _forms(reader: _Reader, facts: Mapping[str, object]) -> dict[str, str]:
    """Analyte to the form that its antibodies see."""
    given = reader.table(facts, "forms")
    return {name: reader.choice(given, "assay.forms", name, get_args(Form), "") for name in given}


def _design(reader: _Reader, facts: Mapping[str, object]) -> Design | None:
    if "design" not in facts:
        return None
    design = reader.table(facts, "design")
    reader.known("design", design, ("unit", "formula", "random", "contrasts"))
    contrasts = reader.table(design, "contrasts")
    return Design(
        unit=reader.value(design, "design", "unit", str, "donor"),
        formula=reader.value(design, "design", "formula", str, "~ 1"),
        random=reader.texts(design, "design", "random"),
        contrasts={str(name): str(expression) for name, expression in contrasts.items()},
    )


def _options(reader: _Reader, stage: str, facts: Mapping[str, object], default: object) -> object:
    """The defaults of a stage with the values given, checked against the types of the defaults."""
    allowed = {f.name: f for f in fields(default)}  # type: ignore[arg-type]
    reader.known(stage, facts, tuple(allowed))
    given: dict[str, object] = {}
    for name in facts:
        if name not in allowed:
            continue
        standard = getattr(default, name)
        choices = _choices(type(default), name)
        if choices:
            given[name] = reader.choice(facts, stage, name, choices, str(standard))
        elif isinstance(standard, tuple):
            given[name] = reader.texts(facts, stage, name)
        else:
            given[name] = reader.value(facts, stage, name, type(standard), standard)
            if name in _BOUNDS:
                _bounded(reader, stage, name, given[name])
    return replace(default, **given)  # type: ignore[type-var]


# What a number of study.toml may be besides 0, which means not given.
_BOUNDS: Mapping[str, tuple[float, float, str]] = {
    "dilution": (1.0, 1e9, "how many times the medium is diluted, 1 or more (10 for one part in ten)"),
    "active_tgf_beta": (0.0, 1.0, "a share above 0 and up to 1"),
}


def _bounded(reader: _Reader, stage: str, name: str, given: object) -> None:
    low, high, expected = _BOUNDS[name]
    if not (isinstance(given, int | float) and (given == 0 or low <= given <= high)):
        reader.complain(f"[{stage}] {name} = {given}", expected, "Mend it, or leave it out.")


def _choices(kind: type, name: str) -> tuple[str, ...]:
    annotation = str(kind.__annotations__[name])
    if not annotation.startswith("Literal["):
        return ()
    return tuple(word.strip().strip("\"'") for word in annotation[len("Literal[") : -1].split(","))
