"""study.toml: what to read, how to compare it, and the options of every stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from .design import Design
from .study import AssayKind, Material

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
