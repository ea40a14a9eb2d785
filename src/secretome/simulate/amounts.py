"""What is truly in each medium: planted effects, donors, leakage, serum, keratin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .recipe import Recipe
from .streams import stream

# Known directions that the demo should show; sizes are ours.
# VEGFA absent from umbilical medium: Kuchroo 2015, 10.1089/scd.2014.0184.
# NGF and BDNF highest in dental pulp: 10.3390/ijms23010456. HGF high in fetal sources: unverified prior.
KNOWN_LOG2 = {
    ("Wharton jelly", "VEGFA"): -3.0,
    ("Wharton jelly", "HGF"): 2.0,
    ("dental pulp", "NGF"): 2.0,
    ("dental pulp", "BDNF"): 2.0,
}
# where the slopes on age and passage add nothing
MIDDLE_AGE = 45.0
MIDDLE_PASSAGE = 4
LEVEL_SD = 0.4  # spread around the hand-chosen level, log2
BACKGROUND_SD = 0.3  # spread of one serum or skin protein around its share, log2
MADE = ("secreted", "unconventional", "shed")
CELLS = ("cell", "vesicle")  # what cells hold, and broken cells release


@dataclass(frozen=True)
class Planted:
    """The effects that were planted, in log2, one row a protein (index = accession).

    Parameters
    ----------
    recipe, seed, proteome
        What they were drawn from.
    base
        (n,) log2 amount in a control medium.
    tissue, medium
        (n, levels) shift of each level.
    priming, age_decade, passage
        (n,) shift by priming, for ten years, for one passage.
    """

    recipe: Recipe
    seed: int
    proteome: pd.DataFrame
    base: pd.Series
    tissue: pd.DataFrame
    medium: pd.DataFrame
    priming: pd.Series
    age_decade: pd.Series
    passage: pd.Series

    def origin(self, *origins: str) -> NDArray[np.bool_]:
        """Which proteins are of these origins, (n,)."""
        return np.asarray(self.proteome["origin"].isin(origins), dtype=bool)

    def share(self, *origins: str) -> NDArray[np.float64]:
        """The usual composition of these origins, (n,), summing to one."""
        level = np.where(self.origin(*origins), 2 ** self.base.to_numpy(dtype=float), 0.0)
        return np.asarray(level / level.sum(), dtype=float)

    @property
    def usual_total(self) -> float:
        """Amount of secreted protein in a usual flask."""
        return float((2 ** self.base.to_numpy()[self.origin(*MADE)]).sum())


def plant(recipe: Recipe, seed: int, proteome: pd.DataFrame) -> Planted:
    """Effects on the secreted proteins, and the priming of those known to answer."""
    secreted = proteome["origin"].isin(["secreted", "shed"]).to_numpy()
    size = len(proteome)

    def sparse(share: float, *names: str) -> NDArray[np.float64]:
        draw = stream(seed, "effect", *names)
        hit = draw.random(size) < share
        return np.where(hit & secreted, _signed(draw, size, recipe.effect_log2), 0.0)

    def column(values: NDArray[np.float64]) -> pd.Series:
        return pd.Series(values, index=proteome.index)

    tissue = {name: sparse(recipe.tissue_share, "tissue", name) for name in recipe.tissues}
    for (name, gene), log2 in KNOWN_LOG2.items():
        if name in tissue:
            tissue[name] = np.where(proteome["gene"].eq(gene) & secreted, log2, tissue[name])
    # the first medium is the reference
    medium = {
        name: sparse(recipe.medium_share if rank else 0.0, "medium", name)
        for rank, name in enumerate(recipe.media)
    }
    priming = np.abs(_signed(stream(seed, "effect", "priming"), size, recipe.effect_log2))
    return Planted(
        recipe=recipe,
        seed=seed,
        proteome=proteome,
        base=proteome["log2_level"] + LEVEL_SD * stream(seed, "level").normal(size=size),
        tissue=pd.DataFrame(tissue, index=proteome.index),
        medium=pd.DataFrame(medium, index=proteome.index),
        priming=column(priming * proteome["priming"].to_numpy()),
        age_decade=column(np.sign(sparse(recipe.age_share, "age")) * recipe.age_log2_per_decade),
        passage=column(np.sign(sparse(recipe.passage_share, "passage")) * recipe.passage_log2),
    )


# ways into a medium, by the words of `define.origin`
ROUTES = (
    "secreted",
    "unconventional",
    "shed",
    "vesicle",
    "leaked",
    "carried_over",
    "contaminant",
)
# of the protein of vesicles, what is cytosol taken along; the rest are vesicle proteins
VESICLE_CARGO = 0.3
# plasma and platelet proteins that stay of a platelet lysate, and that stromal cells make as well
PLATELET = (
    *("A2M", "THBS1", "TGFB1", "PDGFA", "PDGFB", "EGF", "CLU", "APOE", "C3", "VTN", "SERPINE1", "CCL5"),
    *("VEGFA", "IGF1", "ANG", "TIMP1", "SPARC", "GAS6", "PROS1", "F13A1", "TGFBI", "CFH", "IGFBP3"),
)


def media(planted: Planted, flasks: pd.DataFrame) -> pd.DataFrame:
    """Amount of each protein in each conditioned medium.

    Returns
    -------
    (proteins, flasks), linear, on the scale of MaxLFQ intensity; accidents of the injection are
    not in it.

    Notes
    -----
    Secreted and unconventional: 2^(base + tissue + medium + priming + age + passage + donor + batch
    + residual), times hours / 48.
    Cell, vesicles, serum, keratin and trypsin: their share of a usual secretome, spread over their
    proteins, so that a planted effect on a collagen does not move the amount of a leaked enzyme.
    """
    columns = {str(name): sum(routes(planted, str(name), row).values()) for name, row in flasks.iterrows()}
    return pd.DataFrame(columns, index=planted.proteome.index)


def routes(planted: Planted, name: str, row: pd.Series) -> dict[str, NDArray[np.float64]]:
    """Amount (n,) of each protein that came into one medium by each of `ROUTES`."""
    primed = row["condition"] != planted.recipe.conditions[0]
    log2 = _fixed_log2(planted, row, primed=primed) + _random_log2(planted, "medium", name, row)
    found = {kind: np.where(planted.origin(kind), 2**log2, 0.0) * (row["hours"] / 48) for kind in MADE}
    # a share of the whole becomes a multiple of the secreted part
    shares = [
        "leak_share",
        "vesicle_share",
        "serum_share",
        "keratin_share",
        "trypsin_share",
        "platelet_share",
    ]
    scale = planted.usual_total / (1 - float(row[shares].sum()))
    brought = background(planted, row, name) * scale
    carried = planted.origin("serum")
    released = released_profile(planted, cell_profile(planted, name, row))
    found["leaked"] = row["leak_share"] * released * scale
    found["vesicle"] = row["vesicle_share"] * vesicle_profile(planted, name) * scale
    found["carried_over"] = np.where(carried, brought, 0.0) + additives(planted, name) * primed
    found["carried_over"] = found["carried_over"] + row["platelet_share"] * platelet_profile(planted) * scale
    found["contaminant"] = np.where(carried, 0.0, brought)
    return found


def vesicle_profile(planted: Planted, name: str) -> NDArray[np.float64]:
    """What the vesicles of a flask hold, (n,), about one in sum."""
    noise = planted.recipe.residual_sd * stream(planted.seed, "vesicle", name).normal(size=len(planted.base))
    cargo = VESICLE_CARGO * planted.share("cell") + (1 - VESICLE_CARGO) * planted.share("vesicle")
    return np.asarray(cargo * 2**noise, dtype=float)


def released_profile(planted: Planted, cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """What broken cells release of their content, (n,), with the same sum: some proteins more, some less."""
    spread = planted.recipe.release_sd
    if spread == 0:
        return cells
    released = cells * 2 ** (spread * stream(planted.seed, "release").normal(size=len(cells)))
    return np.asarray(released * cells.sum() / released.sum(), dtype=float)


def platelet_profile(planted: Planted) -> NDArray[np.float64]:
    """What a platelet lysate leaves behind, (n,), one in sum."""
    members = planted.proteome["gene"].isin(PLATELET).to_numpy() & planted.origin(*MADE)
    return np.asarray(members / members.sum(), dtype=float)


def cell_profile(planted: Planted, name: str, row: pd.Series) -> NDArray[np.float64]:
    """What the cells of a flask hold, (n,): one in sum where nothing was planted or drawn."""
    primed = row["condition"] != planted.recipe.conditions[0]
    shift = planted.priming.to_numpy(dtype=float) * primed + _random_log2(planted, "cell", name, row)
    return np.asarray(planted.share(*CELLS) * 2**shift, dtype=float)


def background(planted: Planted, shares: pd.Series, name: str) -> NDArray[np.float64]:
    """Serum, skin and enzyme of one sample, (n,), as shares of a usual secretome."""
    total = np.zeros(len(planted.proteome))
    total += shares["serum_share"] * planted.share("serum")
    total += shares["keratin_share"] * planted.share("keratin", "skin")
    total += shares["trypsin_share"] * planted.share("other")
    noise = BACKGROUND_SD * stream(planted.seed, "background", name).normal(size=len(total))
    return np.asarray(total * 2**noise, dtype=float)


def additives(planted: Planted, name: str) -> NDArray[np.float64]:
    """The priming cytokines that stay in a medium to which they were added, (n,)."""
    noise = BACKGROUND_SD * stream(planted.seed, "additive", name).normal(size=len(planted.proteome))
    return np.where(planted.origin("additive"), 2 ** (planted.recipe.additive_level + noise), 0.0)


def _fixed_log2(planted: Planted, row: pd.Series, *, primed: bool) -> NDArray[np.float64]:
    age = 0.0 if np.isnan(row["age_years"]) else (row["age_years"] - MIDDLE_AGE) / 10
    fixed = planted.base + planted.tissue[row["tissue"]] + planted.medium[row["collection_medium"]]
    fixed = fixed + planted.priming * primed + planted.age_decade * age
    return np.asarray(fixed + planted.passage * (row["passage"] - MIDDLE_PASSAGE), dtype=float)


def _random_log2(planted: Planted, part: str, name: str, row: pd.Series) -> NDArray[np.float64]:
    """Donor, batch and flask, each with a stream of its own."""
    recipe = planted.recipe
    total = np.zeros(len(planted.proteome))
    for kind, key, spread in (
        ("donor", row["donor"], recipe.donor_sd),
        ("batch", row["batch"], recipe.batch_sd),
        ("residual", name, recipe.residual_sd),
    ):
        total += spread * stream(planted.seed, part, kind, key).normal(size=len(total))
    return total


def _signed(draw: np.random.Generator, size: int, between: tuple[float, float]) -> NDArray[np.float64]:
    return draw.choice([-1.0, 1.0], size=size) * draw.uniform(*between, size=size)
