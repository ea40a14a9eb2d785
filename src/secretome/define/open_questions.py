"""Which proteins stay between two origins, and the sample that would tell them apart."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ._proteome import Proteome
from .annotation import CLASSES
from .origin import Origin

# Below this probability of its largest class a protein counts as open.
SETTLED = 0.6
# Pairs of classes -> what would tell them apart; the first that holds both decides.
_TELLS: tuple[tuple[frozenset[str], frozenset[str], str, str], ...] = (
    (
        frozenset({"carried_over"}),
        frozenset(CLASSES),
        "blank",
        "a cell-free blank of the same medium and hours",
    ),
    (
        frozenset({"vesicle"}),
        frozenset({"leaked", "secreted", "shed", "unconventional"}),
        "vesicle fraction",
        "a vesicle fraction of the same medium, beside a lysate",
    ),
    (
        frozenset({"unconventional"}),
        frozenset({"leaked"}),
        "kinetics",
        "LDH at several hours: release without LDH is no leakage",
    ),
    (
        frozenset({"leaked"}),
        frozenset({"secreted", "shed"}),
        "lysate",
        "a lysate of the same cells",
    ),
    (
        frozenset({"secreted", "unconventional"}),
        frozenset({"shed", "secreted"}),
        "antibody",
        "an antibody to the part that stays in the membrane",
    ),
)


def open_questions(one: Proteome, origin: Origin) -> pd.DataFrame:
    """Proteins of a group that no class holds with 0.6, by the two classes that compete.

    Returns
    -------
    Table: assay, group, first, second, proteins, percent_of_signal (mean over samples), would_tell, measured
    (whether that sample was measured already: then more of it or another method is needed).
    """
    known = np.isfinite(origin.probability).all(axis=1) & ~one.masked
    p = np.nan_to_num(origin.probability[:, :-1])
    unsettled = known & (p.max(axis=1) < SETTLED)
    rows = (one.samples["group"] == origin.group).to_numpy()
    percent = one.percent[rows].mean(axis=0)
    two = np.sort(np.argsort(-p, axis=1, kind="stable")[:, :2], axis=1)
    frame = pd.DataFrame({"first": two[:, 0], "second": two[:, 1], "percent": percent})[unsettled]
    found = []
    for (first, second), part in frame.groupby(["first", "second"], sort=True):
        name, words = _would_tell(CLASSES[first], CLASSES[second])
        found.append(
            {
                "assay": one.assay,
                "group": origin.group,
                "first": CLASSES[first],
                "second": CLASSES[second],
                "proteins": len(part),
                "percent_of_signal": float(np.nansum(part["percent"])),
                "would_tell": words,
                "measured": name in origin.used,
            }
        )
    columns = ["assay", "group", "first", "second", "proteins", "percent_of_signal", "would_tell", "measured"]
    table = pd.DataFrame(found, columns=columns)
    return table.sort_values(["proteins", "first", "second"], ascending=[False, True, True])


def _would_tell(first: str, second: str) -> tuple[str, str]:
    for some, others, name, words in _TELLS:
        if (first in some and second in others) or (second in some and first in others):
            return name, words
    return "lysate", "a lysate of the same cells"
