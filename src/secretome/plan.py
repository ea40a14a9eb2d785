"""study.toml: what to read, how to compare it, and the options of every stage."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal, get_args

from .design import Design
from .errors import InvalidPlan, Problem, UnreadableFile, near_misses
from .study import ASSAY_KINDS, MATERIALS, AssayKind, Material
from .units import UNITS

Zero = Literal["missing", "measured"]
Replicate = Literal["collapse", "model"]
# what an antibody sees of a factor (CLAIMS section 3)
Form = Literal["", "total", "free", "active", "latent", "acid-activated"]


@dataclass(frozen=True)
class SamplesPlan:
    """Where the sample sheet is and how its columns become those of the sample table.

    Parameters
    ----------
    file, sheet
        The sheet as csv, tsv or xlsx; `sheet` names the worksheet, default the first.
    id
        Column that names the sample.
    donor_of
        Columns that name a donor together, when a donor label alone is not unique.
    rename, set
        Column to standard name; standard name to one value for all samples.
    """

    file: Path | None = None
    id: str = "sample"
    sheet: str | None = None
    donor_of: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    set: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class AssayPlan:
    """One measurement file: what it holds and how to read it.

    Parameters
    ----------
    format
        Name of a reader; None lets `read.recognise` decide from the content.
    quantity
        Which of several quantities of the file to use.
    unit
        Unit of the values, where the format does not say it.
    zero
        What a 0 means, where the format does not say it.
    samples
        A sample sheet of its own.
    replicate
        What becomes of several measurements of one sample: `"collapse"` makes one of them (mean
        of log2), `"model"` keeps them. Fractions of a sample are summed either way.
    mask, mask_sheet, mask_columns
        Where values that were filled in are marked: another file, a worksheet, and how its columns
        are called ("Imputed {sample}"); cells are TRUE and FALSE, `+`, or the quantity before
        imputation.
    imputed
        "no": the table has no gaps because only complete proteins were exported.
    standards
        Of a panel: a table of expected concentrations (sample, analyte, expected).
    form, forms
        Of a panel: what the antibodies see, of all analytes and of single ones.
    curve
        "falling" for a competitive assay.
    concentrated
        Whether the samples of this assay had been concentrated by `concentration_factor`.
    """

    name: str
    file: Path
    kind: AssayKind = "proteome"
    material: Material = "conditioned_medium"
    format: str | None = None
    quantity: str | None = None
    sheet: str | None = None
    unit: str | None = None
    zero: Zero | None = None
    samples: Path | None = None
    replicate: Replicate = "collapse"
    mask: Path | None = None
    mask_sheet: str | None = None
    mask_columns: str | None = None
    imputed: Literal["", "no"] = ""
    standards: Path | None = None
    form: Form = ""
    forms: Mapping[str, str] = field(default_factory=dict)
    curve: Literal["rising", "falling"] = "rising"
    concentrated: Literal["", "yes", "no"] = ""


@dataclass(frozen=True)
class DefineOptions:
    """Choices of the stage `define`.

    Parameters
    ----------
    normalisation
        Of log2 values.
    exclude
        Samples left out of later contrasts.
    batch
        Column of the samples that is taken out of the map of samples; pictures only, never tests.
    annotation
        What is known of each protein beforehand: the tables that are shipped, or for genes that they lack the
        reviewed proteome that `secretome knowledge update` brought.
    """

    normalisation: Literal["none", "median", "quantile"] = "none"
    exclude: tuple[str, ...] = ()
    batch: str = ""
    annotation: Literal["shipped", "uniprot"] = "shipped"


@dataclass(frozen=True)
class VaryOptions:
    """Choices of the stage `vary`.

    Parameters
    ----------
    trend, robust, prior
        Of the moderated test (`stats.linear.moderate`).
    count_prior
        Let the prior variance of contrasts follow the number of peptides, by this curve, in place of `trend`,
        `robust` and `prior`.
    array_weights
        Weigh each flask by how well its proteins follow the model; the donor stays the unit.
    leak_adjusted
        Make the contrasts once more with the leak share of each sample held fixed, beside the plain ones.
    covariance
        How contrasts of rows with gaps get their standard error; `"exact"` per row.
    min_donors
        Fewest donors on each side for a contrast to be tested.
    one_sided
        Judge proteins that too few donors show on one side by the detection curves of the donors.
    precursors
        Where an assay was read from a precursor report, quantify and test proteins from its precursors.
    minimum_log2_ratio
        Smallest difference that matters: the columns `p_minimum_effect` and `fdr_minimum_effect`.
    mixed
        Make the mixed-model tests beside the donor-level ones.
    partition_draws
        Parametric-bootstrap draws for the intervals of the variance partition; 0 for none.
    sets
        Test the factors of each process, and the sets of `gene_sets`, as sets.
    gene_sets
        A GMT file, relative to study.toml; empty when there is none.
    """

    trend: bool = True
    robust: bool = True
    prior: Literal["auto", "legacy", "unequal_df"] = "auto"
    count_prior: Literal["off", "reciprocal", "loess", "spline"] = "off"
    array_weights: bool = False
    leak_adjusted: bool = False
    covariance: Literal["exact", "limma"] = "exact"
    min_donors: int = 2
    one_sided: bool = True
    precursors: bool = False
    minimum_log2_ratio: float = 0.5
    mixed: bool = True
    partition_draws: int = 100
    sets: bool = True
    gene_sets: str = ""


@dataclass(frozen=True)
class PotentialOptions:
    """Choices of the stage `potential`.

    Parameters
    ----------
    unverified
        Count rows of evidence that nobody checked against their source, at their reduced weight.
    group_by
        Column of the sample table whose levels get a profile each; empty means `tissue` where
        that column is given, else all samples together.
    min_donors
        Donors in whom a factor must be detected to be called seen.
    count_additives
        Count a factor in samples whose medium was declared to contain it.
    leave_out_failed
        Leave out samples that failed `define.quality`; by default they stay and are named.
    draws
        Draws of the bootstrap over donors, of evidence weights, of constants, and random sets.
    reference
        Level of `group_by` that folds are taken against; empty means the mean of the groups.
    compare
        Further columns of the sample table whose levels are compared (lot, condition).
    dilution
        How many times the measured medium is diluted at the receiving cell; 0 means not given.
    active_tgf_beta
        Share of latent TGF-beta that is active, above 0 and up to 1; 0 means not given.
    gene_sets
        GMT files, relative to study.toml.
    gene_lists
        Published lists to compare with: csv files with the columns Protein or gene, and direction.
    receptors
        A table of receptors of receiving cells instead of ours, relative to study.toml.
    profiles
        Profiles of other media to compare with: csv files with the columns profile, gene, percentile.
    functional
        Numeric columns of the sample table that measure a process: `"tube_length_mm = angiogenesis"`.
    """

    unverified: bool = False
    group_by: str = ""
    min_donors: int = 1
    count_additives: bool = False
    leave_out_failed: bool = False
    draws: int = 1000
    reference: str = ""
    compare: tuple[str, ...] = ()
    dilution: float = 0.0
    active_tgf_beta: float = 0.0
    gene_sets: tuple[str, ...] = ()
    gene_lists: tuple[str, ...] = ()
    receptors: str = ""
    profiles: tuple[str, ...] = ()
    functional: tuple[str, ...] = ()


@dataclass(frozen=True)
class MechanismOptions:
    """Choices of the stage `mechanism`.

    Parameters
    ----------
    group_by
        Column of the sample table whose levels are compared; empty means `tissue` where that
        column is given, else all samples together.
    members
        Members of each ensemble.
    dilution
        How many times the measured medium is diluted at the receiving cell; 0 means not given.
    """

    group_by: str = ""
    members: int = 2000
    dilution: float = 0.0


@dataclass(frozen=True)
class EvidenceOptions:
    """Choices of the stage `evidence`.

    Parameters
    ----------
    store
        The evidence store, relative to study.toml; empty when no literature is to be met.
    """

    store: str = ""


@dataclass(frozen=True)
class QualifyOptions:
    """Choices of the stage `qualify`; acceptance limits stand in the files of the stability assays.

    Parameters
    ----------
    reference
        Preparation that potency is relative to.
    model, parallelism, combine
        Of the potency assay: curve or lines, what judges parallelism, how plates are combined.
    slope_margin, margin_reason
        Two numbers as texts, the limits of the slope ratio, and why these; no default.
    dose_unit
        Unit of the doses.
    error
        Residual variance when slopes of lots differ; both are printed.
    pooling
        Lots pooled as ICH Q1E does, or every lot by its own line; both are printed.
    time_unit
        Unit of the times of stability series; empty: what the header says, or months.
    """

    reference: str = ""
    model: Literal["4pl", "3pl", "5pl", "parallel-line"] = "4pl"
    parallelism: Literal["equivalence", "f-test"] = "equivalence"
    slope_margin: tuple[str, ...] = ()
    margin_reason: str = ""
    combine: Literal["weighted_homogeneous", "semi_weighted", "unweighted"] = "unweighted"
    dose_unit: str = ""
    error: Literal["pooled", "separate"] = "pooled"
    pooling: Literal["ich", "none"] = "ich"
    time_unit: str = ""


@dataclass(frozen=True)
class Plan:
    """A whole study.toml, checked for form; files are looked at by `read`.

    Parameters
    ----------
    folder
        Folder of study.toml; paths in it are relative to this one.
    text
        The file as written.
    """

    title: str
    folder: Path
    text: str = ""
    organism: str = "Homo sapiens"
    seed: int = 1
    simulated: bool = False
    samples: SamplesPlan = SamplesPlan()
    assays: tuple[AssayPlan, ...] = ()
    design: Design | None = None
    define: DefineOptions = DefineOptions()
    vary: VaryOptions = VaryOptions()
    potential: PotentialOptions = PotentialOptions()
    mechanism: MechanismOptions = MechanismOptions()
    evidence: EvidenceOptions = EvidenceOptions()
    qualify: QualifyOptions = QualifyOptions()

    @property
    def file(self) -> Path:
        """The study.toml itself."""
        return self.folder / "study.toml"


ORGANISMS: Mapping[str, str] = {
    "human": "Homo sapiens",
    "9606": "Homo sapiens",
    "mouse": "Mus musculus",
    "10090": "Mus musculus",
    "rat": "Rattus norvegicus",
    "10116": "Rattus norvegicus",
    "pig": "Sus scrofa",
    "9823": "Sus scrofa",
    "horse": "Equus caballus",
    "9796": "Equus caballus",
    "dog": "Canis lupus familiaris",
    "9615": "Canis lupus familiaris",
    "sheep": "Ovis aries",
    "9940": "Ovis aries",
    "bovine": "Bos taurus",
    "9913": "Bos taurus",
}


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
