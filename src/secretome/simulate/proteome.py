"""The proteins of the simulated laboratory: real names, hand-chosen levels."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

import pandas as pd

Origin = Literal[
    "secreted",
    "unconventional",
    "shed",
    "vesicle",
    "cell",
    "additive",
    "keratin",
    "skin",
    "serum",
    "other",
]

# Cytokines of commercial standard mixtures stand in contaminant lists (cRAP holds the UPS1
# proteins), so a search engine tags them: a list must not delete them (STATISTICS.md, section 6).
TAGGED_CYTOKINES = ("CXCL8", "IGF2")


def proteins() -> pd.DataFrame:
    """Names, origin and levels of the proteins that the laboratory may meet.

    Returns
    -------
    Table, index = UniProt accession, with `gene`, `entry_name`, `length` (residues), `name`,
    `organism`, `origin`, `log2_level` (usual log2 intensity in a conditioned medium),
    `priming` (+1 up, -1 down, 0 unchanged on IFNG and TNF) and `tagged` (the search engine
    calls it a contaminant).

    Notes
    -----
    Names are facts of UniProt (CC BY 4.0).
    Levels and directions were chosen by hand so that growth factors sit at the detection limit
    and matrix proteins are in every flask, as in the six-niche data; they are no measurement.

    Examples
    --------
    >>> table = proteins()
    >>> table.loc["P15692", ["gene", "origin"]].tolist(), float(table.loc["P15692", "log2_level"])
    (['VEGFA', 'secreted'], 16.0)
    """
    return _table().copy()


@cache
def _table() -> pd.DataFrame:
    with files(__package__).joinpath("proteins.tsv").open(encoding="utf-8") as handle:
        table = pd.read_csv(handle, sep="\t", keep_default_na=False).set_index("accession")
    table["log2_level"] = table["log2_level"].astype(float)
    table["tagged"] = table["tagged"].astype(bool) | (
        table["gene"].isin(TAGGED_CYTOKINES) & (table["organism"] == "Homo sapiens")
    )
    return table
