"""What a tissue is called: the standard word, the ICCBBA-ISCT name where there is one, MSC or not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import pandas as pd

from secretome.knowledge import table
from secretome.results import Source

_HUMAN = "Homo sapiens"


@dataclass(frozen=True)
class TissueName:
    """Names of one tissue or kind of cells.

    Parameters
    ----------
    standard
        The plain word, or an empty text when the table does not know the tissue.
    isct
        One of MSC(M), MSC(AT), MSC(WJ), MSC(CB), or an empty text: no other name is printed.
    cells
        `MSC`, `mesenchymal cells` (osteoblasts, gingival fibroblasts), or an empty text when
        the name says a tissue and not which cells.
    """

    standard: str = ""
    isct: str = ""
    cells: str = ""


@dataclass(frozen=True)
class NamedTissues:
    """The sample table with columns for the names of its tissues, and the tables used."""

    samples: pd.DataFrame
    sources: tuple[Source, ...]


def tissue_name(tissue: str, *, cell_type: str = "") -> TissueName:
    """Names of a tissue, exactly as the knowledge table `tissue_names` has them.

    Parameters
    ----------
    tissue
        As the sheet says it; case and hyphens do not matter, anything else must match whole.
    cell_type
        As the sheet says it. An ISCT name is given to a tissue only when the cells are MSC or
        not stated.

    Examples
    --------
    >>> tissue_name("WJ-MSCs").isct, tissue_name("Osteoblasts").cells, tissue_name("brain")
    ('MSC(WJ)', 'mesenchymal cells', TissueName(standard='', isct='', cells=''))
    >>> tissue_name("bone marrow", cell_type="macrophage").isct
    ''
    """
    names = _names()
    found = names.get(_key(tissue), TissueName())
    if found.cells or not cell_type:
        return found
    cells = names.get(_key(cell_type), TissueName()).cells
    return TissueName(found.standard, found.isct if cells == "MSC" else "", cells)


def named_tissues(samples: pd.DataFrame, organism: str) -> NamedTissues:
    """The sample table with `tissue_standard`, `tissue_isct` and `cells_are` beside `tissue`.

    Nothing is renamed: `tissue` stays as the sheet has it. ISCT names are for human cells.
    """
    if "tissue" not in samples:
        return NamedTissues(samples, ())
    kinds = samples["cell_type"] if "cell_type" in samples else pd.Series("", index=samples.index)
    own = samples["organism"] if "organism" in samples else pd.Series(organism, index=samples.index)
    found = [
        tissue_name(_text(tissue), cell_type=_text(kind))
        for tissue, kind in zip(samples["tissue"], kinds, strict=True)
    ]
    human = [(_text(name) or organism) == _HUMAN for name in own]
    named = samples.assign(
        tissue_standard=[name.standard for name in found],
        tissue_isct=[name.isct if ours else "" for name, ours in zip(found, human, strict=True)],
        cells_are=[name.cells for name in found],
    )
    used = table("tissue_names")
    return NamedTissues(named, (Source(used.name, used.version, used.sha256),))


@cache
def _names() -> dict[str, TissueName]:
    rows = table("tissue_names").frame
    return {
        _key(synonym): TissueName(standard, isct, cells)
        for synonym, standard, isct, cells in zip(
            rows["synonym"], rows["standard"], rows["isct"], rows["cells"], strict=True
        )
    }


def _key(name: str) -> str:
    return re.sub(r"[\s\-_]+", " ", name.replace("’", "'")).strip().lower()


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)
