"""One profile with all that scores and comparisons stand on: levels, weights, draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from secretome.errors import MissingColumn, UnknownLevel, near_misses
from secretome.knowledge.additives import Declared
from secretome.plan import PotentialOptions
from secretome.results import Result
from secretome.study import Assay, Study

from .evidence import Evidence
from .levels import Levels, by_donor, sample_levels
from .matching import Match, match_factors
from .profile import Profile, profile_of
from .scores import Chance, chance
from .weights import WITH_ADDITIVES, Weights, own_share, variants, weights_of

MATERIALS = ("conditioned_medium", "vesicles")
ALL_SAMPLES = "all samples"
NOT_STATED = "not stated"


@dataclass(frozen=True)
class Medium:
    """Samples of one assay and one material; soluble and vesicle samples never share one.

    Parameters
    ----------
    assay
        The proteome.
    profile
        What it saw of the factors.
    matches
        Factor to its proteins.
    samples, donors
        Levels of samples, and of donors in groups.
    weights
        Variant to weights of the factors of `samples.genes`.
    drawn
        Draws for every score and comparison.
    with_additives
        Levels of donors in which declared additives count, and their weights; None when none is declared.
    """

    assay: Assay
    profile: Profile
    matches: dict[str, Match]
    samples: Levels
    donors: Levels
    weights: dict[str, Weights]
    drawn: Chance
    with_additives: tuple[Levels, dict[str, Weights], Chance] | None = None

    @property
    def where(self) -> dict[str, str]:
        """Assay and material, as columns of a table."""
        return {"assay": self.profile.assay, "material": self.profile.material}

    @property
    def words(self) -> str:
        """The material in words."""
        return self.profile.material.replace("_", " ")


def media(
    study: Study,
    results: Mapping[str, Result],
    known: Evidence,
    declared: Declared,
    failed: frozenset[str],
    options: PotentialOptions,
    *,
    seed: int,
) -> tuple[Medium, ...]:
    """Every profile of a study: each assay, medium and vesicles apart.

    Raises
    ------
    MissingColumn
        If `group_by` or a column of `compare` is no column of the sample table.
    UnknownLevel
        If `reference` is no level of the groups.
    """
    facts = facts_of(study, options)
    found = []
    for assay in study.select(kind="proteome"):
        if assay.data is None:
            continue
        # A sample sheet may put vesicles and blanks into the file of the medium: the sheet decides.
        measured = facts.loc[sorted(set(assay.matrix.obs["sample"].astype(str)))]
        material = measured["material"].where(measured["material"] != "", assay.material)
        if options.leave_out_failed:
            measured = measured[~measured.index.isin(failed)]
        for wanted in MATERIALS:
            chosen = measured[material.loc[measured.index] == wanted]
            if len(chosen):
                matches = match_factors(known.accessions, assay.matrix.var, organism=study.organism)
                profile = profile_of(assay, wanted, chosen, matches, declared.genes)
                found.append(_medium(assay, profile, matches, known, results, options, seed))
    return tuple(found)


def _medium(
    assay: Assay,
    profile: Profile,
    matches: dict[str, Match],
    known: Evidence,
    results: Mapping[str, Result],
    options: PotentialOptions,
    seed: int,
) -> Medium:
    samples = sample_levels(assay, profile, matches, count_additives=options.count_additives)
    proteins = dict(zip(samples.genes, samples.proteins[samples.protein].tolist(), strict=True))
    name = f"{profile.assay} {profile.material}"
    drawn = chance(samples, draws=options.draws, seed=seed, name=name)
    origin = own_share(results, profile.assay, proteins)
    both = None
    if profile.declared.any() and not options.count_additives:
        counted = sample_levels(assay, profile, matches, count_additives=True)
        weights = {WITH_ADDITIVES: weights_of(known, counted.genes)}
        both = (by_donor(counted), weights, drawn)
    return Medium(
        assay,
        profile,
        matches,
        samples,
        by_donor(samples),
        variants(known, samples.genes, origin),
        drawn,
        both,
    )


def grouping(samples: pd.DataFrame, options: PotentialOptions) -> str:
    """Column whose levels get a profile each, or empty.

    Raises
    ------
    MissingColumn
        If a column named in the options is not there.
    """
    for column in (options.group_by, *options.compare):
        if column and column not in samples:
            where = "the sample table ([potential] group_by, compare)"
            raise MissingColumn(column, samples.columns, where=where)
    if options.group_by:
        return options.group_by
    return "tissue" if "tissue" in samples and (_texts(samples, "tissue") != "").any() else ""


def facts_of(study: Study, options: PotentialOptions) -> pd.DataFrame:
    """Material, group and unit of replication of each sample; index sample."""
    samples = study.samples
    column = grouping(samples, options)
    unit = study.design.unit if study.design and study.design.unit in samples else "donor"
    donors = _texts(samples, unit)
    names = pd.Series(samples.index.astype(str), index=donors.index)
    groups = _texts(samples, column).replace("", NOT_STATED) if column else ALL_SAMPLES
    if options.reference and options.reference not in set(groups):
        levels: Sequence[str] = sorted(set(groups))
        raise UnknownLevel(
            f"[potential] reference = {options.reference!r} is no group{near_misses(options.reference, levels)}"
        )
    return pd.DataFrame(
        {
            "material": _texts(samples, "material"),
            "group": groups,
            "unit": donors.where(donors != "", "sample " + names),
            "has_donor": donors != "",
        },
        index=pd.Index(names, name="sample"),
    )


def _texts(samples: pd.DataFrame, column: str) -> pd.Series:
    index = samples.index.astype(str)
    if column not in samples:
        return pd.Series("", index=index, dtype=object)
    cells = ["" if pd.isna(cell) else str(cell).strip() for cell in samples[column]]
    return pd.Series(np.array(cells, dtype=object), index=index)
