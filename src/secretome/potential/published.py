"""The result `potential.published`: contrasts of this study beside the directions of published lists."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from secretome.plan import PotentialOptions
from secretome.results import Answer, Cell, Result
from secretome.stats.genesets import camera_pr

from .lists import PublishedList, accession, read_list, votes
from .stacking import stacked

AGREEMENT = (
    "contrast",
    "published_list",
    "in_list",
    "tested_here",
    "same_direction",
    "same_direction_percent",
    "p_sign",
    "camera_direction",
    "p_camera",
)
PROTEINS = ("contrast", "protein", "gene", "lists_up", "lists_down", "log2_ratio", "lower", "upper")
_FEWEST = 5


def result(results: Mapping[str, Result], options: PotentialOptions) -> Result | None:
    """Signs of published lists beside the contrasts of `vary`; None when no list was given.

    Raises
    ------
    UnreadableFile
        If a list is missing or no text.
    InvalidInput
        If it lacks a column.
    """
    if not options.gene_lists:
        return None
    lists = [read_list(Path(name)) for name in options.gene_lists]
    effects = _effects(results)
    agreement, proteins = [], []
    for contrast, mine in effects.groupby("contrast", sort=True):
        agreement += [_agreement(str(contrast), mine, one) for one in lists]
        proteins.append(_proteins(str(contrast), mine, lists))
    tables = {
        "votes": votes([one for one in lists if one.by_accession]).reset_index(drop=True),
        "agreement": stacked(agreement, AGREEMENT),
        "proteins": stacked(proteins, PROTEINS),
    }
    tables["summary"] = pd.DataFrame(
        {"lists": [len(lists)], "proteins": [len({name for one in lists for name in one.direction})],
         "contrasts": [int(effects["contrast"].nunique()) if len(effects) else 0]}
    )  # fmt: skip
    problems = [text for one in lists for text in one.problems]
    return Result(
        stage="potential",
        name="published",
        question="Do the contrasts of this study move the proteins of published lists the same way?",
        answer=Answer(
            "{lists} published lists with {proteins} proteins stand beside {contrasts} contrasts of this study.",
            {name: Cell("summary", name) for name in ("lists", "proteins", "contrasts")},
        ),
        tables=tables,
        parameters={"gene_lists": [one.name for one in lists], "fewest_proteins": _FEWEST},
        notes=(
            "Lists are of other cells, media and laboratories; agreement of signs is no evidence of the same cause.",
            *problems[:20],
        ),
        lacks=() if len(effects) else ("A contrast of this study, tested by vary.",),
    )


def _effects(results: Mapping[str, Result]) -> pd.DataFrame:
    vary = results.get("vary.contrasts")
    if vary is None or "effects" not in vary.tables:
        return pd.DataFrame(columns=["contrast"])
    effects = vary.tables["effects"]
    return effects[effects["t"].notna()]


def _matched(mine: pd.DataFrame, one: PublishedList) -> np.ndarray:
    """Direction of each tested protein in a list, 0 where it is not in it."""
    if one.by_accession:
        names = [accession(str(name)) for name in mine["protein"]]
    else:
        names = [str(name).upper() for name in mine["gene"]] if "gene" in mine else [""] * len(mine)
    return np.array([one.direction.get(name, 0) for name in names], dtype=int)


def _agreement(contrast: str, mine: pd.DataFrame, one: PublishedList) -> pd.DataFrame:
    direction = _matched(mine, one)
    at = np.flatnonzero(direction)
    t = mine["t"].to_numpy(float)
    line: dict[str, object] = {
        "contrast": contrast,
        "published_list": one.name,
        "in_list": len(one.direction),
        "tested_here": len(at),
    }
    if len(at) >= _FEWEST:
        same = int((np.sign(t[at]) == direction[at]).sum())
        # a list of ups and downs: t is turned where the list says down, so that agreement is "up"
        turned = t.copy()
        turned[at] *= direction[at]
        camera = camera_pr(turned, {one.name: at.tolist()})
        line |= {
            "same_direction": same,
            "same_direction_percent": 100 * same / len(at),
            "p_sign": float(binomtest(same, len(at)).pvalue),
            "camera_direction": camera.direction[0],
            "p_camera": float(camera.p_value[0]),
        }
    return pd.DataFrame([line])


def _proteins(contrast: str, mine: pd.DataFrame, lists: list[PublishedList]) -> pd.DataFrame:
    """Proteins of at least two lists with the ratio of this study."""
    signs = np.array([_matched(mine, one) for one in lists])
    up, down = (signs > 0).sum(axis=0), (signs < 0).sum(axis=0)
    some = up + down >= min(2, len(lists))
    names = [name for name in ("protein", "gene", "log2_ratio", "lower", "upper") if name in mine]
    frame = mine.loc[some, names].assign(contrast=contrast, lists_up=up[some], lists_down=down[some])
    return frame.sort_values(["lists_up", "lists_down"], ascending=False, kind="stable")
