"""A whole simulated laboratory and the folder of files that it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from . import truth as known
from .amounts import Planted, media, plant
from .flasks import flasks
from .instrument import combined_protein, read_out
from .matched import blanks, lysates, vesicles
from .panel import panel
from .part import Part
from .particles import particles
from .product import activity, lots, stability
from .proteome import proteins
from .recipe import Recipe
from .sheet import contrasts, sample_sheet, study_toml


@dataclass(frozen=True)
class Laboratory:
    """A study made of arithmetic, with what is true of it.

    Parameters
    ----------
    recipe, seed
        What it was made from.
    tables
        File stem to table, as a laboratory would have them (`samples`, `combined_protein`, …).
    plans
        File name to text: `study.toml` of the conditioned media, and `study_complete.toml` that also
        names the other measurements (for programs that read them).
    truth
        Name to table: `proteins`, `samples`, `routes`, `contrasts`, `effects`; and `enrichment`, `panel`,
        `particles`, `lots`, `activity`, `stability` where the recipe has them.
    """

    recipe: Recipe
    seed: int
    tables: Mapping[str, pd.DataFrame]
    plans: Mapping[str, str]
    truth: Mapping[str, pd.DataFrame]


def laboratory(recipe: Recipe | None = None, *, seed: int) -> Laboratory:
    """A simulated laboratory: what it measured, and the truth behind it.

    Parameters
    ----------
    recipe
        Sizes; the default resembles the six-niche study.
    seed
        Not negative. The same seed gives the same bytes; each part draws from a stream of its own,
        so that a part that is added or left out moves no number of another.

    Examples
    --------
    >>> lab = laboratory(Recipe(tissues=("adipose", "bone marrow"), shared_donors=(), perinatal=(),
    ...     contrasts=(("bone marrow", "adipose"),), donors_per_tissue=2), seed=1)
    >>> lab.tables["samples"]["sample"].tolist()[:2]
    ['AD_c_AD1', 'AD_p_AD1']
    """
    recipe = recipe or Recipe()
    planted = plant(recipe, seed, proteins())
    cultures = flasks(recipe, seed)
    amounts = media(planted, cultures)
    sheet = sample_sheet(recipe, cultures)
    comparisons = contrasts(recipe)
    parts = [_proteome(planted, cultures, sheet, amounts), *_further(planted, cultures, sheet, amounts)]
    truth = {
        "proteins": known.protein_truth(planted),
        "samples": known.sample_truth(planted, amounts, cultures),
        "routes": known.route_truth(planted, cultures),
        "contrasts": comparisons,
        "effects": known.effects(planted, comparisons),
    }
    plans = {"study.toml": study_toml(recipe, seed, comparisons, _first(parts))}
    if len(parts) > 1:
        plans["study_complete.toml"] = study_toml(recipe, seed, comparisons, parts)
    return Laboratory(
        recipe,
        seed,
        tables={name: table for part in parts for name, table in part.tables.items()},
        plans=plans,
        truth=truth | {name: table for part in parts for name, table in part.truth.items()},
    )


def _first(parts: list[Part]) -> list[Part]:
    """The media as the demo reads them: proteome, immunoassay, particles."""
    return [part for part in parts if part.assay.get("name") in {"proteome", "panel", "particles"}]


def write(laboratory: Laboratory, folder: Path) -> tuple[Path, ...]:
    """The laboratory as files in a folder: tables, study.toml and `truth/`.

    Returns
    -------
    The paths written, in order.
    """
    texts = {f"{stem}.tsv": _tsv(table) for stem, table in laboratory.tables.items()}
    texts |= dict(laboratory.plans)
    texts |= {f"truth/{name}.tsv": _tsv(table) for name, table in laboratory.truth.items()}
    paths = []
    for name, text in texts.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        paths.append(path)
    return tuple(paths)


def _tsv(table: pd.DataFrame) -> str:
    text: str = table.to_csv(sep="\t", index=False, lineterminator="\n")
    return text


def _proteome(planted: Planted, cultures: pd.DataFrame, sheet: pd.DataFrame, amounts: pd.DataFrame) -> Part:
    reading = read_out(planted.recipe, planted.seed, amounts, cultures["injection_log2"])
    return Part(
        tables={"samples": sheet, "combined_protein": combined_protein(planted.proteome, reading)},
        assay={
            "name": "proteome",
            "kind": "proteome",
            "file": "combined_protein.tsv",
            "quantity": "MaxLFQ Intensity",
        },
    )


def _further(
    planted: Planted, cultures: pd.DataFrame, sheet: pd.DataFrame, amounts: pd.DataFrame
) -> list[Part]:
    """The measurements beside the media, as far as the recipe has them."""
    recipe = planted.recipe
    wanted: list[tuple[bool, Callable[[], Part]]] = [
        (recipe.lysates, lambda: lysates(planted, cultures, sheet)),
        (recipe.blanks, lambda: blanks(planted)),
        (recipe.vesicles, lambda: vesicles(planted, cultures, sheet)),
        (recipe.panel, lambda: panel(planted, cultures, sheet, amounts)),
        (recipe.particles, lambda: particles(planted, cultures, sheet)),
        (recipe.lots > 0, lambda: lots(planted, cultures)),
        (recipe.lots > 0 and recipe.activity, lambda: activity(planted)),
        (recipe.lots > 0 and recipe.stability, lambda: stability(planted)),
    ]
    return [make() for asked, make in wanted if asked]
