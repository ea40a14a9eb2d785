"""What the laboratory is made of: every size, with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, fields

from secretome.errors import InvalidInput, Problem


@dataclass(frozen=True)
class Recipe:
    """Sizes of a simulated laboratory; the defaults resemble the six-niche study.

    "Six niches" below is Lobov et al.: 50 conditioned media of six tissues searched with FragPipe,
    76.7 % of MaxLFQ values missing.

    Parameters
    ----------
    tissues
        Names; the first is what others are compared with.
    donors_per_tissue
        Donors of each tissue; each gives one flask for every condition.
    shared_donors
        Pairs of tissues taken from the same donors (dental pulp and periodontal ligament in six
        niches).
    perinatal
        Tissues without an age: a level of tissue, never age 0 (CLAIMS section 4).
    conditions
        The control first; the second is primed with IFNG and TNF.
    contrasts
        Pairs of tissues (left, right) that study.toml compares, beside the priming.
    batches
        LC-MS batches; the donors of a tissue are spread over them.
    age_range
        Years, donors of adult tissues.
    passages
        Lowest and highest passage.
    media
        Collection media, given to the donors of a tissue in turn.
    hours
        Conditioning times, given to the donors of a tissue in turn; amounts grow in proportion.
    effect_log2
        Smallest and largest planted effect, absolute log2 ratio.
    tissue_share, age_share, passage_share, medium_share
        Share of secreted proteins with a planted effect.
    age_log2_per_decade, passage_log2
        Planted slope, absolute log2 ratio.
    donor_sd, batch_sd, residual_sd, loading_sd
        Standard deviations in log2. Six niches, 137 proteins quantified in >= 45 of 50 samples:
        donor 0.24, flask and measurement together 0.55 (batches unknown there).
        `loading_sd` moves all proteins of a flask together; about 10 % is what a protein assay allows.
    leak_percent, leak_log_sd
        Median and natural-log spread of the cell proteome's share; six niches 11 to 18 %.
    serum_percent, serum_log_sd
        The same for bovine proteins; six niches median 2.4, largest 10.0 %.
    vesicle_percent, vesicle_log_sd
        The same for protein of vesicles (ours, no measurement).
    platelet_percent
        The same for what a human platelet lysate leaves behind; 0 as in serum-free media.
    release_sd
        Spread over proteins, log2, of how readily broken cells release them; 0 where all go alike.
    retention_sd
        Spread over proteins, log2, of how much of a secreted protein the cells still hold.
    keratin_percent, keratin_log_sd
        The same for human keratins; six niches median 3.8 %; dirty flasks apart.
    trypsin_percent
        Share of the digesting enzyme.
    dirty_percent
        Keratin share of the dirty flasks, one flask each; six niches 14.2, 15.0, 24.2 %.
    failed_log2, overloaded_log2
        Shift of one failed and one over-loaded injection; 0 leaves it out. GF_d_1 of six niches
        gave 1,627 identifications where others gave 215 to 1,327.
    additive_level
        log2 intensity of the priming cytokines that stay in the primed media.
    dropout_midpoint, dropout_scale
        Probit curve of detection: log2 MaxLFQ found in half of the runs, and its width. In six niches
        a protein found in half of the samples has 16.9. With these about 62 % of the MaxLFQ values are
        missing; six niches has more because it lists four times as many proteins, most of them rare.
    maxlfq_shift
        How far the curve of MaxLFQ lies above that of identification; six niches: 30 % of the
        identified values have no MaxLFQ.
    intensity_offset, intensity_sd
        log2 Intensity over MaxLFQ and its spread over proteins; six niches 0.73 and 0.6.
    lysates, blanks, vesicles, panel, particles, activity, stability, lots
        Which other measurements the laboratory makes.

    Raises
    ------
    InvalidInput
        If a size cannot be: no donors, a doubled tissue, a negative spread (all of them at once).

    Examples
    --------
    >>> Recipe(donors_per_tissue=3).flasks
    30
    >>> Recipe(donors_per_tissue=0)
    Traceback (most recent call last):
    secretome.errors.InvalidInput: 1 problem found
    - recipe, column 'donors_per_tissue': 0; expected at least 1. Give another value.
    """

    tissues: tuple[str, ...] = (
        "adipose",
        "bone marrow",
        "Wharton jelly",
        "dental pulp",
        "periodontal ligament",
    )
    donors_per_tissue: int = 5
    shared_donors: tuple[tuple[str, str], ...] = (("dental pulp", "periodontal ligament"),)
    perinatal: tuple[str, ...] = ("Wharton jelly",)
    conditions: tuple[str, ...] = ("control", "primed")
    contrasts: tuple[tuple[str, str], ...] = (
        ("Wharton jelly", "adipose"),
        ("periodontal ligament", "dental pulp"),
    )
    batches: int = 2
    age_range: tuple[int, int] = (19, 72)
    passages: tuple[int, int] = (3, 6)
    media: tuple[str, ...] = ("serum-free alpha-MEM",)
    hours: tuple[float, ...] = (48.0,)
    effect_log2: tuple[float, float] = (0.8, 2.5)
    tissue_share: float = 0.15
    age_share: float = 0.05
    passage_share: float = 0.03
    medium_share: float = 0.10
    age_log2_per_decade: float = 0.25
    passage_log2: float = 0.2
    donor_sd: float = 0.24
    batch_sd: float = 0.15
    residual_sd: float = 0.45
    loading_sd: float = 0.15
    leak_percent: float = 13.0
    leak_log_sd: float = 0.25
    serum_percent: float = 2.4
    serum_log_sd: float = 0.5
    vesicle_percent: float = 2.0
    vesicle_log_sd: float = 0.3
    platelet_percent: float = 0.0
    release_sd: float = 0.0
    retention_sd: float = 0.0
    keratin_percent: float = 3.8
    keratin_log_sd: float = 0.3
    trypsin_percent: float = 0.5
    dirty_percent: tuple[float, ...] = (24.0, 17.0)
    failed_log2: float = -2.5
    overloaded_log2: float = 1.8
    additive_level: float = 17.5
    dropout_midpoint: float = 16.9
    dropout_scale: float = 0.8
    maxlfq_shift: float = 0.5
    intensity_offset: float = 0.73
    intensity_sd: float = 0.5
    lysates: bool = True
    blanks: bool = True
    vesicles: bool = True
    panel: bool = True
    particles: bool = True
    activity: bool = True
    stability: bool = True
    lots: int = 6

    def __post_init__(self) -> None:
        problems = [*_number_problems(self), *_name_problems(self)]
        if problems:
            raise InvalidInput(problems)

    @property
    def flasks(self) -> int:
        """Number of conditioned media: a donor, a tissue and a condition each."""
        return len(self.tissues) * self.donors_per_tissue * len(self.conditions)


_AT_LEAST_ONE = ("donors_per_tissue", "batches")
_SHARES = ("tissue_share", "age_share", "passage_share", "medium_share")
_MAY_BE_NONE = ("vesicle_percent", "platelet_percent")
_PERCENT = ("leak_percent", "serum_percent", "keratin_percent", "trypsin_percent")


def _number_problems(recipe: Recipe) -> list[Problem]:
    problems = []
    for field in fields(recipe):
        value = getattr(recipe, field.name)
        if field.name in _AT_LEAST_ONE and value < 1:
            problems.append(_problem(field.name, value, "at least 1"))
        if field.name.endswith("_sd") and value < 0:
            problems.append(_problem(field.name, value, "a spread of at least 0"))
        if field.name in _SHARES and not 0 <= value <= 1:
            problems.append(_problem(field.name, value, "a share between 0 and 1"))
        if field.name in _MAY_BE_NONE and not 0 <= value < 50:
            problems.append(_problem(field.name, value, "a percentage from 0 to below 50"))
        if field.name in _PERCENT and not 0 < value < 50:
            problems.append(_problem(field.name, value, "a percentage above 0 and below 50"))
    if recipe.dropout_scale <= 0:
        problems.append(_problem("dropout_scale", recipe.dropout_scale, "a width above 0"))
    if any(not 0 < percent < 90 for percent in recipe.dirty_percent):
        problems.append(_problem("dirty_percent", recipe.dirty_percent, "percentages between 0 and 90"))
    if any(hours <= 0 for hours in recipe.hours) or not recipe.hours:
        problems.append(_problem("hours", recipe.hours, "conditioning times above 0"))
    if recipe.lots < 0:
        problems.append(_problem("lots", recipe.lots, "at least 0"))
    for name in ("effect_log2", "age_range", "passages"):
        low, high = getattr(recipe, name)
        if not 0 <= low <= high:
            problems.append(_problem(name, (low, high), "a low and a high value, the low one first"))
    return problems


def _name_problems(recipe: Recipe) -> list[Problem]:
    problems = []
    for name in ("tissues", "conditions", "media"):
        words = getattr(recipe, name)
        if not words or len(set(words)) < len(words) or not all(words):
            problems.append(_problem(name, words, "one or more different names"))
    if len(recipe.conditions) > 2:
        problems.append(_problem("conditions", recipe.conditions, "a control and at most one priming"))
    for name in ("shared_donors", "contrasts"):
        problems += [
            _problem(name, pair, f"two of {', '.join(recipe.tissues)}")
            for pair in getattr(recipe, name)
            if len(set(pair)) != 2 or not set(pair) <= set(recipe.tissues)
        ]
    unknown = set(recipe.perinatal) - set(recipe.tissues)
    if unknown:
        problems.append(_problem("perinatal", sorted(unknown), f"some of {', '.join(recipe.tissues)}"))
    accidents = len(recipe.dirty_percent) + (recipe.failed_log2 != 0) + (recipe.overloaded_log2 != 0)
    if recipe.flasks > 0 and accidents > recipe.flasks:
        problems.append(_problem("dirty_percent", recipe.dirty_percent, "fewer bad flasks than flasks"))
    return problems


def _problem(field: str, found: object, expected: str) -> Problem:
    return Problem("recipe", str(found), expected, "Give another value.", column=field)
