"""A whole simulated laboratory and the folder of files that it leaves behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from . import truth as known
from .amounts import media, plant
from .flasks import flasks
from .instrument import combined_protein, read_out
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
        File name to text: `study.toml`.
    truth
        Name to table: `proteins`, `samples`, `contrasts`, `effects`, ….
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
    proteome = proteins()
    planted = plant(recipe, seed, proteome)
    cultures = flasks(recipe, seed)
    amounts = media(planted, cultures)
    comparisons = contrasts(recipe)
    tables = {
        "samples": sample_sheet(recipe, cultures),
        "combined_protein": combined_protein(
            proteome, read_out(recipe, seed, amounts, cultures["injection_log2"])
        ),
    }
    truth = {
        "proteins": known.protein_truth(recipe, planted, proteome),
        "samples": known.sample_truth(proteome, amounts, cultures),
        "contrasts": comparisons,
        "effects": known.effects(planted, proteome, comparisons),
    }
    plans = {"study.toml": study_toml(recipe, seed, comparisons)}
    return Laboratory(recipe, seed, tables, plans, truth)


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
